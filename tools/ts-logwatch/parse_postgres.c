/*
 * PostgreSQL's log with the usual prefixes (log_line_prefix):
 *	%m [%p]			2026-01-21 09:00:00.123 UTC [12] LOG:  TEXT
 *	%m [%p] %q%u@%d		… [12] user@database ERROR:  TEXT
 *	%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h
 *	%t:%r:%u@%d:[%p]:	… UTC:192.0.2.1(5000):user@database:[12]:LOG:  TEXT
 * and csvlog (jsonlog is JSON).
 */
#include "level.h"
#include "parser.h"
#include "scan.h"

static const struct { struct str word; const char *level; } severities[] = {
	{ STR("LOG"), "info" }, { STR("ERROR"), "error" },
	{ STR("FATAL"), "fatal" }, { STR("PANIC"), "panic" },
	{ STR("WARNING"), "warning" }, { STR("NOTICE"), "notice" },
	{ STR("INFO"), "info" }, { STR("DEBUG"), "debug" },
	{ STR("DEBUG1"), "debug" }, { STR("DEBUG2"), "debug" },
	{ STR("DEBUG3"), "debug" }, { STR("DEBUG4"), "debug" },
	{ STR("DEBUG5"), "debug" },
	/* Lines that belong to the one before. */
	{ STR("DETAIL"), "info" }, { STR("HINT"), "info" },
	{ STR("STATEMENT"), "info" }, { STR("CONTEXT"), "info" },
	{ STR("QUERY"), "info" }, { STR("LOCATION"), "info" },
};

static bool
set_severity(struct event *ev, struct str word)
{
	size_t i;

	for (i = 0; i < sizeof(severities) / sizeof(severities[0]); i++) {
		if (!str_eq(word, severities[i].word))
			continue;
		(void)event_set_level(ev, str_of(severities[i].level));
		ev->level_text = word;
		return true;
	}
	return false;
}

/* user=u,db=d,app=a,client=h, in any order and number. */
static const struct { struct str key, name; } pairs[] = {
	{ STR("user"), STR("user.name") },
	{ STR("db"), STR("postgresql.log.database") },
	{ STR("app"), STR("postgresql.log.application_name") },
	{ STR("client"), STR("source.address") },
	{ STR("host"), STR("source.address") },
};

static void
add_pairs(struct event *ev, struct str word)
{
	struct str pair, key, value;
	size_t i;

	while (word.p != NULL) {
		word = str_cut(word, ',', &pair);
		value = str_cut(pair, '=', &key);
		for (i = 0; value.p && i < sizeof(pairs) / sizeof(pairs[0]);
		    i++) {
			if (!str_eq(key, pairs[i].key))
				continue;
			event_add_str(ev, pairs[i].name, value);
			if (pairs[i].name.p[0] == 's' &&
			    scan_is_address(value))
				event_add_str(ev, STR("source.ip"), value);
		}
	}
}

static void
add_address(struct event *ev, struct str host)
{
	event_add_str(ev, STR("source.address"), host);
	event_add_str(ev, STR("source.ip"), host);
}

static void
add_user(struct event *ev, struct str word)
{
	struct str user, db = str_cut(word, '@', &user);

	if (user.n > 0)
		event_add_str(ev, STR("user.name"), user);
	if (db.n > 0)
		event_add_str(ev, STR("postgresql.log.database"), db);
}

/* host(port) of %r, or %h alone */
static bool
add_remote(struct event *ev, struct str word)
{
	struct str host;
	struct str rest = str_cut(word, '(', &host);

	if (!scan_is_address(host) ||
	    (rest.p != NULL && !str_ends(rest, STR(")"))))
		return false;
	add_address(ev, host);
	if (rest.p != NULL)
		event_add_num(ev, STR("source.port"), str_sub(rest, 0, rest.n - 1));
	return true;
}

/* The words between the time and "LEVEL:  ". */
static bool
scan_prefix(struct scan *c, struct event *ev)
{
	struct str word, number;
	bool pid = false;
	int words;

	for (words = 0; words < 12; words++) {
		scan_blanks(c);
		if (!scan_word(c, &word))
			return false;
		if (word.n > 2 && word.p[word.n - 1] == ':' &&
		    set_severity(ev, str_sub(word, 0, word.n - 1)))
			return pid || words <= 3;
		if (word.n > 2 && word.p[0] == '[') {
			struct scan in = { word, 1 };

			if (!pid && scan_digits(&in, &number) &&
			    scan_char(&in, ']')) {
				event_add_num(ev, STR("process.pid"), number);
				pid = true;
			}
		} else if (str_find_char(word, '=') > 0) {
			add_pairs(ev, word);
		} else if (str_find_char(word, '@') >= 0) {
			add_user(ev, word);
		} else {
			(void)add_remote(ev, word);
		}
	}
	return false;
}

/* A zone's abbreviation behind the time: UTC and GMT are known, others are
 * those of the server, hence of d->zone. */
static void
scan_zone(struct scan *c, struct civil *at)
{
	struct scan back = *c;
	struct str word;

	if (!scan_char(c, ' ') || !scan_word(c, &word) || word.n > 5 ||
	    word.p[0] < 'A' || word.p[0] > 'Z' ||
	    str_find_char(word, ':') != -1) {
		*c = back;
		return;
	}
	if (str_eq(word, STR("UTC")) || str_eq(word, STR("GMT")))
		at->offset = 0;
}

/* At " UTC:host(port):user@database:[pid]:LEVEL:", as hosted ones have it. */
static bool
scan_colons(struct scan *c, struct event *ev, struct civil *at)
{
	struct str rest = scan_rest(c), head, pid, word;
	ptrdiff_t bracket = str_find(rest, STR(":[")), colon;
	struct scan in;

	if (bracket < 5 || !str_starts(rest, STR(" UTC:")))
		return false;
	head = str_sub(rest, 5, (size_t)bracket);
	in = (struct scan){ rest, (size_t)bracket + 2 };
	if (!scan_digits(&in, &pid) || !scan_char(&in, ']') ||
	    !scan_char(&in, ':') || !scan_word(&in, &word) ||
	    !str_ends(word, STR(":")) ||
	    !set_severity(ev, str_sub(word, 0, word.n - 1)))
		return false;
	/* The address may have colons, too. */
	for (colon = (ptrdiff_t)head.n; colon > 0 &&
	    head.p[colon - 1] != ':'; colon--)
		;
	if (colon > 0)
		(void)add_remote(ev, str_sub(head, 0, (size_t)colon - 1));
	add_user(ev, str_sub(head, (size_t)colon, head.n));
	event_add_num(ev, STR("process.pid"), pid);
	at->offset = 0;
	c->at += in.at;
	return true;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 };
	struct civil at;

	if (ev->line.n < 30 || ev->line.p[4] != '-')
		return false;
	c.at = date_scan_iso(ev->line, &at);
	if (c.at < 19)
		return false;
	if (!scan_colons(&c, ev, &at)) {
		scan_zone(&c, &at);
		(void)scan_char(&c, ':');
		if (!scan_prefix(&c, ev))
			return false;
	}
	if (!event_time_civil(ev, &s->dates, &at))
		return false;
	scan_blanks(&c);
	EVENT_MESSAGE(ev, scan_rest(&c));
	return true;
}

const struct parser parse_postgres = {
	"postgres", "the log of PostgreSQL", true, parse
};
