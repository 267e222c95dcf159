#include "watch.h"

#include <inttypes.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "redact.h"

#define TICK_MS	1000

/* ---- opening ---- */

static int
load_files(struct watch *w, struct err *e)
{
	size_t i;

	if (w->config.arena == NULL)
		w->config.arena = &w->arena;
	if (w->t->config != NULL &&
	    config_load(&w->config, w->t->config, e) == -1)
		return -1;
	for (i = 0; i < w->opt.rules.n; i++)
		if (config_load(&w->config, w->opt.rules.p[i], e) == -1)
			return -1;
	return 0;
}

static int
find_parser(struct watch *w, struct err *e)
{
	struct str name = w->opt.format ? str_of(w->opt.format) :
	    config_format(&w->config);

	w->parser = NULL;
	if (name.n == 0 || str_eq(name, STR("auto")))
		return 0;
	w->parser = parser_find(name, e);
	return w->parser ? 0 : -1;
}

static int
read_limits(struct watch *w, struct err *e)
{
	w->since = INT64_MIN;
	w->until = INT64_MAX;
	if (w->opt.since && !time_parse(str_of(w->opt.since), &w->since))
		return err_set(e, ERR_CONFIG, "--since is a time like "
		    "2026-01-21T09:00:00Z, not '%s'", w->opt.since);
	if (w->opt.until && !time_parse(str_of(w->opt.until), &w->until))
		return err_set(e, ERR_CONFIG, "--until is a time like "
		    "2026-01-21T09:00:00Z, not '%s'", w->opt.until);
	return 0;
}

static void
take_alert(void *arg, const struct alert *al)
{
	watch_alert(arg, al);
}

static void
take_act(void *arg, const struct incident *in)
{
	struct watch *w = arg;

	blocker_act(w->blocker, in, clk_now(&w->t->clk));
}

static void
take_record(void *arg, const struct block_record *r)
{
	struct watch *w = arg;
	size_t i;

	for (i = 0; i < w->outputs.n; i++)
		if (w->outputs.p[i].kind->block != NULL)
			w->outputs.p[i].kind->block(w->outputs.p[i].self, r);
}

/* People are told instead of more being blocked. */
static void
take_limit(void *arg, const char *what, int64_t now)
{
	struct watch *w = arg;
	struct labels_table *table = labels_table_new();
	struct labels_builder b = { 0 };
	struct alert al = { .starts_at = now,
	    .ends_at = now + 10 * DUR_MINUTE,
	    .generator_url = STR("ts-logwatch:/block") };

	labels_build(&b, table, NULL);
	labels_set(&b, STR("alertname"), STR("LogwatchBlockLimit"));
	labels_set(&b, STR("severity"), STR("critical"));
	al.labels = labels_done(&b);
	labels_build(&b, table, NULL);
	labels_set(&b, STR("summary"), STR("Attackers are no longer "
	    "blocked"));
	labels_set(&b, STR("description"), str_of(what));
	al.annotations = labels_done(&b);
	watch_alert(w, &al);
	labels_builder_release(&b);
	labels_table_free(table);
}

static bool
any_blocks(const struct watch *w)
{
	size_t i;

	for (i = 0; i < rules_count(w->rules); i++)
		if (rules_at(w->rules, i)->block != NULL)
			return true;
	return false;
}

/* Read also when nothing is blocked, so that mistakes in it are seen. */
static int
load_blocker(struct watch *w, struct err *e)
{
	const struct blocker_host host = { .record = take_record,
	    .limit = take_limit, .arg = w };

	w->blocker = blocker_new(&w->config, w->rules, w->t->dry_run ? NULL :
	    w->t->state, w->opt.block && !w->t->dry_run, &host, e);
	if (w->blocker == NULL)
		return -1;
	if (!w->opt.blocks_verb && !w->opt.act && !any_blocks(w)) {
		blocker_free(w->blocker);
		w->blocker = NULL;
	}
	return 0;
}

