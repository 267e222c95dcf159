/* Names that are watched, and the files behind them. */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "peek.h"

#define OPEN_MAX_FILES	512
#define REST_MS		1000	/* a file that nobody has changed for so long */
#define COPY_MAX_MS	60000	/* who copies is waited for */

/* ---- opening ---- */

static void
complain(struct name *n, const char *what)
{
	if (!n->warned) {
		diag("%s '%s': %s", what, n->path, strerror(errno));
		n->warned = true;
	}
	if (!n->f->w->t->follow)
		n->f->w->bad = true;
}

bool
follow_reads(struct follow *f, uint64_t dev, uint64_t ino)
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

/* ---- where to begin ---- */

/* What p was saved of begins as the file does. */
static bool
begins_as(const struct checkpoint *p, struct str head)
{
	return p->fp_len >= CHECKPOINT_MARK_MAX && head.n >= p->fp_len &&
	    checkpoint_hash(str_sub(head, 0, p->fp_len)) == p->fp;
}

/*
 * By a checkpoint: of its inode, else of the same bytes, which a plain file
 * has to have had under the same name.
 */
static bool
go_on_saved(struct follow *f, struct file *file, struct str head)
{
	enum from from = f->w->opt.from;
	struct checkpoint *p = checkpoints_find(&f->checkpoints, file->dev,
	    file->ino);
	bool begins = from != FROM_START && from != FROM_END;
	size_t i;

	if (p != NULL && (begins || p->left) && file_continues(file, p)) {
		p->used = true;
		return true;
	}
	for (i = 0; begins && i < f->checkpoints.all.n; i++) {
		p = f->checkpoints.all.p[i];
		if (p->used || !begins_as(p, head) || (file->unpack == NULL &&
		    !str_eq(p->path, file->source.origin.path)) ||
		    !file_continues(file, p))
			continue;
		p->used = true;
		return true;
	}
	return false;
}

/* path.… or path-…: what rotation calls it. */
static bool
is_sibling(struct str file, struct str path)
{
	return path.n > 0 && file.n > path.n && str_starts(file, path) &&
	    (file.p[path.n] == '.' || file.p[path.n] == '-');
}

/*
 * c was read of path.  A copy of it goes on there, or has nothing more when
 * it was made before the last lines came.  Of a compressed one nothing is
 * left to read: we still have the file that it was made of.
 */
static bool
go_on_read(struct file *file, const struct checkpoint *c, struct str path,
    struct str head)
{
	struct stat st;

	if (!begins_as(c, head))
		return false;
	if (file_continues(file, c)) {
		file->ended = file->unpack != NULL;
		return true;
	}
	if (file->unpack != NULL || c->fp_len < CHECKPOINT_FP_MAX ||
	    !is_sibling(file->source.origin.path, path) ||
	    fstat(file->fd, &st) == -1 || (uint64_t)st.st_size > c->offset)
		return false;
	file_seek(file, (uint64_t)st.st_size);
	return true;
}

static bool
go_on_open(struct file *file, const struct file *other, struct str head)
{
	struct checkpoint c;

	if (other == NULL || other == file || other->unpack != NULL)
		return false;
	c = file->unpack != NULL ? file_now(other) : file_to_go_on(other);
	if (go_on_read(file, &c, other->source.origin.path, head))
		return true;
	/* It was written to after it was compressed: that is read here. */
	return file->unpack != NULL && c.fp_len == CHECKPOINT_FP_MAX &&
	    begins_as(&c, head) && file_unpacks_to(file, other);
}

/*
 * A file that comes while others are read may be what rotation made of one of
 * them, which may have begun anew since.
 */
