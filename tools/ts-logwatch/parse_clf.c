/*
 * Access logs of web servers: common, combined, and what is put behind:
 *	ADDRESS IDENT USER [TIME] "METHOD URL HTTP/VERSION" STATUS BYTES
 *	    ["REFERRER" "AGENT" ["FORWARDED FOR"] [key=value …| seconds]]
 * with a virtual host in front, when there is one.
 */
#include "core/num.h"
#include "parser.h"
#include "scan.h"

#define STAMP	26	/* "21/Jan/2026:09:00:00 +0100" */
#define MINUTE	18	/* "21/Jan/2026:09:00:" */
#define ZONE	20	/* where the zone begins */

static struct str
plain(struct str s, bool escaped, struct event *ev)
{
	return escaped ? scan_unescape(s, ev->arena) : s;
}

/* "GET /x HTTP/1.1"; anything else is kept whole. */
static void
add_request(struct event *ev, struct str request)
{
	struct str method, rest = str_cut(request, ' ', &method), url;
	ptrdiff_t last;

	if (rest.p == NULL || rest.n == 0) {
		event_add_str(ev, STR("http.request.raw"), request);
		return;
	}
	url = rest;
	for (last = (ptrdiff_t)rest.n - 1; last >= 0; last--)
		if (rest.p[last] == ' ')
			break;
	if (last >= 0 && str_starts(str_sub(rest, (size_t)last + 1, rest.n),
	    STR("HTTP/"))) {
		url = str_sub(rest, 0, (size_t)last);
		event_add_str(ev, STR("http.version"), str_sub(rest,
		    (size_t)last + 6, rest.n));
	}
	event_add(ev, STR("http.request.method"), VALUE_STR(method));
	event_add(ev, STR("url.original"), VALUE_STR(url));
}

/* 0.005 is 5000000, without the detour of a double. */
static bool
whole_ns(struct str s, int64_t *out)
{
	struct scan c = { s, 0 };
	struct str whole, fraction = STR_NONE;
	size_t i;

	if (!scan_digits(&c, &whole) || whole.n > 9)
		return false;
	if (scan_char(&c, '.') && !scan_digits(&c, &fraction))
		return false;
	if (!scan_end(&c) || fraction.n > 9)
		return false;
	for (*out = 0, i = 0; i < whole.n; i++)
		*out = 10 * *out + whole.p[i] - '0';
	for (i = 0; i < 9; i++)
		*out = 10 * *out + (i < fraction.n ? fraction.p[i] - '0' : 0);
	return true;
}

/* Seconds as text to event.duration in ns. */
static void
add_seconds(struct event *ev, struct str name, struct str text)
{
	int64_t ns;
	double s;

	if (whole_ns(text, &ns))
		event_add_int(ev, name, ns);
	else if (num_parse_double(text, &s) && s >= 0 && s < 1e9)
		event_add_int(ev, name, (int64_t)(s * 1e9 + 0.5));
}

static void
add_pair(struct event *ev, struct str key, struct str value)
{
	if (str_eq(key, STR("request_time")) || str_eq(key, STR("rt")))
		add_seconds(ev, STR("event.duration"), value);
	else
		event_add_str(ev, arena_printf(ev->arena, "nginx.access."
		    STR_FMT, STR_ARG(key)), value);
}

/* What stands behind the agent. */
static void
add_extras(struct event *ev, struct scan *c)
{
	struct str word, value;
	bool escaped, bare = false;
	ptrdiff_t eq;

	for (;;) {
		scan_blanks(c);
		escaped = false;
		if (scan_quoted(c, &value, &escaped)) {
			event_add_str(ev, STR("network.forwarded_ip"),
			    plain(value, escaped, ev));
			continue;
		}
		if (!scan_word(c, &word))
			return;
		eq = str_find_char(word, '=');
		if (eq > 0 && (size_t)eq + 1 < word.n &&
		    word.p[eq + 1] == '"') {
			/* key="a value with blanks" */
			c->at -= word.n - (size_t)eq - 1;
			if (!scan_quoted(c, &value, &escaped))
				return;
			add_pair(ev, str_sub(word, 0, (size_t)eq),
			    plain(value, escaped, ev));
		} else if (eq > 0) {
			add_pair(ev, str_sub(word, 0, (size_t)eq),
			    str_sub(word, (size_t)eq + 1, word.n));
		} else if (!bare) {
			add_seconds(ev, STR("event.duration"), word);
			bare = true;
		}
	}
}

