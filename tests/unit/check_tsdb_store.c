#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/num.h"
#include "core/vec.h"
#include "model/hist.h"
#include "tsdb/block.h"
#include "tsdb/log.h"
#include "tsdb/tsdb.h"

#define ROWS(a)		(int)(sizeof(a) / sizeof((a)[0]))
#define MINUTE		INT64_C(60000)

/* Each ck_assert is a write(2) to the runner: too dear for every sample. */
#define MUST(...)	do {						\
	if (!(__VA_ARGS__))						\
		ck_abort_msg("not so: %s", #__VA_ARGS__);		\
} while (0)

#define START		INT64_C(1700000000000)
#define STEP		15000

static char dir[64];
static struct labels_table *table;
static struct arena arena;
static unsigned noticed;
static char last_notice[480];

static uint64_t
next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* ---- the directory ---- */

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_tsdb.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	table = labels_table_new();
	noticed = 0;
}

typedef VEC(char *) name_list;

static name_list
names(const char *suffix)
{
	DIR *d = opendir(dir);
	name_list out = { 0 };
	struct dirent *de;

	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && str_ends(str_of(de->d_name),
		    str_of(suffix)))
			vec_push(&out, mem_strdup(de->d_name));
	(void)closedir(d);
	return out;
}

static void
names_release(name_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		mem_free(l->p[i]);
	vec_release(l);
}

