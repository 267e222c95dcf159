/*
 * Doubles from text and back: every result is held against the C library.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/num.h"
#include "core/pow10.h"

#define ROUNDS	100000

/* ck_assert tells the runner about every call; these are too many for that. */
#define must(cond, ...)	do { if (!(cond)) ck_abort_msg(__VA_ARGS__); } while (0)

/* xorshift: the same numbers every time */
static uint64_t state = 88172645463325252ULL;

static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/*
 * The digits must read back as v, no shorter ones may, and of those with
 * that length they must be the nearest, which is what printf gives.
 */
static void
shortest_is_right(double v)
{
	char digits[NUM_DIGITS], text[64], shorter[64];
	int point, n = num_shortest(v, digits, &point), i;

	must(n >= 1 && n <= NUM_DIGITS, "%a gives %d digits", v, n);
	(void)snprintf(text, sizeof(text), "0.%.*se%d", n, digits, point);
	must(strtod(text, NULL) == v, "%a gives %s", v, text);
	must(digits[0] != '0' && digits[n - 1] != '0', "%s", text);
	if (n > 1) {
		/* if any of n - 1 digits reads back, the nearest one does */
		(void)snprintf(shorter, sizeof(shorter), "%.*e", n - 2, v);
		must(strtod(shorter, NULL) != v, "%s is shorter than %s",
		    shorter, text);
	}
	(void)snprintf(shorter, sizeof(shorter), "%.*e", n - 1, v);
	if (strtod(shorter, NULL) != v)
		return;		/* half-way, the other side is inside */
	for (i = 0; i < n; i++)
		must(shorter[i ? i + 1 : 0] == digits[i],
		    "%s is nearer than %s", shorter, text);
}

START_TEST(shortest_of_edges)
{
	static const double rows[] = {
		5e-324, 1e-323, 2.2250738585072009e-308,
		2.2250738585072014e-308, 1.7976931348623157e308, 1, 10, 0.1,
		0.3, 1e21, 1e22, 1e23, 9007199254740991, 9007199254740992,
		9007199254740994, 9.5367431640625e-07, 123456789012345680,
		0.000001, 1e-7, 4.35, 4.349999999999999, 2e-44, 1e15, 1e16,
		123e-9, 5e-5, 8.41e21, 9.007199254740993e15, 2.0019531250000004
	};
	uint64_t e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		shortest_is_right(rows[i]);
	/* every power of two and its neighbours */
	for (e = 1; e < 0x7ff; e++) {
		shortest_is_right(num_from_bits(e << 52));
		shortest_is_right(num_from_bits((e << 52) - 1));
		shortest_is_right(num_from_bits((e << 52) + 1));
	}
}
END_TEST

START_TEST(shortest_of_any)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		double v = num_from_bits(next_random() & ~(1ULL << 63));

		if (isfinite(v) && v != 0)
			shortest_is_right(v);
	}
}
END_TEST

/* m / 10^k: what people and exporters write. */
START_TEST(shortest_of_decimals)
{
	static const double pow10[] = { 1, 10, 1e2, 1e3, 1e4, 1e6, 1e9 };
	int i;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t r = next_random();

		shortest_is_right((double)(r % 1000000000000000 + 1) /
		    pow10[r >> 60 & 3]);
		shortest_is_right((double)(r % 1000000 + 1) /
		    pow10[r >> 50 & 7 ? 4 : 6]);
	}
}
END_TEST

static void
parses_as_strtod(const char *text)
{
	double got = -1, want = strtod(text, NULL);

	must(num_parse_double(str_of(text), &got), "%s", text);
	must(num_bits(got) == num_bits(want), "%s: %a, not %a", text,
	    got, want);
	if (num_scan(text, text + strlen(text), &got) != NULL)
		must(num_bits(got) == num_bits(want), "%s", text);
}

START_TEST(parse_of_any)
{
	char text[128];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t r = next_random();
		double v = num_from_bits(r);

		if (!isfinite(v))
			continue;
		(void)snprintf(text, sizeof(text), "%.17g", v);
		parses_as_strtod(text);
		(void)snprintf(text, sizeof(text), "%.*e", (int)(r % 40), v);
		parses_as_strtod(text);
		(void)snprintf(text, sizeof(text), "%llu.%llue%d",
		    (unsigned long long)(r >> 20),
		    (unsigned long long)next_random(),
		    (int)(r % 700) - 350);
		parses_as_strtod(text);
	}
}
END_TEST

/* Exactly between two doubles, and just beside. */
START_TEST(parse_of_midpoints)
{
	char text[1200];
	int i;

	for (i = 0; i < 20000; i++) {
		uint64_t r = next_random();
		double v = ldexp((double)(r >> 11), (int)(r % 60) - 30);
		double up = nextafter(v, INFINITY);
		long double mid = ((long double)v + (long double)up) / 2;

		(void)snprintf(text, sizeof(text), "%.60Lf", mid);
		parses_as_strtod(text);
		(void)snprintf(text, sizeof(text), "%.60Lf1", mid);
		parses_as_strtod(text);
	}
}
END_TEST

