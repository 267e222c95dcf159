/*
 * State on a PostgreSQL server (9.5 or later), readable with psql:
 *	truststram_tool		a tool's epoch, revision, quiet_until
 *	truststram_record	key, value (JSON), by tool
 *	truststram_lease	key, generation, owner, until, by tool
 * The clock is the server's.  Every transaction begins with the tool's row,
 * whose lock puts them in order: revisions are seen in the order they are
 * given.  Keys may be longer than an index takes, so their hashes stand there.
 */
#include "core/mem.h"
#include "core/utf8.h"
#include "json/write.h"
#include "state/pq_conn.h"
#include "state/remote.h"

struct postgres {
	struct pq_conn c;
	struct str tool;
	bool missing;		/* reading only: there are no tables */
	struct buf key, list;
};

static const char tables_sql[] =
"BEGIN; "
"SELECT pg_advisory_xact_lock(8390880602371747951); "
"CREATE TABLE IF NOT EXISTS truststram_tool (tool text PRIMARY KEY, "
    "epoch text NOT NULL, revision bigint NOT NULL, "
    "quiet_until timestamptz NOT NULL); "
"CREATE TABLE IF NOT EXISTS truststram_record (tool text NOT NULL, "
    "key text NOT NULL, value json NOT NULL, revision bigint NOT NULL, "
    "changed timestamptz NOT NULL DEFAULT now()); "
"CREATE UNIQUE INDEX IF NOT EXISTS truststram_record_key "
    "ON truststram_record (tool, md5(key)); "
"CREATE INDEX IF NOT EXISTS truststram_record_revision "
    "ON truststram_record (tool, revision); "
"CREATE TABLE IF NOT EXISTS truststram_lease (tool text NOT NULL, "
    "key text NOT NULL, generation bigint NOT NULL, owner text NOT NULL, "
    "until timestamptz NOT NULL); "
"CREATE UNIQUE INDEX IF NOT EXISTS truststram_lease_key "
    "ON truststram_lease (tool, md5(key)); "
"COMMIT";

static const char have_tables_sql[] =
"SELECT 1 WHERE to_regclass('truststram_tool') IS NOT NULL "
    "AND to_regclass('truststram_record_revision') IS NOT NULL "
    "AND to_regclass('truststram_lease_key') IS NOT NULL";

/* ---- keys ---- */

/*
 * A text holds no NUL and no bad UTF-8: such a byte is \xHH in a key, and a
 * backslash is two.
 */
static struct str
key_text(struct postgres *p, struct str key)
{
	size_t from, at = 0;
	uint32_t c;

	buf_reset(&p->key);
	while ((from = at) < key.n) {
		c = utf8_next(key, &at);
		if (c == 0 || (c == UTF8_BAD && at == from + 1))
			(void)buf_printf(&p->key, "\\x%02x",
			    (unsigned char)key.p[from]);
		else if (c == '\\')
			(void)buf_put(&p->key, STR("\\\\"));
		else
			(void)buf_put(&p->key, str_sub(key, from, at));
	}
	return buf_str(&p->key);
}

static unsigned
hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static struct str
key_bytes(struct postgres *p, struct str text)
{
	size_t i;

	buf_reset(&p->key);
	for (i = 0; i < text.n; i++) {
		if (text.p[i] != '\\' || i + 1 == text.n) {
			(void)buf_putc(&p->key, text.p[i]);
		} else if (text.p[++i] == 'x' && i + 2 < text.n) {
			(void)buf_putc(&p->key, (char)(hex_digit(
			    text.p[i + 1]) << 4 | hex_digit(text.p[i + 2])));
			i += 2;
		} else {
			(void)buf_putc(&p->key, text.p[i]);
		}
	}
	return buf_str(&p->key);
}

/* ---- the driver ---- */

static void
postgres_close(void *c)
{
	struct postgres *p = c;

	pq_conn_release(&p->c);
	buf_release(&p->key);
	buf_release(&p->list);
	mem_free(p);
}

