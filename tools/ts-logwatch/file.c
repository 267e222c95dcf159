#include "file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/mem.h"
#include "meter.h"
#include "peek.h"

struct file *
file_new(struct watch *w, const struct input *input, const char *path, int fd)
{
	struct file *f = mem_zalloc(sizeof(*f));
	struct stat st;

	f->w = w;
	f->fd = fd;
	source_init(&f->source, w, input, path);
	f->lines.max = (size_t)w->opt.max_line;
	f->lines.keep_cr = w->opt.keep_cr;
	f->lines.keep_empty = w->opt.keep_empty;
	f->lines.fresh = true;
	if (peek_stat(fd, &st) == 0) {
		f->dev = (uint64_t)st.st_dev;
		f->ino = (uint64_t)st.st_ino;
	}
	f->source.origin.dev = f->dev;
	f->source.origin.ino = f->ino;
	f->sign.path = str_of(path);
	f->sign.dev = f->dev;
	f->sign.ino = f->ino;
	f->idle_since = clk_mono_ms();
	f->dirty = true;		/* seen, at least */
	return f;
}

void
file_free(struct file *f)
{
	if (f == NULL)
		return;
	unpack_close(f->unpack);
	if (f->fd != -1)
		(void)close(f->fd);
	lines_release(&f->lines);
	buf_release(&f->head);
	source_release(&f->source);
	vec_release(&f->progress);
	mem_free(f);
}

/* ---- by what it is known again ---- */

/*
 * The names of events are made of the first line, or its first 64 bytes,
 * which stay whatever is appended.
 */
static void
name_events(struct file *f)
{
	struct str first = str_sub(buf_str(&f->head), 0, 64), line;
	char bytes[64];
	ssize_t n;

	/* Of a compressed file, of it as it is. */
	if (f->unpack != NULL) {
		n = peek(f->fd, bytes, sizeof(bytes), 0);
		first = (struct str){ bytes, n > 0 ? (size_t)n : 0 };
	}
	if (first.n == 0)
		return;
	(void)str_cut(first, '\n', &line);
	f->source.origin.head = checkpoint_hash(line);
}

/* Once all that is saved lies behind them the first bytes need not stay. */
static void
let_head_go(struct file *f)
{
	if (f->whole || f->head.n < CHECKPOINT_FP_MAX || (f->w->keeps &&
	    f->saved.offset < CHECKPOINT_FP_MAX))
		return;
	f->fp = checkpoint_hash(buf_str(&f->head));
	f->whole = true;
	buf_release(&f->head);
}

static struct place
place_of(uint64_t offset, struct str before)
{
	return (struct place){ .offset = offset, .mark_len = before.n,
	    .mark = before.n > 0 ? checkpoint_hash(before) : 0 };
}

/* The first byte that is not in a record that went out. */
static struct place
place_now(const struct file *f)
{
	const struct lines *l = &f->lines;
	const struct record *r = joiner_oldest(&f->source.joiner);
	struct place p = r != NULL ? place_of(r->offset, (struct str){
	    r->before.p, r->before.n }) : place_of(l->offset, (struct str){
	    l->before.p, l->before.n });

	joiner_places(&f->source.joiner, l->offset, p.ahead);
	return p;
}

/* The fingerprint and the marker are of bytes that were read, not of now. */
static void
sign(const struct file *f, const struct place *p, struct checkpoint *out)
{
	bool whole = p->offset >= CHECKPOINT_FP_MAX;
	size_t n = whole ? CHECKPOINT_FP_MAX : (size_t)p->offset;

	out->offset = p->offset;
	out->generation = f->source.origin.generation;
	out->head = f->source.origin.head;
	memcpy(out->ahead, p->ahead, sizeof(out->ahead));
	out->fp_len = 0;
	out->mark_len = p->mark_len;
	out->mark = p->mark;
	if (f->whole ? !whole : f->head.n < n)
		return;
	out->fp_len = n;
	out->fp = f->whole ? f->fp : checkpoint_hash((struct str){ f->head.p,
	    n });
}

struct checkpoint
file_now(const struct file *f)
{
	struct checkpoint c = f->sign;
	struct place p = place_of(f->at, (struct str){ f->lines.last.p,
	    f->lines.last.n });

	sign(f, &p, &c);
	return c;
}

