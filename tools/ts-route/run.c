/*
 * run: lines in, notification lines out, on the loop.
 *
 * Wall clock: alerts are taken in as they come; a group is flushed when its
 * time has come.  Input clock: the time is that of the records and ticks;
 * before the clock moves to T, every group that was due before T is flushed
 * at its own time; the tick T itself lets go what is due at T.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "net/loop.h"
#include "save.h"

#define STATE_WAIT_MS	30000
#define TIME_MAX_MS	INT64_C(253402300799999)	/* the year 9999 */
#define SAVE_EVERY_MS	5000	/* of real time, while lines come in */
#define SHARE_EVERY_MS	1000	/* where other replicas wait for it */

struct input {
	struct run *run;
	struct io_reader *reader;
	const char *name;
	int fd;
};

struct run {
	struct tool *t;
	struct route_tool *rt;
	struct loop *loop;
	struct ltimer timer;		/* the next flush, wall clock */
	struct router router;
	struct labels_table *table;
	struct wire_reader *reader;
	struct state *state;		/* NULL without -s */
	struct alertmanagers *alertmanagers;	/* NULL: none is told */
	struct buf post;		/* an alert on its way to them */
	struct state *silences;		/* on a server; else NULL */
	struct ltimer share;		/* with a server, wall clock */
	char self[24];			/* this process in saved groups */
	struct buf silence_path;	/* of a directory; or empty */
	struct arena line_arena;
	VEC(struct input) inputs;
	size_t open_inputs;
	int64_t saved_at;		/* monotonic */
	size_t alerts, notifications, bad;
	bool failed;
};

static bool
virtual_time(const struct run *r)
{
	return r->t->clk.kind == CLK_INPUT;
}

/* ---- what the router says ---- */

/* -v: one alert, what becomes of it, where. */
static void
say(const struct alert *a, struct str what, struct str route,
    struct str group, struct str receiver)
{
	struct buf b = { 0 };

	labels_print_bare(a->labels, &b);
	diag_note(STR_FMT ": " STR_FMT ", route " STR_FMT ", group " STR_FMT
	    ", receiver " STR_FMT, STR_ARG(what), STR_ARG(buf_str(&b)),
	    STR_ARG(route), STR_ARG(group), STR_ARG(receiver));
	buf_release(&b);
}

static void
on_notification(void *arg, const struct notification *n)
{
	struct run *r = arg;
	size_t i;

	wire_put_notification(io_writer_buf(r->t->out), n, STR_NONE);
	r->notifications++;
	if (io_writer_ready(r->t->out) == -1)
		r->failed = true;
	for (i = 0; diag_is_verbose() && i < n->nalerts; i++)
		say(&n->alerts[i], n->alerts[i].ends_at ?
		    STR("goes out as resolved") : STR("goes out"), n->route,
		    n->group_key, n->receiver);
}

static void
on_kept(void *arg, const struct group *g, const struct alert *a,
    const struct out_why *why)
{
	struct buf b = { 0 }, path = { 0 };

	(void)arg;
	if (!diag_is_verbose())
		return;
	explain_why(why, &b);
	explain_way(g->route, &path);
	say(a, buf_str(&b), buf_str(&path), g->key, g->route->receiver);
	buf_release(&path);
	buf_release(&b);
}

static void
state_failed(struct run *r, const struct err *e)
{
	diag_err(e);
	r->failed = true;
	loop_stop(r->loop);
}

static void
on_gone(void *arg, const struct group *g)
{
	struct run *r = arg;
	struct err e;

	if (r->state != NULL && save_del_group(r->state, g, &e) == -1)
		state_failed(r, &e);
}

static void
on_forgot(void *arg, const struct alert *a)
{
	struct run *r = arg;
	struct err e;

	if (r->state != NULL && save_del_alert(r->state, a, &e) == -1)
		state_failed(r, &e);
}

/* ---- time ---- */

