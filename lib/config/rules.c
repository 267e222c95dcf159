#include "config/rules.h"

#include <stdio.h>

#include "core/utf8.h"
#include "core/vec.h"

/* A rule as it stands in the file. */
struct raw_rule {
	struct str record, alert, expr;
	int64_t for_ms, keep_firing_for_ms;
	struct ypairs labels, annotations;
};

struct raw_group {
	struct str name;
	int64_t interval_ms, query_offset_ms, limit;
	struct ypairs labels;
	const struct ynode *rules;
};

struct raw_file {
	const struct ynode *groups;
};

#define COUNT(rows)	(sizeof(rows) / sizeof(rows[0]))
#define R(member)	offsetof(struct raw_rule, member)
#define G(member)	offsetof(struct raw_group, member)

static const struct yfield rule_rows[] = {
	YROW("record", YT_STR, R(record)),
	YROW("alert", YT_STR, R(alert)),
	YROW("expr", YT_STR, R(expr)),
	YROW("for", YT_DURATION, R(for_ms)),
	YROW("keep_firing_for", YT_DURATION, R(keep_firing_for_ms)),
	YROW("labels", YT_STRMAP, R(labels)),
	YROW("annotations", YT_STRMAP, R(annotations))
};

static const struct yfields rule_fields = {
	.name = "rule", .size = sizeof(struct raw_rule), .row = rule_rows,
	.n = COUNT(rule_rows)
};

static const struct yfield group_rows[] = {
	YROW("name", YT_STR, G(name)),
	YROW("interval", YT_DURATION, G(interval_ms)),
	YROW("query_offset", YT_DURATION, G(query_offset_ms)),
	YROW("limit", YT_INT, G(limit)),
	YROW("labels", YT_STRMAP, G(labels)),
	YROW("rules", YT_RAW, G(rules), .sub = &rule_fields)
};

static const struct yfields group_fields = {
	.name = "rule_group", .size = sizeof(struct raw_group),
	.row = group_rows, .n = COUNT(group_rows)
};

static const struct yfield file_rows[] = {
	YROW("groups", YT_RAW, offsetof(struct raw_file, groups),
	    .sub = &group_fields)
};

static const struct yfields file_fields = {
	.name = "rule file", .size = sizeof(struct raw_file),
	.row = file_rows, .n = COUNT(file_rows)
};

/* Where we are, for messages: group "g", rule 1, "name": text */
struct context {
	const struct rule_group *group;
	size_t number;		/* of the rule, from 1 */
	struct str name;
	unsigned flags;
	struct arena *a;
	struct err *e;
};

static int
bad(const struct context *c, const struct ynode *n, const char *text,
    struct str what)
{
	return ynode_err(n, c->e, "group \"" STR_FMT "\", rule %zu, \""
	    STR_FMT "\": %s" STR_FMT, STR_ARG(c->group->name), c->number,
	    STR_ARG(c->name), text, STR_ARG(what));
}

static bool
is_label_name(struct str s, unsigned flags)
{
	if (flags & RULES_LEGACY_NAMES)
		return label_name_is_legacy(s);
	return s.n > 0 && utf8_valid(s);
}

static int
check_labels(const struct context *c, const struct ypairs *labels,
    bool annotations)
{
	size_t i;

	for (i = 0; i < labels->n; i++) {
		const struct ypair *p = &labels->p[i];

		if (!is_label_name(p->key, c->flags) || (!annotations &&
		    str_eq(p->key, STR("__name__"))))
			return bad(c, p->node->key, annotations ?
			    "invalid annotation name: " :
			    "invalid label name: ", p->key);
		if (!annotations && !utf8_valid(p->value))
			return bad(c, p->node, "invalid label value: ",
			    p->value);
	}
	return 0;
}

static int
check_record(const struct context *c, const struct ynode *n,
    const struct raw_rule *r)
{
	static const char *const alert_only[] = {
		"annotations", "for", "keep_firing_for"
	};
	const bool set[] = { r->annotations.n > 0, r->for_ms != 0,
	    r->keep_firing_for_ms != 0 };
	const struct ynode *name = ynode_get(n, "record");
	size_t i;

	for (i = 0; i < 3; i++)
		if (set[i])
			return bad(c, ynode_get(n, alert_only[i])->key,
			    arena_cstr(c->a, arena_printf(c->a,
			    "invalid field '%s' in recording rule",
			    alert_only[i])), STR_NONE);
	if (str_find_char(r->record, '{') != -1 ||
	    str_find_char(r->record, '}') != -1)
		return bad(c, name, "braces present in the recording rule "
		    "name; should it be in expr?: ", r->record);
	if (!utf8_valid(r->record) || ((c->flags & RULES_LEGACY_NAMES) &&
	    !metric_name_is_legacy(r->record)))
		return bad(c, name, "invalid recording rule name: ",
		    r->record);
	return 0;
}

