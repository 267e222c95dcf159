/*
 * check_status: names and order.
 */
#include "check_status.h"

/* An unhealthy check is worse news than one that could not be made. */
static const struct {
	const char *name, *plugin;
	int rank;
} statuses[] = {
	[CHECK_OK] = { "healthy", "OK", 0 },
	[CHECK_WARN] = { "warning", "WARNING", 1 },
	[CHECK_FAIL] = { "unhealthy", "CRITICAL", 3 },
	[CHECK_UNKNOWN] = { "unknown", "UNKNOWN", 2 },
};

const char *
check_status_name(enum check_status s)
{
	return statuses[s].name;
}

const char *
check_status_plugin(enum check_status s)
{
	return statuses[s].plugin;
}

bool
check_status_parse(struct str name, enum check_status *out)
{
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (str_eq(name, str_of(statuses[i].name))) {
			*out = (enum check_status)i;
			return true;
		}
	return false;
}

enum check_status
check_status_worse(enum check_status a, enum check_status b)
{
	return statuses[a].rank >= statuses[b].rank ? a : b;
}

enum check_status
range_status(const struct range *warn, const struct range *crit, double v)
{
	if (range_alert(crit, v))
		return CHECK_FAIL;
	return range_alert(warn, v) ? CHECK_WARN : CHECK_OK;
}
