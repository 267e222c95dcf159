/*
 * Lines in.  Wall clock: always read, whatever the receivers do.  Input
 * clock: the time is that of the notifications and ticks; a line waits until
 * the requests before it are answered, so a replay gives the same every time.
 */
#include "integration.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "texts.h"

#define STATE_WAIT_MS		30000
#define SWEEP_EVERY_MS		(INT64_C(15) * 60 * 1000)
#define LABEL_SETS_MAX		100000	/* then the table is left behind */

struct input {
	struct notifier *nf;
	struct io_reader *reader;
	const char *name;
	int fd;
	struct input *next;
};

struct run {
	struct notifier *nf;
	VEC(struct input *) inputs;
	size_t at;			/* the one being read */
	struct arena arena;		/* of the line */
	struct ltimer patience;		/* after the end of input */
	bool ended, stopping;
};

/* ---- opening ---- */

int
notifier_open(struct notifier *nf, bool with_state, struct err *e)
{
	struct tool *t = nf->t;

	nf->loop = loop_new(&t->clk);
	nf->http = http_client_new(nf->loop, PARALLEL_MAX);
	nf->table = labels_table_new();
	nf->reader = wire_reader_new(nf->table);
	if ((nf->setup = setup_load(nf, e)) == NULL)
		return -1;
	if (with_state && t->state != NULL) {
		nf->state = t->dry_run ?
		    state_open_read(str_of(t->state), t->name, e) :
		    state_open_anyway(str_of(t->state), t->name,
		    STATE_WAIT_MS, e);
		if (nf->state == NULL)
			return -1;
		tool_say_state(nf->state);
	}
	nf->log = nflog_new(nf->state);
	return 0;
}

void
notifier_close(struct notifier *nf)
{
	/* Every job has ended; what curl still held dies with the client. */
	if (nf->http != NULL)
		http_client_free(nf->http);
	while (nf->attempts != NULL) {
		nf->attempts->in_flight = false;
		attempt_free(nf->attempts);
	}
	map_release(&nf->jobs);
	nflog_free(nf->log);
	if (nf->state != NULL && !nf->t->dry_run &&
	    !state_reachable(nf->state))
		diag_warning("what was sent could not be written to the log: "
		    "it may be sent again");
	state_close(nf->state);
	setup_unref(nf->setup);
	arena_free(&nf->names);
	if (nf->reader != NULL)
		wire_reader_free(nf->reader);
	if (nf->table != NULL)
		labels_table_free(nf->table);
	if (nf->loop != NULL)
		loop_free(nf->loop);
}

/* ---- lines ---- */

static void
bad_line(struct run *r, struct err *e)
{
	const struct input *in = r->inputs.p[r->at];

	e->file = in->name;
	e->line = (unsigned)io_line_number(in->reader);
	diag_err(e);
	r->nf->bad++;
}

static void
pass_on(struct run *r, struct str line)
{
	struct buf *out = io_writer_buf(r->nf->t->out);

	/* A view for people holds nothing but the view. */
	if (r->nf->to != NULL)
		return;
	(void)buf_put(out, line);
	(void)buf_putc(out, '\n');
}

static void
sweep(struct notifier *nf)
{
	struct err e;

	if (nf->t->dry_run || (nf->swept_at != 0 &&
	    notifier_now(nf) - nf->swept_at < SWEEP_EVERY_MS))
		return;
	nf->swept_at = notifier_now(nf);
	if (nflog_sweep(nf->log, nf->swept_at, &e) == -1)
		diag_warn(&e);
}

/* In virtual time nothing else happens while a request is under way. */
static void
settle(struct notifier *nf)
{
	while (virtual_time(nf) && nf->running > 0 && !nf->broken)
		loop_run(nf->loop, true);
}

/* Time comes from the records; retries that fall due on the way are made. */
static void
move_clock(struct notifier *nf, int64_t ts)
{
	int64_t next;

	if (!virtual_time(nf))
		return;
	while ((next = loop_next_timer(nf->loop)) <= ts && !nf->broken) {
		loop_advance(nf->loop, next);
		settle(nf);
	}
	if (ts > notifier_now(nf))
		loop_advance(nf->loop, ts);
}

