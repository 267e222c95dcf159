/*
 * check_redis: PING, and the numbers of INFO.
 */
#include <math.h>

#include "core/clk.h"
#include "core/num.h"
#include "host.h"
#include "kinds.h"
#include "net/url.h"
#include "redis_reply.h"
#include "stream.h"

#define REPLY_MAX	((size_t)1 << 20)

/* A field of INFO, or one derived from some, with its thresholds. */
struct info_rule {
	struct str field;
	struct range warn, crit;
};

struct info_rules {
	struct info_rule *p;
	size_t n;
};

struct redis_check {
	struct check check;
	struct str url, username, password, role, ca_file;
	bool insecure;
	struct info_rules info;

	struct str address, host, db;
	bool tls;
	char *ca;
};

static int
decode_info(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct info_rules *out = field;
	const struct ynode *c, *range;
	struct info_rule *r;

	if (n->kind != Y_MAP)
		return ynode_err(n, e, "'info' must be a mapping of fields");
	out->p = ARENA_ARRAY(a, n->n + 1, struct info_rule);
	for (c = n->child; c != NULL; c = c->next) {
		r = &out->p[out->n++];
		r->field = c->key->scalar;
		if (c->kind == Y_SCALAR) {
			if (range_decode(c, &r->warn, a, e) == -1)
				return -1;
			continue;
		}
		if ((range = ynode_get(c, "warn")) != NULL &&
		    range_decode(range, &r->warn, a, e) == -1)
			return -1;
		if ((range = ynode_get(c, "crit")) != NULL &&
		    range_decode(range, &r->crit, a, e) == -1)
			return -1;
		if (!r->warn.set && !r->crit.set)
			return ynode_err(c, e, "expected {warn: RANGE, crit: "
			    "RANGE}");
	}
	return 0;
}

#define T	struct redis_check
#define AT(f)	offsetof(struct redis_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("url", YT_STR, AT(url), .flags = YF_REQUIRED | YF_SECRET),
	YROW("username", YT_STR, AT(username)),
	YROW("password", YT_STR, AT(password), .flags = YF_SECRET),
	YROW("role", YT_STR, AT(role)),
	YROW("ca_file", YT_STR, AT(ca_file)),
	YROW("insecure", YT_BOOL, AT(insecure)),
	YROW("info", YT_CUSTOM, AT(info), .decode = decode_info),
};
KIND_FIELDS(redis, T);
#undef AT
#undef T

static struct str
percent_decode(struct str s, struct arena *a)
{
	char *out = arena_raw(a, s.n + 1);
	static const char hex[] = "0123456789abcdef";
	const char *h, *l;
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n + 0 &&
		    (h = memchr(hex, s.p[i + 1] | 0x20, 16)) != NULL &&
		    (l = memchr(hex, s.p[i + 2] | 0x20, 16)) != NULL) {
			out[n++] = (char)((h - hex) << 4 | (l - hex));
			i += 2;
		} else {
			out[n++] = s.p[i];
		}
	}
	return (struct str){ out, n };
}

/* user:password, or password alone behind a colon */
static void
take_userinfo(struct redis_check *c, struct str userinfo, struct arena *a)
{
	struct str user, password = str_cut(userinfo, ':', &user);

	if (c->username.n == 0)
		c->username = percent_decode(user, a);
	if (c->password.n == 0 && password.p != NULL)
		c->password = percent_decode(password, a);
}

/* redis://[user:password@]host[:port][/db], rediss://…, unix:///path */
static int
redis_configure(struct check *check, struct arena *a, struct err *e)
{
	struct redis_check *c = (struct redis_check *)check;
	struct url u;

	if (c->ca_file.n)
		c->ca = arena_cstr(a, c->ca_file);
	if (str_starts(c->url, STR("unix://"))) {
		c->address = arena_printf(a, "unix:" STR_FMT,
		    STR_ARG(str_sub(c->url, 7, c->url.n)));
		check->target = c->address;
		return 0;
	}
	if (!url_parse(c->url, &u) || (!str_eq(u.scheme, STR("redis")) &&
	    !str_eq(u.scheme, STR("rediss"))))
		return ynode_err(check->node, e, "'url' must be redis://…, "
		    "rediss://… or unix:///…");
	take_userinfo(c, u.userinfo, a);
	c->tls = str_eq(u.scheme, STR("rediss"));
	c->host = u.host;
	c->address = arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(u.host),
	    STR_ARG(u.port.n ? u.port : STR("6379")));
	c->db = u.path.n > 1 ? str_sub(u.path, 1, u.path.n) : STR_NONE;
	check->target = c->address;
	return 0;
}

