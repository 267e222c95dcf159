/*
 * check_dns: name servers answer, with what they should.
 */
#include <arpa/inet.h>

#include <openssl/rand.h>

#include "core/clk.h"
#include "core/io.h"
#include "dns_wire.h"
#include "host.h"
#include "json/write.h"
#include "kinds.h"
#include "re/re.h"
#include "stream.h"

#define RESOLV_CONF	"/etc/resolv.conf"
#define SERVERS_MAX	16
#define TRY_MAX_MS	2000	/* before a lost datagram is sent again */

enum transport { UDP, TCP, TLS, NTRANSPORTS };

static const char *const transports[NTRANSPORTS] = { "udp", "tcp", "tls" };

/* What records of a section must or must not look like, as blackbox has it. */
enum { ANY, ALL, NOT_ALL, NONE, NRULES };

struct rules {
	struct ystrs text[NRULES];
	struct re **re[NRULES];
};

struct dns_check {
	struct check check;
	struct str query, qtype, qclass, transport;
	struct ystrs server, valid_rcodes, expect;
	struct rules rules[DNS_NSECTIONS];
	bool recurse, insecure;
	int64_t min_ttl_ms;
	struct str server_name, ca_file;

	struct dns_question question;
	enum transport by;
	unsigned *rcode;
	struct stream_tls tls;
};

#define AT(f)	offsetof(struct rules, f)
static const struct yfield rule_rows[] = {
	YROW("fail_if_matches", YT_CUSTOM, AT(text[ANY]),
	    .decode = words_decode),
	YROW("fail_if_all_match", YT_CUSTOM, AT(text[ALL]),
	    .decode = words_decode),
	YROW("fail_if_not_matches", YT_CUSTOM, AT(text[NOT_ALL]),
	    .decode = words_decode),
	YROW("fail_if_none_matches", YT_CUSTOM, AT(text[NONE]),
	    .decode = words_decode),
};
#undef AT

static const struct yfields rule_fields = {
	.name = "section", .size = sizeof(struct rules),
	.row = rule_rows, .n = sizeof(rule_rows) / sizeof(rule_rows[0]),
};

#define T	struct dns_check
#define AT(f)	offsetof(struct dns_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("query", YT_STR, AT(query), .flags = YF_REQUIRED),
	YROW("qtype", YT_STR, AT(qtype), .dflt = "A"),
	YROW("qclass", YT_STR, AT(qclass), .dflt = "IN"),
	YROW("server", YT_CUSTOM, AT(server), .decode = words_decode),
	YROW("servers", YT_CUSTOM, AT(server), .decode = words_decode),
	YROW("transport", YT_STR, AT(transport), .dflt = "udp"),
	YROW("recursion", YT_BOOL, AT(recurse), .dflt = "true"),
	YROW("rd", YT_BOOL, AT(recurse)),
	YROW("valid_rcodes", YT_CUSTOM, AT(valid_rcodes),
	    .decode = words_decode),
	YROW("expect", YT_CUSTOM, AT(expect), .decode = words_decode),
	YROW("min_ttl", YT_DURATION, AT(min_ttl_ms)),
	YROW("answer", YT_STRUCT, AT(rules[DNS_ANSWER]),
	    .sub = &rule_fields),
	YROW("authority", YT_STRUCT, AT(rules[DNS_AUTHORITY]),
	    .sub = &rule_fields),
	YROW("additional", YT_STRUCT, AT(rules[DNS_ADDITIONAL]),
	    .sub = &rule_fields),
	YROW("server_name", YT_STR, AT(server_name)),
	YROW("ca_file", YT_STR, AT(ca_file)),
	YROW("insecure", YT_BOOL, AT(insecure)),
};
KIND_FIELDS(dns, T);
#undef AT
#undef T

/* ---- configuration ---- */

static int
compile_rules(const struct check *c, struct rules *r, struct arena *a,
    struct err *e)
{
	struct err why;
	size_t k, i;

	for (k = 0; k < NRULES; k++) {
		r->re[k] = ARENA_ARRAY(a, r->text[k].n + 1, struct re *);
		for (i = 0; i < r->text[k].n; i++)
			if ((r->re[k][i] = re_compile_in(a,
			    r->text[k].p[i], 0, &why)) == NULL)
				return ynode_err(c->node, e, "'" STR_FMT
				    "': %s", STR_ARG(r->text[k].p[i]),
				    why.msg);
	}
	return 0;
}

