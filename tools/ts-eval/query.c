/*
 * The verbs query and range: one expression over the history in -s, over
 * files of sample lines, or over the lines on standard input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/num.h"
#include "eval.h"
#include "promql/ast.h"
#include "promql/explain.h"
#include "remote.h"

static const char *const forms[] = { "table", "text", "json", "samples",
    "csv", "plot" };

static bool
has_selector(void *arg, const struct pexpr *x)
{
	if (x->kind == PX_SELECTOR)
		*(bool *)arg = true;
	return true;
}

/*
 * Where the samples come from: files when there are any, else the state
 * directory, else standard input (unless the expression asks for none).
 */
static int
load(struct eval *ev, const struct pexpr *x, int argc, char **argv)
{
	struct store_options o = { .read_only = true, .one_shot = true };
	const char *dir = argc > 0 ? NULL : ev->tool->state;
	bool wants = argc > 0;
	struct err e = { 0 };

	if (history_open(&ev->history, dir, &o, &e) == -1) {
		diag_err(&e);
		return EXIT_TROUBLE;
	}
	if (dir)
		return EXIT_YES;
	pexpr_walk(x, has_selector, &wants);
	if (!wants)
		return EXIT_YES;
	return ev->opt.page ? page_load(ev, argc, argv) :
	    input_load(ev, argc, argv);
}

/* The newest sample of the input; of a store, now. */
static int64_t
default_time(const struct eval *ev)
{
	static const struct clk wall = { .kind = CLK_WALL };

	return ev->history.newest != NO_TIME ? ev->history.newest :
	    clk_now(&wall);
}

static void
show_notes(const struct pnote *n)
{
	for (; n; n = n->next)
		diag_warning(STR_FMT, STR_ARG(n->text));
}

/* $COLUMNS, the terminal's own word, 80. */
static unsigned
terminal_columns(void)
{
	const char *env = getenv("COLUMNS");
	struct winsize w;
	int64_t n;

	if (env && num_parse_i64(str_of(env), 1, 10000, &n))
		return (unsigned)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return 80;
}

static void
print(struct eval *ev, const struct pcols *v, enum print_form form,
    const struct pnote *notes)
{
	struct buf *out = io_writer_buf(ev->tool->out);

	if (form != PRINT_JSON)
		show_notes(notes);
	if (form == PRINT_PLOT)
		print_plot(out, v, ev->opt.unit, terminal_columns(),
		    ev->tool->color);
	else
		print_value(out, v, form, ev->opt.unit, notes);
}

/* The table of --explain goes where messages go. */
static void
show_explained(const struct pexplain *p)
{
	struct buf text = { 0 };

	promql_explain_print(p, &text);
	(void)fwrite(text.p, 1, text.n, stderr);
	buf_release(&text);
}

static int
evaluate(struct eval *ev, const struct pexpr *x, int64_t start, int64_t end,
    int64_t step, enum print_form form)
{
	struct promql_source source = history_source(&ev->history);
	struct promql_ctx c = eval_ctx(ev, &source, &ev->query);
	struct pcols v = { 0 };
	struct err e = { 0 };
	int rc;

	c.start = start;
	c.end = end;
	c.step = step;
	if (ev->opt.explain)
		c.explain = promql_explain(x, c.arena);
	rc = promql_eval(x, &c, &v, &e);
	if (c.explain)
		show_explained(c.explain);
	if (rc == -1) {
		diag_err(&e);
		return EXIT_NO;
	}
	print(ev, &v, form, c.notes);
	return EXIT_YES;
}

static const struct pexpr *
parse(struct eval *ev, const char *text, struct arena *a)
{
	struct err e = { 0 };
	const struct pexpr *x = promql_parse(str_of(text), &ev->opt.features,
	    a, &e);

	if (x == NULL) {
		(void)err_prefix(&e, "parse error");
		e.file = "expression";
		diag_err(&e);
	}
	return x;
}

static bool
can_range(const struct pexpr *x)
{
	if (x->type == P_SCALAR || x->type == P_VECTOR)
		return true;
	diag("invalid expression type \"%s\" for range query, must be Scalar "
	    "or instant Vector", ptype_text(x->type));
	return false;
}

/* The parsed expression over what load finds. */
static int
run_loaded(struct eval *ev, const struct pexpr *x, int argc, char **argv,
    bool range, enum print_form form)
{
	const struct options *o = &ev->opt;
	int loaded = load(ev, x, argc, argv), status;
	int64_t start, end;

	if (loaded == EXIT_TROUBLE)
		return loaded;
	start = end = o->time != NO_TIME ? o->time : default_time(ev);
	if (range) {
		start = o->start;
		end = o->end != NO_TIME ? o->end : default_time(ev);
	}
	status = evaluate(ev, x, start, end, range ? o->step : 0, form);
	return status == EXIT_YES ? loaded : status;
}