static void *
postgres_open(struct str url, const char *tool, struct err *e)
{
	struct postgres *p = mem_zalloc(sizeof(*p));

	p->tool = str_of(tool);
	if (pq_conn_parse(&p->c, url, e) == 0)
		return p;
	postgres_close(p);
	return NULL;
}

static struct str
postgres_name(void *c)
{
	return ((struct postgres *)c)->c.name;
}

static int
postgres_connect(void *c, bool write, struct err *e)
{
	struct postgres *p = c;
	int have;

	if (pq_conn_open(&p->c, e) == -1 ||
	    (have = pq_ask(&p->c, have_tables_sql, e)) == -1)
		return -1;
	p->missing = have == 0;
	if (!write)
		return 0;
	if (p->missing && pq_ask(&p->c, tables_sql, e) == -1)
		return -1;
	p->missing = false;
	/* Leases of the dead, a day after. */
	pq_add(&p->c, p->tool);
	return pq_ask(&p->c, "DELETE FROM truststram_lease WHERE tool = $1 "
	    "AND until < now() - interval '1 day'", e) == -1 ? -1 : 0;
}

static void
postgres_drop(void *c)
{
	pq_conn_drop(&((struct postgres *)c)->c);
}

/* From a row of epoch and revision. */
static int
take_mark(struct postgres *p, struct remote_mark *m, struct err *e)
{
	struct str epoch = pq_field(&p->c, 0, 0);

	if (epoch.n >= sizeof(m->epoch))
		return err_set(e, ERR_NET, "its epoch makes no sense");
	memcpy(m->epoch, epoch.p, epoch.n);
	m->epoch[epoch.n] = '\0';
	m->revision = pq_field_int(&p->c, 0, 1);
	return 0;
}

static int
postgres_mark(void *c, struct remote_mark *m, struct err *e)
{
	struct postgres *p = c;
	int n;

	*m = (struct remote_mark){ .revision = 0 };
	if (p->missing)
		return 0;
	pq_add(&p->c, p->tool);
	n = pq_ask(&p->c, "SELECT epoch, revision FROM truststram_tool "
	    "WHERE tool = $1", e);
	return n > 0 ? take_mark(p, m, e) : n;
}

static int
postgres_get(void *c, struct str key, struct buf *value, struct err *e)
{
	struct postgres *p = c;
	int n;

	if (p->missing)
		return 0;
	pq_add(&p->c, p->tool);
	pq_add(&p->c, key_text(p, key));
	n = pq_ask(&p->c, "SELECT value FROM truststram_record WHERE "
	    "tool = $1 AND md5(key) = md5($2) AND key = $2", e);
	if (n < 1)
		return n;
	if (buf_put(value, pq_field(&p->c, 0, 0)) == -1)
		return err_set(e, ERR_LIMIT, "the value of '" STR_FMT "' is "
		    "too long", STR_ARG(key));
	return 1;
}

static int
postgres_each(void *c, int64_t since, state_fn *fn, void *arg,
    struct remote_mark *m, struct err *e)
{
	struct postgres *p = c;
	int i, n, rc = 0;

	if (postgres_mark(p, m, e) == -1)
		return -1;
	if (p->missing)
		return 0;
	pq_add(&p->c, p->tool);
	pq_add_int(&p->c, since);
	n = pq_ask(&p->c, "SELECT key, value FROM truststram_record WHERE "
	    "tool = $1 AND revision > $2", e);
	if (n == -1)
		return -1;
	for (i = 0; i < n && rc == 0; i++)
		rc = fn(arg, key_bytes(p, pq_field(&p->c, i, 0)),
		    pq_field(&p->c, i, 1));
	return rc;
}

enum listed { PUT_KEYS, PUT_VALUES, DELETED_KEYS };

/*
 * As one JSON array.  Keys and values apart: a value may hold \u0000, which
 * the server reads only as long as nothing beside it is turned into text.
 */