static int
decode_rcodes(struct dns_check *d, struct arena *a, struct err *e)
{
	size_t i;

	d->rcode = ARENA_ARRAY(a, d->valid_rcodes.n + 1, unsigned);
	for (i = 0; i < d->valid_rcodes.n; i++)
		if (!dns_rcode_parse(d->valid_rcodes.p[i], &d->rcode[i]))
			return ynode_err(d->check.node, e, "'" STR_FMT "' is "
			    "no response code (NOERROR, NXDOMAIN, …)",
			    STR_ARG(d->valid_rcodes.p[i]));
	return 0;
}

static int
decode_words(struct dns_check *d, struct err *e)
{
	const struct ynode *n = d->check.node;
	struct str q = d->qclass;
	size_t i;

	if (!dns_type_parse(d->qtype, &d->question.qtype))
		return ynode_err(n, e, "'" STR_FMT "' is no type of record",
		    STR_ARG(d->qtype));
	d->question.qclass = str_eq_nocase(q, STR("IN")) ? 1 :
	    str_eq_nocase(q, STR("CH")) ? 3 :
	    str_eq_nocase(q, STR("HS")) ? 4 :
	    str_eq_nocase(q, STR("ANY")) ? 255 : 0;
	if (d->question.qclass == 0)
		return ynode_err(n, e, "'" STR_FMT "' is no class (IN, CH, "
		    "HS, ANY)", STR_ARG(q));
	for (i = 0; i < NTRANSPORTS; i++)
		if (str_eq(d->transport, str_of(transports[i]))) {
			d->by = (enum transport)i;
			return 0;
		}
	return ynode_err(n, e, "'transport' must be udp, tcp or tls");
}

static int
dns_configure(struct check *c, struct arena *a, struct err *e)
{
	struct dns_check *d = (struct dns_check *)c;
	struct buf b = { 0 };
	size_t i;
	int rc;

	d->question.name = d->query;
	d->question.recurse = d->recurse;
	if (decode_words(d, e) == -1 || decode_rcodes(d, a, e) == -1)
		return -1;
	rc = dns_put_question(&d->question, &b, e);
	buf_release(&b);
	if (rc == -1)
		return ynode_err(c->node, e, "'" STR_FMT "' is no domain name",
		    STR_ARG(d->query));
	for (i = 0; i < DNS_NSECTIONS; i++)
		if (compile_rules(c, &d->rules[i], a, e) == -1)
			return -1;
	d->tls = (struct stream_tls){ .server_name = d->server_name,
	    .ca_file = d->ca_file.n ? arena_cstr(a, d->ca_file) : NULL,
	    .insecure = d->insecure };
	c->target = d->query;
	return 0;
}

/* ---- servers ---- */

/* HOST, HOST:PORT, [V6]:PORT or a bare V6 address, with a port in any case. */
static struct str
with_port(struct str s, enum transport by, struct arena *a)
{
	const char *port = by == TLS ? "853" : "53";
	struct in6_addr six;
	struct str host, given;

	if (inet_pton(AF_INET6, arena_cstr(a, s), &six) == 1)
		return arena_printf(a, "[" STR_FMT "]:%s", STR_ARG(s), port);
	if (str_find_char(s, ':') >= 0 && stream_address(s, &host, &given))
		return s;
	return arena_printf(a, STR_FMT ":%s", STR_ARG(s), port);
}

static size_t
list_servers(const struct dns_check *d, struct str *out,
    struct check_result *r)
{
	struct arena *a = r->arena;
	struct buf text = { 0 };
	struct str rest, line;
	struct err e;
	size_t i, n = 0;

	for (i = 0; i < d->server.n && n < SERVERS_MAX; i++)
		out[n++] = with_port(d->server.p[i], d->by, a);
	if (n > 0)
		return n;
	if (io_read_file(RESOLV_CONF, (size_t)1 << 20, &text, &e) == -1) {
		check_say(r, CHECK_UNKNOWN, "%s", e.msg);
		return 0;
	}
	rest = buf_str(&text);
	while (host_line(&rest, &line) && n < SERVERS_MAX)
		if (str_eq(host_word(&line), STR("nameserver")))
			out[n++] = with_port(arena_str(a, host_word(&line)),
			    d->by, a);
	if (n == 0)
		check_say(r, CHECK_UNKNOWN, "no nameserver in '%s'",
		    RESOLV_CONF);
	buf_release(&text);
	return n;
}

