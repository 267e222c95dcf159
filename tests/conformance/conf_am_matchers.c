/*
 * Alertmanager's matchers: am-matchers.jsonl (parsing),
 * am-matcher-semantics.jsonl (matching, printing, names), and the fingerprint
 * and group-label texts of am-fingerprints.jsonl.
 */
#include <stdlib.h>

#include "conf.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "json/tree.h"
#include "model/matcher.h"

static struct arena arena;

static struct str
get(const json_t *o, const char *key)
{
	return json_get_str(o, key);
}

static enum match_op
op_of(struct str s)
{
	enum match_op op;

	for (op = MATCH_EQ; op < MATCH_NRE; op++)
		if (str_eq(s, str_of(match_op_text(op))))
			break;
	return op;
}

static enum matcher_syntax
syntax_of(struct str s)
{
	if (str_eq(s, STR("classic")))
		return MATCHER_CLASSIC;
	return str_eq(s, STR("utf8")) ? MATCHER_UTF8 : MATCHER_FALLBACK;
}

/* [["foo","=","bar"],…] or {"error":"…"} */
static void
parse(const json_t *row, struct buf *out)
{
	enum matcher_syntax how = syntax_of(get(row, "parser"));
	struct str input = get(row, "input");
	struct matcher one, *m = &one;
	struct err e = { 0 };
	json_t *list = json_array();
	size_t i, n = 1;
	int rc;

	if (str_eq(get(row, "fn"), STR("matcher")))
		rc = matcher_parse(input, how, &arena, &one, NULL, &e);
	else
		rc = matchers_parse(input, how, &arena, &m, &n, NULL, &e);
	if (rc == -1) {
		(void)buf_printf(out, "error: %s", e.msg);
	} else {
		for (i = 0; i < n; i++)
			json_array_append_new(list, json_pack("[s%ss%]",
			    m[i].name.p, m[i].name.n,
			    match_op_text(m[i].op),
			    m[i].value.n ? m[i].value.p : "",
			    m[i].value.n));
		(void)json_put_tree(out, list);
		matchers_release(m, n);
	}
	json_decref(list);
}

static void
parse_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *want = json_object_get(row, "matchers");
	struct buf got = { 0 }, exp = { 0 };

	(void)arg;
	parse(row, &got);
	if (want)
		(void)json_put_tree(&exp, want);
	else
		(void)buf_printf(&exp, "error: " STR_FMT,
		    STR_ARG(get(row, "error")));
	if (json_is_true(json_object_get(row, "error_is_classic_text")) &&
	    str_starts(buf_str(&got), STR("error: ")))
		conf_pass(c);
	else
		conf_expect(c, name, buf_str(&exp), buf_str(&got));
	buf_release(&got);
	buf_release(&exp);
}

/* The API's form of a matcher. */
static void
put_json(struct buf *out, const struct matcher *m)
{
	bool regex = m->op == MATCH_RE || m->op == MATCH_NRE;
	bool equal = m->op == MATCH_EQ || m->op == MATCH_RE;
	json_t *o = json_pack("{ss% ss% sb sb}", "name", m->name.p, m->name.n,
	    "value", m->value.p, m->value.n, "isRegex", regex, "isEqual",
	    equal);

	(void)json_put_tree(out, o);
	json_decref(o);
}

/* "foo=~bar", as the API's JSON reads; isEqual is true when it is missing. */
static void
from_json(struct str text, struct buf *out)
{
	struct err e = { 0 };
	json_t *o = json_tree(text, &e);
	bool regex = json_is_true(json_object_get(o, "isRegex"));
	bool equal = !json_is_false(json_object_get(o, "isEqual"));

	(void)buf_printf(out, STR_FMT "%s" STR_FMT, STR_ARG(get(o, "name")),
	    match_op_text(regex ? equal ? MATCH_RE : MATCH_NRE :
	    equal ? MATCH_EQ : MATCH_NE), STR_ARG(get(o, "value")));
	json_decref(o);
}

