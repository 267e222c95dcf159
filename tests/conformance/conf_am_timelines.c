/*
 * am-timelines/NAME: the steps of timeline.json played through the router in
 * virtual time and through the deduplication rules, compared with what
 * Alertmanager 0.25 sent (captured.jsonl): to whom, when, which alerts.
 *
 * A delivery at a virtual instant has no network: an attempt is answered by
 * the timeline's `responses`.
 */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/ts-route/router.h"
#include "../../tools/ts-route/save.h"
#include "am.h"
#include "conf.h"
#include "core/dur.h"
#include "core/io.h"
#include "core/num.h"
#include "json/tree.h"
#include "state/nflog.h"

#define SET		"am-timelines"
#define START		INT64_C(1790000000000)	/* 2026-09-21, a Monday */
#define FILE_MAX_BYTES	((size_t)16 << 20)
#define EARLY_S		0.15		/* of timer jitter */
#define RETRY_S		1.5		/* random delays add up */
#define JITTER_MS	50

/* What was sent, or should have been. */
struct sent {
	double t;
	bool retried;
	struct str what;	/* receiver integration status alerts */
	bool matched;
};

struct play {
	struct arena arena;
	struct am_config *config;
	const json_t *timeline;
	json_t *used;			/* responses given: path -> count */
	struct labels_table *table;
	struct wire_reader *reader;
	struct router router;
	struct state *state;
	char dir[64];
	struct nflog *log;
	VEC(struct sent) got, want;
	struct err err;
};

/* ---- the notification log ---- */

static void
hashes_of(struct play *p, const struct notification *n, bool resolved,
    struct nflog_hashes *out)
{
	size_t i;

	out->p = ARENA_ARRAY(&p->arena, n->nalerts + 1, uint64_t);
	out->n = 0;
	for (i = 0; i < n->nalerts; i++)
		if ((n->alerts[i].ends_at != 0) == resolved)
			out->p[out->n++] = labels_hash64(n->alerts[i].labels);
	nflog_hashes_sort(out);
}

/* Whether to send; a matter of milliseconds when a repeat is just due. */
enum need { NEED_NO, NEED_YES, NEED_EITHER };

static enum need
log_needs(const struct nflog_entry *last, const struct nflog_entry *new,
    const struct notification *n, bool send_resolved)
{
	const char *reason;
	bool early = nflog_needs(last, &new->firing, &new->resolved,
	    send_resolved, n->repeat_interval_ms, n->time - JITTER_MS,
	    &reason);
	bool late = nflog_needs(last, &new->firing, &new->resolved,
	    send_resolved, n->repeat_interval_ms, n->time + JITTER_MS,
	    &reason);

	if (early != late)
		return NEED_EITHER;
	return late ? NEED_YES : NEED_NO;
}

/* ---- sending ---- */

static double
seconds(int64_t ms)
{
	return (double)(ms - START) / 1000;
}

static void
put_when(struct buf *out, int64_t ms)
{
	(void)buf_printf(out, "@%+.1f", seconds(ms));
}

/*
 * An alert as text.  One that the log knows as resolved was told before: a
 * delivery ends that alert, so it is not part of later messages.
 */
static size_t
put_alerts(const struct notification *n, const struct nflog_hashes *before,
    bool send_resolved, struct buf *out)
{
	const struct alert *a;
	size_t i, told = 0;

	for (i = 0; i < n->nalerts; i++) {
		a = &n->alerts[i];
		if (a->ends_at != 0 && (!send_resolved ||
		    nflog_hashes_has(before, labels_hash64(a->labels))))
			continue;
		(void)buf_put(out, a->ends_at ? STR("\n\tresolved ") :
		    STR("\n\tfiring "));
		labels_print_bare(a->labels, out);
		(void)buf_putc(out, ' ');
		put_when(out, a->starts_at);
		(void)buf_putc(out, ' ');
		if (a->ends_at)
			put_when(out, a->ends_at);
		told++;
	}
	return told;
}

/* The next answer of the sink for this path; 200 when none is left. */
static int
answer(struct play *p, struct str path)
{
	json_t *all = json_object_get(p->timeline, "responses"), *list;
	const char *key;
	json_int_t n;

	json_object_foreach(all, key, list) {
		if (!str_starts(path, str_of(key)))
			continue;
		n = json_integer_value(json_object_get(p->used, key));
		if ((size_t)n >= json_array_size(list))
			return 200;
		json_object_set_new(p->used, key, json_integer(n + 1));
		return (int)json_integer_value(json_array_get(list,
		    (size_t)n));
	}
	return 200;
}

