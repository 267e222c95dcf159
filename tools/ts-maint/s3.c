#include "s3.h"

#include <poll.h>
#include <sys/random.h>

#include "core/dur.h"
#include "core/hash.h"
#include "core/num.h"
#include "core/utf8.h"
#include "net/url.h"
#include "xml.h"

#define ANSWER_MAX	((size_t)1 << 20)
#define PAUSE_MAX_MS	(60 * INT64_C(1000))
#define DEAD_AFTER	3	/* calls in a row that came to nothing */
#define HEADERS_MAX	24

struct s3 {
	const struct s3_config *c;
	struct work *w;
	struct clk wall;
	struct loop *loop;
	struct http_client *client;
	struct sigv4 keys;
	struct str token;
	struct url base;
	struct str path;	/* of the endpoint, without a last slash */
	bool path_style;
	struct http_config http;
	unsigned bad;
};

/* ---- configuration ---- */

static bool
bucket_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		    (c == '.' && i > 0)))
			return false;
	}
	return s.n >= 3 && s.n <= 255;
}

static int
check_endpoint(const struct s3_config *c, const struct ynode *n,
    struct err *e)
{
	struct url u;

	if (c->endpoint.n == 0)
		return 0;
	if (!url_parse(c->endpoint, &u) || (!str_eq_nocase(u.scheme,
	    STR("http")) && !str_eq_nocase(u.scheme, STR("https"))))
		return ynode_err(n, e, "'endpoint' must be a URL: "
		    "https://s3.example.org");
	if (u.userinfo.n)
		return ynode_err(n, e, "'endpoint' holds credentials; use "
		    "'access_key' and 'secret_key'");
	if (str_find_char(u.path, '?') >= 0)
		return ynode_err(n, e, "'endpoint' must not have a query");
	return 0;
}

int
s3_configure(struct s3_config *c, const struct ynode *n, struct err *e)
{
	if (!bucket_ok(c->bucket))
		return ynode_err(n, e, "'" STR_FMT "' is no name of a bucket",
		    STR_ARG(c->bucket));
	if (check_endpoint(c, n, e) == -1)
		return -1;
	if (!str_eq(c->path_style, STR("auto")) &&
	    !str_eq(c->path_style, STR("true")) &&
	    !str_eq(c->path_style, STR("false")))
		return ynode_err(n, e, "'path_style' is auto, true or false");
	if (secret_is_set(&c->access_key) != secret_is_set(&c->secret_key))
		return ynode_err(n, e, "'access_key' and 'secret_key' go "
		    "together");
	if (secret_is_set(&c->access_key) && (c->profile.n ||
	    c->credentials_file.n))
		return ynode_err(n, e, "either 'access_key' or 'profile' and "
		    "'credentials_file'");
	if (secret_is_set(&c->session_token) &&
	    !secret_is_set(&c->access_key))
		return ynode_err(n, e, "'session_token' without "
		    "'access_key'");
	if (c->sse_key.n && !str_eq(c->sse, STR("aws:kms")))
		return ynode_err(n, e, "'sse_key' needs sse: aws:kms");
	if (c->tries < 1 || c->tries > 100 || c->wait_ms < 1)
		return ynode_err(n, e, "'tries' is 1 to 100, 'wait' not 0");
	c->http.no_redirects = true;	/* the signature is for one host */
	return 0;
}

struct str
s3_name(const struct s3_config *c, struct str key, struct arena *a)
{
	return arena_printf(a, "s3://" STR_FMT "/" STR_FMT,
	    STR_ARG(c->bucket), STR_ARG(key));
}

/* ---- open ---- */

/*
 * As the AWS tools: an endpoint of one's own gets the bucket in the path;
 * so does a bucket with dots, whose name no certificate matches.
 */
static bool
wants_path(const struct s3_config *c)
{
	struct url u;

	if (!str_eq(c->path_style, STR("auto")))
		return str_eq(c->path_style, STR("true"));
	if (str_find_char(c->bucket, '.') >= 0)
		return true;
	return c->endpoint.n && url_parse(c->endpoint, &u) &&
	    !str_ends(u.host, STR(".amazonaws.com"));
}

