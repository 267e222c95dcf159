#include "metrics.h"

#include <ctype.h>
#include <stdio.h>

#include "core/diag.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/num.h"
#include "model/labels.h"
#include "route.h"
#include "scan.h"
#include "tmpl/tmpl.h"
#include "wire/wire.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define LABELS_MAX	16
#define BUCKETS_MAX	64

enum metric_type { COUNTER, GAUGE, HISTOGRAM };

/* A label's value: a field, its route or class, or a template. */
enum label_kind { LABEL_FIELD, LABEL_ROUTE, LABEL_CLASS, LABEL_TEMPLATE };

struct label_spec {
	struct str name, arg;
	enum label_kind kind;
};

struct series {
	struct str key;			/* values, joined; owned */
	double value, sum;
	uint64_t count, bucket[];
};

struct entry {
	int64_t seen;			/* event time */
	struct series *s;
};

struct metric {
	struct str name, type, value;
	struct selector select;
	struct ypairs labels;
	const struct ynode *bucket_node;
	int64_t limit, expire_ms;
	const struct ynode *node;
	/* made of it */
	enum metric_type kind;
	struct label_spec spec[LABELS_MAX];
	size_t nlabels;
	struct str field;		/* of the value; empty: 1 */
	double factor;
	double bucket[BUCKETS_MAX];
	size_t nbuckets;
	struct map series;		/* key -> struct entry */
	uint64_t overflow;
};

struct metrics {
	VEC(struct metric *) all;
	struct labels_table *table;
	struct labels_builder builder;
	struct tmpl_set *templates;
	struct buf key, text;
	int64_t newest;
};

#define AT(f)	offsetof(struct metric, f)
static const struct yfield rows[] = {
	YROW("name", YT_STR, AT(name), .flags = YF_REQUIRED),
	YROW("type", YT_STR, AT(type), .dflt = "counter"),
	SELECTOR_ROWS(AT(select)),
	YROW("value", YT_STR, AT(value)),
	YROW("labels", YT_STRMAP, AT(labels)),
	YROW("buckets", YT_RAW, AT(bucket_node)),
	YROW("limit", YT_INT, AT(limit), .dflt = "1000"),
	YROW("expire", YT_DURATION, AT(expire_ms), .dflt = "24h"),
};
#undef AT

static const struct yfields fields = {
	.name = "metric", .size = sizeof(struct metric),
	.row = rows, .n = COUNT(rows),
	.node_offset = offsetof(struct metric, node),
};

/* ---- reading ---- */

/* field, field / 1e9, field * 1000 */
static int
read_value(struct metric *m, struct err *e)
{
	struct scan c = { str_trim(m->value), 0 };
	bool divide;

	m->factor = 1;
	if (m->value.n == 0)
		return 0;
	if (!scan_word(&c, &m->field))
		goto bad;
	scan_blanks(&c);
	if (scan_end(&c))
		return 0;
	divide = scan_char(&c, '/');
	if (!divide && !scan_char(&c, '*'))
		goto bad;
	scan_blanks(&c);
	if (!num_parse_double(scan_rest(&c), &m->factor) || m->factor == 0)
		goto bad;
	if (divide)
		m->factor = 1 / m->factor;
	return 0;
bad:
	return ynode_err(ynode_get(m->node, "value"), e, "'value' is a field, "
	    "or field / NUMBER, or field * NUMBER");
}

static const char *const default_buckets[] = { "0.1", "0.3", "0.5", "0.7",
    "1", "3", "5", "7", "10" };

static int
read_buckets(struct metric *m, struct err *e)
{
	const struct ynode *c;
	size_t i;

	if (m->bucket_node == NULL) {
		for (i = 0; i < COUNT(default_buckets); i++)
			(void)num_parse_double(str_of(default_buckets[i]),
			    &m->bucket[m->nbuckets++]);
		return 0;
	}
	for (c = m->bucket_node->child; c != NULL; c = c->next) {
		if (m->nbuckets == BUCKETS_MAX || !num_parse_double(
		    c->scalar, &m->bucket[m->nbuckets]) || (m->nbuckets > 0 &&
		    m->bucket[m->nbuckets] <= m->bucket[m->nbuckets - 1]))
			return ynode_err(c, e, "'buckets' are at most %d "
			    "rising numbers", BUCKETS_MAX);
		m->nbuckets++;
	}
	return 0;
}

