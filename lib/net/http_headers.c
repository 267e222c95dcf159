/* What a request says in its headers, read anew for each. */
#include "net/http_call.h"

#include <time.h>

#include "core/hash.h"

static bool
has_break(struct str s)
{
	return s.n && (memchr(s.p, '\n', s.n) || memchr(s.p, '\r', s.n) ||
	    memchr(s.p, '\0', s.n));
}

static int
put_list(struct http_call *h, const struct http_header *v, size_t n,
    header_fn *put, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (has_break(v[i].name) || has_break(v[i].value))
			return err_set(e, ERR_CONFIG, "a header holds a line "
			    "break: '" STR_FMT "'", STR_ARG(v[i].name));
		if (h->other_host && http_header_is_secret(v[i].name))
			continue;
		put(h, v[i].name, v[i].value);
	}
	return 0;
}

static int
put_basic(struct http_call *h, const struct http_config *conf,
    header_fn *put, struct err *e)
{
	struct buf pair = { 0 }, value = { 0 };
	int rc = -1;

	if (secret_read(conf->username, conf->username_file, &pair,
	    e) == 0 && buf_putc(&pair, ':') == 0 && secret_read(
	    conf->password, conf->password_file, &pair, e) == 0) {
		(void)buf_put(&value, STR("Basic "));
		(void)base64_put(&value, buf_str(&pair));
		put(h, STR("Authorization"), buf_str(&value));
		rc = 0;
	}
	buf_release(&pair);
	buf_release(&value);
	return rc;
}

static int
put_credentials(struct http_call *h, struct str type, struct str value,
    struct str file, header_fn *put, struct err *e)
{
	struct buf v = { 0 };
	int rc = 0;

	(void)buf_put(&v, type.n ? type : STR("Bearer"));
	(void)buf_putc(&v, ' ');
	if (secret_read(value, file, &v, e) == -1)
		rc = -1;
	else if (has_break(buf_str(&v)))
		rc = err_set(e, ERR_CONFIG, "the credentials hold a line "
		    "break");
	else
		put(h, STR("Authorization"), buf_str(&v));
	buf_release(&v);
	return rc;
}

static int
put_auth(struct http_call *h, const struct http_config *conf, header_fn *put,
    struct err *e)
{
	struct str token;

	switch (conf->auth) {
	case HTTP_NO_AUTH:
		break;
	case HTTP_BASIC:
		return put_basic(h, conf, put, e);
	case HTTP_BEARER:
		return put_credentials(h, conf->auth_type, conf->credentials,
		    conf->credentials_file, put, e);
	case HTTP_OAUTH2:
		if (oauth2_token(h->client, conf, &token, NULL, NULL, e) != 1)
			return -1;
		return put_credentials(h, STR("Bearer"), token, STR_NONE, put,
		    e);
	}
	return 0;
}

int
call_each_header(struct http_call *h, header_fn *put, struct err *e)
{
	const struct http_config *conf = h->q.config;

	if (put_list(h, h->q.headers, h->q.nheaders, put, e) == -1)
		return -1;
	if (conf == NULL || h->other_host)
		return 0;
	if (put_list(h, conf->headers, conf->nheaders, put, e) == -1)
		return -1;
	return put_auth(h, conf, put, e);
}

int64_t
http_date(struct str s)
{
	char z[64];
	struct tm tm = { 0 };
	const char *end;

	if (s.n >= sizeof(z))
		return -1;
	memcpy(z, s.n ? s.p : "", s.n);
	z[s.n] = '\0';
	end = strptime(z, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return end != NULL && *end == '\0' ? (int64_t)timegm(&tm) : -1;
}
