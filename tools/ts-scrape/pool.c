#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/diag.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"
#include "discover.h"
#include "keep.h"
#include "operands.h"
#include "scrape.h"
#include "wire/wire.h"

#define TICK_MS		INT64_C(1000)	/* ticks are at least so far apart */
#define COMMIT_MS	INT64_C(10000)	/* and commits of the state */
#define BLOCKED_MS	INT64_C(10)	/* look again whether output flows */
#define SNAP_MS		INT64_C(2)	/* a timer may be so late */
#define SOURCE		"ts-scrape"

struct pool {
	struct tool *tool;
	const struct pool_options *o;
	struct loop *loop;
	struct sink *sink;
	struct scraper scraper;
	struct keep *keep;
	struct discovery *discovery;
	struct generation *config, *operands;	/* loaded; either may be NULL */
	struct map targets;			/* by key */
	struct target *oldest, **newest;	/* in flight */
	struct ltimer more, grace;
	size_t next;			/* one pass: in the map, to start next */
	int64_t tick_ms, commit_ms;
	uint64_t seed, skipped;
	bool ready;			/* every job has been, once */
	bool starting;			/* in start_more */
	bool blocked, stopping;
	int status;
};

static void	start_more(struct pool *p);
static void	on_timer(struct loop *l, void *arg, unsigned events);

static void
trouble(struct pool *p, const struct err *e)
{
	diag_err(e);
	p->status = EXIT_TROUBLE;
}

/* Output. */

static void
on_output_end(void *arg, int why)
{
	struct pool *p = arg;

	if (why == EPIPE) {
		p->tool->closed = true;
	} else {
		diag("cannot write to standard output: %s", strerror(why));
		p->tool->failed = true;
	}
	loop_stop(p->loop);
}

/* The time that is written on what is scraped now. */
static int64_t
stamp(const struct pool *p)
{
	return loop_now(p->loop) + p->o->shift_ms;
}

/* Everything up to the oldest scrape on its way is written. */
static int64_t
watermark(const struct pool *p)
{
	return p->oldest ? p->oldest->at - 1 : stamp(p);
}

static void
put_tick(struct pool *p, int64_t at)
{
	if (p->scraper.format == LINE_SAMPLES)
		wire_put_tick(p->scraper.out, at, STR(SOURCE));
	p->tick_ms = at;
}

static void
commit(struct pool *p)
{
	struct err e;

	p->commit_ms = loop_now(p->loop);
	if (p->keep && keep_commit(p->keep, &e) == -1)
		trouble(p, &e);
}

/* The flow of scrapes. */

static bool
output_blocked(struct pool *p)
{
	bool blocked = sink_pending(p->sink) > POOL_PENDING_MAX;

	if (blocked != p->blocked && p->tool->follow) {
		if (blocked)
			diag_warning("output is not read: scrapes are left "
			    "out until it is");
		else
			diag_warning("output is read again: %llu scrapes were "
			    "left out", (unsigned long long)p->skipped);
	}
	p->blocked = blocked;
	return blocked;
}

static void
fly(struct pool *p, struct target *t, int64_t at)
{
	const struct scrape_limits *l = &t->job->config->common.limits;
	struct err e;

	t->in_flight = true;
	t->next = NULL;
	*p->newest = t;
	p->newest = &t->next;
	if (l->targets && t->job->ntargets > (uint64_t)l->targets) {
		(void)err_set(&e, ERR_LIMIT, "target_limit exceeded (number "
		    "of targets: %zu, limit: %lld)", t->job->ntargets,
		    (long long)l->targets);
		scrape_refuse(&p->scraper, t, at, &e);
	} else {
		scrape_start(&p->scraper, t, at);
	}
}

static void
land(struct pool *p, struct target *t)
{
	struct target **at = &p->oldest;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (p->newest == &t->next)
		p->newest = at;
	t->in_flight = false;
}

static bool
can_stop(const struct pool *p)
{
	return p->stopping && p->oldest == NULL;
}

static void
on_scraped(void *arg, struct target *t, bool up)
{
	struct pool *p = arg;
	struct err e;

	land(p, t);
	if (!up && p->scraper.loud)
		p->status = p->status ? p->status : EXIT_NO;
	if (p->keep && t->dirty && keep_save(p->keep, t, &e) == -1)
		trouble(p, &e);
	t->dirty = false;
	if (p->tool->follow && watermark(p) >= p->tick_ms + TICK_MS)
		put_tick(p, watermark(p));
	sink_push_soon(p->sink);
	if (p->tool->follow && loop_now(p->loop) >= p->commit_ms + COMMIT_MS)
		commit(p);
	if (can_stop(p))
		loop_stop(p->loop);
	else if (!p->tool->follow)
		start_more(p);
}