static void
take_line(struct run *r, struct str line)
{
	struct notifier *nf = r->nf;
	struct wire_rec rec;
	struct err e = { 0 };

	arena_reset(&r->arena);
	if (wire_read(nf->reader, line, &r->arena, &rec, &e) == -1) {
		bad_line(r, &e);
		return;
	}
	if (rec.kind == WIRE_TICK)
		move_clock(nf, rec.u.tick.time);
	if (rec.kind != WIRE_NOTIFICATION) {
		pass_on(r, line);
		return;
	}
	move_clock(nf, rec.u.notification.n.time);
	sweep(nf);
	if (!nf->t->dry_run) {
		queue_offer(nf, &rec.u.notification.n, line);
		settle(nf);
	} else if (dry_run(nf, &rec.u.notification.n) == -1)
		nf->failed++;
}

/* Nothing refers to the labels of the past any more: drop them. */
static void
renew_table(struct notifier *nf)
{
	if (!queue_is_idle(nf) || nf->attempts != NULL ||
	    labels_table_count(nf->table) < LABEL_SETS_MAX)
		return;
	labels_table_free(nf->table);
	nf->table = labels_table_new();
	wire_reader_reset(nf->reader, nf->table);
}

static void	listen_to(struct run *r, bool on);

static void
on_patience(struct loop *l, void *arg, unsigned events)
{
	struct run *r = arg;

	(void)l;
	(void)events;
	queue_abandon(r->nf, r->stopping ? "stopped" :
	    "not delivered within --max-wait");
	loop_stop(r->nf->loop);
}

/* No more lines: what is on its way has so much time to arrive. */
static void
stop_reading(struct run *r, int64_t wait_ms)
{
	listen_to(r, false);
	r->ended = true;
	if (queue_is_idle(r->nf) || virtual_time(r->nf))
		loop_stop(r->nf->loop);
	else
		loop_deadline(r->nf->loop, &r->patience, wait_ms);
}

static void
next_input(struct run *r)
{
	listen_to(r, false);
	if (++r->at < r->inputs.n)
		listen_to(r, true);
	else
		stop_reading(r, r->nf->max_wait_ms);
}

static void
read_lines(struct run *r)
{
	struct input *in = r->inputs.p[r->at];
	enum io_line got = IO_AGAIN;
	struct str line;
	struct err e;

	do {
		got = io_next_line(in->reader, &line);
		if (got == IO_LINE)
			take_line(r, line);
		else if (got == IO_TOO_LONG) {
			(void)err_set(&e, ERR_LIMIT, "line is too long");
			bad_line(r, &e);
		}
	} while (got == IO_LINE && io_has_line(in->reader) &&
	    !r->nf->broken && !r->ended);
	if (got == IO_ERROR) {
		diag("cannot read '%s': %s", in->name, strerror(errno));
		r->nf->broken = true;
	}
	if (tool_flush(r->nf->t) == -1)
		r->nf->broken = true;
	renew_table(r->nf);
	if (r->nf->broken)
		loop_stop(r->nf->loop);
	else if (got == IO_END && !r->ended)
		next_input(r);
}

/*
 * Wall clock: read whenever there is something.  Virtual time: only wake up
 * the reader, which stands outside of the loop (work).
 */
static void
on_readable(struct loop *l, void *arg, unsigned events)
{
	struct run *r = arg;

	(void)events;
	if (virtual_time(r->nf)) {
		listen_to(r, false);
		loop_stop(l);
	} else
		read_lines(r);
}

static void
listen_to(struct run *r, bool on)
{
	if (r->at < r->inputs.n)
		loop_fd(r->nf->loop, r->inputs.p[r->at]->fd,
		    on ? LOOP_READ : 0, on_readable, r);
}

/* ---- signals ---- */

static void
on_stop(struct loop *l, void *arg, unsigned events)
{
	struct run *r = arg;

	(void)l;
	(void)events;
	r->stopping = true;
	r->nf->t->follow = false;
	stop_reading(r, r->nf->grace_ms);
}

