/*
 * tmpl/value: what templates work on, a small tagged union.  Lists and maps
 * are in an arena or belong to the caller; nothing is copied into them.
 */
#ifndef TMPL_VALUE_H
#define TMPL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

enum tkind {
	TV_NIL,			/* no value: a missing key, nil */
	TV_BOOL, TV_INT, TV_UINT, TV_FLOAT, TV_STR, TV_LIST, TV_MAP,
	TV_OBJ, TV_TIME, TV_DURATION
};

struct tval;
struct tclass;
struct tmpl_ctx;
struct tmpl_func;
struct tpair;			/* key and value of a TV_MAP, sorted by key */
struct jw;

/* Where a time is shown: an offset and its name ("CET"); NULL is UTC. */
struct tzone {
	int32_t offset_s;	/* east of Greenwich */
	struct str name;	/* empty: the offset serves as name */
};

struct tval {
	enum tkind kind;
	const char *type;	/* Go's type name, or NULL for the kind's own */
	union {
		bool b;
		int64_t i;	/* TV_DURATION: nanoseconds */
		uint64_t u;
		double f;
		struct str s;
		struct { const struct tval *p; size_t n; } list;
		struct { const struct tpair *p; size_t n; } map;
		struct { const struct tclass *class; const void *self; } obj;
		struct { int64_t ms; const struct tzone *zone; } time;
	} u;
};

struct tpair {
	struct str key;
	struct tval value;
};

/* Go's zero time, 0001-01-01 00:00:00 UTC, in ms since the epoch. */
#define TMPL_TIME_ZERO	INT64_C(-62135596800000)

/* Types that pass html mode unescaped (safeHtml, safeUrl). */
extern const char tmpl_type_html[], tmpl_type_url[];

/*
 * How a C struct looks from a template.  field: .Name (false: no such field,
 * an error as in Go; for a map: no such key, the empty string).  A method's
 * call gets the object as arg[0].  A class acts as a list or as a map by
 * giving count and at.
 */
struct tclass {
	const char *name;	/* Go type for messages: "template.Data" */
	bool	(*field)(const void *self, struct str name,
		    struct tmpl_ctx *c, struct tval *out);
	const struct tmpl_func *methods;
	size_t nmethods;
	size_t	(*count)(const void *self);
	/* key is set for maps only; a map walks in order of key */
	void	(*at)(const void *self, size_t i, struct tmpl_ctx *c,
		    struct tval *key, struct tval *value);
	bool is_map;
	/* as fmt's %v; NULL: as the list or map that it is */
	void	(*print)(const void *self, struct tmpl_ctx *c,
		    struct buf *out);
	void	(*json)(const void *self, struct tmpl_ctx *c, struct jw *w);
};

static inline struct tval
tval_str(struct str s)
{
	return (struct tval){ .kind = TV_STR, .u.s = s };
}

static inline struct tval
tval_int(int64_t i)
{
	return (struct tval){ .kind = TV_INT, .u.i = i };
}

static inline struct tval
tval_float(double f)
{
	return (struct tval){ .kind = TV_FLOAT, .u.f = f };
}

static inline struct tval
tval_bool(bool b)
{
	return (struct tval){ .kind = TV_BOOL, .u.b = b };
}

static inline struct tval
tval_time(int64_t ms)
{
	return (struct tval){ .kind = TV_TIME, .u.time = { ms, NULL } };
}

static inline struct tval
tval_obj(const struct tclass *class, const void *self)
{
	return (struct tval){ .kind = TV_OBJ, .u.obj = { class, self } };
}

static inline struct tval
tval_list(const struct tval *p, size_t n, const char *type)
{
	return (struct tval){ .kind = TV_LIST, .type = type,
	    .u.list = { p, n } };
}

/* Go's name of v's type: "string", "template.KV"; "nil" for TV_NIL. */
const char	*tval_type(const struct tval *v);

/* Go's truth: false, 0, "", nil, empty lists and maps are false. */
bool		 tval_truth(const struct tval *v);

/* Elements of a list or map, bytes of a string; false for other kinds. */
bool		 tval_len(const struct tval *v, size_t *n);

/* The i-th element; key is the map's key, or the index. */
void		 tval_at(const struct tval *v, size_t i, struct tmpl_ctx *c,
		    struct tval *key, struct tval *value);
bool		 tval_is_map(const struct tval *v);

/* Is it of the kinds that .Name can look into; and the value of a key. */
bool		 tval_get(const struct tval *v, struct str name,
		    struct tmpl_ctx *c, struct tval *out);

#endif
