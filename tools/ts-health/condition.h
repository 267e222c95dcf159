/*
 * condition: gatus' condition strings, `[STATUS] == 200`,
 * `len([BODY].items) > 0`, `[BODY].name == pat(john*)`.  Three parts with a
 * blank between: left, operator (== != < <= > >=), right.
 */
#ifndef TS_HEALTH_CONDITION_H
#define TS_HEALTH_CONDITION_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

/* What placeholders stand for. */
struct condition_facts {
	int64_t status;		/* [STATUS] */
	int64_t duration_ms;	/* [RESPONSE_TIME] */
	int64_t cert_ms;	/* [CERTIFICATE_EXPIRATION]: what is left */
	bool connected;		/* [CONNECTED] */
	struct str ip, body, dns_rcode;
};

struct condition {
	struct str text, left, op, right;	/* borrowed */
};

/*
 * 0, or -1 with *e: not three parts, an unknown operator, or (with strict) a
 * placeholder that there is not, or an ordering against a word that is no
 * number, which would compare as 0.
 */
int	condition_parse(struct str s, bool strict, struct condition *out,
	    struct err *e);

/*
 * Whether it holds.  *out gets the condition, with what placeholders stood
 * for in parentheses when it does not hold and resolve is set.
 */
bool	condition_holds(const struct condition *c,
	    const struct condition_facts *f, bool resolve, struct arena *a,
	    struct buf *out);

#endif