/* {{ route .url.original }}, route(url.original), url.original */
static bool
call_of(struct str text, struct str name, struct str *arg)
{
	struct scan c = { text, 0 };

	if (scan_text(&c, STR("{{"))) {
		scan_blanks(&c);
		if (!scan_text(&c, name) || !scan_char(&c, ' '))
			return false;
		scan_blanks(&c);
		if (!scan_char(&c, '.') || !scan_word(&c, arg))
			return false;
		scan_blanks(&c);
		return scan_text(&c, STR("}}")) && scan_end(&c);
	}
	if (!scan_text(&c, name) || !scan_char(&c, '('))
		return false;
	return scan_until(&c, ')', arg) && scan_end(&c);
}

static int
read_labels(struct metrics *all, struct metric *m, struct err *e)
{
	struct err why = { 0 };
	struct label_spec *s;
	size_t i;

	if (m->labels.n > LABELS_MAX)
		return ynode_err(m->node, e, "at most %d labels", LABELS_MAX);
	for (i = 0; i < m->labels.n; i++) {
		s = &m->spec[m->nlabels++];
		s->name = m->labels.p[i].key;
		s->arg = str_trim(m->labels.p[i].value);
		if (!label_name_is_legacy(s->name))
			return ynode_err(m->labels.p[i].node, e, "'" STR_FMT
			    "' is no name of a label", STR_ARG(s->name));
		if (call_of(s->arg, STR("route"), &s->arg))
			s->kind = LABEL_ROUTE;
		else if (call_of(s->arg, STR("class"), &s->arg))
			s->kind = LABEL_CLASS;
		else if (str_find(s->arg, STR("{{")) == -1)
			s->kind = LABEL_FIELD;
		else {
			s->kind = LABEL_TEMPLATE;
			if (tmpl_parse(all->templates, s->arg, s->arg,
			    &why) == -1)
				return ynode_err(m->labels.p[i].node, e,
				    "%s", why.msg);
		}
	}
	return 0;
}

static int
read_one(struct metrics *all, struct metric *m, struct grok_set *set,
    struct arena *a, struct err *e)
{
	static const char *const types[] = { "counter", "gauge",
	    "histogram" };
	size_t i;

	for (i = 0; i < COUNT(types); i++)
		if (str_eq(m->type, str_of(types[i])))
			break;
	if (i == COUNT(types))
		return ynode_err(ynode_get(m->node, "type"), e, "'type' is "
		    "counter, gauge or histogram");
	m->kind = (enum metric_type)i;
	if (!metric_name_is_legacy(m->name))
		return ynode_err(ynode_get(m->node, "name"), e, "'" STR_FMT
		    "' is no name of a metric", STR_ARG(m->name));
	if (m->kind != COUNTER && m->value.n == 0)
		return ynode_err(m->node, e, "a gauge or histogram needs a "
		    "'value'");
	return read_value(m, e) == -1 || (m->kind == HISTOGRAM &&
	    read_buckets(m, e) == -1) || read_labels(all, m, e) == -1 ? -1 :
	    selector_init(&m->select, set, m->node, arena_cstr(a, m->name),
	    a, e);
}

struct metrics *
metrics_new(const struct config *c, struct grok_set *set, struct err *e)
{
	const struct tmpl_funcs *funcs[] = { &tmpl_funcs_am };
	struct metrics *all = mem_zalloc(sizeof(*all));
	const struct ynode *n;
	struct metric *m;
	size_t i;

	all->table = labels_table_new();
	all->templates = tmpl_set_new(funcs, 1, false);
	for (i = 0; i < c->files.n; i++) {
		n = c->files.p[i]->metrics;
		for (n = n ? n->child : NULL; n != NULL; n = n->next) {
			m = ARENA_NEW(c->arena, struct metric);
			vec_push(&all->all, m);
			if (yaml_decode(n, &fields, m, c->arena, e) == -1 ||
			    read_one(all, m, set, c->arena, e) == -1) {
				metrics_free(all);
				return NULL;
			}
		}
	}
	return all;
}

static void
entry_free(struct entry *en)
{
	mem_free((void *)(uintptr_t)en->s->key.p);
	mem_free(en->s);
	mem_free(en);
}

