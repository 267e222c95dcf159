/*
 * policy: what a site demands of its rules beyond what is right or wrong:
 * a file for check --policy, described in ts-eval(1).  Each entry says which
 * rules it is for, and what they must look like.
 */
#ifndef TS_EVAL_POLICY_H
#define TS_EVAL_POLICY_H

#include "config/rules.h"
#include "re/re.h"

struct policy_re { struct re *re; };	/* anchored; NULL: not given */

/* Of a label or an annotation. */
struct policy_pair {
	struct str name;
	bool required, forbidden;
	struct policy_re value;
	struct ystrs values;
};

struct policy_span {
	int64_t min_ms, max_ms;		/* 0 = not given */
};

struct policy_match {
	struct str kind;		/* alert, record; empty: both */
	struct policy_re name, group, file;
};

struct policy_entry {
	struct policy_match match, ignore;
	bool has_ignore;
	struct str severity;		/* info; else warning */
	struct str comment;		/* put behind each message */
	struct policy_re name, reject, owner;
	struct ylist labels, annotations;	/* struct policy_pair */
	struct policy_span for_, keep_firing_for, interval;
	bool links;
	struct ystrs keep, strip;	/* labels of the result */
	struct ystrs matchers;		/* labels that selectors must name */
	int64_t range_max_ms;
	int64_t series_max, alerts_max;	/* with samples; -1 = not given */
	struct str report;
};

struct policy {
	struct ylist entries;		/* struct policy_entry */
};

/* NULL with *e: file:line:col.  Memory from a; then policy_release. */
struct policy	*policy_load(const char *path, struct arena *a,
		    struct err *e);
void		 policy_release(struct policy *p);	/* NULL does nothing */

bool	policy_applies(const struct policy_entry *p,
	    const struct rule_group *g, const struct rule *r);

#endif
