/*
 * The lines: samples to the history, everything else through, and what
 * drives the clock.  On the input's clock a sample newer than an evaluation
 * time says that this time is complete; a tick says so for its own time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "eval.h"
#include "net/loop.h"

struct input {
	struct eval *ev;
	const char *name;		/* "stdin" or the path */
	struct io_reader *reader;
	int fd;
	struct input *next;		/* read behind this one */
	bool regular;
};

static bool
is_virtual(const struct eval *ev)
{
	return ev->tool->clk.kind == CLK_INPUT;
}

/* ---- one line ---- */

static int64_t
newest_of(const struct wire_sample *s)
{
	int64_t newest = s->ts[0];
	size_t i;

	for (i = 1; i < s->n; i++)
		if (s->ts[i] > newest)
			newest = s->ts[i];
	return newest;
}

/* Time moves to ts; times before it (at it, when whole) are complete. */
static void
pass_time(struct eval *ev, int64_t ts, bool whole)
{
	int64_t limit = whole ? ts : ts - 1;

	if (!is_virtual(ev))
		return;
	if (ev->tool->clk.now_ms == 0)
		groups_start(ev, ts);
	if (ev->next <= limit)
		groups_pass(ev, limit);
	clk_advance(&ev->tool->clk, ts);
}

static void
pass_line(struct eval *ev, struct str line)
{
	struct buf *out = io_writer_buf(ev->tool->out);

	(void)buf_put(out, line);
	(void)buf_putc(out, '\n');
	if (io_writer_ready(ev->tool->out) == -1 &&
	    tool_flush(ev->tool) == -1)
		ev->stopping = true;
}

/*
 * Not newer than what its series has: the sample is dropped, as by a store.
 * One message in a round is enough, a replayed file has thousands.
 */
static void
came_late(struct eval *ev, struct err *e)
{
	if (ev->late_round != ev->round + 1)
		diag_warn(e);
	ev->late_round = ev->round + 1;
}

static void
take(struct eval *ev, const struct wire_rec *rec)
{
	struct err e = { 0 };

	switch (rec->kind) {
	case WIRE_SAMPLE:
		ev->samples += rec->u.sample.n;
		pass_time(ev, newest_of(&rec->u.sample), false);
		if (ev->opt.output != OUT_ALERTS)
			pass_line(ev, rec->line);
		if (history_add(&ev->history, &rec->u.sample, &e) == -1)
			came_late(ev, &e);
		break;
	case WIRE_TICK:
		pass_time(ev, rec->u.tick.time, true);
		if (is_virtual(ev))
			tell_time(ev, rec->u.tick.time);
		else
			pass_line(ev, rec->line);
		break;
	default:
		pass_line(ev, rec->line);
		break;
	}
}

static void
bad_line(struct input *in, struct err *e)
{
	in->ev->bad_lines++;
	e->file = in->name;
	e->line = (unsigned)io_line_number(in->reader);
	diag_err(e);
}

static void
unreadable(struct input *in)
{
	diag("cannot read '%s': %s", in->name, strerror(errno));
	in->ev->unreadable = true;
}

/* After a round, when no line is at hand that has label sets. */
static void
forget_dead(struct eval *ev)
{
	struct err e = { 0 };

	if (ev->tidied == ev->round)
		return;
	ev->tidied = ev->round;
	if (rebuild_when_due(ev, &e) == -1) {
		diag_err(&e);
		ev->failures++;
	}
}

static void
one_line(struct input *in, struct str line)
{
	struct eval *ev = in->ev;
	struct wire_rec rec;
	struct err e = { 0 };

	ev->lines++;
	arena_reset(&ev->arena);
	if (wire_read(ev->history.wire, line, &ev->arena, &rec, &e) == -1)
		bad_line(in, &e);
	else
		take(ev, &rec);
	forget_dead(ev);
}

/* ---- descriptors ---- */

static void	on_readable(struct loop *l, void *arg, unsigned events);

/*
 * Files are read one behind the other in virtual time, so that the order of
 * their lines does not depend on the machine; else side by side.
 */
static void
start(struct input *in)
{
	loop_fd(in->ev->loop, in->fd, LOOP_READ, on_readable, in);
}

static void
on_growth(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	start(arg);
}

static void
at_end(struct input *in)
{
	struct eval *ev = in->ev;

	loop_fd(ev->loop, in->fd, 0, NULL, NULL);
	if (in->regular && ev->tool->follow && in->fd != STDIN_FILENO) {
		loop_watch_file(ev->loop, in->name, on_growth, in);
		return;
	}
	if (in->next)
		start(in->next);
	if (--ev->open_inputs == 0)
		loop_stop(ev->loop);
}

