/*
 * lazy: libpq and OpenSSL, loaded by the first call of one of their
 * functions.  Between them they pull in thirty shared objects and 5 ms, which
 * is several times what most checks take, and most checks need neither.  Each
 * function below stands in for the library's own of that name, whose header
 * declares it; what is not here is linked as usual.
 */
#include <dlfcn.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/diag.h"

#define EXIT_NOLIB	127	/* as the dynamic linker */

enum lib { PQ, SSL3, CRYPTO };

static const char *const sonames[] = { [PQ] = "libpq.so.5",
    [SSL3] = "libssl.so.3", [CRYPTO] = "libcrypto.so.3" };

static void
load(enum lib lib, const char *name, void *slot)
{
	static void *handles[3];
	void *f = NULL;

	if (handles[lib] == NULL)
		handles[lib] = dlopen(sonames[lib], RTLD_NOW | RTLD_LOCAL);
	if (handles[lib] != NULL)
		f = dlsym(handles[lib], name);
	if (f == NULL) {
		diag("cannot load '%s' of '%s': %s", name, sonames[lib],
		    dlerror());
		_exit(EXIT_NOLIB);
	}
	memcpy(slot, &f, sizeof(f));
}

#define STAND_IN(lib, type, name, params, args)				\
	type								\
	name params							\
	{								\
		static type (*f) params;				\
									\
		if (f == NULL)						\
			load(lib, #name, &f);				\
		return f args;						\
	}

#define STAND_IN_VOID(lib, name, params, args)				\
	void								\
	name params							\
	{								\
		static void (*f) params;				\
									\
		if (f == NULL)						\
			load(lib, #name, &f);				\
		f args;							\
	}

/* libpq */
STAND_IN_VOID(PQ, PQclear, (PGresult *r), (r))
STAND_IN(PQ, PGconn *, PQconnectdbParams, (const char *const *k,
    const char *const *v, int expand), (k, v, expand))
STAND_IN(PQ, PostgresPollingStatusType, PQconnectPoll, (PGconn *c), (c))
STAND_IN(PQ, PGconn *, PQconnectStartParams, (const char *const *k,
    const char *const *v, int expand), (k, v, expand))
STAND_IN_VOID(PQ, PQconninfoFree, (PQconninfoOption *o), (o))
STAND_IN(PQ, PQconninfoOption *, PQconninfoParse, (const char *s, char **e),
    (s, e))
STAND_IN(PQ, char *, PQerrorMessage, (const PGconn *c), (c))
STAND_IN(PQ, char *, PQescapeIdentifier, (PGconn *c, const char *s,
    size_t n), (c, s, n))
STAND_IN(PQ, char *, PQescapeLiteral, (PGconn *c, const char *s, size_t n),
    (c, s, n))
STAND_IN(PQ, PGresult *, PQexec, (PGconn *c, const char *q), (c, q))
STAND_IN(PQ, PGresult *, PQexecParams, (PGconn *c, const char *q, int n,
    const Oid *type, const char *const *value, const int *length,
    const int *format, int result_format),
    (c, q, n, type, value, length, format, result_format))
STAND_IN_VOID(PQ, PQfinish, (PGconn *c), (c))
STAND_IN(PQ, char *, PQfname, (const PGresult *r, int i), (r, i))
STAND_IN(PQ, int, PQfnumber, (const PGresult *r, const char *s), (r, s))
STAND_IN_VOID(PQ, PQfreemem, (void *p), (p))
STAND_IN(PQ, Oid, PQftype, (const PGresult *r, int i), (r, i))
STAND_IN(PQ, int, PQgetisnull, (const PGresult *r, int i, int k), (r, i, k))
STAND_IN(PQ, int, PQgetlength, (const PGresult *r, int i, int k), (r, i, k))
STAND_IN(PQ, char *, PQgetvalue, (const PGresult *r, int i, int k),
    (r, i, k))
STAND_IN(PQ, int, PQnfields, (const PGresult *r), (r))
STAND_IN(PQ, int, PQntuples, (const PGresult *r), (r))
STAND_IN(PQ, const char *, PQparameterStatus, (const PGconn *c,
    const char *s), (c, s))
STAND_IN(PQ, char *, PQresultErrorField, (const PGresult *r, int field),
    (r, field))
STAND_IN(PQ, char *, PQresultErrorMessage, (const PGresult *r), (r))
STAND_IN(PQ, ExecStatusType, PQresultStatus, (const PGresult *r), (r))
STAND_IN(PQ, int, PQserverVersion, (const PGconn *c), (c))
STAND_IN(PQ, int, PQsetnonblocking, (PGconn *c, int on), (c, on))
STAND_IN(PQ, int, PQsocket, (const PGconn *c), (c))
STAND_IN(PQ, ConnStatusType, PQstatus, (const PGconn *c), (c))

/* libssl */
STAND_IN_VOID(SSL3, SSL_CTX_free, (SSL_CTX *c), (c))
STAND_IN(SSL3, int, SSL_CTX_load_verify_locations, (SSL_CTX *c,
    const char *file, const char *dir), (c, file, dir))
STAND_IN(SSL3, SSL_CTX *, SSL_CTX_new, (const SSL_METHOD *m), (m))
STAND_IN(SSL3, int, SSL_CTX_set_default_verify_paths, (SSL_CTX *c), (c))
STAND_IN_VOID(SSL3, SSL_CTX_set_verify, (SSL_CTX *c, int mode,
    SSL_verify_cb cb), (c, mode, cb))
STAND_IN(SSL3, int, SSL_CTX_use_PrivateKey_file, (SSL_CTX *c,
    const char *file, int type), (c, file, type))
STAND_IN(SSL3, int, SSL_CTX_use_certificate_chain_file, (SSL_CTX *c,
    const char *file), (c, file))
STAND_IN(SSL3, int, SSL_connect, (SSL *s), (s))
STAND_IN(SSL3, long, SSL_ctrl, (SSL *s, int cmd, long n, void *p),
    (s, cmd, n, p))
STAND_IN_VOID(SSL3, SSL_free, (SSL *s), (s))
STAND_IN(SSL3, X509_VERIFY_PARAM *, SSL_get0_param, (SSL *s), (s))
STAND_IN(SSL3, int, SSL_get_error, (const SSL *s, int rc), (s, rc))
STAND_IN(SSL3, STACK_OF(X509) *, SSL_get_peer_cert_chain, (const SSL *s),
    (s))
STAND_IN(SSL3, long, SSL_get_verify_result, (const SSL *s), (s))
STAND_IN(SSL3, SSL *, SSL_new, (SSL_CTX *c), (c))
STAND_IN(SSL3, int, SSL_read, (SSL *s, void *p, int n), (s, p, n))
STAND_IN(SSL3, int, SSL_set_fd, (SSL *s, int fd), (s, fd))
STAND_IN(SSL3, int, SSL_write, (SSL *s, const void *p, int n), (s, p, n))
STAND_IN(SSL3, const SSL_METHOD *, TLS_client_method, (void), ())

/* libcrypto */
STAND_IN(CRYPTO, const unsigned char *, ASN1_STRING_get0_data,
    (const ASN1_STRING *s), (s))
STAND_IN(CRYPTO, int, ASN1_STRING_length, (const ASN1_STRING *s), (s))
STAND_IN(CRYPTO, int, ASN1_TIME_to_tm, (const ASN1_TIME *t, struct tm *tm),
    (t, tm))
STAND_IN(CRYPTO, long, BIO_ctrl, (BIO *b, int cmd, long n, void *p),
    (b, cmd, n, p))
STAND_IN(CRYPTO, int, BIO_free, (BIO *b), (b))
STAND_IN(CRYPTO, BIO *, BIO_new, (const BIO_METHOD *m), (m))
STAND_IN(CRYPTO, BIO *, BIO_new_mem_buf, (const void *p, int n), (p, n))
STAND_IN(CRYPTO, const BIO_METHOD *, BIO_s_mem, (void), ())
STAND_IN_VOID(CRYPTO, CRYPTO_free, (void *p, const char *file, int line),
    (p, file, line))
STAND_IN_VOID(CRYPTO, ERR_error_string_n, (unsigned long code, char *s,
    size_t n), (code, s, n))
STAND_IN(CRYPTO, unsigned long, ERR_get_error, (void), ())
STAND_IN_VOID(CRYPTO, GENERAL_NAMES_free, (GENERAL_NAMES *n), (n))
STAND_IN(CRYPTO, int, OPENSSL_sk_num, (const OPENSSL_STACK *s), (s))
STAND_IN(CRYPTO, void *, OPENSSL_sk_value, (const OPENSSL_STACK *s, int i),
    (s, i))
STAND_IN(CRYPTO, X509 *, PEM_read_bio_X509, (BIO *b, X509 **x,
    pem_password_cb *cb, void *arg), (b, x, cb, arg))
STAND_IN(CRYPTO, ASN1_STRING *, X509_NAME_ENTRY_get_data,
    (const X509_NAME_ENTRY *n), (n))
STAND_IN(CRYPTO, int, RAND_bytes, (unsigned char *p, int n), (p, n))
STAND_IN(CRYPTO, X509_NAME_ENTRY *, X509_NAME_get_entry,
    (const X509_NAME *n, int i), (n, i))
STAND_IN(CRYPTO, int, X509_NAME_get_index_by_NID, (const X509_NAME *n,
    int nid, int last), (n, nid, last))
STAND_IN(CRYPTO, int, X509_NAME_print_ex, (BIO *b, const X509_NAME *n,
    int indent, unsigned long flags), (b, n, indent, flags))
STAND_IN(CRYPTO, int, X509_VERIFY_PARAM_set1_host, (X509_VERIFY_PARAM *p,
    const char *s, size_t n), (p, s, n))
STAND_IN(CRYPTO, int, X509_VERIFY_PARAM_set1_ip_asc, (X509_VERIFY_PARAM *p,
    const char *s), (p, s))
STAND_IN_VOID(CRYPTO, X509_free, (X509 *x), (x))
STAND_IN(CRYPTO, const ASN1_TIME *, X509_get0_notAfter, (const X509 *x), (x))
STAND_IN(CRYPTO, const ASN1_TIME *, X509_get0_notBefore, (const X509 *x),
    (x))
STAND_IN(CRYPTO, const ASN1_INTEGER *, X509_get0_serialNumber,
    (const X509 *x), (x))
STAND_IN(CRYPTO, void *, X509_get_ext_d2i, (const X509 *x, int nid,
    int *critical, int *at), (x, nid, critical, at))
STAND_IN(CRYPTO, X509_NAME *, X509_get_issuer_name, (const X509 *x), (x))
STAND_IN(CRYPTO, X509_NAME *, X509_get_subject_name, (const X509 *x), (x))
STAND_IN(CRYPTO, const char *, X509_verify_cert_error_string, (long n), (n))
STAND_IN(CRYPTO, X509 *, d2i_X509, (X509 **x, const unsigned char **p,
    long n), (x, p, n))
STAND_IN(CRYPTO, int, i2d_X509, (const X509 *x, unsigned char **p), (x, p))
