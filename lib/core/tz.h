/*
 * tz: zones of the system's tz database (TZif files, RFC 8536), without the
 * process-wide state of tzset(3).
 */
#ifndef CORE_TZ_H
#define CORE_TZ_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

struct tz;	/* transition table of a zone */

/*
 * "Europe/Berlin", "UTC", "Local" (that of the system); *out NULL is UTC.
 * -1 with *e when there is no such zone.
 */
int	tz_load(struct str name, struct arena *a, const struct tz **out,
	    struct err *e);

/* So many seconds east of UTC, always. */
const struct tz	*tz_fixed(int64_t offset, struct arena *a);

/* Seconds east of UTC at an instant. */
int64_t	tz_offset(const struct tz *z, int64_t unix_s);

/* The abbreviation in use at an instant: "CET", "UTC". */
struct str	tz_abbreviation(const struct tz *z, int64_t unix_s);

#endif
