/*
 * line: a sample in the forms that ts-scrape writes.  A line is made of a
 * series part, which may be kept, and a point.
 *	samples		{"metric":{...}		,"values":[1],"timestamps":[1]}
 *	text		name{...}		 1 1
 */
#ifndef TS_SCRAPE_LINE_H
#define TS_SCRAPE_LINE_H

#include "target.h"

enum line_format { LINE_SAMPLES, LINE_TEXT };

/* A timestamp with its digits made once a scrape. */
struct line_time {
	int64_t ms;
	char digits[24];
	size_t n;
};

void	line_time_set(struct line_time *t, int64_t ms);

/*
 * What a cache keeps of a series part, and the series part again.  In the
 * samples format the text common to all is left out, and each label of the
 * target's is one byte.
 */
void	line_expand(struct buf *out, enum line_format f,
	    const struct target *t, struct str kept);
struct str	line_kept(enum line_format f, struct str series);

/*
 * The sample at hand in x (sorted), in the kept form; samples format only.
 * False, with nothing written, when a label stands on both sides: then it
 * takes line_labels.
 */
bool	line_put_plain(struct buf *out, const struct target *t,
	    const struct expfmt *x);

/*
 * The labels of the sample at hand with the target's, conflicts resolved:
 * honor: the exposed one wins; else it moves to exported_<name>.
 */
void	line_labels(struct labels_builder *b, struct labels_table *table,
	    const struct target *t, const struct expfmt *x, bool honor);

/* The series part of a label set. */
void	line_put_series(struct buf *out, enum line_format f,
	    const struct labels *l);

/* The series part of name with the target's labels alone. */
void	line_put_report(struct buf *out, enum line_format f,
	    const struct target *t, struct str name);

/* text when the number printer would write its number just so; else empty. */
struct str	line_canonical(struct str text);

/* The rest of the line.  text: what line_canonical gave for the value. */
void	line_put_point(struct buf *out, enum line_format f, struct str text,
	    double value, const struct line_time *t);

#endif
