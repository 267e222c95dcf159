#include "table.h"

#include "core/utf8.h"

void
table_init(struct table *t, const char *const *heads, size_t ncolumns,
    size_t rows, struct arena *a)
{
	size_t i;

	t->cell = ARENA_ARRAY(a, (rows + 1) * ncolumns, struct str);
	t->n = 0;
	t->ncolumns = ncolumns;
	for (i = 0; i < ncolumns; i++)
		table_add(t, str_of(heads[i]));
}

void
table_add(struct table *t, struct str cell)
{
	t->cell[t->n++] = cell;
}

static size_t
width_of(const struct table *t, size_t column)
{
	size_t i, w, widest = 0;

	for (i = column; i < t->n; i += t->ncolumns)
		if ((w = utf8_columns(t->cell[i])) > widest)
			widest = w;
	return widest;
}

void
table_put(const struct table *t, struct buf *out)
{
	struct arena a = { 0 };
	size_t *width = ARENA_ARRAY(&a, t->ncolumns, size_t);
	size_t i, k;

	for (k = 0; k < t->ncolumns; k++)
		width[k] = width_of(t, k);
	for (i = 0; i < t->n; i++) {
		k = i % t->ncolumns;
		(void)buf_printf(out, STR_FMT "%*s", STR_ARG(t->cell[i]),
		    (int)(width[k] + 2 - utf8_columns(t->cell[i])), "");
		if (k + 1 == t->ncolumns)
			(void)buf_putc(out, '\n');
	}
	arena_free(&a);
}
