/*
 * ts-eval: sample lines in, rules over their history, alert lines out.
 *
 *	input.c    lines to history; drives the clock
 *	group.c    when a group runs; evaluates its rules in order
 *	alert.c    the life of one alert: a table of states and events
 *	record.c   recording rules; stale markers of what has vanished
 *	emit.c     alert lines
 *	text.c     templates of labels and annotations
 *	options.c  the command line
 *	rules.c    rule files and prometheus.yml, compiled; reload
 *	save.c     alert state in lib/state
 *	history.c  memory, or a directory
 *	remote.c   a store that evaluates instead of us
 *	rebuild.c  forgets the labels of series that are gone
 *	query.c, page.c, print.c, table.c, plot.c, check.c, past.c, unittest.c   the verbs
 */
#ifndef TS_EVAL_EVAL_H
#define TS_EVAL_EVAL_H

#include "config/alertmanagers.h"
#include "config/prom.h"
#include "config/rules.h"
#include "core/map.h"
#include "core/vec.h"
#include "model/alert.h"
#include "promql/promql.h"
#include "state/state.h"
#include "tmpl/data.h"
#include "tool/tool.h"
#include "tsdb/tsdb.h"
#include "wire/wire.h"

#define NO_TIME			INT64_MIN
#define LOOKBACK_MS		(5 * DUR_MINUTE)
#define RESEND_DELAY_MS		DUR_MINUTE
#define QUERY_TIMEOUT_MS	(2 * DUR_MINUTE)
#define RESOLVED_KEPT_MS	(15 * DUR_MINUTE)

/* ---- the command line ---- */

/* How -o table and -o plot show numbers. */
enum print_unit { UNIT_NONE, UNIT_SHORT, UNIT_BYTES, UNIT_SECONDS,
    UNIT_RATIO };

enum eval_output { OUT_ALERTS, OUT_SAMPLES, OUT_ALL };

struct options {
	VEC(const char *) rules;		/* -r */
	enum eval_output output;
	int64_t keep_ms, keep_bytes;		/* 0 = what the rules need */
	int64_t interval_ms;			/* of groups without one */
	int64_t lookback_ms, resend_ms;
	const char *external_url;
	struct alertmanager_options alertmanager;
	struct promql_features features;
	bool delayed_name_removal;
	uint64_t max_samples;			/* 0 = the engine's */
	int64_t timeout_ms;			/* of a query */
	/* verbs */
	int64_t time, start, end, step;		/* NO_TIME, 0 = not given */
	VEC(const char *) run;			/* test --run */
	const char *junit;			/* NULL */
	VEC(const char *) data;			/* check --data */
	const char *policy;			/* check --policy; NULL */
	const char *source, *source_config;	/* NULL */
	int64_t source_timeout_ms;
	bool page;				/* query -F */
	bool explain;				/* query, range */
	enum print_unit unit;			/* query, range */
	bool coverage, ignore_unknown, lint_fatal, syntax_only;
};

/* options.c */
extern const struct tool_option eval_options[];
extern const size_t eval_noptions;

/* ---- history.c ---- */

struct history {
	struct labels_table *table;
	struct wire_reader *wire;
	struct head *head;			/* owned when store is NULL */
	struct store *store;
	uint64_t generation;			/* of the head's series */
	const char *dir;			/* of the store; NULL */
	struct store_options options;
	int64_t newest;				/* NO_TIME */
	uint64_t late;				/* samples that came too late */
};

/* dir: the state directory, or NULL for memory only. */
int	history_open(struct history *h, const char *dir,
	    const struct store_options *o, struct err *e);
void	history_close(struct history *h);
void	history_keep(struct history *h, int64_t keep_ms);
struct promql_source	history_source(struct history *h);

/* A line's values.  0; -1 with *e for the first one that came too late. */
int	history_add(struct history *h, const struct wire_sample *s,
	    struct err *e);

/* One value of ours.  What cannot be appended any more is left out. */
void	history_put(struct history *h, const struct labels *l, int64_t ts,
	    double value, const struct hist *hist);
int	history_commit(struct history *h, int64_t now, struct err *e);

/* What the loaded rules look back to, and a little more. */
struct eval;
int64_t	history_window(const struct eval *ev);

/* The directory of the history in the state directory; caller frees. */
char	*history_path(const char *state);

/* ---- rules ---- */

struct ruleset;
struct group;

enum alert_state { ALERT_INACTIVE, ALERT_PENDING, ALERT_FIRING,
    ALERT_NSTATES };

