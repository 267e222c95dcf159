#include "policy.h"

#define AT(type, field)	offsetof(struct type, field)
#define NROWS(r)	(sizeof(r) / sizeof((r)[0]))

static int
decode_re(const struct ynode *n, void *field, struct arena *a, struct err *e)
{
	struct policy_re *out = field;
	struct err in = { 0 };

	(void)a;
	if (n->kind != Y_SCALAR)
		return ynode_err(n, e, "a pattern is expected here");
	out->re = re_compile(n->scalar, RE_FULL, &in);
	return out->re ? 0 : ynode_err(n, e, "%s", in.msg);
}

static const struct yfield match_rows[] = {
	YROW("kind", YT_STR, AT(policy_match, kind)),
	YROW("name", YT_CUSTOM, AT(policy_match, name), .decode = decode_re),
	YROW("group", YT_CUSTOM, AT(policy_match, group),
	    .decode = decode_re),
	YROW("file", YT_CUSTOM, AT(policy_match, file), .decode = decode_re),
};

static int
check_match(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct policy_match *m = out;

	(void)a;
	if (m->kind.n && !str_eq(m->kind, STR("alert")) &&
	    !str_eq(m->kind, STR("record")))
		return ynode_err(ynode_get(n, "kind"), e, "kind is 'alert' or "
		    "'record', not '" STR_FMT "'", STR_ARG(m->kind));
	return 0;
}

static const struct yfields match_fields = {
	.name = "match", .size = sizeof(struct policy_match),
	.row = match_rows, .n = NROWS(match_rows), .check = check_match
};

static const struct yfield pair_rows[] = {
	YROW("name", YT_STR, AT(policy_pair, name), .flags = YF_REQUIRED),
	YROW("required", YT_BOOL, AT(policy_pair, required)),
	YROW("forbidden", YT_BOOL, AT(policy_pair, forbidden)),
	YROW("value", YT_CUSTOM, AT(policy_pair, value),
	    .decode = decode_re),
	YROW("values", YT_STRLIST, AT(policy_pair, values)),
};
static const struct yfields pair_fields = {
	.name = "policy of a label", .size = sizeof(struct policy_pair),
	.row = pair_rows, .n = NROWS(pair_rows)
};

static const struct yfield span_rows[] = {
	YROW("min", YT_DURATION, AT(policy_span, min_ms)),
	YROW("max", YT_DURATION, AT(policy_span, max_ms)),
};
static const struct yfields span_fields = {
	.name = "policy of a duration", .size = sizeof(struct policy_span),
	.row = span_rows, .n = NROWS(span_rows)
};

static const struct yfield entry_rows[] = {
	YROW("match", YT_STRUCT, AT(policy_entry, match),
	    .sub = &match_fields),
	YROW("ignore", YT_STRUCT, AT(policy_entry, ignore),
	    .sub = &match_fields),
	YROW("severity", YT_STR, AT(policy_entry, severity),
	    .dflt = "warning"),
	YROW("comment", YT_STR, AT(policy_entry, comment)),
	YROW("name", YT_CUSTOM, AT(policy_entry, name), .decode = decode_re),
	YROW("reject", YT_CUSTOM, AT(policy_entry, reject),
	    .decode = decode_re),
	YROW("owner", YT_CUSTOM, AT(policy_entry, owner),
	    .decode = decode_re),
	YROW("labels", YT_LIST, AT(policy_entry, labels),
	    .sub = &pair_fields),
	YROW("annotations", YT_LIST, AT(policy_entry, annotations),
	    .sub = &pair_fields),
	YROW("for", YT_STRUCT, AT(policy_entry, for_), .sub = &span_fields),
	YROW("keep_firing_for", YT_STRUCT, AT(policy_entry, keep_firing_for),
	    .sub = &span_fields),
	YROW("interval", YT_STRUCT, AT(policy_entry, interval),
	    .sub = &span_fields),
	YROW("links", YT_BOOL, AT(policy_entry, links)),
	YROW("keep", YT_STRLIST, AT(policy_entry, keep)),
	YROW("strip", YT_STRLIST, AT(policy_entry, strip)),
	YROW("matchers", YT_STRLIST, AT(policy_entry, matchers)),
	YROW("range_max", YT_DURATION, AT(policy_entry, range_max_ms)),
	YROW("series_max", YT_INT, AT(policy_entry, series_max),
	    .dflt = "-1"),
	YROW("alerts_max", YT_INT, AT(policy_entry, alerts_max),
	    .dflt = "-1"),
	YROW("report", YT_STR, AT(policy_entry, report)),
};

static int
check_entry(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	struct policy_entry *p = out;

	(void)a;
	p->has_ignore = ynode_get(n, "ignore") != NULL;
	if (!str_eq(p->severity, STR("warning")) &&
	    !str_eq(p->severity, STR("info")))
		return ynode_err(ynode_get(n, "severity"), e, "severity is "
		    "'warning' or 'info', not '" STR_FMT "'",
		    STR_ARG(p->severity));
	return 0;
}

static const struct yfields entry_fields = {
	.name = "policy", .size = sizeof(struct policy_entry),
	.row = entry_rows, .n = NROWS(entry_rows), .check = check_entry
};

static const struct yfield file_rows[] = {
	YROW("rules", YT_LIST, AT(policy, entries), .sub = &entry_fields),
};
static const struct yfields file_fields = {
	.name = "policy file", .size = sizeof(struct policy),
	.row = file_rows, .n = NROWS(file_rows)
};

struct policy *
policy_load(const char *path, struct arena *a, struct err *e)
{
	struct policy *p = ARENA_NEW(a, struct policy);
	const struct ynode *root = yaml_load_file(path, a, e);

	if (root == NULL)
		return NULL;
	if (yaml_decode(root, &file_fields, p, a, e) == 0)
		return p;
	policy_release(p);
	return NULL;
}

static void
release_pairs(const struct ylist *list)
{
	const struct policy_pair *p = list->p;
	size_t i;

	for (i = 0; i < list->n; i++)
		re_free(p[i].value.re);
}

static void
release_match(const struct policy_match *m)
{
	re_free(m->name.re);
	re_free(m->group.re);
	re_free(m->file.re);
}

void
policy_release(struct policy *p)
{
	struct policy_entry *x = p ? p->entries.p : NULL;
	size_t i;

	for (i = 0; p && i < p->entries.n; i++) {
		release_match(&x[i].match);
		release_match(&x[i].ignore);
		re_free(x[i].name.re);
		re_free(x[i].reject.re);
		re_free(x[i].owner.re);
		release_pairs(&x[i].labels);
		release_pairs(&x[i].annotations);
	}
}

static bool
fits(const struct policy_re *p, struct str s)
{
	return p->re == NULL || re_match(p->re, s);
}

static bool
is_meant(const struct policy_match *m, const struct rule_group *g,
    const struct rule *r)
{
	if (m->kind.n && str_eq(m->kind, STR("alert")) != r->alerting)
		return false;
	return fits(&m->name, r->name) && fits(&m->group, g->name) &&
	    fits(&m->file, str_of(g->file));
}

bool
policy_applies(const struct policy_entry *p, const struct rule_group *g,
    const struct rule *r)
{
	return is_meant(&p->match, g, r) &&
	    !(p->has_ignore && is_meant(&p->ignore, g, r));
}
