/*
 * jpath: the paths of gatus' conditions into a JSON document:
 * `data.items[0].name`, `[1]`, or nothing for the whole.
 */
#ifndef TS_HEALTH_JPATH_H
#define TS_HEALTH_JPATH_H

#include <jansson.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/str.h"

/*
 * The value at path as text: a string as it is, an object as JSON, an array
 * as Go prints one ([1 2]); *length is that of an array in elements, else in
 * bytes.  False when body is no JSON, or holds nothing there, or null.
 */
bool	jpath_text(struct str path, struct str body, struct buf *out,
	    size_t *length);

/* The value at path in a tree, NULL when there is none; borrowed. */
const json_t	*jpath_find(const json_t *root, struct str path);

#endif
