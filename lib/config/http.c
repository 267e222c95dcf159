/*
 * http_config blocks of Prometheus and Alertmanager (common's HTTPClientConfig).
 */
#include "config/common.h"

static bool
is_set(const struct ynode *n, const char *key)
{
	const struct ynode *v = ynode_get(n, key);

	return v != NULL && v->kind != Y_NULL &&
	    !(v->kind == Y_SCALAR && v->scalar.n == 0);
}

static int
only_one(const struct ynode *n, const char *a, const char *b,
    const char *what, struct err *e)
{
	if (!is_set(n, a) || !is_set(n, b))
		return 0;
	return ynode_err(ynode_get(n, b), e,
	    "at most one of %s%s & %s must be configured", what, a, b);
}

#define H(member)	offsetof(struct http_config, member)
#define FIELDS(what, rows, checker) {					\
	.name = what, .size = sizeof(struct http_config), .row = rows,	\
	.n = sizeof(rows) / sizeof(rows[0]), .check = checker }

/* Decode sub block n by rows into the part of *h that they name. */
static int
decode_part(const struct ynode *n, const struct yfields *f,
    struct http_config *part, struct arena *a, struct err *e)
{
	return yaml_decode(n, f, part, a, e);
}

static const struct yfield basic_rows[] = {
	YROW("username", YT_STR, H(username)),
	YROW("username_file", YT_CUSTOM, H(username_file),
	    .decode = config_decode_path),
	YROW("password", YT_STR, H(password), .flags = YF_SECRET),
	YROW("password_file", YT_CUSTOM, H(password_file),
	    .decode = config_decode_path)
};

static int
check_basic(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	(void)out;
	(void)a;
	if (only_one(n, "username", "username_file", "basic_auth ", e) == -1)
		return -1;
	return only_one(n, "password", "password_file", "basic_auth ", e);
}

static const struct yfields basic_fields =
    FIELDS("basic_auth", basic_rows, check_basic);

int
http_decode_basic(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config part, *h = out;

	if (n->kind == Y_NULL)
		return 0;
	if (decode_part(n, &basic_fields, &part, a, e) == -1)
		return -1;
	h->auth = HTTP_BASIC;
	h->username = part.username;
	h->username_file = part.username_file;
	h->password = part.password;
	h->password_file = part.password_file;
	return 0;
}

static const struct yfield authorization_rows[] = {
	YROW("type", YT_STR, H(auth_type)),
	YROW("credentials", YT_STR, H(credentials), .flags = YF_SECRET),
	YROW("credentials_file", YT_CUSTOM, H(credentials_file),
	    .decode = config_decode_path)
};

static int
check_authorization(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config *part = out;

	(void)a;
	part->auth_type = str_trim(part->auth_type);
	if (part->auth_type.n == 0)
		part->auth_type = STR("Bearer");
	if (str_eq_nocase(part->auth_type, STR("basic")))
		return ynode_err(n, e, "authorization type cannot be set to "
		    "\"basic\", use \"basic_auth\" instead");
	return only_one(n, "credentials", "credentials_file",
	    "authorization ", e);
}

static const struct yfields authorization_fields =
    FIELDS("authorization", authorization_rows, check_authorization);

int
http_decode_authorization(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config part, *h = out;

	if (n->kind == Y_NULL)
		return 0;
	if (decode_part(n, &authorization_fields, &part, a, e) == -1)
		return -1;
	h->auth = HTTP_BEARER;
	h->auth_type = part.auth_type;
	h->credentials = part.credentials;
	h->credentials_file = part.credentials_file;
	return 0;
}

/* The old form of authorization with type Bearer. */
static int
decode_bearer(const struct ynode *n, struct http_config *h, struct str *field,
    struct err *e)
{
	if (n->kind == Y_NULL || (n->kind == Y_SCALAR && n->scalar.n == 0))
		return 0;
	if (n->kind != Y_SCALAR)
		return ynode_err(n, e, "'" STR_FMT "' must be a string",
		    STR_ARG(n->key->scalar));
	h->auth = HTTP_BEARER;
	h->auth_type = STR("Bearer");
	*field = n->scalar;
	return 0;
}

int
http_decode_bearer(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config *h = out;

	(void)a;
	return decode_bearer(n, h, &h->credentials, e);
}

int
http_decode_bearer_file(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config *h = out;

	if (decode_bearer(n, h, &h->credentials_file, e) == -1)
		return -1;
	h->credentials_file = config_path(n, h->credentials_file, a);
	return 0;
}

