/*
 * Lints of groups, names and files.
 */
#include "carry.h"
#include "config/glob.h"
#include "core/dur.h"
#include "flow.h"
#include "lint.h"

#define LOOKBACK_MS	(5 * DUR_MINUTE)

void
lint_group_interval(struct lint_run *run)
{
	const struct rule_group *last = NULL;
	size_t i;

	for (i = 0; i < run->in->n; i++) {
		const struct rule_group *g = run->in->rule[i].group;

		if (g == last)
			continue;
		last = g;
		if (g->interval_ms > LOOKBACK_MS)
			lint_at_node(run, ynode_get(g->node, "interval"), 0,
			    "results are looked back to for 5m only: with a "
			    "longer interval they come and go");
	}
}

static bool
same_labels(const struct rule *a, const struct rule *b)
{
	size_t i;

	if (a->labels.n != b->labels.n)
		return false;
	for (i = 0; i < a->labels.n; i++)
		if (!str_eq(a->labels.p[i].key, b->labels.p[i].key) ||
		    !str_eq(a->labels.p[i].value, b->labels.p[i].value))
			return false;
	return true;
}

static struct carry
carried(const struct lint_run *run, const struct lint_rule *r)
{
	struct carry c = carry_of(r->expr, run->in->arena);
	size_t i;

	carry_drop(&c, STR("__name__"));
	for (i = 0; i < r->rule->labels.n; i++)
		carry_drop(&c, r->rule->labels.p[i].key);
	return c;
}

struct search { struct str name; const struct pexpr *in; bool found; };

static bool
note_metric(void *arg, const struct pexpr *x)
{
	struct search *s = arg;

	if (x->kind == PX_SELECTOR && (s->name.n == 0 ||
	    str_eq(x->u.selector.name, s->name)))
		s->found = true;
	return !s->found;
}

static bool
note_shared(void *arg, const struct pexpr *x)
{
	struct search *s = arg;

	if (x->kind == PX_SELECTOR && !s->found) {
		s->name = x->u.selector.name;
		pexpr_walk(s->in, note_metric, s);
	}
	return !s->found;
}

/*
 * Different metrics with whatever labels they have: whether they can have the
 * same ones is not known.
 */
static bool
is_unrelated(const struct lint_run *run, const struct lint_rule *a,
    const struct lint_rule *b)
{
	struct search s = { .in = b->expr };

	if (!flow_of(a->expr, run->in->arena).open ||
	    !flow_of(b->expr, run->in->arena).open)
		return false;
	pexpr_walk(a->expr, note_shared, &s);
	return !s.found;
}

/* What they give can have the same labels. */
static bool
same_rule(const struct lint_run *run, const struct lint_rule *a,
    const struct lint_rule *b)
{
	struct carry x, y;

	if (a->rule->alerting != b->rule->alerting ||
	    !str_eq(a->rule->name, b->rule->name) ||
	    !same_labels(a->rule, b->rule) || is_unrelated(run, a, b))
		return false;
	x = carried(run, a);
	y = carried(run, b);
	return !carry_apart(&x, &y);
}

/* The first rule before i for which same() holds. */
static const struct lint_rule *
earlier(const struct lint_run *run, size_t i,
    bool (*same)(const struct lint_run *, const struct lint_rule *,
    const struct lint_rule *))
{
	size_t k;

	for (k = 0; k < i; k++)
		if (same(run, &run->in->rule[k], &run->in->rule[i]))
			return &run->in->rule[k];
	return NULL;
}

void
lint_duplicate_rule(struct lint_run *run)
{
	const struct lint_rule *first;
	size_t i;

	for (i = 0; i < run->in->n; i++) {
		const struct rule *r = run->in->rule[i].rule;

		if ((first = earlier(run, i, same_rule)) != NULL)
			lint_at_node(run, r->node, 0, "'" STR_FMT "' with the "
			    "same labels is already at %s:%u: what they give "
			    "cannot be told apart", STR_ARG(r->name),
			    first->group->file, first->rule->node->line);
	}
}

/*
 * One name in one group with different severities is the usual way to have
 * two thresholds; elsewhere it is an accident.
 */
static bool
same_alertname(const struct lint_run *run, const struct lint_rule *a,
    const struct lint_rule *b)
{
	return a->rule->alerting && b->rule->alerting &&
	    str_eq(a->rule->name, b->rule->name) && a->group != b->group &&
	    !same_rule(run, a, b);
}

void
lint_duplicate_alertname(struct lint_run *run)
{
	const struct lint_rule *first;
	size_t i;

	for (i = 0; i < run->in->n; i++) {
		const struct lint_rule *r = &run->in->rule[i];

		if ((first = earlier(run, i, same_alertname)) != NULL)
			lint_at_node(run, r->rule->node, 0, "alert '" STR_FMT
			    "' is also at %s:%u with another condition: "
			    "grouping, silences and inhibition cannot tell "
			    "them apart", STR_ARG(r->rule->name),
			    first->group->file, first->rule->node->line);
	}
}

void
lint_label_conflict(struct lint_run *run, const struct lint_rule *r)
{
	const struct ypairs *ext;
	size_t i, k;

	if (run->in->prom == NULL)
		return;
	ext = &run->in->prom->global.external_labels;
	for (i = 0; i < r->rule->labels.n; i++)
		for (k = 0; k < ext->n; k++)
			if (str_eq(ext->p[k].key, r->rule->labels.p[i].key))
				lint_at_node(run, r->rule->labels.p[i].node,
				    0, "label '" STR_FMT "' is an external "
				    "label as well; the rule's wins",
				    STR_ARG(ext->p[k].key));
}

void
lint_scrape_interval(struct lint_run *run)
{
	const struct prom_config *c = run->in->prom;
	size_t i;

	for (i = 0; c && i < c->nscrape; i++)
		if (c->scrape[i].common.interval_ms >= LOOKBACK_MS)
			lint_at_node(run, c->scrape[i].node, 0, "job '"
			    STR_FMT "' is scraped less often than the 5m that "
			    "queries look back: its series come and go",
			    STR_ARG(c->scrape[i].job_name));
}

void
lint_rule_glob_empty(struct lint_run *run)
{
	const struct prom_config *c = run->in->prom;
	struct ystrs found;
	struct err e = { 0 };
	size_t i;

	for (i = 0; c && i < c->rule_files.n; i++) {
		found = (struct ystrs){ 0 };
		if (glob_files(c->rule_files.p[i], run->in->arena, &found,
		    &e) == 0 && found.n == 0)
			lint_at_node(run, c->rule_file_nodes[i], 0,
			    "'" STR_FMT "' finds no file: no rule is loaded "
			    "from it", STR_ARG(c->rule_files.p[i]));
	}
}
