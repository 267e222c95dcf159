/*
 * Exposition text as the input of a query (-F): what a target answers is
 * looked at without a scraper in between.  All samples get one time: that
 * of -t, else now, unless the text says otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "eval.h"
#include "expfmt/expfmt.h"

#define PAGE_MAX	((size_t)1 << 30)

static int
add_sample(struct eval *ev, const struct expfmt *x, int64_t now,
    struct err *e)
{
	struct labels_builder *b = &ev->builder;
	int64_t ts = x->ts == EXPFMT_NO_TS ? now : x->ts;
	struct wire_sample s = { .ts = &ts, .value = &x->value, .n = 1 };
	size_t i;

	labels_build(b, ev->history.table, NULL);
	labels_set(b, STR("__name__"), x->name);
	for (i = 0; i < x->nlabels; i++)
		labels_set(b, x->label[i].name, x->label[i].value);
	s.series = wire_reader_get(ev->history.wire, labels_done(b));
	return history_add(&ev->history, &s, e);
}

static void
bad_entry(struct eval *ev, const char *file, struct err *e)
{
	e->file = file;
	diag_err(e);
	ev->bad_lines++;
}

static void
read_page(struct eval *ev, struct str text, const char *file, int64_t now,
    enum expfmt_format format)
{
	struct expfmt x;
	struct err e = { 0 };
	enum expfmt_kind kind;

	expfmt_init(&x, format);
	expfmt_feed(&x, text, true);
	while ((kind = expfmt_next(&x, &e)) != EXPFMT_END) {
		if (kind == EXPFMT_BAD) {
			bad_entry(ev, file, &e);
			expfmt_skip_line(&x);
		} else if (kind == EXPFMT_SAMPLE &&
		    add_sample(ev, &x, now, &e) == -1) {
			e.line = x.line;
			bad_entry(ev, file, &e);
		}
	}
	expfmt_release(&x);
}

static bool
ends_openmetrics(struct str text)
{
	return str_ends(str_trim(text), STR("# EOF"));
}

static int
load_file(struct eval *ev, const char *path, int64_t now)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct buf text = { .max = PAGE_MAX };
	struct err e = { 0 };
	int rc;

	if (fd == -1) {
		diag("cannot open '%s': %s", path, strerror(errno));
		return -1;
	}
	rc = io_read_all(fd, &text, &e);
	if (rc == -1)
		bad_entry(ev, is_stdin ? "stdin" : path, &e);
	else
		read_page(ev, buf_str(&text), is_stdin ? "stdin" : path, now,
		    ends_openmetrics(buf_str(&text)) ? EXPFMT_OPENMETRICS :
		    EXPFMT_TEXT);
	if (!is_stdin)
		(void)close(fd);
	buf_release(&text);
	return rc;
}

int
page_load(struct eval *ev, int argc, char **argv)
{
	static const struct clk wall = { .kind = CLK_WALL };
	int64_t now = ev->opt.time != NO_TIME ? ev->opt.time : clk_now(&wall);
	int i;

	if (argc == 0 && load_file(ev, "-", now) == -1)
		return EXIT_TROUBLE;
	for (i = 0; i < argc; i++)
		if (load_file(ev, argv[i], now) == -1)
			return EXIT_TROUBLE;
	return ev->bad_lines ? EXIT_NO : EXIT_YES;
}
