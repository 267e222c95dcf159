/*
 * clean: which files are to go, and how each of them goes.
 */
#include "clean.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/dur.h"
#include "openfiles.h"
#include "walk.h"

/* What one step needs to find its file again, and to know it. */
struct victim {
	size_t root;
	struct str rel;
	dev_t dev;
	ino_t ino;
	int64_t mtime_ns;
	bool dir, truncate;
};

struct candidate {
	struct victim v;
	int64_t time_ms, bytes;
	bool kept;
};

struct clean {
	struct work *w;
	const struct clean_task *t;
	struct openfiles *open;
	int *rootfd;
	size_t root;
	VEC(struct candidate) found;
	size_t looked, skipped_open, skipped_locked, skipped_other;
	size_t top_from;	/* unit: top: first of this directory */
	bool top_young;
	bool limited;		/* more than max_delete */
};

static bool
word_is(struct str s, const char *w)
{
	return str_eq(s, str_of(w));
}

static int
by_of(struct str s, enum clean_by *out)
{
	static const char *const words[] = { "any", "atime", "btime", "ctime",
	    "mtime" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (word_is(s, words[i])) {
			*out = (enum clean_by)i;
			return 0;
		}
	return -1;
}

static int
check_words(struct clean_task *c, struct err *e)
{
	const struct ynode *n = c->task.node;

	if (by_of(c->by_word, &c->by) == -1)
		return ynode_err(n, e, "'by' is mtime, atime, ctime, btime or "
		    "any (the latest of them)");
	if (c->type.n && !word_is(c->type, "f") && !word_is(c->type, "l") &&
	    !word_is(c->type, "any"))
		return ynode_err(n, e, "'type' is f, l or any");
	if (!word_is(c->open, "skip") && !word_is(c->open, "ignore"))
		return ynode_err(n, e, "'open' is skip or ignore");
	if (c->unit.n && !word_is(c->unit, "entry") &&
	    !word_is(c->unit, "top"))
		return ynode_err(n, e, "'unit' is entry or top");
	c->any_type = word_is(c->type, "any");
	c->links = c->any_type || word_is(c->type, "l");
	c->open_ignored = word_is(c->open, "ignore");
	c->whole_top = word_is(c->unit, "top");
	return 0;
}

int
clean_configure(struct task *t, struct arena *a, struct err *e)
{
	struct clean_task *c = (struct clean_task *)t;
	size_t i;

	if (check_words(c, e) == -1)
		return -1;
	if (c->match.n == 0 && !c->logs)
		return ynode_err(t->node, e, "'match' says what may go; write "
		    "match: ['*'] for everything");
	if (c->max_depth < 0 || c->max_depth > WALK_DEPTH_MAX ||
	    c->min_keep < 0 || c->max_delete < 1)
		return ynode_err(t->node, e, "'max_depth' and 'min_keep' "
		    "count from 0, 'max_delete' from 1");
	for (i = 0; i < c->paths.n; i++) {
		struct err why;

		if (walk_refuse(arena_cstr(a, c->paths.p[i]), &why) == -1 &&
		    why.kind == ERR_CONFIG)
			return ynode_err(t->node, e, "%s", why.msg);
	}
	if (c->paths.n == 0)
		return ynode_err(t->node, e, "'paths' names no directory");
	return 0;
}

/* ---- is this one to go? ---- */

static int64_t
ms_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t
birth_ms(const struct walk_entry *en)
{
	struct statx sx;

	if (statx(en->dirfd, en->name, AT_SYMLINK_NOFOLLOW, STATX_BTIME,
	    &sx) == -1 || !(sx.stx_mask & STATX_BTIME))
		return 0;
	return sx.stx_btime.tv_sec * 1000 + sx.stx_btime.tv_nsec / 1000000;
}

static int64_t
time_of(const struct clean_task *t, const struct walk_entry *en)
{
	int64_t m = ms_of(en->st.st_mtim), a = ms_of(en->st.st_atim),
	    c = ms_of(en->st.st_ctim), b;

	switch (t->by) {
	case BY_MTIME:
		return m;
	case BY_ATIME:
		return a;
	case BY_CTIME:
		return c;
	case BY_BTIME:
		/* Not every file system knows: then it is never old. */
		b = birth_ms(en);
		return b ? b : INT64_MAX;
	case BY_ANY:
		break;
	}
	m = a > m ? a : m;
	return c > m ? c : m;
}

static bool
matches(const struct ystrs *globs, const char *name, struct arena *a)
{
	size_t i;

	for (i = 0; i < globs->n; i++)
		if (fnmatch(arena_cstr(a, globs->p[i]), name, FNM_PERIOD) == 0)
			return true;
	return false;
}

bool
clean_is_rotated(const char *name)
{
	static const char *const globs[] = { "*.log.[0-9]*", "*.[0-9]",
	    "*.[0-9][0-9]", "*-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]*",
	    "*.gz", "*.xz", "*.zst", "*.bz2", "*.old" };
	size_t i;

	for (i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (fnmatch(globs[i], name, FNM_PERIOD) == 0)
			return true;
	return false;
}

static bool
is_live_log(const char *name)
{
	return fnmatch("*.log", name, FNM_PERIOD) == 0;
}

static bool
wanted_name(struct clean *c, const char *name)
{
	const struct clean_task *t = c->t;

	if (matches(&t->exclude, name, c->w->arena))
		return false;
	if (t->match.n && !matches(&t->match, name, c->w->arena))
		return false;
	return !t->logs || clean_is_rotated(name) ||
	    (t->allow_live && is_live_log(name));
}

/* Who holds a lock on it, as systemd-tmpfiles asks, is at work with it. */
static bool
is_locked(int dirfd, const char *name, int how)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK | O_NOCTTY);
	bool locked;

	if (fd == -1)
		return false;
	locked = flock(fd, how | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	(void)close(fd);
	return locked;
}

/* In a sticky directory one removes what is one's own. */
static bool
not_ours(const struct walk_entry *en)
{
	struct stat dir;

	return geteuid() != 0 && en->st.st_uid != geteuid() &&
	    fstat(en->dirfd, &dir) == 0 && (dir.st_mode & S_ISVTX) &&
	    dir.st_uid != geteuid();
}

static struct str
full(const struct clean *c, size_t root, struct str rel)
{
	struct str dir = c->t->paths.p[root];

	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	return arena_printf(c->w->arena, STR_FMT "/" STR_FMT, STR_ARG(dir),
	    STR_ARG(rel));
}

/* NULL: nothing speaks against it. */
static const char *
held(struct clean *c, const struct walk_entry *en, bool *is_open)
{
	mode_t type = en->st.st_mode & S_IFMT;

	*is_open = openfiles_has(c->open, en->st.st_dev, en->st.st_ino);
	if (type == S_IFSOCK &&
	    openfiles_socket(c->open, full(c, c->root, en->rel)))
		return "a socket in use";
	if (*is_open && !c->t->open_ignored &&
	    !(c->t->logs && is_live_log(en->name)))
		return "open";
	if (type == S_IFREG && is_locked(en->dirfd, en->name, LOCK_SH))
		return "locked";
	if (not_ours(en))
		return "not ours";
	return NULL;
}

static void
count_held(struct clean *c, const char *why)
{
	if (strcmp(why, "open") == 0)
		c->skipped_open++;
	else if (strcmp(why, "locked") == 0)
		c->skipped_locked++;
	else
		c->skipped_other++;
}

static void
take(struct clean *c, const struct walk_entry *en, bool truncate)
{
	struct candidate k = { .v = { .root = c->root,
	    .rel = arena_str(c->w->arena, en->rel), .dev = en->st.st_dev,
	    .ino = en->st.st_ino, .dir = S_ISDIR(en->st.st_mode),
	    .mtime_ns = (int64_t)en->st.st_mtim.tv_sec * 1000000000 +
	    en->st.st_mtim.tv_nsec, .truncate = truncate },
	    .time_ms = time_of(c->t, en) };

	/* The last name of a file frees it. */
	if (!k.v.dir && en->st.st_nlink == 1)
		k.bytes = (int64_t)en->st.st_blocks * 512;
	vec_push(&c->found, k);
}

static bool
type_wanted(const struct clean_task *t, mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return t->any_type || t->type.n == 0 || word_is(t->type, "f");
	case S_IFLNK:
		return t->links;
	case S_IFDIR:
		return false;
	default:
		return t->any_type;
	}
}

