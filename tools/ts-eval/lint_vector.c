/*
 * Lints of how two vectors are matched.
 */
#include "flow.h"
#include "lint.h"
#include "promql/functions.h"

struct walk {
	struct lint_run *run;
	const struct lint_rule *r;
};

/* A selector below calls, parentheses and ranges, without aggregation. */
static const struct pexpr *
only_selector(const struct pexpr *x)
{
	x = pexpr_bare(x);
	while (x->kind == PX_CALL || x->kind == PX_MATRIX) {
		if (x->kind == PX_MATRIX)
			return x->u.matrix.selector;
		if (x->u.call.nargs == 0)
			return NULL;
		x = pexpr_bare(x->u.call.arg[0]);
	}
	return x->kind == PX_SELECTOR ? x : NULL;
}

static bool
has_matcher(const struct pexpr *sel, const struct matcher *m)
{
	size_t i;

	for (i = 0; i < sel->u.selector.nm; i++) {
		const struct matcher *k = &sel->u.selector.m[i];

		if (k->op == m->op && str_eq(k->name, m->name) &&
		    str_eq(k->value, m->value))
			return true;
	}
	return false;
}

/* Every matcher of all stands in some, which has others besides. */
static const struct matcher *
extra_matcher(const struct pexpr *some, const struct pexpr *all)
{
	const struct matcher *extra = NULL;
	size_t i;

	for (i = 0; i < all->u.selector.nm; i++)
		if (!has_matcher(some, &all->u.selector.m[i]))
			return NULL;
	for (i = 0; i < some->u.selector.nm; i++)
		if (!has_matcher(all, &some->u.selector.m[i]))
			extra = &some->u.selector.m[i];
	return extra;
}

static bool
same_time(const struct pexpr *a, const struct pexpr *b)
{
	const struct pwhen *x = &a->u.selector.when, *y = &b->u.selector.when;

	return x->offset.ms == y->offset.ms && !x->offset.expr &&
	    !y->offset.expr && x->at == y->at && x->at_ms == y->at_ms;
}

static bool
matches_on(const struct pexpr *x, struct str label)
{
	size_t i;

	for (i = 0; i < x->u.binary.nmatch; i++)
		if (str_eq(x->u.binary.match[i], label))
			return x->u.binary.on;
	return !x->u.binary.on;
}

static bool
note_same_series(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct pexpr *l, *r;
	const struct matcher *extra;

	if (x->kind != PX_BINARY || x->u.binary.op != POP_DIV)
		return true;
	l = only_selector(x->u.binary.left);
	r = only_selector(x->u.binary.right);
	if (l == NULL || r == NULL || !same_time(l, r))
		return true;
	extra = extra_matcher(l, r);
	if (extra && matches_on(x, extra->name))
		lint_at_expr(w->run, w->r, x, "each series with " STR_FMT
		    "%s\"" STR_FMT "\" is divided by itself, so the ratio is "
		    "always 1: aggregate both sides, sum by (...) (...) / "
		    "sum by (...) (...)", STR_ARG(extra->name),
		    match_op_text(extra->op), STR_ARG(extra->value));
	return true;
}

void
lint_ratio_same_series(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	pexpr_walk(r->expr, note_same_series, &w);
}

/* What an exporter's metrics have beside job and instance. */
static const struct known {
	const char *prefix;
	const char *labels;		/* "" = none */
} known[] = {
	{ "container_", "container, image, name, namespace, pod" },
	{ "kube_daemonset_", "daemonset, namespace" },
	{ "kube_deployment_", "deployment, namespace" },
	{ "kube_job_", "job_name, namespace" },
	{ "kube_node_", "node" },
	{ "kube_persistentvolumeclaim_", "namespace, persistentvolumeclaim" },
	{ "kube_pod_", "namespace, pod, uid" },
	{ "kube_pod_container_", "container, namespace, pod, uid" },
	{ "kube_statefulset_", "namespace, statefulset" },
	{ "machine_", "" },
	{ "mysql_global_status_", "" },
	{ "mysql_global_variables_", "" },
	{ "node_cpu_seconds_", "cpu, mode" },
	{ "node_disk_", "device" },
	{ "node_filesystem_", "device, fstype, mountpoint" },
	{ "node_load", "" },
	{ "node_memory_", "" },
	{ "node_network_", "device" },
	{ "pg_database_", "datname" },
	{ "pg_locks_", "datname, mode" },
	{ "pg_settings_", "" },
	{ "pg_stat_activity_", "datname, state" },
	{ "pg_stat_bgwriter_", "" },
	{ "pg_stat_database_", "datid, datname" },
	{ "pg_stat_user_tables_", "datname, relname, schemaname" },
	{ "pg_up", "" },
	{ "redis_config_", "" },
	{ "redis_connected_", "" },
	{ "redis_db_", "db" },
	{ "redis_memory_", "" },
};

