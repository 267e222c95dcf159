#include <errno.h>
#include <unistd.h>

#include "tsdb/store.h"

struct written *
store_written(struct store *s, const struct labels *l)
{
	while (s->written.n <= l->id)
		vec_push(&s->written, (struct written){ .last = INT64_MIN });
	return &s->written.p[l->id];
}

/* ---- the logs: what was written last, and the window ---- */

struct loader {
	struct store *s;
	uint32_t segment;
	const struct log_state *st;
	struct labels_builder builder;
	VEC(const struct labels *) labels;	/* by ref */
};

static bool
load_series(void *arg, uint32_t ref, const struct label *v, uint32_t n)
{
	struct loader *ld = arg;
	struct written *w;
	uint32_t i;

	labels_build(&ld->builder, ld->s->table, NULL);
	for (i = 0; i < n; i++)
		labels_set_sym(&ld->builder, v[i].name, v[i].value);
	while (ld->labels.n <= ref)
		vec_push(&ld->labels, NULL);
	ld->labels.p[ref] = labels_done(&ld->builder);
	w = store_written(ld->s, ld->labels.p[ref]);
	w->ref = ref;
	w->segment = ld->segment;
	return true;
}

static void
load_sample(struct loader *ld, struct sample *x)
{
	struct store *s = ld->s;
	struct written *w = store_written(s, x->labels);
	struct err e;

	if (x->ts <= w->last)
		return;
	w->last = x->ts;
	w->last_bits = num_bits(x->value);
	if (x->ts >= s->loaded_since)
		(void)head_append(s->head, head_series(s->head, x->labels), x,
		    &e);
}

static void
load_run(void *arg, uint32_t ref, size_t n, int64_t ts, const double *v)
{
	struct loader *ld = arg;
	struct sample x = { .ts = ts };
	size_t i;

	for (i = 0; i < n; i++) {
		x.labels = ld->labels.p[ref + i];
		x.value = v[i];
		load_sample(ld, &x);
	}
}

static void
load_odd(void *arg, uint32_t ref, const struct sample *odd)
{
	struct loader *ld = arg;
	struct sample x = *odd;

	x.labels = ld->labels.p[ref];
	if (x.hist)
		x.value = x.hist->sum;
	load_sample(ld, &x);
}

static void
note_tail(struct store *s, const char *path, const struct log_result *r)
{
	struct err e;

	err_set(&e, ERR_SYNTAX, "'%s': torn tail of %llu bytes dropped", path,
	    (unsigned long long)(r->bytes - r->good));
	store_note(s, &e);
}

/* The last log is gone on with, when all of it could be read. */
static int
go_on(struct store *s, const char *path, struct log_state *st,
    const struct log_result *r, struct err *e)
{
	if (r->damaged)
		return 0;
	if (r->good <= LOG_MAGIC_BYTES) {
		(void)unlink(path);
		return 0;
	}
	s->log_oldest = r->oldest;
	s->log_newest = r->newest;
	s->log_samples = r->samples;
	s->log = log_append(path, st, r->good, e);
	return s->log ? 0 : -1;
}

static int
load_log(struct store *s, const struct history_file *f, bool last,
    struct err *e)
{
	char *path = files_path(s->dir, f);
	struct loader ld = { .s = s, .segment = f->first };
	struct log_sink sink = { &ld, load_series, load_run, load_odd };
	struct log_result r;
	struct log_state st;
	int rc;

	log_state_init(&st, s->table);
	rc = log_read(path, INT64_MIN, &st, &sink, &r, e);
	if (rc == 0 && r.damaged)
		store_note(s, &r.first);
	if (rc == 0 && r.good < r.bytes)
		note_tail(s, path, &r);
	if (rc == 0 && r.newest > s->newest)
		s->newest = r.newest;
	if (rc == 0 && last)
		rc = go_on(s, path, &st, &r, e);
	log_state_release(&st);
	vec_release(&ld.labels);
	labels_builder_release(&ld.builder);
	mem_free(path);
	return rc;
}

/* ---- the blocks that reach into the window ---- */

static void
load_blocks(struct store *s)
{
	struct arena a = { 0 };
	struct gather g = { .table = s->table, .from = s->loaded_since,
	    .to = INT64_MAX, .arena = &a, .notice = s->notice,
	    .notice_arg = s->notice_arg };
	struct sample x = { 0 };
	struct pseries p;
	struct err e;
	size_t i, k;

	for (i = 0; i < s->file.n; i++)
		if (s->file.p[i].block)
			gather_block(&g, s->file.p[i].block);
	for (i = 0; i < g.row.n; i++) {
		if (!gather_slice(&g, i, &p))
			continue;
		for (k = 0; k < p.n; k++) {
			x = (struct sample){ .labels = p.labels, .ts = p.t[k],
			    .value = p.v[k], .hist = p.h ? p.h[k] : NULL,
			    .start = p.st ? p.st[k] : 0 };
			(void)head_append(s->head, head_series(s->head,
			    p.labels), &x, &e);
		}
	}
	gather_release(&g);
	arena_free(&a);
}

static int64_t
newest_of_files(struct store *s)
{
	int64_t newest = INT64_MIN, t;
	struct opened *o;
	char *path;
	size_t i;

	for (i = 0; i < s->file.n; i++) {
		o = &s->file.p[i];
		if (o->block && block_newest(o->block) > newest)
			newest = block_newest(o->block);
		if (!o->file.log)
			continue;
		path = files_path(s->dir, &o->file);
		if (log_newest(path, &t) && t > newest)
			newest = t;
		mem_free(path);
	}
	return newest;
}

int
store_load(struct store *s, struct err *e)
{
	int64_t keep = s->o.window_ms;
	const struct opened *o;
	size_t i;

	s->newest = newest_of_files(s);
	s->loaded_since = s->o.one_shot ? INT64_MAX :
	    s->newest > INT64_MIN + keep ? s->newest - keep + 1 : INT64_MIN;
	if (!s->o.one_shot)
		load_blocks(s);
	for (i = 0; i < s->file.n; i++) {
		o = &s->file.p[i];
		if (o->file.last > s->segment)
			s->segment = o->file.last;
		if (o->file.log && load_log(s, &o->file, i + 1 == s->file.n,
		    e) == -1)
			return -1;
	}
	return 0;
}
