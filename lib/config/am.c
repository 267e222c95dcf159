#include "config/internal.h"

/* ---- inhibit rules ---- */

struct raw_inhibit {
	struct str name;
	struct ypairs source_match, source_match_re, target_match,
	    target_match_re;
	struct ystrs source_matchers, target_matchers, equal;
};

#define I(member)	offsetof(struct raw_inhibit, member)

static const struct yfield inhibit_rows[] = {
	YROW("name", YT_STR, I(name)),
	YROW("source_match", YT_STRMAP, I(source_match)),
	YROW("source_match_re", YT_STRMAP, I(source_match_re)),
	YROW("source_matchers", YT_STRLIST, I(source_matchers)),
	YROW("target_match", YT_STRMAP, I(target_match)),
	YROW("target_match_re", YT_STRMAP, I(target_match_re)),
	YROW("target_matchers", YT_STRLIST, I(target_matchers)),
	YROW("equal", YT_STRLIST, I(equal))
};

static const struct yfields inhibit_fields = {
	.name = "inhibit_rule", .size = sizeof(struct raw_inhibit),
	.row = inhibit_rows, .n = COUNT(inhibit_rows), .null_is_zero = true
};

static int
inhibit_rule(const struct am_context *c, const struct ynode *n,
    struct am_inhibit_rule *out)
{
	struct raw_inhibit raw;
	size_t i;

	if (yaml_decode(n, &inhibit_fields, &raw, c->a, c->e) == -1)
		return -1;
	out->node = n;
	out->name = raw.name;
	out->equal = raw.equal;
	for (i = 0; i < raw.equal.n; i++)
		if (!am_is_label_name(c, raw.equal.p[i]))
			return ynode_err(ynode_get(n, "equal"), c->e, "\""
			    STR_FMT "\" is not a valid label name",
			    STR_ARG(raw.equal.p[i]));
	if (am_matchers_decode(c, &raw.source_match, &raw.source_match_re,
	    ynode_get(n, "source_matchers"), &out->source) == -1)
		return -1;
	return am_matchers_decode(c, &raw.target_match, &raw.target_match_re,
	    ynode_get(n, "target_matchers"), &out->target);
}

static int
inhibit_rules(const struct am_context *c, const struct ynode *root,
    struct am_config *am)
{
	const struct ynode *n;
	size_t count;

	if (config_list(root, "inhibit_rules", &n, &count, c->e) == -1)
		return -1;
	am->inhibit = ARENA_ARRAY(c->a, count, struct am_inhibit_rule);
	for (; n != NULL; n = n->next)
		if (inhibit_rule(c, n, &am->inhibit[am->ninhibit++]) == -1)
			return -1;
	return 0;
}

/* ---- time intervals ---- */

struct raw_interval { struct str name; const struct ynode *list; };

static const struct yfield interval_rows[] = {
	YROW("name", YT_STR, offsetof(struct raw_interval, name)),
	YROW("time_intervals", YT_RAW, offsetof(struct raw_interval, list))
};

static const struct yfields interval_fields = {
	.name = "time interval", .size = sizeof(struct raw_interval),
	.row = interval_rows, .n = COUNT(interval_rows)
};

static int
interval(const struct am_context *c, const struct ynode *n,
    struct am_config *am)
{
	struct am_interval *out = &am->interval[am->nintervals];
	struct raw_interval raw;

	if (yaml_decode(n, &interval_fields, &raw, c->a, c->e) == -1)
		return -1;
	if (raw.name.n == 0)
		return ynode_err(n, c->e, "missing name in time interval");
	if (am_config_interval(am, raw.name) != NULL)
		return ynode_err(n, c->e, "time interval \"" STR_FMT
		    "\" is not unique", STR_ARG(raw.name));
	out->node = n;
	out->name = raw.name;
	am->nintervals++;
	return time_intervals_decode(raw.list, &out->intervals, c->a, c->e);
}