static void
on_readable(struct loop *l, void *arg, unsigned events)
{
	struct input *in = arg;
	struct eval *ev = in->ev;
	enum io_line got;
	struct str line;

	(void)events;
	do {
		got = io_next_line(in->reader, &line);
		if (got == IO_LINE) {
			one_line(in, line);
		} else if (got == IO_TOO_LONG) {
			struct err e;

			(void)err_set(&e, ERR_LIMIT, "line is longer than "
			    "%zu bytes", IO_LINE_MAX);
			bad_line(in, &e);
		}
	} while ((got == IO_LINE || got == IO_TOO_LONG) && !ev->stopping &&
	    io_has_line(in->reader));
	if (got == IO_ERROR)
		unreadable(in);
	if (got == IO_ERROR || got == IO_END)
		at_end(in);
	if (tool_flush(ev->tool) == -1 || ev->stopping)
		loop_stop(l);
}

static int
open_input(struct eval *ev, struct input *in, const char *path)
{
	struct stat st;

	in->ev = ev;
	in->name = path;
	if (strcmp(path, "-") == 0) {
		in->name = "stdin";
		in->fd = STDIN_FILENO;
	} else if ((in->fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		diag("cannot open '%s': %s", path, strerror(errno));
		return -1;
	}
	in->regular = fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode);
	in->reader = io_reader_new(in->fd, IO_LINE_MAX);
	return 0;
}

static void
close_inputs(struct input *in, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		io_reader_free(in[i].reader);
		if (in[i].fd > STDIN_FILENO)
			(void)close(in[i].fd);
	}
	mem_free(in);
}

/* NULL after a message. */
static struct input *
open_inputs(struct eval *ev, int argc, char **argv, size_t *n)
{
	static char *dash[] = { (char *)(uintptr_t)"-" };
	struct input *in;
	size_t i;

	if (argc == 0 && ev->remote == NULL) {
		argc = 1;
		argv = dash;
	}
	in = mem_array((size_t)argc + 1, sizeof(*in));
	for (i = 0, *n = 0; i < (size_t)argc; i++) {
		in[i].fd = -1;
		if (open_input(ev, &in[i], argv[i]) == -1) {
			close_inputs(in, *n);
			return NULL;
		}
		(*n)++;
	}
	return in;
}

/* ---- signals and wall-clock timers ---- */

static void
on_reload(struct loop *l, void *arg, unsigned events)
{
	struct eval *ev = arg;
	struct err e = { 0 };

	(void)l;
	(void)events;
	if (rules_reload(ev, &e) == -1) {
		diag_err(&e);
		diag_warning("the rules that were loaded before stay");
		return;
	}
	groups_start(ev, clk_now(&ev->tool->clk));
	tool_notify("STATUS=rules reloaded");
}

static void
on_stop(struct loop *l, void *arg, unsigned events)
{
	(void)events;
	((struct eval *)arg)->stopping = true;
	loop_stop(l);
}

static void
on_counters(struct loop *l, void *arg, unsigned events)
{
	const struct eval *ev = arg;

	(void)l;
	(void)events;
	diag("%llu lines, %llu bad, %llu samples, %llu late, %llu rule "
	    "evaluations, %llu failed, %llu alert lines",
	    (unsigned long long)ev->lines, (unsigned long long)ev->bad_lines,
	    (unsigned long long)ev->samples,
	    (unsigned long long)ev->history.late,
	    (unsigned long long)ev->evaluations,
	    (unsigned long long)ev->failures,
	    (unsigned long long)ev->alerts);
}

struct ticker { struct eval *ev; struct ltimer timer; };

/* Missed times are skipped: only the newest one is evaluated. */
static void
on_timer(struct loop *l, void *arg, unsigned events)
{
	struct ticker *t = arg;
	struct eval *ev = t->ev;
	int64_t now = loop_now(l);
	size_t i;

	(void)events;
	for (i = 0; i < ev->rules->n; i++) {
		struct group *g = &ev->rules->group[i];

		if (g->next <= now)
			g->next = now - now % g->interval;
	}
	groups_pass(ev, now);
	forget_dead(ev);
	if (ev->stopping)
		loop_stop(l);
	loop_timer(l, &t->timer, ev->next);
}

/* Wall time: a group runs at its next time from now on. */
static void
start_timer(struct eval *ev, struct ticker *t)
{
	size_t i;
	int64_t now = clk_now(&ev->tool->clk);

	groups_start(ev, now);
	for (i = 0; i < ev->rules->n; i++) {
		struct group *g = &ev->rules->group[i];

		if (g->next <= now)
			g->next = now - now % g->interval + g->interval;
	}
	ev->next = groups_next(ev);
	t->ev = ev;
	t->timer = (struct ltimer){ .fn = on_timer, .arg = t };
	if (ev->rules->n)
		loop_timer(ev->loop, &t->timer, ev->next);
}

/* ---- the whole ---- */

/*
 * The end of the input.  With state in virtual time, what is due by now and
 * no more, so that a run sliced into many is the same; else every group once
 * more, at the newest time there is.
 */
