/*
 * The route tree of alertmanager.yml: decoding, inheritance, matchers.
 */
#include "config/internal.h"

#include <stdlib.h>

#include "core/utf8.h"
#include "core/vec.h"

/* One route as it stands in the file. */
struct raw_route {
	struct str receiver;
	struct ystrs group_by, mute, active;
	int64_t wait_ms, interval_ms, repeat_ms;
	struct ypairs match, match_re, labels;
	struct ystrs matchers;
	bool go_on;
	const struct ynode *routes;
};

#define R(member)	offsetof(struct raw_route, member)

static const struct yfield rows[] = {
	YROW("receiver", YT_STR, R(receiver)),
	YROW("group_by", YT_STRLIST, R(group_by)),
	YROW("group_wait", YT_DURATION, R(wait_ms)),
	YROW("group_interval", YT_DURATION, R(interval_ms)),
	YROW("repeat_interval", YT_DURATION, R(repeat_ms)),
	YROW("match", YT_STRMAP, R(match)),
	YROW("match_re", YT_STRMAP, R(match_re)),
	YROW("matchers", YT_STRLIST, R(matchers)),
	YROW("continue", YT_BOOL, R(go_on)),
	YROW("mute_time_intervals", YT_STRLIST, R(mute)),
	YROW("active_time_intervals", YT_STRLIST, R(active)),
	YROW("labels", YT_STRMAP, R(labels)),
	YROW("routes", YT_RAW, R(routes))
};

static const struct yfields fields = {
	.name = "route", .size = sizeof(struct raw_route), .row = rows,
	.n = COUNT(rows), .null_is_zero = true
};

/* ---- matchers ---- */

static int
matcher_cmp(const void *a, const void *b)
{
	const struct matcher *x = a, *y = b;
	int c = str_cmp(x->name, y->name);

	if (c == 0)
		c = str_cmp(x->value, y->value);
	return c ? c : (int)x->op - (int)y->op;
}

/* match: and match_re: are maps of classic names */
static int
add_pairs(const struct am_context *c, const struct ypairs *pairs,
    enum match_op op, struct matchers *out)
{
	struct err why = { 0 }, *e = c->e;
	struct str text;
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		const struct ypair *p = &pairs->p[i];

		if (!label_name_is_legacy(p->key))
			return ynode_err(p->node->key, e, "invalid label name "
			    "\"" STR_FMT "\"", STR_ARG(p->key));
		if (op == MATCH_RE && p->node->kind == Y_NULL)
			return ynode_err(p->node, e, "invalid regexp value "
			    "for \"" STR_FMT "\"", STR_ARG(p->key));
		/* In a group key it stands anchored, as upstream keeps it. */
		text = op == MATCH_RE ? arena_printf(c->a, "^(?:" STR_FMT
		    ")$", STR_ARG(p->value)) : p->value;
		if (matcher_init(&out->p[out->n], op, p->key, text,
		    RE_NODOTALL, &why) == -1)
			return ynode_err(p->node, e, "%s", why.msg);
		out->n++;
	}
	return 0;
}

/* The matchers of one list entry, behind those of out. */
static int
add_matchers(const struct am_context *c, const struct ynode *n,
    struct matchers *out)
{
	struct str warning = STR_NONE;
	struct err why = { 0 };
	struct matchers more, grown;

	if (matchers_parse(n->scalar, c->o.syntax, c->a, &more.p, &more.n,
	    &warning, &why) == -1)
		return ynode_err(n, c->e, "%s", why.msg);
	if (warning.n > 0)
		config_warn(c->w, n, c->a, STR_FMT, STR_ARG(warning));
	grown.p = ARENA_ARRAY(c->a, out->n + more.n, struct matcher);
	grown.n = out->n + more.n;
	if (out->n > 0)
		memcpy(grown.p, out->p, out->n * sizeof(*out->p));
	if (more.n > 0)
		memcpy(grown.p + out->n, more.p, more.n * sizeof(*more.p));
	*out = grown;
	return 0;
}

int
am_matchers_decode(const struct am_context *c, const struct ypairs *match,
    const struct ypairs *match_re, const struct ynode *list,
    struct matchers *out)
{
	const struct ynode *n;

	out->p = ARENA_ARRAY(c->a, match->n + match_re->n, struct matcher);
	out->n = 0;
	if (add_pairs(c, match, MATCH_EQ, out) == -1 ||
	    add_pairs(c, match_re, MATCH_RE, out) == -1)
		return -1;
	for (n = list ? list->child : NULL; n != NULL; n = n->next)
		if (add_matchers(c, n, out) == -1)
			return -1;
	if (out->n > 1)
		qsort(out->p, out->n, sizeof(*out->p), matcher_cmp);
	return 0;
}

bool
am_is_label_name(const struct am_context *c, struct str s)
{
	if (c->o.syntax == MATCHER_CLASSIC)
		return label_name_is_legacy(s);
	return s.n > 0 && utf8_valid(s);
}

/* ---- inheritance ---- */

static bool
is_set(const struct ynode *n, const char *key)
{
	const struct ynode *v = ynode_get(n, key);

	return v != NULL && v->kind != Y_NULL;
}

