/*
 * json/tree: whole documents as jansson trees, for everything irregular.
 */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include <jansson.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

/*
 * A tree owned by the caller (json_decref), NULL with *e set.  Integers are
 * integers, unless one of them is beyond 64 bits: then all are reals.
 */
json_t		*json_tree(struct str text, struct err *e);

/* A string member, STR_NONE when absent or no string; borrowed from o. */
struct str	 json_get_str(const json_t *o, const char *key);

/* Compact text of j appended to out; order of members kept. */
int		 json_put_tree(struct buf *out, const json_t *j);

#endif
