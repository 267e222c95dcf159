/*
 * Lints of the templates in labels and annotations.  They look at the text
 * of the actions, {{ ... }}; that the templates parse is checked before.
 */
#include "flow.h"
#include "lint.h"
#include "promql/functions.h"

/* The next {{ ... }} at or after *at: what stands inside. */
static bool
next_action(struct str text, size_t *at, struct str *action)
{
	ptrdiff_t open = str_find(str_sub(text, *at, text.n), STR("{{"));
	ptrdiff_t close;
	size_t from;

	if (open == -1)
		return false;
	from = *at + (size_t)open + 2;
	close = str_find(str_sub(text, from, text.n), STR("}}"));
	if (close == -1)
		return false;
	*action = str_sub(text, from, from + (size_t)close);
	*at = from + (size_t)close + 2;
	return true;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/*
 * The next NAME of prefix.NAME in action at or after *at, say of
 * $labels.NAME; *where is the byte of the prefix.
 */
static bool
next_member(struct str action, const char *prefix, size_t *at, size_t *where,
    struct str *name)
{
	struct str p = str_of(prefix), rest = str_sub(action, *at, action.n);
	ptrdiff_t found = str_find(rest, p);
	size_t end;

	if (found == -1)
		return false;
	*where = *at + (size_t)found;
	for (end = *where + p.n; end < action.n && is_word(action.p[end]);
	    end++)
		continue;
	*name = str_sub(action, *where + p.n, end);
	*at = end;
	return true;
}

struct member_check {
	struct lint_run *run;
	const struct lint_rule *r;
	void	(*check)(const struct member_check *c, const struct ynode *n,
		    size_t at, struct str name);
	struct flow flow;
};

static void
check_members(const struct member_check *c, const struct ypair *pair,
    const char *const prefix[2])
{
	struct str text = pair->value, action, name;
	size_t at = 0, in, where, i;

	while (next_action(text, &at, &action))
		for (i = 0; i < 2; i++)
			for (in = 0; next_member(action, prefix[i], &in,
			    &where, &name); )
				if (name.n)
					c->check(c, pair->node,
					    (size_t)(action.p - text.p) +
					    where, name);
}

static void
check_pairs(const struct member_check *c, const char *const prefix[2])
{
	const struct rule *r = c->r->rule;
	size_t i;

	for (i = 0; i < r->labels.n; i++)
		check_members(c, &r->labels.p[i], prefix);
	for (i = 0; i < r->annotations.n; i++)
		check_members(c, &r->annotations.p[i], prefix);
}

static void
check_label(const struct member_check *c, const struct ynode *n, size_t at,
    struct str name)
{
	if (!flow_can_have(&c->flow, name))
		lint_at_node(c->run, n, at, "the result of the expression "
		    "cannot have a label '" STR_FMT "', so this is always "
		    "empty", STR_ARG(name));
}

void
lint_template_label(struct lint_run *run, const struct lint_rule *r)
{
	static const char *const prefix[2] = { "$labels.", ".Labels." };
	struct member_check c = { run, r, check_label,
	    flow_of(r->expr, run->in->arena) };

	if (r->rule->alerting)
		check_pairs(&c, prefix);
}

static void
check_external(const struct member_check *c, const struct ynode *n,
    size_t at, struct str name)
{
	const struct ypairs *ext =
	    &c->run->in->prom->global.external_labels;
	size_t i;

	for (i = 0; i < ext->n; i++)
		if (str_eq(ext->p[i].key, name))
			return;
	lint_at_node(c->run, n, at, "no external label '" STR_FMT "' is "
	    "configured", STR_ARG(name));
}

void
lint_external_label(struct lint_run *run, const struct lint_rule *r)
{
	static const char *const prefix[2] = { "$externalLabels.",
	    ".ExternalLabels." };
	struct member_check c = { .run = run, .r = r,
	    .check = check_external };

	if (r->rule->alerting && run->in->prom)
		check_pairs(&c, prefix);
}

static bool
uses_value(struct str action)
{
	return str_find(action, STR("$value")) != -1 ||
	    str_find(action, STR(".Value")) != -1;
}

void
lint_template_value(struct lint_run *run, const struct lint_rule *r)
{
	struct str action;
	size_t i, at;

	for (i = 0; r->rule->alerting && i < r->rule->labels.n; i++) {
		const struct ypair *p = &r->rule->labels.p[i];

		for (at = 0; next_action(p->value, &at, &action); )
			if (uses_value(action)) {
				lint_at_node(run, p->node,
				    (size_t)(action.p - p->value.p),
				    "label '" STR_FMT "' changes with the "
				    "value, and with it the alert: put it "
				    "into an annotation", STR_ARG(p->key));
				break;
			}
	}
}

/* {{ $value }} and nothing else: no pipe, no function. */
static bool
is_bare_value(struct str action)
{
	struct str s = str_trim(action);

	if (str_starts(s, STR("-")))
		s = str_trim(str_sub(s, 1, s.n));
	if (str_ends(s, STR("-")))
		s = str_trim(str_sub(s, 0, s.n - 1));
	return str_eq(s, STR("$value")) || str_eq(s, STR(".Value"));
}

/* Divisions, rates and quantiles have endless digits. */
static bool
has_fractions(const struct pexpr *x)
{
	static const char *const names[] = { "rate", "irate", "deriv",
	    "histogram_quantile", "avg_over_time", "increase",
	    "predict_linear" };
	size_t i;

	if (x->kind == PX_BINARY)
		return x->u.binary.op == POP_DIV;
	if (x->kind == PX_AGG)
		return x->u.agg.op == PAGG_AVG;
	for (i = 0; x->kind == PX_CALL &&
	    i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(x->u.call.func->name, names[i]) == 0)
			return true;
	return false;
}

void
lint_template_humanize(struct lint_run *run, const struct lint_rule *r)
{
	struct str action;
	size_t i, at;

	if (!r->rule->alerting || !lint_any(r->expr, has_fractions))
		return;
	for (i = 0; i < r->rule->annotations.n; i++) {
		const struct ypair *p = &r->rule->annotations.p[i];

		for (at = 0; next_action(p->value, &at, &action); )
			if (is_bare_value(action))
				lint_at_node(run, p->node,
				    (size_t)(action.p - p->value.p),
				    "$value shows up to 17 digits here: pipe "
				    "it through humanize, humanizePercentage "
				    "or printf \"%%.2f\"");
	}
}
