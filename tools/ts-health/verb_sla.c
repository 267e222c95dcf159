/*
 * sla: availability from recorded results.
 */
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/dur.h"
#include "health_yml.h"
#include "sla.h"

static const struct {
	const char *name;
	void	(*print)(const struct sla *s, struct arena *a,
		    struct buf *out);
} formats[] = {
	{ "text", sla_text }, { "json", sla_json }, { "html", sla_html },
};
static const char *const names[] = { "text", "json", "html" };

/* How many lines were bad; -1 when the file could not be read. */
static long
read_results(struct sla *s, const char *path)
{
	bool in = strcmp(path, "-") == 0;
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct io_reader *r;
	enum io_line got;
	struct str line;
	struct err e;
	long bad = 0;

	if (fd == -1) {
		diag("cannot open '%s': %s", path, strerror(errno));
		return -1;
	}
	r = io_reader_new(fd, IO_LINE_MAX);
	while ((got = io_next_line(r, &line)) == IO_LINE ||
	    got == IO_TOO_LONG) {
		if (got == IO_LINE && (line.n == 0 ||
		    sla_add(s, line, &e) >= 0))
			continue;
		if (got == IO_TOO_LONG)
			(void)err_set(&e, ERR_LIMIT, "the line is too long");
		e.file = in ? "stdin" : path;
		e.line = (unsigned)io_line_number(r);
		diag_err(&e);
		bad++;
	}
	if (got == IO_ERROR)
		diag("cannot read '%s': %s", path, strerror(errno));
	io_reader_free(r);
	if (!in)
		(void)close(fd);
	return got == IO_ERROR ? -1 : bad;
}

/* The windows of the checks that stand in health.yml. */
static void
use_windows(struct sla *s, const struct health_config *h)
{
	struct sla_check *c;
	size_t i;

	for (i = 0; i < h->checks.n; i++)
		if ((c = map_get(&s->index, h->checks.p[i]->name)) != NULL)
			c->maintenance = &h->checks.p[i]->maintenance;
}

static bool
set_instant(const char *text, int64_t *ms)
{
	return text == NULL || (time_parse(str_of(text), ms) && *ms > 0);
}

static int
verdict(const struct sla *s)
{
	size_t i;

	for (i = 0; i < s->checks.n; i++)
		if (!sla_met(s, s->checks.p[i]))
			return HEALTH_CRITICAL;
	return HEALTH_OK;
}

int
verb_sla(struct tool *t, int argc, char **argv)
{
	const struct health *self = t->self;
	struct sla s = { .objective = self->objective,
	    .gap_ms = self->gap_ms };
	struct health_config h = { .procfs = self->host.procfs,
	    .rootfs = self->host.rootfs };
	struct arena a = { 0 };
	struct err e;
	char stdin_name[] = "-", *only[] = { stdin_name };
	int i, format, status = HEALTH_UNKNOWN;
	long bad = 0, n = 0;

	if ((format = tool_output(t, names, sizeof(names) /
	    sizeof(names[0]))) == -1)
		return HEALTH_UNKNOWN;
	if (!set_instant(self->from, &s.from_ms) ||
	    !set_instant(self->to, &s.to_ms))
		return tool_usage(t, "--from and --to are times (RFC 3339, or "
		    "seconds)");
	if (s.to_ms && s.from_ms >= s.to_ms)
		return tool_usage(t, "--from must be before --to");
	if (argc == 0) {
		argc = 1;
		argv = only;
	}
	for (i = 0; i < argc && n != -1; i++, bad += n > 0 ? n : 0)
		n = read_results(&s, argv[i]);
	if (n == -1) {
		/* said */
	} else if (s.nresults == 0) {
		diag("no results to tell from");
	} else if (t->config != NULL && health_load(&h, t->config,
	    &e) == -1) {
		diag_err(&e);
	} else {
		use_windows(&s, &h);
		sla_compute(&s);
		formats[format].print(&s, &a, io_writer_buf(t->out));
		status = verdict(&s);
		if (bad && status == HEALTH_OK)
			status = HEALTH_WARNING;
	}
	health_release(&h);
	sla_release(&s);
	arena_free(&a);
	return tool_finish(t, status);
}
