/*
 * lazy: OpenSSL, loaded by the first call of one of its functions: with what
 * it pulls in it takes several times as long as most checks, and most need
 * none of it.  What is not here is linked as usual.
 */
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/standin.h"

#define SSL3	"libssl.so.3"
#define CRYPTO	"libcrypto.so.3"

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
STAND_IN(SSL3, const char *, SSL_get_version, (const SSL *s), (s))
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
