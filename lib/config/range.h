/*
 * config/range: thresholds in the syntax of monitoring plugins.
 *	10	alert outside of 0..10		10:	below 10
 *	~:10	above 10			10:20	outside of 10..20
 *	@10:20	inside of 10..20, ends included
 * A percent sign behind a number is allowed and means nothing.  What is not
 * such a text is refused: the reference takes "10:abc" for a range.
 */
#ifndef CONFIG_RANGE_H
#define CONFIG_RANGE_H

#include "core/err.h"
#include "core/str.h"
#include "yaml/fields.h"

struct range {
	bool set;		/* false: never alerts */
	bool inside;
	double low, high;	/* may be infinite */
	struct str text;	/* as written; borrowed */
};

/* 0, or -1 with *e. */
int	range_parse(struct str s, struct range *out, struct err *e);

/* YT_CUSTOM rows: a scalar into a struct range. */
int	range_decode(const struct ynode *n, void *field, struct arena *a,
	    struct err *e);

/* The same of bytes: 10GiB: is 10737418240: */
int	range_bytes_decode(const struct ynode *n, void *field,
	    struct arena *a, struct err *e);

bool	range_alert(const struct range *r, double v);

#endif
