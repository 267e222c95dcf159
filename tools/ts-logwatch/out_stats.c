/* stats: figures by endpoint, as lines of JSON or as a table. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/diag.h"
#include "core/mem.h"
#include "output.h"
#include "stats.h"
#include "watch.h"

#define REDRAW_MS	500
#define TOP		20	/* rows of a table */
#define OTHER_ROWS	7	/* head, "more", histogram of 4, cursor */

struct stats_output {
	struct watch *w;
	struct stats stats;
	int64_t drawn;		/* monotonic ms; 0: never */
	bool dirty;		/* there is more by now */
	struct winsize size;	/* as it was drawn for */
};

static int
read_options(struct stats *s, const struct options *o, struct err *e)
{
	static const char *const sorts[] = { "count", "avg", "median", "p95",
	    "p99", "max", "errors" };
	static const char *const quantiles[] = { [QUANTILE_SEED] = "seed",
	    [QUANTILE_NEAREST] = "nearest", [QUANTILE_LINEAR] = "linear" };
	size_t i;

	s->slow = (double)o->slow_ms / 1e3;
	s->sort = str_of(o->sort);
	for (i = 0; o->sort && i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (strcmp(o->sort, sorts[i]) == 0)
			break;
	if (i == sizeof(sorts) / sizeof(sorts[0]))
		return err_set(e, ERR_CONFIG, "--sort is count, avg, median, "
		    "p95, p99, max or errors");
	for (i = 0; o->percentile && i < 3; i++)
		if (strcmp(o->percentile, quantiles[i]) == 0)
			break;
	if (i == 3)
		return err_set(e, ERR_CONFIG, "--percentile is seed, nearest "
		    "or linear");
	s->quantile = (enum quantile)i;
	return stats_init(s, str_of(o->by ? o->by : "route"), e);
}

static void *
open_stats(struct watch *w, const char *url, struct err *e)
{
	struct stats_output *self = mem_zalloc(sizeof(*self));

	(void)url;
	self->w = w;
	if (read_options(&self->stats, &w->opt, e) == -1) {
		mem_free(self);
		return NULL;
	}
	return self;
}

static void
put_event(void *arg, const struct event *ev)
{
	struct stats_output *self = arg;

	stats_event(&self->stats, ev);
	self->dirty = true;
}

/* The table is drawn over and over. */
static bool
is_live(const struct stats_output *self)
{
	return self->w->t->follow && self->w->opt.table &&
	    isatty(STDOUT_FILENO);
}

static struct winsize
size_now(void)
{
	struct winsize size = { .ws_col = 0 };

	if (isatty(STDOUT_FILENO))
		(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return size;
}

/* Over what stands there: each line to its end, and what is below. */
static void
put_over(struct buf *out, struct str text, bool all)
{
	struct str line;

	(void)buf_put(out, all ? STR("\033[H\033[2J") : STR("\033[H"));
	while (text.n > 0) {
		text = str_cut(text, '\n', &line);
		(void)buf_put(out, line);
		(void)buf_put(out, STR("\033[K\n"));
	}
	(void)buf_put(out, STR("\033[J"));
}

/* It must not scroll: then nothing would be in its place. */
static size_t
rows(const struct stats_output *self, const struct winsize *size)
{
	size_t top = self->w->opt.top ? (size_t)self->w->opt.top : TOP;

	if (is_live(self) && size->ws_row > OTHER_ROWS &&
	    top > (size_t)size->ws_row - OTHER_ROWS)
		top = (size_t)size->ws_row - OTHER_ROWS;
	return top;
}

static void
draw(struct stats_output *self)
{
	struct watch *w = self->w;
	struct buf *out = io_writer_buf(w->t->out), text = { 0 };
	struct winsize size = size_now();
	bool other = size.ws_col != self->size.ws_col ||
	    size.ws_row != self->size.ws_row || self->drawn == 0;

	self->drawn = clk_mono_ms();
	self->dirty = false;
	self->size = size;
	if (!w->opt.table) {
		stats_json(&self->stats, w->opt.top ? (size_t)w->opt.top : 0,
		    out);
		return;
	}
	stats_table(&self->stats, rows(self, &size), size.ws_col,
	    w->t->color, &text);
	if (is_live(self))
		put_over(out, buf_str(&text), other);
	else
		(void)buf_put(out, buf_str(&text));
	buf_release(&text);
}

/* What came since, or the terminal has another size. */
static void
draw_again(struct stats_output *self)
{
	struct winsize size;

	if (!is_live(self))
		return;
	size = size_now();
	if (size.ws_col != self->size.ws_col ||
	    size.ws_row != self->size.ws_row || (self->dirty &&
	    clk_mono_ms() - self->drawn >= REDRAW_MS))
		draw(self);
}

static void
tick(void *arg, int64_t now)
{
	struct stats_output *self = arg;

	(void)now;
	draw_again(self);
	(void)tool_flush(self->w->t);
}

static void
say_others(const struct stats_output *self)
{
	const struct stats *s = &self->stats;
	const char *by = self->w->opt.by, *mark = by ? "'" : "";

	if (s->others == 0)
		return;
	if (s->all == 0)
		diag_warning("no record has %s%s%s; --by takes another field",
		    mark, by ? by : "an endpoint", mark);
	else
		diag_note("%llu records are without %s%s%s",
		    (unsigned long long)s->others, mark, by ? by :
		    "an endpoint", mark);
}

static int
flush(void *arg, bool final)
{
	struct stats_output *self = arg;

	if (final) {
		draw(self);
		say_others(self);
	} else {
		draw_again(self);
	}
	return tool_flush(self->w->t);
}

static void
close_stats(void *arg)
{
	struct stats_output *self = arg;

	stats_release(&self->stats);
	mem_free(self);
}

const struct output output_stats = {
	.name = "stats", .summary = "figures by endpoint",
	.open = open_stats, .event = put_event, .tick = tick, .flush = flush,
	.close = close_stats,
};

int
verb_stats(struct tool *t, int argc, char **argv)
{
	static const char *const words[] = { "table", "json" };
	struct watch *w = t->self;
	int format = tool_output(t, words, 2);

	if (format == -1)
		return EXIT_USAGE;
	w->opt.table = format == 0;
	t->output = "stats";
	return run_watch(t, argc, argv);
}
