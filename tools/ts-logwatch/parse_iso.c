/*
 * What most programs write: a time, perhaps a level near it, a text.
 *	2026-01-21 09:00:00,123 ERROR db.pool - TEXT
 *	1768986000123 TEXT
 *	@4000000050d506482dbdf024 TEXT
 *	[Wed Jan 21 09:00:00 2026] TEXT
 * The words up to the level stay in the message unless they are the level.
 */
#include "container.h"
#include "parser.h"
#include "level.h"
#include "scan.h"

static bool
is_separator(char c)
{
	return c == ' ' || c == '\t' || c == ':' || c == '|' || c == ',' ||
	    c == '-' || c == ';';
}

static void
skip_separators(struct scan *c)
{
	while (!scan_end(c) && is_separator(c->s.p[c->at]))
		c->at++;
}

/* Some words are levels only where a level is expected. */
#define LEVEL_WORD_MIN	3

static bool
take_level(struct scan *c, struct event *ev)
{
	size_t from = c->at, at = from;
	char open = 0;
	struct str word;

	if (at < c->s.n && (c->s.p[at] == '[' || c->s.p[at] == '<' ||
	    c->s.p[at] == '('))
		open = c->s.p[at++];
	while (at < c->s.n && ((c->s.p[at] | 32) >= 'a') &&
	    ((c->s.p[at] | 32) <= 'z'))
		at++;
	word = str_sub(c->s, from + (open != 0), at);
	if (open != 0) {
		while (at < c->s.n && c->s.p[at] == ' ')
			at++;
		if (at == c->s.n || strchr("]>)", c->s.p[at]) == NULL)
			return false;
		at++;
	} else if (at < c->s.n && !is_separator(c->s.p[at])) {
		return false;
	}
	if (word.n < LEVEL_WORD_MIN || !event_set_level(ev, word))
		return false;
	c->at = at;
	skip_separators(c);
	return true;
}

/*
 * A time since the epoch, of ten digits to nineteen, in front of a text.  A
 * line that has nothing else is a number, and not to be lost.
 */
static size_t
scan_epoch(struct scan *c, struct event *ev)
{
	struct scan in = *c;
	struct instant at;
	struct str word;

	if (!scan_word(&in, &word))
		return 0;
	if (str_ends(word, STR(":")))
		word.n--;
	if (word.n < 10 || word.p[0] == '0' || !date_epoch(word, &at) ||
	    str_trim(scan_rest(&in)).n == 0)
		return 0;
	ev->time = at.ms;
	ev->time_ns = at.ns;
	ev->has_time = true;
	return word.n;
}

static size_t
scan_time(struct scan *c, struct source_state *s, struct event *ev)
{
	struct str rest = scan_rest(c);
	struct instant tai;
	struct civil at;
	size_t n;

	if ((n = date_scan_tai64n(rest, &tai)) > 0) {
		ev->time = tai.ms;
		ev->time_ns = tai.ns;
		ev->has_time = true;
		return n;
	}
	if (rest.n > 0 && rest.p[0] >= '0' && rest.p[0] <= '9') {
		if ((n = scan_epoch(c, ev)) > 0)
			return n;
		n = date_scan_iso(rest, &at);
		if (n < 8)
			n = date_scan_clf(rest, &at);
	} else {
		n = date_scan_ctime(rest, &at);
	}
	return n > 0 && event_time_civil(ev, &s->dates, &at) ? n : 0;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 };
	bool bracket = scan_char(&c, '[');
	size_t n = scan_time(&c, s, ev);

	if (n == 0)
		return false;
	c.at += n;
	if (bracket && !scan_char(&c, ']'))
		return false;
	if (!scan_end(&c) && !is_separator(c.s.p[c.at]))
		return false;
	skip_separators(&c);
	/* Containers have a format of their own. */
	if (!bracket && is_cri_tag(scan_rest(&c)))
		return false;
	(void)take_level(&c, ev);
	EVENT_MESSAGE(ev, scan_rest(&c));
	return true;
}

const struct parser parse_iso = {
	"iso", "a time, perhaps a level, a text", true, parse
};