/* One alert of a rule: a label set that its expression gave. */
struct active {
	const struct labels *labels;	/* identity */
	const struct labels *sample;	/* what templates see as $labels */
	const struct labels *annotations;	/* last rendered; NULL */
	double value;
	struct str histogram;		/* owned text, when value is one */
	enum alert_state state;
	int64_t active_at, fired_at, resolved_at, last_sent, keep_since;
	uint64_t seen;			/* the round that had it last */
	bool dirty;			/* differs from what is saved */
	/* series of ALERTS by state, and ALERTS_FOR_STATE; NULL = not yet */
	const struct labels *series[ALERT_NSTATES], *for_series;
};

/* The text of one label or annotation. */
struct text {
	struct str name, value;
	struct tmpl_set *set;		/* NULL: no template in it */
	bool eager;			/* asks for more than the sample */
};

struct texts {
	struct text *p;
	size_t n;
	bool eager;
};

struct rule_run {
	const struct rule *conf;
	struct group *group;
	const struct pexpr *expr;
	struct str key;			/* of its state */
	struct str template_name;	/* __alert_NAME */
	struct str generator_url;
	struct texts labels, annotations;
	struct map alerts;		/* by the labels' address */
	VEC(struct active *) order;	/* the same, sorted by labels */
	bool unsorted;
	VEC(const struct labels *) outputs;	/* of the last round */
	bool outputs_changed;		/* since they were saved */
};

struct group {
	const struct rule_group *conf;
	struct ruleset *set;
	struct str key;
	int64_t interval, offset;
	int64_t last, next;		/* NO_TIME */
	uint64_t seen;			/* 1 + the samples up to its last round
					   here; 0 = it had none */
	bool dirty;
	struct rule_run *rule;
	size_t n;
};

struct ruleset {
	struct arena arena;
	struct prom_config *prom;	/* NULL without -c */
	struct group *group;
	size_t n;
	const struct labels *external_labels;
	int64_t lookbehind;		/* ms of history that the rules need */
	/* what rules gave that a reload took away, and when to say so */
	VEC(const struct labels *) gone;
	int64_t gone_at;
};

/* ---- the tool ---- */

struct remote;

struct eval {
	struct tool *tool;
	struct options opt;
	struct history history;
	struct remote *remote;		/* NULL without --source */
	struct ruleset *rules;
	struct state *state;		/* NULL without -s */
	struct loop *loop;
	struct alertmanagers *alertmanagers;	/* NULL: posted nowhere */
	struct arena arena;		/* of one line */
	struct arena query;		/* of one rule */
	struct labels_builder builder;
	struct buf scratch;
	char *blamed;			/* file of the last rules error */
	uint64_t round;
	int64_t next;			/* earliest next of all groups */
	/* stamps by labels id: which outputs a rule gave this round */
	VEC(uint64_t) stamp;
	uint64_t stamp_now;
	/* counters */
	uint64_t lines, samples, evaluations, bad_lines, failures, alerts;
	size_t open_inputs;
	uint64_t tidied;		/* the round after which we looked */
	uint64_t late_round;		/* the round after which one was told */
	int64_t told;			/* the last tick that we wrote */
	bool stopping;
	bool unreadable;		/* an input broke off */
};

/* rules.c */
struct ruleset	*ruleset_load(struct eval *ev, struct err *e);
void		 ruleset_free(struct ruleset *s);
int		 rules_reload(struct eval *ev, struct err *e);
void		 rules_warn_none(const struct ruleset *s);
struct rules_languages	rules_languages_of(const struct options *o);

/* group.c */
int	rule_eval(struct eval *ev, struct rule_run *r, int64_t ts,
	    struct err *e);
void	groups_start(struct eval *ev, int64_t ts);
void	groups_pass(struct eval *ev, int64_t ts);	/* all due at <= ts */
void	groups_now(struct eval *ev, int64_t ts);	/* all, at ts */
/* Those that ran here before the last samples came, at ts. */
void	groups_catch_up(struct eval *ev, int64_t ts);
int64_t	groups_next(const struct eval *ev);
void	tell_time(struct eval *ev, int64_t ts);

/* A query's settings by the command line; its clock runs from now on. */
struct promql_ctx	eval_ctx(const struct eval *ev,
			    const struct promql_source *source,
			    struct arena *a);
int	eval_query(struct eval *ev, const struct pexpr *x, int64_t ts,
	    struct arena *a, struct pcols *out, struct err *e);

