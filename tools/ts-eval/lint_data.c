#include "lint_data.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "promql/ast.h"

static void
take_sample(struct lint_data *d, const struct wire_sample *s)
{
	struct err late;
	size_t i;

	/* What comes late adds nothing that the lints ask for. */
	(void)history_add(&d->ev->history, s, &late);
	for (i = 0; i < s->n; i++)
		if (d->oldest == NO_TIME || s->ts[i] < d->oldest)
			d->oldest = s->ts[i];
	d->newest = d->ev->history.newest;
}

static void
take_meta(struct lint_data *d, const struct wire_meta *m)
{
	if (m->metric.n && m->type.n)
		(void)map_put(&d->types, arena_str(&d->arena, m->metric),
		    arena_cstr(&d->arena, m->type));
}

static int
take_line(struct lint_data *d, struct str line, struct err *e)
{
	struct wire_rec rec;

	arena_reset(&d->ev->arena);
	if (wire_read(d->ev->history.wire, line, &d->ev->arena, &rec, e) == -1)
		return -1;
	if (rec.kind == WIRE_SAMPLE)
		take_sample(d, &rec.u.sample);
	else if (rec.kind == WIRE_META)
		take_meta(d, &rec.u.meta);
	return 0;
}

static int
read_lines(struct lint_data *d, struct io_reader *in, const char *name)
{
	enum io_line got;
	struct str line;
	struct err e;

	while ((got = io_next_line(in, &line)) == IO_LINE ||
	    got == IO_TOO_LONG) {
		e = (struct err){ 0 };
		if (got == IO_TOO_LONG)
			(void)err_set(&e, ERR_LIMIT, "line is too long");
		else if (take_line(d, line, &e) == 0)
			continue;
		e.file = name;
		e.line = (unsigned)io_line_number(in);
		diag_err(&e);
		d->ev->bad_lines++;
	}
	if (got != IO_ERROR)
		return 0;
	diag("cannot read '%s': %s", name, strerror(errno));
	return -1;
}

static int
read_file(struct lint_data *d, const char *path)
{
	bool dash = strcmp(path, "-") == 0;
	int fd = dash ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct io_reader *in;
	int rc;

	if (fd == -1) {
		diag("cannot open '%s': %s", path, strerror(errno));
		return -1;
	}
	in = io_reader_new(fd, IO_LINE_MAX);
	rc = read_lines(d, in, dash ? "stdin" : path);
	io_reader_free(in);
	if (!dash)
		(void)close(fd);
	return rc;
}

static int
open_history(struct lint_data *d, const char *dir)
{
	struct store_options o = { .read_only = dir != NULL,
	    .one_shot = true };
	struct store_info info;
	struct err e = { 0 };

	if (history_open(&d->ev->history, dir, &o, &e) == -1) {
		diag_err(&e);
		return -1;
	}
	if (dir == NULL)
		return 0;
	store_info(d->ev->history.store, &info);
	if (info.nsamples) {
		d->oldest = info.oldest;
		d->newest = info.newest;
	}
	return 0;
}

int
lint_data_load(struct lint_data *d, struct eval *ev, const char *dir,
    const char *const *files, size_t n)
{
	size_t i;

	*d = (struct lint_data){ .ev = ev, .oldest = NO_TIME,
	    .newest = NO_TIME };
	if (open_history(d, dir) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (read_file(d, files[i]) == -1)
			return -1;
	return 0;
}

void
lint_data_release(struct lint_data *d)
{
	if (d->ev && d->ev->history.table)
		history_close(&d->ev->history);
	map_release(&d->types);
	map_release(&d->recorded);
	arena_free(&d->arena);
	arena_free(&d->query);
}

void
lint_data_reset(struct lint_data *d)
{
	arena_reset(&d->query);
}

size_t
lint_data_count(struct lint_data *d, const struct matcher *m, size_t nm)
{
	struct promql_source source = history_source(&d->ev->history);
	struct pseries *s;
	struct err e;
	size_t n = 0;
	int rc;

	rc = source.select(source.self, m, nm, d->oldest, d->newest,
	    &d->query, &s, &n, &e);
	lint_data_reset(d);
	return rc == 0 ? n : 0;
}

bool
lint_data_has(struct lint_data *d, const struct matcher *m, size_t nm)
{
	return lint_data_count(d, m, nm) > 0;
}

/* Whole seconds, so that a few samples are not asked for between them. */
static int64_t
step_of(const struct lint_data *d)
{
	int64_t step = (d->newest - d->oldest) / LINT_STEPS_MAX;

	return step < 1000 ? 1000 : step - step % 1000 + 1000;
}

bool
lint_data_steps(struct lint_data *d, const struct pexpr *x, int64_t step,
    struct pcols *out)
{
	struct promql_source source = history_source(&d->ev->history);
	struct promql_ctx c = { .arena = &d->query, .source = &source,
	    .step = step, .end = d->newest,
	    .lookback = d->ev->opt.lookback_ms,
	    .default_step = d->ev->opt.interval_ms };
	struct err e;

	/* The last step is the newest sample's time. */
	c.start = c.end - (d->newest - d->oldest) / c.step * c.step;
	return promql_eval(x, &c, out, &e) == 0;
}

bool
lint_data_eval(struct lint_data *d, const struct pexpr *x, struct pcols *out)
{
	return lint_data_steps(d, x, step_of(d), out);
}

static enum metric_type
type_of(const struct lint_data *d, struct str metric, bool part)
{
	const char *type = map_get(&d->types, metric);

	if (type == NULL)
		return METRIC_UNKNOWN;
	if (part)
		return strcmp(type, "histogram") == 0 ||
		    strcmp(type, "summary") == 0 ? METRIC_COUNTER :
		    METRIC_UNKNOWN;
	if (strcmp(type, "counter") == 0)
		return METRIC_COUNTER;
	return strcmp(type, "gauge") == 0 ? METRIC_GAUGE : METRIC_UNKNOWN;
}

enum metric_type
lint_data_type(const struct lint_data *d, struct str metric)
{
	static const struct str parts[] = { STR("_bucket"), STR("_count"),
	    STR("_sum") };
	enum metric_type t = type_of(d, metric, false);
	size_t i;

	/* OpenMetrics names a counter's family without its suffix. */
	if (t == METRIC_UNKNOWN && str_ends(metric, STR("_total")))
		t = type_of(d, str_sub(metric, 0, metric.n - 6), false);
	for (i = 0; t == METRIC_UNKNOWN && i < 3; i++)
		if (str_ends(metric, parts[i]))
			t = type_of(d, str_sub(metric, 0, metric.n -
			    parts[i].n), true);
	return t;
}
