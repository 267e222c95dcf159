/*
 * Lints of the templates in labels and annotations.  They look at what the
 * text asks for (uses.h); that the templates parse is checked before.
 */
#include "flow.h"
#include "lint.h"
#include "promql/functions.h"
#include "uses.h"

struct look {
	struct lint_run *run;
	const struct lint_rule *r;
	const struct ypair *pair;	/* at hand */
	void	(*check)(const struct look *k, const struct use *u);
	struct flow flow;
	bool said;			/* once in a pair is enough */
};

static void
on_use(void *arg, const struct use *u)
{
	const struct look *k = arg;

	k->check(k, u);
}

static void
check_pairs(struct look *k, const struct ypairs *pairs)
{
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		k->pair = &pairs->p[i];
		uses_each(k->pair->value, on_use, k);
	}
}

static void
check_all(struct look *k)
{
	check_pairs(k, &k->r->rule->labels);
	check_pairs(k, &k->r->rule->annotations);
}

/* ---- labels ---- */

struct search {
	struct str name;
	bool found;
};

static bool
has_name(const struct str *list, size_t n, struct str name)
{
	const struct names names = { (struct str *)(uintptr_t)list, n };

	return names_have(&names, name);
}

static bool
note_name(void *arg, const struct pexpr *x)
{
	struct search *s = arg;
	size_t i;

	for (i = 0; x->kind == PX_SELECTOR && i < x->u.selector.nm; i++)
		if (str_eq(x->u.selector.m[i].name, s->name))
			s->found = true;
	if ((x->kind == PX_STRING && str_eq(x->u.string, s->name)) ||
	    (x->kind == PX_AGG && has_name(x->u.agg.by, x->u.agg.nby,
	    s->name)) || (x->kind == PX_BINARY &&
	    (has_name(x->u.binary.match, x->u.binary.nmatch, s->name) ||
	    has_name(x->u.binary.include, x->u.binary.ninclude, s->name))))
		s->found = true;
	return !s->found;
}

/* The expression speaks of the label, so its series may well have it. */
static bool
is_mentioned(const struct pexpr *x, struct str name)
{
	struct search s = { .name = name };

	pexpr_walk(x, note_name, &s);
	return s.found;
}

static bool
is_put_on(const struct rule *r, struct str name)
{
	size_t i;

	if (str_eq(name, STR("alertname")))
		return true;
	for (i = 0; i < r->labels.n; i++)
		if (str_eq(r->labels.p[i].key, name))
			return true;
	return false;
}

static void
check_label(const struct look *k, const struct use *u)
{
	if (u->kind != USE_LABEL)
		return;
	if (!flow_can_have(&k->flow, u->name))
		lint_at_node(k->run, k->pair->node, u->at, "the result of the "
		    "expression cannot have a label '" STR_FMT "', so this is "
		    "always empty", STR_ARG(u->name));
	else if (k->flow.open && is_put_on(k->r->rule, u->name) &&
	    !is_mentioned(k->r->expr, u->name))
		lint_at_node(k->run, k->pair->node, u->at, "$labels are those "
		    "of the result alone, without '" STR_FMT "', which the "
		    "rule puts on: this is empty", STR_ARG(u->name));
}

void
lint_template_label(struct lint_run *run, const struct lint_rule *r)
{
	struct look k = { .run = run, .r = r, .check = check_label,
	    .flow = flow_of(r->expr, run->in->arena) };

	if (r->rule->alerting)
		check_all(&k);
}

static void
note_series(void *arg, const struct use *u)
{
	if (u->kind == USE_LABEL && !str_eq(u->name, STR("job")) &&
	    !str_eq(u->name, STR("instance")))
		*(bool *)arg = true;
}

bool
lint_names_label(struct str text)
{
	bool names = false;

	uses_each(text, note_series, &names);
	return names;
}

static void
check_external(const struct look *k, const struct use *u)
{
	const struct ypairs *ext =
	    &k->run->in->prom->global.external_labels;
	size_t i;

	if (u->kind != USE_EXTERNAL)
		return;
	for (i = 0; i < ext->n; i++)
		if (str_eq(ext->p[i].key, u->name))
			return;
	lint_at_node(k->run, k->pair->node, u->at, "no external label '"
	    STR_FMT "' is configured", STR_ARG(u->name));
}