/* The end of one pass: who is gone since the last one, the tick. */

static const struct job *
job_named(const struct pool *p, struct str name)
{
	const struct generation *const gen[] = { p->config, p->operands };
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; gen[i] && k < gen[i]->njobs; k++)
			if (str_eq(gen[i]->job[k].config->job_name, name))
				return &gen[i]->job[k];
	return NULL;
}

/*
 * A target that is not there is gone when its job was looked at, and all of
 * it could be.
 */
static bool
may_be_gone(void *arg, struct str name)
{
	const struct pool *p = arg;
	const struct job *job = job_named(p, name);
	size_t i;

	if (p->o->job && !str_eq(name, str_of(p->o->job)))
		return false;
	if (job == NULL)
		return p->config != NULL;
	if (job->partial)
		return false;
	for (i = 0; i < job->sd.n; i++)
		if (job->sd.p[i]->failed)
			return false;
	return true;
}

static void
vanish_missing(struct pool *p, int64_t at)
{
	struct err e;

	if (p->keep && keep_vanish(p->keep, &p->scraper, at, may_be_gone, p,
	    &e) == -1)
		trouble(p, &e);
}

static void
end_pass(struct pool *p)
{
	int64_t now = stamp(p);

	if (p->tool->dry_run) {
		sink_push(p->sink);
		return;
	}
	vanish_missing(p, now);
	put_tick(p, now);
	sink_push(p->sink);
	commit(p);
}

/* -n */
static void
print_request(struct pool *p, const struct target *t)
{
	struct http_header h[SCRAPE_HEADERS];
	struct http_request q;

	buf_reset(&p->scraper.text);
	scrape_request(t, &q, h, &p->scraper.text);
	http_print(&q, p->scraper.out);
	sink_push(p->sink);
}

static void
on_more(struct loop *l, void *arg, unsigned events)
{
	(void)events;
	loop_unhold(l);
	start_more(arg);
}

/* One pass: start what output and the number of requests allow. */
static void
start_more(struct pool *p)
{
	struct map_entry *m;

	if (!p->ready || p->stopping || p->more.set || p->starting)
		return;
	p->starting = true;
	while (!output_blocked(p) &&
	    (m = map_next(&p->targets, &p->next)) != NULL) {
		if (p->tool->dry_run)
			print_request(p, m->value);
		else
			fly(p, m->value, stamp(p));
	}
	p->starting = false;
	if (!p->blocked) {
		if (p->oldest == NULL)
			end_pass(p);
		return;
	}
	loop_hold(p->loop);
	loop_deadline(p->loop, &p->more, BLOCKED_MS);
}

/* Following: each target at its own phase of its interval. */

static void
schedule(struct pool *p, struct target *t)
{
	int64_t now = loop_now(p->loop), at;

	at = now - now % t->interval_ms + (int64_t)((t->offset ^ p->seed) %
	    (uint64_t)t->interval_ms);
	if (at <= now)
		at += t->interval_ms;
	loop_timer(p->loop, &t->timer, at);
}

static void
on_timer(struct loop *l, void *arg, unsigned events)
{
	struct target *t = arg;
	struct pool *p = t->pool;
	int64_t now = loop_now(l), due = t->timer.at;
	int64_t snap = t->interval_ms / 100;

	(void)events;
	if (snap > SNAP_MS)
		snap = SNAP_MS;
	if (due + t->interval_ms > now)
		loop_timer(l, &t->timer, due + t->interval_ms);
	else
		schedule(p, t);
	if (t->in_flight || output_blocked(p))
		p->skipped++;
	else
		fly(p, t, now - due <= snap ? due : now);
}

/* Another target that has the series of t: its markers would hit that one. */
static bool
has_heir(const struct pool *p, const struct target *t)
{
	struct map_entry *m;
	size_t at = 0, i;

	while ((m = map_next(&p->targets, &at)) != NULL) {
		const struct target *o = m->value;

		if (o == t || !o->wanted || o->nlabels != t->nlabels)
			continue;
		for (i = 0; i < t->nlabels; i++)
			if (!str_eq(o->label[i].json, t->label[i].json))
				break;
		if (i == t->nlabels)
			return true;
	}
	return false;
}

static void
forget(struct pool *p, struct target *t)
{
	struct err e;

	(void)map_del(&p->targets, t->key);
	if (p->keep && keep_drop(p->keep, t->key, &e) == -1)
		trouble(p, &e);
	target_free(t);
}

/* Two intervals after its last scrape, a target that is gone says so. */
static void
on_leave(struct loop *l, void *arg, unsigned events)
{
	struct target *t = arg;
	struct pool *p = t->pool;

	(void)events;
	if (t->in_flight) {
		loop_timer(l, &t->timer, loop_now(l) + t->timeout_ms);
		return;
	}
	if (t->at && !has_heir(p, t)) {
		scrape_vanish(&p->scraper, t, t->at + t->interval_ms);
		sink_push(p->sink);
	}
	forget(p, t);
}

