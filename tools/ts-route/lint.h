/*
 * lint: what Alertmanager would load and what is yet probably wrong.  A lint
 * is one function and one row in lints.c.  A finding is silenced by a comment
 *	# ts-route: disable NAME[, NAME]...
 * in the block where it stands or on the line above that, or anywhere in the
 * file with disable-file.
 */
#ifndef TS_ROUTE_LINT_H
#define TS_ROUTE_LINT_H

#include "config/am.h"
#include "config/rules.h"
#include "core/vec.h"
#include "tmpl/tmpl.h"
#include "tool/report.h"

struct lint_run;

struct lint {
	const char *name;
	enum report_severity severity;
	const char *about;	/* one line, for SARIF */
	bool needs_rules;	/* nothing can be said without rule files */
	void	(*run)(struct lint_run *run);
};

struct lint_input {
	const struct am_config *config;
	const struct rule *const *alert;	/* alerting rules */
	size_t nalerts;
	bool has_rules;			/* -r was given */
	const struct tmpl_set *templates;	/* defaults, template files */
	struct arena *arena;		/* scratch, until the run is over */
};

/* The finding's strings hold until the callback returns. */
typedef void lint_report(void *arg, const struct finding *f);

void	lint_config(const struct lint_input *in, lint_report *report,
	    void *arg);

/* The rows, for report_begin. */
bool	lint_about(size_t i, struct report_rule *r);

/* ---- for the lints ---- */

struct lint_run {
	const struct lint_input *in;
	const struct lint *lint;	/* at hand */
	lint_report *report;
	void *arg;
};

/* A finding at `at`, which is in `block` (or is it). */
void	lint_at(struct lint_run *run, const struct ynode *at,
	    const struct ynode *block, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/*
 * What is known of an alert before it exists.  Its name and the labels that
 * its rule sets to a plain text are; others may come from the series.
 */
enum known { KNOWN_NO, KNOWN_MAYBE, KNOWN_YES };

/* The label's value, false when it cannot be known. */
bool		known_label(const struct rule *r, struct str name,
		    struct str *value);
enum known	known_match(const struct matchers *m, const struct rule *r);

typedef void lint_fn(struct lint_run *run);

lint_fn	lint_route_unreachable, lint_route_shadowed, lint_route_contradiction,
	lint_repeat_interval, lint_receiver_unused, lint_interval_unused,
	lint_inhibit_dead, lint_inhibit_unknown_label, lint_inline_secret,
	lint_deprecated_match, lint_template_undefined;

/* Does what a label must be leave nothing that m takes? */
bool	matchers_contradict(const struct matchers *a,
	    const struct matchers *b);

#endif