static void
on_reload(struct loop *l, void *arg, unsigned events)
{
	struct run *r = arg;
	struct setup *fresh;
	struct err e;

	(void)l;
	(void)events;
	if ((fresh = setup_load(r->nf, &e)) == NULL) {
		diag_err(&e);
		diag("the old configuration stays");
		return;
	}
	setup_unref(r->nf->setup);
	r->nf->setup = fresh;
}

static void
on_count(struct loop *l, void *arg, unsigned events)
{
	const struct run *r = arg;

	(void)l;
	(void)events;
	diag("%zu sent, %zu failed, %zu deduplicated, %zu superseded, "
	    "%zu waiting, %zu bad lines", r->nf->sent, r->nf->failed,
	    r->nf->deduplicated, r->nf->superseded, r->nf->jobs.n,
	    r->nf->bad);
}

/* ---- running ---- */

/* Not blocking, so that a half line does not hold up the timers. */
static int
open_input(struct run *r, const char *name)
{
	struct input *in = mem_zalloc(sizeof(*in));
	bool std = strcmp(name, "-") == 0;
	const char *path = std ? "/proc/self/fd/0" : name;
	struct stat st;
	int flags = O_RDONLY;

	/* Held open for writing too, a fifo does not end with its writer. */
	if (!std && r->nf->t->follow && stat(path, &st) == 0 &&
	    S_ISFIFO(st.st_mode))
		flags = O_RDWR;
	in->name = std ? "stdin" : name;
	in->fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
	if (in->fd == -1 && std) {
		/* A socket cannot be opened anew. */
		in->fd = dup(STDIN_FILENO);
		if (in->fd != -1)
			(void)fcntl(in->fd, F_SETFL, O_NONBLOCK);
	}
	vec_push(&r->inputs, in);
	if (in->fd == -1) {
		diag("cannot open '%s': %s", name, strerror(errno));
		return -1;
	}
	in->reader = io_reader_new(in->fd, IO_LINE_MAX);
	return 0;
}

static void
close_inputs(struct run *r)
{
	size_t i;

	for (i = 0; i < r->inputs.n; i++) {
		io_reader_free(r->inputs.p[i]->reader);
		if (r->inputs.p[i]->fd != -1)
			(void)close(r->inputs.p[i]->fd);
		mem_free(r->inputs.p[i]);
	}
	vec_release(&r->inputs);
}

static void
work_virtual(struct run *r)
{
	struct notifier *nf = r->nf;
	int64_t next;

	while (!r->ended && !nf->broken) {
		listen_to(r, true);
		loop_run(nf->loop, false);
		if (!r->ended)
			read_lines(r);
	}
	/* The retries that are left come without waiting. */
	while (!r->stopping && !nf->broken && !queue_is_idle(nf) &&
	    (next = loop_next_timer(nf->loop)) != INT64_MAX)
		move_clock(nf, next);
}

static void
work(struct run *r)
{
	if (virtual_time(r->nf))
		work_virtual(r);
	else {
		listen_to(r, true);
		loop_run(r->nf->loop, true);
	}
	loop_deadline_stop(r->nf->loop, &r->patience);
	loop_deadline_stop(r->nf->loop, &r->nf->pulse);
	queue_abandon(r->nf, "stopped");
}

int
notify_run(struct notifier *nf, int argc, char **argv)
{
	struct run r = { .nf = nf };
	int i, status = EXIT_TROUBLE;

	r.patience = (struct ltimer){ .fn = on_patience, .arg = &r };
	(void)loop_signal(nf->loop, SIGTERM, on_stop, &r);
	(void)loop_signal(nf->loop, SIGINT, on_stop, &r);
	(void)loop_signal(nf->loop, SIGHUP, on_reload, &r);
	(void)loop_signal(nf->loop, SIGUSR1, on_count, &r);
	for (i = 0; i < argc; i++)
		if (open_input(&r, argv[i]) == -1)
			goto out;
	if (argc == 0 && open_input(&r, "-") == -1)
		goto out;
	tool_notify("READY=1");
	lease_begin_pulse(nf);
	work(&r);
	if (!nf->broken)
		status = nf->failed > 0 || nf->bad > 0 ? EXIT_NO : EXIT_YES;
out:
	close_inputs(&r);
	arena_free(&r.arena);
	return status;
}
