/*
 * script: the commands in order, and each eval in all the ways that must give
 * the same answer.
 */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#include "core/diag.h"
#include "core/dur.h"
#include "core/io.h"
#include "internal.h"
#include "promql/ast.h"
#include "promql/functions.h"

#define SCRIPT_MAX_BYTES	((size_t)64 << 20)

/* ---- running ---- */

static void
query(struct script *s, const struct eval *v, struct str text, int64_t start,
    int64_t end, int64_t step, struct result *r)
{
	static const struct promql_features all = {
		.experimental_functions = true,
		.extended_range_selectors = true,
		.fill_modifiers = true,
	};
	struct promql_source src = pstore_source(s->store);
	const struct pexpr *x;

	(void)v;
	*r = (struct result){ .ctx = { .arena = &s->arena, .source = &src,
	    .start = start, .end = end, .step = step,
	    .delayed_name_removal = true } };
	x = promql_parse(text, &all, &s->arena, &r->err);
	if (!x) {
		r->failed = true;
		err_prefix(&r->err, "parse error");
		r->err.kind = ERR_SYNTAX;
		return;
	}
	r->failed = promql_eval(x, &r->ctx, &r->v, &r->err) == -1;
	r->ctx.source = NULL;
	promql_release(x);
}

/* One way to run an eval; false when it is not what was expected. */
static bool
run(struct script *s, const struct eval *v, struct str text, int64_t start,
    int64_t end, int64_t step, size_t at, const char *how)
{
	struct buf expected = { 0 }, got = { 0 };
	struct case_result c = { .file = s->file, .line = v->line,
	    .expr = text, .how = how };
	struct result r;

	query(s, v, text, start, end, step, &r);
	r.step = at;
	r.as_range = step > 0;
	c.ok = result_ok(v, &r, &expected, &got);
	c.expected = buf_str(&expected);
	c.got = buf_str(&got);
	if (!c.ok)
		s->o->report(s->o->arg, &c);
	buf_release(&expected);
	buf_release(&got);
	arena_reset(&s->arena);
	return c.ok;
}

/* ---- the re-runs ---- */

struct walk_state {
	bool asks_time;		/* start(), end(), range(), step() */
	bool unsafe;		/* with @: not the same at all times */
	VEC(uint32_t) at;	/* where an @ belongs */
};

static bool
one_of(struct str s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(s, str_of(*list)))
			return true;
	return false;
}

static bool
look(void *arg, const struct pexpr *x)
{
	static const char *const unsafe[] = { "days_in_month",
	    "day_of_month", "day_of_week", "day_of_year", "hour", "minute",
	    "month", "year", "predict_linear", "time", "timestamp", "start",
	    "end", "range", "step", NULL };
	struct walk_state *w = arg;

	if (x->kind == PX_CALL &&
	    one_of(str_of(x->u.call.func->name), unsafe))
		w->unsafe = true;
	if (x->kind == PX_SUBQUERY) {
		if (x->u.subquery.when.at == PAT_NONE)
			vec_push(&w->at, x->to);
		return false;
	}
	if (x->kind == PX_MATRIX) {
		if (x->u.matrix.selector->u.selector.when.at == PAT_NONE)
			vec_push(&w->at, x->to);
		return false;
	}
	if (x->kind == PX_SELECTOR && x->u.selector.when.at == PAT_NONE)
		vec_push(&w->at, x->to);
	return true;
}

/* The calls below subqueries count, too. */
static bool
look_unsafe(void *arg, const struct pexpr *x)
{
	struct walk_state deep = { 0 };

	if (x->kind == PX_CALL)
		(void)look(&deep, x);
	if (deep.unsafe)
		((struct walk_state *)arg)->unsafe = true;
	return true;
}

static void
inspect(struct script *s, struct str text, struct walk_state *w)
{
	static const struct promql_features all = {
		.experimental_functions = true,
		.extended_range_selectors = true,
		.fill_modifiers = true,
	};
	static const char *const words[] = { "start()", "end()", "range()",
	    "step()", NULL };
	const struct pexpr *x;
	struct err e;
	size_t i;

	for (i = 0; words[i]; i++)
		w->asks_time |= str_find(text, str_of(words[i])) >= 0;
	if (!(x = promql_parse(text, &all, &s->arena, &e)))
		return;
	pexpr_walk(x, look, w);
	pexpr_walk(x, look_unsafe, w);
	promql_release(x);
	arena_reset(&s->arena);
}

