#include "core/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

#define READ_CHUNK	((size_t)64 << 10)
#define WRITE_CHUNK	((size_t)64 << 10)

struct io_reader {
	int fd;
	size_t line_max;
	char *p;
	size_t at, n, cap;	/* p[at, n) is unread */
	size_t scanned;		/* p[at, scanned) holds no newline */
	size_t line_number;
	bool end, skipping;
};

struct io_reader *
io_reader_new(int fd, size_t line_max)
{
	struct io_reader *r = mem_zalloc(sizeof(*r));

	r->fd = fd;
	r->line_max = line_max;
	r->cap = READ_CHUNK;
	r->p = mem_alloc(r->cap);
	return r;
}

void
io_reader_free(struct io_reader *r)
{
	if (r == NULL)
		return;
	mem_free(r->p);
	mem_free(r);
}

int
io_reader_fd(const struct io_reader *r)
{
	return r->fd;
}

size_t
io_line_number(const struct io_reader *r)
{
	return r->line_number;
}

bool
io_has_line(const struct io_reader *r)
{
	return !r->skipping && r->n > r->at &&
	    memchr(r->p + r->at, '\n', r->n - r->at) != NULL;
}

/* Read more behind what is unread; IO_LINE when something came. */
static enum io_line
fill(struct io_reader *r)
{
	ssize_t got;

	if (r->at > 0) {
		memmove(r->p, r->p + r->at, r->n - r->at);
		r->n -= r->at;
		r->scanned -= r->at;
		r->at = 0;
	}
	if (r->n == r->cap) {
		r->cap *= 2;
		r->p = mem_resize(r->p, r->cap, 1);
	}
	do
		got = read(r->fd, r->p + r->n, r->cap - r->n);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return errno == EAGAIN ? IO_AGAIN : IO_ERROR;
	if (got == 0)
		r->end = true;
	r->n += (size_t)got;
	return got ? IO_LINE : IO_END;
}

/* What is left without a newline, at the end of input. */
static enum io_line
last_line(struct io_reader *r, struct str *line)
{
	bool skipped = r->skipping;

	if (r->at == r->n && !skipped)
		return IO_END;
	*line = (struct str){ r->p + r->at, r->n - r->at };
	r->at = r->scanned = r->n;
	r->skipping = false;
	r->line_number++;
	return skipped || line->n > r->line_max ? IO_TOO_LONG : IO_LINE;
}

enum io_line
io_next_line(struct io_reader *r, struct str *line)
{
	enum io_line got;
	const char *nl;
	bool skipped;

	for (;;) {
		nl = r->n > r->scanned ?
		    memchr(r->p + r->scanned, '\n', r->n - r->scanned) : NULL;
		if (nl) {
			skipped = r->skipping;
			*line = (struct str){ r->p + r->at,
			    (size_t)(nl - r->p) - r->at };
			r->at = r->scanned = (size_t)(nl - r->p) + 1;
			r->skipping = false;
			r->line_number++;
			return skipped || line->n > r->line_max ?
			    IO_TOO_LONG : IO_LINE;
		}
		r->scanned = r->n;
		if (r->end)
			return last_line(r, line);
		if (r->skipping || r->n - r->at > r->line_max) {
			r->skipping = true;
			r->at = r->scanned = r->n = 0;
		}
		got = fill(r);
		if (got == IO_AGAIN || got == IO_ERROR)
			return got;
	}
}

struct io_writer {
	int fd;
	int lock_fd;		/* re-opened fd, -1 = not a pipe */
	struct buf buf;
};

struct io_writer *
io_writer_new(int fd)
{
	struct io_writer *w = mem_zalloc(sizeof(*w));
	char path[32];
	struct stat st;

	w->fd = fd;
	w->lock_fd = -1;
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		w->lock_fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	return w;
}

struct buf *
io_writer_buf(struct io_writer *w)
{
	return &w->buf;
}

int
io_writer_flush(struct io_writer *w)
{
	bool lock = w->lock_fd != -1 && w->buf.n > PIPE_BUF;
	int rc;

	if (w->buf.n == 0)
		return 0;
	if (lock)
		while (flock(w->lock_fd, LOCK_EX) == -1 && errno == EINTR)
			continue;
	rc = io_write_all(w->fd, buf_str(&w->buf));
	if (lock)
		(void)flock(w->lock_fd, LOCK_UN);
	buf_reset(&w->buf);
	return rc;
}

