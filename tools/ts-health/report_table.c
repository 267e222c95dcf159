/*
 * report_table: for a terminal; the worst first.
 */
#include "report.h"

#include <math.h>
#include <stdlib.h>

#include "core/utf8.h"

static int
rank(const struct outcome *o)
{
	enum check_status s = o->result->status;

	return s == CHECK_FAIL ? 0 : s == CHECK_UNKNOWN ? 1 :
	    s == CHECK_WARN ? 2 : 3;
}

/* Among equals the order of the configuration stays. */
static int
cmp_outcomes(const void *a, const void *b)
{
	const struct outcome *x = *(const struct outcome *const *)a;
	const struct outcome *y = *(const struct outcome *const *)b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	return (x > y) - (x < y);
}

static void
put_padded(struct buf *out, struct str s, size_t width)
{
	size_t w = utf8_columns(s), i;

	/* The target of an ad-hoc check may hold anything. */
	for (i = 0; i < s.n; i++)
		(void)buf_putc(out, (unsigned char)s.p[i] < ' ' ||
		    s.p[i] == 0x7f ? '?' : s.p[i]);
	for (; w < width; w++)
		(void)buf_putc(out, ' ');
	(void)buf_put(out, STR("  "));
}

static struct str
seconds_text(const struct report *r, const struct outcome *o)
{
	if (isnan(o->result->seconds))
		return STR("-");
	return arena_printf(r->arena, "%.3fs", o->result->seconds);
}

static const char *const colors[] = {
	[CHECK_OK] = "\033[32m", [CHECK_WARN] = "\033[33m",
	[CHECK_FAIL] = "\033[31m", [CHECK_UNKNOWN] = "\033[35m",
};

static void
put_row(const struct report *r, const struct outcome *o, const size_t *width,
    struct buf *out)
{
	enum check_status s = o->result->status;

	if (r->color)
		(void)buf_put(out, str_of(colors[s]));
	put_padded(out, str_of(check_status_name(s)), width[0]);
	if (r->color)
		(void)buf_put(out, STR("\033[0m"));
	put_padded(out, o->check->name, width[1]);
	put_padded(out, str_of(o->check->kind->name), width[2]);
	put_padded(out, seconds_text(r, o), width[3]);
	(void)buf_put(out, outcome_text(o));
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
	(void)buf_putc(out, '\n');
}

static void
widen(size_t *width, struct str s)
{
	size_t w = utf8_columns(s);

	if (w > *width)
		*width = w;
}

void
report_table(const struct report *r, struct buf *out)
{
	static const char *const heads[] = { "STATUS", "CHECK", "KIND",
	    "TIME" };
	const struct outcome **sorted = ARENA_ARRAY(r->arena, r->n + 1,
	    const struct outcome *);
	size_t width[4] = { 6, 5, 4, 4 }, i;

	for (i = 0; i < r->n; i++) {
		sorted[i] = &r->outcome[i];
		widen(&width[0], str_of(check_status_name(
		    sorted[i]->result->status)));
		widen(&width[1], sorted[i]->check->name);
		widen(&width[2], str_of(sorted[i]->check->kind->name));
		widen(&width[3], seconds_text(r, sorted[i]));
	}
	qsort(sorted, r->n, sizeof(*sorted), cmp_outcomes);
	for (i = 0; i < 4; i++)
		put_padded(out, str_of(heads[i]), width[i]);
	(void)buf_put(out, STR("MESSAGE\n"));
	for (i = 0; i < r->n; i++)
		put_row(r, sorted[i], width, out);
}