static void
leave(struct pool *p, struct target *t)
{
	int64_t now = loop_now(p->loop), at;

	at = (t->at ? t->at : now) + t->interval_ms * 21 / 10;
	t->timer.fn = on_leave;
	loop_timer(p->loop, &t->timer, at > now ? at : now);
}

static void
stay(struct pool *p, struct target *t)
{
	t->timer.fn = on_timer;
	t->timer.arg = t;
	if (p->tool->follow && !p->stopping)
		schedule(p, t);
}

/* Discovery to targets. */

/* The same target, perhaps of a new configuration: it keeps its series. */
static void
renew(struct pool *p, struct target *old, struct target *new)
{
	if (old->job->generation != new->job->generation)
		old->cache.distrust = true;
	generation_hold(new->job->generation);
	generation_drop(old->job->generation);
	old->job = new->job;
	if (old->timer.fn == on_leave)
		stay(p, old);
	old->wanted = true;
	target_free(new);
}

static void
on_found(void *arg, struct job *job, enum target_fate fate, struct target *t,
    const struct labels *before, const struct labels *after,
    const struct err *e)
{
	struct pool *p = arg;
	struct target *old;

	(void)before;
	(void)after;
	if (fate == TARGET_BAD) {
		diag("job '" STR_FMT "': a target is not scraped: %s",
		    STR_ARG(job->config->job_name), e->msg);
		p->status = p->status ? p->status : EXIT_NO;
	}
	if (fate != TARGET_OK)
		return;
	if ((old = map_get(&p->targets, t->key)) != NULL) {
		job->ntargets += !old->wanted;
		renew(p, old, t);
		return;
	}
	job->ntargets++;
	t->pool = p;
	t->wanted = true;
	(void)map_put(&p->targets, t->key, t);
	if (p->keep)
		keep_load(p->keep, t);
	stay(p, t);
}

/* fn for each target of the jobs called name. */
static void
each_of_job(struct pool *p, struct str name, void (*fn)(struct pool *p,
    struct target *t))
{
	struct map_entry *m;
	size_t at = 0;

	while ((m = map_next(&p->targets, &at)) != NULL) {
		struct target *t = m->value;

		if (str_eq(t->job->config->job_name, name))
			fn(p, t);
	}
}

static void
set_unwanted(struct pool *p, struct target *t)
{
	(void)p;
	t->wanted = false;
}

static void
leave_unwanted(struct pool *p, struct target *t)
{
	if (!t->wanted && t->timer.fn != on_leave)
		leave(p, t);
}

static void
on_job_ready(void *arg, struct job *job)
{
	struct pool *p = arg;

	job->ntargets = 0;
	each_of_job(p, job->config->job_name, set_unwanted);
	discovery_each(job, on_found, p);
	each_of_job(p, job->config->job_name, leave_unwanted);
	if (p->ready || discovery_waiting(p->discovery))
		return;
	p->ready = true;
	if (p->tool->follow)
		vanish_missing(p, loop_now(p->loop));
	else
		start_more(p);
}

/* Signals. */

static void
on_grace(struct loop *l, void *arg, unsigned events)
{
	(void)arg;
	(void)events;
	diag_warning("stopping with scrapes unfinished");
	loop_stop(l);
}

static void
stop_timers(struct pool *p)
{
	struct map_entry *m;
	size_t at = 0;

	p->stopping = true;
	while ((m = map_next(&p->targets, &at)) != NULL) {
		struct target *t = m->value;

		loop_timer_stop(p->loop, &t->timer);
	}
}

static void
on_stop(struct loop *l, void *arg, unsigned events)
{
	struct pool *p = arg;

	(void)events;
	stop_timers(p);
	if (p->oldest == NULL)
		loop_stop(l);
	else
		loop_deadline(l, &p->grace, p->o->grace_ms);
}

static void
leave_other_generation(struct pool *p)
{
	struct map_entry *m;
	size_t at = 0;

	while ((m = map_next(&p->targets, &at)) != NULL) {
		struct target *t = m->value;

		if (job_named(p, t->job->config->job_name) == NULL) {
			t->wanted = false;
			leave_unwanted(p, t);
		}
	}
}

static void
on_reload(struct loop *l, void *arg, unsigned events)
{
	struct pool *p = arg;
	struct generation *g;
	struct err e;

	(void)l;
	(void)events;
	if (p->o->config == NULL || p->stopping)
		return;
	g = generation_load(p->o->config, &e);
	if (g == NULL) {
		diag_err(&e);
		diag("the configuration stays as it was");
		return;
	}
	tool_notify("RELOADING=1");
	discovery_stop(p->discovery, p->config);
	generation_drop(p->config);
	p->config = g;
	(void)discovery_start(p->discovery, g);
	leave_other_generation(p);
	tool_notify("READY=1");
}