int
io_writer_ready(struct io_writer *w)
{
	return w->buf.n >= WRITE_CHUNK ? io_writer_flush(w) : 0;
}

void
io_writer_free(struct io_writer *w)
{
	if (w == NULL)
		return;
	if (w->lock_fd != -1)
		(void)close(w->lock_fd);
	buf_release(&w->buf);
	mem_free(w);
}

int
io_read_all(int fd, struct buf *out, struct err *e)
{
	ssize_t got;

	for (;;) {
		if (buf_reserve(out, READ_CHUNK) == -1 &&
		    buf_reserve(out, 1) == -1)
			return err_set(e, ERR_LIMIT,
			    "larger than %zu bytes", out->max);
		got = read(fd, out->p + out->n, out->cap - out->n);
		if (got == 0)
			return 0;
		if (got == -1 && errno != EINTR)
			return err_sys(e, "cannot read");
		if (got > 0)
			out->n += (size_t)got;
	}
}

int
io_read_file(const char *path, size_t max, struct buf *out, struct err *e)
{
	struct stat st;
	int fd, rc = -1;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		err_sys(e, "cannot read '%s'", path);
		goto out;
	}
	if (st.st_size > 0 && (size_t)st.st_size < max)
		(void)buf_reserve(out, (size_t)st.st_size + 1);
	out->max = max;
	rc = io_read_all(fd, out, e);
	if (rc == -1)
		err_prefix(e, "'%s'", path);
out:
	(void)close(fd);
	return rc;
}

int
io_write_all(int fd, struct str bytes)
{
	ssize_t put;

	while (bytes.n) {
		put = write(fd, bytes.p, bytes.n);
		if (put == -1 && errno != EINTR)
			return -1;
		if (put > 0)
			bytes = str_sub(bytes, (size_t)put, bytes.n);
	}
	return 0;
}

/* A rename is safe on disk only when the directory is, too. */
static int
sync_dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int fd, rc;

	if (slash == NULL)
		dir = mem_strdup(".");
	else if (slash == path)
		dir = mem_strdup("/");
	else {
		dir = mem_strdup(path);
		dir[slash - path] = '\0';
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mem_free(dir);
	if (fd == -1)
		return -1;
	rc = fsync(fd);
	(void)close(fd);
	return rc;
}

int
io_replace_file(const char *path, struct str bytes, struct err *e)
{
	struct buf tmp = { 0 };
	struct stat st;
	int fd = -1, rc = -1;
	mode_t mask;

	(void)buf_printf(&tmp, "%s.XXXXXX", path);
	(void)buf_cstr(&tmp);
	if ((fd = mkostemp(tmp.p, O_CLOEXEC)) == -1) {
		err_sys(e, "cannot create '%s'", tmp.p);
		goto out;
	}
	mask = umask(0);
	(void)umask(mask);
	(void)fchmod(fd, stat(path, &st) == 0 ? st.st_mode & 07777 :
	    0666 & ~mask);
	if (io_write_all(fd, bytes) == -1 || fsync(fd) == -1) {
		err_sys(e, "cannot write '%s'", tmp.p);
		(void)unlink(tmp.p);
	} else if (rename(tmp.p, path) == -1) {
		err_sys(e, "cannot rename '%s' to '%s'", tmp.p, path);
		(void)unlink(tmp.p);
	} else if (sync_dir_of(path) == -1) {
		err_sys(e, "cannot sync the directory of '%s'", path);
	} else {
		rc = 0;
	}
out:
	if (fd != -1)
		(void)close(fd);
	buf_release(&tmp);
	return rc;
}

int
io_lock_file(const char *path, bool wait, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd == -1)
		return err_sys(e, "cannot open '%s'", path);
	while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) == -1) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK)
			err_set(e, ERR_LIMIT, "'%s' is locked by another "
			    "process", path);
		else
			err_sys(e, "cannot lock '%s'", path);
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
io_make_dirs(const char *path, mode_t mode, struct err *e)
{
	char *z = mem_strdup(path), *p;
	int rc = 0;

	for (p = z + 1; rc == 0 && *z; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(z, mode) == -1 && errno != EEXIST)
			rc = err_sys(e, "cannot create '%s'", z);
		*p = c;
		if (c == '\0')
			break;
	}
	mem_free(z);
	return rc;
}
