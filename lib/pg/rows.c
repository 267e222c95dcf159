/*
 * rows: results as numbers and as JSON.
 */
#include <math.h>

#include "core/num.h"
#include "core/utf8.h"
#include "pg/pg.h"
#include "pg/text.h"

#define TEXT_SHOWN	100	/* characters of a text */

double
pg_number(const PGresult *res, int row, int col)
{
	double v;

	if (res == NULL || PQntuples(res) <= row || PQnfields(res) <= col ||
	    PQgetisnull(res, row, col) ||
	    !num_parse_double(str_of(PQgetvalue(res, row, col)), &v))
		return NAN;
	return v;
}

enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2, OID_INT4 = 23, OID_OID = 26,
	OID_FLOAT4 = 700, OID_FLOAT8, OID_NUMERIC = 1700 };

static bool
is_number(Oid type)
{
	return type == OID_INT8 || type == OID_INT2 || type == OID_INT4 ||
	    type == OID_OID || type == OID_FLOAT4 || type == OID_FLOAT8 ||
	    type == OID_NUMERIC;
}

static void
put_text(struct jw *w, struct str text)
{
	struct buf b = { 0 };

	pg_redact(text, &b);
	if (utf8_count(buf_str(&b)) > TEXT_SHOWN) {
		b.n = utf8_prefix(buf_str(&b), TEXT_SHOWN).n;
		(void)buf_put(&b, STR("..."));
	}
	jw_str(w, buf_str(&b));
	buf_release(&b);
}

static void
put_cell(struct jw *w, const PGresult *res, int row, int col)
{
	const char *text = PQgetvalue(res, row, col);
	double v;

	if (PQgetisnull(res, row, col))
		jw_null(w);
	else if (PQftype(res, col) == OID_BOOL)
		jw_bool(w, *text == 't');
	else if (is_number(PQftype(res, col)) &&
	    num_parse_double(str_of(text), &v))
		jw_num(w, v);
	else
		put_text(w, str_of(text));
}

void
pg_put_row(struct jw *w, const PGresult *res, int row)
{
	int col;

	jw_obj(w);
	for (col = 0; col < PQnfields(res); col++) {
		jw_key(w, str_of(PQfname(res, col)));
		put_cell(w, res, row, col);
	}
	jw_obj_end(w);
}

void
pg_put_rows(struct jw *w, const PGresult *res, int max)
{
	int row;

	jw_arr(w);
	for (row = 0; row < PQntuples(res) && row < max; row++)
		pg_put_row(w, res, row);
	jw_arr_end(w);
}
