/*
 * check_tcp: a port can be connected to, and says what it should.  A hung
 * process still accepts connections through its backlog, so `expect` is what
 * makes this a proof.
 */
#include <math.h>

#include "core/clk.h"
#include "kinds.h"
#include "re/re.h"
#include "stream.h"

#define ANSWER_MAX	((size_t)64 << 10)

struct step {
	struct str send, expect;
	bool starttls;
	struct re *re;
};

struct tcp_check {
	struct check check;
	struct str address, host, server_name, ca_file;
	int64_t port;
	bool tls, insecure;
	struct ylist script;
	struct step one;	/* send and expect of the check itself */
	char *ca;
};

static const struct yfield step_rows[] = {
	YROW("send", YT_STR, offsetof(struct step, send)),
	YROW("expect", YT_STR, offsetof(struct step, expect)),
	YROW("starttls", YT_BOOL, offsetof(struct step, starttls)),
};

static const struct yfields step_fields = {
	.name = "script", .size = sizeof(struct step),
	.row = step_rows, .n = sizeof(step_rows) / sizeof(step_rows[0]),
};

#define T	struct tcp_check
#define AT(f)	offsetof(struct tcp_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("address", YT_STR, AT(address)),
	YROW("host", YT_STR, AT(host)),
	YROW("port", YT_INT, AT(port)),
	YROW("tls", YT_BOOL, AT(tls)),
	YROW("server_name", YT_STR, AT(server_name)),
	YROW("ca_file", YT_STR, AT(ca_file)),
	YROW("insecure", YT_BOOL, AT(insecure)),
	YROW("send", YT_STR, AT(one.send)),
	YROW("expect", YT_STR, AT(one.expect)),
	YROW("script", YT_LIST, AT(script), .sub = &step_fields),
};
KIND_FIELDS(tcp, T);
#undef AT
#undef T

static int
configure_step(const struct check *c, struct step *s, struct arena *a,
    struct err *e)
{
	struct err why;

	if (s->expect.n && (s->re = re_compile_in(a, s->expect, 0,
	    &why)) == NULL)
		return ynode_err(c->node, e, "expect: %s", why.msg);
	return 0;
}

static int
tcp_configure(struct check *c, struct arena *a, struct err *e)
{
	struct tcp_check *t = (struct tcp_check *)c;
	struct str host, port;
	size_t i;

	if (t->address.n == 0)
		t->address = arena_printf(a, STR_FMT ":%lld",
		    STR_ARG(t->host), (long long)t->port);
	if (!stream_address(t->address, &host, &port))
		return ynode_err(c->node, e, "a tcp check needs an address "
		    "(HOST:PORT), or host and port");
	c->target = t->address;
	if (t->ca_file.n)
		t->ca = arena_cstr(a, t->ca_file);
	for (i = 0; i < t->script.n; i++)
		if (configure_step(c, (struct step *)t->script.p + i, a, e) ==
		    -1)
			return -1;
	return configure_step(c, &t->one, a, e);
}

static int
start_tls(const struct tcp_check *t, struct stream *s, struct err *e)
{
	struct stream_tls conf = { .server_name = t->server_name,
	    .ca_file = t->ca, .insecure = t->insecure };
	struct str host, port;

	(void)stream_address(t->address, &host, &port);
	return stream_tls(s, host, &conf, e);
}

/* Read until it matches; what the server says instead is in the message. */
static int
expect(const struct step *p, struct stream *s, bool *unmatched, struct err *e)
{
	struct buf got = { .max = ANSWER_MAX + 4096 };
	int rc = 1;

	*unmatched = true;

	while (!re_match(p->re, buf_str(&got))) {
		if (got.n >= ANSWER_MAX) {
			rc = err_set(e, ERR_LIMIT, "no '" STR_FMT "' in the "
			    "first %zu bytes", STR_ARG(p->expect), got.n);
			break;
		}
		if ((rc = stream_read(s, 4096, &got, e)) == 0)
			rc = err_set(e, ERR_NET, got.n ? "closed after '%.*s' "
			    "without '" STR_FMT "'" : "closed%.*s without '"
			    STR_FMT "'", got.n > 80 ? 80 : (int)got.n,
			    got.n ? got.p : "", STR_ARG(p->expect));
		if (rc == -1)
			break;
	}
	buf_release(&got);
	*unmatched = rc == -1;
	return rc == -1 ? -1 : 0;
}

static int
step(const struct tcp_check *t, const struct step *p, struct stream *s,
    bool *unmatched, struct err *e)
{
	if (p->send.n && stream_write(s, p->send, e) == -1)
		return -1;
	if (p->re != NULL && expect(p, s, unmatched, e) == -1)
		return -1;
	return p->starttls ? start_tls(t, s, e) : 0;
}

static int
talk(const struct tcp_check *t, struct stream *s, bool *unmatched,
    struct err *e)
{
	size_t i;

	if (stream_open(s, t->address, t->check.timeout_ms, e) == -1 ||
	    (t->tls && start_tls(t, s, e) == -1))
		return -1;
	for (i = 0; i < t->script.n; i++)
		if (step(t, (const struct step *)t->script.p + i, s,
		    unmatched, e) == -1)
			return -1;
	return step(t, &t->one, s, unmatched, e);
}

static void
tcp_run(const struct check *c, struct check_result *r)
{
	const struct tcp_check *t = (const struct tcp_check *)c;
	struct stream s;
	struct err e;
	double start = clk_mono_s();
	bool unmatched = false;
	int rc = talk(t, &s, &unmatched, &e);

	r->seconds = clk_mono_s() - start;
	check_phase(r, "resolve", s.resolve_s);
	check_phase(r, "connect", s.connect_s);
	if (s.tls != NULL)
		check_phase(r, "tls", s.tls_s);
	check_metric(r, "probe_dns_lookup_time_seconds", s.resolve_s);
	check_metric(r, "probe_failed_due_to_regex", unmatched);
	if (s.ip[0])
		check_metric(r, "probe_ip_protocol",
		    strchr(s.ip, ':') != NULL ? 6 : 4);
	if (rc == -1)
		check_say(r, CHECK_FAIL, "%s", e.msg);
	check_slow(c, r, "TCP");
	check_note(r, "connected in %.3fs", r->seconds);
	stream_close(&s);
}

const struct check_kind check_tcp = {
	.name = "tcp", .operand = "address", .fields = &tcp_fields,
	.network = true, .configure = tcp_configure, .run = tcp_run,
};