/* The row of the longest prefix. */
static const struct known *
known_of(struct str name)
{
	const struct known *best = NULL;
	size_t i, longest = 0;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_starts(name, str_of(known[i].prefix)) &&
		    strlen(known[i].prefix) > longest) {
			best = &known[i];
			longest = strlen(known[i].prefix);
		}
	return best;
}

/* "node" of node_load1: who exports it, most likely. */
static struct str
exporter(struct str name)
{
	struct str first;

	(void)str_cut(name, '_', &first);
	return first;
}

static bool
is_recorded(const struct walk *w, struct str name)
{
	return str_find_char(name, ':') != -1 ||
	    lint_recording(w->run, name) != NULL;
}

static void
put_known(struct buf *out, const struct pexpr *sel, const struct known *k)
{
	(void)buf_printf(out, "'" STR_FMT "' has %s%s", STR_ARG(
	    sel->u.selector.name), k->labels[0] ? "the labels " : "none",
	    k->labels);
}

/* Both are known, and their labels are not the same. */
static void
check_known(struct walk *w, const struct pexpr *x, const struct pexpr *l,
    const struct pexpr *r)
{
	const struct known *a = known_of(l->u.selector.name);
	const struct known *b = known_of(r->u.selector.name);
	struct buf text = { 0 };

	if (a == NULL || b == NULL || strcmp(a->labels, b->labels) == 0)
		return;
	put_known(&text, l, a);
	(void)buf_put(&text, STR(" and "));
	put_known(&text, r, b);
	lint_at_expr(w->run, w->r, x, STR_FMT ": they do not match and the "
	    "result is empty without on (...) or ignoring (...)",
	    STR_ARG(buf_str(&text)));
	buf_release(&text);
}

static void
check_selectors(struct walk *w, const struct pexpr *x, const struct pexpr *l,
    const struct pexpr *r)
{
	struct str a = l->u.selector.name, b = r->u.selector.name;

	if (a.n == 0 || b.n == 0 || is_recorded(w, a) || is_recorded(w, b))
		return;
	if (str_eq(exporter(a), exporter(b))) {
		check_known(w, x, l, r);
		return;
	}
	lint_at_expr(w->run, w->r, x, "'" STR_FMT "' and '" STR_FMT "' must "
	    "have exactly the same labels to match here; if they do not, the "
	    "result is empty: say on (...) or ignoring (...)", STR_ARG(a),
	    STR_ARG(b));
}

/* agg has no instance, and sel, as it was scraped, always has one. */
static void
check_scraped(struct walk *w, const struct pexpr *x, const struct pexpr *agg,
    const struct pexpr *sel)
{
	struct flow f = flow_of(agg, w->run->in->arena);

	if (f.open || flow_can_have(&f, STR("instance")) ||
	    sel->u.selector.name.n == 0 ||
	    is_recorded(w, sel->u.selector.name))
		return;
	lint_at_expr(w->run, w->r, x, "'" STR_FMT "' has a label 'instance', "
	    "and the other side of '%s' has none any more, so they do not "
	    "match: say on (...), or aggregate both",
	    STR_ARG(sel->u.selector.name), pop_text(x->u.binary.op));
}

static bool
note_matching(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct pexpr *l, *r;

	if (x->kind != PX_BINARY || pop_is_set(x->u.binary.op) ||
	    x->u.binary.has_matching ||
	    x->u.binary.left->type != P_VECTOR ||
	    x->u.binary.right->type != P_VECTOR)
		return true;
	l = only_selector(x->u.binary.left);
	r = only_selector(x->u.binary.right);
	if (l && r)
		check_selectors(w, x, l, r);
	else if (l && pexpr_bare(x->u.binary.right)->kind == PX_AGG)
		check_scraped(w, x, x->u.binary.right, l);
	else if (r && pexpr_bare(x->u.binary.left)->kind == PX_AGG)
		check_scraped(w, x, x->u.binary.left, r);
	return true;
}

void
lint_vector_matching(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	/* Samples tell what matches: match-empty. */
	if (run->in->data == NULL)
		pexpr_walk(r->expr, note_matching, &w);
}

