/*
 * follow: waiting between runs.
 */
#include "follow.h"

#include <signal.h>

#include "core/map.h"
#include "net/loop.h"
#include "streak.h"

struct waiting {
	struct loop *loop;
	struct ltimer timer;
	enum follow what;
};

int64_t
follow_next(int64_t due_ms, int64_t now_ms, int64_t interval_ms)
{
	due_ms += interval_ms;
	return due_ms > now_ms ? due_ms : now_ms + interval_ms;
}

void
follow_begin(struct health_config *h, const struct health_config *old)
{
	struct map index = { 0 };
	const struct check *before;
	struct check *c;
	size_t i;

	for (i = 0; old != NULL && i < old->checks.n; i++)
		(void)map_put(&index, old->checks.p[i]->name,
		    old->checks.p[i]);
	for (i = 0; i < h->checks.n; i++) {
		c = h->checks.p[i];
		c->streak = ARENA_ARRAY(&h->arena, 1, struct streak);
		if ((before = map_get(&index, c->name)) != NULL)
			*c->streak = *before->streak;
	}
	map_release(&index);
}

/* Until the next run, from this one on. */
static int64_t
wait_of(const struct check *c)
{
	return c->retry_interval_ms && streak_counts(c->streak) ?
	    c->retry_interval_ms : c->interval_ms;
}

void
follow_ran(struct health_config *h, int64_t now_ms)
{
	struct check *c;
	size_t i;

	for (i = 0; i < h->checks.n; i++) {
		c = h->checks.p[i];
		if (c->due_ms <= now_ms)
			c->due_ms = follow_next(c->due_ms, now_ms,
			    wait_of(c));
	}
}

static void
on_stop(struct loop *l, void *arg, unsigned events)
{
	(void)events;
	((struct waiting *)arg)->what = FOLLOW_STOP;
	loop_stop(l);
}

static void
on_reload(struct loop *l, void *arg, unsigned events)
{
	(void)events;
	((struct waiting *)arg)->what = FOLLOW_RELOAD;
	loop_stop(l);
}

static void
on_due(struct loop *l, void *arg, unsigned events)
{
	(void)events;
	(void)arg;
	loop_stop(l);
}

/* Kept from call to call: a signal during a run is seen by the next wait. */
static struct waiting *
waiting_new(void)
{
	static struct clk wall = { .kind = CLK_WALL };
	static struct waiting w;

	if (w.loop != NULL)
		return &w;
	w.loop = loop_new(&wall);
	w.timer.fn = on_due;
	loop_signal(w.loop, SIGTERM, on_stop, &w);
	loop_signal(w.loop, SIGINT, on_stop, &w);
	loop_signal(w.loop, SIGHUP, on_reload, &w);
	return &w;
}

void
follow_start(void)
{
	(void)waiting_new();
}

enum follow
follow_until(struct tool *t, int64_t at_ms)
{
	struct waiting *w = waiting_new();
	int64_t now = clk_mono_ms();

	if (tool_flush(t) == -1)
		return FOLLOW_STOP;
	w->what = FOLLOW_GO_ON;
	loop_deadline(w->loop, &w->timer, at_ms > now ? at_ms - now : 0);
	loop_run(w->loop, false);
	loop_deadline_stop(w->loop, &w->timer);
	return w->what;
}

enum follow
follow_wait(struct tool *t, const struct health_config *h)
{
	int64_t at = INT64_MAX;
	size_t i;

	for (i = 0; i < h->checks.n; i++)
		if (h->checks.p[i]->enabled && h->checks.p[i]->due_ms < at)
			at = h->checks.p[i]->due_ms;
	if (at == INT64_MAX) {
		(void)tool_flush(t);
		return FOLLOW_STOP;
	}
	return follow_until(t, at);
}
