#include "backupset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/io.h"
#include "walk.h"

#define STALE_MS	DUR_DAY		/* a partial file that old is nobody's */
#define PARTIAL		".partial."

/* ---- names ---- */

struct civil {
	int64_t year;
	unsigned month, day, hour, minute, second;
};

static struct civil
civil_of(int64_t ms, const struct tz *zone)
{
	int64_t s = ms / 1000 + tz_offset(zone, ms / 1000), days, rest;
	struct civil c;

	days = s / 86400 - (s % 86400 < 0);
	rest = s - days * 86400;
	time_civil_from_days(days, &c.year, &c.month, &c.day);
	c.hour = (unsigned)(rest / 3600);
	c.minute = (unsigned)(rest / 60 % 60);
	c.second = (unsigned)(rest % 60);
	return c;
}

static int64_t
ms_of(const struct civil *c, const struct tz *zone)
{
	int64_t local = time_days_from_civil(c->year, c->month, c->day) *
	    86400 + c->hour * 3600 + c->minute * 60 + c->second, s;

	s = local - tz_offset(zone, local);
	/* the offset of that moment, not of the one that local would be */
	return (local - tz_offset(zone, s)) * 1000;
}

bool
backup_name_ok(struct str name, const char **why)
{
	size_t i;

	*why = NULL;
	if (str_find(name, STR("{date}")) < 0)
		*why = "'file' needs {date}";
	for (i = 0; i < name.n; i++)
		if (name.p[i] == '/' || (unsigned char)name.p[i] <= ' ')
			*why = "'file' has no '/' and no blanks";
	if (name.n > 150 || (name.n && name.p[0] == '.'))
		*why = "'file' is too long, or begins with '.'";
	return *why == NULL;
}

/* The next part of a pattern: a placeholder's word, else text. */
static struct str
next_part(struct str *pattern, struct str *word)
{
	static const char *const words[] = { "{date}", "{time}", "{host}" };
	struct str text = *pattern;
	size_t i, at;

	*word = STR_NONE;
	for (at = 0; at < pattern->n; at++)
		for (i = 0; i < 3; i++)
			if (str_starts(str_sub(*pattern, at, pattern->n),
			    str_of(words[i]))) {
				text = str_sub(*pattern, 0, at);
				*word = str_of(words[i]);
				*pattern = str_sub(*pattern, at + word->n,
				    pattern->n);
				return text;
			}
	*pattern = STR_NONE;
	return text;
}

static void
put_time(struct buf *b, const struct civil *c)
{
	(void)buf_printf(b, "%02u%02u%02u", c->hour, c->minute, c->second);
}

static struct str
name_of(const struct backupset *s, int64_t ms, bool with_time,
    struct arena *a)
{
	struct civil c = civil_of(ms, s->zone);
	struct str pattern = s->name, word;
	struct buf b = { 0 };

	while (pattern.n) {
		(void)buf_put(&b, next_part(&pattern, &word));
		if (str_eq(word, STR("{date}")))
			(void)buf_printf(&b, "%04lld%02u%02u",
			    (long long)c.year, c.month, c.day);
		else if (str_eq(word, STR("{time}")))
			put_time(&b, &c);
		else if (word.n)
			(void)buf_put(&b, s->host);
	}
	if (with_time) {
		(void)buf_putc(&b, '_');
		put_time(&b, &c);
	}
	(void)buf_put(&b, str_of(s->ext));
	word = (struct str){ arena_cstr(a, buf_str(&b)), b.n };
	buf_release(&b);
	return word;
}

