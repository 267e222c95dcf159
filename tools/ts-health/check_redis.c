/*
 * check_redis: PING, and the numbers of INFO.
 */
#include <math.h>
#include <time.h>

#include <hiredis/hiredis.h>

#include "core/clk.h"
#include "core/num.h"
#include "host.h"
#include "kinds.h"
#include "net/url.h"
#include "redis_info.h"
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
	struct str cert_file, key_file;
	bool insecure, data;
	int64_t sample_ms;
	struct info_rules info;

	struct str address, host, db;
	bool tls;
	char *ca, *cert, *key;
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
	YROW("db", YT_STR, AT(db)),
	YROW("role", YT_STR, AT(role)),
	YROW("ca_file", YT_STR, AT(ca_file)),
	YROW("cert_file", YT_STR, AT(cert_file)),
	YROW("key_file", YT_STR, AT(key_file)),
	YROW("insecure", YT_BOOL, AT(insecure)),
	YROW("data", YT_BOOL, AT(data)),
	YROW("sample", YT_DURATION, AT(sample_ms), .dflt = "1s"),
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

/* FIELD_rate: how fast FIELD grows, a second. */
static bool
rate_of(struct str name, struct str *field)
{
	if (!str_ends(name, STR("_rate")) || str_eq(name, STR("hit_rate")))
		return false;
	*field = str_sub(name, 0, name.n - 5);
	return true;
}

static bool
wants_rates(const struct redis_check *c)
{
	struct str field;
	size_t i;

	for (i = 0; i < c->info.n; i++)
		if (rate_of(c->info.p[i].field, &field))
			return true;
	return false;
}