static bool
is_old(struct clean *c, const struct walk_entry *en)
{
	int64_t at = time_of(c->t, en);

	return at != INT64_MAX && c->w->now_ms - at > c->t->older_than_ms;
}

/* ---- unit: entry ---- */

static void
consider(struct clean *c, const struct walk_entry *en)
{
	const char *why;
	bool is_open, live = c->t->logs && is_live_log(en->name);

	if (!type_wanted(c->t, en->st.st_mode) ||
	    !wanted_name(c, en->name) || !is_old(c, en))
		return;
	if ((why = held(c, en, &is_open)) != NULL) {
		count_held(c, why);
		return;
	}
	if (live && is_open && (en->st.st_size == 0 ||
	    en->st.st_nlink != 1)) {
		/* Emptied already; or somebody else's file by another name. */
		c->skipped_other += en->st.st_nlink != 1;
		return;
	}
	take(c, en, live && is_open);
}

/* Empty once what was found in it is gone. */
static void
consider_dir(struct clean *c, const struct walk_entry *en)
{
	size_t i, gone = 0;

	for (i = c->found.n; i-- > 0;) {
		struct str rel = c->found.p[i].v.rel;

		if (c->found.p[i].v.root != c->root ||
		    !str_starts(rel, en->rel) || rel.n <= en->rel.n ||
		    rel.p[en->rel.n] != '/')
			break;
		gone += str_find_char(str_sub(rel, en->rel.n + 1, rel.n),
		    '/') < 0 && !c->found.p[i].v.truncate;
	}
	if (gone == en->children && is_old(c, en) && !not_ours(en) &&
	    !openfiles_has(c->open, en->st.st_dev, en->st.st_ino))
		take(c, en, false);
}

