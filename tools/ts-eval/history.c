/*
 * The history that rules and queries look at: memory alone, or with a state
 * directory the store in its folder "history".
 */
#include <stdio.h>

#include "core/dur.h"
#include "core/mem.h"
#include "eval.h"

char *
history_path(const char *state)
{
	struct buf b = { 0 };
	char *path;

	(void)buf_printf(&b, "%s/history", state);
	path = mem_strdup(buf_cstr(&b));
	buf_release(&b);
	return path;
}

int64_t
history_window(const struct eval *ev)
{
	int64_t most = ev->opt.interval_ms, back = ev->rules->lookbehind;
	size_t i;

	for (i = 0; i < ev->rules->n; i++) {
		const struct group *g = &ev->rules->group[i];

		if (g->interval + g->offset > most)
			most = g->interval + g->offset;
	}
	/* Everything, when a rule asks for a fixed time. */
	if (back > INT64_MAX / 4)
		return 0;
	return back + 2 * most + DUR_MINUTE;
}

static void
notice(void *arg, const struct err *e)
{
	(void)arg;
	diag_warn(e);
}

int
history_open(struct history *h, const char *dir,
    const struct store_options *o, struct err *e)
{
	*h = (struct history){ .newest = NO_TIME, .options = *o };
	h->table = labels_table_new();
	h->wire = wire_reader_new(h->table);
	if (dir == NULL) {
		h->head = head_new(h->table, o->window_ms);
		return 0;
	}
	if (strstr(dir, "://") != NULL)
		return err_set(e, ERR_CONFIG, "the history is kept in "
		    "directories only, not on a server");
	h->dir = history_path(dir);
	h->store = store_open(h->dir, h->table, o, notice, NULL, e);
	return h->store ? 0 : -1;
}

void
history_close(struct history *h)
{
	if (h->store)
		store_close(h->store);
	else
		head_free(h->head);
	wire_reader_free(h->wire);
	labels_table_free(h->table);
	mem_free((void *)(uintptr_t)h->dir);
	*h = (struct history){ 0 };
}

void
history_keep(struct history *h, int64_t keep_ms)
{
	h->options.window_ms = keep_ms;
	head_set_keep(h->store ? store_head(h->store) : h->head, keep_ms);
}

struct promql_source
history_source(struct history *h)
{
	return h->store ? store_source(h->store) : head_source(h->head);
}

/* The series' place in the head, found once. */
static struct head_series *
place(struct history *h, struct wire_series *s)
{
	size_t i;

	if (h->generation != head_generation(h->head)) {
		for (i = 0; i < wire_reader_count(h->wire); i++)
			wire_reader_series(h->wire, i)->user = NULL;
		h->generation = head_generation(h->head);
	}
	if (s->user == NULL)
		s->user = head_series(h->head, s->labels);
	return s->user;
}

int
history_add(struct history *h, const struct wire_sample *s, struct err *e)
{
	struct sample x = { .labels = s->series->labels };
	struct err late;
	int rc = 0, got;
	size_t i;

	for (i = 0; i < s->n; i++) {
		x.ts = s->ts[i];
		x.value = s->value[i];
		x.hist = s->hist ? s->hist[i] : NULL;
		if (x.ts > h->newest)
			h->newest = x.ts;
		got = h->store ? store_append(h->store, &x, &late) :
		    head_append(h->head, place(h, s->series), &x, &late);
		if (got == -1) {
			h->late++;
			if (rc == 0)
				*e = late;
			rc = -1;
		}
	}
	return rc;
}

void
history_put(struct history *h, const struct labels *l, int64_t ts,
    double value, const struct hist *hist)
{
	struct sample x = { .labels = l, .ts = ts, .value = value,
	    .hist = hist };
	struct err late;

	if (h->store)
		(void)store_append(h->store, &x, &late);
	else
		(void)head_append(h->head, head_series(h->head, l), &x,
		    &late);
}

int
history_commit(struct history *h, int64_t now, struct err *e)
{
	if (h->store)
		return store_commit(h->store, e);
	head_prune(h->head, now);
	return 0;
}
