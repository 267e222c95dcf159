#include "tsdb/gather.h"

#include <errno.h>
#include <stdlib.h>

/* ---- rows ---- */

static void
complain(struct gather *g, const struct err *e)
{
	g->damaged = true;
	if (g->notice)
		g->notice(g->notice_arg, e);
}

/* The row of a label set; NULL when it is not wanted. */
static struct gather_row *
row_of(struct gather *g, const struct labels *l)
{
	uint32_t at = l->id < g->by_id.n ? g->by_id.p[l->id] : 0;

	if (g->mode == GATHER_FILL)
		return at > g->lo && at <= g->hi ? &g->row.p[at - 1] : NULL;
	if (at == 0) {
		vec_push(&g->row, (struct gather_row){ .labels = l });
		at = (uint32_t)g->row.n;
		if (l->id >= g->by_id.n) {
			vec_reserve(&g->by_id, l->id + 1);
			memset(g->by_id.p + g->by_id.n, 0, (l->id + 1 -
			    g->by_id.n) * sizeof(*g->by_id.p));
			g->by_id.n = l->id + 1;
		}
		g->by_id.p[l->id] = at;
	}
	return &g->row.p[at - 1];
}

static void *
regrow(struct gather *g, const void *p, size_t n, size_t cap)
{
	void *to = arena_raw(g->arena, cap * 8);

	if (n)
		memcpy(to, p, n * 8);
	return to;
}

/* Zero for the samples that have come before. */
static void *
first_column(struct gather *g, const struct gather_row *r)
{
	void *p = arena_raw(g->arena, r->cap * 8);

	memset(p, 0, r->n * 8);
	return p;
}

static void
reserve(struct gather *g, struct gather_row *r, size_t n)
{
	size_t cap = r->n + n;

	if (cap <= r->cap)
		return;
	if (cap < r->n + r->n / 2)
		cap = r->n + r->n / 2;
	r->t = regrow(g, r->t, r->n, cap);
	r->v = regrow(g, r->v, r->n, cap);
	if (r->h)
		r->h = regrow(g, r->h, r->n, cap);
	if (r->st)
		r->st = regrow(g, r->st, r->n, cap);
	r->cap = cap;
}

/* How many more samples to make room for: what was counted, if it was. */
static size_t
room_for(const struct gather *g, const struct gather_row *r)
{
	if (g->mode == GATHER_FILL && r->samples > r->n)
		return r->samples - r->n;
	return r->n / 2 + 16;
}

/* n samples stand behind the end: take those that are newer. */
static void
take(struct gather_row *r, size_t n)
{
	int64_t last = r->n ? r->t[r->n - 1] : INT64_MIN;
	size_t skip = 0, left;

	while (r->n && skip < n && r->t[r->n + skip] <= last)
		skip++;
	left = n - skip;
	if (skip && left) {
		memmove(r->t + r->n, r->t + r->n + skip, left * 8);
		memmove(r->v + r->n, r->v + r->n + skip, left * 8);
		if (r->h)
			memmove(r->h + r->n, r->h + r->n + skip, left * 8);
		if (r->st)
			memmove(r->st + r->n, r->st + r->n + skip, left * 8);
	}
	r->n += left;
}

/* ---- blocks ---- */

struct block_walk {
	struct gather *g;
	struct block *b;
	struct arena arena;
	int64_t **times;		/* by column: decoded, or NULL */
	const struct sym **sym;
};

static void
block_damage(struct block_walk *w, const char *what)
{
	struct err e;

	if (!w->b->complained) {
		err_set(&e, ERR_SYNTAX, "'%s': damaged %s", w->b->path, what);
		complain(w->g, &e);
	}
	w->g->damaged = true;
	w->b->complained = true;
}

/* The times of a chunk; NULL when they are damaged. */
static const int64_t *
times_of(struct block_walk *w, const struct block_chunk *c)
{
	int64_t *t = w->times[c->column];

	if (t)
		return t;
	t = arena_raw(&w->arena, c->samples * sizeof(*t));
	if (!block_times(w->b, c, t))
		return NULL;
	w->times[c->column] = t;
	return t;
}

