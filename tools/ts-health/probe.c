/*
 * probe: the process that runs checks.
 */
#include "probe.h"

#include <math.h>

#include "core/clk.h"
#include "core/io.h"
#include "result_json.h"

#define FLUSH_MS	5		/* results of so long go out together */

struct probes;

/* A place that one check after the other runs in. */
struct seat {
	struct probe probe;	/* first: done() gets it */
	struct probes *all;
	struct arena arena;
	struct check_result result;
	size_t index;
	int64_t until_ms;	/* monotonic: its timeout */
	bool taken, filling, lost;
	struct ltimer deadline;	/* for a kind that forgets its own */
};

struct probes {
	const struct probe_order *order;
	struct loop *loop;
	struct http_client *client;
	size_t next, running;
	int fd;
	struct buf out;
	struct ltimer flush, alive;
};

static void	fill(struct seat *s);

bool
probe_shares(const struct check *c)
{
	return c->kind->start != NULL &&
	    (c->kind->shares == NULL || c->kind->shares(c));
}

/* Without a descriptor it stays in out. */
static void
flush(struct probes *w)
{
	if (w->fd == -1)
		return;
	if (io_write_all(w->fd, buf_str(&w->out)) == -1)
		loop_stop(w->loop);	/* nobody waits for it any more */
	buf_reset(&w->out);
}

static void
on_flush(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	flush(arg);
}

static void
on_alive(struct loop *l, void *arg, unsigned events)
{
	struct probes *w = arg;

	(void)events;
	(void)buf_putc(&w->out, '\n');
	flush(w);
	loop_deadline(l, &w->alive, w->order->life_ms / 3);
}

/* "INDEX RESULT\n" */
static void
put_result(struct buf *out, size_t index, const struct check *c,
    int64_t until_ms, struct check_result *r)
{
	if (r->status == CHECK_FAIL && clk_mono_ms() >= until_ms)
		check_timed_out(c, r);
	check_conditions(c, r);
	r->seconds = round(r->seconds * 1e6) / 1e6;
	(void)buf_printf(out, "%zu ", index);
	result_write(r, out);
	(void)buf_putc(out, '\n');
}

static void
leave(struct seat *s)
{
	struct probes *w = s->all;

	if (!s->taken)
		return;
	if (w->out.n == 0)
		loop_deadline(w->loop, &w->flush, FLUSH_MS);
	put_result(&w->out, s->index, s->probe.check, s->until_ms,
	    &s->result);
	loop_deadline_stop(w->loop, &s->deadline);
	s->taken = false;
	w->running--;
	if (!s->filling)
		fill(s);
	if (w->running == 0)
		loop_stop(w->loop);
}

static void
on_done(struct probe *p)
{
	leave((struct seat *)(void *)p);
}

static void
on_deadline(struct loop *l, void *arg, unsigned events)
{
	struct seat *s = arg;

	(void)l;
	(void)events;
	check_say(&s->result, CHECK_FAIL, "no answer within %.3gs",
	    (double)s->probe.check->timeout_ms / 1000);
	/* Whoever forgot may still remember: nobody else sits here. */
	s->lost = true;
	leave(s);
}

static void
take(struct seat *s)
{
	struct probes *w = s->all;
	struct check_result *r = &s->result;

	arena_reset(&s->arena);
	check_clear(r);
	r->arena = &s->arena;
	s->index = w->next++;
	s->taken = true;
	s->probe = (struct probe){ .loop = w->loop, .client = w->client,
	    .check = w->order->check[s->index], .result = r,
	    .done = on_done };
	s->until_ms = clk_mono_ms() + s->probe.check->timeout_ms;
	s->deadline.fn = on_deadline;
	s->deadline.arg = s;
	loop_deadline(w->loop, &s->deadline,
	    s->probe.check->timeout_ms + PROBE_GRACE_MS / 2);
	w->running++;
	s->probe.check->kind->start(&s->probe);
}

/* One after the other, until one takes its time. */
static void
fill(struct seat *s)
{
	s->filling = true;
	while (!s->taken && !s->lost && s->all->next < s->all->order->n)
		take(s);
	s->filling = false;
}

static void
run_started(struct probes *w, struct seat *seat, size_t n, struct clk *wall)
{
	size_t i;

	w->loop = loop_new(wall);
	w->client = http_client_new(w->loop, 0);
	w->flush.fn = on_flush;
	w->alive.fn = on_alive;
	w->flush.arg = w->alive.arg = w;
	loop_deadline(w->loop, &w->alive, w->order->life_ms / 3);
	for (i = 0; i < n; i++) {
		seat[i].all = w;
		fill(&seat[i]);
	}
	if (w->running)
		loop_run(w->loop, false);
	flush(w);
}

void
probe_here(const struct check *c, struct buf *out)
{
	struct clk wall = { .kind = CLK_WALL };
	/* Nobody waits for signs of life. */
	struct probe_order order = { .check = &c, .n = 1, .parallel = 1,
	    .life_ms = INT64_MAX };
	struct probes w = { .order = &order, .fd = -1 };
	struct seat seat = { 0 };

	run_started(&w, &seat, 1, &wall);
	(void)buf_put(out, buf_str(&w.out));
	http_client_free(w.client);
	loop_free(w.loop);
	buf_release(&w.out);
	check_release(&seat.result);
	arena_free(&seat.arena);
}

/* Nothing is given back: the process ends. */
void
probe_all(const struct probe_order *order, int fd)
{
	const struct check *c = order->check[0];
	struct arena a = { 0 };
	struct check_result r = { .arena = &a, .seconds = NAN };
	struct buf out = { 0 };
	int64_t until_ms = clk_mono_ms() + c->timeout_ms;
	size_t n = order->n < order->parallel ? order->n : order->parallel;
	struct clk wall = { .kind = CLK_WALL };
	struct probes w = { .order = order, .fd = fd };

	if (c->kind->start != NULL) {
		run_started(&w, mem_array(n + 1, sizeof(struct seat)), n,
		    &wall);
		return;
	}
	c->kind->run(c, &r);
	put_result(&out, 0, c, until_ms, &r);
	(void)io_write_all(fd, buf_str(&out));
}