static int
on_entry(void *arg, const struct walk_entry *en)
{
	struct clean *c = arg;

	c->looked++;
	if (c->looked % 1000 == 0)
		work_progress(c->w, "%zu files looked at", c->looked);
	if (work_stopping(c->w))
		return WALK_STOP;
	if (en->after) {
		if (c->t->empty_dirs)
			consider_dir(c, en);
	} else if (!S_ISDIR(en->st.st_mode)) {
		consider(c, en);
	} else if (is_locked(en->dirfd, en->name, LOCK_EX)) {
		c->skipped_locked++;
		return WALK_PRUNE;
	}
	if (c->found.n > (size_t)c->t->max_delete) {
		c->limited = true;
		return WALK_STOP;
	}
	return WALK_ON;
}

/* ---- unit: top ---- */

/* A top-level entry goes as a whole, when nothing in it is young or held. */
static int
on_top(void *arg, const struct walk_entry *en)
{
	struct clean *c = arg;
	const char *why;
	bool is_open;

	c->looked++;
	if (work_stopping(c->w))
		return WALK_STOP;
	if (en->depth == 1 && !en->after) {
		c->top_from = c->found.n;
		c->top_young = !wanted_name(c, en->name);
		if (c->top_young)
			return WALK_PRUNE;
	}
	if (!en->after && (!is_old(c, en) ||
	    (!S_ISDIR(en->st.st_mode) &&
	    (why = held(c, en, &is_open)) != NULL) ||
	    (S_ISDIR(en->st.st_mode) && is_locked(en->dirfd, en->name,
	    LOCK_EX))))
		c->top_young = true;
	if (en->after || !S_ISDIR(en->st.st_mode))
		take(c, en, false);
	if (c->top_young)
		c->found.n = c->top_from;
	if (c->found.n > (size_t)c->t->max_delete) {
		c->limited = true;
		return WALK_STOP;
	}
	return WALK_ON;
}

