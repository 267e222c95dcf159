/*
 * run: a plan from lock to result.
 */
#include "run.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "audit.h"
#include "child.h"
#include "core/clk.h"
#include "core/dur.h"
#include "lock.h"
#include "ping.h"
#include "store.h"

#define AUDIT_TEXT_MAX	700	/* of one member of a record */
#define ID_BYTES	16

volatile sig_atomic_t run_stop;

static void
on_signal(int signo)
{
	run_stop = signo;
}

void
run_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGHUP, &sa, NULL);
}

int
run_worse(int a, int b)
{
	/* from good to bad */
	static const int order[] = { MAINT_OK, MAINT_WARNING, MAINT_BUSY,
	    MAINT_ROLLED_BACK, MAINT_FAILED, MAINT_TROUBLE,
	    MAINT_ROLLBACK_FAILED };
	size_t i, at_a = 0, at_b = 0;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (order[i] == a)
			at_a = i;
		if (order[i] == b)
			at_b = i;
	}
	return at_a > at_b ? a : b;
}

/* A task as it stands in this run. */
struct slot {
	struct task *task;
	struct outcome outcome;
	bool ended;
	bool selected;
};

struct plan_run {
	struct run *run;
	struct plan *plan;
	struct arena arena;
	struct slot *slot;
	size_t n, nth, of;
	struct str id, rid;	/* of this run; for the dead-man switch */
	int64_t now_ms, began_mono;
	struct audit *audit;
	const struct task *at;	/* the one at hand, for the callbacks */
	struct record *was;	/* ... and what was kept of it */
	struct result result;	/* ... and what is known of it */
	bool rolled_back, undo_failed, stop;
	struct buf look;	/* what a person must look at */
};

/* ---- identifiers: 48 bits of time, 80 of chance ---- */

static void
make_ids(struct plan_run *p)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char b[ID_BYTES];
	char ulid[27], *u = ulid + 26;
	int64_t ms = p->now_ms;
	int i, bit;

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		memset(b, (int)getpid(), sizeof(b));
	for (i = 5; i >= 0; i--, ms >>= 8)
		b[i] = (unsigned char)(ms & 0xff);
	*u = '\0';
	for (bit = 0; u > ulid; bit += 5) {
		unsigned v = 0, k;

		for (k = 0; k < 5; k++)
			if (bit + (int)k < 128 && b[15 - (bit + (int)k) / 8] &
			    1u << (bit + k) % 8)
				v |= 1u << k;
		*--u = digits[v];
	}
	p->id = arena_str(&p->arena, str_of(ulid));
	p->rid = arena_printf(&p->arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4],
	    b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
	    b[15]);
}

/* ---- audit ---- */

static void
audit_str(struct jw *w, const char *key, struct str s)
{
	if (s.n == 0)
		return;
	jw_key(w, str_of(key));
	jw_str(w, str_sub(s, 0, AUDIT_TEXT_MAX));
}

static void
audit_commit(struct plan_run *p)
{
	struct err e;

	if (audit_end(p->audit, &e) == -1)
		diag_err(&e);
}

static void
audit_env(struct jw *w, const char *key, const char *name)
{
	const char *v = getenv(name);

	if (v != NULL)
		audit_str(w, key, str_of(v));
}

static void
audit_loginuid(struct jw *w)
{
	struct buf b = { 0 };
	struct err e;

	if (io_read_file("/proc/self/loginuid", 64, &b, &e) == 0 &&
	    !str_eq(str_trim(buf_str(&b)), STR("4294967295")))
		audit_str(w, "loginuid", str_trim(buf_str(&b)));
	buf_release(&b);
}

static void
audit_start(struct plan_run *p)
{
	char host[256] = "";
	struct jw *w;

	if (p->audit == NULL)
		return;
	(void)gethostname(host, sizeof(host) - 1);
	w = audit_begin(p->audit, "start", p->now_ms, p->id);
	audit_str(w, "plan", p->plan->name);
	audit_str(w, "file", str_of(p->run->config->file));
	audit_str(w, "sha256", p->run->config->sha256);
	audit_str(w, "host", str_of(host));
	jw_key(w, STR("uid"));
	jw_int(w, (int64_t)getuid());
	audit_loginuid(w);
	audit_env(w, "sudo_user", "SUDO_USER");
	audit_env(w, "ssh", "SSH_CONNECTION");
	audit_commit(p);
}

