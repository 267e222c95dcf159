/*
 * conf_promql: every script in DIR/promql is a set, every eval in it a case.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "../promqltest/script.h"
#include "conf.h"

static void
report(void *arg, const struct case_result *r)
{
	struct conf *c = arg;
	char name[512];

	(void)snprintf(name, sizeof(name), "%u: " STR_FMT "%s%s", r->line,
	    STR_ARG(r->expr), r->how[0] ? " " : "", r->how);
	conf_fail(c, name, r->expected, r->got);
}

static void
run_set(struct conf *c, const char *set)
{
	struct script_options o = { .reruns = true, .report = report,
	    .arg = c };
	struct script_counts n = { 0 };

	if (!conf_begin(c, set))
		return;
	if (script_run(conf_path(c, set), &o, &n) == -1)
		conf_fail(c, set, STR("a readable file"), STR("an error"));
	for (; n.passed > 0; n.passed--)
		conf_pass(c);
	conf_end(c);
}

static int
is_script(const struct dirent *d)
{
	return str_ends(str_of(d->d_name), STR(".test"));
}

int
main(int argc, char **argv)
{
	struct dirent **d;
	struct conf c;
	char set[300];
	int i, n;

	conf_init(&c, argc, argv);
	n = scandir(conf_path(&c, "promql"), &d, is_script, alphasort);
	for (i = 0; i < n; i++) {
		(void)snprintf(set, sizeof(set), "promql/%s", d[i]->d_name);
		run_set(&c, set);
		free(d[i]);
	}
	if (n >= 0)
		free(d);
	return conf_finish(&c);
}
