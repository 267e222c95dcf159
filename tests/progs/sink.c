/*
 * sink: a server that takes what notifiers send and writes it down, for
 * tests: HTTP (also as a proxy, with TLS behind CONNECT) and SMTP (STARTTLS,
 * AUTH).  Prints its two ports, then serves until its standard input ends.
 *
 *	sink OUT [PREFIX=STATUS,STATUS…]…
 *
 * OUT gets one JSON object a request or mail.  A path that starts with
 * PREFIX is answered with those statuses first, then with success.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/arena.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/num.h"
#include "json/write.h"

#define HEAD_MAX	((size_t)64 << 10)
#define BODY_MAX	((size_t)16 << 20)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out_fd;
static SSL_CTX *tls;
static char **rules;
static int nrules;

struct conn {
	int fd;
	SSL *ssl;
	struct buf in;			/* read, not yet taken */
	struct str host;		/* behind CONNECT: "https://name" */
	struct arena arena;
};

/* ---- bytes ---- */

static ssize_t
conn_read(struct conn *c, char *p, size_t n)
{
	return c->ssl ? SSL_read(c->ssl, p, (int)n) : read(c->fd, p, n);
}

static bool
conn_write(struct conn *c, struct str s)
{
	if (c->ssl != NULL)
		return SSL_write(c->ssl, s.p, (int)s.n) == (int)s.n;
	return io_write_all(c->fd, s) == 0;
}

static bool
more(struct conn *c)
{
	char bytes[16384];
	ssize_t n = conn_read(c, bytes, sizeof(bytes));

	if (n <= 0 || c->in.n > BODY_MAX + HEAD_MAX)
		return false;
	return buf_put(&c->in, (struct str){ bytes, (size_t)n }) == 0;
}

/* What stands before the mark, without it; false at the end. */
static bool
take_until(struct conn *c, const char *mark, struct str *out)
{
	ptrdiff_t at;

	while ((at = str_find(buf_str(&c->in), str_of(mark))) == -1)
		if (!more(c))
			return false;
	*out = arena_str(&c->arena, str_sub(buf_str(&c->in), 0,
	    (size_t)at));
	buf_drop(&c->in, (size_t)at + strlen(mark));
	return true;
}

static bool
take_bytes(struct conn *c, size_t n, struct str *out)
{
	while (c->in.n < n)
		if (!more(c))
			return false;
	*out = arena_str(&c->arena, str_sub(buf_str(&c->in), 0, n));
	buf_drop(&c->in, n);
	return true;
}

static bool
start_tls(struct conn *c)
{
	c->ssl = SSL_new(tls);
	return SSL_set_fd(c->ssl, c->fd) == 1 && SSL_accept(c->ssl) == 1;
}

static void
record(const struct buf *line)
{
	(void)pthread_mutex_lock(&lock);
	(void)io_write_all(out_fd, buf_str(line));
	(void)pthread_mutex_unlock(&lock);
}

/* ---- HTTP ---- */

/* The next status of a rule for this path; 0 when none is left. */
static int
ruled_status(struct str path)
{
	int i, status = 0;

	(void)pthread_mutex_lock(&lock);
	for (i = 0; i < nrules && status == 0; i++) {
		char *eq = strchr(rules[i], '=');
		struct str prefix = { rules[i], (size_t)(eq - rules[i]) };

		if (eq[1] == '\0' || !str_starts(path, prefix))
			continue;
		status = (int)strtol(eq + 1, &eq, 10);
		memmove(strchr(rules[i], '=') + 1, *eq ? eq + 1 : eq,
		    strlen(*eq ? eq + 1 : eq) + 1);
	}
	(void)pthread_mutex_unlock(&lock);
	return status;
}

/* What the services say when all is well. */
static const struct {
	const char *in_path;
	int status;
	const char *type, *body;
} answers[] = {
	{ "gettoken", 200, "application/json",
	    "{\"errcode\":0,\"access_token\":\"TOKEN\"}" },
	{ "/wechat", 200, "application/json", "{\"errcode\":0}" },
	{ "/slack", 200, "text/plain", "ok" },
	{ "/rocketchat", 200, "application/json", "{\"success\":true}" },
	{ "create_event", 202, "application/json", "{}" },
	{ "/pagerduty", 202, "application/json", "{}" },
	{ "/opsgenie", 202, "application/json", "{}" },
	{ "/discord", 204, "text/plain", "" },
	{ "", 200, "application/json", "{}" },
};

static bool
answer(struct conn *c, struct str path)
{
	int status = ruled_status(path);
	size_t i = 0;
	struct str text;

	while (str_find(path, str_of(answers[i].in_path)) == -1)
		i++;
	text = arena_printf(&c->arena, "HTTP/1.1 %d Sink\r\n"
	    "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
	    status ? status : answers[i].status, answers[i].type,
	    strlen(answers[i].body), answers[i].body);
	return conn_write(c, text);
}

