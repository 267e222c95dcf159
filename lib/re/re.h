/*
 * re: regular expressions with the meaning of RE2 on PCRE2-JIT: `.` matches
 * newline, \d \w \s are ASCII, (?i) folds Unicode, leftmost-first.
 * Look-around, back-references, possessive and atomic groups, \C and repeat
 * counts over 1000 are refused, as RE2 refuses them.  Matching is bounded.
 */
#ifndef RE_RE_H
#define RE_RE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

struct re;

enum re_flags {
	RE_FULL = 1 << 0,	/* the whole text must match: ^(?s:...)$ */
	RE_NOCASE = 1 << 1,
	RE_NODOTALL = 1 << 2,	/* `.` stops at newline (Alertmanager, grok) */
	RE_PERL = 1 << 3,	/* PCRE2's own syntax, with all that RE2 lacks:
				   for patterns that are no RE2 */
	RE_RUBY = 1 << 4,	/* Ruby's syntax (Onigmo), as grok has it:
				   ^ and $ at every line, groups by name only
				   and of any name; a limit of its own */
	RE_TEXT = 1 << 5,	/* with RE_RUBY: a newline is a byte like any
				   other, to . as well; ^ and $ are the ends
				   of the text */
	RE_NUMBERED = 1 << 6	/* with RE_RUBY: when no group has a name, all
				   have numbers, as in Ruby */
};

/* NULL with *e (ERR_SYNTAX, col in the pattern) when it is not valid. */
struct re	*re_compile(struct str pattern, unsigned flags, struct err *e);
void		 re_free(struct re *r);		/* NULL does nothing */

/* The same, freed with the arena: for what a configuration holds. */
struct re	*re_compile_in(struct arena *a, struct str pattern,
		    unsigned flags, struct err *e);

struct str	 re_pattern(const struct re *r);	/* as given */

/* A pattern without metacharacters that is matched whole: *literal is it. */
bool		 re_is_literal(const struct re *r, struct str *literal);

/*
 * Texts of at least RE_NEED_MIN bytes, one of which stands in whatever a
 * RE_RUBY pattern matches; their number, 0 when nothing is known.  Borrowed.
 */
#define RE_NEED_MIN	5
#define RE_NEEDS_MAX	16
size_t		 re_needs(const struct re *r, const struct str **out);

/*
 * The text that stands at the begin of the text, or behind a newline in it,
 * of whatever a RE_RUBY pattern matches; empty when nothing is known.
 */
struct str	 re_begin(const struct re *r);

/* False also when the match limit was reached. */
bool		 re_match(const struct re *r, struct str s);

/* Capture groups: count without group 0; index of a named one, or -1. */
unsigned	 re_groups(const struct re *r);
int		 re_group_index(const struct re *r, struct str name);
struct str	 re_group_name(const struct re *r, unsigned group);

/*
 * The first match at or after s[from]; group[i] gets the i-th group (0 = the
 * whole match), p NULL when it took no part.  False when there is none.
 */
#define RE_GROUPS_MAX	200
bool		 re_search(const struct re *r, struct str s, size_t from,
		    struct str *group, size_t ngroups);

/*
 * As re_search, but tells a limit: 1 found, 0 not, -1 when the match cost
 * too much and was given up.
 */
int		 re_try(const struct re *r, struct str s, size_t from,
		    struct str *group, size_t ngroups);

/*
 * Go's Regexp.Expand over the groups of a match: $1 ${1} $name ${name}; the
 * longest run of letters, digits and _ is the name; unknown or unmatched is
 * empty; $$ is $.  0, or -1 when out is full.
 */
int		 re_expand(const struct re *r, struct str template,
		    const struct str *group, size_t ngroups, struct buf *out);

/* Go's ReplaceAllString: every match replaced by the expanded template. */
int		 re_replace_all(const struct re *r, struct str s,
		    struct str template, struct buf *out);

#endif
