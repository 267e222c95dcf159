/*
 * range: reading thresholds, and asking them.
 */
#include "config/range.h"

#include <math.h>

#include "core/num.h"

static struct str
without_percent(struct str s)
{
	if (s.n > 1 && s.p[s.n - 1] == '%')
		s.n--;
	return s;
}

/* Empty is dflt; '~' is minus infinity where one may stand. */
static bool
bound_parse(struct str s, double dflt, bool tilde, double *out)
{
	*out = dflt;
	if (s.n == 0)
		return true;
	if (tilde && str_eq(s, STR("~"))) {
		*out = -INFINITY;
		return true;
	}
	return num_parse_double(without_percent(s), out);
}

/* [@] [low ':'] [high] */
int
range_parse(struct str s, struct range *out, struct err *e)
{
	struct str rest = s, head;

	*out = (struct range){ .set = true, .text = s };
	if (rest.n && rest.p[0] == '@') {
		out->inside = true;
		rest = str_sub(rest, 1, rest.n);
	}
	if (str_find_char(rest, ':') >= 0) {
		rest = str_cut(rest, ':', &head);
		if (!bound_parse(head, 0, true, &out->low))
			goto bad;
	}
	if (!bound_parse(rest, INFINITY, false, &out->high))
		goto bad;
	if (out->low > out->high)
		return err_set(e, ERR_CONFIG, "range '" STR_FMT
		    "' ends before it begins", STR_ARG(s));
	return 0;
bad:
	return err_set(e, ERR_CONFIG, "'" STR_FMT "' is not a range "
	    "([@][low:][high])", STR_ARG(s));
}

int
range_decode(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct err why;

	(void)a;
	if (n->kind != Y_SCALAR)
		return ynode_err(n, e, "expected a range");
	if (range_parse(n->scalar, field, &why) == -1)
		return ynode_err(n, e, "%s", why.msg);
	return 0;
}

int
range_bytes_decode(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct buf b = { 0 };
	struct str rest, part;
	struct err why;
	int64_t bytes;
	int rc;

	if (n->kind != Y_SCALAR)
		return ynode_err(n, e, "expected a range");
	rest = n->scalar;
	if (str_starts(rest, STR("@"))) {
		(void)buf_putc(&b, '@');
		rest = str_sub(rest, 1, rest.n);
	}
	while (rest.p != NULL) {
		rest = str_cut(rest, ':', &part);
		if (yaml_size_parse(part, &bytes))
			(void)buf_printf(&b, "%lld", (long long)bytes);
		else
			(void)buf_put(&b, part);
		if (rest.p != NULL)
			(void)buf_putc(&b, ':');
	}
	rc = range_parse(arena_str(a, buf_str(&b)), field, &why);
	buf_release(&b);
	return rc == -1 ? ynode_err(n, e, "%s", why.msg) : 0;
}

bool
range_alert(const struct range *r, double v)
{
	bool within = v >= r->low && v <= r->high;

	return r->set && within == r->inside;
}