static int
check_rule(const struct context *c, const struct ynode *n,
    const struct raw_rule *r)
{
	if (r->record.n && r->alert.n)
		return bad(c, n, "only one of 'record' and 'alert' must be "
		    "set", STR_NONE);
	if (!r->record.n && !r->alert.n)
		return bad(c, n, "one of 'record' or 'alert' must be set",
		    STR_NONE);
	if (r->expr.n == 0)
		return bad(c, n, "field 'expr' must be set in rule",
		    STR_NONE);
	if (r->record.n && check_record(c, n, r) == -1)
		return -1;
	if (check_labels(c, &r->labels, false) == -1)
		return -1;
	return check_labels(c, &r->annotations, true);
}

/* Insert by name; one that is there wins when !replace. */
static void
put_sorted(struct ypairs *list, const struct ypair *p)
{
	size_t at = 0;
	int order = 1;

	while (at < list->n &&
	    (order = str_cmp(list->p[at].key, p->key)) < 0)
		at++;
	if (at < list->n && order == 0)
		return;
	memmove(list->p + at + 1, list->p + at,
	    (list->n - at) * sizeof(*list->p));
	list->p[at] = *p;
	list->n++;
}

/* Both lists, sorted by name; what `first` has wins. */
static struct ypairs
merge_pairs(const struct ypairs *first, const struct ypairs *then,
    struct arena *a)
{
	struct ypairs out = {
		ARENA_ARRAY(a, first->n + then->n, struct ypair), 0
	};
	size_t i;

	for (i = 0; i < first->n; i++)
		put_sorted(&out, &first->p[i]);
	for (i = 0; i < then->n; i++)
		put_sorted(&out, &then->p[i]);
	return out;
}

static int
decode_rule(struct context *c, const struct ynode *n, struct rule *out)
{
	static const struct ypairs none;
	struct raw_rule r;

	if (yaml_decode(n, &rule_fields, &r, c->a, c->e) == -1)
		return -1;
	out->node = n;
	out->alerting = r.alert.n > 0;
	out->name = c->name = out->alerting ? r.alert : r.record;
	if (check_rule(c, n, &r) == -1)
		return -1;
	out->expr = r.expr;
	out->expr_node = ynode_get(n, "expr");
	out->for_ms = r.for_ms;
	out->keep_firing_for_ms = r.keep_firing_for_ms;
	out->labels = merge_pairs(&r.labels, &c->group->labels, c->a);
	out->annotations = merge_pairs(&r.annotations, &none, c->a);
	return 0;
}

static int
need_list(const struct ynode *n, const char *name, struct err *e)
{
	if (n == NULL || n->kind == Y_NULL || n->kind == Y_SEQ)
		return 0;
	return ynode_err(n, e, "field '%s' must be a list", name);
}

static int
decode_rules(struct context *c, const struct ynode *list,
    struct rule_group *g)
{
	const struct ynode *n;

	if (need_list(list, "rules", c->e) == -1)
		return -1;
	if (list == NULL || list->kind == Y_NULL)
		return 0;
	g->rule = ARENA_ARRAY(c->a, list->n, struct rule);
	for (n = list->child; n != NULL; n = n->next) {
		c->number = g->n + 1;
		c->name = STR_NONE;
		if (decode_rule(c, n, &g->rule[g->n++]) == -1)
			return -1;
	}
	return 0;
}

static int
decode_group(struct context *c, const struct ynode *n, struct rule_group *g)
{
	struct raw_group r;
	const struct ynode *offset;

	if (yaml_decode(n, &group_fields, &r, c->a, c->e) == -1)
		return -1;
	if (r.name.n == 0)
		return ynode_err(n, c->e, "Groupname must not be empty");
	offset = ynode_get(n, "query_offset");
	*g = (struct rule_group){
		.node = n, .file = n->doc->file, .name = r.name,
		.interval_ms = r.interval_ms, .limit = r.limit,
		.query_offset_ms = r.query_offset_ms,
		.has_query_offset = offset && offset->kind != Y_NULL,
		.labels = r.labels
	};
	c->group = g;
	c->number = 0;
	if (check_labels(c, &g->labels, false) == -1)
		return -1;
	return decode_rules(c, r.rules, g);
}

