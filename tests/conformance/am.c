#include "am.h"

#include "json/tree.h"

const struct labels *
am_labels(struct labels_table *t, const json_t *o)
{
	struct labels_builder b = { 0 };
	const struct labels *l;
	struct str s;
	const char *key;
	const json_t *v;
	void *at;

	labels_build(&b, t, NULL);
	for (at = json_object_iter((json_t *)(uintptr_t)o); at != NULL;
	    at = json_object_iter_next((json_t *)(uintptr_t)o, at)) {
		key = json_object_iter_key(at);
		v = json_object_iter_value(at);
		s = (struct str){ json_string_value(v),
		    json_string_length(v) };
		labels_set(&b, str_of(key), s);
	}
	l = labels_done(&b);
	labels_builder_release(&b);
	return l;
}

struct am_config *
am_config_text(struct str text, struct arena *a, struct err *e)
{
	const struct ynode *root = yaml_load(text, "config", a, e);

	return root ? am_config_decode(root, NULL, a, e) : NULL;
}

struct str
am_json(const json_t *v, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	(void)json_put_tree(&b, v);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}
