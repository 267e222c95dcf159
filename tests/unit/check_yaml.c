/*
 * The tree, positions inside scalars of every style, what is refused and
 * where, limits, and rows.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "yaml/fields.h"

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

static struct arena arena;

static void
teardown(void)
{
	arena_free(&arena);
	arena = (struct arena){ 0 };
}

static const struct ynode *
load(const char *text, struct err *e)
{
	*e = (struct err){ 0 };
	return yaml_load(str_of(text), "t.yml", &arena, e);
}

static const struct { const char *text; unsigned line, col; const char *why; }
bad_rows[] = {
	{ "a: 1\n\tb: 2\n", 2, 1, "tab" },
	{ "a: 1\nb: 2\na: 3\n", 3, 1, "key 'a' already set in map" },
	{ "{a: 1, a: 2}", 1, 8, "key 'a' already set in map" },
	{ "a:\n  - b\n - c\n", 3, 2, "did not find expected key" },
	{ "a: b: c\n", 1, 5, "mapping values are not allowed" },
	{ "a: *y\n", 1, 4, "unknown anchor 'y' referenced" },
	{ "a: &x [*x]\n", 1, 8, "anchor 'x' value contains itself" },
	{ "a: &x\n  b: *x\n", 2, 6, "anchor 'x' value contains itself" },
	{ "k: \"\xff\"\n", 1, 5, "UTF-8" },
	{ "\xc3\xa9: \"\\q\"\n", 1, 6, "unknown escape character" },
	{ "a: !!binary \"/w==x\"\n", 1, 4, "invalid base64" },
	{ "<<: 1\n", 1, 5, "map merge requires map" },
	{ "? [a]\n: b\n", 1, 3, "a key must be a scalar" },
	{ "a: 'x\n", 2, 1, "unexpected end of stream" }
};

START_TEST(refused)
{
	struct err e;

	ck_assert_ptr_null(load(bad_rows[_i].text, &e));
	ck_assert_str_eq(e.file, "t.yml");
	ck_assert_msg(strstr(e.msg, bad_rows[_i].why) != NULL, "%s", e.msg);
	ck_assert_uint_eq(e.line, bad_rows[_i].line);
	ck_assert_uint_eq(e.col, bad_rows[_i].col);
}
END_TEST

/* Where the X of a scalar's text stands in the file. */
static const struct { const char *text; unsigned line, col; } place_rows[] = {
	{ "k: aXb\n", 1, 5 },
	{ "k: a b\n  cXd\n", 2, 4 },
	{ "k: a\n\n  X\n", 3, 3 },
	{ "k: 'it''sX'\n", 1, 10 },
	{ "k: 'a\n  X'\n", 2, 3 },
	{ "k: \"\\u00e9\\tX\"\n", 1, 13 },
	{ "k: \"a\\\n   X\"\n", 2, 4 },
	{ "k: \"a\n\n   X\"\n", 3, 4 },
	{ "k: |\n  a\n    b\n\n  X\n", 5, 3 },
	{ "k: |2\n    a\n  X\n", 3, 3 },
	{ "k: |-  # note\n\n   a\n   X", 4, 4 },
	{ "k: >\n  a\n  b\n\n  c\n    d\n  X\n", 7, 3 },
	{ "k: >-\n  a b\n  cX\n", 3, 4 },
	{ "k: !!str aX\n", 1, 11 },
	{ "k: &n |\n  X\n", 2, 3 },
	{ "k: |\r\n  a\r\n  X\r\n", 3, 3 },
	{ "\xef\xbb\xbfk: aX\n", 1, 8 },
	{ "- \xc3\xa9 X\n", 1, 6 }
};

START_TEST(places)
{
	struct err e;
	const struct ynode *n = load(place_rows[_i].text, &e);
	unsigned line, col;
	ptrdiff_t at;

	ck_assert_msg(n != NULL, "%s", e.msg);
	n = n->child;
	at = str_find_char(n->scalar, 'X');
	ck_assert_int_ge(at, 0);
	ynode_position(n, (size_t)at, &line, &col);
	ck_assert_uint_eq(line, place_rows[_i].line);
	ck_assert_uint_eq(col, place_rows[_i].col);
}
END_TEST

