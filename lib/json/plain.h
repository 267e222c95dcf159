/*
 * plain: where a string stops being plain, sixteen or eight bytes at once;
 * for json's own files.
 */
#ifndef JSON_PLAIN_H
#define JSON_PLAIN_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PLAIN_EACH	UINT64_C(0x0101010101010101)
#define PLAIN_HIGH	(PLAIN_EACH * 0x80)

/* A bit for each byte of x that is c; more of them above such a one. */
static inline uint64_t
plain_has(uint64_t x, unsigned char c)
{
	return (x ^ PLAIN_EACH * c) - PLAIN_EACH;
}

/*
 * The highest bit of every byte of x that is a control byte, '"', '\\' or not
 * ASCII; with html also '<', '>', '&'.  A byte's subtraction borrows into its
 * highest bit when it was smaller (x ^ c is zero, hence below 1, where the
 * byte is c) and may then trouble those above it: the lowest bit is right.
 */
static inline uint64_t
plain_odd(uint64_t x, bool html)
{
	uint64_t odd = (x - PLAIN_EACH * ' ') | plain_has(x, '"') |
	    plain_has(x, '\\') | x;

	if (html)
		odd |= plain_has(x, '<') | plain_has(x, '>') |
		    plain_has(x, '&');
	return odd & PLAIN_HIGH;
}

/* The n bytes at p, 1 to 7; harmless ones behind them. */
static inline uint64_t
plain_rest(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	uint64_t x = (PLAIN_EACH * 'a') << 8 * n;
	uint32_t low, high;

	if (n < 4)	/* the first, the middle and the last: all of them */
		return x | u[0] | (uint64_t)u[n / 2] << 8 * (n / 2) |
		    (uint64_t)u[n - 1] << 8 * (n - 1);
	memcpy(&low, p, sizeof(low));
	memcpy(&high, p + n - sizeof(high), sizeof(high));
	return x | le32toh(low) |
	    (uint64_t)le32toh(high) << 8 * (n - sizeof(high));
}

#ifdef __SSE2__
/* A bit for each of sixteen bytes: what is not ASCII is below ' ' by sign. */
static inline unsigned
plain_odd16(const char *p, bool html)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i odd = _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(' ')),
	    _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
	    _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'))));

	if (html)
		odd = _mm_or_si128(_mm_or_si128(odd,
		    _mm_cmpeq_epi8(x, _mm_set1_epi8('&'))),
		    _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('<')),
		    _mm_cmpeq_epi8(x, _mm_set1_epi8('>'))));
	return (unsigned)_mm_movemask_epi8(odd);
}
#endif

/* How many of the n bytes at p come before the first odd one. */
static inline size_t
plain_run(const char *p, size_t n, bool html)
{
	size_t i = 0;
	uint64_t x, odd;

#ifdef __SSE2__
	for (; n - i >= 16; i += 16)
		if ((odd = plain_odd16(p + i, html)) != 0)
			return i + (size_t)__builtin_ctzll(odd);
#endif
	for (; n - i >= sizeof(x); i += sizeof(x)) {
		memcpy(&x, p + i, sizeof(x));
		if ((odd = plain_odd(le64toh(x), html)) != 0)
			return i + (size_t)__builtin_ctzll(odd) / 8;
	}
	if (i == n)
		return n;
	odd = plain_odd(plain_rest(p + i, n - i), html);
	return odd ? i + (size_t)__builtin_ctzll(odd) / 8 : n;
}

#endif
