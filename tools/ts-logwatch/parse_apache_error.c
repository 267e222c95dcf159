/*
 * Apache's error log, 2.0 to 2.4:
 *	[Wed Jan 21 09:00:00.123456 2026] [module:level] [pid 1:tid 2]
 *	    (2)cause: [client 192.0.2.1:4711] AH00001: TEXT, referer: …
 */
#include "parser.h"
#include "scan.h"

static bool
add_level(struct event *ev, struct str text)
{
	ptrdiff_t colon = str_find_char(text, ':');

	if (colon == -1)
		return event_set_level(ev, text);
	event_add_str(ev, STR("apache.error.module"),
	    str_sub(text, 0, (size_t)colon));
	text = str_sub(text, (size_t)colon + 1, text.n);
	/* trace1 … trace8 */
	if (str_starts(text, STR("trace")))
		text = STR("trace");
	return event_set_level(ev, text) || text.n == 0;
}

static void
add_process(struct event *ev, struct scan *c)
{
	struct str id;

	if (scan_digits(c, &id))
		event_add_num(ev, STR("process.pid"), id);
	if (scan_text(c, STR(":tid ")) && scan_digits(c, &id))
		event_add_num(ev, STR("process.thread.id"), id);
	(void)scan_char(c, ']');
	scan_blanks(c);
}

/* 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1]:80 */
static void
add_client(struct event *ev, struct str text)
{
	struct str host = text;
	size_t i = text.n;

	if (!scan_is_address(text)) {
		while (i > 0 && text.p[i - 1] != ':')
			i--;
		if (i > 1)
			host = str_sub(text, 0, i - 1);
		if (host.n > 2 && host.p[0] == '[')
			host = str_sub(host, 1, host.n - 1);
		if (i > 1)
			event_add_num(ev, STR("source.port"),
			    str_sub(text, i, text.n));
	}
	event_add_str(ev, STR("source.address"), host);
	if (scan_is_address(host))
		event_add(ev, STR("source.ip"), VALUE_STR(host));
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 }, back;
	struct str when, level, client, cause;
	struct civil at;

	if (!scan_char(&c, '[') || !scan_until(&c, ']', &when))
		return false;
	/* Through syslog, which has the time itself, Apache leaves it out. */
	if (date_scan_ctime(when, &at) == when.n) {
		if (!scan_char(&c, ' ') || !scan_char(&c, '[') ||
		    !scan_until(&c, ']', &level) ||
		    !event_time_civil(ev, &s->dates, &at))
			return false;
	} else if (ev->has_time) {
		level = when;
	} else {
		return false;
	}
	if (!add_level(ev, level))
		return false;
	scan_blanks(&c);
	if (scan_text(&c, STR("[pid ")))
		add_process(ev, &c);
	back = c;
	/* (13)Permission denied: [client … */
	if (scan_char(&c, '(') && scan_until(&c, '[', &cause) &&
	    scan_text(&c, STR("client ")) && cause.n > 2 &&
	    str_ends(cause, STR(": ")))
		c.at -= sizeof("[client ") - 1;
	else
		c = back;
	if (scan_text(&c, STR("[client ")) || scan_text(&c, STR("[remote "))) {
		back = c;
		if (!scan_until(&c, ']', &client))
			return false;
		/* [[2001:db8::1]:80] */
		if (client.n > 0 && client.p[0] == '[') {
			struct str more;

			if (!scan_until(&c, ']', &more))
				return false;
			client = str_sub(back.s, back.at, c.at - 1);
		}
		add_client(ev, client);
		(void)scan_char(&c, ' ');
	}
	EVENT_MESSAGE(ev, scan_rest(&c));
	return true;
}

const struct parser parse_apache_error = {
	"apache_error", "Apache's error log", true, parse
};
