#include "names.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/dur.h"
#include "core/mem.h"
#include "state/state.h"

#define SAVE_MS		1000	/* between two saves */
#define POLL_MS		1000	/* of files that rotation left behind */
#define TICK_MS		1000	/* of rules and outputs that have timers */
#define TOUCH_MS	(24 * DUR_HOUR)	/* that checkpoints are in use */
#define WAITING_MAX	256	/* files of one pass until all is settled */

/* In the middle of a file, between two reads. */
static void
breathe(void *arg)
{
	struct follow *f = arg;

	if (f->loop != NULL)
		loop_signals(f->loop);
	if (f->checkpoints.state != NULL && !f->w->stop &&
	    clk_mono_ms() - f->saved >= SAVE_MS)
		follow_save(f);
}

struct follow *
follow_new(struct watch *w, struct state *state)
{
	struct follow *f = mem_zalloc(sizeof(*f));

	f->w = w;
	w->breathe = breathe;
	w->breathe_arg = f;
	w->keeps = state != NULL;
	f->saved = clk_mono_ms();
	if (checkpoints_load(&f->checkpoints, state, clk_now(&w->t->clk),
	    &f->error) == -1 || (state != NULL && rules_load(w->rules, state,
	    clk_now(&w->t->clk), &f->error) == -1)) {
		diag_err(&f->error);
		f->trouble = true;
	}
	return f;
}

void
follow_free(struct follow *f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < f->names.n; i++) {
		file_free(f->names.p[i]->file);
		mem_free(f->names.p[i]);
	}
	for (i = 0; i < f->old.n; i++)
		file_free(f->old.p[i]);
	for (i = 0; i < f->streams.n; i++)
		stream_free(f->streams.p[i]);
	for (i = 0; i < f->journals.n; i++)
		journald_free(f->journals.p[i]);
	for (i = 0; i < f->stopped.n; i++)
		journald_free(f->stopped.p[i]);
	if (f->loop != NULL)
		loop_free(f->loop);
	f->w->loop = NULL;
	f->w->breathe = NULL;
	vec_release(&f->names);
	vec_release(&f->patterns);
	vec_release(&f->streams);
	vec_release(&f->journals);
	vec_release(&f->stopped);
	vec_release(&f->inputs);
	vec_release(&f->old);
	vec_release(&f->retired);
	checkpoints_release(&f->checkpoints);
	arena_free(&f->arena);
	lines_shared_release();
	mem_free(f);
}

/* ---- checkpoints ---- */

/* Files and journals that say nothing for weeks are not to be forgotten. */
static void
touch(struct follow *f, int64_t now)
{
	size_t i;

	for (i = 0; i < f->names.n; i++)
		if (f->names.p[i]->file != NULL)
			f->names.p[i]->file->dirty = true;
	for (i = 0; i < f->journals.n; i++)
		journald_touch(f->journals.p[i]);
	f->touched = now;
}

void
follow_save(struct follow *f)
{
	int64_t now = clk_now(&f->w->t->clk);
	struct err e;
	size_t i;
	int rc = 0;

	if (f->checkpoints.state == NULL ||
	    watch_flush(f->w, false) == -1)
		return;
	f->saved = clk_mono_ms();
	/* The clock may have been put right, either way. */
	if (llabs(now - f->touched) >= TOUCH_MS)
		touch(f, now);
	for (i = 0; rc == 0 && i < f->names.n; i++)
		if (f->names.p[i]->file != NULL)
			rc = file_save(f->names.p[i]->file, &f->checkpoints,
			    now, false, &e);
	for (i = 0; rc == 0 && i < f->old.n; i++)
		rc = file_save(f->old.p[i], &f->checkpoints, now, false, &e);
	for (i = 0; rc == 0 && i < f->journals.n; i++)
		rc = journald_save(f->journals.p[i], now, &e);
	if (rc == 0)
		rc = rules_save(f->w->rules, f->checkpoints.state, &e);
	if (rc == 0)
		rc = state_commit(f->checkpoints.state, &e);
	/* A full disk passes; what was committed stands. */
	if (rc == -1)
		diag_warn(&e);
}

