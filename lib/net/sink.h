/*
 * sink: whole lines written to a descriptor without ever waiting for its
 * reader, for tools whose timers must go on while the next program in the
 * pipe is stuck.  Its owner looks at sink_pending before it makes more.
 *
 * Into a pipe it writes pieces that end at a line: of at most PIPE_BUF bytes,
 * which the kernel does not tear, or of 64 KiB when the pipe is empty.  What
 * is larger than PIPE_BUF holds the lock that core/io.h's writers hold.
 * Anything but a pipe is written at once.
 */
#ifndef NET_SINK_H
#define NET_SINK_H

#include <stdbool.h>

#include "core/buf.h"
#include "net/loop.h"

struct sink;

/* done is called when the reader has gone (err EPIPE) or a write failed. */
typedef void sink_fn(void *arg, int err);
struct sink	*sink_new(struct loop *l, int fd, sink_fn *done, void *arg);
void		 sink_free(struct sink *s);	/* what is pending is lost */

/*
 * The buffer to append whole lines to; then sink_push, or sink_push_soon,
 * which lets what comes within 50 ms go as one write: each wakes the reader.
 */
struct buf	*sink_buf(struct sink *s);
void		 sink_push(struct sink *s);
void		 sink_push_soon(struct sink *s);

/* Bytes that wait for the reader. */
size_t		 sink_pending(const struct sink *s);

#endif