/* redis://[user:password@]host[:port][/db], rediss://…, unix:///path */
static int
redis_configure(struct check *check, struct arena *a, struct err *e)
{
	struct redis_check *c = (struct redis_check *)check;
	struct url u;

	if (c->ca_file.n)
		c->ca = arena_cstr(a, c->ca_file);
	if (c->cert_file.n)
		c->cert = arena_cstr(a, c->cert_file);
	if (c->key_file.n)
		c->key = arena_cstr(a, c->key_file);
	if (wants_rates(c) && (c->sample_ms <= 0 ||
	    c->sample_ms >= check->timeout_ms))
		return ynode_err(check->node, e, "'sample' must be shorter "
		    "than the timeout");
	if (str_starts(c->url, STR("unix://"))) {
		c->address = arena_printf(a, "unix:" STR_FMT,
		    STR_ARG(str_sub(c->url, 7, c->url.n)));
		check->target = url_shown(c->address, a);
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
	if (u.path.n > 1)
		c->db = str_sub(u.path, 1, u.path.n);
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
same_role(struct str a, struct str b)
{
	return str_eq(a, b) || (str_eq(a, STR("slave")) &&
	    str_eq(b, STR("replica"))) || (str_eq(a, STR("master")) &&
	    str_eq(b, STR("primary")));
}

static void
check_role(const struct redis_check *c, struct str info,
    struct check_result *r)
{
	struct str role, link;

	(void)redis_info_field(info, STR("role"), &role);
	if (c->role.n && !same_role(role, c->role))
		check_say(r, CHECK_FAIL, "the role is '" STR_FMT "', not '"
		    STR_FMT "'", STR_ARG(role), STR_ARG(c->role));
	if (redis_info_field(info, STR("master_link_status"), &link) &&
	    !str_eq(link, STR("up")))
		check_say(r, CHECK_FAIL, "the link to the master is "
		    STR_FMT, STR_ARG(link));
	if (redis_info_field(info, STR("master_sync_in_progress"), &link) &&
	    str_eq(link, STR("1")))
		check_say(r, CHECK_WARN, "a full synchronisation is going "
		    "on");
}

/* before: an INFO of seconds ago, or empty. */
static void
check_rules(const struct redis_check *c, struct str info, struct str before,
    double seconds, struct check_result *r)
{
	const struct info_rule *rule;
	const char *name;
	struct str field;
	double v;

	for (rule = c->info.p; rule != c->info.p + c->info.n; rule++) {
		name = arena_cstr(r->arena, rule->field);
		v = redis_info_number(info, rule->field);
		if (isnan(v) && rate_of(rule->field, &field))
			v = (redis_info_number(info, field) -
			    redis_info_number(before, field)) / seconds;
		if (isnan(v) && !redis_info_derived(info, rule->field, &v))
			check_say(r, CHECK_WARN, "INFO of this server does "
			    "not tell '%s'", name);
		if (!isnan(v))
			check_measure(r, rule->field, v, "", &rule->warn,
			    &rule->crit, name);
	}
}

/* ---- the check ---- */

static int
enter(const struct redis_check *c, struct stream *s, struct buf *b,
    struct err *e)
{
	struct stream_tls tls = { .ca_file = c->ca, .cert_file = c->cert,
	    .key_file = c->key, .insecure = c->insecure };
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

	if (v.kind != NULL && strcmp(v.kind, "protocol") == 0 && raw.n)
		check_say(r, CHECK_FAIL, "PING: protocol: no Redis server "
		    "answers '%.*s'", raw.n > 40 ? 40 : (int)raw.n, raw.p);
	else if (v.known && v.status != CHECK_OK)
		check_say(r, v.status, "PING: %s%s" STR_FMT, v.kind,
		    text.n ? ": " : "", STR_ARG(text));
	else if (v.kind != NULL)
		check_note(r, "PING: " STR_FMT, STR_ARG(text));
}

/* The text of INFO in r->arena; false after saying why there is none. */
static bool
ask_info(const struct redis_check *c, struct stream *s, struct str *text,
    struct check_result *r)
{
	static const struct str info = { "INFO", 4 };
	struct buf b = { 0 };
	struct err e;
	bool ok = false;

	if (ask(s, &info, 1, &b, &e) == -1)
		check_say(r, CHECK_FAIL, "INFO: %s", e.msg);
	else if (b.n && b.p[0] == '$')
		ok = true;
	else if (c->info.n || c->role.n || c->data)
		check_say(r, CHECK_WARN, "INFO: " STR_FMT,
		    STR_ARG(redis_reply_text(buf_str(&b))));
	*text = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	return ok;
}

/*
 * The slow log, without what the commands worked on: an array of [id, time,
 * microseconds, [command, arguments …], …].
 */
static void
put_slow_log(struct stream *s, struct jw *w)
{
	static const struct str argv[] = { { "SLOWLOG", 7 }, { "GET", 3 },
	    { "10", 2 } };
	redisReader *reader = redisReaderCreate();
	struct buf b = { .max = REPLY_MAX };
	redisReply *all = NULL, *one;
	struct err e;
	size_t i;
	int rc = command(s, argv, 3, &e) == -1 ? -1 : 1;

	while (rc == 1 && all == NULL) {
		buf_reset(&b);
		if ((rc = stream_read(s, 4096, &b, &e)) == 1 &&
		    (redisReaderFeed(reader, b.p, b.n) != REDIS_OK ||
		    redisReaderGetReply(reader, (void **)&all) != REDIS_OK))
			rc = -1;
	}
	jw_key(w, STR("slow_log"));
	jw_arr(w);
	for (i = 0; all != NULL && all->type == REDIS_REPLY_ARRAY &&
	    i < all->elements; i++) {
		one = all->element[i];
		if (one->type != REDIS_REPLY_ARRAY || one->elements < 4 ||
		    one->element[3]->type != REDIS_REPLY_ARRAY ||
		    one->element[3]->elements < 1 ||
		    one->element[3]->element[0]->str == NULL)
			continue;
		jw_obj(w);
		jw_key(w, STR("time"));
		jw_int(w, one->element[1]->integer);
		jw_key(w, STR("microseconds"));
		jw_int(w, one->element[2]->integer);
		jw_key(w, STR("command"));
		jw_str(w, (struct str){ one->element[3]->element[0]->str,
		    one->element[3]->element[0]->len });
		jw_key(w, STR("arguments"));
		jw_int(w, (int64_t)one->element[3]->elements - 1);
		jw_obj_end(w);
	}
	jw_arr_end(w);
	if (all != NULL)
		freeReplyObject(all);
	redisReaderFree(reader);
	buf_release(&b);
}

static void
put_data(struct stream *s, struct str info, struct check_result *r)
{
	struct buf b = { .max = CHECK_DATA_MAX };
	struct jw w = { .out = &b };

	jw_obj(&w);
	redis_info_data(info, &w);
	put_slow_log(s, &w);
	jw_obj_end(&w);
	r->data = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
}

static void
look_at_info(const struct redis_check *c, struct stream *s,
    struct check_result *r)
{
	struct timespec t = { c->sample_ms / 1000,
	    c->sample_ms % 1000 * 1000000 };
	struct str info, before = STR_NONE;
	double start = clk_mono_s();

	if (wants_rates(c)) {
		if (!ask_info(c, s, &before, r))
			return;
		(void)nanosleep(&t, NULL);
	}
	if (!ask_info(c, s, &info, r))
		return;
	redis_info_metrics(info, r);
	check_role(c, info, r);
	check_rules(c, info, before, clk_mono_s() - start, r);
	if (c->data)
		put_data(s, info, r);
}

static void
talk(const struct redis_check *c, struct stream *s, struct check_result *r)
{
	static const struct str ping = { "PING", 4 };
	struct buf b = { 0 };
	struct err e;
	double start;

	if (enter(c, s, &b, &e) == -1) {
		check_failed(r, &e);
		return;
	}
	start = clk_mono_s();
	if (ask(s, &ping, 1, &b, &e) == -1) {
		check_failed(r, &e);
		return;
	}
	r->seconds = clk_mono_s() - start;
	check_phase(r, "ping", r->seconds);
	r->facts.connected = true;
	judge(buf_str(&b), r);
	if (r->status != CHECK_OK)
		return;
	look_at_info(c, s, r);
}

static void
redis_run(const struct check *check, struct check_result *r)
{
	const struct redis_check *c = (const struct redis_check *)check;
	struct stream s = { .fd = -1 };
	double start = clk_mono_s();

	talk(c, &s, r);
	if (isnan(r->seconds) && r->status != CHECK_UNKNOWN)
		r->seconds = clk_mono_s() - start;
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
