/*
 * Labels are interned for good.  In a process that runs for months series
 * come and go, so once most of the table is dead, what still lives is moved
 * to a new one.
 */
#include "eval.h"

/* Below this nobody cares. */
#define LABELS_FEW	100000

static const struct labels *
moved(struct labels_table *to, const struct labels *l)
{
	return l ? labels_copy(to, l) : NULL;
}

static void
move_rule(struct labels_table *to, struct rule_run *r)
{
	struct map old = r->alerts;
	struct active *a;
	size_t i;

	r->alerts = (struct map){ 0 };
	for (i = 0; i < r->order.n; i++) {
		a = r->order.p[i];
		a->labels = moved(to, a->labels);
		a->sample = moved(to, a->sample);
		a->annotations = moved(to, a->annotations);
		memset(a->series, 0, sizeof(a->series));
		a->for_series = NULL;
		(void)map_put(&r->alerts, (struct str){
		    (const char *)&a->labels, sizeof(a->labels) }, a);
	}
	map_release(&old);
	for (i = 0; i < r->outputs.n; i++)
		r->outputs.p[i] = moved(to, r->outputs.p[i]);
}

/* All samples of the memory into a new one. */
static int
move_head(struct labels_table *to, struct history *h, struct err *e)
{
	struct head *head = head_new(to, h->options.window_ms);
	struct promql_source from = head_source(h->head);
	struct arena a = { 0 };
	struct pseries *s;
	struct err late;
	size_t i, j, n;

	if (from.select(from.self, NULL, 0, INT64_MIN + 1, INT64_MAX - 1, &a,
	    &s, &n, e) == -1) {
		head_free(head);
		arena_free(&a);
		return -1;
	}
	for (i = 0; i < n; i++) {
		struct head_series *place = head_series(head,
		    moved(to, s[i].labels));

		for (j = 0; j < s[i].n; j++)
			(void)head_append(head, place, &(struct sample){
			    .ts = s[i].t[j], .value = s[i].v[j],
			    .hist = s[i].h ? s[i].h[j] : NULL }, &late);
	}
	arena_free(&a);
	head_free(h->head);
	h->head = head;
	h->generation = head_generation(head);
	return 0;
}

static int
move_history(struct labels_table *to, struct history *h, struct err *e)
{
	if (h->store == NULL)
		return move_head(to, h, e);
	if (store_commit(h->store, e) == -1)
		return -1;
	store_close(h->store);
	h->store = store_open(h->dir, to, &h->options, NULL, NULL, e);
	if (h->store)
		return 0;
	/* The disk has gone: the rules go on over memory alone. */
	h->head = head_new(h->table, h->options.window_ms);
	return err_prefix(e, "history is kept in memory only from here on");
}

static size_t
alive(const struct eval *ev)
{
	const struct history *h = &ev->history;
	size_t i, j, n = ev->rules->gone.n +
	    head_nseries(h->store ? store_head(h->store) : h->head);

	for (i = 0; i < ev->rules->n; i++)
		for (j = 0; j < ev->rules->group[i].n; j++)
			n += ev->rules->group[i].rule[j].outputs.n +
			    2 * ev->rules->group[i].rule[j].order.n;
	return n;
}

int
rebuild_when_due(struct eval *ev, struct err *e)
{
	struct history *h = &ev->history;
	struct labels_table *to;
	size_t i, j, count = labels_table_count(h->table);

	if (count < LABELS_FEW || count < 6 * alive(ev))
		return 0;
	to = labels_table_new();
	if (move_history(to, h, e) == -1) {
		labels_table_free(to);
		return -1;
	}
	for (i = 0; i < ev->rules->n; i++)
		for (j = 0; j < ev->rules->group[i].n; j++)
			move_rule(to, &ev->rules->group[i].rule[j]);
	ev->rules->external_labels = moved(to, ev->rules->external_labels);
	for (i = 0; i < ev->rules->gone.n; i++)
		ev->rules->gone.p[i] = moved(to, ev->rules->gone.p[i]);
	wire_reader_reset(h->wire, to);
	labels_builder_release(&ev->builder);
	labels_table_free(h->table);
	h->table = to;
	vec_release(&ev->stamp);
	diag_note("%zu label sets were alive of %zu", alive(ev), count);
	return 0;
}
