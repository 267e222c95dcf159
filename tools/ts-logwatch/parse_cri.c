/*
 * What the engines under Kubernetes write of a container:
 *	2026-01-21T09:00:00.123456789Z stdout F TEXT
 * P instead of F: the line goes on in a later record of the same stream.
 */
#include "container.h"
#include "parser.h"

static bool
parse(struct source_state *s, struct event *ev)
{
	static const struct str names[] = { [STREAM_OUT] = STR("stdout"),
	    [STREAM_ERR] = STR("stderr") };
	struct piece p;
	struct civil at;
	size_t n;

	if (ev->line.n < 20 || ev->line.p[0] < '0' || ev->line.p[0] > '9' ||
	    !piece_cri(ev->line, ev->arena, &p))
		return false;
	n = date_scan_iso(ev->line, &at);
	if (n == 0 || n + sizeof(" stdout ") - 1 != p.tag ||
	    !event_time_civil(ev, &s->dates, &at))
		return false;
	event_add(ev, STR("stream"), VALUE_STR(names[p.stream]));
	EVENT_MESSAGE(ev, str_sub(ev->line, p.from, p.to));
	if (p.more)
		ev->flags |= LINE_PARTIAL;
	return true;
}

const struct parser parse_cri = {
	"cri", "containers as Kubernetes has them", true, parse
};
