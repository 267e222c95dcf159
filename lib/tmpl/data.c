#include "tmpl/data.h"

#include "json/write.h"
#include "tmpl/internal.h"

static size_t
labels_count(const void *self)
{
	const struct labels *l = self;

	return l == NULL ? 0 : l->n;
}

static void
labels_at(const void *self, size_t i, struct tmpl_ctx *c, struct tval *key,
    struct tval *value)
{
	const struct labels *l = self;

	(void)c;
	*key = tval_str(l->v[i].name->s);
	*value = tval_str(l->v[i].value->s);
}

static bool
labels_field(const void *self, struct str name, struct tmpl_ctx *c,
    struct tval *out)
{
	const struct labels *l = self;
	struct str v = l == NULL ? STR_NONE : labels_get(l, name);

	(void)c;
	if (v.p == NULL)
		return false;
	*out = tval_str(v);
	return true;
}

static void
labels_json(const void *self, struct tmpl_ctx *c, struct jw *w)
{
	const struct labels *l = self;
	uint32_t i;

	(void)c;
	if (l == NULL) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	for (i = 0; i < l->n; i++) {
		jw_key(w, l->v[i].name->s);
		jw_str(w, l->v[i].value->s);
	}
	jw_obj_end(w);
}

static const struct tclass labels_class = {
	.name = "map[string]string", .is_map = true, .field = labels_field,
	.count = labels_count, .at = labels_at, .json = labels_json
};

struct tval
tval_labels(const struct labels *l)
{
	return tval_obj(&labels_class, l);
}

/* The i-th pair with alertname in front. */
static const struct label *
sorted_pair(const struct labels *l, size_t i)
{
	size_t name = 0;

	while (name < l->n && !str_eq(l->v[name].name->s, STR("alertname")))
		name++;
	if (name == l->n)
		return &l->v[i];
	return i == 0 ? &l->v[name] : &l->v[i <= name ? i - 1 : i];
}

/* a=1, b=2 */
static void
kv_text(const struct labels *l, struct buf *out)
{
	size_t i, n = labels_count(l);

	for (i = 0; i < n; i++) {
		const struct label *p = sorted_pair(l, i);

		(void)buf_printf(out, "%s" STR_FMT "=" STR_FMT,
		    i > 0 ? ", " : "", STR_ARG(p->name->s),
		    STR_ARG(p->value->s));
	}
}

static void
kv_print(const void *self, struct tmpl_ctx *c, struct buf *out)
{
	struct tval as_map = tval_labels(self);

	if (c->compat_025)
		fmt_value(c, &as_map, out);
	else
		kv_text(self, out);
}

static bool
pair_field(const void *self, struct str name, struct tmpl_ctx *c,
    struct tval *out)
{
	const struct label *p = self;

	(void)c;
	if (str_eq(name, STR("Name")))
		*out = tval_str(p->name->s);
	else if (str_eq(name, STR("Value")))
		*out = tval_str(p->value->s);
	else
		return false;
	return true;
}

static void
pair_print(const void *self, struct tmpl_ctx *c, struct buf *out)
{
	const struct label *p = self;

	(void)c;
	(void)buf_printf(out, "{" STR_FMT " " STR_FMT "}",
	    STR_ARG(p->name->s), STR_ARG(p->value->s));
}

static void
pair_json(const void *self, struct tmpl_ctx *c, struct jw *w)
{
	const struct label *p = self;

	(void)c;
	jw_obj(w);
	jw_key(w, STR("Name"));
	jw_str(w, p->name->s);
	jw_key(w, STR("Value"));
	jw_str(w, p->value->s);
	jw_obj_end(w);
}

static const struct tclass pair_class = {
	.name = "template.Pair", .field = pair_field, .print = pair_print,
	.json = pair_json
};

static void
pairs_at(const void *self, size_t i, struct tmpl_ctx *c, struct tval *key,
    struct tval *value)
{
	(void)c;
	*key = tval_int((int64_t)i);
	*value = tval_obj(&pair_class, sorted_pair(self, i));
}

static void
pairs_print(const void *self, struct tmpl_ctx *c, struct buf *out)
{
	size_t i, n = labels_count(self);

	if (!c->compat_025) {
		kv_text(self, out);
		return;
	}
	(void)buf_putc(out, '[');
	for (i = 0; i < n; i++) {
		(void)buf_put(out, i > 0 ? STR(" ") : STR_NONE);
		pair_print(sorted_pair(self, i), c, out);
	}
	(void)buf_putc(out, ']');
}

static int
pair_texts(struct tmpl_ctx *c, const struct labels *l, bool values,
    struct tval *out)
{
	size_t i, n = labels_count(l);
	struct tval *v = ARENA_ARRAY(c->arena, n, struct tval);

