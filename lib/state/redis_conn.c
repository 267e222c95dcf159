#include "state/redis_conn.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/clk.h"
#include "core/num.h"
#include "net/url.h"
#include "state/remote.h"

#define REPLY_MAX	((size_t)1 << 30)
#define DB_MAX		1000000

/* ---- the URL ---- */

static struct str
take_part(struct redis_conn *c, struct str s)
{
	struct buf b = { 0 };
	struct str out;

	url_decode(&b, s);
	out = arena_str(&c->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

/* user:password; a password alone stands behind a colon. */
static void
take_userinfo(struct redis_conn *c, struct str userinfo)
{
	struct str user, password = str_cut(userinfo, ':', &user);

	c->user = take_part(c, user);
	c->password = take_part(c, password);
}

static int
take_options(struct redis_conn *c, struct str query, struct err *e)
{
	struct str one, key, value;

	while (query.n) {
		query = str_cut(query, '&', &one);
		value = str_cut(one, '=', &key);
		if (str_eq(key, STR("db")))
			c->db = take_part(c, value);
		else if (str_eq(key, STR("prefix")))
			c->prefix = take_part(c, value);
		else if (str_eq(key, STR("ca")))
			c->to.ca_file = take_part(c, value);
		else
			return err_set(e, ERR_CONFIG, "the option '" STR_FMT
			    "' is not db, prefix or ca", STR_ARG(key));
	}
	return 0;
}

static bool
split(struct redis_conn *c, struct str url, struct url *u, struct str *path)
{
	ptrdiff_t at = str_find(url, STR("://"));
	struct str scheme = str_sub(url, 0, (size_t)at), rest;

	if (str_starts(scheme, STR("redis")) &&
	    !str_eq(scheme, STR("redis+unix"))) {
		c->to.tls = str_eq(scheme, STR("rediss"));
		if (!url_parse(url, u))
			return false;
		*path = u->path;
		return true;
	}
	rest = str_sub(url, (size_t)at + 3, url.n);
	at = str_find_char(rest, '@');
	memset(u, 0, sizeof(*u));
	if (at >= 0)
		u->userinfo = str_sub(rest, 0, (size_t)at);
	*path = str_sub(rest, (size_t)(at + 1), rest.n);
	return path->n > 0 && path->p[0] == '/';
}

static void
set_name(struct redis_conn *c)
{
	struct str db = c->db.n ? c->db : STR("0");

	if (c->to.unix_socket.n)
		c->name = arena_printf(&c->arena, "unix://" STR_FMT "?db="
		    STR_FMT, STR_ARG(c->to.unix_socket), STR_ARG(db));
	else
		c->name = arena_printf(&c->arena, "%s://" STR_FMT ":" STR_FMT
		    "/" STR_FMT, c->to.tls ? "rediss" : "redis",
		    STR_ARG(c->to.host), STR_ARG(c->to.port), STR_ARG(db));
}

int
redis_conn_parse(struct redis_conn *c, struct str url, struct err *e)
{
	const char *env = getenv("REDISCLI_AUTH");
	struct str path, query;
	struct url u;
	uint64_t n;

	if (!split(c, url, &u, &path))
		return err_set(e, ERR_CONFIG, "the place for state is not "
		    "redis://[[user]:password@]host[:port][/db] or "
		    "unix:///path");
	take_userinfo(c, u.userinfo);
	query = str_cut(path, '?', &path);
	if (u.host.n == 0) {
		c->to.unix_socket = take_part(c, path);
	} else {
		c->to.host = arena_str(&c->arena, u.host);
		c->to.port = u.port.n ? arena_str(&c->arena, u.port) :
		    STR("6379");
		if (path.n > 1)
			c->db = take_part(c, str_sub(path, 1, path.n));
	}
	if (take_options(c, query, e) == -1)
		return -1;
	if (c->db.n && !num_parse_u64(c->db, DB_MAX, &n))
		return err_set(e, ERR_CONFIG, "the database '" STR_FMT
		    "' is not a number", STR_ARG(c->db));
	if (c->password.n == 0 && env != NULL)
		c->password = arena_str(&c->arena, str_of(env));
	if (c->prefix.n == 0)
		c->prefix = STR("truststram");
	set_name(c);
	return 0;
}

/* ---- commands and replies ---- */

void
redis_begin(struct redis_conn *c, size_t n)
{
	buf_reset(&c->out);
	(void)buf_printf(&c->out, "*%zu\r\n", n);
}

void
redis_add(struct redis_conn *c, struct str word)
{
	(void)buf_printf(&c->out, "$%zu\r\n", word.n);
	(void)buf_put(&c->out, word);
	(void)buf_put(&c->out, STR("\r\n"));
}

void
redis_add_int(struct redis_conn *c, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);	/* fits */
	redis_add(c, str_of(text));
}

/* Errors that pass, by their first word; ERR_NET: try again. */
static int
said_no(const redisReply *r, struct err *e)
{
	static const char *const passing[] = {
		"LOADING", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN",
		"CLUSTERDOWN", "OOM", "MISCONF", "NOREPLICAS",
		"ERR max number of clients",
	};
	struct str text = { r->str, (size_t)r->len };
	size_t i;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (str_starts(text, str_of(passing[i])))
			break;
	return err_set(e, i < sizeof(passing) / sizeof(passing[0]) ? ERR_NET :
	    ERR_CONFIG, STR_FMT, STR_ARG(str_trim(text)));
}

static int
read_reply(struct redis_conn *c, struct err *e)
{
	int64_t deadline = clk_mono_ms() + REMOTE_CALL_MS;
	char bytes[65536];
	size_t all = 0;
	void *reply = NULL;
	ssize_t n;

	for (;;) {
		if (c->api->redisReaderGetReply(c->reader, &reply) !=
		    REDIS_OK)
			return err_set(e, ERR_NET, "it does not speak the "
			    "protocol of Redis");
		if (reply != NULL)
			break;
		n = conn_read(c->conn, bytes, sizeof(bytes), deadline +
		    (int64_t)(all >> 10), e);
		if (n == -1)
			return -1;
		all += (size_t)n;
		if (all > REPLY_MAX)
			return err_set(e, ERR_NET, "its reply is too large");
		if (c->api->redisReaderFeed(c->reader, bytes, (size_t)n) !=
		    REDIS_OK)
			return err_set(e, ERR_NET, "its reply is bad");
	}
	c->reply = reply;
	return 0;
}

static void
drop_reply(struct redis_conn *c)
{
	if (c->reply != NULL)
		c->api->freeReplyObject(c->reply);
	c->reply = NULL;
}

const redisReply *
redis_ask(struct redis_conn *c, struct err *e)
{
	drop_reply(c);
	if (conn_write(c->conn, buf_str(&c->out), clk_mono_ms() +
	    REMOTE_CALL_MS + (int64_t)(c->out.n >> 10), e) == -1 ||
	    read_reply(c, e) == -1)
		return NULL;
	if (c->out.n > (size_t)1 << 20)
		buf_release(&c->out);
	if (c->reply->type == REDIS_REPLY_ERROR) {
		(void)said_no(c->reply, e);
		return NULL;
	}
	return c->reply;
}

/* ---- connecting ---- */

static int
authenticate(struct redis_conn *c, struct err *e)
{
	if (c->password.n == 0 && c->user.n == 0)
		return 0;
	redis_begin(c, c->user.n ? 3 : 2);
	redis_add(c, STR("AUTH"));
	if (c->user.n)
		redis_add(c, c->user);
	redis_add(c, c->password);
	return redis_ask(c, e) ? 0 : -1;
}

static int
select_db(struct redis_conn *c, struct err *e)
{
	if (c->db.n == 0)
		return 0;
	redis_begin(c, 2);
	redis_add(c, STR("SELECT"));
	redis_add(c, c->db);
	return redis_ask(c, e) ? 0 : -1;
}

int
redis_conn_open(struct redis_conn *c, struct err *e)
{
	redis_conn_drop(c);
	if (c->api == NULL && (c->api = redis_load(e)) == NULL)
		return -1;
	c->conn = conn_open(&c->to, clk_mono_ms() + REMOTE_CALL_MS, e);
	if (c->conn == NULL)
		return -1;
	c->reader = c->api->redisReaderCreate();
	return authenticate(c, e) == -1 || select_db(c, e) == -1 ? -1 : 0;
}

void
redis_conn_drop(struct redis_conn *c)
{
	if (c->conn == NULL)
		return;
	drop_reply(c);
	if (c->reader != NULL)
		c->api->redisReaderFree(c->reader);
	c->reader = NULL;
	conn_close(c->conn);
	c->conn = NULL;
}

void
redis_conn_release(struct redis_conn *c)
{
	redis_conn_drop(c);
	buf_release(&c->out);
	arena_free(&c->arena);
}
