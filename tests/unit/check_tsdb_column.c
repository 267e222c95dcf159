#include <check.h>
#include <math.h>
#include <stdio.h>

#include "core/mem.h"
#include "tsdb/column.h"

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))
#define MOST	700

/* A small generator, so that a failure can be repeated. */
static uint64_t
next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* ---- shapes of columns ---- */

static double
odd_one(uint64_t *seed)
{
	static const uint64_t odd[] = {
		0, 0x8000000000000000, NUM_NAN_BITS, NUM_STALE_BITS,
		0x7ff0000000000000, 0xfff0000000000000, 1, 0x8000000000000001,
		0x000fffffffffffff, 0x7fefffffffffffff, 0x7ff8dead00000000,
		0xfff8000000000001, 0x7ff0000000000001, 0x4340000000000000,
		0x433fffffffffffff, 0xc340000000000000, 0x43e0000000000000,
		0x3fb999999999999a, 0x3cb0000000000000,
	};

	return num_from_bits(odd[next(seed) % ROWS(odd)]);
}

static void
any_bits(double *v, size_t n, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++)
		v[i] = num_from_bits(next(seed));
}

static void
only_odd(double *v, size_t n, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++)
		v[i] = odd_one(seed);
}

static void
constant(double *v, size_t n, uint64_t *seed)
{
	double c = next(seed) & 1 ? odd_one(seed) : 42.5;

	for (size_t i = 0; i < n; i++)
		v[i] = c;
}

static void
counter(double *v, size_t n, uint64_t *seed)
{
	double c = (double)(next(seed) % 1000000);

	for (size_t i = 0; i < n; i++)
		v[i] = c += (double)(next(seed) % 200);
}

static void
counter_with_resets(double *v, size_t n, uint64_t *seed)
{
	counter(v, n, seed);
	for (size_t i = 0; i < n; i++)
		if (next(seed) % 50 == 0)
			v[i] = next(seed) & 1 ? num_stale() : 0;
}

static void
decimals(double *v, size_t n, uint64_t *seed)
{
	static const double scale[] = { 1, 10, 100, 1000, 1e6, 1e9, 1e15 };
	double s = scale[next(seed) % ROWS(scale)];

	for (size_t i = 0; i < n; i++)
		v[i] = (double)(int64_t)(next(seed) % 2000000 - 1000000) / s;
}

static void
decimals_with_odd(double *v, size_t n, uint64_t *seed)
{
	decimals(v, n, seed);
	for (size_t i = 0; i < n; i++)
		if (next(seed) % 20 == 0)
			v[i] = odd_one(seed);
}

static void
memory(double *v, size_t n, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++)
		v[i] = 4096.0 * (double)(1000000 + next(seed) % 5000);
}

static void
walk_of_sines(double *v, size_t n, uint64_t *seed)
{
	double at = (double)next(seed);

	for (size_t i = 0; i < n; i++)
		v[i] = sin(at + (double)i / 10);
}

static void
huge(double *v, size_t n, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++)
		v[i] = 1e300 + (double)(next(seed) % 10) * 1e290;
}

static const struct {
	const char *name;
	void	(*fill)(double *v, size_t n, uint64_t *seed);
	double	most;		/* bytes a value, of 700; 0 = whatever */
} shapes[] = {
	{ "any bits", any_bits, 9.5 }, { "odd", only_odd, 0 },
	{ "constant", constant, 0.13 }, { "counter", counter, 1.15 },
	{ "resets", counter_with_resets, 0 }, { "decimals", decimals, 3.2 },
	{ "decimals and odd", decimals_with_odd, 4 },
	{ "memory", memory, 1.9 }, { "sines", walk_of_sines, 8 },
	{ "huge", huge, 0 },
};

/* Read from a copy in just as much memory, so that asan sees every byte. */
static unsigned char *
exact_copy(const struct buf *b)
{
	unsigned char *p = mem_zalloc(b->n + BITS_SLACK);

	memcpy(p, b->p, b->n);
	return p;
}

static void
check_doubles(const double *v, size_t n, double most)
{
	double back[MOST];
	struct buf b = { 0 };
	unsigned char *copy;
	struct rd r;
	size_t i;

	doubles_put(&b, v, n);
	if (most > 0 && n == MOST)
		ck_assert_double_le((double)b.n / (double)n, most);
	copy = exact_copy(&b);
	r = rd_of(copy, b.n);
	ck_assert(doubles_get(&r, back, n));
	ck_assert_uint_eq(rd_left(&r), 0);
	for (i = 0; i < n; i++)
		if (num_bits(v[i]) != num_bits(back[i]))
			ck_abort_msg("value %zu of %zu: %a became %a", i, n,
			    v[i], back[i]);
	mem_free(copy);
	buf_release(&b);
}

