/*
 * health: thresholds, plugin output, conditions, texts of databases, certificates.
 */
#include <math.h>
#include <stdlib.h>

#include "../../tools/ts-health/condition.h"
#include "../../tools/ts-health/jpath.h"
#include "../../tools/ts-health/plugin.h"
#include "../../tools/ts-health/redis_reply.h"
#include "../../tools/ts-health/x509.h"
#include "conf.h"
#include "config/range.h"
#include "core/dur.h"
#include "core/io.h"
#include "json/tree.h"
#include "pg/text.h"

static struct arena arena;

static double
row_number(const json_t *v)
{
	return json_is_string(v) ? strtod(json_string_value(v), NULL) :
	    json_number_value(v);
}

/* A spelling that only a lenient reader takes may be refused. */
static void
range_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct str text = json_get_str(row, "range");
	struct range r;
	struct err e;
	const json_t *v = json_object_get(row, "value");
	bool valid = !json_is_false(json_object_get(row, "valid"));
	bool alert;

	(void)arg;
	if (range_parse(text, &r, &e) == -1) {
		if (!valid || json_object_get(row, "upstream_lenient"))
			conf_pass(c);
		else
			conf_fail(c, name, text, str_of(e.msg));
		return;
	}
	if (!valid) {
		conf_fail(c, name, STR("refused"), text);
		return;
	}
	alert = range_alert(&r, row_number(v));
	conf_expect(c, name, json_is_true(json_object_get(row, "alert")) ?
	    STR("alert") : STR("ok"), alert ? STR("alert") : STR("ok"));
}

/* Garbage is refused; what is legal has the reference's verdicts. */
static void
lenient_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	static const char *const legal[] = { "", "5:", "@" };
	struct str text = json_get_str(row, "range");
	json_t *all = json_object_get(row, "upstream"), *v;
	const char *value;
	struct range r;
	struct err e;
	bool ok = false, refused = range_parse(text, &r, &e) == -1;
	size_t i;

	(void)arg;
	for (i = 0; i < 3; i++)
		ok |= str_eq(text, str_of(legal[i]));
	if (!ok || refused) {
		conf_expect(c, name, ok ? STR("legal") : STR("refused"),
		    refused ? STR("refused") : STR("legal"));
		return;
	}
	json_object_foreach(all, value, v)
		if (range_alert(&r, strtod(value, NULL)) !=
		    (strcmp(json_string_value(v), "alert") == 0)) {
			conf_fail(c, name, str_of(json_string_value(v)),
			    str_of(value));
			return;
		}
	conf_pass(c);
}

static void
threshold_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct range range[2] = { { 0 } };
	const char *const keys[] = { "warn", "crit" };
	struct str text;
	struct err e;
	size_t i;

	(void)arg;
	for (i = 0; i < 2; i++) {
		text = json_get_str(row, keys[i]);
		if (text.p != NULL && range_parse(text, &range[i], &e) == -1) {
			conf_fail(c, name, text, str_of(e.msg));
			return;
		}
	}
	conf_expect(c, name, json_get_str(row, "state"),
	    str_of(check_status_plugin(range_status(&range[0], &range[1],
	    row_number(json_object_get(row, "value"))))));
}

/* latin1: code points 0..255 stand for bytes. */
static struct str
bytes_of(struct str s, bool latin1)
{
	char *out;
	size_t i, n = 0;

	if (!latin1)
		return s;
	out = arena_raw(&arena, s.n + 1);
	for (i = 0; i < s.n; i++) {
		if (((unsigned char)s.p[i] & 0xe0) == 0xc0 && i + 1 < s.n) {
			out[n++] = (char)((s.p[i] & 3) << 6 |
			    (s.p[i + 1] & 0x3f));
			i++;
		} else {
			out[n++] = s.p[i];
		}
	}
	return (struct str){ out, n };
}

static json_t *
number_or_null(double v)
{
	return isnan(v) ? json_null() : json_real(v);
}

static json_t *
str_or_null(struct str s)
{
	return s.p == NULL ? json_null() : json_stringn(s.p, s.n);
}