static bool
go_on_any(struct follow *f, struct file *file, struct str head)
{
	const struct name *n;
	size_t i;

	for (i = 0; i < f->old.n; i++)
		if (go_on_open(file, f->old.p[i], head))
			return true;
	for (i = 0; i < f->retired.n; i++)
		if (go_on_read(file, &f->retired.p[i], STR_NONE, head))
			return true;
	for (i = 0; i < f->names.n; i++) {
		n = f->names.p[i];
		if (go_on_open(file, n->file, head) ||
		    go_on_read(file, &n->past, str_of(n->path), head))
			return true;
	}
	return false;
}

/* So that a copy need not tell what its original has as well. */
static void
look_at_originals(struct follow *f, const struct file *file, struct str head)
{
	struct checkpoint c;
	size_t i;

	for (i = 0; i < f->names.n; i++) {
		if (f->names.p[i]->file == NULL)
			continue;
		c = file_now(f->names.p[i]->file);
		if (file->unpack == NULL && begins_as(&c, head))
			name_look(f->names.p[i]);
	}
}

static void
begin_at(struct follow *f, struct name *n, struct file *file)
{
	char bytes[CHECKPOINT_FP_MAX];
	struct str head = { bytes, file_peek(file, bytes, sizeof(bytes)) };
	enum from from = f->w->opt.from;
	struct stat st;

	n->empty = head.n == 0;
	if (f->started && n->later)
		look_at_originals(f, file, head);
	if (go_on_saved(f, file, head) ||
	    (f->started && n->later && go_on_any(f, file, head)))
		return;
	if (from == FROM_DEFAULT && f->w->t->follow && !n->later &&
	    f->checkpoints.state == NULL)
		from = FROM_END;
	if (from == FROM_END && !n->later && fstat(file->fd, &st) == 0) {
		file->ended = file->unpack != NULL;
		file_seek(file, (uint64_t)st.st_size);
	}
}

/*
 * It is not written to: a file that is made of another, compressed or copied,
 * tells what it is once it is complete.  Its mtime says nothing, for that of
 * the other is put in its place.  Nor does the wall clock of one that comes
 * later: it may have been put right meanwhile.
 */
static bool
rests(struct name *n, const struct stat *st)
{
	int64_t changed = st->st_ctim.tv_sec * INT64_C(1000000000) +
	    st->st_ctim.tv_nsec, now = clk_mono_ms();
	struct timespec wall;

	if (!n->f->w->t->follow || (!n->later &&
	    clock_gettime(CLOCK_REALTIME, &wall) == 0 &&
	    wall.tv_sec - st->st_ctim.tv_sec > REST_MS / 1000))
		return true;
	if (n->changed != changed || n->size != st->st_size) {
		n->changed = changed;
		n->size = st->st_size;
		n->since = now;
	}
	return now - n->since >= REST_MS;
}

/*
 * It begins as one that is read, but is shorter: a copy in the making, or a
 * log of its own that goes on and on.
 */
static bool
is_begun_copy(struct follow *f, int fd, const struct stat *st)
{
	char bytes[CHECKPOINT_FP_MAX];
	ssize_t got = peek(fd, bytes, sizeof(bytes), 0);
	struct str head = { bytes, got > 0 ? (size_t)got : 0 };
	struct checkpoint c;
	size_t i;

	for (i = 0; i < f->names.n; i++) {
		if (f->names.p[i]->file == NULL)
			continue;
		c = file_now(f->names.p[i]->file);
		if ((uint64_t)st->st_size < c.offset && begins_as(&c, head))
			return true;
	}
	return false;
}

/* It is not to be opened yet. */
static bool
waits(struct follow *f, struct name *n, int fd, const struct stat *st)
{
	bool copy = !unpack_wanted(fd);

	if (copy && (!f->started || !n->later || !is_begun_copy(f, fd, st)))
		return false;
	if (n->begun == 0)
		n->begun = clk_mono_ms();
	return !rests(n, st) && (!copy ||
	    clk_mono_ms() - n->begun < COPY_MAX_MS);
}

/* One pass waits for the writer of a FIFO, as cat(1) does. */
static int
open_path(struct follow *f, const char *path)
{
	struct stat st;
	bool wait = !f->w->t->follow && stat(path, &st) == 0 &&
	    S_ISFIFO(st.st_mode);

	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
	    (wait ? 0 : O_NONBLOCK));
}

