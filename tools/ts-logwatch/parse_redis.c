/*
 * Redis:	1234:M 21 Jan 2026 09:00:00.123 * TEXT
 * before 3.0:	[1234] 21 Jan 09:00:00.123 * TEXT
 */
#include <stdio.h>

#include "core/num.h"
#include "parser.h"
#include "scan.h"

static const struct { char mark, role; const char *level, *word; } marks[] = {
	{ '.', 'M', "debug", "master" }, { '-', 'S', "info", "replica" },
	{ '*', 'C', "notice", "child" }, { '#', 'X', "warning", "sentinel" },
};

static bool
scan_date(struct scan *c, struct civil *at)
{
	struct str day, month, year, clock, text;
	char line[64];
	int n;

	at->year = DATE_MISSING;
	if (!scan_digits(c, &day) || !scan_char(c, ' ') ||
	    !scan_word(c, &month) || month.n != 3 || !scan_char(c, ' '))
		return false;
	year = STR_NONE;
	if (!scan_word(c, &clock))
		return false;
	if (clock.n == 4) {
		year = clock;
		if (!scan_char(c, ' ') || !scan_word(c, &clock))
			return false;
	}
	/* The same words in the order of syslog. */
	n = snprintf(line, sizeof(line), STR_FMT " %2.*s " STR_FMT,
	    STR_ARG(month), (int)day.n, day.p, STR_ARG(clock));
	if (n < 0 || (size_t)n >= sizeof(line))
		return false;
	text = (struct str){ line, (size_t)n };
	if (date_scan_syslog(text, at) != text.n)
		return false;
	if (year.n > 0) {
		int64_t v;

		if (!num_parse_i64(year, 1970, 9999, &v))
			return false;
		at->year = (int32_t)v;
	}
	return true;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 };
	bool old = scan_char(&c, '[');
	struct str pid, mark;
	struct civil at;
	char role = 0;
	size_t i;

	if (!scan_digits(&c, &pid) || !scan_char(&c, old ? ']' : ':'))
		return false;
	if (!old) {
		if (scan_end(&c) || strchr("MSCX", c.s.p[c.at]) == NULL)
			return false;
		role = c.s.p[c.at++];
	}
	if (!scan_char(&c, ' ') || !scan_date(&c, &at) ||
	    !scan_char(&c, ' ') || !scan_word(&c, &mark) || mark.n != 1 ||
	    !event_time_civil(ev, &s->dates, &at))
		return false;
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (mark.p[0] == marks[i].mark)
			(void)event_set_level(ev, str_of(marks[i].level));
		if (role == marks[i].role)
			event_add_str(ev, STR("redis.log.role"),
			    str_of(marks[i].word));
	}
	ev->level_text = STR_NONE;
	event_add_num(ev, STR("process.pid"), pid);
	(void)scan_char(&c, ' ');
	EVENT_MESSAGE(ev, scan_rest(&c));
	return ev->level != NULL;
}

const struct parser parse_redis = {
	"redis", "the log of Redis", true, parse
};