/* Both lists share their names; the first is the deprecated one. */
static int
intervals(const struct am_context *c, const struct ynode *root,
    struct am_config *am)
{
	const struct ynode *mute, *n;
	size_t nmute, count;

	if (config_list(root, "mute_time_intervals", &mute, &nmute,
	    c->e) == -1 ||
	    config_list(root, "time_intervals", &n, &count, c->e) == -1)
		return -1;
	am->interval = ARENA_ARRAY(c->a, nmute + count, struct am_interval);
	for (; mute != NULL; mute = mute->next)
		if (interval(c, mute, am) == -1)
			return -1;
	for (; n != NULL; n = n->next)
		if (interval(c, n, am) == -1)
			return -1;
	return 0;
}

/* ---- receivers ---- */

static int
receivers(const struct am_context *c, const struct ynode *root,
    struct am_config *am)
{
	struct am_receiver *r;
	const struct ynode *n;
	size_t count;

	if (config_list(root, "receivers", &n, &count, c->e) == -1)
		return -1;
	am->receiver = ARENA_ARRAY(c->a, count, struct am_receiver);
	for (; n != NULL; n = n->next) {
		r = &am->receiver[am->nreceivers];
		if (am_receiver_decode(n, &am->global, c->o.strict, r, c->w,
		    c->a, c->e) == -1)
			return -1;
		if (am_config_receiver(am, r->name) != NULL)
			return ynode_err(n, c->e, "notification config name "
			    "\"" STR_FMT "\" is not unique",
			    STR_ARG(r->name));
		am->nreceivers++;
	}
	return 0;
}

/* ---- the route tree ---- */

static int
check_names(const struct am_context *c, const struct am_config *am,
    const struct am_route *r)
{
	const struct ystrs *lists[] = {
		&r->mute_intervals, &r->active_intervals
	};
	size_t i, j;

	if (am_config_receiver(am, r->receiver) == NULL)
		return ynode_err(r->node, c->e, "undefined receiver \""
		    STR_FMT "\" used in route", STR_ARG(r->receiver));
	for (i = 0; i < 2; i++)
		for (j = 0; j < lists[i]->n; j++)
			if (am_config_interval(am, lists[i]->p[j]) == NULL)
				return ynode_err(r->node, c->e, "undefined "
				    "time interval \"" STR_FMT
				    "\" used in route",
				    STR_ARG(lists[i]->p[j]));
	for (i = 0; i < r->nchildren; i++)
		if (check_names(c, am, &r->child[i]) == -1)
			return -1;
	return 0;
}

static int
check_root(const struct am_context *c, const struct am_route *r)
{
	const char *wrong = NULL;

	if (r->receiver.n == 0)
		wrong = "root route must specify a default receiver";
	else if (r->matchers.n > 0)
		wrong = "root route must not have any matchers";
	else if (r->mute_intervals.n > 0)
		wrong = "root route must not have any mute time intervals";
	else if (r->active_intervals.n > 0)
		wrong = "root route must not have any active time intervals";
	else if (r->go_on)
		wrong = "cannot have continue in root route";
	return wrong == NULL ? 0 : ynode_err(r->node, c->e, "%s", wrong);
}

static int
route(const struct am_context *c, const struct ynode *root,
    struct am_config *am)
{
	const struct ynode *n = ynode_get(root, "route");

	if (n == NULL || n->kind == Y_NULL)
		return ynode_err(root, c->e, "no route provided in config");
	am->route = ARENA_NEW(c->a, struct am_route);
	if (am_route_decode(c, n, NULL, am->route, &am->nroutes) == -1)
		return -1;
	return check_root(c, am->route);
}

/* ---- the file ---- */

static int
templates(const struct am_context *c, const struct ynode *root,
    struct am_config *am)
{
	const struct ynode *n;
	size_t count;