/* ADDRESS IDENT USER [; a user may hold blanks. */
static bool
scan_client(struct scan *c, struct event *ev, struct str *when)
{
	struct str first, ident, user;
	size_t from, end;

	if (!scan_word(c, &first) || !scan_char(c, ' '))
		return false;
	from = c->at;
	if (!scan_word(c, &ident) || !scan_char(c, ' '))
		return false;
	/* vhost:port ADDRESS IDENT USER */
	if (ident.n > 6 && scan_is_address(ident) &&
	    !scan_is_address(first)) {
		event_add_str(ev, STR("url.domain"), first);
		first = ident;
		from = c->at;
		if (!scan_word(c, &ident) || !scan_char(c, ' '))
			return false;
	}
	end = c->at;
	while (end < c->s.n && c->s.p[end] != '[')
		end++;
	if (end == c->s.n || end < from + 4 || c->s.p[end - 1] != ' ')
		return false;
	user = str_trim(str_sub(c->s, c->at, end - 1));
	c->at = end + 1;
	if (!scan_until(c, ']', when) || !scan_char(c, ' '))
		return false;
	event_add(ev, STR("source.address"), VALUE_STR(first));
	if (scan_is_address(first))
		event_add(ev, STR("source.ip"), VALUE_STR(first));
	event_add_str(ev, STR("http.identity"), ident);
	event_add_str(ev, STR("user.name"), user);
	return true;
}

static bool
read_time(struct source_state *s, struct event *ev, struct str when)
{
	struct civil at;

	if (when.n == STAMP && memcmp(when.p, s->stamp, MINUTE) == 0 &&
	    memcmp(when.p + ZONE, s->stamp + ZONE, STAMP - ZONE) == 0 &&
	    is_second(when.p + MINUTE)) {
		event_time_second(ev, s, when.p + MINUTE);
		return true;
	}
	if (date_scan_clf(when, &at) == 0 ||
	    !event_time_civil(ev, &s->dates, &at))
		return false;
	if (when.n == STAMP && at.offset != DATE_MISSING && at.ns == 0) {
		memcpy(s->stamp, when.p, STAMP);
		s->minute = ev->time - at.second * 1000;
	}
	return true;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 };
	struct str when, request, status, bytes, value;
	bool escaped = false;

	if (ev->line.n < 20 || !scan_client(&c, ev, &when) ||
	    !scan_quoted(&c, &request, &escaped) || !scan_char(&c, ' ') ||
	    !scan_digits(&c, &status) || status.n != 3 ||
	    !read_time(s, ev, when))
		return false;
	add_request(ev, plain(request, escaped, ev));
	event_add(ev, STR("http.response.status_code"),
	    (struct value){ VAL_NUM, status });
	if (scan_char(&c, ' ') && scan_word(&c, &bytes))
		event_add_num(ev, STR("http.response.body.bytes"), bytes);
	scan_blanks(&c);
	escaped = false;
	if (scan_quoted(&c, &value, &escaped)) {
		event_add_str(ev, STR("http.request.referrer"),
		    plain(value, escaped, ev));
		scan_blanks(&c);
		escaped = false;
		if (scan_quoted(&c, &value, &escaped))
			event_add_str(ev, STR("user_agent.original"),
			    plain(value, escaped, ev));
	}
	add_extras(ev, &c);
	EVENT_MESSAGE(ev, ev->line);
	return true;
}

const struct parser parse_clf = {
	"clf", "access logs: common, combined, nginx", true, parse
};
