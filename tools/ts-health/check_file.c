/*
 * check_file: files by pattern: are there any, how old is the newest, how
 * large, how many.  "The newest backup is older than a day" means that it
 * did not run.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/num.h"
#include "kinds.h"
#include "re/re.h"

#define CONTENT_MAX	((size_t)16 << 20)

struct file_check {
	struct check check;
	struct str path, regex, owner, sha256;
	struct re *re;
	bool absent, exists;
	struct { bool set; mode_t bits; } mode, mode_max;
	int64_t age_warn_ms, age_crit_ms, oldest_warn_ms, oldest_crit_ms;
	struct range size_warn, size_crit, count_warn, count_crit;
};

/* 0640, as chmod(1) takes it */
static int
decode_mode(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct { bool set; mode_t bits; } *out = field;
	size_t i;

	(void)a;
	out->bits = 0;
	for (i = 0; n->kind == Y_SCALAR && i < n->scalar.n && i < 6; i++) {
		if (n->scalar.p[i] < '0' || n->scalar.p[i] > '7')
			break;
		out->bits = out->bits * 8 + (mode_t)(n->scalar.p[i] - '0');
	}
	if (n->kind != Y_SCALAR || i == 0 || i < n->scalar.n ||
	    out->bits > 07777)
		return ynode_err(n, e, "expected an octal mode (0640)");
	out->set = true;
	return 0;
}

#define T	struct file_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("path", YT_STR, offsetof(T, path), .flags = YF_REQUIRED),
	YROW("absent", YT_BOOL, offsetof(T, absent)),
	YROW("exists", YT_BOOL, offsetof(T, exists), .dflt = "true"),
	YROW("owner", YT_STR, offsetof(T, owner)),
	YROW("mode", YT_CUSTOM, offsetof(T, mode), .decode = decode_mode),
	YROW("mode_max", YT_CUSTOM, offsetof(T, mode_max),
	    .decode = decode_mode),
	YROW("sha256", YT_STR, offsetof(T, sha256)),
	YROW("regex", YT_STR, offsetof(T, regex)),
	YROW("age_warn", YT_DURATION, offsetof(T, age_warn_ms)),
	YROW("age_crit", YT_DURATION, offsetof(T, age_crit_ms)),
	YROW("oldest_warn", YT_DURATION, offsetof(T, oldest_warn_ms)),
	YROW("oldest_crit", YT_DURATION, offsetof(T, oldest_crit_ms)),
	BYTES_ROW("size_warn", T, size_warn),
	BYTES_ROW("size_crit", T, size_crit),
	RANGE_ROW("count_warn", T, count_warn),
	RANGE_ROW("count_crit", T, count_crit),
};
KIND_FIELDS(file, T);
#undef T

static int
file_configure(struct check *c, struct arena *a, struct err *e)
{
	struct file_check *f = (struct file_check *)c;
	struct err why;

	if (f->path.n == 0)
		return ynode_err(c->node, e, "'path' is empty");
	if (f->regex.n && (f->re = re_compile_in(a, f->regex, 0,
	    &why)) == NULL)
		return ynode_err(c->node, e, "regex: %s", why.msg);
	if (f->sha256.n && f->sha256.n != 2 * (size_t)HASH_SHA256_BYTES)
		return ynode_err(ynode_get(c->node, "sha256"), e, "'sha256' "
		    "has %d hexadecimal digits", 2 * HASH_SHA256_BYTES);
	f->absent |= !f->exists;
	c->target = f->path;
	return 0;
}

/*
 * The newest of them, and in *oldest when the oldest was changed; what
 * vanishes meanwhile does not count.
 */
static const char *
newest(const glob_t *g, struct stat *best, time_t *oldest)
{
	const char *path = NULL;
	struct stat st;
	size_t i;

	for (i = 0; i < g->gl_pathc; i++) {
		if (stat(g->gl_pathv[i], &st) == -1)
			continue;
		if (path == NULL || st.st_mtime < *oldest)
			*oldest = st.st_mtime;
		if (path == NULL || st.st_mtime > best->st_mtime) {
			path = g->gl_pathv[i];
			*best = st;
		}
	}
	return path;
}

static void
check_age(const char *what, double age, int64_t warn_ms, int64_t crit_ms,
    struct check_result *r)
{
	if (crit_ms && age * 1000 > (double)crit_ms)
		check_say(r, CHECK_FAIL, "%s is %.0f seconds old", what, age);
	if (warn_ms && age * 1000 > (double)warn_ms)
		check_say(r, CHECK_WARN, "%s is %.0f seconds old", what, age);
}

/* USER, or USER:GROUP, or :GROUP; numbers do as well. */
static void
check_owner(const struct file_check *f, const char *path,
    const struct stat *st, struct check_result *r)
{
	struct str user, group = str_cut(f->owner, ':', &user);
	struct passwd *pw = getpwuid(st->st_uid);
	struct group *gr = getgrgid(st->st_gid);
	int64_t id;
	bool ok = user.n == 0 ||
	    (pw != NULL && str_eq(user, str_of(pw->pw_name))) ||
	    (num_parse_i64(user, 0, UINT32_MAX, &id) && id == st->st_uid);

	ok = ok && (group.n == 0 ||
	    (gr != NULL && str_eq(group, str_of(gr->gr_name))) ||
	    (num_parse_i64(group, 0, UINT32_MAX, &id) && id == st->st_gid));
	if (ok)
		return;
	check_say(r, CHECK_FAIL, "'%s' belongs to %s (%ld):%s (%ld), not to '"
	    STR_FMT "'", path, pw ? pw->pw_name : "nobody known",
	    (long)st->st_uid, gr ? gr->gr_name : "none known",
	    (long)st->st_gid, STR_ARG(f->owner));
}