void
follow_retire(struct follow *f, struct file *file)
{
	struct checkpoint c;
	struct err e;

	/* What could not be read up to now is for the next run. */
	if (!file->ailing)
		file_finish(file, LINE_PARTIAL);
	watch_settle(f->w);
	if (file_save(file, &f->checkpoints, clk_now(&f->w->t->clk),
	    !file->ailing, &e) == -1)
		diag_warn(&e);
	if (file->late > 0)
		diag_note(STR_FMT ": %llu lines came after rotation",
		    STR_ARG(file->source.origin.path),
		    (unsigned long long)file->late);
	if (file->unpack == NULL) {
		c = file_now(file);
		c.path = STR_NONE;
		if (f->retired.n < RETIRED_MAX)
			vec_push(&f->retired, c);
		else
			f->retired.p[f->nretired % RETIRED_MAX] = c;
		f->nretired++;
	}
	file_free(file);
}

static void
stop_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;

	(void)events;
	f->w->stop = true;
	loop_stop(l);
}

/* ---- one pass ---- */

/*
 * The file is read.  Its identity stays, so a second name of it is not read
 * again; its descriptor, too, until all of it is acknowledged, for a
 * checkpoint is signed with the bytes before its offset.
 */
static void
close_read(struct follow *f, struct file *file)
{
	struct err e;

	if (++f->open % WAITING_MAX == 0)
		watch_settle(f->w);
	if (file_save(file, &f->checkpoints, clk_now(&f->w->t->clk), false,
	    &e) == -1)
		diag_warn(&e);
	if (file->unpack == NULL && (f->checkpoints.state == NULL ||
	    file->progress.n == 0)) {
		(void)close(file->fd);
		file->fd = -1;
	}
}

/* With checkpoints a record is complete once its file rests for a while. */
static void
finish_record(struct file *file)
{
	struct joiner *j = &file->source.joiner;
	struct stat st;

	if (joiner_oldest(j) == NULL || file->fd == -1 ||
	    fstat(file->fd, &st) == -1)
		return;
	if (clk_now(&file->w->t->clk) - (int64_t)st.st_mtim.tv_sec * 1000 >=
	    joiner_patience(j) && file->w->t->clk.kind == CLK_WALL)
		file_flush(file);
}

static void
one_file(struct follow *f, struct name *n)
{
	rotation_catch_up(f, n);
	n->file = name_open(f, n);
	if (n->file == NULL)
		return;
	(void)file_pump(n->file);
	finish_record(n->file);
	if (f->w->opt.from != FROM_CHECKPOINT &&
	    f->checkpoints.state == NULL)
		file_finish(n->file, 0);
	(void)watch_flush(f->w, false);
	close_read(f, n->file);
}

static void
one_pass(struct follow *f)
{
	size_t i;

	/* What is on its way to a server may be waited for. */
	if (f->w->opt.to.n > 0) {
		f->w->loop = f->loop = loop_new(&f->w->t->clk);
		loop_signal(f->loop, SIGTERM, stop_loop, f);
		loop_signal(f->loop, SIGINT, stop_loop, f);
	}
	for (i = 0; i < f->names.n && !f->w->stop &&
	    !tool_closed(f->w->t); i++)
		one_file(f, f->names.p[i]);
	for (i = 0; i < f->journals.n && !f->w->stop; i++)
		journald_pass(f->journals.p[i]);
	for (i = 0; i < f->streams.n && !f->w->stop; i++)
		while (!f->w->stop && !tool_closed(f->w->t) &&
		    stream_more(f->streams.p[i]))
			;
}

/* ---- for ever ---- */

