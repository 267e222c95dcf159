#include <stdio.h>
#include <unistd.h>

#include "tsdb/store.h"

/* Memory for the samples of a pass over the files, at 16 bytes each. */
#define PASS_SAMPLES	((uint64_t)2 << 20)

static int
add_rows(struct gather *g, struct block_writer *w, struct err *e)
{
	struct pseries p;
	size_t i;

	for (i = g->lo; i < g->hi; i++)
		if (gather_slice(g, i, &p) && block_add(w, &p, e) == -1)
			return -1;
	return 0;
}

static int
copy_samples(struct store *s, struct gather *g, size_t from, size_t n,
    struct block_writer *w, struct err *e)
{
	int rc;

	g->mode = GATHER_COUNT;
	if ((rc = store_gather_files(s, g, from, n, e)) == -1)
		return -1;
	gather_sort(g);
	g->mode = GATHER_FILL;
	for (g->hi = 0; rc == 0 && g->hi < g->row.n;) {
		g->lo = g->hi;
		g->hi = gather_pass_end(g, g->lo, PASS_SAMPLES);
		rc = store_gather_files(s, g, from, n, e);
		if (rc == 0)
			rc = add_rows(g, w, e);
		gather_forget(g);
		arena_reset(g->arena);
	}
	return rc;
}

/* Through a table of its own: what the files name may be long dead. */
static int
write_block(struct store *s, size_t from, size_t n, bool strict,
    const char *path, uint64_t *samples, struct err *e)
{
	const struct opened *o = &s->file.p[from];
	struct arena a = { 0 };
	struct gather g = { .from = INT64_MIN, .to = INT64_MAX, .arena = &a,
	    .table = labels_table_new() };
	struct block_writer *w = block_create(path, e);
	int rc = -1;

	if (w == NULL || copy_samples(s, &g, from, n, w, e) == -1)
		goto out;
	if (strict && g.damaged) {
		err_set(e, ERR_SYNTAX, "damaged input");
		goto out;
	}
	*samples = g.samples;
	rc = block_finish(w, o->file.first, o[n - 1].file.last, e);
out:
	block_writer_free(w);
	gather_release(&g);
	labels_table_free(g.table);
	arena_free(&a);
	return rc;
}

static void
remove_inputs(struct store *s, size_t from, size_t n)
{
	char *path;
	size_t i;

	for (i = from; i < from + n; i++) {
		path = files_path(s->dir, &s->file.p[i].file);
		(void)unlink(path);
		mem_free(path);
	}
}

/* The order is what makes a crash harmless: see files.h. */
int
store_rewrite(struct store *s, size_t from, size_t n, bool strict,
    struct err *e)
{
	struct history_file f = { .first = s->file.p[from].file.first,
	    .last = s->file.p[from + n - 1].file.last };
	char *tmp = files_temporary(s->dir, &f), *path;
	uint64_t samples = 0;
	int rc = -1;

	path = files_path(s->dir, &f);
	if (write_block(s, from, n, strict, tmp, &samples, e) == -1)
		goto out;
	if (samples > 0 && rename(tmp, path) == -1) {
		err_sys(e, "cannot rename '%s' to '%s'", tmp, path);
		goto out;
	}
	if (files_sync(s->dir, e) == -1)
		goto out;
	remove_inputs(s, from, n);
	rc = store_refresh(s, e);
out:
	(void)unlink(tmp);
	mem_free(tmp);
	mem_free(path);
	return rc;
}
