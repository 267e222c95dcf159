/*
 * check_tcp: a port can be connected to, and says what it should.  A hung
 * process still accepts connections through its backlog, so `expect` is what
 * makes this a proof.
 */
#include <math.h>

#include <openssl/ssl.h>

#include "core/clk.h"
#include "kinds.h"
#include "probe.h"
#include "re/re.h"
#include "stream.h"
#include "x509.h"

#define ANSWER_MAX	((size_t)64 << 10)

#define GROUPS	10		/* ${0} to ${9} */

struct step {
	struct str send, expect, expect_bytes;
	struct ypairs labels;	/* of probe_expect_info */
	bool starttls;
	struct re *re;
};

struct tcp_check {
	struct check check;
	struct str address, host, path;
	int64_t port;
	bool tls;
	struct tls {
		struct str server_name, ca_file, cert_file, key_file;
		bool insecure;
	} conf;
	struct ylist script;
	struct step one;	/* send and expect of the check itself */
	char *ca, *cert, *key;
};

/* What goes on while the script runs. */
struct talk {
	const struct tcp_check *check;
	struct stream stream;
	struct buf got;			/* said, and not yet expected */
	const struct re *re;		/* what matched last, and its */
	struct str group[GROUPS];	/* groups; of the result's arena */
	struct check_result *result;
	bool unmatched;
};

static const struct yfield step_rows[] = {
	YROW("send", YT_STR, offsetof(struct step, send)),
	YROW("expect", YT_STR, offsetof(struct step, expect)),
	YROW("expect_bytes", YT_STR, offsetof(struct step, expect_bytes)),
	YROW("labels", YT_STRMAP, offsetof(struct step, labels)),
	YROW("starttls", YT_BOOL, offsetof(struct step, starttls)),
};

static const struct yfields step_fields = {
	.name = "script", .size = sizeof(struct step),
	.row = step_rows, .n = sizeof(step_rows) / sizeof(step_rows[0]),
};

#define AT(f)	offsetof(struct tls, f)
static const struct yfield tls_rows[] = {
	YROW("ca", YT_STR, AT(ca_file)),
	YROW("cert", YT_STR, AT(cert_file)),
	YROW("key", YT_STR, AT(key_file)),
	YROW("server_name", YT_STR, AT(server_name)),
	YROW("insecure", YT_BOOL, AT(insecure)),
};
#undef AT

static const struct yfields tls_fields = {
	.name = "tls", .size = sizeof(struct tls), .row = tls_rows,
	.n = sizeof(tls_rows) / sizeof(tls_rows[0]),
};

/* true, false, or what to use */
static int
decode_tls(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct tcp_check *t = field;

	if (n->kind == Y_MAP) {
		t->tls = true;
		return yaml_decode(n, &tls_fields, &t->conf, a, e);
	}
	if (!ynode_bool(n, &t->tls))
		return ynode_err(n, e, "'tls' must be true, false or a "
		    "mapping");
	return 0;
}

#define T	struct tcp_check
#define AT(f)	offsetof(struct tcp_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("address", YT_STR, AT(address)),
	YROW("host", YT_STR, AT(host)),
	YROW("port", YT_INT, AT(port)),
	YROW("unix", YT_STR, AT(path)),
	YROW("tls", YT_CUSTOM, 0, .decode = decode_tls),
	YROW("server_name", YT_STR, AT(conf.server_name)),
	YROW("ca_file", YT_STR, AT(conf.ca_file)),
	YROW("cert_file", YT_STR, AT(conf.cert_file)),
	YROW("key_file", YT_STR, AT(conf.key_file)),
	YROW("insecure", YT_BOOL, AT(conf.insecure)),
	YROW("send", YT_STR, AT(one.send)),
	YROW("expect", YT_STR, AT(one.expect)),
	YROW("expect_bytes", YT_STR, AT(one.expect_bytes)),
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

	if (s->expect.n && s->expect_bytes.n)
		return ynode_err(c->node, e, "a step has either expect or "
		    "expect_bytes");
	if (s->expect.n && (s->re = re_compile_in(a, s->expect, 0,
	    &why)) == NULL)
		return ynode_err(c->node, e, "expect: %s", why.msg);
	if (s->labels.n > CHECK_LABELS_MAX)
		return ynode_err(s->labels.p[0].node, e, "more than %d "
		    "labels", CHECK_LABELS_MAX);
	if (s->labels.n && s->re == NULL)
		return ynode_err(s->labels.p[0].node, e, "labels need an "
		    "expect");
	return 0;
}

