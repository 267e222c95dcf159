/*
 * stream: sockets without blocking past the deadline; TLS by OpenSSL.
 */
#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/clk.h"
#include "core/num.h"
#include "net/tls_text.h"

#define HOST_MAX	256

bool
stream_address(struct str s, struct str *host, struct str *port)
{
	size_t n = s.n;
	uint64_t v;

	if (str_starts(s, STR("unix:"))) {
		*host = str_sub(s, 5, s.n);
		*port = STR_NONE;
		return host->n > 0 && host->n < 100;
	}
	while (n > 0 && s.p[n - 1] != ':')
		n--;
	if (n < 2)
		return false;
	*host = str_sub(s, 0, n - 1);
	*port = str_sub(s, n, s.n);
	if (host->p[0] == '[' && host->p[host->n - 1] == ']')
		*host = str_sub(*host, 1, host->n - 1);
	return host->n > 0 && host->n < HOST_MAX &&
	    num_parse_u64(*port, 65535, &v) && v > 0;
}

static int
timed_out(struct err *e, const char *doing)
{
	return err_set(e, ERR_NET, "timeout while %s", doing);
}

/* 0 when the descriptor is ready, -1 at the deadline. */
static int
wait_for(const struct stream *s, short events, const char *doing,
    struct err *e)
{
	struct pollfd p = { s->fd, events, 0 };
	int64_t left;
	int rc;

	do {
		left = s->deadline_ms - clk_mono_ms();
		if (left <= 0)
			return timed_out(e, doing);
		rc = poll(&p, 1, (int)left);
	} while (rc == -1 && errno == EINTR);
	return rc > 0 ? 0 : timed_out(e, doing);
}

/* What has become of the connection; -1 with *e, and fd closed. */
static int
outcome(struct stream *s, int why, struct err *e)
{
	if (why == 0)
		return 0;
	errno = why;
	(void)err_sys(e, "cannot connect");
	if (why != EACCES)	/* a socket file that is not for us */
		e->kind = ERR_NET;
	(void)close(s->fd);
	s->fd = -1;
	return -1;
}

int
stream_begun(struct stream *s, struct err *e)
{
	int why = 0;
	socklen_t len = sizeof(why);

	(void)getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &why, &len);
	return outcome(s, why, e);
}

/* 0 connected, 1 not yet, -1 with *e. */
static int
connect_begin(struct stream *s, int type, const struct sockaddr *sa,
    socklen_t n, struct err *e)
{
	s->fd = socket(sa->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (s->fd == -1)
		return err_sys(e, "cannot make a socket");
	if (connect(s->fd, sa, n) == 0)
		return 0;
	return errno == EINPROGRESS ? 1 : outcome(s, errno, e);
}

static int
connect_one(struct stream *s, int type, const struct sockaddr *sa,
    socklen_t n, struct err *e)
{
	int rc = connect_begin(s, type, sa, n, e);

	if (rc != 1)
		return rc;
	if (wait_for(s, POLLOUT, "connecting", e) == 0)
		return stream_begun(s, e);
	(void)close(s->fd);
	s->fd = -1;
	return -1;
}

static int
open_unix(struct stream *s, struct str path, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memcpy(sun.sun_path, path.p, path.n);
	return connect_one(s, SOCK_STREAM, (struct sockaddr *)&sun,
	    sizeof(sun), e);
}

static int
open_inet(struct stream *s, int type, struct str host, struct str port,
    struct err *e)
{
	struct addrinfo hints = { .ai_socktype = type }, *all, *ai;
	char h[HOST_MAX], p[8];
	double start = clk_mono_s();
	int rc;

	(void)snprintf(h, sizeof(h), STR_FMT, STR_ARG(host));
	(void)snprintf(p, sizeof(p), STR_FMT, STR_ARG(port));
	if ((rc = getaddrinfo(h, p, &hints, &all)) != 0)
		return err_set(e, ERR_NET, "cannot resolve '%s': %s", h,
		    gai_strerror(rc));
	s->resolve_s = clk_mono_s() - start;
	start = clk_mono_s();
	for (rc = -1, ai = all; ai != NULL && rc == -1; ai = ai->ai_next) {
		rc = connect_one(s, type, ai->ai_addr, ai->ai_addrlen, e);
		(void)getnameinfo(ai->ai_addr, ai->ai_addrlen, s->ip,
		    sizeof(s->ip), NULL, 0, NI_NUMERICHOST);
	}
	s->connect_s = clk_mono_s() - start;
	freeaddrinfo(all);
	return rc;
}

static int
open_any(struct stream *s, int type, struct str address, int64_t timeout_ms,
    struct err *e)
{
	struct str host, port;

	*s = (struct stream){ .fd = -1,
	    .deadline_ms = clk_mono_ms() + timeout_ms };
	if (!stream_address(address, &host, &port))
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is not "
		    "HOST:PORT", STR_ARG(address));
	return port.p == NULL ? open_unix(s, host, e) :
	    open_inet(s, type, host, port, e);
}

