#include "s3_object.h"

#include <errno.h>
#include <unistd.h>

#include "core/dur.h"

#define KEYS_MAX	100	/* key, key.1 ... */
#define MIB		(INT64_C(1) << 20)

/* ---- a file, measured ---- */

/* n bytes from at on; fewer are an error. */
static int
read_at(int fd, int64_t at, size_t n, struct buf *room, struct err *e)
{
	ssize_t got;

	buf_reset(room);
	if (buf_reserve(room, n) == -1)
		return err_set(e, ERR_LIMIT, "a part is too large");
	while (room->n < n) {
		got = pread(fd, room->p + room->n, n - room->n,
		    at + (int64_t)room->n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return err_sys(e, "cannot read it");
		if (got == 0)
			return err_set(e, ERR_SYS, "it became shorter");
		room->n += (size_t)got;
	}
	return 0;
}

static size_t
part_size(const struct object *o, size_t nth)
{
	int64_t left = o->size - (int64_t)nth * o->part;

	return (size_t)(left < o->part ? left : o->part);
}

static struct str
hex(const void *bytes, size_t n, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	(void)hash_hex(&b, bytes, n);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* Of several parts it is the digest of their digests, and how many. */
static struct str
etag_of(const struct object *o, struct arena *a)
{
	unsigned char d[HASH_MD5_BYTES];

	if (o->nparts == 1)
		return hex(o->md5[0], sizeof(o->md5[0]), a);
	hash_md5((struct str){ (const char *)o->md5, o->nparts *
	    sizeof(o->md5[0]) }, d);
	return arena_printf(a, STR_FMT "-%zu", STR_ARG(hex(d, sizeof(d), a)),
	    o->nparts);
}

int
object_measure(struct putter *p, struct object *o, int64_t part,
    struct err *e)
{
	struct arena *a = p->w->arena;
	unsigned char d[HASH_SHA256_BYTES];
	struct hash_sha256 *h;
	int rc = 0;
	size_t i;

	o->part = part;
	if (o->size / part >= S3_PARTS_MAX)
		o->part = (o->size / S3_PARTS_MAX / MIB + 1) * MIB;
	o->nparts = o->size <= o->part ? 1 :
	    (size_t)((o->size + o->part - 1) / o->part);
	o->md5 = arena_alloc(a, o->nparts * sizeof(*o->md5));
	h = hash_sha256_begin();
	for (i = 0; rc == 0 && i < o->nparts; i++) {
		rc = read_at(o->fd, (int64_t)i * o->part, part_size(o, i),
		    &p->room, e);
		hash_sha256_more(h, buf_str(&p->room));
		hash_md5(buf_str(&p->room), o->md5[i]);
		if (rc == 0 && work_stopping(p->w))
			rc = err_set(e, ERR_SYS, "stopped");
	}
	hash_sha256_end(h, d);
	o->sha256 = hex(d, sizeof(d), a);
	o->etag = etag_of(o, a);
	return rc;
}

int
object_read_part(struct putter *p, const struct object *o, size_t nth,
    struct err *e)
{
	unsigned char d[HASH_MD5_BYTES];

	if (read_at(o->fd, (int64_t)nth * o->part, part_size(o, nth),
	    &p->room, e) == -1)
		return -1;
	hash_md5(buf_str(&p->room), d);
	if (memcmp(d, o->md5[nth], sizeof(d)) != 0)
		return err_set(e, ERR_SYS, "it was written to while it was "
		    "read");
	return 0;
}

size_t
object_headers(struct putter *p, const struct object *o,
    struct http_header *out, size_t max)
{
	const struct s3_config *c = p->c;
	struct http_header all[] = {
		{ STR("x-amz-meta-sha256"), o->sha256 },
		{ STR("x-amz-meta-mtime"), arena_printf(p->w->arena,
		    "%lld.%03d", (long long)(o->mtime_ms / 1000),
		    (int)(o->mtime_ms % 1000)) },
		{ STR("x-amz-storage-class"), c->storage_class },
		{ STR("x-amz-server-side-encryption"), c->sse },
		{ STR("x-amz-server-side-encryption-aws-kms-key-id"),
		    c->sse_key },
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].value.n && n < max)
			out[n++] = all[i];
	return n;
}

struct str
s3_query(struct arena *a, const char *name, struct str value)
{
	struct buf b = { 0 };
	struct str s;

	(void)buf_printf(&b, "%s=", name);
	sigv4_put_encoded(&b, value, false);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* ---- what the store has ---- */

enum there { THERE_NOTHING, THERE_SAME, THERE_BROKEN, THERE_OTHER };

/* Its bytes, a part at a time. */
static int
read_back(struct putter *p, const struct object *o, struct str key,
    bool *same, struct err *e)
{
	struct hash_sha256 *h = hash_sha256_begin();
	unsigned char d[HASH_SHA256_BYTES];
	struct s3_answer r = { 0 };
	struct http_header range = { STR("Range"), STR_NONE };
	struct s3_request q = { .method = STR("GET"), .key = key,
	    .headers = &range, .body_max = (size_t)o->part + 1 };
	int64_t got = 0;
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < o->nparts; i++) {
		range.value = arena_printf(p->w->arena, "bytes=%lld-%lld",
		    (long long)((int64_t)i * o->part),
		    (long long)((int64_t)i * o->part +
		    (int64_t)part_size(o, i) - 1));
		q.nheaders = o->size > 0;
		rc = s3_call(p->s3, &q, &r, e);
		if (rc == 0 && r.status != 206 && r.status != 200)
			rc = s3_refused(&q, &r, e);
		if (rc == 0) {
			hash_sha256_more(h, buf_str(&r.body));
			got += (int64_t)r.body.n;
		}
		if (rc == 0 && work_stopping(p->w))
			rc = err_set(e, ERR_SYS, "stopped");
	}
	s3_answer_release(&r);
	hash_sha256_end(h, d);
	*same = got == o->size && str_eq(hex(d, sizeof(d), p->w->arena),
	    o->sha256);
	return rc;
}

/* 1 it is that of o, 0 it is not, -1 it says nothing about the bytes. */
static int
judge_etag(const struct object *o, struct s3_answer *r)
{
	struct str digest, count = str_cut(r->etag, '-', &digest);
	size_t i;

	if (str_starts(r->sse, STR("aws:kms")))
		return -1;
	if (str_eq_nocase(r->etag, o->etag))
		return 1;
	for (i = 0; i < digest.n; i++)
		if (strchr("0123456789abcdefABCDEF", digest.p[i]) == NULL)
			return -1;
	if (digest.n != 2 * HASH_MD5_BYTES)
		return -1;
	/* Sent in parts of another size. */
	if (count.n && !str_ends(o->etag, arena_printf(&r->arena, "-"
	    STR_FMT, STR_ARG(count))))
		return -1;
	return count.n == 0 && o->nparts > 1 ? -1 : 0;
}

/* The refusal of a HEAD has no words: those of a GET. */
static int
refused_look(struct putter *p, const struct s3_request *head,
    struct s3_answer *r, struct err *e)
{
	struct http_header range = { STR("Range"), STR("bytes=0-0") };
	struct s3_request q = { .method = STR("GET"), .key = head->key,
	    .headers = &range, .nheaders = 1, .tries = 1 };
	struct s3_answer words = { 0 };
	int rc;

	if (s3_call(p->s3, &q, &words, e) == 0 && words.code.n)
		rc = s3_refused(&q, &words, e);
	else
		rc = s3_refused(head, r, e);
	s3_answer_release(&words);
	return rc;
}

static int
look(struct putter *p, const struct object *o, struct str key,
    enum there *out, struct err *e)
{
	struct s3_request q = { .method = STR("HEAD"), .key = key };
	struct s3_answer r;
	int rc, etag = 0;
	bool same = false;

	memset(&r, 0, sizeof(r));
	if ((rc = s3_call(p->s3, &q, &r, e)) == -1) {
		s3_answer_release(&r);
		return -1;
	}
	if (r.status == 404)
		*out = THERE_NOTHING;
	else if (r.status != 200)
		rc = refused_look(p, &q, &r, e);
	else if (!str_eq_nocase(r.sha256, o->sha256))
		*out = THERE_OTHER;
	else if (r.length != o->size || (etag = judge_etag(o, &r)) == 0)
		*out = THERE_BROKEN;
	else if (etag == 1 && !p->get)
		*out = THERE_SAME;
	else if ((rc = read_back(p, o, key, &same, e)) == 0)
		*out = same ? THERE_SAME : THERE_BROKEN;
	s3_answer_release(&r);
	return rc;
}

/* ---- put ---- */

static int
put_whole(struct putter *p, struct object *o, struct str key, struct err *e)
{
	struct http_header headers[8];
	struct s3_request q = { .method = STR("PUT"), .key = key,
	    .md5 = true, .headers = headers };
	struct s3_answer r = { 0 };
	int rc;

	if (object_read_part(p, o, 0, e) == -1)
		return -1;
	q.nheaders = object_headers(p, o, headers, 8);
	q.body = buf_str(&p->room);
	rc = s3_call(p->s3, &q, &r, e);
	if (rc == 0 && (r.status != 200 || r.code.n))
		rc = s3_refused(&q, &r, e);
	s3_answer_release(&r);
	return rc;
}

static enum put_end
put_at(struct putter *p, struct object *o, struct str key, struct err *e)
{
	enum there t = THERE_NOTHING;
	int rc = o->nparts == 1 ? put_whole(p, o, key, e) :
	    object_put_parts(p, o, key, e);

	if (rc == -1 || look(p, o, key, &t, e) == -1)
		return PUT_FAILED;
	if (t == THERE_SAME)
		return PUT_DONE;
	(void)err_set(e, ERR_NET, "what " STR_FMT " has is %s: left here",
	    STR_ARG(s3_name(p->c, key, p->w->arena)),
	    t == THERE_NOTHING ? "nothing" : "not what was sent");
	return PUT_FAILED;
}

enum put_end
object_put(struct putter *p, struct object *o, struct str key,
    struct str *at, struct err *e)
{
	enum there t;
	int i;

	for (i = 0; i < KEYS_MAX; i++) {
		*at = i ? arena_printf(p->w->arena, STR_FMT ".%d",
		    STR_ARG(key), i) : key;
		if (look(p, o, *at, &t, e) == -1)
			return PUT_FAILED;
		if (t == THERE_SAME)
			return PUT_THERE;
		if (t != THERE_OTHER)
			return put_at(p, o, *at, e);
	}
	(void)err_set(e, ERR_LIMIT, "its key and %d more are taken by other "
	    "objects", KEYS_MAX - 1);
	return PUT_FAILED;
}
