#include "discover.h"

#include "core/diag.h"
#include "core/mem.h"
#include "operands.h"
#include "sd.h"

struct discovery {
	struct loop *loop;
	struct sd_env env;
	const char *only;
	ready_fn *ready;
	void *arg;
	VEC(struct generation *) gen;
	struct ltimer soon;
};

/* Changes that come together are worked off together, outside of providers. */
static void
on_soon(struct loop *l, void *arg, unsigned events)
{
	struct discovery *d = arg;
	size_t i, k;

	(void)events;
	loop_unhold(l);
	for (i = 0; i < d->gen.n; i++) {
		struct generation *g = d->gen.p[i];

		for (k = 0; k < g->njobs; k++) {
			if (!g->job[k].changed)
				continue;
			g->job[k].changed = false;
			d->ready(d->arg, &g->job[k]);
		}
	}
}

static void
job_changed(struct job *job)
{
	struct discovery *d = job->discovery;
	size_t i;

	for (i = 0; i < job->sd.n; i++)
		if (!job->sd.p[i]->ready)
			return;
	job->all_ready = job->changed = true;
	if (d->soon.set)
		return;
	loop_hold(d->loop);
	loop_deadline(d->loop, &d->soon, 0);
}

static void
on_changed(void *job)
{
	job_changed(job);
}

struct discovery *
discovery_new(struct loop *l, bool follow, const char *only, ready_fn *ready,
    void *arg)
{
	struct discovery *d = mem_zalloc(sizeof(*d));

	d->loop = l;
	d->only = only;
	d->ready = ready;
	d->arg = arg;
	d->soon.fn = on_soon;
	d->soon.arg = d;
	d->env = (struct sd_env){ .loop = l, .follow = follow,
	    .changed = on_changed };
	return d;
}

static bool
counts(const struct discovery *d, const struct job *job)
{
	return d->only == NULL ||
	    str_eq(job->config->job_name, str_of(d->only));
}

static void
say_unknown(const struct job *job, const struct sd_config *c)
{
	struct err e;

	(void)ynode_err(c->raw, &e, "job '" STR_FMT "': this ts-scrape has no "
	    "discovery of kind '" STR_FMT "'",
	    STR_ARG(job->config->job_name), STR_ARG(c->kind));
	diag_err(&e);
}

/* All providers of a job exist before one of them starts and may be ready. */
static size_t
start_job(struct discovery *d, struct job *job)
{
	const struct sd_configs *all = &job->config->sd;
	const struct sd_kind *kind;
	size_t i, unknown = 0;

	job->discovery = d;
	for (i = 0; i < all->n; i++) {
		kind = sd_kind_find(all->p[i].kind);
		if (kind) {
			vec_push(&job->sd, sd_new(kind, &all->p[i], &d->env,
			    job));
		} else {
			say_unknown(job, &all->p[i]);
			unknown++;
		}
	}
	if (job->generation->operands.conf)
		vec_push(&job->sd, sd_new(&sd_operands,
		    &job->generation->operands, &d->env, job));
	for (i = 0; i < job->sd.n; i++)
		job->sd.p[i]->kind->start(job->sd.p[i]);
	if (job->sd.n == 0)
		job_changed(job);
	job->partial = unknown > 0;
	return unknown;
}

size_t
discovery_start(struct discovery *d, struct generation *g)
{
	size_t i, unknown = 0;

	vec_push(&d->gen, g);
	for (i = 0; i < g->njobs; i++)
		if (counts(d, &g->job[i]))
			unknown += start_job(d, &g->job[i]);
	return unknown;
}

static void
stop_jobs(struct generation *g)
{
	size_t i, k;

	for (i = 0; i < g->njobs; i++) {
		for (k = 0; k < g->job[i].sd.n; k++)
			sd_free(g->job[i].sd.p[k]);
		vec_release(&g->job[i].sd);
	}
}

void
discovery_stop(struct discovery *d, struct generation *g)
{
	size_t i;

	for (i = 0; i < d->gen.n; i++)
		if (d->gen.p[i] == g)
			break;
	if (i == d->gen.n)
		return;
	stop_jobs(g);
	d->gen.p[i] = d->gen.p[--d->gen.n];
}

void
discovery_free(struct discovery *d)
{
	if (d == NULL)
		return;
	while (d->gen.n)
		discovery_stop(d, d->gen.p[0]);
	if (d->soon.set)
		loop_unhold(d->loop);
	loop_deadline_stop(d->loop, &d->soon);
	vec_release(&d->gen);
	mem_free(d);
}

size_t
discovery_waiting(const struct discovery *d)
{
	size_t i, k, n = 0;

	for (i = 0; i < d->gen.n; i++)
		for (k = 0; k < d->gen.p[i]->njobs; k++)
			n += counts(d, &d->gen.p[i]->job[k]) &&
			    (!d->gen.p[i]->job[k].all_ready ||
			    d->gen.p[i]->job[k].changed);
	return n;
}

static void
each_in_group(struct job *job, struct labels_table *table,
    const struct sd_group *g, found_fn *fn, void *arg)
{
	const struct labels *before, *after;
	enum target_fate fate;
	struct target *t;
	struct err e;
	size_t i;

	for (i = 0; i < g->ntargets; i++) {
		t = NULL;
		after = NULL;
		e = (struct err){ 0 };
		fate = target_make(job, table, g, &g->target[i], &t, &before,
		    &after, &e);
		fn(arg, job, fate, t, before, after, &e);
	}
}

/* Label sets live for one round: a target keeps its own copies. */
void
discovery_each(struct job *job, found_fn *fn, void *arg)
{
	struct labels_table *table = labels_table_new();
	size_t i, k, m;

	for (i = 0; i < job->sd.n; i++) {
		const struct sd *sd = job->sd.p[i];

		for (k = 0; k < sd->source.n; k++)
			for (m = 0; m < sd->source.p[k]->n; m++)
				each_in_group(job, table,
				    &sd->source.p[k]->group[m], fn, arg);
	}
	labels_table_free(table);
}
