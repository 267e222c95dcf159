/* What rotation left behind: renamed, copied and compressed files. */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peek.h"
#include "siblings.h"

/* All that this checkpoint waited for was read. */
static void
done_with(struct follow *f, struct checkpoint *p)
{
	struct err e;

	p->done = true;
	p->seen = clk_now(&f->w->t->clk);
	if (f->checkpoints.state != NULL &&
	    checkpoint_put(&f->checkpoints, p, &e) == -1)
		diag_warn(&e);
}

/* So that no other checkpoint leads to it once more. */
static void
remember_read(struct follow *f, const struct file *file)
{
	struct checkpoint c = file_now(file);

	c.used = true;
	(void)checkpoints_set(&f->checkpoints, &c);
}

/* p: the checkpoint that it goes on from; or NULL. */
static void
read_sibling(struct follow *f, struct file *file, struct checkpoint *p)
{
	struct err e;

	bool whole = file_pump(file) != -1 && !f->w->stop;

	if (!whole && !f->w->stop && f->w->t->follow) {
		names_keep_old(f, file);
		return;
	}
	if (whole)
		file_finish(file, 0);
	watch_settle(f->w);
	if (file_save(file, &f->checkpoints, clk_now(&f->w->t->clk), whole,
	    &e) == -1)
		diag_warn(&e);
	/* It may be a copy, of another inode than that which was saved. */
	if (p != NULL && file->sign.done)
		done_with(f, p);
	remember_read(f, file);
	file_free(file);
}

/*
 * The sibling that a checkpoint is of, standing where it was left: by its
 * bytes, which its name and inode say nothing against; else the same inode,
 * written anew since.  The first bytes of a file of which nothing was read
 * are unknown: then only its inode tells.
 */
static struct file *
find_sibling(struct follow *f, struct name *n, const struct checkpoint *p,
    const siblings_list *all, size_t *at)
{
	static const struct checkpoint anew;
	uint64_t failures = peek_failures();
	struct file *file = NULL;
	bool same;
	size_t i;

	for (i = all->n; file == NULL && i-- > 0; ) {
		same = all->p[i].dev == p->dev && all->p[i].ino == p->ino;
		if (all->p[i].mtime >= p->mtime && (same || p->fp_len > 0))
			file = sibling_open(f->w, n->input, all->p[i].path, p);
		*at = i;
	}
	/* What cannot be read may be it. */
	for (i = all->n; file == NULL && peek_failures() == failures &&
	    i-- > 0; ) {
		same = all->p[i].dev == p->dev && all->p[i].ino == p->ino;
		if (all->p[i].mtime >= p->mtime && same)
			file = sibling_open(f->w, n->input, all->p[i].path,
			    &anew);
		*at = i;
	}
	return file;
}

/*
 * Some checkpoint is of this file.  An inode that is used again holds other
 * bytes.
 */
static bool
was_seen(struct follow *f, const struct name *n, const struct sibling *s)
{
	const struct checkpoint *p = checkpoints_find(&f->checkpoints, s->dev,
	    s->ino);
	struct file *file;

	if (follow_reads(f, s->dev, s->ino))
		return true;
	if (p == NULL || p->offset == 0)
		return false;
	file = sibling_open(f->w, n->input, s->path, p);
	file_free(file);
	return file != NULL;
}

/* From where another checkpoint of this path left it, or from its begin. */
static struct file *
open_newer(struct follow *f, struct name *n, const char *path,
    struct checkpoint **of)
{
	static const struct checkpoint anew;
	struct file *file;
	size_t i;

	for (i = 0; i < f->checkpoints.all.n; i++) {
		*of = f->checkpoints.all.p[i];
		if ((*of)->used || (*of)->done || (*of)->fp_len == 0 ||
		    !str_eq((*of)->path, str_of(n->path)))
			continue;
		file = sibling_open(f->w, n->input, path, *of);
		if (file != NULL) {
			(*of)->used = true;
			return file;
		}
	}
	*of = NULL;
	return sibling_open(f->w, n->input, path, &anew);
}

/* Those that came later, and were never seen. */
static void
read_newer(struct follow *f, struct name *n, const siblings_list *all,
    size_t from)
{
	struct checkpoint *p;
	struct file *file;
	size_t i;

	for (i = from; i < all->n; i++) {
		if (was_seen(f, n, &all->p[i]))
			continue;
		file = open_newer(f, n, all->p[i].path, &p);
		if (file != NULL) {
			file->source.origin.path = str_of(n->path);
			read_sibling(f, file, p);
		}
	}
}

/* One checkpoint of this path whose file has another name now. */
static void
find_rotated(struct follow *f, struct name *n, struct checkpoint *p,
    const siblings_list *all)
{
	size_t at = 0;
	struct file *file = find_sibling(f, n, p, all, &at);

	if (file != NULL) {
		file->source.origin.path = str_of(n->path);
		p->used = true;
		read_sibling(f, file, p);
		read_newer(f, n, all, at + 1);
	} else if (p->size > p->offset) {
		diag_warning("%llu bytes of '%s' were rotated away unread",
		    (unsigned long long)(p->size - p->offset), n->path);
	}
}

/* The file is still in its place; or that cannot be seen. */
static bool
in_place(const struct name *n, const struct checkpoint *p)
{
	uint64_t failures = peek_failures();
	struct stat st;
	bool same;
	int fd;

	if (stat(n->path, &st) == -1)
		return errno != ENOENT;
	if ((uint64_t)st.st_ino != p->ino || (uint64_t)st.st_dev != p->dev)
		return false;
	if ((fd = open(n->path, O_RDONLY | O_CLOEXEC)) == -1)
		return true;
	same = unpack_wanted(fd) || checkpoint_matches(p, fd);
	(void)close(fd);
	return same || peek_failures() != failures;
}

