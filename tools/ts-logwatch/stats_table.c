/* The figures for a terminal. */
#include <stdio.h>

#include "core/dur.h"
#include "plain.h"
#include "stats.h"

#define COLUMNS		100	/* where there is no terminal */
#define KEY_MIN		20
#define KEY_LEAST	8

enum figure { COUNT, ERRORS, MEAN, MEDIAN, P95, P99, MIN, MAX, NFIGURES };

/* On a narrow terminal those of the highest rank are left out first. */
static const struct { const char *title; int width, rank; }
figures[NFIGURES] = {
	[COUNT] = { "COUNT", 10, 0 },
	[ERRORS] = { "ERROR", 8, 1 },
	[MEAN] = { "MEAN", 8, 3 },
	[MEDIAN] = { "MEDIAN", 8, 5 },
	[P95] = { "P95", 8, 2 },
	[P99] = { "P99", 8, 4 },
	[MIN] = { "MIN", 8, 7 },
	[MAX] = { "MAX", 8, 6 },
};

struct layout {
	size_t key;			/* columns */
	int rank;			/* figures below it are shown */
};

static struct layout
lay_out(int columns)
{
	struct layout l = { KEY_LEAST, NFIGURES };
	int used = 0, i;

	for (; l.rank > 1; l.rank--) {
		for (used = 0, i = 0; i < NFIGURES; i++)
			used += figures[i].rank < l.rank ? figures[i].width : 0;
		if (used + KEY_MIN <= columns)
			break;
	}
	if (l.rank == 1)
		used = figures[COUNT].width;
	if (columns - used > KEY_LEAST)
		l.key = (size_t)(columns - used);
	return l;
}

static void
put_plain(struct buf *out, struct str s, size_t columns)
{
	size_t used = plain_put(out, s, columns);

	for (; used < columns; used++)
		(void)buf_putc(out, ' ');
}

/* 1.23ms, 45ms, 1.2s in seven columns. */
static void
print_seconds(char *text, size_t n, double s)
{
	if (s < 0.01)
		(void)snprintf(text, n, "%.2fms", s * 1e3);
	else if (s < 1)
		(void)snprintf(text, n, "%.0fms", s * 1e3);
	else if (s < 100)
		(void)snprintf(text, n, "%.2fs", s);
	else
		(void)snprintf(text, n, "%.0fs", s);
}

/* Cut by nothing: what is too long for its column moves the rest. */
static void
print_figure(struct stats *s, struct stats_group *g, enum figure f,
    char *text, size_t n)
{
	struct sketch *k = &g->seconds;

	text[0] = '\0';
	if (f == COUNT)
		(void)snprintf(text, n, "%llu", (unsigned long long)g->count);
	else if (f == ERRORS)
		(void)snprintf(text, n, "%.1f%%", 100 * (double)g->errors /
		    (double)g->count);
	else if (k->count > 0)
		print_seconds(text, n, f == MEAN ? sketch_mean(k) :
		    f == MEDIAN ? sketch_median(k) : f == MIN ? k->min :
		    f == MAX ? k->max : sketch_quantile(k, s->quantile,
		    f == P95 ? 95 : 99));
}

static void
put_row(struct stats *s, struct stats_group *g, const struct layout *l,
    bool color, struct buf *out)
{
	struct sketch *k = &g->seconds;
	bool slow = k->count > 0 && s->slow > 0 && sketch_mean(k) > s->slow;
	bool failing = 20 * g->errors >= g->count;
	char text[32];
	int i;

	if (color && (slow || failing))
		(void)buf_put(out, slow ? STR("\033[33m") : STR("\033[31m"));
	put_plain(out, g->key.n ? g->key : STR("(none)"), l->key);
	for (i = 0; i < (k->count > 0 ? NFIGURES : MEAN); i++) {
		if (figures[i].rank >= l->rank)
			continue;
		print_figure(s, g, (enum figure)i, text, sizeof(text));
		(void)buf_printf(out, "%*s", figures[i].width, text);
	}
	if (color && (slow || failing))
		(void)buf_put(out, STR("\033[0m"));
	(void)buf_putc(out, '\n');
}

/* Eighths of a block, so that small differences show. */
static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇",
    "█" };

static void
put_bars(const uint64_t *slot, int n, uint64_t most, struct buf *out)
{
	int i;

	for (i = 0; i < n; i++)
		(void)buf_put(out, str_of(blocks[slot[i] == 0 ? 0 :
		    1 + slot[i] * 7 / most]));
}

/* From when to when, and the bars between; below them when it is narrow. */
static void
put_histogram(const struct stats *s, int columns, struct buf *out)
{
	uint64_t slot[STATS_SLOTS] = { 0 }, most = 0;
	int n = 0, each = 1, i;
	struct buf head = { 0 }, end = { 0 }, tail = { 0 };

	for (i = 0; i < STATS_SLOTS; i++)
		if (s->slot[i] > 0)
			n = i + 1;
	if (n == 0)
		return;
	while (columns > 0 && n > each * columns)
		each++;
	for (i = 0; i < n; i++)
		slot[i / each] += s->slot[i];
	n = (n + each - 1) / each;
	for (i = 0; i < n; i++)
		most = slot[i] > most ? slot[i] : most;
	time_print_rfc3339(&head, s->from);
	time_print_rfc3339(&end, s->from + n * each * s->width);
	(void)buf_put(&tail, STR("each "));
	dur_print(&tail, each * s->width);
	(void)buf_printf(&tail, ", at most %llu\n", (unsigned long long)most);
	(void)buf_putc(out, '\n');
	if (columns == 0 || head.n + end.n + tail.n + (size_t)n + 4 <=
	    (size_t)columns) {
		(void)buf_printf(out, STR_FMT " ", STR_ARG(buf_str(&head)));
		put_bars(slot, n, most, out);
		(void)buf_printf(out, " " STR_FMT "  " STR_FMT,
		    STR_ARG(buf_str(&end)), STR_ARG(buf_str(&tail)));
	} else {
		put_bars(slot, n, most, out);
		(void)buf_printf(out, "\n" STR_FMT "\n" STR_FMT,
		    STR_ARG(buf_str(&head)), STR_ARG(buf_str(&tail)));
	}
	buf_release(&end);
	buf_release(&head);
	buf_release(&tail);
}

void
stats_table(struct stats *s, size_t top, int columns, bool color,
    struct buf *out)
{
	struct layout l = lay_out(columns > 0 ? columns : COLUMNS);
	struct arena a = { 0 };
	struct stats_group **g;
	size_t n, i;

	g = stats_sorted(s, &n, &a);
	if (color)
		(void)buf_put(out, STR("\033[1m"));
	put_plain(out, s->nby == 1 && s->route[0] ? STR("ENDPOINT") :
	    STR("BY"), l.key);
	for (i = 0; i < NFIGURES; i++)
		if (figures[i].rank < l.rank)
			(void)buf_printf(out, "%*s", figures[i].width,
			    figures[i].title);
	(void)buf_put(out, color ? STR("\033[0m\n") : STR("\n"));
	for (i = 0; i < n && (top == 0 || i < top); i++)
		put_row(s, g[i], &l, color, out);
	if (i < n)
		(void)buf_printf(out, "and %zu more\n", n - i);
	put_histogram(s, columns, out);
	arena_free(&a);
}
