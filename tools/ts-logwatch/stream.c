/* stdin, a FIFO: no offset, no second look. */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

void
stream_add(struct follow *f, const char *path, int fd,
    const struct input *input)
{
	struct stream *s = mem_zalloc(sizeof(*s));

	s->f = f;
	s->fd = fd;
	s->path = path;
	source_init(&s->source, f->w, input, path);
	s->lines.max = (size_t)f->w->opt.max_line;
	s->lines.keep_cr = f->w->opt.keep_cr;
	s->lines.keep_empty = f->w->opt.keep_empty;
	s->lines.fresh = true;
	vec_push(&f->streams, s);
}

/* In one pass read(2) would wait, and not see that a signal has come. */
static void
wait_for_input(struct stream *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	if (s->f->w->t->follow || s->f->loop == NULL)
		return;
	while (!s->f->w->stop && poll(&p, 1, 500) <= 0)
		watch_breathe(s->f->w);
}

static ssize_t
read_stream(void *arg, void *p, size_t n)
{
	struct stream *s = arg;
	ssize_t got;

	do {
		watch_breathe(s->f->w);
		wait_for_input(s);
		got = s->f->w->stop ? 0 : read(s->fd, p, n);
	} while (got == -1 && errno == EINTR);
	source_written(&s->source, INT64_MIN);
	return got;
}

static void
stream_record(void *arg, const struct line *line)
{
	struct stream *s = arg;

	watch_line(s->f->w, &s->source, line);
}

static void
stream_line(void *arg, const struct line *line)
{
	struct stream *s = arg;

	if (s->source.joiner.rules != NULL)
		joiner_line(&s->source.joiner, line, stream_record, s);
	else
		watch_line(s->f->w, &s->source, line);
}

bool
stream_more(struct stream *s)
{
	ssize_t n = lines_read(&s->lines, read_stream, s, stream_line, s);

	s->f->w->count.empty += lines_take_empty(&s->lines);
	if (n == -1 && errno == EAGAIN)
		return true;
	if (n == -1) {
		diag("cannot read '%s': %s", s->path ? s->path : "stdin",
		    strerror(errno));
		s->f->trouble = true;
	}
	if (n <= 0) {
		lines_finish(&s->lines, 0, stream_line, s);
		joiner_flush(&s->source.joiner, stream_record, s);
		s->done = true;
	}
	return n > 0;
}

/* The FIFO has gone: when something has its name, that is looked at anew. */
static void
stream_drop(struct stream *s)
{
	struct follow *f = s->f;
	size_t i, n = 0;

	for (i = 0; i < f->names.n; i++)
		if (strcmp(f->names.p[i]->path, s->path) == 0)
			f->names.p[i]->streamed = false;
	for (i = 0; i < f->streams.n; i++)
		if (f->streams.p[i] != s)
			f->streams.p[n++] = f->streams.p[i];
	f->streams.n = n;
	stream_free(s);
}

static void
stream_loop(struct loop *l, void *arg, unsigned events)
{
	struct stream *s = arg;
	struct follow *f = s->f;

	(void)events;
	if (!stream_more(s)) {
		loop_fd(l, s->fd, 0, NULL, NULL);
		if (s->path != NULL) {
			/* A FIFO waits for its next writer. */
			(void)close(s->fd);
			s->fd = open(s->path, O_RDONLY | O_CLOEXEC |
			    O_NONBLOCK);
			if (s->fd != -1)
				loop_fd(l, s->fd, LOOP_READ, stream_loop, s);
			else
				stream_drop(s);
		} else if (s->f->names.n == 0 && s->f->journals.n == 0) {
			loop_stop(l);
		}
	}
	(void)watch_flush(f->w, false);
	follow_after(f);
}

void
stream_tick(struct stream *s)
{
	int64_t now = clk_mono_ms(), after = s->f->w->opt.partial_after_ms;

	if (after > 0 && lines_pending(&s->lines) &&
	    now - s->lines.since >= after)
		lines_partial(&s->lines, stream_line, s);
	(void)joiner_tick(&s->source.joiner, now, stream_record, s);
}

void
stream_start(struct stream *s)
{
	loop_fd(s->f->loop, s->fd, LOOP_READ, stream_loop, s);
}

void
stream_free(struct stream *s)
{
	source_release(&s->source);
	lines_release(&s->lines);
	if (s->fd > 0)
		(void)close(s->fd);
	mem_free(s);
}
