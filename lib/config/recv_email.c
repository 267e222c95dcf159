#include "config/recv.h"

#define F(member)	offsetof(struct email_config, member)
#define T(member)	offsetof(struct threading, member)

struct threading { bool enabled; struct str by_date; };

static const struct yfield threading_rows[] = {
	YROW("enabled", YT_BOOL, T(enabled)),
	YROW("thread_by_date", YT_STR, T(by_date), .dflt = "daily")
};

static const struct yfields threading_fields = {
	.name = "threading", .size = sizeof(struct threading),
	.row = threading_rows, .n = COUNT(threading_rows)
};

static int
decode_threading(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct email_config *c = out;
	struct threading t;

	if (yaml_decode(n, &threading_fields, &t, a, e) == -1)
		return -1;
	if (!str_eq(t.by_date, STR("daily")) &&
	    !str_eq(t.by_date, STR("none")))
		return ynode_err(n, e, "threading.thread_by_date must be "
		    "either 'none' or 'daily'");
	c->threading = t.enabled;
	c->thread_by_date = t.by_date;
	return 0;
}

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("to", YT_STR, F(to)),
	YROW("from", YT_STR, F(from)),
	YROW("hello", YT_STR, F(hello)),
	YROW("smarthost", YT_CUSTOM, F(smarthost),
	    .decode = recv_decode_hostport),
	YROW("auth_username", YT_STR, F(auth_username)),
	YROW("auth_password", YT_STR, F(auth_password), .flags = YF_SECRET),
	YROW("auth_password_file", YT_CUSTOM, F(auth_password_file),
	    .decode = config_decode_path),
	YROW("auth_secret", YT_STR, F(auth_secret), .flags = YF_SECRET),
	YROW("auth_secret_file", YT_CUSTOM, F(auth_secret_file),
	    .decode = config_decode_path),
	YROW("auth_identity", YT_STR, F(auth_identity)),
	YROW("headers", YT_STRMAP, F(headers)),
	YROW("html", YT_STR, F(html),
	    .dflt = "{{ template \"email.default.html\" . }}"),
	YROW("text", YT_STR, F(text)),
	YROW("require_tls", YT_BOOL, F(require_tls)),
	YROW("tls_config", YT_STRUCT, F(tls), .sub = &tls_config_fields),
	YROW("force_implicit_tls", YT_BOOL, F(force_implicit_tls)),
	YROW("threading", YT_CUSTOM, 0, .decode = decode_threading),
	/* ours: what people write who never saw the reference */
	YROW("subject", YT_STR, F(subject), .flags = YF_LENIENT),
	YROW("body", YT_STR, F(body), .flags = YF_LENIENT)
};

/* Go's CanonicalMIMEHeaderKey: upper case at the start and behind '-'. */
static struct str
canonical(struct str name, struct arena *a)
{
	char *p = arena_cstr(a, name);
	bool upper = true;
	size_t i;

	for (i = 0; i < name.n; i++) {
		if (upper && p[i] >= 'a' && p[i] <= 'z')
			p[i] = (char)(p[i] - 'a' + 'A');
		else if (!upper && p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
		upper = p[i] == '-';
	}
	return (struct str){ p, name.n };
}

static bool
has_header(const struct ypairs *h, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(h->p[i].key, name))
			return true;
	return false;
}

static int
check_headers(struct email_config *c, struct arena *a, struct err *e)
{
	size_t i;

	for (i = 0; i < c->headers.n; i++) {
		struct ypair *p = &c->headers.p[i];

		p->key = canonical(p->key, a);
		if (has_header(&c->headers, i, p->key))
			return ynode_err(p->node->key, e, "duplicate header "
			    "\"" STR_FMT "\" in email config",
			    STR_ARG(p->key));
	}
	return 0;
}

/* subject is headers.Subject; body is text, and then no html is added. */
static void
take_aliases(const struct ynode *n, struct email_config *c, struct arena *a)
{
	struct ypair *grown;

	if (c->subject.n && !has_header(&c->headers, c->headers.n,
	    STR("Subject"))) {
		grown = ARENA_ARRAY(a, c->headers.n + 1, struct ypair);
		if (c->headers.n > 0)
			memcpy(grown, c->headers.p,
			    c->headers.n * sizeof(*grown));
		grown[c->headers.n++] = (struct ypair){ STR("Subject"),
		    c->subject, ynode_get(n, "subject") };
		c->headers.p = grown;
	}
	if (c->body.n && c->text.n == 0) {
		c->text = c->body;
		if (ynode_get(n, "html") == NULL)
			c->html = STR_NONE;
	}
}

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	struct email_config *c = out;

	if (c->to.n == 0)
		return ynode_err(n, e, "missing to address in email config");
	if (recv_at_most_one(n, "auth_password", "auth_password_file",
	    e) == -1 || recv_at_most_one(n, "auth_secret",
	    "auth_secret_file", e) == -1 || check_headers(c, a, e) == -1)
		return -1;
	take_aliases(n, c, a);
	return 0;
}

static void
take(struct str *own, struct str global_value)
{
	if (own->n == 0)
		*own = global_value;
}

/* value and file go together: one own is enough. */
static void
take_pair(struct str *value, struct str *file, struct str global_value,
    struct str global_file)
{
	if (value->n || file->n)
		return;
	*value = global_value;
	*file = global_file;
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct email_config *c = conf;
	const struct ynode *n = c->common.node;

	(void)a;
	take(&c->smarthost, g->smtp_smarthost);
	if (c->smarthost.n == 0)
		return ynode_err(n, e, "no global SMTP smarthost set");
	take(&c->from, g->smtp_from);
	if (c->from.n == 0)
		return ynode_err(n, e, "no global SMTP from set");
	take(&c->hello, g->smtp_hello);
	take(&c->auth_username, g->smtp_auth_username);
	take(&c->auth_identity, g->smtp_auth_identity);
	take_pair(&c->auth_password, &c->auth_password_file,
	    g->smtp_auth_password, g->smtp_auth_password_file);
	take_pair(&c->auth_secret, &c->auth_secret_file, g->smtp_auth_secret,
	    g->smtp_auth_secret_file);
	if (!recv_is_set(n, "require_tls"))
		c->require_tls = g->smtp_require_tls;
	if (!recv_is_set(n, "tls_config"))
		c->tls = g->smtp_tls;
	c->force_implicit_tls_set = recv_is_set(n, "force_implicit_tls");
	if (!c->force_implicit_tls_set) {
		c->force_implicit_tls = g->smtp_force_implicit_tls;
		c->force_implicit_tls_set = g->smtp_force_implicit_tls_set;
	}
	return 0;
}

static const struct yfields fields = RECV_TABLE("email_config",
    struct email_config, rows, check);

const struct recv_kind recv_email = {
	.key = "email_configs", .name = "email", .fields = &fields,
	.finish = finish
};
