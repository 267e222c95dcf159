/*
 * tar_write: from directories into an archive.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "core/dynlib.h"
#include "core/io.h"
#include "core/map.h"
#include "lazy.h"
#include "tarball.h"
#include "walk.h"

#define ROOM_BYTES	((size_t)256 << 10)

static const struct {
	const char *name, *ext;
} filters[] = {
	[TAR_GZIP] = { "gzip", ".tar.gz" }, [TAR_ZSTD] = { "zstd",
	    ".tar.zst" }, [TAR_XZ] = { "xz", ".tar.xz" },
	[TAR_NONE] = { "none", ".tar" },
};

bool
tar_filter_parse(struct str s, enum tar_filter *out)
{
	int i;

	for (i = TAR_GZIP; i <= TAR_NONE; i++)
		if (str_eq(s, str_of(filters[i].name))) {
			*out = (enum tar_filter)i;
			return true;
		}
	return false;
}

const char *
tar_filter_ext(enum tar_filter f)
{
	return filters[f].ext;
}

/* ---- the walk over all sources ---- */

/* One thing to store: its path in the archive, and where it is. */
typedef int tree_fn(void *arg, struct str stored, const struct walk_entry *en);

struct tree_walk {
	struct work *w;
	const struct tree *t;
	struct str prefix;	/* of the source at hand, without '/' */
	struct buf path;
	tree_fn *fn;
	void	(*skipped)(void *arg, struct str stored, const char *why);
	void *arg;
};

static struct str
stored_path(struct tree_walk *tw, struct str rel)
{
	buf_reset(&tw->path);
	(void)buf_put(&tw->path, tw->prefix);
	if (rel.n) {
		if (tw->prefix.n)
			(void)buf_putc(&tw->path, '/');
		(void)buf_put(&tw->path, rel);
	}
	if (tw->path.n == 0)
		(void)buf_put(&tw->path, STR("."));
	(void)buf_cstr(&tw->path);
	return buf_str(&tw->path);
}

static bool
excluded(struct tree_walk *tw, const char *stored, const char *name)
{
	const struct ystrs *x = &tw->t->exclude;
	const char *glob;
	size_t i;

	for (i = 0; i < x->n; i++) {
		glob = arena_cstr(tw->w->arena, x->p[i]);
		if (strchr(glob, '/') == NULL) {
			if (fnmatch(glob, name, 0) == 0)
				return true;
		} else if (fnmatch(*glob == '/' ? glob + 1 : glob, stored,
		    0) == 0) {
			return true;
		}
	}
	return false;
}

static int
on_entry(void *arg, const struct walk_entry *en)
{
	struct tree_walk *tw = arg;
	struct str stored;

	if (work_stopping(tw->w))
		return WALK_STOP;
	if (en->after)
		return WALK_ON;
	stored = stored_path(tw, en->rel);
	if (excluded(tw, stored.p, en->name))
		return WALK_PRUNE;
	if (en->st.st_dev == tw->t->not_dev && en->st.st_ino == tw->t->not_ino)
		return WALK_PRUNE;
	return tw->fn(tw->arg, stored, en);
}

static void
on_skipped(void *arg, struct str rel, const char *why)
{
	struct tree_walk *tw = arg;

	tw->skipped(tw->arg, stored_path(tw, rel), why);
}

/* A file, a link: the one entry of its source. */
static int
walk_single(struct tree_walk *tw, const char *path, struct err *e)
{
	char parent[PATH_MAX], *slash;
	struct walk_entry en = { .depth = 1 };
	int rc = 0;

	if (strlen(path) >= sizeof(parent))
		return err_set(e, ERR_CONFIG, "a source is too long a path");
	memcpy(parent, path, strlen(path) + 1);
	slash = strrchr(parent, '/');
	en.name = slash + 1;
	path = slash == parent ? "/" : parent;
	if (slash != parent)
		*slash = '\0';
	if ((en.dirfd = walk_open(path, e)) == -1)
		return -1;
	if (fstatat(en.dirfd, en.name, &en.st, AT_SYMLINK_NOFOLLOW) == -1)
		rc = err_sys(e, "cannot look at '%s/%s'", path, en.name);
	else if (on_entry(tw, &en) == WALK_STOP)
		rc = 1;
	(void)close(en.dirfd);
	return rc;
}

