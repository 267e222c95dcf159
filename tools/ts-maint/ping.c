#include "ping.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/diag.h"
#include "post.h"

#define TRIES		3
#define BODY_MAX	((size_t)10000)

static const char *const suffix[] = {
	[PING_START] = "/start", [PING_SUCCESS] = "", [PING_FAIL] = "/fail",
};

/* The URL may have a query; the event goes before it. */
static struct str
address(struct str url, enum ping_event ev, struct str rid, struct arena *a)
{
	struct str query = str_cut(url, '?', &url);

	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	return arena_printf(a, STR_FMT "%s?rid=" STR_FMT "%s" STR_FMT,
	    STR_ARG(url), suffix[ev], STR_ARG(rid), query.n ? "&" : "",
	    STR_ARG(query));
}

static int
send_one(const struct plan *p, enum ping_event ev, struct str rid,
    struct str body)
{
	struct arena a = { 0 };
	struct http_request q = { .method = STR("POST"),
	    .timeout_ms = p->ping->timeout_ms };
	struct post_answer answer = { 0 };
	struct str url;
	struct err e = { 0 };

	if (secret_fetch(&p->ping->url, &a, &url, &e) == -1) {
		diag_warning("plan '" STR_FMT "': ping: %s",
		    STR_ARG(p->name), e.msg);
		return 1;
	}
	q.url = address(url, ev, rid, &a);
	if (p->ping->body)
		q.body = str_sub(body, body.n > BODY_MAX ?
		    body.n - BODY_MAX : 0, body.n);
	/* Messages of the client may name the URL, which is a secret. */
	if (post(&q, TRIES, &answer, &e) == -1)
		diag_warning("plan '" STR_FMT "': the dead-man switch was "
		    "not reached", STR_ARG(p->name));
	else if (answer.status >= 300)
		diag_warning("plan '" STR_FMT "': the dead-man switch "
		    "answered %d", STR_ARG(p->name), answer.status);
	return answer.status < 300 ? 0 : 1;
}

pid_t
ping_send(const struct plan *p, enum ping_event ev, struct str rid,
    struct str body)
{
	pid_t pid;

	if (p->ping == NULL)
		return 0;
	if ((pid = fork()) == -1) {
		diag_warning("cannot start a process for the ping");
		return 0;
	}
	if (pid == 0) {
		(void)signal(SIGINT, SIG_IGN);
		(void)signal(SIGTERM, SIG_DFL);
		_exit(send_one(p, ev, rid, body));
	}
	return pid;
}

void
ping_wait(pid_t pid)
{
	while (pid > 0 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
}