static void
audit_task(struct plan_run *p, const char *what, const struct task *t,
    const struct outcome *o)
{
	struct jw *w;

	if (p->audit == NULL)
		return;
	w = audit_begin(p->audit, what, clk_now(&p->run->tool->clk), p->id);
	audit_str(w, "plan", p->plan->name);
	if (t != NULL) {
		audit_str(w, "task", t->name);
		audit_str(w, "kind", str_of(t->kind->name));
	}
	audit_str(w, "status", str_of(task_status_name(o->status)));
	jw_key(w, STR("changed"));
	jw_bool(w, o->changed);
	audit_str(w, "message", o->error.n ? o->error : o->message);
	audit_commit(p);
}

static void
audit_step(struct plan_run *p, const struct step_line *s)
{
	struct jw *w;

	if (p->audit == NULL)
		return;
	w = audit_begin(p->audit, "step", clk_now(&p->run->tool->clk), p->id);
	audit_str(w, "task", p->at->name);
	audit_str(w, "step", s->action);
	audit_str(w, "what", s->what);
	audit_str(w, "error", s->error);
	if (s->bytes) {
		jw_key(w, STR("bytes"));
		jw_int(w, s->bytes);
	}
	audit_commit(p);
}

static void
open_audit(struct plan_run *p)
{
	const char *state = p->run->tool->state;
	const char *path = audit_path(p->run->config, state, &p->arena);
	struct err e = { 0 };

	if (path == NULL)
		return;
	if ((store_dir(state) == NULL ||
	    io_make_dirs(store_dir(state), 0777, &e) == 0) &&
	    (p->audit = audit_open(path, state, &e)) != NULL)
		return;
	diag_err(&e);
}

/* ---- one task ---- */

static void
on_step(void *arg, const struct step_line *s)
{
	struct plan_run *p = arg;

	report_step(p->run->report, &p->result, s);
	if (p->at->kind->removes && (s->end == STEP_DONE ||
	    s->end == STEP_FAILED) && !s->reads)
		audit_step(p, s);
}

static void
on_progress(void *arg, struct str text)
{
	struct plan_run *p = arg;

	report_progress(p->run->report, &p->result, text);
}

static void
on_tick(void *arg)
{
	struct plan_run *p = arg;

	report_tick(p->run->report, &p->result);
}

static struct slot *
slot_of(struct plan_run *p, struct str name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (str_eq(p->slot[i].task->name, name))
			return &p->slot[i];
	return NULL;
}

static void
skip(struct outcome *o, struct str why)
{
	memset(o, 0, sizeof(*o));
	o->status = TASK_SKIPPED;
	o->message = why;
}

static bool
status_among(enum task_status s, const struct ystrs *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (str_eq(list->p[i], str_of(task_status_name(s))))
			return true;
	return list->n == 0 && s == TASK_OK;
}

/* false: *why says what speaks against it. */
static bool
may_run(struct plan_run *p, const struct task *t, struct str *why)
{
	const struct condition *c = &t->condition;
	const struct slot *s;
	size_t i;

	if (run_stop || p->stop) {
		*why = run_stop ? STR("stopped") :
		    STR("a task before it has failed");
		return false;
	}
	for (i = 0; i < t->needs.n; i++) {
		s = slot_of(p, t->needs.p[i]);
		if (!s->selected || (s->ended &&
		    s->outcome.status < TASK_ROLLED_BACK &&
		    s->outcome.status != TASK_SKIPPED))
			continue;
		*why = arena_printf(&p->arena, "needs '" STR_FMT "' "
		    "(%s)", STR_ARG(t->needs.p[i]),
		    task_status_name(s->outcome.status));
		return false;
	}
	/* What has not run for real has no status to ask for. */
	if (c->task.n == 0 || p->run->dry_run || p->run->options->force)
		return true;
	s = slot_of(p, c->task);
	if (s->ended && status_among(s->outcome.status, &c->status))
		return true;
	*why = arena_printf(&p->arena, "not needed: '" STR_FMT
	    "' is %s", STR_ARG(c->task), s->ended ?
	    task_status_name(s->outcome.status) : "not run");
	return false;
}

