/*
 * The journal, through a journalctl that is started by us.  A record is known
 * by its cursor: what the outputs have is kept as a checkpoint, and the next
 * journalctl goes on behind it.
 */
#include "names.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/proc.h"
#include "json/read.h"
#include "json/tree.h"
#include "json/write.h"
#include "state/state.h"

#define PREFIX		"journal:"
#define CURSOR_MAX	1024
#define AGAIN_MS	500	/* the first pause, then doubled up to */
#define AGAIN_MAX_MS	(60 * 1000)
#define END_MS		1000	/* from the end of its output to its own */
#define TEXT_FACTOR	8	/* bytes of JSON for one of a text */

/* What was safe when: the outputs had event seq, all up to this cursor. */
struct reached {
	uint64_t seq;
	char *cursor;			/* owned */
};

struct journald {
	struct follow *f;
	const struct input *input;
	struct source source;
	struct lines lines;
	int fd;				/* -1: journalctl does not run */
	pid_t pid;
	int status;			/* as the loop has it; -1: not yet */
	struct arena names;		/* key and title, as long as we live */
	struct arena line;		/* of a record */
	struct str key, title;		/* in the state; "journal" and what of */
	struct buf cursor;		/* of the last record read */
	struct buf saved;		/* of the last one acknowledged */
	VEC(struct reached) reached;
	bool moved;			/* cursor is not in reached yet */
	bool dirty;			/* saved is not in the state yet */
	bool warned;
	int64_t again_ms;
	struct ltimer again;
};

static void
set_text(struct buf *b, struct str s)
{
	buf_reset(b);
	(void)buf_put(b, s);
}

/* ---- what to read, from where ---- */

