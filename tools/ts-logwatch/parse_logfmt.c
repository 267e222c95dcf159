/*
 * logfmt:	time=2026-01-21T09:00:00Z level=info msg="it is up" n=3
 * A key alone is true.  Automatic detection wants two pairs and no word that
 * is not one, so that prose with a '=' in it stays text.
 */
#include "members.h"
#include "parser.h"
#include "scan.h"

static bool
is_key(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c <= ' ' || c == '"' || c == '\\' || c == '[' ||
		    c == ']' || c == '(' || c == ')' || c == ';' || c == ',')
			return false;
	}
	return s.n > 0 && s.n <= 128;
}

static bool
scan_value(struct scan *c, struct event *ev, struct value *v)
{
	bool escaped = false;
	struct str text;

	if (!scan_end(c) && c->s.p[c->at] == '"') {
		if (!scan_quoted(c, &text, &escaped))
			return false;
		*v = VALUE_STR(escaped ? scan_unescape(text, ev->arena) :
		    text);
		return scan_end(c) || c->s.p[c->at] == ' ' ||
		    c->s.p[c->at] == '\t';
	}
	(void)scan_word(c, &text);
	if (str_eq(text, STR("true")) || str_eq(text, STR("false")))
		*v = (struct value){ VAL_BOOL, text };
	else if (json_number(text))
		*v = (struct value){ VAL_NUM, text };
	else
		*v = VALUE_STR(text);
	return true;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 };
	size_t pairs = 0, words = 0, from;
	struct value v;
	struct str key;

	for (scan_blanks(&c); !scan_end(&c); scan_blanks(&c)) {
		from = c.at;
		while (!scan_end(&c) && c.s.p[c.at] != '=' &&
		    c.s.p[c.at] != ' ')
			c.at++;
		key = str_sub(c.s, from, c.at);
		if (!is_key(key))
			return false;
		if (scan_char(&c, '=')) {
			pairs++;
			if (!scan_value(&c, ev, &v))
				return false;
		} else {
			words++;
			v = (struct value){ VAL_BOOL, STR("true") };
		}
		event_add(ev, member_name(key, ev->arena), v);
	}
	if (pairs < 2 || words > pairs)
		return false;
	members_done(s, ev);
	if (ev->message.kind == VAL_NONE)
		EVENT_MESSAGE(ev, ev->line);
	return true;
}

const struct parser parse_logfmt = {
	"logfmt", "key=value pairs", true, parse
};
