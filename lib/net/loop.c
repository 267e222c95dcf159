#include "net/loop.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>

#define EV_COMPAT3 0
#include <ev.h>

#include "core/heap.h"
#include "core/mem.h"
#include "core/vec.h"
#include "net/internal.h"

struct lfd {
	struct ev_io io;
	struct loop *loop;
	loop_fn *fn;
	void *arg;
	bool counts;			/* not LOOP_IDLE */
};

struct lsignal {
	int signo;
	loop_fn *fn;		/* NULL: its default */
	void *arg;
};

struct lchild {
	struct ev_child child;
	struct loop *loop;
	loop_fn *fn;
	void *arg;
};

struct loop {
	struct ev_loop *ev;
	struct clk *clk;
	struct heap timers, deadlines;
	struct ev_periodic wall;	/* the next of timers */
	struct ev_timer mono;		/* the next of deadlines */
	uint64_t seq;
	VEC(struct lfd *) fds;		/* by descriptor; NULL = not watched */
	size_t nfds, held;		/* what loop_run runs on for */
	VEC(struct lsignal) signals;
	size_t nsignals;		/* of them with a fn */
	struct ev_async signalled;	/* one has come; active with nsignals */
	struct watches *watches;
	bool stopped;
};

/* Signals and children belong to libev's default loop: the first one gets
 * it. */
static bool default_taken;

/*
 * Signals that have come, and the loop that gets them: not libev's watchers,
 * so that loop_signals can tell them in the middle of a long callback.
 */
static volatile sig_atomic_t came[NSIG];
static struct loop *signal_loop;

static bool
earlier(const void *a, const void *b)
{
	const struct ltimer *x = a, *y = b;

	return x->at != y->at ? x->at < y->at : x->seq < y->seq;
}

/* Let libev wake us for the first timer of each heap. */
static void
arm_wall(struct loop *l)
{
	const struct ltimer *t = heap_top(&l->timers);

	if (l->clk->kind == CLK_INPUT)
		return;
	ev_periodic_stop(l->ev, &l->wall);
	if (t == NULL)
		return;
	ev_periodic_set(&l->wall, (double)t->at / 1000, 0., NULL);
	ev_periodic_start(l->ev, &l->wall);
}

static void
arm_mono(struct loop *l)
{
	const struct ltimer *t = heap_top(&l->deadlines);
	double after;

	ev_timer_stop(l->ev, &l->mono);
	if (t == NULL)
		return;
	after = (double)t->at / 1000 - clk_mono_s();
	ev_timer_set(&l->mono, after > 0 ? after + 5e-4 : 0., 0.);
	ev_timer_start(l->ev, &l->mono);
}

static void
fire(struct loop *l, struct heap *h, struct ltimer *t)
{
	heap_remove(h, t);
	t->set = false;
	t->fn(l, t->arg, 0);
}

/* Those set while firing wait for the next round, so descriptors get theirs. */
static void
fire_due(struct loop *l, struct heap *h, int64_t now)
{
	uint64_t newest = l->seq;
	struct ltimer *t;

	while ((t = heap_top(h)) != NULL && t->at <= now && t->seq <= newest &&
	    !l->stopped)
		fire(l, h, t);
}

static void
on_wall(struct ev_loop *ev, struct ev_periodic *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	fire_due(l, &l->timers, clk_now(l->clk));
	arm_wall(l);
}

static void
on_mono(struct ev_loop *ev, struct ev_timer *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	fire_due(l, &l->deadlines, clk_mono_ms());
	arm_mono(l);
}

static void
on_signalled(struct ev_loop *ev, struct ev_async *w, int revents)
{
	(void)ev;
	(void)revents;
	loop_signals(w->data);
}

struct loop *
loop_new(struct clk *c)
{
	struct loop *l = mem_zalloc(sizeof(*l));

	l->ev = default_taken ? ev_loop_new(EVFLAG_AUTO) :
	    ev_default_loop(EVFLAG_AUTO);
	default_taken = true;
	l->clk = c;
	heap_init(&l->timers, earlier, offsetof(struct ltimer, pos));
	heap_init(&l->deadlines, earlier, offsetof(struct ltimer, pos));
	ev_init(&l->wall, on_wall);
	ev_init(&l->mono, on_mono);
	ev_async_init(&l->signalled, on_signalled);
	l->wall.data = l->mono.data = l->signalled.data = l;
	return l;
}

