/*
 * hash: the fixed hash functions that formats of others prescribe, and
 * base64.  For tables use str_hash.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

/* FNV-1a, 64 bits: start with HASH_FNV_INIT, feed pieces in turn. */
#define HASH_FNV_INIT	0xcbf29ce484222325ULL
uint64_t	hash_fnv(uint64_t h, struct str s);

/* XXH64 with seed 0, as Prometheus and Alertmanager use it. */
uint64_t	hash_xx64(struct str s);

/* CRC-32C (Castagnoli), continuing from crc (0 to start). */
uint32_t	hash_crc32c(uint32_t crc, struct str s);

/* Digests; the first one loads libcrypto. */
#define HASH_MD5_BYTES		16
#define HASH_SHA256_BYTES	32
void	hash_md5(struct str s, unsigned char out[HASH_MD5_BYTES]);
void	hash_sha256(struct str s, unsigned char out[HASH_SHA256_BYTES]);
void	hash_hmac_sha256(struct str key, struct str s,
	    unsigned char out[HASH_SHA256_BYTES]);

/* SHA-256 of what comes in pieces.  hash_sha256_end also frees it. */
struct hash_sha256;
struct hash_sha256	*hash_sha256_begin(void);
void	hash_sha256_more(struct hash_sha256 *h, struct str s);
void	hash_sha256_end(struct hash_sha256 *h,
	    unsigned char out[HASH_SHA256_BYTES]);

/* Lower-case hexadecimal. */
int	hash_hex(struct buf *out, const unsigned char *bytes, size_t n);

/* Standard base64 with padding. */
int	base64_put(struct buf *out, struct str s);
bool	base64_get(struct buf *out, struct str text);

#endif