/* Between two attempts, or until told to end. */
static void
rest(int64_t ms)
{
	int64_t until = clk_mono_ms() + ms, left;

	while (!run_stop && (left = until - clk_mono_ms()) > 0)
		(void)poll(NULL, 0, left > 500 ? 500 : (int)left);
}

/* What must outlive this run, also when it is killed. */
static void
on_memory(void *arg, struct str memory)
{
	struct plan_run *p = arg;
	struct err e;

	p->was->memory = arena_str(&p->arena, memory);
	if (store_put(p->run->tool->state, store_key(&p->arena, "task",
	    p->plan->name, p->at->name), p->was, &e) == -1)
		diag_err(&e);
}

static void
attempt(struct plan_run *p, const struct task *t, struct record *was,
    struct outcome *o)
{
	struct child_request q = { .task = t, .dry_run = p->run->dry_run,
	    .verbose = p->run->tool->verbose,
	    .now_ms = clk_now(&p->run->tool->clk),
	    .path = p->run->config->path, .stop = &run_stop,
	    .step = on_step, .progress = on_progress,
	    .remember = on_memory, .tick = on_tick, .arg = p };
	int64_t i;

	p->was = was;
	for (i = 0;; i++) {
		q.memory = was->memory;
		p->result.attempt = i + 1;
		child_run(&q, o, &p->arena);
		if (!task_status_bad(o->status) || i >= t->retries ||
		    run_stop || o->undo_failed || p->run->dry_run)
			return;
		diag_note("task '" STR_FMT "': " STR_FMT "; again in %llds",
		    STR_ARG(t->name), STR_ARG(o->error),
		    (long long)t->retry_delay_ms / 1000);
		rest(t->retry_delay_ms);
	}
}

static int
keep(struct plan_run *p, struct str key, struct record *r,
    const struct outcome *o)
{
	const char *severity = report_severity(o->status);
	struct err e;

	r->status = o->status;
	r->time_ms = p->result.time_ms;
	r->duration_s = p->result.duration_s;
	r->run = p->id;
	r->message = o->error.n ? o->error : o->message;
	if (o->status != TASK_SKIPPED) {
		if (severity == NULL)
			r->bad_since_ms = 0;
		else if (r->bad_since_ms == 0)
			r->bad_since_ms = p->result.time_ms;
		r->severity = str_of(severity);
	}
	if (o->status == TASK_OK || o->status == TASK_WARNING)
		r->success_ms = p->result.time_ms;
	if (o->memory.n)
		r->memory = o->memory;
	if (store_put(p->run->tool->state, key, r, &e) == -1) {
		diag_err(&e);
		return -1;
	}
	return 0;
}

static void
fetch(struct plan_run *p, struct str key, struct record *r)
{
	struct err e;

	if (store_get(p->run->tool->state, key, r, &p->arena, &e) == -1) {
		diag_err(&e);
		memset(r, 0, sizeof(*r));
	}
	p->result.bad_since_ms = r->bad_since_ms;
	p->result.was_severity = r->severity;
}

