#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/dur.h"
#include "core/hash.h"
#include "core/heap.h"
#include "core/map.h"
#include "core/num.h"
#include "core/utf8.h"

static const struct { const char *text; bool ok; int64_t ms; } dur_rows[] = {
	{ "0", true, 0 }, { "5m", true, 300000 }, { "1h30m", true, 5400000 },
	{ "1y2w3d4h5m6s7ms", true, DUR_YEAR + 2 * DUR_WEEK + 3 * DUR_DAY +
	    4 * DUR_HOUR + 5 * DUR_MINUTE + 6007 },
	{ "", false, 0 }, { "5", false, 0 }, { "5m1h", false, 0 },
	{ "5m5m", false, 0 }, { "1.5h", false, 0 }, { "-1m", false, 0 },
	{ "300y", false, 0 }, { "m", false, 0 },
};

START_TEST(dur_parses)
{
	int64_t ms = -1;
	bool ok = dur_parse(str_of(dur_rows[_i].text), &ms);

	ck_assert_int_eq(ok, dur_rows[_i].ok);
	if (ok)
		ck_assert_int_eq(ms, dur_rows[_i].ms);
}
END_TEST

START_TEST(arena_joins)
{
	struct arena a = { 0 };
	struct str s = ARENA_JOIN(&a, STR("one"), STR_NONE, STR(""), STR("two"));

	ck_assert_str_eq(s.p, "onetwo");
	ck_assert_uint_eq(s.n, 6);
	s = ARENA_JOIN(&a, STR_NONE);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_str_eq(s.p, "");
	arena_free(&a);
}
END_TEST

static const struct { int64_t ms; const char *text, *go; } dur_print_rows[] = {
	{ 0, "0s", "0s" }, { 5400000, "1h30m", "1h30m0s" },
	{ DUR_WEEK, "1w", "168h0m0s" }, { 8 * DUR_DAY, "8d", "192h0m0s" },
	{ DUR_YEAR, "1y", "8760h0m0s" }, { 1500, "1s500ms", "1.5s" },
	{ 250, "250ms", "250ms" },
};

START_TEST(dur_prints)
{
	struct buf b = { 0 };

	dur_print(&b, dur_print_rows[_i].ms);
	ck_assert_str_eq(buf_cstr(&b), dur_print_rows[_i].text);
	buf_reset(&b);
	dur_print_go(&b, dur_print_rows[_i].ms);
	ck_assert_str_eq(buf_cstr(&b), dur_print_rows[_i].go);
	buf_release(&b);
}
END_TEST

static const struct { const char *text; bool ok; int64_t ms; } time_rows[] = {
	{ "1970-01-01T00:00:00Z", true, 0 },
	{ "2023-11-14T22:13:20Z", true, INT64_C(1700000000000) },
	{ "2023-11-14T23:13:20.5+01:00", true, INT64_C(1700000000500) },
	{ "2024-02-29T00:00:00Z", true, INT64_C(1709164800000) },
	{ "2023-02-29T00:00:00Z", false, 0 }, { "2023-11-14", false, 0 },
	{ "2023-11-14T22:13:20", false, 0 }, { "1700000000", true,
	    INT64_C(1700000000000) }, { "1700000000.25", true,
	    INT64_C(1700000000250) },
};

START_TEST(time_parses)
{
	int64_t ms = -1;
	bool ok = time_parse(str_of(time_rows[_i].text), &ms);

	ck_assert_int_eq(ok, time_rows[_i].ok);
	if (ok)
		ck_assert_int_eq(ms, time_rows[_i].ms);
}
END_TEST

static const struct { int64_t ms; const char *text; } time_print_rows[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ 1768986030000, "2026-01-21T09:00:30Z" },
	{ 1768986030007, "2026-01-21T09:00:30.007Z" },
	{ 1768986030120, "2026-01-21T09:00:30.12Z" },
	{ 1768986030900, "2026-01-21T09:00:30.9Z" },
	{ -1, "1969-12-31T23:59:59.999Z" },
	{ INT64_C(-62135596800000), "0001-01-01T00:00:00Z" },
	{ INT64_C(-62198755200000), "-001-01-01T00:00:00Z" },
	{ INT64_C(253402300800000), "10000-01-01T00:00:00Z" },
};

START_TEST(time_prints)
{
	struct buf b = { 0 };

	time_print_rfc3339(&b, time_print_rows[_i].ms);
	ck_assert_str_eq(buf_cstr(&b), time_print_rows[_i].text);
	buf_release(&b);
}
END_TEST