static json_t *
perf_tree(const struct perf *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "label", json_stringn(p->label.p, p->label.n),
	    "value", number_or_null(p->value),
	    "uom", json_stringn(p->uom.n ? p->uom.p : "", p->uom.n),
	    "warn", str_or_null(p->warn), "crit", str_or_null(p->crit),
	    "min", number_or_null(p->min), "max", number_or_null(p->max));
}

static void
plugin_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct plugin_output p;
	const json_t *exit_code = json_object_get(row, "exit");
	const json_t *signal = json_object_get(row, "signal");
	json_t *got, *lines = json_array(), *perf = json_array();
	json_t *want = json_object_get(row, "expect");
	struct buf a = { 0 }, b = { 0 };
	size_t i;

	(void)arg;
	plugin_parse(bytes_of(json_get_str(row, "stdout"),
	    str_eq(json_get_str(row, "encoding"), STR("latin1"))), &arena, &p);
	for (i = 0; i < p.long_text.n; i++)
		json_array_append_new(lines, json_stringn(p.long_text.p[i].p,
		    p.long_text.p[i].n));
	for (i = 0; i < p.perf.n; i++)
		json_array_append_new(perf, perf_tree(&p.perf.p[i]));
	got = json_pack("{s:s, s:o, s:o, s:o, s:i}", "state",
	    check_status_plugin(plugin_status(json_is_integer(exit_code) ?
	    (int)json_integer_value(exit_code) : -1,
	    json_is_integer(signal) ? (int)json_integer_value(signal) : 0)),
	    "text", json_stringn(p.text.p, p.text.n), "long_text", lines,
	    "perfdata", perf, "perfdata_errors", (int)p.bad_perf);
	if (json_equal(got, want)) {
		conf_pass(c);
	} else {
		(void)json_put_tree(&a, want);
		(void)json_put_tree(&b, got);
		conf_fail(c, name, buf_str(&a), buf_str(&b));
	}
	json_decref(got);
	plugin_release(&p);
	buf_release(&a);
	buf_release(&b);
}

static void
condition_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *r = json_object_get(row, "result");
	struct condition_facts f = {
		.status = json_integer_value(json_object_get(r, "HTTPStatus")),
		.duration_ms = json_integer_value(json_object_get(r,
		    "Duration_ms")),
		.cert_ms = json_integer_value(json_object_get(r,
		    "CertificateExpiration_ms")),
		.connected = json_is_true(json_object_get(r, "Connected")),
		.ip = json_get_str(r, "IP"),
		.body = json_get_str(r, "Body"),
		.dns_rcode = json_get_str(r, "DNSRCode"),
	};
	struct condition cond;
	struct buf out = { 0 };
	struct err e;
	bool ok;

	(void)arg;
	if (condition_parse(json_get_str(row, "condition"), false, &cond,
	    &e) == -1) {
		conf_fail(c, name, json_get_str(row, "condition"),
		    str_of(e.msg));
		return;
	}
	ok = condition_holds(&cond, &f, json_is_true(json_object_get(row,
	    "resolve_failed")), &arena, &out);
	if (ok != json_is_true(json_object_get(row, "success")))
		conf_fail(c, name, ok ? STR("fails") : STR("holds"),
		    buf_str(&out));
	else
		conf_expect(c, name, json_get_str(row, "output"),
		    buf_str(&out));
	buf_release(&out);
}

static void
path_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct buf out = { 0 };
	size_t length;
	bool found = jpath_text(json_get_str(row, "path"),
	    json_get_str(row, "data"), &out, &length);

	(void)arg;
	if (found == json_is_true(json_object_get(row, "error")))
		conf_fail(c, name, found ? STR("nothing") : STR("a value"),
		    buf_str(&out));
	else if (found && (json_int_t)length !=
	    json_integer_value(json_object_get(row, "length")))
		conf_fail(c, name, STR("another length"), buf_str(&out));
	else
		conf_expect(c, name, json_get_str(row, "output"),
		    buf_str(&out));
	buf_release(&out);
}

static void
redact_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct buf out = { 0 };

	(void)arg;
	pg_redact(json_get_str(row, "in"), &out);
	conf_expect(c, name, json_get_str(row, "out"), buf_str(&out));
	buf_release(&out);
}

static void
connect_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	(void)arg;
	conf_expect(c, name, json_get_str(row, "class"),
	    str_of(pg_connect_class(json_get_str(row, "message"))));
}