static void
take_chunk(struct block_walk *w, struct gather_row *r,
    const struct block_chunk *c)
{
	struct gather *g = w->g;
	const int64_t *t = times_of(w, c);
	unsigned flags = block_chunk_flags(c);

	if (t == NULL) {
		block_damage(w, "times");
		return;
	}
	reserve(g, r, c->samples);
	if (r->h == NULL && flags & CHUNK_HISTOGRAMS)
		r->h = first_column(g, r);
	if (r->st == NULL && flags & CHUNK_STARTS)
		r->st = first_column(g, r);
	if (r->h)
		memset(r->h + r->n, 0, c->samples * 8);
	if (r->st)
		memset(r->st + r->n, 0, c->samples * 8);
	memcpy(r->t + r->n, t, c->samples * sizeof(*t));
	if (!block_values(w->b, c, &flags, r->v + r->n,
	    r->h ? r->h + r->n : NULL, r->st ? r->st + r->n : NULL,
	    g->arena)) {
		block_damage(w, "chunk");
		return;
	}
	if (flags & CHUNK_STALE)
		r->has_stale = true;
	take(r, c->samples);
}

static void
take_series(struct block_walk *w, uint32_t number)
{
	struct gather *g = w->g;
	const struct labels *l;
	struct block_series s;
	struct block_chunk c;
	struct gather_row *r = NULL;
	int rc;

	if (!block_series(w->b, number, &s) || (l = block_labels(w->b, &s,
	    g->table, w->sym, &g->builder)) == NULL) {
		block_damage(w, "index");
		return;
	}
	while ((rc = block_next_chunk(w->b, &s, &c)) == 1) {
		if (c.newest < g->from || c.oldest > g->to)
			continue;
		if (r == NULL && (r = row_of(g, l)) == NULL)
			return;
		if (g->mode == GATHER_COUNT) {
			r->samples += c.samples;
			g->samples += c.samples;
		} else {
			take_chunk(w, r, &c);
		}
	}
	if (rc == -1)
		block_damage(w, "index");
}

void
gather_block(struct gather *g, struct block *b)
{
	struct block_walk w = { .g = g, .b = b };
	uint32_t *number = NULL;
	size_t i, n = b->field[BLOCK_NSERIES];

	if (block_newest(b) < g->from || block_oldest(b) > g->to)
		return;
	if (!block_index_ok(b)) {
		block_damage(&w, "index");
		return;
	}
	w.times = arena_array(&w.arena, b->field[BLOCK_NCOLUMNS] + 1,
	    sizeof(*w.times));
	w.sym = arena_array(&w.arena, b->field[BLOCK_NSYMBOLS] + 1,
	    sizeof(*w.sym));
	if (g->mode != GATHER_FILL && g->nm && !block_match(b, g->m, g->nm,
	    &w.arena, &number, &n)) {
		block_damage(&w, "index");
		n = 0;
	}
	for (i = 0; i < n; i++)
		take_series(&w, number ? number[i] : (uint32_t)i);
	arena_free(&w.arena);
}

/* ---- logs ---- */

struct log_walk {
	struct gather *g;
	struct log_state st;
	struct want *want;
	struct arena arena;
	VEC(uint32_t) row;	/* by ref: row + 1; 0 = not wanted */
};

static bool
log_series(void *arg, uint32_t ref, const struct label *v, uint32_t n)
{
	struct log_walk *w = arg;
	struct gather *g = w->g;
	struct gather_row *r = NULL;
	uint32_t i;

	if (g->mode == GATHER_FILL || wants_ok_pairs(w->want, g->nm, v, n)) {
		labels_build(&g->builder, g->table, NULL);
		for (i = 0; i < n; i++)
			labels_set_sym(&g->builder, v[i].name, v[i].value);
		r = row_of(g, labels_done(&g->builder));
	}
	while (w->row.n <= ref)
		vec_push(&w->row, 0);
	w->row.p[ref] = r ? (uint32_t)(r - g->row.p) + 1 : 0;
	return r != NULL;
}

static void
log_run(void *arg, uint32_t ref, size_t n, int64_t ts, const double *v)
{
	struct log_walk *w = arg;
	struct gather *g = w->g;
	struct gather_row *r;
	size_t i;

	if (ts < g->from || ts > g->to)
		return;
	for (i = 0; i < n; i++) {
		if (w->row.p[ref + i] == 0)
			continue;
		r = &g->row.p[w->row.p[ref + i] - 1];
		if (g->mode == GATHER_COUNT) {
			r->samples++;
			g->samples++;
			continue;
		}
		if (r->n && r->t[r->n - 1] >= ts)
			continue;
		if (r->n == r->cap)
			reserve(g, r, room_for(g, r));
		if (r->h)
			r->h[r->n] = NULL;
		if (r->st)
			r->st[r->n] = 0;
		r->t[r->n] = ts;
		r->v[r->n++] = v[i];
		if (num_is_stale(v[i]))
			r->has_stale = true;
	}
}