static const char *
path_of(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static size_t
count_files(const char *suffix)
{
	name_list l = names(suffix);
	size_t n = l.n;

	names_release(&l);
	return n;
}

static void
teardown(void)
{
	name_list l = names("");

	for (size_t i = 0; i < l.n; i++)
		(void)unlink(path_of(l.p[i]));
	names_release(&l);
	(void)rmdir(dir);
	labels_table_free(table);
	arena_free(&arena);
}

static void
notice(void *arg, const struct err *e)
{
	(void)arg;
	noticed++;
	memcpy(last_notice, e->msg, sizeof(last_notice));
}

static struct store *
open_store(struct store_options o)
{
	struct err e = { 0 };
	struct store *s = store_open(dir, table, &o, notice, NULL, &e);

	ck_assert_msg(s != NULL, "%s", e.msg);
	return s;
}

static void
commit(struct store *s)
{
	struct err e = { 0 };

	ck_assert_msg(store_commit(s, &e) == 0, "%s", e.msg);
}

/* ---- a fleet whose every sample is known ---- */

#define SERIES	40

struct known {
	const struct labels *labels;
	VEC(int64_t) t;
	VEC(double) v;
};

static struct known known[SERIES];

static double
value_of(int series, int64_t step, uint64_t *seed)
{
	switch (series % 8) {
	case 0:
		return 42;
	case 1:
		return (double)(step * 1500 + (int64_t)(next(seed) % 40));
	case 2:
		return (double)(next(seed) % 100000) / 100;
	case 3:
		return num_from_bits(next(seed));
	case 4:
		return step % 50 == 0 ? num_stale() : (double)step;
	case 5:
		return (double)(next(seed) % 8) * 4096 + 1e9;
	case 6:
		return 1.0 / (double)(step % 1000 + 1);
	default:
		return step % 100 < 3 ? num_nan() : -0.0;
	}
}

static void
know_nothing(void)
{
	char job[16], id[16];
	int i;

	for (i = 0; i < SERIES; i++) {
		(void)snprintf(job, sizeof(job), "j%d", i % 3);
		(void)snprintf(id, sizeof(id), "%d", i);
		known[i].labels = labels_of(table, "__name__", i % 2 ? "odd" :
		    "even", "job", job, "id", id, NULL);
		known[i].t.n = known[i].v.n = 0;
	}
}

static void
know(struct store *s, int i, int64_t ts, double v)
{
	struct sample x = { .labels = known[i].labels, .ts = ts, .value = v };
	struct err e = { 0 };

	MUST(store_append(s, &x, &e) == 0);
	vec_push(&known[i].t, ts);
	vec_push(&known[i].v, v);
}

/* One scrape: a few series come late, or pause, or jitter. */
static void
scrape(struct store *s, int64_t step, uint64_t *seed)
{
	int64_t ts = START + step * STEP + (int64_t)(next(seed) % 3);
	int i;

	for (i = 0; i < SERIES; i++) {
		if ((i == 7 && step < 1000) || (i == 9 && step / 100 % 2))
			continue;
		know(s, i, i == 11 ? ts + 7 : ts, value_of(i, step, seed));
	}
}

static void
forget(void)
{
	for (int i = 0; i < SERIES; i++) {
		vec_release(&known[i].t);
		vec_release(&known[i].v);
	}
}

static const struct known *
known_of(const struct labels *l)
{
	for (int i = 0; i < SERIES; i++)
		if (known[i].labels == l)
			return &known[i];
	ck_abort_msg("unknown series");
}

static size_t
expected(const struct known *k, int64_t from, int64_t to, size_t *first)
{
	size_t n = 0, i;

	for (i = 0; i < k->t.n; i++) {
		if (k->t.p[i] < from || k->t.p[i] > to)
			continue;
		if (n++ == 0)
			*first = i;
	}
	return n;
}

static void
check_series(const struct pseries *s, int64_t from, int64_t to)
{
	const struct known *k = known_of(s->labels);
	bool stale = false;
	size_t first = 0, n = expected(k, from, to, &first), i;

	MUST(s->n == n);
	for (i = 0; i < n; i++) {
		MUST(s->t[i] == k->t.p[first + i]);
		MUST(num_bits(s->v[i]) == num_bits(k->v.p[first + i]));
		stale |= num_is_stale(s->v[i]);
	}
	MUST(s->has_stale || !stale);
}

/* The store says about [from, to] what we know, no more and no less. */
static void
check_range(struct store *s, const struct matcher *m, size_t nm,
    int64_t from, int64_t to)
{
	struct promql_source src = store_source(s);
	struct pseries *p;
	struct err e = { 0 };
	size_t n, i, want = 0, first;

	arena_reset(&arena);
	ck_assert_msg(src.select(src.self, m, nm, from, to, &arena, &p, &n,
	    &e) == 0, "%s", e.msg);
	for (i = 0; i < SERIES; i++)
		if (matchers_ok(m, nm, known[i].labels) &&
		    expected(&known[i], from, to, &first) > 0)
			want++;
	ck_assert_uint_eq(n, want);
	for (i = 0; i < n; i++) {
		if (i)
			MUST(labels_cmp(p[i - 1].labels, p[i].labels) < 0);
		check_series(&p[i], from, to);
	}
}

static void
check_store(struct store *s, int64_t steps)
{
	int64_t end = START + steps * STEP;
	struct matcher m[2];
	struct err e;

	ck_assert_int_eq(matcher_init(&m[0], MATCH_EQ, STR("__name__"),
	    STR("odd"), 0, &e), 0);
	ck_assert_int_eq(matcher_init(&m[1], MATCH_RE, STR("job"),
	    STR("j[12]"), 0, &e), 0);
	check_range(s, NULL, 0, INT64_MIN + 1, INT64_MAX - 1);
	check_range(s, m, 1, end - 5 * MINUTE + 1, end);
	check_range(s, m, 2, START, end);
	check_range(s, m + 1, 1, START + 33 * MINUTE, START + 34 * MINUTE);
	check_range(s, m, 2, end - 200 * MINUTE, end - 100 * MINUTE);
	check_range(s, NULL, 0, START - 10, START - 1);
	matchers_release(m, 2);
}

static void
check_reader(int64_t steps)
{
	struct store *r = open_store((struct store_options){
	    .read_only = true });

	check_store(r, steps);
	store_close(r);
}

static int
verify(void)
{
	struct err e = { 0 };
	int n = store_verify(dir, notice, NULL, &e);

	ck_assert_msg(n != -1, "%s", e.msg);
	return n;
}

/* ---- what is written comes back ---- */

static const struct {
	struct store_options o;
	int64_t steps, reopen;
} history_rows[] = {
	{ { .block_ms = 0 }, 200, 0 },		/* the log alone */
	{ { .block_ms = 0 }, 200, 1 },		/* cron */
	{ { .block_ms = 30 * MINUTE, .window_ms = 10 * MINUTE }, 3000, 0 },
	{ { .block_ms = 30 * MINUTE, .window_ms = 45 * MINUTE }, 3000, 131 },
	{ { .block_ms = 5 * MINUTE, .one_shot = true }, 1500, 40 },
	{ { .block_ms = 3 * MINUTE, .sync = true }, 400, 7 },
};

START_TEST(history_comes_back)
{
	struct store_options o = history_rows[_i].o;
	uint64_t seed = (uint64_t)_i;
	struct store *s = open_store(o);
	struct store_info info;
	uint64_t n = 0;
	int64_t step;

	know_nothing();
	for (step = 1; step <= history_rows[_i].steps; step++) {
		scrape(s, step, &seed);
		if (step % 97 == 0)
			check_store(s, step);	/* not committed yet */
		commit(s);
		if (history_rows[_i].reopen &&
		    step % history_rows[_i].reopen == 0) {
			store_close(s);
			s = open_store(o);
		}
		if (step % 211 == 0) {
			check_store(s, step);
			check_reader(step);
		}
	}
	check_store(s, step - 1);
	check_reader(step - 1);
	store_info(s, &info);
	for (int i = 0; i < SERIES; i++)
		n += known[i].t.n;
	ck_assert_uint_eq(info.nsamples, n);
	ck_assert_uint_eq(info.nblocks, count_files(".block"));
	if (o.block_ms)
		ck_assert_uint_ge(info.nblocks, 1);
	ck_assert_uint_le(info.nblocks, 16);
	store_close(s);
	ck_assert_int_eq(verify(), 0);
	ck_assert_uint_eq(noticed, 0);
	ck_assert_uint_eq(count_files(".tmp"), 0);
	forget();
}
END_TEST

/* A writer's window is as good as its disk, whatever is asked. */
START_TEST(readers_see_each_commit)
{
	struct store *s = open_store((struct store_options){
	    .block_ms = 4 * MINUTE }), *r;
	uint64_t seed = 5;
	int64_t step;

	know_nothing();
	r = open_store((struct store_options){ .read_only = true });
	for (step = 1; step < 400; step++) {
		scrape(s, step, &seed);
		commit(s);
		check_range(r, NULL, 0, START + (step - 20) * STEP,
		    INT64_MAX - 1);
	}
	check_store(r, step - 1);
	store_close(r);
	store_close(s);
	forget();
}
END_TEST

/* ---- order ---- */

static const struct { int64_t ts; double v; int rc; } order_rows[] = {
	{ START, 1, 1 }, { START, 2, -1 }, { START - 1, 1, -1 },
	{ START + 1, 1, 0 },
};

/* Known from memory, from the log, or from a block. */
START_TEST(order_is_kept_over_restarts)
{
	const struct labels *l = labels_of(table, "__name__", "up", NULL);
	const struct labels *clock = labels_of(table, "__name__", "c", NULL);
	struct sample x = { .labels = l, .ts = START, .value = 1 };
	struct sample tick = { .labels = clock, .ts = START };
	struct store *s;
	struct err e = { 0 };
	int how;

	for (how = 0; how < 3; how++) {
		s = open_store((struct store_options){ .block_ms = MINUTE });
		x.ts = START;
		x.value = 1;
		ck_assert_int_ne(store_append(s, &x, &e), how == 0 ? -1 : 2);
		if (how == 2)
			tick.ts = START + 10 * MINUTE;
		(void)store_append(s, &tick, &e);
		commit(s);
		if (how) {
			store_close(s);
			s = open_store((struct store_options){
			    .block_ms = MINUTE });
		}
		if (how == 2)
			ck_assert_uint_eq(count_files(".block"), 1);
		x.ts = order_rows[_i].ts;
		x.value = order_rows[_i].v;
		if (order_rows[_i].rc != 0 || how == 0)
			ck_assert_int_eq(store_append(s, &x, &e),
			    order_rows[_i].rc);
		store_close(s);
	}
}
END_TEST

START_TEST(a_second_writer_is_refused)
{
	struct store *s = open_store((struct store_options){ 0 });
	struct store_options o = { 0 };
	struct err e = { 0 };

	ck_assert_ptr_null(store_open(dir, table, &o, NULL, NULL, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	store_close(s);
	s = open_store(o);
	store_close(s);
}
END_TEST

START_TEST(a_missing_directory_is_an_error_for_readers)
{
	struct store_options o = { .read_only = true };
	struct err e = { 0 };

	ck_assert_ptr_null(store_open(path_of("no"), table, &o, NULL, NULL,
	    &e));
	ck_assert_int_eq(e.kind, ERR_SYS);
}
END_TEST

/* ---- retention ---- */

START_TEST(old_blocks_expire)
{
	struct store *s = open_store((struct store_options){
	    .block_ms = 10 * MINUTE, .keep_ms = 60 * MINUTE });
	struct store_info i;
	uint64_t seed = 1;
	int64_t step;

	know_nothing();
	for (step = 1; step < 2000; step++) {
		scrape(s, step, &seed);
		commit(s);
	}
	store_info(s, &i);
	ck_assert_int_ge(i.newest - i.oldest, 60 * MINUTE);
	ck_assert_int_le(i.newest - i.oldest, 90 * MINUTE);
	store_close(s);
	forget();
}
END_TEST

START_TEST(size_is_kept)
{
	struct store *s = open_store((struct store_options){
	    .block_ms = 10 * MINUTE, .keep_bytes = 100000 });
	struct store_info i;
	uint64_t seed = 1;
	int64_t step;

	know_nothing();
	for (step = 1; step < 2000; step++) {
		scrape(s, step, &seed);
		commit(s);
	}
	store_info(s, &i);
	ck_assert_uint_le(i.block_bytes, 100000);
	ck_assert_uint_ge(i.block_bytes, 10000);
	store_close(s);
	forget();
}
END_TEST

/* One sample of next year must not make all others look old. */
START_TEST(a_wrong_clock_expires_nothing)
{
	struct store *s = open_store((struct store_options){
	    .block_ms = 10 * MINUTE, .keep_ms = 600 * MINUTE });
	const struct labels *l = labels_of(table, "__name__", "wrong", NULL);
	struct sample x = { .labels = l, .ts = START + 525600 * MINUTE };
	struct store_info i;
	struct err e;
	uint64_t seed = 1;
	int64_t step;

	know_nothing();
	for (step = 1; step < 800; step++) {
		scrape(s, step, &seed);
		if (step == 300)
			ck_assert_int_eq(store_append(s, &x, &e), 0);
		commit(s);
	}
	store_info(s, &i);
	ck_assert_int_le(i.oldest, START + STEP + 7);
	ck_assert_uint_le(i.nblocks, 16);
	ck_assert_int_eq(i.newest, x.ts);
	store_close(s);
	forget();
}
END_TEST

/* ---- histograms and start times ---- */

static struct hist *
some_histogram(struct arena *a, int64_t i)
{
	struct hist *h = ARENA_NEW(a, struct hist);
	size_t k;

	*h = (struct hist){ .schema = i % 40 < 20 ? 3 : HIST_CUSTOM_SCHEMA,
	    .hint = (enum hist_hint)(i % 4), .zero_threshold = 1e-128,
	    .zero_count = (double)i, .count = (double)(i * 10),
	    .sum = i % 17 == 0 ? num_stale() : (double)i / 3,
	    .npos_span = 2, .npos = 5, .nneg_span = 1, .nneg = 1,
	    .ncustom = 3 };
	h->pos_span = ARENA_ARRAY(a, 2, struct hist_span);
	h->neg_span = ARENA_ARRAY(a, 1, struct hist_span);
	h->pos = ARENA_ARRAY(a, 5, double);
	h->neg = ARENA_ARRAY(a, 1, double);
	h->custom = ARENA_ARRAY(a, 3, double);
	h->pos_span[0] = (struct hist_span){ -3, 2 };
	h->pos_span[1] = (struct hist_span){ 2, 3 };
	h->neg_span[0] = (struct hist_span){ 1, 1 };
	for (k = 0; k < 5; k++)
		h->pos[k] = (double)(i * (int64_t)k);
	h->neg[0] = 0.5;
	for (k = 0; k < 3; k++)
		h->custom[k] = (double)k * 0.1;
	return h;
}

static bool
same_histogram(const struct hist *a, const struct hist *b)
{
	return a->schema == b->schema && a->hint == b->hint &&
	    a->count == b->count && a->zero_count == b->zero_count &&
	    num_bits(a->sum) == num_bits(b->sum) && a->npos == b->npos &&
	    memcmp(a->pos, b->pos, a->npos * 8) == 0 && a->nneg == b->nneg &&
	    memcmp(a->neg, b->neg, a->nneg * 8) == 0 &&
	    a->npos_span == b->npos_span && memcmp(a->pos_span, b->pos_span,
	    a->npos_span * 8) == 0 && a->ncustom == b->ncustom &&
	    memcmp(a->custom, b->custom, a->ncustom * 8) == 0;
}

static void
check_histograms(struct store *s, int64_t upto)
{
	struct promql_source src = store_source(s);
	struct arena a = { 0 };
	struct pseries *p;
	struct err e;
	size_t n;
	int64_t i;

	MUST(src.select(src.self, NULL, 0, START, INT64_MAX - 1, &a, &p, &n,
	    &e) == 0);
	MUST(n == 1);
	MUST((int64_t)p->n == upto);
	for (i = 0; i < upto; i++) {
		MUST(p->t[i] == START + i * STEP);
		MUST((p->st ? p->st[i] : 0) == (i % 90 > 60 ? i : 0));
		if (i % 100 < 30) {
			MUST(p->h == NULL || p->h[i] == NULL);
			MUST(p->v[i] == (double)i);
		} else {
			MUST(same_histogram(p->h[i],
			    some_histogram(&a, i)));
		}
	}
	arena_free(&a);
}

START_TEST(histograms_and_starts_come_back)
{
	struct store_options o = { .block_ms = 10 * MINUTE,
	    .window_ms = 2 * MINUTE };
	struct store *s = open_store(o);
	struct sample x = { .labels = labels_of(table, "__name__", "h",
	    NULL) };
	struct err e;
	int64_t i;

	for (i = 0; i < 500; i++) {
		x.ts = START + i * STEP;
		x.value = (double)i;
		x.start = i % 90 > 60 ? i : 0;
		x.hist = i % 100 < 30 ? NULL : some_histogram(&arena, i);
		ck_assert_int_eq(store_append(s, &x, &e), 0);
		if (i % 3 == 0)
			commit(s);
		if (i % 70 == 69) {
			commit(s);
			store_close(s);
			s = open_store(o);
			check_histograms(s, i + 1);
		}
	}
	commit(s);
	check_histograms(s, 500);
	store_close(s);
	ck_assert_int_eq(verify(), 0);
}
END_TEST

/* ---- damage ---- */

/* Some sealed blocks, and a log with several key records. */
static int64_t
write_history(void)
{
	struct store *s = open_store((struct store_options){
	    .block_ms = 30 * MINUTE });
	uint64_t seed = 3;
	int64_t step;

	know_nothing();
	for (step = 1; step <= 700; step++) {
		scrape(s, step, &seed);
		commit(s);
	}
	store_close(s);
	return step - 1;
}

static void
read_bytes(const char *name, struct buf *out)
{
	struct err e;

	buf_reset(out);
	ck_assert_int_eq(io_read_file(path_of(name), SIZE_MAX / 2, out, &e),
	    0);
	out->max = 0;
}

static void
write_bytes(const char *name, struct str bytes)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0666);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(io_write_all(fd, bytes), 0);
	(void)close(fd);
}

static void
write_byte(const char *name, size_t at, char c)
{
	int fd = open(path_of(name), O_WRONLY);

	ck_assert_int_eq(pwrite(fd, &c, 1, (off_t)at), 1);
	(void)close(fd);
}

/*
 * Read all with the damage in place: whatever comes is a sample that was
 * written, in order; returns how many.
 */
static size_t
read_damaged(void)
{
	struct store *r = open_store((struct store_options){
	    .read_only = true });
	struct promql_source src = store_source(r);
	const struct known *k;
	struct pseries *p;
	size_t n, i, j, at, total = 0;
	struct err e = { 0 };

	arena_reset(&arena);
	MUST(src.select(src.self, NULL, 0, INT64_MIN + 1, INT64_MAX - 1,
	    &arena, &p, &n, &e) == 0);
	for (i = 0; i < n; i++) {
		k = known_of(p[i].labels);
		for (j = at = 0; j < p[i].n; j++, at++) {
			while (at < k->t.n && k->t.p[at] != p[i].t[j])
				at++;
			MUST(at < k->t.n);
			MUST(num_bits(k->v.p[at]) ==
			    num_bits(p[i].v[j]));
		}
		total += p[i].n;
	}
	store_close(r);
	return total;
}

static size_t
all_known(void)
{
	size_t n = 0;

	for (int i = 0; i < SERIES; i++)
		n += known[i].t.n;
	return n;
}

/* A byte of each file, all over it: the file is named, the rest is read. */
START_TEST(flipped_bytes_cost_little)
{
	struct buf was = { 0 };
	name_list files;
	uint64_t seed = (uint64_t)_i;
	size_t f, i, at, all, got, least, step;
	char flip;

	(void)write_history();
	all = all_known();
	files = names("");
	for (f = 0; f < files.n; f++) {
		if (str_eq(str_of(files.p[f]), STR("lock")))
			continue;
		read_bytes(files.p[f], &was);
		step = was.n / 60 + 1;
		for (least = all, i = 0; i < was.n; i += 1 + next(&seed) % (2 *
		    step)) {
			at = i;
			flip = (char)(1 + next(&seed) % 255);
			was.p[at] ^= flip;
			write_byte(files.p[f], at, was.p[at]);
			noticed = 0;
			got = read_damaged();
			least = got < least ? got : least;
			noticed = 0;
			ck_assert_int_ge(verify(), 1);
			ck_assert_uint_ge(noticed, 1);
			ck_assert_msg(strstr(last_notice, files.p[f]),
			    "'%s' does not name %s", last_notice, files.p[f]);
			was.p[at] ^= flip;
			write_byte(files.p[f], at, was.p[at]);
		}
		/* at most this file is gone */
		ck_assert_uint_ge(least, all / 10);
	}
	ck_assert_uint_eq(read_damaged(), all);
	ck_assert_int_eq(verify(), 0);
	buf_release(&was);
	names_release(&files);
	forget();
}
END_TEST

static void
put_crc(struct buf *b, size_t at, uint64_t crc, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		b->p[at + i] = (char)(crc >> 8 * i);
}

static void
forge_checksums(struct buf *b, uint64_t index)
{
	put_crc(b, 8 + BLOCK_INDEX_CRC * 8, hash_crc32c(0,
	    str_sub(buf_str(b), index, b->n)), 8);
	put_crc(b, BLOCK_HEADER - 8, hash_crc32c(0, str_sub(buf_str(b), 0,
	    BLOCK_HEADER - 8)), 4);
}

/* A chunk of a block costs its series that stretch, no more. */
START_TEST(a_bad_chunk_costs_its_chunk)
{
	struct buf was = { 0 };
	name_list files;

	(void)write_history();
	files = names(".block");
	read_bytes(files.p[0], &was);
	was.p[300] ^= 1;
	write_bytes(files.p[0], buf_str(&was));
	noticed = 0;
	ck_assert_uint_ge(read_damaged() + 512, all_known());
	ck_assert_uint_eq(noticed, 1);
	ck_assert_ptr_nonnull(strstr(last_notice, files.p[0]));
	buf_release(&was);
	names_release(&files);
	forget();
}
END_TEST

/*
 * An index whose checksums fit but whose contents are nonsense: whatever it
 * leads to, it stays inside the file.
 */
START_TEST(forged_blocks_do_no_harm)
{
	struct buf was = { 0 }, b = { 0 };
	struct promql_source src;
	struct pseries *p;
	struct store *r;
	struct err e = { 0 };
	name_list files;
	uint64_t seed = 77, at, from;
	size_t i, n;

	(void)write_history();
	files = names(".block");
	read_bytes(files.p[0], &was);
	for (i = 0; i < 300; i++) {
		buf_reset(&b);
		(void)buf_put(&b, buf_str(&was));
		from = get_u64(b.p + 8 + BLOCK_COLUMNS * 8);
		at = i % 3 ? from + next(&seed) % (b.n - from) :
		    8 + next(&seed) % (BLOCK_NFIELDS * 8);
		b.p[at] = (char)next(&seed);
		forge_checksums(&b, from);
		write_bytes(files.p[0], buf_str(&b));
		arena_reset(&arena);
		r = open_store((struct store_options){ .read_only = true });
		src = store_source(r);
		MUST(src.select(src.self, NULL, 0, INT64_MIN + 1,
		    INT64_MAX - 1, &arena, &p, &n, &e) == 0);
		store_close(r);
		MUST(verify() >= 0);
	}
	buf_release(&was);
	buf_release(&b);
	names_release(&files);
	forget();
}
END_TEST

START_TEST(forged_logs_do_no_harm)
{
	struct buf was = { 0 }, b = { 0 };
	struct promql_source src;
	struct pseries *p;
	struct store *r;
	struct err e = { 0 };
	name_list files;
	uint64_t seed = 78, at, n, k;
	size_t i, nseries;

	(void)write_history();
	files = names(".log");
	read_bytes(files.p[0], &was);
	for (i = 0; i < 400; i++) {
		buf_reset(&b);
		(void)buf_put(&b, buf_str(&was));
		/* one of the first records */
		for (at = LOG_MAGIC_BYTES, k = next(&seed) % 6; k > 0; k--)
			at += LOG_RECORD_HEADER + get_u32(b.p + at + 4);
		n = get_u32(b.p + at + 4);
		for (k = 1 + next(&seed) % 4; k > 0; k--)
			b.p[at + LOG_RECORD_HEADER + next(&seed) % (n < 60 ?
			    n : 60)] = (char)(next(&seed) | next(&seed));
		put_crc(&b, at + 8, hash_crc32c(hash_crc32c(0,
		    str_sub(buf_str(&b), at + 3, at + 4)),
		    str_sub(buf_str(&b), at + LOG_RECORD_HEADER,
		    at + LOG_RECORD_HEADER + n)), 4);
		write_bytes(files.p[0], buf_str(&b));
		arena_reset(&arena);
		r = open_store((struct store_options){ .read_only = true });
		src = store_source(r);
		MUST(src.select(src.self, NULL, 0, INT64_MIN + 1,
		    INT64_MAX - 1, &arena, &p, &nseries, &e) == 0);
		store_close(r);
		MUST(verify() >= 0);
	}
	buf_release(&was);
	buf_release(&b);
	names_release(&files);
	forget();
}
END_TEST

/* Cut anywhere: what is before the cut is there, and appends go on. */
START_TEST(torn_tails_are_dropped)
{
	struct buf was = { 0 };
	name_list files;
	struct store *s;
	uint64_t seed = 9;
	size_t i, before, cut;
	int64_t step = write_history();

	files = names(".log");
	ck_assert_uint_eq(files.n, 1);
	read_bytes(files.p[0], &was);
	before = read_damaged();
	for (i = 0; i < 60; i++) {
		cut = i < 40 ? i : next(&seed) % was.n;
		write_bytes(files.p[0], str_sub(buf_str(&was), 0, cut));
		ck_assert_uint_le(read_damaged(), before);
	}
	cut = was.n - 5;
	write_bytes(files.p[0], str_sub(buf_str(&was), 0, cut));
	noticed = 0;
	ck_assert_int_eq(verify(), 1);
	s = open_store((struct store_options){ .block_ms = 30 * MINUTE });
	ck_assert_ptr_nonnull(strstr(last_notice, "torn tail"));
	ck_assert_ptr_nonnull(strstr(last_notice, files.p[0]));
	for (i = 0; i < SERIES; i++)
		if (known[i].t.n && known[i].t.p[known[i].t.n - 1] >=
		    START + step * STEP) {
			known[i].t.n--;
			known[i].v.n--;
		}
	scrape(s, step + 1, &seed);
	commit(s);
	check_store(s, step + 1);
	store_close(s);
	ck_assert_int_eq(verify(), 0);
	check_reader(step + 1);
	buf_release(&was);
	names_release(&files);
	forget();
}
END_TEST

/* A crash between two steps of a seal or a merge leaves both forms. */
START_TEST(nothing_counts_twice_after_a_crash)
{
	struct store *s = open_store((struct store_options){
	    .block_ms = 600 * MINUTE });
	struct buf log = { 0 };
	uint64_t seed = 3;
	int64_t step;

	know_nothing();
	for (step = 1; step <= 300; step++) {
		scrape(s, step, &seed);
		commit(s);
	}
	store_close(s);
	read_bytes("00000001.log", &log);
	s = open_store((struct store_options){ .block_ms = MINUTE });
	scrape(s, step, &seed);
	commit(s);
	ck_assert_uint_eq(count_files(".block"), 1);
	store_close(s);
	write_bytes("00000001.log", buf_str(&log));
	write_bytes("00000001-00000001.tmp", STR("half"));
	ck_assert_int_eq(verify(), 0);
	check_reader(step);
	s = open_store((struct store_options){ .block_ms = MINUTE });
	check_store(s, step);
	ck_assert_uint_eq(count_files(".tmp"), 0);
	ck_assert_int_ne(access(path_of("00000001.log"), F_OK), 0);
	store_close(s);
	buf_release(&log);
	forget();
}
END_TEST

/* A disk that is full at any point: an error, and what was there stays. */
START_TEST(a_full_disk_loses_nothing)
{
	struct store *s;
	struct rlimit old, small;
	struct err e = { 0 };
	uint64_t seed = 3;
	int64_t step, failed = 0;
	int rc;

	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &old);
	s = open_store((struct store_options){ .block_ms = 20 * MINUTE });
	know_nothing();
	for (step = 1; step <= 600; step++) {
		scrape(s, step, &seed);
		small = old;
		if (step % 10 > 5)
			small.rlim_cur = (rlim_t)(next(&seed) % 20000);
		(void)setrlimit(RLIMIT_FSIZE, &small);
		rc = store_commit(s, &e);
		(void)setrlimit(RLIMIT_FSIZE, &old);	/* the runner writes */
		MUST(rc == 0 || e.kind == ERR_SYS);
		failed -= rc;
		if (step % 50 == 0)
			check_store(s, step);
	}
	commit(s);
	ck_assert_int_gt(failed, 10);
	check_store(s, step - 1);
	store_close(s);
	ck_assert_int_eq(verify(), 0);
	check_reader(step - 1);
	s = open_store((struct store_options){ .block_ms = 20 * MINUTE });
	check_store(s, step - 1);
	store_close(s);
	forget();
}
END_TEST

