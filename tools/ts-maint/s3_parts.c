/*
 * s3_parts: an object in parts.  Which uploads are under way stands in the
 * task's memory, so that a run that was killed is taken up where it was.
 */
#include "core/dur.h"
#include "core/num.h"
#include "json/tree.h"
#include "s3_object.h"
#include "xml.h"

#define PAGES_MAX	1000	/* of lists: a store that never ends */
#define MARKER_MAX	4096	/* where the next page begins */

static struct str
encoded(struct str key, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	sigv4_put_encoded(&b, key, true);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* ---- memory ---- */

json_t *
uploads_find(struct putter *p, struct str key, const struct object *o)
{
	struct str k = encoded(key, p->w->arena);
	json_t *u;
	size_t i;

	json_array_foreach(p->uploads, i, u)
		if (str_eq(json_get_str(u, "key"), k) && (o == NULL ||
		    (str_eq(json_get_str(u, "sha256"), o->sha256) &&
		    json_integer_value(json_object_get(u, "part")) ==
		    o->part)))
			return u;
	return NULL;
}

void
uploads_keep(struct putter *p)
{
	json_t *memory = json_object();

	(void)json_object_set(memory, "uploads", p->uploads);
	work_remember(p->w, memory);
}

static void
forget(struct putter *p, struct str id)
{
	json_t *u;
	size_t i;

	for (i = json_array_size(p->uploads); i-- > 0;) {
		u = json_array_get(p->uploads, i);
		if (str_eq(json_get_str(u, "id"), id))
			(void)json_array_remove(p->uploads, i);
	}
	uploads_keep(p);
}

static void
remember(struct putter *p, struct str key, struct str id,
    const struct object *o)
{
	struct str k = encoded(key, p->w->arena);
	json_t *u = json_object();

	(void)json_object_set_new(u, "key", json_stringn(k.p, k.n));
	(void)json_object_set_new(u, "id", json_stringn(id.p, id.n));
	(void)json_object_set_new(u, "sha256", json_stringn(o->sha256.p,
	    o->sha256.n));
	(void)json_object_set_new(u, "part", json_integer(o->part));
	(void)json_array_append_new(p->uploads, u);
	uploads_keep(p);
}

int
upload_abort(struct putter *p, struct str key, struct str id, struct err *e)
{
	struct s3_request q = { .method = STR("DELETE"), .key = key,
	    .query = s3_query(p->w->arena, "uploadId", id) };
	struct s3_answer r = { 0 };
	int rc = s3_call(p->s3, &q, &r, e);

	if (rc == 0 && r.status != 204 && r.status != 200 && r.status != 404)
		rc = s3_refused(&q, &r, e);
	s3_answer_release(&r);
	if (rc == 0)
		forget(p, id);
	return rc;
}

/* ---- parts ---- */

struct parts {
	struct str id;
	struct str *etag;	/* of each that is there; empty = it is not */
};

/* A <Part> of a list. */
static void
take_part(struct parts *ps, const struct object *o, int64_t number,
    struct str etag, int64_t size, struct arena *a)
{
	struct buf b = { 0 };
	size_t i = (size_t)(number - 1);
	int64_t left;

	if (number < 1 || number > (int64_t)o->nparts)
		return;
	left = o->size - (int64_t)i * o->part;
	etag = str_ends(etag, STR("\"")) ? str_sub(etag, 1, etag.n - 1) :
	    etag;
	(void)hash_hex(&b, o->md5[i], sizeof(o->md5[i]));
	if (str_eq_nocase(etag, buf_str(&b)) &&
	    size == (left < o->part ? left : o->part))
		ps->etag[i] = arena_str(a, etag);
	buf_release(&b);
}

/* Where a list goes on; it ends with a marker that none would send. */
static struct str
next_page(struct str marker, bool more, struct arena *a)
{
	return more && marker.n <= MARKER_MAX ? arena_str(a, marker) :
	    STR_NONE;
}

/* One page; *marker is the next one's, empty at the end. */
static void
read_parts(struct parts *ps, const struct object *o, struct str doc,
    struct str *marker, struct arena *a)
{
	struct arena page = { 0 };
	struct xml x = { .rest = doc };
	struct xml_tag t;
	struct str etag = STR_NONE, next = STR_NONE;
	int64_t number = 0, size = -1;
	bool more = false;

	while (xml_next(&x, &t, &page)) {
		if (!t.end)
			continue;
		if (str_eq(t.name, STR("PartNumber"))) {
			(void)num_parse_i64(t.text, 1, S3_PARTS_MAX, &number);
		} else if (str_eq(t.name, STR("ETag"))) {
			etag = t.text;
		} else if (str_eq(t.name, STR("Size"))) {
			(void)num_parse_i64(t.text, 0, INT64_MAX, &size);
		} else if (str_eq(t.name, STR("IsTruncated"))) {
			more = str_eq(t.text, STR("true"));
		} else if (str_eq(t.name, STR("NextPartNumberMarker"))) {
			next = t.text;
		} else if (str_eq(t.name, STR("Part"))) {
			take_part(ps, o, number, etag, size, a);
			number = 0;
		}
	}
	*marker = next_page(next, more, a);
	arena_free(&page);
}

/* 1: ps has what is there; 0: the store does not know it; -1 with *e. */
static int
list_parts(struct putter *p, const struct object *o, struct str key,
    struct parts *ps, struct err *e)
{
	struct arena *a = p->w->arena;
	struct str id = s3_query(a, "uploadId", ps->id), marker = STR_NONE;
	struct s3_request q = { .method = STR("GET"), .key = key,
	    .query = id, .body_max = (size_t)16 << 20 };
	struct s3_answer r = { 0 };
	int rc = 1, i;

	for (i = 0; i < PAGES_MAX && rc == 1; i++) {
		if (marker.n)
			q.query = arena_printf(a, STR_FMT "&" STR_FMT,
			    STR_ARG(s3_query(a, "part-number-marker",
			    marker)), STR_ARG(id));
		if (s3_call(p->s3, &q, &r, e) == -1)
			rc = -1;
		else if (r.status == 404)
			rc = 0;
		else if (r.status != 200 || r.code.n)
			rc = s3_refused(&q, &r, e);
		else
			read_parts(ps, o, buf_str(&r.body), &marker, a);
		if (marker.n == 0)
			break;
	}
	s3_answer_release(&r);
	return rc;
}

static int
begin(struct putter *p, struct object *o, struct str key, struct parts *ps,
    struct err *e)
{
	struct http_header headers[8];
	struct s3_request q = { .method = STR("POST"), .key = key,
	    .query = STR("uploads="), .headers = headers };
	struct s3_answer r = { 0 };
	int rc;

	q.nheaders = object_headers(p, o, headers, 8);
	rc = s3_call(p->s3, &q, &r, e);
	if (rc == 0 && (r.status != 200 || r.code.n))
		rc = s3_refused(&q, &r, e);
	if (rc == 0) {
		ps->id = xml_text(buf_str(&r.body), STR("UploadId"),
		    p->w->arena);
		if (ps->id.n == 0)
			rc = err_set(e, ERR_NET, "the store began an upload "
			    "without an UploadId");
		else
			remember(p, key, ps->id, o);
	}
	s3_answer_release(&r);
	return rc;
}

static int
put_part(struct putter *p, struct object *o, struct str key,
    struct parts *ps, size_t nth, struct err *e)
{
	struct arena *a = p->w->arena;
	struct s3_request q = { .method = STR("PUT"), .key = key,
	    .md5 = true, .query = arena_printf(a, "partNumber=%zu&" STR_FMT,
	    nth + 1, STR_ARG(s3_query(a, "uploadId", ps->id))) };
	struct s3_answer r = { 0 };
	struct buf md5 = { 0 };
	int rc;

	if (object_read_part(p, o, nth, e) == -1)
		return -1;
	q.body = buf_str(&p->room);
	rc = s3_call(p->s3, &q, &r, e);
	if (rc == 0 && (r.status != 200 || r.code.n))
		rc = s3_refused(&q, &r, e);
	(void)hash_hex(&md5, o->md5[nth], sizeof(o->md5[nth]));
	/* One that is no MD5 at all is that of an encrypting store. */
	if (rc == 0 && r.etag.n == md5.n && !p->c->sse.n &&
	    !str_eq_nocase(r.etag, buf_str(&md5)))
		rc = err_set(e, ERR_NET, "part %zu arrived as something else",
		    nth + 1);
	if (rc == 0)
		ps->etag[nth] = arena_str(a, r.etag);
	buf_release(&md5);
	s3_answer_release(&r);
	return rc;
}

static void
put_list(struct buf *b, const struct parts *ps, size_t n)
{
	size_t i;

	(void)buf_put(b, STR("<CompleteMultipartUpload "
	    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"));
	for (i = 0; i < n; i++)
		(void)buf_printf(b, "<Part><PartNumber>%zu</PartNumber><ETag>"
		    "&quot;" STR_FMT "&quot;</ETag></Part>", i + 1,
		    STR_ARG(ps->etag[i]));
	(void)buf_put(b, STR("</CompleteMultipartUpload>"));
}

/*
 * An answer that was lost and asked for again finds no upload any more: what
 * is there then is looked at by the caller, as always.
 */
static int
complete(struct putter *p, struct object *o, struct str key,
    struct parts *ps, struct err *e)
{
	struct buf body = { 0 };
	struct s3_request q = { .method = STR("POST"), .key = key,
	    .query = s3_query(p->w->arena, "uploadId", ps->id) };
	struct s3_answer r = { 0 };
	int rc;

	put_list(&body, ps, o->nparts);
	q.body = buf_str(&body);
	rc = s3_call(p->s3, &q, &r, e);
	if (rc == 0 && (r.status != 200 || r.code.n) && r.status != 404)
		rc = s3_refused(&q, &r, e);
	if (rc == 0 || str_starts(r.code, STR("InvalidPart")))
		forget(p, ps->id);
	s3_answer_release(&r);
	buf_release(&body);
	return rc;
}

/* The upload of an earlier run, when it is one of these very bytes. */
static int
resume(struct putter *p, struct object *o, struct str key, struct parts *ps,
    struct err *e)
{
	json_t *u = uploads_find(p, key, o);
	int known;

	if (u != NULL) {
		ps->id = arena_str(p->w->arena, json_get_str(u, "id"));
		if ((known = list_parts(p, o, key, ps, e)) != 0)
			return known == -1 ? -1 : 0;
		forget(p, ps->id);
	} else if ((u = uploads_find(p, key, NULL)) != NULL) {
		/* Of what the file was before. */
		if (upload_abort(p, key, arena_str(p->w->arena,
		    json_get_str(u, "id")), e) == -1)
			return -1;
	}
	return begin(p, o, key, ps, e);
}

int
object_put_parts(struct putter *p, struct object *o, struct str key,
    struct err *e)
{
	struct parts ps = { .etag = ARENA_ARRAY(p->w->arena, o->nparts,
	    struct str) };
	size_t i;

	if (resume(p, o, key, &ps, e) == -1)
		return -1;
	for (i = 0; i < o->nparts; i++) {
		if (ps.etag[i].n)
			continue;
		if (work_stopping(p->w))
			return err_set(e, ERR_SYS, "stopped at part %zu of "
			    "%zu: the next run goes on there", i + 1,
			    o->nparts);
		work_progress(p->w, "part %zu/%zu " STR_FMT, i + 1,
		    o->nparts, STR_ARG(key));
		if (put_part(p, o, key, &ps, i, e) == -1)
			return -1;
	}
	return complete(p, o, key, &ps, e);
}

/* ---- what the store knows of uploads ---- */

struct listed { struct str key, id, begun; };

static void
read_uploads(struct str doc, upload_fn *fn, void *arg, struct str *key,
    struct str *id, struct arena *a)
{
	struct arena page = { 0 };
	struct xml x = { .rest = doc };
	struct xml_tag t;
	struct listed u = { 0 };
	struct str next_key = STR_NONE, next_id = STR_NONE;
	bool more = false;
	int64_t ms;

	while (xml_next(&x, &t, &page)) {
		if (!t.end)
			continue;
		if (str_eq(t.name, STR("Key")))
			u.key = t.text;
		else if (str_eq(t.name, STR("UploadId")))
			u.id = t.text;
		else if (str_eq(t.name, STR("Initiated")))
			u.begun = t.text;
		else if (str_eq(t.name, STR("NextKeyMarker")))
			next_key = t.text;
		else if (str_eq(t.name, STR("NextUploadIdMarker")))
			next_id = t.text;
		else if (str_eq(t.name, STR("IsTruncated")))
			more = str_eq(t.text, STR("true"));
		else if (str_eq(t.name, STR("Upload"))) {
			if (u.key.n && u.id.n && time_parse_rfc3339(u.begun,
			    &ms))
				fn(arg, u.key, u.id, ms);
			u = (struct listed){ 0 };
		}
	}
	*key = next_page(next_key, more, a);
	*id = next_page(next_id, more, a);
	arena_free(&page);
}

int
uploads_list(struct putter *p, struct str prefix, upload_fn *fn, void *arg,
    struct err *e)
{
	struct arena *a = p->w->arena;
	struct str key = STR_NONE, id = STR_NONE;
	struct s3_request q = { .method = STR("GET"), .tries = 1,
	    .wait_ms = 10 * DUR_SECOND, .body_max = (size_t)16 << 20 };
	struct s3_answer r = { 0 };
	int rc = 0, i;

	for (i = 0; i < PAGES_MAX && rc == 0; i++) {
		q.query = arena_printf(a, STR_FMT "&uploads=",
		    STR_ARG(s3_query(a, "prefix", prefix)));
		if (key.n)
			q.query = arena_printf(a, STR_FMT "&" STR_FMT "&"
			    STR_FMT "&uploads=",
			    STR_ARG(s3_query(a, "key-marker", key)),
			    STR_ARG(s3_query(a, "prefix", prefix)),
			    STR_ARG(s3_query(a, "upload-id-marker", id)));
		rc = s3_call(p->s3, &q, &r, e);
		if (rc == 0 && (r.status != 200 || r.code.n))
			rc = s3_refused(&q, &r, e);
		if (rc == 0)
			read_uploads(buf_str(&r.body), fn, arg, &key, &id, a);
		if (key.n == 0)
			break;
	}
	s3_answer_release(&r);
	return rc;
}
