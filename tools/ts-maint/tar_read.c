/*
 * tar_read: an archive back to its entries, compared, and put on disk.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "backupset.h"
#include "core/dynlib.h"
#include "core/io.h"
#include "lazy.h"
#include "tarball.h"
#include "walk.h"

#define BLOCK_BYTES	((size_t)256 << 10)
#define DEPTH_MAX	200	/* of a path: what is made can be removed */
#define DIR_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct reader {
	struct work *w;
	struct tar_read *r;
	struct archive *a;
	struct arena arena;	/* of an entry */
	struct str rest;	/* of the manifest */
	bool compared;		/* there is one */
	struct err *e;
};

static int
damaged(struct reader *rd, struct str path)
{
	const char *why = archive_error_string(rd->a);

	return err_set(rd->e, ERR_SYNTAX, "%s" STR_FMT "%sit is damaged: %s",
	    path.n ? "'" : "", STR_ARG(path), path.n ? "': " : "",
	    why ? why : "unknown error");
}

/* A path that stays below where it is put. */
static bool
path_ok(struct str s)
{
	struct str part;
	int depth = 0;

	if (s.n == 0 || s.p[0] == '/')
		return false;
	while (s.p != NULL) {
		s = str_cut(s, '/', &part);
		if (str_eq(part, STR("..")) || depth++ == DEPTH_MAX)
			return false;
	}
	return true;
}

/* Where a link leads, counted in directories from the root: never above. */
static bool
link_ok(struct str path, struct str to)
{
	struct str part, rest = path;
	int depth = -1;

	if (to.n == 0 || to.p[0] == '/')
		return false;
	while (rest.p != NULL) {
		rest = str_cut(rest, '/', &part);
		depth += part.n && !str_eq(part, STR("."));
	}
	while (to.p != NULL) {
		to = str_cut(to, '/', &part);
		if (str_eq(part, STR("..")))
			depth--;
		else
			depth += part.n && !str_eq(part, STR("."));
		if (depth < 0)
			return false;
	}
	return true;
}

/* ---- the entry as it stands in the archive ---- */

static int
entry_of(struct reader *rd, struct archive_entry *en, struct entry *x)
{
	const char *path = archive_entry_pathname(en),
	    *hard = archive_entry_hardlink(en);

	*x = (struct entry){ 0 };
	if (path == NULL)
		return err_set(rd->e, ERR_SYNTAX, "an entry has no name");
	x->path = arena_str(&rd->arena, str_of(path));
	while (x->path.n > 1 && x->path.p[x->path.n - 1] == '/')
		x->path.n--;
	if (hard != NULL)
		x->type = ENTRY_HARDLINK;
	else if (!entry_type_of(archive_entry_filetype(en), &x->type))
		return err_set(rd->e, ERR_SYNTAX, "'" STR_FMT "' is of no "
		    "known type", STR_ARG(x->path));
	x->mode = archive_entry_perm(en) & 07777;
	x->uid = archive_entry_uid(en);
	x->gid = archive_entry_gid(en);
	x->mtime_s = archive_entry_mtime(en);
	if (x->type == ENTRY_HARDLINK)
		x->link = arena_str(&rd->arena, str_of(hard));
	else if (x->type == ENTRY_LINK)
		x->link = arena_str(&rd->arena,
		    str_of(archive_entry_symlink(en)));
	if (x->type == ENTRY_FILE)
		x->size = archive_entry_size(en);
	if (!path_ok(x->path) ||
	    (x->type == ENTRY_HARDLINK && !path_ok(x->link)))
		return err_set(rd->e, ERR_CONFIG, "'" STR_FMT "' leads out of "
		    "the archive", STR_ARG(x->path));
	return 0;
}

/* The next line of the manifest is this entry. */
static int
compare(struct reader *rd, const struct entry *x, struct entry *want)
{
	struct str line;
	const char *what;

	if (!rd->compared)
		return 0;
	if (rd->rest.n == 0)
		return err_set(rd->e, ERR_CONFIG, "'" STR_FMT "' is not in "
		    "the manifest", STR_ARG(x->path));
	rd->rest = str_cut(rd->rest, '\n', &line);
	if (manifest_read(line, &rd->arena, want, rd->e) == -1)
		return err_prefix(rd->e, "manifest");
	if ((what = entry_differs(x, want)) != NULL)
		return err_set(rd->e, ERR_CONFIG, "'" STR_FMT "' has another "
		    "%s than the manifest says", STR_ARG(want->path), what);
	return 0;
}

/* ---- its contents ---- */

static int
within(struct reader *rd, struct str path, int64_t bytes)
{
	if (work_stopping(rd->w))
		return err_set(rd->e, ERR_SYS, "stopped");
	if (rd->r->max_bytes && bytes > rd->r->max_bytes - rd->r->bytes)
		return err_set(rd->e, ERR_LIMIT, "'" STR_FMT "': more than "
		    STR_FMT " come out of it", STR_ARG(path),
		    STR_ARG(bytes_text(&rd->arena, rd->r->max_bytes)));
	return 0;
}

