/*
 * expr: conditions on events.
 *	http.response.status_code >= 500 and not url.original =~ '^/health'
 * Fields by dotted names or as [a][b]; strings, numbers, lists; == != < <=
 * > >= =~ !~ in, not in, and, or, not (also && || !), parentheses.  A field
 * that is missing compares false; alone it is true when it is there.
 */
#ifndef TS_LOGWATCH_EXPR_H
#define TS_LOGWATCH_EXPR_H

#include "core/err.h"
#include "event.h"

struct expr;

/* expr_free releases its regexes.  NULL with *e (line 1, col). */
struct expr	*expr_parse(struct str text, struct err *e);
void		 expr_free(struct expr *x);
bool		 expr_true(const struct expr *x, const struct event *ev);

#endif
