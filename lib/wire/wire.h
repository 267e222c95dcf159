/*
 * wire: the lines between the tools (ts-lines(5)).  One line is one JSON
 * object; its kind is told by a top-level key.  A kind is one file and one
 * row in wire.c.
 *
 * Reading:
 *	while ((got = io_next_line(in, &line)) != IO_END) {
 *		arena_reset(&a);
 *		if (wire_read(r, line, &a, &rec, &e) == -1) {
 *			e.file = "stdin";
 *			e.line = (unsigned)io_line_number(in);
 *			diag_err(&e);		the line is lost, go on
 *			continue;
 *		}
 *		switch (rec.kind) {
 *		case WIRE_SAMPLE: ...
 *		default: pass rec.line and a newline through
 *
 * Writers append one whole line with its newline.  What they write is
 * canonical: read and written again it is the same bytes.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "model/alert.h"
#include "model/hist.h"
#include "model/notification.h"
#include "model/sample.h"

enum wire_kind {
	WIRE_OTHER,		/* well-formed, of nobody; or an empty line */
	WIRE_SAMPLE,		/* "metric" */
	WIRE_ALERT,		/* "labels" */
	WIRE_NOTIFICATION,	/* "groupKey" */
	WIRE_DELIVERY,		/* "delivery" */
	WIRE_EVENT,		/* "@timestamp" */
	WIRE_CHECK,		/* "check" */
	WIRE_TASK,		/* "task" */
	WIRE_TICK,		/* "_ts":"tick" */
	WIRE_META,		/* "_ts":"meta" */
	WIRE_OTLP		/* "resourceSpans", "…Metrics", "…Logs" */
};

/*
 * A series as the reader's cache knows it: one for each label set, however
 * its lines are spelled.  It lives until the reader is reset or freed; user
 * is the caller's own (say, the series in its history), NULL at first.
 */
struct wire_series {
	const struct labels *labels;	/* in the reader's table */
	void *user;
};

/* n >= 1 values of one series, in the order of the line. */
struct wire_sample {
	struct wire_series *series;
	const int64_t *ts;		/* ms */
	const double *value;		/* null in the line: num_stale() */
	const struct hist *const *hist;	/* NULL, or n: NULL = a float */
	size_t n;
};

/* extra: members we do not know, as written: "k":v,"k2":v2 */
struct wire_alert {
	struct alert alert;		/* label sets in the reader's table */
	struct str extra;
};

struct wire_notification {
	struct notification n;
	struct str extra;
};

struct wire_delivery {
	struct str outcome;	/* sent failed deduplicated superseded */
	int64_t time;		/* ms; 0 = absent */
	struct str receiver, integration, group_key, reason, error;
	uint64_t attempts;
	struct str extra;
};

struct wire_check {
	struct str check;
	struct str status;	/* healthy warning unhealthy, or another */
	double response_time;	/* s; NaN = absent */
	struct str message, error;
	int64_t time;		/* ms; 0 = absent */
	struct str kind, target;
	struct str phases, perfdata;	/* JSON as written; empty = absent */
	struct str extra;
};

struct wire_task {
	struct str task, kind;
	struct str status;	/* ok warning failed skipped, or another */
	int64_t time;		/* ms; 0 = absent */
	double duration;	/* s; NaN = absent */
	struct str message, output;
	int changed;		/* 1, 0; -1 = absent */
	struct str extra;
};

struct wire_event {
	int64_t time;		/* ms; of @timestamp */
};

struct wire_tick {
	int64_t time;		/* ms */
	struct str src;		/* may be empty */
};

struct wire_meta {
	struct str metric, type, help, unit;	/* absent = empty */
};

struct wire_rec {
	enum wire_kind kind;
	struct str line;	/* as given */
	union {
		struct wire_sample sample;
		struct wire_alert alert;
		struct wire_notification notification;
		struct wire_delivery delivery;
		struct wire_check check;
		struct wire_task task;
		struct wire_event event;
		struct wire_tick tick;
		struct wire_meta meta;
	} u;
};

struct wire_reader;

/* Label sets are interned in t, which must outlive the reader. */
struct wire_reader	*wire_reader_new(struct labels_table *t);
void			 wire_reader_free(struct wire_reader *r);

