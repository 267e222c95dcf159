/* The figures for a terminal. */
#include <stdio.h>

#include "core/dur.h"
#include "plain.h"
#include "stats.h"

#define KEY_MIN		20
#define FIGURES		66	/* columns of the numbers */

static void
put_plain(struct buf *out, struct str s, size_t columns)
{
	size_t used = plain_put(out, s, columns);

	for (; used < columns; used++)
		(void)buf_putc(out, ' ');
}

/* 1.23ms, 45ms, 1.2s in seven columns. */
static void
put_seconds(struct buf *out, double s)
{
	char text[32];

	if (s < 0.01)
		(void)snprintf(text, sizeof(text), "%.2fms", s * 1e3);
	else if (s < 1)
		(void)snprintf(text, sizeof(text), "%.0fms", s * 1e3);
	else if (s < 100)
		(void)snprintf(text, sizeof(text), "%.2fs", s);
	else
		(void)snprintf(text, sizeof(text), "%.0fs", s);
	(void)buf_printf(out, "%8s", text);
}

static void
put_row(struct stats *s, struct stats_group *g, size_t width, bool color,
    struct buf *out)
{
	struct sketch *k = &g->seconds;
	bool slow = k->count > 0 && s->slow > 0 && sketch_mean(k) > s->slow;
	double errors = 100 * (double)g->errors / (double)g->count;

	if (color && (slow || errors >= 5))
		(void)buf_put(out, slow ? STR("\033[33m") : STR("\033[31m"));
	put_plain(out, g->key.n ? g->key : STR("(none)"), width);
	(void)buf_printf(out, " %9llu %6.1f%%", (unsigned long long)g->count,
	    errors);
	if (k->count > 0) {
		put_seconds(out, sketch_mean(k));
		put_seconds(out, sketch_median(k));
		put_seconds(out, sketch_quantile(k, s->quantile, 95));
		put_seconds(out, sketch_quantile(k, s->quantile, 99));
		put_seconds(out, k->min);
		put_seconds(out, k->max);
	}
	if (color && (slow || errors >= 5))
		(void)buf_put(out, STR("\033[0m"));
	(void)buf_putc(out, '\n');
}

/* Eighths of a block, so that small differences show. */
static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇",
    "█" };

static void
put_histogram(const struct stats *s, struct buf *out)
{
	uint64_t most = 0;
	int last = 0, i;

	for (i = 0; i < STATS_SLOTS; i++) {
		if (s->slot[i] > most)
			most = s->slot[i];
		if (s->slot[i] > 0)
			last = i;
	}
	if (most == 0)
		return;
	(void)buf_putc(out, '\n');
	time_print_rfc3339(out, s->from);
	(void)buf_putc(out, ' ');
	for (i = 0; i <= last; i++)
		(void)buf_put(out, str_of(blocks[s->slot[i] == 0 ? 0 :
		    1 + s->slot[i] * 7 / most]));
	(void)buf_putc(out, ' ');
	time_print_rfc3339(out, s->from + (last + 1) * s->width);
	(void)buf_put(out, STR("  each "));
	dur_print(out, s->width);
	(void)buf_printf(out, ", at most %llu\n", (unsigned long long)most);
}

void
stats_table(struct stats *s, size_t top, int columns, bool color,
    struct buf *out)
{
	size_t width = columns > FIGURES + KEY_MIN ?
	    (size_t)(columns - FIGURES) : KEY_MIN, n, i;
	struct arena a = { 0 };
	struct stats_group **g = stats_sorted(s, &n, &a);

	if (color)
		(void)buf_put(out, STR("\033[1m"));
	put_plain(out, s->nby == 1 && s->route[0] ? STR("ENDPOINT") :
	    STR("BY"), width);
	(void)buf_put(out, STR("     COUNT  ERROR    MEAN  MEDIAN"
	    "     P95     P99     MIN     MAX"));
	(void)buf_put(out, color ? STR("\033[0m\n") : STR("\n"));
	for (i = 0; i < n && (top == 0 || i < top); i++)
		put_row(s, g[i], width, color, out);
	if (i < n)
		(void)buf_printf(out, "and %zu more\n", n - i);
	put_histogram(s, out);
	arena_free(&a);
}