struct request {
	struct str method, target, body;
	struct str headers;		/* lines */
	size_t length;
};

static void
put_headers(struct jw *w, struct str lines, size_t *length)
{
	struct str line, name, value;
	uint64_t n;

	jw_key(w, STR("headers"));
	jw_obj(w);
	while (lines.p != NULL) {
		lines = str_cut(lines, '\n', &line);
		value = str_trim(str_cut(line, ':', &name));
		if (str_eq_nocase(name, STR("Content-Length")) &&
		    num_parse_u64(value, BODY_MAX, &n))
			*length = (size_t)n;
		if (!str_eq_nocase(name, STR("Authorization")) &&
		    !str_eq_nocase(name, STR("Content-Type")))
			continue;
		jw_key(w, str_eq_nocase(name, STR("Authorization")) ?
		    STR("Authorization") : STR("Content-Type"));
		jw_str(w, value);
	}
	jw_obj_end(w);
}

static bool
is_connect(struct conn *c, const struct request *q)
{
	struct str host;

	if (!str_eq(q->method, STR("CONNECT")))
		return false;
	(void)str_cut(q->target, ':', &host);
	c->host = arena_printf(&c->arena, "https://" STR_FMT, STR_ARG(host));
	return true;
}

static bool
serve_request(struct conn *c)
{
	struct request q = { 0 };
	struct str head, first;
	struct buf line = { 0 };
	struct jw w = { .out = &line };
	bool ok = false;

	if (!take_until(c, "\r\n\r\n", &head))
		return false;
	q.headers = str_cut(head, '\n', &first);
	first = str_cut(first, ' ', &q.method);
	(void)str_cut(first, ' ', &q.target);
	if (is_connect(c, &q))
		return conn_write(c, STR("HTTP/1.1 200 OK\r\n\r\n")) &&
		    start_tls(c);
	jw_obj(&w);
	jw_key(&w, STR("method"));
	jw_str(&w, q.method);
	jw_key(&w, STR("host"));
	jw_str(&w, c->host);
	jw_key(&w, STR("path"));
	jw_str(&w, q.target);
	put_headers(&w, q.headers, &q.length);
	if (take_bytes(c, q.length, &q.body)) {
		jw_key(&w, STR("raw"));
		jw_str(&w, q.body);
		jw_obj_end(&w);
		(void)buf_putc(&line, '\n');
		record(&line);
		ok = answer(c, q.target);
	}
	buf_release(&line);
	return ok;
}

/* ---- SMTP ---- */

struct mail {
	struct str hello, from, auth;
	struct buf commands, to;	/* JSON lists without their ends */
};

static void
list_add(struct buf *list, struct str s)
{
	(void)buf_put(list, list->n > 0 ? STR(",") : STR_NONE);
	json_put_str(list, s, false);
}

static bool
say(struct conn *c, const char *text)
{
	return conn_write(c, str_of(text)) && conn_write(c, STR("\r\n"));
}

/* AUTH PLAIN <base64>, or LOGIN and CRAM-MD5 in two or three steps. */
static bool
take_auth(struct conn *c, struct mail *m, struct str rest)
{
	struct str mechanism, line;
	struct buf text = { 0 };

	line = str_cut(rest, ' ', &mechanism);
	if (str_eq(mechanism, STR("CRAM-MD5"))) {
		if (!say(c, "334 PDEyMzRAc2luaz4=") ||
		    !take_until(c, "\r\n", &line))
			return false;
	} else if (line.n == 0 && (!say(c, "334 VXNlcm5hbWU6") ||
	    !take_until(c, "\r\n", &line)))
		return false;
	(void)base64_get(&text, line);
	if (str_eq(mechanism, STR("LOGIN"))) {
		(void)buf_putc(&text, '\0');
		if (!say(c, "334 UGFzc3dvcmQ6") ||
		    !take_until(c, "\r\n", &line))
			return false;
		(void)base64_get(&text, line);
	}
	m->auth = arena_printf(&c->arena, STR_FMT, STR_ARG(mechanism));
	(void)buf_put(&m->commands, m->commands.n ? STR(",") : STR_NONE);
	json_put_str(&m->commands, arena_printf(&c->arena,
	    "AUTH " STR_FMT, STR_ARG(mechanism)), false);
	(void)buf_putc(&text, '\0');
	{
		struct buf parts = { 0 };
		struct str s = buf_str(&text), part;

		s.n--;
		while (s.p != NULL) {
			s = str_cut(s, '\0', &part);
			list_add(&parts, part);
		}
		m->auth = arena_printf(&c->arena, "{\"mechanism\":\"" STR_FMT
		    "\",\"parts\":[" STR_FMT "]}", STR_ARG(mechanism),
		    STR_ARG(buf_str(&parts)));
		buf_release(&parts);
	}
	buf_release(&text);
	return say(c, "235 fine");
}

