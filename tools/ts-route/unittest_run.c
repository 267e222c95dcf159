/*
 * One test: its alerts and silences in the order of their times, through a
 * router of its own.  What the router lets go is put to the rules of the
 * notification log, each delivery succeeding at once.
 */
#include <stdlib.h>

#include "config/common.h"
#include "core/dur.h"
#include "core/mem.h"
#include "state/nflog.h"
#include "unittest.h"

#define FOR_EVER	INT64_C(253402300799000)

/* A notification, expected or sent, as a line of text. */
struct line {
	int64_t at;
	struct str text, group;
	bool matched;
};

struct ut_run {
	const struct ut_test *test;
	struct buf *out;
	struct arena arena;
	struct labels_table *table;
	struct router router;
	struct nflog *log;
	VEC(struct line) sent;
	size_t next_alert;
	struct err err;
};

/* ---- what goes out ---- */

/* A set of alerts in any order reads as one text. */
static int
cmp_str(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void
put_sorted(struct buf *out, const char *what, struct str *text, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	qsort(text, n, sizeof(*text), cmp_str);
	(void)buf_printf(out, " %s", what);
	for (i = 0; i < n; i++)
		(void)buf_printf(out, " " STR_FMT, STR_ARG(text[i]));
}

static struct str
labels_text(struct ut_run *r, const struct labels *l)
{
	struct buf b = { 0 };
	struct str s;

	labels_print_bare(l, &b);
	s = arena_str(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
hashes_of(struct ut_run *r, const struct notification *n, bool resolved,
    struct nflog_hashes *out)
{
	size_t i;

	out->p = ARENA_ARRAY(&r->arena, n->nalerts + 1, uint64_t);
	out->n = 0;
	for (i = 0; i < n->nalerts; i++)
		if ((n->alerts[i].ends_at != 0) == resolved)
			out->p[out->n++] = labels_hash64(n->alerts[i].labels);
	nflog_hashes_sort(out);
}

/* The alerts of one state; resolved ones that were told are left out. */
static void
put_alerts(struct ut_run *r, const struct notification *n, bool resolved,
    const struct nflog_hashes *told, struct buf *out)
{
	struct str *text = ARENA_ARRAY(&r->arena, n->nalerts + 1, struct str);
	const struct alert *a;
	size_t i, k = 0;

	for (i = 0; i < n->nalerts; i++) {
		a = &n->alerts[i];
		if ((a->ends_at != 0) == resolved && (!resolved ||
		    !nflog_hashes_has(told, labels_hash64(a->labels))))
			text[k++] = labels_text(r, a->labels);
	}
	put_sorted(out, resolved ? "resolved" : "firing", text, k);
}

/* A receiver without integrations is one that says everything. */
static bool
says_resolved(const struct am_receiver *rc)
{
	size_t i;

	for (i = 0; rc && i < rc->n; i++)
		if (rc->integration[i].common->send_resolved)
			return true;
	return rc == NULL || rc->n == 0;
}

static void
send_it(struct ut_run *r, const struct notification *n, bool resolved_too,
    const struct nflog_hashes *told)
{
	struct buf b = { 0 };
	size_t head;

	(void)buf_put(&b, n->receiver);
	head = b.n;
	put_alerts(r, n, false, told, &b);
	if (resolved_too)
		put_alerts(r, n, true, told, &b);
	if (b.n > head)
		vec_push(&r->sent, (struct line){ n->time -
		    r->test->start_ms, arena_str(&r->arena, buf_str(&b)),
		    arena_str(&r->arena, n->group_key), false });
	buf_release(&b);
}

static void
on_notification(void *arg, const struct notification *n)
{
	struct ut_run *r = arg;
	struct nflog_entry last = { 0 }, new = { .time = n->time };
	bool resolved_too = says_resolved(am_config_receiver(
	    r->router.config, n->receiver));
	int64_t keep = 2 * n->repeat_interval_ms;
	struct buf key = { 0 };
	const char *reason;
	bool found;

	nflog_key(&key, n->receiver, STR("test"), 0, n->group_key);
	found = nflog_get(r->log, buf_str(&key), &r->arena, &last, &r->err) ==
	    1 && last.expires >= n->time;
	hashes_of(r, n, false, &new.firing);
	hashes_of(r, n, true, &new.resolved);
	new.expires = n->time + (keep < NFLOG_KEEP_MS ? keep : NFLOG_KEEP_MS);
	if (nflog_needs(found ? &last : NULL, &new.firing, &new.resolved,
	    resolved_too, n->repeat_interval_ms, n->time, &reason)) {
		send_it(r, n, resolved_too, &last.resolved);
		(void)nflog_put(r->log, buf_str(&key), &new, &r->err);
	}
	buf_release(&key);
}

/* ---- what goes in ---- */

static int
add_silence(struct ut_run *r, const struct ut_silence *s, size_t i,
    struct err *e)
{
	struct silence *sil = mem_zalloc(sizeof(*sil));
	struct str text = STR_NONE;
	size_t k;

	sil->id = arena_printf(&sil->arena, "%zu", i);
	sil->comment = s->comment;
	sil->starts_at = r->test->start_ms + s->from_ms;
	sil->ends_at = s->to_ms ? r->test->start_ms + s->to_ms : FOR_EVER;
	sil->set = ARENA_NEW(&sil->arena, struct silence_matchers);
	sil->nsets = 1;
	for (k = 0; k < s->matchers.n; k++)
		text = arena_printf(&sil->arena, STR_FMT "%s" STR_FMT,
		    STR_ARG(text), k ? "," : "", STR_ARG(s->matchers.p[k]));
	if (matchers_parse(text, MATCHER_FALLBACK, &sil->arena, &sil->set->p,
	    &sil->set->n, NULL, e) == -1) {
		sil->nsets = 0;
		silence_free(sil);
		return ynode_err(s->node, e, "bad matchers: %s", e->msg);
	}
	silences_put(&r->router.silences, sil);
	return 0;
}

static int
cmp_from(const void *a, const void *b)
{
	const struct ut_alert *x = a, *y = b;

	if (x->from_ms != y->from_ms)
		return x->from_ms < y->from_ms ? -1 : 1;
	return (x->node->line > y->node->line) -
	    (x->node->line < y->node->line);
}

static int
post(struct ut_run *r, const struct ut_alert *x, struct err *e)
{
	int64_t now = r->test->start_ms + x->from_ms;
	struct alert a = {
		.labels = config_labels(r->table, &x->labels),
		.annotations = config_labels(r->table, &x->annotations),
		.starts_at = now,
		.ends_at = x->to_ms ? r->test->start_ms + x->to_ms :
		    FOR_EVER,
	};

	router_flush_due(&r->router, now - 1, true);
	if (router_take(&r->router, &a, now, e) == 0)
		return 0;
	return ynode_err(x->node, e, "%s", e->msg);
}

/* Everything up to and with `at`, from the start of the test. */
static int
play_to(struct ut_run *r, int64_t at, struct err *e)
{
	const struct ut_alert *a = r->test->alerts.p;

	for (; r->next_alert < r->test->alerts.n &&
	    a[r->next_alert].from_ms <= at; r->next_alert++)
		if (post(r, &a[r->next_alert], e) == -1)
			return -1;
	router_flush_due(&r->router, r->test->start_ms + at, true);
	return 0;
}

/* ---- states ---- */

static bool
has_all(const struct ypairs *all, const struct ypairs *some)
{
	size_t i, k;

	for (i = 0; i < some->n; i++) {
		for (k = 0; k < all->n; k++)
			if (str_eq(all->p[k].key, some->p[i].key) &&
			    str_eq(all->p[k].value, some->p[i].value))
				break;
		if (k == all->n)
			return false;
	}
	return true;
}

/* The first alert of the test that has these labels. */
static struct entry *
find_alert(struct ut_run *r, const struct ypairs *labels)
{
	const struct ut_alert *a = r->test->alerts.p;
	size_t i;

	for (i = 0; i < r->test->alerts.n; i++)
		if (has_all(&a[i].labels, labels))
			return store_find(&r->router.store,
			    config_labels(r->table, &a[i].labels));
	return NULL;
}

static const char *
state_of(struct ut_run *r, struct entry *en, int64_t now)
{
	static const char *const words[] = {
		[OUT_SENT] = "active", [OUT_INHIBITED] = "inhibited",
		[OUT_INACTIVE] = "muted", [OUT_MUTED] = "muted",
		[OUT_SILENCED] = "silenced",
	};
	const char *word = "unknown";
	struct out_why why;
	enum out out;
	size_t i;

	for (i = 0; en && i < en->places.n; i++) {
		out = router_why(&r->router, en->places.p[i].group, en, now,
		    &why);
		if (i == 0 || out == OUT_SENT)
			word = words[out];
	}
	return word;
}

static struct str
join_sorted(struct ut_run *r, struct str *p, size_t n)
{
	struct buf b = { 0 };
	struct str s;
	size_t i;

	qsort(p, n, sizeof(*p), cmp_str);
	for (i = 0; i < n; i++)
		(void)buf_printf(&b, "%s" STR_FMT, i ? ", " : "",
		    STR_ARG(p[i]));
	s = arena_str(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
put_head(struct ut_run *r, const struct ynode *n, int64_t at)
{
	(void)buf_put(r->out, STR("    "));
	if (r->test->name.n)
		(void)buf_printf(r->out, STR_FMT ", ", STR_ARG(r->test->name));
	dur_print(r->out, at);
	(void)buf_printf(r->out, ", at %s:%u: (- expected, + got)\n",
	    n->doc->file, n->line);
}

static void
differ(struct ut_run *r, const struct ut_state *s, const char *what,
    struct str want, struct str got)
{
	if (str_eq(want, got))
		return;
	put_head(r, s->node, s->at_ms);
	(void)buf_printf(r->out, "        -%s: " STR_FMT "\n        +%s: "
	    STR_FMT "\n", what, STR_ARG(want), what, STR_ARG(got));
}

static void
judge_state(struct ut_run *r, const struct ut_state *s)
{
	struct entry *en = find_alert(r, &s->alert);
	size_t i, n = en ? en->places.n : 0;
	struct str *receivers = ARENA_ARRAY(&r->arena, n + 1, struct str);
	struct str *groups = ARENA_ARRAY(&r->arena, n + 1, struct str);

	for (i = 0; i < n; i++) {
		receivers[i] = en->places.p[i].group->route->receiver;
		groups[i] = en->places.p[i].group->key;
	}
	if (s->is.n)
		differ(r, s, "is", s->is, str_of(state_of(r, en,
		    r->test->start_ms + s->at_ms)));
	if (ynode_get(s->node, "receivers"))
		differ(r, s, "receivers", join_sorted(r, s->receivers.p,
		    s->receivers.n), join_sorted(r, receivers, n));
	if (ynode_get(s->node, "groups"))
		differ(r, s, "groups", join_sorted(r, s->groups.p,
		    s->groups.n), join_sorted(r, groups, n));
}

static int
cmp_at(const void *a, const void *b)
{
	const struct ut_state *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return (x->node->line > y->node->line) -
	    (x->node->line < y->node->line);
}

/* ---- notifications ---- */

static int
label_maps(struct ut_run *r, const struct ynode *list, const char *what,
    struct buf *out, struct err *e)
{
	struct str *text = ARENA_ARRAY(&r->arena, list ? list->n + 1 : 1,
	    struct str);
	const struct ynode *n, *v;
	struct ypairs p;
	size_t k = 0;

	if (list && list->kind != Y_SEQ && list->kind != Y_NULL)
		return ynode_err(list, e, "'%s' must be a list of labels",
		    what);
	for (n = list ? list->child : NULL; n != NULL; n = n->next) {
		if (n->kind != Y_MAP)
			return ynode_err(n, e, "labels must be a mapping");
		p = (struct ypairs){ ARENA_ARRAY(&r->arena, n->n + 1,
		    struct ypair), 0 };
		for (v = n->child; v != NULL; v = v->next)
			p.p[p.n++] = (struct ypair){ v->key->scalar,
			    v->scalar, v };
		text[k++] = labels_text(r, config_labels(r->table, &p));
	}
	put_sorted(out, what, text, k);
	return 0;
}

static int
expected_line(struct ut_run *r, const struct ut_notification *n,
    struct line *out, struct err *e)
{
	struct buf b = { 0 };
	int rc = -1;

	(void)buf_put(&b, n->receiver);
	if (label_maps(r, n->firing, "firing", &b, e) == 0 &&
	    label_maps(r, n->resolved, "resolved", &b, e) == 0) {
		*out = (struct line){ n->at_ms, arena_str(&r->arena,
		    buf_str(&b)), n->group, false };
		rc = 0;
	}
	buf_release(&b);
	return rc;
}

/* It was sent, and not found already. */
static bool
was_sent(struct ut_run *r, const struct line *want)
{
	size_t i;

	for (i = 0; i < r->sent.n; i++) {
		struct line *l = &r->sent.p[i];

		if (!l->matched && l->at == want->at &&
		    str_eq(l->text, want->text) &&
		    (want->group.n == 0 || str_eq(want->group, l->group))) {
			l->matched = true;
			return true;
		}
	}
	return false;
}

static void
put_line(struct ut_run *r, char sign, const struct line *l)
{
	(void)buf_printf(r->out, "        %c", sign);
	dur_print(r->out, l->at);
	(void)buf_printf(r->out, " " STR_FMT, STR_ARG(l->text));
	if (l->group.n)
		(void)buf_printf(r->out, "  " STR_FMT, STR_ARG(l->group));
	(void)buf_putc(r->out, '\n');
}

static int
judge_notifications(struct ut_run *r, struct err *e)
{
	const struct ynode *at = ynode_get(r->test->node, "notifications");
	const struct ut_notification *n = r->test->notifications.p;
	struct buf lines = { 0 }, *out = r->out;
	struct line want;
	size_t i;
	int rc = 0;

	r->out = &lines;
	for (i = 0; rc == 0 && i < r->test->notifications.n; i++)
		if ((rc = expected_line(r, &n[i], &want, e)) == 0 &&
		    !was_sent(r, &want))
			put_line(r, '-', &want);
	for (i = 0; i < r->sent.n; i++)
		if (!r->sent.p[i].matched)
			put_line(r, '+', &r->sent.p[i]);
	r->out = out;
	if (rc == 0 && lines.n > 0) {
		put_head(r, at, r->test->until_ms);
		(void)buf_put(out, buf_str(&lines));
	}
	buf_release(&lines);
	return rc;
}

/* ---- the test ---- */

static int
play(struct ut_run *r, struct err *e)
{
	const struct ut_test *t = r->test;
	const struct ut_silence *sil = t->silences.p;
	const struct ut_state *s = t->states.p;
	size_t i;

	if (t->alerts.n)
		qsort(t->alerts.p, t->alerts.n, sizeof(struct ut_alert),
		    cmp_from);
	if (t->states.n)
		qsort(t->states.p, t->states.n, sizeof(*s), cmp_at);
	for (i = 0; i < t->silences.n; i++)
		if (add_silence(r, &sil[i], i, e) == -1)
			return -1;
	for (i = 0; i < t->states.n && s[i].at_ms <= t->until_ms; i++) {
		if (play_to(r, s[i].at_ms, e) == -1)
			return -1;
		judge_state(r, &s[i]);
	}
	if (play_to(r, t->until_ms, e) == -1)
		return -1;
	return ynode_get(t->node, "notifications") ?
	    judge_notifications(r, e) : 0;
}

int
ut_test_run(const struct route_tool *rt, const struct ut_test *t,
    struct buf *failures, struct err *e)
{
	struct ut_run r = { .test = t, .out = failures,
	    .table = labels_table_new(), .log = nflog_new(NULL) };
	struct router_options o = { .compat_025 = rt->compat_025,
	    .emit = on_notification, .arg = &r };
	int rc;

	router_init(&r.router, rt->config, r.table, &o);
	rc = play(&r, e);
	router_release(&r.router);
	nflog_free(r.log);
	labels_table_free(r.table);
	vec_release(&r.sent);
	arena_free(&r.arena);
	return rc;
}
