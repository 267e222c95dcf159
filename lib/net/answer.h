/*
 * answer: an HTTP/1.1 response (RFC 9112) taken apart as its bytes arrive,
 * in any pieces.  Interim responses (1xx) are passed over.  Its head is
 * bounded; its body goes to the caller piece by piece, chunked coding undone.
 *
 *	answer_init(&a, is_head_request);
 *	while ((n = read(...)) > 0)
 *		switch (answer_feed(&a, bytes, body, arg, &e)) ...
 *	if (n == 0)
 *		answer_end(&a, &e)		the peer closed
 */
#ifndef NET_ANSWER_H
#define NET_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

#define ANSWER_HEAD_MAX	((size_t)64 << 10)

enum answer_result { ANSWER_BAD = -1, ANSWER_MORE, ANSWER_DONE };

enum answer_state {
	ANSWER_HEAD, ANSWER_LENGTH, ANSWER_UNTIL_CLOSE, ANSWER_CHUNK_SIZE,
	ANSWER_CHUNK, ANSWER_CHUNK_END, ANSWER_TRAILER, ANSWER_COMPLETE
};

struct answer {
	int status;		/* 0: the head is not complete */
	bool keep;		/* the connection can be used again */
	int minor;		/* of HTTP/1.minor */
	int64_t length;		/* Content-Length; -1 = none */
	struct buf head;	/* the header lines; the slices point here */
	struct str content_type, content_encoding, location, retry_after,
	    last_modified;

	/* private */
	enum answer_state state;
	bool no_body, chunked, has_length, closes;
	uint64_t left;		/* of the body, or of the chunk */
	struct buf line;	/* of a chunk size or trailer, so far */
};

/* body gets a piece; -1 with *e stops (ANSWER_BAD). */
typedef int answer_body(void *arg, struct str bytes, struct err *e);

void	answer_init(struct answer *a, bool no_body);	/* keeps memory */
void	answer_release(struct answer *a);

/* Bytes behind a complete answer are dropped, and keep becomes false. */
enum answer_result	answer_feed(struct answer *a, struct str bytes,
			    answer_body *body, void *arg, struct err *e);
enum answer_result	answer_end(struct answer *a, struct err *e);

#endif
