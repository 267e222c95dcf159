/* events: one line of JSON each (ts-lines(5)). */
#include <unistd.h>

#include "core/mem.h"
#include "output.h"
#include "plain.h"
#include "printer.h"
#include "watch.h"

struct events {
	struct watch *w;
	struct printer *printer;
	bool terminal;
};

static void *
open_events(struct watch *w, const char *url, struct err *e)
{
	struct events *self = mem_zalloc(sizeof(*self));

	(void)url;
	(void)e;
	self->w = w;
	self->printer = printer_new(w->opt.flat);
	self->terminal = isatty(STDOUT_FILENO);
	return self;
}

static void
put_event(void *arg, const struct event *ev)
{
	struct events *self = arg;

	struct buf *out = io_writer_buf(self->w->t->out);
	size_t from = out->n;

	printer_put(self->printer, ev, out);
	if (self->terminal)
		plain_json(out, from);
	if (io_writer_ready(self->w->t->out) == -1)
		(void)tool_flush(self->w->t);
}

static int
flush(void *arg, bool final)
{
	struct events *self = arg;

	(void)final;
	return tool_flush(self->w->t);
}

static void
close_events(void *arg)
{
	struct events *self = arg;

	printer_free(self->printer);
	mem_free(self);
}

const struct output output_events = {
	.name = "events", .summary = "every record as a line of JSON",
	.open = open_events, .event = put_event, .flush = flush,
	.close = close_events, .wants_all = true,
};
