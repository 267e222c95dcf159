#include "json/write.h"
#include "tmpl/internal.h"

static void
put_text(const struct tval *v, struct jw *w)
{
	struct buf b = { 0 };

	gotime_format(v, STR("2006-01-02T15:04:05.999999999Z07:00"), &b);
	jw_str(w, buf_str(&b));
	buf_release(&b);
}

static void
put_elements(struct tmpl_ctx *c, const struct tval *v, struct jw *w)
{
	bool map = tval_is_map(v);
	struct tval key, value;
	size_t i, n = 0;

	if (!nest_enter(c)) {
		jw_null(w);
		return;
	}
	(void)tval_len(v, &n);
	if (map)
		jw_obj(w);
	else
		jw_arr(w);
	for (i = 0; i < n; i++) {
		tval_at(v, i, c, &key, &value);
		if (map)
			jw_key(w, key.u.s);
		tval_json(c, &value, w);
	}
	if (map)
		jw_obj_end(w);
	else
		jw_arr_end(w);
	nest_leave(c);
}

void
tval_json(struct tmpl_ctx *c, const struct tval *v, struct jw *w)
{
	switch (v->kind) {
	case TV_NIL:
		jw_null(w);
		break;
	case TV_BOOL:
		jw_bool(w, v->u.b);
		break;
	case TV_INT:
	case TV_DURATION:
		jw_int(w, v->u.i);
		break;
	case TV_UINT:
		if (v->u.u <= INT64_MAX)
			jw_int(w, v->u.i);
		else
			jw_num(w, (double)v->u.u);
		break;
	case TV_FLOAT:
		jw_num(w, v->u.f);
		break;
	case TV_STR:
		jw_str(w, v->u.s);
		break;
	case TV_TIME:
		put_text(v, w);
		break;
	case TV_OBJ:
		if (v->u.obj.class->json != NULL) {
			v->u.obj.class->json(v->u.obj.self, c, w);
			break;
		}
		/* FALLTHROUGH */
	case TV_LIST:
	case TV_MAP:
		put_elements(c, v, w);
		break;
	}
}
