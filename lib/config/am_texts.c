/*
 * Where templates stand in alertmanager.yml.
 */
#include "config/recv.h"

#include "config/am.h"

struct walk {
	am_text_fn *fn;
	void *arg;
};

/* Every scalar in and below n that has an action. */
static void
walk_node(const struct walk *w, const struct ynode *n, bool secret)
{
	const struct ynode *c;

	if (n == NULL)
		return;
	if (n->kind == Y_SCALAR && str_find(n->scalar, STR("{{")) != -1)
		w->fn(w->arg, n, secret);
	for (c = n->child; c != NULL; c = c->next)
		walk_node(w, c, secret);
}

/* Paths, credentials of connections and their settings are no templates. */
static bool
is_text(const struct yfield *row)
{
	return row->decode != config_decode_path &&
	    row->sub != &http_config_fields && row->sub != &tls_config_fields &&
	    !str_starts(str_of(row->key), STR("auth_")) &&
	    strcmp(row->key, "sigv4") != 0;
}

static void
walk_integration(const struct walk *w, const struct integration_config *c)
{
	const struct yfields *f = c->kind->fields;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (is_text(&f->row[i]))
			walk_node(w, ynode_get(c->raw, f->row[i].key),
			    f->row[i].flags & YF_SECRET);
}

static void
walk_route(const struct walk *w, const struct am_route *r)
{
	size_t i;

	walk_node(w, ynode_get(r->node, "labels"), false);
	for (i = 0; i < r->nchildren; i++)
		walk_route(w, &r->child[i]);
}

void
am_config_texts(const struct am_config *c, am_text_fn *fn, void *arg)
{
	struct walk w = { fn, arg };
	size_t i, k;

	walk_route(&w, c->route);
	for (i = 0; i < c->nreceivers; i++) {
		walk_node(&w, ynode_get(c->receiver[i].node, "labels"),
		    false);
		for (k = 0; k < c->receiver[i].n; k++)
			walk_integration(&w,
			    &c->receiver[i].integration[k]);
	}
}
