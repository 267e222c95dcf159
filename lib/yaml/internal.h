/*
 * yaml/internal: what the files of this module share.
 */
#ifndef YAML_INTERNAL_H
#define YAML_INTERNAL_H

#include "yaml/node.h"

#define YAML_DEPTH_MAX	200
/* Nodes after all aliases and merges are followed. */
#define YAML_NODES_MAX	((size_t)4 << 20)

/* A document; struct ydoc is what others see. */
struct ydoc_lines {
	struct ydoc doc;
	size_t *start;		/* byte where line i + 1 starts */
	size_t n;
};

/* Byte of (line, column), both 1-based, column in bytes. */
size_t	ydoc_offset(const struct ydoc *d, unsigned line, unsigned col);

/* The line and column of a byte. */
void	ydoc_place(const struct ydoc *d, size_t at, unsigned *line,
	    unsigned *col);

/*
 * The length of the line break at text[at], 0 when there is none.  YAML 1.1
 * also breaks at CR, NEL, LS and PS.
 */
size_t	yaml_break(struct str text, size_t at);

/* Index the lines of text. */
void	ydoc_init(struct ydoc_lines *d, struct str text, const char *file,
	    struct arena *a);

#endif
