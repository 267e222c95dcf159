/*
 * The verb check: errors of alertmanager.yml, of its template files and of
 * every template in its fields; then, of what is right, what is surely not
 * meant (lints.c), as text, lines of JSON or SARIF.
 */
#include <stdlib.h>

#include "config/check.h"
#include "config/glob.h"
#include "lint.h"
#include "session.h"
#include "tmpl/defaults.h"

struct check {
	struct tool *t;
	struct route_tool *rt;
	struct arena arena;		/* all files, until the end */
	struct config_check errors;
	struct report out;
	struct tmpl_set *templates;	/* of the file at hand */
	VEC(const struct rule *) alerts;
	VEC(struct finding) findings;
	bool ok;
};

static void
keep(struct check *c, struct finding f)
{
	f.text = arena_str(&c->arena, f.text);
	vec_push(&c->findings, f);
	if (c->rt->lint_fatal && f.severity == REPORT_WARNING)
		c->ok = false;
}

static void
take_finding(void *arg, const struct finding *f)
{
	keep(arg, *f);
}

/* A comment in the file silences the loader's warnings, too. */
static bool
is_silenced(struct check *c, const struct finding *f)
{
	struct err e;
	const struct ynode *root;

	root = yaml_load_file(f->file, &c->arena, &e);
	return root && report_silenced(root->doc->text, "ts-route", f->name,
	    f->line - (f->line > 1), f->line);
}

/* What the loader warns about is what only we take. */
static void
take_error(void *arg, const struct err *e, bool warning)
{
	struct check *c = arg;

	struct finding f = { e->file, e->line, e->col, REPORT_WARNING,
	    "not-upstream", str_of(e->msg) };

	if (!warning)
		report_err(&c->out, e, REPORT_ERROR);
	else if (!is_silenced(c, &f))
		keep(c, f);
}

static int
parse_template(void *arg, struct str text, struct err *e)
{
	struct check *c = arg;

	return tmpl_parse(c->templates, STR(""), text, e);
}

static bool
rule_of(size_t i, struct report_rule *r)
{
	if (i > 0)
		return lint_about(i - 1, r);
	*r = (struct report_rule){ "not-upstream",
	    "Alertmanager would not take this" };
	return true;
}

/* ---- the rules that alerts come from ---- */

static void
take_rules(struct check *c, const char *path)
{
	struct err e = { 0 };
	struct rule_groups *g = rules_load(path, 0, &c->arena, &e);
	size_t i, k;

	if (g == NULL) {
		report_err(&c->out, &e, REPORT_ERROR);
		c->ok = false;
		return;
	}
	for (i = 0; i < g->n; i++)
		for (k = 0; k < g->group[i].n; k++)
			if (g->group[i].rule[k].alerting)
				vec_push(&c->alerts, &g->group[i].rule[k]);
}

static void
load_rules(struct check *c)
{
	struct ystrs files;
	struct err e = { 0 };
	size_t i, k;

	for (i = 0; i < c->rt->rules.n; i++) {
		files = (struct ystrs){ 0 };
		if (glob_has_magic(str_of(c->rt->rules.p[i])) &&
		    glob_files(str_of(c->rt->rules.p[i]), &c->arena, &files,
		    &e) == 0)
			for (k = 0; k < files.n; k++)
				take_rules(c, arena_cstr(&c->arena,
				    files.p[k]));
		else
			take_rules(c, c->rt->rules.p[i]);
	}
}

/* ---- one file ---- */

static int
finding_cmp(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->col != y->col)
		return x->col < y->col ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* It has passed all checks. */
static void
lint_file(struct check *c, const char *path)
{
	struct err e;
	struct am_config *config = am_config_load(path, NULL, &c->arena, &e);
	struct lint_input in = { .config = config, .alert = c->alerts.p,
	    .nalerts = c->alerts.n, .has_rules = c->rt->rules.n > 0,
	    .templates = c->templates, .arena = &c->arena };

	if (config == NULL)
		return;
	lint_config(&in, take_finding, c);
	if (c->out.form == REPORT_TEXT && !c->t->quiet)
		(void)buf_printf(c->out.out, "%s: ok: %zu routes, "
		    "%zu inhibit rules, %zu time intervals, %zu receivers\n",
		    path, config->nroutes, config->ninhibit,
		    config->nintervals, config->nreceivers);
	am_config_release(config);
}

static void
check_file(struct check *c, const char *path)
{
	const struct tmpl_funcs *funcs[] = { &tmpl_funcs_am };
	struct err e;
	size_t i;

	c->templates = tmpl_set_new(funcs, 1, false);
	(void)tmpl_defaults(c->templates, &e);
	vec_reset(&c->findings);
	if (config_check_am(path, &c->errors))
		lint_file(c, path);
	else
		c->ok = false;
	if (c->findings.n)
		qsort(c->findings.p, c->findings.n, sizeof(*c->findings.p),
		    finding_cmp);
	for (i = 0; i < c->findings.n; i++)
		report_finding(&c->out, &c->findings.p[i]);
	tmpl_set_free(c->templates);
}

int
verb_check(struct tool *t, int argc, char **argv)
{
	struct check c = { .t = t, .rt = t->self, .ok = true };
	int form = tool_output(t, report_forms, REPORT_FORMS), i;

	if (form == -1)
		return EXIT_USAGE;
	if (argc == 0)
		return tool_usage(t, "which file?");
	c.errors = (struct config_check){ .report = take_error, .arg = &c,
	    .lang = { .arg = &c, .template = parse_template } };
	report_begin(&c.out, (enum report_form)form, io_writer_buf(t->out),
	    "ts-route", rule_of);
	load_rules(&c);
	for (i = 0; i < argc; i++)
		check_file(&c, argv[i]);
	report_end(&c.out);
	vec_release(&c.alerts);
	vec_release(&c.findings);
	arena_free(&c.arena);
	return tool_finish(t, c.ok ? EXIT_YES : EXIT_NO);
}
