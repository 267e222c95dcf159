/*
 * scan: walking over a line.  Everything returns false, with the place
 * unchanged, when the text continues otherwise.
 */
#ifndef TS_LOGWATCH_SCAN_H
#define TS_LOGWATCH_SCAN_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/str.h"

struct scan {
	struct str s;
	size_t at;
};

static inline struct str
scan_rest(const struct scan *c)
{
	return str_sub(c->s, c->at, c->s.n);
}

static inline bool
scan_end(const struct scan *c)
{
	return c->at >= c->s.n;
}

static inline bool
scan_char(struct scan *c, char want)
{
	if (c->at >= c->s.n || c->s.p[c->at] != want)
		return false;
	c->at++;
	return true;
}

static inline void
scan_blanks(struct scan *c)
{
	while (c->at < c->s.n && (c->s.p[c->at] == ' ' ||
	    c->s.p[c->at] == '\t'))
		c->at++;
}

static inline bool
scan_text(struct scan *c, struct str want)
{
	if (c->s.n - c->at < want.n ||
	    memcmp(c->s.p + c->at, want.p, want.n) != 0)
		return false;
	c->at += want.n;
	return true;
}

/* Up to the first stop, which is passed over; at least one byte. */
static inline bool
scan_until(struct scan *c, char stop, struct str *out)
{
	const char *from = c->s.p + c->at, *p;

	if (c->at >= c->s.n)
		return false;
	p = memchr(from, stop, c->s.n - c->at);
	if (p == NULL || p == from)
		return false;
	*out = (struct str){ from, (size_t)(p - from) };
	c->at += out->n + 1;
	return true;
}

/* Bytes up to a blank or the end, at least one; the blank is not passed. */
static inline bool
scan_word(struct scan *c, struct str *out)
{
	size_t from = c->at;

	while (c->at < c->s.n && c->s.p[c->at] != ' ' &&
	    c->s.p[c->at] != '\t')
		c->at++;
	*out = str_sub(c->s, from, c->at);
	return out->n > 0;
}

static inline bool
scan_digits(struct scan *c, struct str *out)
{
	size_t from = c->at;

	while (c->at < c->s.n && c->s.p[c->at] >= '0' && c->s.p[c->at] <= '9')
		c->at++;
	*out = str_sub(c->s, from, c->at);
	return out->n > 0;
}

/*
 * A text in double quotes; \" does not end it.  *escaped: it holds a
 * backslash.
 */
bool	scan_quoted(struct scan *c, struct str *out, bool *escaped);

/* \" \\ \n \t \r \/ \b \f \uXXXX \xHH undone, in the arena. */
struct str	scan_unescape(struct str s, struct arena *a);

/* An IPv4 address, all of s, as inet_pton has it: no leading zeros. */
bool	scan_ipv4(struct str s, unsigned char out[4]);

/* An address of IPv4 or IPv6, all of s. */
bool	scan_is_address(struct str s);

#endif