static int
decode_tls_version(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	static const char *const names[] = {
		"TLS10", "TLS11", "TLS12", "TLS13"
	};
	int i;

	(void)a;
	for (i = 0; i < 4; i++)
		if (str_eq(n->scalar, str_of(names[i])))
			*(int *)out = 10 + i;
	if (n->kind != Y_NULL && *(int *)out == 0)
		return ynode_err(n, e, "unknown TLS version: " STR_FMT,
		    STR_ARG(n->scalar));
	return 0;
}

static const struct yfield tls_rows[] = {
	YROW("ca", YT_STR, H(ca)),
	YROW("ca_file", YT_CUSTOM, H(ca_file), .decode = config_decode_path),
	YROW("cert", YT_STR, H(cert)),
	YROW("cert_file", YT_CUSTOM, H(cert_file),
	    .decode = config_decode_path),
	YROW("key", YT_STR, H(key), .flags = YF_SECRET),
	YROW("key_file", YT_CUSTOM, H(key_file), .decode = config_decode_path),
	YROW("server_name", YT_STR, H(server_name)),
	YROW("insecure_skip_verify", YT_BOOL, H(insecure_skip_verify)),
	YROW("min_version", YT_CUSTOM, H(min_tls),
	    .decode = decode_tls_version),
	YROW("max_version", YT_CUSTOM, H(max_tls),
	    .decode = decode_tls_version)
};

static int
check_tls(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct http_config *h = out;
	bool cert = h->cert.n || h->cert_file.n, key = h->key.n ||
	    h->key_file.n;

	(void)a;
	if (only_one(n, "ca", "ca_file", "", e) == -1 ||
	    only_one(n, "cert", "cert_file", "", e) == -1 ||
	    only_one(n, "key", "key_file", "", e) == -1)
		return -1;
	if (cert && !key)
		return ynode_err(n, e, "exactly one of key or key_file must "
		    "be configured when a client certificate is configured");
	if (key && !cert)
		return ynode_err(n, e, "exactly one of cert or cert_file must "
		    "be configured when a client key is configured");
	return 0;
}

const struct yfields tls_config_fields =
    FIELDS("tls_config", tls_rows, check_tls);

int
http_decode_tls(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config part, *h = out;

	if (decode_part(n, &tls_config_fields, &part, a, e) == -1)
		return -1;
	h->ca = part.ca;
	h->ca_file = part.ca_file;
	h->cert = part.cert;
	h->cert_file = part.cert_file;
	h->key = part.key;
	h->key_file = part.key_file;
	h->server_name = part.server_name;
	h->insecure_skip_verify = part.insecure_skip_verify;
	h->min_tls = part.min_tls;
	h->max_tls = part.max_tls;
	return 0;
}

static int
decode_off_switch(const struct ynode *n, bool *off, struct err *e)
{
	bool on = true;

	if (n->kind != Y_NULL && !ynode_bool(n, &on))
		return ynode_err(n, e, "field '" STR_FMT
		    "' is not true or false", STR_ARG(n->key->scalar));
	*off = !on;
	return 0;
}

int
http_decode_redirects(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	(void)a;
	return decode_off_switch(n, &((struct http_config *)out)->no_redirects,
	    e);
}

int
http_decode_http2(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	(void)a;
	return decode_off_switch(n, &((struct http_config *)out)->no_http2,
	    e);
}

/* ---- oauth2 ---- */

struct oauth2 {
	struct http_config h;	/* oauth2 and, around it, tls and proxy */
	struct ystrs scopes;
	struct ypairs params;
	struct str ignored, grant_type;
	const struct ynode *claims;
};

#define O(member)	offsetof(struct oauth2, member)

static const struct yfield oauth2_rows[] = {
	YROW("client_id", YT_STR, O(h.oauth2.client_id)),
	YROW("client_secret", YT_STR, O(h.oauth2.client_secret),
	    .flags = YF_SECRET),
	YROW("client_secret_file", YT_CUSTOM, O(h.oauth2.client_secret_file),
	    .decode = config_decode_path),
	YROW("scopes", YT_STRLIST, O(scopes)),
	YROW("token_url", YT_STR, O(h.oauth2.token_url)),
	YROW("endpoint_params", YT_STRMAP, O(params)),
	YROW("tls_config", YT_CUSTOM, O(h), .decode = http_decode_tls),
	HTTP_PROXY_ROWS(O(h)),
	YROW("grant_type", YT_STR, O(grant_type)),
	YROW("client_certificate_key", YT_STR, O(ignored), .flags = YF_SECRET),
	YROW("client_certificate_key_file", YT_STR, O(ignored)),
	YROW("client_certificate_key_id", YT_STR, O(ignored)),
	YROW("signature_algorithm", YT_STR, O(ignored)),
	YROW("iss", YT_STR, O(ignored)),
	YROW("audience", YT_STR, O(ignored)),
	YROW("claims", YT_RAW, O(claims))
};

