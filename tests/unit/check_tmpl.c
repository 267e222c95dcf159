/*
 * Templates: what the data sets do not ask for: messages with their places,
 * limits, the printing of values, layouts of times.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tmpl/data.h"
#include "tmpl/defaults.h"
#include "tmpl/read.h"

static const char data_json[] =
    "{\"receiver\":\"r\",\"status\":\"firing\",\"alerts\":[{\"status\":"
    "\"firing\",\"labels\":{\"alertname\":\"A\",\"job\":\"j\"},\"startsAt\":"
    "\"2026-03-29T00:59:59.5Z\"}],\"groupLabels\":{\"alertname\":\"A\"},"
    "\"commonLabels\":{\"alertname\":\"A\",\"job\":\"j\"},"
    "\"externalURL\":\"http://am\"}";

/* Rendered, or "! " and the message. */
static void
render(const char *text, bool html, struct buf *out)
{
	static const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_am };
	struct labels_table *table = labels_table_new();
	struct tmpl_set *set = tmpl_set_new(funcs, 1, html);
	struct arena a = { 0 };
	struct tmpl_ctx c = { .arena = &a, .now_ms = INT64_C(1774746000000) };
	struct tmpl_data d;
	struct err e;

	ck_assert_int_eq(tmpl_defaults(set, &e), 0);
	ck_assert_int_eq(tmpl_data_read(STR(data_json), table, &a, &d, &e),
	    0);
	if (tmpl_parse(set, STR("t"), str_of(text), &e) == -1 ||
	    tmpl_exec(set, STR("t"), tval_data(&d), &c, out, &e) == -1) {
		buf_reset(out);
		(void)buf_printf(out, "! %u:%u %s", e.line, e.col, e.msg);
	}
	tmpl_set_free(set);
	arena_free(&a);
	labels_table_free(table);
}

