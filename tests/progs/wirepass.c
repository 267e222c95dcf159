/*
 * wirepass: read lines, write every record anew.  What is canonical comes
 * out as the same bytes; used to measure the reader and the writer alone.
 * usage: wirepass <LINES
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/diag.h"
#include "core/io.h"
#include "wire/wire.h"

static void
put_sample(struct buf *out, const struct wire_sample *s)
{
	if (s->n == 1)
		wire_put_sample(out, s->series->labels, s->ts[0], s->value[0]);
	else
		wire_put_samples(out, s->series->labels, s->ts, s->value,
		    s->n);
}

static void
put(struct buf *out, const struct wire_rec *rec)
{
	switch (rec->kind) {
	case WIRE_SAMPLE:
		put_sample(out, &rec->u.sample);
		break;
	case WIRE_ALERT:
		wire_put_alert(out, &rec->u.alert.alert, rec->u.alert.extra);
		break;
	case WIRE_NOTIFICATION:
		wire_put_notification(out, &rec->u.notification.n,
		    rec->u.notification.extra);
		break;
	default:
		(void)buf_put(out, rec->line);
		(void)buf_putc(out, '\n');
	}
}

int
main(void)
{
	struct labels_table *table = labels_table_new();
	struct wire_reader *reader = wire_reader_new(table);
	struct io_reader *in = io_reader_new(STDIN_FILENO, IO_LINE_MAX);
	struct io_writer *out = io_writer_new(STDOUT_FILENO);
	struct arena a = { 0 };
	struct wire_rec rec;
	struct str line;
	struct err e;
	int status = 0;

	diag_init("wirepass");
	while (io_next_line(in, &line) == IO_LINE) {
		arena_reset(&a);
		if (wire_read(reader, line, &a, &rec, &e) == -1) {
			e.file = "stdin";
			e.line = (unsigned)io_line_number(in);
			diag_err(&e);
			status = 1;
			continue;
		}
		put(io_writer_buf(out), &rec);
		if (io_writer_ready(out) == -1)
			break;
	}
	if (io_writer_flush(out) == -1) {
		diag("cannot write: %s", strerror(errno));
		status = 3;
	}
	arena_free(&a);
	io_reader_free(in);
	io_writer_free(out);
	wire_reader_free(reader);
	labels_table_free(table);
	return status;
}