struct s3 *
s3_open(const struct s3_config *c, struct work *w, struct err *e)
{
	struct s3 *s = ARENA_NEW(w->arena, struct s3);
	struct str endpoint = c->endpoint;

	*s = (struct s3){ .c = c, .w = w, .wall = { .kind = CLK_WALL },
	    .http = c->http, .path_style = wants_path(c),
	    .keys = { .region = c->region, .service = STR("s3"),
	    .s3 = true } };
	if (s->keys.region.n == 0)
		s->keys.region = s3_env("AWS_REGION", w->arena);
	if (s->keys.region.n == 0)
		s->keys.region = s3_env("AWS_DEFAULT_REGION", w->arena);
	if (s->keys.region.n == 0)
		s->keys.region = STR("us-east-1");
	if (endpoint.n == 0)
		endpoint = arena_printf(w->arena,
		    "https://s3." STR_FMT ".amazonaws.com",
		    STR_ARG(s->keys.region));
	if (!url_parse(endpoint, &s->base)) {
		(void)err_set(e, ERR_CONFIG, "'" STR_FMT "' is no region",
		    STR_ARG(s->keys.region));
		return NULL;
	}
	s->path = s->base.path;
	while (str_ends(s->path, STR("/")))
		s->path.n--;
	if (s3_credentials(c, w->arena, &s->keys, &s->token, e) == -1)
		return NULL;
	s->loop = loop_new(&s->wall);
	s->client = http_client_new(s->loop, 1);
	return s;
}

void
s3_close(struct s3 *s)
{
	if (s == NULL)
		return;
	http_client_free(s->client);
	loop_free(s->loop);
}

bool
s3_is_dead(const struct s3 *s)
{
	return s->bad >= DEAD_AFTER;
}

/* ---- one try ---- */

struct try {
	struct arena arena;
	struct http_header h[HEADERS_MAX];
	size_t n;
	struct str stamp, host, path, query, url, digest;
};

static void
put(struct try *t, const char *name, struct str value)
{
	if (value.n && t->n < HEADERS_MAX)
		t->h[t->n++] = (struct http_header){ str_of(name), value };
}

static void
locate(const struct s3 *s, const struct s3_request *q, struct try *t)
{
	struct buf b = { 0 };
	struct url u = s->base;

	if (!s->path_style)
		u.host = arena_printf(&t->arena, STR_FMT "." STR_FMT,
		    STR_ARG(s->c->bucket), STR_ARG(s->base.host));
	(void)buf_put(&b, s->path);
	if (s->path_style)
		(void)buf_printf(&b, "/" STR_FMT, STR_ARG(s->c->bucket));
	if (q->key.n || !s->path_style)
		(void)buf_putc(&b, '/');
	sigv4_put_encoded(&b, q->key, true);
	t->path = arena_str(&t->arena, buf_str(&b));
	t->query = q->query;
	t->host = url_host_header(&u, &t->arena);
	t->url = arena_printf(&t->arena, STR_FMT "://" STR_FMT "%s" STR_FMT
	    STR_FMT "%s" STR_FMT, STR_ARG(u.scheme), STR_ARG(u.host),
	    u.port.n ? ":" : "", STR_ARG(u.port), STR_ARG(t->path),
	    q->query.n ? "?" : "", STR_ARG(q->query));
	buf_release(&b);
}

