/*
 * State in a directory: DIR/TOOL.ndjson, a journal, all of it in memory while
 * it is open; DIR/TOOL.lock keeps the other writers out.
 */
#include "state/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/io.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/vec.h"
#include "state/journal.h"

#define COMPACT_MIN	((size_t)256 << 10)
#define LOCK_POLL_MS	20

/* A key with its values: what is committed, and what waits for a commit. */
struct entry {
	struct buf value, next;
	bool there;		/* value counts */
	bool dirty;		/* next counts: in the list of changes */
	bool next_there;	/* false: the change is a deletion */
	size_t line;		/* bytes of its live lines in the journal */
	int64_t generation;	/* of its lease */
	struct str key;
	char room[];
};

struct directory {
	struct state base;
	char *path, *lock_path;
	int fd, lock_fd;
	size_t size;			/* of the journal, all committed */
	size_t live;			/* bytes of it that still count */
	struct map entries;
	VEC(struct entry *) changes;
	struct buf out;
};

static struct directory *
dir_of(struct state *s)
{
	return (struct directory *)(void *)s;
}

static struct entry *
entry_of(struct directory *d, struct str key)
{
	struct entry *n = map_get(&d->entries, key);

	if (n)
		return n;
	n = mem_zalloc(sizeof(*n) + key.n);
	memcpy(n->room, key.n ? key.p : "", key.n);
	n->key = (struct str){ n->room, key.n };
	(void)map_put(&d->entries, n->key, n);
	return n;
}

static void
entry_free(struct entry *n)
{
	buf_release(&n->value);
	buf_release(&n->next);
	mem_free(n);
}

/* Drop one that holds nothing any more, so that memory follows the live keys. */
static void
entry_settle(struct directory *d, struct entry *n)
{
	if (n->there || n->dirty || n->generation)
		return;
	(void)map_del(&d->entries, n->key);
	entry_free(n);
}

/* The lines of n as it is committed. */
static void
put_entry(struct buf *out, const struct entry *n)
{
	if (n->generation)
		journal_put(out, &(struct journal_line){ .key = n->key,
		    .generation = n->generation });
	if (n->there)
		journal_put(out, &(struct journal_line){ .key = n->key,
		    .value = buf_str(&n->value) });
}

/* Keep d->live up to date after a change of n. */
static void
count_line(struct directory *d, struct entry *n)
{
	struct buf line = { 0 };

	put_entry(&line, n);
	d->live = d->live - n->line + line.n;
	n->line = line.n;
	buf_release(&line);
}

static void
on_line(void *arg, const struct journal_line *l)
{
	struct directory *d = arg;
	struct entry *n = entry_of(d, l->key);

	if (l->generation) {
		n->generation = l->generation;
	} else {
		n->there = l->value.p != NULL;
		buf_reset(&n->value);
		(void)buf_put(&n->value, l->value);
	}
	count_line(d, n);
	entry_settle(d, n);
}

/* Opening. */

static int
lock(struct directory *d, int64_t wait_ms, struct err *e)
{
	int64_t until = clk_mono_ms() + wait_ms;
	struct timespec nap = { .tv_nsec = LOCK_POLL_MS * 1000000L };

	for (;;) {
		d->lock_fd = io_lock_file(d->lock_path, false, e);
		if (d->lock_fd != -1)
			return 0;
		if (e->kind != ERR_LIMIT || clk_mono_ms() >= until)
			return -1;
		(void)nanosleep(&nap, NULL);
	}
}

/*
 * A tail without its mark is the transaction during which somebody was
 * killed.  It goes, so that the next one does not join it.
 */
static int
cut_tail(struct directory *d, size_t size, const struct journal_report *r,
    struct err *e)
{
	if (r->bad)
		(void)buf_printf(&d->base.notice, "'%s': %zu damaged "
		    "transactions skipped", d->path, r->bad);
	d->size = r->good;
	if (r->good == size)
		return 0;
	(void)buf_printf(&d->base.notice, "%s'%s': %zu bytes of an unfinished "
	    "write dropped", d->base.notice.n ? "; " : "", d->path,
	    size - r->good);
	if (ftruncate(d->fd, (off_t)r->good) == -1 || fsync(d->fd) == -1)
		return err_sys(e, "cannot shorten '%s'", d->path);
	return 0;
}

