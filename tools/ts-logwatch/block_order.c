/* Records of blocks as orders: what --act reads. */
#include <ctype.h>

#include "block.h"
#include "core/dur.h"
#include "core/num.h"
#include "json/read.h"
#include "wire/wire.h"

#define RULE_MAX	64

/* Members as they come; which of them are needed is known at the end. */
struct members {
	struct str ip, action, rule;
	int64_t prefix;			/* -1: none */
	bool forever;
};

static int
read_text(struct jr *r, enum jr_tok tok, struct str *out, struct err *e)
{
	if (tok == JR_STR)
		*out = r->str;
	else if (tok != JR_NULL)
		return jr_err(r, "a string", e);
	return 0;
}

static int
read_time(struct jr *r, enum jr_tok tok, int64_t *out, struct err *e)
{
	if (tok != JR_STR || !time_parse_rfc3339(r->str, out))
		return jr_err(r, "a time of RFC 3339", e);
	return 0;
}

static int
read_until(struct jr *r, enum jr_tok tok, struct members *m,
    struct block_order *out, struct err *e)
{
	m->forever = tok == JR_NULL;
	return m->forever ? 0 : read_time(r, tok, &out->until, e);
}

/* Which command another has run, and how that ended, is not read. */
static int
read_member(struct jr *r, struct str key, struct members *m,
    struct block_order *out, struct err *e)
{
	enum jr_tok tok = jr_next(r);

	if (tok == JR_BAD)
		return jr_err(r, NULL, e);
	if (str_eq(key, STR("ip")))
		return read_text(r, tok, &m->ip, e);
	else if (str_eq(key, STR("action")))
		return read_text(r, tok, &m->action, e);
	else if (str_eq(key, STR("rule")))
		return read_text(r, tok, &m->rule, e);
	else if (str_eq(key, STR("until")))
		return read_until(r, tok, m, out, e);
	else if (str_eq(key, STR("time")))
		return read_time(r, tok, &out->time, e);
	else if (!str_eq(key, STR("prefix")))
		return jr_skip(r, tok) == -1 ? jr_err(r, NULL, e) : 0;
	else if (tok != JR_NUM || !num_parse_i64(r->str, 0, 128, &m->prefix))
		return jr_err(r, "a prefix from 0 to 128", e);
	return 0;
}

static int
bad(struct err *e, const char *what, struct str it)
{
	return err_at(e, 1, 1, "'" STR_FMT "' is no %s", STR_ARG(it), what);
}

/* It goes into comments of firewalls, and to commands. */
static bool
is_rule(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= RULE_MAX;
}

static int
check(const struct members *m, struct block_order *out, struct err *e)
{
	if (str_eq(m->action, STR("block")))
		out->kind = ORDER_BLOCK;
	else if (str_eq(m->action, STR("unblock")))
		out->kind = ORDER_UNBLOCK;
	else if (str_eq(m->action, STR("refused")))
		out->kind = ORDER_NONE;
	else
		return bad(e, "action: block, unblock or refused", m->action);
	if (!cidr_make(m->ip, m->prefix, &out->net))
		return m->prefix < 0 ? bad(e, "address", m->ip) :
		    err_at(e, 1, 1, "'" STR_FMT "' is no address with a "
		    "prefix of %d", STR_ARG(m->ip), (int)m->prefix);
	if (out->kind == ORDER_NONE)
		return 0;
	if (!is_rule(m->rule))
		return bad(e, "name of a rule", m->rule);
	if (str_eq(m->rule, STR(BLOCK_BY_HAND)))
		return err_at(e, 1, 1, "'" BLOCK_BY_HAND "' is what people "
		    "block, not a rule");
	out->rule = m->rule;
	return 0;
}

int
block_order_read(struct str line, struct arena *a, struct block_order *out,
    struct err *e)
{
	struct members m = { .prefix = -1 };
	struct str type;
	enum jr_tok tok;
	struct jr r;

	if (!wire_member(line, STR("type"), &type) ||
	    !str_eq(type, STR("\"block\"")))
		return 0;
	memset(out, 0, sizeof(*out));
	out->time = out->until = INT64_MIN;
	jr_init(&r, line, a);
	for (tok = jr_next(&r); tok == JR_OBJ || tok == JR_KEY;
	    tok = jr_next(&r))
		if (tok == JR_KEY && read_member(&r, r.str, &m, out, e) == -1)
			return -1;
	if (tok == JR_BAD)
		return jr_err(&r, NULL, e);
	if (m.forever)
		out->until = INT64_MAX;
	return check(&m, out, e) == -1 ? -1 : 1;
}