static void
hash_zeros(struct hash_sha256 *h, int64_t n)
{
	static const char zeros[65536];
	int64_t some;

	for (; n > 0; n -= some) {
		some = n < (int64_t)sizeof(zeros) ? n :
		    (int64_t)sizeof(zeros);
		hash_sha256_more(h, (struct str){ zeros, (size_t)some });
	}
}

static int
write_at(int fd, const char *p, size_t n, int64_t at)
{
	ssize_t did;

	for (; n > 0; p += did, n -= (size_t)did, at += did)
		if ((did = pwrite(fd, p, n, at)) == -1) {
			if (errno != EINTR)
				return -1;
			did = 0;
		}
	return 0;
}

/* All of it: into the hash, and with fd to disk; holes stay holes. */
static int
drain(struct reader *rd, const struct entry *x, int fd, unsigned char *sha256)
{
	struct hash_sha256 *h = hash_sha256_begin();
	const void *p;
	size_t n;
	la_int64_t at;
	int64_t end = 0;
	/* Holes of any size may stand there; only who compares needs them. */
	bool whole = rd->compared || fd != -1;
	int rc, bad = 0;

	while (bad == 0 && (rc = archive_read_data_block(rd->a, &p, &n,
	    &at)) != ARCHIVE_EOF) {
		if (rc < ARCHIVE_WARN || at < end ||
		    at > INT64_MAX - (int64_t)n)
			bad = damaged(rd, x->path);
		else if (within(rd, x->path, at + (int64_t)n) == -1)
			bad = -1;
		else if (fd != -1 && write_at(fd, p, n, at) == -1)
			bad = err_sys(rd->e, "cannot write '" STR_FMT "'",
			    STR_ARG(x->path));
		if (bad == 0) {
			hash_zeros(h, whole ? at - end : 0);
			hash_sha256_more(h, (struct str){ p, n });
			end = at + (int64_t)n;
		}
	}
	if (bad == 0 && end < x->size &&
	    (bad = within(rd, x->path, x->size)) == 0)
		hash_zeros(h, whole ? x->size - end : 0);
	hash_sha256_end(h, sha256);
	if (bad == 0 && fd != -1 && ftruncate(fd, x->size) == -1)
		bad = err_sys(rd->e, "cannot write '" STR_FMT "'",
		    STR_ARG(x->path));
	rd->r->bytes += end > x->size ? end : x->size;
	return bad;
}

/* ---- onto the disk ---- */

/* The directory that path is to stand in, made where it is not there. */
static int
parent_of(struct reader *rd, struct str path, const char **name)
{
	struct str part, rest = str_cut(path, '/', &part);
	int fd = openat(rd->r->into, ".", DIR_FLAGS), next;
	char *p;

	while (fd != -1 && rest.p != NULL) {
		p = arena_cstr(&rd->arena, part);
		if (part.n && !str_eq(part, STR("."))) {
			if (mkdirat(fd, p, 0700) == -1 && errno != EEXIST) {
				(void)close(fd);
				return -1;
			}
			next = openat(fd, p, DIR_FLAGS);
			(void)close(fd);
			fd = next;
		}
		rest = str_cut(rest, '/', &part);
	}
	*name = arena_cstr(&rd->arena, part);
	return fd;
}

static int
put_hardlink(struct reader *rd, const struct entry *x, int dir,
    const char *name)
{
	const char *from;
	int fd = parent_of(rd, x->link, &from), rc = -1;

	if (fd != -1) {
		rc = linkat(fd, from, dir, name, 0);
		(void)close(fd);
	}
	return rc;
}

/* A descriptor of a file to fill, or -1 in *fd when there is none. */
static int
make(struct reader *rd, const struct entry *x, int dir, const char *name,
    int *fd)
{
	switch (x->type) {
	case ENTRY_FILE:
		*fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
		return *fd == -1 ? -1 : 0;
	case ENTRY_DIR:
		return strcmp(name, ".") == 0 || mkdirat(dir, name,
		    0700) == 0 || errno == EEXIST ? 0 : -1;
	case ENTRY_LINK:
		if (link_ok(x->path, x->link))
			return symlinkat(arena_cstr(&rd->arena, x->link), dir,
			    name);
		break;
	case ENTRY_HARDLINK:
		return put_hardlink(rd, x, dir, name);
	case ENTRY_FIFO:
		return mkfifoat(dir, name, 0600);
	case ENTRY_CHAR:
	case ENTRY_BLOCK:
	case ENTRY_NTYPES:
		break;
	}
	rd->r->left_out++;
	return 0;
}

