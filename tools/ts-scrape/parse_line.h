/*
 * parse_line: a parsed exposition sample as a wire line, without interning
 * anything: the slices of the text are written as they are.
 */
#ifndef TS_SCRAPE_PARSE_LINE_H
#define TS_SCRAPE_PARSE_LINE_H

#include "core/vec.h"
#include "expfmt/expfmt.h"
#include "line.h"

/* Labels that every sample gets beside its own, sorted by name. */
struct parse_labels {
	VEC(struct expfmt_label) own;	/* what is added; borrowed strings */
	VEC(struct expfmt_label) all;	/* of the sample at hand */
	struct arena arena;		/* names made for it */
	struct line_time time;		/* of the sample before */
};

/* Add or replace one; empty values delete. */
void	parse_labels_set(struct parse_labels *l, struct str name,
	    struct str value);
void	parse_labels_release(struct parse_labels *l);

/*
 * The sample at hand of x, sorted by this call, with l's labels; an exposed
 * label of such a name moves to exported_NAME.  ts is used when the text
 * has no timestamp.  -1 with *e when a label is repeated.
 */
int	parse_line_put(struct buf *out, struct expfmt *x,
	    struct parse_labels *l, int64_t ts, struct err *e);

#endif
