/*
 * table: columns as amtool prints them: padded, with two blanks behind every
 * one, the last one too.
 */
#ifndef TS_ROUTE_TABLE_H
#define TS_ROUTE_TABLE_H

#include "core/arena.h"
#include "core/buf.h"

struct table {
	struct str *cell;	/* row by row, the heads first */
	size_t n, ncolumns;
};

/* Room for `rows` rows below the heads, in a. */
void	table_init(struct table *t, const char *const *heads, size_t ncolumns,
	    size_t rows, struct arena *a);
void	table_add(struct table *t, struct str cell);
void	table_put(const struct table *t, struct buf *out);

#endif