/* The clock moves to ts; what was due before is flushed on the way. */
static void
advance(struct run *r, int64_t ts)
{
	if (!virtual_time(r) || ts <= clk_now(&r->t->clk))
		return;
	router_flush_due(&r->router, ts - 1, true);
	clk_advance(&r->t->clk, ts);
}

/* What an alert line says about the time: when it began, or ended. */
static int64_t
alert_time(const struct alert *a)
{
	bool ended = str_eq(a->state, STR("inactive")) ||
	    str_eq(a->state, STR("resolved"));

	return ended && a->ends_at > a->starts_at ? a->ends_at : a->starts_at;
}

static int64_t
record_time(const struct wire_rec *rec)
{
	switch (rec->kind) {
	case WIRE_SAMPLE:
		return rec->u.sample.ts[rec->u.sample.n - 1];
	case WIRE_ALERT:
		return alert_time(&rec->u.alert.alert);
	case WIRE_TICK:
		return rec->u.tick.time;
	case WIRE_EVENT:
		return rec->u.event.time;
	case WIRE_CHECK:
		return rec->u.check.time;
	case WIRE_TASK:
		return rec->u.task.time;
	default:
		return 0;
	}
}

/* ---- lines ---- */

static void
pass_on(struct run *r, struct str line)
{
	struct buf *out = io_writer_buf(r->t->out);

	(void)buf_put(out, line);
	(void)buf_putc(out, '\n');
	if (io_writer_ready(r->t->out) == -1)
		r->failed = true;
}

static void
bad_line(struct run *r, const struct input *in, struct err *e)
{
	e->file = in->name;
	e->line = (unsigned)io_line_number(in->reader);
	diag_err(e);
	r->bad++;
}

static void
post(struct run *r, const struct alert *a)
{
	buf_reset(&r->post);
	wire_put_postable(&r->post, a);
	alertmanagers_put(r->alertmanagers, labels_fingerprint(a->labels),
	    buf_str(&r->post));
}

static void
take_alert(struct run *r, const struct input *in, const struct alert *a)
{
	struct err e = { 0 };

	if (str_eq(a->state, STR("pending")))
		return;		/* of ts-eval -o all: not to be told yet */
	r->alerts++;
	if (r->alertmanagers != NULL)
		post(r, a);
	if (r->rt->config != NULL && router_take(&r->router, a, clk_now(&r->t->clk), &e) == -1)
		bad_line(r, in, &e);
}

static void
take_line(struct run *r, const struct input *in, struct str line)
{
	struct wire_rec rec;
	struct err e = { 0 };

	arena_reset(&r->line_arena);
	if (wire_read(r->reader, line, &r->line_arena, &rec, &e) == -1) {
		bad_line(r, in, &e);
		return;
	}
	if (virtual_time(r) && record_time(&rec) > TIME_MAX_MS) {
		err_set(&e, ERR_SYNTAX, "a time after the year 9999");
		bad_line(r, in, &e);
		return;
	}
	advance(r, record_time(&rec));
	if (rec.kind == WIRE_ALERT) {
		take_alert(r, in, &rec.u.alert.alert);
		return;
	}
	if (rec.kind == WIRE_TICK && virtual_time(r))
		router_flush_due(&r->router, clk_now(&r->t->clk), true);
	pass_on(r, line);
}

/* ---- after each batch ---- */

static int
note_change(void *arg, struct str key, struct str value)
{
	(void)key;
	(void)value;
	*(bool *)arg = true;
	return 0;
}

/* A table of which most is dead is left behind. */
static void
renew_table(struct run *r)
{
	struct labels_table *old = r->table;

	if (!router_wants_table(&r->router))
		return;
	r->table = labels_table_new();
	router_move(&r->router, r->table);
	wire_reader_reset(r->reader, r->table);
	labels_table_free(old);
}

