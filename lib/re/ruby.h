/*
 * re/ruby: what the two files that read Ruby's syntax share.
 */
#ifndef RE_RUBY_H
#define RE_RUBY_H

#include "re/internal.h"

struct ruby {
	struct str s;
	size_t at;
	struct re_syntax *out;
	struct err *e;
	size_t atom;		/* where the last atom begins in out */
	enum { RUBY_ONCE, RUBY_REPEATED, RUBY_DONE } repeated;
				/* what stands behind the atom: a repeat, to
				   which '?' or '+' may come; or those, too */
};

/* -1 with the error, at a place in the pattern. */
int	ruby_bad(struct ruby *r, size_t at, const char *what);

/* At the bracket: a class.  -1 bad. */
int	ruby_class(struct ruby *r);

/* At "\p{Alnum}" and the like: written, moved behind it; false: another. */
bool	ruby_property(struct ruby *r, struct buf *out);

/* At the backslash: an escape that means the same in a class and outside. */
void	ruby_char(struct ruby *r, struct buf *out);

#endif
