#include "core/mem.h"
#include "tmpl/internal.h"

const char tmpl_type_html[] = "template.HTML";
const char tmpl_type_url[] = "template.URL";

struct tmpl_set *
tmpl_set_new(const struct tmpl_funcs *const *funcs, size_t n, bool html)
{
	struct tmpl_set *s = mem_zalloc(sizeof(*s));
	size_t i;

	s->html = html;
	s->nfuncs = n + 1;
	s->funcs = arena_array(&s->arena, s->nfuncs, sizeof(*s->funcs));
	for (i = 0; i < n; i++)
		s->funcs[i] = funcs[i];
	s->funcs[n] = &tmpl_funcs_go;
	return s;
}

struct tmpl_set *
tmpl_set_derive(const struct tmpl_set *base, bool html)
{
	struct tmpl_set *s = mem_zalloc(sizeof(*s));

	s->base = base;
	s->html = html;
	return s;
}

void
tmpl_set_free(struct tmpl_set *s)
{
	if (s == NULL)
		return;
	map_release(&s->trees);
	arena_free(&s->arena);
	mem_free(s);
}

const struct tmpl_func *
set_func(const struct tmpl_set *s, struct str name)
{
	size_t i, j;

	for (; s != NULL; s = s->base)
		for (i = 0; i < s->nfuncs; i++)
			for (j = 0; j < s->funcs[i]->n; j++)
				if (str_eq(name,
				    str_of(s->funcs[i]->row[j].name)))
					return &s->funcs[i]->row[j];
	return NULL;
}

const struct tree *
set_tree(const struct tmpl_set *s, struct str name)
{
	const struct tree *t;

	for (; s != NULL; s = s->base)
		if ((t = map_get(&s->trees, name)) != NULL)
			return t;
	return NULL;
}

bool
tree_is_empty(const struct tree *t)
{
	const struct node *n;

	for (n = t->root; n != NULL; n = n->next)
		if (n->kind != N_TEXT || str_trim(n->u.text).n > 0)
			return false;
	return true;
}

bool
tmpl_defined(const struct tmpl_set *s, struct str name)
{
	return set_tree(s, name) != NULL;
}

bool
tmpl_is_constant(const struct tmpl_set *s, struct str name, struct str *text)
{
	const struct tree *t = set_tree(s, name);

	if (t == NULL || (t->root != NULL &&
	    (t->root->kind != N_TEXT || t->root->next != NULL)))
		return false;
	*text = t->root == NULL ? STR("") : t->root->u.text;
	return true;
}

static bool
missing_in(const struct tmpl_set *s, const struct node *n,
    struct str *missing)
{
	for (; n != NULL; n = n->next) {
		if (n->kind == N_TEMPLATE &&
		    !tmpl_defined(s, n->u.call.name)) {
			*missing = n->u.call.name;
			return true;
		}
		if ((n->kind == N_IF || n->kind == N_WITH ||
		    n->kind == N_RANGE) &&
		    (missing_in(s, n->u.ctl.list, missing) ||
		    missing_in(s, n->u.ctl.else_list, missing)))
			return true;
	}
	return false;
}

bool
tmpl_missing(const struct tmpl_set *s, struct str name, struct str *missing)
{
	const struct tree *t = set_tree(s, name);

	return t != NULL && missing_in(s, t->root, missing);
}
