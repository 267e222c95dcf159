/*
 * tmpl/value: what templates work on, a small tagged union.  Lists and maps
 * are in an arena or belong to the caller; nothing is copied into them.
 */
#ifndef TMPL_VALUE_H
#define TMPL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

enum tkind {
	TV_NIL, TV_BOOL, TV_INT, TV_UINT, TV_FLOAT, TV_STR, TV_LIST, TV_MAP,
	TV_OBJ, TV_FUNC, TV_TIME, TV_DURATION,
	TV_NOVALUE		/* missing map key: prints <no value> */
};

struct tval;
struct tclass;
struct tmpl_ctx;
struct tmpl_func;

struct tpair;			/* key and value of a TV_MAP, sorted by key */

struct tval {
	enum tkind kind;
	union {
		bool b;
		int64_t i;	/* TV_TIME: ms; TV_DURATION: ns */
		uint64_t u;
		double f;
		struct str s;
		struct { const struct tval *p; size_t n; } list;
		struct { const struct tpair *p; size_t n; } map;
		struct { const struct tclass *class; const void *self; } obj;
		const struct tmpl_func *func;
	} u;
	const char *type;	/* Go's type name for messages, or NULL */
};

struct tpair {
	struct str key;
	struct tval value;
};

/*
 * How a C struct looks from a template.  field: .Name (false: no such field,
 * an error as in Go).  method: .Name ARGS… (NULL row when none).  A class may
 * act as a list or as a map by giving the functions for it.
 */
struct tclass {
	const char *name;	/* Go type for messages: "*template.Data" */
	bool	(*field)(const void *self, struct str name,
		    struct tmpl_ctx *c, struct tval *out);
	const struct tmpl_func *methods;
	size_t nmethods;
	size_t	(*count)(const void *self);
	void	(*at)(const void *self, size_t i, struct tmpl_ctx *c,
		    struct tval *key, struct tval *value);
	bool	is_map;
	void	(*print)(const void *self, struct tmpl_ctx *c,
		    struct tval *out);	/* its text, when it has one */
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
tval_obj(const struct tclass *class, const void *self)
{
	return (struct tval){ .kind = TV_OBJ, .u.obj = { class, self } };
}

#endif
