#include "fleet.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/num.h"

char fleet_dir[64];
struct labels_table *fleet_table;
struct arena fleet_arena;
unsigned fleet_noticed;
char fleet_last_notice[480];

uint64_t
fleet_next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* ---- the directory ---- */

void
fleet_setup(void)
{
	(void)snprintf(fleet_dir, sizeof(fleet_dir), "/tmp/check_tsdb.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fleet_dir));
	fleet_table = labels_table_new();
	fleet_noticed = 0;
}

fleet_names
fleet_files(const char *suffix)
{
	DIR *d = opendir(fleet_dir);
	fleet_names out = { 0 };
	struct dirent *de;

	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && str_ends(str_of(de->d_name),
		    str_of(suffix)))
			vec_push(&out, mem_strdup(de->d_name));
	(void)closedir(d);
	return out;
}

void
fleet_files_release(fleet_names *l)
{
	for (size_t i = 0; i < l->n; i++)
		mem_free(l->p[i]);
	vec_release(l);
}

const char *
fleet_path(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", fleet_dir, name);
	return path;
}

size_t
fleet_count_files(const char *suffix)
{
	fleet_names l = fleet_files(suffix);
	size_t n = l.n;

	fleet_files_release(&l);
	return n;
}

void
fleet_teardown(void)
{
	fleet_names l = fleet_files("");

	for (size_t i = 0; i < l.n; i++)
		(void)unlink(fleet_path(l.p[i]));
	fleet_files_release(&l);
	(void)rmdir(fleet_dir);
	labels_table_free(fleet_table);
	arena_free(&fleet_arena);
}

void
fleet_notice(void *arg, const struct err *e)
{
	(void)arg;
	fleet_noticed++;
	memcpy(fleet_last_notice, e->msg, sizeof(fleet_last_notice));
}

struct store *
fleet_open(struct store_options o)
{
	struct err e = { 0 };
	struct store *s = store_open(fleet_dir, fleet_table, &o, fleet_notice, NULL, &e);

	ck_assert_msg(s != NULL, "%s", e.msg);
	return s;
}

void
fleet_commit(struct store *s)
{
	struct err e = { 0 };

	ck_assert_msg(store_commit(s, &e) == 0, "%s", e.msg);
}

/* ---- a fleet whose every sample is known ---- */

struct known fleet_known[SERIES];

static double
value_of(int series, int64_t step, uint64_t *seed)
{
	switch (series % 8) {
	case 0:
		return 42;
	case 1:
		return (double)(step * 1500 + (int64_t)(fleet_next(seed) % 40));
	case 2:
		return (double)(fleet_next(seed) % 100000) / 100;
	case 3:
		return num_from_bits(fleet_next(seed));
	case 4:
		return step % 50 == 0 ? num_stale() : (double)step;
	case 5:
		return (double)(fleet_next(seed) % 8) * 4096 + 1e9;
	case 6:
		return 1.0 / (double)(step % 1000 + 1);
	default:
		return step % 100 < 3 ? num_nan() : -0.0;
	}
}

void
fleet_reset(void)
{
	char job[16], id[16];
	int i;

	for (i = 0; i < SERIES; i++) {
		(void)snprintf(job, sizeof(job), "j%d", i % 3);
		(void)snprintf(id, sizeof(id), "%d", i);
		fleet_known[i].labels = labels_of(fleet_table, "__name__", i % 2 ? "odd" :
		    "even", "job", job, "id", id, NULL);
		fleet_known[i].t.n = fleet_known[i].v.n = 0;
	}
}

void
fleet_know(struct store *s, int i, int64_t ts, double v)
{
	struct sample x = { .labels = fleet_known[i].labels, .ts = ts, .value = v };
	struct err e = { 0 };

	MUST(store_append(s, &x, &e) == 0);
	vec_push(&fleet_known[i].t, ts);
	vec_push(&fleet_known[i].v, v);
}

/* One scrape: a few series come late, or pause, or jitter. */
void
fleet_scrape(struct store *s, int64_t step, uint64_t *seed)
{
	int64_t ts = START + step * STEP + (int64_t)(fleet_next(seed) % 3);
	int i;

	for (i = 0; i < SERIES; i++) {
		if ((i == 7 && step < 1000) || (i == 9 && step / 100 % 2))
			continue;
		fleet_know(s, i, i == 11 ? ts + 7 : ts, value_of(i, step, seed));
	}
}

void
fleet_forget(void)
{
	for (int i = 0; i < SERIES; i++) {
		vec_release(&fleet_known[i].t);
		vec_release(&fleet_known[i].v);
	}
}

const struct known *
fleet_known_of(const struct labels *l)
{
	for (int i = 0; i < SERIES; i++)
		if (fleet_known[i].labels == l)
			return &fleet_known[i];
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

void
fleet_check_series(const struct pseries *s, int64_t from, int64_t to)
{
	const struct known *k = fleet_known_of(s->labels);
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

void
fleet_check_range(struct store *s, const struct matcher *m, size_t nm,
    int64_t from, int64_t to)
{
	struct promql_source src = store_source(s);
	struct pseries *p;
	struct err e = { 0 };
	size_t n, i, want = 0, first;

	arena_reset(&fleet_arena);
	ck_assert_msg(src.select(src.self, m, nm, from, to, &fleet_arena, &p, &n,
	    &e) == 0, "%s", e.msg);
	for (i = 0; i < SERIES; i++)
		if (matchers_ok(m, nm, fleet_known[i].labels) &&
		    expected(&fleet_known[i], from, to, &first) > 0)
			want++;
	ck_assert_uint_eq(n, want);
	for (i = 0; i < n; i++) {
		if (i)
			MUST(labels_cmp(p[i - 1].labels, p[i].labels) < 0);
		fleet_check_series(&p[i], from, to);
	}
}

void
fleet_check(struct store *s, int64_t steps)
{
	int64_t end = START + steps * STEP;
	struct matcher m[2];
	struct err e;

	ck_assert_int_eq(matcher_init(&m[0], MATCH_EQ, STR("__name__"),
	    STR("odd"), 0, &e), 0);
	ck_assert_int_eq(matcher_init(&m[1], MATCH_RE, STR("job"),
	    STR("j[12]"), 0, &e), 0);
	fleet_check_range(s, NULL, 0, INT64_MIN + 1, INT64_MAX - 1);
	fleet_check_range(s, m, 1, end - 5 * MINUTE + 1, end);
	fleet_check_range(s, m, 2, START, end);
	fleet_check_range(s, m + 1, 1, START + 33 * MINUTE, START + 34 * MINUTE);
	fleet_check_range(s, m, 2, end - 200 * MINUTE, end - 100 * MINUTE);
	fleet_check_range(s, NULL, 0, START - 10, START - 1);
	matchers_release(m, 2);
}

void
fleet_check_reader(int64_t steps)
{
	struct store *r = fleet_open((struct store_options){
	    .read_only = true });

	fleet_check(r, steps);
	store_close(r);
}

int
fleet_verify(void)
{
	struct err e = { 0 };
	int n = store_verify(fleet_dir, fleet_notice, NULL, &e);

	ck_assert_msg(n != -1, "%s", e.msg);
	return n;
}

int64_t
fleet_write(void)
{
	struct store *s = fleet_open((struct store_options){
	    .block_ms = 30 * MINUTE });
	uint64_t seed = 3;
	int64_t step;

	fleet_reset();
	for (step = 1; step <= 700; step++) {
		fleet_scrape(s, step, &seed);
		fleet_commit(s);
	}
	store_close(s);
	return step - 1;
}