static int
load_rules(struct watch *w, struct err *e)
{
	const struct rules_host host = { .alert = take_alert,
	    .act = take_act, .arg = w };

	w->groks = grok_set_new(config_ecs(&w->config) && !w->opt.legacy);
	if (config_patterns(&w->config, w->groks, e) == -1)
		return -1;
	w->filters = filters_new(&w->config, config_ecs(&w->config), e);
	if (w->filters == NULL)
		return -1;
	if ((w->rules = rules_new(&w->config, w->groks, &host, e)) == NULL ||
	    (w->metrics = metrics_new(&w->config, w->groks, e)) == NULL ||
	    load_blocker(w, e) == -1)
		return -1;
	if (w->opt.where != NULL &&
	    (w->where = expr_parse(str_of(w->opt.where), e)) == NULL)
		return err_prefix(e, "--where");
	return 0;
}

static int
open_output(struct watch *w, struct str name, const char *url, struct err *e)
{
	struct open_output o = { .kind = output_find(name, url != NULL, e) };

	if (o.kind == NULL)
		return -1;
	if ((o.self = o.kind->open(w, url, e)) == NULL)
		return -1;
	vec_push(&w->outputs, o);
	w->wants_events |= o.kind->wants_all;
	return 0;
}

/* Rules speak of alerts, metrics alone of samples, else it is events. */
static const char *
default_output(const struct watch *w)
{
	if (rules_count(w->rules) > 0)
		return w->blocker != NULL ? "alerts,blocks" : "alerts";
	if (metrics_count(w->metrics) > 0)
		return "samples";
	return w->opt.to.n > 0 ? "" : isatty(STDOUT_FILENO) ? "text" :
	    "events";
}

/* Unless records run over the same terminal: they are the progress. */
static bool
shows_progress(const struct watch *w)
{
	bool shared = isatty(STDOUT_FILENO);
	size_t i;

	for (i = 0; i < w->outputs.n; i++)
		if (shared && w->outputs.p[i].kind->wants_all &&
		    !w->outputs.p[i].kind->ships)
			return false;
	return isatty(STDERR_FILENO) && !w->t->quiet;
}

/* NAME://…, NAME+https://… */
static int
open_destinations(struct watch *w, struct err *e)
{
	struct str url, name;
	ptrdiff_t at;
	size_t i;

	for (i = 0; i < w->opt.to.n; i++) {
		url = str_of(w->opt.to.p[i]);
		at = str_find(url, STR("://"));
		if (at < 0)
			return err_set(e, ERR_CONFIG, "--to is a URL like "
			    "elasticsearch://localhost:9200");
		(void)str_cut(str_sub(url, 0, (size_t)at), '+', &name);
		if (open_output(w, name, w->opt.to.p[i], e) == -1)
			return -1;
	}
	return 0;
}

static int
open_outputs(struct watch *w, struct err *e)
{
	struct str rest = str_of(w->t->output ? w->t->output :
	    default_output(w));
	struct str name;

	while (rest.p != NULL) {
		rest = str_cut(rest, ',', &name);
		if (name.n > 0 && open_output(w, name, NULL, e) == -1)
			return -1;
	}
	w->default_output = w->t->output ? NULL : default_output(w);
	return open_destinations(w, e);
}

int
watch_load(struct watch *w, struct err *e)
{
	w->newest = INT64_MIN;
	w->event.arena = &w->line;
	w->opened = true;
	if (load_files(w, e) == -1 || find_parser(w, e) == -1 ||
	    read_limits(w, e) == -1 || load_rules(w, e) == -1)
		return -1;
	if (!w->opt.no_redact)
		w->redactor = redactor_new(&w->config);
	if (open_outputs(w, e) == -1)
		return -1;
	w->meters = shows_progress(w);
	return 0;
}

