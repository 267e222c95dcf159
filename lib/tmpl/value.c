#include "tmpl/internal.h"

const char *
tval_type(const struct tval *v)
{
	static const char *const names[] = {
		[TV_NIL] = "nil", [TV_BOOL] = "bool", [TV_INT] = "int",
		[TV_UINT] = "uint64", [TV_FLOAT] = "float64",
		[TV_STR] = "string", [TV_LIST] = "[]interface {}",
		[TV_MAP] = "map[string]interface {}",
		[TV_OBJ] = "object", [TV_TIME] = "time.Time",
		[TV_DURATION] = "time.Duration",
	};

	if (v->type != NULL)
		return v->type;
	if (v->kind == TV_OBJ)
		return v->u.obj.class->name;
	return names[v->kind];
}

bool
tval_len(const struct tval *v, size_t *n)
{
	switch (v->kind) {
	case TV_STR:
		*n = v->u.s.n;
		return true;
	case TV_LIST:
		*n = v->u.list.n;
		return true;
	case TV_MAP:
		*n = v->u.map.n;
		return true;
	case TV_OBJ:
		if (v->u.obj.class->count == NULL)
			return false;
		*n = v->u.obj.class->count(v->u.obj.self);
		return true;
	default:
		return false;
	}
}

bool
tval_truth(const struct tval *v)
{
	size_t n;

	switch (v->kind) {
	case TV_NIL:
		return false;
	case TV_BOOL:
		return v->u.b;
	case TV_INT:
	case TV_DURATION:
		return v->u.i != 0;
	case TV_UINT:
		return v->u.u != 0;
	case TV_FLOAT:
		return v->u.f != 0;
	default:
		return !tval_len(v, &n) || n > 0;
	}
}

bool
tval_is_map(const struct tval *v)
{
	return v->kind == TV_MAP ||
	    (v->kind == TV_OBJ && v->u.obj.class->is_map);
}

void
tval_at(const struct tval *v, size_t i, struct tmpl_ctx *c,
    struct tval *key, struct tval *value)
{
	*key = tval_int((int64_t)i);
	if (v->kind == TV_LIST) {
		*value = v->u.list.p[i];
	} else if (v->kind == TV_MAP) {
		*key = tval_str(v->u.map.p[i].key);
		*value = v->u.map.p[i].value;
	} else
		v->u.obj.class->at(v->u.obj.self, i, c, key, value);
}

bool
tval_get(const struct tval *v, struct str name, struct tmpl_ctx *c,
    struct tval *out)
{
	size_t i;

	if (v->kind == TV_OBJ)
		return v->u.obj.class->field != NULL &&
		    v->u.obj.class->field(v->u.obj.self, name, c, out);
	if (v->kind != TV_MAP)
		return false;
	for (i = 0; i < v->u.map.n; i++)
		if (str_eq(v->u.map.p[i].key, name)) {
			*out = v->u.map.p[i].value;
			return true;
		}
	return false;
}