/* Out first, then the state: a kill in between repeats, it does not lose. */
static int
save(struct run *r, bool always)
{
	int64_t now = clk_mono_ms();
	struct err e;

	if (tool_flush(r->t) == -1 || r->failed) {
		loop_stop(r->loop);
		return -1;
	}
	if (r->state == NULL || (!always && now - r->saved_at <
	    (r->silences && save_pending(&r->router) ? SHARE_EVERY_MS :
	    SAVE_EVERY_MS)))
		return 0;
	r->saved_at = now;
	if (save_put(&r->router, r->state, str_of(r->self),
	    clk_now(&r->t->clk), &e) == 0) {
		tool_say_state(r->state);
		return 0;
	}
	state_failed(r, &e);
	return -1;
}

/* What other replicas have saved, and the silences, as they are now. */
static void
take_shared(struct run *r)
{
	int64_t now = clk_now(&r->t->clk);
	bool changed = false;
	struct err e;

	if (r->silences == NULL)
		return;
	(void)save_merge(&r->router, r->reader, r->state, str_of(r->self),
	    now, &e);
	(void)state_changes(r->silences, note_change, &changed, &e);
	if (changed && silences_load(&r->router.silences, r->silences, &e) ==
	    -1)
		diag_warn(&e);
	tool_say_state(r->state);
	(void)state_notice(r->silences);	/* it says the same */
}

static void
settle(struct run *r)
{
	int64_t next;

	if (!virtual_time(r)) {
		if (router_next(&r->router) <= clk_now(&r->t->clk))
			take_shared(r);
		router_flush_due(&r->router, clk_now(&r->t->clk), false);
	}
	if (r->alertmanagers != NULL)
		alertmanagers_push(r->alertmanagers);
	(void)save(r, false);
	renew_table(r);
	next = router_next(&r->router);
	if (!virtual_time(r) && next != INT64_MAX)
		loop_timer(r->loop, &r->timer, next);
}

static void
on_share(struct loop *l, void *arg, unsigned events)
{
	struct run *r = arg;

	(void)events;
	take_shared(r);
	settle(r);
	loop_deadline(l, &r->share, SHARE_EVERY_MS);
}

static void
on_due(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	settle(arg);
}

static void
close_input(struct run *r, struct input *in)
{
	loop_fd(r->loop, in->fd, 0, NULL, NULL);
	io_reader_free(in->reader);
	in->reader = NULL;
	if (in->fd != STDIN_FILENO)
		(void)close(in->fd);
	if (--r->open_inputs == 0 && !r->t->follow)
		loop_stop(r->loop);
}

static void
on_input(struct loop *l, void *arg, unsigned events)
{
	struct input *in = arg;
	struct run *r = in->run;
	enum io_line got = IO_AGAIN;
	struct err e;
	struct str line;

	(void)l;
	(void)events;
	do {
		got = io_next_line(in->reader, &line);
		if (got == IO_LINE) {
			take_line(r, in, line);
		} else if (got == IO_TOO_LONG) {
			err_set(&e, ERR_LIMIT, "line too long");
			bad_line(r, in, &e);
		}
	} while (io_has_line(in->reader) && !r->failed);
	if (got == IO_ERROR) {
		diag("cannot read '%s': %s", in->name, strerror(errno));
		r->failed = true;
	}
	if (got == IO_END || got == IO_ERROR)
		close_input(r, in);
	settle(r);
}

/* ---- starting ---- */

/* Not blocking, so that a half line does not hold up the timers. */
static int
open_path(const char *path, bool follow)
{
	struct stat st;
	int flags = O_RDONLY;

	/* held open for writing too, a fifo does not end with its writer */
	if (follow && stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
		flags = O_RDWR;
	return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

static int
open_stdin(void)
{
	struct stat st;
	int fd;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    (fd = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK |
	    O_CLOEXEC)) != -1)
		return fd;	/* an own description: others keep theirs */
	return STDIN_FILENO;
}

static int
add_input(struct run *r, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? open_stdin() : open_path(path, r->t->follow);

	if (fd == -1) {
		diag("cannot open '%s': %s", path, strerror(errno));
		return -1;
	}
	vec_push(&r->inputs, (struct input){ r, io_reader_new(fd,
	    IO_LINE_MAX), is_stdin ? "stdin" : path, fd });
	r->open_inputs++;
	return 0;
}

