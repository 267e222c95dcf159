/*
 * A tree of YAML whose strings are templates, as JSON.  A rendered text that
 * reads as something else than a string in YAML becomes that.
 */
#include "integration.h"

#include "core/num.h"

/* Plain text that YAML takes for a number, a bool or null. */
static bool
put_scalar(const struct ynode *n, struct jw *w)
{
	double v;
	bool b;

	if (n->kind == Y_NULL) {
		jw_null(w);
		return true;
	}
	if (n->kind != Y_SCALAR || n->style != YS_PLAIN)
		return false;
	if (num_parse_double(n->scalar, &v)) {
		jw_num(w, v);
		return true;
	}
	if (str_eq(n->scalar, STR("true")) || str_eq(n->scalar,
	    STR("false"))) {
		(void)ynode_bool(n, &b);
		jw_bool(w, b);
		return true;
	}
	return false;
}

static void
put_tree(const struct ynode *n, struct jw *w)
{
	const struct ynode *c;

	if (n->kind == Y_SEQ || n->kind == Y_MAP) {
		if (n->kind == Y_MAP)
			jw_obj(w);
		else
			jw_arr(w);
		for (c = n->child; c != NULL; c = c->next) {
			if (n->kind == Y_MAP)
				jw_key(w, c->key->scalar);
			put_tree(c, w);
		}
		if (n->kind == Y_MAP)
			jw_obj_end(w);
		else
			jw_arr_end(w);
	} else if (!put_scalar(n, w))
		jw_str(w, n->scalar);
}

void
put_retyped(struct attempt *a, struct str s, struct jw *w)
{
	const struct ynode *n = NULL;
	struct err e;

	if (s.n > 0)
		n = yaml_load(s, "payload", &a->arena, &e);
	/* A text with a colon in it is a mapping to YAML, but was none. */
	if (n == NULL || (n->kind == Y_MAP && s.p[0] != '{') ||
	    (n->kind == Y_SEQ && s.p[0] != '[') || n->kind == Y_NULL)
		jw_str(w, s);
	else if (n->kind == Y_SCALAR && !put_scalar(n, w))
		jw_str(w, s);
	else if (n->kind != Y_SCALAR)
		put_tree(n, w);
}

/* Keys are templates too, and sorted as Go sorts those of a map. */
static void
put_mapping(struct attempt *a, const struct ynode *n, struct jw *w)
{
	struct { struct str key; const struct ynode *value; } *m;
	const struct ynode *c;
	size_t i = 0, k;

	m = arena_array(&a->arena, n->n, sizeof(*m));
	for (c = n->child; c != NULL; c = c->next) {
		struct str key = text(a, c->key->scalar);

		for (k = i++; k > 0 && str_cmp(m[k - 1].key, key) > 0; k--)
			m[k] = m[k - 1];
		m[k].key = key;
		m[k].value = c;
	}
	jw_obj(w);
	for (k = 0; k < i; k++) {
		jw_key(w, m[k].key);
		put_payload(a, m[k].value, w);
	}
	jw_obj_end(w);
}

void
put_payload(struct attempt *a, const struct ynode *n, struct jw *w)
{
	const struct ynode *c;

	switch (n->kind) {
	case Y_MAP:
		put_mapping(a, n, w);
		break;
	case Y_SEQ:
		jw_arr(w);
		for (c = n->child; c != NULL; c = c->next)
			put_payload(a, c, w);
		jw_arr_end(w);
		break;
	case Y_NULL:
		jw_null(w);
		break;
	case Y_SCALAR:
		if (str_find(n->scalar, STR("{{")) != -1)
			put_retyped(a, text(a, n->scalar), w);
		else if (!put_scalar(n, w))
			jw_str(w, n->scalar);
		break;
	}
}