/*
 * Forget all series (and their user pointers) and go on with table t: for
 * owners that rebuild their table when most of it is dead.
 */
void	wire_reader_reset(struct wire_reader *r, struct labels_table *t);

/* Series known; at i: every one of them, 0 <= i < count. */
size_t			 wire_reader_count(const struct wire_reader *r);
struct wire_series	*wire_reader_series(struct wire_reader *r, size_t i);

/* The series of a label set of the reader's table, made when new. */
struct wire_series	*wire_reader_get(struct wire_reader *r,
			    const struct labels *l);

/*
 * One line without its newline.  Everything in *out borrows from line or
 * lives in a, except label sets and series.  -1 with *e: no JSON object,
 * invalid UTF-8, nested deeper than JR_DEPTH_MAX, or a member of its kind
 * with a wrong type or value; e->col tells where, e->line is 1 and file NULL.
 * The reader is as good as before then.
 */
int	wire_read(struct wire_reader *r, struct str line, struct arena *a,
	    struct wire_rec *out, struct err *e);

/* The value's text of a top-level member of a line; false when absent. */
bool	wire_member(struct str line, struct str key, struct str *raw);

/* {"metric":{"__name__":"up","job":"x"},"values":[1],"timestamps":[1]} */
void	wire_put_sample(struct buf *out, const struct labels *l, int64_t ts,
	    double value);
void	wire_put_samples(struct buf *out, const struct labels *l,
	    const int64_t *ts, const double *value, size_t n);

/*
 * The same with native histograms: those of hist that are not NULL go to the
 * member "histograms", the others to "values".  hist NULL: floats only.
 */
void	wire_put_hists(struct buf *out, const struct labels *l,
	    const int64_t *ts, const double *value,
	    const struct hist *const *hist, size_t n);

/*
 * The same line in two pieces, for who keeps the first:
 *	{"metric":{...}		and	,"values":[1],"timestamps":[1]}\n
 */
void	wire_put_metric(struct buf *out, const struct labels *l);
void	wire_put_point(struct buf *out, double value, int64_t ts);

/* What stands behind the value: ],"timestamps":[1]}\n */
void	wire_put_time(struct buf *out, int64_t ts);

/* One value: 1.5, null (stale), "NaN", "Infinity", "-Infinity". */
void	wire_put_value(struct buf *out, double value);

/* extra: as in wire_alert, or STR_NONE.  What is empty or 0 is left out. */
void	wire_put_alert(struct buf *out, const struct alert *al,
	    struct str extra);

/* As Alertmanager's API takes it: without what is ours, no newline. */
void	wire_put_postable(struct buf *out, const struct alert *al);

/*
 * The line: the webhook body, then time, repeatInterval, route and
 * groupInterval.  An alert is resolved when its ends_at is set and not after
 * the notification's time (when that is known).
 */
void	wire_put_notification(struct buf *out, const struct notification *n,
	    struct str extra);

/*
 * Alertmanager's webhook v4 body, exactly, without a newline.  A reason or
 * route labels are written when they are set.
 */
void	wire_put_webhook(struct buf *out, const struct notification *n);

void	wire_put_delivery(struct buf *out, const struct wire_delivery *d);
void	wire_put_check(struct buf *out, const struct wire_check *c);
void	wire_put_task(struct buf *out, const struct wire_task *t);
void	wire_put_tick(struct buf *out, int64_t time, struct str src);
void	wire_put_meta(struct buf *out, const struct wire_meta *m);

/* {"a":"b"}: a label set as a JSON object, in the order of the set. */
struct jw;
void	wire_put_labels(struct jw *w, const struct labels *l);

/*
 * As the Prometheus HTTP API has them: a value, seconds with milliseconds, a
 * histogram, [seconds, histogram].  layout: with what the API leaves out,
 * so that it reads back the same.
 */
void	wire_put_api_number(struct buf *out, double v);
void	wire_put_api_time(struct buf *out, int64_t ms);
void	wire_put_hist(struct jw *w, const struct hist *h, bool layout);
void	wire_put_hist_point(struct jw *w, int64_t ts, const struct hist *h,
	    bool layout);

/* A JSON object of strings, as text, into the reader's table. */
int	wire_get_labels(struct labels_table *t, struct str json,
	    struct arena *a, const struct labels **out, struct err *e);

#endif
