/* alerts: what rules say, as Alertmanager takes it (ts-lines(5)). */
#include "core/mem.h"
#include "output.h"
#include "watch.h"
#include "wire/wire.h"

struct alerts {
	struct watch *w;
};

static void *
open_alerts(struct watch *w, const char *url, struct err *e)
{
	struct alerts *self = mem_zalloc(sizeof(*self));

	(void)url;
	(void)e;
	self->w = w;
	return self;
}

static void
put_alert(void *arg, const struct alert *al)
{
	struct alerts *self = arg;

	wire_put_alert(io_writer_buf(self->w->t->out), al, STR_NONE);
	if (io_writer_ready(self->w->t->out) == -1)
		(void)tool_flush(self->w->t);
}

static int
flush(void *arg, bool final)
{
	struct alerts *self = arg;

	(void)final;
	return tool_flush(self->w->t);
}

const struct output output_alerts = {
	.name = "alerts", .summary = "what rules find, as alert lines",
	.open = open_alerts, .alert = put_alert, .flush = flush,
	.close = mem_free,
};