void
follow_after(struct follow *f)
{
	if (tool_closed(f->w->t) || f->w->t->failed) {
		f->w->stop = true;
		loop_stop(f->loop);
		return;
	}
	/* At once after a pause, then once a second. */
	if (f->checkpoints.state != NULL && !f->save.set) {
		if (clk_mono_ms() - f->saved >= SAVE_MS)
			follow_save(f);
		else
			loop_deadline(f->loop, &f->save, SAVE_MS);
	}
	if ((f->old.n > 0 || f->waits) && !f->poll.set)
		loop_deadline(f->loop, &f->poll, POLL_MS);
	f->waits = false;
}

static void
look_loop(struct loop *l, void *arg, unsigned events)
{
	struct name *n = arg;

	(void)l;
	(void)events;
	name_look(n);
	follow_after(n->f);
}

void
follow_watch(struct follow *f, struct name *n)
{
	loop_watch_file(f->loop, n->path, look_loop, n);
}

static void
pattern_loop(struct loop *l, void *arg, unsigned events)
{
	struct pattern *p = arg;

	(void)l;
	(void)events;
	pattern_look(p);
	follow_after(p->f);
}

void
follow_unwatch(struct follow *f, struct name *n)
{
	loop_unwatch_file(f->loop, look_loop, n);
}

void
follow_watch_pattern(struct follow *f, struct pattern *p)
{
	if (p->dir != NULL)
		loop_watch_file(f->loop, p->dir, pattern_loop, p);
}

void
follow_unwatch_pattern(struct follow *f, struct pattern *p)
{
	loop_unwatch_file(f->loop, pattern_loop, p);
}

static void
save_loop(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	follow_save(arg);
}

static void
poll_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;

	(void)events;
	names_look_at_old(f);
	if (names_look_at_blind(f))
		loop_deadline(l, &f->poll, POLL_MS);
	follow_after(f);
}

static void
discover_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;
	size_t i;

	(void)events;
	for (i = 0; i < f->patterns.n; i++)
		pattern_expand(f->patterns.p[i]);
	for (i = 0; i < f->names.n; i++)
		name_look(f->names.p[i]);
	follow_after(f);
	loop_deadline(l, &f->discover, f->w->opt.discover_ms);
}

/* Records of several lines that nothing was added to for a while. */
static void
join_tick(struct follow *f)
{
	size_t i;

	for (i = 0; i < f->names.n; i++)
		if (f->names.p[i]->file != NULL)
			file_tick(f->names.p[i]->file);
	for (i = 0; i < f->old.n; i++)
		file_tick(f->old.p[i]);
	for (i = 0; i < f->streams.n; i++)
		stream_tick(f->streams.p[i]);
}

static bool
joins(const struct follow *f)
{
	size_t i;

	if (f->w->opt.partial_after_ms > 0)
		return true;
	for (i = 0; i < f->names.n; i++)
		if (f->names.p[i]->input != NULL &&
		    f->names.p[i]->input->multiline != NULL)
			return true;
	for (i = 0; i < f->patterns.n; i++)
		if (f->patterns.p[i]->input != NULL &&
		    f->patterns.p[i]->input->multiline != NULL)
			return true;
	for (i = 0; i < f->streams.n; i++)
		if (f->streams.p[i]->source.joiner.rules != NULL)
			return true;
	return false;
}

static void
tick_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;

	(void)events;
	join_tick(f);
	watch_tick(f->w, clk_now(&f->w->t->clk));
	(void)watch_flush(f->w, false);
	follow_after(f);
	loop_deadline(l, &f->tick, TICK_MS);
}

/* Without timers nothing wakes us but input. */
static void
tick_if_wanted(struct follow *f)
{
	if (!f->tick.set && f->w->t->clk.kind == CLK_WALL &&
	    (watch_ticks(f->w) || joins(f)))
		loop_deadline(f->loop, &f->tick, TICK_MS);
}

/* Signals are seen in the middle of a file, too: this waits for its end. */
static void
hup_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;

	(void)events;
	loop_deadline(l, &f->hup, 0);
}