/* Something of it cannot even be seen. */
static void
on_skipped(void *arg, struct str rel, const char *why)
{
	struct clean *c = arg;

	c->skipped_other++;
	c->top_young = true;
	if (c->t->whole_top && c->found.n > c->top_from)
		c->found.n = c->top_from;
	work_append(c->w, "skipped", arena_printf(c->w->arena, STR_FMT ": %s",
	    STR_ARG(full(c, c->root, rel)), why));
}

/* ---- plan ---- */

static int
newest_first(const void *a, const void *b)
{
	const struct candidate *x = *(struct candidate *const *)a,
	    *y = *(struct candidate *const *)b;

	return (x->time_ms < y->time_ms) - (x->time_ms > y->time_ms);
}

static void
keep_newest(struct clean *c)
{
	struct candidate **all = ARENA_ARRAY(c->w->arena, c->found.n + 1,
	    struct candidate *);
	size_t i;

	for (i = 0; i < c->found.n; i++)
		all[i] = &c->found.p[i];
	qsort(all, c->found.n, sizeof(*all), newest_first);
	for (i = 0; i < c->found.n && i < (size_t)c->t->min_keep; i++)
		all[i]->kept = true;
}

static int
look(struct clean *c, struct err *e)
{
	const char *path = arena_cstr(c->w->arena, c->t->paths.p[c->root]);

	c->rootfd[c->root] = -1;
	if (walk_refuse(path, e) == -1)
		return -1;
	if (access(path, F_OK) == -1 && errno == ENOENT) {
		work_append(c->w, "missing", c->t->paths.p[c->root]);
		return 0;
	}
	if ((c->rootfd[c->root] = walk_open(path, e)) == -1)
		return -1;
	(void)walk(c->rootfd[c->root], (unsigned)c->t->max_depth,
	    c->t->whole_top ? on_top : on_entry, on_skipped, c);
	if (c->limited)
		return err_set(e, ERR_LIMIT, "more than %lld would go "
		    "(max_delete): nothing was removed",
		    (long long)c->t->max_delete);
	return 0;
}

static struct str
age_text(struct clean *c, const struct candidate *k)
{
	struct buf b = { 0 };
	struct str s;
	int64_t age = c->w->now_ms - k->time_ms;

	dur_print(&b, age > 2 * DUR_DAY ? age / DUR_DAY * DUR_DAY :
	    age / DUR_SECOND * DUR_SECOND);
	s = arena_printf(c->w->arena, "%s old", buf_cstr(&b));
	buf_release(&b);
	return s;
}

int
clean_plan(struct work *w, struct err *e)
{
	const struct clean_task *t = (const struct clean_task *)w->task;
	struct clean *c = ARENA_NEW(w->arena, struct clean);
	size_t i;

	*c = (struct clean){ .w = w, .t = t, .open = openfiles_scan(),
	    .rootfd = ARENA_ARRAY(w->arena, t->paths.n, int) };
	w->own = c;
	for (c->root = 0; c->root < t->paths.n; c->root++)
		if (look(c, e) == -1)
			return -1;
	keep_newest(c);
	for (i = 0; i < c->found.n; i++) {
		struct candidate *k = &c->found.p[i];

		if (k->kept)
			continue;
		(void)work_step(w, (struct step){
		    .action = k->v.truncate ? "truncate" : k->v.dir ?
		    "remove-dir" : "remove",
		    .what = full(c, k->v.root, k->v.rel),
		    .note = age_text(c, k), .bytes = k->bytes,
		    .own = &k->v });
	}
	return 0;
}

/* ---- one step ---- */

static enum step_end
changed(struct step *s, const char *how)
{
	s->note = str_of(how);
	return STEP_SKIPPED;
}

/* The log that somebody writes: it stays, what is in it goes. */
static enum step_end
empty_log(int dirfd, const char *name, const struct victim *v,
    struct step *s, struct err *e)
{
	int fd = openat(dirfd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK);
	struct stat st;
	enum step_end end = STEP_DONE;

	if (fd == -1) {
		err_sys(e, "cannot open it");
		return STEP_FAILED;
	}
	if (fstat(fd, &st) == -1 || st.st_dev != v->dev ||
	    st.st_ino != v->ino || st.st_nlink != 1) {
		end = changed(s, "it is another file by now");
	} else if (ftruncate(fd, 0) == -1) {
		err_sys(e, "cannot empty it");
		end = STEP_FAILED;
	}
	(void)close(fd);
	return end;
}

