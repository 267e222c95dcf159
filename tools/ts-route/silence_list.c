/*
 * ts-route silence list: which silences, and how they are shown.
 */
#include "silence_list.h"

#include <stdlib.h>

#include "core/dur.h"
#include "json/write.h"
#include "run.h"
#include "table.h"

int
matchers_of_args(int argc, char **argv, struct arena *a,
    struct silence_matchers *out, struct err *e)
{
	struct err first;
	int i;

	out->p = ARENA_ARRAY(a, (size_t)argc + 1, struct matcher);
	for (i = 0; i < argc; i++, out->n++) {
		if (matcher_parse(str_of(argv[i]), MATCHER_FALLBACK, a,
		    &out->p[i], NULL, &first) == 0)
			continue;
		if (i > 0 || strpbrk(argv[i], "=~{}") != NULL) {
			*e = first;
			return -1;
		}
		if (matcher_init(&out->p[i], MATCH_EQ, STR("alertname"),
		    str_of(argv[i]), 0, e) == -1)
			return -1;
	}
	return 0;
}

struct listing {
	struct tool *t;
	const struct route_tool *rt;
	struct silence_matchers filter;
	int64_t now, within;
	const struct silence **row;
	size_t n;
};

static bool
has_matcher(const struct silence *sil, const struct matcher *want)
{
	size_t i, k;

	for (i = 0; i < sil->nsets; i++)
		for (k = 0; k < sil->set[i].n; k++)
			if (sil->set[i].p[k].op == want->op &&
			    str_eq(sil->set[i].p[k].name, want->name) &&
			    str_eq(sil->set[i].p[k].value, want->value))
				return true;
	return false;
}

static bool
is_wanted(const struct listing *l, const struct silence *sil)
{
	bool expired = silence_state_at(sil, l->now) == SILENCE_EXPIRED;
	size_t i;

	if (expired != l->rt->expired)
		return false;
	if (l->within != 0 && (expired ? sil->ends_at < l->now - l->within :
	    sil->ends_at > l->now + l->within))
		return false;
	for (i = 0; i < l->filter.n; i++)
		if (!has_matcher(sil, &l->filter.p[i]))
			return false;
	return true;
}

static int
cmp_ends(const void *a, const void *b)
{
	const struct silence *x = *(const struct silence *const *)a;
	const struct silence *y = *(const struct silence *const *)b;

	if (x->ends_at != y->ends_at)
		return x->ends_at < y->ends_at ? -1 : 1;
	if (x->starts_at != y->starts_at)
		return x->starts_at < y->starts_at ? -1 : 1;
	return str_cmp(x->id, y->id);
}

/*
 * Matchers, and between the sets of one silence "or"; braced as in a selector
 * in the extended form.
 */
static struct str
matchers_text(const struct silence *sil, bool braced, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	size_t i, k;

	for (i = 0; i < sil->nsets; i++) {
		(void)buf_put(&b, i ? STR(" or ") : STR_NONE);
		(void)buf_put(&b, braced ? STR("{") : STR_NONE);
		for (k = 0; k < sil->set[i].n; k++) {
			if (k > 0)
				(void)buf_putc(&b, braced ? ',' : ' ');
			matcher_print(&sil->set[i].p[k], &b);
		}
		(void)buf_put(&b, braced ? STR("}") : STR_NONE);
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str
time_text(int64_t ms, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	time_print_rfc3339(&b, ms - ms % 1000);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* The forms of amtool: simple and extended. */
static void
put_rows(const struct silence *const *row, size_t n, bool extended,
    struct arena *a, struct buf *out)
{
	static const char *const simple[] = { "ID", "Matchers", "Ends At",
	    "Created By", "Comment" };
	static const char *const all[] = { "ID", "Matchers", "Starts At",
	    "Ends At", "Updated At", "Created By", "Comment" };
	struct table t;
	size_t i;

	table_init(&t, extended ? all : simple, extended ? 7 : 5, n, a);
	for (i = 0; i < n; i++) {
		table_add(&t, row[i]->id);
		table_add(&t, matchers_text(row[i], extended, a));
		if (extended)
			table_add(&t, time_text(row[i]->starts_at, a));
		table_add(&t, time_text(row[i]->ends_at, a));
		if (extended)
			table_add(&t, time_text(row[i]->updated_at, a));
		table_add(&t, row[i]->created_by);
		table_add(&t, row[i]->comment);
	}
	table_put(&t, out);
}

static void
put_json(const struct silence *const *row, size_t n, int64_t now,
    struct buf *out)
{
	size_t i;

	(void)buf_putc(out, '[');
	for (i = 0; i < n; i++) {
		(void)buf_put(out, i ? STR(",") : STR_NONE);
		silence_print(row[i], now, out);
	}
	(void)buf_put(out, STR("]\n"));
}

int
silences_show(struct tool *t, const struct silence *const *row, size_t n,
    int64_t now)
{
	static const char *const forms[] = { "table", "json", "extended",
	    "simple" };
	struct buf *out = io_writer_buf(t->out);
	struct arena a = { 0 };
	int form = tool_output(t, forms, 4);
	size_t i;

	if (form == -1)
		return EXIT_USAGE;
	if (form == 1)
		put_json(row, n, now, out);
	else if (!t->quiet)
		put_rows(row, n, form == 2, &a, out);
	else
		for (i = 0; i < n; i++)
			(void)buf_printf(out, STR_FMT "\n",
			    STR_ARG(row[i]->id));
	arena_free(&a);
	return EXIT_YES;
}

static int
put_list(struct listing *l, const struct silences *all, struct arena *a)
{
	struct map_entry *me;
	size_t at = 0;

	l->row = arena_array(a, all->by_id.n + 1, sizeof(*l->row));
	while ((me = map_next(&all->by_id, &at)) != NULL)
		if (is_wanted(l, me->value))
			l->row[l->n++] = me->value;
	qsort(l->row, l->n, sizeof(*l->row), cmp_ends);
	return silences_show(l->t, l->row, l->n, l->now);
}

int
silence_list(struct tool *t, int argc, char **argv)
{
	struct listing l = { .t = t, .rt = t->self };
	struct silences all = { 0 };
	struct arena a = { 0 };
	struct state *st = NULL;
	struct err e = { 0 };
	int status = EXIT_USAGE;

	if (t->state == NULL)
		return tool_usage(t, "silence needs -s");
	l.now = clk_now(&t->clk);
	if (l.rt->within && !dur_parse(str_of(l.rt->within), &l.within)) {
		diag("bad --within '%s'", l.rt->within);
		goto out;
	}
	if (matchers_of_args(argc, argv, &a, &l.filter, &e) == -1) {
		diag_err(&e);
		goto out;
	}
	status = EXIT_TROUBLE;
	st = state_open_read(str_of(t->state), SILENCES_STATE, &e);
	if (st == NULL || silences_load(&all, st, &e) == -1)
		diag_err(&e);
	else
		status = put_list(&l, &all, &a);
out:
	matchers_release(l.filter.p, l.filter.n);
	silences_release(&all);
	state_close(st);
	arena_free(&a);
	return tool_finish(t, status);
}