static const struct { double v; const char *json, *g, *f; } num_rows[] = {
	{ 0, "0", "0", "0" }, { 1, "1", "1", "1" }, { -1.5, "-1.5", "-1.5",
	    "-1.5" }, { 100000, "100000", "100000", "100000" },
	{ 1e21, "1e+21", "1e+21", "1000000000000000000000" },
	{ 1e20, "100000000000000000000", "1e+20", "100000000000000000000" },
	{ 0.1, "0.1", "0.1", "0.1" }, { 0.00001, "0.00001", "1e-05",
	    "0.00001" }, { 1e-7, "1e-7", "1e-07", "0.0000001" },
	{ 0.1 + 0.2, "0.30000000000000004", "0.30000000000000004",
	    "0.30000000000000004" },
	{ 5e-324, "5e-324", "5e-324", NULL }, { 1e6, "1000000", "1e+06",
	    "1000000" }, { 123456789, "123456789", "1.23456789e+08",
	    "123456789" }, { 1700000000.123, "1700000000.123",
	    "1.700000000123e+09", "1700000000.123" },
	{ 9007199254740993.0, "9007199254740992", "9.007199254740992e+15",
	    "9007199254740992" },
};

START_TEST(num_prints)
{
	static const enum num_form form[] = { NUM_JSON, NUM_GO_G, NUM_GO_F };
	const char *want[] = { num_rows[_i].json, num_rows[_i].g,
	    num_rows[_i].f };
	size_t i;

	for (i = 0; i < 3; i++) {
		struct buf b = { 0 };

		num_print(&b, num_rows[_i].v, form[i]);
		if (want[i])
			ck_assert_str_eq(buf_cstr(&b), want[i]);
		buf_release(&b);
	}
}
END_TEST

START_TEST(num_reads_back)
{
	struct buf b = { 0 };
	uint64_t seed = 88172645463325252ULL;
	double v, back = 0;
	int i;

	for (i = 0; i < 200000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		v = num_from_bits(seed);
		if (isnan(v) || isinf(v))
			continue;
		buf_reset(&b);
		num_print(&b, v, NUM_JSON);
		ck_assert(num_parse_double(buf_str(&b), &back));
		ck_assert_msg(num_bits(v) == num_bits(back), "%.17g", v);
	}
	buf_release(&b);
}
END_TEST

static const struct { const char *text; bool ok; } decimal_rows[] = {
	{ "1", true }, { "+1.", true }, { ".5", true }, { "1e5", true },
	{ "1E-5", true }, { "", false }, { ".", false }, { "e5", false },
	{ "1e", false }, { "0x1", false }, { "1_0", false }, { "inf", false },
	{ " 1", false }, { "1 ", false }, { "123456789012345678901234", true },
};

START_TEST(num_parses)
{
	double v = 0, want;
	bool ok = num_parse_double(str_of(decimal_rows[_i].text), &v);

	ck_assert_int_eq(ok, decimal_rows[_i].ok);
	if (!ok)
		return;
	want = strtod(decimal_rows[_i].text, NULL);
	ck_assert(num_bits(v) == num_bits(want));
}
END_TEST

START_TEST(map_keeps_order)
{
	static char key[1000][8];
	struct map m = { 0 };
	struct map_entry *en;
	size_t i, at = 0, n = 0;

	for (i = 0; i < 1000; i++) {
		(void)snprintf(key[i], sizeof(key[i]), "k%zu", i);
		ck_assert_ptr_null(map_put(&m, str_of(key[i]), key[i]));
	}
	for (i = 0; i < 1000; i += 2)
		ck_assert_ptr_eq(map_del(&m, str_of(key[i])), key[i]);
	for (i = 0; i < 1000; i++)
		ck_assert_ptr_eq(map_get(&m, str_of(key[i])),
		    i % 2 ? key[i] : NULL);
	while ((en = map_next(&m, &at)) != NULL)
		ck_assert_ptr_eq(en->value, key[2 * n++ + 1]);
	ck_assert_uint_eq(n, 500);
	ck_assert_uint_eq(m.n, 500);
	for (i = 0; i < 1000; i += 2)
		(void)map_put(&m, str_of(key[i]), key[i]);
	ck_assert_uint_eq(m.n, 1000);
	map_release(&m);
}
END_TEST

struct item { int key; size_t pos; };

static bool
item_before(const void *a, const void *b)
{
	return ((const struct item *)a)->key < ((const struct item *)b)->key;
}

