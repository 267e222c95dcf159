/*
 * x509: reading certificates with OpenSSL.
 */
#include "x509.h"

#include <arpa/inet.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/buf.h"
#include "core/dur.h"
#include "core/hash.h"

#include "check.h"

static struct str
name_text(X509_NAME *name, struct arena *a)
{
	BIO *b = BIO_new(BIO_s_mem());
	struct str s;
	char *p;
	long n;

	(void)X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253 &
	    ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(b, &p);
	s = arena_str(a, (struct str){ p, n > 0 ? (size_t)n : 0 });
	BIO_free(b);
	return s;
}

static struct str
common_name(X509_NAME *name, struct arena *a)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *s;

	if (at < 0)
		return STR_NONE;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	return arena_str(a, (struct str){
	    (const char *)ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s) });
}

static struct str
hex_text(const unsigned char *p, size_t n, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	(void)hash_hex(&b, p, n);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool
seconds_of(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = time_days_from_civil(tm.tm_year + 1900,
	    (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday) * 86400 +
	    tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
	return true;
}

static struct str
ip_text(const ASN1_OCTET_STRING *ip, struct arena *a)
{
	char text[INET6_ADDRSTRLEN] = "?";
	int n = ASN1_STRING_length(ip);

	if (n == 4 || n == 16)
		(void)inet_ntop(n == 4 ? AF_INET : AF_INET6,
		    ASN1_STRING_get0_data(ip), text, sizeof(text));
	return arena_str(a, str_of(text));
}

/* Kinds that no check can use have no text. */
static struct str
san_text(const GENERAL_NAME *g, struct arena *a)
{
	static const struct { int type; const char *name; } kinds[] = {
		{ GEN_DNS, "DNSName" }, { GEN_EMAIL, "RFC822Name" },
		{ GEN_URI, "UniformResourceIdentifier" },
	};
	size_t i;

	if (g->type == GEN_IPADD)
		return arena_printf(a, "IPAddress:" STR_FMT,
		    STR_ARG(ip_text(g->d.iPAddress, a)));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (g->type == kinds[i].type)
			return arena_printf(a, "%s:%.*s", kinds[i].name,
			    ASN1_STRING_length(g->d.ia5),
			    (const char *)ASN1_STRING_get0_data(g->d.ia5));
	return STR_NONE;
}

static void
read_san(const X509 *x, struct cert *c, struct arena *a)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL,
	    NULL);
	struct str s;
	int i, n = all ? sk_GENERAL_NAME_num(all) : 0;

	c->san = ARENA_ARRAY(a, (size_t)n + 1, struct str);
	for (i = 0; i < n; i++) {
		s = san_text(sk_GENERAL_NAME_value(all, i), a);
		if (s.n)
			c->san[c->nsan++] = s;
	}
	GENERAL_NAMES_free(all);
}

static int
read_cert(X509 *x, struct cert *c, struct arena *a, struct err *e)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	unsigned char digest[HASH_SHA256_BYTES], *der = NULL;
	int n;

	*c = (struct cert){ .subject = name_text(X509_get_subject_name(x), a),
	    .issuer = name_text(X509_get_issuer_name(x), a),
	    .subject_cn = common_name(X509_get_subject_name(x), a),
	    .serial = hex_text(ASN1_STRING_get0_data(serial),
	    (size_t)ASN1_STRING_length(serial), a) };
	if (!seconds_of(X509_get0_notBefore(x), &c->not_before_s) ||
	    !seconds_of(X509_get0_notAfter(x), &c->not_after_s))
		return err_set(e, ERR_SYNTAX, "a certificate without dates");
	read_san(x, c, a);
	if ((n = i2d_X509(x, &der)) > 0)
		hash_sha256((struct str){ (const char *)der, (size_t)n },
		    digest);
	OPENSSL_free(der);
	c->sha256 = hex_text(digest, sizeof(digest), a);
	return 0;
}

static int
add_cert(X509 *x, struct certs *out, struct arena *a, struct err *e)
{
	if (out->p == NULL)
		out->p = ARENA_ARRAY(a, X509_CERTS_MAX, struct cert);
	if (out->n == X509_CERTS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d certificates",
		    X509_CERTS_MAX);
	return read_cert(x, &out->p[out->n++], a, e);
}

/* Every block that begins must be a certificate. */
static int
read_pem(struct str text, struct certs *out, struct arena *a, struct err *e)
{
	static const struct str begin = { "-----BEGIN CERTIFICATE-----", 27 };
	BIO *b;
	X509 *x;
	ptrdiff_t at;
	int rc = 0;

	while (rc == 0 && (at = str_find(text, begin)) >= 0) {
		text = str_sub(text, (size_t)at, text.n);
		b = BIO_new_mem_buf(text.p, (int)text.n);
		x = PEM_read_bio_X509(b, NULL, NULL, NULL);
		rc = x == NULL ? err_set(e, ERR_SYNTAX, "certificate %zu is "
		    "broken", out->n + 1) : add_cert(x, out, a, e);
		X509_free(x);
		BIO_free(b);
		text = str_sub(text, begin.n, text.n);
	}
	return rc;
}

int
x509_read(struct str text, struct certs *out, struct arena *a, struct err *e)
{
	const unsigned char *p = (const unsigned char *)text.p;
	X509 *x;
	int rc;

	*out = (struct certs){ 0 };
	if (read_pem(text, out, a, e) == -1)
		return -1;
	if (out->n > 0)
		return 0;
	if (text.n == 0 || text.n > INT32_MAX ||
	    (x = d2i_X509(NULL, &p, (long)text.n)) == NULL)
		return err_set(e, ERR_SYNTAX, "no certificate");
	rc = add_cert(x, out, a, e);
	X509_free(x);
	return rc;
}

int
x509_peer(const struct stream *s, struct certs *out, struct arena *a,
    struct err *e)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(s->tls);
	int i, n = chain ? sk_X509_num(chain) : 0;

	*out = (struct certs){ 0 };
	for (i = 0; i < n; i++)
		if (add_cert(sk_X509_value(chain, i), out, a, e) == -1)
			return -1;
	return n > 0 ? 0 : err_set(e, ERR_NET, "the server shows no "
	    "certificate");
}

/* The names of hosts alone, as blackbox_exporter has them. */
static struct str
host_names(const struct cert *c, struct arena *a)
{
	const struct str kind = STR("DNSName:");
	struct buf b = { 0 };
	struct str s;
	size_t i;

	for (i = 0; i < c->nsan; i++) {
		if (!str_starts(c->san[i], kind))
			continue;
		if (b.n)
			(void)buf_putc(&b, ',');
		(void)buf_put(&b, str_sub(c->san[i], kind.n, c->san[i].n));
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

void
x509_tell(const struct cert *c, struct check_result *r)
{
	const struct check_label label[] = {
		{ STR("fingerprint_sha256"), c->sha256 },
		{ STR("issuer"), c->issuer },
		{ STR("subject"), c->subject },
		{ STR("subjectalternative"), host_names(c, r->arena) },
	};

	check_metric_labels(r, "probe_ssl_last_chain_info", label,
	    sizeof(label) / sizeof(label[0]), 1);
}