static bool
take_data(struct conn *c, struct mail *m)
{
	struct buf line = { 0 };
	struct jw w = { .out = &line };
	struct str data;
	bool ok;

	if (!say(c, "354 go on") || !take_until(c, "\r\n.\r\n", &data))
		return false;
	jw_obj(&w);
	jw_key(&w, STR("helo"));
	jw_str(&w, m->hello);
	jw_key(&w, STR("tls"));
	jw_bool(&w, c->ssl != NULL);
	jw_key(&w, STR("auth"));
	jw_raw(&w, m->auth.n ? m->auth : STR("null"));
	jw_key(&w, STR("mail_from"));
	jw_str(&w, m->from);
	jw_key(&w, STR("rcpt_to"));
	jw_raw(&w, arena_printf(&c->arena, "[" STR_FMT "]",
	    STR_ARG(buf_str(&m->to))));
	jw_key(&w, STR("commands"));
	jw_raw(&w, arena_printf(&c->arena, "[" STR_FMT "]",
	    STR_ARG(buf_str(&m->commands))));
	jw_key(&w, STR("raw"));
	jw_str(&w, data);
	jw_obj_end(&w);
	(void)buf_putc(&line, '\n');
	record(&line);
	buf_release(&line);
	ok = say(c, "250 taken");
	return ok;
}

static bool
serve_command(struct conn *c, struct mail *m)
{
	struct str line, verb, rest;

	if (!take_until(c, "\r\n", &line))
		return false;
	rest = str_cut(line, ' ', &verb);
	if (str_eq(verb, STR("AUTH")))
		return take_auth(c, m, rest);
	if (!str_eq(verb, STR("QUIT")))
		list_add(&m->commands, line);
	if (str_eq(verb, STR("EHLO"))) {
		m->hello = rest;
		return say(c, c->ssl ? "250-sink\r\n250-8BITMIME\r\n"
		    "250 AUTH PLAIN LOGIN CRAM-MD5" :
		    "250-sink\r\n250-8BITMIME\r\n250-STARTTLS\r\n"
		    "250 AUTH PLAIN LOGIN CRAM-MD5");
	}
	if (str_eq(verb, STR("STARTTLS")))
		return say(c, "220 go on") && start_tls(c);
	if (str_eq(verb, STR("MAIL")))
		m->from = line;
	if (str_eq(verb, STR("RCPT")))
		list_add(&m->to, line);
	if (str_eq(verb, STR("DATA")))
		return take_data(c, m);
	if (str_eq(verb, STR("QUIT"))) {
		(void)say(c, "221 bye");
		return false;
	}
	return say(c, "250 fine");
}

/* ---- connections ---- */

struct server {
	int fd;
	bool smtp;
};

static void
conn_end(struct conn *c)
{
	if (c->ssl != NULL) {
		(void)SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	(void)close(c->fd);
	buf_release(&c->in);
	arena_free(&c->arena);
	mem_free(c);
}

static void *
serve_http(void *arg)
{
	struct conn *c = arg;

	while (serve_request(c))
		continue;
	conn_end(c);
	return NULL;
}

static void *
serve_smtp(void *arg)
{
	struct conn *c = arg;
	struct mail m = { 0 };

	if (say(c, "220 sink"))
		while (serve_command(c, &m))
			continue;
	buf_release(&m.commands);
	buf_release(&m.to);
	conn_end(c);
	return NULL;
}

static void *
accept_all(void *arg)
{
	const struct server *s = arg;
	struct conn *c;
	pthread_t thread;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) != -1) {
		c = mem_zalloc(sizeof(*c));
		c->fd = fd;
		if (pthread_create(&thread, NULL,
		    s->smtp ? serve_smtp : serve_http, c) == 0)
			(void)pthread_detach(thread);
	}
	return NULL;
}

/* A listening socket on a free port of loopback. */
static int
listen_free(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&a, len) == -1 ||
	    listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) == -1) {
		perror("sink: cannot listen");
		exit(3);
	}
	*port = ntohs(a.sin_port);
	return fd;
}

/* A certificate of our own, good for nothing but this. */
static void
make_tls(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"sink", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_sign(x, key, EVP_sha256());
	tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(tls, x);
	SSL_CTX_use_PrivateKey(tls, key);
	X509_free(x);
	EVP_PKEY_free(key);
}

int
main(int argc, char **argv)
{
	struct server http = { .smtp = false }, smtp = { .smtp = true };
	unsigned http_port, smtp_port;
	pthread_t a, b;
	char byte;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: sink OUT [PREFIX=STATUS,…]…\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	rules = argv + 2;
	nrules = argc - 2;
	out_fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0644);
	if (out_fd == -1) {
		perror("sink: cannot open the output");
		return 3;
	}
	make_tls();
	http.fd = listen_free(&http_port);
	smtp.fd = listen_free(&smtp_port);
	if (pthread_create(&a, NULL, accept_all, &http) != 0 ||
	    pthread_create(&b, NULL, accept_all, &smtp) != 0)
		return 3;
	(void)printf("%u %u\n", http_port, smtp_port);
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return 0;
}
