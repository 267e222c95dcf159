#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/ts-scrape/cache.h"

/*
 * The cache against a plain model, on random pages: lines of a small universe
 * in any order, repeated, several of them one series, some dropped, some with
 * their own timestamps.
 */
#define LINES	14
#define SERIES	10
#define ROUNDS	4000

struct model {
	bool was[SERIES], is[SERIES];	/* tracked: gets a marker */
	bool seen[SERIES];		/* on this page, tracked or not */
	bool gone[SERIES];		/* what the cache said */
};

/* Line i belongs to series i % SERIES; 3 is dropped, 5 has timestamps. */
static enum slot_kind
first_kind(int line)
{
	int s = line % SERIES;

	return s == 3 ? SLOT_DROPPED : s == 5 ? SLOT_TIMED : SLOT_SERIES;
}

#define TEXT_ROOM	16

static struct str
text_of(char room[TEXT_ROOM], const char *word, int n)
{
	return (struct str){ room,
	    (size_t)snprintf(room, TEXT_ROOM, "%s%d", word, n) };
}

static void
same(void *arg, struct str out, struct buf *b)
{
	(void)arg;
	(void)buf_put(b, out);
}

static void
on_gone(void *arg, struct str out)
{
	struct model *m = arg;
	int s = out.p[out.n - 1] - '0';

	ck_assert(!m->gone[s]);
	m->gone[s] = true;
}

static enum slot_kind
expected_kind(struct model *m, int line)
{
	enum slot_kind kind = first_kind(line);
	int s = line % SERIES;

	if (kind == SLOT_SERIES && m->seen[s])
		kind = SLOT_DUPLICATE;
	if (kind == SLOT_SERIES)
		m->is[s] = true;
	m->seen[s] = true;
	return kind;
}

static void
read_line(struct cache_pass *p, struct model *m, int line)
{
	char raw[TEXT_ROOM], out[TEXT_ROOM];
	struct cache_line l = { .raw = text_of(raw, "line", line),
	    .timed = first_kind(line) == SLOT_TIMED };
	struct cache_hit hit = { 0 };
	int s = line % SERIES;
	bool is_new = false, added = false;

	if (!cache_find(p, &l, &hit)) {
		hit.out = first_kind(line) == SLOT_DROPPED ? STR_NONE :
		    text_of(out, "s", s);
		hit.kind = cache_add(p, &l, first_kind(line), hit.out,
		    &is_new);
		added = true;
	}
	ck_assert_int_eq(hit.kind, expected_kind(m, line));
	if (hit.kind == SLOT_SERIES) {
		ck_assert(str_eq(hit.out, text_of(out, "s", s)));
		if (added)
			ck_assert_int_eq(is_new, !m->was[s]);
	}
}

/* Mostly the page of before with a change or two, as real ones are. */
static int
next_page(int *page, int n)
{
	int i, k, changes = rand() % 4;

	for (i = 0; i < changes; i++) {
		switch (n ? rand() % 4 : 0) {
		case 0:
			page[n++] = rand() % LINES;
			break;
		case 1:
			page[rand() % n] = rand() % LINES;
			break;
		case 2:
			k = rand() % n;
			memmove(page + k, page + k + 1,
			    (size_t)(--n - k) * sizeof(*page));
			break;
		case 3:
			k = rand() % n;
			page[n] = page[k];
			page[k] = page[rand() % n];
			n += n < 20;
			break;
		}
		if (n > 24)
			n = 3;
	}
	return n;
}

START_TEST(equals_the_model)
{
	struct cache_pass p = { 0 };
	struct cache c = { 0 };
	struct model m = { 0 };
	int page[64], n = 0, round, i;

	srand(3);
	for (round = 0; round < ROUNDS; round++) {
		memset(m.is, 0, sizeof(m.is));
		memset(m.seen, 0, sizeof(m.seen));
		memset(m.gone, 0, sizeof(m.gone));
		n = next_page(page, n);
		c.distrust = rand() % 50 == 0;
		if (rand() % 40 == 0) {
			cache_begin(&p, &c, same, &m);
			cache_fail(&p, on_gone, &m);
		} else {
			cache_begin(&p, &c, same, &m);
			for (i = 0; i < n; i++)
				read_line(&p, &m, page[i]);
			(void)cache_end(&p, on_gone, &m);
		}
		for (i = 0; i < SERIES; i++)
			ck_assert_int_eq(m.gone[i], m.was[i] && !m.is[i] &&
			    !(m.seen[i] && first_kind(i) == SLOT_TIMED));
		memcpy(m.was, m.is, sizeof(m.was));
	}
	cache_release(&c);
	cache_pass_release(&p);
}
END_TEST

static void
count(void *arg, struct str out)
{
	(void)out;
	++*(int *)arg;
}

/* An unchanged page is not a change, and a shorter one is. */
START_TEST(tells_change)
{
	static const struct { int n; bool changed; } rows[] = {
		{ 5, true }, { 5, false }, { 5, false }, { 4, true },
		{ 4, false }, { 0, true }, { 0, false }, { 6, true },
	};
	struct cache_pass p = { 0 };
	struct cache c = { 0 };
	struct model m = { 0 };
	size_t i;
	int k, series;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&m, 0, sizeof(m));
		cache_begin(&p, &c, same, &m);
		for (k = 0; k < rows[i].n; k++) {
			char raw[TEXT_ROOM];
			struct cache_line l = { .raw = text_of(raw, "line",
			    k) };
			struct cache_hit hit;
			bool is_new;

			if (!cache_find(&p, &l, &hit))
				(void)cache_add(&p, &l, SLOT_SERIES, l.raw,
				    &is_new);
		}
		ck_assert_int_eq(cache_end(&p, on_gone, &m), rows[i].changed);
		series = 0;
		cache_each(&c, count, &series);
		ck_assert_int_eq(series, rows[i].n);
	}
	cache_release(&c);
	cache_pass_release(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("scrape cache");
	TCase *t = tcase_create("cache");
	SRunner *r;
	int bad;

	tcase_add_test(t, equals_the_model);
	tcase_add_test(t, tells_change);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
