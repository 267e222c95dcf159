/*
 * s3_object: a file in a store, put there whole, part by part where it is
 * large, and looked at again before anybody calls it safe.
 */
#ifndef TS_MAINT_S3_OBJECT_H
#define TS_MAINT_S3_OBJECT_H

#include "core/hash.h"
#include "s3.h"

#define S3_PARTS_MAX	10000

struct object {
	int fd;
	int64_t size, part;	/* bytes; of a part (its last may be less) */
	int64_t mtime_ms;	/* of the file, for its metadata */
	size_t nparts;		/* at least 1 */
	unsigned char (*md5)[HASH_MD5_BYTES];	/* of each part */
	struct str sha256;	/* hexadecimal, of all */
	struct str etag;	/* that a store should have for it */
};

/* Who puts objects: a buffer of one part, and the uploads under way. */
struct putter {
	struct s3 *s3;
	const struct s3_config *c;
	struct work *w;
	struct buf room;
	json_t *uploads;	/* [{key, id, sha256, part}]; goes to memory */
	bool get;		/* read back what was put */
};

/*
 * Read all of o->fd: sizes and digests.  part is what is wished; more where
 * there would be too many.  -1 with *e.
 */
int	object_measure(struct putter *p, struct object *o, int64_t part,
	    struct err *e);

enum put_end { PUT_FAILED = -1, PUT_DONE, PUT_THERE };

/*
 * See to it that the store has o, whole, at key; where that is taken by
 * something else, at key.1, key.2 ...; *at is what it became.  What the store
 * says of it afterwards has been compared: its size, its ETag and the SHA-256
 * that it keeps with it; and where its ETag is no digest, its bytes.
 * PUT_THERE: it was there before.  PUT_FAILED with *e.
 */
enum put_end	object_put(struct putter *p, struct object *o, struct str key,
		    struct str *at, struct err *e);

/* ---- uploads that were begun and not ended ---- */

/* Those of memory: what is known of the one for o at key; NULL = none. */
json_t	*uploads_find(struct putter *p, struct str key,
	    const struct object *o);

/* Tell the one who keeps it what is under way now. */
void	uploads_keep(struct putter *p);

/* Give up an upload; 0 also when it is gone.  -1 with *e. */
int	upload_abort(struct putter *p, struct str key, struct str id,
	    struct err *e);

/* For each that the store knows below prefix; 0, -1 with *e. */
typedef void upload_fn(void *arg, struct str key, struct str id,
	    int64_t begun_ms);
int	uploads_list(struct putter *p, struct str prefix, upload_fn *fn,
	    void *arg, struct err *e);

/* s3_parts.c: o in parts to key, from where an earlier upload got. */
int	object_put_parts(struct putter *p, struct object *o, struct str key,
	    struct err *e);

/* The nth part (from 0) into p->room; it must be as it was measured. */
int	object_read_part(struct putter *p, const struct object *o, size_t nth,
	    struct err *e);

/* The headers of a new object; how many. */
size_t	object_headers(struct putter *p, const struct object *o,
	    struct http_header *out, size_t max);

/* name=value of a query, the value encoded. */
struct str	s3_query(struct arena *a, const char *name, struct str value);

#endif
