#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "net/loop.h"
#include "siblings.h"
#include "state/state.h"

#define SAVE_MS		1000	/* between two saves */
#define POLL_MS		1000	/* of files that rotation left behind */
#define TICK_MS		1000	/* of rules and outputs that have timers */
#define OPEN_MAX_FILES	512

/* A name that is watched, and the file behind it. */
struct name {
	struct follow *f;
	const char *path;
	const struct input *input;
	struct file *file;		/* NULL: nothing is there */
	int64_t looked;			/* wall ms */
	bool warned;
	bool later;			/* found after the start: from 0 */
};

/* A pattern that may find more names. */
struct pattern {
	const char *path;
	const struct input *input;
};

/* stdin, a FIFO: no offset, no second look. */
struct stream {
	struct follow *f;
	const char *path;		/* NULL: stdin */
	int fd;
	struct source source;
	struct lines lines;
	bool done;
};

struct follow {
	struct watch *w;
	struct loop *loop;		/* NULL: one pass */
	struct checkpoints checkpoints;
	struct arena arena;
	VEC(struct name *) names;
	VEC(struct pattern) patterns;
	VEC(struct stream *) streams;
	VEC(struct file *) old;		/* rotated, read on for a while */
	struct ltimer save, poll, discover, tick;
	struct err error;
	int64_t saved;			/* monotonic ms */
	size_t open;
	bool started, trouble;
	volatile bool stop;
};

