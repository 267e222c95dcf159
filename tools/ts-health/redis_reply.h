/*
 * redis_reply: what the first reply of a Redis server to PING tells.
 */
#ifndef TS_HEALTH_REDIS_REPLY_H
#define TS_HEALTH_REDIS_REPLY_H

#include "check_status.h"
#include "core/str.h"

struct redis_verdict {
	bool known;		/* false: says nothing about PING */
	enum check_status status;
	const char *kind;	/* auth, loading, …; NULL for PONG */
};

/* Raw bytes as they came; empty: the server closed. */
struct redis_verdict	redis_reply_judge(struct str reply);

/* The text of a status or an error, without type and line end. */
struct str	redis_reply_text(struct str reply);

#endif
