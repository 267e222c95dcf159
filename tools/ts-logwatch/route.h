/*
 * route: a URL's path with what changes from request to request taken out:
 * /api/users/4711?x=1 is /api/users/:id.
 */
#ifndef TS_LOGWATCH_ROUTE_H
#define TS_LOGWATCH_ROUTE_H

#include "core/arena.h"
#include "core/str.h"

/*
 * Without scheme, host, query and fragment; segments that are numbers,
 * UUIDs, long hexadecimal or long mixed tokens become ":id".  Borrows from
 * url when nothing changes.
 */
struct str	route_of(struct str url, struct arena *a);

#endif
