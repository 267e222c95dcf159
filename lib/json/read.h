/*
 * json/read: a pull reader over one JSON text (RFC 8259).  Strings come
 * unescaped, borrowed from the text when they hold no escape, else from the
 * arena.  Depth is bounded; invalid UTF-8 and lone surrogates are bad.
 */
#ifndef JSON_READ_H
#define JSON_READ_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

#define JR_DEPTH_MAX	64

enum jr_tok {
	JR_END,		/* the text is complete */
	JR_OBJ, JR_OBJ_END, JR_ARR, JR_ARR_END,
	JR_KEY,		/* str is the key; its value comes next */
	JR_STR,		/* str */
	JR_NUM,		/* num, and str = the digits as written */
	JR_TRUE, JR_FALSE, JR_NULL,
	JR_BAD		/* why says what, start where; final */
};

struct jr {
	struct str text;
	size_t at;		/* byte behind the token just read */
	size_t start;		/* its first byte; of JR_BAD: the wrong one */
	struct arena *arena;
	struct str str;
	double num;		/* correctly rounded; too large = infinity */
	const char *why;	/* of JR_BAD */
	unsigned depth;		/* open objects and arrays */
	uint64_t in_object;	/* bit d: level d + 1 is an object */
	unsigned char state;
	/*
	 * Set after jr_init: the words NaN, Inf, Infinity in any case, with
	 * or without a sign, are JR_NUM too (VictoriaMetrics reads them).
	 */
	bool bare_nonfinite;
	size_t bare_at;		/* 1 + where the first such word stood; 0 */
};

void		jr_init(struct jr *r, struct str text, struct arena *a);
enum jr_tok	jr_next(struct jr *r);

/*
 * Pass over the value whose first token was just read (nothing to do for a
 * scalar), or, after JR_KEY, over the value that follows.  0, -1 when bad.
 */
int		jr_skip(struct jr *r, enum jr_tok tok);

/* As jr_skip after JR_KEY, giving the value's text as written. */
int		jr_raw(struct jr *r, struct str *raw);

/*
 * *e from JR_BAD, or "expected ..." at the token just read: line and col
 * within the text.  Returns -1.
 */
int		jr_err(const struct jr *r, const char *expected, struct err *e);

#endif