static struct str
list(struct postgres *p, const struct remote_changes *changes,
    enum listed what)
{
	struct jw w = { .out = &p->list };
	size_t i;

	buf_reset(&p->list);
	jw_arr(&w);
	for (i = 0; i < changes->n; i++) {
		const struct remote_change *x = &changes->p[i];

		if ((x->value.p == NULL) != (what == DELETED_KEYS))
			continue;
		if (what == PUT_VALUES)
			jw_raw(&w, x->value);
		else
			jw_str(&w, key_text(p, x->key));
	}
	jw_arr_end(&w);
	return buf_str(&p->list);
}

#define INSERT_RECORDS							\
	"INSERT INTO truststram_record AS r (tool, key, value, revision) " \
	"SELECT $1, x.key, x.value, $2 FROM ROWS FROM ("		\
	"json_array_elements_text($3::json), "				\
	"json_array_elements($4::json)) AS x (key, value) "		\
	"ON CONFLICT (tool, md5(key)) DO "

static int
put_records(struct postgres *p, const struct remote_changes *changes,
    int64_t revision, const char *sql, struct err *e)
{
	struct str keys = list(p, changes, PUT_KEYS);

	if (keys.n == STR("[]").n)
		return 0;
	pq_add(&p->c, p->tool);
	pq_add_int(&p->c, revision);
	pq_add(&p->c, keys);
	pq_add(&p->c, list(p, changes, PUT_VALUES));
	return pq_ask(&p->c, sql, e);
}

static int
delete_records(struct postgres *p, const struct remote_changes *changes,
    struct err *e)
{
	struct str keys = list(p, changes, DELETED_KEYS);

	if (keys.n == STR("[]").n)
		return 0;
	pq_add(&p->c, p->tool);
	pq_add(&p->c, keys);
	return pq_ask(&p->c, "DELETE FROM truststram_record r USING "
	    "json_array_elements_text($2::json) k WHERE r.tool = $1 AND "
	    "md5(r.key) = md5(k) AND r.key = k", e);
}

static int
delete_lease(struct postgres *p, const struct remote_self *self,
    const struct remote_lease *lease, struct err *e)
{
	pq_add(&p->c, p->tool);
	pq_add(&p->c, key_text(p, lease->key));
	pq_add_int(&p->c, lease->generation);
	pq_add(&p->c, str_of(self->owner));
	return pq_ask(&p->c, "DELETE FROM truststram_lease WHERE tool = $1 "
	    "AND md5(key) = md5($2) AND key = $2 AND generation = $3 AND "
	    "owner = $4 RETURNING 1", e);
}

/* The tool's row, locked and with its next revision; REMOTE_*, -1. */
static int
begin(struct postgres *p, const char *epoch, struct remote_mark *m,
    struct err *e)
{
	int n;

	if (pq_ask(&p->c, "BEGIN", e) == -1)
		return -1;
	pq_add(&p->c, p->tool);
	if (epoch)
		pq_add(&p->c, str_of(epoch));
	n = pq_ask(&p->c, epoch ?
	    "UPDATE truststram_tool SET revision = revision + 1 WHERE "
	    "tool = $1 AND epoch = $2 RETURNING epoch, revision" :
	    "UPDATE truststram_tool SET revision = revision + 1 WHERE "
	    "tool = $1 RETURNING epoch, revision", e);
	if (n < 1)
		return n == 0 ? REMOTE_LOST : -1;
	return take_mark(p, m, e) == -1 ? -1 : REMOTE_YES;
}

static int
end(struct postgres *p, int rc, struct err *e)
{
	if (rc == -1)
		return -1;
	return pq_ask(&p->c, rc == REMOTE_YES ? "COMMIT" : "ROLLBACK", e) ==
	    -1 ? -1 : rc;
}

static int
postgres_apply(void *c, const struct remote_self *self,
    const struct remote_changes *changes, const struct remote_lease *lease,
    struct remote_mark *m, struct err *e)
{
	struct postgres *p = c;
	int rc = begin(p, self->epoch, m, e);