static struct str
md5_base64(struct str body, struct arena *a)
{
	unsigned char d[HASH_MD5_BYTES];
	struct buf b = { 0 };
	struct str s;

	hash_md5(body, d);
	(void)base64_put(&b, (struct str){ (const char *)d, sizeof(d) });
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
sign(const struct s3 *s, const struct s3_request *q, struct try *t)
{
	struct sigv4_request r = { .method = q->method, .path = t->path,
	    .query = t->query, .headers = t->h };
	struct sigv4_signed out;
	size_t i;

	t->stamp = sigv4_stamp(clk_now(&s->wall), &t->arena);
	if (t->digest.n == 0)
		t->digest = sigv4_sha256(q->body, &t->arena);
	put(t, "Host", t->host);
	put(t, "X-Amz-Date", t->stamp);
	put(t, "X-Amz-Content-Sha256", t->digest);
	put(t, "X-Amz-Security-Token", s->token);
	if (q->md5)
		put(t, "Content-MD5", md5_base64(q->body, &t->arena));
	if (q->body.n || str_eq(q->method, STR("PUT")))
		put(t, "Content-Type", str_eq(q->method, STR("PUT")) ?
		    STR("application/octet-stream") : STR("application/xml"));
	for (i = 0; i < q->nheaders && t->n < HEADERS_MAX - 1; i++)
		t->h[t->n++] = q->headers[i];
	r.nheaders = t->n;
	r.stamp = t->stamp;
	r.body_sha256 = t->digest;
	sigv4_sign(&s->keys, &r, &t->arena, &out);
	/* The client makes its own Host, which is the same. */
	t->h[0] = (struct http_header){ STR("Authorization"),
	    out.authorization };
}

struct taken {
	struct s3_answer *out;
	int64_t retry_after_ms;
	struct err err;
};

static struct str
unquoted(struct str s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return str_sub(s, 1, s.n - 1);
	return s;
}

static void
take_header(struct s3_answer *out, const struct http_header *h)
{
	const struct { struct str name; struct str *to; } rows[] = {
		{ STR("etag"), &out->etag },
		{ STR("x-amz-meta-sha256"), &out->sha256 },
		{ STR("x-amz-server-side-encryption"), &out->sse },
		{ STR("x-amz-bucket-region"), &out->region },
		{ STR("date"), &out->date },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq_nocase(h->name, rows[i].name))
			*rows[i].to = arena_str(&out->arena,
			    unquoted(str_trim(h->value)));
}

/* What an answer says goes to a terminal: no control bytes, not too much. */
static struct str
tame(struct str s, struct arena *a)
{
	char *p = arena_cstr(a, str_sub(s, 0, 200));
	size_t i, n = strlen(p);

	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
			p[i] = ' ';
	return (struct str){ p, n };
}

static void
read_error(struct s3_answer *out)
{
	struct str doc = buf_str(&out->body), region;
	struct xml x = { .rest = doc };
	struct xml_tag t;

	if (!xml_next(&x, &t, &out->arena) || !str_eq(t.name, STR("Error")))
		return;
	out->code = tame(xml_text(doc, STR("Code"), &out->arena),
	    &out->arena);
	out->message = tame(xml_text(doc, STR("Message"), &out->arena),
	    &out->arena);
	region = xml_text(doc, STR("Region"), &out->arena);
	if (region.n)
		out->region = tame(region, &out->arena);
}

static void
take(void *arg, const struct http_response *r)
{
	struct taken *t = arg;
	int64_t seconds;
	size_t i;

	t->err = r->err;
	t->out->status = r->err.kind == ERR_NONE ? r->status : 0;
	t->out->length = r->length;
	(void)buf_put(&t->out->body, r->body);
	for (i = 0; i < r->nheaders; i++)
		take_header(t->out, &r->headers[i]);
	if (num_parse_i64(str_trim(r->retry_after), 0, PAUSE_MAX_MS / 1000,
	    &seconds))
		t->retry_after_ms = seconds * 1000;
	if (t->out->status)
		read_error(t->out);
}

static void
send_once(struct s3 *s, const struct s3_request *q, bool again,
    struct str *digest, struct taken *to)
{
	struct try t = { .digest = *digest };
	struct http_request r = { .method = q->method, .body = q->body,
	    .config = &s->http,
	    .timeout_ms = q->wait_ms ? q->wait_ms : s->c->wait_ms,
	    .body_max = q->body_max ? q->body_max : ANSWER_MAX,
	    .want_headers = true, .fresh = again };

	locate(s, q, &t);
	sign(s, q, &t);
	r.url = t.url;
	r.headers = t.h;
	r.nheaders = t.n;
	s3_answer_release(to->out);
	to->out->length = -1;
	to->err = (struct err){ 0 };
	to->retry_after_ms = 0;
	http_send(s->client, &r, take, to);
	loop_run(s->loop, true);
	if (digest->n == 0)
		*digest = arena_str(s->w->arena, t.digest);
	arena_free(&t.arena);
}

/* ---- until it is settled ---- */

static bool
passing(const struct s3_answer *r)
{
	static const char *const codes[] = { "InternalError",
	    "ServiceUnavailable", "SlowDown", "RequestTimeout",
	    "OperationAborted" };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (str_eq(r->code, str_of(codes[i])))
			return true;
	return r->status == 0 || r->status == 429 || r->status == 500 ||
	    (r->status >= 502 && r->status <= 504);
}

/* Twice as long each time, and a part of it by chance. */
static void
pause_for(struct s3 *s, int nth, int64_t at_least_ms)
{
	int64_t ms = s->c->backoff_ms << (nth > 16 ? 16 : nth);
	int64_t until, left;
	uint32_t chance = 0;

	if (ms > PAUSE_MAX_MS)
		ms = PAUSE_MAX_MS;
	(void)!getrandom(&chance, sizeof(chance), 0);
	ms = ms / 2 + (int64_t)((double)ms / 2 * chance / UINT32_MAX);
	if (ms < at_least_ms)
		ms = at_least_ms;
	until = clk_mono_ms() + ms;
	while (!work_stopping(s->w) && (left = until - clk_mono_ms()) > 0)
		(void)poll(NULL, 0, left > 200 ? 200 : (int)left);
}

int
s3_call(struct s3 *s, const struct s3_request *q, struct s3_answer *out,
    struct err *e)
{
	int i, tries = q->tries ? q->tries : (int)s->c->tries;
	struct taken to = { .out = out };
	struct str digest = STR_NONE;
	bool refused;

	for (i = 0; i < tries; i++) {
		if (i)
			pause_for(s, i - 1, to.retry_after_ms);
		if (i && work_stopping(s->w))
			break;
		send_once(s, q, i > 0, &digest, &to);
		if (!passing(out))
			break;
	}
	refused = out->status == 301 || out->status == 401 ||
	    out->status == 403;
	s->bad = passing(out) || refused ? s->bad + 1 : 0;
	if (out->status)
		return 0;
	*e = to.err;
	return err_prefix(e, STR_FMT " " STR_FMT, STR_ARG(q->method),
	    STR_ARG(s3_name(s->c, q->key, &out->arena)));
}

void
s3_answer_release(struct s3_answer *r)
{
	buf_release(&r->body);
	arena_free(&r->arena);
	memset(r, 0, sizeof(*r));
}

int
s3_refused(const struct s3_request *q, struct s3_answer *r, struct err *e)
{
	struct buf now = { 0 };

	(void)err_set(e, ERR_NET, STR_FMT " " STR_FMT ": %d%s" STR_FMT "%s"
	    STR_FMT, STR_ARG(q->method), STR_ARG(q->key), r->status,
	    r->code.n ? " " : "", STR_ARG(r->code), r->message.n ? ": " : "",
	    STR_ARG(r->message));
	if (str_eq(r->code, STR("RequestTimeTooSkewed"))) {
		struct clk wall = { .kind = CLK_WALL };

		time_print_rfc3339(&now, clk_now(&wall) / 1000 * 1000);
		(void)err_set(e, ERR_NET, "the clocks differ: ours says "
		    STR_FMT ", the store's '" STR_FMT "'",
		    STR_ARG(buf_str(&now)), STR_ARG(tame(r->date,
		    &r->arena)));
		buf_release(&now);
	} else if (r->region.n && (r->status == 301 || r->status == 307 ||
	    r->status == 400)) {
		(void)err_set(e, ERR_NET, "the bucket is in region '" STR_FMT
		    "': set 'region'", STR_ARG(r->region));
	} else if (r->status == 403 && str_eq(q->method, STR("HEAD"))) {
		(void)err_set(e, ERR_NET, "HEAD " STR_FMT ": 403: these "
		    "credentials are wrong, or may not read the bucket", STR_ARG(q->key));
	}
	return -1;
}