void
lint_external_label(struct lint_run *run, const struct lint_rule *r)
{
	struct look k = { .run = run, .r = r, .check = check_external };

	if (r->rule->alerting && run->in->prom)
		check_all(&k);
}

/* ---- the value ---- */

static void
note_value(void *arg, const struct use *u)
{
	struct look *k = arg;

	if (u->kind != USE_VALUE || k->said)
		return;
	k->said = true;
	lint_at_node(k->run, k->pair->node, u->at, "label '" STR_FMT "' "
	    "changes with the value, and with it the alert: put it into an "
	    "annotation", STR_ARG(k->pair->key));
}

void
lint_template_value(struct lint_run *run, const struct lint_rule *r)
{
	struct look k = { .run = run, .r = r };
	size_t i;

	for (i = 0; r->rule->alerting && i < r->rule->labels.n; i++) {
		k.pair = &r->rule->labels.p[i];
		k.said = false;
		uses_each(k.pair->value, note_value, &k);
	}
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

static void
check_bare(const struct look *k, const struct use *u)
{
	if (u->kind == USE_VALUE && u->bare)
		lint_at_node(k->run, k->pair->node, u->at, "$value shows up "
		    "to 17 digits here: pipe it through humanize, "
		    "humanizePercentage or printf \"%%.2f\"");
}

void
lint_template_humanize(struct lint_run *run, const struct lint_rule *r)
{
	struct look k = { .run = run, .r = r, .check = check_bare };

	if (r->rule->alerting && lint_any(r->expr, has_fractions))
		check_pairs(&k, &r->rule->annotations);
}

/* ---- queries ---- */

/* A literal's bytes: Go's escapes that matter in an expression. */
static struct str
unquote(const struct use *u, struct arena *a)
{
	char *p = ARENA_ARRAY(a, u->name.n, char);
	size_t i, n = 0;

	for (i = 0; i < u->name.n; i++) {
		char c = u->name.p[i];

		if (c == '\\' && !u->raw && i + 1 < u->name.n) {
			c = u->name.p[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		p[n++] = c;
	}
	return (struct str){ p, n };
}

static bool
is_flag(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '-' ||
	    c == '#' || c == ' ';
}

/* What printf may make of the format: each verb becomes word. */
static struct str
filled(struct str format, const char *word, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	size_t i;

	for (i = 0; i < format.n; i++) {
		if (format.p[i] != '%' || i + 1 == format.n) {
			(void)buf_putc(&b, format.p[i]);
			continue;
		}
		for (i++; i + 1 < format.n && is_flag(format.p[i]); i++)
			continue;
		if (format.p[i] == '%')
			(void)buf_putc(&b, '%');
		else
			(void)buf_printf(&b, format.p[i] == 'q' ? "\"%s\"" :
			    "%s", word);
	}
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* Functions behind a feature flag are known, too: the server may have it. */
static bool
parses(struct str text, struct err *e)
{
	static const struct promql_features all = { true, true, true, false };
	struct arena a = { 0 };
	const struct pexpr *x = promql_parse(text, &all, &a, e);

	promql_release(x);
	arena_free(&a);
	return x != NULL;
}

static void
check_query(const struct look *k, const struct use *u)
{
	struct arena *a = k->run->in->arena;
	struct err e = { 0 }, other;
	struct str text;

	if (u->kind != USE_QUERY && u->kind != USE_FORMAT)
		return;
	text = unquote(u, a);
	if (u->kind == USE_QUERY ? parses(text, &e) :
	    parses(filled(text, "x", a), &e) ||
	    parses(filled(text, "1", a), &other) ||
	    parses(filled(text, "1m", a), &other))
		return;
	lint_at_node(k->run, k->pair->node, u->at, "this query fails, and the "
	    "text with it: %s", e.msg);
}

void
lint_template_query(struct lint_run *run, const struct lint_rule *r)
{
	struct look k = { .run = run, .r = r, .check = check_query };

	if (r->rule->alerting)
		check_all(&k);
}