void
metrics_free(struct metrics *m)
{
	struct map_entry *e;
	size_t i, at;

	if (m == NULL)
		return;
	for (i = 0; i < m->all.n; i++) {
		selector_release(&m->all.p[i]->select);
		for (at = 0; (e = map_next(&m->all.p[i]->series, &at)); )
			entry_free(e->value);
		map_release(&m->all.p[i]->series);
	}
	vec_release(&m->all);
	labels_builder_release(&m->builder);
	labels_table_free(m->table);
	tmpl_set_free(m->templates);
	buf_release(&m->key);
	buf_release(&m->text);
	mem_free(m);
}

size_t
metrics_count(const struct metrics *m)
{
	return m->all.n;
}

/* ---- counting ---- */

/* The event as nested maps would be much work: names with dots, flat. */
static bool
event_field(const void *self, struct str name, struct tmpl_ctx *c,
    struct tval *out)
{
	struct value v = hit_get(self, name);

	(void)c;
	*out = v.kind == VAL_NONE ? (struct tval){ .kind = TV_NIL } :
	    tval_str(value_text(v));
	return true;
}

static const struct tclass event_class = {
	.name = "event", .field = event_field, .is_map = true,
};

static void
put_template(struct metrics *m, const struct label_spec *s,
    const struct hit *h)
{
	struct tmpl_ctx c = { .arena = h->ev->arena };
	struct err e;

	(void)tmpl_exec(m->templates, s->arg, tval_obj(&event_class, h), &c,
	    &m->key, &e);
}

static void
put_label(struct metrics *m, const struct label_spec *s, const struct hit *h)
{
	struct str text;

	if (s->kind == LABEL_TEMPLATE) {
		put_template(m, s, h);
		return;
	}
	text = value_text(hit_get(h, s->arg));
	if (s->kind == LABEL_ROUTE)
		text = route_of(text, h->ev->arena);
	else if (s->kind == LABEL_CLASS && text.n == 3) {
		(void)buf_putc(&m->key, text.p[0]);
		text = STR("xx");
	}
	(void)buf_put(&m->key, text);
}

static struct entry *
series_of(struct metrics *all, struct metric *m, const struct hit *h)
{
	struct entry *en;
	char *copy;
	size_t i;

	buf_reset(&all->key);
	for (i = 0; i < m->nlabels; i++) {
		if (i > 0)
			(void)buf_putc(&all->key, '\x1f');
		put_label(all, &m->spec[i], h);
	}
	en = map_get(&m->series, buf_str(&all->key));
	if (en != NULL)
		return en;
	if ((int64_t)m->series.n >= m->limit) {
		m->overflow++;
		return NULL;
	}
	en = mem_zalloc(sizeof(*en));
	en->s = mem_zalloc(sizeof(*en->s) +
	    m->nbuckets * sizeof(en->s->bucket[0]));
	copy = mem_alloc(all->key.n + 1);
	if (all->key.n > 0)
		memcpy(copy, all->key.p, all->key.n);
	en->s->key = (struct str){ copy, all->key.n };
	(void)map_put(&m->series, en->s->key, en);
	return en;
}

static void
observe(const struct metric *m, struct series *s, double v)
{
	size_t i;

	if (m->kind == GAUGE) {
		s->value = v;
	} else if (m->kind == COUNTER) {
		s->value += v;
	} else {
		s->sum += v;
		s->count++;
		for (i = 0; i < m->nbuckets; i++)
			if (v <= m->bucket[i]) {
				s->bucket[i]++;
				break;
			}
	}
}

void
metrics_event(struct metrics *all, const struct event *ev)
{
	struct metric *m;
	struct entry *en;
	struct hit h;
	double v;
	size_t i;

	if (ev->time > all->newest)
		all->newest = ev->time;
	for (i = 0; i < all->all.n; i++) {
		m = all->all.p[i];
		if (!(m->select.needs & ev->literals) ||
		    !selector_run(&m->select, ev, &h))
			continue;
		v = (double)h.repeats;
		if (m->field.n > 0 && !value_number(hit_get(&h, m->field),
		    &v))
			continue;
		/* A counter only rises. */
		if (m->kind == COUNTER && v < 0)
			continue;
		if ((en = series_of(all, m, &h)) == NULL)
			continue;
		en->seen = ev->time;
		observe(m, en->s, v * m->factor);
	}
}

