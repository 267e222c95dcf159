/*
 * check_cert: how long certificates are still good: those of a file, or the
 * chain that a server shows.  The one that ends first decides.
 */
#include <errno.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/io.h"
#include "kinds.h"
#include "re/re.h"
#include "starttls.h"
#include "x509.h"

#define FILE_MAX	((size_t)4 << 20)

struct cert_check {
	struct check check;
	struct str source, file, address, server_name, ca_file;
	struct str starttls, issuer;
	struct ystrs names;
	struct re *issuer_re;
	bool insecure;
	int64_t warn_ms, crit_ms;
	char *ca, *path;
};

#define T	struct cert_check
#define AT(f)	offsetof(struct cert_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("source", YT_STR, AT(source)),
	YROW("file", YT_STR, AT(file)),
	YROW("address", YT_STR, AT(address)),
	YROW("server_name", YT_STR, AT(server_name)),
	YROW("ca_file", YT_STR, AT(ca_file)),
	YROW("insecure", YT_BOOL, AT(insecure)),
	YROW("starttls", YT_STR, AT(starttls)),
	YROW("names", YT_CUSTOM, AT(names), .decode = words_decode),
	YROW("issuer", YT_STR, AT(issuer)),
	YROW("warn", YT_DURATION, AT(warn_ms), .dflt = "30d"),
	YROW("crit", YT_DURATION, AT(crit_ms), .dflt = "7d"),
};
KIND_FIELDS(cert, T);
#undef AT
#undef T

/* `source` is either: what is on disk, or else HOST:PORT. */
static int
cert_configure(struct check *check, struct arena *a, struct err *e)
{
	struct cert_check *c = (struct cert_check *)check;
	struct str host, port;
	struct err why;
	struct stat st;

	/* A path may be on a dead file server: not asked for here. */
	if (c->source.n && (c->source.p[0] == '/' ||
	    stat(arena_cstr(a, c->source), &st) == 0 ||
	    !stream_address(c->source, &host, &port)))
		c->file = c->source;
	else if (c->source.n)
		c->address = c->source;
	if ((c->file.n == 0) == (c->address.n == 0))
		return ynode_err(check->node, e, "a cert check needs either "
		    "file or address");
	if (c->address.n && !stream_address(c->address, &host, &port))
		return ynode_err(check->node, e, "'address' must be "
		    "HOST:PORT");
	if (c->starttls.n && !starttls_known(c->starttls))
		return ynode_err(ynode_get(check->node, "starttls"), e,
		    "'starttls' must be one of %s", starttls_names);
	if (c->issuer.n && (c->issuer_re = re_compile_in(a, c->issuer, 0,
	    &why)) == NULL)
		return ynode_err(ynode_get(check->node, "issuer"), e,
		    "issuer: %s", why.msg);
	/* It stays so for weeks. */
	if (ynode_get(check->node, "remind") == NULL)
		check->remind_ms = DUR_DAY;
	check->target = c->file.n ? c->file : c->address;
	c->path = arena_cstr(a, c->file);
	if (c->ca_file.n)
		c->ca = arena_cstr(a, c->ca_file);
	return 0;
}

static void
judge(const struct cert_check *c, const struct cert *cert, int64_t now_s,
    struct check_result *r)
{
	struct str name = cert->subject_cn.p ? cert->subject_cn :
	    cert->subject;
	double days = (double)(cert->not_after_s - now_s) / 86400;

	if (cert->not_before_s > now_s)
		check_say(r, CHECK_FAIL, "'" STR_FMT "' is not valid yet",
		    STR_ARG(name));
	if (days < 0)
		check_say(r, CHECK_FAIL, "'" STR_FMT "' has expired %.1f "
		    "days ago", STR_ARG(name), -days);
	else if (days * (double)DUR_DAY < (double)c->crit_ms)
		check_say(r, CHECK_FAIL, "'" STR_FMT "' expires in %.1f days",
		    STR_ARG(name), days);
	else if (days * (double)DUR_DAY < (double)c->warn_ms)
		check_say(r, CHECK_WARN, "'" STR_FMT "' expires in %.1f days",
		    STR_ARG(name), days);
}

/* "*.example.com" is for one label more, as browsers read it. */
static bool
name_covers(struct str pattern, struct str name)
{
	ptrdiff_t dot;

	if (!str_starts(pattern, STR("*.")))
		return str_eq_nocase(pattern, name);
	dot = str_find_char(name, '.');
	return dot > 0 && str_eq_nocase(str_sub(pattern, 1, pattern.n),
	    str_sub(name, (size_t)dot, name.n));
}

