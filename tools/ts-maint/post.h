/*
 * post: one HTTP request at a time, for those who may wait for its answer.
 */
#ifndef TS_MAINT_POST_H
#define TS_MAINT_POST_H

#include "net/http.h"

struct post_answer {
	int status;
	struct buf body;	/* release it */
};

/*
 * Send q; again after a second, twice as long each time, when the peer was
 * not reached or answered 429 or 5xx, tries times in all.  0 with an answer
 * of any status, -1 with *e.
 */
int	post(const struct http_request *q, int tries, struct post_answer *out,
	    struct err *e);

#endif
