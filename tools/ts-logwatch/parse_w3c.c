/*
 * The extended log format of W3C and IIS: "#Fields:" names the columns of
 * what follows, and may come again.
 */
#include "members.h"
#include "scan.h"

#define COLUMNS_MAX	200

static const struct { struct str from, to; } names[] = {
	{ STR("c-ip"), STR("source.ip") },
	{ STR("cs-method"), STR("http.request.method") },
	{ STR("cs-uri-stem"), STR("url.path") },
	{ STR("cs-uri"), STR("url.original") },
	{ STR("cs-uri-query"), STR("url.query") },
	{ STR("cs-username"), STR("user.name") },
	{ STR("sc-status"), STR("http.response.status_code") },
	{ STR("sc-bytes"), STR("http.response.body.bytes") },
	{ STR("cs-bytes"), STR("http.request.body.bytes") },
	{ STR("cs(User-Agent)"), STR("user_agent.original") },
	{ STR("cs(Referer)"), STR("http.request.referrer") },
	{ STR("cs-host"), STR("url.domain") },
	{ STR("s-ip"), STR("destination.ip") },
	{ STR("s-port"), STR("destination.port") },
};

static void
read_fields(struct source_state *s, struct str text)
{
	struct scan c = { STR_NONE, 0 };
	struct str word;
	size_t i;

	/* The same list again costs nothing. */
	text = str_trim(text);
	if (s->ncolumns > 0 && str_eq(text, s->header))
		return;
	arena_reset(&s->arena);
	c.s = s->header = arena_str(&s->arena, text);
	s->column = ARENA_ARRAY(&s->arena, COLUMNS_MAX, struct str);
	for (s->ncolumns = 0; s->ncolumns < COLUMNS_MAX; ) {
		scan_blanks(&c);
		if (!scan_word(&c, &word))
			break;
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (str_eq(word, names[i].from))
				word = names[i].to;
		s->column[s->ncolumns++] = word;
	}
}

/* IIS writes '+' for a blank. */
static struct str
plain(struct str s, struct event *ev)
{
	char *copy;
	size_t i;

	if (str_find_char(s, '+') == -1)
		return s;
	copy = arena_cstr(ev->arena, s);
	for (i = 0; i < s.n; i++)
		if (copy[i] == '+')
			copy[i] = ' ';
	return (struct str){ copy, s.n };
}

static void
set_time(struct source_state *s, struct event *ev, struct str date,
    struct str clock)
{
	struct civil c;
	struct str text;

	if (date.n != 10 || clock.n < 8)
		return;
	text = arena_printf(ev->arena, STR_FMT "T" STR_FMT, STR_ARG(date),
	    STR_ARG(clock));
	if (date_scan_iso(text, &c) == text.n) {
		c.offset = 0;		/* the format prescribes UTC */
		(void)event_time_civil(ev, &s->dates, &c);
	}
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct str word, date = STR_NONE, clock = STR_NONE;
	struct scan c = { ev->line, 0 };
	bool escaped;
	size_t i;

	if (scan_char(&c, '#')) {
		if (!scan_text(&c, STR("Fields:")) && s->ncolumns == 0 &&
		    !scan_text(&c, STR("Software:")) &&
		    !scan_text(&c, STR("Version:")))
			return false;
		if (str_starts(ev->line, STR("#Fields:")))
			read_fields(s, scan_rest(&c));
		ev->dropped = true;
		return true;
	}
	if (s->ncolumns == 0)
		return false;
	for (i = 0; i < s->ncolumns; i++) {
		scan_blanks(&c);
		escaped = false;
		if (!scan_quoted(&c, &word, &escaped) &&
		    !scan_word(&c, &word))
			return false;
		if (str_eq(s->column[i], STR("date")))
			date = word;
		else if (str_eq(s->column[i], STR("time")))
			clock = word;
		else if (json_number(word))
			event_add_num(ev, s->column[i], word);
		else
			event_add_str(ev, s->column[i], plain(word, ev));
	}
	set_time(s, ev, date, clock);
	EVENT_MESSAGE(ev, ev->line);
	return true;
}

const struct parser parse_w3c = {
	"w3c", "the extended format of W3C and IIS", true, parse
};