static int
query_source(struct eval *ev, struct remote_query *q, bool range,
    enum print_form form)
{
	static const struct clk wall = { .kind = CLK_WALL };
	const struct options *o = &ev->opt;
	struct pcols v;
	struct err e = { 0 };

	q->start = q->end = o->time != NO_TIME ? o->time : clk_now(&wall);
	if (range) {
		q->start = o->start;
		q->step = o->step;
		if (o->end != NO_TIME)
			q->end = o->end;
	}
	if (remote_eval(ev->remote, q, &v, &e) == -1) {
		diag_err(&e);
		return e.kind == ERR_NET ? EXIT_TROUBLE : EXIT_NO;
	}
	print(ev, &v, form, q->notes);
	return EXIT_YES;
}

/* The store parses the expression itself: it may know more than we do. */
static int
run_source(struct eval *ev, int argc, char **argv, bool range,
    enum print_form form)
{
	const struct options *o = &ev->opt;
	struct remote_query q = { .expr = str_of(argv[0]),
	    .arena = &ev->query, .lookback = o->lookback_ms };
	struct store_options none = { 0 };
	struct err e = { 0 };

	if (argc > 1 || ev->tool->state)
		return tool_usage(ev->tool, "--source stands alone: no "
		    "files, no -s");
	if (o->explain)
		return tool_usage(ev->tool, "--explain is about what is "
		    "evaluated here, not at --source");
	ev->remote = remote_new(o->source, o->source_config,
	    o->source_timeout_ms, &e);
	if (ev->remote == NULL ||
	    history_open(&ev->history, NULL, &none, &e) == -1) {
		diag_err(&e);
		return EXIT_USAGE;
	}
	q.wire = ev->history.wire;
	q.table = ev->history.table;
	return query_source(ev, &q, range, form);
}

static int
run(struct tool *t, int argc, char **argv, bool range)
{
	struct eval *ev = t->self;
	struct arena tree = { 0 };
	const struct pexpr *x;
	int form = tool_output(t, forms, range ? 6 : 5), status = EXIT_USAGE;

	if (argc < 1)
		return tool_usage(t, "an expression is missing");
	if (form == -1)
		return EXIT_USAGE;
	if (ev->opt.source) {
		status = run_source(ev, argc, argv, range,
		    (enum print_form)form);
		if (ev->history.table)
			history_close(&ev->history);
		return status;
	}
	x = parse(ev, argv[0], &tree);
	if (x && (!range || can_range(x)))
		status = run_loaded(ev, x, argc - 1, argv + 1, range,
		    (enum print_form)form);
	if (ev->history.table)
		history_close(&ev->history);
	if (x)
		promql_release(x);
	arena_free(&tree);
	return status;
}

int
verb_query(struct tool *t, int argc, char **argv)
{
	return run(t, argc, argv, false);
}

int
verb_range(struct tool *t, int argc, char **argv)
{
	const struct options *o = &((struct eval *)t->self)->opt;

	if (o->start == NO_TIME || o->step <= 0)
		return tool_usage(t, "range needs --start and --step");
	if (o->end != NO_TIME && o->end < o->start)
		return tool_usage(t, "--end is before --start");
	return run(t, argc, argv, true);
}

/*
 * The expression as Prometheus would format it, and its tree; with -v how far
 * back it looks.
 */
int
verb_parse(struct tool *t, int argc, char **argv)
{
	static const char *const parts[] = { "all", "text", "tree" };
	struct eval *ev = t->self;
	struct buf *out = io_writer_buf(t->out), back = { 0 };
	struct arena a = { 0 };
	const struct pexpr *x;
	int64_t ms;
	int part = tool_output(t, parts, 3);

	if (part == -1)
		return EXIT_USAGE;
	if (argc != 1)
		return tool_usage(t, "parse takes one expression");
	if ((x = parse(ev, argv[0], &a)) == NULL) {
		arena_free(&a);
		return EXIT_NO;
	}
	if (part != 2) {
		promql_print_pretty(x, out);
		(void)buf_putc(out, '\n');
	}
	if (part == 0)
		(void)buf_putc(out, '\n');
	if (part != 1)
		promql_print_tree(x, out);
	ms = promql_lookbehind_ms(x, ev->opt.lookback_ms);
	dur_print(&back, ms);
	diag_note("type: %s; looks back: %s", ptype_text(x->type),
	    ms == INT64_MAX ? "to a fixed time" : buf_cstr(&back));
	buf_release(&back);
	promql_release(x);
	arena_free(&a);
	return EXIT_YES;
}