static int
walk_dirs(struct tree_walk *tw, const char *path, struct err *e)
{
	struct walk_entry en = { .name = ".", .depth = 0 };
	int rc = 0, fd = walk_open(path, e);

	if (fd == -1)
		return -1;
	en.dirfd = fd;
	if (fstat(fd, &en.st) == -1)
		rc = err_sys(e, "cannot look at '%s'", path);
	else if (tw->fn(tw->arg, stored_path(tw, STR_NONE), &en) ==
	    WALK_STOP || walk(fd, 0, on_entry, on_skipped, tw) == -1)
		rc = 1;
	(void)close(fd);
	return rc;
}

/* 0; 1 when fn stopped it; -1 with *e. */
static int
tree_walk(struct tree_walk *tw, struct err *e)
{
	const struct tree *t = tw->t;
	struct stat st;
	struct str s;
	const char *path;
	size_t i;
	int rc = 0;

	for (i = 0; i < t->sources.n && rc == 0; i++) {
		s = t->sources.p[i];
		while (s.n > 1 && s.p[s.n - 1] == '/')
			s.n--;
		path = arena_cstr(tw->w->arena, s);
		tw->prefix = str_sub(s, 1, s.n);
		if (lstat(path, &st) == -1)
			rc = err_sys(e, "cannot look at '%s'", path);
		else if (S_ISDIR(st.st_mode))
			rc = walk_dirs(tw, path, e);
		else
			rc = walk_single(tw, path, e);
	}
	buf_release(&tw->path);
	return rc;
}

/* ---- counting ---- */

struct counting {
	struct work *w;
	struct tree_count *c;
};

static int
count_one(void *arg, struct str stored, const struct walk_entry *en)
{
	struct tree_count *c = ((struct counting *)arg)->c;

	(void)stored;
	if (S_ISREG(en->st.st_mode)) {
		c->files++;
		c->bytes += en->st.st_size;
	} else if (S_ISSOCK(en->st.st_mode)) {
		c->sockets++;
	} else {
		c->others++;
	}
	return WALK_ON;
}

static void
count_skipped(void *arg, struct str stored, const char *why)
{
	struct counting *k = arg;

	if (strcmp(why, "another file system") == 0) {
		k->c->other_mounts++;
		return;
	}
	if (k->c->nunreadable++ == 0)
		k->c->unreadable = arena_printf(k->w->arena, "'" STR_FMT
		    "': %s", STR_ARG(stored), why);
}

int
tree_count(struct work *w, const struct tree *t, struct tree_count *c,
    struct err *e)
{
	struct counting k = { w, c };
	struct tree_walk tw = { .w = w, .t = t, .fn = count_one,
	    .skipped = count_skipped, .arg = &k };

	*c = (struct tree_count){ 0 };
	switch (tree_walk(&tw, e)) {
	case 0:
		return 0;
	case 1:
		return err_set(e, ERR_SYS, "stopped");
	default:
		return -1;
	}
}

/* ---- writing ---- */

struct writer {
	struct work *w;
	struct archive *a, *disk;
	struct archive_entry *en;
	struct hash_sha256 *sum;
	int fd;
	struct buf *manifest;
	struct tar_notes *notes;
	struct map names;	/* "dev:ino" of several names: the first */
	char *room;
	int64_t files;
	struct err *e;
	bool failed;
};

static int
stop(struct writer *wr)
{
	wr->failed = true;
	return WALK_STOP;
}

static int
wrong(struct writer *wr, struct str stored, const char *what)
{
	err_sys(wr->e, "cannot %s '" STR_FMT "'", what, STR_ARG(stored));
	return stop(wr);
}

static void
note(struct writer *wr, struct str stored, int64_t *count, const char *what)
{
	if (wr->notes->changed + wr->notes->vanished == 0)
		wr->notes->first = arena_printf(wr->w->arena, "'" STR_FMT
		    "' %s", STR_ARG(stored), what);
	(*count)++;
}

/* The archive's own words; a write that failed has said errno's. */
static int
archive_wrong(struct writer *wr)
{
	const char *why = archive_error_string(wr->a);

	if (wr->e->kind == ERR_NONE)
		err_set(wr->e, ERR_SYS, "cannot write the archive: %s",
		    why ? why : "unknown error");
	return stop(wr);
}

static la_ssize_t
on_bytes(struct archive *a, void *arg, const void *p, size_t n)
{
	struct writer *wr = arg;
	struct str s = { p, n };

	(void)a;
	if (io_write_all(wr->fd, s) == -1) {
		err_sys(wr->e, "cannot write the archive");
		return -1;
	}
	hash_sha256_more(wr->sum, s);
	return (la_ssize_t)n;
}

