/* text: every record as a line for people, its level in colour. */
#include <limits.h>

#include "core/mem.h"
#include "level.h"
#include "output.h"
#include "plain.h"
#include "printer.h"
#include "watch.h"

#define LEVEL_COLUMNS	6

/* By the rank of the level. */
static const char *const colors[] = {
	"\033[1;31m", "\033[31m", "\033[33m", "\033[36m", "\033[32m",
	"\033[34m", "\033[2m",
};

static void *
open_text(struct watch *w, const char *url, struct err *e)
{
	(void)url;
	(void)e;
	return w;
}

/* The lines of a record stand below its first, moved in: none looks like a
 * record of its own. */
static void
put_lines(struct buf *out, struct str s)
{
	struct str line;

	while (s.p != NULL) {
		s = str_cut(s, '\n', &line);
		(void)plain_put(out, line, SIZE_MAX);
		if (s.p != NULL)
			(void)buf_put(out, STR("\n    "));
	}
}

static void
put_level(struct buf *out, const struct event *ev, bool color)
{
	struct str name = ev->level ? str_of(ev->level->name) :
	    ev->level_text;
	size_t used;

	color = color && ev->level != NULL;
	if (color)
		(void)buf_put(out, str_of(colors[ev->level->rank]));
	used = plain_put(out, name, LEVEL_COLUMNS);
	if (color)
		(void)buf_put(out, STR("\033[0m"));
	for (; used <= LEVEL_COLUMNS; used++)
		(void)buf_putc(out, ' ');
}

/* What the message does not say. */
static void
put_fields(struct buf *out, const struct event *ev, bool color)
{
	struct str name;
	size_t i, j;

	if (ev->nfields == 0 || str_eq(value_text(ev->message), ev->line))
		return;
	(void)buf_put(out, color ? STR(" \033[2m") : STR(" "));
	for (i = 0; i < ev->nfields; i++) {
		name = ev->field[i].name;
		(void)buf_putc(out, ' ');
		for (j = 0; j < name.n; j++)
			if (name.p[j] == NAME_DOT)
				(void)buf_putc(out, '.');
			else
				(void)plain_put(out, str_sub(name, j, j + 1),
				    1);
		(void)buf_putc(out, '=');
		(void)plain_put(out, ev->field[i].value.text, SIZE_MAX);
	}
	if (color)
		(void)buf_put(out, STR("\033[0m"));
}

static void
put_event(void *arg, const struct event *ev)
{
	struct watch *w = arg;
	struct buf *out = io_writer_buf(w->t->out);

	printer_put_time(out, ev->time, ev->time_ns);
	(void)buf_putc(out, ' ');
	put_level(out, ev, w->t->color);
	put_lines(out, value_text(ev->message));
	put_fields(out, ev, w->t->color);
	(void)buf_putc(out, '\n');
	if (io_writer_ready(w->t->out) == -1)
		(void)tool_flush(w->t);
}

static int
flush(void *arg, bool final)
{
	struct watch *w = arg;

	(void)final;
	return tool_flush(w->t);
}

static void
close_text(void *arg)
{
	(void)arg;
}

const struct output output_text = {
	.name = "text", .summary = "every record as a line for people",
	.open = open_text, .event = put_event, .flush = flush,
	.close = close_text, .wants_all = true,
};
