/*
 * OAuth 2.0 client credentials (RFC 6749, 4.4): tokens are fetched once for
 * all requests that need the same one, and renewed before they expire.
 */
#include "net/client.h"

#include "core/clk.h"
#include "core/hash.h"
#include "core/mem.h"
#include "json/read.h"

#define EARLY_MS	INT64_C(10000)	/* renew so long before the end */
#define TIMEOUT_MS	INT64_C(30000)
#define REPLY_MAX	((size_t)1 << 20)

struct waiter {
	token_fn *ready;
	void *arg;
};

struct token {
	struct http_client *client;
	char *key;
	struct buf access, form;
	struct http_config config;	/* of the request for the token */
	struct buf secret;
	int64_t renew;			/* clk_mono_ms; 0 = no token */
	bool fetching;
	VEC(struct waiter) waiters;
};

/* Everything that makes a token another one; the secret only as a digest. */
static void
make_key(const struct http_config *c, struct str secret, struct buf *out)
{
	unsigned char digest[HASH_SHA256_BYTES];
	size_t i;

	(void)buf_printf(out, STR_FMT "\n" STR_FMT "\n",
	    STR_ARG(c->oauth2.token_url), STR_ARG(c->oauth2.client_id));
	for (i = 0; i < c->oauth2.nscopes; i++)
		(void)buf_printf(out, STR_FMT " ", STR_ARG(c->oauth2.scopes[i]));
	for (i = 0; i < c->oauth2.nparams; i++)
		(void)buf_printf(out, "\n" STR_FMT "=" STR_FMT,
		    STR_ARG(c->oauth2.params[i].name),
		    STR_ARG(c->oauth2.params[i].value));
	hash_sha256(secret, digest);
	(void)buf_putc(out, '\n');
	(void)hash_hex(out, digest, sizeof(digest));
}

static struct token *
token_of(struct http_client *c, const struct http_config *conf, struct err *e)
{
	struct buf secret = { 0 }, key = { 0 };
	struct token *t = NULL;

	if (secret_read(conf->oauth2.client_secret,
	    conf->oauth2.client_secret_file, &secret, e) == -1)
		goto out;
	make_key(conf, buf_str(&secret), &key);
	if ((t = map_get(&c->tokens, buf_str(&key))) == NULL) {
		t = mem_zalloc(sizeof(*t));
		t->client = c;
		t->key = mem_strdup(buf_cstr(&key));
		(void)map_put(&c->tokens, str_of(t->key), t);
	}
	buf_reset(&t->secret);
	(void)buf_put(&t->secret, buf_str(&secret));
out:
	buf_release(&secret);
	buf_release(&key);
	return t;
}

static void
put_field(struct buf *out, struct str name, struct str value)
{
	if (out->n)
		(void)buf_putc(out, '&');
	url_put_query(out, name);
	(void)buf_putc(out, '=');
	url_put_query(out, value);
}

static void
make_form(const struct http_config *c, struct buf *out)
{
	struct buf scopes = { 0 };
	size_t i;

	buf_reset(out);
	put_field(out, STR("grant_type"), STR("client_credentials"));
	for (i = 0; i < c->oauth2.nscopes; i++)
		(void)buf_printf(&scopes, "%s" STR_FMT, i ? " " : "",
		    STR_ARG(c->oauth2.scopes[i]));
	if (scopes.n)
		put_field(out, STR("scope"), buf_str(&scopes));
	for (i = 0; i < c->oauth2.nparams; i++)
		put_field(out, c->oauth2.params[i].name,
		    c->oauth2.params[i].value);
	buf_release(&scopes);
}

/* Without a lifetime a token is used until it is refused. */
static int64_t
renew_at(double seconds)
{
	int64_t ms;

	if (!(seconds > 0 && seconds < 1e9))
		return INT64_MAX;
	ms = (int64_t)(seconds * 1000);
	return clk_mono_ms() + (ms > 2 * EARLY_MS ? ms - EARLY_MS : ms / 2);
}

