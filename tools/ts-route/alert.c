/*
 * ts-route alert list: the alerts in the state that match, as amtool shows those
 * of an Alertmanager.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/dur.h"
#include "json/write.h"
#include "re/re.h"
#include "session.h"
#include "silence_list.h"
#include "table.h"

/* An alert, and what keeps it back. */
struct row {
	struct entry *en;
	struct out_why silenced, inhibited;
	bool is_silenced, is_inhibited, is_muted;
};

struct query {
	struct session s;
	struct silence_matchers filter;
	struct re *receiver;		/* NULL: any */
	int64_t now;
	struct row *row;
	size_t n;
	struct arena arena;
};

/* In no group may it speak now. */
static bool
is_muted(struct query *q, struct entry *en)
{
	struct out_why why;
	size_t i;

	for (i = 0; i < en->places.n; i++) {
		(void)router_why(&q->s.router, en->places.p[i].group, en,
		    q->now, &why);
		if (why.out != OUT_MUTED && why.out != OUT_INACTIVE)
			return false;
	}
	return en->places.n > 0;
}

static struct row
row_of(struct query *q, struct entry *en)
{
	struct row r = { .en = en };

	r.is_silenced = router_silenced(&q->s.router, en, q->now,
	    &r.silenced);
	r.is_inhibited = inhibitor_mutes(&q->s.router.inhibitor,
	    en->alert.labels, q->now, &r.inhibited.by);
	r.is_muted = is_muted(q, en);
	return r;
}

/* Without an option those that go out, else those of any option given. */
static bool
state_wanted(const struct route_tool *rt, const struct row *r)
{
	bool active = !r->is_silenced && !r->is_inhibited && !r->is_muted;

	if (!rt->active && !rt->silenced && !rt->inhibited && !rt->muted)
		return active;
	return (rt->active && active) || (rt->silenced && r->is_silenced) ||
	    (rt->inhibited && r->is_inhibited) || (rt->muted && r->is_muted);
}

static bool
receiver_wanted(const struct query *q, const struct entry *en)
{
	size_t i;

	for (i = 0; q->receiver && i < en->places.n; i++)
		if (re_match(q->receiver,
		    en->places.p[i].group->route->receiver))
			return true;
	return q->receiver == NULL;
}

static bool
labels_wanted(const struct query *q, const struct entry *en)
{
	size_t i;

	for (i = 0; i < q->filter.n; i++)
		if (!matcher_ok(&q->filter.p[i], en->alert.labels))
			return false;
	return true;
}

static int
cmp_rows(const void *va, const void *vb)
{
	const struct alert *a = &((const struct row *)va)->en->alert;
	const struct alert *b = &((const struct row *)vb)->en->alert;

	if (a->starts_at != b->starts_at)
		return a->starts_at < b->starts_at ? -1 : 1;
	return labels_cmp(a->labels, b->labels);
}

static void
collect(struct query *q)
{
	const struct store *st = &q->s.router.store;
	struct entry *en;
	struct row r;
	size_t i;

	q->row = ARENA_ARRAY(&q->arena, st->all.n, struct row);
	for (i = 0; i < st->all.n; i++) {
		en = st->all.p[i];
		if (alert_resolved_at(&en->alert, q->now) ||
		    !labels_wanted(q, en) || !receiver_wanted(q, en))
			continue;
		r = row_of(q, en);
		if (state_wanted(q->s.rt, &r))
			q->row[q->n++] = r;
	}
	qsort(q->row, q->n, sizeof(*q->row), cmp_rows);
}

/* ---- as a table ---- */

static const char *
state_name(const struct row *r)
{
	if (r->is_silenced || r->is_inhibited || r->is_muted)
		return "suppressed";
	return r->en->places.n ? "active" : "unprocessed";
}

