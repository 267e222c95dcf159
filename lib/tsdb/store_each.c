/* Walks over all that is stored: in bounded memory, and in numbers. */
#include <errno.h>

#include "tsdb/store.h"

/* Memory for the samples of a pass over the files, at 16 bytes each. */
#define PASS_SAMPLES	((uint64_t)2 << 20)

struct each {
	struct gather g;
	store_each_fn *fn;
	void *arg;
	int rc;
};

static void
give_rows(struct each *x)
{
	struct pseries p;
	size_t i;

	for (i = x->g.lo; x->rc == 0 && i < x->g.hi; i++)
		if (gather_slice(&x->g, i, &p))
			x->rc = x->fn(x->arg, &p);
}

/* One pass; samples that have come since the count only make it larger. */
static int
pass(struct store *s, struct each *x, struct err *e)
{
	int rc;

	errno = 0;
	rc = store_gather_files(s, &x->g, 0, s->file.n, e);
	if (rc == 0)
		give_rows(x);
	gather_forget(&x->g);
	arena_reset(x->g.arena);
	return rc;
}

/* A log that was sealed under us: list again, the rows stay as they are. */
static int
pass_again(struct store *s, struct each *x, struct err *e)
{
	int tries, rc = -1;

	for (tries = 0; tries < 3 && rc == -1; tries++) {
		if ((rc = pass(s, x, e)) == 0 || errno != ENOENT)
			break;
		if (store_refresh(s, e) == -1)
			break;
	}
	return rc;
}

static int
passes(struct store *s, struct each *x, struct err *e)
{
	struct gather *g = &x->g;

	g->mode = GATHER_COUNT;
	if (store_gather(s, g, e) == -1)
		return -1;
	gather_sort(g);
	g->mode = GATHER_FILL;
	while (x->rc == 0 && g->hi < g->row.n) {
		g->lo = g->hi;
		g->hi = gather_pass_end(g, g->lo, PASS_SAMPLES);
		if (pass_again(s, x, e) == -1)
			return -1;
	}
	return x->rc;
}

int
store_each(struct store *s, const struct matcher *m, size_t nm, int64_t from,
    int64_t to, store_each_fn *each, void *arg, struct err *e)
{
	struct arena a = { 0 };
	struct each x = { .g = { .table = s->table, .m = m, .nm = nm,
	    .from = from, .to = to, .arena = &a, .notice = s->notice,
	    .notice_arg = s->notice_arg }, .fn = each, .arg = arg };
	int rc = passes(s, &x, e);

	gather_release(&x.g);
	arena_free(&a);
	return rc;
}

/* ---- in numbers ---- */

static void
add_span(struct store_info *out, uint64_t samples, int64_t oldest,
    int64_t newest)
{
	if (samples == 0)
		return;
	out->nsamples += samples;
	if (oldest < out->oldest)
		out->oldest = oldest;
	if (newest > out->newest)
		out->newest = newest;
}

static void
add_log(struct store *s, const struct history_file *f, struct store_info *out)
{
	char *path = files_path(s->dir, f);
	struct log_sink none = { 0 };
	struct log_result r;
	struct log_state st;
	struct err e;

	log_state_init(&st, s->table);
	if (log_read(path, INT64_MIN, &st, &none, &r, &e) == 0) {
		out->nlogs++;
		out->log_bytes += r.bytes;
		out->log_samples += r.samples;
		add_span(out, r.samples, r.oldest, r.newest);
	}
	log_state_release(&st);
	mem_free(path);
}

static void
add_block(const struct block *b, struct store_info *out)
{
	out->nblocks++;
	out->block_bytes += b->bytes;
	out->block_samples += b->field[BLOCK_NSAMPLES];
	add_span(out, b->field[BLOCK_NSAMPLES], block_oldest(b),
	    block_newest(b));
}

void
store_info(struct store *s, struct store_info *out)
{
	struct gather g = { .table = s->table, .from = INT64_MIN,
	    .to = INT64_MAX, .mode = GATHER_COUNT };
	struct err e;
	size_t i;

	*out = (struct store_info){ .oldest = INT64_MAX,
	    .newest = INT64_MIN };
	if (store_gather(s, &g, &e) == -1)
		store_note(s, &e);
	out->nseries = g.row.n;
	gather_release(&g);
	for (i = 0; i < s->file.n; i++)
		if (s->file.p[i].block)
			add_block(s->file.p[i].block, out);
		else if (s->file.p[i].file.log)
			add_log(s, &s->file.p[i].file, out);
}
