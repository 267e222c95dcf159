/*
 * notification: the alerts of one group on their way to one receiver; the
 * Alertmanager webhook v4 body and what ts-notify needs beside it.
 */
#ifndef MODEL_NOTIFICATION_H
#define MODEL_NOTIFICATION_H

#include "model/alert.h"

struct notification {
	struct str receiver;		/* plain name */
	struct str group_key, reason, external_url;
	struct str route;		/* ours: path through the route tree */
	const struct labels *group_labels, *common_labels, *common_annotations;
	const struct labels *route_labels;	/* NULL = none */
	const struct alert *alerts;	/* in alert_cmp order */
	size_t nalerts;
	uint64_t truncated;
	int64_t time;			/* ours: the flush, ms */
	int64_t repeat_interval_ms;	/* ours; 0 = never said */
	int64_t group_interval_ms;	/* ours; bounds the retries */
};

#endif