	if (rc == REMOTE_YES && lease)
		rc = delete_lease(p, self, lease, e);
	if (rc == REMOTE_YES && (put_records(p, changes, m->revision,
	    INSERT_RECORDS "UPDATE SET value = excluded.value, "
	    "revision = excluded.revision, changed = now()", e) == -1 ||
	    delete_records(p, changes, e) == -1))
		rc = -1;
	return end(p, rc, e);
}

static int
postgres_restore(void *c, const struct remote_self *self,
    const struct remote_changes *changes, int64_t quiet_ms,
    struct remote_mark *m, struct err *e)
{
	struct postgres *p = c;
	int rc;

	/* The tables may have been dropped as well. */
	if (pq_ask(&p->c, tables_sql, e) == -1)
		return -1;
	pq_add(&p->c, p->tool);
	pq_add(&p->c, str_of(self->epoch));
	pq_add_int(&p->c, quiet_ms);
	if (pq_ask(&p->c, "INSERT INTO truststram_tool VALUES ($1, $2, 0, "
	    "clock_timestamp() + $3 * interval '1 ms') "
	    "ON CONFLICT (tool) DO NOTHING", e) == -1)
		return -1;
	rc = begin(p, NULL, m, e);
	if (rc == REMOTE_YES && put_records(p, changes, m->revision,
	    INSERT_RECORDS "NOTHING", e) == -1)
		rc = -1;
	return end(p, rc, e);
}

static const char lease_sql[] =
"WITH t AS (UPDATE truststram_tool SET revision = revision + 1 "
    "WHERE tool = $1 AND epoch = $2 RETURNING revision, quiet_until) "
"INSERT INTO truststram_lease AS l "
    "SELECT $1, $4, t.revision, $3, clock_timestamp() + "
    "$5 * interval '1 ms' FROM t WHERE t.quiet_until <= clock_timestamp() "
"ON CONFLICT (tool, md5(key)) DO UPDATE SET owner = excluded.owner, "
    "until = excluded.until, generation = CASE WHEN l.owner = excluded.owner "
    "THEN l.generation ELSE excluded.generation END "
"WHERE l.owner = excluded.owner OR l.until <= clock_timestamp() "
"RETURNING generation";

static int
postgres_lease(void *c, const struct remote_self *self, struct str key,
    int64_t ms, int64_t *generation, struct err *e)
{
	struct remote_mark m;
	struct postgres *p = c;
	int n;

	pq_add(&p->c, p->tool);
	pq_add(&p->c, str_of(self->epoch));
	pq_add(&p->c, str_of(self->owner));
	pq_add(&p->c, key_text(p, key));
	pq_add_int(&p->c, ms);
	n = pq_ask(&p->c, lease_sql, e);
	if (n == -1)
		return -1;
	if (n > 0) {
		*generation = pq_field_int(&p->c, 0, 0);
		return REMOTE_YES;
	}
	if (postgres_mark(p, &m, e) == -1)
		return -1;
	return strcmp(m.epoch, self->epoch) == 0 ? REMOTE_NO : REMOTE_LOST;
}

static int
postgres_release(void *c, const struct remote_self *self,
    const struct remote_lease *lease, struct err *e)
{
	return delete_lease(c, self, lease, e) == -1 ? -1 : REMOTE_YES;
}

static const struct remote_driver driver = {
	.open = postgres_open,
	.name = postgres_name,
	.connect = postgres_connect,
	.drop = postgres_drop,
	.close = postgres_close,
	.mark = postgres_mark,
	.get = postgres_get,
	.each = postgres_each,
	.apply = postgres_apply,
	.restore = postgres_restore,
	.lease = postgres_lease,
	.release = postgres_release,
};

static struct state *
open_postgres(struct str url, const char *tool, const struct state_how *how,
    struct err *e)
{
	return remote_open(&driver, url, tool, how, e);
}

const struct state_backend state_postgres = {
	.open = open_postgres,
	REMOTE_BACKEND
};