int
watch_open(struct watch *w)
{
	struct err e = { 0 };

	if (watch_load(w, &e) == 0)
		return EXIT_YES;
	diag_err(&e);
	return EXIT_USAGE;
}

void
watch_close(struct watch *w)
{
	size_t i;

	for (i = 0; i < w->outputs.n; i++)
		w->outputs.p[i].kind->close(w->outputs.p[i].self);
	vec_release(&w->outputs);
	redactor_free(w->redactor);
	filters_free(w->filters);
	blocker_free(w->blocker);
	rules_free(w->rules);
	metrics_free(w->metrics);
	grok_set_free(w->groks);
	expr_free(w->where);
	event_release(&w->event);
	config_release(&w->config);
	vec_release(&w->opt.rules);
	vec_release(&w->opt.groks);
	vec_release(&w->opt.to);
	for (i = 0; i < w->reloads.n; i++) {
		arena_free(w->reloads.p[i]);
		mem_free(w->reloads.p[i]);
	}
	vec_release(&w->reloads);
	arena_free(&w->line);
	arena_free(&w->arena);
}

/* ---- reading it again ---- */

/* What a reload replaces. */
static void
drop_loaded(struct watch *w)
{
	redactor_free(w->redactor);
	filters_free(w->filters);
	blocker_free(w->blocker);
	rules_free(w->rules);
	metrics_free(w->metrics);
	grok_set_free(w->groks);
	expr_free(w->where);
	config_release(&w->config);
}

static void
swap_loaded(struct watch *a, struct watch *b)
{
#define SWAP(f) do {							\
	unsigned char swap_[sizeof(a->f)];				\
	memcpy(swap_, &a->f, sizeof(a->f));				\
	memcpy(&a->f, &b->f, sizeof(a->f));				\
	memcpy(&b->f, swap_, sizeof(a->f));				\
} while (0)
	SWAP(config);
	SWAP(parser);
	SWAP(redactor);
	SWAP(groks);
	SWAP(filters);
	SWAP(where);
	SWAP(rules);
	SWAP(blocker);
	SWAP(metrics);
#undef SWAP
}

bool
watch_reload(struct watch *w)
{
	struct watch other = { 0 };
	struct err e = { 0 };

	/* Inputs keep pointing into the first: arenas end with the run. */
	vec_push(&w->reloads, mem_zalloc(sizeof(struct arena)));
	swap_loaded(w, &other);
	w->config.arena = w->reloads.p[w->reloads.n - 1];
	if (load_files(w, &e) == -1 || find_parser(w, &e) == -1 ||
	    load_rules(w, &e) == -1 || (w->blocker != NULL && blocker_start(w->blocker, w->rules,
	    w->opt.act, clk_now(&w->t->clk), &e) == -1)) {
		diag_err(&e);
		diag_warning("the configuration that was loaded before "
		    "stays");
		swap_loaded(w, &other);
		drop_loaded(&other);
		arena_free(w->reloads.p[--w->reloads.n]);
		mem_free(w->reloads.p[w->reloads.n]);
		return false;
	}
	if (!w->opt.no_redact)
		w->redactor = redactor_new(&w->config);
	rules_take(w->rules, other.rules);
	metrics_take(w->metrics, other.metrics);
	if (w->blocker != NULL && other.blocker != NULL &&
	    (w->t->state == NULL || !w->opt.block))
		blocker_take(w->blocker, other.blocker);
	drop_loaded(&other);
	diag_note("configuration loaded again");
	if (w->default_output != NULL && strcmp(w->default_output,
	    default_output(w)) != 0)
		diag_warning("with this configuration the output would be "
		    "'%s': that needs a restart, or -o", default_output(w));
	return true;
}

/* ---- sources ---- */

