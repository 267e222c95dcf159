/*
 * unittest: promtool's rule unit-test files.
 *	unittest_file.c		the file, decoded
 *	unittest.c		the verb: files, selection, reports
 *	unittest_run.c		one test: samples in, rules over time
 *	unittest_judge.c	what came out beside what was expected
 *	coverage.c		which rules and states no test reached
 */
#ifndef TS_EVAL_UNITTEST_H
#define TS_EVAL_UNITTEST_H

#include "eval.h"

struct ut_series {
	struct str series, values;
	const struct ynode *node;
};

struct ut_alert {
	struct ypairs labels, annotations;
};

struct ut_alert_test {
	int64_t eval_time_ms;
	const struct ynode *node;
	struct str alertname;
	struct ylist expected;		/* struct ut_alert */
};

struct ut_sample {
	struct str labels, histogram;
	const struct ynode *node;
	double value;
};

struct ut_expr_test {
	int64_t eval_time_ms;
	const struct ynode *node;
	struct str expr;
	struct ylist expected;		/* struct ut_sample */
};

struct ut_test {
	struct str name;
	const struct ynode *node;
	int64_t interval_ms;		/* 0 = the file's */
	int64_t start_ms;
	struct ylist series;		/* struct ut_series */
	struct ylist alerts;		/* struct ut_alert_test */
	struct ylist exprs;		/* struct ut_expr_test */
	struct ypairs external_labels;
	struct str external_url;
};

struct ut_file {
	const char *path;
	const struct ynode *node;
	struct ystrs rule_files;	/* patterns */
	int64_t interval_ms;
	struct ystrs order;		/* group_eval_order */
	bool fuzzy;
	struct ylist tests;		/* struct ut_test */
};

/* NULL with *e: file:line:col. */
struct ut_file	*ut_file_load(const char *path, bool ignore_unknown,
		    struct arena *a, struct err *e);

struct coverage;

/* One failed expectation, or an error: lines of text, each with newline. */
typedef void ut_report(void *arg, struct str text);

/*
 * Run one test with the rule files given.  Failures go to report; returns
 * how many, 0 = passed.
 */
size_t	ut_test_run(struct eval *ev, const struct ut_file *f,
	    const struct ut_test *t, struct coverage *cov, ut_report *report,
	    void *arg);

/* A test while it runs. */
struct ut_run {
	struct eval *ev;
	const struct ut_file *file;
	const struct ut_test *test;
	struct arena arena;
	struct buf text;
	ut_report *report;
	void *arg;
	size_t failed;
};

/* Say what stands in r->text, and count it. */
void	ut_fail(struct ut_run *r);

/* unittest_judge.c */
void	ut_judge_alerts(struct ut_run *r, const struct ut_alert_test *t,
	    int64_t ts);
void	ut_judge_expr(struct ut_run *r, const struct ut_expr_test *t);

/* ---- coverage.c ---- */

struct coverage	*coverage_new(void);
void		 coverage_free(struct coverage *c);
/* After each evaluation: which states its rules are in. */
void		 coverage_note(struct coverage *c, const struct ruleset *s);
/* What was not reached, a line each; returns how many lines. */
size_t		 coverage_print(const struct coverage *c, struct buf *out);

int	verb_test(struct tool *t, int argc, char **argv);

#endif
