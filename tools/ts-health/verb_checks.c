/*
 * The main job: run checks of health.yml, or one from the command line.
 */
#include "verbs.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "follow.h"
#include "health_yml.h"
#include "history.h"
#include "core/map.h"
#include "json/write.h"
#include "report.h"
#include "serve.h"

#define STATE_WAIT_MS	10000

static bool
named(const struct check *c, int argc, char **argv)
{
	size_t t;
	int i;

	for (i = 0; i < argc; i++) {
		if (str_eq(c->name, str_of(argv[i])))
			return true;
		for (t = 0; t < c->tags.n; t++)
			if (str_eq(c->tags.p[t], str_of(argv[i])))
				return true;
	}
	return argc == 0;
}

/* Which jobs to run: those named, and what they depend on is left alone. */
static size_t
select_jobs(const struct health_config *h, struct job *jobs, int argc,
    char **argv)
{
	int64_t now = clk_mono_ms();
	size_t i, n = 0;

	for (i = 0; i < h->checks.n; i++)
		if (h->checks.p[i]->enabled && h->checks.p[i]->due_ms <= now &&
		    named(h->checks.p[i], argc, argv))
			jobs[n++].check = h->checks.p[i];
	return n;
}

/* Of those that run too. */
static void
link_jobs(struct job *jobs, size_t n, struct arena *a)
{
	struct map index = { 0 };
	const struct job **deps, *dep;
	const struct check *c;
	size_t i, d;

	for (i = 0; i < n; i++)
		(void)map_put(&index, jobs[i].check->name, &jobs[i]);
	for (i = 0; i < n; i++) {
		c = jobs[i].check;
		deps = ARENA_ARRAY(a, c->depends.n + 1, const struct job *);
		jobs[i].depends = deps;
		for (d = 0; d < c->depends.n; d++)
			if ((dep = map_get(&index, c->depends.p[d])) != NULL)
				deps[jobs[i].ndepends++] = dep;
		jobs[i].result.arena = a;
		jobs[i].result.seconds = NAN;
	}
	map_release(&index);
}

static int
keep_streak(struct state *st, struct outcome *o, struct err *e)
{
	enum check_status now = o->result->status;
	int found = 0;

	if (st != NULL && (found = streak_load(st, o->check->name,
	    &o->streak, e)) == -1)
		return -1;
	if (found)
		streak_add(&o->streak, o->check, now, o->time_ms);
	else
		streak_first(&o->streak, now, o->time_ms);
	o->streak.suppressed = time_intervals_contain(
	    &o->check->maintenance, o->time_ms);
	if (st == NULL)
		return 0;
	if (o->check->kind->history && o->result->data.p != NULL &&
	    history_keep(st, o->check->name, o->time_ms, o->result->data,
	    e) == -1)
		return -1;
	return streak_save(st, o->check->name, &o->streak, e);
}

/* What the checks were before, and are now. */
static int
keep_streaks(const char *url, struct outcome *o, size_t n, struct err *e)
{
	struct state *st = NULL;
	size_t i;
	int rc = 0;

	if (url != NULL) {
		st = state_open_anyway(str_of(url), "ts-health",
		    STATE_WAIT_MS, e);
		if (st == NULL)
			return -1;
		tool_say_state(st);
	}
	for (i = 0; i < n && rc == 0; i++)
		rc = keep_streak(st, &o[i], e);
	if (rc == 0 && st != NULL)
		rc = state_commit(st, e);
	tool_say_state(st);
	state_close(st);
	return rc;
}

/* How the report goes out; arg is the printer's own. */
typedef void print_fn(const struct report *r, const void *arg,
	    struct buf *out);

static void
print_format(const struct report *r, const void *arg, struct buf *out)
{
	((const struct report_format *)arg)->print(r, out);
}

static void
print_http(const struct report *r, const void *arg, struct buf *out)
{
	serve_answer(arg, r, out);
}