static int
load(struct directory *d, bool read_only, struct err *e)
{
	struct buf text = { .max = JOURNAL_MAX };
	struct journal_report report;
	int rc = io_read_all(d->fd, &text, e);

	if (rc == -1)
		err_prefix(e, "'%s'", d->path);
	else
		journal_read(buf_str(&text), on_line, d, &report);
	if (rc == 0 && !read_only)
		rc = cut_tail(d, text.n, &report, e);
	buf_release(&text);
	return rc;
}

static int
open_file(struct directory *d, bool read_only, struct err *e)
{
	d->fd = open(d->path, (read_only ? O_RDONLY : O_RDWR | O_CREAT |
	    O_APPEND) | O_CLOEXEC, 0666);
	if (d->fd != -1 || (read_only && errno == ENOENT))
		return 0;
	return err_sys(e, "cannot open '%s'", d->path);
}

static void	directory_close(struct state *s);

static int
open_directory(struct directory *d, const char *dir, int64_t wait_ms,
    bool read_only, struct err *e)
{
	if (read_only && access(dir, R_OK | X_OK) == -1)
		return err_sys(e, "cannot open '%s'", dir);
	if (!read_only && (io_make_dirs(dir, 0777, e) == -1 ||
	    lock(d, wait_ms, e) == -1))
		return -1;
	if (open_file(d, read_only, e) == -1)
		return -1;
	return d->fd == -1 ? 0 : load(d, read_only, e);
}

static struct state *
directory_open(struct str url, const char *tool, const struct state_how *how,
    struct err *e)
{
	struct directory *d = mem_zalloc(sizeof(*d));
	struct buf path = { 0 };
	struct str dir = url;

	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	d->fd = d->lock_fd = -1;
	(void)buf_printf(&path, STR_FMT "/%s.ndjson", STR_ARG(dir), tool);
	d->path = mem_strdup(buf_cstr(&path));
	buf_reset(&path);
	(void)buf_printf(&path, STR_FMT "/%s.lock", STR_ARG(dir), tool);
	d->lock_path = mem_strdup(buf_cstr(&path));
	buf_reset(&path);
	(void)buf_put(&path, dir);
	if (open_directory(d, buf_cstr(&path), how->wait_ms, how->read_only,
	    e) == -1) {
		directory_close(&d->base);
		d = NULL;
	}
	buf_release(&path);
	return d ? &d->base : NULL;
}

/* Reading and changing. */

static bool
current(const struct entry *n, struct str *value)
{
	if (n == NULL || !(n->dirty ? n->next_there : n->there))
		return false;
	*value = buf_str(n->dirty ? &n->next : &n->value);
	return true;
}

static int
directory_get(struct state *s, struct str key, struct buf *value,
    struct err *e)
{
	struct str v;

	if (!current(map_get(&dir_of(s)->entries, key), &v))
		return 0;
	if (buf_put(value, v) == -1)
		return err_set(e, ERR_LIMIT, "the value of '" STR_FMT "' is "
		    "too long", STR_ARG(key));
	return 1;
}

static struct entry *
change(struct directory *d, struct str key)
{
	struct entry *n = entry_of(d, key);

	if (!n->dirty)
		vec_push(&d->changes, n);
	n->dirty = true;
	buf_reset(&n->next);
	return n;
}

static int
directory_put(struct state *s, struct str key, struct str value,
    struct err *e)
{
	struct entry *n = change(dir_of(s), key);

	(void)e;
	n->next_there = true;
	return buf_put(&n->next, value);
}

static int
directory_del(struct state *s, struct str key, struct err *e)
{
	struct str v;

	(void)e;
	if (current(map_get(&dir_of(s)->entries, key), &v))
		change(dir_of(s), key)->next_there = false;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;

	return str_cmp((*x)->key, (*y)->key);
}

static int
directory_each(struct state *s, struct str prefix, state_fn *fn, void *arg,
    struct err *e)
{
	struct directory *d = dir_of(s);
	VEC(struct entry *) all = { 0 };
	struct map_entry *m;
	struct str value;
	size_t at = 0, i;
	int rc = 0;

	(void)e;
	while ((m = map_next(&d->entries, &at)) != NULL) {
		struct entry *n = m->value;

		if (current(n, &value) && str_starts(n->key, prefix))
			vec_push(&all, n);
	}
	if (all.n)
		qsort(all.p, all.n, sizeof(*all.p), by_key);
	for (i = 0; i < all.n && rc == 0; i++)
		if (current(all.p[i], &value))
			rc = fn(arg, all.p[i]->key, value);
	vec_release(&all);
	return rc;
}

