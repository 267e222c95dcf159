/*
 * screen: which of many literals stand in a text, told by one pass over it,
 * so that a line is not shown to every pattern of every rule.
 */
#ifndef TS_LOGWATCH_SCREEN_H
#define TS_LOGWATCH_SCREEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct screen;

/* A set of bits, one or more literals to a bit; this one is in each set. */
#define SCREEN_ALWAYS	((uint64_t)1 << 63)

struct screen	*screen_new(void);
void		 screen_free(struct screen *s);

/* The bit of a literal of at least SCREEN_MIN bytes, which is borrowed. */
#define SCREEN_MIN	5
uint64_t	 screen_add(struct screen *s, struct str literal);

/* The bits of all literals in text, exactly; SCREEN_ALWAYS among them. */
uint64_t	 screen_look(const struct screen *s, struct str text);

/*
 * Literals that stand at the begin of a text, of at least SCREEN_BEGIN_MIN
 * bytes, borrowed; the bits of those that text begins with; all bits that
 * such literals have.
 */
#define SCREEN_BEGIN_MIN	4
uint64_t	 screen_add_begin(struct screen *s, struct str literal);
uint64_t	 screen_begins(const struct screen *s, struct str text);
uint64_t	 screen_all_begins(const struct screen *s);

#endif
