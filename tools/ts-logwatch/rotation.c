/* What rotation left behind: renamed, copied and compressed files. */
#include "names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* p: the checkpoint that it goes on from; or NULL. */
static void
read_sibling(struct follow *f, struct file *file, struct checkpoint *p)
{
	struct err e;

	(void)file_pump(file);
	if (!f->w->stop)
		file_finish(file, 0);
	watch_settle(f->w);
	if (file_save(file, &f->checkpoints, clk_now(&f->w->t->clk),
	    !f->w->stop, &e) == -1)
		diag_warn(&e);
	/* It may be a copy, of another inode than that which was saved. */
	if (p != NULL && file->sign.done)
		done_with(f, p);
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
		p->used = true;
		read_sibling(f, file, p);
		/* Those between it and the present one were never seen. */
		for (i++; i < all->n; i++) {
			if (checkpoints_find(&f->checkpoints, all->p[i].dev,
			    all->p[i].ino) || follow_reads(f, all->p[i].dev,
			    all->p[i].ino))
				continue;
			file = sibling_open(f->w, n->input, all->p[i].path,
			    &(struct checkpoint){ .offset = 0 });
			if (file != NULL)
				read_sibling(f, file, NULL);
		}
		return;
	}
	if (p->size > p->offset)
		diag_warning("%llu bytes of '%s' were rotated away unread",
		    (unsigned long long)(p->size - p->offset), n->path);
}

/* At the start: checkpoints of this path that no open file goes on from. */
void
rotation_catch_up(struct follow *f, struct name *n)
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
void
rotation_between(struct follow *f, struct name *n, const struct file *before)
{
	siblings_list all = { 0 };
	struct arena a = { 0 };
	struct file *file;
	size_t i;

	siblings_find(n->path, &a, &all);
	for (i = 0; i < all.n; i++) {
		if (all.p[i].mtime < n->looked - 1000 ||
		    follow_reads(f, all.p[i].dev, all.p[i].ino) ||
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
			read_sibling(f, file, NULL);
	}
	vec_release(&all);
	arena_free(&a);
}

/* Truncated: what a copy beside it has more than we had read. */
void
rotation_copy(struct follow *f, struct name *n)
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
		if (!follow_reads(f, all.p[i].dev, all.p[i].ino))
			copy = sibling_open(f->w, n->input, all.p[i].path,
			    &want);
	if (copy != NULL) {
		struct buf rest = copy->lines.rest;

		/* The line that was begun goes on in the copy. */
		copy->lines.rest = cur->lines.rest;
		copy->lines.offset = cur->lines.offset;
		cur->lines.rest = rest;
		copy->source.origin = cur->source.origin;
		(void)file_pump(copy);
		file_finish(copy, LINE_PARTIAL);
		file_free(copy);
	}
	file_finish(cur, LINE_PARTIAL);
	/* Its checkpoint will begin at 0: what it stood for must be safe. */
	watch_settle(f->w);
	vec_release(&all);
	arena_free(&a);
}
