/*
 * explain: a stop watch that always runs for one node of the tree.  When a
 * node begins, the one around it stops; when it ends, that goes on.
 */
#include "promql/explain.h"

#include "core/clk.h"
#include "promql/internal.h"

struct watch {
	struct pexplain shown;		/* first: what the caller sees */
	struct pmap index;		/* of x, and of what stands for it */
	size_t room;
	struct pexplain_node *at;	/* the one that runs; NULL */
	double since;
};

static bool
count_nodes(void *arg, const struct pexpr *x)
{
	(void)x;
	++*(size_t *)arg;
	return true;
}

static void
put_index(struct watch *w, const struct pexpr *x, size_t i)
{
	bool fresh;

	*pmap_at(&w->index, x, &fresh) = (uint32_t)i;
}

static void
add_node(struct watch *w, const struct pexpr *x, unsigned depth,
    size_t parent)
{
	const struct pexpr *child;
	size_t i, self = w->shown.n++;

	for (; x->kind == PX_PAREN; x = x->u.paren)
		put_index(w, x, self);
	put_index(w, x, self);
	w->shown.node[self] = (struct pexplain_node){ .x = x, .depth = depth,
	    .parent = parent };
	if (x->kind == PX_MATRIX) {
		put_index(w, x->u.matrix.selector, self);
		return;
	}
	for (i = 0; (child = pexpr_child(x, i)) != NULL; i++)
		add_node(w, child, depth + 1, self);
}

struct pexplain *
promql_explain(const struct pexpr *x, struct arena *a)
{
	struct watch *w = ARENA_NEW(a, struct watch);
	size_t n = 0;

	pexpr_walk(x, count_nodes, &n);
	pmap_init(&w->index, a, n);
	w->shown.node = ARENA_ARRAY(a, n, struct pexplain_node);
	add_node(w, x, 0, 0);
	return &w->shown;
}

/* ---- while it runs ---- */

static struct watch *
watch_of(const struct peval *ev)
{
	return (struct watch *)ev->c->explain;
}

static struct pexplain_node *
node_of(struct watch *w, const struct pexpr *x)
{
	uint32_t *i = pmap_find(&w->index, x);

	return i ? &w->shown.node[*i] : NULL;
}

/* The time up to now is that of the node at hand, which to follows. */
static void
hand_over(struct watch *w, struct pexplain_node *to)
{
	double now = clk_mono_s();

	if (w->at)
		w->at->seconds += now - w->since;
	w->at = to;
	w->since = now;
}

struct pexplain_node *
pexplain_enter_node(struct peval *ev, const struct pexpr *x)
{
	struct watch *w = watch_of(ev);
	struct pexplain_node *around = w->at, *node = node_of(w, x);

	if (node && node != around)
		hand_over(w, node);
	return around;
}

void
pexplain_leave_node(struct peval *ev, struct pexplain_node *around,
    const struct pcols *made)
{
	struct watch *w = watch_of(ev);
	struct pexplain_node *node = w->at;

	if (node == around)
		return;
	hand_over(w, around);
	if (made)
		pexplain_count(made, &node->made);
	/* Counting is nobody's time. */
	w->since = clk_mono_s();
}

void
pexplain_read_source(struct peval *ev, uint64_t series, uint64_t samples)
{
	struct watch *w = watch_of(ev);

	if (!w->at)
		return;
	w->at->read.series += series;
	w->at->read.samples += samples;
}

static void
count_row(const struct prow *r, size_t nsteps, struct pexplain_count *c)
{
	size_t i, n = 0;

	for (i = 0; i < nsteps; i++)
		n += !pv_gone(r->v[i]);
	c->series += n > 0;
	c->samples += n;
}

void
pexplain_count(const struct pcols *v, struct pexplain_count *c)
{
	size_t i;

	for (i = 0; i < v->nrows; i++)
		count_row(&v->row[i], v->nsteps, c);
	c->series += v->nseries;
	for (i = 0; i < v->nseries; i++)
		c->samples += v->series[i].n;
}

/* From the leaves to the root: each node's total, and what it was given. */
void
pexplain_finish(struct peval *ev)
{
	struct pexplain *p = ev->c->explain;
	struct pexplain_node *node, *parent;
	size_t i;

	hand_over(watch_of(ev), NULL);
	for (i = p->n; i > 0; i--) {
		node = &p->node[i - 1];
		parent = &p->node[node->parent];
		node->total_seconds += node->seconds;
		if (parent == node)
			continue;
		parent->total_seconds += node->total_seconds;
		parent->read.series += node->made.series;
		parent->read.samples += node->made.samples;
	}
}

/* ---- the table ---- */

void
promql_explain_print(const struct pexplain *p, struct buf *out)
{
	const struct pexplain_node *node;
	size_t i;

	(void)buf_printf(out, "%23s %22s %22s\n%11s %11s %10s %11s %10s %11s  "
	    "%s\n", "time, ms", "read", "made", "total", "self", "series",
	    "samples", "series", "samples", "expression");
	for (i = 0; i < p->n; i++) {
		node = &p->node[i];
		(void)buf_printf(out, "%11.3f %11.3f %10llu %11llu %10llu "
		    "%11llu  %*s", node->total_seconds * 1000,
		    node->seconds * 1000,
		    (unsigned long long)node->read.series,
		    (unsigned long long)node->read.samples,
		    (unsigned long long)node->made.series,
		    (unsigned long long)node->made.samples,
		    (int)node->depth * 2, "");
		pexpr_print_node(node->x, out);
		(void)buf_putc(out, '\n');
	}
}
