/*
 * libcrypto is loaded by the first digest: its 18000 relocations are two
 * thirds of what a filter that needs none would spend on starting.
 */
#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mem.h"

#define SONAME		"libcrypto.so.3"
#define EXIT_NOLIB	127	/* as the dynamic linker */

static __typeof__(EVP_Digest) *evp_digest;
static __typeof__(EVP_md5) *evp_md5;
static __typeof__(EVP_sha256) *evp_sha256;
static __typeof__(HMAC) *hmac;
static __typeof__(EVP_MD_CTX_new) *evp_md_ctx_new;
static __typeof__(EVP_MD_CTX_free) *evp_md_ctx_free;
static __typeof__(EVP_DigestInit_ex) *evp_digest_init;
static __typeof__(EVP_DigestUpdate) *evp_digest_update;
static __typeof__(EVP_DigestFinal_ex) *evp_digest_final;

static const struct {
	const char *name;
	void *slot;		/* a pointer to function */
} functions[] = {
	{ "EVP_Digest", &evp_digest }, { "EVP_md5", &evp_md5 },
	{ "EVP_sha256", &evp_sha256 }, { "EVP_MD_CTX_new", &evp_md_ctx_new },
	{ "EVP_MD_CTX_free", &evp_md_ctx_free },
	{ "EVP_DigestInit_ex", &evp_digest_init },
	{ "EVP_DigestUpdate", &evp_digest_update },
	{ "EVP_DigestFinal_ex", &evp_digest_final },
	{ "HMAC", &hmac },	/* the last: it tells that all are there */
};

/* As when the dynamic linker misses a library: one line, and the end. */
static _Noreturn void
missing(void)
{
	const char *why = dlerror();

	(void)!write(STDERR_FILENO, why, strlen(why));
	(void)!write(STDERR_FILENO, "\n", 1);
	_exit(EXIT_NOLIB);
}

static void
load(void)
{
	void *lib, *f;
	size_t i;

	if (hmac)
		return;
	lib = dlopen(SONAME, RTLD_LAZY | RTLD_LOCAL);
	if (lib == NULL)
		missing();
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		f = dlsym(lib, functions[i].name);
		if (f == NULL)
			missing();
		memcpy(functions[i].slot, &f, sizeof(f));
	}
}

/* EVP_Digest fails only when the library itself is broken. */
static void
digest(const EVP_MD *md, struct str s, unsigned char *out)
{
	if (evp_digest(s.p, s.n, out, NULL, md, NULL) != 1)
		__builtin_trap();
}

void
hash_md5(struct str s, unsigned char out[HASH_MD5_BYTES])
{
	load();
	digest(evp_md5(), s, out);
}

void
hash_sha256(struct str s, unsigned char out[HASH_SHA256_BYTES])
{
	load();
	digest(evp_sha256(), s, out);
}

void
hash_hmac_sha256(struct str key, struct str s,
    unsigned char out[HASH_SHA256_BYTES])
{
	unsigned n;

	load();
	if (hmac(evp_sha256(), key.p, (int)key.n, (const void *)s.p, s.n, out,
	    &n) == NULL)
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
	if ((c = evp_md_ctx_new()) == NULL)
		mem_exhausted();
	if (evp_digest_init(c, evp_sha256(), NULL) != 1)
		__builtin_trap();
	return (struct hash_sha256 *)(void *)c;
}

void
hash_sha256_more(struct hash_sha256 *h, struct str s)
{
	if (s.n && evp_digest_update(context(h), s.p, s.n) != 1)
		__builtin_trap();
}

void
hash_sha256_end(struct hash_sha256 *h, unsigned char out[HASH_SHA256_BYTES])
{
	if (evp_digest_final(context(h), out, NULL) != 1)
		__builtin_trap();
	evp_md_ctx_free(context(h));
}