/* alert.c */
int	alert_rule_eval(struct eval *ev, struct rule_run *r,
	    const struct pcols *v, int64_t ts, struct err *e);
struct active	*alert_add(struct rule_run *r, const struct labels *l);
void	alerts_sort(struct rule_run *r);
void	alerts_clear(struct eval *ev, struct rule_run *r);
void	active_free(struct active *a);
void	alert_outputs(struct eval *ev, struct rule_run *r);

/* record.c */
int	record_rule_eval(struct eval *ev, struct rule_run *r,
	    const struct pcols *v, int64_t ts, struct err *e);
void	outputs_begin(struct eval *ev);
bool	outputs_stamp(struct eval *ev, const struct labels *l);	/* new? */
void	outputs_add(struct eval *ev, struct rule_run *r,
	    const struct labels *l, int64_t ts, double v,
	    const struct hist *h);
void	outputs_end(struct eval *ev, struct rule_run *r, size_t previous,
	    int64_t ts);

/* Stale markers at ts for what no rule gives any more after a reload. */
void	outputs_bury(struct eval *ev, int64_t ts);

/* emit.c */
void	alerts_emit(struct eval *ev, struct rule_run *r, int64_t ts);
void	put_sample(struct eval *ev, const struct labels *l, int64_t ts,
	    double v, const struct hist *h);
struct str	generator_url(const char *external_url, struct str expr,
	    struct arena *a);

/* text.c */
int	texts_compile(struct texts *t, const struct ypairs *p,
	    struct str template_name, struct arena *a, struct err *e);
void	texts_release(struct texts *t);
void	text_render(struct eval *ev, const struct rule_run *r,
	    const struct text *t, const struct active *a, int64_t ts,
	    struct buf *out);
const struct labels	*annotations_render(struct eval *ev,
			    const struct rule_run *r, const struct active *a,
			    int64_t ts);

/* save.c */
int	save_load(struct eval *ev, struct err *e);
int	save_commit(struct eval *ev, struct err *e);
void	save_forget(struct eval *ev, const struct rule_run *r,
	    const struct active *a);

/* rebuild.c: between two lines only, for it moves every label set. */
int	rebuild_when_due(struct eval *ev, struct err *e);

/* input.c */
int	input_run(struct eval *ev, int argc, char **argv);

/* A file or "-" into the history alone, for the verbs. */
int	input_load(struct eval *ev, int argc, char **argv);

/* print.c */
enum print_form { PRINT_TABLE, PRINT_TEXT, PRINT_JSON, PRINT_SAMPLES,
    PRINT_CSV, PRINT_PLOT };
void	print_value(struct buf *out, const struct pcols *v,
	    enum print_form form, enum print_unit unit,
	    const struct pnote *notes);

/* A point of a result: of a row at a step, or of a raw series. */
struct print_point {
	int64_t ts;
	double v;
	const struct hist *h;
};
typedef void print_point_fn(void *arg, const struct print_point *p);

/* The rows of a result, and the points of row i that exist. */
size_t	print_rows(const struct pcols *v);
const struct labels	*print_labels(const struct pcols *v, size_t i);
void	print_points(const struct pcols *v, size_t i, print_point_fn *fn,
	    void *arg);

/* Several points a row: a range query, or a range vector. */
bool	print_is_matrix(const struct pcols *v);

/* All label names of the rows, sorted; memory of a. */
size_t	print_label_names(const struct pcols *v, struct arena *a,
	    const struct sym ***out);

/* table.c: aligned, for people; units as Prometheus' template functions */
int	print_unit_parse(struct str name, enum print_unit *out);
void	print_number(struct buf *out, double v, enum print_unit unit);
void	print_table(struct buf *out, const struct pcols *v,
	    enum print_unit unit);

/* plot.c: a range result; columns of the terminal */
void	print_plot(struct buf *out, const struct pcols *v,
	    enum print_unit unit, unsigned columns, bool color);

/* page.c: exposition text, files or standard input, for a query */
int	page_load(struct eval *ev, int argc, char **argv);

/* the verbs */
int	verb_query(struct tool *t, int argc, char **argv);
int	verb_range(struct tool *t, int argc, char **argv);
int	verb_parse(struct tool *t, int argc, char **argv);
int	verb_check(struct tool *t, int argc, char **argv);
int	verb_history(struct tool *t, int argc, char **argv);
int	verb_test(struct tool *t, int argc, char **argv);

#endif
