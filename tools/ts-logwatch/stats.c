#include "stats.h"

#include <stdlib.h>

#include "core/mem.h"
#include "json/write.h"
#include "level.h"
#include "route.h"
#include "yaml/fields.h"

#define OTHER	"(other)"

int
stats_init(struct stats *s, struct str by, struct err *e)
{
	struct str field;

	s->nby = 0;
	while (by.p != NULL) {
		by = str_cut(by, ',', &field);
		field = str_trim(field);
		if (s->nby == STATS_FIELDS_MAX)
			return err_set(e, ERR_CONFIG, "--by has at most %d "
			    "fields", STATS_FIELDS_MAX);
		s->route[s->nby] = str_eq(field, STR("route"));
		if (s->route[s->nby])
			field = STR("url.original");
		else if (str_starts(field, STR("route(")) &&
		    str_ends(field, STR(")"))) {
			s->route[s->nby] = true;
			field = str_sub(field, 6, field.n - 1);
		}
		if (field.n == 0)
			return err_set(e, ERR_CONFIG, "--by is a list of "
			    "fields");
		s->by[s->nby++] = field;
	}
	return 0;
}

void
stats_release(struct stats *s)
{
	struct map_entry *en;
	struct stats_group *g;
	size_t at = 0;

	while ((en = map_next(&s->groups, &at)) != NULL) {
		g = en->value;
		sketch_release(&g->seconds);
		mem_free((void *)(uintptr_t)g->key.p);
		mem_free(g);
	}
	map_release(&s->groups);
	buf_release(&s->key);
}

/* ---- counting ---- */

static struct stats_group *
group_of(struct stats *s, struct str key)
{
	struct stats_group *g = map_get(&s->groups, key);
	char *copy;

	if (g != NULL)
		return g;
	if (s->groups.n >= STATS_GROUPS_MAX) {
		key = STR(OTHER);
		if ((g = map_get(&s->groups, key)) != NULL)
			return g;
	}
	g = mem_zalloc(sizeof(*g));
	copy = mem_alloc(key.n + 1);
	if (key.n > 0)
		memcpy(copy, key.p, key.n);
	g->key = (struct str){ copy, key.n };
	(void)map_put(&s->groups, g->key, g);
	return g;
}

static bool
is_error(const struct event *ev)
{
	struct value v = event_get(ev, STR("http.response.status_code"));

	if (v.kind == VAL_NUM || v.kind == VAL_STR)
		return v.text.n == 3 && v.text.p[0] == '5';
	return ev->level != NULL && ev->level->rank <= 1;
}

/* Two slots become one until the time fits. */
static void
count_time(struct stats *s, int64_t t)
{
	int i;

	if (s->width == 0) {
		s->width = 1000;
		s->from = t - t % 1000;
	}
	while (t < s->from) {
		/* What was first moves to the upper half. */
		for (i = STATS_SLOTS - 1; i >= 0; i--)
			s->slot[i] = i >= STATS_SLOTS / 2 ?
			    s->slot[2 * (i - STATS_SLOTS / 2)] +
			    s->slot[2 * (i - STATS_SLOTS / 2) + 1] : 0;
		s->from -= STATS_SLOTS * s->width;
		s->width *= 2;
	}
	while (t - s->from >= STATS_SLOTS * s->width) {
		for (i = 0; i < STATS_SLOTS; i++)
			s->slot[i] = i < STATS_SLOTS / 2 ? s->slot[2 * i] +
			    s->slot[2 * i + 1] : 0;
		s->width *= 2;
	}
	s->slot[(t - s->from) / s->width]++;
}

void
stats_event(struct stats *s, const struct event *ev)
{
	struct stats_group *g;
	struct value v;
	struct str text;
	double ns;
	size_t i;

	buf_reset(&s->key);
	for (i = 0; i < s->nby; i++) {
		v = event_get(ev, s->by[i]);
		/* A record that has nothing of it is none of these. */
		if (v.kind == VAL_NONE && s->nby == 1) {
			s->others++;
			return;
		}
		text = value_text(v);
		if (s->route[i])
			text = route_of(text, ev->arena);
		if (i > 0)
			(void)buf_putc(&s->key, '\x1f');
		(void)buf_put(&s->key, text);
	}
	g = group_of(s, buf_str(&s->key));
	g->count++;
	s->all++;
	if (is_error(ev)) {
		g->errors++;
		s->errors++;
	}
	v = event_get(ev, STR("event.duration"));
	if (v.kind == VAL_NUM && value_number(v, &ns))
		sketch_add(&g->seconds, ns / 1e9);
	count_time(s, ev->time);
}

