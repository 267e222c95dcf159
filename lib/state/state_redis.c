/*
 * State on a Redis server (5 or later).  Of each tool, readable with
 * redis-cli:
 *	PREFIX:{TOOL}		hash: key to JSON
 *	PREFIX:{TOOL}:meta	hash: epoch, revision, quiet (ms, server's clock)
 *	PREFIX:{TOOL}:revisions	sorted set: key by the revision of its value
 *	PREFIX:{TOOL}:leases	hash: key to {"generation","owner","until"}
 * The braces keep the four on one node of a cluster.  What must happen at
 * once is a script, and the clock is the server's.
 */
#include "core/mem.h"
#include "core/num.h"
#include "state/redis_conn.h"
#include "state/remote.h"

#define NKEYS	4

struct redis {
	struct redis_conn c;
	struct str key[NKEYS];		/* records, meta, revisions, leases */
};

#define NOW								\
	"local t = redis.call('TIME')\n"				\
	"local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

#define SAME_EPOCH							\
	"if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[1] then\n"	\
	"  return {2}\n"						\
	"end\n"

/* Is the lease ARGV[3] of owner ARGV[2] and of the generation ARGV[4]? */
#define IS_OURS								\
	"local function is_ours()\n"					\
	"  local l = redis.call('HGET', KEYS[4], ARGV[3])\n"		\
	"  l = l and cjson.decode(l)\n"					\
	"  return l and l.owner == ARGV[2] and\n"			\
	"    string.format('%.0f', l.generation) == ARGV[4]\n"		\
	"end\n"

/* epoch owner lease-key generation, then triples: key, is put, value */
static const char apply_script[] =
IS_OURS
SAME_EPOCH
"if ARGV[4] ~= '0' then\n"
"  if not is_ours() then return {0} end\n"
"  redis.call('HDEL', KEYS[4], ARGV[3])\n"
"end\n"
"local rev = redis.call('HINCRBY', KEYS[2], 'revision', 1)\n"
"for i = 5, #ARGV, 3 do\n"
"  if ARGV[i + 1] == '1' then\n"
"    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])\n"
"    redis.call('ZADD', KEYS[3], rev, ARGV[i])\n"
"  else\n"
"    redis.call('HDEL', KEYS[1], ARGV[i])\n"
"    redis.call('ZREM', KEYS[3], ARGV[i])\n"
"  end\n"
"end\n"
"return {1, ARGV[1], rev}\n";

/* epoch quiet-ms, then pairs: key, value */
static const char restore_script[] =
NOW
"local epoch = redis.call('HGET', KEYS[2], 'epoch')\n"
"if not epoch then\n"
"  epoch = ARGV[1]\n"
"  redis.call('HSET', KEYS[2], 'epoch', epoch)\n"
"  redis.call('HSET', KEYS[2], 'quiet',\n"
"    string.format('%.0f', now + ARGV[2]))\n"
"end\n"
"local rev = redis.call('HINCRBY', KEYS[2], 'revision', 1)\n"
"for i = 3, #ARGV, 2 do\n"
"  if redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) == 1 then\n"
"    redis.call('ZADD', KEYS[3], rev, ARGV[i])\n"
"  end\n"
"end\n"
"return {1, epoch, rev}\n";

/* epoch owner lease-key ms */
static const char lease_script[] =
NOW
SAME_EPOCH
"if now < tonumber(redis.call('HGET', KEYS[2], 'quiet') or 0) then\n"
"  return {0}\n"
"end\n"
"local l = redis.call('HGET', KEYS[4], ARGV[3])\n"
"l = l and cjson.decode(l)\n"
"if l and l.owner ~= ARGV[2] and l['until'] > now then return {0} end\n"
"local gen = l and l.owner == ARGV[2] and l.generation or\n"
"  redis.call('HINCRBY', KEYS[2], 'revision', 1)\n"
"redis.call('HSET', KEYS[4], ARGV[3], string.format(\n"
"  '{\"generation\":%.0f,\"owner\":\"%s\",\"until\":%.0f}',\n"
"  gen, ARGV[2], now + ARGV[4]))\n"
"return {1, ARGV[1], gen}\n";

/* epoch owner lease-key generation */
static const char release_script[] =
IS_OURS
"if is_ours() then redis.call('HDEL', KEYS[4], ARGV[3]) end\n"
"return {1, ARGV[1], 0}\n";