static void
semantic_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct str kind = get(row, "kind"), label = get(row, "name");
	struct str want = get(row, "want"), value = get(row, "value");
	struct buf got = { 0 }, exp = { 0 };
	struct matcher m = { 0 };
	struct err e = { 0 };
	bool classic, utf8;

	(void)arg;
	if (matcher_init(&m, op_of(get(row, "op")), label,
	    get(row, "pattern"), RE_NODOTALL, &e) == -1) {
		conf_fail(c, name, want, str_of(e.msg));
		return;
	}
	if (str_eq(kind, STR("match"))) {
		conf_expect(c, name, json_is_true(json_object_get(row,
		    "match")) ? STR("match") : STR("no match"),
		    matcher_ok_value(&m, value) ? STR("match") :
		    STR("no match"));
	} else if (str_eq(kind, STR("string"))) {
		matcher_print(&m, &got);
		conf_expect(c, name, want, buf_str(&got));
	} else if (str_eq(kind, STR("json"))) {
		put_json(&got, &m);
		conf_expect(c, name, want, buf_str(&got));
	} else if (str_eq(kind, STR("json-in"))) {
		from_json(want, &got);
		(void)buf_printf(&exp, STR_FMT "%s" STR_FMT, STR_ARG(label),
		    match_op_text(m.op), STR_ARG(m.value));
		conf_expect(c, name, buf_str(&exp), buf_str(&got));
	} else {
		classic = label_name_is_legacy(label);
		utf8 = label.n > 0 && utf8_valid(label);
		(void)buf_printf(&got, "%d %d", classic, utf8);
		(void)buf_printf(&exp, "%d %d",
		    json_is_true(json_object_get(row, "classic")),
		    json_is_true(json_object_get(row, "utf8")));
		conf_expect(c, name, buf_str(&exp), buf_str(&got));
	}
	matcher_release(&m);
	buf_release(&got);
	buf_release(&exp);
}

static const struct labels *
labels_from(struct labels_table *t, const json_t *o)
{
	struct labels_builder b = { 0 };
	const struct labels *l;
	const char *name;
	json_t *v;

	labels_build(&b, t, NULL);
	json_object_foreach((json_t *)(uintptr_t)o, name, v)
		labels_set(&b, str_of(name), (struct str){
		    json_string_value(v), json_string_length(v) });
	l = labels_done(&b);
	labels_builder_release(&b);
	return l;
}

static int
text_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* As up to 0.27: the finished name="value" texts are sorted, not the names. */
static void
put_old_order(const struct labels *l, struct buf *out)
{
	struct str pair[64];
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < l->n && i < 64; i++) {
		buf_reset(&b);
		(void)buf_printf(&b, STR_FMT "=", STR_ARG(l->v[i].name->s));
		go_quote(&b, l->v[i].value->s);
		pair[i] = arena_str(&arena, buf_str(&b));
	}
	qsort(pair, i, sizeof(pair[0]), text_cmp);
	(void)buf_putc(out, '{');
	for (i = 0; i < l->n && i < 64; i++)
		(void)buf_printf(out, "%s" STR_FMT, i ? ", " : "",
		    STR_ARG(pair[i]));
	(void)buf_putc(out, '}');
	buf_release(&b);
}

static void
fingerprint_row(struct conf *c, const json_t *row, const char *name,
    void *arg)
{
	struct labels_table *t = arg;
	unsigned char sum[HASH_SHA256_BYTES];
	struct str key = get(row, "group_key");
	const struct labels *group = labels_from(t, json_object_get(row,
	    "group_labels"));
	struct buf exp = { 0 }, got = { 0 };

	(void)buf_printf(&got, "%016llx ", (unsigned long long)
	    labels_fingerprint(labels_from(t, json_object_get(row,
	    "labels"))));
	/* A note says that the key was taken from an older version. */
	if (get(row, "note").n)
		put_old_order(group, &got);
	else
		labels_print_bare(group, &got);
	hash_sha256(key, sum);
	(void)buf_putc(&got, ' ');
	(void)hash_hex(&got, sum, sizeof(sum));
	/* The group key is the route's part, ':' and the group labels. */
	(void)buf_printf(&exp, STR_FMT " " STR_FMT " " STR_FMT,
	    STR_ARG(get(row, "fingerprint")),
	    STR_ARG(str_sub(key, (size_t)(str_find(key, STR("}:{")) + 2),
	    key.n)), STR_ARG(get(row, "group_key_sha256")));
	conf_expect(c, name, buf_str(&exp), buf_str(&got));
	buf_release(&exp);
	buf_release(&got);
}

int
main(int argc, char **argv)
{
	struct labels_table *t = labels_table_new();
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "am-matchers.jsonl", parse_row, NULL);
	conf_jsonl(&c, "am-matcher-semantics.jsonl", semantic_row, NULL);
	conf_jsonl(&c, "am-fingerprints.jsonl", fingerprint_row, t);
	arena_free(&arena);
	labels_table_free(t);
	return conf_finish(&c);
}