static void
add_fifo(struct follow *f, struct name *n, int fd)
{
	(void)fcntl(fd, F_SETFL, 0);
	n->streamed = true;
	stream_add(f, n->path, fd, n->input);
	if (f->started)
		stream_start(f->streams.p[f->streams.n - 1]);
}

/* Bytes that no parser of ours reads; a short file may become one. */
static bool
is_utf16(int fd)
{
	unsigned char b[2];

	return peek(fd, b, 2, 0) == 2 && ((b[0] == 0xff && b[1] == 0xfe) ||
	    (b[0] == 0xfe && b[1] == 0xff));
}

/*
 * inotify is told of what this host does, under this very path: not of what
 * others do on a network file system, nor of the file that a link leads to.
 */
static bool
is_blind(const char *path, int fd)
{
	static const uint32_t types[] = { NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,
	    0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */,
	    0x65735546 /* FUSE */, 0x01021997 /* 9P */,
	    0x00c36400 /* CEPH */, OVERLAYFS_SUPER_MAGIC };
	char *real = realpath(path, NULL), *dir = realpath(".", NULL);
	struct buf whole = { 0 };
	struct statfs fs;
	bool blind;
	size_t i;

	if (path[0] != '/')
		(void)buf_printf(&whole, "%s/", dir ? dir : "");
	(void)buf_put(&whole, str_of(path));
	blind = !str_eq(buf_str(&whole), str_of(real));
	buf_release(&whole);
	free(real);
	free(dir);
	for (i = 0; fstatfs(fd, &fs) == 0 && i < sizeof(types) /
	    sizeof(types[0]); i++)
		blind |= (uint32_t)fs.f_type == types[i];
	return blind;
}

struct file *
name_open(struct follow *f, struct name *n)
{
	uint64_t failures = peek_failures();
	int fd = open_path(f, n->path);
	struct file *file;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		/* When it comes it is new. */
		n->later |= fd == -1 && errno == ENOENT;
		complain(n, "cannot open");
		goto fail;
	}
	if (S_ISFIFO(st.st_mode)) {
		add_fifo(f, n, fd);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		complain(n, "cannot read");
		goto fail;
	}
	/* Another name of a file that is read already. */
	if (follow_reads(f, (uint64_t)st.st_dev, (uint64_t)st.st_ino)) {
		n->blind = false;
		goto fail;
	}
	if (waits(f, n, fd, &st)) {
		n->blind = f->waits = true;
		goto fail;
	}
	if (is_utf16(fd)) {
		errno = EILSEQ;
		complain(n, "convert it from UTF-16 by iconv(1):");
		goto fail;
	}
	n->blind = f->w->t->follow && is_blind(n->path, fd);
	file = file_new(f->w, n->input, n->path, fd);
	if (unpack_wanted(fd) && file_unpack(file, &f->error) == -1) {
		if (!n->warned)
			diag("%s: %s", n->path, f->error.msg);
		n->warned = true;
		f->w->bad |= !f->w->t->follow;
		file_free(file);
		return NULL;
	}
	begin_at(f, n, file);
	/* What it is, and where to go on, is not known. */
	if (peek_failures() != failures) {
		f->w->count.read_errors++;
		errno = peek_errno();
		complain(n, "cannot read");
		file_free(file);
		return NULL;
	}
	file->ailing = n->warned;
	return file;
fail:
	if (fd != -1)
		(void)close(fd);
	return NULL;
}

/* ---- looking at a name ---- */

static struct look
look_now(void)
{
	static const struct clk wall = { .kind = CLK_WALL };

	return (struct look){ clk_now(&wall), clk_mono_ms() };
}

/* False after a message: it cannot be read. */
static bool
read_on(struct follow *f, struct file *file)
{
	ssize_t n = file_pump(file);

	if (n > 0)
		(void)watch_flush(f->w, false);
	return n != -1;
}