START_TEST(heap_sorts)
{
	static struct item it[200];
	struct heap h;
	struct item *top;
	int i, last = -1;

	heap_init(&h, item_before, offsetof(struct item, pos));
	for (i = 0; i < 200; i++) {
		it[i].key = i * 7919 % 200;
		heap_add(&h, &it[i]);
	}
	for (i = 0; i < 200; i += 3)
		heap_remove(&h, &it[i]);
	it[1].key = 1000;
	heap_moved(&h, &it[1]);
	while ((top = heap_pop(&h)) != NULL) {
		ck_assert_int_ge(top->key, last);
		last = top->key;
	}
	ck_assert_int_eq(last, 1000);
	heap_release(&h);
}
END_TEST

START_TEST(hashes_are_the_published_ones)
{
	unsigned char md5[HASH_MD5_BYTES], sha[HASH_SHA256_BYTES],
	    again[HASH_SHA256_BYTES];
	struct hash_sha256 *h;
	struct buf b = { 0 }, back = { 0 };

	ck_assert(hash_fnv(HASH_FNV_INIT, STR("a")) == 0xaf63dc4c8601ec8cULL);
	ck_assert(hash_xx64(STR("")) == 0xef46db3751d8e999ULL);
	ck_assert(hash_crc32c(0, STR("123456789")) == 0xe3069283U);
	hash_md5(STR("abc"), md5);
	hash_hex(&b, md5, sizeof(md5));
	ck_assert_str_eq(buf_cstr(&b), "900150983cd24fb0d6963f7d28e17f72");
	buf_reset(&b);
	hash_sha256(STR("abc"), sha);
	hash_hex(&b, sha, 4);
	ck_assert_str_eq(buf_cstr(&b), "ba7816bf");
	h = hash_sha256_begin();
	hash_sha256_more(h, STR("a"));
	hash_sha256_more(h, STR(""));
	hash_sha256_more(h, STR("bc"));
	hash_sha256_end(h, again);
	ck_assert_mem_eq(sha, again, sizeof(sha));
	buf_reset(&b);
	base64_put(&b, STR("any carnal pleas"));
	ck_assert_str_eq(buf_cstr(&b), "YW55IGNhcm5hbCBwbGVhcw==");
	ck_assert(base64_get(&back, buf_str(&b)));
	ck_assert_str_eq(buf_cstr(&back), "any carnal pleas");
	ck_assert(!base64_get(&back, STR("YW55I")));
	buf_release(&b);
	buf_release(&back);
}
END_TEST

static const struct { const char *text; size_t n; bool ok; } utf8_rows[] = {
	{ "abc", 3, true }, { "\xc3\xa9", 2, true }, { "\xc0\x80", 2, false },
	{ "\xed\xa0\x80", 3, false }, { "\xf0\x9f\x98\x80", 4, true },
	{ "\xf4\x90\x80\x80", 4, false }, { "a\xff", 2, false },
	{ "\xe2\x82", 2, false }, { "12345678\xc3", 9, false },
};

/* A bad byte is seen wherever it stands, a good letter does no harm. */
START_TEST(utf8_anywhere)
{
	char text[80];
	size_t n, at;

	for (n = 1; n <= sizeof(text); n++)
		for (at = 0; at < n; at++) {
			memset(text, 'a', sizeof(text));
			ck_assert(utf8_valid((struct str){ text, n }));
			text[at] = (char)0xff;
			ck_assert(!utf8_valid((struct str){ text, n }));
			memcpy(text + at, "\xc3\xa9", at + 1 < n ? 2 : 1);
			ck_assert_int_eq(utf8_valid((struct str){ text, n }),
			    at + 1 < n);
		}
}
END_TEST

START_TEST(utf8_validates)
{
	ck_assert_int_eq(utf8_valid((struct str){ utf8_rows[_i].text,
	    utf8_rows[_i].n }), utf8_rows[_i].ok);
}
END_TEST

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *s = suite_create("core");
	TCase *c = tcase_create("core");
	SRunner *r;
	int bad;

	tcase_add_test(c, arena_joins);
	tcase_add_loop_test(c, dur_parses, 0, ROWS(dur_rows));
	tcase_add_loop_test(c, dur_prints, 0, ROWS(dur_print_rows));
	tcase_add_loop_test(c, time_parses, 0, ROWS(time_rows));
	tcase_add_loop_test(c, time_prints, 0, ROWS(time_print_rows));
	tcase_add_loop_test(c, num_prints, 0, ROWS(num_rows));
	tcase_add_loop_test(c, num_parses, 0, ROWS(decimal_rows));
	tcase_add_test(c, num_reads_back);
	tcase_add_test(c, map_keeps_order);
	tcase_add_test(c, heap_sorts);
	tcase_add_test(c, hashes_are_the_published_ones);
	tcase_add_loop_test(c, utf8_validates, 0, ROWS(utf8_rows));
	tcase_add_test(c, utf8_anywhere);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
