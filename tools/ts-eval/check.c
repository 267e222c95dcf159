/*
 * The verb check: rule files, or with -c all that prometheus.yml names.
 * Errors with their places; then, of what is right, what is surely not meant
 * (lints.c), as text, lines of JSON or SARIF.
 */
#include <stdlib.h>
#include <unistd.h>

#include "config/check.h"
#include "config/glob.h"
#include "eval.h"
#include "lint.h"
#include "lint_data.h"
#include "policy.h"

#define STDIN_MAX	((size_t)64 << 20)

struct check {
	struct eval *ev;
	struct arena arena;		/* all files, until the end */
	struct config_check errors;
	struct report out;
	unsigned flags;			/* of rules_load */
	struct prom_config *prom;
	VEC(struct lint_rule) rules;
	VEC(struct lint_finding) findings;
	struct lint_data data;
	struct policy *policy;
	bool ok;
};

static void
take_error(void *arg, const struct err *e, bool warning)
{
	struct check *c = arg;

	report_err(&c->out, e, warning ? REPORT_WARNING : REPORT_ERROR);
}

/* Its expressions parsed once more, for the lints: they are known to be
   right. */
static void
take_rules(struct check *c, const struct rule_groups *file)
{
	struct lint_rule r;
	struct err e;
	size_t i, k;

	for (i = 0; i < file->n; i++)
		for (k = 0; k < file->group[i].n; k++) {
			r.group = &file->group[i];
			r.rule = &file->group[i].rule[k];
			r.expr = promql_parse(r.rule->expr,
			    &c->ev->opt.features, &c->arena, &e);
			if (r.expr)
				vec_push(&c->rules, r);
		}
}

/* For the lints: a file that has passed all checks. */
static void
load_rules(struct check *c, const char *path)
{
	struct err e;
	struct rule_groups *g = rules_load(path, c->flags, &c->arena, &e);

	if (g)
		take_rules(c, g);
}

static struct rule_groups *
check_stdin(struct check *c)
{
	struct buf text = { .max = STDIN_MAX };
	struct rule_groups *g = NULL;
	struct err e = { 0 };

	if (io_read_all(STDIN_FILENO, &text, &e) == -1) {
		(void)err_prefix(&e, "stdin");
		diag_err(&e);
	} else {
		g = config_check_rules_text(buf_str(&text), "stdin", c->flags,
		    &c->arena, &c->errors);
	}
	buf_release(&text);
	return g;
}

static void
check_rules(struct check *c, const char *path)
{
	struct rule_groups *g = strcmp(path, "-") == 0 ? check_stdin(c) :
	    config_check_rules(path, c->flags, &c->arena, &c->errors);

	if (g)
		take_rules(c, g);
	else
		c->ok = false;
}

/* Is a pattern of rule_files without a file? */
static bool
misses_files(struct check *c)
{
	struct ystrs found;
	struct err e;
	size_t i;

	for (i = 0; c->prom && i < c->prom->rule_files.n; i++) {
		found = (struct ystrs){ 0 };
		if (glob_files(c->prom->rule_files.p[i], &c->arena, &found,
		    &e) == -1 || found.n == 0)
			return true;
	}
	return false;
}

static void
check_config(struct check *c, const char *path)
{
	struct err e;
	struct ystrs files = { 0 };
	size_t i;

	if (!config_check_prom(path, &c->errors)) {
		c->ok = false;
		return;
	}
	c->prom = prom_config_load(path, &c->arena, &e);
	if (c->prom && !c->errors.syntax_only)
		(void)prom_config_rule_files(c->prom, false, &c->arena,
		    &files, &e);
	for (i = 0; i < files.n; i++)
		load_rules(c, arena_cstr(&c->arena, files.p[i]));
}

static void
take_finding(void *arg, const struct lint_finding *f)
{
	struct check *c = arg;
	struct lint_finding copy = *f;

	copy.text = arena_str(&c->arena, f->text);
	vec_push(&c->findings, copy);
	if (c->ev->opt.lint_fatal && f->severity == LINT_WARNING)
		c->ok = false;
}

