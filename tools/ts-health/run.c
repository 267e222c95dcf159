/*
 * run: choosing checks, running them, and what is kept of them.
 */
#include "run.h"

#include <math.h>

#include "core/map.h"
#include "follow.h"
#include "history.h"
#include "last.h"

/* For whoever writes the state at the moment. */
#define STATE_WAIT_MS	10000
/* The lock of those who make results for others to use. */
#define REFRESH_TOOL	"ts-health-refresh"

struct run {
	struct tool *tool;
	const struct run_order *order;
	struct arena arena;
	struct job *jobs;
	struct outcome *outcome;	/* of each job */
	size_t n;
};

static bool
named(const struct check *c, int argc, char **argv)
{
	size_t t;
	int i;

	for (i = 0; i < argc; i++) {
		if (str_eq(c->name, str_of(argv[i])) ||
		    (c->group.n && str_eq(c->group, str_of(argv[i]))))
			return true;
		for (t = 0; t < c->tags.n; t++)
			if (str_eq(c->tags.p[t], str_of(argv[i])))
				return true;
	}
	return argc == 0;
}

/* Which jobs to run: those named, and what they depend on is left alone. */
static void
select_jobs(struct run *r, const struct health_config *h)
{
	const struct run_order *o = r->order;
	int64_t now = clk_mono_ms();
	const struct check *c;
	size_t i;

	for (i = 0; i < h->checks.n; i++) {
		c = h->checks.p[i];
		if (!c->enabled || c->due_ms > now ||
		    !named(c, o->argc, o->argv))
			continue;
		r->jobs[r->n++] = (struct job){ .check = c,
		    .result = { .arena = &r->arena, .seconds = NAN } };
	}
}

/* With -f, what is not due now, and was down when it last was. */
static const struct check *
known_down(const struct health_config *h, struct str name)
{
	const struct check *c;
	size_t i;

	for (i = 0; i < h->checks.n; i++) {
		c = h->checks.p[i];
		if (str_eq(c->name, name))
			return c->streak != NULL && streak_ran(c->streak) &&
			    (c->streak->status == CHECK_FAIL ||
			    c->streak->status == CHECK_UNKNOWN) ? c : NULL;
	}
	return NULL;
}

/* Of those that run too, and what is known of others. */
static void
link_jobs(const struct health_config *h, struct job *jobs, size_t n,
    struct arena *a)
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
			else if (jobs[i].down == NULL)
				jobs[i].down = known_down(h,
				    c->depends.p[d]);
	}
	map_release(&index);
}

/* ---- what is kept ---- */

/*
 * Which state it is in, with what it was before; 1, or 0 when the state does
 * not know that, or -1 when it cannot be read.  Then we may know ourselves;
 * else this run is its first.
 */
static int
judge(struct state *st, struct outcome *o, struct err *e)
{
	enum check_status now = o->result->status;
	const struct streak *before = o->check->streak;
	int found = st == NULL ? 0 : streak_load(st, o->check->name,
	    &o->streak, e);
	bool known = found == 1;

	if (!known && before != NULL && streak_ran(before)) {
		o->streak = *before;
		known = true;
	}
	/* Nothing new is known of it. */
	if (known && o->result->skipped)
		o->streak.changed = false;
	else if (known)
		streak_add(&o->streak, o->check, now, o->time_ms);
	else
		streak_first(&o->streak, now, o->time_ms);
	return found;
}

static int
keep_one(struct state *st, const struct outcome *o, struct err *e)
{
	if (o->check->kind->history && o->result->data.p != NULL &&
	    history_keep(st, o->check->name, o->time_ms, o->result->data,
	    e) == -1)
		return -1;
	if (streak_save(st, o->check->name, &o->streak, e) == -1)
		return -1;
	return last_save(st, o->check->name, o->result, o->time_ms, e);
}

/*
 * What the checks that ran were before, and are now.  A state that cannot be
 * had costs the memory of it, never what was seen: it may be the very Redis
 * that is down.
 */
static void
keep(struct run *r)
{
	const char *url = r->tool->state;
	struct state *st = NULL;
	struct outcome *o;
	struct err e;
	bool good = true;

	if (url != NULL) {
		st = state_open_anyway(str_of(url), "ts-health",
		    STATE_WAIT_MS, &e);
		good = st != NULL;
		if (good)
			tool_say_state(st);
	}
	for (o = r->outcome; o != r->outcome + r->n; o++) {
		if (o->kept)
			continue;
		if (judge(good ? st : NULL, o, &e) == -1 ||
		    (good && st != NULL && keep_one(st, o, &e) == -1))
			good = false;
	}
	if (good && st != NULL && state_commit(st, &e) == -1)
		good = false;
	tool_say_state(st);
	state_close(st);
	if (!good)
		diag_err(&e);
}

/* True when it was found and is not older than the order wants it. */
static bool
recall_one(struct run *r, struct state *st, struct job *j, struct outcome *o,
    int64_t now)
{
	struct err e;

	if (o->kept)
		return true;
	if (last_load(st, j->check->name, &j->result, &o->time_ms, &e) == 1 &&
	    streak_load(st, j->check->name, &o->streak, &e) == 1 &&
	    o->time_ms <= now && now - o->time_ms <= r->order->max_age_ms)
		o->kept = j->done = true;
	else
		check_clear(&j->result);
	return o->kept;
}

/*
 * The results that are young enough, from the state; how many are missing.
 * Without a state, or one that cannot be read, all are.
 */
