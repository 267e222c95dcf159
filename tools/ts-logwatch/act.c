/*
 * --act: records of blocks in, firewall commands out.  Who reads logs need not
 * be able to change the firewall, and who can need not read logs.  Lines of
 * other kinds pass.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "net/loop.h"
#include "watch.h"
#include "wire/wire.h"

#define TICK_MS		1000
/* Label sets of alerts that pass are forgotten when so many have gathered. */
#define LABEL_SETS_MAX	500

struct actor;

struct orders {
	struct actor *a;
	struct io_reader *reader;
	const char *name;
	int fd;
};

struct actor {
	struct watch *w;
	struct loop *loop;
	struct ltimer tick, hup;
	struct wire_reader *reader;
	struct labels_table *table;
	struct arena line;
	VEC(struct orders) inputs;
	size_t open;
	uint64_t lines, orders;
	bool failed;
};

static void
bad_line(struct orders *in, struct err *e)
{
	e->file = in->name;
	e->line = (unsigned)io_line_number(in->reader);
	diag_err(e);
	in->a->w->bad = true;
}

static void
pass_on(struct actor *a, struct str line)
{
	struct buf *out = io_writer_buf(a->w->t->out);

	(void)buf_put(out, line);
	(void)buf_putc(out, '\n');
}

/* The time of records, when that is what drives the clock. */
static void
advance(struct actor *a, int64_t time)
{
	if (a->w->t->clk.kind != CLK_INPUT || time < 0)
		return;
	clk_advance(&a->w->t->clk, time);
	watch_tick(a->w, clk_now(&a->w->t->clk));
}

static void
take_line(struct orders *in, struct str line)
{
	struct actor *a = in->a;
	struct watch *w = a->w;
	struct block_order o;
	struct wire_rec rec;
	struct err e = { 0 };
	int got = 0;

	a->lines++;
	arena_reset(&a->line);
	if (wire_read(a->reader, line, &a->line, &rec, &e) == -1 ||
	    (rec.kind == WIRE_OTHER && (got = block_order_read(line,
	    &a->line, &o, &e)) == -1)) {
		bad_line(in, &e);
		return;
	}
	if (got == 0 || o.kind == ORDER_NONE) {
		if (rec.kind == WIRE_TICK)
			advance(a, rec.u.tick.time);
		pass_on(a, line);
		return;
	}
	a->orders++;
	advance(a, o.time);
	if (blocker_obey(w->blocker, &o, w->rules, clk_now(&w->t->clk),
	    &e) == -1) {
		e.col = 1;
		bad_line(in, &e);
	}
}

/* What is said goes out; a table of which most is dead is left behind. */
static void
settle(struct actor *a)
{
	if (tool_flush(a->w->t) == -1)
		loop_stop(a->loop);
	if (labels_table_count(a->table) <= LABEL_SETS_MAX)
		return;
	wire_reader_reset(a->reader, NULL);
	labels_table_free(a->table);
	a->table = labels_table_new();
	wire_reader_reset(a->reader, a->table);
}

static void
close_input(struct orders *in)
{
	loop_fd(in->a->loop, in->fd, 0, NULL, NULL);
	if (in->fd != STDIN_FILENO)
		(void)close(in->fd);
	if (--in->a->open == 0)
		loop_stop(in->a->loop);
}

static void
input_loop(struct loop *l, void *arg, unsigned events)
{
	struct orders *in = arg;
	enum io_line got;
	struct str line;
	struct err e;

	(void)l;
	(void)events;
	do {
		got = io_next_line(in->reader, &line);
		if (got == IO_LINE) {
			take_line(in, line);
		} else if (got == IO_TOO_LONG) {
			(void)err_set(&e, ERR_LIMIT, "line too long");
			bad_line(in, &e);
		}
	} while (io_has_line(in->reader) && !tool_closed(in->a->w->t));
	if (got == IO_ERROR) {
		diag("cannot read '%s': %s", in->name, strerror(errno));
		in->a->failed = true;
	}
	if (got == IO_END || got == IO_ERROR)
		close_input(in);
	settle(in->a);
}

/* ---- timers, signals ---- */

static void
tick_loop(struct loop *l, void *arg, unsigned events)
{
	struct actor *a = arg;

	(void)events;
	watch_tick(a->w, clk_now(&a->w->t->clk));
	settle(a);
	loop_deadline(l, &a->tick, TICK_MS);
}

static void
stop_loop_signal(struct loop *l, void *arg, unsigned events)
{
	(void)arg;
	(void)events;
	loop_stop(l);
}

