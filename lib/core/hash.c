#include "core/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

#define FNV_PRIME	0x100000001b3ULL
#define CRC32C_POLY	0x82f63b78U	/* reflected */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint64_t
hash_fnv(uint64_t h, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		h ^= (unsigned char)s.p[i];
		h *= FNV_PRIME;
	}
	return h;
}

uint64_t
hash_xx64(struct str s)
{
	return XXH64(s.p, s.n, 0);
}

static uint32_t
crc32c_bytes(uint32_t crc, struct str s)
{
	static uint32_t table[256];
	uint32_t i, c;
	size_t at;
	int bit;

	if (table[1] == 0)
		for (i = 0; i < 256; i++) {
			for (c = i, bit = 0; bit < 8; bit++)
				c = c & 1 ? c >> 1 ^ CRC32C_POLY : c >> 1;
			table[i] = c;
		}
	for (at = 0; at < s.n; at++)
		crc = table[(crc ^ (unsigned char)s.p[at]) & 0xff] ^ crc >> 8;
	return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t
crc32c_sse42(uint32_t crc, struct str s)
{
	uint64_t c = crc, word;

	for (; s.n >= 8; s = str_sub(s, 8, s.n)) {
		memcpy(&word, s.p, 8);
		c = _mm_crc32_u64(c, word);
	}
	crc = (uint32_t)c;
	for (; s.n; s = str_sub(s, 1, s.n))
		crc = _mm_crc32_u8(crc, (unsigned char)s.p[0]);
	return crc;
}
#endif

uint32_t
hash_crc32c(uint32_t crc, struct str s)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc32c_sse42(~crc, s);
#endif
	return ~crc32c_bytes(~crc, s);
}

int
hash_hex(struct buf *out, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (buf_reserve(out, 2 * n) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		out->p[out->n++] = digits[bytes[i] >> 4];
		out->p[out->n++] = digits[bytes[i] & 15];
	}
	return 0;
}

int
base64_put(struct buf *out, struct str s)
{
	size_t i, left;
	uint32_t w;

	for (i = 0; i < s.n; i += 3) {
		left = s.n - i;
		w = (uint32_t)(unsigned char)s.p[i] << 16;
		if (left > 1)
			w |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
		if (left > 2)
			w |= (unsigned char)s.p[i + 2];
		if (buf_reserve(out, 4) == -1)
			return -1;
		out->p[out->n++] = base64_digits[w >> 18];
		out->p[out->n++] = base64_digits[w >> 12 & 63];
		out->p[out->n++] = left > 1 ? base64_digits[w >> 6 & 63] : '=';
		out->p[out->n++] = left > 2 ? base64_digits[w & 63] : '=';
	}
	return 0;
}

bool
base64_get(struct buf *out, struct str text)
{
	uint32_t w = 0;
	const char *at;
	size_t i, bits = 0;

	if (text.n % 4)
		return false;
	for (i = 0; i < text.n && text.p[i] != '='; i++) {
		at = memchr(base64_digits, text.p[i], 64);
		if (at == NULL)
			return false;
		w = w << 6 | (uint32_t)(at - base64_digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (buf_putc(out, (char)(w >> bits & 0xff)) == -1)
				return false;
		}
	}
	if (text.n - i > 2 || (w & ((1U << bits) - 1)))
		return false;
	for (; i < text.n; i++)
		if (text.p[i] != '=')
			return false;
	return true;
}