/* A label of side a, surely there or matched on, that b cannot have. */
static struct str
missing_on(const struct pexpr *x, const struct flow *l, const struct flow *r)
{
	size_t i;

	for (i = 0; i < x->u.binary.nmatch; i++)
		if (flow_can_have(l, x->u.binary.match[i]) !=
		    flow_can_have(r, x->u.binary.match[i]))
			return x->u.binary.match[i];
	return STR_NONE;
}

static bool
is_ignored(const struct pexpr *x, struct str name)
{
	size_t i;

	for (i = 0; i < x->u.binary.nmatch; i++)
		if (str_eq(x->u.binary.match[i], name))
			return true;
	return false;
}

/* Without on(): a label that closed set a keeps and closed set b has not. */
static struct str
missing_all(const struct pexpr *x, const struct flow *a, const struct flow *b)
{
	size_t i;

	for (i = 0; !a->open && !b->open && i < a->may.n; i++)
		if (!flow_can_have(b, a->may.p[i]) &&
		    !is_ignored(x, a->may.p[i]))
			return a->may.p[i];
	return STR_NONE;
}

/* group_left (x) takes x from a side that cannot have it. */
static void
check_include(struct walk *w, const struct pexpr *x, const struct flow *one)
{
	bool left = x->u.binary.card == PCARD_MANY_TO_ONE;
	size_t i;

	for (i = 0; i < x->u.binary.ninclude; i++)
		if (!flow_can_have(one, x->u.binary.include[i]))
			lint_at_expr(w->run, w->r, x, "%s (" STR_FMT "): the "
			    "%s side cannot have this label",
			    left ? "group_left" : "group_right",
			    STR_ARG(x->u.binary.include[i]),
			    left ? "right" : "left");
}

/* on (x) where neither side can have x. */
static struct str
missing_both(const struct pexpr *x, const struct flow *l, const struct flow *r)
{
	size_t i;

	for (i = 0; x->u.binary.on && i < x->u.binary.nmatch; i++)
		if (!flow_can_have(l, x->u.binary.match[i]) &&
		    !flow_can_have(r, x->u.binary.match[i]))
			return x->u.binary.match[i];
	return STR_NONE;
}

static bool
note_impossible(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct arena *a = w->run->in->arena;
	struct flow l, r;
	struct str name;

	if (x->kind != PX_BINARY || x->u.binary.op == POP_OR ||
	    x->u.binary.left->type != P_VECTOR ||
	    x->u.binary.right->type != P_VECTOR)
		return true;
	l = flow_of(x->u.binary.left, a);
	r = flow_of(x->u.binary.right, a);
	if (x->u.binary.on)
		name = missing_on(x, &l, &r);
	else if ((name = missing_all(x, &l, &r)).n == 0)
		name = missing_all(x, &r, &l);
	if (name.n)
		lint_at_expr(w->run, w->r, x, "label '" STR_FMT "' is matched, "
		    "but only one side of '%s' can have it: they match only "
		    "where it is empty", STR_ARG(name),
		    pop_text(x->u.binary.op));
	else if ((name = missing_both(x, &l, &r)).n)
		lint_at_expr(w->run, w->r, x, "label '" STR_FMT "' is matched, "
		    "and neither side of '%s' can have it", STR_ARG(name),
		    pop_text(x->u.binary.op));
	if (x->u.binary.card == PCARD_MANY_TO_ONE)
		check_include(w, x, &r);
	else if (x->u.binary.card == PCARD_ONE_TO_MANY)
		check_include(w, x, &l);
	return true;
}

void
lint_impossible_match(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	pexpr_walk(r->expr, note_impossible, &w);
}

/* by (x) where x is aggregated away further down. */
static bool
note_gone(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct flow f;
	size_t i;

	if (x->kind != PX_AGG || x->u.agg.without)
		return true;
	f = flow_of(x->u.agg.expr, w->run->in->arena);
	for (i = 0; !f.open && i < x->u.agg.nby; i++)
		if (!flow_can_have(&f, x->u.agg.by[i]))
			lint_at_expr(w->run, w->r, x, "%s by (" STR_FMT "): "
			    "what is aggregated here cannot have this label",
			    pagg_text(x->u.agg.op), STR_ARG(x->u.agg.by[i]));
	return true;
}

void
lint_label_gone(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	pexpr_walk(r->expr, note_gone, &w);
}