/* A copy in the arena. */
static const struct hist *
keep_histogram(struct gather *g, const struct hist *h)
{
	struct buf b = { 0 };
	struct rd r;

	histogram_put(&b, h, NULL);
	r = rd_of(b.p, b.n);
	h = histogram_get(&r, NULL, g->arena);
	buf_release(&b);
	return h;
}

static void
take_odd(struct gather *g, struct gather_row *r, const struct sample *x)
{
	double v = x->hist ? x->hist->sum : x->value;

	if (r->n && r->t[r->n - 1] >= x->ts)
		return;
	reserve(g, r, 1);
	if (x->hist && r->h == NULL)
		r->h = first_column(g, r);
	if (x->start && r->st == NULL)
		r->st = first_column(g, r);
	if (r->h)
		r->h[r->n] = x->hist ? keep_histogram(g, x->hist) : NULL;
	if (r->st)
		r->st[r->n] = x->start;
	r->t[r->n] = x->ts;
	r->v[r->n++] = v;
	if (num_is_stale(v))
		r->has_stale = true;
}

static void
log_odd(void *arg, uint32_t ref, const struct sample *x)
{
	struct log_walk *w = arg;
	struct gather *g = w->g;

	if (w->row.p[ref] == 0 || x->ts < g->from || x->ts > g->to)
		return;
	if (g->mode != GATHER_COUNT) {
		take_odd(g, &g->row.p[w->row.p[ref] - 1], x);
		return;
	}
	g->row.p[w->row.p[ref] - 1].samples++;
	g->samples++;
}

int
gather_log(struct gather *g, const char *path, struct err *e)
{
	struct log_walk w = { .g = g };
	struct log_sink sink = { &w, log_series, log_run, log_odd };
	struct log_result result;
	int rc, saved;

	log_state_init(&w.st, g->table);
	w.want = wants_new(g->m, g->nm, g->table, &w.arena);
	rc = log_read(path, g->from, &w.st, &sink, &result, e);
	saved = errno;
	if (rc == 0 && result.damaged)
		complain(g, &result.first);
	vec_release(&w.row);
	log_state_release(&w.st);
	arena_free(&w.arena);
	errno = saved;
	return rc;
}

void
gather_series(struct gather *g, const struct pseries *s)
{
	struct gather_row *r = row_of(g, s->labels);
	struct sample x;
	size_t i;

	for (i = 0; r && i < s->n; i++) {
		x = (struct sample){ .ts = s->t[i], .value = s->v[i] };
		if (s->h)
			x.hist = s->h[i];
		if (s->st)
			x.start = s->st[i];
		if (r->n == r->cap)
			reserve(g, r, s->n - i);
		take_odd(g, r, &x);
	}
}

/* ---- the result ---- */

static int
cmp_row(const void *a, const void *b)
{
	const struct gather_row *x = a, *y = b;

	return labels_cmp(x->labels, y->labels);
}

void
gather_sort(struct gather *g)
{
	size_t i;

	if (g->row.n)
		qsort(g->row.p, g->row.n, sizeof(*g->row.p), cmp_row);
	for (i = 0; i < g->row.n; i++)
		g->by_id.p[g->row.p[i].labels->id] = (uint32_t)i + 1;
}

bool
gather_slice(const struct gather *g, size_t i, struct pseries *out)
{
	const struct gather_row *r = &g->row.p[i];
	size_t lo = times_lower(r->t, r->n, g->from);
	size_t hi = g->to == INT64_MAX ? r->n :
	    times_lower(r->t, r->n, g->to + 1);

	if (lo >= hi)
		return false;
	*out = (struct pseries){ .labels = r->labels, .t = r->t + lo,
	    .v = r->v + lo, .h = r->h ? r->h + lo : NULL,
	    .st = r->st ? r->st + lo : NULL, .n = hi - lo,
	    .has_stale = r->has_stale };
	return true;
}

size_t
gather_pass_end(const struct gather *g, size_t lo, uint64_t most)
{
	uint64_t sum = 0;
	size_t i;

	for (i = lo; i < g->row.n; i++) {
		sum += g->row.p[i].samples;
		if (i > lo && sum > most)
			break;
	}
	return i;
}

void
gather_forget(struct gather *g)
{
	size_t i;

	for (i = g->lo; i < g->hi; i++)
		g->row.p[i] = (struct gather_row){ .labels =
		    g->row.p[i].labels, .samples = g->row.p[i].samples };
}

void
gather_release(struct gather *g)
{
	vec_release(&g->row);
	vec_release(&g->by_id);
	labels_builder_release(&g->builder);
}