static int
run_jobs(struct tool *t, struct job *jobs, size_t n, print_fn *print,
    const void *arg, struct arena *a)
{
	struct health *self = t->self;
	struct outcome *o = ARENA_ARRAY(a, n + 1, struct outcome);
	struct report r = { .outcome = o, .n = n, .now_ms = clk_now(&t->clk),
	    .color = t->color, .arena = a };
	struct err e;
	size_t i;

	if (runner_run(jobs, n, &self->limits, &e) == -1) {
		diag_err(&e);
		return HEALTH_UNKNOWN;
	}
	for (i = 0; i < n; i++)
		o[i] = (struct outcome){ .check = jobs[i].check,
		    .result = &jobs[i].result,
		    .time_ms = t->clk.kind == CLK_INPUT ? r.now_ms :
		    jobs[i].started_ms };
	if (keep_streaks(t->state, o, n, &e) == -1) {
		diag_err(&e);
		return HEALTH_UNKNOWN;
	}
	print(&r, arg, io_writer_buf(t->out));
	return (int)report_status(&r);
}

static int
run_config(struct tool *t, struct health_config *h, print_fn *print,
    const void *arg, int argc, char **argv)
{
	struct job *jobs = mem_array(h->checks.n + 1, sizeof(*jobs));
	struct arena a = { 0 };
	size_t i, n;
	int status;

	for (i = 0; i < h->warnings.n; i++)
		diag_warn(&h->warnings.p[i]);
	vec_reset(&h->warnings);
	n = select_jobs(h, jobs, argc, argv);
	if (n == 0 && argc > 0 && !t->follow) {
		diag("no check is called or tagged '%s'", argv[0]);
		status = HEALTH_UNKNOWN;
	} else {
		link_jobs(jobs, n, &a);
		status = run_jobs(t, jobs, n, print, arg, &a);
	}
	for (i = 0; i < n; i++) {
		vec_release(&jobs[i].result.phases);
		vec_release(&jobs[i].result.perf);
		vec_release(&jobs[i].result.metrics);
	}
	mem_free(jobs);
	arena_free(&a);
	return status;
}

struct health_config
health_config_new(const struct health *self)
{
	return (struct health_config){ .procfs = self->host.procfs,
	    .sysfs = self->host.sysfs, .rootfs = self->host.rootfs };
}

/* A new file that is wrong is told of, and the old one kept. */
static void
reload(struct tool *t, struct health_config *h)
{
	struct health_config new = health_config_new(t->self);
	struct err e;

	if (t->config == NULL)
		return;
	if (health_load(&new, t->config, &e) == -1) {
		diag_err(&e);
		health_release(&new);
		return;
	}
	health_release(h);
	*h = new;
}

/* Once, or with -f until told to stop. */
static int
run_all(struct tool *t, struct health_config *h, print_fn *print,
    const void *arg, int argc, char **argv)
{
	enum follow next = FOLLOW_GO_ON;
	int64_t now;
	int status = HEALTH_OK;

	if (!t->follow)
		return run_config(t, h, print, arg, argc, argv);
	follow_start();
	while (next != FOLLOW_STOP) {
		now = clk_mono_ms();
		status = run_config(t, h, print, arg, argc, argv);
		follow_ran(h, now);
		if ((next = follow_wait(t, h)) == FOLLOW_RELOAD)
			reload(t, h);
	}
	return status;
}

int
health_run(struct tool *t, struct health_config *h,
    const struct report_format *format)
{
	return run_all(t, h, print_format, format, 0, NULL);
}

/* One request on stdin; what was found is in the answer. */
static int
serve(struct tool *t, struct health_config *h, int argc, char **argv)
{
	struct serve_request q;
	struct buf text = { 0 };
	int status = HEALTH_OK;

	if (serve_read(STDIN_FILENO, &text, &q) == 0) {
		if (!serve_needs_report(&q))
			serve_answer(&q, NULL, io_writer_buf(t->out));
		else if (run_config(t, h, print_http, &q, argc, argv) ==
		    HEALTH_UNKNOWN && io_writer_buf(t->out)->n == 0)
			status = HEALTH_UNKNOWN;
	}
	buf_release(&text);
	return status;
}

int
verb_run(struct tool *t, int argc, char **argv)
{
	struct health_config h = health_config_new(t->self);
	struct err e;
	int format, status = HEALTH_UNKNOWN;

	if (t->config == NULL && argc > 0)
		return tool_usage(t, "unknown verb '%s'", argv[0]);
	if (t->config == NULL)
		return tool_usage(t, "which checks? (-c FILE, or KIND "
		    "TARGET)");
	if ((format = tool_output(t, report_names,
	    report_nformats + 1)) == -1)
		return HEALTH_UNKNOWN;
	if (health_load(&h, t->config, &e) == -1)
		diag_err(&e);
	else if ((size_t)format == report_nformats)
		status = serve(t, &h, argc, argv);
	else
		status = run_all(t, &h, print_format,
		    &report_formats[format], argc, argv);
	health_release(&h);
	return tool_finish(t, status);
}

