/*
 * utf8: validation, decoding, terminal width and case mapping.
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

#define UTF8_BAD	0xfffdU		/* what a bad byte decodes to */

/* All of s is well-formed (no surrogates, nothing above U+10FFFF). */
bool	utf8_valid(struct str s);

/* No byte of s is over 0x7f. */
bool	utf8_is_ascii(struct str s);

/*
 * The character at s[*at] (*at < s.n); *at moves behind it.  A bad byte
 * gives UTF8_BAD and moves by one.
 */
uint32_t	utf8_next(struct str s, size_t *at);

/* Append c; what is not a character is written as U+FFFD. */
int	utf8_put(struct buf *out, uint32_t c);

/* Characters in s; a bad byte counts as one. */
size_t	utf8_count(struct str s);

/* The first n characters of s. */
struct str	utf8_prefix(struct str s, size_t n);

/* What a terminal obeys: C0, DEL and C1 (U+009B is an escape sequence too). */
bool	utf8_control(uint32_t c);

/* Columns on a terminal: 0 (combining, control), 1, or 2 (wide, emoji). */
int	utf8_width(uint32_t c);
size_t	utf8_columns(struct str s);

/*
 * Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the
 * ASCII space; no other space, no format, private or unassigned character.
 */
bool	utf8_printable(uint32_t c);

/* Simple case mapping (one character to one), as Go's unicode.ToUpper. */
uint32_t	utf8_upper(uint32_t c);
uint32_t	utf8_lower(uint32_t c);

#endif
