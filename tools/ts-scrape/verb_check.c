/* check FILE...: every error and warning of a prometheus.yml, one a line. */
#include "verbs.h"

#include "config/prom.h"
#include "core/diag.h"

static bool
check_file(const char *path)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct prom_config *c = prom_config_load(path, &a, &e);
	size_t i;

	if (c == NULL)
		diag_err(&e);
	for (i = 0; c && i < c->warnings.n; i++)
		diag_warn(&c->warnings.p[i]);
	if (c)
		prom_config_release(c);
	arena_free(&a);
	return c != NULL;
}

int
verb_check(struct tool *t, int argc, char **argv)
{
	int i, bad = 0;

	if (argc == 0)
		return tool_usage(t, "check: a file is missing");
	for (i = 0; i < argc; i++)
		bad += !check_file(argv[i]);
	return bad ? EXIT_NO : EXIT_YES;
}
