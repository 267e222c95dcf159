/* TLS, proxies and secrets of an http_config, for a transfer. */
#include "net/transfer.h"

#include "core/io.h"

#define SECRET_MAX	((size_t)1 << 20)

int
secret_read(struct str value, struct str file, struct buf *out, struct err *e)
{
	struct buf path = { 0 }, text = { 0 };
	int rc;

	if (file.n == 0)
		return buf_put(out, value);
	(void)buf_put(&path, file);
	rc = io_read_file(buf_cstr(&path), SECRET_MAX, &text, e);
	if (rc == 0)
		rc = buf_put(out, str_trim(buf_str(&text)));
	buf_release(&path);
	buf_release(&text);
	return rc;
}

/* Options that curl copies, from a slice. */
static void
set_str(CURL *easy, CURLoption option, struct str s)
{
	struct buf z = { 0 };

	(void)buf_put(&z, s);
	curl_easy_setopt(easy, option, buf_cstr(&z));
	buf_release(&z);
}

static void
set_blob(CURL *easy, CURLoption option, struct str s)
{
	struct buf copy = { 0 };
	struct curl_blob blob;

	(void)buf_put(&copy, s);
	blob = (struct curl_blob){ copy.p, copy.n, CURL_BLOB_COPY };
	curl_easy_setopt(easy, option, &blob);
	buf_release(&copy);
}

static void
set_file_or_blob(CURL *easy, CURLoption by_file, struct str file,
    CURLoption by_blob, struct str text)
{
	if (file.n)
		set_str(easy, by_file, file);
	else if (text.n)
		set_blob(easy, by_blob, text);
}

static long
tls_versions(const struct http_config *c)
{
	static const long min[] = { CURL_SSLVERSION_TLSv1_0,
	    CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_TLSv1_2,
	    CURL_SSLVERSION_TLSv1_3 };
	static const long max[] = { CURL_SSLVERSION_MAX_TLSv1_0,
	    CURL_SSLVERSION_MAX_TLSv1_1, CURL_SSLVERSION_MAX_TLSv1_2,
	    CURL_SSLVERSION_MAX_TLSv1_3 };
	long v = CURL_SSLVERSION_TLSv1_2;

	if (c->min_tls >= 10 && c->min_tls <= 13)
		v = min[c->min_tls - 10];
	if (c->max_tls >= 10 && c->max_tls <= 13)
		v |= max[c->max_tls - 10];
	return v;
}

static void
set_tls(CURL *easy, const struct http_config *c)
{
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, tls_versions(c));
	set_file_or_blob(easy, CURLOPT_CAINFO, c->ca_file,
	    CURLOPT_CAINFO_BLOB, c->ca);
	set_file_or_blob(easy, CURLOPT_SSLCERT, c->cert_file,
	    CURLOPT_SSLCERT_BLOB, c->cert);
	set_file_or_blob(easy, CURLOPT_SSLKEY, c->key_file,
	    CURLOPT_SSLKEY_BLOB, c->key);
	if (c->insecure_skip_verify) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

/* An empty CURLOPT_PROXY keeps curl from asking the environment. */
static void
set_proxy(CURL *easy, const struct http_config *c)
{
	if (c->proxy_from_environment)
		return;
	set_str(easy, CURLOPT_PROXY, c->proxy_url);
	set_str(easy, CURLOPT_NOPROXY, c->no_proxy);
}

/* A file that cannot be read is named here; curl's message would not. */
static int
check_file(struct str file, struct err *e)
{
	struct buf text = { 0 };
	int rc = 0;

	if (file.n)
		rc = secret_read(STR_NONE, file, &text, e);
	buf_release(&text);
	return rc;
}

int
transfer_config(struct transfer *t, const struct http_config *config,
    struct err *e)
{
	static const struct http_config none;

	if (config == NULL)
		config = &none;
	if (check_file(config->ca_file, e) == -1 ||
	    check_file(config->cert_file, e) == -1 ||
	    check_file(config->key_file, e) == -1)
		return -1;
	set_tls(t->easy, config);
	set_proxy(t->easy, config);
	return 0;
}
