/*
 * parser: line formats.  A format is one file and one row in parsers.c.
 */
#ifndef TS_LOGWATCH_PARSER_H
#define TS_LOGWATCH_PARSER_H

#include "core/err.h"
#include "date.h"
#include "event.h"

/*
 * What is remembered between the lines of one source; owned by it.  Its
 * arena holds what headers and options say.
 */
struct source_state {
	struct dates dates;
	const struct parser *last;	/* that read the last line; NULL */
	const struct parser *before;	/* and the other one before */
	struct str *column;		/* csv, w3c: names from a header */
	size_t ncolumns;
	struct str header;		/* the header they came from */
	char delimiter;			/* csv; 0 = as the header has */
	int64_t time;			/* of the last event that had one */
	/* The minute of the last line as it was written, and its begin in
	   ms: a minute has many lines. */
	char stamp[32];
	int64_t minute;
	struct arena arena;
};

struct parser {
	const char *name;
	const char *summary;
	bool automatic;		/* tried when the format is not told */
	/*
	 * Read ev->line.  True when it is of this format; false leaves the
	 * event in any state.  Borrows from the line or ev->arena.
	 */
	bool	(*parse)(struct source_state *s, struct event *ev);
};

extern const struct parser parse_apache_error, parse_clf,
    parse_cri, parse_csv, parse_glog, parse_iso, parse_journal, parse_json,
    parse_logfmt, parse_nginx_error, parse_postgres, parse_redis,
    parse_syslog, parse_syslog5424, parse_text, parse_w3c;

extern const struct parser *const parsers[];
extern const size_t nparsers;

/* NULL with *e ("did you mean") for an unknown name. */
const struct parser	*parser_find(struct str name, struct err *e);

/*
 * By p, or by whatever fits when p is NULL: first what fitted the last lines
 * of this source, then every automatic one in the order of the table, at
 * last text.  A line that p does not read is text with a tag.
 */
void	parse_line(const struct parser *p, struct source_state *s,
	    struct event *ev);

/* Take the time from a scanner's civil; false when it does not exist. */
bool	event_time_civil(struct event *ev, struct dates *d,
	    const struct civil *c);

/* 00 to 59. */
static inline bool
is_second(const char *p)
{
	return p[0] >= '0' && p[0] <= '5' && p[1] >= '0' && p[1] <= '9';
}

/* The time is so many seconds behind the minute of the stamp. */
static inline void
event_time_second(struct event *ev, const struct source_state *s,
    const char *p)
{
	ev->time = s->minute + 1000 * (10 * (p[0] - '0') + p[1] - '0');
	ev->time_ns = 0;
	ev->has_time = true;
}

/* The text of an event that has nothing but its line. */
#define EVENT_MESSAGE(ev, s)	((ev)->message = VALUE_STR(s))

#endif