static int
read_back(struct reader *rd, const struct entry *x, int fd,
    const unsigned char *sha256)
{
	unsigned char disk[HASH_SHA256_BYTES];

	if (sum_file(fd, rd->w, disk, NULL, rd->e) == -1)
		return -1;
	if (memcmp(disk, sha256, sizeof(disk)) != 0)
		return err_set(rd->e, ERR_SYS, "'" STR_FMT "' is not on disk "
		    "what came out of the archive", STR_ARG(x->path));
	return fchmod(fd, x->mode & 0700) == -1 ? err_sys(rd->e,
	    "cannot set the mode of '" STR_FMT "'", STR_ARG(x->path)) : 0;
}

static int
one(struct reader *rd, struct archive_entry *en)
{
	unsigned char sha256[HASH_SHA256_BYTES];
	struct entry x, want = { 0 };
	const char *name;
	int dir = -1, fd = -1, rc = -1;

	if (entry_of(rd, en, &x) == -1 || compare(rd, &x, &want) == -1)
		return -1;
	if (rd->r->into != -1 &&
	    ((dir = parent_of(rd, x.path, &name)) == -1 ||
	    make(rd, &x, dir, name, &fd) == -1))
		(void)err_sys(rd->e, "cannot make '" STR_FMT "'",
		    STR_ARG(x.path));
	else if (drain(rd, &x, fd, sha256) == 0 &&
	    (fd == -1 || read_back(rd, &x, fd, sha256) == 0))
		rc = 0;
	if (rc == 0 && rd->compared && x.type == ENTRY_FILE &&
	    memcmp(sha256, want.sha256, sizeof(sha256)) != 0)
		rc = err_set(rd->e, ERR_CONFIG, "'" STR_FMT "' has other "
		    "contents than the manifest says", STR_ARG(x.path));
	if (fd != -1)
		(void)close(fd);
	if (dir != -1)
		(void)close(dir);
	return rc;
}

static int
all(struct reader *rd)
{
	struct archive_entry *en;
	int rc;

	for (;;) {
		arena_reset(&rd->arena);
		if (work_stopping(rd->w))
			return err_set(rd->e, ERR_SYS, "stopped");
		rc = archive_read_next_header(rd->a, &en);
		if (rc == ARCHIVE_EOF)
			break;
		if (rc < ARCHIVE_WARN)
			return damaged(rd, STR_NONE);
		if (one(rd, en) == -1)
			return -1;
		if (++rd->r->entries % 100 == 0)
			work_progress(rd->w, "%lld entries",
			    (long long)rd->r->entries);
	}
	if (rd->rest.n)
		return err_set(rd->e, ERR_CONFIG, "the manifest has more "
		    "entries than the archive");
	return rd->r->entries ? 0 : err_set(rd->e, ERR_SYNTAX, "there is "
	    "nothing in it");
}

static struct archive *
new_reader(void)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		mem_exhausted();
	/* Those only that need no program to run. */
	(void)archive_read_support_filter_bzip2(a);
	(void)archive_read_support_filter_gzip(a);
	(void)archive_read_support_filter_lz4(a);
	(void)archive_read_support_filter_xz(a);
	(void)archive_read_support_filter_zstd(a);
	return a;
}

/* The library at hand, fd at its start. */
static int
ready(int fd, struct err *e)
{
	*e = (struct err){ 0 };
	if (dynlib_have(LIBARCHIVE, e) == -1)
		return -1;
	/* As tar_write: names that are UTF-8 come back as their bytes. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return lseek(fd, 0, SEEK_SET) == -1 ? err_sys(e, "cannot read it") :
	    0;
}

int
tar_read(struct work *w, int fd, struct tar_read *r, struct err *e)
{
	struct reader rd = { .w = w, .r = r, .rest = r->manifest,
	    .compared = r->manifest.n > 0, .e = e };
	int rc;

	r->entries = r->bytes = r->left_out = 0;
	if (ready(fd, e) == -1)
		return -1;
	rd.a = new_reader();
	(void)archive_read_support_format_tar(rd.a);
	rc = archive_read_open_fd(rd.a, fd, BLOCK_BYTES) == ARCHIVE_OK ?
	    all(&rd) : damaged(&rd, STR_NONE);
	(void)archive_read_free(rd.a);
	arena_free(&rd.arena);
	return rc;
}

int
tar_unpack(struct work *w, int fd, int64_t *bytes, struct err *e)
{
	struct tar_read r = { .into = -1 };
	struct reader rd = { .w = w, .r = &r, .e = e };
	struct archive_entry *en;
	struct entry x = { .type = ENTRY_FILE };
	unsigned char sha256[HASH_SHA256_BYTES];
	int rc = -1;

	if (ready(fd, e) == -1)
		return -1;
	rd.a = new_reader();
	(void)archive_read_support_format_raw(rd.a);
	if (archive_read_open_fd(rd.a, fd, BLOCK_BYTES) != ARCHIVE_OK ||
	    archive_read_next_header(rd.a, &en) < ARCHIVE_WARN)
		(void)damaged(&rd, STR_NONE);
	else
		rc = drain(&rd, &x, -1, sha256);
	*bytes = r.bytes;
	(void)archive_read_free(rd.a);
	arena_free(&rd.arena);
	return rc;
}
