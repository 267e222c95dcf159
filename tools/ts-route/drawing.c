#include "drawing.h"

/* A node's key is its parent's, a slash, and its own matchers. */
void
drawing_node(const struct am_route *r, struct buf *out)
{
	struct buf up = { 0 }, key = { 0 };

	if (r->parent == NULL) {
		(void)buf_put(out, STR("default-route"));
		return;
	}
	am_route_key(r->parent, &up);
	am_route_key(r, &key);
	(void)buf_put(out, str_sub(buf_str(&key), up.n + 1, key.n));
	buf_release(&up);
	buf_release(&key);
}

static bool
is_hit(const struct am_route *r, const struct routes *hits)
{
	size_t i;

	for (i = 0; i < hits->v.n; i++)
		if (hits->v.p[i] == r)
			return true;
	return false;
}

/* r, or one below it, is drawn. */
static bool
is_drawn(const struct am_route *r, const struct routes *hits)
{
	size_t i;

	if (hits == NULL || is_hit(r, hits))
		return true;
	for (i = 0; i < r->nchildren; i++)
		if (is_drawn(&r->child[i], hits))
			return true;
	return false;
}

static bool
is_last(const struct am_route *r, size_t i, const struct routes *hits)
{
	for (i++; i < r->nchildren; i++)
		if (is_drawn(&r->child[i], hits))
			return false;
	return true;
}

/* indent holds what stands before the branches of r's children. */
static void
draw(const struct am_route *r, const struct routes *hits, struct buf *indent,
    bool last, struct buf *out)
{
	size_t i, n = indent->n;

	(void)buf_put(out, buf_str(indent));
	(void)buf_put(out, last ? STR("└── ") : STR("├── "));
	drawing_node(r, out);
	if (hits == NULL && r->go_on)
		(void)buf_put(out, STR("  continue: true"));
	if (hits == NULL || is_hit(r, hits))
		(void)buf_printf(out, "  receiver: " STR_FMT,
		    STR_ARG(r->receiver));
	(void)buf_putc(out, '\n');
	/* amtool's bytes: two of the blanks do not break */
	(void)buf_put(indent, last ? STR("    ") :
	    STR("│\u00a0\u00a0 "));
	for (i = 0; i < r->nchildren; i++)
		if (is_drawn(&r->child[i], hits))
			draw(&r->child[i], hits, indent, is_last(r, i, hits),
			    out);
	indent->n = n;
}

void
drawing_tree(const struct am_route *root, const struct routes *hits,
    struct buf *out)
{
	struct buf indent = { 0 };

	(void)buf_put(out, STR(".\n"));
	draw(root, hits, &indent, true, out);
	buf_release(&indent);
}
