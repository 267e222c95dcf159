#include "file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "meter.h"

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
	if (fstat(fd, &st) == 0) {
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
	source_release(&f->source);
	vec_release(&f->progress);
	mem_free(f);
}

void
file_is(struct file *f, const struct checkpoint *p)
{
	if (p->ino == 0)
		return;
	f->source.origin.dev = p->dev;
	f->source.origin.ino = p->ino;
	f->source.origin.generation = p->generation;
	f->source.origin.head = p->head;
}

static void
remember(struct file *f, const char *p, size_t n)
{
	size_t keep = CHECKPOINT_MARK_MAX, old;

	if (n >= keep) {
		memcpy(f->mark, p + n - keep, keep);
		f->nmark = keep;
		return;
	}
	old = f->nmark + n > keep ? keep - n : f->nmark;
	memmove(f->mark, f->mark + f->nmark - old, old);
	memcpy(f->mark + old, p, n);
	f->nmark = old + n;
}

void
file_seek(struct file *f, uint64_t offset)
{
	uint64_t n = offset < CHECKPOINT_MARK_MAX ? offset :
	    CHECKPOINT_MARK_MAX;
	ssize_t got;

	lines_seek(&f->lines, offset);
	f->lines.fresh = offset == 0;
	f->at = f->saved = offset;
	f->nmark = 0;
	f->progress.n = 0;
	if (f->unpack != NULL || f->fd == -1)
		return;
	got = pread(f->fd, f->mark, n, (off_t)(offset - n));
	f->nmark = got == (ssize_t)n ? (size_t)n : 0;
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
	if (got > 0) {
		f->at += (uint64_t)got;
		remember(f, p, (size_t)got);
	}
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
	if (data > (off_t)f->at) {
		f->at = (uint64_t)data;
		f->lines.offset = f->at;
	}
}

/*
 * What the names of events are made of: the first line, or its first 64
 * bytes, which stay whatever is appended.
 */
static void
read_head(struct file *f)
{
	char first[64];
	ssize_t n = pread(f->fd, first, sizeof(first), 0);
	const char *end = n > 0 ? memchr(first, '\n', (size_t)n) : NULL;

	if (n > 0)
		f->source.origin.head = checkpoint_hash((struct str){ first,
		    end ? (size_t)(end - first) : (size_t)n });
}

static void
take_record(void *arg, struct str text, uint64_t offset, unsigned flags)
{
	struct file *f = arg;

	watch_line(f->w, &f->source, text, offset, flags);
}

static void
take_line(void *arg, struct str line, uint64_t offset, unsigned flags)
{
	struct file *f = arg;

	f->late += f->rotated;
	f->w->count.late += f->rotated;
	if (f->source.origin.head == 0 && f->fd != -1)
		read_head(f);
	if (f->source.joiner.rules != NULL)
		joiner_line(&f->source.joiner, line, offset, flags,
		    take_record, f);
	else
		watch_line(f->w, &f->source, line, offset, flags);
}

uint64_t
file_offset(const struct file *f)
{
	return f->source.joiner.lines > 0 ? f->source.joiner.offset :
	    f->lines.offset;
}

/* The outputs have had all events up to this offset. */
static void
note_progress(struct file *f)
{
	f->dirty = true;
	if (f->w->keeps)
		vec_push(&f->progress, (struct progress){ f->w->seq,
		    file_offset(f) });
}

ssize_t
file_pump(struct file *f)
{
	ssize_t n, all = 0;
	struct meter meter;

	meter_begin(&meter, f);
	skip_hole(f);
	while (!f->w->stop) {
		n = lines_read(&f->lines, read_some, f, take_line, f);
		if (n == 0)
			break;
		if (n == -1) {
			meter_end(&meter);
			diag("cannot read '" STR_FMT "': %s",
			    STR_ARG(f->source.origin.path), f->unpack ?
			    unpack_why(f->unpack) : strerror(errno));
			f->w->bad = true;
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
	if (all > 0)
		f->idle_since = clk_mono_ms();
	return all;
}

bool
file_rewritten(struct file *f)
{
	char now[CHECKPOINT_MARK_MAX];

	if (f->nmark == 0 || f->unpack != NULL)
		return false;
	return pread(f->fd, now, f->nmark, (off_t)(f->at - f->nmark)) !=
	    (ssize_t)f->nmark || memcmp(now, f->mark, f->nmark) != 0;
}

void
file_tick(struct file *f)
{
	struct joiner *j = &f->source.joiner;

	if (j->lines == 0 || clk_mono_ms() - j->since < joiner_patience(j))
		return;
	joiner_flush(j, take_record, f);
	note_progress(f);
}

void
file_finish(struct file *f, unsigned flags)
{
	lines_finish(&f->lines, flags, take_line, f);
	joiner_flush(&f->source.joiner, take_record, f);
	note_progress(f);
}

void
file_restart(struct file *f)
{
	file_seek(f, 0);
	f->source.origin.generation++;
	f->source.origin.head = 0;
	f->sign.fp_len = 0;
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
			f->saved = f->progress.p[i].offset;
			n = i + 1;
		}
	if (n > 0)
		memmove(f->progress.p, f->progress.p + n,
		    (f->progress.n - n) * sizeof(f->progress.p[0]));
	f->progress.n -= n;
	f->dirty = f->progress.n > 0;
	f->sign.offset = f->saved;
	f->sign.generation = f->source.origin.generation;
	f->sign.seen = now;
	f->sign.head = f->source.origin.head;
	f->sign.done = done && f->progress.n == 0;
	if (f->fd != -1 && fstat(f->fd, &st) == 0) {
		f->sign.size = (uint64_t)st.st_size;
		f->sign.mtime = st.st_mtim.tv_sec * 1000 +
		    st.st_mtim.tv_nsec / 1000000;
	}
	if (f->fd != -1 && f->unpack == NULL)
		checkpoint_sign(&f->sign, f->fd);
	return checkpoint_put(c, &f->sign, e);
}
