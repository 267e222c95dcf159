#include "net/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"

#define LOCK_RETRY_MS	5
#define SOON_MS		50
#define PIPE_BYTES	((size_t)64 << 10)	/* what an empty pipe takes */
#define BUF_KEEP	((size_t)256 << 10)	/* an empty buffer keeps so much */

struct sink {
	struct loop *loop;
	int fd;
	int own_fd;		/* a pipe, opened again: not blocking */
	struct buf buf;
	size_t at;		/* buf[0, at) is written */
	size_t locked_to;	/* a large piece ends there; 0 = no lock held */
	bool watching, holding, dead;
	struct ltimer retry;	/* of a lock, or what goes soon */
	sink_fn *done;
	void *arg;
};

/* O_NONBLOCK belongs to the open file, which others share: hence our own. */
static int
reopen_pipe(int fd)
{
	char path[32];
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISFIFO(st.st_mode))
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

static void
on_retry(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	sink_push(arg);
}

struct sink *
sink_new(struct loop *l, int fd, sink_fn *done, void *arg)
{
	struct sink *s = mem_zalloc(sizeof(*s));

	s->loop = l;
	s->fd = fd;
	s->own_fd = reopen_pipe(fd);
	s->done = done;
	s->arg = arg;
	s->retry.fn = on_retry;
	s->retry.arg = s;
	return s;
}

static void
watch(struct sink *s, bool on)
{
	if (s->watching != on)
		loop_fd(s->loop, s->own_fd, on ? LOOP_WRITE : 0, on_retry, s);
	s->watching = on;
}

struct buf *
sink_buf(struct sink *s)
{
	return &s->buf;
}

size_t
sink_pending(const struct sink *s)
{
	return s->buf.n - s->at;
}

/* The loop goes on while bytes wait, also when only for a lock. */
static void
hold(struct sink *s, bool on)
{
	if (on && !s->holding)
		loop_hold(s->loop);
	else if (!on && s->holding)
		loop_unhold(s->loop);
	s->holding = on;
}

static void
emptied(struct sink *s)
{
	if (s->buf.cap > BUF_KEEP)
		buf_release(&s->buf);
	buf_reset(&s->buf);
	s->at = 0;
	watch(s, false);
	hold(s, false);
}

void
sink_free(struct sink *s)
{
	if (s == NULL)
		return;
	emptied(s);
	loop_deadline_stop(s->loop, &s->retry);
	if (s->own_fd != -1)
		(void)close(s->own_fd);
	buf_release(&s->buf);
	mem_free(s);
}

static void
die(struct sink *s, int why)
{
	s->dead = true;
	emptied(s);
	s->done(s->arg, why);
}

/*
 * How much the pipe takes without tearing a line: all that fits when it is
 * empty (and the lock keeps the other large writers away), else PIPE_BUF.
 */
static size_t
piece_max(const struct sink *s)
{
	int waiting;

	if (sink_pending(s) > PIPE_BUF &&
	    ioctl(s->own_fd, FIONREAD, &waiting) == 0 && waiting == 0)
		return PIPE_BYTES;
	return PIPE_BUF;
}

/* How much to write next: whole lines up to that, or one longer line. */
static size_t
piece(const struct sink *s)
{
	const char *from = s->buf.p + s->at, *nl;
	size_t left = sink_pending(s), most;

	if (s->locked_to)
		return s->locked_to - s->at;
	most = piece_max(s);
	if (left <= most)
		return left;
	nl = memrchr(from, '\n', most);
	if (nl == NULL)
		nl = memchr(from, '\n', left);
	return nl ? (size_t)(nl - from) + 1 : left;
}

/* The lock for more than PIPE_BUF bytes; false: another holds it. */
static bool
lock_line(struct sink *s, size_t n)
{
	if (n <= PIPE_BUF || s->locked_to)
		return true;
	if (flock(s->own_fd, LOCK_EX | LOCK_NB) == -1) {
		loop_deadline(s->loop, &s->retry, LOCK_RETRY_MS);
		return false;
	}
	s->locked_to = s->at + n;
	return true;
}

/* False: no more now. */
static bool
write_piece(struct sink *s)
{
	size_t n = piece(s);
	ssize_t put;

	if (!lock_line(s, n))
		return false;
	put = write(s->own_fd, s->buf.p + s->at, n);
	if (put == -1 && errno == EINTR)
		return true;
	if (put == -1 && errno == EAGAIN) {
		watch(s, true);
		return false;
	}
	if (put == -1) {
		die(s, errno);
		return false;
	}
	s->at += (size_t)put;
	if (s->locked_to && s->at == s->locked_to) {
		(void)flock(s->own_fd, LOCK_UN);
		s->locked_to = 0;
	}
	return true;
}

void
sink_push(struct sink *s)
{
	if (s->dead) {
		emptied(s);
		return;
	}
	if (s->own_fd == -1) {
		if (sink_pending(s) && io_write_all(s->fd,
		    buf_str(&s->buf)) == -1)
			die(s, errno);
		else
			emptied(s);
		return;
	}
	while (sink_pending(s) && write_piece(s))
		continue;
	if (s->dead || sink_pending(s) == 0) {
		emptied(s);
		return;
	}
	hold(s, true);
	if (s->at > sink_pending(s) && s->locked_to == 0) {
		buf_drop(&s->buf, s->at);	/* moving is cheap now */
		s->at = 0;
	}
}

void
sink_push_soon(struct sink *s)
{
	if (sink_pending(s) >= PIPE_BYTES || s->dead) {
		sink_push(s);
		return;
	}
	hold(s, sink_pending(s) > 0);
	if (sink_pending(s) && !s->watching && !s->retry.set)
		loop_deadline(s->loop, &s->retry, SOON_MS);
}
