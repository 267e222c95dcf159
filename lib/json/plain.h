/*
 * plain: eight bytes of a string at once; for json's own files.
 */
#ifndef JSON_PLAIN_H
#define JSON_PLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PLAIN_STEP	8
#define PLAIN_EACH	UINT64_C(0x0101010101010101)

/* A bit for each byte of x that is c; more of them, when there is one. */
static inline uint64_t
plain_has(uint64_t x, unsigned char c)
{
	return (x ^ PLAIN_EACH * c) - PLAIN_EACH;
}

/*
 * True when none of the 8 bytes at p is a control byte, '"', '\\' or not
 * ASCII; false is a guess.  A byte's subtraction borrows into its highest
 * bit when it was smaller; x ^ c is zero, hence below 1, where the byte is c.
 */
static inline bool
plain8(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return (((x - PLAIN_EACH * ' ') | plain_has(x, '"') |
	    plain_has(x, '\\') | x) & PLAIN_EACH * 0x80) == 0;
}

/* The same, and none that a browser might take for markup. */
static inline bool
plain8_html(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return (((x - PLAIN_EACH * ' ') | plain_has(x, '"') |
	    plain_has(x, '\\') | plain_has(x, '<') | plain_has(x, '>') |
	    plain_has(x, '&') | x) & PLAIN_EACH * 0x80) == 0;
}

#endif
