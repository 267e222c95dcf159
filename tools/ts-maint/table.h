/*
 * table: rows of text in columns as wide as they need to be.
 */
#ifndef TS_MAINT_TABLE_H
#define TS_MAINT_TABLE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/vec.h"

#define TABLE_COLUMNS	8

struct table {
	size_t columns;
	VEC(struct str) cells;	/* row after row; borrowed */
};

/* columns cells, the last row. */
void	table_row(struct table *t, const struct str *cells);
void	table_print(const struct table *t, struct buf *out);
void	table_release(struct table *t);

#endif