static char *
path_of(struct arena *a, struct str s)
{
	return s.n ? arena_cstr(a, s) : NULL;
}

static int
tcp_configure(struct check *c, struct arena *a, struct err *e)
{
	struct tcp_check *t = (struct tcp_check *)c;
	struct str host, port;
	size_t i;

	if (t->path.n)
		t->address = arena_printf(a, "unix:" STR_FMT,
		    STR_ARG(t->path));
	else if (t->address.n == 0)
		t->address = arena_printf(a, str_find_char(t->host, ':') >=
		    0 && t->host.p[0] != '[' ? "[" STR_FMT "]:%lld" :
		    STR_FMT ":%lld", STR_ARG(t->host), (long long)t->port);
	if (!stream_address(t->address, &host, &port))
		return ynode_err(c->node, e, "a tcp check needs an address "
		    "(HOST:PORT), host and port, or unix");
	c->target = t->address;
	t->ca = path_of(a, t->conf.ca_file);
	t->cert = path_of(a, t->conf.cert_file);
	t->key = path_of(a, t->conf.key_file);
	for (i = 0; i < t->script.n; i++)
		if (configure_step(c, (struct step *)t->script.p + i, a, e) ==
		    -1)
			return -1;
	return configure_step(c, &t->one, a, e);
}

static int
start_tls(struct talk *k, struct err *e)
{
	const struct tcp_check *t = k->check;
	struct stream_tls conf = { .server_name = t->conf.server_name,
	    .ca_file = t->ca, .cert_file = t->cert, .key_file = t->key,
	    .insecure = t->conf.insecure };
	struct str host, port;

	/* What came in the clear is not to be believed any more. */
	buf_reset(&k->got);
	(void)stream_address(t->address, &host, &port);
	return stream_tls(&k->stream, host, &conf, e);
}

/* ---- what it says ---- */

/* Drop what was expected, to the end of its line. */
static void
drop_through(struct buf *got, size_t end)
{
	const char *nl = end < got->n ?
	    memchr(got->p + end, '\n', got->n - end) : NULL;

	if (end == 0 || got->p[end - 1] != '\n')
		end = nl != NULL ? (size_t)(nl - got->p) + 1 : end;
	buf_drop(got, end);
}

static void
take_match(struct talk *k, const struct re *re, const struct str *group)
{
	size_t i, end = (size_t)(group[0].p + group[0].n - k->got.p);

	k->re = re;
	for (i = 0; i < GROUPS; i++)
		k->group[i] = group[i].p == NULL ? STR_NONE :
		    arena_str(k->result->arena, group[i]);
	drop_through(&k->got, end);
}

/* All of it, or as blackbox_exporter does, one of its lines. */
static bool
matches(struct talk *k, const struct step *p)
{
	struct str group[GROUPS] = { { 0 } };
	struct str rest = buf_str(&k->got), line;
	ptrdiff_t at;

	if (p->re == NULL) {
		at = str_find(rest, p->expect_bytes);
		if (at >= 0)
			drop_through(&k->got, (size_t)at +
			    p->expect_bytes.n);
		return at >= 0;
	}
	if (re_search(p->re, rest, 0, group, GROUPS)) {
		take_match(k, p->re, group);
		return true;
	}
	while (rest.n && (rest = str_cut(rest, '\n', &line)).p != NULL) {
		if (str_ends(line, STR("\r")))
			line.n--;
		if (re_search(p->re, line, 0, group, GROUPS)) {
			take_match(k, p->re, group);
			return true;
		}
	}
	return false;
}

