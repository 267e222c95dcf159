/*
 * redis_api: the reader of replies of hiredis, loaded on first use.
 */
#ifndef STATE_REDIS_API_H
#define STATE_REDIS_API_H

#include <hiredis/hiredis.h>

#include "core/err.h"

#define REDIS_FUNCTIONS(X)						\
	X(redisReaderCreate) X(redisReaderFeed) X(redisReaderGetReply)	\
	X(redisReaderFree) X(freeReplyObject)

struct redis_api {
#define X(name) __typeof__(name) *name;
	REDIS_FUNCTIONS(X)
#undef X
};

/* NULL with *e when there is no hiredis. */
const struct redis_api	*redis_load(struct err *e);

#endif
