/*
 * Templates: rule annotations (templates-prom.jsonl) and receivers
 * (am-template.jsonl).
 */
#include <stdlib.h>

#include "conf.h"
#include "core/dur.h"
#include "core/io.h"
#include "core/num.h"
#include "promql/promql.h"
#include "tmpl/data.h"
#include "tmpl/defaults.h"
#include "tmpl/read.h"

static struct labels_table *table;

static struct str
text_of(const json_t *j)
{
	return (struct str){ json_string_value(j), json_string_length(j) };
}

static struct str
member(const json_t *row, const char *key)
{
	return text_of(json_object_get(row, key));
}

static const struct labels *
labels_from(json_t *o)
{
	struct labels_builder b = { 0 };
	const struct labels *l;
	const char *key;
	json_t *v;

	labels_build(&b, table, NULL);
	json_object_foreach(o, key, v)
		labels_set(&b, str_of(key), text_of(v));
	l = labels_done(&b);
	labels_builder_release(&b);
	return l;
}

static double
number(const json_t *j)
{
	double v = 0;

	if (json_is_number(j))
		return json_number_value(j);
	(void)num_parse_prom(text_of(j), &v);
	return v;
}

/* Query results: fixed ones of the row. */
static int
canned_query(struct tmpl_ctx *c, struct str expr, struct tval *out,
    struct err *e)
{
	json_t *rows = c->host, *r;
	struct tmpl_sample *s = ARENA_ARRAY(c->arena, json_array_size(rows),
	    struct tmpl_sample);
	const json_t *h;
	size_t i;

	(void)expr;
	(void)e;
	json_array_foreach(rows, i, r) {
		s[i].labels = labels_from(json_object_get(r, "labels"));
		s[i].value = number(json_object_get(r, "value"));
		h = json_object_get(r, "histogram");
		if (h != NULL)
			s[i].histogram = arena_printf(c->arena,
			    "{count:%g, sum:%g}",
			    number(json_object_get(h, "count")),
			    number(json_object_get(h, "sum")));
	}
	*out = tval_samples(s, json_array_size(rows), c->arena);
	return 0;
}

/* One value of a row's input; big integers are strings there. */
static struct tval
input_value(const json_t *v, const char *type)
{
	struct tval out = { 0 };
	const char *s = json_string_value(v);

	switch (type[0]) {
	case 'f':
		return tval_float(number(v));
	case 's':
		return tval_str(text_of(v));
	case 'u':
		out.kind = TV_UINT;
		out.type = "uint";
		(void)num_parse_u64(str_of(s), UINT64_MAX, &out.u.u);
		return out;
	default:
		out = tval_int(json_integer_value(v));
		if (s != NULL)
			(void)num_parse_i64(str_of(s), INT64_MIN, INT64_MAX,
			    &out.u.i);
		return out;
	}
}

static struct tval
input_of(json_t *in, struct arena *a)
{
	const char *type = json_string_value(json_object_get(in, "type"));
	json_t *values = json_object_get(in, "values"), *v;
	struct tval *list;
	size_t i, n = json_array_size(values);

	if (in == NULL)
		return (struct tval){ 0 };
	list = ARENA_ARRAY(a, n, struct tval);
	json_array_foreach(values, i, v)
		list[i] = input_value(v, type);
	if (strchr(type, '[') == NULL)
		return list[0];
	return tval_list(list, n, NULL);
}

static void
expand_case(struct conf *c, const json_t *row, const char *name)
{
	static const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_prom };
	bool html = json_is_true(json_object_get(row, "html"));
	struct tmpl_set *set = tmpl_set_new(funcs, 1, html);
	struct arena a = { 0 };
	struct tmpl_ctx x = { .arena = &a, .now_ms = INT64_C(1353755652000),
	    .external_url = STR("http://testhost:9090/path/prefix"),
	    .query = canned_query,
	    .host = json_object_get(row, "query_result") };
	struct buf out = { 0 }, got = { 0 };
	struct err e = { 0 };
	const json_t *want = json_object_get(row, "output");

	if (tmpl_parse(set, STR("test"), member(row, "text"), &e) == -1)
		(void)buf_printf(&got, "error parsing template test: %s",
		    e.msg);
	else if (tmpl_exec(set, STR("test"),
	    input_of(json_object_get(row, "input"), &a), &x, &out, &e) == -1)
		(void)buf_printf(&got, "error executing template test: %s",
		    e.msg);
	else
		(void)buf_put(&got, buf_str(&out));
	conf_expect(c, name, want != NULL ? text_of(want) :
	    member(row, "error"), buf_str(&got));
	buf_release(&out);
	buf_release(&got);
	arena_free(&a);
	tmpl_set_free(set);
}

