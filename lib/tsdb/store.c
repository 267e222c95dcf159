#include <unistd.h>

#include "core/io.h"
#include "model/hist.h"
#include "tsdb/store.h"

/* Appends that wait for a commit; a histogram weighs more. */
#define PENDING_MAX		((size_t)1 << 18)
#define HISTOGRAM_WEIGHT	64
#define WINDOW_LEAST		60000

void
store_note(struct store *s, const struct err *e)
{
	if (s->notice)
		s->notice(s->notice_arg, e);
}

/* ---- opening and closing ---- */

static int
lock_dir(struct store *s, struct err *e)
{
	struct buf path = { 0 };

	if (io_make_dirs(s->dir, 0777, e) == -1)
		return -1;
	(void)buf_printf(&path, "%s/lock", s->dir);
	s->lock = io_lock_file(buf_cstr(&path), false, e);
	buf_release(&path);
	return s->lock == -1 ? -1 : 0;
}

static void
set_defaults(struct store_options *o)
{
	if (o->block_ms == 0)
		o->block_ms = o->keep_ms && o->keep_ms < STORE_BLOCK_MS ?
		    o->keep_ms : STORE_BLOCK_MS;
	if (o->window_ms == 0 || o->window_ms > STORE_BLOCK_MS)
		o->window_ms = STORE_BLOCK_MS;
	if (o->window_ms < WINDOW_LEAST || o->one_shot)
		o->window_ms = WINDOW_LEAST;
}

static int
open_writer(struct store *s, struct err *e)
{
	if (lock_dir(s, e) == -1 || store_refresh(s, e) == -1)
		return -1;
	s->head = head_new(s->table, s->o.window_ms);
	if (store_load(s, e) == -1 || store_refresh(s, e) == -1)
		return -1;
	store_upkeep(s);
	return 0;
}

struct store *
store_open(const char *dir, struct labels_table *t,
    const struct store_options *o, store_notice *notice, void *arg,
    struct err *e)
{
	struct store *s = mem_zalloc(sizeof(*s));

	s->dir = mem_strdup(dir);
	s->table = t;
	s->o = *o;
	s->notice = notice;
	s->notice_arg = arg;
	s->lock = -1;
	s->newest = s->log_newest = s->retry_at = INT64_MIN;
	s->log_oldest = INT64_MAX;
	set_defaults(&s->o);
	if ((o->read_only ? store_refresh(s, e) : open_writer(s, e)) == -1) {
		store_close(s);
		return NULL;
	}
	return s;
}

static void
forget_pending(struct store *s)
{
	size_t i;

	for (i = 0; i < s->pending.n; i++)
		mem_free((void *)(uintptr_t)s->pending.p[i].hist);
	vec_reset(&s->pending);
	s->pending_weight = 0;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_seal_bulk(s);
	forget_pending(s);
	vec_release(&s->pending);
	vec_release(&s->written);
	log_close(s->log);
	head_free(s->head);
	store_close_files(s);
	if (s->lock != -1)
		(void)close(s->lock);
	mem_free(s->dir);
	mem_free(s);
}

struct head *
store_head(struct store *s)
{
	return s->head;
}

/* ---- appending ---- */

/* What the blocks know of a series that this process has not yet written. */
static void
recall(struct store *s, struct written *w, const struct sample *x)
{
	struct arena a = { 0 };
	struct gather g;
	const struct gather_row *r;
	struct matcher *m;
	size_t i;

	for (i = 0; i < s->file.n; i++)
		if (s->file.p[i].block &&
		    block_newest(s->file.p[i].block) >= x->ts)
			break;
	if (i == s->file.n)
		return;
	m = ARENA_ARRAY(&a, x->labels->n + 1, struct matcher);
	for (i = 0; i < x->labels->n; i++)
		m[i] = (struct matcher){ .op = MATCH_EQ,
		    .name = x->labels->v[i].name->s,
		    .value = x->labels->v[i].value->s };
	g = (struct gather){ .table = s->table, .m = m, .nm = x->labels->n,
	    .from = x->ts, .to = INT64_MAX, .arena = &a };
	for (i = 0; i < s->file.n; i++)
		if (s->file.p[i].block)
			gather_block(&g, s->file.p[i].block);
	for (i = 0; i < g.row.n; i++) {
		r = &g.row.p[i];
		if (r->labels != x->labels || r->n == 0)
			continue;
		w->last = r->t[r->n - 1];
		w->last_bits = num_bits(r->v[r->n - 1]);
	}
	gather_release(&g);
	arena_free(&a);
}

static int
not_newer(const struct written *w, const struct sample *x, double v,
    struct err *e)
{
	if (x->ts < w->last)
		return err_set(e, ERR_LIMIT, "out of order sample");
	if (w->last_bits == num_bits(v))
		return 1;
	return err_set(e, ERR_LIMIT,
	    "duplicate sample for timestamp with another value");
}