static size_t
recall(struct run *r)
{
	struct state *st = NULL;
	struct err e;
	size_t i, missing = 0;

	if (r->tool->state != NULL && r->order->max_age_ms > 0)
		st = state_open_read(str_of(r->tool->state), "ts-health", &e);
	for (i = 0; i < r->n; i++)
		missing += st == NULL ? !r->outcome[i].kept : !recall_one(r, st, &r->jobs[i],
		    &r->outcome[i], clk_now(&r->tool->clk));
	state_close(st);
	return missing;
}

/*
 * Of many who want the same results at the same time one makes them, while
 * the others wait and then find them.
 */
static size_t
recall_or_lock(struct run *r, struct state **lock)
{
	size_t i, missing = recall(r);
	int64_t wait = STATE_WAIT_MS;
	struct err e;

	*lock = NULL;
	if (missing == 0 || r->tool->state == NULL ||
	    r->order->max_age_ms <= 0)
		return missing;
	for (i = 0; i < r->n; i++)
		if (r->jobs[i].check->timeout_ms > wait)
			wait = r->jobs[i].check->timeout_ms;
	*lock = state_open(str_of(r->tool->state), REFRESH_TOOL, wait, &e);
	if (*lock == NULL)
		diag_err(&e);
	return recall(r);
}

/* ---- the run ---- */

static void
make_outcomes(struct run *r, int64_t now)
{
	struct outcome *o;
	size_t i;

	for (i = 0; i < r->n; i++) {
		o = &r->outcome[i];
		o->check = r->jobs[i].check;
		o->result = &r->jobs[i].result;
		if (!o->kept)
			o->time_ms = r->tool->clk.kind == CLK_INPUT ? now :
			    r->jobs[i].started_ms;
	}
}

static int
run_jobs(struct run *r)
{
	struct report report = { .outcome = r->outcome, .n = r->n,
	    .now_ms = clk_now(&r->tool->clk), .color = r->tool->color,
	    .arena = &r->arena };
	const struct health *self = r->tool->self;
	struct runner_limits limits = self->limits;
	double start = clk_mono_s();
	struct outcome *o;
	struct state *lock;
	struct err e;
	size_t missing = recall_or_lock(r, &lock), i;
	int rc = 0;

	limits.here = !r->tool->follow;
	if (missing)
		rc = runner_run(r->jobs, r->n, &limits, &e);
	make_outcomes(r, report.now_ms);
	if (rc == 0 && missing)
		keep(r);
	state_close(lock);
	if (rc == -1) {
		diag_err(&e);
		return HEALTH_UNKNOWN;
	}
	for (i = 0; i < r->n; i++) {
		o = &r->outcome[i];
		o->streak.suppressed = maintenance_contains(
		    &o->check->maintenance, o->time_ms);
		if (o->check->streak != NULL)
			*o->check->streak = o->streak;
	}
	report.envelope = self->envelope;
	report.seconds = round((clk_mono_s() - start) * 1e6) / 1e6;
	r->order->print(&report, r->order->arg, io_writer_buf(r->tool->out));
	return (int)report_status(&report);
}

/* -n: what would run, and what it would look at. */
static int
list_jobs(const struct run *r)
{
	struct buf *out = io_writer_buf(r->tool->out);
	const struct check *c;
	size_t i;

	for (i = 0; i < r->n; i++) {
		c = r->jobs[i].check;
		(void)buf_printf(out, STR_FMT " (%s)%s" STR_FMT "\n",
		    STR_ARG(c->name), c->kind->name, c->target.n ? ": " : "",
		    STR_ARG(c->target));
	}
	return HEALTH_OK;
}

int
run_once(struct tool *t, struct health_config *h,
    const struct run_order *order)
{
	struct run r = { .tool = t, .order = order };
	int status;
	size_t i;

	r.jobs = mem_array(h->checks.n + 1, sizeof(*r.jobs));
	r.outcome = mem_array(h->checks.n + 1, sizeof(*r.outcome));
	for (i = 0; i < h->warnings.n; i++)
		diag_warn(&h->warnings.p[i]);
	vec_reset(&h->warnings);
	select_jobs(&r, h);
	if (r.n == 0 && !t->follow) {
		if (order->argc > 0)
			diag("no check is called or tagged '%s'",
			    order->argv[0]);
		else
			diag("there is no check to run");
		status = HEALTH_UNKNOWN;
	} else if (t->dry_run) {
		status = list_jobs(&r);
	} else {
		link_jobs(h, r.jobs, r.n, &r.arena);
		status = run_jobs(&r);
	}
	for (i = 0; i < r.n; i++)
		check_release(&r.jobs[i].result);
	mem_free(r.jobs);
	mem_free(r.outcome);
	arena_free(&r.arena);
	return status;
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
	follow_begin(&new, h);
	health_release(h);
	*h = new;
}

int
run_checks(struct tool *t, struct health_config *h,
    const struct run_order *order)
{
	enum follow next = FOLLOW_GO_ON;
	int64_t now;
	int status = HEALTH_OK;

	if (!t->follow || t->dry_run)
		return run_once(t, h, order);
	follow_start();
	follow_begin(h, NULL);
	while (next != FOLLOW_STOP) {
		now = clk_mono_ms();
		status = run_once(t, h, order);
		follow_ran(h, now);
		if ((next = follow_wait(t, h)) == FOLLOW_RELOAD)
			reload(t, h);
	}
	return status;
}