struct follow *
follow_new(struct watch *w, struct state *state)
{
	struct follow *f = mem_zalloc(sizeof(*f));

	f->w = w;
	if (checkpoints_load(&f->checkpoints, state, clk_now(&w->t->clk),
	    &f->error) == -1 || (state != NULL && rules_load(w->rules, state,
	    &f->error) == -1)) {
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
	for (i = 0; i < f->streams.n; i++) {
		source_release(&f->streams.p[i]->source);
		lines_release(&f->streams.p[i]->lines);
		if (f->streams.p[i]->fd > 0)
			(void)close(f->streams.p[i]->fd);
		mem_free(f->streams.p[i]);
	}
	if (f->loop != NULL)
		loop_free(f->loop);
	vec_release(&f->names);
	vec_release(&f->patterns);
	vec_release(&f->streams);
	vec_release(&f->old);
	checkpoints_release(&f->checkpoints);
	arena_free(&f->arena);
	lines_shared_release();
	mem_free(f);
}

/* ---- checkpoints ---- */

static void
save_all(struct follow *f)
{
	int64_t now = clk_now(&f->w->t->clk);
	struct err e;
	size_t i;
	int rc = 0;

	if (f->checkpoints.state == NULL ||
	    watch_flush(f->w, false) == -1)
		return;
	f->saved = clk_mono_ms();
	for (i = 0; rc == 0 && i < f->names.n; i++)
		if (f->names.p[i]->file != NULL)
			rc = file_save(f->names.p[i]->file, &f->checkpoints,
			    now, false, &e);
	for (i = 0; rc == 0 && i < f->old.n; i++)
		rc = file_save(f->old.p[i], &f->checkpoints, now, false, &e);
	if (rc == 0)
		rc = rules_save(f->w->rules, f->checkpoints.state, &e);
	if (rc == 0)
		rc = state_commit(f->checkpoints.state, &e);
	/* A full disk passes; what was committed stands. */
	if (rc == -1)
		diag_warn(&e);
}

static void
retire(struct follow *f, struct file *file)
{
	struct err e;

	file_finish(file, LINE_PARTIAL);
	if (file_save(file, &f->checkpoints, clk_now(&f->w->t->clk), true,
	    &e) == -1)
		diag_warn(&e);
	if (file->late > 0)
		diag_note(STR_FMT ": %llu lines came after rotation",
		    STR_ARG(file->source.origin.path),
		    (unsigned long long)file->late);
	file_free(file);
}

/* ---- opening ---- */

static void
complain(struct name *n, const char *what)
{
	if (!n->warned) {
		diag("%s '%s': %s", what, n->path, strerror(errno));
		n->warned = true;
	}
	if (n->f->loop == NULL)
		n->f->w->bad = true;
}

static bool
known(struct follow *f, uint64_t dev, uint64_t ino)
{
	size_t i;

	for (i = 0; i < f->names.n; i++)
		if (f->names.p[i]->file && f->names.p[i]->file->ino == ino &&
		    f->names.p[i]->file->dev == dev)
			return true;
	for (i = 0; i < f->old.n; i++)
		if (f->old.p[i]->ino == ino && f->old.p[i]->dev == dev)
			return true;
	return false;
}

/* A checkpoint that fits the open file: by inode, then by its bytes. */
static struct checkpoint *
matching(struct follow *f, const struct file *file)
{
	struct checkpoint *p = checkpoints_find(&f->checkpoints, file->dev,
	    file->ino);
	size_t i;

	if (p != NULL && checkpoint_matches(p, file->fd))
		return p;
	for (i = 0; i < f->checkpoints.all.n; i++) {
		p = f->checkpoints.all.p[i];
		if (!p->used && p->fp_len >= CHECKPOINT_MARK_MAX &&
		    str_eq(p->path, file->source.origin.path) &&
		    checkpoint_matches(p, file->fd))
			return p;
	}
	return NULL;
}

static void
begin_at(struct follow *f, struct name *n, struct file *file)
{
	enum from from = f->w->opt.from;
	struct checkpoint *p = from == FROM_START || from == FROM_END ? NULL :
	    matching(f, file);
	struct stat st;

	if (p != NULL) {
		p->used = true;
		file->sign.fp = p->fp;
		file->sign.fp_len = p->fp_len;
		file->source.origin.generation = p->generation;
		file_seek(file, p->offset);
		return;
	}
	if (from == FROM_DEFAULT && f->loop != NULL && !n->later &&
	    f->checkpoints.state == NULL)
		from = FROM_END;
	if (from == FROM_END && !n->later && fstat(file->fd, &st) == 0)
		file_seek(file, (uint64_t)st.st_size);
}

static void add_stream(struct follow *f, const char *path, int fd,
    const struct input *input);

/* The file behind a name; NULL when it cannot be had. */
static struct file *
open_name(struct follow *f, struct name *n)
{
	int fd = open(n->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct file *file;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		complain(n, "cannot open");
		goto fail;
	}
	if (S_ISFIFO(st.st_mode)) {
		(void)fcntl(fd, F_SETFL, 0);
		add_stream(f, n->path, fd, n->input);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		complain(n, "cannot read");
		goto fail;
	}
	/* Another name of a file that is read already. */
	if (known(f, (uint64_t)st.st_dev, (uint64_t)st.st_ino))
		goto fail;
	n->warned = false;
	file = file_new(f->w, n->input, n->path, fd);
	if (unpack_wanted(fd) &&
	    (file->unpack = unpack_open(fd, &f->error)) == NULL) {
		diag("%s: %s", n->path, f->error.msg);
		f->w->bad = true;
		file_free(file);
		return NULL;
	}
	begin_at(f, n, file);
	return file;
fail:
	if (fd != -1)
		(void)close(fd);
	return NULL;
}

/* ---- what rotation left ---- */

static void
read_sibling(struct follow *f, struct file *file)
{
	struct err e;

	(void)file_pump(file, &f->stop);
	file_finish(file, 0);
	if (f->stop || file_save(file, &f->checkpoints,
	    clk_now(&f->w->t->clk), true, &e) == 0) {
		file_free(file);
		return;
	}
	diag_warn(&e);
	file_free(file);
}

/* One checkpoint of this path whose file has another name now. */
static void
find_rotated(struct follow *f, struct name *n, struct checkpoint *p,
    const siblings_list *all)
{
	struct file *file;
	size_t i;

	for (i = all->n; i-- > 0; ) {
		if (all->p[i].mtime < p->mtime)
			continue;
		file = sibling_open(f->w, n->input, all->p[i].path, p);
		/* The same file, but written anew since it was saved. */
		if (file == NULL && all->p[i].dev == p->dev &&
		    all->p[i].ino == p->ino)
			file = sibling_open(f->w, n->input, all->p[i].path,
			    &(struct checkpoint){ .offset = 0 });
		if (file == NULL)
			continue;
		file->source.origin.path = str_of(n->path);
		file->source.origin.generation = p->generation;
		p->used = true;
		read_sibling(f, file);
		/* Those between it and the present one were never seen. */
		for (i++; i < all->n; i++) {
			if (checkpoints_find(&f->checkpoints, all->p[i].dev,
			    all->p[i].ino) || known(f, all->p[i].dev,
			    all->p[i].ino))
				continue;
			file = sibling_open(f->w, n->input, all->p[i].path,
			    &(struct checkpoint){ .offset = 0 });
			if (file != NULL)
				read_sibling(f, file);
		}
		return;
	}
	if (p->size > p->offset)
		diag_warning("%llu bytes of '%s' were rotated away unread",
		    (unsigned long long)(p->size - p->offset), n->path);
}

/* At the start: checkpoints of this path that no open file goes on from. */
static void
catch_up(struct follow *f, struct name *n)
{
	siblings_list all = { 0 };
	struct checkpoint *p;
	struct arena a = { 0 };
	struct stat st;
	size_t i;

	if (f->w->opt.from == FROM_START || f->w->opt.from == FROM_END)
		return;
	for (i = 0; i < f->checkpoints.all.n; i++) {
		p = f->checkpoints.all.p[i];
		if (p->used || p->done || !str_eq(p->path, str_of(n->path)))
			continue;
		/* The file is still in its place. */
		if (stat(n->path, &st) == 0 &&
		    (uint64_t)st.st_ino == p->ino &&
		    (uint64_t)st.st_dev == p->dev) {
			int fd = open(n->path, O_RDONLY | O_CLOEXEC);
			bool same = fd != -1 && checkpoint_matches(p, fd);

			if (fd != -1)
				(void)close(fd);
			if (same)
				continue;
		}
		siblings_find(n->path, &a, &all);
		find_rotated(f, n, p, &all);
	}
	vec_release(&all);
	arena_free(&a);
}

/* Files that came and went between two looks: f is f.2 now, f.1 is new. */
static void
read_between(struct follow *f, struct name *n, const struct file *before)
{
	siblings_list all = { 0 };
	struct arena a = { 0 };
	struct file *file;
	size_t i;

	siblings_find(n->path, &a, &all);
	for (i = 0; i < all.n; i++) {
		if (all.p[i].mtime < n->looked - 1000 ||
		    known(f, all.p[i].dev, all.p[i].ino) ||
		    (all.p[i].dev == before->dev &&
		    all.p[i].ino == before->ino) || checkpoints_find(
		    &f->checkpoints, all.p[i].dev, all.p[i].ino))
			continue;
		/* A copy of what was read is no new file. */
		if (before->sign.fp_len > 0) {
			file = sibling_open(f->w, n->input, all.p[i].path,
			    &before->sign);
			file_free(file);
			if (file != NULL)
				continue;
		}
		file = sibling_open(f->w, n->input, all.p[i].path,
		    &(struct checkpoint){ .offset = 0 });
		if (file != NULL)
			read_sibling(f, file);
	}
	vec_release(&all);
	arena_free(&a);
}

/* Truncated: what a copy beside it has more than we had read. */
static void
read_copy(struct follow *f, struct name *n)
{
	struct file *cur = n->file, *copy = NULL;
	struct checkpoint want = cur->sign;
	siblings_list all = { 0 };
	struct arena a = { 0 };
	struct str mark = { cur->mark, cur->nmark };
	size_t i;

	want.offset = cur->at;
	want.mark_len = cur->nmark;
	want.mark = checkpoint_hash(mark);
	siblings_find(n->path, &a, &all);
	for (i = all.n; want.fp_len > 0 && copy == NULL && i-- > 0; )
		if (!known(f, all.p[i].dev, all.p[i].ino))
			copy = sibling_open(f->w, n->input, all.p[i].path,
			    &want);
	if (copy != NULL) {
		struct buf rest = copy->lines.rest;

		/* The line that was begun goes on in the copy. */
		copy->lines.rest = cur->lines.rest;
		copy->lines.offset = cur->lines.offset;
		cur->lines.rest = rest;
		copy->source.origin = cur->source.origin;
		(void)file_pump(copy, &f->stop);
		file_finish(copy, LINE_PARTIAL);
		file_free(copy);
	}
	file_finish(cur, LINE_PARTIAL);
	vec_release(&all);
	arena_free(&a);
}

/* ---- looking at a name ---- */

static void
pump(struct follow *f, struct file *file)
{
	if (file_pump(file, &f->stop) > 0) {
		/* So that a copy is known again after a truncation. */
		if (file->sign.fp_len < CHECKPOINT_FP_MAX &&
		    file->unpack == NULL) {
			file->sign.offset = file->at;
			checkpoint_sign(&file->sign, file->fd);
		}
		(void)watch_flush(f->w, false);
	}
}

static void
begin_file(struct follow *f, struct name *n)
{
	n->file = open_name(f, n);
	n->looked = clk_now(&f->w->t->clk);
	if (n->file != NULL) {
		f->open++;
		pump(f, n->file);
	}
}

static void
turn_away(struct follow *f, struct name *n)
{
	struct file *old = n->file;

	n->file = NULL;
	if (old->fd == -1) {
		file_free(old);
		return;
	}
	pump(f, old);
	old->rotated = true;
	old->idle_since = clk_mono_ms();
	vec_push(&f->old, old);
}

static void
truncated(struct follow *f, struct name *n, const char *how)
{
	diag_note("%s: %s, from its begin again", n->path, how);
	read_copy(f, n);
	file_restart(n->file);
	/* What is saved speaks of bytes that are no more. */
	save_all(f);
}

static int
reopen(struct file *file, const char *path)
{
	if (file->fd == -1)
		file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
		    O_NONBLOCK);
	return file->fd;
}

