/* stats: figures by endpoint, as lines of JSON or as a table. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/diag.h"
#include "core/mem.h"
#include "output.h"
#include "stats.h"
#include "watch.h"

#define REDRAW_MS	500
#define COLUMNS		100
#define TOP		20	/* rows of a table */

struct stats_output {
	struct watch *w;
	struct stats stats;
	int64_t drawn;		/* monotonic ms */
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
}

static void
draw(struct stats_output *self, bool again)
{
	struct watch *w = self->w;
	struct winsize size = { .ws_col = 0 };
	struct buf *out = io_writer_buf(w->t->out);
	size_t top = w->opt.top ? (size_t)w->opt.top : 0;

	if (!w->opt.table) {
		stats_json(&self->stats, top, out);
		return;
	}
	if (isatty(STDOUT_FILENO))
		(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	if (again)
		(void)buf_put(out, STR("\033[H\033[J"));
	stats_table(&self->stats, top ? top : TOP, size.ws_col ? size.ws_col :
	    COLUMNS, w->t->color, out);
}

static void
say_others(const struct stats_output *self)
{
	const struct stats *s = &self->stats;
	const char *by = self->w->opt.by ? self->w->opt.by : "an endpoint";

	if (s->others == 0)
		return;
	if (s->all == 0)
		diag_warning("no record has %s; --by takes another field",
		    by);
	else
		diag_note("%llu records are without %s",
		    (unsigned long long)s->others, by);
}

static int
flush(void *arg, bool final)
{
	struct stats_output *self = arg;
	struct watch *w = self->w;
	bool live = w->t->follow && w->opt.table && isatty(STDOUT_FILENO);
	int64_t now = clk_mono_ms();

	if (final || (live && now - self->drawn >= REDRAW_MS)) {
		draw(self, live);
		self->drawn = now;
	}
	if (final)
		say_others(self);
	return tool_flush(w->t);
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
	.open = open_stats, .event = put_event, .flush = flush,
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
