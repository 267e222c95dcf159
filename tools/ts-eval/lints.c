#include "lint.h"

#include <stdarg.h>

#include "policy.h"
#include "promql/functions.h"
#include "tool/report.h"

static const struct lint lints[] = {
	{ "absent-for", LINT_WARNING,
	    "absent() pages at the first missed scrape", lint_absent_for, NULL },
	{ "beyond-retention", LINT_WARNING,
	    "a range or an offset is longer than history is kept",
	    lint_beyond_retention, NULL },
	{ "bool-comparison", LINT_WARNING,
	    "an alert on 'bool' fires for 0 as well", lint_bool_comparison,
	    NULL },
	{ "counter-raw", LINT_INFO,
	    "a counter is compared without rate() or increase()",
	    lint_counter_raw, NULL },
	{ "duplicate-alertname", LINT_WARNING,
	    "alerts of one name mean different things", NULL,
	    lint_duplicate_alertname },
	{ "duplicate-rule", LINT_WARNING,
	    "the same rule stands twice", NULL, lint_duplicate_rule },
	{ "external-label", LINT_WARNING,
	    "a template uses an external label that is not configured",
	    lint_external_label, NULL },
	{ "for-below-interval", LINT_INFO,
	    "'for' is shorter than the evaluation interval",
	    lint_for_below_interval, NULL },
	{ "for-zero", LINT_INFO,
	    "'for' is 0 when it is not given", lint_for_zero,
	    NULL },
	{ "fragile", LINT_WARNING,
	    "which series topk() and the like choose changes all the time",
	    lint_fragile, NULL },
	{ "future-offset", LINT_WARNING,
	    "a negative offset looks at what has not come yet", lint_future_offset,
	    NULL },
	{ "group-interval", LINT_WARNING,
	    "results are stale between evaluations", NULL,
	    lint_group_interval },
	{ "impossible-match", LINT_WARNING,
	    "the two sides can never match", lint_impossible_match, NULL },
	{ "label-conflict", LINT_WARNING,
	    "a rule's label hides an external label", lint_label_conflict,
	    NULL },
	{ "label-gone", LINT_WARNING,
	    "a label is grouped by that is aggregated away below", lint_label_gone,
	    NULL },
	{ "label-missing", LINT_WARNING,
	    "no series in the data has a label that is asked for",
	    lint_label_missing, NULL },
	{ "match-empty", LINT_WARNING,
	    "both sides have series in the data, and none of them match",
	    lint_match_empty, NULL },
	{ "metric-missing", LINT_WARNING,
	    "a metric has no series in the data", lint_metric_missing,
	    NULL },
	{ "nan-division", LINT_INFO,
	    "one division by 0 spoils the whole sum", lint_nan_division,
	    NULL },
	{ "never-true", LINT_WARNING,
	    "conditions or matchers exclude each other", lint_never_true,
	    NULL },
	{ "no-comparison", LINT_WARNING,
	    "an alert without a condition always fires", lint_no_comparison,
	    NULL },
	{ "node-fs-unfiltered", LINT_INFO,
	    "tmpfs and the like page, too", lint_node_fs_unfiltered, NULL },
	{ "policy-aggregate", LINT_WARNING,
	    "labels that must be kept or go", lint_policy_aggregate,
	    NULL },
	{ "policy-alerts", LINT_WARNING,
	    "more alerts over the data than the policy allows", lint_policy_alerts,
	    NULL },
	{ "policy-annotation", LINT_WARNING,
	    "an annotation as the policy has it", lint_policy_annotation,
	    NULL },
	{ "policy-duration", LINT_WARNING,
	    "a duration as the policy has it", lint_policy_duration,
	    NULL },
	{ "policy-label", LINT_WARNING,
	    "a label as the policy has it", lint_policy_label,
	    NULL },
	{ "policy-link", LINT_WARNING,
	    "a link in an annotation that cannot be opened", lint_policy_link,
	    NULL },
	{ "policy-name", LINT_WARNING,
	    "a name as the policy has it", lint_policy_name,
	    NULL },
	{ "policy-owner", LINT_WARNING,
	    "a comment says who owns the rule", lint_policy_owner,
	    NULL },
	{ "policy-range", LINT_WARNING,
	    "a range longer than the policy allows", lint_policy_range,
	    NULL },
	{ "policy-reject", LINT_WARNING,
	    "texts that the policy does not want", lint_policy_reject,
	    NULL },
	{ "policy-report", LINT_WARNING,
	    "rules that the policy wants told", lint_policy_report,
	    NULL },
	{ "policy-selector", LINT_WARNING,
	    "matchers that the policy requires", lint_policy_selector,
	    NULL },
	{ "policy-series", LINT_WARNING,
	    "more series in the data than the policy allows", lint_policy_series,
	    NULL },
	{ "quantile-no-le", LINT_WARNING,
	    "histogram_quantile() over buckets without le",
	    lint_quantile_no_le, NULL },
	{ "quantile-no-sum", LINT_INFO,
	    "histogram_quantile() over single series: one alert for each",
	    lint_quantile_no_sum, NULL },
	{ "rate-of-aggregate", LINT_WARNING,
	    "rate() of a sum goes wrong when a series resets",
	    lint_rate_of_aggregate, NULL },
	{ "rate-of-gauge", LINT_WARNING,
	    "rate() takes every fall of a gauge for a reset",
	    lint_rate_of_gauge, NULL },
	{ "rate-of-recorded", LINT_WARNING,
	    "rate() of what a rule has summed up or made a rate", lint_rate_of_recorded,
	    NULL },
	{ "rate-window", LINT_WARNING,
	    "the window holds too few scrapes", lint_rate_window, NULL },
	{ "ratio-same-series", LINT_WARNING,
	    "a filtered series is divided by itself", lint_ratio_same_series,
	    NULL },
	{ "regexp-anchors", LINT_INFO,
	    "patterns are anchored already", lint_regexp_anchors, NULL },
	{ "regexp-any", LINT_INFO,
	    "a pattern that every value matches", lint_regexp_any,
	    NULL },
	{ "regexp-composed", LINT_INFO,
	    "a pattern looks for parts of a value", lint_regexp_composed,
	    NULL },
	{ "regexp-literal", LINT_INFO,
	    "a pattern without a metacharacter", lint_regexp_literal, NULL },
	{ "rule-dependency", LINT_WARNING,
	    "nothing records or raises what a rule asks for", lint_rule_dependency,
	    NULL },
	{ "rule-glob-empty", LINT_WARNING,
	    "a rule_files pattern finds no file", NULL, lint_rule_glob_empty },
	{ "rule-order", LINT_INFO,
	    "a rule uses what is recorded further down in its group",
	    lint_rule_order, NULL },
	{ "scrape-interval", LINT_WARNING,
	    "a job is scraped less often than queries look back", NULL,
	    lint_scrape_interval },
	{ "template-humanize", LINT_INFO,
	    "$value is printed with all its digits", lint_template_humanize,
	    NULL },
	{ "template-label", LINT_WARNING,
	    "a template uses a label that the result cannot have",
	    lint_template_label, NULL },
	{ "template-query", LINT_WARNING,
	    "a query in a template cannot be parsed", lint_template_query,
	    NULL },
	{ "template-value", LINT_WARNING,
	    "$value in a label makes a new alert at every evaluation",
	    lint_template_value, NULL },
	{ "threshold-unreachable", LINT_WARNING,
	    "a ratio or a truth value is compared with a percentage",
	    lint_threshold_unreachable, NULL },
	{ "up-without-absent", LINT_INFO,
	    "a target that vanishes altogether is not noticed",
	    lint_up_without_absent, NULL },
	{ "value-missing", LINT_INFO,
	    "no series in the data has a label value that is asked for",
	    lint_value_missing, NULL },
	{ "vector-matching", LINT_INFO,
	    "different metrics are matched on all their labels",
	    lint_vector_matching, NULL },
};
#define NLINTS	(sizeof(lints) / sizeof(lints[0]))