int
stream_open(struct stream *s, struct str address, int64_t timeout_ms,
    struct err *e)
{
	return open_any(s, SOCK_STREAM, address, timeout_ms, e);
}

int
stream_open_udp(struct stream *s, struct str address, int64_t timeout_ms,
    struct err *e)
{
	return open_any(s, SOCK_DGRAM, address, timeout_ms, e);
}

/* Of an IP address with its port, else 0. */
static socklen_t
literal(struct str address, struct sockaddr_storage *sa)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)sa;
	struct sockaddr_in *four = (struct sockaddr_in *)sa;
	struct str host, port;
	char h[INET6_ADDRSTRLEN];
	uint64_t v;

	if (!stream_address(address, &host, &port) || port.n == 0 ||
	    host.n >= sizeof(h) || !num_parse_u64(port, 65535, &v))
		return 0;
	*sa = (struct sockaddr_storage){ 0 };
	memcpy(h, host.p, host.n);
	h[host.n] = '\0';
	if (inet_pton(AF_INET, h, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)v);
		return sizeof(*four);
	}
	if (inet_pton(AF_INET6, h, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)v);
		return sizeof(*six);
	}
	return 0;
}

bool
stream_literal(struct str address)
{
	struct sockaddr_storage sa;

	return literal(address, &sa) > 0;
}

int
stream_begin(struct stream *s, struct str address, struct err *e)
{
	struct sockaddr_storage sa;
	socklen_t n = literal(address, &sa);

	*s = (struct stream){ .fd = -1 };
	(void)getnameinfo((struct sockaddr *)&sa, n, s->ip, sizeof(s->ip),
	    NULL, 0, NI_NUMERICHOST);
	return connect_begin(s, SOCK_STREAM, (struct sockaddr *)&sa, n, e);
}

/* ---- TLS ---- */

static int
tls_error(const char *doing, SSL *ssl, struct err *e)
{
	long verify = SSL_get_verify_result(ssl);
	char text[160] = "connection closed";
	unsigned long code = ERR_get_error();
	struct buf meaning = { 0 };

	if (verify != X509_V_OK)
		return err_set(e, ERR_NET, "certificate: %s",
		    X509_verify_cert_error_string(verify));
	if (code)
		ERR_error_string_n(code, text, sizeof(text));
	if (tls_text(str_of(text), &meaning))
		err_set(e, ERR_NET, "%s: %s", doing, buf_cstr(&meaning));
	else
		err_set(e, ERR_NET, "%s: %s", doing, text);
	buf_release(&meaning);
	return -1;
}

/* Do it again until it is done: 1, or 0 at the end, -1. */
static int
tls_again(struct stream *s, int rc, const char *doing, struct err *e)
{
	switch (SSL_get_error(s->tls, rc)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(s, POLLIN, doing, e) == 0 ? 1 : -1;
	case SSL_ERROR_WANT_WRITE:
		return wait_for(s, POLLOUT, doing, e) == 0 ? 1 : -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return tls_error(s->tls_s == 0 ? "TLS handshake" : doing,
		    s->tls, e);
	}
}

