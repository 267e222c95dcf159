/*
 * syslog, RFC 3164 as it is found in files and on sockets:
 *	[<PRI>]TIME HOST TAG[PID]: MESSAGE
 * TIME is "Jan 21 09:00:00" or RFC 3339 (rsyslog's default since Debian 12).
 */
#include "core/num.h"
#include "level.h"
#include "parser.h"
#include "scan.h"

/* <PRI>, and <facility.severity> of BSD's syslogd -v. */
static bool
scan_pri(struct scan *c, struct event *ev)
{
	struct str text;
	int64_t pri;

	if (!scan_char(c, '<'))
		return true;
	if (!scan_until(c, '>', &text) ||
	    !num_parse_i64(text, 0, 191, &pri))
		return false;
	event_add_num(ev, STR("log.syslog.priority"), text);
	event_add_int(ev, STR("log.syslog.facility.code"), pri / 8);
	event_add_int(ev, STR("log.syslog.severity.code"), pri % 8);
	ev->level = level_of_syslog((int)(pri % 8));
	return true;
}

static bool
scan_time(struct scan *c, struct source_state *s, struct event *ev,
    bool *iso)
{
	struct str rest = scan_rest(c);
	struct civil at;
	size_t n = date_scan_syslog(rest, &at);

	if (n == 0) {
		n = date_scan_iso(rest, &at);
		/* A date alone, or with a blank inside, is another format. */
		if (n < 19 || rest.p[10] != 'T' || (n > 19 &&
		    rest.p[19] == ','))
			return false;
		*iso = true;
	}
	c->at += n;
	return scan_char(c, ' ') && event_time_civil(ev, &s->dates, &at);
}

static bool
is_tag_end(char c)
{
	return c == '[' || c == ':' || c == ' ';
}

/* TAG[PID]: and what follows; false when there is no tag. */
static bool
scan_tag(struct scan *c, struct str *tag, struct str *pid)
{
	size_t from = c->at, at = from;

	*pid = STR_NONE;
	while (at < c->s.n && !is_tag_end(c->s.p[at]))
		at++;
	*tag = str_sub(c->s, from, at);
	if (tag->n == 0 || at == c->s.n)
		return false;
	c->at = at;
	if (scan_char(c, '[') && !scan_until(c, ']', pid)) {
		c->at = from;
		return false;
	}
	if (!scan_char(c, ':')) {
		c->at = from;
		return false;
	}
	(void)scan_char(c, ' ');
	return true;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 }, back;
	struct str host, tag, pid;
	bool iso = false;

	if (ev->line.n < 16 || !scan_pri(&c, ev) ||
	    !scan_time(&c, s, ev, &iso))
		return false;
	scan_blanks(&c);
	back = c;
	/* The host may be missing: then the first word ends in a colon. */
	if (scan_tag(&c, &tag, &pid)) {
		host = STR_NONE;
	} else {
		c = back;
		if (!scan_word(&c, &host) || !scan_char(&c, ' '))
			return false;
		/* Cisco writes ": %ASA-…" behind host or time. */
		scan_blanks(&c);
		(void)scan_text(&c, STR(": "));
		if (!scan_tag(&c, &tag, &pid)) {
			/* "2026-01-21T09:00:00Z INFO text" is not syslog. */
			if (iso && ev->level == NULL)
				return false;
			tag = STR_NONE;
		}
	}
	event_add_str(ev, STR("host.hostname"), host);
	event_add_str(ev, STR("process.name"), tag);
	if (pid.n > 0)
		event_add_num(ev, STR("process.pid"), pid);
	EVENT_MESSAGE(ev, scan_rest(&c));
	return true;
}

const struct parser parse_syslog = {
	"syslog", "syslog files and RFC 3164", true, parse
};
