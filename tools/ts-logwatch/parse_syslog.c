/*
 * syslog, RFC 3164 as it is found in files and on sockets:
 *	[<PRI>]TIME HOST TAG[PID]: MESSAGE
 * TIME is "Jan 21 09:00:00" or RFC 3339 (rsyslog's default since Debian 12).
 */
#include "core/num.h"
#include "level.h"
#include "parser.h"
#include "scan.h"

#define STAMP	15	/* "Jan 21 09:00:00" */
#define MINUTE	13	/* "Jan 21 09:00:" */

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

/* "Jan 21 09:00:07 ", in the minute of the line before. */
static bool
same_minute(struct str rest, const struct source_state *s)
{
	return rest.n > STAMP && memcmp(rest.p, s->stamp, MINUTE) == 0 &&
	    is_second(rest.p + MINUTE) && rest.p[STAMP] == ' ';
}

static bool
scan_time(struct scan *c, struct source_state *s, struct event *ev,
    bool *iso, bool *blank)
{
	struct str rest = scan_rest(c);
	struct civil at;
	size_t n;

	if (same_minute(rest, s)) {
		event_time_second(ev, s, rest.p + MINUTE);
		c->at += STAMP + 1;
		return true;
	}
	n = date_scan_syslog(rest, &at);
	if (n == 0) {
		n = date_scan_iso(rest, &at);
		/* A date alone, or with a blank inside, is another format. */
		if (n < 19 || (n > 19 && rest.p[19] == ','))
			return false;
		*iso = true;
		*blank = rest.p[10] == ' ';
	}
	c->at += n;
	if (!scan_char(c, ' ') || !event_time_civil(ev, &s->dates, &at))
		return false;
	if (n == STAMP) {
		memcpy(s->stamp, rest.p, MINUTE);
		s->minute = ev->time - at.second * 1000;
	}
	return true;
}

