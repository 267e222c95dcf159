/*
 * relabel: label sets on standard input through a job's rules, step by step.
 * A set is a JSON object or {a="b", c="d"}; a sample line gives its metric.
 */
#include "verbs.h"

#include <errno.h>
#include <unistd.h>

#include "core/diag.h"
#include "job.h"
#include "model/matcher.h"
#include "target.h"
#include "wire/wire.h"

struct relabelling {
	struct buf *out;
	const struct relabels *rules;
	struct buf before, after;
};

static void
on_step(void *arg, size_t rule, const struct labels_builder *b, bool kept)
{
	struct relabelling *r = arg;
	struct labels_builder copy = { 0 };
	struct str state;
	size_t i;

	labels_build(&copy, b->table, NULL);
	for (i = 0; i < b->n; i++)
		labels_set_sym(&copy, b->v[i].name, b->v[i].value);
	buf_reset(&r->after);
	labels_print(labels_done(&copy), &r->after);
	labels_builder_release(&copy);
	state = buf_str(&r->after);
	(void)buf_printf(r->out, "  rule %zu: ", rule + 1);
	if (!kept)
		(void)buf_put(r->out, STR("dropped\n"));
	else if (str_eq(state, buf_str(&r->before)))
		(void)buf_put(r->out, STR("no change\n"));
	else
		(void)buf_printf(r->out, STR_FMT "\n", STR_ARG(state));
	buf_reset(&r->before);
	(void)buf_put(&r->before, state);
}

static int
from_matchers(struct str line, struct labels_table *table, struct arena *a,
    const struct labels **out, struct err *e)
{
	struct labels_builder b = { 0 };
	struct matcher *m;
	size_t n, i;
	int rc = 0;

	if (matchers_parse(line, MATCHER_FALLBACK, a, &m, &n, NULL, e) == -1)
		return -1;
	labels_build(&b, table, NULL);
	for (i = 0; i < n && rc == 0; i++) {
		if (m[i].op != MATCH_EQ)
			rc = err_set(e, ERR_SYNTAX, "a label set has only "
			    "'=', not '%s'", match_op_text(m[i].op));
		labels_set(&b, m[i].name, m[i].value);
	}
	*out = labels_done(&b);
	labels_builder_release(&b);
	matchers_release(m, n);
	return rc;
}

static int
read_set(struct str line, struct labels_table *table, struct arena *a,
    const struct labels **out, struct err *e)
{
	struct str raw = line;

	line = str_trim(line);
	if (str_starts(line, STR("{\"metric\"")) &&
	    wire_member(line, STR("metric"), &raw))
		return wire_get_labels(table, raw, a, out, e);
	if (str_starts(line, STR("{\"")) || str_eq(line, STR("{}")))
		return wire_get_labels(table, line, a, out, e);
	return from_matchers(line, table, a, out, e);
}

static void
relabel_one(struct relabelling *r, const struct scrape_config *c,
    struct labels_table *table, const struct labels *l)
{
	struct labels_builder b = { 0 };
	bool kept;

	labels_build(&b, table, l);
	if (!options.metric)
		target_defaults(c, &b);
	buf_reset(&r->before);
	labels_print(labels_done(&b), &r->before);
	(void)buf_printf(r->out, STR_FMT "\n", STR_ARG(buf_str(&r->before)));
	kept = relabel_apply(r->rules->p, r->rules->n, &b, on_step, r);
	(void)buf_put(r->out, kept ? STR("= ") : STR("= dropped"));
	if (kept)
		labels_print(labels_done(&b), r->out);
	(void)buf_putc(r->out, '\n');
	labels_builder_release(&b);
}

static int
relabel_input(struct tool *t, const struct scrape_config *c)
{
	struct relabelling r = { .out = io_writer_buf(t->out),
	    .rules = options.metric ? &c->metric_relabel : &c->relabel };
	struct io_reader *in = io_reader_new(STDIN_FILENO, IO_LINE_MAX);
	struct labels_table *table;
	const struct labels *l;
	struct arena a = { 0 };
	enum io_line got;
	struct str line;
	struct err e;
	int bad = 0;

	while ((got = io_next_line(in, &line)) > IO_END) {
		if (got == IO_LINE && str_trim(line).n == 0)
			continue;
		arena_reset(&a);
		table = labels_table_new();
		e = (struct err){ .msg = "the line is too long" };
		if (got != IO_LINE || read_set(line, table, &a, &l,
		    &e) == -1) {
			e.file = "stdin";
			e.line = (unsigned)io_line_number(in);
			diag_err(&e);
			bad++;
		} else {
			relabel_one(&r, c, table, l);
			(void)io_writer_ready(t->out);
		}
		labels_table_free(table);
	}
	if (got == IO_ERROR) {
		diag("cannot read standard input: %s", strerror(errno));
		bad = -1;
	}
	buf_release(&r.before);
	buf_release(&r.after);
	io_reader_free(in);
	arena_free(&a);
	return bad == -1 ? EXIT_TROUBLE : bad ? EXIT_NO : EXIT_YES;
}

int
verb_relabel(struct tool *t, int argc, char **argv)
{
	const struct scrape_config *c;
	struct generation *g;
	struct err e = { 0 };
	int status;

	(void)argv;
	if (argc || t->config == NULL || options.pool.job == NULL)
		return tool_usage(t, argc ? "relabel takes no operand" :
		    "relabel: -c and --job are missing");
	if ((g = generation_load(t->config, &e)) == NULL) {
		diag_err(&e);
		return EXIT_USAGE;
	}
	c = prom_config_job(g->config, str_of(options.pool.job));
	if (c) {
		status = relabel_input(t, c);
	} else {
		diag("no job '%s' in '%s'", options.pool.job, t->config);
		status = EXIT_USAGE;
	}
	generation_drop(g);
	return status;
}
