#include "net/conn.h"

#include <errno.h>
#include <poll.h>

#include "core/clk.h"
#include "core/mem.h"
#include "net/curl_api.h"

struct conn {
	CURL *easy;
	curl_socket_t fd;
	char error[CURL_ERROR_SIZE];
};

static int64_t
left(int64_t deadline)
{
	int64_t ms = deadline - clk_mono_ms();

	return ms < 1 ? 1 : ms;
}

static void
set_up(struct conn *c, const struct conn_to *to, int64_t deadline)
{
	struct buf b = { 0 };

	(void)buf_printf(&b, "%s://" STR_FMT ":" STR_FMT "/",
	    to->tls ? "https" : "http",
	    STR_ARG(to->unix_socket.n ? STR("localhost") : to->host),
	    STR_ARG(to->unix_socket.n ? STR("1") : to->port));
	curl_easy_setopt(c->easy, CURLOPT_URL, buf_cstr(&b));
	curl_easy_setopt(c->easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)left(deadline));
	buf_reset(&b);
	if (to->unix_socket.n) {
		(void)buf_put(&b, to->unix_socket);
		curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH,
		    buf_cstr(&b));
	}
	buf_reset(&b);
	if (to->ca_file.n) {
		(void)buf_put(&b, to->ca_file);
		curl_easy_setopt(c->easy, CURLOPT_CAINFO, buf_cstr(&b));
	}
	buf_release(&b);
}

struct conn *
conn_open(const struct conn_to *to, int64_t deadline, struct err *e)
{
	struct conn *c;
	CURLcode rc;

	if (curl_load(e) == -1)
		return NULL;
	c = mem_zalloc(sizeof(*c));
	c->easy = curl_easy_init();
	if (c->easy == NULL)
		mem_exhausted();
	set_up(c, to, deadline);
	rc = curl_easy_perform(c->easy);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(c->easy, CURLINFO_ACTIVESOCKET,
		    &c->fd);
	if (rc == CURLE_OK)
		return c;
	err_set(e, ERR_NET, "%s", rc == CURLE_OPERATION_TIMEDOUT ?
	    "no connection in time" : c->error[0] ? c->error :
	    curl_easy_strerror(rc));
	conn_close(c);
	return NULL;
}

static int
wait_for(const struct conn *c, short events, int64_t deadline, struct err *e)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int n;

	do
		n = clk_mono_ms() >= deadline ? 0 : poll(&p, 1,
		    (int)left(deadline));
	while (n == -1 && errno == EINTR);
	if (n == 1)
		return 0;
	return err_set(e, ERR_NET, n == 0 ? "no answer in time" :
	    "cannot wait for an answer");
}

int
conn_write(struct conn *c, struct str s, int64_t deadline, struct err *e)
{
	CURLcode rc;
	size_t n;

	while (s.n) {
		n = 0;
		rc = curl_easy_send(c->easy, s.p, s.n, &n);
		if (rc != CURLE_OK && rc != CURLE_AGAIN)
			return err_set(e, ERR_NET, "the connection is lost");
		s = str_sub(s, n, s.n);
		if (rc == CURLE_AGAIN &&
		    wait_for(c, POLLOUT, deadline, e) == -1)
			return -1;
	}
	return 0;
}

ssize_t
conn_read(struct conn *c, char *p, size_t n, int64_t deadline, struct err *e)
{
	size_t got = 0;
	CURLcode rc;

	/* What TLS has read ahead is not seen by poll: look first. */
	while ((rc = curl_easy_recv(c->easy, p, n, &got)) == CURLE_AGAIN)
		if (wait_for(c, POLLIN, deadline, e) == -1)
			return -1;
	if (rc != CURLE_OK || got == 0)
		return err_set(e, ERR_NET, "the connection is lost");
	return (ssize_t)got;
}

void
conn_close(struct conn *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->easy);
	mem_free(c);
}
