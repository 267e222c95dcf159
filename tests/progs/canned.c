/*
 * canned: a server for tests that answers each request with the bytes of a
 * file, so a test can say anything a broken peer would say.
 *	canned DIR	serve DIR/PATH ('/' in PATH is '_'); the port goes to
 *			stdout, each request to DIR/requests
 * A file holds the whole answer, status line and headers included; bare
 * newlines in the headers become CRLF.  "@length" in the headers becomes the
 * Content-Length; "@file NAME" as the body is the contents of DIR/NAME.
 * Names with a meaning:
 *	hang	is never answered	reset	the connection is reset
 *	endless	the file, then its last line for ever
 *	drip	the file, then nothing
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "net/loop.h"

#define REQUEST_MAX	((size_t)64 << 10)

struct conn {
	struct loop *loop;
	int fd;
	struct buf in, out;
	size_t at;		/* of out, written */
	bool endless;
};

static const char *root;
static int log_fd = -1;

static void
conn_close(struct conn *c)
{
	loop_fd(c->loop, c->fd, 0, NULL, NULL);
	(void)close(c->fd);
	buf_release(&c->in);
	buf_release(&c->out);
	mem_free(c);
}

static void
conn_reset(struct conn *c)
{
	struct linger now = { .l_onoff = 1 };

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_close(c);
}

static void	on_conn(struct loop *l, void *arg, unsigned events);

static void
watch(struct conn *c)
{
	bool more = c->at < c->out.n || c->endless;

	loop_fd(c->loop, c->fd, LOOP_READ | (more ? LOOP_WRITE : 0), on_conn,
	    c);
}

/* Headers with CRLF, "@length" filled in, then the body. */
static void
put_answer(struct conn *c, struct str text)
{
	ptrdiff_t end = str_find(text, STR("\n\n"));
	struct str head = text, body = STR_NONE, line;
	struct buf file = { 0 };
	struct err e;

	if (end != -1) {
		head = str_sub(text, 0, (size_t)end);
		body = str_sub(text, (size_t)end + 2, text.n);
	}
	if (str_starts(body, STR("@file "))) {
		struct buf path = { 0 };

		(void)buf_printf(&path, "%s/" STR_FMT, root, STR_ARG(str_trim(
		    str_sub(body, 6, body.n))));
		if (io_read_file(buf_cstr(&path), (size_t)1 << 30, &file,
		    &e) == 0)
			body = buf_str(&file);
		buf_release(&path);
	}
	while (head.p) {
		head = str_cut(head, '\n', &line);
		if (str_eq(line, STR("@length")))
			(void)buf_printf(&c->out, "Content-Length: %zu\r\n",
			    body.n);
		else
			(void)buf_printf(&c->out, STR_FMT "\r\n",
			    STR_ARG(line));
	}
	(void)buf_put(&c->out, STR("\r\n"));
	(void)buf_put(&c->out, body);
	buf_release(&file);
}

/* False: the connection is gone. */
static bool
answer(struct conn *c, struct str target)
{
	struct str path, name;
	struct buf file = { 0 }, text = { 0 };
	struct err e;
	size_t i;

	(void)str_cut(target, '?', &path);
	name = str_sub(path, 1, path.n);
	if (str_eq(name, STR("hang")))
		return true;
	if (str_eq(name, STR("reset"))) {
		conn_reset(c);
		return false;
	}
	(void)buf_printf(&file, "%s/" STR_FMT, root, STR_ARG(name));
	for (i = strlen(root) + 1; i < file.n; i++)
		if (file.p[i] == '/')
			file.p[i] = '_';
	if (io_read_file(buf_cstr(&file), (size_t)1 << 30, &text, &e) == -1)
		(void)buf_put(&text, STR("HTTP/1.1 404 Not Found\n"
		    "@length\n\nnot here\n"));
	put_answer(c, buf_str(&text));
	c->endless = str_starts(name, STR("endless"));
	buf_release(&file);
	buf_release(&text);
	return true;
}

/* Take the whole requests that have come. */
static bool
take_requests(struct conn *c)
{
	ptrdiff_t end;
	struct str line, rest;

	while ((end = str_find(buf_str(&c->in), STR("\r\n\r\n"))) != -1) {
		struct str head = str_sub(buf_str(&c->in), 0,
		    (size_t)end + 4);

		if (log_fd != -1)
			(void)io_write_all(log_fd, head);
		(void)str_cut(head, '\r', &line);
		rest = str_cut(line, ' ', &line);
		(void)str_cut(rest, ' ', &rest);
		if (!answer(c, rest))
			return false;
		buf_drop(&c->in, (size_t)end + 4);
	}
	return true;
}

/* What goes on for ever is never kept in memory. */
static void
refill(struct conn *c)
{
	struct str text = buf_str(&c->out);
	struct buf line = { 0 };
	size_t from = text.n - 1;

	while (from > 0 && text.p[from - 1] != '\n')
		from--;
	(void)buf_put(&line, str_sub(text, from, text.n));
	buf_reset(&c->out);
	while (c->out.n < REQUEST_MAX)
		(void)buf_put(&c->out, buf_str(&line));
	buf_release(&line);
	c->at = 0;
}

static void
on_conn(struct loop *l, void *arg, unsigned events)
{
	struct conn *c = arg;
	ssize_t n;

	(void)l;
	if (events & LOOP_READ) {
		(void)buf_reserve(&c->in, 4096);
		n = read(c->fd, c->in.p + c->in.n, 4096);
		if (n == 0 || (n == -1 && errno != EAGAIN) ||
		    c->in.n > REQUEST_MAX) {
			conn_close(c);
			return;
		}
		c->in.n += n > 0 ? (size_t)n : 0;
		if (!take_requests(c))
			return;
	}
	if (c->at < c->out.n) {
		n = send(c->fd, c->out.p + c->at, c->out.n - c->at,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno != EAGAIN) {
			conn_close(c);
			return;
		}
		c->at += n > 0 ? (size_t)n : 0;
	}
	if (c->at == c->out.n && c->endless && c->out.n)
		refill(c);
	watch(c);
}

static void
on_listen(struct loop *l, void *arg, unsigned events)
{
	int fd = accept4(*(int *)arg, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c;

	(void)events;
	if (fd == -1)
		return;
	c = mem_zalloc(sizeof(*c));
	c->loop = l;
	c->fd = fd;
	watch(c);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	struct clk clk = { 0 };
	struct loop *l = loop_new(&clk);
	char path[4096];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (argc != 2 || fd == -1)
		return 2;
	root = argv[1];
	(void)snprintf(path, sizeof(path), "%s/requests", root);
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&a, n) == -1 ||
	    listen(fd, 128) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) == -1)
		return 3;
	(void)printf("%d\n", ntohs(a.sin_port));
	(void)fflush(stdout);
	(void)close(STDOUT_FILENO);
	loop_fd(l, fd, LOOP_READ, on_listen, &fd);
	loop_run(l, false);
	loop_free(l);
	return 0;
}
