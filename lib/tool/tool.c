#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "state/state.h"

enum { FIRST_LONG = 256 };	/* getopt values: letters, then row numbers */

static int
usage_status(const struct tool *t)
{
	return t->usage_status ? t->usage_status : EXIT_USAGE;
}

/*
 * A missing standard descriptor would be taken by the next file that is
 * opened.  The stand-in has the wrong direction, so that using it fails.
 */
static void
guard_std_fds(void)
{
	static const int mode[] = { O_WRONLY, O_RDONLY, O_WRONLY };
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)!open("/dev/null", mode[fd]);
}

static int
set_color(struct tool *t, const char *word, struct err *e)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (strcmp(word, "always") == 0)
		t->color = true;
	else if (strcmp(word, "never") == 0)
		t->color = false;
	else if (strcmp(word, "auto") == 0)
		t->color = (no == NULL || *no == '\0') &&
		    (term == NULL || strcmp(term, "dumb") != 0) &&
		    isatty(STDOUT_FILENO);
	else
		return err_set(e, ERR_CONFIG, "--color is auto, always or "
		    "never, not '%s'", word);
	return 0;
}

static int
set_clock(struct tool *t, const char *word, struct err *e)
{
	if (strcmp(word, "wall") == 0)
		t->clk.kind = CLK_WALL;
	else if (strcmp(word, "input") == 0)
		t->clk.kind = CLK_INPUT;
	else
		return err_set(e, ERR_CONFIG,
		    "--clock is wall or input, not '%s'", word);
	return 0;
}

static int
set_config(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	t->config = arg;
	return 0;
}

static int
set_state(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	t->state = arg;
	return 0;
}

static int
set_output(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	t->output = arg;
	return 0;
}

static int
set_follow(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	t->follow = true;
	return 0;
}

static int
set_dry_run(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	t->dry_run = true;
	return 0;
}

static int
set_quiet(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	t->quiet = true;
	return 0;
}

static int
set_verbose(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	t->verbose = true;
	return 0;
}

/* The rest ends the program early; `run` sees which by the letter. */
static int
set_ending(struct tool *t, const char *arg, struct err *e)
{
	(void)t;
	(void)arg;
	(void)e;
	return 0;
}

enum { COMPLETION = 1 };	/* a letter that nobody can type */

static const struct tool_option common[] = {
	{ "config", 'c', true, "configuration file", set_config },
	{ "state", 's', true, "where to keep state: a directory or a URL",
	    set_state },
	{ "dry-run", 'n', false, "do nothing for real", set_dry_run },
	{ "output", 'o', true, "output format", set_output },
	{ "follow", 'f', false, "go on until stopped", set_follow },
	{ "quiet", 'q', false, "no warnings", set_quiet },
	{ "verbose", 'v', false, "explain on standard error", set_verbose },
	{ "clock", 0, true, "what drives time: wall or input", set_clock },
	{ "color", 0, true, "auto, always or never", set_color },
	{ "completion", COMPLETION, true,
	    "print completions for bash, zsh or fish", set_ending },
	{ "help", 'h', false, "print the usage", set_ending },
	{ "version", 'V', false, "print the version", set_ending },
};

const struct tool_option *
tool_common_options(size_t *n)
{
	*n = sizeof(common) / sizeof(common[0]);
	return common;
}

/* All rows, the tool's own first, as getopt_long(3) wants them. */
struct getopt_rows {
	const struct tool_option **row;
	struct option *longopts;
	struct buf letters;
	size_t n;
};

static void
rows_add(struct getopt_rows *g, const struct tool_option *o)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (strcmp(g->row[i]->name, o->name) == 0)
			return;
	if (o->letter > COMPLETION &&
	    str_find_char(buf_str(&g->letters), (char)o->letter) == -1)
		(void)buf_printf(&g->letters, "%c%s", o->letter,
		    o->has_arg ? ":" : "");
	g->longopts[g->n] = (struct option){ o->name,
	    o->has_arg ? required_argument : no_argument, NULL,
	    FIRST_LONG + (int)g->n };
	g->row[g->n++] = o;
}

static void
rows_init(struct getopt_rows *g, const struct tool *t)
{
	size_t i, n;
	const struct tool_option *c = tool_common_options(&n);

	*g = (struct getopt_rows){ 0 };
	g->row = mem_array(t->noptions + n, sizeof(*g->row));
	g->longopts = mem_array(t->noptions + n + 1, sizeof(*g->longopts));
	(void)buf_putc(&g->letters, ':');
	for (i = 0; i < t->noptions; i++)
		rows_add(g, &t->options[i]);
	for (i = 0; i < n; i++)
		rows_add(g, &c[i]);
}

static const struct tool_option *
rows_find(const struct getopt_rows *g, int c)
{
	size_t i;

	if (c >= FIRST_LONG)
		return g->row[c - FIRST_LONG];
	for (i = 0; i < g->n; i++)
		if (g->row[i]->letter == c)
			return g->row[i];
	return NULL;
}

static void
rows_release(struct getopt_rows *g)
{
	mem_free(g->row);
	mem_free(g->longopts);
	buf_release(&g->letters);
}

