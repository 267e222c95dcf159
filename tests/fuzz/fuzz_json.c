/*
 * Any bytes as a JSON text and as a line: no crash; what is taken, written
 * and taken again is the same.
 */
#include <stdlib.h>

#include "json/tree.h"
#include "wire/wire.h"

int	LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

static void
write_record(struct buf *out, const struct wire_rec *rec)
{
	const struct wire_sample *s = &rec->u.sample;

	switch (rec->kind) {
	case WIRE_SAMPLE:
		wire_put_samples(out, s->series->labels, s->ts, s->value, s->n);
		break;
	case WIRE_ALERT:
		wire_put_alert(out, &rec->u.alert.alert, rec->u.alert.extra);
		break;
	case WIRE_NOTIFICATION:
		wire_put_notification(out, &rec->u.notification.n,
		    rec->u.notification.extra);
		break;
	case WIRE_DELIVERY:
		wire_put_delivery(out, &rec->u.delivery);
		break;
	case WIRE_CHECK:
		wire_put_check(out, &rec->u.check);
		break;
	case WIRE_TASK:
		wire_put_task(out, &rec->u.task);
		break;
	case WIRE_TICK:
		wire_put_tick(out, rec->u.tick.time, rec->u.tick.src);
		break;
	case WIRE_META:
		wire_put_meta(out, &rec->u.meta);
		break;
	case WIRE_EVENT:
	case WIRE_OTLP:
	case WIRE_OTHER:
		(void)buf_put(out, rec->line);
		(void)buf_putc(out, '\n');
		break;
	}
}

/* Read, write, read, write: the two writings are equal. */
static void
round_trip(struct str line)
{
	struct labels_table *t = labels_table_new();
	struct wire_reader *r = wire_reader_new(t);
	struct buf first = { 0 }, second = { 0 };
	struct arena a = { 0 };
	struct wire_rec rec;
	struct err e;

	if (wire_read(r, line, &a, &rec, &e) == 0) {
		write_record(&first, &rec);
		line = (struct str){ first.p, first.n - 1 };
		if (wire_read(r, line, &a, &rec, &e) == -1)
			abort();
		write_record(&second, &rec);
		if (!str_eq(buf_str(&first), buf_str(&second)))
			abort();
	}
	buf_release(&first);
	buf_release(&second);
	arena_free(&a);
	wire_reader_free(r);
	labels_table_free(t);
}

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct str text = { (const char *)p, n };
	struct buf out = { 0 };
	struct err e;
	json_t *j = json_tree(text, &e);

	if (j != NULL)
		(void)json_put_tree(&out, j);
	json_decref(j);
	buf_release(&out);
	round_trip(text);
	return 0;
}
