#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/io.h"

#define LOOK_MS		200

static const char *
default_dir(struct arena *a)
{
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		return "/run/ts-maint";
	if (run != NULL && *run == '/')
		return arena_printf(a, "%s/ts-maint", run).p;
	return arena_printf(a, "/tmp/ts-maint-%ld", (long)geteuid()).p;
}

const char *
lock_dir(const struct maint_config *m, struct arena *a, struct err *e)
{
	const char *dir = m->lock_dir.n ? arena_cstr(a, m->lock_dir) :
	    default_dir(a);
	struct stat st;

	if (io_make_dirs(dir, m->lock_dir.n ? 0755 : 0700, e) == -1)
		return NULL;
	/* Somebody else may have put a link of that name into /tmp. */
	if (lstat(dir, &st) == -1 || (m->lock_dir.n == 0 &&
	    (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()))) {
		(void)err_set(e, ERR_SYS, "'%s' is no directory of ours",
		    dir);
		return NULL;
	}
	return dir;
}

static int
busy(const char *path, struct err *e)
{
	char pid[32] = "";
	struct buf b = { .max = sizeof(pid) };
	struct err none;

	if (io_read_file(path, sizeof(pid) - 1, &b, &none) == 0)
		(void)err_set(e, ERR_LIMIT, "'%s' is held by process " STR_FMT,
		    path, STR_ARG(str_trim(buf_str(&b))));
	else
		(void)err_set(e, ERR_LIMIT, "'%s' is held by another process",
		    path);
	buf_release(&b);
	return -1;
}

static void
sign(int fd)
{
	struct buf b = { 0 };

	(void)buf_printf(&b, "%ld\n", (long)getpid());
	(void)!ftruncate(fd, 0);
	(void)io_write_all(fd, buf_str(&b));
	buf_release(&b);
}

int
lock_take(const char *dir, struct str name, bool wait, int64_t timeout_ms,
    const volatile sig_atomic_t *stop, struct err *e)
{
	int64_t end = clk_mono_ms() + timeout_ms;
	struct arena a = { 0 };
	const char *path = arena_printf(&a, "%s/" STR_FMT ".lock", dir,
	    STR_ARG(name)).p;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd == -1)
		(void)err_sys(e, "cannot open '%s'", path);
	while (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK && wait && !*stop &&
		    (timeout_ms == 0 || clk_mono_ms() < end)) {
			(void)poll(NULL, 0, LOOK_MS);
			continue;
		}
		if (errno == EWOULDBLOCK || errno == 0)
			(void)busy(path, e);
		else
			(void)err_sys(e, "cannot lock '%s'", path);
		(void)close(fd);
		fd = -1;
	}
	if (fd != -1)
		sign(fd);
	arena_free(&a);
	return fd;
}
