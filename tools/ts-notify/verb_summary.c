/*
 * summary: delivery lines in, a table of who was told how often out.
 */
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/mem.h"
#include "core/utf8.h"

/* In the order of the columns. */
static const char *const outcomes[] = {
	"sent", "failed", "deduplicated", "superseded"
};
#define NOUTCOMES	(sizeof(outcomes) / sizeof(outcomes[0]))

struct row {
	struct str name;		/* receiver/integration */
	uint64_t count[NOUTCOMES], attempts;
	int64_t last_sent;
	struct str last_error;
};

struct summary {
	struct tool *t;
	struct map rows;
	struct arena arena;		/* of the rows */
	struct labels_table *table;
	struct wire_reader *reader;
	unsigned bad;
};

#define ROWS_MAX	100000

static void
count(struct summary *s, const struct wire_delivery *d)
{
	struct arena *a = &s->arena;
	struct str name = arena_printf(a, STR_FMT "/" STR_FMT,
	    STR_ARG(d->receiver), STR_ARG(d->integration));
	struct row *r = map_get(&s->rows, name);
	size_t i;

	if (r == NULL) {
		if (s->rows.n >= ROWS_MAX)
			return;
		r = ARENA_NEW(a, struct row);
		r->name = name;
		(void)map_put(&s->rows, name, r);
	}
	for (i = 0; i < NOUTCOMES; i++)
		r->count[i] += str_eq(d->outcome, str_of(outcomes[i]));
	r->attempts += d->attempts;
	if (str_eq(d->outcome, STR("sent")) && d->time > r->last_sent)
		r->last_sent = d->time;
	if (d->error.n > 0)
		r->last_error = arena_str(a, d->error);
}

/* -1 after a message when the input broke off. */
static int
read_one(struct summary *s, const char *name, int fd)
{
	struct io_reader *in = io_reader_new(fd, IO_LINE_MAX);
	struct arena a = { 0 };
	struct wire_rec rec;
	enum io_line got;
	struct str line;
	struct err e = { 0 };

	while ((got = io_next_line(in, &line)) != IO_END &&
	    got != IO_ERROR) {
		arena_reset(&a);
		if (got == IO_LINE && wire_read(s->reader, line, &a, &rec,
		    &e) == 0) {
			if (rec.kind == WIRE_DELIVERY)
				count(s, &rec.u.delivery);
			continue;
		}
		if (got == IO_TOO_LONG)
			(void)err_set(&e, ERR_LIMIT, "line is too long");
		e.file = name;
		e.line = (unsigned)io_line_number(in);
		diag_err(&e);
		s->bad++;
	}
	if (got == IO_ERROR)
		diag("cannot read '%s': %s", name, strerror(errno));
	arena_free(&a);
	io_reader_free(in);
	return got == IO_ERROR ? -1 : 0;
}

static int
read_named(struct summary *s, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), rc;

	if (fd == -1) {
		diag("cannot open '%s': %s", name, strerror(errno));
		return -1;
	}
	rc = read_one(s, name, fd);
	(void)close(fd);
	return rc;
}

static int
row_cmp(const void *x, const void *y)
{
	const struct row *const *a = x, *const *b = y;

	if ((*a)->count[0] != (*b)->count[0])
		return (*a)->count[0] < (*b)->count[0] ? 1 : -1;
	return str_cmp((*a)->name, (*b)->name);
}

static void
print_row(const struct row *r, int width, struct buf *out)
{
	size_t i;
	int pad = width - (int)utf8_columns(r->name);

	(void)buf_printf(out, STR_FMT "%*s", STR_ARG(r->name),
	    pad > 0 ? pad : 0, "");
	for (i = 0; i < NOUTCOMES; i++)
		(void)buf_printf(out, "  %*llu", (int)strlen(outcomes[i]),
		    (unsigned long long)r->count[i]);
	(void)buf_printf(out, "  %8llu  ", (unsigned long long)r->attempts);
	if (r->last_sent != 0)
		time_print_rfc3339(out, r->last_sent);
	else
		(void)buf_putc(out, '-');
	if (r->last_error.n > 0)
		(void)buf_printf(out, "  " STR_FMT, STR_ARG(r->last_error));
	(void)buf_putc(out, '\n');
}

static void
print(struct summary *s)
{
	struct buf *out = io_writer_buf(s->t->out);
	const struct row **v = mem_array(s->rows.n + 1, sizeof(*v));
	struct map_entry *m;
	size_t at = 0, i, n = 0;
	int width = 8;

	while ((m = map_next(&s->rows, &at)) != NULL) {
		v[n] = m->value;
		if ((int)utf8_columns(v[n]->name) > width)
			width = (int)utf8_columns(v[n]->name);
		n++;
	}
	qsort(v, n, sizeof(*v), row_cmp);
	(void)buf_printf(out, "%-*s", width, "RECEIVER");
	for (i = 0; i < NOUTCOMES; i++)
		(void)buf_printf(out, "  %s", outcomes[i]);
	(void)buf_put(out, STR("  attempts  last sent\n"));
	for (i = 0; i < n; i++)
		print_row(v[i], width, out);
	mem_free(v);
}

int
verb_summary(struct tool *t, int argc, char **argv)
{
	struct summary s = { .t = t };
	int i, status = EXIT_YES;

	s.table = labels_table_new();
	s.reader = wire_reader_new(s.table);
	if (argc == 0 && read_one(&s, "stdin", STDIN_FILENO) == -1)
		status = EXIT_TROUBLE;
	for (i = 0; i < argc; i++)
		if (read_named(&s, argv[i]) == -1)
			status = EXIT_TROUBLE;
	print(&s);
	if (status == EXIT_YES && s.bad > 0)
		status = EXIT_NO;
	wire_reader_free(s.reader);
	labels_table_free(s.table);
	map_release(&s.rows);
	arena_free(&s.arena);
	return status;
}