static int
finding_cmp(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;
	int d = strcmp(x->file, y->file);

	if (d == 0)
		d = (x->line > y->line) - (x->line < y->line);
	if (d == 0)
		d = (x->col > y->col) - (x->col < y->col);
	if (d == 0)
		d = strcmp(x->lint->name, y->lint->name);
	return d ? d : str_cmp(x->text, y->text);
}

/* Samples, when there are any to look at; -1 after a message. */
static int
load_data(struct check *c)
{
	const struct options *o = &c->ev->opt;
	size_t i;

	if (c->ev->tool->state == NULL && o->data.n == 0)
		return 0;
	if (lint_data_load(&c->data, c->ev, c->ev->tool->state, o->data.p,
	    o->data.n) == -1)
		return -1;
	for (i = 0; i < c->rules.n; i++)
		if (!c->rules.p[i].rule->alerting)
			(void)map_put(&c->data.recorded,
			    c->rules.p[i].rule->name, &c->data);
	return 0;
}

static void
put_finding(struct check *c, const struct lint_finding *f)
{
	struct finding x = { f->file, f->line, f->col,
	    f->severity == LINT_WARNING ? REPORT_WARNING : REPORT_INFO,
	    f->lint->name, f->text };

	report_finding(&c->out, &x);
}

/* What the lints find, in the order of the text. */
static int
run_lints(struct check *c)
{
	struct lint_input in = { .rule = c->rules.p, .n = c->rules.n,
	    .prom = c->prom, .policy = c->policy, .arena = &c->arena,
	    .keep_ms = c->ev->opt.keep_ms };
	size_t i;

	if (load_data(c) == -1)
		return -1;
	in.partial = !c->ok || misses_files(c);
	in.data = c->data.ev ? &c->data : NULL;
	(void)lint_rules(&in, take_finding, c);
	if (c->findings.n)
		qsort(c->findings.p, c->findings.n, sizeof(*c->findings.p),
		    finding_cmp);
	for (i = 0; i < c->findings.n; i++)
		put_finding(c, &c->findings.p[i]);
	return 0;
}

static void
check_release(struct check *c)
{
	size_t i;

	for (i = 0; i < c->rules.n; i++)
		promql_release(c->rules.p[i].expr);
	vec_release(&c->rules);
	vec_release(&c->findings);
	lint_data_release(&c->data);
	if (c->prom)
		prom_config_release(c->prom);
	policy_release(c->policy);
	arena_free(&c->arena);
}

static int
check_all(struct check *c, int argc, char **argv)
{
	int i;

	if (c->ev->tool->config)
		check_config(c, c->ev->tool->config);
	for (i = 0; i < argc; i++)
		check_rules(c, argv[i]);
	if (run_lints(c) == -1)
		return EXIT_TROUBLE;
	return c->ok && c->ev->bad_lines == 0 ? EXIT_YES : EXIT_NO;
}

/* -1 after a message. */
static int
load_policy(struct check *c)
{
	struct err e = { 0 };

	if (c->ev->opt.policy == NULL)
		return 0;
	c->policy = policy_load(c->ev->opt.policy, &c->arena, &e);
	if (c->policy == NULL)
		diag_err(&e);
	return c->policy ? 0 : -1;
}

int
verb_check(struct tool *t, int argc, char **argv)
{
	struct check c = { .ev = t->self, .ok = true };
	int form = tool_output(t, report_forms, REPORT_FORMS);
	int status = EXIT_USAGE;

	if (form == -1)
		return EXIT_USAGE;
	if (argc == 0 && t->config == NULL)
		return tool_usage(t, "check needs rule files or -c");
	c.errors = (struct config_check){ .report = take_error, .arg = &c,
	    .lang = rules_languages_of(&c.ev->opt),
	    .syntax_only = c.ev->opt.syntax_only };
	c.flags = c.ev->opt.ignore_unknown ? RULES_IGNORE_UNKNOWN : 0;
	if (load_policy(&c) == 0) {
		report_begin(&c.out, (enum report_form)form,
		    io_writer_buf(t->out), "ts-eval", lint_about);
		status = check_all(&c, argc, argv);
		report_end(&c.out);
	}
	check_release(&c);
	return status;
}