static void
hup(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;
	size_t i;

	(void)l;
	(void)events;
	if (watch_reload(f->w))
		follow_reload(f);
	tick_if_wanted(f);
	for (i = 0; i < f->names.n; i++)
		name_look(f->names.p[i]);
	follow_after(f);
}

static void
say_file(const struct file *file)
{
	struct stat st = { .st_nlink = 1 };
	bool deleted = file->fd != -1 && fstat(file->fd, &st) == 0 &&
	    st.st_nlink == 0;

	diag(STR_FMT ": at %llu, saved %llu%s", STR_ARG(
	    file->source.origin.path), (unsigned long long)file->at,
	    (unsigned long long)file->saved.offset, file->rotated ? ", rotated" :
	    "");
	if (deleted)
		diag(STR_FMT ": deleted, holds %lld bytes", STR_ARG(
		    file->source.origin.path), (long long)st.st_size);
}

static void
usr1_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;
	size_t i;

	(void)l;
	(void)events;
	diag("%llu lines, %llu events, %zu files, %zu rotated",
	    (unsigned long long)f->w->count.lines,
	    (unsigned long long)f->w->count.events, f->names.n, f->old.n);
	for (i = 0; i < f->names.n; i++)
		if (f->names.p[i]->file != NULL)
			say_file(f->names.p[i]->file);
	for (i = 0; i < f->old.n; i++)
		say_file(f->old.p[i]);
	for (i = 0; i < f->journals.n; i++)
		journald_say(f->journals.p[i]);
}

/* The terminal has another size. */
static void
winch_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;

	(void)l;
	(void)events;
	watch_tick(f->w, clk_now(&f->w->t->clk));
}

static void
start(struct follow *f)
{
	f->save = (struct ltimer){ .fn = save_loop, .arg = f };
	f->poll = (struct ltimer){ .fn = poll_loop, .arg = f };
	f->discover = (struct ltimer){ .fn = discover_loop, .arg = f };
	f->tick = (struct ltimer){ .fn = tick_loop, .arg = f };
	f->hup = (struct ltimer){ .fn = hup, .arg = f };
	loop_signal(f->loop, SIGTERM, stop_loop, f);
	loop_signal(f->loop, SIGINT, stop_loop, f);
	loop_signal(f->loop, SIGHUP, hup_loop, f);
	loop_signal(f->loop, SIGUSR1, usr1_loop, f);
	if (f->w->opt.table)
		loop_signal(f->loop, SIGWINCH, winch_loop, f);
	follow_begin(f, &(struct counts){ 0 });
	f->started = true;
	/* Whether some name has to be polled, the first look tells. */
	loop_deadline(f->loop, &f->poll, POLL_MS);
	if (f->w->opt.discover_ms > 0)
		loop_deadline(f->loop, &f->discover, f->w->opt.discover_ms);
	tick_if_wanted(f);
	tool_notify("READY=1");
	(void)watch_flush(f->w, false);
	follow_after(f);
}

static int
status(const struct follow *f)
{
	return f->trouble || f->w->t->failed ? EXIT_TROUBLE :
	    f->w->bad ? EXIT_NO : EXIT_YES;
}

int
follow_run(struct follow *f)
{
	struct err e;

	if (f->trouble)
		return EXIT_TROUBLE;
	f->touched = clk_now(&f->w->t->clk);
	if (journald_expire(f, f->touched, &e) == -1)
		diag_warn(&e);
	if (f->w->t->follow) {
		f->w->loop = f->loop = loop_new(&f->w->t->clk);
		start(f);
		if (!f->w->stop)
			loop_run(f->loop, false);
		tool_notify("STOPPING=1");
	} else {
		one_pass(f);
	}
	if (watch_flush(f->w, true) == -1 && !tool_closed(f->w->t))
		f->trouble = true;
	touch(f, clk_now(&f->w->t->clk));
	follow_save(f);
	return status(f);
}
