/*
 * jpath: walking a document by path.
 */
#include "jpath.h"

#include <stdlib.h>

#include "core/num.h"
#include "core/vec.h"
#include "json/tree.h"

/* What ends a key. */
static size_t
key_length(struct str path)
{
	size_t n;

	for (n = 0; n < path.n && path.p[n] != '.' && path.p[n] != '['; n++)
		continue;
	return n;
}

static const json_t *
step_key(const json_t *at, struct str *path)
{
	size_t n = key_length(*path);
	const json_t *v = json_object_getn(at, path->p, n);

	*path = str_sub(*path, n, path->n);
	return v;
}

/* '[' digits ']' */
static const json_t *
step_index(const json_t *at, struct str *path)
{
	ptrdiff_t end = str_find_char(*path, ']');
	uint64_t i;

	if (end < 0 || !num_parse_u64(str_sub(*path, 1, (size_t)end),
	    INT32_MAX, &i))
		return NULL;
	*path = str_sub(*path, (size_t)end + 1, path->n);
	return json_array_get(at, i);
}

/* path -> { key | index } with a dot in front of every key but the first */
const json_t *
jpath_find(const json_t *root, struct str path)
{
	const json_t *at = root;
	bool first = true;

	while (path.n && at != NULL) {
		if (path.p[0] == '[') {
			at = step_index(at, &path);
		} else {
			if (path.p[0] == '.')
				path = str_sub(path, 1, path.n);
			else if (!first)
				return NULL;
			at = step_key(at, &path);
		}
		first = false;
	}
	return at;
}

static int
cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void	put_go(struct buf *out, const json_t *v);

/* map[a:1 b:2], in order of key */
static void
put_go_object(struct buf *out, const json_t *o)
{
	VEC(const char *) keys = { 0 };
	void *it;
	size_t i;

	for (it = json_object_iter((json_t *)(uintptr_t)o); it != NULL;
	    it = json_object_iter_next((json_t *)(uintptr_t)o, it))
		vec_push(&keys, json_object_iter_key(it));
	if (keys.n)
		qsort(keys.p, keys.n, sizeof(*keys.p), cmp_names);
	(void)buf_put(out, STR("map["));
	for (i = 0; i < keys.n; i++) {
		(void)buf_printf(out, "%s%s:", i ? " " : "", keys.p[i]);
		put_go(out, json_object_get(o, keys.p[i]));
	}
	(void)buf_putc(out, ']');
	vec_release(&keys);
}

/* As Go's %v; numbers without an exponent, so that ids compare as written. */
static void
put_go(struct buf *out, const json_t *v)
{
	size_t i;

	switch (json_typeof(v)) {
	case JSON_STRING:
		(void)buf_put(out, (struct str){ json_string_value(v),
		    json_string_length(v) });
		break;
	case JSON_INTEGER:
		(void)buf_printf(out, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
		break;
	case JSON_REAL:
		num_print(out, json_real_value(v), NUM_GO_F);
		break;
	case JSON_ARRAY:
		(void)buf_putc(out, '[');
		for (i = 0; i < json_array_size(v); i++) {
			if (i)
				(void)buf_putc(out, ' ');
			put_go(out, json_array_get(v, i));
		}
		(void)buf_putc(out, ']');
		break;
	case JSON_OBJECT:
		put_go_object(out, v);
		break;
	case JSON_NULL:
		(void)buf_put(out, STR("<nil>"));
		break;
	default:
		(void)buf_put(out, json_is_true(v) ? STR("true") :
		    STR("false"));
	}
}

bool
jpath_text(struct str path, struct str body, struct buf *out, size_t *length)
{
	struct err e;
	json_t *root = json_tree(body, &e);
	const json_t *v;

	*length = 0;
	if (root == NULL)
		return false;
	v = jpath_find(root, path);
	if (v == NULL || json_is_null(v)) {
		json_decref(root);
		return false;
	}
	if (json_is_object(v))
		(void)json_put_tree(out, v);
	else
		put_go(out, v);
	*length = json_is_array(v) ? json_array_size(v) : out->n;
	json_decref(root);
	return true;
}