/* ---- a walk over everything ---- */

static int
count_each(void *arg, const struct pseries *s)
{
	size_t *n = arg;

	check_series(s, INT64_MIN, INT64_MAX);
	++*n;
	return 0;
}

START_TEST(each_gives_every_series_once)
{
	struct store *r;
	struct err e = { 0 };
	size_t n = 0;

	(void)write_history();
	r = open_store((struct store_options){ .read_only = true });
	ck_assert_int_eq(store_each(r, NULL, 0, INT64_MIN, INT64_MAX,
	    count_each, &n, &e), 0);
	ck_assert_uint_eq(n, SERIES - 1);	/* one has not begun */
	store_close(r);
	forget();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tsdb_store");
	TCase *c = tcase_create("store");
	SRunner *r;
	int bad;

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, history_comes_back, 0, ROWS(history_rows));
	tcase_add_test(c, readers_see_each_commit);
	tcase_add_loop_test(c, order_is_kept_over_restarts, 0,
	    ROWS(order_rows));
	tcase_add_test(c, a_second_writer_is_refused);
	tcase_add_test(c, a_missing_directory_is_an_error_for_readers);
	tcase_add_test(c, old_blocks_expire);
	tcase_add_test(c, size_is_kept);
	tcase_add_test(c, a_wrong_clock_expires_nothing);
	tcase_add_test(c, histograms_and_starts_come_back);
	tcase_add_loop_test(c, flipped_bytes_cost_little, 0, 2);
	tcase_add_test(c, a_bad_chunk_costs_its_chunk);
	tcase_add_test(c, forged_blocks_do_no_harm);
	tcase_add_test(c, forged_logs_do_no_harm);
	tcase_add_test(c, torn_tails_are_dropped);
	tcase_add_test(c, nothing_counts_twice_after_a_crash);
	tcase_add_test(c, a_full_disk_loses_nothing);
	tcase_add_test(c, each_gives_every_series_once);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