static const struct {
	const char *text, *want;
} rows[] = {
	/* places: line and column of the file's way, Go's text */
	{ "a\n{{ .Nope }}", "! 2:4 template: t:2:3: executing \"t\" at "
	    "<.Nope>: can't evaluate field Nope in type template.Data" },
	{ "{{ if }}x{{ end }}", "! 1:7 template: t:1: missing value for if" },
	{ "{{ range .Alerts }}{{ break }}{{ end }}{{ break }}",
	    "! 1:49 template: t:1: {{break}} outside {{range}}" },
	{ "{{ if true }}x", "! 1:14 template: t:1: unexpected EOF" },
	{ "{{ define \"x\" }}{{ $y }}{{ end }}",
	    "! 1:20 template: t:1: undefined variable \"$y\"" },
	{ "{{ 99999999999999999999 }}",
	    "! 1:4 template: t:1: integer overflow: "
	    "\"99999999999999999999\"" },
	{ "{{ template \"t\" . }}", "! 1:4 template: t:1:3: executing \"t\" at "
	    "<{{template \"t\" .}}>: templates call each other too deeply" },
	/* control */
	{ "{{ with $x := .Status }}{{ $x }}{{ else with .Receiver }}n"
	    "{{ end }}", "firing" },
	{ "{{ with \"\" }}a{{ else with .Receiver }}{{ . }}{{ else }}n"
	    "{{ end }}", "r" },
	{ "{{ range $i := 3 }}{{ $i }}{{ end }}", "012" },
	{ "{{ range \"\" }}a{{ else }}b{{ end }}",
	    "! 1:10 template: t:1:9: executing \"t\" at <\"\">: "
	    "range can't iterate over " },
	{ "{{ $s := \"\" }}{{ range $k, $v := .CommonLabels }}"
	    "{{ $s = print $s $k $v }}{{ end }}{{ $s }}", "alertnameAjobj" },
	{ "{{ block \"b\" 1 }}[{{ . }}]{{ end }}{{ template \"b\" 2 }}",
	    "[1][2]" },
	/* numbers and fmt */
	{ "{{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1e3 }}",
	    "31 5 15 1000 1000" },
	{ "{{ printf \"%08.3f|%+d|%x|%X|%o|%#x|%q\" 3.14159 7 255 255 8 255 "
	    "\"a\\n\" }}", "0003.142|+7|ff|FF|10|0xff|\"a\\n\"" },
	{ "{{ printf \"%6.2f|%-6d|%6s|%.2s|%t\" 1.0 5 \"ab\" \"xyz\" true }}",
	    "  1.00|5     |    ab|xy|true" },
	{ "{{ printf \"%[2]d %[1]d %d\" 1 2 }}", "2 1 2" },
	{ "{{ printf \"%*d|%!\" 4 2 }}", "   2|%!!(MISSING)" },
	{ "{{ printf \"%d %s\" \"x\" }}", "%!d(string=x) %!s(MISSING)" },
	{ "{{ printf \"%v %v\" (list 1 \"a\") (dict \"k\" 2.5) }}",
	    "[1 a] map[k:2.5]" },
	{ "{{ print 1 2 }}{{ print nil }}", "1 2<nil>" },
	/* times */
	{ "{{ (index .Alerts 0).StartsAt.Format \"02.01.06 3:04:05.00 pm "
	    "__2 Monday Jan _2\" }}",
	    "29.03.26 12:59:59.50 am  88 Sunday Mar 29" },
	{ "{{ date \"15:04 MST -07:00\" (tz \"Europe/Berlin\" "
	    "(index .Alerts 0).StartsAt) }}", "01:59 CET +01:00" },
	{ "{{ date \"15:04 MST\" (tz \"Europe/Berlin\" now) }}",
	    "03:00 CEST" },
	{ "{{ (toDate \"2006-01-02 15:04 -0700\" \"2026-03-29 02:30 +0200\")"
	    ".UTC }}", "2026-03-29 00:30:00 +0000 UTC" },
	{ "{{ mustToDate \"2006-01-02\" \"2026-02-30\" }}",
	    "! 1:4 template: t:1:3: executing \"t\" at <mustToDate "
	    "\"2006-01-02\" \"2026-02-30\">: error calling mustToDate: "
	    "parsing time \"2026-02-30\" as \"2006-01-02\"" },
	{ "{{ tz \"Nowhere/Town\" now }}",
	    "! 1:4 template: t:1:3: executing \"t\" at <tz \"Nowhere/Town\" "
	    "now>: error calling tz: unknown time zone Nowhere/Town" },
	{ "{{ since (index .Alerts 0).StartsAt }} "
	    "{{ (since (index .Alerts 0).StartsAt).Hours | printf \"%.3f\" }}",
	    "500ms 0.000" },
	/* of label sets */
	{ "{{ .CommonLabels }}|{{ .CommonLabels.Values.Join \"+\" }}|"
	    "{{ (.CommonLabels.Remove (stringSlice \"job\")) }}",
	    "alertname=A, job=j|A+j|alertname=A" },
	{ "{{ template \"__subject\" . }}", "[FIRING:1] A (j)" },
	/* what a hostile template is stopped at */
	{ "{{ range 2000000 }}{{ end }}",
	    "! 1:4 template: t:1:3: executing \"t\" at "
	    "<{{range 2000000}}>: too many steps" },
	{ "{{ range 200000 }}0123456789{{ end }}",
	    "! 1:4 template: t:1:3: executing \"t\" at "
	    "<{{range 200000}}>: output is too long" },
	{ "{{ $x := \"0123456789\" }}{{ range 99 }}"
	    "{{ $x = print $x $x }}{{ end }}{{ len $x }}", "655360" },
	{ "{{ $x := \"0123456789\" }}{{ range 999 }}"
	    "{{ $x = print $x $x }}{{ end }}",
	    "! 1:28 template: t:1:27: executing \"t\" at "
	    "<{{range 999}}>: values need too much memory" },
};