	if (config_list(root, "templates", &n, &count, c->e) == -1)
		return -1;
	am->templates.p = ARENA_ARRAY(c->a, count, struct str);
	for (; n != NULL; n = n->next)
		if (config_decode_path(n, &am->templates.p[am->templates.n++],
		    c->a, c->e) == -1)
			return -1;
	return 0;
}

static const struct yfield top_rows[] = {
#define TOP(name)	YROW(name, YT_RAW, 0)
	TOP("global"), TOP("route"), TOP("receivers"), TOP("inhibit_rules"),
	TOP("templates"), TOP("time_intervals"), TOP("mute_time_intervals"),
	TOP("tracing"), TOP("event_recorder")
#undef TOP
};

static const struct yfields top_fields = {
	.name = "alertmanager.yml", .size = sizeof(struct ynode *),
	.row = top_rows, .n = COUNT(top_rows)
};

/* alertmanager.config of a Helm values file, here or one level down. */
static const struct ynode *
helm_config(const struct ynode *root)
{
	const struct ynode *n, *config;

	if (ynode_get(root, "route") != NULL)
		return NULL;
	config = ynode_get(ynode_get(root, "alertmanager"), "config");
	for (n = root->child; config == NULL && n != NULL; n = n->next)
		config = ynode_get(ynode_get(n, "alertmanager"), "config");
	return config != NULL && config->kind == Y_MAP ? config : NULL;
}

static int
decode(const struct am_context *c, const struct ynode *root,
    struct am_config *am)
{
	const struct ynode *unused, *global;

	if (yaml_decode(root, &top_fields, &unused, c->a, c->e) == -1)
		return -1;
	global = ynode_get(root, "global");
	if (am_global_decode(global, &am->global, c->a, c->e) == -1 ||
	    (global != NULL && recv_warn(global, am_global_fields(),
	    c->o.strict, c->w, c->a, c->e) == -1) ||
	    receivers(c, root, am) == -1 || intervals(c, root, am) == -1 ||
	    route(c, root, am) == -1 ||
	    check_names(c, am, am->route) == -1 ||
	    inhibit_rules(c, root, am) == -1)
		return -1;
	return templates(c, root, am);
}

struct am_config *
am_config_decode(const struct ynode *root, const struct am_options *o,
    struct arena *a, struct err *e)
{
	struct am_config *am = ARENA_NEW(a, struct am_config);
	struct am_context c = { .w = &am->warnings, .a = a, .e = e };
	const struct ynode *inner = helm_config(root);

	if (o != NULL)
		c.o = *o;
	am->file = root->doc->file;
	if (inner != NULL && !c.o.strict) {
		config_warn(c.w, inner->key, a, "this is a Helm values file; "
		    "alertmanager.config is read, the rest is passed over");
		root = inner;
	}
	if (decode(&c, root, am) == 0)
		return am;
	am_config_release(am);
	return NULL;
}

struct am_config *
am_config_load(const char *path, const struct am_options *o,
    struct arena *a, struct err *e)
{
	const struct ynode *root = yaml_load_file(path, a, e);

	return root == NULL ? NULL : am_config_decode(root, o, a, e);
}

void
am_config_release(struct am_config *am)
{
	size_t i;

	if (am == NULL)
		return;
	if (am->route != NULL)
		am_route_release(am->route);
	for (i = 0; i < am->ninhibit; i++) {
		matchers_release(am->inhibit[i].source.p,
		    am->inhibit[i].source.n);
		matchers_release(am->inhibit[i].target.p,
		    am->inhibit[i].target.n);
	}
}

const struct am_receiver *
am_config_receiver(const struct am_config *am, struct str name)
{
	size_t i;

	for (i = 0; i < am->nreceivers; i++)
		if (str_eq(am->receiver[i].name, name))
			return &am->receiver[i];
	return NULL;
}

const struct am_interval *
am_config_interval(const struct am_config *am, struct str name)
{
	size_t i;

	for (i = 0; i < am->nintervals; i++)
		if (str_eq(am->interval[i].name, name))
			return &am->interval[i];
	return NULL;
}
