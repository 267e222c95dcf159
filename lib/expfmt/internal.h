/*
 * What the parsers of the two formats share.  All of them read at x->at; on
 * failure x->at is the offending byte, so a failure at the end of a window
 * that is not the final one means: more.
 */
#ifndef EXPFMT_INTERNAL_H
#define EXPFMT_INTERNAL_H

#include "expfmt/expfmt.h"

/* What may stand inside the braces. */
struct labels_rules {
	bool blanks;		/* anywhere between tokens */
	bool loose_comma;	/* may be missing between two labels */
	bool newline;		/* inside a value */
	bool metric;		/* a quoted name alone is the metric's */
};

/* ERR_SYNTAX at x->at within its line; -1. */
int	expfmt_fail(struct expfmt *x, struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* The byte at x->at; 0 at the end (and for a NUL, which is never right). */
static inline char
peek_byte(const struct expfmt *x)
{
	return x->at < x->window.n ? x->window.p[x->at] : '\0';
}

void	skip_spaces(struct expfmt *x);		/* spaces and tabs */

/* The newline of an entry, or the end of the final window. */
bool	end_of_line(struct expfmt *x);

/* [a-zA-Z_:][a-zA-Z0-9_:]*; empty when there is none. */
struct str	scan_name(struct expfmt *x);

/* A bare or quoted metric name, of a HELP, TYPE or UNIT line. */
int	scan_meta_name(struct expfmt *x, struct err *e);

/*
 * Behind '{': labels are added to x->room from *n on, up to and including
 * the '}'.
 */
int	scan_labels(struct expfmt *x, const struct labels_rules *rules,
	    size_t *n, struct err *e);

/* The bytes up to a blank or newline (or '{') as a float of Go. */
int	scan_value(struct expfmt *x, double *out, struct err *e);

/* The text up to the newline, which is passed. */
int	scan_rest(struct expfmt *x, struct str *out);

/* \\\\ and \\n, and \\" when quotes is set; any other pair stays. */
struct str	unescape(struct expfmt *x, struct str s, bool quotes);

int	scan_help(struct expfmt *x, struct str raw, bool quotes,
	    struct err *e);
int	scan_type(struct expfmt *x, struct str word, bool openmetrics,
	    struct err *e);

/* One entry of each format; EXPFMT_END at the end of the text. */
enum expfmt_kind	text_entry(struct expfmt *x, struct err *e);
enum expfmt_kind	openmetrics_entry(struct expfmt *x, struct err *e);

/* start_times: is this sample a start time?  Which is that of this sample? */
bool	created_is_one(const struct expfmt *x);
void	created_find(struct expfmt *x);
void	created_free(struct expfmt_created *c);

#endif
