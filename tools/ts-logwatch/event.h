/*
 * event: one log record on its way from a parser to the outputs.  It lives
 * for one line: names and values borrow from the line, from tables, or from
 * the event's arena.
 */
#ifndef TS_LOGWATCH_EVENT_H
#define TS_LOGWATCH_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/str.h"

enum value_kind {
	VAL_NONE,	/* absent */
	VAL_STR,	/* text */
	VAL_NUM,	/* text is the number in JSON's grammar, as written */
	VAL_BOOL,	/* text is "true" or "false" */
	VAL_NULL,
	VAL_JSON	/* text is an array or object, compact and valid */
};

struct value {
	enum value_kind kind;
	struct str text;
};

#define VALUE_STR(s)	((struct value){ VAL_STR, (s) })
#define VALUE_NONE	((struct value){ VAL_NONE, STR_NONE })

/*
 * A name is a path of keys joined by '.': http.request.method is
 * {"http":{"request":{"method":…}}}.  A dot inside a key is NAME_DOT.
 */
#define NAME_DOT	'\1'

struct field {
	struct str name;
	struct value value;
};

struct level;

#define EVENT_FIELDS_MAX	256
#define EVENT_TAGS_MAX		32

/* What happened to the line before it was parsed. */
enum {
	LINE_TRUNCATED = 1 << 0,	/* only its first part is here */
	LINE_PARTIAL = 1 << 1,		/* its newline never came */
	LINE_NUL = 1 << 2,		/* held NUL bytes, now U+FFFD */
	LINE_MULTI = 1 << 3,		/* several lines joined */
	LINE_UTF8 = 1 << 4		/* not UTF-8: U+FFFD when printed */
};

/* Where a line came from. */
struct origin {
	struct str path;	/* empty: stdin */
	uint64_t dev, ino;
	uint64_t generation;	/* rises when the file began anew */
	uint64_t head;		/* of its first line's first bytes; 0: unknown */
	struct str cursor;	/* of the journal; or empty */
};

struct event {
	struct str line;		/* as read, without its newline */
	const struct origin *origin;
	uint64_t offset;		/* of the line's first byte */
	unsigned flags;
	uint64_t bytes;			/* of a line that was cut; else 0 */

	bool has_time;			/* the record told its time */
	int64_t time;			/* ms since the epoch */
	uint32_t time_ns;		/* 0 .. 999999 behind the ms */
	struct value message;
	uint64_t literals;		/* grok_set_see; all bits: not looked */
	const struct level *level;	/* NULL: unknown */
	struct str level_text;		/* as written; empty: as level->name */

	struct field *field;
	size_t nfields, cap;
	struct str tag[EVENT_TAGS_MAX];
	size_t ntags;
	bool dropped;			/* a filter said so */
	struct arena *arena;
};

/* Empty, for line; keeps the memory for fields. */
void	event_reset(struct event *ev, struct str line);
void	event_release(struct event *ev);

/*
 * The value under a name; VAL_NONE when there is none.  message, log.level,
 * @timestamp and tags are names too.  A key with a literal dot is found
 * under the same name.
 */
struct value	event_get(const struct event *ev, struct str name);

/* Room for one more; false past EVENT_FIELDS_MAX. */
bool	event_grow(struct event *ev);

/*
 * Add a field that is known not to be there yet; name and value borrowed.
 * Past EVENT_FIELDS_MAX it is left out.
 */
static inline void
event_add(struct event *ev, struct str name, struct value v)
{
	if (ev->nfields < ev->cap || event_grow(ev))
		ev->field[ev->nfields++] = (struct field){ name, v };
}

/* Set, replacing what is there. */
void	event_set(struct event *ev, struct str name, struct value v);

/* As logstash's captures: a second value makes an array of both. */
void	event_append(struct event *ev, struct str name, struct value v);

/* With all that is below it. */
void	event_remove(struct event *ev, struct str name);
void	event_copy(struct event *ev, struct str from, struct str to);

/* A field of this name, or of one below it. */
bool	event_is_below(struct str field, struct str name);

/* Once only. */
void	event_tag(struct event *ev, struct str tag);
bool	event_has_tag(const struct event *ev, struct str tag);

/* The flags as an array of words; VAL_NONE without any. */
struct value	event_flags(const struct event *ev);

/* From a text that names a level; false when it is none. */
bool	event_set_level(struct event *ev, struct str text);

/* Shorthands for parsers: nothing is added for empty text (or "-"). */
static inline void
event_add_str(struct event *ev, struct str name, struct str text)
{
	if (text.n > 1 || (text.n == 1 && text.p[0] != '-'))
		event_add(ev, name, VALUE_STR(text));
}

void	event_add_num(struct event *ev, struct str name, struct str digits);
void	event_add_int(struct event *ev, struct str name, int64_t v);

/* The value as text for regexes and keys: an array or object is its JSON. */
struct str	value_text(struct value v);
bool		value_number(struct value v, double *out);

/* The value as JSON. */
void	value_put(struct buf *out, struct value v);

/* text is a number of JSON's grammar (so it may be a VAL_NUM). */
bool	json_number(struct str text);

#endif
