/*
 * syslog, RFC 5424:
 *	<PRI>1 TIME HOST APP PROCID MSGID STRUCTURED-DATA MESSAGE
 * with the length in front that RFC 6587 puts there on TCP.
 */
#include "core/num.h"
#include "level.h"
#include "parser.h"
#include "scan.h"

#define BOM	"\xef\xbb\xbf"

static struct str
param_name(struct str id, struct str key, struct arena *a)
{
	char *p;
	struct str s = arena_printf(a, "log.syslog.structured_data."
	    STR_FMT "." STR_FMT, STR_ARG(id), STR_ARG(key));
	size_t from = sizeof("log.syslog.structured_data.") - 1;

	/* exampleSDID@32473 may hold dots; they do not nest. */
	p = (char *)(uintptr_t)s.p;
	for (; from < s.n; from++)
		if (p[from] == '.' && from != s.n - key.n - 1)
			p[from] = NAME_DOT;
	return s;
}

/* [id key="value" …] one after the other, or "-". */
static bool
scan_data(struct scan *c, struct event *ev)
{
	struct str id, key, value;
	bool escaped;

	if (scan_char(c, '-'))
		return true;
	while (scan_char(c, '[')) {
		size_t from = c->at;

		while (!scan_end(c) && c->s.p[c->at] != ' ' &&
		    c->s.p[c->at] != ']')
			c->at++;
		id = str_sub(c->s, from, c->at);
		while (!scan_char(c, ']')) {
			escaped = false;
			if (!scan_char(c, ' ') || !scan_until(c, '=', &key) ||
			    !scan_quoted(c, &value, &escaped))
				return false;
			if (escaped)
				value = scan_unescape(value, ev->arena);
			event_add(ev, param_name(id, key, ev->arena),
			    VALUE_STR(value));
		}
	}
	return true;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	static const struct str name[] = { STR("host.hostname"),
	    STR("process.name"), STR("process.pid"),
	    STR("log.syslog.msgid") };
	struct scan c = { ev->line, 0 };
	struct str text, word;
	struct civil at;
	int64_t pri;
	size_t i;

	if (scan_digits(&c, &text) && !scan_char(&c, ' '))
		return false;
	if (!scan_char(&c, '<') || !scan_until(&c, '>', &text) ||
	    !num_parse_i64(text, 0, 191, &pri) || !scan_digits(&c, &word) ||
	    !scan_char(&c, ' '))
		return false;
	event_add_num(ev, STR("log.syslog.priority"), text);
	event_add_int(ev, STR("log.syslog.facility.code"), pri / 8);
	event_add_int(ev, STR("log.syslog.severity.code"), pri % 8);
	event_add_num(ev, STR("log.syslog.version"), word);
	ev->level = level_of_syslog((int)(pri % 8));
	if (!scan_word(&c, &word) || !scan_char(&c, ' '))
		return false;
	if (!str_eq(word, STR("-")) && (date_scan_iso(word, &at) != word.n ||
	    !event_time_civil(ev, &s->dates, &at)))
		return false;
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (!scan_word(&c, &word) || !scan_char(&c, ' '))
			return false;
		if (i == 2)
			event_add_num(ev, name[i], word);
		else
			event_add_str(ev, name[i], word);
	}
	scan_blanks(&c);
	if (!scan_data(&c, ev))
		return false;
	(void)scan_char(&c, ' ');
	(void)scan_text(&c, STR(BOM));
	EVENT_MESSAGE(ev, scan_rest(&c));
	return true;
}

const struct parser parse_syslog5424 = {
	"syslog5424", "RFC 5424", true, parse
};
