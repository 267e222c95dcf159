/*
 * The verb history: what the state directory's history holds.
 *	info	counts and times
 *	export	its samples as lines, of all series or of a selector's
 *	import	sample lines into it
 *	verify	every checksum
 */
#include "core/dur.h"
#include "core/mem.h"
#include "eval.h"
#include "promql/ast.h"

#define LINE_SAMPLES	10000
#define LINE_HISTOGRAMS	100

static void
notice(void *arg, const struct err *e)
{
	(void)arg;
	diag_err(e);
}

static int
open_history(struct eval *ev, bool read_only)
{
	struct store_options o = { .read_only = read_only, .one_shot = true,
	    .keep_ms = ev->opt.keep_ms, .keep_bytes = ev->opt.keep_bytes };
	struct err e = { 0 };

	if (history_open(&ev->history, ev->tool->state, &o, &e) == 0)
		return 0;
	diag_err(&e);
	return -1;
}

static void
put_time(struct buf *out, const char *word, int64_t ms)
{
	(void)buf_printf(out, "%s ", word);
	time_print_rfc3339(out, ms);
	(void)buf_putc(out, '\n');
}

static int
info(struct eval *ev, int argc, char **argv)
{
	struct buf *out = io_writer_buf(ev->tool->out);
	struct store_info i;

	(void)argv;
	if (argc > 0)
		return tool_usage(ev->tool, "info takes no operand");
	if (open_history(ev, true) == -1)
		return EXIT_TROUBLE;
	store_info(ev->history.store, &i);
	(void)buf_printf(out, "series %zu\nsamples %llu\nblocks %zu\n"
	    "block_samples %llu\nblock_bytes %llu\nlog_samples %llu\n"
	    "log_bytes %llu\n", i.nseries, (unsigned long long)i.nsamples,
	    i.nblocks, (unsigned long long)i.block_samples,
	    (unsigned long long)i.block_bytes,
	    (unsigned long long)i.log_samples,
	    (unsigned long long)i.log_bytes);
	if (i.nsamples) {
		put_time(out, "oldest", i.oldest);
		put_time(out, "newest", i.newest);
	}
	history_close(&ev->history);
	return EXIT_YES;
}

/*
 * A series as lines of at most LINE_SAMPLES, or LINE_HISTOGRAMS, which
 * readers with a limit on the length of a line accept.
 */
static int
put_series(void *arg, const struct pseries *s)
{
	struct eval *ev = arg;
	struct buf *out = io_writer_buf(ev->tool->out);
	size_t i, n, most = s->h ? LINE_HISTOGRAMS : LINE_SAMPLES;

	for (i = 0; i < s->n; i += n) {
		n = s->n - i < most ? s->n - i : most;
		wire_put_hists(out, s->labels, s->t + i, s->v + i,
		    s->h ? s->h + i : NULL, n);
		if (io_writer_ready(ev->tool->out) == -1)
			(void)tool_flush(ev->tool);
	}
	return tool_closed(ev->tool);
}

static int
export_all(struct eval *ev, const struct pexpr *x)
{
	const struct options *o = &ev->opt;
	struct err e = { 0 };

	if (store_each(ev->history.store, x ? x->u.selector.m : NULL,
	    x ? x->u.selector.nm : 0,
	    o->start != NO_TIME ? o->start : INT64_MIN,
	    o->end != NO_TIME ? o->end : INT64_MAX, put_series, ev,
	    &e) == -1) {
		diag_err(&e);
		return EXIT_TROUBLE;
	}
	return EXIT_YES;
}

static int
export_opened(struct eval *ev, const struct pexpr *x)
{
	int status;

	if (open_history(ev, true) == -1)
		return EXIT_TROUBLE;
	status = export_all(ev, x);
	history_close(&ev->history);
	return status;
}

static int
export(struct eval *ev, int argc, char **argv)
{
	const struct pexpr *x;
	struct arena a = { 0 };
	struct err e = { 0 };
	int status = EXIT_USAGE;

	if (argc > 1)
		return tool_usage(ev->tool, "export takes one selector");
	if (argc == 0)
		return export_opened(ev, NULL);
	x = promql_parse(str_of(argv[0]), &ev->opt.features, &a, &e);
	if (x == NULL)
		diag_err(&e);
	else if (x->kind != PX_SELECTOR)
		diag("'%s' is no selector", argv[0]);
	else
		status = export_opened(ev, x);
	if (x)
		promql_release(x);
	arena_free(&a);
	return status;
}

static int
import(struct eval *ev, int argc, char **argv)
{
	struct err e = { 0 };
	int status;

	if (open_history(ev, false) == -1)
		return EXIT_TROUBLE;
	status = input_load(ev, argc, argv);
	if (store_commit(ev->history.store, &e) == -1) {
		diag_err(&e);
		status = EXIT_TROUBLE;
	}
	history_close(&ev->history);
	return status;
}

static int
verify(struct eval *ev, int argc, char **argv)
{
	char *dir = history_path(ev->tool->state);
	struct err e = { 0 };
	int rc;

	(void)argv;
	if (argc > 0)
		return tool_usage(ev->tool, "verify takes no operand");
	rc = store_verify(dir, notice, NULL, &e);
	if (rc == -1)
		diag_err(&e);
	mem_free(dir);
	return rc == -1 ? EXIT_TROUBLE : rc == 0 ? EXIT_YES : EXIT_NO;
}

static const struct {
	const char *name;
	int	(*run)(struct eval *ev, int argc, char **argv);
} verbs[] = {
	{ "export", export }, { "import", import }, { "info", info },
	{ "verify", verify },
};

int
verb_history(struct tool *t, int argc, char **argv)
{
	size_t i;

	if (t->state == NULL || strstr(t->state, "://") != NULL)
		return tool_usage(t, "history needs -s and a directory");
	for (i = 0; argc > 0 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			return verbs[i].run(t->self, argc - 1, argv + 1);
	return tool_usage(t, "history info, export, import or verify");
}