int
store_append(struct store *s, const struct sample *x, struct err *e)
{
	struct written *w = store_written(s, x->labels);
	double v = x->hist ? x->hist->sum : x->value;
	struct sample copy = *x;

	if (w->last == INT64_MIN)
		recall(s, w, x);
	if (x->ts <= w->last && w->last != INT64_MIN)
		return not_newer(w, x, v, e);
	if (s->pending_weight >= PENDING_MAX && store_commit(s, e) == -1)
		return -1;
	w->last = x->ts;
	w->last_bits = num_bits(v);
	(void)head_append(s->head, head_series(s->head, x->labels), x, e);
	if (x->hist)
		copy.hist = histogram_copy(x->hist);
	s->pending_weight += x->hist ? HISTOGRAM_WEIGHT : 1;
	copy.value = v;
	vec_push(&s->pending, copy);
	return 0;
}

/* ---- committing ---- */

static void
new_segment(struct store *s)
{
	struct history_file f = { .log = true };
	char *path;

	f.first = f.last = ++s->segment;
	path = files_path(s->dir, &f);
	s->log = log_create(path, s->table);
	s->log_oldest = INT64_MAX;
	s->log_newest = INT64_MIN;
	s->log_samples = 0;
	s->bulk = false;
	mem_free(path);
}

/*
 * Samples that go far back mean that somebody loads old data series by
 * series: such a log is sealed by its size, not at every commit.
 */
static void
note_time(struct store *s, int64_t ts)
{
	if (s->log_newest != INT64_MIN && ts < s->log_newest - s->o.block_ms)
		s->bulk = true;
	if (ts > s->log_newest)
		s->log_newest = ts;
	if (ts < s->log_oldest)
		s->log_oldest = ts;
	if (ts > s->newest)
		s->newest = ts;
}

static void
put_pending(struct store *s)
{
	const struct sample *x;
	struct written *w;
	size_t i;

	for (i = 0; i < s->pending.n; i++) {
		x = &s->pending.p[i];
		w = store_written(s, x->labels);
		if (w->segment != s->segment) {
			w->ref = log_define(s->log, x->labels);
			w->segment = s->segment;
		}
		log_put(s->log, w->ref, x);
		note_time(s, x->ts);
	}
}

int
store_commit(struct store *s, struct err *e)
{
	bool made = s->log == NULL;

	if (s->pending.n == 0)
		return 0;
	if (made)
		new_segment(s);
	put_pending(s);
	if (log_flush(s->log, s->o.sync, e) == -1) {
		/* its encoder is ahead of the file: the next try starts anew */
		log_close(s->log);
		s->log = NULL;
		return -1;
	}
	s->log_samples += s->pending.n;
	forget_pending(s);
	if (made && (store_refresh(s, e) == -1 ||
	    (s->o.sync && files_sync(s->dir, e) == -1)))
		return -1;
	store_upkeep(s);
	if (s->newest != INT64_MIN)
		head_prune(s->head, s->newest);
	return 0;
}

/* ---- the source ---- */

/* The window has all samples that are newer than this. */
static int64_t
covered_since(const struct store *s)
{
	int64_t floor = head_floor(s->head);

	return floor >= s->loaded_since ? floor + 1 : s->loaded_since;
}

/* Files first; what is appended and not committed stands in the head. */
static int
select_files(struct store *s, struct gather *g, struct pseries **out,
    size_t *n, struct err *e)
{
	struct promql_source head;
	struct pseries *late;
	size_t i, nlate = 0;

	if (store_gather(s, g, e) == -1)
		return -1;
	if (s->head) {
		head = head_source(s->head);
		if (head.select(head.self, g->m, g->nm, g->from, g->to,
		    g->arena, &late, &nlate, e) == -1)
			return -1;
		for (i = 0; i < nlate; i++)
			gather_series(g, &late[i]);
	}
	gather_sort(g);
	*out = arena_raw(g->arena, (g->row.n + 1) * sizeof(**out));
	for (*n = i = 0; i < g->row.n; i++)
		if (gather_slice(g, i, *out + *n))
			++*n;
	return 0;
}

static int
store_select(void *self, const struct matcher *m, size_t nm, int64_t from,
    int64_t to, struct arena *a, struct pseries **out, size_t *n,
    struct err *e)
{
	struct store *s = self;
	struct gather g = { .table = s->table, .m = m, .nm = nm,
	    .from = from, .to = to, .arena = a, .notice = s->notice,
	    .notice_arg = s->notice_arg };
	struct promql_source head;
	int rc;

	if (s->head && from >= covered_since(s)) {
		head = head_source(s->head);
		return head.select(head.self, m, nm, from, to, a, out, n, e);
	}
	*n = 0;
	rc = select_files(s, &g, out, n, e);
	gather_release(&g);
	return rc;
}

struct promql_source
store_source(struct store *s)
{
	return (struct promql_source){ s, s->table, store_select };
}
