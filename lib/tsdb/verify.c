#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "tsdb/store.h"

struct verify {
	store_notice *notice;
	void *arg;
	int found;
	bool busy;			/* a writer holds the lock */
	struct labels_table *table;
	struct labels_builder builder;
};

static void
report(struct verify *v, const struct err *e)
{
	v->found++;
	if (v->notice)
		v->notice(v->arg, e);
}

static void __attribute__((format(printf, 2, 3)))
finding(struct verify *v, const char *fmt, ...)
{
	struct err e;
	va_list ap;
	char text[256];

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);	/* may be cut */
	va_end(ap);
	err_set(&e, ERR_SYNTAX, "%s", text);
	report(v, &e);
}

/* ---- blocks ---- */

static const char *
check_chunk(const struct block *b, const struct block_chunk *c, int64_t *last,
    struct arena *a)
{
	int64_t t[CHUNK_SAMPLES_MAX], starts[CHUNK_SAMPLES_MAX];
	const struct hist *h[CHUNK_SAMPLES_MAX];
	double v[CHUNK_SAMPLES_MAX];
	unsigned flags;
	uint32_t i;

	if (!block_times(b, c, t))
		return "times";
	if (!block_values(b, c, &flags, v, h, starts, a))
		return "chunk";
	for (i = 0; i < c->samples; i++) {
		if (t[i] < *last || (t[i] == *last && t[i] != INT64_MIN))
			return "order of times";
		*last = t[i];
	}
	if (t[0] != c->oldest || t[c->samples - 1] != c->newest)
		return "column";
	return NULL;
}

/* NULL: sound. */
static const char *
check_series(struct verify *v, const struct block *b, uint32_t number,
    const struct sym **sym, uint64_t *samples, struct arena *a)
{
	int64_t last = INT64_MIN;
	struct block_series s;
	struct block_chunk c;
	const char *what;
	int rc;

	if (!block_series(b, number, &s) ||
	    block_labels(b, &s, v->table, sym, &v->builder) == NULL)
		return "index";
	while ((rc = block_next_chunk(b, &s, &c)) == 1) {
		arena_reset(a);
		if ((what = check_chunk(b, &c, &last, a)) != NULL)
			return what;
		*samples += c.samples;
	}
	return rc == -1 ? "index" : NULL;
}

static void
check_block(struct verify *v, const char *path)
{
	struct arena a = { 0 };
	const struct sym **sym;
	uint64_t samples = 0;
	struct block *b;
	const char *what;
	unsigned bad = 0;
	uint32_t i;
	struct err e;

	errno = 0;
	if ((b = block_open(path, &e)) == NULL) {
		if (errno != ENOENT)	/* expired meanwhile */
			report(v, &e);
		return;
	}
	if (!block_index_ok(b)) {
		finding(v, "'%s': damaged index", path);
		block_close(b);
		return;
	}
	sym = mem_array(b->field[BLOCK_NSYMBOLS], sizeof(*sym));
	for (i = 0; i < b->field[BLOCK_NSERIES]; i++)
		if ((what = check_series(v, b, i, sym, &samples,
		    &a)) != NULL && bad++ == 0)
			finding(v, "'%s': damaged %s of series %u", path,
			    what, i);
	if (bad > 1)
		finding(v, "'%s': %u series are damaged", path, bad);
	if (bad == 0 && samples != b->field[BLOCK_NSAMPLES])
		finding(v, "'%s': not as many samples as its header says",
		    path);
	mem_free(sym);
	block_close(b);
	arena_free(&a);
}

/* ---- logs ---- */

static void
check_log(struct verify *v, const char *path)
{
	struct log_sink none = { 0 };
	struct log_result r;
	struct log_state st;
	struct err e;

	log_state_init(&st, v->table);
	errno = 0;
	if (log_read(path, INT64_MIN, &st, &none, &r, &e) == -1) {
		if (errno != ENOENT)	/* sealed meanwhile */
			report(v, &e);
	} else {
		if (r.damaged)
			report(v, &r.first);
		if (r.damaged > 1)
			finding(v, "'%s': %u places are damaged", path,
			    r.damaged);
		if (r.good < r.bytes && !v->busy)
			finding(v, "'%s': torn tail of %llu bytes", path,
			    (unsigned long long)(r.bytes - r.good));
	}
	log_state_release(&st);
}

/* A tail that is not whole is being written when there is a writer. */
static bool
has_writer(const char *dir)
{
	struct buf path = { 0 };
	bool busy;
	int fd;

	(void)buf_printf(&path, "%s/lock", dir);
	fd = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC);
	buf_release(&path);
	if (fd == -1)
		return false;
	busy = flock(fd, LOCK_SH | LOCK_NB) == -1;
	(void)close(fd);
	return busy;
}

int
store_verify(const char *dir, store_notice *notice, void *arg, struct err *e)
{
	struct verify v = { .notice = notice, .arg = arg };
	file_list files = { 0 };
	char *path;
	size_t i;

	if (files_list(dir, false, &files, e) == -1)
		return -1;
	v.busy = has_writer(dir);
	v.table = labels_table_new();
	for (i = 0; i < files.n; i++) {
		path = files_path(dir, &files.p[i]);
		if (files.p[i].log)
			check_log(&v, path);
		else
			check_block(&v, path);
		mem_free(path);
	}
	labels_builder_release(&v.builder);
	labels_table_free(v.table);
	vec_release(&files);
	return v.found;
}
