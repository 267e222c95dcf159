#include "json/tree.h"

#include "json/write.h"

json_t *
json_tree(struct str text, struct err *e)
{
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	const char *p = text.n ? text.p : "";
	json_error_t je;
	json_t *j = json_loadb(p, text.n, flags, &je);

	/* 18446744073709551615, Docker's "no limit": all numbers as reals */
	if (j == NULL && json_error_code(&je) == json_error_numeric_overflow)
		j = json_loadb(p, text.n, flags | JSON_DECODE_INT_AS_REAL,
		    &je);
	if (j == NULL)
		(void)err_at(e, je.line > 0 ? (unsigned)je.line : 1,
		    je.column > 0 ? (unsigned)je.column : 1, "%s", je.text);
	return j;
}

struct str
json_get_str(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return STR_NONE;
	return (struct str){ json_string_value(v), json_string_length(v) };
}

/* jansson bounds the depth of what it parsed (2048). */
static void
put_value(struct jw *w, const json_t *j)
{
	const char *key;
	json_t *v, *o;
	size_t i;

	switch (json_typeof(j)) {
	case JSON_OBJECT:
		/* jansson's iterators take no const, but change nothing */
		o = (json_t *)(uintptr_t)j;
		jw_obj(w);
		json_object_foreach(o, key, v) {
			jw_key(w, str_of(key));
			put_value(w, v);
		}
		jw_obj_end(w);
		break;
	case JSON_ARRAY:
		jw_arr(w);
		json_array_foreach(j, i, v)
			put_value(w, v);
		jw_arr_end(w);
		break;
	case JSON_STRING:
		jw_str(w, (struct str){ json_string_value(j),
		    json_string_length(j) });
		break;
	case JSON_INTEGER:
		jw_int(w, json_integer_value(j));
		break;
	case JSON_REAL:
		jw_num(w, json_real_value(j));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		jw_bool(w, json_is_true(j));
		break;
	case JSON_NULL:
		jw_null(w);
		break;
	}
}

int
json_put_tree(struct buf *out, const json_t *j)
{
	struct jw w = { .out = out };
	size_t before = out->n;

	put_value(&w, j);
	return out->n > before ? 0 : -1;
}
