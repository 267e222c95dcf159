/*
 * promqlbatch: many queries over one set of series, in one process.
 * usage: promqlbatch START_MS INTERVAL_MS SERIES <QUERIES
 *	SERIES	"SHIFT_MS NAME{LABELS} VALUES": values in the notation of unit
 *		tests, the first at START + SHIFT
 *	QUERIES	"START END STEP EXPRESSION", times in ms; STEP 0: instant
 * One line of JSON for each: {"error":TEXT}, or {"type":TYPE,"rows":
 * [[LABELS,[[SECONDS,"VALUE"],...]],...]}.
 */
#include <stdio.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"
#include "core/num.h"
#include "json/write.h"
#include "promql/series.h"
#include "promql/store.h"
#include "wire/wire.h"

#define LINE_MAX_BYTES	((size_t)1 << 20)
#define FILE_MAX_BYTES	((size_t)256 << 20)

static int
fail(const struct err *e)
{
	(void)fprintf(stderr, "promqlbatch: %s\n", e->msg);
	return -1;
}

/* The next number of a line, up to a blank. */
static bool
cut_ms(struct str *line, int64_t *ms)
{
	struct str head;

	*line = str_cut(*line, ' ', &head);
	return num_parse_i64(head, 0, INT64_MAX / 2, ms);
}

static int
load_line(struct pstore *s, struct labels_table *t, struct arena *a,
    struct str line, int64_t start, int64_t interval, struct err *e)
{
	struct pnotation p;
	int64_t shift;
	size_t i;

	if (!cut_ms(&line, &shift))
		return err_set(e, ERR_SYNTAX, "a time is wrong");
	if (pnotation_parse(line, t, a, &p, e) == -1)
		return -1;
	for (i = 0; i < p.n; i++)
		if (!p.value[i].omitted && pstore_add(s, p.labels,
		    start + shift + (int64_t)i * interval, p.value[i].v,
		    p.value[i].h, 0, e) == -1)
			return -1;
	return 0;
}

static int
load(struct pstore *s, struct labels_table *t, struct arena *a,
    const char *path, int64_t start, int64_t interval)
{
	struct buf text = { 0 };
	struct str rest, line;
	struct err e = { 0 };
	int rc = io_read_file(path, FILE_MAX_BYTES, &text, &e);

	for (rest = buf_str(&text); rc == 0 && rest.n > 0; ) {
		rest = str_cut(rest, '\n', &line);
		rc = load_line(s, t, a, line, start, interval, &e);
	}
	buf_release(&text);
	return rc == 0 ? 0 : fail(&e);
}

static void
put_point(struct jw *w, int64_t ms, double v)
{
	struct buf text = { 0 };

	jw_arr(w);
	wire_put_api_time(&text, ms);
	jw_raw(w, buf_str(&text));
	buf_reset(&text);
	num_print(&text, v, NUM_GO_F);
	jw_str(w, buf_str(&text));
	jw_arr_end(w);
	buf_release(&text);
}

static void
put_row(struct jw *w, const struct pcols *v, size_t row)
{
	const struct prow *r = &v->row[row];
	size_t i;

	jw_arr(w);
	wire_put_labels(w, r->labels);
	jw_arr(w);
	for (i = 0; i < v->nsteps; i++)
		if (!pv_absent(r->v[i]))
			put_point(w, v->start + (int64_t)i * v->step, r->v[i]);
	jw_arr_end(w);
	jw_arr_end(w);
}

static void
put_matrix_row(struct jw *w, const struct pseries *s)
{
	size_t i;

	jw_arr(w);
	wire_put_labels(w, s->labels);
	jw_arr(w);
	for (i = 0; i < s->n; i++)
		put_point(w, s->t[i], s->v[i]);
	jw_arr_end(w);
	jw_arr_end(w);
}

static void
put_result(struct jw *w, const struct pcols *v)
{
	size_t i;

	jw_key(w, STR("type"));
	jw_str(w, str_of(ptype_text(v->type)));
	jw_key(w, STR("rows"));
	jw_arr(w);
	if (v->type == P_STRING)
		jw_str(w, v->text);
	for (i = 0; i < v->nrows; i++)
		put_row(w, v, i);
	for (i = 0; i < v->nseries; i++)
		put_matrix_row(w, &v->series[i]);
	jw_arr_end(w);
}

/* Parse, check as the API does, evaluate. */
static int
answer(struct str line, const struct promql_source *src, struct arena *a,
    struct jw *w, struct err *e)
{
	static const struct promql_features features = { 0 };
	struct promql_ctx c = { .arena = a, .source = src };
	const struct pexpr *x;
	struct pcols v = { 0 };
	int rc = -1;

	if (!cut_ms(&line, &c.start) || !cut_ms(&line, &c.end) ||
	    !cut_ms(&line, &c.step))
		return err_set(e, ERR_SYNTAX, "a time is wrong");
	if ((x = promql_parse(line, &features, a, e)) == NULL)
		return -1;
	if (c.step && promql_type(x) != P_SCALAR && promql_type(x) != P_VECTOR)
		(void)err_set(e, ERR_CONFIG, "invalid type for a range query");
	else
		rc = promql_eval(x, &c, &v, e);
	if (rc == 0)
		put_result(w, &v);
	promql_release(x);
	return rc;
}

static int
run(struct pstore *store)
{
	struct promql_source src = pstore_source(store);
	struct io_reader *in = io_reader_new(STDIN_FILENO, LINE_MAX_BYTES);
	struct io_writer *out = io_writer_new(STDOUT_FILENO);
	struct arena a = { 0 };
	struct str line;
	int rc = 0;

	while (rc == 0 && io_next_line(in, &line) == IO_LINE) {
		struct jw w = { .out = io_writer_buf(out) };
		struct err e = { 0 };

		jw_obj(&w);
		if (answer(line, &src, &a, &w, &e) == -1) {
			jw_key(&w, STR("error"));
			jw_str(&w, str_of(e.msg));
		}
		jw_obj_end(&w);
		(void)buf_putc(w.out, '\n');
		rc = io_writer_ready(out);
		arena_reset(&a);
	}
	if (io_writer_flush(out) == -1)
		rc = -1;
	arena_free(&a);
	io_reader_free(in);
	io_writer_free(out);
	return rc;
}

int
main(int argc, char **argv)
{
	struct labels_table *table;
	struct pstore *store;
	struct arena a = { 0 };
	int64_t start, interval;
	int status = 3;

	if (argc != 4 || !num_parse_i64(str_of(argv[1]), 0, INT64_MAX / 2,
	    &start) || !num_parse_i64(str_of(argv[2]), 1, INT32_MAX,
	    &interval)) {
		(void)fprintf(stderr, "usage: promqlbatch START_MS "
		    "INTERVAL_MS SERIES <QUERIES\n");
		return 2;
	}
	table = labels_table_new();
	store = pstore_new(table);
	if (load(store, table, &a, argv[3], start, interval) == 0 &&
	    run(store) == 0)
		status = 0;
	pstore_free(store);
	labels_table_free(table);
	arena_free(&a);
	return status;
}