/* since */
static const char each_script[] =
"local m = redis.call('HMGET', KEYS[2], 'epoch', 'revision')\n"
"local out = {1, m[1] or '', tonumber(m[2] or 0)}\n"
"if tonumber(ARGV[1]) < 0 then\n"
"  for _, x in ipairs(redis.call('HGETALL', KEYS[1])) do\n"
"    out[#out + 1] = x\n"
"  end\n"
"  return out\n"
"end\n"
"for _, k in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3],\n"
"    '(' .. ARGV[1], '+inf')) do\n"
"  local v = redis.call('HGET', KEYS[1], k)\n"
"  if v then out[#out + 1] = k; out[#out + 1] = v end\n"
"end\n"
"return out\n";

/* Leases of the dead, a day after. */
static const char sweep_script[] =
NOW
"local all = redis.call('HGETALL', KEYS[4])\n"
"for i = 1, #all, 2 do\n"
"  if cjson.decode(all[i + 1])['until'] < now - 86400000 then\n"
"    redis.call('HDEL', KEYS[4], all[i])\n"
"  end\n"
"end\n"
"return {1, '', 0}\n";

/* ---- calling ---- */

/* The script with its keys, and n arguments to come. */
static void
begin_script(struct redis *r, const char *script, size_t n)
{
	size_t i;

	redis_begin(&r->c, 3 + NKEYS + n);
	redis_add(&r->c, STR("EVAL"));
	redis_add(&r->c, str_of(script));
	redis_add_int(&r->c, NKEYS);
	for (i = 0; i < NKEYS; i++)
		redis_add(&r->c, r->key[i]);
}

static int
bad_reply(struct err *e)
{
	return err_set(e, ERR_NET, "its reply makes no sense");
}

static bool
take_epoch(struct str s, struct remote_mark *m)
{
	if (s.n >= sizeof(m->epoch))
		return false;
	memcpy(m->epoch, s.n ? s.p : "", s.n);
	m->epoch[s.n] = '\0';
	return true;
}

/* {answer, epoch, number, …}: the answer; -1 with *e. */
static int
ask_script(struct redis *r, struct remote_mark *m, const redisReply **reply,
    struct err *e)
{
	const redisReply *a = redis_ask(&r->c, e);

	if (a == NULL)
		return -1;
	if (a->type != REDIS_REPLY_ARRAY || a->elements == 0 ||
	    a->element[0]->type != REDIS_REPLY_INTEGER)
		return bad_reply(e);
	if (a->element[0]->integer != REMOTE_YES)
		return a->element[0]->integer == REMOTE_LOST ? REMOTE_LOST :
		    REMOTE_NO;
	if (a->elements < 3 || a->element[2]->type != REDIS_REPLY_INTEGER ||
	    !take_epoch(redis_str(a->element[1]), m))
		return bad_reply(e);
	m->revision = a->element[2]->integer;
	if (reply)
		*reply = a;
	return REMOTE_YES;
}

/* ---- the driver ---- */

static void	redis_close(void *c);

static void *
redis_open(struct str url, const char *tool, struct err *e)
{
	static const char *const parts[NKEYS] = { "", ":meta", ":revisions",
	    ":leases" };
	struct redis *r = mem_zalloc(sizeof(*r));
	size_t i;

	if (redis_conn_parse(&r->c, url, e) == -1) {
		redis_close(r);
		return NULL;
	}
	for (i = 0; i < NKEYS; i++)
		r->key[i] = arena_printf(&r->c.arena, STR_FMT ":{%s}%s",
		    STR_ARG(r->c.prefix), tool, parts[i]);
	return r;
}

static struct str
redis_name(void *c)
{
	return ((struct redis *)c)->c.name;
}

static int
redis_connect(void *c, bool write, struct err *e)
{
	struct remote_mark m;
	struct redis *r = c;

	if (redis_conn_open(&r->c, e) == -1)
		return -1;
	if (!write)
		return 0;
	begin_script(r, sweep_script, 0);
	return ask_script(r, &m, NULL, e) == -1 ? -1 : 0;
}

static void
redis_drop(void *c)
{
	redis_conn_drop(&((struct redis *)c)->c);
}

static void
redis_close(void *c)
{
	struct redis *r = c;

	redis_conn_release(&r->c);
	mem_free(r);
}

static int
redis_mark(void *c, struct remote_mark *m, struct err *e)
{
	struct redis *r = c;
	const redisReply *a;
	struct str number;

	redis_begin(&r->c, 4);
	redis_add(&r->c, STR("HMGET"));
	redis_add(&r->c, r->key[1]);
	redis_add(&r->c, STR("epoch"));
	redis_add(&r->c, STR("revision"));
	if ((a = redis_ask(&r->c, e)) == NULL)
		return -1;
	m->revision = 0;
	if (a->type != REDIS_REPLY_ARRAY || a->elements != 2 ||
	    !take_epoch(redis_str(a->element[0]), m))
		return bad_reply(e);
	number = redis_str(a->element[1]);
	if (number.n && !num_parse_i64(number, 0, INT64_MAX, &m->revision))
		return bad_reply(e);
	return 0;
}