/* Attempts until one succeeds: 0.5 s, then 1.5 times as long each. */
static int64_t
deliver(struct play *p, const struct notification *n,
    const struct integration_config *ic, struct str what)
{
	struct str path = arena_printf(&p->arena, "/%s/" STR_FMT,
	    ic->kind->name, STR_ARG(n->receiver));
	int64_t t = n->time, wait = 500;

	for (;;) {
		vec_push(&p->got, (struct sent){ seconds(t), t != n->time,
		    what, false });
		if (answer(p, path) / 100 == 2)
			return t;
		t += wait;
		wait += wait / 2;
		if (t >= n->time + n->group_interval_ms)
			return -1;
	}
}

static bool
was_captured(struct play *p, int64_t time, struct str what)
{
	size_t i;

	for (i = 0; i < p->want.n; i++)
		if (str_eq(p->want.p[i].what, what) &&
		    fabs(p->want.p[i].t - seconds(time)) <= EARLY_S)
			return true;
	return false;
}

static void
notify(struct play *p, const struct notification *n,
    const struct integration_config *ic)
{
	struct nflog_entry last = { 0 }, new = { .expires = INT64_MAX };
	struct buf what = { 0 }, key = { 0 };
	int64_t done = n->time;
	enum need need;
	size_t told;
	int found;

	nflog_key(&key, n->receiver, str_of(ic->kind->name), ic->index,
	    n->group_key);
	found = nflog_get(p->log, buf_str(&key), &p->arena, &last, &p->err);
	hashes_of(p, n, false, &new.firing);
	hashes_of(p, n, true, &new.resolved);
	need = log_needs(found == 1 ? &last : NULL, &new, n,
	    ic->common->send_resolved);
	(void)buf_printf(&what, STR_FMT " %s %s", STR_ARG(n->receiver),
	    ic->kind->name, new.firing.n ? "firing" : "resolved");
	told = put_alerts(n, &last.resolved, ic->common->send_resolved, &what);
	if (need == NEED_EITHER && was_captured(p, n->time, buf_str(&what)))
		need = NEED_YES;
	if (need == NEED_YES && told > 0)
		done = deliver(p, n, ic, arena_str(&p->arena,
		    buf_str(&what)));
	/* an instant later than the tick, as any delivery is */
	new.time = done + 1;
	if (need == NEED_YES && done != -1)
		(void)nflog_put(p->log, buf_str(&key), &new, &p->err);
	buf_release(&what);
	buf_release(&key);
}

static void
on_notification(void *arg, const struct notification *n)
{
	struct play *p = arg;
	const struct am_receiver *r = am_config_receiver(p->config,
	    n->receiver);
	size_t i;

	for (i = 0; r != NULL && i < r->n; i++)
		notify(p, n, &r->integration[i]);
}

/* ---- the steps ---- */

/* "@+1.5", "@0", or any other time; 0 when absent. */
static int64_t
when(struct str s)
{
	int64_t ms = 0;
	double v;

	if (s.n == 0)
		return 0;
	if (s.p[0] != '@')
		return time_parse_rfc3339(s, &ms) ? ms : 0;
	s = str_sub(s, 1, s.n);
	return num_parse_double(s, &v) ? START + llround(v * 1000) : 0;
}

static void
post(struct play *p, const json_t *list, int64_t now)
{
	const json_t *o;
	struct alert a;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		o = json_array_get(list, i);
		a = (struct alert){
			.labels = am_labels(p->table, json_object_get(o,
			    "labels")),
			.annotations = am_labels(p->table, json_object_get(o,
			    "annotations")),
			.starts_at = when(json_get_str(o, "startsAt")),
			.ends_at = when(json_get_str(o, "endsAt")),
		};
		(void)router_take(&p->router, &a, now, &p->err);
	}
}

static void
put_member(json_t *o, const char *key, struct str text)
{
	json_object_set_new(o, key, json_stringn(text.p, text.n));
}

/* The step's own silence, its times made absolute, under its name. */
static void
silence(struct play *p, const json_t *step)
{
	json_t *o = json_deep_copy(step);
	const char *const times[] = { "startsAt", "endsAt" };
	struct silence *sil;
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < 2; i++) {
		buf_reset(&b);
		time_print_rfc3339(&b, when(json_get_str(o, times[i])));
		put_member(o, times[i], buf_str(&b));
	}
	put_member(o, "id", json_get_str(o, "name"));
	buf_reset(&b);
	(void)json_put_tree(&b, o);
	if ((sil = silence_parse(buf_str(&b), &p->err)) != NULL)
		silences_put(&p->router.silences, sil);
	buf_release(&b);
	json_decref(o);
}