/* ---- the protocol: only what these commands need ---- */

static int
command(struct stream *s, const struct str *argv, size_t n, struct err *e)
{
	struct buf b = { 0 };
	size_t i;
	int rc;

	(void)buf_printf(&b, "*%zu\r\n", n);
	for (i = 0; i < n; i++) {
		(void)buf_printf(&b, "$%zu\r\n", argv[i].n);
		(void)buf_put(&b, argv[i]);
		(void)buf_put(&b, STR("\r\n"));
	}
	rc = stream_write(s, buf_str(&b), e);
	buf_release(&b);
	return rc;
}

/* How long the first reply is; 0 = not all of it is there. */
static size_t
reply_length(struct str s)
{
	ptrdiff_t end = str_find(s, STR("\r\n"));
	uint64_t n;

	if (end < 0)
		return s.n && strchr("+-:$", s.p[0]) == NULL ? s.n : 0;
	if (s.p[0] != '$' || !num_parse_u64(str_sub(s, 1, (size_t)end),
	    REPLY_MAX, &n))
		return (size_t)end + 2;
	return s.n >= (size_t)end + 2 + n + 2 ? (size_t)end + 2 + n + 2 : 0;
}

/* The raw reply; empty when the server has closed. */
static int
reply(struct stream *s, struct buf *out, struct err *e)
{
	int rc = 1;

	buf_reset(out);
	out->max = REPLY_MAX + 8192;
	while (rc == 1 && reply_length(buf_str(out)) == 0)
		rc = stream_read(s, 4096, out, e);
	return rc == -1 ? -1 : 0;
}

static int
ask(struct stream *s, const struct str *argv, size_t n, struct buf *out,
    struct err *e)
{
	return command(s, argv, n, e) == -1 ? -1 : reply(s, out, e);
}

/* ---- INFO ---- */

static bool
info_field(struct str info, struct str name, struct str *value)
{
	struct str line, key;

	while (host_line(&info, &line)) {
		*value = str_cut(line, ':', &key);
		if (value->p != NULL && str_eq(key, name)) {
			*value = str_trim(*value);
			return true;
		}
	}
	return false;
}

static double
info_number(struct str info, const char *name)
{
	struct str v;
	double n;

	return info_field(info, str_of(name), &v) &&
	    num_parse_double(v, &n) ? n : NAN;
}

/* NaN: not told, or without a limit there is nothing to be a share of. */
static double
derived(struct str info, struct str name)
{
	double a, b;

	if (str_eq(name, STR("memory_percent"))) {
		a = info_number(info, "used_memory");
		b = info_number(info, "maxmemory");
		return b > 0 ? a * 100 / b : NAN;
	}
	if (str_eq(name, STR("hit_rate"))) {
		a = info_number(info, "keyspace_hits");
		b = info_number(info, "keyspace_misses");
		return a + b > 0 ? a * 100 / (a + b) : NAN;
	}
	if (str_eq(name, STR("replication_lag_bytes"))) {
		a = info_number(info, "master_repl_offset");
		b = info_number(info, "slave_repl_offset");
		return a - b;
	}
	return NAN;
}

static const struct { const char *field, *metric; } metrics[] = {
	{ "connected_clients", "redis_connected_clients" },
	{ "used_memory", "redis_memory_used_bytes" },
	{ "maxmemory", "redis_memory_max_bytes" },
	{ "uptime_in_seconds", "redis_uptime_in_seconds" },
	{ "connected_slaves", "redis_connected_slaves" },
	{ "rejected_connections", "redis_rejected_connections_total" },
	{ "evicted_keys", "redis_evicted_keys_total" },
	{ "keyspace_hits", "redis_keyspace_hits_total" },
	{ "keyspace_misses", "redis_keyspace_misses_total" },
	{ "total_commands_processed", "redis_commands_processed_total" },
	{ "blocked_clients", "redis_blocked_clients" },
};

static void
check_role(const struct redis_check *c, struct str info,
    struct check_result *r)
{
	struct str role, link;

