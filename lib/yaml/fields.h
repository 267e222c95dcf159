/*
 * yaml/fields: rows decode a mapping into a C struct.  Unknown and repeated
 * keys, wrong types and missing required fields are errors with file:line:col
 * and "did you mean".
 */
#ifndef YAML_FIELDS_H
#define YAML_FIELDS_H

#include "yaml/node.h"

enum ytype {
	YT_STR,		/* struct str */
	YT_BOOL,	/* bool */
	YT_INT,		/* int64_t */
	YT_DOUBLE,	/* double */
	YT_DURATION,	/* int64_t ms, Prometheus' form */
	YT_GO_DURATION,	/* int64_t ms, Go's form */
	YT_SIZE,	/* int64_t bytes: 1KB, 2MiB … */
	YT_STRLIST,	/* struct ystrs */
	YT_STRMAP,	/* struct ypairs, in order of the file */
	YT_STRUCT,	/* the sub struct, in place */
	YT_STRUCT_PTR,	/* pointer to the sub struct; NULL when absent */
	YT_LIST,	/* struct ylist of sub structs */
	YT_RAW,		/* const struct ynode * */
	YT_CUSTOM	/* decode() */
};

struct ystrs { struct str *p; size_t n; };
struct ypair { struct str key, value; const struct ynode *node; };
struct ypairs { struct ypair *p; size_t n; };
struct ylist { void *p; size_t n; };	/* n structs of sub->size, in a row */

enum {
	YF_REQUIRED = 1 << 0,
	YF_SECRET = 1 << 1,	/* never shown */
	YF_DEPRECATED = 1 << 2,	/* accepted; a check may warn */
	YF_NULL_EMPTY = 1 << 3,	/* null is the empty value, not the default */
	YF_NULL_ITEMS = 1 << 4	/* YT_LIST: a null item has all defaults */
};

struct yfields;

struct yfield {
	const char *key;
	enum ytype type;
	size_t offset;
	const struct yfields *sub;	/* YT_STRUCT, YT_STRUCT_PTR, YT_LIST */
	const char *dflt;		/* as YAML text, NULL = zero */
	unsigned flags;
	int	(*decode)(const struct ynode *n, void *field, struct arena *a,
		    struct err *e);	/* YT_CUSTOM */
};

/* A row: YROW("timeout", YT_DURATION, offsetof(...), .dflt = "10s") */
#define YROW(key_, type_, offset_, ...)					\
	{ .key = (key_), .type = (type_), .offset = (offset_), __VA_ARGS__ }

struct yfields {
	const char *name;		/* for messages: "scrape_config" */
	size_t size;
	const struct yfield *row;
	size_t n;
	size_t node_offset;		/* of a const struct ynode *, or 0 */
	bool null_is_zero;		/* as Go's yaml.v2: not the default */
	int	(*check)(const struct ynode *n, void *out, struct arena *a,
		    struct err *e);	/* after decoding; or NULL */
};

/*
 * Decode mapping n into *out (cleared first, defaults filled in).  A Y_NULL
 * node gives all defaults.  Strings are borrowed from the tree's arena.  On
 * failure *out holds what was decoded so far, so that its owner can release.
 * 0, or -1 with *e (ERR_CONFIG or ERR_SYNTAX and the position).
 */
int	yaml_decode(const struct ynode *n, const struct yfields *f, void *out,
	    struct arena *a, struct err *e);

/*
 * A copy of n without the keys that the rows (and their sub rows) lack: for
 * those who want unknown fields passed over.
 */
const struct ynode	*yaml_prune(const struct ynode *n,
			    const struct yfields *f, struct arena *a);

/*
 * A copy of mapping n without what is wrong at a position: the item of a list
 * below one of its keys, or a key with a scalar, or a key itself.  NULL: that
 * cannot be left out alone.  For those who look for what else is wrong.
 */
const struct ynode	*yaml_without(const struct ynode *n, unsigned line,
			    unsigned col, struct arena *a);

/* The defaults alone, into cleared memory. */
int	yaml_defaults(const struct yfields *f, void *out, struct arena *a,
	    struct err *e);

/* Prometheus' sizes: digits and a unit (B, KB, KiB … EB), powers of 1024. */
bool	yaml_size_parse(struct str s, int64_t *bytes);

/* The word of rows[0..n) nearest to s by edit distance, NULL = none near. */
const char	*yaml_near(struct str s, const char *const *rows, size_t n);

#endif
