/*
 * config/alertmanagers: the members of a cluster that alerts are posted to
 * (net/alertmanagers), as options name them.
 */
#ifndef CONFIG_ALERTMANAGERS_H
#define CONFIG_ALERTMANAGERS_H

#include "core/vec.h"
#include "net/alertmanagers.h"

/* --alertmanager, and --alertmanager-config: a file of http_config fields. */
struct alertmanager_options {
	VEC(const char *) url;
	const char *config;
	struct http_config http;	/* of that file, when opened */
	struct arena arena;
};

/* Their alertmanagers, on the loop.  NULL with *e.  o must outlive them. */
struct alertmanagers	*alertmanager_options_open(
			    struct alertmanager_options *o, struct loop *l,
			    alertmanagers_fn *report, void *arg,
			    struct err *e);
void	alertmanager_options_release(struct alertmanager_options *o);

#endif