	if (c->role.n && (!info_field(info, STR("role"), &role) ||
	    !str_eq(role, c->role)))
		check_say(r, CHECK_FAIL, "the role is '" STR_FMT "', not '"
		    STR_FMT "'", STR_ARG(role), STR_ARG(c->role));
	if (info_field(info, STR("master_link_status"), &link) &&
	    !str_eq(link, STR("up")))
		check_say(r, CHECK_FAIL, "the link to the master is "
		    STR_FMT, STR_ARG(link));
}

static void
check_info(const struct redis_check *c, struct str info,
    struct check_result *r)
{
	const struct info_rule *rule;
	double v;
	size_t i;

	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		if (!isnan(v = info_number(info, metrics[i].field)))
			check_metric(r, metrics[i].metric, v);
	check_role(c, info, r);
	for (rule = c->info.p; rule != c->info.p + c->info.n; rule++) {
		v = info_number(info, arena_cstr(r->arena, rule->field));
		if (isnan(v))
			v = derived(info, rule->field);
		if (!isnan(v))
			check_measure(r, rule->field, v, "", &rule->warn,
			    &rule->crit, arena_cstr(r->arena, rule->field));
	}
}

/* ---- the check ---- */

static int
enter(const struct redis_check *c, struct stream *s, struct buf *b,
    struct err *e)
{
	struct stream_tls tls = { .ca_file = c->ca,
	    .insecure = c->insecure };
	struct str auth[3] = { STR("AUTH"), c->username, c->password };
	struct str select[2] = { STR("SELECT"), c->db };

	if (stream_open(s, c->address, c->check.timeout_ms, e) == -1 ||
	    (c->tls && stream_tls(s, c->host, &tls, e) == -1))
		return -1;
	if (c->password.n) {
		if (c->username.n == 0)
			auth[1] = c->password;
		if (ask(s, auth, c->username.n ? 3 : 2, b, e) == -1)
			return -1;
		if (b->n == 0 || b->p[0] != '+')
			return err_set(e, ERR_NET, "AUTH: " STR_FMT,
			    STR_ARG(redis_reply_text(buf_str(b))));
	}
	if (c->db.n && (ask(s, select, 2, b, e) == -1 || b->n == 0 ||
	    b->p[0] != '+'))
		return b->n ? err_set(e, ERR_NET, "SELECT: " STR_FMT,
		    STR_ARG(redis_reply_text(buf_str(b)))) : -1;
	return 0;
}

static void
judge(struct str raw, struct check_result *r)
{
	struct redis_verdict v = redis_reply_judge(raw);
	struct str text = redis_reply_text(raw);

	if (v.known && v.status != CHECK_OK)
		check_say(r, v.status, "PING: %s%s" STR_FMT, v.kind,
		    text.n ? ": " : "", STR_ARG(text));
	else if (v.kind != NULL)
		check_note(r, "PING: " STR_FMT, STR_ARG(text));
}

static void
talk(const struct redis_check *c, struct stream *s, struct check_result *r)
{
	static const struct str ping = { "PING", 4 }, info = { "INFO", 4 };
	struct buf b = { 0 };
	struct err e;
	double start;

	if (enter(c, s, &b, &e) == -1) {
		check_say(r, CHECK_FAIL, "%s", e.msg);
		return;
	}
	start = clk_mono_s();
	if (ask(s, &ping, 1, &b, &e) == -1) {
		check_say(r, CHECK_FAIL, "%s", e.msg);
		return;
	}
	r->seconds = clk_mono_s() - start;
	check_phase(r, "ping", r->seconds);
	judge(buf_str(&b), r);
	if (r->status != CHECK_OK)
		return;
	if (ask(s, &info, 1, &b, &e) == -1)
		check_say(r, CHECK_FAIL, "INFO: %s", e.msg);
	else if (b.n && b.p[0] == '$')
		check_info(c, buf_str(&b), r);
	else if (c->info.n)
		check_say(r, CHECK_WARN, "INFO: " STR_FMT,
		    STR_ARG(redis_reply_text(buf_str(&b))));
}

static void
redis_run(const struct check *check, struct check_result *r)
{
	const struct redis_check *c = (const struct redis_check *)check;
	struct stream s = { .fd = -1 };

	talk(c, &s, r);
	check_phase(r, "connect", s.connect_s);
	check_metric(r, "redis_up", r->status == CHECK_OK ||
	    r->status == CHECK_WARN);
	check_slow(check, r, "redis");
	stream_close(&s);
}

const struct check_kind check_redis = {
	.name = "redis", .operand = "url", .fields = &redis_fields,
	.network = true, .configure = redis_configure, .run = redis_run,
};
