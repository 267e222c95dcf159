/*
 * io: lines in, lines out, whole files, atomic replacement, locks.
 */
#ifndef CORE_IO_H
#define CORE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

/*
 * A reader of lines.  A line longer than line_max is skipped up to its
 * newline and reported as IO_TOO_LONG, so memory stays bounded.  The last
 * line may lack its newline.
 */
#define IO_LINE_MAX	((size_t)4 << 20)

enum io_line {
	IO_END = 0,		/* end of input */
	IO_LINE = 1,		/* *line is set, without its newline */
	IO_AGAIN = 2,		/* descriptor is non-blocking and has no more */
	IO_TOO_LONG = 3,	/* a line of over line_max bytes was skipped */
	IO_ERROR = -1		/* errno is set */
};

struct io_reader;

struct io_reader	*io_reader_new(int fd, size_t line_max);

/*
 * The next line, borrowed until the next call.  Reads from the descriptor
 * only when no whole line is buffered.
 */
enum io_line		 io_next_line(struct io_reader *r, struct str *line);

/* A whole line is buffered: io_next_line will not read. */
bool			 io_has_line(const struct io_reader *r);

/* The number of the line last returned or skipped, from 1. */
size_t			 io_line_number(const struct io_reader *r);
int			 io_reader_fd(const struct io_reader *r);
void			 io_reader_free(struct io_reader *r);	/* keeps fd */

/*
 * A buffered writer of whole lines: a write(2) never ends inside one.  A
 * write of more than PIPE_BUF bytes to a pipe holds flock(2) on a re-opened
 * /proc/self/fd/N, so several writers do not tear each other's lines (the
 * lock on the inherited descriptor would be shared by all of them).
 */
struct io_writer;

struct io_writer	*io_writer_new(int fd);

/* The buffer to append whole lines to (each with its newline). */
struct buf		*io_writer_buf(struct io_writer *w);

/* Write out when enough has gathered; 0, or -1 with errno. */
int			 io_writer_ready(struct io_writer *w);
int			 io_writer_flush(struct io_writer *w);
void			 io_writer_free(struct io_writer *w);	/* no flush */

/* All of fd, at most out->max bytes (ERR_LIMIT past that). */
int	io_read_all(int fd, struct buf *out, struct err *e);

/* A regular file as a whole; refuses directories; at most max bytes. */
int	io_read_file(const char *path, size_t max, struct buf *out,
	    struct err *e);

/* All n bytes, through short writes and EINTR. */
int	io_write_all(int fd, struct str bytes);

/*
 * Put bytes at path atomically: temporary name in the same directory, fsync,
 * rename, fsync of the directory.  Mode 0666 less umask, or that of the file
 * that stood there.
 */
int	io_replace_file(const char *path, struct str bytes, struct err *e);

/*
 * Create (if needed) and lock path exclusively.  The descriptor holds the
 * lock; -1 with *e set when it is held by another (ERR_LIMIT) or on failure.
 */
int	io_lock_file(const char *path, bool wait, struct err *e);

/* mkdir -p; 0 when it exists already. */
int	io_make_dirs(const char *path, mode_t mode, struct err *e);

#endif
