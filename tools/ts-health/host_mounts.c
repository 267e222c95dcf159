#include "host_mounts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clk.h"
#include "core/map.h"
#include "core/utf8.h"
#include "core/vec.h"
#include "re/re.h"

/* File systems of the kernel's own, images, and layers of containers. */
static bool
fstype_excluded(struct str s)
{
	static const char *const kinds[] = {
		"autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2",
		"configfs", "debugfs", "devpts", "devtmpfs", "erofs",
		"fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs",
		"overlay", "proc", "procfs", "pstore", "rpc_pipefs",
		"securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq(s, str_of(kinds[i])))
			return true;
	return false;
}

static bool
point_excluded(struct str s)
{
	/* With a slash at the end: something must follow. */
	static const char *const places[] = {
		"/dev", "/proc", "/sys", "/run/credentials/",
		"/var/lib/docker/", "/var/lib/containers/storage/",
	};
	size_t i, n;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		n = strlen(places[i]);
		if (!str_starts(s, str_of(places[i])))
			continue;
		if (places[i][n - 1] == '/' ? s.n > n :
		    s.n == n || s.p[n] == '/')
			return true;
	}
	return false;
}

static bool
octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Blank, tab, newline and backslash stand as \ooo in the table. */
static struct str
unescape(struct str s, struct arena *a)
{
	char *out = arena_raw(a, s.n + 1);
	size_t i = 0, n = 0;

	while (i < s.n) {
		if (s.p[i] == '\\' && i + 3 < s.n && octal(s.p[i + 1]) &&
		    octal(s.p[i + 2]) && octal(s.p[i + 3])) {
			out[n++] = (char)((s.p[i + 1] - '0') << 6 |
			    (s.p[i + 2] - '0') << 3 | (s.p[i + 3] - '0'));
			i += 4;
		} else {
			out[n++] = s.p[i++];
		}
	}
	out[n] = '\0';
	return (struct str){ out, n };
}