static int
redis_get(void *c, struct str key, struct buf *value, struct err *e)
{
	struct redis *r = c;
	const redisReply *a;

	redis_begin(&r->c, 3);
	redis_add(&r->c, STR("HGET"));
	redis_add(&r->c, r->key[0]);
	redis_add(&r->c, key);
	if ((a = redis_ask(&r->c, e)) == NULL)
		return -1;
	if (a->type == REDIS_REPLY_NIL)
		return 0;
	if (a->type != REDIS_REPLY_STRING)
		return bad_reply(e);
	if (buf_put(value, redis_str(a)) == -1)
		return err_set(e, ERR_LIMIT, "the value of '" STR_FMT "' is "
		    "too long", STR_ARG(key));
	return 1;
}

static int
redis_each(void *c, int64_t since, state_fn *fn, void *arg,
    struct remote_mark *m, struct err *e)
{
	struct redis *r = c;
	const redisReply *a;
	size_t i;
	int rc;

	begin_script(r, each_script, 1);
	redis_add_int(&r->c, since);
	if (ask_script(r, m, &a, e) == -1)
		return -1;
	for (i = 3, rc = 0; i + 1 < a->elements && rc == 0; i += 2)
		rc = fn(arg, redis_str(a->element[i]),
		    redis_str(a->element[i + 1]));
	return rc;
}

static int
redis_apply(void *c, const struct remote_self *self,
    const struct remote_changes *changes, const struct remote_lease *lease,
    struct remote_mark *m, struct err *e)
{
	struct redis *r = c;
	size_t i;

	begin_script(r, apply_script, 4 + 3 * changes->n);
	redis_add(&r->c, str_of(self->epoch));
	redis_add(&r->c, str_of(self->owner));
	redis_add(&r->c, lease ? lease->key : STR_NONE);
	redis_add_int(&r->c, lease ? lease->generation : 0);
	for (i = 0; i < changes->n; i++) {
		redis_add(&r->c, changes->p[i].key);
		redis_add(&r->c, changes->p[i].value.p ? STR("1") : STR("0"));
		redis_add(&r->c, changes->p[i].value);
	}
	return ask_script(r, m, NULL, e);
}

static int
redis_restore(void *c, const struct remote_self *self,
    const struct remote_changes *changes, int64_t quiet_ms,
    struct remote_mark *m, struct err *e)
{
	struct redis *r = c;
	size_t i;

	begin_script(r, restore_script, 2 + 2 * changes->n);
	redis_add(&r->c, str_of(self->epoch));
	redis_add_int(&r->c, quiet_ms);
	for (i = 0; i < changes->n; i++) {
		redis_add(&r->c, changes->p[i].key);
		redis_add(&r->c, changes->p[i].value);
	}
	return ask_script(r, m, NULL, e);
}

static int
redis_lease(void *c, const struct remote_self *self, struct str key,
    int64_t ms, int64_t *generation, struct err *e)
{
	struct remote_mark m;
	struct redis *r = c;
	int rc;

	begin_script(r, lease_script, 4);
	redis_add(&r->c, str_of(self->epoch));
	redis_add(&r->c, str_of(self->owner));
	redis_add(&r->c, key);
	redis_add_int(&r->c, ms);
	rc = ask_script(r, &m, NULL, e);
	*generation = rc == REMOTE_YES ? m.revision : 0;
	return rc;
}

static int
redis_release(void *c, const struct remote_self *self,
    const struct remote_lease *lease, struct err *e)
{
	struct remote_mark m;
	struct redis *r = c;

	begin_script(r, release_script, 4);
	redis_add(&r->c, str_of(self->epoch));
	redis_add(&r->c, str_of(self->owner));
	redis_add(&r->c, lease->key);
	redis_add_int(&r->c, lease->generation);
	return ask_script(r, &m, NULL, e);
}

static const struct remote_driver driver = {
	.open = redis_open,
	.name = redis_name,
	.connect = redis_connect,
	.drop = redis_drop,
	.close = redis_close,
	.mark = redis_mark,
	.get = redis_get,
	.each = redis_each,
	.apply = redis_apply,
	.restore = redis_restore,
	.lease = redis_lease,
	.release = redis_release,
};

static struct state *
open_redis(struct str url, const char *tool, const struct state_how *how,
    struct err *e)
{
	return remote_open(&driver, url, tool, how, e);
}

const struct state_backend state_redis = {
	.open = open_redis,
	REMOTE_BACKEND
};
