/*
 * redis_reply: errors by their first words.
 */
#include "redis_reply.h"

static const struct {
	const char *words;
	struct redis_verdict verdict;
} errors[] = {
	{ "WRONGPASS", { true, CHECK_FAIL, "auth" } },
	{ "NOAUTH", { true, CHECK_FAIL, "auth" } },
	{ "ERR invalid password", { true, CHECK_FAIL, "auth" } },
	{ "ERR Client sent AUTH", { true, CHECK_FAIL, "auth" } },
	/* The server answers; it only may not say PONG to us. */
	{ "NOPERM", { true, CHECK_OK, "permission" } },
	{ "LOADING", { true, CHECK_FAIL, "loading" } },
	{ "BUSY", { true, CHECK_FAIL, "busy" } },
	{ "MASTERDOWN", { true, CHECK_FAIL, "masterdown" } },
	{ "CLUSTERDOWN", { true, CHECK_FAIL, "clusterdown" } },
	{ "ERR max number of clients", { true, CHECK_FAIL, "maxclients" } },
	{ "DENIED", { true, CHECK_FAIL, "denied" } },
	/* Of writes only. */
	{ "OOM", { false, CHECK_OK, "oom" } },
	{ "MISCONF", { false, CHECK_OK, "misconf" } },
};

struct str
redis_reply_text(struct str reply)
{
	struct str line;

	(void)str_cut(str_sub(reply, 1, reply.n), '\n', &line);
	return str_trim(line);
}

struct redis_verdict
redis_reply_judge(struct str reply)
{
	struct redis_verdict v = { true, CHECK_FAIL, "protocol" };
	struct str text = redis_reply_text(reply);
	size_t i;

	if (reply.n == 0)
		v.kind = "closed";
	else if (str_starts(reply, STR("$4\r\nPONG\r\n")) ||
	    (reply.p[0] == '+' && str_eq(text, STR("PONG"))))
		v = (struct redis_verdict){ true, CHECK_OK, NULL };
	else if (reply.p[0] == '-') {
		v.kind = "error";
		for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
			if (str_starts(text, str_of(errors[i].words)))
				return errors[i].verdict;
	}
	return v;
}
