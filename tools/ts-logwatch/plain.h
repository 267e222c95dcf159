/*
 * plain: what a log says, for a terminal.  It may hold anything: control
 * bytes and what else is not printable come out as '?', bytes that are not
 * UTF-8 as U+FFFD.
 */
#ifndef TS_LOGWATCH_PLAIN_H
#define TS_LOGWATCH_PLAIN_H

#include "core/buf.h"

/* At most so many columns of s; the columns used. */
size_t	plain_put(struct buf *out, struct str s, size_t columns);

/*
 * What was appended from there on is JSON for a terminal: DEL and the control
 * characters behind it, of which some terminals take commands, become \u….
 */
void	plain_json(struct buf *b, size_t from);

#endif