/* Writing. */

/* All that is live, as one transaction in a new file. */
static int
compact(struct directory *d, struct err *e)
{
	struct buf text = { .max = JOURNAL_MAX };
	struct map_entry *m;
	size_t at = 0, size;
	int rc;

	while ((m = map_next(&d->entries, &at)) != NULL)
		put_entry(&text, m->value);
	journal_put_mark(&text, 0);
	size = text.n;
	rc = io_replace_file(d->path, buf_str(&text), e);
	buf_release(&text);
	if (rc == -1)
		return -1;
	(void)close(d->fd);
	d->fd = -1;
	d->size = size;
	return open_file(d, false, e);
}

static bool
mostly_dead(const struct directory *d)
{
	return d->size > COMPACT_MIN && d->size / 4 > d->live;
}

/* Append d->out, or leave the file as it was. */
static int
append(struct directory *d, struct err *e)
{
	if (d->size + d->out.n > JOURNAL_MAX)
		return err_set(e, ERR_LIMIT, "'%s' would pass %zu bytes",
		    d->path, JOURNAL_MAX);
	if (io_write_all(d->fd, buf_str(&d->out)) == -1 ||
	    fdatasync(d->fd) == -1) {
		err_sys(e, "cannot write '%s'", d->path);
		(void)!ftruncate(d->fd, (off_t)d->size);
		return -1;
	}
	d->size += d->out.n;
	return 0;
}

static void
settle_change(struct directory *d, struct entry *n)
{
	struct buf old = n->value;

	n->value = n->next;
	n->next = old;
	n->there = n->next_there;
	n->dirty = false;
	buf_release(&n->next);
	count_line(d, n);
	entry_settle(d, n);
}

static int
directory_commit(struct state *s, struct err *e)
{
	struct directory *d = dir_of(s);
	size_t i;

	if (d->changes.n == 0)
		return 0;
	buf_reset(&d->out);
	for (i = 0; i < d->changes.n; i++) {
		const struct entry *n = d->changes.p[i];

		journal_put(&d->out, &(struct journal_line){ .key = n->key,
		    .value = n->next_there ? buf_str(&n->next) : STR_NONE });
	}
	journal_put_mark(&d->out, 0);
	if (append(d, e) == -1)
		return -1;
	for (i = 0; i < d->changes.n; i++)
		settle_change(d, d->changes.p[i]);
	vec_reset(&d->changes);
	return mostly_dead(d) ? compact(d, e) : 0;
}

static void
directory_rollback(struct state *s)
{
	struct directory *d = dir_of(s);
	size_t i;

	for (i = 0; i < d->changes.n; i++) {
		d->changes.p[i]->dirty = false;
		buf_release(&d->changes.p[i]->next);
		entry_settle(d, d->changes.p[i]);
	}
	vec_reset(&d->changes);
}

/*
 * Whoever has the directory open for writing is alone, so a lease is always
 * free; its generation still tells a claim from the one before a crash.
 */
static int64_t
directory_lease(struct state *s, struct str key, int64_t ms, struct err *e)
{
	struct directory *d = dir_of(s);
	struct entry *n = entry_of(d, key);

	(void)ms;
	buf_reset(&d->out);
	journal_put(&d->out, &(struct journal_line){ .key = key,
	    .generation = n->generation + 1 });
	journal_put_mark(&d->out, 0);
	if (append(d, e) == -1)
		return -1;
	n->generation++;
	count_line(d, n);
	return n->generation;
}

static void
directory_close(struct state *s)
{
	struct directory *d = dir_of(s);
	struct map_entry *m;
	size_t at = 0;

	while ((m = map_next(&d->entries, &at)) != NULL)
		entry_free(m->value);
	map_release(&d->entries);
	vec_release(&d->changes);
	buf_release(&d->out);
	if (d->fd != -1)
		(void)close(d->fd);
	if (d->lock_fd != -1)
		(void)close(d->lock_fd);
	mem_free(d->path);
	mem_free(d->lock_path);
	mem_free(d);
}

const struct state_backend state_directory = {
	.open = directory_open,
	.get = directory_get,
	.put = directory_put,
	.del = directory_del,
	.each = directory_each,
	.commit = directory_commit,
	.rollback = directory_rollback,
	.lease = directory_lease,
	.close = directory_close,
};