static int
check_group_names(const struct rule_groups *gs, struct err *e)
{
	const struct rule_group *last = &gs->group[gs->n - 1];
	size_t i;

	for (i = 0; i + 1 < gs->n; i++)
		if (str_eq(gs->group[i].name, last->name))
			return ynode_err(ynode_get(last->node, "name"), e,
			    "groupname: \"" STR_FMT
			    "\" is repeated in the same file",
			    STR_ARG(last->name));
	return 0;
}

struct rule_groups *
rules_decode(const struct ynode *root, unsigned flags, struct arena *a,
    struct err *e)
{
	struct context c = { .flags = flags, .a = a, .e = e };
	struct rule_groups *gs = ARENA_NEW(a, struct rule_groups);
	const struct ynode *n;
	struct raw_file f;

	if (flags & RULES_IGNORE_UNKNOWN)
		root = yaml_prune(root, &file_fields, a);
	if (yaml_decode(root, &file_fields, &f, a, e) == -1 ||
	    need_list(f.groups, "groups", e) == -1)
		return NULL;
	gs->file = root->doc->file;
	if (f.groups == NULL || f.groups->kind == Y_NULL)
		return gs;
	gs->group = ARENA_ARRAY(a, f.groups->n, struct rule_group);
	for (n = f.groups->child; n != NULL; n = n->next)
		if (decode_group(&c, n, &gs->group[gs->n++]) == -1 ||
		    check_group_names(gs, e) == -1)
			return NULL;
	return gs;
}

struct rule_groups *
rules_load(const char *path, unsigned flags, struct arena *a, struct err *e)
{
	const struct ynode *root = yaml_load_file(path, a, e);

	return root == NULL ? NULL : rules_decode(root, flags, a, e);
}

/* ---- the languages inside ---- */

struct checker {
	const struct rules_languages *lang;
	rules_report *report;
	void *arg;
	const struct rule_group *group;
	const struct rule *rule;
	size_t number, errors;
};

/* e, found in the text of n, as upstream words it, at its place. */
static void
report_text(struct checker *k, const struct ynode *n, struct err *e,
    const char *what, struct str name)
{
	struct err out;
	unsigned line, col;

	if (n->kind == Y_SCALAR && e->col != 0)
		config_err_in(n, e);
	else {
		e->line = n->line;
		e->col = n->col;
	}
	line = e->line;
	col = e->col;
	(void)ynode_err(n, &out, "group \"" STR_FMT "\", rule %zu, \"" STR_FMT
	    "\": %s" STR_FMT "%s%s", STR_ARG(k->group->name), k->number,
	    STR_ARG(k->rule->name), what, STR_ARG(name), name.n ? "\": " : "",
	    e->msg);
	out.line = line;
	out.col = col;
	k->errors++;
	k->report(k->arg, &out);
}

static void
check_templates(struct checker *k, const struct ypairs *pairs,
    const char *what)
{
	struct err e;
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		e = (struct err){ 0 };
		if (k->lang->template(k->lang->arg, pairs->p[i].value,
		    &e) == -1)
			report_text(k, pairs->p[i].node, &e, what,
			    pairs->p[i].key);
	}
}

static void
check_texts(struct checker *k)
{
	struct err e = { 0 };

	if (k->lang->expr != NULL &&
	    k->lang->expr(k->lang->arg, k->rule->expr, &e) == -1)
		report_text(k, k->rule->expr_node, &e,
		    "could not parse expression: ", STR_NONE);
	if (k->lang->template == NULL || !k->rule->alerting)
		return;
	check_templates(k, &k->rule->labels, "label \"");
	check_templates(k, &k->rule->annotations, "annotation \"");
}

size_t
rules_check_texts(const struct rule_groups *g,
    const struct rules_languages *l, rules_report *report, void *arg)
{
	struct checker k = { .lang = l, .report = report, .arg = arg };
	size_t i, j;

	for (i = 0; i < g->n; i++) {
		k.group = &g->group[i];
		for (j = 0; j < k.group->n; j++) {
			k.rule = &k.group->rule[j];
			k.number = j + 1;
			check_texts(&k);
		}
	}
	return k.errors;
}