/* { "access_token": "...", "expires_in": 3600 } */
static int
read_reply(struct token *t, struct str body, struct err *e)
{
	struct arena a = { 0 };
	struct jr r;
	enum jr_tok tok;
	struct str key;
	double seconds = 0;
	int rc = -1;

	buf_reset(&t->access);
	jr_init(&r, body, &a);
	tok = jr_next(&r);
	if (tok != JR_OBJ) {
		err_set(e, ERR_NET, "the token server's answer is no JSON "
		    "object");
		goto out;
	}
	while ((tok = jr_next(&r)) == JR_KEY) {
		key = r.str;
		tok = jr_next(&r);
		if (tok == JR_STR && str_eq(key, STR("access_token")))
			(void)buf_put(&t->access, r.str);
		else if (tok == JR_NUM && str_eq(key, STR("expires_in")))
			seconds = r.num;
		else if (jr_skip(&r, tok) == -1)
			break;
	}
	if (tok == JR_OBJ_END && t->access.n)
		rc = 0;
	else
		err_set(e, ERR_NET, "the token server's answer holds no "
		    "access_token");
	t->renew = renew_at(seconds);
out:
	arena_free(&a);
	return rc;
}

static void
wake(struct token *t, const struct err *e)
{
	size_t i, n = t->waiters.n;
	struct waiter *w = t->waiters.p;

	t->waiters.p = NULL;
	t->waiters.n = t->waiters.cap = 0;
	for (i = 0; i < n; i++)
		w[i].ready(w[i].arg, e);
	mem_free(w);
}

static void
on_reply(void *arg, const struct http_response *r)
{
	struct token *t = arg;
	struct err e = r->err;
	int rc = e.kind == ERR_NONE ? 0 : -1;

	t->fetching = false;
	if (rc == 0 && r->status / 100 != 2)
		rc = err_set(&e, ERR_NET, "status %d", r->status);
	if (rc == 0)
		rc = read_reply(t, r->body, &e);
	if (rc == -1) {
		t->renew = 0;
		err_prefix(&e, "oauth2 token");
	}
	wake(t, rc == -1 ? &e : NULL);
}

static void
fetch(struct token *t, const struct http_config *conf)
{
	static const struct http_header headers[] = {
		{ { "Content-Type", 12 },
		    { "application/x-www-form-urlencoded", 33 } },
	};
	struct http_request q = { .method = STR("POST"), .headers = headers,
	    .nheaders = 1, .timeout_ms = TIMEOUT_MS, .body_max = REPLY_MAX };

	t->config = conf->oauth2.tls ? *conf->oauth2.tls :
	    (struct http_config){ 0 };
	t->config.auth = HTTP_BASIC;
	t->config.username = conf->oauth2.client_id;
	t->config.password = buf_str(&t->secret);
	make_form(conf, &t->form);
	q.url = conf->oauth2.token_url;
	q.body = buf_str(&t->form);
	q.config = &t->config;
	t->fetching = true;
	http_send(t->client, &q, on_reply, t);
}

int
oauth2_token(struct http_client *c, const struct http_config *conf,
    struct str *token, token_fn *ready, void *arg, struct err *e)
{
	struct token *t = token_of(c, conf, e);

	if (t == NULL)
		return -1;
	if (!t->fetching && t->renew > clk_mono_ms()) {
		*token = buf_str(&t->access);
		return 1;
	}
	if (ready == NULL)
		return err_set(e, ERR_NET, "the oauth2 token has expired");
	vec_push(&t->waiters, (struct waiter){ ready, arg });
	if (!t->fetching)
		fetch(t, conf);
	return 0;
}

void
oauth2_refused(struct http_client *c, const struct http_config *conf)
{
	struct err e;
	struct token *t = token_of(c, conf, &e);

	if (t && !t->fetching)
		t->renew = 0;
}

void
oauth2_free(struct http_client *c)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&c->tokens, &at)) != NULL) {
		struct token *t = entry->value;

		buf_release(&t->access);
		buf_release(&t->form);
		buf_release(&t->secret);
		vec_release(&t->waiters);
		mem_free(t->key);
		mem_free(t);
	}
	map_release(&c->tokens);
}