bool
lint_about(size_t i, struct report_rule *r)
{
	if (i == NLINTS)
		return false;
	r->name = lints[i].name;
	r->about = lints[i].about;
	return true;
}

const char *
lint_severity_text(enum lint_severity s)
{
	return s == LINT_WARNING ? "warning" : "info";
}

void
lint_rule_lines(const struct lint_run *run, const char *file, unsigned at,
    unsigned *from, unsigned *to)
{
	size_t i;

	*from = *to = at;
	for (i = 0; i < run->in->n; i++) {
		const struct lint_rule *r = &run->in->rule[i];

		if (strcmp(r->group->file, file) != 0)
			continue;
		if (r->rule->node->line <= at)
			*from = r->rule->node->line;
		else {
			*to = r->rule->node->line - 2;
			break;
		}
	}
	if (i == run->in->n)
		*to = UINT32_MAX;
	*from -= *from > 1;
}

static bool
is_disabled(const struct lint_run *run, const struct ynode *n, unsigned line)
{
	unsigned from, to;

	lint_rule_lines(run, n->doc->file, line, &from, &to);
	return report_silenced(n->doc->text, "ts-eval", run->lint->name,
	    from, to);
}

/* ---- findings ---- */

static void	report(struct lint_run *run, const struct ynode *n,
		    size_t at, const char *fmt, va_list ap)
		    __attribute__((format(printf, 4, 0)));

