#include <errno.h>

#include "tsdb/store.h"

/* How often a reader follows a directory that changes under it. */
#define TRIES	100

static void
close_list(opened_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		block_close(l->p[i].block);
	vec_release(l);
}

void
store_close_files(struct store *s)
{
	close_list(&s->file);
}

static bool
same_file(const struct history_file *a, const struct history_file *b)
{
	return a->first == b->first && a->last == b->last && a->log == b->log;
}

static bool
same_list(const file_list *a, const file_list *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!same_file(&a->p[i], &b->p[i]))
			return false;
	return true;
}

/* The file as it is open already; ownership goes to the caller. */
static bool
take_opened(struct store *s, const struct history_file *f,
    struct opened *out)
{
	size_t i;

	for (i = 0; i < s->file.n; i++)
		if (same_file(&s->file.p[i].file, f)) {
			*out = s->file.p[i];
			out->file = *f;
			s->file.p[i] = s->file.p[--s->file.n];
			return true;
		}
	return false;
}

/* False when the file has gone.  A damaged block is reported once. */
static bool
open_file(struct store *s, const struct history_file *f, struct opened *out)
{
	char *path;
	struct err e;

	*out = (struct opened){ .file = *f };
	if (f->log)
		return true;
	path = files_path(s->dir, f);
	errno = 0;
	out->block = block_open(path, &e);
	mem_free(path);
	if (out->block == NULL && errno == ENOENT)
		return false;
	if (out->block == NULL)
		store_note(s, &e);
	return true;
}

static bool
open_list(struct store *s, const file_list *names, opened_list *out)
{
	struct opened o;
	size_t i;

	for (i = 0; i < names->n; i++) {
		if (!take_opened(s, &names->p[i], &o) &&
		    !open_file(s, &names->p[i], &o))
			return false;
		vec_push(out, o);
	}
	return true;
}

/*
 * A listing that ran while a block took the place of a log may have seen
 * neither.  So the names are read again after all is open, until two
 * listings agree.
 */
int
store_refresh(struct store *s, struct err *e)
{
	bool writer = s->lock != -1;
	file_list names = { 0 }, again = { 0 };
	opened_list now;
	int tries, rc;

	rc = files_list(s->dir, writer, &names, e);
	for (tries = 0; rc == 0 && tries < TRIES; tries++) {
		now = (opened_list){ 0 };
		if (!open_list(s, &names, &now)) {
			close_list(&now);
			rc = files_list(s->dir, writer, &names, e);
			continue;
		}
		close_list(&s->file);
		s->file = now;
		if (writer || (rc = files_list(s->dir, false, &again,
		    e)) == -1 || same_list(&names, &again))
			break;
		names.n = 0;
		for (size_t i = 0; i < again.n; i++)
			vec_push(&names, again.p[i]);
	}
	vec_release(&names);
	vec_release(&again);
	return rc;
}

int
store_gather_files(struct store *s, struct gather *g, size_t from, size_t n,
    struct err *e)
{
	const struct opened *o;
	char *path;
	size_t i;
	int rc = 0;

	for (i = from; rc == 0 && i < from + n; i++) {
		o = &s->file.p[i];
		if (o->block)
			gather_block(g, o->block);
		if (!o->file.log)
			continue;
		path = files_path(s->dir, &o->file);
		rc = gather_log(g, path, e);
		mem_free(path);
	}
	return rc;
}

int
store_gather(struct store *s, struct gather *g, struct err *e)
{
	struct gather clean = *g;
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (s->lock == -1 && store_refresh(s, e) == -1)
			return -1;
		errno = 0;
		if (store_gather_files(s, g, 0, s->file.n, e) == 0)
			return 0;
		if (errno != ENOENT || s->lock != -1)
			return -1;
		gather_release(g);
		*g = clean;
	}
	return -1;
}