static void
expire(struct play *p, struct str name, int64_t now)
{
	struct silence *sil = silences_find(&p->router.silences, name);

	if (sil == NULL)
		return;
	silence_expire(sil, now);
	p->router.silences.valid_to = 0;	/* look again */
}

static void
new_router(struct play *p)
{
	const struct router_options o = {
		.compat_025 = true, .emit = on_notification, .arg = p,
	};

	p->table = labels_table_new();
	p->reader = wire_reader_new(p->table);
	router_init(&p->router, p->config, p->table, &o);
}

static void
drop_router(struct play *p)
{
	router_release(&p->router);
	wire_reader_free(p->reader);
	labels_table_free(p->table);
}

/* All that is left of the old process is its state. */
static void
restart(struct play *p, int64_t now)
{
	if (save_put(&p->router, p->state, STR_NONE, now,
	    &p->err) == -1)
		return;
	drop_router(p);
	new_router(p);
	(void)save_load(&p->router, p->reader, p->state, &now, &p->err);
}

static void
step(struct play *p, const json_t *s, int64_t now)
{
	if (json_object_get(s, "post"))
		post(p, json_object_get(s, "post"), now);
	if (json_object_get(s, "silence"))
		silence(p, json_object_get(s, "silence"));
	if (json_object_get(s, "expire"))
		expire(p, json_get_str(s, "expire"), now);
	if (json_object_get(s, "restart"))
		restart(p, now);
	if (json_object_get(s, "reload"))
		router_reload(&p->router, p->config, now);
}

static void
play_steps(struct play *p)
{
	const json_t *steps = json_object_get(p->timeline, "steps"), *s;
	int64_t now;
	size_t i;

	for (i = 0; i < json_array_size(steps); i++) {
		s = json_array_get(steps, i);
		now = START + llround(json_number_value(json_object_get(s,
		    "at")) * 1000);
		router_flush_due(&p->router, now - 1, true);
		step(p, s, now);
		router_flush_due(&p->router, now, true);
	}
	router_flush_due(&p->router, START - 1 + llround(json_number_value(
	    json_object_get(p->timeline, "until")) * 1000), true);
}

/* ---- what was captured ---- */

static void
put_captured(struct play *p, const json_t *row)
{
	const json_t *body = json_object_get(row, "body"), *a;
	const json_t *list = json_object_get(body, "alerts");
	struct buf b = { 0 };
	struct str end;
	size_t i;

	(void)buf_printf(&b, STR_FMT " " STR_FMT " " STR_FMT,
	    STR_ARG(json_get_str(row, "receiver")),
	    STR_ARG(json_get_str(row, "integration")),
	    STR_ARG(json_get_str(body, "status")));
	for (i = 0; i < json_array_size(list); i++) {
		a = json_array_get(list, i);
		(void)buf_printf(&b, "\n\t" STR_FMT " ",
		    STR_ARG(json_get_str(a, "status")));
		labels_print_bare(am_labels(p->table, json_object_get(a,
		    "labels")), &b);
		(void)buf_putc(&b, ' ');
		put_when(&b, when(json_get_str(a, "startsAt")));
		(void)buf_putc(&b, ' ');
		end = json_get_str(a, "endsAt");
		if (!str_starts(end, STR("0001-")))
			put_when(&b, when(end));
	}
	vec_push(&p->want, (struct sent){ json_number_value(json_object_get(
	    row, "t")), false, arena_str(&p->arena, buf_str(&b)), false });
	buf_release(&b);
}

static int
read_captured(struct play *p, const char *path)
{
	struct buf text = { 0 };
	struct str rest, line;
	json_t *row;

	if (io_read_file(path, FILE_MAX_BYTES, &text, &p->err) == -1)
		return -1;
	for (rest = buf_str(&text); rest.p;) {
		rest = str_cut(rest, '\n', &line);
		if (line.n == 0)
			continue;
		if ((row = json_tree(line, &p->err)) == NULL)
			break;
		put_captured(p, row);
		json_decref(row);
	}
	buf_release(&text);
	return rest.p ? -1 : 0;
}

static bool
same(struct sent *want, struct sent *got)
{
	double slack = got->retried ? RETRY_S : EARLY_S;

	return !want->matched && str_eq(want->what, got->what) &&
	    fabs(want->t - got->t) <= slack;
}

