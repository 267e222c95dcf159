/*
 * lint: can who words a part of a line choose the address that a pattern takes
 * from it?  A user name like "x from 192.0.2.1" did that to fail2ban,
 * DenyHosts and others.  Judged by the shape of the pattern; no proof.
 */
#ifndef TS_LOGWATCH_LINT_H
#define TS_LOGWATCH_LINT_H

#include <stdbool.h>

#include "core/str.h"

struct rules;

enum {
	LINT_START = 1 << 0,	/* no ^ before the address: any line's tail */
	LINT_TEXT = 1 << 1	/* free text before it, no $ behind it */
};

/* regex: expanded; field: the group's name, as events have it. */
unsigned	lint_pattern(struct str regex, struct str field);

/*
 * The patterns of all rules whose key is an address.  Warnings of LINT_TEXT;
 * all: errors of it, and warnings of LINT_START.  How many errors.
 */
unsigned	lint_rules(struct rules *r, bool all);

#endif