/* auth.info, as BusyBox and socklog put it in front. */
static bool
is_priority(struct str s)
{
	static const char *const facilities[] = { "kern", "user", "mail",
	    "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
	    "authpriv", "ftp", "local0", "local1", "local2", "local3",
	    "local4", "local5", "local6", "local7" };
	struct str head, tail = str_cut(s, '.', &head);
	size_t i;

	if (tail.p == NULL || level_find(tail) == NULL)
		return false;
	for (i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (str_eq(head, str_of(facilities[i])))
			return true;
	return false;
}

static inline bool
is_tag_end(char c)
{
	static const bool ends[256] = { ['['] = true, [':'] = true,
	    [' '] = true };

	return ends[(unsigned char)c];
}

/* "auth.info " in "vps auth.info sshd[1]: …" */
static bool
scan_priority(struct scan *c)
{
	struct scan back = *c;
	struct str word;

	if (scan_word(c, &word) && is_priority(word) && scan_char(c, ' '))
		return true;
	*c = back;
	return false;
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

/* What writes to syslog in a format of its own; NULL. */
static const struct parser *
inner_parser(struct str tag)
{
	static const struct { struct str tag; const struct parser *parser; }
	inner[] = {
		{ STR("nginx"), &parse_nginx_error },
		{ STR("apache2"), &parse_apache_error },
		{ STR("httpd"), &parse_apache_error },
	};
	size_t i;

	for (i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
		if (tag.p[0] == inner[i].tag.p[0] &&
		    str_starts(tag, inner[i].tag))
			return inner[i].parser;
	return NULL;
}

/* With all of its prefix, or without the time. */
static void
parse_inner(const struct parser *p, struct source_state *s, struct event *ev)
{
	const struct level *level = ev->level;
	struct str line = ev->line, level_text = ev->level_text;
	struct value message = ev->message;
	int64_t time = ev->time;
	uint32_t time_ns = ev->time_ns;
	size_t nfields = ev->nfields;

	ev->line = value_text(message);
	if (!p->parse(s, ev)) {
		ev->nfields = nfields;
		ev->message = message;
		ev->level = level;
		ev->level_text = level_text;
	}
	ev->line = line;
	ev->time = time;
	ev->time_ns = time_ns;
}

/* Bytes of a host or a tag that end neither and mean nothing else. */
static struct str
plain_run(const char **at, const char *end)
{
#define TEN(c)	[c] = true, [c + 1] = true, [c + 2] = true, [c + 3] = true, \
	[c + 4] = true, [c + 5] = true, [c + 6] = true, [c + 7] = true, \
	[c + 8] = true, [c + 9] = true
	static const bool plain[256] = { TEN('0'), TEN('A'), TEN('K'),
	    ['U'] = true, ['V'] = true, ['W'] = true, ['X'] = true,
	    ['Y'] = true, ['Z'] = true, TEN('a'), TEN('k'), ['u'] = true,
	    ['v'] = true, ['w'] = true, ['x'] = true, ['y'] = true,
	    ['z'] = true, ['.'] = true, ['-'] = true, ['_'] = true };
#undef TEN
	const char *from = *at, *p = from;

	while (p < end && plain[(unsigned char)*p])
		p++;
	*at = p;
	return (struct str){ from, (size_t)(p - from) };
}

/* The fields; the message is known. */
static bool
put_header(struct source_state *s, struct event *ev, struct str host,
    struct str tag, struct str pid)
{
	const struct parser *inner = tag.n > 0 ? inner_parser(tag) : NULL;

	event_add_str(ev, STR("host.hostname"), host);
	event_add_str(ev, STR("process.name"), tag);
	if (pid.n > 0)
		event_add_num(ev, STR("process.pid"), pid);
	if (inner != NULL)
		parse_inner(inner, s, ev);
	return true;
}

/*
 * "Jan 21 09:00:07 HOST TAG[PID]: ", as nearly every line begins; false, and
 * nothing done, when this one needs a closer look.
 */
static bool
parse_usual(struct source_state *s, struct event *ev)
{
	const char *p = ev->line.p + STAMP + 1;
	const char *end = ev->line.p + ev->line.n;
	struct str host, tag, pid;

	if (!same_minute(ev->line, s))
		return false;
	host = plain_run(&p, end);
	if (host.n == 0 || p == end || *p++ != ' ')
		return false;
	tag = plain_run(&p, end);
	if (tag.n == 0 || p == end || *p++ != '[')
		return false;
	pid = plain_run(&p, end);
	if (pid.n == 0 || end - p < 3 || memcmp(p, "]: ", 3) != 0)
		return false;
	event_time_second(ev, s, ev->line.p + MINUTE);
	p += 3;
	EVENT_MESSAGE(ev, ((struct str){ p, (size_t)(end - p) }));
	return put_header(s, ev, host, tag, pid);
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 }, back;
	struct str host, tag, pid;
	bool iso = false, blank = false;

	if (parse_usual(s, ev))
		return true;
	if (ev->line.n < 16 || !scan_pri(&c, ev) ||
	    !scan_time(&c, s, ev, &iso, &blank))
		return false;
	scan_blanks(&c);
	/* BSD's <facility.severity> */
	if (!scan_end(&c) && c.s.p[c.at] == '<' && scan_until(&c, '>', &tag))
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
		if (!scan_tag(&c, &tag, &pid) && (!scan_priority(&c) ||
		    !scan_tag(&c, &tag, &pid))) {
			/* "2026-01-21T09:00:00Z INFO text" is not syslog. */
			if (iso && ev->level == NULL)
				return false;
			tag = STR_NONE;
			/* "[sshd] text" */
			if (host.n > 2 && host.p[0] == '[' &&
			    host.p[host.n - 1] == ']') {
				tag = str_sub(host, 1, host.n - 1);
				host = STR_NONE;
			}
		}
	}
	/* Without the T it takes more to be syslog: tag[pid]. */
	if (blank && (pid.n == 0 || host.n == 0))
		return false;
	/* "auth.info: [Jan 21 09:00:00 ]sshd[1]: text" of socklog */
	if (host.n == 0 && is_priority(tag)) {
		struct civil again;
		size_t n = date_scan_syslog(scan_rest(&c), &again);

		c.at += n;
		scan_blanks(&c);
		if (!scan_tag(&c, &tag, &pid))
			tag = STR_NONE;
		scan_blanks(&c);
	}
	EVENT_MESSAGE(ev, scan_rest(&c));
	return put_header(s, ev, host, tag, pid);
}

const struct parser parse_syslog = {
	"syslog", "syslog files and RFC 3164", true, parse
};