static int
open_inputs(struct run *r, int argc, char **argv)
{
	size_t k;
	int i;

	if (argc == 0 && add_input(r, "-") == -1)
		return -1;
	for (i = 0; i < argc; i++)
		if (add_input(r, argv[i]) == -1)
			return -1;
	for (k = 0; k < r->inputs.n; k++)
		loop_fd(r->loop, r->inputs.p[k].fd, LOOP_READ, on_input,
		    &r->inputs.p[k]);
	return 0;
}

static int
load_silences(struct run *r, struct err *e)
{
	struct state *st;
	int rc;

	if (state_shared(r->state)) {
		r->silences = state_open_anyway(str_of(r->t->state),
		    SILENCES_STATE, STATE_WAIT_MS, e);
		if (r->silences == NULL)
			return -1;
		rc = silences_load(&r->router.silences, r->silences, e);
		(void)state_notice(r->silences);	/* as the groups' */
		return rc;
	}
	st = state_open_read(str_of(r->t->state), SILENCES_STATE, e);
	rc = st ? silences_load(&r->router.silences, st, e) : -1;
	state_close(st);
	return rc;
}

static void
on_silences(struct loop *l, void *arg, unsigned events)
{
	struct run *r = arg;
	struct err e;

	(void)l;
	(void)events;
	if (load_silences(r, &e) == -1)
		diag_warn(&e);
}

/* In virtual time the silences are those of the start. */
static void
watch_silences(struct run *r)
{
	if (virtual_time(r) || strstr(r->t->state, "://") != NULL)
		return;
	(void)buf_printf(&r->silence_path, "%s/" SILENCES_STATE ".ndjson",
	    r->t->state);
	loop_watch_file(r->loop, buf_cstr(&r->silence_path), on_silences, r);
}

static void
begin_sharing(struct run *r)
{
	uint64_t word = 0;

	(void)!getrandom(&word, sizeof(word), 0);
	(void)snprintf(r->self, sizeof(r->self), "%016" PRIx64, word);
	r->share = (struct ltimer){ .fn = on_share, .arg = r };
	if (!virtual_time(r))
		loop_deadline(r->loop, &r->share, SHARE_EVERY_MS);
}

static int
open_state(struct run *r)
{
	struct err e = { 0 };
	int64_t now;

	if (r->t->state == NULL)
		return 0;
	r->state = state_open_anyway(str_of(r->t->state), "ts-route",
	    STATE_WAIT_MS, &e);
	if (r->state == NULL || load_silences(r, &e) == -1 ||
	    save_load(&r->router, r->reader, r->state, &now, &e) == -1) {
		diag_err(&e);
		return -1;
	}
	tool_say_state(r->state);
	if (virtual_time(r))
		clk_advance(&r->t->clk, now);
	r->saved_at = clk_mono_ms();
	watch_silences(r);
	if (state_shared(r->state))
		begin_sharing(r);
	return 0;
}

/* ---- signals ---- */

static void
on_stop(struct loop *l, void *arg, unsigned events)
{
	(void)arg;
	(void)events;
	loop_stop(l);
}

static void
on_reload(struct loop *l, void *arg, unsigned events)
{
	struct run *r = arg;
	struct route_tool new = *r->rt;

	(void)l;
	(void)events;
	if (r->rt->config == NULL)
		return;
	memset(&new.config_arena, 0, sizeof(new.config_arena));
	if (route_config(r->t, &new) == -1) {
		arena_free(&new.config_arena);
		diag_warning("the configuration that was loaded before "
		    "stays");
		return;
	}
	router_reload(&r->router, new.config, clk_now(&r->t->clk));
	route_tool_release(r->rt);
	*r->rt = new;
	settle(r);
}

static void
on_counters(struct loop *l, void *arg, unsigned events)
{
	struct run *r = arg;

	(void)l;
	(void)events;
	diag("%zu alerts taken, %zu known, %zu groups, %zu notifications, "
	    "%zu bad lines", r->alerts, r->router.store.all.n,
	    r->router.groups.n, r->notifications, r->bad);
}

