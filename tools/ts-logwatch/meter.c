#include "meter.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/diag.h"
#include "plain.h"

#define QUIET_MS	1000	/* shorter work is not worth a word */
#define REDRAW_MS	100
#define NAME_COLUMNS	30

void
meter_begin(struct meter *m, const struct file *f)
{
	*m = (struct meter){ .file = f, .began = clk_mono_ms(),
	    .lines = f->w->count.lines };
}

/* Of a compressed file, what the reader has had of it; -1: not known. */
static int
percent(const struct file *f)
{
	off_t at = f->unpack != NULL ? lseek(f->fd, 0, SEEK_CUR) :
	    (off_t)f->at;
	struct stat st;

	if (f->fd == -1 || fstat(f->fd, &st) == -1 || st.st_size <= 0 ||
	    at < 0)
		return -1;
	return at >= st.st_size ? 100 : (int)((double)at * 100 /
	    (double)st.st_size);
}

static void
put_name(struct buf *out, struct str path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	if (slash != NULL)
		path = str_sub(path, (size_t)(slash + 1 - path.p), path.n);
	(void)plain_put(out, path, NAME_COLUMNS);
}

void
meter_tick(struct meter *m)
{
	const struct file *f = m->file;
	int64_t now = clk_mono_ms(), ms = now - m->began;
	uint64_t lines = f->w->count.lines - m->lines;
	struct buf text = { 0 };
	int part;

	if (!f->w->meters || ms < QUIET_MS || now - m->drawn < REDRAW_MS)
		return;
	m->drawn = now;
	put_name(&text, f->source.origin.path);
	if ((part = percent(f)) >= 0)
		(void)buf_printf(&text, "  %d%%", part);
	(void)buf_printf(&text, "  %llu lines  %llu/s",
	    (unsigned long long)lines,
	    (unsigned long long)(lines * 1000 / (uint64_t)ms));
	diag_progress(buf_str(&text));
	buf_release(&text);
}

void
meter_end(struct meter *m)
{
	(void)m;
	diag_progress(STR_NONE);
}