/* Read until it comes; what the server says instead is in the message. */
static int
expect(struct talk *k, const struct step *p, struct err *e)
{
	struct str what = p->re != NULL ? p->expect : p->expect_bytes;
	size_t n;
	int rc;

	k->unmatched = true;
	while (!matches(k, p)) {
		n = k->got.n;
		if (n >= ANSWER_MAX)
			return err_set(e, ERR_LIMIT, "no '" STR_FMT "' in "
			    "the first %zu bytes", STR_ARG(what), n);
		rc = stream_read(&k->stream, 4096, &k->got, e);
		if (rc == 0)
			return err_set(e, ERR_NET, n ? "closed after '%.*s' "
			    "without '" STR_FMT "'" : "closed%.*s without '"
			    STR_FMT "'", n > 80 ? 80 : (int)n,
			    n ? k->got.p : "", STR_ARG(what));
		if (rc == -1)
			return -1;
	}
	k->unmatched = false;
	return 0;
}

/* A text with ${1}, once something has matched. */
static struct str
expanded(const struct talk *k, struct str text)
{
	struct buf b = { .max = ANSWER_MAX };

	if (k->re == NULL)
		return text;
	(void)re_expand(k->re, text, k->group, GROUPS, &b);
	text = arena_str(k->result->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

static void
put_labels(const struct talk *k, const struct step *p)
{
	struct check_label label[CHECK_LABELS_MAX];
	size_t i;

	for (i = 0; i < p->labels.n; i++)
		label[i] = (struct check_label){ p->labels.p[i].key,
		    expanded(k, p->labels.p[i].value) };
	if (p->labels.n)
		check_metric_labels(k->result, "probe_expect_info", label,
		    p->labels.n, 1);
}

static int
step(struct talk *k, const struct step *p, struct err *e)
{
	if (p->send.n && stream_write(&k->stream, expanded(k, p->send),
	    e) == -1)
		return -1;
	if ((p->re != NULL || p->expect_bytes.n) && expect(k, p, e) == -1)
		return -1;
	put_labels(k, p);
	return p->starttls ? start_tls(k, e) : 0;
}

static int
talk(struct talk *k, struct err *e)
{
	const struct tcp_check *t = k->check;
	size_t i;

	if (stream_open(&k->stream, t->address, t->check.timeout_ms, e) == -1 ||
	    (t->tls && start_tls(k, e) == -1))
		return -1;
	for (i = 0; i < t->script.n; i++)
		if (step(k, (const struct step *)t->script.p + i, e) == -1)
			return -1;
	return step(k, &t->one, e);
}

/* The session and the chain, under blackbox_exporter's names. */
static void
tell_tls(const struct talk *k)
{
	struct check_result *r = k->result;
	struct clk wall = { .kind = CLK_WALL };
	struct certs chain = { 0 };
	struct str version = str_of(SSL_get_version(k->stream.tls));
	int64_t first = INT64_MAX;
	struct err e;
	size_t i;

	/* "TLSv1.2" to OpenSSL, "TLS 1.2" to Go */
	check_metric1(r, "probe_tls_version_info", "version",
	    arena_printf(r->arena, "TLS " STR_FMT, STR_ARG(str_starts(version,
	    STR("TLSv")) ? str_sub(version, 4, version.n) : version)), 1);
	if (x509_peer(&k->stream, &chain, r->arena, &e) == -1 || chain.n == 0)
		return;
	for (i = 0; i < chain.n; i++)
		if (chain.p[i].not_after_s < first)
			first = chain.p[i].not_after_s;
	r->facts.cert_ms = first * 1000 - clk_now(&wall);
	check_metric(r, "probe_ssl_earliest_cert_expiry", (double)first);
	x509_tell(&chain.p[0], r);
	if (!k->check->conf.insecure)
		check_metric(r, "probe_ssl_last_chain_expiry_timestamp_seconds",
		    (double)first);
}

/* rc and *e: how it went, until now. */
static void
tell(const struct talk *k, double start, int rc, const struct err *e)
{
	const struct check *c = &k->check->check;
	const struct stream *s = &k->stream;
	struct check_result *r = k->result;

	r->seconds = clk_mono_s() - start;
	check_phase(r, "resolve", s->resolve_s);
	check_phase(r, "connect", s->connect_s);
	if (s->tls != NULL) {
		check_phase(r, "tls", s->tls_s);
		if (s->tls_s > 0)
			tell_tls(k);
	}
	check_metric(r, "probe_dns_lookup_time_seconds", s->resolve_s);
	check_metric(r, "probe_failed_due_to_regex", k->unmatched);
	r->facts.ip = arena_str(r->arena, str_of(s->ip));
	if (s->ip[0])
		check_metric(r, "probe_ip_protocol",
		    strchr(s->ip, ':') != NULL ? 6 : 4);
	if (rc == -1)
		check_failed(r, e);
	check_slow(c, r, "TCP");
	check_note(r, "connected in %.3fs", r->seconds);
}

static void
run(const struct tcp_check *t, struct check_result *r)
{
	struct talk k = { .check = t, .result = r,
	    .got = { .max = ANSWER_MAX + 4096 } };
	struct err e;
	double start = clk_mono_s();

	tell(&k, start, talk(&k, &e), &e);
	stream_close(&k.stream);
	buf_release(&k.got);
}

/* ---- many at a time: those that are only to be connected to ---- */

struct knock {
	struct talk talk;
	struct probe *probe;
	struct ltimer deadline;
	double start;
};

static void
knocked(struct knock *k, int rc, const struct err *e)
{
	struct stream *s = &k->talk.stream;

	s->connect_s = clk_mono_s() - k->start;
	tell(&k->talk, k->start, rc, e);
	loop_deadline_stop(k->probe->loop, &k->deadline);
	if (s->fd != -1)
		loop_fd(k->probe->loop, s->fd, 0, NULL, NULL);
	stream_close(s);
	k->probe->done(k->probe);
}

static void
on_writable(struct loop *l, void *arg, unsigned events)
{
	struct knock *k = arg;
	int fd = k->talk.stream.fd;
	struct err e;

	(void)events;
	loop_fd(l, fd, 0, NULL, NULL);
	knocked(k, stream_begun(&k->talk.stream, &e), &e);
}

static void
on_deadline(struct loop *l, void *arg, unsigned events)
{
	struct err e;

	(void)l;
	(void)events;
	(void)err_set(&e, ERR_NET, "timeout while connecting");
	knocked(arg, -1, &e);
}

static bool
tcp_shares(const struct check *c)
{
	const struct tcp_check *t = (const struct tcp_check *)c;

	return !t->tls && t->script.n == 0 && t->one.send.n == 0 &&
	    t->one.re == NULL && t->one.expect_bytes.n == 0 &&
	    !t->one.starttls && stream_literal(t->address);
}

/* What does not share has the process to itself, and may block it. */
static void
tcp_start(struct probe *p)
{
	const struct tcp_check *t = (const struct tcp_check *)p->check;
	struct knock *k;
	struct err e;
	int rc;

	if (!tcp_shares(p->check)) {
		run(t, p->result);
		p->done(p);
		return;
	}
	k = ARENA_NEW(p->result->arena, struct knock);
	k->talk.check = t;
	k->talk.result = p->result;
	k->probe = p;
	k->start = clk_mono_s();
	k->deadline.fn = on_deadline;
	k->deadline.arg = k;
	rc = stream_begin(&k->talk.stream, t->address, &e);
	if (rc != 1) {
		knocked(k, rc, &e);
		return;
	}
	loop_fd(p->loop, k->talk.stream.fd, LOOP_WRITE, on_writable, k);
	loop_deadline(p->loop, &k->deadline, t->check.timeout_ms);
}

const struct check_kind check_tcp = {
	.name = "tcp", .operand = "address", .fields = &tcp_fields,
	.network = true, .configure = tcp_configure, .start = tcp_start,
	.shares = tcp_shares,
};
