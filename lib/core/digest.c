#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/hash.h"

/* EVP_Digest fails only when the library itself is broken. */
static void
digest(const EVP_MD *md, struct str s, unsigned char *out)
{
	if (EVP_Digest(s.p, s.n, out, NULL, md, NULL) != 1)
		__builtin_trap();
}

void
hash_md5(struct str s, unsigned char out[HASH_MD5_BYTES])
{
	digest(EVP_md5(), s, out);
}

void
hash_sha256(struct str s, unsigned char out[HASH_SHA256_BYTES])
{
	digest(EVP_sha256(), s, out);
}

void
hash_hmac_sha256(struct str key, struct str s,
    unsigned char out[HASH_SHA256_BYTES])
{
	unsigned n;

	if (HMAC(EVP_sha256(), key.p, (int)key.n, (const void *)s.p, s.n, out,
	    &n) == NULL)
		__builtin_trap();
}