static void
spare(struct follow *f, struct file *file)
{
	if (f->open <= OPEN_MAX_FILES || file->unpack != NULL)
		return;
	if (f->checkpoints.state != NULL) {
		struct err e;

		if (file_save(file, &f->checkpoints, clk_now(&f->w->t->clk),
		    false, &e) == -1)
			return;
	}
	(void)close(file->fd);
	file->fd = -1;
}

/* The name leads to something: read what is new there. */
static void
look(struct name *n)
{
	struct follow *f = n->f;
	struct file *file = n->file;
	struct stat st;
	bool there = stat(n->path, &st) == 0;
	int why = errno;
	int64_t mtime;

	if (file == NULL) {
		if (there || why != ENOENT)
			begin_file(f, n);
		return;
	}
	if (!there && why != ENOENT) {
		errno = why;
		complain(n, "cannot stat");
		return;
	}
	if (!there || (uint64_t)st.st_dev != file->dev ||
	    (uint64_t)st.st_ino != file->ino) {
		n->later = true;
		turn_away(f, n);
		if (there) {
			if (f->old.n > 0)
				read_between(f, n, f->old.p[f->old.n - 1]);
			begin_file(f, n);
		}
		return;
	}
	if (file->unpack != NULL || reopen(file, n->path) == -1)
		return;
	mtime = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	if ((uint64_t)st.st_size < file->at)
		truncated(f, n, "truncated");
	else if (((uint64_t)st.st_size != file->at ||
	    mtime != file->mtime) && file_rewritten(file))
		truncated(f, n, "written anew");
	file->mtime = mtime;
	pump(f, file);
	n->looked = clk_now(&f->w->t->clk);
	spare(f, file);
}