static void
source_zone(struct source *s, struct watch *w)
{
	struct str zone = s->input && s->input->timezone.n ?
	    s->input->timezone : w->opt.timezone ? str_of(w->opt.timezone) :
	    config_timezone(&w->config);
	struct err e;

	if (date_zone(zone.n ? zone : STR("Local"), &w->arena,
	    &s->state.dates.zone, &e) == -1) {
		diag_warning("%s; times are taken as UTC", e.msg);
		s->state.dates.zone = NULL;
	}
}

/* 2000: older files are of archives that keep no times. */
#define NO_TIME_MS	INT64_C(946684800000)

void
source_written(struct source *s, int64_t ms)
{
	static const struct clk wall = { .kind = CLK_WALL };

	s->state.dates.now_ms = ms >= NO_TIME_MS ? ms : clk_now(&wall);
}

void
source_init(struct source *s, struct watch *w, const struct input *input,
    const char *path)
{
	struct err e;

	memset(s, 0, sizeof(*s));
	s->origin.path = str_of(path);
	s->input = input;
	s->parser = w->parser;
	if (input != NULL && input->multiline != NULL)
		s->joiner.rules = input->multiline->joining;
	/* That the name is good was seen when it was loaded. */
	if (input != NULL && input->format.n > 0 &&
	    !str_eq(input->format, STR("auto")))
		s->parser = parser_find(input->format, &e);
	if (input != NULL && input->columns.n > 0) {
		s->state.column = input->columns.p;
		s->state.ncolumns = input->columns.n;
	}
	source_written(s, INT64_MIN);
	s->state.dates.year = w->opt.year;
	s->state.time = INT64_MIN;
	source_zone(s, w);
}

void
source_release(struct source *s)
{
	arena_free(&s->state.arena);
	joiner_release(&s->joiner);
}

/* ---- a line ---- */

/* A record without a time has that of the one before it. */
static void
complete_time(struct watch *w, struct source *s, struct event *ev)
{
	if (ev->has_time) {
		s->state.time = ev->time;
		if (ev->time > w->newest)
			w->newest = ev->time;
		return;
	}
	w->count.untimed++;
	if (s->state.time != INT64_MIN)
		ev->time = s->state.time;
	else
		ev->time = w->t->clk.kind == CLK_INPUT &&
		    w->newest != INT64_MIN ? w->newest :
		    clk_now(&w->t->clk);
}

static void
add_fields(const struct source *s, struct event *ev)
{
	size_t i;

	if (s->input == NULL)
		return;
	for (i = 0; i < s->input->fields.n; i++)
		event_set(ev, s->input->fields.p[i].key,
		    VALUE_STR(s->input->fields.p[i].value));
}

static void
put_event(struct watch *w, const struct event *ev)
{
	size_t i;

	for (i = 0; i < w->outputs.n; i++)
		if (w->outputs.p[i].kind->event != NULL)
			w->outputs.p[i].kind->event(w->outputs.p[i].self, ev);
}

/* NUL bytes are legal nowhere: a sparse file, a torn write. */
static struct str
without_nul(struct str s, struct arena *a)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0')
			(void)utf8_put(&b, UTF8_BAD);
		else
			(void)buf_putc(&b, s.p[i]);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* The event of a line that nothing was read of yet. */
static void
begin_event(struct watch *w, struct source *s, const struct line *line)
{
	struct event *ev = &w->event;
	struct str text = line->text;
	unsigned flags = line->flags;

	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL) {
		text = without_nul(text, &w->line);
		flags |= LINE_NUL;
	}
	if (!utf8_valid(text))
		flags |= LINE_UTF8;
	event_reset(ev, text);
	ev->origin = &s->origin;
	ev->offset = line->offset;
	ev->bytes = line->bytes;
	ev->flags = flags;
}

/* The bytes of a line that its text does not show, unless it has secrets. */
static void
add_raw(struct watch *w, struct str line)
{
	struct event *ev = &w->event;
	struct buf b = { 0 };

	if (w->redactor != NULL && redact_holds(w->redactor, line))
		return;
	(void)base64_put(&b, line);
	event_set(ev, STR("event.original_b64"),
	    VALUE_STR(arena_str(ev->arena, buf_str(&b))));
	buf_release(&b);
}

