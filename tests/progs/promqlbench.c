/*
 * promqlbench: what queries cost over data that are loaded already.
 * usage: promqlbench LINES <QUERIES
 *	LINES	a file of sample lines
 *	QUERIES	"START END STEP EXPRESSION", times in ms; STEP 0: instant
 * One line for each: CPU ms of parsing, evaluation and the answer as JSON (the
 * median of some runs), series and bytes of the answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/ts-eval/eval.h"
#include "core/num.h"

#define LINE_MAX_BYTES	((size_t)1 << 20)
#define RUNS_MIN	5
#define RUNS_MAX	101
#define BUDGET_MS	300

struct query {
	int64_t start, end, step;
	struct str text;
};

static double
cpu_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool
cut_query(struct str line, struct query *q)
{
	int64_t *to[] = { &q->start, &q->end, &q->step };
	struct str head;
	size_t i;

	for (i = 0; i < 3; i++) {
		line = str_cut(line, ' ', &head);
		if (!num_parse_i64(head, 0, INT64_MAX / 2, to[i]))
			return false;
	}
	q->text = line;
	return true;
}

/* Once, into out; the number of series, or -1. */
static long
answer(struct eval *ev, const struct query *q, struct buf *out,
    struct err *e)
{
	struct promql_source source = history_source(&ev->history);
	struct promql_ctx c = { .arena = &ev->query, .source = &source,
	    .start = q->start, .end = q->end, .step = q->step };
	struct pcols v = { 0 };
	const struct pexpr *x;
	long n = -1;

	arena_reset(&ev->query);
	buf_reset(out);
	x = promql_parse(q->text, &ev->opt.features, &ev->query, e);
	if (x == NULL)
		return -1;
	if (promql_eval(x, &c, &v, e) == 0) {
		print_value(out, &v, PRINT_JSON, UNIT_NONE, c.notes);
		n = (long)print_rows(&v);
	}
	promql_release(x);
	return n;
}

static int
measure(struct eval *ev, const struct query *q, struct buf *out)
{
	double ms[RUNS_MAX], begin, start = cpu_ms();
	struct err e = { 0 };
	size_t runs = 0;
	long n = 0;

	do {
		begin = cpu_ms();
		if ((n = answer(ev, q, out, &e)) == -1) {
			(void)fprintf(stderr, "promqlbench: %s\n", e.msg);
			return -1;
		}
		ms[runs++] = cpu_ms() - begin;
	} while (runs < RUNS_MIN || (runs < RUNS_MAX &&
	    cpu_ms() - start < BUDGET_MS));
	qsort(ms, runs, sizeof(*ms), cmp);
	(void)printf("%.3f %ld %zu\n", ms[runs / 2], n, out->n);
	return fflush(stdout);
}

int
main(int argc, char **argv)
{
	static struct tool t = { .name = "promqlbench" };
	static struct eval ev = { .tool = &t };
	struct store_options none = { 0 };
	struct io_reader *in = io_reader_new(STDIN_FILENO, LINE_MAX_BYTES);
	struct buf out = { 0 };
	struct query q;
	struct str line;
	struct err e = { 0 };
	int status = 2;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: promqlbench LINES <QUERIES\n");
		return 2;
	}
	diag_init(t.name);
	if (history_open(&ev.history, NULL, &none, &e) == 0)
		status = input_load(&ev, 1, argv + 1);
	while (status == 0 && io_next_line(in, &line) == IO_LINE)
		if (!cut_query(line, &q) || measure(&ev, &q, &out) == -1)
			status = 1;
	history_close(&ev.history);
	arena_free(&ev.query);
	arena_free(&ev.arena);
	buf_release(&out);
	io_reader_free(in);
	return status;
}
