/*
 * Lints of what a policy demands of a rule's texts: names, labels,
 * annotations, durations, owners.
 */
#include "core/dur.h"
#include "lint.h"
#include "policy.h"

void
lint_demands(struct lint_run *run, const struct lint_rule *r,
    void (*check)(const struct lint_demand *k))
{
	const struct policy_entry *p;
	size_t i;

	if (run->in->policy == NULL)
		return;
	p = run->in->policy->entries.p;
	for (i = 0; i < run->in->policy->entries.n; i++)
		if (policy_applies(&p[i], r->group, r->rule)) {
			const struct lint_demand k = { run, r, &p[i] };

			run->policy = &p[i];
			check(&k);
		}
	run->policy = NULL;
}

/* ---- names ---- */

static const struct ynode *
name_node(const struct lint_rule *r)
{
	return ynode_get(r->rule->node, r->rule->alerting ? "alert" :
	    "record");
}

static void
check_name(const struct lint_demand *k)
{
	if (k->p->name.re && !re_match(k->p->name.re, k->r->rule->name))
		lint_at_node(k->run, name_node(k->r), 0, "the name '" STR_FMT
		    "' does not match \"" STR_FMT "\"",
		    STR_ARG(k->r->rule->name),
		    STR_ARG(re_pattern(k->p->name.re)));
}

void
lint_policy_name(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_name);
}

/* ---- labels and annotations ---- */

static const struct ypair *
find(const struct ypairs *list, struct str name)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (str_eq(list->p[i].key, name))
			return &list->p[i];
	return NULL;
}

static bool
is_one_of(const struct ystrs *list, struct str s)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (str_eq(list->p[i], s))
			return true;
	return list->n == 0;
}

static void
check_pair(const struct lint_demand *k, const struct policy_pair *want,
    const struct ypairs *have, const char *what)
{
	const struct ypair *p = find(have, want->name);

	if (p == NULL && want->required)
		lint_at_node(k->run, k->r->rule->node, 0, "%s '" STR_FMT
		    "' is required", what, STR_ARG(want->name));
	if (p == NULL)
		return;
	if (want->forbidden)
		lint_at_node(k->run, p->node, 0, "%s '" STR_FMT "' is "
		    "forbidden", what, STR_ARG(want->name));
	else if (want->value.re && !re_match(want->value.re, p->value))
		lint_at_node(k->run, p->node, 0, "%s '" STR_FMT "' does not "
		    "match \"" STR_FMT "\"", what, STR_ARG(want->name),
		    STR_ARG(re_pattern(want->value.re)));
	else if (!is_one_of(&want->values, p->value))
		lint_at_node(k->run, p->node, 0, "'" STR_FMT "' is none of the "
		    "values of %s '" STR_FMT "'", STR_ARG(p->value), what,
		    STR_ARG(want->name));
}

static void
check_labels(const struct lint_demand *k)
{
	const struct policy_pair *want = k->p->labels.p;
	size_t i;

	for (i = 0; i < k->p->labels.n; i++)
		check_pair(k, &want[i], &k->r->rule->labels, "label");
}

void
lint_policy_label(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_labels);
}

static void
check_annotations(const struct lint_demand *k)
{
	const struct policy_pair *want = k->p->annotations.p;
	size_t i;

	for (i = 0; i < k->p->annotations.n; i++)
		check_pair(k, &want[i], &k->r->rule->annotations,
		    "annotation");
}

void
lint_policy_annotation(struct lint_run *run, const struct lint_rule *r)
{
	if (r->rule->alerting)
		lint_demands(run, r, check_annotations);
}

static void
reject_in(const struct lint_demand *k, const struct ypairs *list, const char *what)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (re_match(k->p->reject.re, list->p[i].key) ||
		    re_match(k->p->reject.re, list->p[i].value))
			lint_at_node(k->run, list->p[i].node, 0, "%s '"
			    STR_FMT "' matches \"" STR_FMT "\", which is not "
			    "wanted", what, STR_ARG(list->p[i].key),
			    STR_ARG(re_pattern(k->p->reject.re)));
}

static void
check_reject(const struct lint_demand *k)
{
	if (k->p->reject.re == NULL)
		return;
	reject_in(k, &k->r->rule->labels, "label");
	reject_in(k, &k->r->rule->annotations, "annotation");
}

void
lint_policy_reject(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_reject);
}

