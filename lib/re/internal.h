/*
 * re/internal: RE2 syntax to PCRE2 syntax.
 */
#ifndef RE_INTERNAL_H
#define RE_INTERNAL_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"
#include "core/vec.h"
#include "re/re.h"

#define RE_PATTERN_MAX	((size_t)1 << 20)
#define RE_NEST_MAX	1000	/* as Go's regexp/syntax */
#define RE_REPEAT_MAX	1000

/* What the translation finds; names[i] is group i + 1, empty = unnamed. */
struct re_syntax {
	bool whole;		/* given: it is to match whole texts */
	bool wide;		/* given: Ruby's \b is to see all letters */
	bool bounds;		/* there is a \b, which sees ASCII alone */
	struct buf pcre;	/* the pattern in PCRE2's syntax */
	struct str *names;
	size_t ngroups, cap;
};

/*
 * Check pattern (valid UTF-8) against RE2's grammar and write it as PCRE2 reads it.
 * -1 with *e: ERR_SYNTAX, line 1, col, Go's text.  Names are borrowed from
 * the pattern.
 */
int	re_translate(struct str pattern, struct re_syntax *out, struct err *e);

/*
 * Ruby's syntax as PCRE2 reads it; names of groups are borrowed from the
 * pattern.  -1 with *e: what PCRE2 has not.
 */
int	re_from_ruby(struct str pattern, struct re_syntax *out,
	    struct err *e);

/* After the bracket at *at: a class, written to out.  Moves behind it. */
int	re_class(struct str pattern, size_t *at, struct buf *out,
	    struct err *e);

/*
 * The escape at pattern[*at] == '\\' when it stands for one character:
 * 1 and *c, 0 when it is something else (nothing moved), -1 bad.
 */
int	re_escape_char(struct str pattern, size_t *at, uint32_t *c,
	    struct err *e);

/*
 * \d \w \s and \p{..} and their negations: 1 when written, 0 when it is
 * none of them, -1 bad.  in_class: without brackets of its own.
 */
int	re_escape_class(struct str pattern, size_t *at, bool in_class,
	    struct buf *out, struct err *e);

/*
 * Literals of at least RE_NEED_MIN bytes, one of which stands in whatever a
 * pattern in PCRE2's syntax matches; n 0: nothing is known.  And the one at
 * the begin of a line; empty: nothing is known.
 */
struct re_needs {
	struct str lit[RE_NEEDS_MAX];
	size_t n;
	struct str begin;
};

void	re_find_needs(struct str pcre, bool nocase, struct arena *a,
	    struct re_needs *out);

/* c so that PCRE2 takes it literally, inside a class and outside. */
void	re_put_char(struct buf *out, uint32_t c);

/* Go's error: "error parsing regexp: CODE: `FRAGMENT`" at a column. */
int	re_bad(struct err *e, size_t at, const char *code, struct str frag);

#endif