static int
name_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int
group_by(const struct am_context *c, const struct ynode *n,
    const struct raw_route *raw, struct am_route *r)
{
	const struct ynode *item;
	struct ystrs *by = &r->group_by;
	size_t i;

	if (!is_set(n, "group_by"))
		return 0;
	*by = raw->group_by;
	r->group_by_all = false;
	item = ynode_get(n, "group_by")->child;
	for (i = 0; i < by->n; i++, item = item->next) {
		if (str_eq(by->p[i], STR("...")))
			r->group_by_all = true;
		else if (!am_is_label_name(c, by->p[i]))
			return ynode_err(item, c->e, "invalid label name \""
			    STR_FMT "\" in group_by list", STR_ARG(by->p[i]));
	}
	if (r->group_by_all && by->n > 1)
		return ynode_err(ynode_get(n, "group_by"), c->e, "cannot have "
		    "wildcard group_by (`...`) and other labels at the same "
		    "time");
	if (by->n > 1)
		qsort(by->p, by->n, sizeof(*by->p), name_cmp);
	for (i = 1; i < by->n; i++)
		if (str_eq(by->p[i - 1], by->p[i]))
			return ynode_err(ynode_get(n, "group_by"), c->e,
			    "duplicated label \"" STR_FMT "\" in group_by",
			    STR_ARG(by->p[i]));
	if (r->group_by_all)
		by->n = 0;
	return 0;
}

static int
timers(const struct am_context *c, const struct ynode *n,
    const struct raw_route *raw, struct am_route *r)
{
	if (is_set(n, "group_wait"))
		r->group_wait_ms = raw->wait_ms;
	if (is_set(n, "group_interval"))
		r->group_interval_ms = raw->interval_ms;
	if (is_set(n, "repeat_interval"))
		r->repeat_interval_ms = raw->repeat_ms;
	if (r->group_interval_ms == 0)
		return ynode_err(ynode_get(n, "group_interval"), c->e,
		    "group_interval cannot be zero");
	if (r->repeat_interval_ms == 0)
		return ynode_err(ynode_get(n, "repeat_interval"), c->e,
		    "repeat_interval cannot be zero");
	return 0;
}

/* The parent's labels with the route's own over them. */
static int
labels(const struct am_context *c, const struct raw_route *raw,
    struct am_route *r)
{
	const struct ypairs *own = &raw->labels, up = r->labels;
	size_t i, j;

	for (i = 0; i < own->n; i++)
		if (!am_is_label_name(c, own->p[i].key))
			return ynode_err(own->p[i].node->key, c->e, "invalid "
			    "label name \"" STR_FMT "\" in route labels",
			    STR_ARG(own->p[i].key));
	if (own->n == 0)
		return 0;
	r->labels.p = ARENA_ARRAY(c->a, up.n + own->n, struct ypair);
	r->labels.n = up.n;
	if (up.n > 0)
		memcpy(r->labels.p, up.p, up.n * sizeof(*up.p));
	for (i = 0; i < own->n; i++) {
		for (j = 0; j < r->labels.n; j++)
			if (str_eq(r->labels.p[j].key, own->p[i].key))
				break;
		r->labels.p[j] = own->p[i];
		r->labels.n += j == r->labels.n;
	}
	return 0;
}

/* ---- the tree ---- */

static int
children(const struct am_context *c, const struct ynode *list,
    struct am_route *r, size_t *index)
{
	const struct ynode *n;

	if (list == NULL || list->kind == Y_NULL)
		return 0;
	if (list->kind != Y_SEQ)
		return ynode_err(list, c->e, "'routes' must be a list");
	r->child = ARENA_ARRAY(c->a, list->n, struct am_route);
	for (n = list->child; n != NULL; n = n->next)
		if (am_route_decode(c, n, r, &r->child[r->nchildren++],
		    index) == -1)
			return -1;
	return 0;
}

static void
inherit(const struct am_route *parent, struct am_route *r)
{
	*r = (struct am_route){
		.group_wait_ms = 30 * DUR_SECOND,
		.group_interval_ms = 5 * DUR_MINUTE,
		.repeat_interval_ms = 4 * DUR_HOUR
	};
	if (parent == NULL)
		return;
	r->receiver = parent->receiver;
	r->group_by = parent->group_by;
	r->group_by_all = parent->group_by_all;
	r->group_wait_ms = parent->group_wait_ms;
	r->group_interval_ms = parent->group_interval_ms;
	r->repeat_interval_ms = parent->repeat_interval_ms;
	r->labels = parent->labels;
}

int
am_route_decode(const struct am_context *c, const struct ynode *n,
    struct am_route *parent, struct am_route *r, size_t *index)
{
	struct raw_route raw;

	inherit(parent, r);
	if (yaml_decode(n, &fields, &raw, c->a, c->e) == -1)
		return -1;
	r->node = n;
	r->parent = parent;
	r->index = (*index)++;
	if (raw.receiver.n > 0)
		r->receiver = raw.receiver;
	r->go_on = raw.go_on;
	r->mute_intervals = raw.mute;
	r->active_intervals = raw.active;
	if (am_matchers_decode(c, &raw.match, &raw.match_re,
	    ynode_get(n, "matchers"), &r->matchers) == -1 ||
	    group_by(c, n, &raw, r) == -1 || timers(c, n, &raw, r) == -1 ||
	    labels(c, &raw, r) == -1)
		return -1;
	return children(c, raw.routes, r, index);
}

void
am_route_release(struct am_route *r)
{
	size_t i;

	matchers_release(r->matchers.p, r->matchers.n);
	for (i = 0; i < r->nchildren; i++)
		am_route_release(&r->child[i]);
}

void
am_route_key(const struct am_route *r, struct buf *out)
{
	size_t i;

	if (r->parent != NULL) {
		am_route_key(r->parent, out);
		(void)buf_putc(out, '/');
	}
	(void)buf_putc(out, '{');
	for (i = 0; i < r->matchers.n; i++) {
		if (i > 0)
			(void)buf_putc(out, ',');
		matcher_print(&r->matchers.p[i], out);
	}
	(void)buf_putc(out, '}');
}
