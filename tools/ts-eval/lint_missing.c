/*
 * Lints of selectors beside samples: a metric, a label or a value that is
 * not there.
 */
#include "lint.h"
#include "lint_data.h"
#include "promql/functions.h"

/* What a selector asks for and the samples lack. */
enum lack { LACK_NOTHING, LACK_METRIC, LACK_LABEL, LACK_VALUE };

struct walk {
	struct lint_run *run;
	const struct lint_rule *r;
	enum lack wanted;
};

static bool
is_name(const struct matcher *m)
{
	return str_eq(m->name, STR("__name__"));
}

/* Rules make these; whether they have been made yet says nothing. */
static bool
is_recorded(const struct lint_data *d, const struct pexpr *x)
{
	struct str name = x->u.selector.name;
	size_t i;

	for (i = 0; name.n == 0 && i < x->u.selector.nm; i++)
		if (is_name(&x->u.selector.m[i]) &&
		    x->u.selector.m[i].op == MATCH_EQ)
			name = x->u.selector.m[i].value;
	return str_eq(name, STR("ALERTS")) ||
	    str_eq(name, STR("ALERTS_FOR_STATE")) ||
	    map_get(&d->recorded, name) != NULL;
}

/* The matchers of the name first, then m alone beside them. */
static bool
has_with(struct lint_data *d, const struct pexpr *x, const struct matcher *m)
{
	struct arena a = { 0 };
	struct matcher *v = ARENA_ARRAY(&a, x->u.selector.nm + 1,
	    struct matcher);
	size_t i, n = 0;
	bool has;

	for (i = 0; i < x->u.selector.nm; i++)
		if (is_name(&x->u.selector.m[i]))
			v[n++] = x->u.selector.m[i];
	if (m)
		v[n++] = *m;
	has = lint_data_has(d, v, n);
	arena_free(&a);
	return has;
}

static bool
has_label(struct lint_data *d, const struct pexpr *x, struct str label)
{
	struct matcher any = { .op = MATCH_NE, .name = label };

	return has_with(d, x, &any);
}

static enum lack
lack_of(struct lint_data *d, const struct pexpr *x, const struct matcher **m)
{
	size_t i;

	if (lint_data_has(d, x->u.selector.m, x->u.selector.nm))
		return LACK_NOTHING;
	if (!has_with(d, x, NULL))
		return LACK_METRIC;
	for (i = 0; i < x->u.selector.nm; i++) {
		*m = &x->u.selector.m[i];
		if (is_name(*m) || has_with(d, x, *m))
			continue;
		return has_label(d, x, (*m)->name) ? LACK_VALUE : LACK_LABEL;
	}
	*m = NULL;
	return LACK_VALUE;
}

static void
say_lack(struct walk *w, const struct pexpr *x, const struct matcher *m)
{
	struct str name = x->u.selector.name;

	if (name.n == 0)
		name = STR("the selector");
	if (w->wanted == LACK_METRIC)
		lint_at_expr(w->run, w->r, x, "'" STR_FMT "' has no series "
		    "in the data", STR_ARG(name));
	else if (m == NULL)
		lint_at_expr(w->run, w->r, x, "no series of '" STR_FMT "' in "
		    "the data has all of these labels at once", STR_ARG(name));
	else if (w->wanted == LACK_LABEL)
		lint_at_expr(w->run, w->r, x, "no series of '" STR_FMT "' in "
		    "the data has the label '" STR_FMT "'", STR_ARG(name),
		    STR_ARG(m->name));
	else
		lint_at_expr(w->run, w->r, x, "no series of '" STR_FMT "' in "
		    "the data has " STR_FMT "%s\"" STR_FMT "\"",
		    STR_ARG(name), STR_ARG(m->name), match_op_text(m->op),
		    STR_ARG(m->value));
}

static bool
is_absent(const struct pexpr *x)
{
	return x->kind == PX_CALL &&
	    strncmp(x->u.call.func->name, "absent", 6) == 0;
}

/* Who asks for absence expects nothing there. */
static bool
note_lack(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct lint_data *d = w->run->in->data;
	const struct matcher *m = NULL;

	if (x->kind == PX_SELECTOR && !is_recorded(d, x) &&
	    lack_of(d, x, &m) == w->wanted)
		say_lack(w, x, m);
	return !is_absent(x);
}

static void
walk(struct lint_run *run, const struct lint_rule *r, enum lack wanted)
{
	struct walk w = { run, r, wanted };

	if (run->in->data && run->in->data->newest != NO_TIME)
		pexpr_walk(r->expr, note_lack, &w);
}

void
lint_metric_missing(struct lint_run *run, const struct lint_rule *r)
{
	walk(run, r, LACK_METRIC);
}

void
lint_label_missing(struct lint_run *run, const struct lint_rule *r)
{
	walk(run, r, LACK_LABEL);
}

void
lint_value_missing(struct lint_run *run, const struct lint_rule *r)
{
	walk(run, r, LACK_VALUE);
}