static void
look_at_old(struct follow *f)
{
	int64_t now = clk_mono_ms();
	size_t i, n = 0;

	for (i = 0; i < f->old.n; i++) {
		struct file *file = f->old.p[i];

		pump(f, file);
		if (now - file->idle_since >= f->w->opt.rotate_wait_ms) {
			retire(f, file);
			f->open--;
		} else
			f->old.p[n++] = file;
	}
	f->old.n = n;
}

/* ---- names and patterns ---- */

static struct name *
add_name(struct follow *f, const char *path, const struct input *input)
{
	struct name *n;
	size_t i;

	for (i = 0; i < f->names.n; i++)
		if (strcmp(f->names.p[i]->path, path) == 0)
			return NULL;
	n = mem_zalloc(sizeof(*n));
	n->f = f;
	n->path = arena_cstr(&f->arena, str_of(path));
	n->input = input;
	n->later = f->started;
	vec_push(&f->names, n);
	return n;
}

static bool
excluded(const struct input *input, const char *path)
{
	size_t i;

	for (i = 0; input != NULL && i < input->exclude.n; i++) {
		struct str x = input->exclude.p[i], p = str_of(path);

		/* *.gz, or the whole path. */
		if (x.n > 0 && x.p[0] == '*' ? str_ends(p, str_sub(x, 1,
		    x.n)) : str_eq(x, p))
			return true;
	}
	return false;
}

static void look_loop(struct loop *l, void *arg, unsigned events);