/* ---- one exchange ---- */

/* A datagram that is no answer to our question is not ours: wait on. */
static int
over_udp(const struct dns_check *d, struct str address, struct str question,
    int64_t until_ms, struct stream *s, struct dns_message *m,
    struct arena *a, struct err *e)
{
	int64_t left = until_ms - clk_mono_ms(), try_ms;
	struct buf got = { 0 };
	struct err why;
	bool heard = false;
	int rc = -1;

	if (stream_open_udp(s, address, left, e) == -1)
		return -1;
	while (rc == -1 && (left = until_ms - clk_mono_ms()) > 0) {
		try_ms = d->check.timeout_ms / 4 + 1;
		if (try_ms > TRY_MAX_MS)
			try_ms = TRY_MAX_MS;
		if (left < 2 * try_ms)
			try_ms = left;
		s->deadline_ms = clk_mono_ms() + try_ms;
		if (stream_write(s, question, e) == -1)
			break;
		buf_reset(&got);
		/* An empty one is malformed, not the end. */
		while (rc == -1 && stream_read(s, 65535, &got, e) != -1) {
			rc = dns_read(buf_str(&got), &d->question, a, m,
			    &why);
			heard |= rc == -1;
			buf_reset(&got);
		}
		if (rc == -1 && clk_mono_ms() < s->deadline_ms)
			break;	/* refused: asking again is of no use */
	}
	if (rc == -1 && heard)
		*e = why;
	buf_release(&got);
	return rc;
}

static int
over_stream(const struct dns_check *d, struct str address,
    struct str question, int64_t until_ms, struct stream *s,
    struct dns_message *m, struct arena *a, struct err *e)
{
	struct buf b = { 0 };
	struct str host, port, in;
	size_t need = 2;
	int rc = -1;

	if (stream_open(s, address, until_ms - clk_mono_ms(), e) == -1)
		return -1;
	(void)stream_address(address, &host, &port);
	if (d->by == TLS && stream_tls(s, host, &d->tls, e) == -1)
		return -1;
	(void)buf_putc(&b, (char)(question.n >> 8));
	(void)buf_putc(&b, (char)(question.n & 0xff));
	(void)buf_put(&b, question);
	rc = stream_write(s, buf_str(&b), e);
	buf_reset(&b);
	while (rc == 0 && b.n < need) {
		if ((rc = stream_read(s, need - b.n, &b, e)) == 0)
			rc = err_set(e, ERR_NET, "closed without an answer");
		else if (rc == 1)
			rc = 0;
		if (b.n >= 2)
			need = 2 + ((size_t)(unsigned char)b.p[0] << 8 |
			    (unsigned char)b.p[1]);
	}
	in = arena_str(a, buf_str(&b));
	buf_release(&b);
	return rc == -1 ? -1 : dns_read(str_sub(in, 2, in.n), &d->question,
	    a, m, e);
}

static int
exchange(const struct dns_check *d, struct str address, struct stream *s,
    struct dns_message *m, struct arena *a, struct err *e)
{
	int64_t until_ms = clk_mono_ms() + d->check.timeout_ms;
	struct buf q = { 0 };
	int rc;

	(void)dns_put_question(&d->question, &q, e);
	if (d->by == UDP) {
		rc = over_udp(d, address, buf_str(&q), until_ms, s, m, a, e);
		if (rc == 0 && m->truncated) {
			stream_close(s);
			rc = over_stream(d, address, buf_str(&q), until_ms,
			    s, m, a, e);
		}
	} else {
		rc = over_stream(d, address, buf_str(&q), until_ms, s, m, a,
		    e);
	}
	buf_release(&q);
	return rc;
}

/* ---- the verdict ---- */

static bool
matches_any(const struct rules *rules, int k, struct str text)
{
	size_t i;

	for (i = 0; i < rules->text[k].n; i++)
		if (re_match(rules->re[k][i], text))
			return true;
	return false;
}

