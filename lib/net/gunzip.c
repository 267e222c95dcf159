#include "net/gunzip.h"

#include <stddef.h>
#include <zlib.h>

#include "core/dynlib.h"
#include "core/mem.h"

#define SONAME		"libz.so.1"
#define GZIP_WINDOW	(16 + MAX_WBITS)	/* a gzip header, nothing else */
#define PIECE		((size_t)32 << 10)

struct gunzip {
	z_stream z;
	bool complete;
	unsigned char out[PIECE];
};

static struct zlib {
	int	(*init)(z_stream *z, int window, const char *version, int size);
	int	(*inflate)(z_stream *z, int flush);
	int	(*reset)(z_stream *z);
	int	(*end)(z_stream *z);
} zlib;

static const struct dynlib_row functions[] = {
	{ "inflateInit2_", offsetof(struct zlib, init) },
	{ "inflate", offsetof(struct zlib, inflate) },
	{ "inflateReset", offsetof(struct zlib, reset) },
	{ "inflateEnd", offsetof(struct zlib, end) },
};

struct gunzip *
gunzip_new(struct err *e)
{
	struct gunzip *g;

	if (zlib.end == NULL && dynlib_load(SONAME, functions,
	    sizeof(functions) / sizeof(functions[0]), &zlib, e) == -1)
		return NULL;
	g = mem_zalloc(sizeof(*g));
	if (zlib.init(&g->z, GZIP_WINDOW, ZLIB_VERSION,
	    (int)sizeof(g->z)) != Z_OK)
		mem_exhausted();
	return g;
}

void
gunzip_free(struct gunzip *g)
{
	if (g == NULL)
		return;
	(void)zlib.end(&g->z);
	mem_free(g);
}

/* zlib's own prototype lacks a const. */
static unsigned char *
input(struct str s)
{
	const void *p = s.p;
	void *q;

	memcpy(&q, &p, sizeof(q));
	return q;
}

static int
step(struct gunzip *g, answer_body *body, void *arg, struct err *e)
{
	int rc;

	/* Members may follow one another. */
	if (g->complete && zlib.reset(&g->z) != Z_OK)
		return err_set(e, ERR_NET, "bytes behind the gzip stream");
	g->complete = false;
	g->z.next_out = g->out;
	g->z.avail_out = PIECE;
	rc = zlib.inflate(&g->z, Z_NO_FLUSH);
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return err_set(e, ERR_NET, "the gzip stream is damaged");
	g->complete = rc == Z_STREAM_END;
	return body(arg, (struct str){ (const char *)g->out,
	    PIECE - g->z.avail_out }, e);
}

int
gunzip_feed(struct gunzip *g, struct str bytes, answer_body *body, void *arg,
    struct err *e)
{
	g->z.next_in = input(bytes);
	g->z.avail_in = (unsigned)bytes.n;
	do {
		if (step(g, body, arg, e) == -1)
			return -1;
	} while (g->z.avail_in || (!g->complete && g->z.avail_out == 0));
	return 0;
}

bool
gunzip_complete(const struct gunzip *g)
{
	return g->complete;
}
