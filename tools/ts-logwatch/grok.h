/*
 * grok: patterns by name, expanded to one regular expression whose groups
 * are fields.
 *	%{NAME}  %{NAME:field}  %{NAME:[a][b]:int}  %{NAME:field=REGEX}
 * The language is that of logstash-filter-grok (jls-grok); the expressions
 * are Ruby's.  Matching is bounded.
 */
#ifndef TS_LOGWATCH_GROK_H
#define TS_LOGWATCH_GROK_H

#include "core/arena.h"
#include "core/err.h"
#include "event.h"

/* ---- names ---- */

struct grok_set;

/* With the shipped patterns: ecs, or the older names of fields. */
struct grok_set	*grok_set_new(bool ecs);
void		 grok_set_free(struct grok_set *s);

/* A later definition of a name replaces the one before. */
void		 grok_set_put(struct grok_set *s, struct str name,
		    struct str definition);

/* A pattern file's text: NAME REGEX lines, '#' comments. */
void		 grok_set_text(struct grok_set *s, struct str text);

/*
 * All files of a directory whose name is as glob, by name; or path itself is
 * a file.  -1 with *e.
 */
int		 grok_set_dir(struct grok_set *s, const char *path,
		    const char *glob, struct err *e);

/* ---- patterns ---- */

enum grok_type { GROK_TEXT, GROK_INT, GROK_FLOAT, GROK_BOOL };

struct grok_field {
	struct str name;	/* as an event's field: a.b */
	struct str spelled;	/* [a][b], as in the pattern */
	enum grok_type type;
	unsigned group;
};

struct grok;

#define GROK_EXPANSIONS_MAX	10000
#define GROK_FIELDS_MAX		199

/* unnamed: %{NAME} alone is a field NAME, too.  NULL with *e. */
struct grok	*grok_compile(struct grok_set *s, struct str pattern,
		    bool unnamed, struct err *e);

/*
 * As a rule has it: a newline in the text is a byte like any other, for who
 * puts one into a message begins no line.  part: it will be matched with
 * other fields than the message, which begin where that does not.
 */
struct grok	*grok_compile_text(struct grok_set *s, struct str pattern,
		    bool part, struct err *e);
void		 grok_free(struct grok *g);
struct str	 grok_pattern(const struct grok *g);

/* The one regular expression that it became. */
struct str	 grok_regex(const struct grok *g);
size_t		 grok_fields(const struct grok *g,
		    const struct grok_field **out);

/* The index of the field of that name; -1. */
int		 grok_index(const struct grok *g, struct str name);

/*
 * 1: text matches somewhere; value[i] is the i-th field's text, p NULL when
 * it took no part.  0: it does not.  -1: a limit ended it.
 */
int		 grok_match(const struct grok *g, struct str text,
		    struct str value[GROK_FIELDS_MAX]);

/* It captures time: for a whole line, when others get the message. */
bool		 grok_whole(const struct grok *g);

/*
 * Note in ev->literals what the patterns of the set need and the message (or
 * the line) has.  A pattern of which no need is there does not match it.
 */
void		 grok_set_see(const struct grok_set *s, struct event *ev);
uint64_t	 grok_needs(const struct grok *g);

/* "message repeated 3 times: [ text]": the text counts as one, too. */
#define GROK_REPEATED	"message repeated "

/* A text as its type says. */
struct value	 grok_value(enum grok_type type, struct str text,
		    struct arena *a);

/* Add every field of a match to the event (arrays when it is there). */
void		 grok_store(const struct grok *g, const struct str *value,
		    struct event *ev);

/*
 * The longest beginning of the pattern that matches text: how much of the
 * pattern, and of the text (from, to); false when nothing does.
 */
bool		 grok_reach(struct grok_set *s, struct str pattern,
		    struct str text, struct str *part, size_t *from,
		    size_t *to);

/* [a][b] or name to the event's form. */
struct str	 grok_field_name(struct str spelled, struct arena *a);

#endif