static void
check_section(const struct rules *rules, enum dns_section section,
    const struct dns_message *m, struct check_result *r)
{
	static const char *const names[] = { "answer", "authority",
	    "additional" };
	const char *name = names[section];
	size_t i, n = 0, all = 0, some = 0;
	const struct dns_rr *rr;

	for (i = 0; i < m->n; i++) {
		rr = &m->rr[i];
		if (rr->section != section)
			continue;
		n++;
		all += matches_any(rules, ALL, rr->text);
		some += matches_any(rules, NONE, rr->text);
		if (matches_any(rules, ANY, rr->text))
			check_say(r, CHECK_FAIL, "'" STR_FMT "' is in the %s "
			    "section", STR_ARG(rr->data), name);
		if (rules->text[NOT_ALL].n &&
		    !matches_any(rules, NOT_ALL, rr->text))
			check_say(r, CHECK_FAIL, "'" STR_FMT "' in the %s "
			    "section matches nothing", STR_ARG(rr->data),
			    name);
	}
	if (n && rules->text[ALL].n && all == n)
		check_say(r, CHECK_FAIL, "all records of the %s section "
		    "match", name);
	if (rules->text[NONE].n && some == 0)
		check_say(r, CHECK_FAIL, "no record of the %s section "
		    "matches", name);
}

/* Without the final dot of a name or the quotes of a text. */
static struct str
bare(struct str s)
{
	if (s.n > 1 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return str_sub(s, 1, s.n - 1);
	return s.n > 1 && s.p[s.n - 1] == '.' ? str_sub(s, 0, s.n - 1) : s;
}

static bool
same_data(struct str a, struct str b)
{
	return str_eq_nocase(bare(a), bare(b));
}

/* Exactly this set, of the type that was asked for, in any order. */
static void
check_expect(const struct dns_check *d, const struct dns_message *m,
    struct check_result *r)
{
	size_t i, k;
	bool found;

	for (k = 0; k < d->expect.n; k++) {
		for (found = false, i = 0; i < m->n && !found; i++)
			found = m->rr[i].section == DNS_ANSWER &&
			    m->rr[i].type == d->question.qtype &&
			    same_data(m->rr[i].data, d->expect.p[k]);
		if (!found)
			check_say(r, CHECK_FAIL, "'" STR_FMT "' is not in the "
			    "answer", STR_ARG(d->expect.p[k]));
	}
	for (i = 0; d->expect.n && i < m->n; i++) {
		if (m->rr[i].section != DNS_ANSWER ||
		    m->rr[i].type != d->question.qtype)
			continue;
		for (found = false, k = 0; k < d->expect.n && !found; k++)
			found = same_data(m->rr[i].data, d->expect.p[k]);
		if (!found)
			check_say(r, CHECK_FAIL, "'" STR_FMT "' in the answer "
			    "is not expected", STR_ARG(m->rr[i].data));
	}
}

static void
check_rcode(const struct dns_check *d, const struct dns_message *m,
    struct check_result *r)
{
	bool ok = d->valid_rcodes.n == 0 && m->rcode == 0;
	struct str name = dns_rcode_name(m->rcode, r->arena);
	size_t i;

	/* Conditions that ask for the code are the verdict on it. */
	for (i = 0; i < d->check.conditions.n && d->valid_rcodes.n == 0; i++)
		ok |= str_find(d->check.conditions.p[i],
		    STR("[DNS_RCODE]")) >= 0;
	for (i = 0; i < d->valid_rcodes.n; i++)
		ok |= d->rcode[i] == m->rcode;
	if (!ok)
		check_say(r, CHECK_FAIL, "the server says " STR_FMT,
		    STR_ARG(name));
	r->facts.dns_rcode = name;
}

static void
check_message(const struct dns_check *d, const struct dns_message *m,
    struct check_result *r)
{
	enum dns_section s;
	int64_t ttl = -1;
	size_t i;

	check_rcode(d, m, r);
	for (s = 0; s < DNS_NSECTIONS; s++)
		check_section(&d->rules[s], s, m, r);
	check_expect(d, m, r);
	for (i = 0; i < m->n; i++)
		if (m->rr[i].section == DNS_ANSWER && (ttl == -1 ||
		    m->rr[i].ttl < ttl))
			ttl = m->rr[i].ttl;
	if (ttl >= 0 && ttl * 1000 < d->min_ttl_ms)
		check_say(r, CHECK_FAIL, "the answer is good for %lld "
		    "seconds only", (long long)ttl);
}

/* Those of the first server, so that a name stands for one value. */
static void
put_metrics(const struct dns_message *m, const struct stream *s,
    double request_s, struct check_result *r)
{
	static const char *const counts[] = { "probe_dns_answer_rrs",
	    "probe_dns_authority_rrs", "probe_dns_additional_rrs" };
	size_t i;

	check_phase(r, "resolve", s->resolve_s);
	check_phase(r, "connect", s->connect_s);
	check_phase(r, "request", request_s);

	for (i = 0; i < DNS_NSECTIONS; i++)
		check_metric(r, counts[i], (double)m->count[i]);
	for (i = 0; i < m->n; i++)
		if (m->rr[i].type == 6) {
			check_metric(r, "probe_dns_serial",
			    m->rr[i].serial);
			break;
		}
	check_metric1(r, "probe_dns_duration_seconds", "phase",
	    STR("resolve"), s->resolve_s);
	check_metric1(r, "probe_dns_duration_seconds", "phase",
	    STR("connect"), s->connect_s);
	check_metric1(r, "probe_dns_duration_seconds", "phase",
	    STR("request"), request_s);
}

static void
put_data(struct jw *w, struct str server, const struct dns_message *m,
    struct check_result *r)
{
	size_t i;

	jw_obj(w);
	jw_key(w, STR("server"));
	jw_str(w, server);
	jw_key(w, STR("rcode"));
	jw_str(w, dns_rcode_name(m->rcode, r->arena));
	jw_key(w, STR("answer"));
	jw_arr(w);
	for (i = 0; i < m->n; i++)
		if (m->rr[i].section == DNS_ANSWER)
			jw_str(w, m->rr[i].text);
	jw_arr_end(w);
	jw_obj_end(w);
}

/* What the answer says in short, for people and conditions. */
static struct str
answer_text(const struct dns_message *m, struct arena *a)
{
	struct str s = STR_NONE;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->rr[i].section == DNS_ANSWER)
			s = s.p == NULL ? m->rr[i].data : arena_printf(a,
			    STR_FMT ", " STR_FMT, STR_ARG(s),
			    STR_ARG(m->rr[i].data));
	return s.p ? s : STR("no records");
}

