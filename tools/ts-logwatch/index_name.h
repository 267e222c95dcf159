/*
 * index_name: the name of an index from a pattern as Logstash writes it:
 * truststram-%{+YYYY.MM.dd}, %{[service][name]}-%{+xxxx.ww}.  Times are UTC.
 */
#ifndef TS_LOGWATCH_INDEX_NAME_H
#define TS_LOGWATCH_INDEX_NAME_H

#include "core/err.h"
#include "event.h"

struct index_name;

/* NULL with *e.  Lives in the arena. */
struct index_name	*index_name_parse(struct str pattern, struct arena *a,
			    struct err *e);

/*
 * The name for an event.  What a field holds is put into a form that a name
 * may have: lower case, '-' for what is not allowed; "unknown" without the
 * field.
 */
void	index_name_put(const struct index_name *x, const struct event *ev,
	    struct buf *out);

/* With '*' for all that changes. */
void	index_name_put_wildcard(const struct index_name *x, struct buf *out);

#endif