static void
on_counters(struct loop *l, void *arg, unsigned events)
{
	const struct pool *p = arg;

	(void)l;
	(void)events;
	diag("%zu targets, %llu scrapes, %llu of them failed, %llu left out, "
	    "%llu samples, %zu bytes wait for output", p->targets.n,
	    (unsigned long long)p->scraper.scrapes,
	    (unsigned long long)p->scraper.failures,
	    (unsigned long long)p->skipped,
	    (unsigned long long)p->scraper.samples, sink_pending(p->sink));
}

/* Set-up. */

/* A connection a target stays open: the usual 1024 descriptors are few. */
static void
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

/* Hosts with the same configuration scrape at different moments. */
static uint64_t
host_seed(void)
{
	char name[256] = "";

	(void)gethostname(name, sizeof(name) - 1);
	return hash_fnv(HASH_FNV_INIT, str_of(name));
}

static int
load(struct pool *p, struct err *e)
{
	struct operands o = { p->o->operand, p->o->noperands };

	if (p->o->config &&
	    (p->config = generation_load(p->o->config, e)) == NULL)
		return EXIT_USAGE;
	if (o.n && (operands_check(&o, e) == -1 ||
	    (p->operands = generation_of_operands(&o, e)) == NULL))
		return EXIT_USAGE;
	if (p->o->job && job_named(p, str_of(p->o->job)) == NULL) {
		(void)err_set(e, ERR_CONFIG, "no job '%s' in '%s'", p->o->job,
		    p->o->config ? p->o->config : "the operands");
		return EXIT_USAGE;
	}
	if (p->o->state && (p->keep = keep_open(p->o->state, e)) == NULL)
		return e->kind == ERR_CONFIG ? EXIT_USAGE : EXIT_TROUBLE;
	return EXIT_YES;
}

static void
set_up(struct pool *p)
{
	raise_descriptors();
	p->seed = host_seed();
	p->newest = &p->oldest;
	p->loop = loop_new(&p->tool->clk);
	p->sink = sink_new(p->loop, STDOUT_FILENO, on_output_end, p);
	p->scraper.http = http_client_new(p->loop, POOL_PARALLEL);
	p->scraper.out = sink_buf(p->sink);
	p->scraper.format = p->o->format;
	p->scraper.loud = p->operands != NULL;
	p->scraper.done = on_scraped;
	p->scraper.arg = p;
	p->more.fn = on_more;
	p->grace.fn = on_grace;
	p->more.arg = p->grace.arg = p;
	loop_signal(p->loop, SIGINT, on_stop, p);
	loop_signal(p->loop, SIGTERM, on_stop, p);
	loop_signal(p->loop, SIGUSR1, on_counters, p);
	if (p->tool->follow)
		loop_signal(p->loop, SIGHUP, on_reload, p);
}

static void
close_sources(struct pool *p)
{
	http_client_free(p->scraper.http);
	discovery_free(p->discovery);
	p->scraper.http = NULL;
	p->discovery = NULL;
}

static void
tear_down(struct pool *p)
{
	struct map_entry *m;
	size_t at = 0;

	close_sources(p);
	while ((m = map_next(&p->targets, &at)) != NULL)
		target_free(m->value);
	map_release(&p->targets);
	keep_close(p->keep);
	generation_drop(p->config);
	generation_drop(p->operands);
	scraper_release(&p->scraper);
	sink_free(p->sink);
	loop_free(p->loop);
}

static void
follow_or_pass(struct pool *p)
{
	size_t unknown = 0;

	p->discovery = discovery_new(p->loop, p->tool->follow, p->o->job,
	    on_job_ready, p);
	if (p->config)
		unknown += discovery_start(p->discovery, p->config);
	if (p->operands)
		unknown += discovery_start(p->discovery, p->operands);
	if (unknown)
		p->status = EXIT_NO;
	tool_notify("READY=1");
	loop_run(p->loop, !p->tool->follow);
	tool_notify("STOPPING=1");
	stop_timers(p);
	commit(p);
	close_sources(p);
	sink_push(p->sink);
	loop_run(p->loop, true);	/* what is written gets its reader */
}

int
pool_run(struct tool *t, const struct pool_options *o)
{
	struct pool p = { .tool = t, .o = o };
	struct err e = { 0 };
	int status = load(&p, &e);

	if (status != EXIT_YES) {
		diag_err(&e);
		p.status = status;
	} else {
		set_up(&p);
		follow_or_pass(&p);
	}
	tear_down(&p);
	return p.status;
}
