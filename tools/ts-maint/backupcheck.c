#include "backupcheck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backupset.h"
#include "core/io.h"
#include "net/gunzip.h"
#include "tarball.h"
#include "walk.h"

#define MANIFEST_MAX	((size_t)2 << 30)

struct checking {
	struct work *w;
	int dirfd, fd;
	struct str dir;
	const char *name;
	struct backup_report *r;
	struct buf manifest;
	struct err *e;
};

/* ---- what stands beside it ---- */

/* 1 read, 0 there is none, -1 with *e. */
static int
read_beside(struct checking *c, const char *suffix, size_t max,
    struct buf *out)
{
	const char *path = arena_printf(c->w->arena, "%s%s", c->name,
	    suffix).p;
	struct stat st;
	int fd = openat(c->dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC), rc = 1;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return err_sys(c->e, "cannot open '%s'", path);
	out->max = max;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		rc = err_set(c->e, ERR_CONFIG, "'%s' is no file", path);
	else if (io_read_all(fd, out, c->e) == -1)
		rc = -1;
	(void)close(fd);
	return rc;
}

static int
check_manifest(struct checking *c, const struct sums *s)
{
	unsigned char sum[HASH_SHA256_BYTES];
	int rc = read_beside(c, MANIFEST_SUFFIX, MANIFEST_MAX, &c->manifest);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return s->has_manifest ? err_set(c->e, ERR_CONFIG,
		    "its manifest is missing") : 0;
	if (!s->has_manifest)
		return err_set(c->e, ERR_CONFIG, "its checksums lack that of "
		    "its manifest");
	hash_sha256(buf_str(&c->manifest), sum);
	if (memcmp(sum, s->manifest, sizeof(sum)) != 0)
		return err_set(c->e, ERR_CONFIG, "its manifest has another "
		    "checksum");
	c->r->listed = true;
	return 0;
}

static int
check_sums(struct checking *c)
{
	unsigned char sum[HASH_SHA256_BYTES];
	struct buf text = { 0 };
	struct sums s;
	int rc = read_beside(c, SUMS_SUFFIX, SUMS_MAX, &text);

	if (rc == 1)
		rc = sums_read(buf_str(&text), str_of(c->name), &s, c->e) ==
		    -1 ? -1 : 1;
	buf_release(&text);
	if (rc < 1)
		return rc;
	if (sum_file(c->fd, c->w, sum, NULL, c->e) == -1)
		return -1;
	if (memcmp(sum, s.file, sizeof(sum)) != 0)
		return err_set(c->e, ERR_CONFIG, "it has another checksum: "
		    "it was damaged or changed");
	c->r->summed = true;
	return check_manifest(c, &s);
}

/* ---- what it is made of ---- */

static int
no_bytes(void *arg, struct str bytes, struct err *e)
{
	(void)arg;
	(void)bytes;
	(void)e;
	return 0;
}

/* libarchive does not look at the checksum of gzip. */
static int
check_gzip(struct checking *c)
{
	struct gunzip *g = gunzip_new(c->e);
	static char room[64 << 10];
	ssize_t n = 0;
	off_t at = 0;
	int rc = g == NULL ? -1 : 0;

	while (rc == 0 && (n = pread(c->fd, room, sizeof(room), at)) > 0) {
		rc = gunzip_feed(g, (struct str){ room, (size_t)n }, no_bytes,
		    NULL, c->e);
		at += n;
	}
	if (rc == 0 && (n == -1 || !gunzip_complete(g)))
		rc = err_set(c->e, ERR_SYNTAX, "it is cut off");
	gunzip_free(g);
	return rc;
}

static int
restore_program(struct checking *c, const char *const *argv, struct buf *out)
{
	struct proc_result p = { 0 };
	struct str how, line;

	if (work_ask(c->w, argv, 0, &p, c->e) == -1)
		return -1;
	how = work_ending(c->w, &p);
	if (how.n) {
		(void)str_cut(buf_str(&p.err), '\n', &line);
		(void)err_set(c->e, ERR_SYNTAX, "pg_restore: " STR_FMT,
		    STR_ARG(line.n ? line : how));
	} else if (out != NULL) {
		(void)buf_put(out, buf_str(&p.out));
	}
	proc_result_release(&p);
	return how.n ? -1 : 0;
}

