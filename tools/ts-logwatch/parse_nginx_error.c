/*
 * nginx's error log:
 *	2026/01/21 09:00:00 [error] 12#34: *56 TEXT, client: A, server: S,
 *	    request: "GET / HTTP/1.1", upstream: "…", host: "…", referrer: "…"
 */
#include "parser.h"
#include "scan.h"

static const struct { struct str label, name; bool quoted; } parts[] = {
	{ STR(", client: "), STR("source.address"), false },
	{ STR(", server: "), STR("nginx.error.server"), false },
	{ STR(", request: "), STR("http.request.raw"), true },
	{ STR(", upstream: "), STR("nginx.error.upstream"), true },
	{ STR(", host: "), STR("url.domain"), true },
	{ STR(", referrer: "), STR("http.request.referrer"), true },
};
#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

/*
 * nginx puts the parts behind the text, in this order, and the client first;
 * a text that holds ", client: " itself cannot hide the true one, which is
 * the last with nothing but known parts behind it.
 */
static bool
scan_parts(struct str tail, struct event *ev)
{
	struct scan c = { tail, 0 };
	struct str value;
	bool escaped = false;
	size_t i, from;

	for (i = 0; i < NPARTS; i++) {
		if (!scan_text(&c, parts[i].label))
			continue;
		from = c.at;
		if (parts[i].quoted) {
			if (!scan_quoted(&c, &value, &escaped))
				return false;
		} else {
			while (!scan_end(&c) && c.s.p[c.at] != ',')
				c.at++;
			value = str_sub(c.s, from, c.at);
		}
		event_add_str(ev, parts[i].name, value);
		if (i == 0 && scan_is_address(value))
			event_add(ev, STR("source.ip"), VALUE_STR(value));
	}
	return scan_end(&c);
}

static struct str
split_parts(struct str text, struct event *ev)
{
	size_t had = ev->nfields, at = text.n;

	while (at-- > 0) {
		if (text.p[at] != ',' || !str_starts(str_sub(text, at,
		    text.n), parts[0].label))
			continue;
		if (scan_parts(str_sub(text, at, text.n), ev))
			return str_sub(text, 0, at);
		ev->nfields = had;
	}
	return text;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 };
	struct str level, pid, tid, connection;
	struct civil at;

	if (ev->line.n < 26 || ev->line.p[4] != '/')
		return false;
	c.at = date_scan_iso(ev->line, &at);
	if (c.at < 19 || !scan_text(&c, STR(" [")) ||
	    !scan_until(&c, ']', &level) || !scan_char(&c, ' ') ||
	    !scan_digits(&c, &pid) || !scan_char(&c, '#') ||
	    !scan_digits(&c, &tid) || !scan_text(&c, STR(": ")) ||
	    !event_time_civil(ev, &s->dates, &at) ||
	    !event_set_level(ev, level))
		return false;
	event_add_num(ev, STR("process.pid"), pid);
	event_add_num(ev, STR("process.thread.id"), tid);
	if (scan_char(&c, '*') && scan_digits(&c, &connection) &&
	    scan_char(&c, ' '))
		event_add_num(ev, STR("nginx.error.connection_id"),
		    connection);
	EVENT_MESSAGE(ev, split_parts(scan_rest(&c), ev));
	return true;
}

const struct parser parse_nginx_error = {
	"nginx_error", "nginx's error log", true, parse
};