static enum step_end
remove_one(int dirfd, const char *name, const struct victim *v,
    struct step *s, struct err *e)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return changed(s, "it is gone already");
	if (st.st_dev != v->dev || st.st_ino != v->ino ||
	    S_ISDIR(st.st_mode) != v->dir)
		return changed(s, "it is another file by now");
	if (!v->dir && (int64_t)st.st_mtim.tv_sec * 1000000000 +
	    st.st_mtim.tv_nsec != v->mtime_ns)
		return changed(s, "it was written to just now");
	if (v->truncate)
		return empty_log(dirfd, name, v, s, e);
	if (!v->dir && S_ISREG(st.st_mode) && is_locked(dirfd, name, LOCK_SH))
		return changed(s, "it is locked by now");
	if (unlinkat(dirfd, name, v->dir ? AT_REMOVEDIR : 0) == 0)
		return STEP_DONE;
	if (errno == ENOENT)
		return changed(s, "it is gone already");
	if (v->dir && (errno == ENOTEMPTY || errno == EEXIST))
		return changed(s, "it is not empty");
	err_sys(e, "cannot remove it");
	return STEP_FAILED;
}

enum step_end
clean_apply(struct work *w, struct step *s, struct err *e)
{
	struct clean *c = w->own;
	const struct victim *v = s->own;
	struct arena scratch = { 0 };
	const char *name;
	enum step_end end;
	int fd = walk_parent(c->rootfd[v->root], v->rel, &scratch, &name);

	if (fd == -1) {
		end = changed(s, "its directory is another one by now");
	} else {
		end = remove_one(fd, name, v, s, e);
		(void)close(fd);
	}
	arena_free(&scratch);
	return end;
}

struct str
clean_rel(const struct step *s)
{
	return ((const struct victim *)s->own)->rel;
}

enum step_end
clean_open(struct work *w, struct step *s, int *fd, struct stat *st,
    struct err *e)
{
	struct clean *c = w->own;
	const struct victim *v = s->own;
	struct arena scratch = { 0 };
	enum step_end end = STEP_DONE;
	const char *name;
	int dir = walk_parent(c->rootfd[v->root], v->rel, &scratch, &name);

	*fd = -1;
	if (dir == -1) {
		end = changed(s, "its directory is another one by now");
	} else if ((*fd = openat(dir, name, O_RDONLY | O_NOFOLLOW |
	    O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) == -1) {
		end = errno == ENOENT ? changed(s, "it is gone already") :
		    STEP_FAILED;
		if (end == STEP_FAILED)
			err_sys(e, "cannot open it");
	} else if (fstat(*fd, st) == -1 || st->st_dev != v->dev ||
	    st->st_ino != v->ino || !S_ISREG(st->st_mode)) {
		end = changed(s, "it is another file by now");
	}
	if (end != STEP_DONE && *fd != -1) {
		(void)close(*fd);
		*fd = -1;
	}
	if (dir != -1)
		(void)close(dir);
	arena_free(&scratch);
	return end;
}

void
clean_finish(struct work *w)
{
	struct clean *c = w->own;
	const struct outcome *o = &w->outcome;
	size_t held_n = c->skipped_open + c->skipped_locked +
	    c->skipped_other;

	work_integer(w, "looked_at", (int64_t)c->looked);
	work_integer(w, "open", (int64_t)c->skipped_open);
	work_integer(w, "locked", (int64_t)c->skipped_locked);
	work_integer(w, "left", (int64_t)c->skipped_other);
	if (w->steps.n == 0 && held_n == 0)
		work_note(w, "nothing to remove");
	else
		work_note(w, "%lld %s, " STR_FMT "%s", (long long)o->done,
		    w->dry_run ? "would go" : "removed",
		    STR_ARG(bytes_text(w->arena, o->bytes)),
		    held_n ? arena_printf(w->arena, "; %zu left (open, "
		    "locked, or not ours)", held_n).p : "");
}
