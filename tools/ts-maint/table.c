#include "table.h"

#include "core/utf8.h"

void
table_row(struct table *t, const struct str *cells)
{
	size_t i;

	for (i = 0; i < t->columns; i++)
		vec_push(&t->cells, cells[i].n ? cells[i] : STR("-"));
}

static void
put_cell(struct buf *out, struct str s, size_t width)
{
	size_t at = 0, w = utf8_columns(s);
	uint32_t c;

	while (at < s.n) {
		c = utf8_next(s, &at);
		(void)utf8_put(out, c < ' ' || (c >= 0x7f && c < 0xa0) ? ' ' :
		    c);
	}
	for (; w < width; w++)
		(void)buf_putc(out, ' ');
}

void
table_print(const struct table *t, struct buf *out)
{
	size_t width[TABLE_COLUMNS] = { 0 }, i, w;

	for (i = 0; i < t->cells.n; i++)
		if ((w = utf8_columns(t->cells.p[i])) >
		    width[i % t->columns])
			width[i % t->columns] = w;
	for (i = 0; i < t->cells.n; i++) {
		bool last = i % t->columns == t->columns - 1;

		put_cell(out, t->cells.p[i], last ? 0 :
		    width[i % t->columns] + 2);
		if (last)
			(void)buf_putc(out, '\n');
	}
}

void
table_release(struct table *t)
{
	vec_release(&t->cells);
}