static void
hup_loop(struct loop *l, void *arg, unsigned events)
{
	struct actor *a = arg;

	(void)l;
	(void)events;
	watch_reload(a->w);
	settle(a);
}

static void
usr1_loop(struct loop *l, void *arg, unsigned events)
{
	struct actor *a = arg;

	(void)l;
	(void)events;
	diag("%llu lines, %llu of them blocks", (unsigned long long)a->lines,
	    (unsigned long long)a->orders);
}

/* ---- beginning ---- */

/* Not blocking, so that a half line does not hold up the timers. */
static int
open_input(const char *path, bool follow)
{
	struct stat st;
	int flags = O_RDONLY, fd;

	/* An own description of a pipe: others keep theirs as it is. */
	if (strcmp(path, "-") == 0)
		return fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) &&
		    (fd = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK |
		    O_CLOEXEC)) != -1 ? fd : STDIN_FILENO;
	/* Held open for writing too, a FIFO does not end with its writer. */
	if (follow && stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
		flags = O_RDWR;
	return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

static int
add_input(struct actor *a, const char *path)
{
	struct orders in = { .a = a, .name = strcmp(path, "-") == 0 ?
	    "stdin" : path, .fd = open_input(path, a->w->t->follow) };

	if (in.fd == -1) {
		diag("cannot open '%s': %s", path, strerror(errno));
		return -1;
	}
	in.reader = io_reader_new(in.fd, IO_LINE_MAX);
	vec_push(&a->inputs, in);
	return 0;
}

static int
open_inputs(struct actor *a, int argc, char **argv)
{
	size_t k;
	int i;

	if (argc == 0 && add_input(a, "-") == -1)
		return -1;
	for (i = 0; i < argc; i++)
		if (add_input(a, argv[i]) == -1)
			return -1;
	a->open = a->inputs.n;
	for (k = 0; k < a->inputs.n; k++)
		loop_fd(a->loop, a->inputs.p[k].fd, LOOP_READ, input_loop,
		    &a->inputs.p[k]);
	return 0;
}

static int
act(struct actor *a, int argc, char **argv)
{
	struct watch *w = a->w;
	struct err e = { 0 };

	if (blocker_start(w->blocker, w->rules, true, clk_now(&w->t->clk),
	    &e) == -1) {
		diag_err(&e);
		return e.kind == ERR_CONFIG ? EXIT_USAGE : EXIT_TROUBLE;
	}
	if (open_inputs(a, argc, argv) == -1)
		return EXIT_TROUBLE;
	a->tick = (struct ltimer){ .fn = tick_loop, .arg = a };
	loop_signal(a->loop, SIGTERM, stop_loop_signal, a);
	loop_signal(a->loop, SIGINT, stop_loop_signal, a);
	loop_signal(a->loop, SIGHUP, hup_loop, a);
	loop_signal(a->loop, SIGUSR1, usr1_loop, a);
	if (w->t->clk.kind == CLK_WALL)
		loop_deadline(a->loop, &a->tick, TICK_MS);
	settle(a);
	tool_notify("READY=1");
	loop_run(a->loop, false);
	tool_notify("STOPPING=1");
	return a->failed ? EXIT_TROUBLE : w->bad ? EXIT_NO : EXIT_YES;
}

/* Only what has to do with blocks makes sense. */
static int
check_outputs(const struct watch *w)
{
	size_t i;

	for (i = 0; i < w->outputs.n; i++)
		if (w->outputs.p[i].kind->wants_all ||
		    (w->outputs.p[i].kind->alert == NULL &&
		    w->outputs.p[i].kind->block == NULL))
			return tool_usage(w->t, "--act writes alerts and "
			    "blocks, not %s", w->outputs.p[i].kind->name);
	return EXIT_YES;
}

int
run_act(struct tool *t, int argc, char **argv)
{
	struct watch *w = t->self;
	struct actor a = { .w = w };
	size_t i;
	int status;

	if (t->output == NULL)
		t->output = "alerts,blocks";
	w->opt.block = !t->dry_run;
	if ((status = watch_open(w)) != EXIT_YES ||
	    (status = check_outputs(w)) != EXIT_YES)
		return status;
	a.loop = loop_new(&t->clk);
	a.table = labels_table_new();
	a.reader = wire_reader_new(a.table);
	status = act(&a, argc, argv);
	for (i = 0; i < a.inputs.n; i++)
		io_reader_free(a.inputs.p[i].reader);
	vec_release(&a.inputs);
	wire_reader_free(a.reader);
	labels_table_free(a.table);
	arena_free(&a.line);
	loop_free(a.loop);
	return tool_finish(t, status);
}