static void
ask_server(const struct dns_check *d, struct str address, bool first,
    struct jw *w, struct check_result *r)
{
	struct dns_message m = { 0 };
	struct stream s = { .fd = -1 };
	struct err e;
	double start = clk_mono_s();
	int rc = exchange(d, address, &s, &m, r->arena, &e);
	double took = clk_mono_s() - start;

	r->seconds = r->seconds > took ? r->seconds : took;
	if (rc == -1) {
		(void)err_prefix(&e, STR_FMT, STR_ARG(address));
		check_failed(r, &e);
	} else {
		if (first)
			put_metrics(&m, &s, took - s.resolve_s - s.connect_s,
			    r);
		put_data(w, address, &m, r);
		check_message(d, &m, r);
		r->facts.body = answer_text(&m, r->arena);
		r->facts.ip = arena_str(r->arena, str_of(s.ip));
		r->facts.connected = true;
		check_note(r, STR_FMT, STR_ARG(r->facts.body));
	}
	if (first) {
		check_metric(r, "probe_dns_query_succeeded", rc == 0);
		check_metric(r, "probe_dns_lookup_time_seconds", s.resolve_s);
		if (s.ip[0])
			check_metric(r, "probe_ip_protocol",
			    strchr(s.ip, ':') != NULL ? 6 : 4);
	}
	stream_close(&s);
}

/* All servers are asked, the worst of them decides. */
static void
dns_run(const struct check *c, struct check_result *r)
{
	struct dns_check *d = arena_alloc(r->arena, sizeof(*d));
	struct str server[SERVERS_MAX];
	struct buf b = { .max = CHECK_DATA_MAX };
	struct jw w = { .out = &b };
	unsigned char id[2];
	size_t i, n;

	*d = *(const struct dns_check *)c;
	if (RAND_bytes(id, sizeof(id)) != 1) {
		check_say(r, CHECK_UNKNOWN, "no random numbers");
		return;
	}
	d->question.id = (uint16_t)(id[0] << 8 | id[1]);
	n = list_servers(d, server, r);
	jw_obj(&w);
	jw_key(&w, STR("servers"));
	jw_arr(&w);
	for (i = 0; i < n; i++)
		ask_server(d, server[i], i == 0, &w, r);
	jw_arr_end(&w);
	jw_obj_end(&w);
	r->data = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	check_slow(c, r, "DNS");
}

const struct check_kind check_dns = {
	.name = "dns", .operand = "query", .fields = &dns_fields,
	.network = true, .configure = dns_configure, .run = dns_run,
};