START_TEST(parse_of_edges)
{
	static const char *const rows[] = {
		"0", "-0", "0.0", "1e0", "1e-400", "1e400", "-1e400",
		"4.9e-324", "2.4703282292062327e-324",
		"2.4703282292062328e-324", "2.2250738585072011e-308",
		"1.7976931348623158e308", "1.7976931348623159e308",
		"9007199254740993", "9007199254740993.00000000000000000001",
		"179769313486231580793e289", "0.000000000000000000000000001",
		"18446744073709551615", "18446744073709551616",
		"100000000000000000000000000000000000000000",
		"1e99999999999", "0e99999999999", "1.e2", ".5", "8.",
		"6.02214076e23", "7.424100000000001e-05",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		parses_as_strtod(rows[i]);
}
END_TEST

/* What is no JSON number, and where one ends. */
static const struct { const char *text; int behind; } scans[] = {
	{ "1", 1 }, { "12,3", 2 }, { "-0]", 2 }, { "0.5e-3x", 6 },
	{ "1e5", 3 }, { "01", -1 }, { "-", -1 }, { ".5", -1 }, { "1.", -1 },
	{ "1e", -1 }, { "1e+", -1 }, { "+1", -1 }, { "", -1 }, { "x", -1 },
	{ "1.5.5", 3 }, { "0x10", 1 },
};

START_TEST(scan_ends)
{
	const char *text = scans[_i].text, *behind;
	double v;

	behind = num_scan(text, text + strlen(text), &v);
	if (scans[_i].behind == -1)
		ck_assert_ptr_null(behind);
	else
		ck_assert_ptr_eq(behind, text + scans[_i].behind);
}
END_TEST

/* ---------------------------------------------------- the table, once more */

#define WORDS	48		/* 32 bits each: up to 2^1536 */

struct big { uint32_t w[WORDS]; };	/* lowest first */

static void
big_mul10(struct big *b)
{
	uint64_t carry = 0;
	size_t i;

	for (i = 0; i < WORDS; i++) {
		carry += (uint64_t)b->w[i] * 10;
		b->w[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static void
big_div10(struct big *b)
{
	uint64_t rest = 0;
	size_t i;

	for (i = WORDS; i-- > 0; ) {
		rest = rest << 32 | b->w[i];
		b->w[i] = (uint32_t)(rest / 10);
		rest %= 10;
	}
}

static int
big_bit(const struct big *b, int i)
{
	return i < 0 ? 0 : (int)(b->w[i / 32] >> (i % 32) & 1);
}

/* The 128 bits from the highest one on. */
static struct pow10
big_top(const struct big *b)
{
	struct pow10 p = { 0, 0 };
	int top = WORDS * 32 - 1, i;

	while (!big_bit(b, top))
		top--;
	for (i = 0; i < 128; i++) {
		p.hi = p.hi << 1 | p.lo >> 63;
		p.lo = p.lo << 1 | (uint64_t)big_bit(b, top - i);
	}
	return p;
}

/*
 * Upwards exactly; downwards from 2^1535, whose repeated division cuts far
 * below the 128 bits that count (floor(floor(x / 10) / 10) = floor(x / 100)).
 */
START_TEST(table_of_powers)
{
	struct big up = { { 1 } }, down = { { 0 } };
	struct pow10 p;
	int k;

	for (k = 0; k <= POW10_MAX; k++, big_mul10(&up)) {
		p = big_top(&up);
		ck_assert_uint_eq(p.hi, pow10_table[k - POW10_MIN].hi);
		ck_assert_uint_eq(p.lo, pow10_table[k - POW10_MIN].lo);
	}
	down.w[WORDS - 1] = UINT32_C(1) << 31;
	for (k = -1; k >= POW10_MIN; k--) {
		big_div10(&down);
		p = big_top(&down);
		ck_assert_uint_eq(p.hi, pow10_table[k - POW10_MIN].hi);
		ck_assert_uint_eq(p.lo, pow10_table[k - POW10_MIN].lo);
	}
}
END_TEST

static const struct { double v; enum num_form form; const char *text; }
prints[] = {
	{ 0, NUM_JSON, "0" }, { -0.0, NUM_JSON, "-0" },
	{ 1e21, NUM_JSON, "1e+21" }, { 1e20, NUM_JSON, "100000000000000000000" },
	{ 1e-6, NUM_JSON, "0.000001" }, { 1e-7, NUM_JSON, "1e-7" },
	{ 1.5e300, NUM_JSON, "1.5e+300" }, { 123456.789, NUM_GO_G, "123456.789" },
	{ 1e6, NUM_GO_G, "1e+06" }, { 1e5, NUM_GO_G, "100000" },
	{ 1e-5, NUM_GO_G, "1e-05" }, { 0.0001, NUM_GO_G, "0.0001" },
	{ 1e21, NUM_GO_F, "1000000000000000000000" },
	{ 5e-7, NUM_GO_F, "0.0000005" }, { INFINITY, NUM_GO_F, "+Inf" },
	{ 1234567, NUM_GO_G, "1.234567e+06" },
};

START_TEST(printing)
{
	struct buf out = { 0 };

	num_print(&out, prints[_i].v, prints[_i].form);
	ck_assert_str_eq(buf_cstr(&out), prints[_i].text);
	buf_release(&out);
}
END_TEST

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("num");
	TCase *tc = tcase_create("doubles");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, shortest_of_edges);
	tcase_add_test(tc, shortest_of_any);
	tcase_add_test(tc, shortest_of_decimals);
	tcase_add_test(tc, parse_of_any);
	tcase_add_test(tc, parse_of_midpoints);
	tcase_add_test(tc, parse_of_edges);
	tcase_add_loop_test(tc, scan_ends, 0, COUNT(scans));
	tcase_add_test(tc, table_of_powers);
	tcase_add_loop_test(tc, printing, 0, COUNT(prints));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