/* "journal" and what of it is read: the name of its checkpoint, too. */
static struct str
title(const struct input *in, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	size_t i;

	(void)buf_put(&b, STR("journal"));
	for (i = 0; i < in->journal.n; i++)
		(void)buf_printf(&b, " " STR_FMT, STR_ARG(in->journal.p[i]));
	for (i = 0; i < in->matches.n; i++)
		(void)buf_printf(&b, " " STR_FMT, STR_ARG(in->matches.p[i]));
	if (in->directory.n > 0)
		(void)buf_printf(&b, " in " STR_FMT, STR_ARG(in->directory));
	if (in->file.n > 0)
		(void)buf_printf(&b, " in " STR_FMT, STR_ARG(in->file));
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* It becomes an argument: printable, no blanks. */
static bool
good_cursor(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.n <= CURSOR_MAX;
}

static void
load(struct journald *j)
{
	struct state *state = j->f->checkpoints.state;
	enum from from = j->f->w->opt.from;
	struct buf value = { 0 };
	struct str cursor;
	struct err e;
	json_t *o = NULL;
	size_t i;
	int rc;

	/* One that a reload stopped was here already. */
	for (i = j->f->stopped.n; i-- > 0; ) {
		const struct journald *old = j->f->stopped.p[i];

		if (old->cursor.n > 0 && str_eq(old->key, j->key)) {
			set_text(&j->cursor, buf_str(&old->cursor));
			set_text(&j->saved, buf_str(&old->cursor));
			return;
		}
	}
	if (state == NULL || from == FROM_START || from == FROM_END)
		return;
	rc = state_get(state, j->key, &value, &e);
	if (rc == -1)
		diag_warn(&e);
	if (rc == 1 && (o = json_tree(buf_str(&value), &e)) != NULL) {
		cursor = json_get_str(o, "cursor");
		if (good_cursor(cursor)) {
			set_text(&j->cursor, cursor);
			set_text(&j->saved, cursor);
			journald_touch(j);
		}
	}
	json_decref(o);
	buf_release(&value);
}

static void
add_arg(struct journald *j, char **argv, size_t *n, const char *option,
    struct str text)
{
	argv[(*n)++] = arena_cstr(&j->line, arena_printf(&j->line,
	    "%s" STR_FMT, option, STR_ARG(text)));
}

static void
add_begin(struct journald *j, char **argv, size_t *n)
{
	const struct watch *w = j->f->w;
	bool end = w->opt.from == FROM_END || (w->opt.from == FROM_DEFAULT &&
	    w->t->follow && j->f->checkpoints.state == NULL);

	if (j->cursor.n > 0)
		add_arg(j, argv, n, "--after-cursor=", buf_str(&j->cursor));
	else if (end)
		add_arg(j, argv, n, "--lines=0", STR_NONE);
	else if (w->since > 0)
		add_arg(j, argv, n, "--since=@", arena_printf(&j->line,
		    "%lld", (long long)(w->since / 1000)));
	if (w->t->follow)
		add_arg(j, argv, n, "--follow", STR_NONE);
	/* Following, it would show the last ten only. */
	if (w->t->follow && (j->cursor.n > 0 || !end))
		add_arg(j, argv, n, "--no-tail", STR_NONE);
}

static char **
arguments(struct journald *j)
{
	const struct input *in = j->input;
	char **argv;
	size_t i, n = 0;

	arena_reset(&j->line);
	argv = ARENA_ARRAY(&j->line, in->journal.n + in->matches.n + 12,
	    char *);
	add_arg(j, argv, &n, "journalctl", STR_NONE);
	add_arg(j, argv, &n, "--output=json", STR_NONE);
	add_arg(j, argv, &n, "--all", STR_NONE);
	add_arg(j, argv, &n, "--no-pager", STR_NONE);
	/* Else --follow shows no boot before this one. */
	add_arg(j, argv, &n, "--merge", STR_NONE);
	add_begin(j, argv, &n);
	if (in->directory.n > 0)
		add_arg(j, argv, &n, "--directory=", in->directory);
	if (in->file.n > 0)
		add_arg(j, argv, &n, "--file=", in->file);
	for (i = 0; i < in->journal.n; i++)
		if (!str_eq(in->journal.p[i], STR("*")))
			add_arg(j, argv, &n, "--unit=", in->journal.p[i]);
	for (i = 0; i < in->matches.n; i++)
		add_arg(j, argv, &n, "", in->matches.p[i]);
	argv[n] = NULL;
	return argv;
}

/* ---- journalctl ---- */

static void
on_end(struct loop *l, void *arg, unsigned status)
{
	struct journald *j = arg;

	(void)l;
	j->status = (int)status;
}

static bool
launch(struct journald *j)
{
	struct proc_request q = { .argv = arguments(j) };
	struct err e;

	j->status = -1;
	j->fd = proc_start(&q, &j->pid, &e);
	if (j->fd == -1) {
		if (!j->warned)
			diag(STR_FMT ": %s", STR_ARG(j->title), e.msg);
		j->warned = true;
		return false;
	}
	if (j->f->loop != NULL)
		loop_child(j->f->loop, j->pid, on_end, j);
	lines_seek(&j->lines, 0);
	return true;
}

/*
 * Its output has ended, or is no longer wanted; so it is to end, too.  The
 * wait status; -1 when that is not known.
 */
static int
reap(struct journald *j, bool now)
{
	int64_t until = clk_mono_ms() + (now ? 0 : END_MS);
	int status;
	pid_t got;

	(void)close(j->fd);
	j->fd = -1;
	while ((got = waitpid(j->pid, &status, WNOHANG)) == 0 &&
	    clk_mono_ms() < until)
		(void)poll(NULL, 0, 10);
	if (got == 0) {
		(void)kill(-j->pid, SIGKILL);
		got = waitpid(j->pid, &status, 0);
	}
	/* The loop was faster. */
	return got == j->pid ? status : j->status;
}

/* ---- records ---- */

/* The cursor of a record, the first of its members; empty: none. */
static struct str
cursor_of(struct str line, struct arena *a)
{
	struct jr r;

	jr_init(&r, line, a);
	if (jr_next(&r) != JR_OBJ)
		return STR_NONE;
	while (jr_next(&r) == JR_KEY) {
		if (!str_eq(r.str, STR("__CURSOR"))) {
			if (jr_skip(&r, JR_KEY) == -1)
				break;
			continue;
		}
		return jr_next(&r) == JR_STR && good_cursor(r.str) ? r.str :
		    STR_NONE;
	}
	return STR_NONE;
}

static void
take_line(void *arg, const struct line *line)
{
	struct journald *j = arg;
	struct str cursor;

	arena_reset(&j->line);
	cursor = cursor_of(line->text, &j->line);
	j->source.origin.cursor = cursor;
	watch_line(j->f->w, &j->source, line);
	if (cursor.n > 0) {
		set_text(&j->cursor, cursor);
		j->moved = true;
	}
}

static void
note_reached(struct journald *j)
{
	if (j->moved && j->f->w->keeps)
		vec_push(&j->reached, (struct reached){ j->f->w->seq,
		    mem_strdup(buf_cstr(&j->cursor)) });
	if (j->moved) {
		j->warned = false;
		j->again_ms = AGAIN_MS;
	}
	j->moved = false;
}

static ssize_t
read_some(void *arg, void *p, size_t n)
{
	struct journald *j = arg;
	struct pollfd fd = { .fd = j->fd, .events = POLLIN };
	ssize_t got;

	do {
		watch_breathe(j->f->w);
		/* In one pass read(2) would not see that a signal has come. */
		while (!j->f->w->t->follow && j->f->loop != NULL &&
		    !j->f->w->stop && poll(&fd, 1, 500) <= 0)
			watch_breathe(j->f->w);
		got = j->f->w->stop ? 0 : read(j->fd, p, n);
	} while (got == -1 && errno == EINTR);
	return got;
}

/* False at the end.  A record that was cut off comes again. */
static bool
more(struct journald *j)
{
	ssize_t n = lines_read(&j->lines, read_some, j, take_line, j);

	if (n == -1)
		diag(STR_FMT ": cannot read what journalctl says: %s",
		    STR_ARG(j->title), strerror(errno));
	note_reached(j);
	return n > 0;
}

void
journald_pass(struct journald *j)
{
	struct watch *w = j->f->w;
	bool ended = false;
	int status;

	if (!launch(j)) {
		w->bad = true;
		return;
	}
	while (!w->stop && !tool_closed(w->t) && !ended)
		ended = !more(j);
	ended = ended && !w->stop;
	status = reap(j, !ended);
	if (ended && status != 0) {
		diag(STR_FMT ": journalctl has failed", STR_ARG(j->title));
		w->bad = true;
	}
	(void)watch_flush(w, false);
}

/* ---- for ever ---- */

static void
pause_before_next(struct journald *j)
{
	loop_deadline(j->f->loop, &j->again, j->again_ms);
	j->again_ms = j->again_ms * 2 < AGAIN_MAX_MS ? j->again_ms * 2 :
	    AGAIN_MAX_MS;
}

static void
read_loop(struct loop *l, void *arg, unsigned events)
{
	struct journald *j = arg;

	(void)events;
	if (!more(j) && !j->f->w->stop) {
		loop_fd(l, j->fd, 0, NULL, NULL);
		(void)reap(j, false);
		if (!j->warned)
			diag_warning(STR_FMT ": journalctl has ended; it is "
			    "started again", STR_ARG(j->title));
		j->warned = true;
		pause_before_next(j);
	}
	(void)watch_flush(j->f->w, false);
	follow_after(j->f);
}

static void
again_loop(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	journald_start(arg);
}

void
journald_start(struct journald *j)
{
	j->again = (struct ltimer){ .fn = again_loop, .arg = j };
	if (launch(j))
		loop_fd(j->f->loop, j->fd, LOOP_READ, read_loop, j);
	else
		pause_before_next(j);
}

/* ---- checkpoints ---- */

int
journald_save(struct journald *j, int64_t now, struct err *e)
{
	uint64_t acked = watch_acknowledged(j->f->w);
	struct buf b = { 0 };
	struct jw w = { .out = &b };
	size_t i, n = 0;
	int rc;

	while (n < j->reached.n && j->reached.p[n].seq <= acked)
		n++;
	if (n > 0) {
		set_text(&j->saved, str_of(j->reached.p[n - 1].cursor));
		for (i = 0; i < n; i++)
			mem_free(j->reached.p[i].cursor);
		memmove(j->reached.p, j->reached.p + n,
		    (j->reached.n - n) * sizeof(j->reached.p[0]));
		j->reached.n -= n;
		j->dirty = true;
	}
	if (!j->dirty)
		return 0;
	jw_obj(&w);
	jw_key(&w, STR("journal"));
	jw_str(&w, j->title);
	jw_key(&w, STR("cursor"));
	jw_str(&w, buf_str(&j->saved));
	jw_key(&w, STR("seen"));
	jw_int(&w, now);
	jw_obj_end(&w);
	rc = state_put(j->f->checkpoints.state, j->key, buf_str(&b), e);
	j->dirty = rc == -1;
	buf_release(&b);
	return rc;
}

const struct input *
journald_input(const struct journald *j)
{
	return j->input;
}

void
journald_stop(struct journald *j)
{
	struct err e;

	loop_deadline_stop(j->f->loop, &j->again);
	if (j->fd != -1) {
		loop_fd(j->f->loop, j->fd, 0, NULL, NULL);
		(void)reap(j, true);
	}
	if (j->f->checkpoints.state != NULL && journald_save(j,
	    clk_now(&j->f->w->t->clk), &e) == -1)
		diag_warn(&e);
}

void
journald_touch(struct journald *j)
{
	j->dirty = j->saved.n > 0;
}

struct idle {
	struct str key;
	int64_t seen;
};

struct expiring {
	struct follow *f;
	int64_t newest;			/* of all, as the wall clock was */
	struct arena arena;
	VEC(struct idle) idle;
};

static int
expire_one(void *arg, struct str key, struct str value)
{
	struct expiring *x = arg;
	struct err e;
	json_t *o = json_tree(value, &e);
	int64_t seen = json_integer_value(json_object_get(o, "seen"));
	size_t i;

	json_decref(o);
	if (seen > x->newest)
		x->newest = seen;
	for (i = 0; i < x->f->journals.n; i++)
		if (str_eq(x->f->journals.p[i]->key, key))
			return 0;
	vec_push(&x->idle, ((struct idle){ arena_str(&x->arena, key), seen }));
	return 0;
}

int
journald_expire(struct follow *f, int64_t now, struct err *e)
{
	struct expiring x = { .f = f, .newest = INT64_MIN };
	struct state *state = f->checkpoints.state;
	size_t i;
	int rc;

	if (state == NULL)
		return 0;
	rc = state_each(state, STR(PREFIX), expire_one, &x, e);
	/* As with checkpoints: a wrong clock must not cost a place. */
	if (x.newest < now)
		now = x.newest;
	for (i = 0; rc == 0 && i < x.idle.n; i++)
		if (now - x.idle.p[i].seen > CHECKPOINT_KEEP_MS)
			rc = state_del(state, x.idle.p[i].key, e);
	vec_release(&x.idle);
	arena_free(&x.arena);
	return rc;
}

void
journald_say(const struct journald *j)
{
	diag(STR_FMT ": at '" STR_FMT "', saved '" STR_FMT "'%s",
	    STR_ARG(j->title), STR_ARG(buf_str(&j->cursor)),
	    STR_ARG(buf_str(&j->saved)), j->fd == -1 ?
	    ", journalctl does not run" : "");
}

void
journald_add(struct follow *f, const struct input *input)
{
	struct journald *j = mem_zalloc(sizeof(*j));

	j->f = f;
	j->input = input;
	j->fd = -1;
	j->again_ms = AGAIN_MS;
	source_init(&j->source, f->w, input, NULL);
	j->source.parser = &parse_journal;
	j->lines.max = (size_t)f->w->opt.max_line * TEXT_FACTOR;
	j->title = title(input, &j->names);
	j->key = arena_printf(&j->names, PREFIX STR_FMT, STR_ARG(j->title));
	load(j);
	vec_push(&f->journals, j);
}

void
journald_free(struct journald *j)
{
	size_t i;

	if (j->fd != -1) {
		if (j->f->loop != NULL)
			loop_fd(j->f->loop, j->fd, 0, NULL, NULL);
		(void)reap(j, true);
	}
	for (i = 0; i < j->reached.n; i++)
		mem_free(j->reached.p[i].cursor);
	vec_release(&j->reached);
	source_release(&j->source);
	lines_release(&j->lines);
	buf_release(&j->cursor);
	buf_release(&j->saved);
	arena_free(&j->names);
	arena_free(&j->line);
	mem_free(j);
}
