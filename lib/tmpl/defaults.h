/*
 * tmpl/defaults: the templates that receivers use when their fields say
 * nothing, under the names that Alertmanager gives them, so that people's
 * own templates can call and replace them.
 */
#ifndef TMPL_DEFAULTS_H
#define TMPL_DEFAULTS_H

#include "tmpl/tmpl.h"

/* Define them in s. */
int	tmpl_defaults(struct tmpl_set *s, struct err *e);

#endif
