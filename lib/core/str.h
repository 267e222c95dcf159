/*
 * str: a slice of bytes.  Borrowed, never NUL-terminated by contract; any
 * byte may occur.  An empty slice may have p == NULL.
 */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit)	((struct str){ (lit), sizeof(lit) - 1 })
#define STR_NONE	((struct str){ NULL, 0 })
#define STR_FMT		"%.*s"
#define STR_ARG(s)	(int)(s).n, (s).n ? (s).p : ""

static inline struct str
str_of(const char *z)
{
	return (struct str){ z, z ? strlen(z) : 0 };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Bytewise order; a proper prefix sorts first. */
int	str_cmp(struct str a, struct str b);

/* As str_eq, but ASCII letters compare without case. */
bool	str_eq_nocase(struct str a, struct str b);

static inline bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n &&
	    (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool	str_ends(struct str s, struct str suffix);

/* Without leading and trailing blanks (space, tab, CR, LF, VT, FF). */
struct str	str_trim(struct str s);

/* The first occurrence of needle (or c) in s; -1 when there is none. */
ptrdiff_t	str_find(struct str s, struct str needle);
ptrdiff_t	str_find_char(struct str s, char c);

/*
 * Split at the first sep: *head gets what stands before it, the return value
 * is what follows.  Without a sep, *head is all of s and the rest is
 * STR_NONE (p NULL), so `while (s.p)` walks the fields.
 */
struct str	str_cut(struct str s, char sep, struct str *head);

/* s[from, to), clamped to s. */
static inline struct str
str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct str){ from ? s.p + from : s.p, to - from };
}

/* The bytes of s are a part of those of whole, not just equal to it. */
static inline bool
str_inside(struct str s, struct str whole)
{
	return s.n == 0 || (s.p >= whole.p && s.n <= whole.n &&
	    s.p - whole.p <= (ptrdiff_t)(whole.n - s.n));
}

/* A good 64-bit hash for tables (XXH3); not stable across versions. */
uint64_t	str_hash(struct str s);

#endif