/* The two series that the rows of kind alert may query, at time 0. */
static int
src_select(void *self, const struct matcher *m, size_t nm, int64_t from,
    int64_t to, struct arena *a, struct pseries **out, size_t *n,
    struct err *e)
{
	static const int64_t at = 0;
	static const struct {
		const char *k;
		double v;
	} src[] = { { "a", 5 }, { "b", 2 } };
	size_t i;

	(void)self;
	(void)e;
	*out = ARENA_ARRAY(a, 2, struct pseries);
	*n = 0;
	for (i = 0; i < 2; i++) {
		const struct labels *l = labels_of(table, "__name__", "src",
		    "k", src[i].k, (char *)NULL);

		if (from <= at && at <= to && matchers_ok(m, nm, l))
			(*out)[(*n)++] = (struct pseries){ .labels = l,
			    .t = &at, .v = &src[i].v, .n = 1 };
	}
	return 0;
}

/* An expression at time 0. */
static int
evaluate(struct str expr, struct arena *a, struct pcols *out, struct err *e)
{
	struct promql_source source = { .table = table,
	    .select = src_select };
	struct promql_features f = { 0 };
	struct promql_ctx c = { .arena = a, .source = &source };
	const struct pexpr *x = promql_parse(expr, &f, a, e);
	int rc;

	if (x == NULL)
		return -1;
	rc = promql_eval(x, &c, out, e);
	promql_release(x);
	return rc;
}

static int
src_query(struct tmpl_ctx *c, struct str expr, struct tval *out,
    struct err *e)
{
	struct tmpl_sample *s;
	struct pcols v;
	size_t i, n = 0;

	if (evaluate(expr, c->arena, &v, e) == -1)
		return -1;
	s = ARENA_ARRAY(c->arena, v.nrows, struct tmpl_sample);
	for (i = 0; i < v.nrows; i++)
		if (!pv_absent(v.row[i].v[0]))
			s[n++] = (struct tmpl_sample){
			    .labels = v.row[i].labels,
			    .value = v.row[i].v[0] };
	*out = tval_samples(s, n, c->arena);
	return 0;
}

/* The value of a row: a constant expression. */
static double
constant(struct str s, struct arena *a)
{
	struct pcols v;
	struct err e;

	return s.n == 0 || evaluate(s, a, &v, &e) == -1 || v.nrows == 0 ?
	    0 : v.row[0].v[0];
}

/* 0 with the text in out; -1 with *e, *parsing telling when. */
static int
expand_annotation(const json_t *row, struct buf *out, bool *parsing,
    struct err *e)
{
	static const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_prom };
	struct tmpl_set *set = tmpl_set_new(funcs, 1, false);
	struct arena a = { 0 };
	struct tmpl_ctx x = { .arena = &a, .query = src_query,
	    .external_url = STR("http://prom.example:9090/pre") };
	struct tmpl_rule rule = {
		.labels = labels_from(json_object_get(row, "labels")),
		.external_labels = labels_of(table, "cluster", "prod",
		    (char *)NULL),
		.external_url = x.external_url,
		.value = constant(member(row, "value"), &a) };
	struct str text = arena_printf(&a, "%s" STR_FMT, TMPL_RULE_PRELUDE,
	    STR_ARG(member(row, "text")));
	int rc;

	*parsing = true;
	rc = tmpl_parse(set, STR("__alert_A"), text, e);
	if (rc == 0) {
		*parsing = false;
		rc = tmpl_exec(set, STR("__alert_A"), tval_rule(&rule), &x,
		    out, e);
	}
	arena_free(&a);
	tmpl_set_free(set);
	return rc;
}

static void
alert_case(struct conf *c, const json_t *row, const char *name)
{
	const json_t *want = json_object_get(row, "output");
	struct str part = member(row, "error_contains");
	bool load = str_eq(member(row, "kind"), STR("load_error")), parsing;
	struct buf out = { 0 };
	struct err e = { 0 };

	if (expand_annotation(row, &out, &parsing, &e) == -1) {
		if (want == NULL && parsing == load &&
		    str_find(str_of(e.msg), part) != -1)
			conf_pass(c);
		else
			conf_fail(c, name, part, str_of(e.msg));
	} else if (want == NULL)
		conf_fail(c, name, part, buf_str(&out));
	else
		conf_expect(c, name, text_of(want), buf_str(&out));
	buf_release(&out);
}

static void
prom_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	(void)arg;
	if (str_eq(member(row, "kind"), STR("expand")))
		expand_case(c, row, name);
	else
		alert_case(c, row, name);
}