START_TEST(doubles_come_back)
{
	double v[MOST];
	uint64_t seed = (uint64_t)_i;
	size_t n, round;

	for (round = 0; round < 60; round++) {
		n = round < 10 ? round + 1 : 1 + next(&seed) % MOST;
		shapes[_i].fill(v, n, &seed);
		check_doubles(v, n, 0);
	}
	shapes[_i].fill(v, MOST, &seed);
	check_doubles(v, MOST, shapes[_i].most);
}
END_TEST

/* ---- times ---- */

static void
times(int kind, int64_t *x, size_t n, uint64_t *seed)
{
	uint64_t t = kind == 4 ? (uint64_t)INT64_MIN : 1700000000000;
	size_t i;

	for (i = 0; i < n; i++, x[i - 1] = (int64_t)t)
		switch (kind) {
		case 0:
			t += 15000;
			break;
		case 1:
			t += 15000 + next(seed) % 5;
			break;
		case 2:
			t += next(seed) % 30 ? 15000 : 6000000;
			break;
		case 3:
			t += 1 + next(seed) % 100000;
			break;
		case 4:
			t += UINT64_MAX / (n + 1);
			break;
		default:
			t = next(seed);
		}
}

START_TEST(times_come_back)
{
	int64_t x[MOST], back[MOST];
	uint64_t seed = (uint64_t)_i;
	unsigned char *copy;
	struct buf b = { 0 };
	struct rd r;
	size_t n;

	for (n = 1; n <= MOST; n += n < 70 ? 1 : 63) {
		times(_i, x, n, &seed);
		buf_reset(&b);
		ints_put(&b, x, n);
		copy = exact_copy(&b);
		r = rd_of(copy, b.n);
		ck_assert(ints_get(&r, back, n));
		ck_assert_uint_eq(rd_left(&r), 0);
		ck_assert_mem_eq(x, back, n * sizeof(*x));
		mem_free(copy);
	}
	if (_i == 0)
		ck_assert_uint_le(b.n, 24);
	buf_release(&b);
}
END_TEST

/* ---- bytes that are none of ours ---- */

START_TEST(broken_columns_are_refused_or_wrong)
{
	double v[MOST], back[MOST];
	uint64_t seed = (uint64_t)_i;
	unsigned char *copy;
	struct buf b = { 0 };
	struct rd r;
	size_t i, n;

	for (i = 0; i < 2000; i++) {
		buf_reset(&b);
		n = 1 + next(&seed) % MOST;
		shapes[_i].fill(v, n, &seed);
		doubles_put(&b, v, n);
		b.p[next(&seed) % b.n] ^= (char)(1 + next(&seed) % 255);
		if (next(&seed) % 4 == 0)
			b.n = next(&seed) % b.n;
		copy = exact_copy(&b);
		r = rd_of(copy, b.n);
		if (doubles_get(&r, back, n))
			ck_assert(!r.bad);
		r = rd_of(copy, b.n);
		if (ints_get(&r, (int64_t *)back, n))
			ck_assert(!r.bad);
		mem_free(copy);
	}
	buf_release(&b);
}
END_TEST

/* ---- single values, as in the log ---- */

START_TEST(values_come_back)
{
	uint64_t seed = 1;
	struct buf b = { 0 };
	double was = 0, v;
	struct rd r;
	int i;

	for (i = 0; i < 100000; i++) {
		v = i % 3 == 0 ? odd_one(&seed) : i % 3 == 1 ?
		    num_from_bits(next(&seed)) :
		    (double)(int64_t)(next(&seed) >> next(&seed) % 60);
		buf_reset(&b);
		put_value(&b, v, was);
		r = rd_of(b.p, b.n);
		if (b.n > 10 || num_bits(rd_value(&r, was)) != num_bits(v) ||
		    r.bad || rd_left(&r) != 0)
			ck_abort_msg("value %d: %a after %a", i, v, was);
		was = v;
	}
	buf_release(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tsdb_column");
	TCase *c = tcase_create("column");
	SRunner *r;
	int bad;

	tcase_add_loop_test(c, doubles_come_back, 0, ROWS(shapes));
	tcase_add_loop_test(c, times_come_back, 0, 6);
	tcase_add_loop_test(c, broken_columns_are_refused_or_wrong, 0,
	    ROWS(shapes));
	tcase_add_test(c, values_come_back);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