/* A label value must be UTF-8; a path need not be. */
static struct str
as_utf8(struct str s, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	size_t at = 0;

	if (utf8_valid(s))
		return s;
	while (at < s.n)
		(void)utf8_put(&b, utf8_next(s, &at));
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static bool
has_option(struct str options, const char *word)
{
	struct str one;

	while (options.p) {
		options = str_cut(options, ',', &one);
		if (str_eq(one, str_of(word)))
			return true;
	}
	return false;
}

static struct str
field(struct str *line)
{
	struct str f;

	*line = str_cut(*line, ' ', &f);
	return f;
}

/*
 * id parent major:minor root point options [tag...] - type source super
 */
static bool
parse_mount(struct str line, const char *rootfs, struct arena *a,
    struct mount *m)
{
	struct str point, options, device;
	int i;

	for (i = 0; i < 4; i++)
		(void)field(&line);
	point = unescape(field(&line), a);
	options = field(&line);
	while (line.p && !str_eq(field(&line), STR("-")))
		continue;
	m->fstype = field(&line);
	device = field(&line);
	if (device.n == 0)
		return false;
	/* The mount's own, or the whole file system's. */
	m->failed = has_option(line, "emergency_ro");
	m->readonly = has_option(options, "ro") || has_option(line, "ro") ||
	    m->failed;
	m->device = as_utf8(unescape(device, a), a);
	m->point = as_utf8(point, a);
	m->path = arena_printf(a, "%s" STR_FMT,
	    strcmp(rootfs, "/") == 0 ? "" : rootfs, STR_ARG(point)).p;
	return true;
}

static bool
excluded(const struct mount *m, const struct mounts_filter *f)
{
	return (f->fstype ? re_match(f->fstype, m->fstype) :
	    fstype_excluded(m->fstype)) || (f->point ?
	    re_match(f->point, m->point) : point_excluded(m->point));
}

/*
 * Kernel code that answers from memory.  Everything else may wait: for a
 * server, for a program (FUSE), for a transaction.
 */
static bool
fstype_quick(struct str s)
{
	static const char *const kinds[] = { "ext2", "ext3", "ext4", "ramfs",
	    "tmpfs", "vfat", "xfs" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq(s, str_of(kinds[i])))
			return true;
	return false;
}

/* What must be passed on the way to b. */
static bool
is_above(const struct mount *a, const struct mount *b)
{
	return a != b && str_starts(b->point, a->point) &&
	    (a->point.n == 1 || (b->point.n > a->point.n &&
	    b->point.p[a->point.n] == '/'));
}

static bool
is_quick(const struct mount *m, const struct map *all)
{
	const struct map_entry *entry;
	const struct mount *above;
	size_t i = 0;

	if (!fstype_quick(m->fstype))
		return false;
	while ((entry = map_next(all, &i)) != NULL) {
		above = entry->value;
		if (is_above(above, m) && !fstype_quick(above->fstype) &&
		    !str_eq(above->fstype, STR("overlay")))
			return false;
	}
	return true;
}

size_t
mounts_select(struct str table, const char *rootfs,
    const struct mounts_filter *filter, struct arena *a, struct mount **out)
{
	struct map at = { 0 };		/* point -> its last mount */
	struct map_entry *entry;
	struct mount *m;
	struct str line;
	size_t i = 0, n = 0;

	while (table.p) {
		table = str_cut(table, '\n', &line);
		m = ARENA_NEW(a, struct mount);
		if (parse_mount(line, rootfs, a, m))
			(void)map_put(&at, m->point, m);
	}
	*out = ARENA_ARRAY(a, at.n, struct mount);
	while ((entry = map_next(&at, &i)) != NULL) {
		m = entry->value;
		if (excluded(m, filter))
			continue;
		(*out)[n] = *m;
		(*out)[n++].quick = strcmp(rootfs, "/") == 0 &&
		    is_quick(m, &at);
	}
	map_release(&at);
	return n;
}

size_t
mounts_parse(struct str table, const char *rootfs, struct arena *a,
    struct mount **out)
{
	static const struct mounts_filter usual;

	return mounts_select(table, rootfs, &usual, a, out);
}

const struct mount *
mounts_find(const struct mount *m, size_t n, struct str path)
{
	const struct mount *best = NULL;
	struct str p;
	size_t i;

	for (i = 0; i < n; i++) {
		p = m[i].point;
		if (str_starts(path, p) && (path.n == p.n || p.n == 1 ||
		    path.p[p.n] == '/') &&
		    (best == NULL || p.n > best->point.n))
			best = &m[i];
	}
	return best;
}

/* What the child writes for each mount, in order; less than PIPE_BUF. */
struct answer {
	int error;
	struct statvfs stat;
};

static void
child(const struct mount *m, size_t n, mounts_ask *ask, int fd)
{
	struct answer an;
	size_t i;

	for (i = 0; i < n; i++) {
		memset(&an, 0, sizeof(an));
		an.error = ask(m[i].path, &an.stat) == -1 ? errno : 0;
		if (write(fd, &an, sizeof(an)) != (ssize_t)sizeof(an))
			break;
	}
	_exit(0);
}

static bool
read_answer(int fd, int64_t wait_ms, struct answer *an)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int rc;

	do {
		rc = poll(&p, 1, (int)(wait_ms > 0 ? wait_ms : 0));
	} while (rc == -1 && errno == EINTR);
	return rc == 1 && read(fd, an, sizeof(*an)) == (ssize_t)sizeof(*an);
}

/* One child for m[0..n): how many it answered before it hung or ended. */
static size_t
ask_some(struct mount *m, size_t n, int64_t timeout_ms, int64_t give_up,
    mounts_ask *ask)
{
	struct answer an;
	int64_t left;
	size_t i;
	pid_t pid;
	int fd[2];

	if (pipe(fd) == -1)
		return 0;
	if ((pid = fork()) == 0) {
		(void)close(fd[0]);
		child(m, n, ask, fd[1]);
	}
	(void)close(fd[1]);
	for (i = 0; pid != -1 && i < n; i++) {
		left = give_up - clk_mono_ms();
		if (!read_answer(fd[0], left < timeout_ms ? left : timeout_ms,
		    &an))
			break;
		m[i].error = an.error ? strerror(an.error) : NULL;
		m[i].denied = an.error == EACCES;
		m[i].stat = an.stat;
	}
	(void)close(fd[0]);
	if (pid > 0 && i < n)
		(void)kill(pid, SIGKILL);
	if (pid > 0)
		(void)waitpid(pid, NULL, i < n ? WNOHANG : 0);
	return i;
}

void
mounts_stat(struct mount *m, size_t n, int64_t timeout_ms, mounts_ask *ask)
{
	int64_t give_up = clk_mono_ms() + 3 * timeout_ms;
	size_t i = 0, k;

	while (i < n) {
		if (m[i].quick) {
			m[i].error = ask(m[i].path, &m[i].stat) == -1 ?
			    strerror(errno) : NULL;
			m[i].denied = m[i].error != NULL && errno == EACCES;
			i++;
			continue;
		}
		for (k = i; k < n && !m[k].quick; k++)
			continue;
		i += ask_some(m + i, k - i, timeout_ms, give_up, ask);
		if (i < k)
			m[i++].error = "mountpoint timeout";
	}
}
