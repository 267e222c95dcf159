/*
 * expfmt: the exposition formats of Prometheus (text 0.0.4 and 1.0.0) and
 * OpenMetrics 1.0, as Prometheus 3.14 reads them.  One pass over the bytes,
 * no tree, no allocation for a common line: names and values are slices of
 * the text.
 *
 *	expfmt_init(&x, EXPFMT_TEXT);
 *	expfmt_feed(&x, body, true);
 *	while ((kind = expfmt_next(&x, &e)) > EXPFMT_END)
 *		if (kind == EXPFMT_SAMPLE)
 *			use(x.name, x.label, x.nlabels, x.value, x.ts);
 *	if (kind == EXPFMT_BAD)
 *		say(e.line, e.col, e.msg);
 *	expfmt_release(&x);
 *
 * A text of any size in bounded memory: feed a window with final = false; on
 * EXPFMT_MORE move what expfmt_rest() gives to the front of the buffer, read
 * behind it, feed again.
 */
#ifndef EXPFMT_EXPFMT_H
#define EXPFMT_EXPFMT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"
#include "model/labels.h"

#define EXPFMT_NO_TS	INT64_MIN

/* EXPFMT_PROTOBUF is only recognised, by expfmt_content_type. */
enum expfmt_format { EXPFMT_TEXT, EXPFMT_OPENMETRICS, EXPFMT_PROTOBUF };

enum expfmt_kind {
	EXPFMT_BAD = -1,	/* *e is set; expfmt_skip_line to go on */
	EXPFMT_END,		/* the text is complete */
	EXPFMT_SAMPLE,		/* name, label, value, ts … */
	EXPFMT_TYPE,		/* name, type */
	EXPFMT_HELP,		/* name, text: unescaped */
	EXPFMT_UNIT,		/* name, text */
	EXPFMT_COMMENT,		/* text: the line */
	EXPFMT_MORE		/* the window ends inside an entry */
};

/* Untyped is EXPFMT_UNKNOWN. */
enum expfmt_type {
	EXPFMT_UNKNOWN, EXPFMT_COUNTER, EXPFMT_GAUGE, EXPFMT_HISTOGRAM,
	EXPFMT_GAUGEHISTOGRAM, EXPFMT_SUMMARY, EXPFMT_INFO, EXPFMT_STATESET
};

/* "counter", "gauge" …, "unknown" */
const char	*expfmt_type_text(enum expfmt_type t);

struct expfmt_created;

/* Unescaped; le and quantile normalised where upstream does (1 -> 1.0). */
struct expfmt_label {
	struct str name, value;
};

struct expfmt_exemplar {
	struct expfmt_label *label;
	size_t nlabels;
	double value;
	int64_t ts;		/* ms or EXPFMT_NO_TS */
};

struct expfmt {
	enum expfmt_format format;
	/*
	 * Set after expfmt_init.  OpenMetrics only, and the window must be
	 * the whole text: NAME_created lines of counters, summaries and
	 * histograms are consumed and give start_ts on the others.
	 */
	bool start_times;

	/* The entry at hand; slices hold until the next call. */
	unsigned line;		/* where it starts, from 1 */
	struct str raw;		/* of a sample: name and labels as written */
	struct str name;
	struct expfmt_label *label;	/* without the name, as written */
	size_t nlabels;
	double value;		/* every NaN is num_nan() */
	struct str value_text;	/* as written */
	int64_t ts;		/* ms or EXPFMT_NO_TS */
	int64_t start_ts;	/* ms or EXPFMT_NO_TS */
	bool has_exemplar;
	struct expfmt_exemplar exemplar;
	enum expfmt_type type;
	struct str text;

	/* private */
	struct str window;
	size_t at, entry;	/* reading; where the entry starts */
	unsigned next_line;
	bool final, skipping;
	bool eof;		/* '# EOF' came, or was missed */
	enum expfmt_type in_force;	/* of the last TYPE line */
	struct arena scratch;		/* unescaped bytes of the entry */
	struct expfmt_label *room;
	size_t nroom;
	struct expfmt_created *created;	/* with start_times */
};

void	expfmt_init(struct expfmt *x, enum expfmt_format f);
void	expfmt_release(struct expfmt *x);

/* Read on in this window; it begins where expfmt_rest said. */
void	expfmt_feed(struct expfmt *x, struct str window, bool final);

/* The part of the window that no entry was made of yet. */
struct str	expfmt_rest(const struct expfmt *x);

/*
 * The next entry, in the order of the text.  Not checked, as upstream does
 * not: repeated labels in a line, repeated series, the order of families.
 */
enum expfmt_kind	expfmt_next(struct expfmt *x, struct err *e);

/*
 * A shortcut for who knows the next line.  True when it is nraw bytes, one
 * blank, a word and its newline: *raw and *value are set and nothing was read.
 * Who finds that raw is a series that expfmt_next gave before, and value a
 * number, passes the line; else expfmt_next reads it.
 */
bool	expfmt_peek(const struct expfmt *x, size_t nraw, struct str *raw,
	    struct str *value);
void	expfmt_pass(struct expfmt *x);

/* The type of the last TYPE line: what labels were normalised by. */
enum expfmt_type	expfmt_in_force(const struct expfmt *x);

/* After EXPFMT_BAD: go on behind the newline at or after the error. */
void	expfmt_skip_line(struct expfmt *x);

/*
 * Sort the labels of the sample at hand by name (bytewise).  False when two
 * have the same name.
 */
bool	expfmt_sort(struct expfmt *x);

/*
 * The format of a response by its Content-Type header (empty = none) and the
 * job's fallback_scrape_protocol (empty = none).  0 with *f set and *e either
 * cleared (ERR_NONE) or a warning; -1 with *e: this cannot be read (protobuf,
 * when *f says so).
 */
int	expfmt_content_type(struct str header, struct str fallback,
	    enum expfmt_format *f, struct err *e);

/*
 * Writing the text format 1.0.0.  Each call appends whole lines.  Names that
 * are not legacy are quoted.
 */
void	expfmt_put_help(struct buf *out, struct str name, struct str text);
void	expfmt_put_type(struct buf *out, struct str name, enum expfmt_type t);
void	expfmt_put_sample(struct buf *out, const struct labels *l,
	    double value, int64_t ts);

#endif
