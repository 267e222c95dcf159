#include "integration.h"

#include <unistd.h>

#include "core/hash.h"
#include "mime.h"
#include "net/mail.h"
#include "tmpl/tmpl.h"

#define IMPLICIT_TLS_PORT	"465"

static struct str
formatted(struct attempt *a, int64_t ms, const char *layout)
{
	struct tval t = tval_time(ms);

	return tval_format_time(&t, str_of(layout), &a->arena);
}

static bool
has_header(const struct email_config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->headers.n; i++)
		if (str_eq(c->headers.p[i].key, str_of(name)))
			return true;
	return false;
}

static void
put_header(struct buf *out, struct str name, struct str value)
{
	(void)buf_printf(out, STR_FMT ": ", STR_ARG(name));
	mime_put_header(out, value);
	(void)buf_put(out, STR("\r\n"));
}

/* Line breaks would begin another header. */
static struct str
one_line(struct attempt *a, struct str s)
{
	char *p = arena_cstr(&a->arena, s);
	size_t i;

	for (i = 0; i < s.n; i++)
		if (p[i] == '\r' || p[i] == '\n')
			p[i] = ' ';
	return (struct str){ p, s.n };
}

static struct str
host_name(struct attempt *a)
{
	char name[256] = "localhost";

	if (gethostname(name, sizeof(name) - 1) == -1)
		return STR("localhost");
	return arena_str(&a->arena, str_of(name));
}

/*
 * The same for the same message: a second delivery is seen as one.  Replicas
 * have hosts and flush times of their own, but the same smarthost.
 */
static struct str
message_id(struct attempt *a, const struct email_config *c)
{
	struct str host = c->smarthost;

	if (a->once.n > 0) {
		(void)str_cut(host, ':', &host);
		return arena_printf(&a->arena, "<" STR_FMT "@" STR_FMT ">",
		    STR_ARG(a->once), STR_ARG(host));
	}
	return arena_printf(&a->arena, "<%lld." STR_FMT ".%zu@" STR_FMT ">",
	    (long long)a->n.time, STR_ARG(str_sub(key_hash(a), 0, 16)),
	    a->target.index, STR_ARG(host_name(a)));
}

/* What keeps the mails of a group together in a reader. */
static void
put_threading(struct attempt *a, const struct email_config *c)
{
	struct str date = STR(""), id;

	if (!c->threading)
		return;
	if (str_eq(c->thread_by_date, STR("daily")))
		date = formatted(a, a->n.time, "2006-01-02");
	id = arena_printf(&a->arena, "<alert-" STR_FMT "-" STR_FMT
	    "@alertmanager>", STR_ARG(str_sub(key_hash(a), 0, 16)),
	    STR_ARG(date));
	put_header(&a->body, STR("References"), id);
	put_header(&a->body, STR("In-Reply-To"), id);
}

static void
put_headers(struct attempt *a, const struct email_config *c)
{
	size_t i;

	if (!has_header(c, "To"))
		put_header(&a->body, STR("To"), one_line(a,
		    text(a, c->to)));
	if (!has_header(c, "From"))
		put_header(&a->body, STR("From"), one_line(a,
		    text(a, c->from)));
	if (!has_header(c, "Subject"))
		put_header(&a->body, STR("Subject"), one_line(a, text(a,
		    STR("{{ template \"email.default.subject\" . }}"))));
	for (i = 0; i < c->headers.n; i++)
		put_header(&a->body, c->headers.p[i].key, one_line(a,
		    text(a, c->headers.p[i].value)));
	if (!has_header(c, "Message-Id"))
		put_header(&a->body, STR("Message-Id"), message_id(a, c));
	put_threading(a, c);
	put_header(&a->body, STR("Date"), formatted(a, a->n.time,
	    "Mon, 02 Jan 2006 15:04:05 -0700"));
}

static void
put_part(struct attempt *a, const char *type, struct str boundary,
    struct str content)
{
	(void)buf_printf(&a->body, "--" STR_FMT "\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "Content-Type: %s; charset=UTF-8\r\n\r\n", STR_ARG(boundary),
	    type);
	mime_put_quoted(&a->body, content);
	(void)buf_put(&a->body, STR("\r\n"));
}

static void
put_message(struct attempt *a)
{
	const struct email_config *c = a->target.conf;
	struct str boundary = str_sub(key_hash(a), 0, 60);
	struct str plain = text(a, c->text), html = text_html(a, c->html);

	buf_reset(&a->body);
	put_headers(a, c);
	(void)buf_printf(&a->body, "Content-Type: multipart/alternative;  "
	    "boundary=" STR_FMT "\r\nMIME-Version: 1.0\r\n\r\n",
	    STR_ARG(boundary));
	if (plain.n > 0)
		put_part(a, "text/plain", boundary, plain);
	if (html.n > 0)
		put_part(a, "text/html", boundary, html);
	(void)buf_printf(&a->body, "--" STR_FMT "--\r\n", STR_ARG(boundary));
}

