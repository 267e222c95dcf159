/*
 * What the files of wire share: the members of an object, rows that decode
 * and print them, the cache of lines.
 */
#ifndef WIRE_INTERNAL_H
#define WIRE_INTERNAL_H

#include "core/map.h"
#include "core/vec.h"
#include "json/read.h"
#include "json/write.h"
#include "wire/wire.h"

/*
 * The end of the year 9999, and as far back: beyond it no RFC 3339 time can
 * follow, and sums of times would overflow.
 */
#define WIRE_MS_MAX	INT64_C(253402300799999)

/* One reading of one line. */
struct decode {
	struct wire_reader *r;
	struct str line;
	struct arena *a;
	struct err *e;
};

/* ERR_SYNTAX at the byte of d->line where `at` begins; -1. */
int	wrong(const struct decode *d, struct str at, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* The members of one object; text as it stands in the line. */
struct member {
	struct str key;		/* unescaped */
	struct str key_text;	/* with its quotes */
	struct str value;
};

struct members {
	struct member *m;
	size_t n;
};

/*
 * All members of the object that text is.  *bare gets where the first bare
 * NaN or Inf stood, STR_NONE without one.
 */
int	members_scan(const struct decode *d, struct str text,
	    struct members *out, struct str *bare);

/* The members behind the '{' that r just read, up to and with the '}'. */
int	members_read(const struct decode *d, struct jr *r, struct members *out);

/* The last one of that key, or NULL. */
const struct member	*members_find(const struct members *m, struct str key);

/*
 * A member of a kind: where it lies in the C struct, how it is read and
 * written.  null reads as absent; what is absent is not written.
 */
enum field_type {
	F_STR,		/* struct str; empty = absent */
	F_TIME,		/* int64_t ms as RFC 3339; 0 = absent */
	F_MS,		/* int64_t ms as a number */
	F_DURATION,	/* int64_t ms as "1h30m"; 0 = absent */
	F_NUM,		/* double; NaN = absent */
	F_COUNT,	/* uint64_t; 0 = absent */
	F_BOOL,		/* int; -1 = absent */
	F_RAW,		/* struct str: any JSON value; empty = absent */
	F_VALUE,	/* struct str: a sample value's text; empty = absent */
	F_LABELS,	/* const struct labels *; empty = absent */
	F_IGNORED	/* known and not read: we compute it */
};

struct field {
	struct str key;
	enum field_type type;
	size_t offset;
	bool always;		/* write it also when it is absent */
};

struct fields {
	const struct field *row;
	size_t n;
};

#define FIELDS(rows)	((struct fields){ (rows),			\
			    sizeof(rows) / sizeof(*(rows)) })

/*
 * Fill what the rows name in the struct at out; all others go to *extra as
 * text, unless extra is NULL.
 */
int	fields_read(const struct decode *d, struct fields f,
	    const struct members *m, void *out, struct str *extra);
void	fields_write(struct jw *w, struct fields f, const void *in);
void	extra_write(struct jw *w, struct str extra);

/* An object whose values are strings, and nothing behind it. */
int	labels_read(const struct decode *d, struct str text,
	    const struct labels **out);

/* The text of a string value; -1 for any other value. */
int	string_read(const struct decode *d, struct str text, struct str *out);

/*
 * Bytes of a line that were seen before, and what they stood for.  Lines
 * come in the same order again and again, so the entry that followed last
 * time is compared first (one memcmp); a hash finds the others.
 */
struct cached {
	struct str bytes;
	struct wire_series *series;
	struct cached *next;	/* what followed it last time */
};

struct cache {
	struct map map;
	struct arena mem;
	struct cached *last;
};

/* The entry that line begins with, if it is the predicted one. */
struct cached	*cache_predict(struct cache *c, struct str line);
struct cached	*cache_get(struct cache *c, struct str bytes);
/*
 * A new entry; the caller sets what it stands for.  With `most` entries in
 * it the cache starts anew: one series may be spelled in endless ways.
 */
struct cached	*cache_put(struct cache *c, size_t most, struct str bytes);
void		 cache_clear(struct cache *c);

#define WIRE_SPELLINGS_MAX	65536

struct wire_reader {
	struct labels_table *table;
	struct labels_builder builder;
	struct arena mem;			/* the series */
	VEC(struct wire_series *) series;	/* in order of arrival */
	VEC(struct wire_series *) by_labels;	/* by labels->id */
	struct cache samples;	/* bytes before the values -> wire_series */
	/* label sets of other kinds: the last two, and what to expect then */
	const struct labels *recent[2];
	VEC(const struct labels *) second;	/* by labels->id; NULL */
	VEC(int64_t) ts;	/* of the line at hand */
	VEC(double) value;
	VEC(const struct hist *) hist;	/* as long, or empty: floats only */
};

/* A row per kind: rec_*.c. */
struct wire_kind_row {
	struct str key;		/* of the top level */
	enum wire_kind kind;
	int	(*read)(const struct decode *d, const struct members *m,
		    struct wire_rec *out);
	bool bare;		/* NaN and Inf may stand without quotes */
};

int	sample_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);
int	alert_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);
int	notification_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);
int	delivery_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);
int	event_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);
int	check_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);
int	task_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);
int	control_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);
int	otlp_read(const struct decode *d, const struct members *m,
	    struct wire_rec *out);

/*
 * A sample line in the form that we write ourselves.  True when it was one;
 * false says nothing: the general reader decides.
 */
bool	sample_read_fast(const struct decode *d, struct wire_rec *out);

/* The fields of an alert, and of one inside a notification. */
int	alert_fields_read(const struct decode *d, const struct members *m,
	    struct alert *out, struct str *extra);

#endif