void
loop_free(struct loop *l)
{
	size_t i;

	if (l == NULL)
		return;
	watches_free(l->watches);
	for (i = 0; i < l->fds.n; i++)
		if (l->fds.p[i])
			loop_fd(l, (int)i, 0, NULL, NULL);
	for (i = 0; i < l->signals.n; i++)
		loop_signal(l, l->signals.p[i].signo, NULL, NULL);
	ev_periodic_stop(l->ev, &l->wall);
	ev_timer_stop(l->ev, &l->mono);
	if (ev_is_default_loop(l->ev))
		default_taken = false;
	ev_loop_destroy(l->ev);
	heap_release(&l->timers);
	heap_release(&l->deadlines);
	vec_release(&l->fds);
	vec_release(&l->signals);
	mem_free(l);
}

struct clk *
loop_clk(struct loop *l)
{
	return l->clk;
}

int64_t
loop_now(const struct loop *l)
{
	return clk_now(l->clk);
}

struct ev_loop *
loop_ev(struct loop *l)
{
	return l->ev;
}

struct watches **
loop_watches(struct loop *l)
{
	return &l->watches;
}

static void
on_fd(struct ev_loop *ev, struct ev_io *w, int revents)
{
	struct lfd *f = (struct lfd *)(void *)w;

	(void)ev;
	f->fn(f->loop, f->arg, ((revents & EV_READ) ? LOOP_READ : 0) |
	    ((revents & EV_WRITE) ? LOOP_WRITE : 0));
}

static void
forget_fd(struct loop *l, int fd)
{
	struct lfd *f = (size_t)fd < l->fds.n ? l->fds.p[fd] : NULL;

	if (f == NULL)
		return;
	ev_io_stop(l->ev, &f->io);
	l->fds.p[fd] = NULL;
	l->nfds -= f->counts;
	mem_free(f);
}

void
loop_fd(struct loop *l, int fd, unsigned events, loop_fn *fn, void *arg)
{
	int ev = ((events & LOOP_READ) ? EV_READ : 0) |
	    ((events & LOOP_WRITE) ? EV_WRITE : 0);
	struct lfd *f;

	if (events == 0) {
		forget_fd(l, fd);
		return;
	}
	while (l->fds.n <= (size_t)fd)
		vec_push(&l->fds, NULL);
	if ((f = l->fds.p[fd]) == NULL) {
		f = l->fds.p[fd] = mem_zalloc(sizeof(*f));
		ev_init(&f->io, on_fd);
	}
	f->loop = l;
	f->fn = fn;
	f->arg = arg;
	l->nfds -= f->counts;
	f->counts = !(events & LOOP_IDLE);
	l->nfds += f->counts;
	if (ev_is_active(&f->io) && (f->io.events & (EV_READ | EV_WRITE)) == ev)
		return;
	ev_io_stop(l->ev, &f->io);
	ev_io_set(&f->io, fd, ev);
	ev_io_start(l->ev, &f->io);
}

static void
set_timer(struct loop *l, struct heap *h, struct ltimer *t, int64_t at)
{
	t->at = at;
	t->seq = ++l->seq;
	if (t->set)
		heap_moved(h, t);
	else
		heap_add(h, t);
	t->set = true;
}

static void
stop_timer(struct heap *h, struct ltimer *t)
{
	if (t->set)
		heap_remove(h, t);
	t->set = false;
}

void
loop_timer(struct loop *l, struct ltimer *t, int64_t at_ms)
{
	const struct ltimer *first = heap_top(&l->timers);

	set_timer(l, &l->timers, t, at_ms);
	if (first == t || heap_top(&l->timers) == t)
		arm_wall(l);
}

void
loop_timer_stop(struct loop *l, struct ltimer *t)
{
	bool first = heap_top(&l->timers) == t;

	stop_timer(&l->timers, t);
	if (first)
		arm_wall(l);
}

int64_t
loop_next_timer(const struct loop *l)
{
	const struct ltimer *t = heap_top(&l->timers);

	return t ? t->at : INT64_MAX;
}