static void
start(struct run *r, struct tool *t)
{
	struct route_tool *rt = t->self;
	struct router_options o = {
		.compat_025 = rt->compat_025,
		.external_url = str_of(rt->external_url),
		.emit = on_notification, .kept = on_kept, .gone = on_gone,
		.forgot = on_forgot, .arg = r,
	};

	r->t = t;
	r->rt = rt;
	r->loop = loop_new(&t->clk);
	r->timer = (struct ltimer){ .fn = on_due, .arg = r };
	r->table = labels_table_new();
	r->reader = wire_reader_new(r->table);
	router_init(&r->router, rt->config, r->table, &o);
	loop_signal(r->loop, SIGTERM, on_stop, r);
	loop_signal(r->loop, SIGINT, on_stop, r);
	loop_signal(r->loop, SIGHUP, on_reload, r);
	loop_signal(r->loop, SIGUSR1, on_counters, r);
}

static void
tell(void *arg, const struct err *e)
{
	(void)arg;
	diag_warn(e);
}

static int
open_alertmanagers(struct run *r)
{
	struct err e;

	if (r->rt->alertmanager.url.n == 0)
		return 0;
	r->alertmanagers = alertmanager_options_open(&r->rt->alertmanager,
	    r->loop, tell, NULL, &e);
	if (r->alertmanagers == NULL)
		diag_err(&e);
	return r->alertmanagers ? 0 : -1;
}

/* What no alertmanager takes now is lost: the answer is no then. */
static void
finish_posts(struct run *r)
{
	loop_timer_stop(r->loop, &r->timer);
	if (r->alertmanagers != NULL && !alertmanagers_finish(
	    r->alertmanagers, ALERTMANAGERS_TIMEOUT_MS))
		r->bad++;
}

/*
 * The end of the input: what is due goes out; everything, when there is no
 * state to leave it in.
 */
static int
finish(struct run *r)
{
	int64_t now = clk_now(&r->t->clk);

	if (!virtual_time(r))
		take_shared(r);
	/* A server that is away keeps nothing for the next run. */
	if (r->open_inputs == 0 && (r->state == NULL ||
	    !state_reachable(r->state)))
		router_flush_all(&r->router, now);
	else
		router_flush_due(&r->router, now, virtual_time(r));
	if (save(r, true) == -1)
		return tool_finish(r->t, tool_closed(r->t) ? EXIT_YES :
		    EXIT_TROUBLE);
	finish_posts(r);
	return tool_finish(r->t, r->bad ? EXIT_NO : EXIT_YES);
}

static void
release(struct run *r)
{
	size_t i;

	for (i = 0; i < r->inputs.n; i++)
		if (r->inputs.p[i].reader != NULL)
			close_input(r, &r->inputs.p[i]);
	vec_release(&r->inputs);
	router_release(&r->router);
	wire_reader_free(r->reader);
	labels_table_free(r->table);
	loop_deadline_stop(r->loop, &r->share);
	state_close(r->state);
	alertmanagers_free(r->alertmanagers);
	buf_release(&r->post);
	state_close(r->silences);
	buf_release(&r->silence_path);
	arena_free(&r->line_arena);
	loop_free(r->loop);
}

int
run_filter(struct tool *t, int argc, char **argv)
{
	struct run r = { 0 };
	int status = EXIT_TROUBLE;

	/* A real Alertmanager alone may do the routing. */
	if ((t->config != NULL || t->state != NULL ||
	    ((struct route_tool *)t->self)->alertmanager.url.n == 0) &&
	    route_config(t, t->self) == -1)
		return EXIT_USAGE;
	start(&r, t);
	if (open_alertmanagers(&r) == -1)
		status = EXIT_USAGE;
	else if (open_state(&r) == 0 && open_inputs(&r, argc, argv) == 0) {
		tool_notify("READY=1");
		settle(&r);
		loop_run(r.loop, false);
		status = finish(&r);
	}
	release(&r);
	return status;
}