struct str
backupset_name(const struct backupset *s, int64_t ms, struct arena *a)
{
	struct str plain = name_of(s, ms, false, a);
	struct stat st;

	if (fstatat(s->fd, plain.p, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return plain;
	return name_of(s, ms, true, a);
}

/* n digits off the front of *s. */
static bool
digits(struct str *s, size_t n, unsigned *out)
{
	size_t i;

	*out = 0;
	if (s->n < n)
		return false;
	for (i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(s->p[i] - '0');
	}
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool
take_time(struct str *s, struct civil *c)
{
	return digits(s, 2, &c->hour) && digits(s, 2, &c->minute) &&
	    digits(s, 2, &c->second) && c->hour < 24 && c->minute < 60 &&
	    c->second < 61;
}

static bool
take_date(struct str *s, struct civil *c)
{
	unsigned year;

	if (!digits(s, 4, &year) || !digits(s, 2, &c->month) ||
	    !digits(s, 2, &c->day))
		return false;
	c->year = year;
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	    c->day <= 31;
}

static bool
take_text(struct str *s, struct str text)
{
	if (!str_starts(*s, text))
		return false;
	*s = str_sub(*s, text.n, s->n);
	return true;
}

/* What the pattern says stands at the front of *s. */
static bool
take_pattern(const struct backupset *b, struct str *s, struct civil *c,
    bool *timed)
{
	struct str pattern = b->name, word;
	bool ok = true;

	while (pattern.n && ok) {
		if (!take_text(s, next_part(&pattern, &word)))
			return false;
		if (str_eq(word, STR("{date}")))
			ok = take_date(s, c);
		else if (str_eq(word, STR("{time}")))
			ok = *timed = take_time(s, c);
		else if (word.n)
			ok = take_text(s, b->host);
	}
	return ok;
}

bool
backupset_time(const struct backupset *b, struct str file, int64_t mtime_ms,
    int64_t *ms)
{
	struct civil c = { 0 }, m = civil_of(mtime_ms, b->zone);
	bool timed = false;

	if (!str_ends(file, str_of(b->ext)))
		return false;
	file.n -= strlen(b->ext);
	if (!take_pattern(b, &file, &c, &timed))
		return false;
	if (file.n) {
		if (!take_text(&file, STR("_")) || !take_time(&file, &c) ||
		    file.n)
			return false;
		timed = true;
	}
	if (!timed && m.year == c.year && m.month == c.month &&
	    m.day == c.day)
		*ms = mtime_ms;
	else
		*ms = ms_of(&c, b->zone);
	return true;
}

/* ---- the directory ---- */

int
backupset_open(struct backupset *s, struct arena *a, struct err *e)
{
	char host[256] = "";
	struct err none;

	s->zone = NULL;
	(void)tz_load(STR("Local"), a, &s->zone, &none);
	(void)gethostname(host, sizeof(host) - 1);
	s->host = arena_str(a, str_of(host));
	s->fd = walk_open(arena_cstr(a, s->dir), e);
	return s->fd == -1 ? -1 : 0;
}

void
backupset_close(struct backupset *s)
{
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
}

struct found {
	struct str name;
	int64_t ms, bytes;
	dev_t dev;
	ino_t ino;
	bool backup;		/* else something left over */
};

struct listing {
	VEC(struct found) v;
};

static int64_t
mtime_ms(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 +
	    st->st_mtim.tv_nsec / 1000000;
}

static bool
exists(const struct backupset *s, struct str name, struct arena *a)
{
	struct stat st;

	return fstatat(s->fd, arena_cstr(a, name), &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

/* .NAME.partial.PID, or NAME.sha256 without a NAME: of a run that ended. */
static bool
is_left_over(const struct backupset *s, struct str name,
    const struct stat *st, int64_t now_ms, struct arena *a)
{
	static const char *const suffixes[] = { "", MANIFEST_SUFFIX,
	    SUMS_SUFFIX };
	ptrdiff_t at = str_find(name, STR(PARTIAL));
	bool partial = name.n && name.p[0] == '.' && at > 0;
	struct str base = partial ? str_sub(name, 1, (size_t)at) : name;
	int64_t ms;
	size_t i;

	if (now_ms - mtime_ms(st) < STALE_MS)
		return false;
	for (i = partial ? 0 : 1; i < 3; i++) {
		struct str b = base;

		if (!str_ends(b, str_of(suffixes[i])))
			continue;
		b.n -= strlen(suffixes[i]);
		if (backupset_time(s, b, 0, &ms) &&
		    (partial || !exists(s, b, a)))
			return true;
	}
	return false;
}

static int
list(const struct backupset *s, int64_t now_ms, struct arena *a,
    struct listing *l, struct err *e)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct found f;
	struct dirent *de;
	struct stat st;

	if (d == NULL) {
		if (fd != -1)
			(void)close(fd);
		return err_sys(e, "cannot read '" STR_FMT "'",
		    STR_ARG(s->dir));
	}
	while ((de = readdir(d)) != NULL) {
		if (fstatat(s->fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
		    -1 || !S_ISREG(st.st_mode))
			continue;
		f = (struct found){ .bytes = st.st_size, .dev = st.st_dev,
		    .ino = st.st_ino };
		f.backup = backupset_time(s, str_of(de->d_name),
		    mtime_ms(&st), &f.ms);
		if (!f.backup && !is_left_over(s, str_of(de->d_name), &st,
		    now_ms, a))
			continue;
		f.name = (struct str){ arena_cstr(a, str_of(de->d_name)),
		    strlen(de->d_name) };
		vec_push(&l->v, f);
	}
	(void)closedir(d);
	return 0;
}

int64_t
backupset_newest_bytes(struct backupset *s, struct arena *a)
{
	struct listing l = { 0 };
	int64_t newest = INT64_MIN, bytes = -1;
	struct err e;
	size_t i;

	if (list(s, 0, a, &l, &e) == 0)
		for (i = 0; i < l.v.n; i++)
			if (l.v.p[i].backup && l.v.p[i].ms > newest) {
				newest = l.v.p[i].ms;
				bytes = l.v.p[i].bytes;
			}
	vec_release(&l.v);
	return bytes;
}

int64_t
backupset_room(const struct backupset *s, struct err *e)
{
	struct statvfs fs;

	if (fstatvfs(s->fd, &fs) == -1)
		return err_sys(e, "cannot look at '" STR_FMT "'",
		    STR_ARG(s->dir));
	return (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

/* ---- what goes ---- */

static int
by_name(const void *x, const void *y)
{
	const struct found *a = x, *b = y;

	return str_cmp(a->name, b->name);
}

static void
plan_one(struct backupset *s, struct work *w, const struct found *f,
    const char *why)
{
	struct step *step = work_step(w, (struct step){ .action = "remove",
	    .what = arena_printf(w->arena, STR_FMT "/" STR_FMT,
	    STR_ARG(s->dir), STR_ARG(f->name)), .note = str_of(why),
	    .bytes = f->bytes });

	step->own = ARENA_NEW(w->arena, struct found);
	*(struct found *)step->own = *f;
}

int
backupset_plan_removal(struct backupset *s, struct work *w, struct err *e)
{
	struct listing l = { 0 };
	int64_t *times;
	bool *keep;
	size_t i, n = 0;

	if (list(s, w->now_ms, w->arena, &l, e) == -1)
		return -1;
	if (l.v.n)
		qsort(l.v.p, l.v.n, sizeof(*l.v.p), by_name);
	times = ARENA_ARRAY(w->arena, l.v.n + 1, int64_t);
	keep = ARENA_ARRAY(w->arena, l.v.n + 1, bool);
	for (i = 0; i < l.v.n; i++)
		if (l.v.p[i].backup)
			times[n++] = l.v.p[i].ms;
	times[n] = w->now_ms;	/* the one that is to be made */
	retention_apply(s->keep, times, n + 1, s->zone, keep);
	for (i = 0, n = 0; i < l.v.n; i++)
		if (!l.v.p[i].backup)
			plan_one(s, w, &l.v.p[i], "left over");
		else if (!keep[n++])
			plan_one(s, w, &l.v.p[i], "not to be kept");
	vec_release(&l.v);
	return 0;
}

enum step_end
backupset_remove(struct backupset *s, struct work *w, struct step *step,
    struct err *e)
{
	const struct found *f = step->own;
	struct stat st;

	if (fstatat(s->fd, f->name.p, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_dev != f->dev || st.st_ino != f->ino) {
		step->note = STR("it is not what it was");
		return STEP_SKIPPED;
	}
	if (unlinkat(s->fd, f->name.p, 0) == -1) {
		err_sys(e, "cannot remove it");
		return STEP_FAILED;
	}
	if (f->backup) {
		(void)unlinkat(s->fd, arena_printf(w->arena, STR_FMT
		    SUMS_SUFFIX, STR_ARG(f->name)).p, 0);
		(void)unlinkat(s->fd, arena_printf(w->arena, STR_FMT
		    MANIFEST_SUFFIX, STR_ARG(f->name)).p, 0);
	}
	return STEP_DONE;
}

/* ---- a new one ---- */

int
backup_create(struct backupset *s, struct str name, struct arena *a,
    struct backup_file *f, struct err *e)
{
	f->name = name;
	f->partial = arena_cstr(a, arena_printf(a, "." STR_FMT PARTIAL "%ld",
	    STR_ARG(name), (long)getpid()));
	f->fd = openat(s->fd, f->partial, O_RDWR | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f->fd == -1)
		return err_sys(e, "cannot write in '" STR_FMT "'",
		    STR_ARG(s->dir));
	return 0;
}

void
backup_abandon(struct backupset *s, struct backup_file *f)
{
	if (f->fd == -1)
		return;
	(void)close(f->fd);
	f->fd = -1;
	if (f->partial != NULL)
		(void)unlinkat(s->fd, f->partial, 0);
}

static int
put_file(struct backupset *s, const char *path, struct str text,
    struct err *e)
{
	int fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd != -1 && io_write_all(fd, text) == 0 && fsync(fd) == 0 &&
	    close(fd) == 0)
		return 0;
	(void)err_sys(e, "cannot write '%s'", path);
	if (fd != -1) {
		(void)close(fd);
		(void)unlinkat(s->fd, path, 0);
	}
	return -1;
}

/* A rename that replaces nothing; not every file system has that. */
static int
name_it(struct backupset *s, const char *from, const char *to,
    struct err *e)
{
	if (renameat2(s->fd, from, s->fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL && linkat(s->fd, from, s->fd, to, 0) == 0) {
		(void)unlinkat(s->fd, from, 0);
		return 0;
	}
	return err_sys(e, "cannot name it '%s'", to);
}

static struct str
sums_text(const struct backup_file *f, struct str manifest, struct arena *a)
{
	unsigned char sum[HASH_SHA256_BYTES];
	struct buf b = { 0 };
	struct str out;

	(void)hash_hex(&b, f->sha256, HASH_SHA256_BYTES);
	(void)buf_printf(&b, "  " STR_FMT "\n", STR_ARG(f->name));
	if (manifest.n) {
		hash_sha256(manifest, sum);
		(void)hash_hex(&b, sum, HASH_SHA256_BYTES);
		(void)buf_printf(&b, "  " STR_FMT MANIFEST_SUFFIX "\n",
		    STR_ARG(f->name));
	}
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* The three of them, the backup itself last. */
int
backup_commit(struct backupset *s, struct backup_file *f,
    struct str manifest, struct arena *a, struct err *e)
{
	const char *final = arena_cstr(a, f->name),
	    *list_name = arena_printf(a, "%s" MANIFEST_SUFFIX, final).p,
	    *sums_name = arena_printf(a, "%s" SUMS_SUFFIX, final).p,
	    *list_tmp = arena_printf(a, ".%s" PARTIAL "%ld", list_name,
	    (long)getpid()).p,
	    *sums_tmp = arena_printf(a, ".%s" PARTIAL "%ld", sums_name,
	    (long)getpid()).p;
	bool listed = false, summed = false;

	if (fsync(f->fd) == -1)
		return err_sys(e, "cannot write '%s'", final);
	if (manifest.n && put_file(s, list_tmp, manifest, e) == -1)
		return -1;
	if (put_file(s, sums_tmp, sums_text(f, manifest, a), e) == -1)
		goto undo;
	if (manifest.n && !(listed = name_it(s, list_tmp, list_name, e) == 0))
		goto undo;
	if (!(summed = name_it(s, sums_tmp, sums_name, e) == 0) ||
	    name_it(s, f->partial, final, e) == -1)
		goto undo;
	f->partial = NULL;
	if (fsync(s->fd) == -1)
		return err_sys(e, "cannot write '" STR_FMT "'",
		    STR_ARG(s->dir));
	return 0;
undo:
	if (manifest.n)
		(void)unlinkat(s->fd, listed ? list_name : list_tmp, 0);
	(void)unlinkat(s->fd, summed ? sums_name : sums_tmp, 0);
	return -1;
}

/* ---- sums ---- */

int
sum_file(int fd, const struct work *w, unsigned char out[HASH_SHA256_BYTES],
    int64_t *bytes, struct err *e)
{
	struct hash_sha256 *h = hash_sha256_begin();
	static char room[256 << 10];
	int64_t at = 0;
	ssize_t n;

	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = pread(fd, room, sizeof(room), at)) > 0 ||
	    (n == -1 && errno == EINTR)) {
		if (w != NULL && work_stopping(w))
			break;
		if (n == -1)
			continue;
		hash_sha256_more(h, (struct str){ room, (size_t)n });
		at += n;
	}
	hash_sha256_end(h, out);
	if (bytes != NULL)
		*bytes = at;
	if (n == -1)
		return err_sys(e, "cannot read it");
	return n == 0 ? 0 : err_set(e, ERR_SYS, "stopped");
}

/* "HEX  NAME\n", and nothing that sha256sum would also take. */
static bool
take_sum(struct str *s, struct str name, unsigned char *out)
{
	static const char hex[] = "0123456789abcdef";
	const char *hi, *lo;
	size_t i;

	if (s->n < 2 * HASH_SHA256_BYTES)
		return false;
	for (i = 0; i < HASH_SHA256_BYTES; i++) {
		hi = memchr(hex, s->p[2 * i], 16);
		lo = memchr(hex, s->p[2 * i + 1], 16);
		if (hi == NULL || lo == NULL)
			return false;
		out[i] = (unsigned char)((hi - hex) << 4 | (lo - hex));
	}
	*s = str_sub(*s, 2 * HASH_SHA256_BYTES, s->n);
	return take_text(s, STR("  ")) && take_text(s, name);
}

int
sums_read(struct str text, struct str file, struct sums *out, struct err *e)
{
	*out = (struct sums){ 0 };
	if (!take_sum(&text, file, out->file) || !take_text(&text, STR("\n")))
		goto bad;
	if (text.n == 0)
		return 0;
	out->has_manifest = true;
	if (take_sum(&text, file, out->manifest) &&
	    str_eq(text, STR(MANIFEST_SUFFIX "\n")))
		return 0;
bad:
	return err_set(e, ERR_SYNTAX, "its checksum file is damaged");
}
