/*
 * time: the system's clock, its zone and its clock sources.
 */
#include "host.h"

#include <time.h>

#define CLOCKSOURCE	"devices/system/clocksource"

static void
put_clocksource(struct host *h, int device, struct str source)
{
	struct host_label l[] = {
		{ STR("clocksource"), source },
		{ STR("device"), arena_printf(&h->arena, "%d", device) },
	};

	host_sample(h, 1, l, 2);
}

/* The words of CLOCKSOURCE/clocksourceN/file, for N from 0. */
static int
clocksources(struct host *h, const char *file, struct str name,
    struct str help, struct err *e)
{
	struct str path, text, word;
	int device, rc = 1;

	host_family(h, name, "gauge", help);
	for (device = 0;; device++) {
		path = arena_printf(&h->arena, CLOCKSOURCE "/clocksource%d/%s",
		    device, file);
		if ((rc = host_read_sys(h, path.p, &text, e)) != 1)
			return rc;
		text = str_trim(text);
		while ((word = host_word(&text)).n)
			put_clocksource(h, device, word);
	}
}

int
host_time(struct host *h, struct err *e)
{
	struct timespec ts;
	struct tm tm;

	if (clocksources(h, "available_clocksource",
	    STR("node_time_clocksource_available_info"), STR("Available "
	    "clocksources read from '/sys/devices/system/clocksource'."),
	    e) == -1)
		return -1;
	if (clocksources(h, "current_clocksource",
	    STR("node_time_clocksource_current_info"), STR("Current "
	    "clocksource read from '/sys/devices/system/clocksource'."),
	    e) == -1)
		return -1;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	host_single(h, "node_time_seconds", "gauge",
	    "System time in seconds since epoch (1970).",
	    (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
	if (localtime_r(&ts.tv_sec, &tm) == NULL)
		return err_sys(e, "localtime");
	host_family(h, STR("node_time_zone_offset_seconds"), "gauge",
	    STR("System time zone offset in seconds."));
	host_sample1(h, (double)tm.tm_gmtoff, "time_zone", str_of(tm.tm_zone));
	return 1;
}