static const struct yfields oauth2_fields = {
	.name = "oauth2", .size = sizeof(struct oauth2), .row = oauth2_rows,
	.n = sizeof(oauth2_rows) / sizeof(oauth2_rows[0])
};

static int
check_oauth2(const struct ynode *n, const struct oauth2 *o, struct err *e)
{
	if (o->h.oauth2.client_id.n == 0)
		return ynode_err(n, e, "oauth2 client_id must be configured");
	if (o->h.oauth2.token_url.n == 0)
		return ynode_err(n, e, "oauth2 token_url must be configured");
	if (o->grant_type.n > 0 &&
	    !str_eq(o->grant_type, STR("client_credentials")) &&
	    !str_ends(o->grant_type, STR("jwt-bearer")))
		return ynode_err(n, e, "unknown oauth2 grant_type '" STR_FMT
		    "'", STR_ARG(o->grant_type));
	return only_one(n, "client_secret", "client_secret_file", "oauth2 ",
	    e);
}

static struct http_header *
headers_of_pairs(const struct ypairs *p, struct arena *a)
{
	struct http_header *h = ARENA_ARRAY(a, p->n, struct http_header);
	size_t i;

	for (i = 0; i < p->n; i++)
		h[i] = (struct http_header){ p->p[i].key, p->p[i].value };
	return h;
}

int
http_decode_oauth2(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config *h = out;
	struct oauth2 *o;

	if (n->kind == Y_NULL)
		return 0;
	o = ARENA_NEW(a, struct oauth2);
	if (yaml_decode(n, &oauth2_fields, o, a, e) == -1 ||
	    check_oauth2(n, o, e) == -1)
		return -1;
	h->auth = HTTP_OAUTH2;
	h->oauth2 = o->h.oauth2;
	h->oauth2.scopes = o->scopes.p;
	h->oauth2.nscopes = o->scopes.n;
	h->oauth2.params = headers_of_pairs(&o->params, a);
	h->oauth2.nparams = o->params.n;
	h->oauth2.tls = &o->h;
	return 0;
}

/* ---- headers ---- */

/* Those that the client sets itself, or that must not be forged. */
static bool
is_reserved_header(struct str name)
{
	static const char *const names[] = {
		"Authorization", "Host", "Content-Encoding",
		"Content-Length", "Content-Type", "User-Agent", "Connection",
		"Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
		"Www-Authenticate", "Accept-Encoding",
		"X-Prometheus-Remote-Write-Version",
		"X-Prometheus-Remote-Read-Version",
		"X-Prometheus-Scrape-Timeout-Seconds", "X-Amz-Date",
		"X-Amz-Security-Token", "X-Amz-Content-Sha256"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_nocase(name, str_of(names[i])))
			return true;
	return false;
}

struct header_values { struct ystrs values, secrets, files; };

static const struct yfield header_rows[] = {
	YROW("values", YT_STRLIST, offsetof(struct header_values, values)),
	YROW("secrets", YT_STRLIST, offsetof(struct header_values, secrets),
	    .flags = YF_SECRET),
	YROW("files", YT_STRLIST, offsetof(struct header_values, files))
};

static const struct yfields header_fields = {
	.name = "http_headers", .size = sizeof(struct header_values),
	.row = header_rows,
	.n = sizeof(header_rows) / sizeof(header_rows[0])
};

/* n headers more behind list[0..have) */
static struct http_header *
grow_headers(const struct http_header *list, size_t have, size_t n,
    struct arena *a)
{
	struct http_header *grown =
	    ARENA_ARRAY(a, have + n, struct http_header);

	if (have > 0)
		memcpy(grown, list, have * sizeof(*list));
	return grown;
}

static void
add_headers(struct http_header **list, size_t *n, struct str name,
    const struct ystrs *values, struct arena *a)
{
	size_t i;

	*list = grow_headers(*list, *n, values->n, a);
	for (i = 0; i < values->n; i++)
		(*list)[(*n)++] = (struct http_header){ name, values->p[i] };
}

