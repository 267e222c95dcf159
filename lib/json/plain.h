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
	return (((x - PLAIN_EACH * ' ') |
	    ((x ^ PLAIN_EACH * '"') - PLAIN_EACH) |
	    ((x ^ PLAIN_EACH * '\\') - PLAIN_EACH) | x) &
	    PLAIN_EACH * 0x80) == 0;
}

#endif