/* "213; 1259 16385 TABLE public big owner" */
static bool
is_table(struct str line)
{
	struct str word;
	int i;

	for (i = 0; i < 3; i++)
		line = str_cut(line, ' ', &word);
	return str_starts(line, STR("TABLE ")) &&
	    !str_starts(line, STR("TABLE DATA ")) &&
	    !str_starts(line, STR("TABLE ATTACH "));
}

/* Its table of contents, and all of its data. */
static int
check_dump(struct checking *c)
{
	const char *path = arena_printf(c->w->arena, STR_FMT "/%s",
	    STR_ARG(c->dir), c->name).p;
	const char *list[] = { "pg_restore", "--list", path, NULL },
	    *all[] = { "pg_restore", "-f", "/dev/null", path, NULL };
	struct buf out = { 0 };
	struct str line, rest;
	int rc;

	c->r->form = "dump";
	rc = restore_program(c, list, &out);
	for (rest = buf_str(&out); rest.n;) {
		rest = str_cut(rest, '\n', &line);
		if (line.n == 0 || line.p[0] == ';')
			continue;
		c->r->entries++;
		c->r->tables += is_table(line);
	}
	buf_release(&out);
	if (rc == 0)
		rc = restore_program(c, all, NULL);
	return rc;
}

static bool
is_archive_name(const char *name)
{
	static const char *const globs[] = { "*.tar", "*.tar.*", "*.tgz",
	    "*.txz", "*.tbz2", "*.tzst" };
	size_t i;

	for (i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (fnmatch(globs[i], name, 0) == 0)
			return true;
	return false;
}

static const struct str magics[] = {
	STR("\x1f\x8b"), STR("BZh"), STR("\xfd" "7zXZ"),
	STR("\x28\xb5\x2f\xfd"), STR("\x04\x22\x4d\x18"),
};

static bool
is_compressed(struct str head)
{
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (str_starts(head, magics[i]))
			return true;
	return false;
}

static int
check_archive(struct checking *c, int into, int64_t max_bytes)
{
	struct tar_read t = { .manifest = buf_str(&c->manifest), .into = into,
	    .max_bytes = max_bytes };
	int rc = tar_read(c->w, c->fd, &t, c->e);

	c->r->form = "archive";
	c->r->entries = t.entries;
	c->r->contents_bytes = t.bytes;
	c->r->left_out = t.left_out;
	return rc;
}

static int
check_contents(struct checking *c, int into, int64_t max_bytes)
{
	char room[8];
	ssize_t n = pread(c->fd, room, sizeof(room), 0);
	struct str head = { room, n > 0 ? (size_t)n : 0 };

	if (n <= 0)
		return err_set(c->e, ERR_SYNTAX, "it is empty");
	if (str_starts(head, STR("PGDMP")))
		return check_dump(c);
	if (!c->r->summed && str_starts(head, magics[0]) &&
	    check_gzip(c) == -1)
		return -1;
	if (c->r->listed || is_archive_name(c->name))
		return check_archive(c, into, max_bytes);
	c->r->form = "file";
	if (is_compressed(head))
		return tar_unpack(c->w, c->fd, &c->r->contents_bytes, c->e);
	return c->r->summed ? 0 : err_set(c->e, ERR_CONFIG, "nothing tells "
	    "whether it is good: it has no checksum, and is neither an "
	    "archive nor a dump");
}

int
backup_check(struct work *w, int dirfd, struct str dir, const char *name,
    int into, int64_t max_bytes, struct backup_report *r, struct err *e)
{
	struct checking c = { .w = w, .dirfd = dirfd, .dir = dir,
	    .name = name, .r = r, .e = e };
	struct stat st;
	int rc = -1;

	*r = (struct backup_report){ .form = "file" };
	*e = (struct err){ 0 };
	c.fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (c.fd == -1)
		return err_sys(e, "cannot open it");
	if (fstat(c.fd, &st) == -1 || !S_ISREG(st.st_mode))
		(void)err_set(e, ERR_CONFIG, "it is no file");
	else if (check_sums(&c) == 0 &&
	    check_contents(&c, into, max_bytes) == 0)
		rc = 0;
	r->bytes = st.st_size;
	(void)close(c.fd);
	buf_release(&c.manifest);
	return rc;
}

/* ---- which ones ---- */

static int
newest_first(const void *x, const void *y)
{
	const struct backup_found *a = x, *b = y;

	if (a->mtime_ms != b->mtime_ms)
		return a->mtime_ms < b->mtime_ms ? 1 : -1;
	return -str_cmp(a->name, b->name);
}

static bool
wanted(struct work *w, const struct backup_pick *p, const char *name)
{
	struct str s = str_of(name);
	size_t i;

	if (*name == '.' || str_ends(s, STR(SUMS_SUFFIX)) ||
	    str_ends(s, STR(MANIFEST_SUFFIX)))
		return false;
	for (i = 0; i < p->match.n; i++)
		if (fnmatch(arena_cstr(w->arena, p->match.p[i]), name,
		    FNM_PERIOD) == 0)
			return true;
	return false;
}

static int
read_dir(struct work *w, struct backup_pick *p,
    void (*add)(void *arg, struct backup_found f), void *arg, struct err *e)
{
	int fd = openat(p->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return err_sys(e, "cannot read '" STR_FMT "'",
		    STR_ARG(p->dir));
	while ((de = readdir(d)) != NULL)
		if (wanted(w, p, de->d_name) && fstatat(p->fd, de->d_name,
		    &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			add(arg, (struct backup_found){
			    .name = { arena_cstr(w->arena,
			    str_of(de->d_name)), strlen(de->d_name) },
			    .mtime_ms = (int64_t)st.st_mtim.tv_sec * 1000 +
			    st.st_mtim.tv_nsec / 1000000,
			    .bytes = st.st_size });
	(void)closedir(d);
	return 0;
}

struct found_list {
	VEC(struct backup_found) v;
};

static void
add_found(void *arg, struct backup_found f)
{
	struct found_list *l = arg;

	vec_push(&l->v, f);
}

int
backup_pick_list(struct work *w, struct backup_pick *p,
    struct backup_found **out, size_t *n, struct err *e)
{
	struct found_list l = { 0 };
	size_t i;
	int rc = -1;

	while (p->dir.n > 1 && p->dir.p[p->dir.n - 1] == '/')
		p->dir.n--;
	p->newest_ms = p->newest_bytes = p->before_bytes = -1;
	if ((p->fd = walk_open(arena_cstr(w->arena, p->dir), e)) == -1 ||
	    read_dir(w, p, add_found, &l, e) == -1)
		goto out;
	if (l.v.n)
		qsort(l.v.p, l.v.n, sizeof(*l.v.p), newest_first);
	p->matched = (int64_t)l.v.n;
	if (l.v.n) {
		p->newest_ms = l.v.p[0].mtime_ms;
		p->newest_bytes = l.v.p[0].bytes;
	}
	if (l.v.n > 1)
		p->before_bytes = l.v.p[1].bytes;
	for (i = 0; i < l.v.n; i++)
		if ((p->newest && i >= (size_t)p->newest) || (p->within_ms &&
		    w->now_ms - l.v.p[i].mtime_ms > p->within_ms))
			break;
	*n = i;
	*out = ARENA_ARRAY(w->arena, i + 1, struct backup_found);
	if (i)
		memcpy(*out, l.v.p, i * sizeof(**out));
	rc = i ? 0 : err_set(e, ERR_CONFIG, "no file in '" STR_FMT "' %s",
	    STR_ARG(p->dir), l.v.n ? "is young enough" : "matches");
out:
	vec_release(&l.v);
	return rc;
}