static void
expand(struct follow *f, const struct pattern *p)
{
	struct name *n;
	glob_t g;
	size_t i;

	if (glob(p->path, 0, NULL, &g) != 0)
		return;
	for (i = 0; i < g.gl_pathc; i++) {
		struct stat st;

		if (excluded(p->input, g.gl_pathv[i]) ||
		    stat(g.gl_pathv[i], &st) == -1 || S_ISDIR(st.st_mode))
			continue;
		n = add_name(f, g.gl_pathv[i], p->input);
		if (n != NULL && f->started) {
			loop_watch_file(f->loop, n->path, look_loop, n);
			look(n);
		}
	}
	globfree(&g);
}

static void
add_stream(struct follow *f, const char *path, int fd,
    const struct input *input)
{
	struct stream *s = mem_zalloc(sizeof(*s));

	s->f = f;
	s->fd = fd;
	s->path = path;
	source_init(&s->source, f->w, input, path);
	s->lines.max = (size_t)f->w->opt.max_line;
	s->lines.keep_cr = f->w->opt.keep_cr;
	s->lines.keep_empty = f->w->opt.keep_empty;
	s->lines.fresh = true;
	vec_push(&f->streams, s);
}

void
follow_add(struct follow *f, const char *path, const struct input *input)
{
	struct pattern p = { path, input };
	struct stat st;

	if (strcmp(path, "-") == 0)
		add_stream(f, NULL, STDIN_FILENO, input);
	else if (strpbrk(path, "*?[") != NULL && stat(path, &st) == -1) {
		p.path = arena_cstr(&f->arena, str_of(path));
		vec_push(&f->patterns, p);
		expand(f, &p);
	} else
		(void)add_name(f, path, input);
}

/* ---- one pass ---- */

static ssize_t
read_stream(void *arg, void *p, size_t n)
{
	struct stream *s = arg;
	ssize_t got;

	do
		got = read(s->fd, p, n);
	while (got == -1 && errno == EINTR && !s->f->stop);
	return got;
}

static void
stream_line(void *arg, struct str line, uint64_t offset, unsigned flags)
{
	struct stream *s = arg;

	watch_line(s->f->w, &s->source, line, offset, flags);
}

static bool
stream_more(struct stream *s)
{
	ssize_t n = lines_read(&s->lines, read_stream, s, stream_line, s);

	if (n == -1 && errno == EAGAIN)
		return true;
	if (n == -1) {
		diag("cannot read '%s': %s", s->path ? s->path : "stdin",
		    strerror(errno));
		s->f->trouble = true;
	}
	if (n <= 0) {
		lines_finish(&s->lines, 0, stream_line, s);
		s->done = true;
	}
	return n > 0;
}

static void
one_file(struct follow *f, struct name *n)
{
	struct err e;

	catch_up(f, n);
	n->file = open_name(f, n);
	if (n->file == NULL)
		return;
	(void)file_pump(n->file, &f->stop);
	if (f->w->opt.from != FROM_CHECKPOINT &&
	    f->checkpoints.state == NULL)
		file_finish(n->file, 0);
	if (watch_flush(f->w, false) == 0 &&
	    file_save(n->file, &f->checkpoints, clk_now(&f->w->t->clk),
	    false, &e) == -1)
		diag_warn(&e);
	/* The identity stays, so a second name of it is not read again. */
	if (n->file->fd != -1 && n->file->unpack == NULL) {
		(void)close(n->file->fd);
		n->file->fd = -1;
	}
}

static void
one_pass(struct follow *f)
{
	size_t i;

	for (i = 0; i < f->names.n && !f->stop &&
	    !tool_closed(f->w->t); i++)
		one_file(f, f->names.p[i]);
	for (i = 0; i < f->streams.n && !f->stop; i++)
		while (!f->stop && !tool_closed(f->w->t) &&
		    stream_more(f->streams.p[i]))
			;
}

/* ---- for ever ---- */

static void
after(struct follow *f)
{
	if (tool_closed(f->w->t) || f->w->t->failed) {
		f->stop = true;
		loop_stop(f->loop);
		return;
	}
	/* At once after a pause, then once a second. */
	if (f->checkpoints.state != NULL && !f->save.set) {
		if (clk_mono_ms() - f->saved >= SAVE_MS)
			save_all(f);
		else
			loop_deadline(f->loop, &f->save, SAVE_MS);
	}
	if (f->old.n > 0 && !f->poll.set)
		loop_deadline(f->loop, &f->poll, POLL_MS);
}

