/*
 * alert: what ts-eval says and ts-route routes; the Alertmanager v2 postable
 * alert.  Times in ms; 0 = not given.
 */
#ifndef MODEL_ALERT_H
#define MODEL_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/labels.h"

struct alert {
	const struct labels *labels, *annotations;
	int64_t starts_at, ends_at;
	int64_t updated_at;	/* when we took it in */
	bool timeout;		/* ends_at came from resolve_timeout */
	struct str generator_url;
	struct str state;	/* ours: "pending", "firing", "inactive"; or empty */
	struct str value;	/* ours: the number as text; or empty */
};

/* Resolved at `now`: ends_at is set and not after it. */
static inline bool
alert_resolved_at(const struct alert *a, int64_t now)
{
	return a->ends_at != 0 && a->ends_at <= now;
}

/* The order of every payload: reference/alertmanager.md d.2. */
int	alert_cmp(const struct alert *a, const struct alert *b);

/* n of them, into that order; scratch memory from a. */
void	alert_sort(struct alert *v, size_t n, struct arena *a);

#endif
