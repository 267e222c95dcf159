#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/vec.h"

#define DIR_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | \
			    O_NONBLOCK)

int
walk_open(const char *path, struct err *e)
{
	char real[PATH_MAX], *part, *rest = real;
	struct stat st;
	int fd, next;

	if (path[0] != '/')
		return err_set(e, ERR_CONFIG, "'%s' is no absolute path",
		    path);
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return err_set(e, ERR_CONFIG, "'%s' is a link; name the "
		    "directory itself", path);
	if (realpath(path, real) == NULL)
		return err_sys(e, "cannot look at '%s'", path);
	fd = open("/", DIR_FLAGS);
	while (fd != -1 && (part = strsep(&rest, "/")) != NULL) {
		if (*part == '\0')
			continue;
		next = openat(fd, part, DIR_FLAGS);
		(void)close(fd);
		fd = next;
	}
	if (fd == -1)
		return err_sys(e, "cannot open '%s'", path);
	return fd;
}

/* ---- the walk ---- */

struct walker {
	walk_fn *fn;
	void	(*skipped)(void *arg, struct str rel, const char *why);
	void *arg;
	unsigned max_depth;
	dev_t dev;
	struct buf rel;
};

/* Another mount, also a bind mount of the same file system. */
static bool
is_mount(int dirfd, const char *name)
{
	struct statx sx;

	return statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
	    STATX_BASIC_STATS, &sx) == 0 &&
	    (sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	    (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	VEC(char *) v;
};

/* fd goes to the stream. */
static int
read_names(int fd, struct names *n)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;

	if (d == NULL) {
		(void)close(fd);
		return -1;
	}
	while ((de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			vec_push(&n->v, mem_strdup(de->d_name));
	if (n->v.n)
		qsort(n->v.p, n->v.n, sizeof(*n->v.p), by_name);
	(void)closedir(d);
	return 0;
}

static int	walk_dir(struct walker *w, int fd, unsigned depth,
		    size_t *children);

static void
skip(struct walker *w, const char *why)
{
	if (w->skipped != NULL)
		w->skipped(w->arg, buf_str(&w->rel), why);
}

static int
enter(struct walker *w, struct walk_entry *entry)
{
	size_t at = w->rel.n, children = 0;
	int fd, rc;

	if (entry->st.st_dev != w->dev || is_mount(entry->dirfd,
	    entry->name)) {
		skip(w, "another file system");
		return WALK_ON;
	}
	if (entry->depth >= WALK_DEPTH_MAX) {
		skip(w, "too deep");
		return WALK_ON;
	}
	fd = openat(entry->dirfd, entry->name, DIR_FLAGS);
	if (fd == -1) {
		if (errno != ENOENT)
			skip(w, strerror(errno));
		return WALK_ON;
	}
	if (w->max_depth == 0 || entry->depth < w->max_depth)
		rc = walk_dir(w, fd, entry->depth + 1, &children);
	else
		rc = WALK_PRUNE;
	(void)close(fd);
	w->rel.n = at;
	if (rc != WALK_ON)
		return rc == WALK_STOP ? rc : WALK_ON;
	entry->after = true;
	entry->children = children;
	entry->rel = buf_str(&w->rel);
	return w->fn(w->arg, entry);
}

static int
one(struct walker *w, int fd, const char *name, unsigned depth)
{
	struct walk_entry entry = { .name = name, .dirfd = fd,
	    .depth = depth };
	int rc;

	if (fstatat(fd, name, &entry.st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			skip(w, strerror(errno));
		return WALK_ON;
	}
	entry.rel = buf_str(&w->rel);
	rc = w->fn(w->arg, &entry);
	if (rc == WALK_ON && S_ISDIR(entry.st.st_mode))
		rc = enter(w, &entry);
	return rc == WALK_STOP ? rc : WALK_ON;
}

static int
walk_dir(struct walker *w, int fd, unsigned depth, size_t *children)
{
	struct names n = { 0 };
	size_t at = w->rel.n, i;
	int copy = openat(fd, ".", DIR_FLAGS), rc = WALK_ON;

	if (copy == -1 || read_names(copy, &n) == -1)
		skip(w, strerror(errno));
	*children = n.v.n;
	for (i = 0; i < n.v.n; i++) {
		if (rc != WALK_STOP) {
			w->rel.n = at;
			if (at)
				(void)buf_putc(&w->rel, '/');
			(void)buf_put(&w->rel, str_of(n.v.p[i]));
			rc = one(w, fd, n.v.p[i], depth);
		}
		mem_free(n.v.p[i]);
	}
	vec_release(&n.v);
	w->rel.n = at;
	return rc;
}

int
walk(int rootfd, unsigned max_depth, walk_fn *fn,
    void (*skipped)(void *arg, struct str rel, const char *why), void *arg)
{
	struct walker w = { .fn = fn, .skipped = skipped, .arg = arg,
	    .max_depth = max_depth };
	struct stat st;
	size_t children;
	int rc;

	if (fstat(rootfd, &st) == -1)
		return -1;
	w.dev = st.st_dev;
	rc = walk_dir(&w, rootfd, 1, &children);
	buf_release(&w.rel);
	return rc == WALK_STOP ? -1 : 0;
}

int
walk_parent(int rootfd, struct str rel, struct arena *a, const char **name)
{
	struct str part, rest = str_cut(rel, '/', &part);
	int fd = openat(rootfd, ".", DIR_FLAGS), next;

	while (fd != -1 && rest.p != NULL) {
		next = openat(fd, arena_cstr(a, part), DIR_FLAGS);
		(void)close(fd);
		fd = next;
		rest = str_cut(rest, '/', &part);
	}
	*name = arena_cstr(a, part);
	return fd;
}

/* ---- what nobody means to clean ---- */

/* At one of them, or above it. */
static const char *const system_dirs[] = {
	"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64",
	"/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv",
	"/sys", "/usr", "/usr/local", "/usr/share", "/var", "/var/lib",
	"/var/spool",
};

/* Anywhere below. */
static const char *const sealed[] = {
	"/bin", "/boot", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys",
	"/usr/bin", "/usr/include", "/usr/lib", "/usr/lib64", "/usr/sbin",
	"/usr/share",
};

static bool
below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

static bool
same_dir(const struct stat *a, const char *path)
{
	struct stat b;

	return stat(path, &b) == 0 && a->st_dev == b.st_dev &&
	    a->st_ino == b.st_ino;
}

int
walk_refuse(const char *path, struct err *e)
{
	char real[PATH_MAX];
	struct stat st = { 0 };
	size_t i;

	if (path[0] != '/')
		return err_set(e, ERR_CONFIG, "'%s' is no absolute path",
		    path);
	if (realpath(path, real) == NULL || stat(real, &st) == -1) {
		if (errno != ENOENT || strlen(path) >= sizeof(real))
			return err_sys(e, "cannot look at '%s'", path);
		/* It may come yet; then it has this name. */
		memcpy(real, path, strlen(path) + 1);
	}
	for (i = 0; i < sizeof(system_dirs) / sizeof(*system_dirs); i++)
		if (strcmp(real, system_dirs[i]) == 0 ||
		    below(system_dirs[i], real) ||
		    same_dir(&st, system_dirs[i]))
			return err_set(e, ERR_CONFIG, "nothing is removed "
			    "from '%s': it is, or holds, a part of the "
			    "system", path);
	for (i = 0; i < sizeof(sealed) / sizeof(*sealed); i++)
		if (below(real, sealed[i]))
			return err_set(e, ERR_CONFIG, "nothing is removed "
			    "from '%s': it is in '%s'", path, sealed[i]);
	return 0;
}