static bool
is_for(const struct cert *cert, struct str name)
{
	struct str san;
	size_t i, named = 0;

	for (i = 0; i < cert->nsan; i++) {
		/* DNSName:x, IPAddress:x */
		san = cert->san[i];
		san = str_sub(san, (size_t)(str_find_char(san, ':') + 1),
		    san.n);
		named += str_starts(cert->san[i], STR("DNS"));
		if (name_covers(san, name))
			return true;
	}
	return named == 0 && cert->subject_cn.p != NULL &&
	    name_covers(cert->subject_cn, name);
}

/* The first is the server's own. */
static void
judge_own(const struct cert_check *c, const struct cert *cert,
    struct check_result *r)
{
	size_t i;

	for (i = 0; i < c->names.n; i++)
		if (!is_for(cert, c->names.p[i]))
			check_say(r, CHECK_FAIL, "the certificate is not for "
			    "'" STR_FMT "'", STR_ARG(c->names.p[i]));
	if (c->issuer_re != NULL && !re_match(c->issuer_re, cert->issuer))
		check_say(r, CHECK_FAIL, "issued by '" STR_FMT "', not by '"
		    STR_FMT "'", STR_ARG(cert->issuer), STR_ARG(c->issuer));
}

static void
judge_all(const struct cert_check *c, const struct certs *all,
    struct check_result *r)
{
	static const struct range none;
	struct clk wall = { .kind = CLK_WALL };
	int64_t now_s = clk_now(&wall) / 1000, first = INT64_MAX;
	size_t i;

	if (all->n)
		judge_own(c, &all->p[0], r);
	for (i = 0; i < all->n; i++) {
		judge(c, &all->p[i], now_s, r);
		if (all->p[i].not_after_s < first)
			first = all->p[i].not_after_s;
		check_metric1(r, "ts_cert_not_after_timestamp_seconds",
		    "subject", all->p[i].subject,
		    (double)all->p[i].not_after_s);
	}
	if (all->n)
		r->facts.cert_ms = (first - now_s) * 1000;
	check_metric(r, "probe_ssl_earliest_cert_expiry", (double)first);
	check_measure(r, STR("days"), floor((double)(first - now_s) / 86400),
	    "", &none, &none, "days");
	check_note(r, "%zu certificates, %.0f days left", all->n,
	    floor((double)(first - now_s) / 86400));
}

static void
run_file(const struct cert_check *c, struct check_result *r)
{
	struct buf b = { 0 };
	struct certs all;
	struct err e;

	if (access(c->path, R_OK) == -1 && errno == EACCES)
		check_say(r, CHECK_UNKNOWN, "may not read '%s'", c->path);
	else if (io_read_file(c->path, FILE_MAX, &b, &e) == -1 ||
	    x509_read(buf_str(&b), &all, r->arena, &e) == -1)
		check_say(r, CHECK_FAIL, "%s", e.msg);
	else
		judge_all(c, &all, r);
}

static int
fetch(const struct cert_check *c, struct stream *s, bool insecure,
    struct certs *all, struct check_result *r, struct err *e)
{
	struct stream_tls conf = { .server_name = c->server_name,
	    .ca_file = c->ca, .insecure = insecure };
	struct str host, port;

	(void)stream_address(c->address, &host, &port);
	if (stream_open(s, c->address, c->check.timeout_ms, e) == -1 ||
	    (c->starttls.n && starttls_ask(s, c->starttls, e) == -1) ||
	    stream_tls(s, host, &conf, e) == -1)
		return -1;
	return x509_peer(s, all, r->arena, e);
}

/*
 * A chain that does not verify is a failure; a second look without verifying
 * tells its dates all the same, just when they matter most.
 */
static void
run_server(const struct cert_check *c, struct check_result *r)
{
	struct stream s;
	struct certs all;
	struct err e;
	double start = clk_mono_s();
	int rc = fetch(c, &s, c->insecure, &all, r, &e);

	r->seconds = clk_mono_s() - start;
	r->facts.ip = arena_str(r->arena, str_of(s.ip));
	check_phase(r, "connect", s.connect_s);
	check_phase(r, "tls", s.tls_s);
	if (rc == -1) {
		check_failed(r, &e);
		if (str_starts(str_of(e.msg), STR("certificate: "))) {
			stream_close(&s);
			rc = fetch(c, &s, true, &all, r, &e);
		}
	}
	if (rc == 0)
		judge_all(c, &all, r);
	stream_close(&s);
	check_slow(&c->check, r, "TLS");
}

static void
cert_run(const struct check *check, struct check_result *r)
{
	const struct cert_check *c = (const struct cert_check *)check;

	if (c->file.n)
		run_file(c, r);
	else
		run_server(c, r);
}

const struct check_kind check_cert = {
	.name = "cert", .operand = "source", .fields = &cert_fields,
	.configure = cert_configure, .run = cert_run,
};