static int
print_and_end(struct tool *t, const struct tool_option *o, const char *arg)
{
	struct buf *out = io_writer_buf(t->out);
	int status = EXIT_YES;

	if (o->letter == 'h')
		(void)buf_printf(out, "%s\n", t->usage);
	else if (o->letter == 'V')
		(void)buf_printf(out, "%s %s\n", t->name, TS_VERSION);
	else if (tool_completion(t, arg, out) == -1)
		return tool_usage(t, "--completion is bash, zsh or fish, "
		    "not '%s'", arg);
	if (o->letter != COMPLETION && t->output && t->unknown_output &&
	    strcmp(t->output, t->unknown_output) == 0)
		status = usage_status(t);
	return tool_finish(t, status);
}

/* -1: go on and run; else the status to end with. */
static int
take_options(struct tool *t, int argc, char **argv)
{
	struct getopt_rows g;
	const struct tool_option *o, *ending = NULL;
	const char *ending_arg = NULL;
	struct err e = { 0 };
	int c, status = -1;

	rows_init(&g, t);
	opterr = 0;
	optind = 1;
	while (status == -1 && (c = getopt_long(argc, argv,
	    buf_cstr(&g.letters), g.longopts, NULL)) != -1) {
		if (ending != NULL && (c == ':' || c == '?'))
			break;		/* nobody wants the rest */
		if (c == ':' && optopt && optopt < FIRST_LONG)
			status = tool_usage(t, "option '-%c' needs an "
			    "argument", optopt);
		else if (c == ':')
			status = tool_usage(t, "option '%s' needs an "
			    "argument", argv[optind - 1]);
		else if (c == '?' && optopt && optopt < FIRST_LONG)
			status = tool_usage(t, "unknown option '-%c'", optopt);
		else if (c == '?' && optopt)
			status = tool_usage(t, "option '%s' takes no argument",
			    argv[optind - 1]);
		else if (c == '?')
			status = tool_usage(t, "unknown option '%s'",
			    argv[optind - 1]);
		else if ((o = rows_find(&g, c))->set == set_ending &&
		    ending == NULL) {
			ending = o;
			ending_arg = optarg;
		} else if (o->set(t, optarg, &e) == -1 && ending == NULL)
			status = tool_usage(t, "%s", e.msg);
	}
	rows_release(&g);
	return ending != NULL ? print_and_end(t, ending, ending_arg) : status;
}

static int
dispatch(struct tool *t, int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 0 && i < t->nverbs; i++) {
		if (strcmp(argv[0], t->verbs[i].name) != 0)
			continue;
		t->verb = &t->verbs[i];
		return t->verb->run(t, argc - 1, argv + 1);
	}
	if (t->run)
		return t->run(t, argc, argv);
	return argc ? tool_usage(t, "unknown verb '%s'", argv[0]) :
	    tool_usage(t, "a verb is missing");
}

int
tool_main(struct tool *t, int argc, char **argv)
{
	struct err e = { 0 };
	int status;

	guard_std_fds();
	(void)signal(SIGPIPE, SIG_IGN);
	diag_init(t->name);
	t->out = io_writer_new(STDOUT_FILENO);
	(void)set_color(t, "auto", &e);
	status = take_options(t, argc, argv);
	if (status == -1) {
		diag_quiet(t->quiet);
		diag_verbose(t->verbose);
		status = tool_finish(t, dispatch(t, argc - optind,
		    argv + optind));
	}
	io_writer_free(t->out);
	t->out = NULL;
	if (close(STDOUT_FILENO) == -1 && errno != EBADF) {
		diag("cannot write to standard output: %s", strerror(errno));
		status = EXIT_TROUBLE;
	}
	return status;
}

int
tool_usage(struct tool *t, const char *fmt, ...)
{
	struct buf msg = { 0 };
	va_list ap;

	va_start(ap, fmt);
	(void)buf_vprintf(&msg, fmt, ap);
	va_end(ap);
	diag("%s", buf_cstr(&msg));
	buf_release(&msg);
	(void)fprintf(stderr, "%s\n", t->usage);
	return usage_status(t);
}

int
tool_output(const struct tool *t, const char *const *words, size_t n)
{
	struct buf all = { 0 };
	size_t i;

	if (t->output == NULL)
		return 0;
	for (i = 0; i < n; i++)
		if (strcmp(t->output, words[i]) == 0)
			return (int)i;
	for (i = 0; i < n; i++)
		(void)buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	diag("unknown output format '%s' (known: %s)", t->output,
	    buf_cstr(&all));
	buf_release(&all);
	return -1;
}

int
tool_flush(struct tool *t)
{
	/* It would stand in the middle of what is printed. */
	if (diag_has_progress() && isatty(STDOUT_FILENO) &&
	    io_writer_buf(t->out)->n > 0)
		diag_progress(STR_NONE);
	if (t->closed || t->failed)
		buf_reset(io_writer_buf(t->out));
	else if (io_writer_flush(t->out) == 0)
		return 0;
	else if (errno == EPIPE)
		t->closed = true;
	else {
		t->failed = true;
		diag("cannot write to standard output: %s", strerror(errno));
	}
	return -1;
}

bool
tool_closed(const struct tool *t)
{
	return t->closed;
}

int
tool_finish(struct tool *t, int status)
{
	if (tool_flush(t) == 0)
		return status;
	return t->failed ? EXIT_TROUBLE : EXIT_YES;
}

void
tool_say_state(struct state *s)
{
	struct str said = s ? state_notice(s) : STR_NONE;

	if (said.n)
		diag_warning(STR_FMT, STR_ARG(said));
}