static int
by_position(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* text with " @ T" behind each selector. */
static void
put_at(struct str text, const struct walk_state *w, int64_t ms,
    struct buf *out)
{
	size_t i, from = 0;

	if (w->at.n)
		qsort(w->at.p, w->at.n, sizeof(*w->at.p), by_position);
	for (i = 0; i < w->at.n; i++) {
		buf_put(out, str_sub(text, from, w->at.p[i]));
		buf_printf(out, " @ %s%lld.%03lld ", ms < 0 ? "-" : "",
		    (long long)(ms < 0 ? -ms : ms) / 1000,
		    (long long)(ms < 0 ? -ms : ms) % 1000);
		from = w->at.p[i];
	}
	buf_put(out, str_sub(text, from, text.n));
}

static bool
run_around(struct script *s, const struct eval *v, struct str text,
    int64_t ts, const char *how)
{
	if (v->fail || v->ordered || v->is_string || v->is_matrix)
		return true;
	return run(s, v, text, ts - DUR_MINUTE, ts + DUR_MINUTE, DUR_MINUTE,
	    1, how);
}

static bool
run_with_at(struct script *s, const struct eval *v,
    const struct walk_state *w)
{
	int64_t t = v->start, ts[5] = { -10 * t, 0, t / 5, t, 10 * t };
	size_t i, n = 5;
	struct buf text = { 0 };
	bool ok = true;

	if (t == 0) {
		ts[0] = -1000;
		ts[1] = 0;
		ts[2] = 1000;
		n = 3;
	}
	put_at(v->text, w, t, &text);
	for (i = 0; i < n && ok; i++) {
		ok = run(s, v, buf_str(&text), ts[i], ts[i], 0, 0,
		    "(with @)");
		if (ok && !w->asks_time)
			ok = run_around(s, v, buf_str(&text), ts[i],
			    "(with @, as a range)");
	}
	buf_release(&text);
	return ok;
}

static bool
run_eval(struct script *s, const struct eval *v)
{
	struct walk_state w = { 0 };
	bool ok;

	if (v->range)
		return run(s, v, v->text, v->start, v->end, v->step, 0, "");
	ok = run(s, v, v->text, v->start, v->start, 0, 0, "");
	if (!ok || !s->o->reruns)
		return ok;
	inspect(s, v->text, &w);
	if (!w.asks_time)
		ok = run_around(s, v, v->text, v->start, "(as a range)");
	if (ok && !w.unsafe)
		ok = run_with_at(s, v, &w);
	vec_release(&w.at);
	return ok;
}

/* ---- commands ---- */

static void
clear(struct script *s)
{
	pstore_free(s->store);
	if (s->table)
		labels_table_free(s->table);
	arena_reset(&s->data);
	s->table = labels_table_new();
	s->store = pstore_new(s->table);
}

static void
script_error(struct script *s, unsigned line, struct str text,
    const struct err *e)
{
	struct case_result r = { .file = s->file, .line = line,
	    .expr = text, .how = "", .expected = STR("a valid script"),
	    .got = str_of(e->msg) };

	s->n->failed++;
	s->o->report(s->o->arg, &r);
}

static void
do_eval(struct script *s, struct str line)
{
	struct eval v = { .line = (unsigned)s->lines.at };
	struct arena keep = { 0 };
	struct err e;

	/* What is expected outlives the runs' own memory. */
	keep = s->arena;
	s->arena = (struct arena){ 0 };
	if (eval_parse(s, line, &v, &e) == -1) {
		script_error(s, v.line, line, &e);
	} else {
		struct arena expected = s->arena;

		s->arena = keep;
		if (run_eval(s, &v))
			s->n->passed++;
		else
			s->n->failed++;
		keep = s->arena;
		s->arena = expected;
	}
	arena_free(&s->arena);
	s->arena = keep;
	eval_release(&v);
}

static void
do_load(struct script *s, struct str line)
{
	unsigned number = (unsigned)s->lines.at;
	struct str word, step;
	struct err e;

	step = str_trim(str_cut(line, ' ', &word));
	if (script_load(s, step, str_eq_nocase(word, STR("load_with_nhcb")),
	    &e) == -1)
		script_error(s, number, line, &e);
	arena_reset(&s->arena);
}

static struct str
first_word(struct str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	return str_sub(line, 0, n);
}

static void
do_command(struct script *s, struct str line)
{
	struct str word = first_word(line);
	struct err e;

	if (str_eq_nocase(word, STR("clear"))) {
		clear(s);
	} else if (str_eq_nocase(str_sub(word, 0, 4), STR("load"))) {
		do_load(s, line);
	} else if (str_eq_nocase(str_sub(word, 0, 4), STR("eval"))) {
		do_eval(s, line);
	} else {
		err_set(&e, ERR_SYNTAX, "invalid command '" STR_FMT "'",
		    STR_ARG(word));
		script_error(s, (unsigned)s->lines.at, line, &e);
	}
}

static void
split_lines(struct str text, struct lines *l)
{
	VEC(struct str) v = { 0 };
	struct str line;

	while (text.p) {
		text = str_cut(text, '\n', &line);
		line = str_trim(line);
		if (line.n > 0 && line.p[0] == '#')
			line = STR("");
		vec_push(&v, line);
	}
	l->p = v.p;
	l->n = v.n;
	l->at = 0;
}

int
script_run(const char *path, const struct script_options *o,
    struct script_counts *n)
{
	struct script s = { .file = path, .o = o, .n = n };
	struct buf text = { 0 };
	struct str line;
	struct err e;

	if (io_read_file(path, SCRIPT_MAX_BYTES, &text, &e) == -1) {
		diag_err(&e);
		return -1;
	}
	split_lines(buf_str(&text), &s.lines);
	clear(&s);
	while (s.lines.at < s.lines.n) {
		line = s.lines.p[s.lines.at++];
		if (line.n > 0)
			do_command(&s, line);
	}
	pstore_free(s.store);
	labels_table_free(s.table);
	arena_free(&s.data);
	arena_free(&s.arena);
	mem_free(s.lines.p);
	buf_release(&text);
	return 0;
}
