/*
 * report: what runs say, as they go.
 *	json	task result lines (ts-lines(5)); with -v a line a step
 *	table	for a terminal, with progress on standard error
 *	alerts	alert lines: firing for what failed, resolved for what is
 *		well again
 */
#ifndef TS_MAINT_REPORT_H
#define TS_MAINT_REPORT_H

#include "plan.h"
#include "tool/tool.h"

struct report;

/* One task of a run, or (task NULL) the plan as a whole. */
struct result {
	const struct plan *plan;
	const struct task *task;
	const struct outcome *outcome;
	struct str run;
	int64_t time_ms;	/* when it began */
	double duration_s;
	int64_t attempt;	/* from 1 */
	bool dry_run, undo;
	size_t nth, of;		/* [nth/of] */
	/* of its last run: */
	int64_t bad_since_ms;	/* it has failed since; 0 = it had not */
	struct str was_severity;
	/* of a plan: how many ended how */
	size_t count[TASK_NSTATUS];
};

struct report_form {
	const char *name;
	void	(*step)(struct report *r, const struct result *t,
		    const struct step_line *s);	/* may be NULL */
	void	(*task)(struct report *r, const struct result *t);
	void	(*plan)(struct report *r, const struct result *t);
};

extern const struct report_form report_json, report_table, report_alerts;

struct report {
	const struct report_form *form;
	struct tool *tool;
	struct buf *out;
	bool verbose;
	struct arena arena;	/* of one result */
	/* the line of progress on the terminal */
	bool progress;
	int64_t began_ms;	/* monotonic */
	struct str doing;
	struct buf shown;
	struct buf steps;	/* of a plan (-n): they come below it */
	struct buf tail;	/* results as text, for the ping */
};

/* The words of -o; -1 after a message. */
int	report_init(struct report *r, struct tool *t, bool steps);
void	report_release(struct report *r);

/* A task begins. */
void	report_begin(struct report *r, const struct result *t);
void	report_step(struct report *r, const struct result *t,
	    const struct step_line *s);
void	report_progress(struct report *r, const struct result *t,
	    struct str text);
void	report_tick(struct report *r, const struct result *t);
void	report_task(struct report *r, const struct result *t);
void	report_plan(struct report *r, const struct result *t);

/* The severity of an alert for that status; NULL = none. */
const char	*report_severity(enum task_status s);

/* 12s, 3m20s */
struct str	report_seconds(struct arena *a, double s);

#endif