static void
check_mode(const struct file_check *f, const char *path,
    const struct stat *st, struct check_result *r)
{
	unsigned mode = st->st_mode & 07777;

	if (f->mode.set && mode != f->mode.bits)
		check_say(r, CHECK_FAIL, "'%s' has mode %04o, not %04o", path,
		    mode, (unsigned)f->mode.bits);
	if (f->mode_max.set && (mode & ~f->mode_max.bits))
		check_say(r, CHECK_FAIL, "'%s' has mode %04o, more than %04o",
		    path, mode, (unsigned)f->mode_max.bits);
}

/* Mapped, since it may be large; should it shrink now, only we end. */
static void
check_digest(const struct file_check *f, const char *path,
    struct check_result *r)
{
	unsigned char digest[HASH_SHA256_BYTES];
	struct buf hex = { 0 };
	struct stat st;
	void *p = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1 || fstat(fd, &st) == -1) {
		check_say(r, CHECK_UNKNOWN, "cannot open '%s': %s", path,
		    strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		check_say(r, CHECK_FAIL, "'%s' is no regular file", path);
		goto out;
	}
	if (st.st_size && (p = mmap(NULL, (size_t)st.st_size, PROT_READ,
	    MAP_PRIVATE, fd, 0)) == MAP_FAILED) {
		check_say(r, CHECK_UNKNOWN, "cannot read '%s': %s", path,
		    strerror(errno));
		goto out;
	}
	hash_sha256((struct str){ p, (size_t)st.st_size }, digest);
	(void)hash_hex(&hex, digest, sizeof(digest));
	if (!str_eq_nocase(buf_str(&hex), f->sha256))
		check_say(r, CHECK_FAIL, "'%s' has another SHA-256: " STR_FMT,
		    path, STR_ARG(buf_str(&hex)));
	if (p != NULL)
		(void)munmap(p, (size_t)st.st_size);
out:
	if (fd != -1)
		(void)close(fd);
	buf_release(&hex);
}

/* What all of them must be. */
static void
check_each(const struct file_check *f, const glob_t *g,
    struct check_result *r)
{
	struct stat st;
	size_t i;

	for (i = 0; i < g->gl_pathc; i++) {
		if (stat(g->gl_pathv[i], &st) == -1)
			continue;
		if (f->owner.n)
			check_owner(f, g->gl_pathv[i], &st, r);
		check_mode(f, g->gl_pathv[i], &st, r);
		if (f->sha256.n)
			check_digest(f, g->gl_pathv[i], r);
	}
}

static void
check_content(const struct file_check *f, const char *path,
    struct check_result *r)
{
	struct buf b = { 0 };
	struct err e;

	if (f->re == NULL)
		return;
	if (io_read_file(path, CONTENT_MAX, &b, &e) == -1)
		check_failed(r, &e);
	else if (!re_match(f->re, buf_str(&b)))
		check_say(r, CHECK_FAIL, "'%s' does not match '" STR_FMT "'",
		    path, STR_ARG(f->regex));
	buf_release(&b);
}

static void
check_newest(const struct file_check *f, const glob_t *g,
    struct check_result *r)
{
	static const struct range none;
	struct clk wall = { .kind = CLK_WALL };
	double now = (double)clk_now(&wall) / 1000, age;
	struct stat st;
	time_t oldest = 0;
	const char *path = newest(g, &st, &oldest);

	if (path == NULL) {
		check_say(r, CHECK_FAIL, "no file '" STR_FMT "'",
		    STR_ARG(f->path));
		return;
	}
	age = now - (double)st.st_mtime;
	check_measure(r, STR("age"), age, "s", &none, &none, "age");
	check_age(arena_printf(r->arena, "'%s'", path).p, age,
	    f->age_warn_ms, f->age_crit_ms, r);
	check_age("the oldest file", now - (double)oldest,
	    f->oldest_warn_ms, f->oldest_crit_ms, r);
	check_measure(r, STR("size"), (double)st.st_size, "B", &f->size_warn,
	    &f->size_crit, "size");
	check_content(f, path, r);
	check_each(f, g, r);
	check_note(r, "%zu files, the newest '%s' of %lld bytes",
	    g->gl_pathc, path, (long long)st.st_size);
}

static bool denied;		/* a directory on the way is not for us */

static int
on_glob_error(const char *path, int why)
{
	(void)path;
	denied |= why == EACCES;
	return 0;
}

static void
file_run(const struct check *c, struct check_result *r)
{
	const struct file_check *f = (const struct file_check *)c;
	const char *path = arena_cstr(r->arena, f->path);
	struct stat st;
	glob_t g = { 0 };
	int rc;

	denied = false;
	rc = glob(path, 0, on_glob_error, &g);
	if (rc == GLOB_NOMATCH && (denied || (lstat(path, &st) == -1 &&
	    errno == EACCES))) {
		check_say(r, CHECK_UNKNOWN, "may not look for '%s'", path);
		return;
	}
	if (rc != 0 && rc != GLOB_NOMATCH) {
		check_say(r, CHECK_UNKNOWN, "cannot look for '" STR_FMT
		    "': %s", STR_ARG(f->path), strerror(errno));
		return;
	}
	check_measure(r, STR("count"), (double)g.gl_pathc, "",
	    &f->count_warn, &f->count_crit, "count");
	if (!f->absent)
		check_newest(f, &g, r);
	else if (g.gl_pathc > 0)
		check_say(r, CHECK_FAIL, "'%s' is there", g.gl_pathv[0]);
	else
		check_note(r, "no file '%s'", path);
	globfree(&g);
}

const struct check_kind check_file = {
	.name = "file", .operand = "path", .fields = &file_fields,
	.configure = file_configure, .run = file_run,
};
