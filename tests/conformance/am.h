/*
 * am: what the am-* conformance programs share.
 */
#ifndef CONF_AM_H
#define CONF_AM_H

#include <jansson.h>

#include "config/am.h"

/* {"a":"b"} as a label set. */
const struct labels	*am_labels(struct labels_table *t, const json_t *o);

/* An alertmanager.yml from its text. */
struct am_config	*am_config_text(struct str text, struct arena *a,
			    struct err *e);

/* The compact JSON of v, in a. */
struct str		 am_json(const json_t *v, struct arena *a);

#endif