START_TEST(texts)
{
	struct buf out = { 0 };

	render(rows[_i].text, false, &out);
	ck_assert_str_eq(buf_cstr(&out), rows[_i].want);
	buf_release(&out);
}
END_TEST

static const struct {
	const char *text, *want;
} html_rows[] = {
	{ "<p title={{ \"a b\" }} class='{{ \"x'y\" }}'>{{ \"<&>\" }}</p>",
	    "<p title=a&#32;b class='x&#39;y'>&lt;&amp;&gt;</p>" },
	{ "<a href=\"{{ \"javascript:alert(1)\" }}\">",
	    "<a href=\"#ZgotmplZ\">" },
	{ "<a href=\"{{ \"javascript:1\" | safeUrl }}\">",
	    "<a href=\"javascript:1\">" },
	{ "<a href=\"http://h/{{ \"a b\" }}?q={{ \"a&b=c\" }}#{{ \"x y\" }}"
	    "\">", "<a href=\"http://h/a%20b?q=a%26b%3dc#x%20y\">" },
	{ "<!-- {{ .Status }} --><b>{{ \"<i>\" | safeHtml }}</b>",
	    "<b><i></b>" },
	{ "<script>f({{ 1 }}, \"{{ \"</script>\" }}\")</script>{{ \"<\" }}",
	    "<script>f( 1 , \"\\u003c\\/script\\u003e\")</script>&lt;" },
	{ "<p on{{ \"x\" }}={{ \"y\" }}>", "<p onx=&#34;y&#34;>" },
	{ "<style>a{b:{{ \"expression(1)\" }}}</style>",
	    "<style>a{b:ZgotmplZ}</style>" },
};

START_TEST(pages)
{
	struct buf out = { 0 };

	render(html_rows[_i].text, true, &out);
	ck_assert_str_eq(buf_cstr(&out), html_rows[_i].want);
	buf_release(&out);
}
END_TEST

/* An empty definition does not replace one that is not; a new text does. */
START_TEST(definitions)
{
	static const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_am };
	struct tmpl_set *base = tmpl_set_new(funcs, 1, false);
	struct tmpl_set *own = tmpl_set_derive(base, false);
	struct arena a = { 0 };
	struct tmpl_ctx c = { .arena = &a };
	struct buf out = { 0 };
	struct str missing, text;
	struct err e;

	ck_assert_int_eq(tmpl_parse(base, STR("f"),
	    STR("{{define \"x\"}}1{{end}}"), &e), 0);
	ck_assert_int_eq(tmpl_parse(base, STR("g"),
	    STR("{{define \"x\"}} {{end}}"), &e), 0);
	ck_assert_int_eq(tmpl_parse(own, STR("t"),
	    STR("{{template \"x\"}}{{template \"y\"}}"), &e), 0);
	ck_assert(tmpl_missing(own, STR("t"), &missing));
	ck_assert(str_eq(missing, STR("y")));
	ck_assert_int_eq(tmpl_parse(own, STR("u"),
	    STR("{{define \"y\"}}2{{end}}plain"), &e), 0);
	ck_assert(tmpl_is_constant(own, STR("u"), &text));
	ck_assert(str_eq(text, STR("plain")));
	ck_assert_int_eq(tmpl_exec(own, STR("t"), (struct tval){ 0 }, &c,
	    &out, &e), 0);
	ck_assert_str_eq(buf_cstr(&out), "12");
	ck_assert(!tmpl_defined(base, STR("y")));
	buf_release(&out);
	arena_free(&a);
	tmpl_set_free(own);
	tmpl_set_free(base);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tmpl");
	TCase *t = tcase_create("tmpl");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, texts, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(t, pages, 0,
	    (int)(sizeof(html_rows) / sizeof(html_rows[0])));
	tcase_add_test(t, definitions);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
