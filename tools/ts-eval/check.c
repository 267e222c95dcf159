/*
 * The verb check: rule files, or with -c all that prometheus.yml names, as
 * errors and warnings with their places, and what is legal but surely not
 * meant, with the name of the check behind it.
 */
#include "config/check.h"

#include "eval.h"

static void
report(void *arg, const struct err *e, bool warning)
{
	(void)arg;
	if (warning)
		diag_warn(e);
	else
		diag_err(e);
}

/* ---- what is legal ---- */

static bool
same_pairs(const struct ypairs *a, const struct ypairs *b)
{
	size_t i;

	for (i = 0; i < a->n && a->n == b->n; i++)
		if (!str_eq(a->p[i].key, b->p[i].key) ||
		    !str_eq(a->p[i].value, b->p[i].value))
			return false;
	return a->n == b->n;
}

static void
warn_twice(const struct rule_groups *file, const struct rule *r,
    const struct rule *first)
{
	struct err e;

	(void)err_at(&e, r->node->line, r->node->col, "rule '" STR_FMT
	    "' stands twice with the same labels, first in line %u "
	    "[duplicate-rules]", STR_ARG(r->name), first->node->line);
	e.file = file->file;
	diag_warn(&e);
}

/* Two rules of one name and equal labels: one of them hides the other. */
static void
lint_duplicates(const struct rule_groups *file, const struct rule *r)
{
	size_t i, j;

	for (i = 0; i < file->n; i++) {
		for (j = 0; j < file->group[i].n; j++) {
			const struct rule *o = &file->group[i].rule[j];

			if (o == r)
				return;
			if (o->alerting != r->alerting ||
			    !str_eq(o->name, r->name) ||
			    !same_pairs(&o->labels, &r->labels))
				continue;
			warn_twice(file, r, o);
			return;
		}
	}
}

static void
lint_file(const char *path)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct rule_groups *g = rules_load(path, 0, &a, &e);
	size_t i, j;

	for (i = 0; g && i < g->n; i++)
		for (j = 0; j < g->group[i].n; j++)
			lint_duplicates(g, &g->group[i].rule[j]);
	arena_free(&a);
}

int
verb_check(struct tool *t, int argc, char **argv)
{
	struct eval *ev = t->self;
	struct config_check c = { .report = report,
	    .lang = rules_languages_of(&ev->opt) };
	bool ok = true;
	int i;

	if (argc == 0 && t->config == NULL)
		return tool_usage(t, "check needs rule files or -c");
	if (t->config)
		ok = config_check_prom(t->config, &c);
	for (i = 0; i < argc; i++) {
		if (config_check_rules(argv[i], 0, &c))
			lint_file(argv[i]);
		else
			ok = false;
	}
	return ok ? EXIT_YES : EXIT_NO;
}
