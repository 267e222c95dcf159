/*
 * check: one thing to look at, and what was seen.  A kind of check is one
 * file check_<kind>.c with one row (struct check_kind), listed in checks.c.
 *
 * Checks run in child processes (runner.h).
 */
#ifndef TS_HEALTH_CHECK_H
#define TS_HEALTH_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "check_status.h"
#include "condition.h"
#include "maintenance.h"
#include "config/range.h"
#include "plugin.h"
#include "yaml/fields.h"

#define CHECK_TEXT_MAX	512		/* bytes of a message or an error */
#define CHECK_DATA_MAX	((size_t)1 << 20)

/*
 * What all checks have; the struct of a kind begins with it, and its rows
 * with CHECK_ROWS.  Lives as long as the configuration.
 */
struct check {
	const struct check_kind *kind;
	struct str name, type;
	struct str target;	/* for people; no secrets */
	int64_t interval_ms;	/* how often -f runs it */
	int64_t due_ms;		/* and when next; monotonic */
	struct streak *streak;	/* with -f: what it was in the run before */
	int64_t timeout_ms, slow_ms, slow_crit_ms;	/* 0 = none */
	int64_t retries, retry_interval_ms;
	int64_t failures, recoveries;
	int64_t remind_ms;	/* tell of a bad state again; 0 = never */
	struct { int64_t n, of; } n_of_m;	/* 0: off */
	struct {
		int64_t window, high, low;	/* results, percent */
	} flap;
	struct { bool set; enum check_status status; } severity_max,
	    timeout_status;
	bool enabled, critical;
	struct ystrs tags, depends, conditions;
	const struct condition *condition;	/* of conditions */
	struct ypairs labels;
	struct maintenance maintenance;
	struct str group, description, runbook_url;
	const struct ynode *node;
	const char *procfs, *sysfs, *rootfs;
};

#define CHECK_ROWS							\
	YROW("name", YT_STR, offsetof(struct check, name), .flags = YF_REQUIRED), \
	YROW("type", YT_STR, offsetof(struct check, type)),		\
	YROW("interval", YT_DURATION, offsetof(struct check, interval_ms)), \
	YROW("timeout", YT_DURATION, offsetof(struct check, timeout_ms)), \
	YROW("timeout_status", YT_CUSTOM,				\
	    offsetof(struct check, timeout_status),			\
	    .decode = check_decode_status),				\
	YROW("severity_max", YT_CUSTOM,					\
	    offsetof(struct check, severity_max),			\
	    .decode = check_decode_status),				\
	YROW("slow", YT_DURATION, offsetof(struct check, slow_ms)),	\
	YROW("slow_crit", YT_DURATION, offsetof(struct check, slow_crit_ms)), \
	YROW("retries", YT_INT, offsetof(struct check, retries)),	\
	YROW("retry_interval", YT_DURATION,				\
	    offsetof(struct check, retry_interval_ms)),			\
	YROW("failures", YT_INT, offsetof(struct check, failures)),	\
	YROW("recoveries", YT_INT, offsetof(struct check, recoveries)),	\
	YROW("remind", YT_DURATION, offsetof(struct check, remind_ms)),	\
	YROW("n_of_m", YT_CUSTOM, offsetof(struct check, n_of_m),	\
	    .decode = check_decode_n_of_m),				\
	YROW("flap", YT_CUSTOM, offsetof(struct check, flap),		\
	    .decode = check_decode_flap),				\
	YROW("conditions", YT_CUSTOM, offsetof(struct check, conditions), \
	    .decode = words_decode),					\
	YROW("enabled", YT_BOOL, offsetof(struct check, enabled),	\
	    .dflt = "true"),						\
	YROW("critical", YT_BOOL, offsetof(struct check, critical),	\
	    .dflt = "true"),						\
	YROW("tags", YT_CUSTOM, offsetof(struct check, tags),		\
	    .decode = words_decode),					\
	YROW("depends", YT_CUSTOM, offsetof(struct check, depends),	\
	    .decode = words_decode),					\
	YROW("labels", YT_STRMAP, offsetof(struct check, labels)),	\
	YROW("maintenance", YT_CUSTOM, offsetof(struct check, maintenance), \
	    .decode = maintenance_decode),				\
	YROW("group", YT_STR, offsetof(struct check, group)),		\
	YROW("description", YT_STR, offsetof(struct check, description)), \
	YROW("runbook_url", YT_STR, offsetof(struct check, runbook_url))

/* check_options.c: what the custom rows read. */
int	check_decode_status(const struct ynode *n, void *field,
	    struct arena *a, struct err *e);