/* http://host or https://host, and no blank; templates are left alone. */
static bool
is_bad_link(struct str s)
{
	struct str host;

	if (!str_starts(s, STR("http:")) && !str_starts(s, STR("https:")))
		return false;
	if (str_find(s, STR("{{")) != -1)
		return false;
	if (str_find_char(s, ' ') != -1)
		return true;
	s = str_sub(s, str_starts(s, STR("https:")) ? 6 : 5, s.n);
	if (!str_starts(s, STR("//")))
		return true;
	(void)str_cut(str_sub(s, 2, s.n), '/', &host);
	return host.n == 0 || host.p[0] == ':';
}

static void
check_links(const struct lint_demand *k)
{
	const struct ypairs *list = &k->r->rule->annotations;
	size_t i;

	for (i = 0; k->p->links && i < list->n; i++)
		if (is_bad_link(list->p[i].value))
			lint_at_node(k->run, list->p[i].node, 0, "annotation '"
			    STR_FMT "' is no link that can be opened",
			    STR_ARG(list->p[i].key));
}

void
lint_policy_link(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_links);
}

/* ---- durations ---- */

static void
check_span(const struct lint_demand *k, const struct policy_span *want, int64_t ms,
    const struct ynode *n, const char *what)
{
	bool low = want->min_ms && ms < want->min_ms;
	struct buf b = { 0 };

	if (!low && (want->max_ms == 0 || ms <= want->max_ms))
		return;
	dur_print(&b, low ? want->min_ms : want->max_ms);
	lint_at_node(k->run, n ? n : k->r->rule->node, 0, "'%s' must be "
	    STR_FMT " or %s", what, STR_ARG(buf_str(&b)),
	    low ? "more" : "less");
	buf_release(&b);
}

static void
check_durations(const struct lint_demand *k)
{
	const struct rule *r = k->r->rule;
	const struct rule_group *g = k->r->group;

	if (r->alerting) {
		check_span(k, &k->p->for_, r->for_ms,
		    ynode_get(r->node, "for"), "for");
		check_span(k, &k->p->keep_firing_for, r->keep_firing_for_ms,
		    ynode_get(r->node, "keep_firing_for"),
		    "keep_firing_for");
	}
	/* Once for a group. */
	if (g->interval_ms && r == g->rule)
		check_span(k, &k->p->interval, g->interval_ms,
		    ynode_get(g->node, "interval"), "interval");
}

void
lint_policy_duration(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_durations);
}

/* ---- owners ---- */

/* Behind "# ts-eval: WORD " in one of lines [from, to]. */
static struct str
comment(struct str text, struct str word, unsigned from, unsigned to)
{
	struct str line, mark = STR("# ts-eval: "), rest;
	unsigned at = 0;
	ptrdiff_t i;

	while (text.p) {
		text = str_cut(text, '\n', &line);
		at++;
		if (at < from || at > to || (i = str_find(line, mark)) == -1)
			continue;
		rest = str_trim(str_sub(line, (size_t)i + mark.n, line.n));
		if (str_starts(rest, word))
			return str_trim(str_sub(rest, word.n, rest.n));
	}
	return STR_NONE;
}

static void
check_owner(const struct lint_demand *k)
{
	const struct ynode *n = k->r->rule->node;
	unsigned from, to;
	struct str owner;

	if (k->p->owner.re == NULL)
		return;
	lint_rule_lines(k->run, n->doc->file, n->line, &from, &to);
	owner = comment(n->doc->text, STR("owner "), from, to);
	if (owner.n == 0)
		owner = comment(n->doc->text, STR("file-owner "), 1,
		    UINT32_MAX);
	if (owner.n == 0)
		lint_at_node(k->run, n, 0, "nobody owns this rule: say '# "
		    "ts-eval: owner NAME' above it, or file-owner once");
	else if (!re_match(k->p->owner.re, owner))
		lint_at_node(k->run, n, 0, "owner '" STR_FMT "' does not match "
		    "\"" STR_FMT "\"", STR_ARG(owner),
		    STR_ARG(re_pattern(k->p->owner.re)));
}

void
lint_policy_owner(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_owner);
}

static void
check_report(const struct lint_demand *k)
{
	if (k->p->report.n)
		lint_at_node(k->run, name_node(k->r), 0, STR_FMT,
		    STR_ARG(k->p->report));
}

void
lint_policy_report(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_report);
}