int
http_decode_headers(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config *h = out;
	struct header_values v;
	const struct ynode *c;
	size_t i;

	if (n->kind != Y_MAP && n->kind != Y_NULL)
		return ynode_err(n, e, "'http_headers' must be a mapping");
	for (c = n->child; c != NULL; c = c->next) {
		if (is_reserved_header(c->key->scalar))
			return ynode_err(c->key, e, "setting header \"" STR_FMT
			    "\" is not allowed", STR_ARG(c->key->scalar));
		if (yaml_decode(c, &header_fields, &v, a, e) == -1)
			return -1;
		for (i = 0; i < v.files.n; i++)
			v.files.p[i] = config_path(c, v.files.p[i], a);
		add_headers(&h->headers, &h->nheaders, c->key->scalar,
		    &v.values, a);
		add_headers(&h->headers, &h->nheaders, c->key->scalar,
		    &v.secrets, a);
		add_headers(&h->file_headers, &h->nfile_headers,
		    c->key->scalar, &v.files, a);
	}
	return 0;
}

/* name: [values] */
int
http_decode_proxy_header(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_config *h = out;
	const struct ynode *c, *v;
	struct ystrs values;

	if (n->kind != Y_MAP && n->kind != Y_NULL)
		return ynode_err(n, e,
		    "'proxy_connect_header' must be a mapping");
	for (c = n->child; c != NULL; c = c->next) {
		if (c->kind != Y_SEQ)
			return ynode_err(c, e, "'" STR_FMT
			    "' must be a list of strings",
			    STR_ARG(c->key->scalar));
		values = (struct ystrs){ ARENA_ARRAY(a, c->n, struct str), 0 };
		for (v = c->child; v != NULL; v = v->next)
			values.p[values.n++] = v->scalar;
		add_headers(&h->proxy_headers, &h->nproxy_headers,
		    c->key->scalar, &values, a);
	}
	return 0;
}

/* ---- the rules between fields ---- */

static int
check_proxy(const struct ynode *n, const struct http_config *h, struct err *e)
{
	if (h->nproxy_headers && !h->proxy_from_environment &&
	    h->proxy_url.n == 0)
		return ynode_err(n, e, "if proxy_connect_header is configured, "
		    "proxy_url or proxy_from_environment must also be "
		    "configured");
	if (h->proxy_from_environment && h->proxy_url.n)
		return ynode_err(n, e, "if proxy_from_environment is "
		    "configured, proxy_url must not be configured");
	if (h->proxy_from_environment && h->no_proxy.n)
		return ynode_err(n, e, "if proxy_from_environment is "
		    "configured, no_proxy must not be configured");
	if (h->no_proxy.n && h->proxy_url.n == 0)
		return ynode_err(n, e, "if no_proxy is configured, proxy_url "
		    "must also be configured");
	return 0;
}

int
http_config_check(const struct ynode *n, struct http_config *h,
    struct err *e)
{
	bool bearer = is_set(n, "bearer_token") ||
	    is_set(n, "bearer_token_file");
	bool basic = is_set(n, "basic_auth"), oauth2 = is_set(n, "oauth2"),
	    authorization = is_set(n, "authorization");

	if (only_one(n, "bearer_token", "bearer_token_file", "", e) == -1)
		return -1;
	if ((basic || oauth2) && bearer)
		return ynode_err(n, e, "at most one of basic_auth, oauth2, "
		    "bearer_token & bearer_token_file must be configured");
	if (authorization && bearer)
		return ynode_err(n, e, "authorization is not compatible with "
		    "bearer_token & bearer_token_file");
	if (basic + oauth2 + authorization > 1)
		return ynode_err(n, e, "at most one of basic_auth, oauth2 & "
		    "authorization must be configured");
	return check_proxy(n, h, e);
}

static int
check_own(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	(void)a;
	return http_config_check(n, out, e);
}

static const struct yfield http_rows[] = { HTTP_CONFIG_ROWS(0) };

const struct yfields http_config_fields =
    FIELDS("http_config", http_rows, check_own);

int
http_config_load(const char *path, struct http_config *out, struct arena *a,
    struct err *e)
{
	const struct ynode *n;

	if (path == NULL)
		return yaml_defaults(&http_config_fields, out, a, e);
	if ((n = yaml_load_file(path, a, e)) == NULL)
		return -1;
	return yaml_decode(n, &http_config_fields, out, a, e);
}

bool
http_config_present(const struct ynode *n)
{
	size_t i;

	for (i = 0; i < http_config_fields.n; i++)
		if (is_set(n, http_rows[i].key))
			return true;
	return false;
}
