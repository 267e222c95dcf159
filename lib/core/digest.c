/*
 * libcrypto is loaded by the first digest: its 18000 relocations are two
 * thirds of what a filter that needs none would spend on starting.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stddef.h>
#include <unistd.h>

#include "core/diag.h"
#include "core/dynlib.h"
#include "core/hash.h"
#include "core/mem.h"

#define SONAME		"libcrypto.so.3"
#define EXIT_NOLIB	127	/* as the dynamic linker */

#define FUNCTIONS(X)							\
	X(EVP_Digest) X(EVP_DigestFinal_ex) X(EVP_DigestInit_ex)	\
	X(EVP_DigestUpdate) X(EVP_MD_CTX_free) X(EVP_MD_CTX_new)	\
	X(EVP_md5) X(EVP_sha256) X(HMAC)

static struct crypto {
#define X(name) __typeof__(name) *name;
	FUNCTIONS(X)
#undef X
} crypto;

static const struct dynlib_row functions[] = {
#define X(name) { #name, offsetof(struct crypto, name) },
	FUNCTIONS(X)
#undef X
};

/* As when the dynamic linker misses a library: one line, and the end. */
static void
load(void)
{
	struct err e;

	if (crypto.HMAC != NULL)
		return;
	if (dynlib_load(SONAME, functions, sizeof(functions) /
	    sizeof(functions[0]), &crypto, &e) == -1) {
		diag_err(&e);
		_exit(EXIT_NOLIB);
	}
}

/* EVP_Digest fails only when the library itself is broken. */
static void
digest(const EVP_MD *md, struct str s, unsigned char *out)
{
	if (crypto.EVP_Digest(s.p, s.n, out, NULL, md, NULL) != 1)
		__builtin_trap();
}

void
hash_md5(struct str s, unsigned char out[HASH_MD5_BYTES])
{
	load();
	digest(crypto.EVP_md5(), s, out);
}

void
hash_sha256(struct str s, unsigned char out[HASH_SHA256_BYTES])
{
	load();
	digest(crypto.EVP_sha256(), s, out);
}

void
hash_hmac_sha256(struct str key, struct str s,
    unsigned char out[HASH_SHA256_BYTES])
{
	unsigned n;

	load();
	if (crypto.HMAC(crypto.EVP_sha256(), key.p, (int)key.n,
	    (const void *)s.p, s.n, out, &n) == NULL)
		__builtin_trap();
}

/* ---- in pieces ---- */

/* Nothing stands here but what is cast: the library has the state. */
static EVP_MD_CTX *
context(struct hash_sha256 *h)
{
	return (EVP_MD_CTX *)(void *)h;
}

struct hash_sha256 *
hash_sha256_begin(void)
{
	EVP_MD_CTX *c;

	load();
	if ((c = crypto.EVP_MD_CTX_new()) == NULL)
		mem_exhausted();
	if (crypto.EVP_DigestInit_ex(c, crypto.EVP_sha256(), NULL) != 1)
		__builtin_trap();
	return (struct hash_sha256 *)(void *)c;
}

void
hash_sha256_more(struct hash_sha256 *h, struct str s)
{
	if (s.n && crypto.EVP_DigestUpdate(context(h), s.p, s.n) != 1)
		__builtin_trap();
}

void
hash_sha256_end(struct hash_sha256 *h, unsigned char out[HASH_SHA256_BYTES])
{
	if (crypto.EVP_DigestFinal_ex(context(h), out, NULL) != 1)
		__builtin_trap();
	crypto.EVP_MD_CTX_free(context(h));
}
