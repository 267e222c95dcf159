/*
 * grok: what a pattern does with each line: which fields it takes, or how
 * far it came.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "plain.h"
#include "printer.h"
#include "watch.h"

struct trial {
	struct tool *t;
	struct grok_set *set;
	struct grok *grok;
	struct str pattern;
	struct printer *printer;
	struct event event;
	struct arena arena;
	bool missed;
};

/* A line of a log does not drive the terminal. */
static void
put_plain(struct buf *out, struct str s)
{
	(void)plain_put(out, s, SIZE_MAX);
}

static size_t
width(struct str s)
{
	struct buf b = { 0 };
	size_t n = plain_put(&b, s, SIZE_MAX);

	buf_release(&b);
	return n;
}

/* The line with a mark under what the pattern reached, and where it ended. */
static void
explain(struct trial *x, struct str line, struct buf *out)
{
	size_t from = 0, to = 0, i;
	struct str part;

	(void)buf_put(out, x->t->color ? STR("\033[31mno match\033[0m  ") :
	    STR("no match  "));
	put_plain(out, line);
	(void)buf_putc(out, '\n');
	if (!grok_reach(x->set, x->pattern, line, &part, &from, &to) ||
	    to == from) {
		(void)buf_put(out, STR("          not even its begin is "
		    "there\n"));
		return;
	}
	(void)buf_put(out, STR("          "));
	from = width(str_sub(line, 0, from));
	to = width(str_sub(line, 0, to));
	for (i = 0; i < to; i++)
		(void)buf_putc(out, i < from ? ' ' : '-');
	(void)buf_put(out, STR("^\n          stops behind "));
	put_plain(out, part);
	(void)buf_put(out, STR(" at "));
	put_plain(out, str_sub(x->pattern, part.n, part.n + 40));
	(void)buf_putc(out, '\n');
}

static void
try_line(struct trial *x, struct str line)
{
	struct buf *out = io_writer_buf(x->t->out);
	struct str value[GROK_FIELDS_MAX];
	size_t from;
	int rc;

	arena_reset(&x->arena);
	event_reset(&x->event, line);
	rc = grok_match(x->grok, line, value);
	if (rc == 1) {
		grok_store(x->grok, value, &x->event);
		from = out->n;
		printer_put_fields(x->printer, &x->event, out);
		if (isatty(STDOUT_FILENO))
			plain_json(out, from);
		return;
	}
	x->missed = true;
	if (x->t->quiet)
		return;
	if (rc == -1)
		(void)buf_put(out, STR("given up  the match costs too "
		    "much\n"));
	else
		explain(x, line, out);
}

static int
try_file(struct trial *x, const char *path)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC);
	struct io_reader *in;
	struct str line;
	enum io_line got;

	if (fd == -1) {
		diag("cannot open '%s': %s", path, strerror(errno));
		return EXIT_NO;
	}
	in = io_reader_new(fd, IO_LINE_MAX);
	while ((got = io_next_line(in, &line)) != IO_END && got != IO_ERROR) {
		if (got != IO_LINE)
			continue;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		try_line(x, line);
		if (io_writer_ready(x->t->out) == -1 &&
		    tool_flush(x->t) == -1)
			break;
	}
	io_reader_free(in);
	if (fd != STDIN_FILENO)
		(void)close(fd);
	return got == IO_ERROR ? EXIT_TROUBLE : EXIT_YES;
}

int
verb_grok(struct tool *t, int argc, char **argv)
{
	struct watch *w = t->self;
	struct trial x = { .t = t };
	struct err e = { 0 };
	int status, i;

	if (argc == 0)
		return tool_usage(t, "grok needs a pattern");
	w->t = t;
	if ((status = watch_open(w)) != EXIT_YES)
		return status;
	x.set = w->groks;
	x.pattern = str_of(argv[0]);
	x.event.arena = &x.arena;
	x.grok = grok_compile(x.set, x.pattern, false, &e);
	if (x.grok == NULL) {
		diag("%s", e.msg);
		return EXIT_USAGE;
	}
	x.printer = printer_new(w->opt.flat);
	status = argc == 1 ? try_file(&x, "-") : EXIT_YES;
	for (i = 1; i < argc; i++)
		if (try_file(&x, argv[i]) != EXIT_YES)
			status = EXIT_NO;
	printer_free(x.printer);
	grok_free(x.grok);
	event_release(&x.event);
	arena_free(&x.arena);
	return tool_finish(t, status == EXIT_YES && x.missed ? EXIT_NO :
	    status);
}