/* Each one sent was captured, and each one captured was sent. */
static void
compare(struct conf *c, const char *name, struct play *p)
{
	struct buf extra = { 0 }, missing = { 0 };
	size_t i, k;

	for (i = 0; i < p->got.n; i++) {
		for (k = 0; k < p->want.n; k++)
			if (same(&p->want.p[k], &p->got.p[i]))
				break;
		if (k < p->want.n)
			p->want.p[k].matched = true;
		else
			(void)buf_printf(&extra, "%.2f " STR_FMT "\n",
			    p->got.p[i].t, STR_ARG(p->got.p[i].what));
	}
	for (k = 0; k < p->want.n; k++)
		if (!p->want.p[k].matched)
			(void)buf_printf(&missing, "%.2f " STR_FMT "\n",
			    p->want.p[k].t, STR_ARG(p->want.p[k].what));
	conf_expect(c, name, buf_str(&missing), buf_str(&extra));
	buf_release(&extra);
	buf_release(&missing);
}

/* ---- one timeline ---- */

static void
replace(struct buf *out, struct str s, struct str from, struct str to)
{
	ptrdiff_t at;

	while ((at = str_find(s, from)) != -1) {
		(void)buf_put(out, str_sub(s, 0, (size_t)at));
		(void)buf_put(out, to);
		s = str_sub(s, (size_t)at + from.n, s.n);
	}
	(void)buf_put(out, s);
}

/* config.yml with its placeholders filled in. */
static struct am_config *
load_config(struct play *p, const char *path)
{
	static const char *const words[][2] = {
		{ "${CAPTURE}", "capture:80" }, { "${SMTP}", "smtp:25" },
		{ "${DIR}", "." }, { "${YEAR}", "2026" },
		{ "${TODAY}", "monday" }, { "${TOMORROW}", "tuesday" },
	};
	struct buf a = { 0 }, b = { 0 }, t;
	struct am_config *config = NULL;
	size_t i;

	if (io_read_file(path, FILE_MAX_BYTES, &a, &p->err) == 0) {
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			buf_reset(&b);
			replace(&b, buf_str(&a), str_of(words[i][0]),
			    str_of(words[i][1]));
			t = a;
			a = b;
			b = t;
		}
		config = am_config_text(arena_str(&p->arena, buf_str(&a)),
		    &p->arena, &p->err);
	}
	buf_release(&a);
	buf_release(&b);
	return config;
}

static json_t *
load_json(struct play *p, const char *path)
{
	struct buf text = { 0 };
	json_t *o = NULL;

	if (io_read_file(path, FILE_MAX_BYTES, &text, &p->err) == 0)
		o = json_tree(buf_str(&text), &p->err);
	buf_release(&text);
	return o;
}

static void
remove_state(struct play *p)
{
	struct dirent *d;
	DIR *dir;

	if ((dir = opendir(p->dir)) == NULL)
		return;
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), d->d_name, 0);
	(void)closedir(dir);
	(void)rmdir(p->dir);
}

static void
play(struct conf *c, const char *name, struct play *p, const char *dir)
{
	json_t *timeline = load_json(p, arena_printf(&p->arena,
	    "%s/timeline.json", dir).p);

	p->timeline = timeline;
	p->config = timeline ? load_config(p, arena_printf(&p->arena,
	    "%s/config.yml", dir).p) : NULL;
	if (p->config == NULL || mkdtemp(p->dir) == NULL ||
	    (p->state = state_open(str_of(p->dir), "ts-route", 0,
	    &p->err)) == NULL) {
		conf_fail(c, name, STR("a timeline"), str_of(p->err.msg));
		json_decref(timeline);
		return;
	}
	p->used = json_object();
	new_router(p);
	if (read_captured(p, arena_printf(&p->arena, "%s/captured.jsonl",
	    dir).p) == -1) {
		conf_fail(c, name, STR("captured.jsonl"),
		    str_of(p->err.msg));
	} else {
		play_steps(p);
		compare(c, name, p);
	}
	drop_router(p);
	state_close(p->state);
	remove_state(p);
	am_config_release(p->config);
	json_decref(p->used);
	json_decref(timeline);
}

static void
one_timeline(struct conf *c, const char *name)
{
	struct play p = { .dir = "/tmp/conf_am_timelines.XXXXXX",
	    .log = nflog_new(NULL) };

	play(c, name, &p, arena_printf(&p.arena, "%s/%s",
	    conf_path(c, SET), name).p);
	nflog_free(p.log);
	vec_release(&p.got);
	vec_release(&p.want);
	arena_free(&p.arena);
}

int
main(int argc, char **argv)
{
	struct dirent **all;
	struct conf c;
	int i, n;

	conf_init(&c, argc, argv);
	if (!conf_begin(&c, SET))
		return conf_finish(&c);
	n = scandir(conf_path(&c, SET), &all, NULL, alphasort);
	for (i = 0; i < n; i++) {
		if (all[i]->d_name[0] != '.')
			one_timeline(&c, all[i]->d_name);
		mem_free(all[i]);
	}
	if (n > 0)
		mem_free(all);
	conf_end(&c);
	return conf_finish(&c);
}