void
loop_advance(struct loop *l, int64_t ts_ms)
{
	struct ltimer *t;

	while ((t = heap_top(&l->timers)) != NULL && t->at <= ts_ms) {
		clk_advance(l->clk, t->at);
		fire(l, &l->timers, t);
	}
	clk_advance(l->clk, ts_ms);
}

void
loop_deadline(struct loop *l, struct ltimer *t, int64_t after_ms)
{
	const struct ltimer *first = heap_top(&l->deadlines);

	set_timer(l, &l->deadlines, t, clk_mono_ms() + after_ms);
	if (first == t || heap_top(&l->deadlines) == t)
		arm_mono(l);
}

void
loop_deadline_stop(struct loop *l, struct ltimer *t)
{
	bool first = heap_top(&l->deadlines) == t;

	stop_timer(&l->deadlines, t);
	if (first)
		arm_mono(l);
}

static void
on_signal(int signo)
{
	came[signo] = 1;
	ev_async_send(signal_loop->ev, &signal_loop->signalled);
}

static struct lsignal *
find_signal(struct loop *l, int signo)
{
	struct lsignal s = { .signo = signo };
	size_t i;

	for (i = 0; i < l->signals.n; i++)
		if (l->signals.p[i].signo == signo)
			return &l->signals.p[i];
	vec_push(&l->signals, s);
	return &l->signals.p[l->signals.n - 1];
}

static void
handle(int signo, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };
	int rc;

	(void)sigfillset(&sa.sa_mask);
	rc = sigaction(signo, &sa, NULL);
	assert(rc == 0);	/* else there is no such signal */
	(void)rc;
}

void
loop_signal(struct loop *l, int signo, loop_fn *fn, void *arg)
{
	struct lsignal *s = find_signal(l, signo);
	bool was = s->fn != NULL;

	s->fn = fn;
	s->arg = arg;
	if (fn && !was) {
		assert(signal_loop == NULL || signal_loop == l);
		signal_loop = l;
		if (l->nsignals++ == 0)
			ev_async_start(l->ev, &l->signalled);
		handle(signo, on_signal);
	} else if (!fn && was) {
		handle(signo, SIG_DFL);
		came[signo] = 0;
		if (--l->nsignals > 0)
			return;
		ev_async_stop(l->ev, &l->signalled);
		signal_loop = NULL;
	}
}

void
loop_signals(struct loop *l)
{
	size_t i;

	for (i = 0; i < l->signals.n; i++) {
		struct lsignal s = l->signals.p[i];

		if (s.fn == NULL || !came[s.signo])
			continue;
		came[s.signo] = 0;
		s.fn(l, s.arg, 0);
	}
}

static void
on_child(struct ev_loop *ev, struct ev_child *w, int revents)
{
	struct lchild *c = (struct lchild *)(void *)w;
	struct lchild done = *c;

	(void)revents;
	ev_child_stop(ev, w);
	mem_free(c);
	loop_unhold(done.loop);
	done.fn(done.loop, done.arg, (unsigned)done.child.rstatus);
}

void
loop_child(struct loop *l, pid_t pid, loop_fn *fn, void *arg)
{
	struct lchild *c = mem_zalloc(sizeof(*c));

	assert(ev_is_default_loop(l->ev));
	c->loop = l;
	c->fn = fn;
	c->arg = arg;
	loop_hold(l);
	ev_child_init(&c->child, on_child, pid, 0);
	ev_child_start(l->ev, &c->child);
}

void
loop_hold(struct loop *l)
{
	l->held++;
}

void
loop_unhold(struct loop *l)
{
	assert(l->held > 0);
	l->held--;
}

static bool
idle(const struct loop *l)
{
	return l->held == 0 && l->nfds == 0 &&
	    (l->clk->kind == CLK_INPUT || heap_top(&l->timers) == NULL);
}

void
loop_run(struct loop *l, bool until_idle)
{
	l->stopped = false;
	while (!l->stopped && !(until_idle && idle(l)))
		if (!ev_run(l->ev, EVRUN_ONCE))
			break;		/* nothing can happen any more */
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
	ev_break(l->ev, EVBREAK_ONE);
}
