/* static_configs: targets as they stand in the configuration. */
#include "sd.h"

static void
start(struct sd *sd)
{
	const struct static_config *c = sd->config->conf;
	struct arena a = { 0 };
	struct sd_group *g = sd_groups_of(c, 1, STR_NONE, STR_NONE, &a);

	sd_put(sd, "static", &a, g, 1);
	sd_ready(sd);
}

const struct sd_kind sd_static = { .name = "static", .start = start };
