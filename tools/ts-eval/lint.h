/*
 * lint: what is legal in a rule file and yet probably wrong.  A lint is one
 * function and one row in lints.c; it sees rules that have passed all checks.
 * A finding is silenced by a comment in the file,
 *	# ts-eval: disable NAME[, NAME]...
 * inside the rule or on the line above it, or anywhere in the file with
 * disable-file.
 */
#ifndef TS_EVAL_LINT_H
#define TS_EVAL_LINT_H

#include "config/prom.h"
#include "config/rules.h"
#include "promql/ast.h"
#include "tool/report.h"

enum lint_severity { LINT_INFO, LINT_WARNING };

struct lint_run;
struct lint_rule;
struct policy;				/* policy.h */
struct policy_entry;

struct lint {
	const char *name;
	enum lint_severity severity;
	const char *about;	/* one line, for the man page and SARIF */
	/* Called for each rule; or, all, once for the whole set. */
	void	(*rule)(struct lint_run *run, const struct lint_rule *r);
	void	(*all)(struct lint_run *run);
};

struct lint_rule {
	const struct rule_group *group;
	const struct rule *rule;
	const struct pexpr *expr;
};

struct lint_input {
	const struct lint_rule *rule;	/* in the order of the files */
	size_t n;
	const struct prom_config *prom;	/* NULL: not known */
	bool partial;			/* a rule file of it is not here */
	const struct policy *policy;	/* NULL: none */
	struct lint_data *data;		/* NULL: no samples to look at */
	int64_t keep_ms;		/* age of history kept; 0 = not said */
	struct arena *arena;		/* scratch, until the run is over */
};

/* One finding; the strings hold until the callback returns. */
struct lint_finding {
	const struct lint *lint;
	enum lint_severity severity;	/* its own, or that of the policy */
	const char *file;
	unsigned line, col;
	struct str text;
};
typedef void lint_report(void *arg, const struct lint_finding *f);

/* All rows over all rules; returns the number of findings reported. */
size_t	lint_rules(const struct lint_input *in, lint_report *report, void *arg);

const char		*lint_severity_text(enum lint_severity s);
/* The rows, for report_begin. */
bool			 lint_about(size_t i, struct report_rule *r);

/* ---- for the lints ---- */

struct lint_run {
	const struct lint_input *in;
	const struct lint *lint;	/* at hand */
	const struct policy_entry *policy;	/* at hand; NULL */
	lint_report *report;
	void *arg;
	size_t found;
};

/* A finding at x inside r's expression. */
void	lint_at_expr(struct lint_run *run, const struct lint_rule *r,
	    const struct pexpr *x, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/* A finding at byte `at` of node's text (0 with a mapping: its start). */
void	lint_at_node(struct lint_run *run, const struct ynode *n, size_t at,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * How often a selector's job is scraped; of no known job, or without sel, the
 * shortest interval of the configuration; 1m when not known.
 */
int64_t	lint_scrape_interval_ms(const struct lint_run *run,
	    const struct pexpr *sel);

/* The lines of the rule around line `at` of file: from the one above it. */
void	lint_rule_lines(const struct lint_run *run, const char *file,
	    unsigned at, unsigned *from, unsigned *to);

/* A rule and an entry of the policy that is for it. */
struct lint_demand {
	struct lint_run *run;
	const struct lint_rule *r;
	const struct policy_entry *p;
};
void	lint_demands(struct lint_run *run, const struct lint_rule *r,
	    void (*check)(const struct lint_demand *k));

/* The first rule that records a metric of that name; NULL. */
const struct lint_rule	*lint_recording(const struct lint_run *run,
			    struct str name);

/* Does a template name a label beyond job and instance? */
bool	lint_names_label(struct str text);

/* Somewhere in x stands a call of the function name. */
bool	lint_calls(const struct pexpr *x, const char *name);

/* Does a part of x satisfy test? */
bool	lint_any(const struct pexpr *x, bool (*test)(const struct pexpr *x));

typedef void lint_rule_fn(struct lint_run *run, const struct lint_rule *r);
typedef void lint_all_fn(struct lint_run *run);

lint_rule_fn	lint_no_comparison, lint_bool_comparison, lint_absent_for,
		lint_for_below_interval, lint_fragile, lint_up_without_absent,
		lint_ratio_same_series, lint_vector_matching,
		lint_impossible_match, lint_counter_raw, lint_rate_window,
		lint_rate_of_aggregate, lint_quantile_no_sum,
		lint_quantile_no_le, lint_node_fs_unfiltered,
		lint_regexp_literal, lint_regexp_anchors, lint_template_label,
		lint_template_value, lint_template_humanize,
		lint_external_label, lint_label_conflict,
		lint_metric_missing, lint_label_missing, lint_value_missing,
		lint_match_empty, lint_threshold_unreachable,
		lint_rate_of_gauge, lint_beyond_retention, lint_rule_order,
		lint_nan_division, lint_for_zero, lint_label_gone,
		lint_never_true, lint_regexp_any, lint_regexp_composed,
		lint_template_query, lint_rate_of_recorded,
		lint_rule_dependency, lint_future_offset,
		lint_policy_name, lint_policy_label, lint_policy_annotation,
		lint_policy_reject, lint_policy_link, lint_policy_duration,
		lint_policy_owner, lint_policy_report, lint_policy_aggregate,
		lint_policy_selector, lint_policy_range, lint_policy_series,
		lint_policy_alerts;
lint_all_fn	lint_group_interval, lint_duplicate_alertname,
		lint_duplicate_rule, lint_rule_glob_empty,
		lint_scrape_interval;

#endif