/* `command -- ARGV`: the operands are one list. */
static struct str
operand_list(int argc, char **argv, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	int i;

	for (i = 0; i < argc; i++) {
		(void)buf_putc(&b, i ? ',' : '[');
		json_put_str(&b, str_of(argv[i]), false);
	}
	(void)buf_putc(&b, ']');
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* With -c, the name of a kind is the name of a check that is called so. */
static int
run_named(struct tool *t, int argc, char **argv)
{
	char **all = mem_array((size_t)argc + 2, sizeof(*all));
	int i, status;

	all[0] = mem_strdup(t->verb->name);
	for (i = 0; i < argc; i++)
		all[i + 1] = argv[i];
	status = verb_run(t, argc + 1, all);
	mem_free(all[0]);
	mem_free(all);
	return status;
}

/* --history: what was seen before, by the check of the kind's own name. */
static int
past(struct tool *t, const struct check_kind *kind, int argc, char **argv)
{
	struct health *self = t->self;
	struct str name = argc > 0 ? str_of(argv[0]) : str_of(kind->name);
	struct state *st;
	struct err e;
	int rc;

	if (!kind->history)
		return tool_usage(t, "'%s' keeps no history", kind->name);
	if (t->state == NULL)
		return tool_usage(t, "the history is in the state (-s)");
	if ((st = state_open_read(str_of(t->state), "ts-health", &e)) ==
	    NULL) {
		diag_err(&e);
		return HEALTH_UNKNOWN;
	}
	rc = history_print(st, name, clk_now(&t->clk) - self->history_ms,
	    io_writer_buf(t->out), &e);
	if (rc == -1)
		diag_err(&e);
	state_close(st);
	return tool_finish(t, rc == -1 ? HEALTH_UNKNOWN : HEALTH_OK);
}

int
verb_kind(struct tool *t, int argc, char **argv)
{
	const struct check_kind *kind =
	    check_kind_find(str_of(t->verb->name));
	struct health *self = t->self;
	struct health_config h = health_config_new(self);
	struct arena a = { 0 };
	struct str set[HEALTH_SET_MAX + 1];
	struct err e;
	size_t nset = self->nset;
	int i, format, rc = 0, status = HEALTH_UNKNOWN;

	if (t->config != NULL)
		return run_named(t, argc, argv);
	if (self->history_ms > 0)
		return past(t, kind, argc, argv);
	if ((format = tool_output(t, report_names, report_nformats)) == -1)
		return HEALTH_UNKNOWN;
	memcpy(set, self->set, nset * sizeof(*set));
	if (kind->argv && argc > 0) {
		set[nset++] = arena_printf(&a, "%s=" STR_FMT, kind->operand,
		    STR_ARG(operand_list(argc, argv, &a)));
		rc = health_adhoc(&h, kind, STR_NONE, set, nset, &e);
	} else if (argc == 0) {
		rc = health_adhoc(&h, kind, STR_NONE, set, nset, &e);
	}
	for (i = 0; i < argc && rc == 0 && !kind->argv; i++)
		rc = health_adhoc(&h, kind, str_of(argv[i]), set, nset, &e);
	if (rc == -1)
		diag_err(&e);
	else
		status = run_all(t, &h, print_format,
		    &report_formats[format], 0, NULL);
	health_release(&h);
	arena_free(&a);
	return tool_finish(t, status);
}

int
verb_check(struct tool *t, int argc, char **argv)
{
	struct health_config h;
	struct err e;
	size_t w;
	int i, status = HEALTH_OK;

	if (argc == 0)
		return tool_usage(t, "check which FILE?");
	for (i = 0; i < argc; i++) {
		h = health_config_new(t->self);
		if (health_load(&h, argv[i], &e) == -1) {
			diag_err(&e);
			status = HEALTH_UNKNOWN;
		}
		for (w = 0; w < h.warnings.n; w++) {
			diag_warn(&h.warnings.p[w]);
			if (status == HEALTH_OK)
				status = HEALTH_WARNING;
		}
		if (status != HEALTH_UNKNOWN)
			(void)buf_printf(io_writer_buf(t->out),
			    "%s: %zu checks\n", argv[i], h.checks.n);
		health_release(&h);
	}
	return tool_finish(t, status);
}
