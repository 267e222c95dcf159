#include "core/dur.h"
#include "core/num.h"
#include "wire/internal.h"

/* Beats and Logstash write RFC 3339, some shippers ms since the epoch. */
int
event_read(const struct decode *d, const struct members *m,
    struct wire_rec *out)
{
	const struct member *at = members_find(m, STR("@timestamp"));
	int64_t *ms = &out->u.event.time;
	struct str s;

	if (num_parse_i64(at->value, INT64_MIN, INT64_MAX, ms))
		return 0;
	if (string_read(d, at->value, &s) == -1)
		return -1;
	if (!time_parse_rfc3339(s, ms))
		return wrong(d, at->value, "'@timestamp': expected a time "
		    "like 2026-01-21T09:00:00Z");
	return 0;
}
