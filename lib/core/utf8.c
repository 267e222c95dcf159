#include "core/utf8.h"

#include <locale.h>
#include <wchar.h>
#include <wctype.h>

/*
 * Length of the well-formed sequence at p (n bytes are there), 0 when there
 * is none: Unicode 15, table 3-7.
 */
static size_t
sequence(const unsigned char *p, size_t n)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > n)
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
utf8_is_ascii(struct str s)
{
	uint64_t word, all = 0;
	size_t i;

	for (i = 0; i + 8 <= s.n; i += 8) {
		memcpy(&word, s.p + i, 8);
		all |= word;
	}
	for (; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return (all & 0x8080808080808080ULL) == 0;
}

bool
utf8_valid(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, len;
	uint64_t word, four[4];

	/* Most texts are ASCII from end to end. */
	for (; i + sizeof(four) <= s.n; i += sizeof(four)) {
		memcpy(four, p + i, sizeof(four));
		if ((four[0] | four[1] | four[2] | four[3]) &
		    0x8080808080808080ULL)
			break;
	}
	while (i < s.n) {
		if (i + 8 <= s.n) {
			memcpy(&word, p + i, 8);
			if ((word & 0x8080808080808080ULL) == 0) {
				i += 8;
				continue;
			}
		}
		len = sequence(p + i, s.n - i);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

uint32_t
utf8_next(struct str s, size_t *at)
{
	const unsigned char *p = (const unsigned char *)s.p + *at;
	size_t len = sequence(p, s.n - *at);

	*at += len ? len : 1;
	switch (len) {
	case 1:
		return p[0];
	case 2:
		return (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU);
	case 3:
		return (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 |
		    (p[2] & 0x3fU);
	case 4:
		return (p[0] & 0x07U) << 18 | (p[1] & 0x3fU) << 12 |
		    (p[2] & 0x3fU) << 6 | (p[3] & 0x3fU);
	default:
		return UTF8_BAD;
	}
}

int
utf8_put(struct buf *out, uint32_t c)
{
	char b[4];
	size_t n;

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = UTF8_BAD;
	if (c < 0x80) {
		b[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		b[1] = (char)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 0x3f));
		b[2] = (char)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		b[0] = (char)(0xf0 | c >> 18);
		b[1] = (char)(0x80 | (c >> 12 & 0x3f));
		b[2] = (char)(0x80 | (c >> 6 & 0x3f));
		b[3] = (char)(0x80 | (c & 0x3f));
		n = 4;
	}
	return buf_put(out, (struct str){ b, n });
}

size_t
utf8_count(struct str s)
{
	size_t at = 0, n = 0;

	for (; at < s.n; n++)
		(void)utf8_next(s, &at);
	return n;
}

struct str
utf8_prefix(struct str s, size_t n)
{
	size_t at = 0;

	while (n-- && at < s.n)
		(void)utf8_next(s, &at);
	return str_sub(s, 0, at);
}

/* The C library knows widths and cases, but only in a UTF-8 locale. */
static locale_t
unicode_locale(void)
{
	static locale_t loc;

	if (loc == (locale_t)0)
		loc = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return loc;
}

bool
utf8_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

int
utf8_width(uint32_t c)
{
	locale_t old;
	int w;

	if (utf8_control(c))
		return 0;
	if (c < 0x7f)
		return 1;
	old = uselocale(unicode_locale());
	w = wcwidth((wchar_t)c);
	(void)uselocale(old);
	return w < 0 ? 0 : w;
}

size_t
utf8_columns(struct str s)
{
	size_t at = 0, n = 0;

	while (at < s.n)
		n += (size_t)utf8_width(utf8_next(s, &at));
	return n;
}

uint32_t
utf8_upper(uint32_t c)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? c - 32 : c;
	return (uint32_t)towupper_l((wint_t)c, unicode_locale());
}

uint32_t
utf8_lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	return (uint32_t)towlower_l((wint_t)c, unicode_locale());
}

/*
 * What the C library calls printable and Go does not: Zs but the ASCII space,
 * Cf and Co of Unicode 15.
 */
static const struct { uint32_t from, to; } unprintable[] = {
	{ 0xa0, 0xa0 }, { 0xad, 0xad }, { 0x600, 0x605 }, { 0x61c, 0x61c },
	{ 0x6dd, 0x6dd }, { 0x70f, 0x70f }, { 0x890, 0x891 },
	{ 0x8e2, 0x8e2 }, { 0x1680, 0x1680 }, { 0x180e, 0x180e },
	{ 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x2064 },
	{ 0x2066, 0x206f }, { 0x3000, 0x3000 }, { 0xd800, 0xf8ff },
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0001, 0xe0001 }, { 0xe0020, 0xe007f },
	{ 0xf0000, 0x10ffff },
};

bool
utf8_printable(uint32_t c)
{
	size_t i;

	if (c < 0x7f)
		return c >= 0x20;
	for (i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++)
		if (c >= unprintable[i].from && c <= unprintable[i].to)
			return false;
	return iswprint_l((wint_t)c, unicode_locale()) != 0;
}