	for (i = 0; i < n; i++) {
		const struct label *p = sorted_pair(l, i);

		v[i] = tval_str(values ? p->value->s : p->name->s);
	}
	*out = tval_list(v, n, "[]string");
	return 0;
}

static int
kv_names(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)n;
	(void)e;
	return pair_texts(c, arg[0].u.obj.self, false, out);
}

static int
kv_values(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)n;
	(void)e;
	return pair_texts(c, arg[0].u.obj.self, true, out);
}

static int
kv_string(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	(void)n;
	(void)e;
	kv_text(arg[0].u.obj.self, &b);
	out_buf(c, &b, out);
	return 0;
}

static const struct tmpl_func pairs_methods[] = {
	{ "Names", "", kv_names },
	{ "Values", "", kv_values },
	{ "String", "", kv_string },
};

static const struct tclass pairs_class = {
	.name = "template.Pairs", .count = labels_count, .at = pairs_at,
	.print = pairs_print, .methods = pairs_methods, .nmethods = 3
};

static int
kv_sorted_pairs(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)c;
	(void)n;
	(void)e;
	*out = tval_obj(&pairs_class, arg[0].u.obj.self);
	return 0;
}

/* A copy without the keys of a list; the symbols stay those of the table. */
static int
kv_remove(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	const struct labels *l = arg[0].u.obj.self;
	struct labels *r;
	size_t i, j;

	(void)n;
	(void)e;
	r = arena_alloc(c->arena, sizeof(*r) +
	    labels_count(l) * sizeof(r->v[0]));
	for (i = 0; i < labels_count(l); i++) {
		for (j = 0; j < arg[1].u.list.n; j++)
			if (str_eq(l->v[i].name->s,
			    arg[1].u.list.p[j].u.s))
				break;
		if (j == arg[1].u.list.n)
			r->v[r->n++] = l->v[i];
	}
	*out = tval_kv(r);
	return 0;
}

static const struct tmpl_func kv_methods[] = {
	{ "SortedPairs", "", kv_sorted_pairs },
	{ "Names", "", kv_names },
	{ "Values", "", kv_values },
	{ "Remove", "l", kv_remove },
	{ "String", "", kv_string },
};

static const struct tclass kv_class = {
	.name = "template.KV", .is_map = true, .field = labels_field,
	.count = labels_count, .at = labels_at, .print = kv_print,
	.json = labels_json, .methods = kv_methods, .nmethods = 5
};

struct tval
tval_kv(const struct labels *l)
{
	return tval_obj(&kv_class, l);
}

/* ---- rules ---- */

static bool
rule_field(const void *self, struct str name, struct tmpl_ctx *c,
    struct tval *out)
{
	const struct tmpl_rule *r = self;

	(void)c;
	if (str_eq(name, STR("Labels")))
		*out = tval_labels(r->labels);
	else if (str_eq(name, STR("ExternalLabels")))
		*out = tval_labels(r->external_labels);
	else if (str_eq(name, STR("ExternalURL")))
		*out = tval_str(r->external_url);
	else if (str_eq(name, STR("Value")))
		*out = r->histogram.n > 0 ? tval_str(r->histogram) :
		    tval_float(r->value);
	else
		return false;
	return true;
}

static const struct tclass rule_class = {
	.name = "struct { Labels map[string]string; ExternalLabels "
	    "map[string]string; ExternalURL string; Value interface {} }",
	.field = rule_field
};

struct tval
tval_rule(const struct tmpl_rule *r)
{
	return tval_obj(&rule_class, r);
}

struct tval
tmpl_sample_value(const struct tmpl_sample *s)
{
	return s->histogram.n > 0 ? tval_str(s->histogram) :
	    tval_float(s->value);
}

static bool
sample_field(const void *self, struct str name, struct tmpl_ctx *c,
    struct tval *out)
{
	const struct tmpl_sample *s = self;

	(void)c;
	if (str_eq(name, STR("Labels")))
		*out = tval_labels(s->labels);
	else if (str_eq(name, STR("Value")))
		*out = tmpl_sample_value(s);
	else
		return false;
	return true;
}

static void
sample_print(const void *self, struct tmpl_ctx *c, struct buf *out)
{
	const struct tmpl_sample *s = self;
	struct tval labels = tval_labels(s->labels);
	struct tval value = tmpl_sample_value(s);

	(void)buf_put(out, STR("&{"));
	fmt_value(c, &labels, out);
	(void)buf_putc(out, ' ');
	fmt_value(c, &value, out);
	(void)buf_putc(out, '}');
}

const struct tclass tmpl_sample_class = {
	.name = "*template.sample", .field = sample_field,
	.print = sample_print
};

struct tval
tval_samples(const struct tmpl_sample *s, size_t n, struct arena *a)
{
	struct tval *v = ARENA_ARRAY(a, n, struct tval);
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = tval_obj(&tmpl_sample_class, &s[i]);
	return tval_list(v, n, "template.queryResult");
}