static struct str
time_text(int64_t ms, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	time_print_rfc3339(&b, ms - ms % 1000);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str
labels_text(const struct labels *l, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	uint32_t i;

	for (i = 0; i < l->n; i++) {
		(void)buf_put(&b, i ? STR(" ") : STR_NONE);
		(void)buf_put(&b, l->v[i].name->s);
		(void)buf_putc(&b, '=');
		go_quote(&b, l->v[i].value->s);
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
put_table(struct query *q, bool extended, struct buf *out)
{
	static const char *const simple[] = { "Alertname", "Starts At",
	    "Summary", "State" };
	static const char *const all[] = { "Labels", "Annotations",
	    "Starts At", "Ends At", "Generator URL", "State" };
	const struct alert *al;
	struct table t;
	size_t i;

	table_init(&t, extended ? all : simple, extended ? 6 : 4, q->n,
	    &q->arena);
	for (i = 0; i < q->n; i++) {
		al = &q->row[i].en->alert;
		if (extended) {
			table_add(&t, labels_text(al->labels, &q->arena));
			table_add(&t, labels_text(al->annotations,
			    &q->arena));
			table_add(&t, time_text(al->starts_at, &q->arena));
			table_add(&t, time_text(al->ends_at, &q->arena));
			table_add(&t, al->generator_url);
		} else {
			table_add(&t, labels_get(al->labels,
			    STR("alertname")));
			table_add(&t, time_text(al->starts_at, &q->arena));
			table_add(&t, labels_get(al->annotations,
			    STR("summary")));
		}
		table_add(&t, str_of(state_name(&q->row[i])));
	}
	table_put(&t, out);
}

/* ---- as JSON: Alertmanager's gettable alerts ---- */

static void
put_fingerprint(struct jw *w, const struct labels *l)
{
	char hex[17];

	(void)snprintf(hex, sizeof(hex), "%016" PRIx64,
	    labels_fingerprint(l));
	jw_str(w, str_of(hex));
}

static void
put_status(const struct query *q, const struct row *r, struct jw *w)
{
	jw_key(w, STR("status"));
	jw_obj(w);
	jw_key(w, STR("inhibitedBy"));
	jw_arr(w);
	if (r->is_inhibited)
		put_fingerprint(w, r->inhibited.by.source->alert.labels);
	jw_arr_end(w);
	if (!q->s.rt->compat_025) {
		jw_key(w, STR("mutedBy"));
		jw_arr(w);
		jw_arr_end(w);
	}
	jw_key(w, STR("silencedBy"));
	jw_arr(w);
	if (r->is_silenced)
		jw_str(w, r->silenced.silence->id);
	jw_arr_end(w);
	jw_key(w, STR("state"));
	jw_str(w, str_of(state_name(r)));
	jw_obj_end(w);
}

static void
put_receivers(const struct entry *en, struct jw *w)
{
	size_t i;

	jw_key(w, STR("receivers"));
	jw_arr(w);
	for (i = 0; i < en->places.n; i++) {
		jw_obj(w);
		jw_key(w, STR("name"));
		jw_str(w, en->places.p[i].group->route->receiver);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
put_json(const struct query *q, struct buf *out)
{
	struct jw w = { .out = out };
	const struct alert *al;
	size_t i;

	jw_arr(&w);
	for (i = 0; i < q->n; i++) {
		al = &q->row[i].en->alert;
		jw_obj(&w);
		jw_key(&w, STR("annotations"));
		wire_put_labels(&w, al->annotations);
		put_api_time(&w, "endsAt", al->ends_at);
		jw_key(&w, STR("fingerprint"));
		put_fingerprint(&w, al->labels);
		put_receivers(q->row[i].en, &w);
		put_api_time(&w, "startsAt", al->starts_at);
		put_status(q, &q->row[i], &w);
		put_api_time(&w, "updatedAt", al->updated_at);
		jw_key(&w, STR("generatorURL"));
		jw_str(&w, al->generator_url);
		jw_key(&w, STR("labels"));
		wire_put_labels(&w, al->labels);
		jw_obj_end(&w);
	}
	jw_arr_end(&w);
	(void)buf_putc(out, '\n');
}

/* ---- the verb ---- */

static int
show(struct query *q)
{
	static const char *const forms[] = { "table", "json", "extended",
	    "simple" };
	struct buf *out = io_writer_buf(q->s.t->out);
	int form = tool_output(q->s.t, forms, 4);
	size_t i;

	if (form == -1)
		return EXIT_USAGE;
	q->now = clk_now(&q->s.t->clk);
	collect(q);
	if (form == 1)
		put_json(q, out);
	else if (!q->s.t->quiet)
		put_table(q, form == 2, out);
	else
		for (i = 0; i < q->n; i++) {
			labels_print(q->row[i].en->alert.labels, out);
			(void)buf_putc(out, '\n');
		}
	return EXIT_YES;
}

static int
take_receiver(struct query *q, const char *regex, struct err *e)
{
	if (regex == NULL)
		return 0;
	q->receiver = re_compile(str_of(regex), RE_FULL, e);
	if (q->receiver != NULL)
		return 0;
	e->line = 0;		/* of an option there is one */
	return err_prefix(e, "--receiver");
}

static int
list(struct tool *t, int argc, char **argv)
{
	const struct route_tool *rt = t->self;
	struct query q = { .n = 0 };
	struct err e;
	int status = EXIT_USAGE;

	if (t->state == NULL)
		return tool_usage(t, "alert needs -s");
	if (matchers_of_args(argc, argv, &q.arena, &q.filter, &e) == -1 ||
	    take_receiver(&q, rt->receiver, &e) == -1)
		diag_err(&e);
	else if ((status = session_open(&q.s, t)) == EXIT_YES)
		status = show(&q);
	session_close(&q.s);
	matchers_release(q.filter.p, q.filter.n);
	re_free(q.receiver);
	arena_free(&q.arena);
	return tool_finish(t, status);
}

int
verb_alert(struct tool *t, int argc, char **argv)
{
	if (argc == 0 || (strcmp(argv[0], "list") != 0 &&
	    strcmp(argv[0], "query") != 0))
		return tool_usage(t, "alert list?");
	return list(t, argc - 1, argv + 1);
}