struct checkpoint
file_to_go_on(const struct file *f)
{
	struct checkpoint c = f->sign;
	struct place p = place_now(f);

	sign(f, &p, &c);
	return c;
}

/* ---- where it is ---- */

static struct str
read_at(const struct file *f, char *p, uint64_t n, uint64_t offset)
{
	ssize_t got = n > 0 ? peek(f->fd, p, n, offset) : 0;

	return (struct str){ p, got == (ssize_t)n ? (size_t)n : 0 };
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* From the begin of a compressed file to offset: what stands before it. */
static void
unpack_to(struct file *f, uint64_t offset)
{
	char block[8192];
	ssize_t n;

	while (offset > 0) {
		n = unpack_read(f->unpack, block, least(offset,
		    sizeof(block)));
		if (n <= 0)
			return;
		if (f->head.n < CHECKPOINT_FP_MAX)
			(void)buf_put(&f->head, str_sub((struct str){ block,
			    (size_t)n }, 0, CHECKPOINT_FP_MAX - f->head.n));
		tail_put(&f->lines.before, block, (size_t)n);
		offset -= (uint64_t)n;
	}
}

void
file_seek(struct file *f, uint64_t offset)
{
	char bytes[CHECKPOINT_FP_MAX];
	uint64_t n = least(offset, LINES_TAIL);
	struct joiner *j = &f->source.joiner;
	struct str s;

	lines_seek(&f->lines, offset);
	f->lines.fresh = offset == 0;
	f->at = offset;
	f->progress.n = 0;
	f->whole = false;
	buf_reset(&f->head);
	memset(j->ahead, 0, sizeof(j->ahead));
	if (f->unpack == NULL && f->fd != -1) {
		(void)buf_put(&f->head, read_at(f, bytes, least(offset,
		    CHECKPOINT_FP_MAX), 0));
		s = read_at(f, bytes, n, offset - n);
		tail_put(&f->lines.before, s.p, s.n);
	} else if (f->unpack != NULL && !f->ended) {
		unpack_to(f, offset);
	}
	f->lines.last = f->lines.before;
	f->saved = place_now(f);
	if (f->source.origin.head == 0)
		name_events(f);
	let_head_go(f);
}

int
file_unpack(struct file *f, struct err *e)
{
	unpack_close(f->unpack);
	f->unpack = unpack_open(f->fd, e);
	return f->unpack != NULL ? 0 : -1;
}

/* To its end; how much it was, 0 when that is not to be had. */
static uint64_t
unpack_all(struct file *f)
{
	char block[8192];
	uint64_t all = 0;
	ssize_t n;

	while ((n = unpack_read(f->unpack, block, sizeof(block))) > 0) {
		tail_put(&f->lines.before, block, (size_t)n);
		all += (uint64_t)n;
	}
	return n == 0 ? all : 0;
}

bool
file_unpacks_to(struct file *f, const struct file *plain)
{
	char bytes[LINES_TAIL];
	struct tail *last = &f->lines.before;
	uint64_t all;
	struct err e;
	bool same;

	file_seek(f, 0);
	if (file_unpack(f, &e) == -1)
		return false;
	all = unpack_all(f);
	same = all > 0 && all <= plain->at && peek(plain->fd, bytes, last->n,
	    all - last->n) == (ssize_t)last->n &&
	    memcmp(bytes, last->p, last->n) == 0;
	if (file_unpack(f, &e) == -1)
		return false;
	file_seek(f, same ? all : 0);
	f->ended = same;
	return same;
}

size_t
file_peek(struct file *f, char *p, size_t n)
{
	ssize_t got = 0;
	size_t all = 0;
	struct err e;

	if (f->unpack == NULL)
		got = peek(f->fd, p, n, 0);
	while (f->unpack != NULL && all < n && (got = unpack_read(f->unpack,
	    p + all, n - all)) > 0)
		all += (size_t)got;
	if (f->unpack != NULL && file_unpack(f, &e) == 0)
		return all;
	return got > 0 ? (size_t)got : 0;
}

/* All of it was read, and nothing has touched it since. */
static bool
is_done(const struct file *f, const struct checkpoint *p)
{
	struct stat st;

	return p->done && p->fp_len == CHECKPOINT_FP_MAX &&
	    p->dev == f->dev && p->ino == f->ino &&
	    peek_stat(f->fd, &st) == 0 && (uint64_t)st.st_size == p->size &&
	    st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 ==
	    p->mtime;
}

bool
file_resume(struct file *f, const struct checkpoint *p)
{
	struct origin *o = &f->source.origin;
	struct joiner *j = &f->source.joiner;
	struct str before;

	if (p->ino != 0) {
		o->dev = p->dev;
		o->ino = p->ino;
		o->generation = p->generation;
		o->head = p->head;
	}
	f->ended = f->unpack != NULL && is_done(f, p);
	file_seek(f, p->offset);
	memcpy(j->ahead, p->ahead, sizeof(j->ahead));
	memcpy(f->saved.ahead, p->ahead, sizeof(j->ahead));
	if (f->ended) {
		f->fp = p->fp;
		f->whole = true;
		f->saved.mark = p->mark;
		f->saved.mark_len = p->mark_len;
		return true;
	}
	sign(f, &f->saved, &f->sign);
	before = (struct str){ f->lines.before.p, f->lines.before.n };
	if (before.n > p->mark_len)
		before = str_sub(before, before.n - p->mark_len, before.n);
	if ((p->fp_len == 0 || (p->fp_len == f->sign.fp_len &&
	    p->fp == f->sign.fp)) && before.n == p->mark_len &&
	    (before.n == 0 || p->mark == checkpoint_hash(before)))
		return true;
	file_restart(f);
	return false;
}

bool
file_continues(struct file *f, const struct checkpoint *p)
{
	if (f->unpack == NULL && !checkpoint_matches(p, f->fd))
		return false;
	return file_resume(f, p);
}

/* ---- reading ---- */

/* Of a file that was rotated long ago the years are those of then. */
static void
note_written(struct file *f)
{
	struct stat st;

	if (fstat(f->fd, &st) == 0)
		source_written(&f->source, st.st_mtim.tv_sec * DUR_SECOND +
		    st.st_mtim.tv_nsec / 1000000);
}

static ssize_t
read_some(void *arg, void *p, size_t n)
{
	struct file *f = arg;
	ssize_t got;

	if (f->unpack != NULL) {
		got = unpack_read(f->unpack, p, n);
	} else {
		do
			got = pread(f->fd, p, n, (off_t)f->at);
		while (got == -1 && errno == EINTR);
	}
	if (got <= 0)
		return got;
	if (f->at == f->head.n && !f->whole)
		(void)buf_put(&f->head, str_sub((struct str){ p, (size_t)got },
		    0, CHECKPOINT_FP_MAX - f->head.n));
	f->at += (uint64_t)got;
	note_written(f);
	return got;
}

/* The begin of a sparse file is skipped, not read. */
static void
skip_hole(struct file *f)
{
	off_t data;

	if (!f->lines.fresh || f->unpack != NULL)
		return;
	data = lseek(f->fd, (off_t)f->at, SEEK_DATA);
	if (data <= (off_t)f->at)
		return;
	while (f->head.n < CHECKPOINT_FP_MAX && f->head.n < (size_t)data)
		(void)buf_putc(&f->head, '\0');
	f->at = (uint64_t)data;
	f->lines.offset = f->at;
}

static void
take_record(void *arg, const struct line *line)
{
	struct file *f = arg;

	watch_line(f->w, &f->source, line);
}

static void
take_line(void *arg, const struct line *line)
{
	struct file *f = arg;

	f->late += f->rotated;
	f->w->count.late += f->rotated;
	if (f->source.origin.head == 0)
		name_events(f);
	if (f->source.joiner.rules != NULL)
		joiner_line(&f->source.joiner, line, take_record, f);
	else
		watch_line(f->w, &f->source, line);
}

/* The outputs have had all events up to this place. */
static void
note_progress(struct file *f)
{
	f->dirty = true;
	if (f->w->keeps)
		vec_push(&f->progress, (struct progress){ f->w->seq,
		    place_now(f) });
}

/* Said once, however often it is tried again. */
static void
complain(struct file *f)
{
	f->w->count.read_errors++;
	if (!f->w->t->follow)
		f->w->bad = true;
	if (!f->ailing)
		diag("cannot read '" STR_FMT "': %s",
		    STR_ARG(f->source.origin.path), f->unpack ?
		    unpack_why(f->unpack) : strerror(errno));
	f->ailing = true;
}

ssize_t
file_pump(struct file *f)
{
	ssize_t n, all = 0;
	struct meter meter;

	meter_begin(&meter, f);
	skip_hole(f);
	while (!f->w->stop && !f->ended) {
		n = lines_read(&f->lines, read_some, f, take_line, f);
		f->w->count.empty += lines_take_empty(&f->lines);
		f->ended = n == 0 && f->unpack != NULL;
		if (n == 0)
			break;
		if (n == -1) {
			complain(f);
			meter_end(&meter);
			return -1;
		}
		all += n;
		note_progress(f);
		watch_breathe(f->w);
		meter_tick(&meter);
		if (tool_closed(f->w->t))
			break;
	}
	meter_end(&meter);
	f->ailing = false;
	let_head_go(f);
	if (all > 0)
		f->idle_since = clk_mono_ms();
	return all;
}

bool
file_rewritten(struct file *f)
{
	const struct tail *last = &f->lines.last;
	char now[LINES_TAIL];
	ssize_t got;

	if (last->n == 0 || f->unpack != NULL)
		return false;
	/* What cannot be read is said when it is read on. */
	got = peek(f->fd, now, last->n, f->at - last->n);
	return got != -1 && (got != (ssize_t)last->n ||
	    memcmp(now, last->p, last->n) != 0);
}

void
file_tick(struct file *f)
{
	int64_t now = clk_mono_ms(), after = f->w->opt.partial_after_ms;
	bool any = false;

	if (after > 0 && lines_pending(&f->lines) &&
	    now - f->lines.since >= after) {
		lines_partial(&f->lines, take_line, f);
		any = true;
	}
	if (joiner_tick(&f->source.joiner, now, take_record, f) || any)
		note_progress(f);
}

void
file_flush(struct file *f)
{
	joiner_flush(&f->source.joiner, take_record, f);
	note_progress(f);
}

void
file_finish(struct file *f, unsigned flags)
{
	lines_finish(&f->lines, flags, take_line, f);
	file_flush(f);
}

void
file_swap_rest(struct file *a, struct file *b)
{
	struct lines lines = a->lines;
	struct joiner joiner = a->source.joiner;

	a->lines = b->lines;
	b->lines = lines;
	a->source.joiner = b->source.joiner;
	b->source.joiner = joiner;
}

void
file_drop_rest(struct file *f)
{
	lines_seek(&f->lines, f->at);
	joiner_reset(&f->source.joiner);
}

void
file_restart(struct file *f)
{
	struct err e;

	f->ended = false;
	if (f->unpack != NULL && file_unpack(f, &e) == -1)
		f->ended = true;
	file_seek(f, 0);
	f->source.origin.generation++;
	f->source.origin.head = 0;
	f->dirty = true;
}

int
file_save(struct file *f, struct checkpoints *c, int64_t now, bool done,
    struct err *e)
{
	uint64_t acked = watch_acknowledged(f->w);
	struct stat st;
	size_t i, n = 0;

	if (c->state == NULL || (!f->dirty && !done))
		return 0;
	for (i = 0; i < f->progress.n; i++)
		if (f->progress.p[i].seq <= acked) {
			f->saved = f->progress.p[i].place;
			n = i + 1;
		}
	if (n > 0)
		memmove(f->progress.p, f->progress.p + n,
		    (f->progress.n - n) * sizeof(f->progress.p[0]));
	f->progress.n -= n;
	f->dirty = f->progress.n > 0;
	sign(f, &f->saved, &f->sign);
	f->sign.seen = now;
	f->sign.done = (done || f->ended) && f->progress.n == 0;
	if (f->fd != -1 && fstat(f->fd, &st) == 0) {
		f->sign.size = (uint64_t)st.st_size;
		f->sign.mtime = st.st_mtim.tv_sec * 1000 +
		    st.st_mtim.tv_nsec / 1000000;
	}
	let_head_go(f);
	return checkpoint_put(c, &f->sign, e);
}
