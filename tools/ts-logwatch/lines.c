#include "lines.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "event.h"

#define READ_BYTES	((size_t)256 << 10)
#define BOM		STR("\xef\xbb\xbf")

static struct {
	char *p;
	size_t cap;
	struct buf clean;	/* a line whose NUL bytes were replaced */
} shared;

/* NUL bytes are legal nowhere: a sparse file, a torn write. */
static struct str
without_nul(struct str s)
{
	size_t i;

	buf_reset(&shared.clean);
	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0')
			(void)utf8_put(&shared.clean, UTF8_BAD);
		else
			(void)buf_putc(&shared.clean, s.p[i]);
	return buf_str(&shared.clean);
}

static void
deliver(struct lines *l, struct str line, uint64_t offset, unsigned flags,
    line_fn *fn, void *arg)
{
	if (line.n > 0 && line.p[line.n - 1] == '\r' && !l->keep_cr &&
	    !(flags & LINE_TRUNCATED))
		line.n--;
	if (l->fresh) {
		/* A writer without O_APPEND leaves a hole of NUL bytes. */
		while (line.n > 0 && line.p[0] == '\0') {
			line = str_sub(line, 1, line.n);
			offset++;
		}
		if (offset == 0 && str_starts(line, BOM))
			line = str_sub(line, BOM.n, line.n);
		l->fresh = false;
	}
	if (line.n == 0 && !l->keep_empty) {
		l->empty++;
		return;
	}
	if (line.n > 0 && memchr(line.p, '\0', line.n) != NULL) {
		line = without_nul(line);
		flags |= LINE_NUL;
	}
	fn(arg, line, offset, flags);
}

/* At most max bytes, and no torn character at the end. */
static struct str
cut(struct str s, size_t max)
{
	size_t n = max, back;

	for (back = 0; back < 4 && n > 0 && ((unsigned char)s.p[n] & 0xc0) ==
	    0x80; back++)
		n--;
	return str_sub(s, 0, n);
}

/* All complete lines of s; returns what is behind them. */
static struct str
split(struct lines *l, struct str s, line_fn *fn, void *arg)
{
	const char *end;
	struct str line;

	while (s.n > 0 && (end = memchr(s.p, '\n', s.n)) != NULL) {
		line = str_sub(s, 0, (size_t)(end - s.p));
		s = str_sub(s, line.n + 1, s.n);
		if (l->skipping)
			l->skipping = false;
		else if (line.n > l->max)
			deliver(l, cut(line, l->max), l->offset,
			    LINE_TRUNCATED, fn, arg);
		else
			deliver(l, line, l->offset, 0, fn, arg);
		l->offset += line.n + 1;
	}
	return s;
}

static void
keep(struct lines *l, struct str s, line_fn *fn, void *arg)
{
	if (!l->skipping && s.n > l->max) {
		deliver(l, cut(s, l->max), l->offset, LINE_TRUNCATED, fn,
		    arg);
		l->skipping = true;
	}
	if (l->skipping) {
		l->offset += s.n;
		s.n = 0;
	}
	if (s.n == 0 && l->rest.cap > 4096)
		buf_release(&l->rest);
	l->rest.n = 0;
	(void)buf_put(&l->rest, s);
}

ssize_t
lines_read(struct lines *l, read_fn *read, void *read_arg, line_fn *fn,
    void *arg)
{
	size_t had = l->rest.n;
	struct str s;
	ssize_t n;

	if (shared.cap < had + READ_BYTES) {
		shared.cap = had + READ_BYTES;
		shared.p = mem_resize(shared.p, shared.cap, 1);
	}
	n = read(read_arg, shared.p + had, READ_BYTES);
	if (n <= 0)
		return n;
	if (had > 0)
		memcpy(shared.p, l->rest.p, had);
	s = split(l, (struct str){ shared.p, had + (size_t)n }, fn, arg);
	keep(l, s, fn, arg);
	return n;
}

void
lines_finish(struct lines *l, unsigned flags, line_fn *fn, void *arg)
{
	struct str s = buf_str(&l->rest);

	if (s.n > 0 && !l->skipping)
		deliver(l, s, l->offset, flags, fn, arg);
	l->offset += s.n;
	l->rest.n = 0;
	l->skipping = false;
}

void
lines_seek(struct lines *l, uint64_t offset)
{
	l->rest.n = 0;
	l->offset = offset;
	l->skipping = false;
	l->fresh = true;
}

void
lines_release(struct lines *l)
{
	buf_release(&l->rest);
}

void
lines_shared_release(void)
{
	mem_free(shared.p);
	buf_release(&shared.clean);
	shared.p = NULL;
	shared.cap = 0;
}