/* The contents: as many bytes as the header says, whatever becomes of it. */
static int
put_contents(struct writer *wr, struct str stored, int fd, int64_t size,
    unsigned char *sha256)
{
	struct hash_sha256 *h = hash_sha256_begin();
	int64_t at = 0;
	ssize_t n = 1;
	size_t want;
	int rc = WALK_ON;

	while (at < size && rc == WALK_ON) {
		want = size - at < (int64_t)ROOM_BYTES ? (size_t)(size - at) :
		    ROOM_BYTES;
		if (n > 0 && (n = pread(fd, wr->room, want, at)) == -1) {
			rc = wrong(wr, stored, "read");
			break;
		}
		if (n <= 0)	/* it has become shorter */
			memset(wr->room, 0, want);
		else
			want = (size_t)n;
		hash_sha256_more(h, (struct str){ wr->room, want });
		if (archive_write_data(wr->a, wr->room, want) < 0)
			rc = archive_wrong(wr);
		at += (int64_t)want;
		if (work_stopping(wr->w)) {
			err_set(wr->e, ERR_SYS, "stopped");
			rc = stop(wr);
		}
	}
	hash_sha256_end(h, sha256);
	return rc;
}

/* Another name of what is in the archive already: the first one. */
static struct str
first_name(struct writer *wr, const struct stat *st, struct str stored)
{
	struct arena *a = wr->w->arena;
	struct str key, *first;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return STR_NONE;
	key = arena_printf(a, "%llx:%llx", (unsigned long long)st->st_dev,
	    (unsigned long long)st->st_ino);
	if ((first = map_get(&wr->names, key)) != NULL)
		return *first;
	first = ARENA_NEW(a, struct str);
	*first = (struct str){ arena_cstr(a, stored), stored.n };
	(void)map_put(&wr->names, key, first);
	return STR_NONE;
}

static bool
same_times(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int
put_header(struct writer *wr, struct str stored, int fd,
    const struct stat *st, const struct entry *x)
{
	(void)archive_entry_clear(wr->en);
	archive_entry_set_pathname(wr->en, stored.p);
	archive_entry_copy_stat(wr->en, st);
	/* Holes, ACLs, attributes: what it cannot read of these it leaves. */
	if (fd != -1 && x->type != ENTRY_HARDLINK)
		(void)archive_read_disk_entry_from_file(wr->disk, wr->en, fd,
		    st);
	if (x->type == ENTRY_HARDLINK) {
		archive_entry_set_hardlink(wr->en, x->link.p);
		archive_entry_set_size(wr->en, 0);
	} else if (x->type == ENTRY_LINK) {
		archive_entry_set_symlink(wr->en, x->link.p);
	}
	if (archive_write_header(wr->a, wr->en) < ARCHIVE_WARN)
		return archive_wrong(wr);
	return WALK_ON;
}

static int
put_link(struct writer *wr, struct str stored, const struct walk_entry *en,
    struct entry *x)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(en->dirfd, en->name, to, sizeof(to));

	if (n == -1 && errno == ENOENT) {
		note(wr, stored, &wr->notes->vanished, "has vanished");
		return WALK_PRUNE;
	}
	if (n == -1)
		return wrong(wr, stored, "read");
	x->link = (struct str){ arena_cstr(wr->w->arena, (struct str){ to,
	    (size_t)n }), (size_t)n };
	return WALK_ON;
}

/* A file or directory is opened, then it is what was seen or nothing. */
static int
open_it(struct writer *wr, struct str stored, const struct walk_entry *en,
    struct stat *st, int *fd)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	*fd = openat(en->dirfd, en->name, flags | O_NOATIME);
	if (*fd == -1 && errno == EPERM)
		*fd = openat(en->dirfd, en->name, flags);
	if (*fd == -1 && (errno == ENOENT || errno == ELOOP)) {
		note(wr, stored, &wr->notes->vanished, "has vanished");
		return WALK_PRUNE;
	}
	if (*fd == -1 || fstat(*fd, st) == -1)
		return wrong(wr, stored, "read");
	if (st->st_ino != en->st.st_ino || st->st_dev != en->st.st_dev) {
		note(wr, stored, &wr->notes->vanished, "has vanished");
		return WALK_PRUNE;
	}
	return WALK_ON;
}

static int
put_file(struct writer *wr, struct str stored, int fd, const struct stat *st,
    struct entry *x)
{
	struct stat now;
	int rc = put_contents(wr, stored, fd, st->st_size, x->sha256);