/* Who opens the file next goes on there, whatever --from says. */
static void
leave_place(struct follow *f, const struct file *file)
{
	struct checkpoint c = file_to_go_on(file);

	c.used = false;
	c.left = true;
	(void)checkpoints_set(&f->checkpoints, &c);
}

void
name_let_go(struct follow *f, struct name *n)
{
	struct file *file = n->file;
	struct err e;

	n->file = NULL;
	if (file == NULL)
		return;
	if (file_save(file, &f->checkpoints, clk_now(&f->w->t->clk), false,
	    &e) == -1)
		diag_warn(&e);
	leave_place(f, file);
	f->open -= file->fd != -1;
	file_free(file);
}

/*
 * What cannot be read is opened again at the next look: by then a server may
 * be back.  Data that are damaged stay so.
 */
static void
pump(struct follow *f, struct name *n)
{
	struct file *file = n->file;

	if (read_on(f, file)) {
		n->warned = false;
		return;
	}
	n->warned = true;
	if (file->unpack != NULL) {
		if (!unpack_ails(file->unpack))
			return;
		watch_settle(f->w);
		name_let_go(f, n);
		return;
	}
	(void)close(file->fd);
	file->fd = -1;
	f->open--;
}

static void
spare(struct follow *f, struct file *file)
{
	if (f->open <= OPEN_MAX_FILES || file->unpack != NULL ||
	    file->fd == -1)
		return;
	if (f->checkpoints.state != NULL) {
		struct err e;

		if (file_save(file, &f->checkpoints, clk_now(&f->w->t->clk),
		    false, &e) == -1 || file->progress.n > 0)
			return;
	}
	(void)close(file->fd);
	file->fd = -1;
	f->open--;
}

void
name_begin(struct follow *f, struct name *n)
{
	n->file = name_open(f, n);
	n->looked = look_now();
	if (n->file != NULL) {
		f->open++;
		if (f->started)
			follow_save(f);
		/* What comes now tells what it is: see name_look. */
		if (!n->empty || !n->later)
			pump(f, n);
		if (n->file != NULL)
			spare(f, n->file);
	}
}

static void
turn_away(struct follow *f, struct name *n)
{
	struct file *old = n->file;

	n->file = NULL;
	if (old->ailing && old->unpack == NULL) {
		/* It is looked for, as long as rotated files are read. */
		f->open += old->fd == -1;
		names_keep_old(f, old);
		return;
	}
	if (old->fd == -1) {
		rotation_rest(f, n, old);
		file_free(old);
		return;
	}
	(void)read_on(f, old);
	names_keep_old(f, old);
}

void
names_keep_old(struct follow *f, struct file *file)
{
	file->rotated = true;
	file->idle_since = clk_mono_ms();
	vec_push(&f->old, file);
}

static void
begin_again(struct follow *f, struct name *n)
{
	n->past = file_now(n->file);
	rotation_copy(f, n);
	file_restart(n->file);
	/* What is saved speaks of bytes that are no more. */
	follow_save(f);
}

/* The path may lead to another file since it was looked at. */
static int
open_same(const struct file *file, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_dev == file->dev &&
	    (uint64_t)st.st_ino == file->ino)
		return fd;
	(void)close(fd);
	errno = ENOENT;
	return -1;
}

/* It was closed: to spare descriptors, or because it could not be read. */
static bool
reopen(struct follow *f, struct name *n)
{
	if (n->file->fd != -1)
		return true;
	n->file->fd = open_same(n->file, n->path);
	if (n->file->fd != -1)
		f->open++;
	else if (errno != ENOENT)
		complain(n, "cannot open");
	return n->file->fd != -1;
}

