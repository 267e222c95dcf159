/*
 * config: loading -c for the filter and the verbs.
 */
#include "run.h"

int
route_config(struct tool *t, struct route_tool *rt)
{
	struct err e = { 0 };
	size_t i;

	if (t->config == NULL) {
		(void)tool_usage(t, "-c is missing");
		return -1;
	}
	rt->config = am_config_load(t->config, NULL, &rt->config_arena, &e);
	if (rt->config == NULL) {
		diag_err(&e);
		return -1;
	}
	for (i = 0; i < rt->config->warnings.n; i++)
		if (diag_is_verbose())
			diag_warn(&rt->config->warnings.p[i]);
	return 0;
}

void
route_tool_release(struct route_tool *rt)
{
	if (rt->config != NULL)
		am_config_release(rt->config);
	rt->config = NULL;
	arena_free(&rt->config_arena);
}