/* What the rows of am-template.jsonl share. */
struct am {
	json_t *data;			/* am-template-data.json */
	struct buf mine;		/* am-template-my.tmpl */
};

/* Plain JSON as template values. */
static struct tval
plain_value(json_t *j, struct arena *a)
{
	struct tval *list;
	struct tpair *pairs;
	const char *key;
	json_t *v;
	size_t i = 0, k;

	switch (json_typeof(j)) {
	case JSON_STRING:
		return tval_str(text_of(j));
	case JSON_INTEGER:
		return tval_int(json_integer_value(j));
	case JSON_REAL:
		return tval_float(json_real_value(j));
	case JSON_ARRAY:
		list = ARENA_ARRAY(a, json_array_size(j), struct tval);
		json_array_foreach(j, i, v)
			list[i] = plain_value(v, a);
		return tval_list(list, json_array_size(j), NULL);
	case JSON_OBJECT:
		pairs = ARENA_ARRAY(a, json_object_size(j), struct tpair);
		json_object_foreach(j, key, v) {
			for (k = i++; k > 0 && str_cmp(pairs[k - 1].key,
			    str_of(key)) > 0; k--)
				pairs[k] = pairs[k - 1];
			pairs[k] = (struct tpair){ str_of(key),
			    plain_value(v, a) };
		}
		return (struct tval){ .kind = TV_MAP,
		    .u.map = { pairs, i } };
	case JSON_NULL:
		return (struct tval){ 0 };
	default:
		return tval_bool(json_is_true(j));
	}
}

static struct tval
am_dot(const struct am *am, const json_t *row, struct tmpl_data *d,
    struct arena *a)
{
	json_t *plain = json_object_get(row, "data_json");
	json_t *data = json_object_get(row, "data_inline");
	char *text;
	struct err e;
	int rc;

	if (plain != NULL)
		return plain_value(plain, a);
	if (data == NULL)
		data = json_object_get(am->data, json_string_value(
		    json_object_get(row, "data")));
	if (data == NULL)
		return (struct tval){ 0 };
	text = json_dumps(data, JSON_COMPACT);
	rc = tmpl_data_read(arena_str(a, str_of(text)), table, a, d, &e);
	free(text);
	return rc == -1 ? (struct tval){ 0 } : tval_data(d);
}

static int
am_render(const struct am *am, const json_t *row, struct buf *out,
    struct err *e)
{
	static const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_am };
	bool html = str_eq(member(row, "type"), STR("html"));
	bool old = str_starts(member(row, "src"), STR("amtool 0.25"));
	struct tmpl_set *set = tmpl_set_new(funcs, 1, html);
	struct arena a = { 0 };
	struct tmpl_data d;
	struct tmpl_ctx x = { .arena = &a, .compat_025 = old };
	int rc = -1;

	if (json_is_true(json_object_get(row, "defaults")) &&
	    tmpl_defaults(set, e) == -1)
		goto out;
	if (tmpl_parse(set, STR("my.tmpl"), buf_str(&am->mine), e) == -1 ||
	    tmpl_parse(set, STR(""), member(row, "in"), e) == -1)
		goto out;
	rc = tmpl_exec(set, STR(""), am_dot(am, row, &d, &a), &x, out, e);
out:
	arena_free(&a);
	tmpl_set_free(set);
	return rc;
}

static void
am_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const char *id = json_string_value(json_object_get(row, "id"));
	const char *title = json_string_value(json_object_get(row, "title"));
	const json_t *want = json_object_get(row, "out");
	struct buf out = { 0 };
	struct err e = { 0 };

	name = id != NULL ? id : title != NULL ? title : name;
	if (am_render(arg, row, &out, &e) == -1) {
		if (want == NULL)
			conf_pass(c);
		else
			conf_fail(c, name, text_of(want), str_of(e.msg));
	} else if (want == NULL)
		conf_fail(c, name, member(row, "error"), buf_str(&out));
	else
		conf_expect(c, name, text_of(want), buf_str(&out));
	buf_release(&out);
}

int
main(int argc, char **argv)
{
	struct am am = { 0 };
	struct conf c;
	struct err e;

	conf_init(&c, argc, argv);
	table = labels_table_new();
	conf_jsonl(&c, "templates-prom.jsonl", prom_case, NULL);
	am.data = json_load_file(conf_path(&c, "am-template-data.json"), 0,
	    NULL);
	if (io_read_file(conf_path(&c, "am-template-my.tmpl"), 1 << 20,
	    &am.mine, &e) == 0)
		conf_jsonl(&c, "am-template.jsonl", am_case, &am);
	json_decref(am.data);
	buf_release(&am.mine);
	labels_table_free(table);
	return conf_finish(&c);
}
