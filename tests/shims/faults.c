/*
 * faults: stands between a program and the C library (LD_PRELOAD) and lies
 * about the time and about files.  What it says is told by the file that
 * $FAULTS names, looked at anew at each call:
 *	clock SECONDS		the wall clock is ahead by so much
 *	fail CALL ERROR NAME [N]
 *	stale NAME		what is open by now stays a stale file handle
 * CALL is open, stat, fstat, pread, read or any; ERROR a number; NAME a
 * pattern of the last part of the path.  With N only the Nth call that the
 * line is about fails, else each one.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>


static size_t
read_orders(char *text, size_t max)
{
	const char *path = getenv("FAULTS");
	ssize_t n = -1;
	int fd;

	if (path == NULL || (fd = (int)syscall(SYS_openat, AT_FDCWD, path,
	    O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	n = syscall(SYS_read, fd, text, max - 1);
	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* ---- the time ---- */

static time_t
ahead(void)
{
	char text[512], *line;
	int was = errno;
	time_t s = 0;

	if (read_orders(text, sizeof(text)) > 0 &&
	    (line = strstr(text, "clock ")) != NULL)
		s = (time_t)strtoll(line + 6, NULL, 10);
	errno = was;
	return s;
}

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, t);

	if (rc == 0 && (clock == CLOCK_REALTIME ||
	    clock == CLOCK_REALTIME_COARSE))
		t->tv_sec += ahead();
	return rc;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}

/* ---- files ---- */

static int
is_about(const char *line, const char *call, const char *path, int *error,
    int *nth)
{
	const char *base = strrchr(path, '/');
	char which[8], name[64];

	*nth = 0;
	if (sscanf(line, "fail %7s %d %63s %d", which, error, name, nth) < 3)
		return 0;
	return (strcmp(which, call) == 0 || strcmp(which, "any") == 0) &&
	    fnmatch(name, base ? base + 1 : path, 0) == 0;
}

/* -1 and errno when this call is to fail. */
static int
fails(const char *call, const char *path)
{
	static int count;
	char text[512], *line, *next;
	int was = errno, error, nth;

	if (read_orders(text, sizeof(text)) == 0)
		return 0;
	for (line = strtok_r(text, "\n", &next); line != NULL;
	    line = strtok_r(NULL, "\n", &next)) {
		if (!is_about(line, call, path, &error, &nth))
			continue;
		errno = error;
		if (nth == 0 || ++count == nth)
			return -1;
	}
	errno = was;
	return 0;
}

/* The path of a descriptor, "" when it has none. */
static const char *
path_of(int fd)
{
	static char path[4096];
	char link[40];
	int was = errno;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	errno = was;
	path[n > 0 ? n : 0] = '\0';
	return path;
}

#define NFDS	1024

/* What was open when the order came. */
static char stale[NFDS];

static void
make_stale(void)
{
	static int done;
	char text[512], name[64];
	const char *line, *base;
	int fd;

	if (done || read_orders(text, sizeof(text)) == 0 ||
	    (line = strstr(text, "stale ")) == NULL ||
	    sscanf(line, "stale %63s", name) != 1)
		return;
	done = 1;
	for (fd = 0; fd < NFDS; fd++) {
		base = strrchr(path_of(fd), '/');
		stale[fd] = base && fnmatch(name, base + 1, 0) == 0;
	}
}

static int
fails_fd(const char *call, int fd)
{
	make_stale();
	if (fd >= 0 && fd < NFDS && stale[fd]) {
		errno = ESTALE;
		return -1;
	}
	return fails(call, path_of(fd));
}

static int
opened(int fd)
{
	if (fd >= 0 && fd < NFDS)
		stale[fd] = 0;
	return fd;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	make_stale();
	return fails("open", path) ? -1 : opened((int)syscall(SYS_openat,
	    AT_FDCWD, path, flags, mode));
}

int
stat(const char *restrict path, struct stat *restrict st)
{
	return fails("stat", path) ? -1 : (int)syscall(SYS_newfstatat,
	    AT_FDCWD, path, st, 0);
}

int
fstat(int fd, struct stat *st)
{
	return fails_fd("fstat", fd) ? -1 : (int)syscall(SYS_fstat, fd, st);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	return fails_fd("pread", fd) ? -1 : syscall(SYS_pread64, fd, p, n, at);
}

ssize_t
read(int fd, void *p, size_t n)
{
	return fails_fd("read", fd) ? -1 : syscall(SYS_read, fd, p, n);
}