void
rotation_catch_up(struct follow *f, struct name *n)
{
	siblings_list all = { 0 };
	struct checkpoint *p;
	struct arena a = { 0 };
	size_t i;

	if (f->w->opt.from == FROM_START || f->w->opt.from == FROM_END)
		return;
	for (i = 0; i < f->checkpoints.all.n; i++) {
		p = f->checkpoints.all.p[i];
		if (p->used || p->done || !str_eq(p->path, str_of(n->path)))
			continue;
		if (in_place(n, p))
			continue;
		siblings_find(n->path, &a, &all);
		find_rotated(f, n, p, &all);
	}
	vec_release(&all);
	arena_free(&a);
}

/*
 * The wall clock as it was then and as it would have been, were it as it is
 * now: files are stamped by the one until it is put right, then by the other.
 */
static int64_t
earliest(const struct look *l)
{
	static const struct clk wall = { .kind = CLK_WALL };
	int64_t now = clk_now(&wall) - (clk_mono_ms() - l->mono);

	return now < l->wall ? now : l->wall;
}

/* The last file that this name led to; NULL: nobody knows it any more. */
static const struct file *
last_rotated(const struct follow *f, const struct name *n)
{
	size_t i;

	for (i = f->old.n; i-- > 0; )
		if (str_eq(f->old.p[i]->source.origin.path, str_of(n->path)))
			return f->old.p[i];
	return NULL;
}

/* Files that came and went between two looks: f is f.2 now, f.1 is new. */
void
rotation_between(struct follow *f, struct name *n)
{
	const struct file *before = last_rotated(f, n);
	struct checkpoint had = { 0 };
	siblings_list all = { 0 };
	struct arena a = { 0 };
	struct file *file;
	size_t i;

	if (before != NULL)
		had = file_now(before);
	siblings_find(n->path, &a, &all);
	for (i = 0; i < all.n; i++) {
		if (all.p[i].mtime < earliest(&n->looked) - 1000 ||
		    was_seen(f, n, &all.p[i]))
			continue;
		/* A copy of what was read is no new file. */
		if (had.fp_len > 0) {
			file = sibling_open(f->w, n->input, all.p[i].path,
			    &had);
			file_free(file);
			if (file != NULL)
				continue;
		}
		file = sibling_open(f->w, n->input, all.p[i].path,
		    &(struct checkpoint){ .offset = 0 });
		if (file != NULL)
			read_sibling(f, file, NULL);
	}
	vec_release(&all);
	arena_free(&a);
}

void
rotation_rest(struct follow *f, struct name *n, struct file *closed)
{
	struct checkpoint c = file_to_go_on(closed);
	siblings_list all = { 0 };
	struct arena a = { 0 };

	siblings_find(n->path, &a, &all);
	find_rotated(f, n, &c, &all);
	vec_release(&all);
	arena_free(&a);
}

void
rotation_reopen(struct file *file)
{
	const struct checkpoint c = file_now(file);
	siblings_list all = { 0 };
	struct arena a = { 0 };
	size_t i;
	int fd;

	siblings_find(arena_cstr(&a, file->source.origin.path), &a, &all);
	for (i = 0; i < all.n; i++) {
		if (all.p[i].ino != file->ino || all.p[i].dev != file->dev ||
		    (fd = open(all.p[i].path, O_RDONLY | O_CLOEXEC |
		    O_NOCTTY)) == -1)
			continue;
		if (checkpoint_matches(&c, fd)) {
			if (file->fd != -1)
				(void)close(file->fd);
			file->fd = fd;
			break;
		}
		(void)close(fd);
	}
	vec_release(&all);
	arena_free(&a);
}

/*
 * The copy is a file that is followed itself: it has what was begun.  One of
 * which nothing was read yet was opened when it was empty.
 */
static bool
read_elsewhere(struct follow *f, const struct file *cur,
    const struct checkpoint *want)
{
	const struct checkpoint place = file_to_go_on(cur);
	struct file *file;
	size_t i;

	for (i = 0; want->fp_len > 0 && i < f->names.n; i++) {
		file = f->names.p[i]->file;
		if (file == NULL || file == cur || file->fd == -1 ||
		    file->unpack != NULL || !checkpoint_matches(want,
		    file->fd))
			continue;
		return file->at > 0 || file_continues(file, &place);
	}
	return false;
}

void
rotation_copy(struct follow *f, struct name *n)
{
	struct file *cur = n->file, *copy = NULL;
	struct checkpoint want = file_now(cur);
	siblings_list all = { 0 };
	struct arena a = { 0 };
	size_t i;

	siblings_find(n->path, &a, &all);
	for (i = all.n; want.fp_len > 0 && copy == NULL && i-- > 0; )
		if (!follow_reads(f, all.p[i].dev, all.p[i].ino))
			copy = sibling_open(f->w, n->input, all.p[i].path,
			    &want);
	if (copy != NULL) {
		/* What was begun goes on in the copy. */
		file_swap_rest(copy, cur);
		copy->source.origin = cur->source.origin;
		(void)file_pump(copy);
		file_finish(copy, LINE_PARTIAL);
		remember_read(f, copy);
		file_free(copy);
	} else if (read_elsewhere(f, cur, &want)) {
		file_drop_rest(cur);
	}
	file_finish(cur, LINE_PARTIAL);
	/* Its checkpoint will begin at 0: what it stood for must be safe. */
	watch_settle(f->w);
	vec_release(&all);
	arena_free(&a);
}
