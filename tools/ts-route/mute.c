/*
 * mute: why an alert is not told about.  In upstream's order: inhibition,
 * active_time_intervals, mute_time_intervals, silences.
 */
#include "router.h"

static bool
in_interval(const struct am_config *c, struct str name, int64_t now)
{
	const struct am_interval *i = am_config_interval(c, name);

	return i != NULL && time_intervals_contain(&i->intervals, now);
}

/* The first of the named intervals that holds `now`; NULL = none. */
static const struct str *
first_interval(const struct am_config *c, const struct ystrs *names,
    int64_t now)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (in_interval(c, names->p[i], now))
			return &names->p[i];
	return NULL;
}

/* The whole group is muted by the clock. */
static enum out
by_interval(const struct router *r, const struct am_route *route,
    int64_t now, struct out_why *why)
{
	const struct str *name;

	if (route->active_intervals.n &&
	    first_interval(r->config, &route->active_intervals, now) == NULL)
		return OUT_INACTIVE;
	name = first_interval(r->config, &route->mute_intervals, now);
	if (name == NULL)
		return OUT_SENT;
	why->interval = *name;
	return OUT_MUTED;
}

/* Looked up once per alert while the same silences are active. */
bool
router_silenced(struct router *r, struct entry *en, int64_t now,
    struct out_why *why)
{
	uint32_t version;
	size_t at = 0;

	if (r->silences.by_id.n == 0)
		return false;
	version = silences_version(&r->silences, now);
	if (en->silences_seen == version && !en->silenced)
		return false;
	do
		why->silence = silences_match(&r->silences, en->alert.labels,
		    now, &at);
	while (why->silence != NULL && why->silence->interval.n &&
	    !in_interval(r->config, why->silence->interval, now));
	en->silences_seen = version;
	en->silenced = why->silence != NULL;
	return en->silenced;
}

enum out
router_why(struct router *r, const struct group *g, struct entry *en,
    int64_t now, struct out_why *why)
{
	memset(why, 0, sizeof(*why));
	if (inhibitor_mutes(&r->inhibitor, en->alert.labels, now, &why->by))
		why->out = OUT_INHIBITED;
	else
		why->out = by_interval(r, g->route, now, why);
	if (why->out == OUT_SENT && router_silenced(r, en, now, why))
		why->out = OUT_SILENCED;
	return why->out;
}