static void
do_task(struct plan_run *p, struct slot *s)
{
	const struct task *t = s->task;
	struct str key = store_key(&p->arena, "task", p->plan->name, t->name);
	struct record was;
	struct str why;
	double began = clk_mono_s();

	p->at = t;
	p->nth++;
	p->result = (struct result){ .plan = p->plan, .task = t,
	    .outcome = &s->outcome, .run = p->id, .attempt = 1,
	    .time_ms = clk_now(&p->run->tool->clk),
	    .dry_run = p->run->dry_run, .nth = p->nth, .of = p->of };
	fetch(p, key, &was);
	report_begin(p->run->report, &p->result);
	if (may_run(p, t, &why))
		attempt(p, t, &was, &s->outcome);
	else
		skip(&s->outcome, why);
	p->result.duration_s = clk_mono_s() - began;
	s->ended = true;
	if (!p->run->dry_run) {
		(void)keep(p, key, &was, &s->outcome);
		audit_task(p, "task", t, &s->outcome);
	}
	report_task(p->run->report, &p->result);
	p->rolled_back |= s->outcome.status == TASK_ROLLED_BACK;
	if (s->outcome.undo_failed) {
		p->undo_failed = true;
		(void)buf_printf(&p->look, "%s" STR_FMT ": " STR_FMT,
		    p->look.n ? "; " : "", STR_ARG(t->name),
		    STR_ARG(s->outcome.error));
	}
}

/* ---- when one has failed ---- */

static void
undo_said(struct plan_run *p, const struct task *t, const struct outcome *o)
{
	audit_task(p, "undo", t, o);
	report_task(p->run->report, &p->result);
	if (!task_status_bad(o->status) || o->status == TASK_ROLLED_BACK)
		return;
	p->undo_failed = true;
	(void)buf_printf(&p->look, "%s" STR_FMT ": " STR_FMT,
	    p->look.n ? "; " : "", STR_ARG(t->name), STR_ARG(o->error));
}

/* The kind's own undo, or the tasks that undo it. */
static void
undo_one(struct plan_run *p, struct slot *s)
{
	const struct task *t = s->task;
	struct child_request q = { .task = t, .undo = true,
	    .now_ms = clk_now(&p->run->tool->clk),
	    .undo_record = s->outcome.undo, .path = p->run->config->path,
	    .step = on_step, .progress = on_progress, .tick = on_tick,
	    .arg = p };
	struct outcome o;
	struct slot *u;
	size_t i;

	p->at = t;
	p->result = (struct result){ .plan = p->plan, .task = t,
	    .outcome = &o, .run = p->id, .attempt = 1, .undo = true,
	    .time_ms = q.now_ms, .nth = p->nth, .of = p->of };
	if (t->kind->undo != NULL && s->outcome.undo.n) {
		report_begin(p->run->report, &p->result);
		child_run(&q, &o, &p->arena);
		undo_said(p, t, &o);
	}
	for (i = 0; i < t->undo.n; i++) {
		u = slot_of(p, t->undo.p[i]);
		q.task = p->at = p->result.task = u->task;
		q.undo = false;
		report_begin(p->run->report, &p->result);
		child_run(&q, &o, &p->arena);
		undo_said(p, u->task, &o);
	}
}

/* Signals do not stop this: half undone is worse than either. */
static void
roll_back(struct plan_run *p)
{
	size_t i;

	if (p->run->dry_run)
		return;
	p->rolled_back = true;
	for (i = p->n; i-- > 0;)
		if (p->slot[i].ended && p->slot[i].outcome.status !=
		    TASK_SKIPPED && p->slot[i].outcome.status !=
		    TASK_ROLLED_BACK)
			undo_one(p, &p->slot[i]);
}

static void
do_instead(struct plan_run *p, struct str name)
{
	struct slot *s = slot_of(p, name);

	if (!s->ended)
		do_task(p, s);
}

/* What the task says, else what the plan says. */
static void
failed(struct plan_run *p, const struct task *t)
{
	enum on_failure how = t->on_failure;
	struct str instead = t->instead;

	if (how == ON_FAILURE_UNSET && instead.n == 0) {
		how = p->plan->on_failure;
		instead = p->plan->instead;
	}
	if (p->run->dry_run)
		return;
	if (instead.n && !run_stop)
		do_instead(p, instead);
	if (how == ON_FAILURE_STOP || how == ON_FAILURE_ROLLBACK)
		p->stop = true;
	if (how == ON_FAILURE_ROLLBACK)
		roll_back(p);
}

/* ---- all of it ---- */

static bool
past_deadline(const struct plan_run *p)
{
	return p->plan->timeout_ms && !p->run->dry_run &&
	    clk_mono_ms() - p->began_mono >= p->plan->timeout_ms;
}