static void
look_loop(struct loop *l, void *arg, unsigned events)
{
	struct name *n = arg;

	(void)l;
	(void)events;
	look(n);
	after(n->f);
}

static void
save_loop(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	save_all(arg);
}

static void
poll_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;

	(void)l;
	(void)events;
	look_at_old(f);
	after(f);
}

static void
discover_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;
	size_t i;

	(void)events;
	for (i = 0; i < f->patterns.n; i++)
		expand(f, &f->patterns.p[i]);
	for (i = 0; i < f->names.n; i++)
		look(f->names.p[i]);
	after(f);
	loop_deadline(l, &f->discover, f->w->opt.discover_ms);
}

static void
tick_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;

	(void)events;
	watch_tick(f->w, clk_now(&f->w->t->clk));
	(void)watch_flush(f->w, false);
	after(f);
	loop_deadline(l, &f->tick, TICK_MS);
}

static void
stream_loop(struct loop *l, void *arg, unsigned events)
{
	struct stream *s = arg;

	(void)events;
	if (!stream_more(s)) {
		loop_fd(l, s->fd, 0, NULL, NULL);
		if (s->path != NULL) {
			/* A FIFO waits for its next writer. */
			(void)close(s->fd);
			s->fd = open(s->path, O_RDONLY | O_CLOEXEC |
			    O_NONBLOCK);
			if (s->fd != -1)
				loop_fd(l, s->fd, LOOP_READ, stream_loop, s);
		} else if (s->f->names.n == 0) {
			loop_stop(l);
		}
	}
	(void)watch_flush(s->f->w, false);
	after(s->f);
}

static void
stop_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;

	(void)events;
	f->stop = true;
	loop_stop(l);
}

static void
hup_loop(struct loop *l, void *arg, unsigned events)
{
	struct follow *f = arg;
	size_t i;

	(void)l;
	(void)events;
	for (i = 0; i < f->names.n; i++)
		look(f->names.p[i]);
	after(f);
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
			diag("%s: at %llu, saved %llu", f->names.p[i]->path,
			    (unsigned long long)f->names.p[i]->file->at,
			    (unsigned long long)f->names.p[i]->file->saved);
}

static void
start(struct follow *f)
{
	size_t i;

	f->save = (struct ltimer){ .fn = save_loop, .arg = f };
	f->poll = (struct ltimer){ .fn = poll_loop, .arg = f };
	f->discover = (struct ltimer){ .fn = discover_loop, .arg = f };
	f->tick = (struct ltimer){ .fn = tick_loop, .arg = f };
	loop_signal(f->loop, SIGTERM, stop_loop, f);
	loop_signal(f->loop, SIGINT, stop_loop, f);
	loop_signal(f->loop, SIGHUP, hup_loop, f);
	loop_signal(f->loop, SIGUSR1, usr1_loop, f);
	for (i = 0; i < f->names.n; i++) {
		/* Watched before it is read: no change goes unseen. */
		loop_watch_file(f->loop, f->names.p[i]->path, look_loop,
		    f->names.p[i]);
		catch_up(f, f->names.p[i]);
		begin_file(f, f->names.p[i]);
	}
	f->started = true;
	for (i = 0; i < f->streams.n; i++)
		loop_fd(f->loop, f->streams.p[i]->fd, LOOP_READ, stream_loop,
		    f->streams.p[i]);
	if (f->w->opt.discover_ms > 0)
		loop_deadline(f->loop, &f->discover, f->w->opt.discover_ms);
	/* Without timers nothing wakes us but input. */
	if (f->w->t->clk.kind == CLK_WALL && watch_ticks(f->w))
		loop_deadline(f->loop, &f->tick, TICK_MS);
	tool_notify("READY=1");
	(void)watch_flush(f->w, false);
	after(f);
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
	if (f->trouble)
		return EXIT_TROUBLE;
	if (f->w->t->follow) {
		f->loop = loop_new(&f->w->t->clk);
		start(f);
		if (!f->stop)
			loop_run(f->loop, false);
		tool_notify("STOPPING=1");
	} else {
		one_pass(f);
	}
	if (watch_flush(f->w, true) == -1 && !tool_closed(f->w->t))
		f->trouble = true;
	save_all(f);
	return status(f);
}