START_TEST(scalars)
{
	struct err e;
	const struct ynode *n = load("a: true\nb: 'true'\nc: ~\nd:\ne: ''\n"
	    "f: 0x1F\ng: !!binary aGk=\nh: yes\n", &e);
	bool v = false;

	ck_assert(str_eq(ynode_get(n, "a")->scalar, STR("true")));
	ck_assert(ynode_bool(ynode_get(n, "a"), &v) && v);
	ck_assert(!ynode_bool(ynode_get(n, "b"), &v));
	ck_assert_int_eq(ynode_get(n, "c")->kind, Y_NULL);
	ck_assert_int_eq(ynode_get(n, "d")->kind, Y_NULL);
	ck_assert_int_eq(ynode_get(n, "e")->kind, Y_SCALAR);
	ck_assert(str_eq(ynode_get(n, "f")->scalar, STR("0x1F")));
	ck_assert(str_eq(ynode_get(n, "g")->scalar, STR("hi")));
	ck_assert(ynode_bool(ynode_get(n, "h"), &v) && v);
	ck_assert_ptr_null(ynode_get(n, "i"));
}
END_TEST

START_TEST(merge_keys)
{
	struct err e;
	const struct ynode *n = load("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\n"
	    "z:\n  <<: [*y, *x]\n  a: 3\n", &e), *z;

	ck_assert_msg(n != NULL, "%s", e.msg);
	z = ynode_get(n, "z");
	ck_assert_uint_eq(z->n, 3);
	ck_assert(str_eq(ynode_get(z, "a")->scalar, STR("3")));
	ck_assert(str_eq(ynode_get(z, "b")->scalar, STR("2")));
	ck_assert(str_eq(ynode_get(z, "c")->scalar, STR("2")));
	ck_assert_uint_eq(ynode_get(n, "x")->n, 2);
}
END_TEST

START_TEST(first_document)
{
	struct err e;
	const struct ynode *n = load("a: 1\n---\nb: 2\n", &e);

	ck_assert_uint_eq(n->n, 1);
	ck_assert_int_eq(load("", &e)->kind, Y_NULL);
	ck_assert_int_eq(load("# only\n", &e)->kind, Y_NULL);
}
END_TEST

/* Nine levels of ten aliases each stand for 10^9 nodes. */
START_TEST(billion_laughs)
{
	struct buf text = { 0 };
	struct err e;
	int i, j;

	(void)buf_put(&text, STR("a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"));
	for (i = 1; i < 10; i++) {
		(void)buf_printf(&text, "a%d: &a%d [", i, i);
		for (j = 0; j < 10; j++)
			(void)buf_printf(&text, "%s*a%d", j ? "," : "",
			    i - 1);
		(void)buf_put(&text, STR("]\n"));
	}
	ck_assert_ptr_null(load(buf_cstr(&text), &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "excessive aliasing"));
	buf_release(&text);
}
END_TEST

START_TEST(too_deep)
{
	char text[1001];
	struct err e;

	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_ptr_null(load(text, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "too deep"));
}
END_TEST

/* ---- rows ---- */

struct item { struct str name; int64_t size; };
struct block {
	struct str text, kept;
	bool on;
	int64_t count, every, bytes;
	double ratio;
	struct ystrs list;
	struct ypairs map;
	struct item sub, *ptr;
	struct ylist items;
};

#define B(member)	offsetof(struct block, member)

static const struct yfield item_rows[] = {
	YROW("name", YT_STR, offsetof(struct item, name),
	    .flags = YF_REQUIRED),
	YROW("size", YT_SIZE, offsetof(struct item, size), .dflt = "1KB")
};