static void
report(struct lint_run *run, const struct ynode *n, size_t at,
    const char *fmt, va_list ap)
{
	struct lint_finding f = { .lint = run->lint, .file = n->doc->file,
	    .severity = run->lint->severity, .line = n->line,
	    .col = n->col };
	struct buf text = { 0 };

	if (n->kind == Y_SCALAR)
		ynode_position(n, at, &f.line, &f.col);
	if (is_disabled(run, n, f.line))
		return;
	(void)buf_vprintf(&text, fmt, ap);
	if (run->policy && str_eq(run->policy->severity, STR("info")))
		f.severity = LINT_INFO;
	if (run->policy && run->policy->comment.n)
		(void)buf_printf(&text, " (" STR_FMT ")",
		    STR_ARG(run->policy->comment));
	f.text = buf_str(&text);
	run->report(run->arg, &f);
	run->found++;
	buf_release(&text);
}

void
lint_at_expr(struct lint_run *run, const struct lint_rule *r,
    const struct pexpr *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(run, r->rule->expr_node, x->from, fmt, ap);
	va_end(ap);
}

void
lint_at_node(struct lint_run *run, const struct ynode *n, size_t at,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(run, n, at, fmt, ap);
	va_end(ap);
}

/* The job that a selector names with '='. */
static struct str
job_of(const struct pexpr *sel)
{
	size_t i;

	for (i = 0; sel && i < sel->u.selector.nm; i++)
		if (sel->u.selector.m[i].op == MATCH_EQ &&
		    str_eq(sel->u.selector.m[i].name, STR("job")))
			return sel->u.selector.m[i].value;
	return STR_NONE;
}

int64_t
lint_scrape_interval_ms(const struct lint_run *run, const struct pexpr *sel)
{
	const struct prom_config *c = run->in->prom;
	int64_t least = INT64_MAX;
	struct str job = job_of(sel);
	size_t i;

	for (i = 0; c && i < c->nscrape; i++) {
		int64_t ms = c->scrape[i].common.interval_ms;

		if (job.n && str_eq(c->scrape[i].job_name, job))
			return ms;
		if (ms < least)
			least = ms;
	}
	return least == INT64_MAX ? 60000 : least;
}

const struct lint_rule *
lint_recording(const struct lint_run *run, struct str name)
{
	size_t i;

	for (i = 0; name.n && i < run->in->n; i++)
		if (!run->in->rule[i].rule->alerting &&
		    str_eq(run->in->rule[i].rule->name, name))
			return &run->in->rule[i];
	return NULL;
}

struct search {
	bool (*test)(const struct pexpr *x);
	const char *name;
	bool found;
};

static bool
search_step(void *arg, const struct pexpr *x)
{
	struct search *s = arg;

	if (s->test ? s->test(x) : x->kind == PX_CALL &&
	    strcmp(x->u.call.func->name, s->name) == 0)
		s->found = true;
	return !s->found;
}

bool
lint_any(const struct pexpr *x, bool (*test)(const struct pexpr *))
{
	struct search s = { .test = test };

	pexpr_walk(x, search_step, &s);
	return s.found;
}

bool
lint_calls(const struct pexpr *x, const char *name)
{
	struct search s = { .name = name };

	pexpr_walk(x, search_step, &s);
	return s.found;
}

size_t
lint_rules(const struct lint_input *in, lint_report *fn, void *arg)
{
	struct lint_run run = { .in = in, .report = fn, .arg = arg };
	size_t i, k;

	for (i = 0; i < NLINTS; i++) {
		run.lint = &lints[i];
		if (lints[i].all)
			lints[i].all(&run);
		for (k = 0; lints[i].rule && k < in->n; k++)
			lints[i].rule(&run, &in->rule[k]);
	}
	return run.found;
}