static void
finish(struct eval *ev)
{
	int64_t newest = ev->history.newest;

	if (is_virtual(ev)) {
		int64_t now = ev->tool->clk.now_ms;

		if (now == 0)
			return;
		if (ev->next <= now)
			groups_pass(ev, now);
		if (ev->tool->state == NULL)
			groups_now(ev, now);
		return;
	}
	if (ev->opt.time != NO_TIME)
		newest = ev->opt.time;
	groups_now(ev, newest != NO_TIME ? newest : clk_now(&ev->tool->clk));
	/* The timer may have run between a sample's time and its line. */
	if (ev->opt.time == NO_TIME)
		groups_catch_up(ev, clk_now(&ev->tool->clk));
}

static void
set_up_loop(struct eval *ev)
{
	loop_signal(ev->loop, SIGHUP, on_reload, ev);
	loop_signal(ev->loop, SIGTERM, on_stop, ev);
	loop_signal(ev->loop, SIGINT, on_stop, ev);
	loop_signal(ev->loop, SIGUSR1, on_counters, ev);
}

/* Until all inputs have ended; files that are followed never do. */
static void
read_all(struct eval *ev, struct input *in, size_t n)
{
	struct ticker ticker = { 0 };
	size_t i;

	if (is_virtual(ev) && n > 0) {
		for (i = 0; i + 1 < n; i++)
			in[i].next = &in[i + 1];
		start(&in[0]);
	} else {
		for (i = 0; i < n; i++)
			start(&in[i]);
		start_timer(ev, &ticker);
	}
	ev->open_inputs = n;
	tool_notify("READY=1");
	/* A source alone has no end to wait for. */
	if (n > 0 || ev->tool->follow)
		loop_run(ev->loop, false);
	loop_timer_stop(ev->loop, &ticker.timer);
}

static void
tell(void *arg, const struct err *e)
{
	(void)arg;
	diag_warn(e);
}

static int
open_alertmanagers(struct eval *ev, struct err *e)
{
	if (ev->opt.alertmanager.url.n == 0)
		return 0;
	ev->alertmanagers = alertmanager_options_open(
	    &ev->opt.alertmanager, ev->loop, tell, NULL, e);
	return ev->alertmanagers ? 0 : -1;
}

/* What waits for an alertmanager goes, or is lost: the answer is no then. */
static void
close_alertmanagers(struct eval *ev)
{
	if (ev->alertmanagers && !alertmanagers_finish(ev->alertmanagers,
	    ALERTMANAGERS_TIMEOUT_MS))
		ev->failures++;
	alertmanagers_free(ev->alertmanagers);
}

int
input_run(struct eval *ev, int argc, char **argv)
{
	struct err e = { 0 };
	struct input *in;
	size_t n;

	if ((in = open_inputs(ev, argc, argv, &n)) == NULL)
		return EXIT_TROUBLE;
	ev->loop = loop_new(&ev->tool->clk);
	if (open_alertmanagers(ev, &e) == -1) {
		diag_err(&e);
		close_inputs(in, n);
		loop_free(ev->loop);
		return EXIT_USAGE;
	}
	set_up_loop(ev);
	read_all(ev, in, n);
	if (!ev->stopping)
		finish(ev);
	close_alertmanagers(ev);
	if (ev->history.late > 1)
		diag_warning("%llu samples were not newer than those before",
		    (unsigned long long)ev->history.late);
	close_inputs(in, n);
	loop_free(ev->loop);
	if (history_commit(&ev->history, ev->history.newest, &e) == -1 ||
	    save_commit(ev, &e) == -1) {
		diag_err(&e);
		return EXIT_TROUBLE;
	}
	if (ev->unreadable)
		return EXIT_TROUBLE;
	return ev->bad_lines || ev->failures ? EXIT_NO : EXIT_YES;
}

static void
load_line(struct input *in, enum io_line got, struct str line)
{
	struct eval *ev = in->ev;
	struct wire_rec rec;
	struct err e = { 0 };

	arena_reset(&ev->arena);
	ev->lines++;
	if (got == IO_TOO_LONG)
		(void)err_set(&e, ERR_LIMIT, "line is too long");
	else if (wire_read(ev->history.wire, line, &ev->arena, &rec,
	    &e) == 0 && (rec.kind != WIRE_SAMPLE ||
	    history_add(&ev->history, &rec.u.sample, &e) == 0))
		return;
	bad_line(in, &e);
}

int
input_load(struct eval *ev, int argc, char **argv)
{
	struct input *in;
	struct str line;
	size_t i, n;
	enum io_line got;

	if ((in = open_inputs(ev, argc, argv, &n)) == NULL)
		return EXIT_TROUBLE;
	for (i = 0; i < n; i++) {
		while ((got = io_next_line(in[i].reader, &line)) == IO_LINE ||
		    got == IO_TOO_LONG)
			load_line(&in[i], got, line);
		if (got == IO_ERROR)
			unreadable(&in[i]);
	}
	close_inputs(in, n);
	if (ev->unreadable)
		return EXIT_TROUBLE;
	return ev->bad_lines ? EXIT_NO : EXIT_YES;
}