void
watch_line(struct watch *w, struct source *s, const struct line *line)
{
	struct event *ev = &w->event;

	w->count.lines++;
	w->count.bytes += line->text.n;
	arena_reset(&w->line);
	begin_event(w, s, line);
	parse_line(s->parser, &s->state, ev);
	if (ev->dropped)
		return;
	complete_time(w, s, ev);
	if (w->t->clk.kind == CLK_INPUT)
		clk_advance(&w->t->clk, ev->time);
	add_fields(s, ev);
	if (filters_any(w->filters))
		filters_run(w->filters, ev);
	if (ev->dropped || ev->time < w->since || ev->time > w->until ||
	    (w->where != NULL && !expr_true(w->where, ev))) {
		w->count.dropped++;
		return;
	}
	/* Only what prints events needs their texts looked through. */
	if (w->redactor != NULL && w->wants_events)
		redact_event(w->redactor, ev);
	if (w->opt.raw && ev->flags & (LINE_NUL | LINE_UTF8))
		add_raw(w, line->text);
	grok_set_see(w->groks, ev);
	w->seq++;
	w->count.events++;
	if (metrics_count(w->metrics) > 0)
		metrics_event(w->metrics, ev);
	if (rules_count(w->rules) > 0)
		rules_event(w->rules, ev);
	put_event(w, ev);
	if (w->t->clk.kind == CLK_INPUT && ev->time >= w->next_tick) {
		w->next_tick = ev->time + TICK_MS;
		watch_tick(w, ev->time);
	}
}

void
watch_tick(struct watch *w, int64_t now)
{
	size_t i;

	rules_tick(w->rules, now);
	if (w->blocker != NULL)
		blocker_tick(w->blocker, now);
	for (i = 0; i < w->outputs.n; i++)
		if (w->outputs.p[i].kind->tick != NULL)
			w->outputs.p[i].kind->tick(w->outputs.p[i].self, now);
}

bool
watch_ticks(const struct watch *w)
{
	size_t i;

	if (w->blocker != NULL)
		return true;
	for (i = 0; i < rules_count(w->rules); i++)
		if (rules_at(w->rules, i)->absent)
			return true;
	for (i = 0; i < w->outputs.n; i++)
		if (w->outputs.p[i].kind->tick != NULL)
			return true;
	return false;
}

void
watch_alert(struct watch *w, const struct alert *al)
{
	size_t i;

	for (i = 0; i < w->outputs.n; i++)
		if (w->outputs.p[i].kind->alert != NULL)
			w->outputs.p[i].kind->alert(w->outputs.p[i].self, al);
}

int
watch_flush(struct watch *w, bool final)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < w->outputs.n; i++)
		if (w->outputs.p[i].kind->flush != NULL &&
		    w->outputs.p[i].kind->flush(w->outputs.p[i].self,
		    final) == -1)
			rc = -1;
	return rc;
}

void
watch_settle(struct watch *w)
{
	size_t i;

	(void)watch_flush(w, false);
	for (i = 0; i < w->outputs.n; i++)
		if (w->outputs.p[i].kind->settle != NULL)
			w->outputs.p[i].kind->settle(w->outputs.p[i].self);
}

void
watch_breathe(struct watch *w)
{
	if (w->breathe != NULL)
		w->breathe(w->breathe_arg);
}

uint64_t
watch_acknowledged(const struct watch *w)
{
	uint64_t all = w->seq, one;
	size_t i;

	for (i = 0; i < w->outputs.n; i++) {
		if (w->outputs.p[i].kind->acknowledged == NULL)
			continue;
		one = w->outputs.p[i].kind->acknowledged(
		    w->outputs.p[i].self);
		if (one < all)
			all = one;
	}
	return all;
}
