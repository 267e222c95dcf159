/*
 * check FILE...: every error and warning of a prometheus.yml with the files
 * that it names, or of a file of file_sd_configs, one a line.
 */
#include "verbs.h"

#include "config/check.h"
#include "core/diag.h"

static void
report(void *arg, const struct err *e, bool warning)
{
	(void)arg;
	if (warning)
		diag_warn(e);
	else
		diag_err(e);
}

/*
 * A file of targets is a list, a prometheus.yml a mapping; a name that ends
 * in neither .yml, .yaml nor .json can only be meant as the former.
 */
static bool
is_target_file(const char *path)
{
	struct str name = str_of(path);
	struct arena a = { 0 };
	struct err e;
	const struct ynode *root = yaml_load_file(path, &a, &e);
	bool list = root && root->kind == Y_SEQ;

	arena_free(&a);
	return list || (root && !str_ends(name, STR(".yml")) &&
	    !str_ends(name, STR(".yaml")) && !str_ends(name, STR(".json")));
}

int
verb_check(struct tool *t, int argc, char **argv)
{
	struct config_check c = { .report = report };
	bool ok = true;
	int i;

	if (argc == 0)
		return tool_usage(t, "check: a file is missing");
	for (i = 0; i < argc; i++) {
		if (is_target_file(argv[i]))
			ok &= config_check_sd_file(argv[i], &c);
		else
			ok &= config_check_prom(argv[i], &c);
	}
	return ok ? EXIT_YES : EXIT_NO;
}