static const struct yfields item_fields = {
	.name = "item", .size = sizeof(struct item), .row = item_rows, .n = 2
};

static const struct yfield block_rows[] = {
	YROW("text", YT_STR, B(text), .dflt = "none"),
	YROW("kept", YT_STR, B(kept), .dflt = "x", .flags = YF_NULL_EMPTY),
	YROW("on", YT_BOOL, B(on), .dflt = "true"),
	YROW("count", YT_INT, B(count)),
	YROW("every", YT_DURATION, B(every), .dflt = "1m30s"),
	YROW("bytes", YT_SIZE, B(bytes)),
	YROW("ratio", YT_DOUBLE, B(ratio)),
	YROW("list", YT_STRLIST, B(list)),
	YROW("map", YT_STRMAP, B(map)),
	YROW("sub", YT_STRUCT, B(sub), .sub = &item_fields),
	YROW("ptr", YT_STRUCT_PTR, B(ptr), .sub = &item_fields),
	YROW("items", YT_LIST, B(items), .sub = &item_fields)
};

static const struct yfields block_fields = {
	.name = "block", .size = sizeof(struct block), .row = block_rows,
	.n = sizeof(block_rows) / sizeof(block_rows[0])
};

START_TEST(rows_decode)
{
	struct err e;
	struct block b;
	const struct ynode *n = load("text:\nkept:\non: off\ncount: 1_000\n"
	    "bytes: 2MiB\nratio: .5\nlist: [a, 1]\nmap: {k: v, n: 1}\n"
	    "items: [{name: i}, {name: j, size: 3B}]\n", &e);
	const struct item *it;

	ck_assert_msg(yaml_decode(n, &block_fields, &b, &arena, &e) == 0,
	    "%s", e.msg);
	ck_assert(str_eq(b.text, STR("none")));
	ck_assert_uint_eq(b.kept.n, 0);
	ck_assert(!b.on);
	ck_assert_int_eq(b.count, 1000);
	ck_assert_int_eq(b.every, 90000);
	ck_assert_int_eq(b.bytes, 2 << 20);
	ck_assert(b.ratio == 0.5);
	ck_assert_uint_eq(b.list.n, 2);
	ck_assert(str_eq(b.list.p[1], STR("1")));
	ck_assert(str_eq(b.map.p[0].key, STR("k")));
	ck_assert_int_eq(b.sub.size, 1024);
	ck_assert_ptr_null(b.ptr);
	it = b.items.p;
	ck_assert_uint_eq(b.items.n, 2);
	ck_assert_int_eq(it[0].size, 1024);
	ck_assert_int_eq(it[1].size, 3);
}
END_TEST

static const struct { const char *text; unsigned line, col; const char *why; }
wrong_rows[] = {
	{ "texxt: a", 1, 1,
	    "unknown field 'texxt' in block, did you mean 'text'?" },
	{ "cuont: 1", 1, 1, "did you mean 'count'?" },
	{ "zzz: 1", 1, 1, "unknown field 'zzz' in block" },
	{ "on: 'true'", 1, 5, "'true' is not true or false" },
	{ "count: x", 1, 8, "'x' is not an integer" },
	{ "count: '1'", 1, 8, "'1' is not an integer" },
	{ "count: 1.5", 1, 8, "'1.5' is not an integer" },
	{ "ratio: [1]", 1, 8, "must be a number, not a list" },
	{ "every: 5 minutes", 1, 8, "not a valid duration string: "
	    "\"5 minutes\"" },
	{ "bytes: 100", 1, 8, "not a valid size" },
	{ "text: {a: b}", 1, 7, "must be a string, not a mapping" },
	{ "list: a", 1, 7, "'a' is not a list of strings" },
	{ "map: [a]", 1, 6, "must be a mapping of strings, not a list" },
	{ "map: {a: [b]}", 1, 10, "must be a string, not a list" },
	{ "items:\n- size: 1B", 2, 3, "missing field 'name' in item" },
	{ "items:\n-\n", 2, 2, "empty or null item in 'items'" },
	{ "ptr: 1", 1, 6, "item must be a mapping" },
	{ "[a]", 1, 1, "block must be a mapping, not a list" }
};