static void
state_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	(void)arg;
	conf_expect(c, name, json_get_str(row, "class"),
	    str_of(pg_state_class(json_get_str(row, "sqlstate"))));
}

static void
reply_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *want = json_object_get(row, "expect");
	struct redis_verdict v = redis_reply_judge(json_get_str(row,
	    "reply"));
	struct str kind = json_get_str(want, "kind");
	struct str status = json_get_str(want, "status");

	(void)arg;
	if (!str_eq(kind, str_of(v.kind)))
		conf_fail(c, name, kind, str_of(v.kind));
	else
		conf_expect(c, name, status.p ? status : STR("nothing"),
		    v.known ? str_of(check_status_name(v.status)) :
		    STR("nothing"));
}

static struct str
rfc3339(int64_t s)
{
	struct buf b = { 0 };
	struct str out;

	time_print_rfc3339(&b, s * 1000);
	out = arena_str(&arena, buf_str(&b));
	buf_release(&b);
	return out;
}

static json_t *
cert_tree(const struct cert *c)
{
	json_t *san = json_array();
	struct str from = rfc3339(c->not_before_s), to =
	    rfc3339(c->not_after_s);
	size_t i;

	for (i = 0; i < c->nsan; i++)
		json_array_append_new(san, str_or_null(c->san[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}",
	    "subject_cn", str_or_null(c->subject_cn),
	    "subject", str_or_null(c->subject),
	    "issuer", str_or_null(c->issuer),
	    "serial", str_or_null(c->serial),
	    "not_before", str_or_null(from), "not_after", str_or_null(to),
	    "not_after_unix", (json_int_t)c->not_after_s, "san", san,
	    "sha256", str_or_null(c->sha256));
}

static void
cert_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct str file = json_get_str(row, "file");
	struct buf text = { 0 }, a = { 0 }, b = { 0 };
	struct certs all = { 0 };
	struct err e;
	json_t *got = json_array(), *want = json_object_get(row, "certs");
	size_t i;
	int rc;

	(void)arg;
	(void)name;
	name = arena_cstr(&arena, arena_printf(&arena, "health/x509/" STR_FMT,
	    STR_ARG(file)));
	rc = io_read_file(conf_path(c, name), (size_t)1 << 20, &text, &e);
	if (rc == 0)
		rc = x509_read(buf_str(&text), &all, &arena, &e);
	for (i = 0; i < all.n && rc == 0; i++)
		json_array_append_new(got, cert_tree(&all.p[i]));
	(void)json_put_tree(&b, got);
	if (want != NULL)
		(void)json_put_tree(&a, want);
	if (json_is_true(json_object_get(row, "error")))
		conf_expect(c, name, STR("error"), rc == -1 ? STR("error") :
		    buf_str(&b));
	else if (rc == 0 && json_equal(got, want))
		conf_pass(c);
	else
		conf_fail(c, name, buf_str(&a), rc == -1 ? str_of(e.msg) :
		    buf_str(&b));
	json_decref(got);
	buf_release(&text);
	buf_release(&a);
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "health/nagios/ranges.jsonl", range_row, NULL);
	conf_jsonl(&c, "health/nagios/ranges-lenient.jsonl", lenient_row,
	    NULL);
	conf_jsonl(&c, "health/nagios/thresholds.jsonl", threshold_row, NULL);
	conf_jsonl(&c, "health/nagios/plugin-output.jsonl", plugin_row, NULL);
	conf_jsonl(&c, "health/gatus/conditions.jsonl", condition_row, NULL);
	conf_jsonl(&c, "health/gatus/jsonpath.jsonl", path_row, NULL);
	conf_jsonl(&c, "health/postgres/redact.jsonl", redact_row, NULL);
	conf_jsonl(&c, "health/postgres/connect-errors.jsonl", connect_row,
	    NULL);
	conf_jsonl(&c, "health/postgres/sqlstates.jsonl", state_row, NULL);
	conf_jsonl(&c, "health/redis/replies.jsonl", reply_row, NULL);
	conf_jsonl(&c, "health/x509/expect.jsonl", cert_row, NULL);
	arena_free(&arena);
	return conf_finish(&c);
}
