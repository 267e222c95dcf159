#include "lines.h"

#include "core/clk.h"
#include "core/mem.h"
#include "event.h"

#define READ_BYTES	((size_t)256 << 10)
#define BOM		STR("\xef\xbb\xbf")

static struct {
	char *p;
	size_t cap;
} shared;

void
tail_put(struct tail *t, const char *p, size_t n)
{
	size_t old;

	if (n == 0)
		return;		/* p may be NULL */
	if (n >= LINES_TAIL) {
		memcpy(t->p, p + n - LINES_TAIL, LINES_TAIL);
		t->n = LINES_TAIL;
		return;
	}
	old = t->n + n > LINES_TAIL ? LINES_TAIL - n : t->n;
	memmove(t->p, t->p + t->n - old, old);
	memcpy(t->p + old, p, n);
	t->n = old + n;
}

static struct str
tail_str(const struct tail *t)
{
	return (struct str){ t->p, t->n };
}

static void
deliver(struct lines *l, struct line line, line_fn *fn, void *arg)
{
	struct str *s = &line.text;
	bool begun = l->begun;

	l->begun = false;
	if (s->n > 0 && s->p[s->n - 1] == '\r' && !l->keep_cr &&
	    !(line.flags & LINE_TRUNCATED))
		s->n--;
	if (l->fresh && line.offset == 0 && str_starts(*s, BOM))
		*s = str_sub(*s, BOM.n, s->n);
	l->fresh = false;
	if (s->n == 0 && (begun || !l->keep_empty)) {
		l->empty += !begun;
		return;
	}
	fn(arg, &line);
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

/* A writer without O_APPEND leaves a hole of NUL bytes. */
static struct str
without_hole(struct lines *l, struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] == '\0')
		n++;
	l->offset += n;
	return str_sub(s, n, s.n);
}

/* The bytes in the buffer before p. */
static struct str
bytes_before(const char *p)
{
	size_t n = (size_t)(p - shared.p);

	n = n < LINES_TAIL ? n : LINES_TAIL;
	return (struct str){ p - n, n };
}

/* The end of a line whose first part is kept; what is behind it. */
static struct str
end_long(struct lines *l, struct str s, line_fn *fn, void *arg)
{
	const char *end = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;

	if (end == NULL) {
		l->over += s.n;
		return STR_NONE;
	}
	l->over += (size_t)(end - s.p);
	deliver(l, (struct line){ .text = buf_str(&l->rest), .bytes = l->over,
	    .before = tail_str(&l->before), .offset = l->offset,
	    .flags = LINE_TRUNCATED }, fn, arg);
	l->offset += l->over + 1;
	l->over = 0;
	l->rest.n = 0;
	return str_sub(s, (size_t)(end - s.p) + 1, s.n);
}

/* All complete lines of s; returns what is behind them. */
static struct str
split(struct lines *l, struct str s, line_fn *fn, void *arg)
{
	struct line line = { 0 };
	const char *end;

	while (s.n > 0 && (end = memchr(s.p, '\n', s.n)) != NULL) {
		line.text = str_sub(s, 0, (size_t)(end - s.p));
		line.before = bytes_before(s.p);
		line.offset = l->offset;
		s = str_sub(s, line.text.n + 1, s.n);
		l->offset += line.text.n + 1;
		line.bytes = 0;
		line.flags = 0;
		if (line.text.n > l->max) {
			line.bytes = line.text.n;
			line.text = cut(line.text, l->max);
			line.flags = LINE_TRUNCATED;
		}
		deliver(l, line, fn, arg);
	}
	return s;
}

static void
keep(struct lines *l, struct str s)
{
	struct str before = bytes_before(s.p);

	l->before.n = 0;
	tail_put(&l->before, before.p, before.n);
	if (s.n == 0 && l->rest.cap > 4096)
		buf_release(&l->rest);
	l->rest.n = 0;
	if (s.n > l->max) {
		l->over = s.n;
		s = cut(s, l->max);
	}
	(void)buf_put(&l->rest, s);
}

ssize_t
lines_read(struct lines *l, read_fn *read, void *read_arg, line_fn *fn,
    void *arg)
{
	/* In the buffer: bytes before, the line that was begun, what comes. */
	struct tail head = l->over > 0 ? l->last : l->before;
	size_t had = l->over > 0 ? 0 : l->rest.n;
	struct str s;
	ssize_t n;

	if (shared.cap < head.n + had + READ_BYTES) {
		shared.cap = LINES_TAIL + had + READ_BYTES;
		shared.p = mem_resize(shared.p, shared.cap, 1);
	}
	s.p = shared.p + head.n;
	n = read(read_arg, shared.p + head.n + had, READ_BYTES);
	if (n <= 0)
		return n;
	l->since = clk_mono_ms();
	memcpy(shared.p, head.p, head.n);
	if (had > 0)
		memcpy(shared.p + head.n, l->rest.p, had);
	s.n = had + (size_t)n;
	tail_put(&l->last, s.p + had, (size_t)n);
	if (l->fresh && l->over == 0 && had == 0)
		s = without_hole(l, s);
	if (l->over > 0)
		s = end_long(l, s, fn, arg);
	if (l->over == 0)
		keep(l, split(l, s, fn, arg));
	return n;
}

/* The first n bytes of the rest go out. */
static void
deliver_rest(struct lines *l, size_t n, unsigned flags, line_fn *fn,
    void *arg)
{
	struct str s = str_sub(buf_str(&l->rest), 0, n);

	if (s.n > 0)
		deliver(l, (struct line){ .text = s, .bytes = l->over,
		    .before = tail_str(&l->before), .offset = l->offset,
		    .flags = flags | (l->over > 0 ? LINE_TRUNCATED : 0) },
		    fn, arg);
	if (l->over > 0) {
		l->offset += l->over;
		l->before = l->last;
		l->over = 0;
		l->rest.n = 0;
		return;
	}
	l->offset += n;
	tail_put(&l->before, s.p, s.n);
	buf_drop(&l->rest, n);
}

void
lines_finish(struct lines *l, unsigned flags, line_fn *fn, void *arg)
{
	deliver_rest(l, l->rest.n, flags, fn, arg);
	l->begun = false;
}

/* How many bytes at the end of s are the begin of a character or line end. */
static size_t
torn(struct str s, bool keep_cr)
{
	size_t back, need;
	unsigned char c;

	if (s.n > 0 && s.p[s.n - 1] == '\r' && !keep_cr)
		return 1;
	for (back = 1; back < 4 && back <= s.n; back++) {
		c = (unsigned char)s.p[s.n - back];
		need = c < 0xc2 || c > 0xf4 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ?
		    3 : 4;
		if ((c & 0xc0) != 0x80)
			return back < need ? back : 0;
	}
	return 0;
}

void
lines_partial(struct lines *l, line_fn *fn, void *arg)
{
	size_t n = l->rest.n;

	if (l->over == 0)
		n -= torn(buf_str(&l->rest), l->keep_cr);
	if (n == 0)
		return;
	deliver_rest(l, n, LINE_PARTIAL, fn, arg);
	l->begun = true;
}

uint64_t
lines_take_empty(struct lines *l)
{
	uint64_t n = l->empty;

	l->empty = 0;
	return n;
}

bool
lines_pending(const struct lines *l)
{
	return l->rest.n > 0;
}

void
lines_seek(struct lines *l, uint64_t offset)
{
	l->rest.n = 0;
	l->offset = offset;
	l->over = 0;
	l->before.n = l->last.n = 0;
	l->fresh = true;
	l->begun = false;
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
	shared.p = NULL;
	shared.cap = 0;
}
