#include "tree.h"

#include <stdlib.h>

bool
tree_match(const struct am_route *node, const struct labels *l,
    struct routes *out)
{
	size_t i, before = out->v.n;

	if (!matchers_ok(node->matchers.p, node->matchers.n, l))
		return false;
	for (i = 0; i < node->nchildren; i++)
		if (tree_match(&node->child[i], l, out) &&
		    !node->child[i].go_on)
			break;
	if (out->v.n == before)
		vec_push(&out->v, node);
	return true;
}

void
tree_path(const struct am_route *r, struct buf *out)
{
	if (r->parent == NULL) {
		(void)buf_putc(out, '/');
		return;
	}
	tree_path(r->parent, out);
	(void)buf_printf(out, "%s%zu", r->parent->parent ? "/" : "",
	    (size_t)(r - r->parent->child) + 1);
}

const struct labels *
tree_group_labels(const struct am_route *r, const struct labels *l,
    bool old_lists, struct labels_table *t, struct labels_builder *b)
{
	uint32_t i;
	size_t k;

	while (old_lists && r->group_by.n == 0 && !r->group_by_all &&
	    r->parent != NULL)
		r = r->parent;
	if (r->group_by_all)
		return l;
	labels_build(b, t, NULL);
	for (i = 0; i < l->n; i++)
		for (k = 0; k < r->group_by.n; k++)
			if (str_eq(l->v[i].name->s, r->group_by.p[k]))
				labels_set_sym(b, l->v[i].name, l->v[i].value);
	return labels_done(b);
}

static int
cmp_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void
put_old_labels(const struct labels *l, struct buf *out)
{
	struct arena a = { 0 };
	struct str *text = ARENA_ARRAY(&a, l->n + 1, struct str);
	struct buf one = { 0 };
	uint32_t i;

	for (i = 0; i < l->n; i++) {
		buf_reset(&one);
		(void)buf_put(&one, l->v[i].name->s);
		(void)buf_putc(&one, '=');
		go_quote(&one, l->v[i].value->s);
		text[i] = arena_str(&a, buf_str(&one));
	}
	qsort(text, l->n, sizeof(*text), cmp_text);
	(void)buf_putc(out, '{');
	for (i = 0; i < l->n; i++)
		(void)buf_printf(out, "%s" STR_FMT, i ? ", " : "",
		    STR_ARG(text[i]));
	(void)buf_putc(out, '}');
	buf_release(&one);
	arena_free(&a);
}

void
tree_group_key(const struct am_route *r, const struct labels *l,
    bool old_order, struct buf *out)
{
	am_route_key(r, out);
	(void)buf_putc(out, ':');
	if (old_order)
		put_old_labels(l, out);
	else
		labels_print_bare(l, out);
}
