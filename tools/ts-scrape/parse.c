#include "parse.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/dur.h"
#include "parse_line.h"
#include "verbs.h"

#define WINDOW		((size_t)64 << 10)
#define ENTRY_MAX	((size_t)4 << 20)	/* one entry, in bytes */

enum format { AUTO, TEXT, OPENMETRICS };

static struct {
	enum format format;
	struct parse_labels labels;
	int64_t time;		/* 0 = now */
} opt;

/* One text on its way through. */
struct input {
	const char *name;
	int fd;
	bool end;
	struct buf window;
	struct expfmt x;
	unsigned bad;
};

int
parse_set_format(struct tool *t, const char *arg, struct err *e)
{
	static const char *const words[] = { "auto", "text", "openmetrics" };
	int i;

	(void)t;
	for (i = AUTO; i <= OPENMETRICS; i++) {
		if (strcmp(arg, words[i]) != 0)
			continue;
		opt.format = (enum format)i;
		return 0;
	}
	return err_set(e, ERR_CONFIG, "--format is auto, text or "
	    "openmetrics, not '%s'", arg);
}

int
parse_set_label(struct tool *t, const char *arg, struct err *e)
{
	struct str name, value = str_cut(str_of(arg), '=', &name);

	(void)t;
	if (value.p == NULL || name.n == 0)
		return err_set(e, ERR_CONFIG,
		    "--label is NAME=VALUE, not '%s'", arg);
	parse_labels_set(&opt.labels, name, value);
	return 0;
}

int
parse_set_time(struct tool *t, const char *arg, struct err *e)
{
	(void)t;
	if (time_parse(str_of(arg), &opt.time))
		return 0;
	return err_set(e, ERR_CONFIG, "--time is RFC 3339 or seconds since "
	    "the epoch, not '%s'", arg);
}

/* Move what is left to the front and read behind it. */
static int
fill(struct input *in, struct err *e)
{
	struct str rest = expfmt_rest(&in->x);
	ssize_t got;

	buf_drop(&in->window, in->window.n - rest.n);
	if (in->window.n >= ENTRY_MAX)
		return err_at(e, in->x.next_line, 1,
		    "an entry of over %zu bytes", ENTRY_MAX);
	(void)buf_reserve(&in->window, WINDOW);
	do
		got = read(in->fd, in->window.p + in->window.n, WINDOW);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return err_sys(e, "cannot read '%s'", in->name);
	in->window.n += (size_t)got;
	in->end = got == 0;
	expfmt_feed(&in->x, buf_str(&in->window), in->end);
	return 0;
}

/*
 * OpenMetrics is known by what only it has: its last line, or a UNIT line in
 * the first window.
 */
static bool
looks_like_openmetrics(const struct input *in)
{
	struct str text = buf_str(&in->window);

	return str_ends(text, STR("\n# EOF\n")) ||
	    str_ends(text, STR("\n# EOF")) || str_eq(text, STR("# EOF\n")) ||
	    str_eq(text, STR("# EOF")) ||
	    str_find(text, STR("\n# UNIT ")) >= 0;
}

/* Enough of the text to tell its format: a window, or all of it. */
static int
start(struct input *in, struct err *e)
{
	expfmt_init(&in->x, opt.format == OPENMETRICS ? EXPFMT_OPENMETRICS :
	    EXPFMT_TEXT);
	do {
		if (fill(in, e) == -1)
			return -1;
	} while (opt.format == AUTO && !in->end && in->window.n < WINDOW);
	if (opt.format == AUTO && looks_like_openmetrics(in))
		in->x.format = EXPFMT_OPENMETRICS;
	return 0;
}

static void
report(struct input *in, struct err *e)
{
	e->file = in->name;
	diag_err(e);
	in->bad++;
}

/* 0, or -1 with *e when the input or the output ends it. */
static int
run(struct tool *t, struct input *in, int64_t now, struct err *e)
{
	struct buf *out = io_writer_buf(t->out);
	enum expfmt_kind kind;

	if (start(in, e) == -1)
		return -1;
	while ((kind = expfmt_next(&in->x, e)) != EXPFMT_END) {
		if (kind == EXPFMT_MORE) {
			if (fill(in, e) == -1)
				return -1;
		} else if (kind == EXPFMT_BAD) {
			report(in, e);
			expfmt_skip_line(&in->x);
		} else if (kind == EXPFMT_SAMPLE) {
			if (parse_line_put(out, &in->x, &opt.labels, now,
			    e) == -1)
				report(in, e);
			if (out->n >= WINDOW && tool_flush(t) == -1)
				return 0;
		}
	}
	return 0;
}

/* An exit status; the worst one counts. */
static int
parse_file(struct tool *t, const char *path, int64_t now)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct input in = { .name = is_stdin ? "stdin" : path };
	struct err e = { 0 };
	int status = EXIT_TROUBLE;

	in.fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (in.fd == -1) {
		(void)err_sys(&e, "cannot open '%s'", path);
		diag_err(&e);
		return status;
	}
	if (run(t, &in, now, &e) == 0)
		status = in.bad ? EXIT_NO : EXIT_YES;
	else
		diag_err(&e);
	expfmt_release(&in.x);
	buf_release(&in.window);
	if (!is_stdin)
		(void)close(in.fd);
	return status;
}

int
verb_parse(struct tool *t, int argc, char **argv)
{
	int64_t now = (opt.time ? opt.time : clk_now(&t->clk)) +
	    options.pool.shift_ms;
	int i, one, status = EXIT_YES;

	if (argc == 0)
		status = parse_file(t, "-", now);
	for (i = 0; i < argc; i++) {
		one = parse_file(t, argv[i], now);
		if (one > status)
			status = one;
	}
	parse_labels_release(&opt.labels);
	return status;
}