static void
do_tasks(struct plan_run *p)
{
	struct slot *s;

	for (s = p->slot; s != p->slot + p->n; s++) {
		if (!s->selected)
			continue;
		if (past_deadline(p))
			p->stop = true;
		do_task(p, s);
		if (task_status_bad(s->outcome.status))
			failed(p, s->task);
	}
}

static void
select_tasks(struct plan_run *p, const struct task *only)
{
	size_t i;

	p->n = p->plan->tasks.n;
	p->slot = ARENA_ARRAY(&p->arena, p->n + 1, struct slot);
	for (i = 0; i < p->n; i++) {
		p->slot[i].task = p->plan->tasks.p[i];
		p->slot[i].selected = only ? only == p->slot[i].task :
		    !p->slot[i].task->aside;
		p->of += p->slot[i].selected;
	}
}

/* The worst of its tasks, and what was made of it. */
static void
sum_up(struct plan_run *p, struct outcome *o)
{
	static const enum task_status told[] = { TASK_OK, TASK_PLANNED,
	    TASK_WARNING, TASK_SKIPPED, TASK_FAILED, TASK_TIMEOUT,
	    TASK_ROLLED_BACK };
	struct buf b = { 0 };
	enum task_status worst = TASK_OK, s;
	size_t i;

	memset(o, 0, sizeof(*o));
	for (i = 0; i < p->n; i++) {
		if (!p->slot[i].ended)
			continue;
		s = p->slot[i].outcome.status;
		p->result.count[s]++;
		o->changed |= p->slot[i].outcome.changed;
		if (s > worst && s != TASK_SKIPPED)
			worst = s;
	}
	if (p->run->dry_run && worst == TASK_OK)
		worst = TASK_PLANNED;
	if (worst >= TASK_FAILED && p->rolled_back && !p->undo_failed)
		worst = TASK_ROLLED_BACK;
	if (p->undo_failed)
		worst = TASK_FAILED;
	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (p->result.count[told[i]])
			(void)buf_printf(&b, "%s%zu %s", b.n ? ", " : "",
			    p->result.count[told[i]],
			    task_status_name(told[i]));
	o->status = worst;
	o->undo_failed = p->undo_failed;
	o->message = arena_str(&p->arena, buf_str(&b));
	if (p->undo_failed)
		o->error = arena_printf(&p->arena, "the rollback has failed, "
		    "a person must look at " STR_FMT,
		    STR_ARG(buf_str(&p->look)));
	buf_release(&b);
}

static int
exit_status(const struct outcome *o)
{
	if (o->undo_failed)
		return MAINT_ROLLBACK_FAILED;
	if (o->status == TASK_ROLLED_BACK)
		return MAINT_ROLLED_BACK;
	if (task_status_bad(o->status))
		return MAINT_FAILED;
	return o->status == TASK_WARNING ? MAINT_WARNING : MAINT_OK;
}

static void
plan_result(struct plan_run *p, const struct outcome *o)
{
	p->result = (struct result){ .plan = p->plan, .outcome = o,
	    .run = p->id, .time_ms = p->now_ms, .attempt = 1,
	    .duration_s = (double)(clk_mono_ms() - p->began_mono) / 1000,
	    .dry_run = p->run->dry_run, .nth = p->nth, .of = p->of };
}

/* A run for a due time that went well is done with that time. */
static void
keep_plan(struct plan_run *p, const struct outcome *o, bool whole,
    int64_t due_ms)
{
	struct str key = store_key(&p->arena, "plan", p->plan->name, STR_NONE);
	struct record r;

	fetch(p, key, &r);
	if (due_ms) {
		r.tried_ms = p->now_ms;
		if (!task_status_bad(o->status))
			r.since_ms = p->plan->schedule.every_ms ? p->now_ms :
			    due_ms;
	}
	if (whole)
		(void)keep(p, key, &r, o);
}

static int
not_run(struct plan_run *p, enum task_status s, struct str why, int status)
{
	struct outcome o = { .status = s };

	if (task_status_bad(s))
		o.error = why;
	else
		o.message = why;
	plan_result(p, &o);
	report_plan(p->run->report, &p->result);
	return status;
}

