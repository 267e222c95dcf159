/*
 * glog and klog:
 *	I0517 15:04:22.619632 1952 file.cc:253] TEXT
 */
#include "parser.h"
#include "scan.h"

static bool
two(struct str s, size_t at, int32_t *out)
{
	if (at + 2 > s.n || s.p[at] < '0' || s.p[at] > '9' ||
	    s.p[at + 1] < '0' || s.p[at + 1] > '9')
		return false;
	*out = (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
	return true;
}

static bool
parse_micros(struct scan *c, struct civil *at)
{
	struct str digits;
	uint32_t scale = 100000000;
	size_t i;

	if (!scan_digits(c, &digits) || digits.n > 9)
		return false;
	for (at->ns = 0, i = 0; i < digits.n; i++, scale /= 10)
		at->ns += (uint32_t)(digits.p[i] - '0') * scale;
	return true;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct civil at = { .year = DATE_MISSING, .offset = DATE_MISSING };
	struct scan c = { ev->line, 5 };
	struct str l = ev->line, thread, file, row;

	if (l.n < 24 || strchr("IWEF", l.p[0]) == NULL ||
	    !two(l, 1, &at.month) || !two(l, 3, &at.day) || l.p[5] != ' ' ||
	    !two(l, 6, &at.hour) || l.p[8] != ':' || !two(l, 9, &at.minute) ||
	    l.p[11] != ':' || !two(l, 12, &at.second) || l.p[14] != '.')
		return false;
	c.at = 15;
	if (!parse_micros(&c, &at))
		return false;
	scan_blanks(&c);
	if (!scan_digits(&c, &thread) || !scan_char(&c, ' ') ||
	    !scan_until(&c, ':', &file) || !scan_digits(&c, &row) ||
	    !scan_char(&c, ']') || !event_time_civil(ev, &s->dates, &at) ||
	    !event_set_level(ev, str_sub(l, 0, 1)))
		return false;
	event_add_num(ev, STR("process.thread.id"), thread);
	event_add_str(ev, STR("log.origin.file.name"), file);
	event_add_num(ev, STR("log.origin.file.line"), row);
	(void)scan_char(&c, ' ');
	EVENT_MESSAGE(ev, scan_rest(&c));
	return true;
}

const struct parser parse_glog = {
	"glog", "glog and klog", true, parse
};