int	check_decode_n_of_m(const struct ynode *n, void *field,
	    struct arena *a, struct err *e);
int	check_decode_flap(const struct ynode *n, void *field,
	    struct arena *a, struct err *e);

/* A list of strings, or one string, into struct ystrs. */
int	words_decode(const struct ynode *n, void *field, struct arena *a,
	    struct err *e);

/* After decoding: the options that all checks have make sense; conditions
 * are compiled. */
int	check_options(struct check *c, struct arena *a, struct err *e);

struct check_phase {
	struct str name;
	double seconds;
};

/* A number of the kind's own for -o samples and text. */
#define CHECK_LABELS_MAX	4

struct check_label {
	struct str name, value;
};

struct check_metric {
	struct str name;		/* probe_http_status_code */
	const struct check_label *label;	/* beside check … */
	size_t nlabels;
	double value;
};

/* What was seen.  All memory is of the arena. */
struct check_result {
	struct arena *arena;
	enum check_status status;
	bool skipped;			/* something it depends on is down */
	double seconds;			/* response time; NaN: nothing sent */
	struct str message, error;	/* p NULL: none */
	VEC(struct check_phase) phases;
	VEC(struct perf) perf;
	VEC(struct check_metric) metrics;
	struct str data;		/* a JSON object, or p NULL */
	/* Of the placeholders of conditions; duration and connected are
	   those of seconds and error unless the kind says otherwise. */
	struct condition_facts facts;
};

struct probe;

/*
 * How it is done: `run` in a process of its own, where it may block and needs
 * to release nothing; or `start`, which begins and returns, many in one
 * process (probe.h).  With `start` the checks that `shares` says no to, and
 * any after something went wrong, are started in a process of their own.
 */
struct check_kind {
	const char *name;		/* as in `type:` and as a verb */
	const char *operand;		/* the option that TARGET fills */
	const struct yfields *fields;
	bool argv;			/* all operands are one list */
	bool history;			/* its data are kept for a day */
	bool network;			/* `slow` has a default, probe_* too */
	/* After decoding: sense, defaults, the target.  May be NULL. */
	int	(*configure)(struct check *c, struct arena *a, struct err *e);
	void	(*run)(const struct check *c, struct check_result *r);
	void	(*start)(struct probe *p);
	bool	(*shares)(const struct check *c);	/* NULL = all do */
};

/* checks.c */
extern const struct check_kind *const check_kinds[];
extern const size_t check_nkinds;
const struct check_kind	*check_kind_find(struct str name);

/* Nothing seen yet; what r holds is used again. */
void	check_clear(struct check_result *r);

/* Give back what is not of the arena. */
void	check_release(struct check_result *r);

/*
 * Say something about it: the status becomes the worse of what it was and s;
 * the text of the worst is kept, of the first among equals.  As an error for
 * unhealthy and unknown, else as the message.
 */
void	check_say(struct check_result *r, enum check_status s,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * It could not be asked, or gave no answer: unhealthy; unknown, with no
 * response time, when that is our own fault: a system call, a file of ours.
 */
void	check_failed(struct check_result *r, const struct err *e);

/* The message of one that is well; replaced by any later check_say. */
void	check_note(struct check_result *r, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

void	check_phase(struct check_result *r, const char *name, double seconds);
void	check_metric(struct check_result *r, const char *name, double value);
void	check_metric1(struct check_result *r, const char *name,
	    const char *label, struct str value_of, double value);
void	check_metric_labels(struct check_result *r, const char *name,
	    const struct check_label *label, size_t n, double value);

/* A copy of n labels (CHECK_LABELS_MAX at most; their texts are not copied);
   NULL of none. */
const struct check_label	*check_labels_keep(struct arena *a,
	    const struct check_label *label, size_t n);

/*
 * A value with its thresholds: into perf, and when it alerts check_say with
 * "WHAT is VALUE UOM".
 */
void	check_measure(struct check_result *r, struct str label, double value,
	    const char *uom, const struct range *warn,
	    const struct range *crit, const char *what);

/* The conditions are asked after run; each that fails is unhealthy. */
void	check_conditions(const struct check *c, struct check_result *r);

/* Another status with the same text. */
void	check_become(struct check_result *r, enum check_status s);

/* It took longer than its timeout: timeout_status. */
void	check_timed_out(const struct check *c, struct check_result *r);

/* The bounds that the check itself sets: severity_max. */
void	check_bound(const struct check *c, struct check_result *r);

/* Warning and more when it took longer than slow and slow_crit. */
void	check_slow(const struct check *c, struct check_result *r,
	    const char *what);

#endif