	x->size = st->st_size;
	if (rc == WALK_ON && (fstat(fd, &now) == -1 ||
	    !same_times(st, &now)))
		note(wr, stored, &wr->notes->changed,
		    "changed while it was read");
	return rc;
}

static int
put_one(void *arg, struct str stored, const struct walk_entry *en)
{
	struct writer *wr = arg;
	struct stat st = en->st;
	struct entry x = { .path = stored };
	struct str first;
	int fd = -1, rc = WALK_ON;

	if (wr->failed)
		return WALK_STOP;
	if (!entry_type_of(st.st_mode, &x.type))
		return WALK_ON;		/* a socket */
	if (x.type == ENTRY_LINK)
		rc = put_link(wr, stored, en, &x);
	else if (x.type == ENTRY_FILE || x.type == ENTRY_DIR)
		rc = open_it(wr, stored, en, &st, &fd);
	if (rc == WALK_ON && (first = first_name(wr, &st, stored)).n) {
		x.type = ENTRY_HARDLINK;
		x.link = first;
	}
	if (rc == WALK_ON)
		rc = put_header(wr, stored, fd, &st, &x);
	if (rc == WALK_ON && x.type == ENTRY_FILE)
		rc = put_file(wr, stored, fd, &st, &x);
	if (fd != -1)
		(void)close(fd);
	if (rc != WALK_ON)
		return rc;
	if (archive_write_finish_entry(wr->a) < ARCHIVE_WARN)
		return archive_wrong(wr);
	x.mode = st.st_mode & 07777;
	x.uid = st.st_uid;
	x.gid = st.st_gid;
	x.mtime_s = st.st_mtim.tv_sec;
	manifest_put(wr->manifest, &x);
	if (++wr->files % 100 == 0)
		work_progress(wr->w, "%lld files", (long long)wr->files);
	return WALK_ON;
}

static void
put_skipped(void *arg, struct str stored, const char *why)
{
	struct writer *wr = arg;

	if (strcmp(why, "another file system") == 0 || wr->failed)
		return;
	err_set(wr->e, ERR_SYS, "cannot read '" STR_FMT "': %s",
	    STR_ARG(stored), why);
	wr->failed = true;
}

static int
start(struct writer *wr, enum tar_filter f)
{
	/* Names are bytes; those that are UTF-8 are told as such. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	wr->a = archive_write_new();
	wr->disk = archive_read_disk_new();
	wr->en = archive_entry_new();
	if (wr->a == NULL || wr->disk == NULL || wr->en == NULL)
		mem_exhausted();
	if (f == TAR_GZIP)
		(void)archive_write_add_filter_gzip(wr->a);
	else if (f == TAR_ZSTD)
		(void)archive_write_add_filter_zstd(wr->a);
	else if (f == TAR_XZ)
		(void)archive_write_add_filter_xz(wr->a);
	(void)archive_write_set_format_pax_restricted(wr->a);
	(void)archive_write_set_bytes_in_last_block(wr->a, 1);
	if (archive_write_open(wr->a, wr, NULL, on_bytes, NULL) !=
	    ARCHIVE_OK)
		return archive_wrong(wr);
	return 0;
}

int
tar_write(struct work *w, const struct tree *t, enum tar_filter f, int fd,
    struct buf *manifest, unsigned char sha256[HASH_SHA256_BYTES],
    struct tar_notes *notes, struct err *e)
{
	struct writer wr = { .w = w, .fd = fd, .manifest = manifest,
	    .notes = notes, .e = e };
	struct tree_walk tw = { .w = w, .t = t, .fn = put_one,
	    .skipped = put_skipped, .arg = &wr };
	int rc = -1;

	*notes = (struct tar_notes){ 0 };
	*e = (struct err){ 0 };
	if (dynlib_have(LIBARCHIVE, e) == -1)
		return -1;
	wr.sum = hash_sha256_begin();
	wr.room = mem_alloc(ROOM_BYTES);
	if (start(&wr, f) == 0 && tree_walk(&tw, e) == 0 && !wr.failed) {
		if (archive_write_close(wr.a) == ARCHIVE_OK)
			rc = 0;
		else
			(void)archive_wrong(&wr);
	}
	if (rc == -1 && e->kind == ERR_NONE)
		err_set(e, ERR_SYS, "stopped");
	(void)archive_write_free(wr.a);
	(void)archive_read_free(wr.disk);
	archive_entry_free(wr.en);
	hash_sha256_end(wr.sum, sha256);
	map_release(&wr.names);
	mem_free(wr.room);
	return rc;
}