/* ---- order ---- */

static const struct stats *sorting;

static double
sort_value(struct stats_group *g)
{
	struct str by = sorting->sort;

	if (by.n == 0 || str_eq(by, STR("count")) || g->seconds.count == 0)
		return str_eq(by, STR("errors")) ? (double)g->errors :
		    by.n == 0 || str_eq(by, STR("count")) ?
		    (double)g->count : -1;
	if (str_eq(by, STR("errors")))
		return (double)g->errors;
	if (str_eq(by, STR("avg")))
		return sketch_mean(&g->seconds);
	if (str_eq(by, STR("max")))
		return g->seconds.max;
	return sketch_quantile(&g->seconds, sorting->quantile,
	    str_eq(by, STR("p99")) ? 99 : str_eq(by, STR("p95")) ? 95 : 50);
}

static int
by_sort(const void *a, const void *b)
{
	struct stats_group *x = *(struct stats_group *const *)a;
	struct stats_group *y = *(struct stats_group *const *)b;
	double p = sort_value(x), q = sort_value(y);

	return p > q ? -1 : p < q ? 1 : str_cmp(x->key, y->key);
}

struct stats_group **
stats_sorted(struct stats *s, size_t *n, struct arena *a)
{
	struct stats_group **out = ARENA_ARRAY(a, s->groups.n + 1,
	    struct stats_group *);
	struct map_entry *en;
	size_t at = 0;

	*n = 0;
	while ((en = map_next(&s->groups, &at)) != NULL)
		out[(*n)++] = en->value;
	sorting = s;
	qsort(out, *n, sizeof(*out), by_sort);
	return out;
}

/* ---- JSON ---- */

static void
put_keys(const struct stats *s, const struct stats_group *g, struct jw *w)
{
	struct str rest = g->key, part;
	size_t i;

	for (i = 0; i < s->nby && rest.p != NULL; i++) {
		rest = str_cut(rest, '\x1f', &part);
		jw_key(w, s->nby == 1 && s->route[0] ? STR("endpoint") :
		    s->by[i]);
		jw_str(w, part);
	}
}

static void
put_number(struct jw *w, const char *key, double v)
{
	jw_key(w, str_of(key));
	jw_num(w, v);
}

static void
put_group(struct stats *s, struct stats_group *g, struct jw *w)
{
	struct sketch *k = &g->seconds;

	jw_obj(w);
	put_keys(s, g, w);
	jw_key(w, STR("count"));
	jw_int(w, (int64_t)g->count);
	put_number(w, "error_rate", (double)g->errors / (double)g->count);
	if (k->count > 0) {
		put_number(w, "avg_response_time", sketch_mean(k));
		put_number(w, "median_response_time", sketch_median(k));
		put_number(w, "p95_response_time",
		    sketch_quantile(k, s->quantile, 95));
		put_number(w, "p99_response_time",
		    sketch_quantile(k, s->quantile, 99));
		put_number(w, "min_response_time", k->min);
		put_number(w, "max_response_time", k->max);
		jw_key(w, STR("estimator"));
		jw_str(w, sketch_is_exact(k) ? STR("exact") :
		    STR("ddsketch"));
		put_number(w, "error", sketch_is_exact(k) ? 0 : SKETCH_ERROR);
		if (s->slow > 0 && sketch_mean(k) > s->slow) {
			jw_key(w, STR("slow"));
			jw_bool(w, true);
		}
	}
	jw_obj_end(w);
}

void
stats_json(struct stats *s, size_t top, struct buf *out)
{
	struct arena a = { 0 };
	struct stats_group **g;
	size_t n, i;

	g = stats_sorted(s, &n, &a);
	for (i = 0; i < n && (top == 0 || i < top); i++) {
		struct jw w = { .out = out };

		put_group(s, g[i], &w);
		(void)buf_putc(out, '\n');
	}
	arena_free(&a);
}