static bool
is_local(struct str host)
{
	return str_eq(host, STR("localhost")) ||
	    str_eq(host, STR("127.0.0.1")) || str_eq(host, STR("::1"));
}

static void
take_credentials(struct attempt *a, struct mail_request *q)
{
	const struct email_config *c = a->target.conf;

	if (c->auth_username.n == 0)
		return;
	q->user = c->auth_username;
	q->identity = c->auth_identity;
	if (c->auth_password.n > 0 || c->auth_password_file.n > 0) {
		q->auth = MAIL_AUTH_PASSWORD;
		q->password = secret(a, c->auth_password,
		    c->auth_password_file);
	} else if (c->auth_secret.n > 0 || c->auth_secret_file.n > 0) {
		q->auth = MAIL_AUTH_SECRET;
		q->password = secret(a, c->auth_secret, c->auth_secret_file);
	}
	if (q->auth == MAIL_AUTH_PASSWORD && !q->starttls &&
	    !q->implicit_tls && !is_local(q->host))
		(void)attempt_fail(a, "the password would be sent in clear");
}

static int
prepare(struct attempt *a, struct mail_request *q)
{
	const struct email_config *c = a->target.conf;
	struct str *from = NULL, *to = NULL, host = c->smarthost;
	size_t i = host.n;

	while (i > 0 && host.p[i - 1] != ':')
		i--;
	*q = (struct mail_request){ .hello = c->hello, .tls = &c->tls,
	    .port = str_sub(host, i, host.n),
	    .host = str_sub(host, 0, i > 0 ? i - 1 : 0) };
	q->implicit_tls = c->force_implicit_tls_set ? c->force_implicit_tls :
	    str_eq(q->port, STR(IMPLICIT_TLS_PORT));
	q->starttls = !q->implicit_tls && c->require_tls;
	if (mime_addresses(text(a, c->from), &a->arena, &from) != 1)
		return attempt_fail(a, "'from' must be exactly one address");
	q->from = from[0];
	q->nto = mime_addresses(text(a, c->to), &a->arena, &to);
	if (q->nto == 0)
		return attempt_fail(a, "'to' is no list of addresses");
	q->to = to;
	put_message(a);
	take_credentials(a, q);
	q->message = buf_str(&a->body);
	return attempt_ok(a) ? 0 : -1;
}

static void
on_result(void *arg, const struct mail_result *r)
{
	struct attempt *a = arg;

	a->own = NULL;
	if (r->err.kind == ERR_NONE) {
		attempt_end(a, DELIVERED);
		return;
	}
	if (r->status != 0)
		(void)attempt_fail(a, "server said %d: %s", r->status,
		    r->err.msg);
	else
		(void)attempt_fail(a, "%s", r->err.msg);
	attempt_end(a, RETRY);
}

static void
deliver(struct attempt *a)
{
	struct mail_request q;

	if (prepare(a, &q) == -1) {
		attempt_end(a, FAILED);
		return;
	}
	q.timeout_ms = attempt_time_left(a);
	q.may_send = attempt_may_send;
	q.may_send_arg = a;
	a->own = mail_send(a->nf->http, &q, on_result, a);
}

static void
cancel(struct attempt *a)
{
	if (a->own != NULL)
		mail_cancel(a->own);
	a->own = NULL;
}

static void
show(struct attempt *a, struct buf *out)
{
	struct mail_request q;
	size_t i;

	if (prepare(a, &q) == -1)
		return;
	(void)buf_printf(out, "SMTP%s " STR_FMT ":" STR_FMT "%s\n",
	    q.implicit_tls ? "S" : "", STR_ARG(q.host), STR_ARG(q.port),
	    q.starttls ? " (STARTTLS)" : "");
	if (q.auth != MAIL_AUTH_NONE)
		(void)buf_printf(out, "AUTH " STR_FMT " <secret>\n",
		    STR_ARG(q.user));
	(void)buf_printf(out, "MAIL FROM:<" STR_FMT ">\n", STR_ARG(q.from));
	for (i = 0; i < q.nto; i++)
		(void)buf_printf(out, "RCPT TO:<" STR_FMT ">\n",
		    STR_ARG(q.to[i]));
	(void)buf_printf(out, "DATA\n" STR_FMT ".\n", STR_ARG(q.message));
}

const struct integration int_email = {
	.key = "email_configs", .deliver = deliver, .cancel = cancel,
	.show = show
};