/* ---- printing ---- */

static void
put_sample(struct metrics *all, const struct metric *m, struct str key,
    const char *suffix, struct str le, double v, int64_t ts, struct buf *out)
{
	struct str rest = key, part;
	size_t i;

	buf_reset(&all->text);
	(void)buf_put(&all->text, m->name);
	(void)buf_put(&all->text, str_of(suffix));
	labels_build(&all->builder, all->table, NULL);
	labels_set(&all->builder, STR("__name__"), buf_str(&all->text));
	for (i = 0; i < m->nlabels; i++) {
		rest = str_cut(rest, '\x1f', &part);
		labels_set(&all->builder, m->spec[i].name, part);
	}
	if (le.n > 0)
		labels_set(&all->builder, STR("le"), le);
	wire_put_sample(out, labels_done(&all->builder), ts, v);
}

static void
put_series(struct metrics *all, const struct metric *m,
    const struct series *s, int64_t ts, struct buf *out)
{
	struct buf le = { 0 };
	uint64_t n = 0;
	size_t i;

	if (m->kind != HISTOGRAM) {
		put_sample(all, m, s->key, "", STR_NONE, s->value, ts, out);
		return;
	}
	for (i = 0; i < m->nbuckets; i++) {
		n += s->bucket[i];
		buf_reset(&le);
		num_print(&le, m->bucket[i], NUM_GO_G);
		put_sample(all, m, s->key, "_bucket", buf_str(&le),
		    (double)n, ts, out);
	}
	put_sample(all, m, s->key, "_bucket", STR("+Inf"), (double)s->count,
	    ts, out);
	put_sample(all, m, s->key, "_sum", STR_NONE, s->sum, ts, out);
	put_sample(all, m, s->key, "_count", STR_NONE, (double)s->count, ts,
	    out);
	buf_release(&le);
}

void
metrics_print(struct metrics *all, int64_t ts, struct buf *out)
{
	struct map_entry *e;
	struct metric *m;
	struct entry *en;
	size_t i, at;

	for (i = 0; i < all->all.n; i++) {
		m = all->all.p[i];
		for (at = 0; (e = map_next(&m->series, &at)) != NULL; ) {
			en = e->value;
			if (all->newest - en->seen > m->expire_ms) {
				(void)map_del(&m->series, e->key);
				entry_free(en);
				continue;
			}
			put_series(all, m, en->s, ts, out);
		}
		if (m->overflow > 0)
			metrics_put(all, "ts_logwatch_series_dropped_total",
			    "metric", m->name, (double)m->overflow, ts, out);
	}
}

void
metrics_put(struct metrics *m, const char *name, const char *label,
    struct str value, double v, int64_t ts, struct buf *out)
{
	labels_build(&m->builder, m->table, NULL);
	labels_set(&m->builder, STR("__name__"), str_of(name));
	if (label != NULL)
		labels_set(&m->builder, str_of(label), value);
	wire_put_sample(out, labels_done(&m->builder), ts, v);
}

/* ---- a reload ---- */

static bool
same_series(const struct metric *a, const struct metric *b)
{
	size_t i;

	if (!str_eq(a->name, b->name) || a->kind != b->kind ||
	    a->nlabels != b->nlabels || a->nbuckets != b->nbuckets ||
	    memcmp(a->bucket, b->bucket,
	    a->nbuckets * sizeof(a->bucket[0])) != 0)
		return false;
	for (i = 0; i < a->nlabels; i++)
		if (!str_eq(a->spec[i].name, b->spec[i].name))
			return false;
	return true;
}

void
metrics_take(struct metrics *m, struct metrics *old)
{
	struct map none;
	size_t i, j;

	for (i = 0; i < m->all.n; i++)
		for (j = 0; j < old->all.n; j++) {
			if (m->all.p[i]->series.n > 0 ||
			    !same_series(m->all.p[i], old->all.p[j]))
				continue;
			selector_take(&m->all.p[i]->select,
			    &old->all.p[j]->select);
			none = m->all.p[i]->series;
			m->all.p[i]->series = old->all.p[j]->series;
			old->all.p[j]->series = none;
		}
	m->newest = old->newest;
}