/* The name leads to something: read what is new there. */
void
name_look(struct name *n)
{
	struct follow *f = n->f;
	struct file *file = n->file;
	struct stat st;
	bool there = stat(n->path, &st) == 0;
	int why = errno;
	int64_t mtime;

	if (n->streamed)
		return;
	/* It was empty: what it is, its first bytes tell. */
	if (file != NULL && file->at == 0 && n->empty && n->later &&
	    there && st.st_size > 0 &&
	    (uint64_t)st.st_ino == file->ino &&
	    (uint64_t)st.st_dev == file->dev) {
		f->open -= file->fd != -1;
		file_free(file);
		n->file = file = NULL;
	}
	if (file == NULL) {
		if (there && n->gone)
			rotation_between(f, n);
		n->gone &= !there;
		if (there || why != ENOENT)
			name_begin(f, n);
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
			rotation_between(f, n);
			name_begin(f, n);
		} else {
			n->looked = look_now();
			n->gone = true;
		}
		return;
	}
	if (file->unpack != NULL || !reopen(f, n))
		return;
	mtime = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	if ((uint64_t)st.st_size < file->at) {
		diag_note("%s: truncated, from its begin again", n->path);
		begin_again(f, n);
	} else if (((uint64_t)st.st_size != file->at ||
	    mtime != file->mtime) && file_rewritten(file)) {
		diag_warning("%s: written anew, from its begin again", n->path);
		begin_again(f, n);
	}
	file->mtime = mtime;
	pump(f, n);
	n->looked = look_now();
	spare(f, file);
}

void
names_look_at_old(struct follow *f)
{
	int64_t now = clk_mono_ms();
	size_t i, n = 0;

	for (i = 0; i < f->old.n; i++) {
		struct file *file = f->old.p[i];

		if (file->ailing && file->unpack == NULL)
			rotation_reopen(file);
		(void)read_on(f, file);
		if (now - file->idle_since >= f->w->opt.rotate_wait_ms) {
			follow_retire(f, file);
			f->open--;
		} else
			f->old.p[n++] = file;
	}
	f->old.n = n;
}

bool
names_look_at_blind(struct follow *f)
{
	bool any = false;
	size_t i;

	for (i = 0; i < f->names.n; i++)
		if (f->names.p[i]->blind) {
			any = true;
			name_look(f->names.p[i]);
		}
	return any;
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

void
pattern_expand(struct pattern *p)
{
	struct follow *f = p->f;
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
			follow_watch(f, n);
			name_look(n);
		}
	}
	globfree(&g);
}

/* Files that are written change the directory no more than nothing does. */
void
pattern_look(struct pattern *p)
{
	struct stat st;
	int64_t changed;

	if (stat(p->dir, &st) == -1)
		return;
	changed = st.st_mtim.tv_sec * INT64_C(1000000000) +
	    st.st_mtim.tv_nsec;
	if (changed == p->changed)
		return;
	p->changed = changed;
	pattern_expand(p);
}

/* The directory, when there is but one. */
static const char *
pattern_dir(struct follow *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str dir = slash ? (struct str){ path, slash == path ? 1 :
	    (size_t)(slash - path) } : STR(".");
	const char *out = arena_cstr(&f->arena, dir);

	return strpbrk(out, "*?[") == NULL ? out : NULL;
}

static void
add_pattern(struct follow *f, const char *path, const struct input *input)
{
	struct pattern *p = ARENA_NEW(&f->arena, struct pattern);

	p->f = f;
	p->path = arena_cstr(&f->arena, str_of(path));
	p->input = input;
	p->dir = pattern_dir(f, path);
	vec_push(&f->patterns, p);
	pattern_expand(p);
}

void
follow_add(struct follow *f, const char *path, const struct input *input)
{
	struct stat st;

	if (input != NULL && input->journal.n > 0)
		journald_add(f, input);
	else if (strcmp(path, "-") == 0)
		stream_add(f, NULL, STDIN_FILENO, input);
	else if (strpbrk(path, "*?[") != NULL && stat(path, &st) == -1)
		add_pattern(f, path, input);
	else
		(void)add_name(f, path, input);
}
