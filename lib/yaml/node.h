/*
 * yaml/node: a document as a tree with positions (libyaml).  Strict as Go's
 * yaml.v2/v3 are: duplicate keys, tabs, bad indents are errors with a place.
 * Aliases and merge keys (<<) are resolved; their expansion, the depth and
 * the size are bounded.  Only the first document of a stream is read.
 */
#ifndef YAML_NODE_H
#define YAML_NODE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

/* A larger text is refused. */
#define YAML_FILE_MAX	((size_t)64 << 20)

enum ykind { Y_NULL, Y_SCALAR, Y_SEQ, Y_MAP };

enum ystyle { YS_PLAIN, YS_SINGLE, YS_DOUBLE, YS_LITERAL, YS_FOLDED };

struct ynode {
	enum ykind kind;
	enum ystyle style;	/* of a scalar */
	unsigned line, col;	/* where it starts, 1-based */
	struct str scalar;	/* its text, as in the source when plain */
	struct str tag;		/* of a scalar: "tag:yaml.org,2002:str" … */
	const struct ynode *child;	/* first element or value */
	const struct ynode *next;	/* sibling */
	const struct ynode *key;	/* of a value inside a mapping */
	size_t n;			/* children */
	/* The mapping that << brings under the same key; Go's yaml.v2 fills
	   a field of a struct from both. */
	const struct ynode *shadowed;
	const struct ydoc *doc;
};

/* What all nodes of a document share. */
struct ydoc {
	const char *file;	/* for messages */
	struct str text;
};

/*
 * The root, in the arena (text is copied); a Y_NULL node for an empty
 * document.  NULL with *e (file, line, col) when it is not valid.  file is
 * kept for messages and must live as long as the arena.
 */
const struct ynode	*yaml_load(struct str text, const char *file,
			    struct arena *a, struct err *e);

/*
 * Reads path first.  The file's name in messages outlives the arena, so an
 * error may be told when everything else is released.
 */
const struct ynode	*yaml_load_file(const char *path, struct arena *a,
			    struct err *e);

/* The value under key in a mapping, NULL when absent. */
const struct ynode	*ynode_get(const struct ynode *n, const char *key);

/* ERR_CONFIG at n's position. */
int	ynode_err(const struct ynode *n, struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* YAML 1.1 words as Go's yaml reads them into a bool. */
bool	ynode_bool(const struct ynode *n, bool *out);

/*
 * Where byte `at` of a scalar's text stands in the source file: right for
 * plain, quoted, literal (|) and folded (>) scalars, so an error inside
 * `expr: |` has its true line and column.
 */
void	ynode_position(const struct ynode *n, size_t at, unsigned *line,
	    unsigned *col);

#endif