START_TEST(rows_refuse)
{
	struct err e;
	struct block b;
	const struct ynode *n = load(wrong_rows[_i].text, &e);

	ck_assert_msg(n != NULL, "%s", e.msg);
	ck_assert_int_eq(yaml_decode(n, &block_fields, &b, &arena, &e), -1);
	ck_assert_msg(strstr(e.msg, wrong_rows[_i].why) != NULL, "%s", e.msg);
	ck_assert_str_eq(e.file, "t.yml");
	ck_assert_uint_eq(e.line, wrong_rows[_i].line);
	ck_assert_uint_eq(e.col, wrong_rows[_i].col);
}
END_TEST

START_TEST(pruned)
{
	struct err e;
	struct block b;
	const struct ynode *n = load("x: 1\ntext: a\n"
	    "items: [{name: i, y: 2}]\n", &e);

	n = yaml_prune(n, &block_fields, &arena);
	ck_assert_msg(yaml_decode(n, &block_fields, &b, &arena, &e) == 0,
	    "%s", e.msg);
	ck_assert(str_eq(b.text, STR("a")));
	ck_assert_uint_eq(b.items.n, 1);
}
END_TEST

static const struct { unsigned line, col; const char *keys, *items; }
without_rows[] = {
	{ 1, 1, "list map", "1 2 3" },		/* a key with a scalar */
	{ 1, 4, "list map", "1 2 3" },
	{ 3, 5, "a list map", "2 3" },		/* the first item */
	{ 4, 5, "a list map", "1 3" },
	{ 5, 9, "a list map", "1 2" },		/* in the last one */
	{ 2, 1, "a map", "" },			/* the key of a list */
	{ 6, 1, "a list", "1 2 3" },		/* the key of a mapping */
	{ 6, 9, NULL, NULL },			/* in a mapping */
};

START_TEST(without)
{
	struct err e;
	const struct ynode *n = load("a: 1\nlist:\n  - {x: 1}\n"
	    "  - {x: 2}\n  - {x: 3}\nmap: {b: c}\n", &e), *c;
	char keys[64] = "", items[64] = "";

	n = yaml_without(n, without_rows[_i].line, without_rows[_i].col,
	    &arena);
	ck_assert_int_eq(n == NULL, without_rows[_i].keys == NULL);
	if (n == NULL)
		return;
	for (c = n->child; c != NULL; c = c->next)
		(void)snprintf(keys + strlen(keys), sizeof(keys) -
		    strlen(keys), STR_FMT "%s", STR_ARG(c->key->scalar),
		    c->next ? " " : "");
	c = ynode_get(n, "list");
	for (c = c ? c->child : NULL; c != NULL; c = c->next)
		(void)snprintf(items + strlen(items), sizeof(items) -
		    strlen(items), STR_FMT "%s",
		    STR_ARG(ynode_get(c, "x")->scalar), c->next ? " " : "");
	ck_assert_str_eq(keys, without_rows[_i].keys);
	ck_assert_str_eq(items, without_rows[_i].items);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("yaml");
	TCase *tc = tcase_create("yaml");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, refused, 0, COUNT(bad_rows));
	tcase_add_loop_test(tc, places, 0, COUNT(place_rows));
	tcase_add_test(tc, scalars);
	tcase_add_test(tc, merge_keys);
	tcase_add_test(tc, first_document);
	tcase_add_test(tc, billion_laughs);
	tcase_add_test(tc, too_deep);
	tcase_add_test(tc, rows_decode);
	tcase_add_loop_test(tc, rows_refuse, 0, COUNT(wrong_rows));
	tcase_add_test(tc, pruned);
	tcase_add_loop_test(tc, without, 0, COUNT(without_rows));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