static SSL_CTX *
tls_context(const struct stream_tls *conf, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int ok;

	if (ctx == NULL) {
		(void)err_set(e, ERR_SYS, "cannot start TLS");
		return NULL;
	}
	ok = conf->ca_file != NULL ? SSL_CTX_load_verify_locations(ctx,
	    conf->ca_file, NULL) : SSL_CTX_set_default_verify_paths(ctx);
	if (!ok && !conf->insecure) {
		(void)err_set(e, ERR_CONFIG, "cannot read the certificates "
		    "in '%s'", conf->ca_file ? conf->ca_file : "the system");
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (conf->cert_file != NULL &&
	    (SSL_CTX_use_certificate_chain_file(ctx, conf->cert_file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, conf->key_file ?
	    conf->key_file : conf->cert_file, SSL_FILETYPE_PEM) != 1)) {
		(void)err_set(e, ERR_CONFIG, "cannot use the certificate in "
		    "'%s' and its key", conf->cert_file);
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ctx, conf->insecure ? SSL_VERIFY_NONE :
	    SSL_VERIFY_PEER, NULL);
	return ctx;
}

static void
tls_name(SSL *ssl, char *name)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(p, name) == 1)
		return;
	(void)SSL_set_tlsext_host_name(ssl, name);
	(void)X509_VERIFY_PARAM_set1_host(p, name, 0);
}

int
stream_tls(struct stream *s, struct str host, const struct stream_tls *conf,
    struct err *e)
{
	struct str shown = conf->server_name.n ? conf->server_name : host;
	char name[HOST_MAX];
	double start = clk_mono_s();
	SSL_CTX *ctx;
	int rc, again = 1;

	if ((ctx = tls_context(conf, e)) == NULL)
		return -1;
	s->tls = SSL_new(ctx);
	SSL_CTX_free(ctx);
	(void)snprintf(name, sizeof(name), STR_FMT, STR_ARG(shown));
	tls_name(s->tls, name);
	(void)SSL_set_fd(s->tls, s->fd);
	while ((rc = SSL_connect(s->tls)) != 1 && again == 1)
		again = tls_again(s, rc, "negotiating TLS", e);
	s->tls_s = clk_mono_s() - start;
	if (rc == 1)
		return 0;
	return again == 0 ? err_set(e, ERR_NET, "TLS handshake: connection "
	    "closed") : -1;
}

/* ---- bytes ---- */

/* The other side has done that, or what is between. */
static int
broken(struct err *e, const char *what)
{
	(void)err_sys(e, "%s", what);
	e->kind = ERR_NET;
	return -1;
}

int
stream_write(struct stream *s, struct str bytes, struct err *e)
{
	ssize_t n;

	while (bytes.n) {
		if (s->tls != NULL) {
			n = SSL_write(s->tls, bytes.p, (int)bytes.n);
			if (n <= 0 && tls_again(s, (int)n, "writing", e) != 1)
				return -1;
		} else {
			n = send(s->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
			if (n == -1 && errno == EAGAIN &&
			    wait_for(s, POLLOUT, "writing", e) == -1)
				return -1;
			if (n == -1 && errno != EAGAIN && errno != EINTR)
				return broken(e, "cannot write");
		}
		if (n > 0)
			bytes = str_sub(bytes, (size_t)n, bytes.n);
	}
	return 0;
}

static ssize_t
read_once(struct stream *s, char *room, size_t n, bool *again, struct err *e)
{
	ssize_t got;
	int rc;

	*again = false;
	if (s->tls != NULL) {
		if ((got = SSL_read(s->tls, room, (int)n)) > 0)
			return got;
		rc = tls_again(s, (int)got, "reading", e);
		*again = rc == 1;
		return rc == 1 ? 0 : rc;
	}
	got = recv(s->fd, room, n, 0);
	if (got >= 0)
		return got;
	if (errno != EAGAIN && errno != EINTR)
		return broken(e, "connection lost");
	*again = true;
	return wait_for(s, POLLIN, "waiting for an answer", e);
}

int
stream_read(struct stream *s, size_t n, struct buf *out, struct err *e)
{
	bool again = true;
	ssize_t got = 0;

	if (buf_reserve(out, n) == -1)
		return err_set(e, ERR_LIMIT, "the answer is too long");
	while (again)
		if ((got = read_once(s, out->p + out->n, n, &again, e)) == -1)
			return -1;
	out->n += (size_t)got;
	return got > 0 ? 1 : 0;
}

void
stream_close(struct stream *s)
{
	if (s->tls != NULL)
		SSL_free(s->tls);
	s->tls = NULL;
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
}