static int
take_lock(struct plan_run *p, int *fd)
{
	const struct plan *plan = p->plan;
	const char *dir;
	struct err e;
	struct str why;

	if ((dir = lock_dir(p->run->config, &p->arena, &e)) == NULL) {
		diag_err(&e);
		return MAINT_TROUBLE;
	}
	*fd = lock_take(dir, plan->lock.n ? plan->lock : plan->name,
	    plan->on_busy == ON_BUSY_WAIT, plan->timeout_ms, &run_stop, &e);
	if (*fd != -1)
		return 0;
	if (e.kind != ERR_LIMIT) {
		diag_err(&e);
		return MAINT_TROUBLE;
	}
	why = arena_str(&p->arena, str_of(e.msg));
	if (plan->on_busy == ON_BUSY_FAIL)
		return not_run(p, TASK_FAILED, why, MAINT_FAILED);
	return not_run(p, TASK_SKIPPED, why, MAINT_BUSY);
}

static int
run_locked(struct plan_run *p, const struct task *only, int64_t due_ms)
{
	struct outcome o;
	struct err e;
	pid_t ping[2] = { 0 };

	if (!p->run->dry_run) {
		open_audit(p);
		audit_start(p);
		ping[0] = ping_send(p->plan, PING_START, p->rid, STR_NONE);
	}
	do_tasks(p);
	plan_result(p, &o);
	sum_up(p, &o);
	if (!p->run->dry_run) {
		keep_plan(p, &o, only == NULL, due_ms);
		audit_task(p, "end", NULL, &o);
		if (audit_close(p->audit, &e) == -1)
			diag_err(&e);
	}
	report_plan(p->run->report, &p->result);
	(void)tool_flush(p->run->tool);
	if (!p->run->dry_run)
		ping[1] = ping_send(p->plan, task_status_bad(o.status) ?
		    PING_FAIL : PING_SUCCESS, p->rid,
		    buf_str(&p->run->report->tail));
	ping_wait(ping[0]);
	ping_wait(ping[1]);
	return exit_status(&o);
}

/* Asked on the terminal, never of a pipe. */
static int
confirm(const struct plan_run *p, const struct task *only)
{
	struct str what = STR_NONE;
	char answer[16] = "";
	size_t i;

	if (p->run->dry_run || p->run->options->yes)
		return 0;
	if (p->plan->confirm)
		what = p->plan->name;
	for (i = 0; i < p->n && what.n == 0; i++)
		if (p->slot[i].selected && p->slot[i].task->confirm)
			what = p->slot[i].task->name;
	(void)only;
	if (what.n == 0)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		diag("plan '" STR_FMT "': '" STR_FMT "' wants to be "
		    "confirmed (--yes)", STR_ARG(p->plan->name),
		    STR_ARG(what));
		return -1;
	}
	diag("plan '" STR_FMT "': run '" STR_FMT "' now? type yes",
	    STR_ARG(p->plan->name), STR_ARG(what));
	if (read(STDIN_FILENO, answer, sizeof(answer) - 1) > 0 &&
	    str_eq(str_trim(str_of(answer)), STR("yes")))
		return 0;
	diag("nothing was done");
	return -1;
}

int
run_plan(struct run *r, struct plan *plan, const struct task *only,
    int64_t due_ms)
{
	struct plan_run p = { .run = r, .plan = plan,
	    .now_ms = clk_now(&r->tool->clk), .began_mono = clk_mono_ms() };
	int fd = -1, status = 0;

	make_ids(&p);
	select_tasks(&p, only);
	if (confirm(&p, only) == -1)
		status = MAINT_TROUBLE;
	else if (!r->dry_run)
		status = take_lock(&p, &fd);
	if (status == 0)
		status = run_locked(&p, only, due_ms);
	if (fd != -1)
		(void)close(fd);
	buf_release(&p.look);
	buf_reset(&r->report->tail);
	arena_free(&p.arena);
	return status;
}
