#include <arpa/inet.h>
#include <math.h>

#include "core/dur.h"
#include "core/num.h"
#include "core/utf8.h"
#include "model/labels.h"
#include "tmpl/data.h"
#include "tmpl/humanize.h"
#include "tmpl/internal.h"

/* The functions of alerting rules. */
#define FUNC(f)								\
static int								\
f(struct tmpl_ctx *c, const struct tval *arg, size_t n,			\
    struct tval *out, struct err *e)

#define UNUSED(x)	(void)(x)

#define HUMANIZE(f, print)						\
FUNC(f)									\
{									\
	struct buf b = { 0 };						\
	double v;							\
									\
	UNUSED(n);							\
	if (tval_number(&arg[0], &v, e) == -1)				\
		return -1;						\
	print(v, &b);							\
	out_buf(c, &b, out);						\
	return 0;							\
}

HUMANIZE(fn_humanize, humanize)
HUMANIZE(fn_humanize_1024, humanize_1024)
HUMANIZE(fn_humanize_percentage, humanize_percentage)

int
fn_humanize_duration(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	struct buf b = { 0 };
	double v;

	UNUSED(n);
	if (tval_number(&arg[0], &v, e) == -1)
		return -1;
	humanize_duration(v, &b);
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_humanize_timestamp)
{
	struct buf b = { 0 };
	struct tval t;
	double v;

	UNUSED(n);
	if (tval_number(&arg[0], &v, e) == -1)
		return -1;
	if (isnan(v) || isinf(v))
		num_print(&b, v, NUM_GO_G);
	else if (seconds_to_time(v, &t, e) == -1)
		return -1;
	else
		gotime_print(&t, &b);
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_to_time)
{
	double v;

	UNUSED(c);
	UNUSED(n);
	return tval_number(&arg[0], &v, e) == -1 ? -1 :
	    seconds_to_time(v, out, e);
}

FUNC(fn_to_duration)
{
	double v;

	UNUSED(c);
	UNUSED(n);
	if (tval_number(&arg[0], &v, e) == -1)
		return -1;
	if (!(fabs(v * 1e9) < 9223372036854775808.0))
		return err_set(e, ERR_CONFIG, "%g cannot be represented as a "
		    "duration since it overflows int64", v);
	*out = (struct tval){ .kind = TV_DURATION,
	    .u.i = (int64_t)(v * 1e9) };
	return 0;
}

FUNC(fn_now)
{
	UNUSED(arg);
	UNUSED(n);
	UNUSED(e);
	*out = tval_float((double)c->now_ms / 1000);
	return 0;
}

FUNC(fn_parse_duration)
{
	struct str s = arg[0].u.s;
	bool minus = s.n > 1 && s.p[0] == '-';
	int64_t ms;

	UNUSED(c);
	UNUSED(n);
	if (!dur_parse(minus ? str_sub(s, 1, s.n) : s, &ms))
		return err_set(e, ERR_CONFIG, "not a valid duration string: "
		    "\"" STR_FMT "\"", STR_ARG(s));
	*out = tval_float((double)(minus ? -ms : ms) / 1000);
	return 0;
}

FUNC(fn_query)
{
	UNUSED(n);
	if (c->query == NULL)
		return err_set(e, ERR_CONFIG, "no query here");
	return c->query(c, arg[0].u.s, out, e);
}

FUNC(fn_first)
{
	UNUSED(c);
	UNUSED(n);
	if (arg[0].kind != TV_LIST)
		return err_set(e, ERR_CONFIG, "first() called on %s",
		    tval_type(&arg[0]));
	if (arg[0].u.list.n == 0)
		return err_set(e, ERR_CONFIG,
		    "first() called on vector with no elements");
	*out = arg[0].u.list.p[0];
	return 0;
}

static const struct tmpl_sample *
sample(const struct tval *v, struct err *e)
{
	if (v->kind == TV_OBJ && v->u.obj.class == &tmpl_sample_class)
		return v->u.obj.self;
	(void)err_set(e, ERR_CONFIG, "wrong type: expected a sample, got %s",
	    tval_type(v));
	return NULL;
}

FUNC(fn_value)
{
	const struct tmpl_sample *s = sample(&arg[0], e);

	UNUSED(c);
	UNUSED(n);
	if (s == NULL)
		return -1;
	*out = tmpl_sample_value(s);
	return 0;
}

static int
sample_label(const struct tval *v, struct str name, struct tval *out,
    struct err *e)
{
	const struct tmpl_sample *s = sample(v, e);

	if (s == NULL)
		return -1;
	*out = tval_str(s->labels == NULL ? STR("") :
	    labels_get(s->labels, name));
	return 0;
}

FUNC(fn_label)
{
	UNUSED(c);
	UNUSED(n);
	return sample_label(&arg[1], arg[0].u.s, out, e);
}

FUNC(fn_strvalue)
{
	UNUSED(c);
	UNUSED(n);
	return sample_label(&arg[0], STR("__value__"), out, e);
}

FUNC(fn_sort_by_label)
{
	struct tval *v, at, a, b;
	size_t len, i, j;

	UNUSED(n);
	if (arg[1].kind != TV_LIST)
		return err_set(e, ERR_CONFIG, "sortByLabel of %s",
		    tval_type(&arg[1]));
	len = arg[1].u.list.n;
	v = ARENA_ARRAY(c->arena, len, struct tval);
	/* By insertion: stable, and query results are short. */
	for (i = 0; i < len; i++) {
		at = arg[1].u.list.p[i];
		if (sample_label(&at, arg[0].u.s, &a, e) == -1)
			return -1;
		for (j = i; j > 0; j--) {
			(void)sample_label(&v[j - 1], arg[0].u.s, &b, e);
			if (str_cmp(b.u.s, a.u.s) <= 0)
				break;
			v[j] = v[j - 1];
		}
		v[j] = at;
	}
	*out = tval_list(v, len, arg[1].type);
	return 0;
}

/* strings.Title: the first letter of each word; the rest stays. */
FUNC(fn_title)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct str s = arg[0].u.s;
	bool inside = false;
	size_t at = 0;
	uint32_t u;

	UNUSED(n);
	UNUSED(e);
	while (at < s.n) {
		u = utf8_next(s, &at);
		(void)utf8_put(&b, inside ? u : utf8_upper(u));
		inside = u < 0x80 ? is_alnum(u) || u == '\'' : is_alnum(u);
	}
	out_buf(c, &b, out);
	return 0;
}

/* net.SplitHostPort; false when s is no host:port. */
static bool
split_host_port(struct str s, struct str *host, struct str *port)
{
	size_t colon = s.n;
	ptrdiff_t close;

	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon-- == 0)
		return false;
	*port = str_sub(s, colon + 1, s.n);
	if (s.p[0] == '[') {
		close = str_find_char(s, ']');
		if (close == -1 || (size_t)close + 1 != colon)
			return false;
		*host = str_sub(s, 1, (size_t)close);
	} else {
		*host = str_sub(s, 0, colon);
		if (str_find_char(*host, ':') != -1)
			return false;
	}
	return str_find_char(*host, '[') == -1 &&
	    str_find_char(*host, ']') == -1 &&
	    str_find_char(*port, '[') == -1 &&
	    str_find_char(*port, ']') == -1;
}

FUNC(fn_strip_port)
{
	struct str host, port;

	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_str(split_host_port(arg[0].u.s, &host, &port) ? host :
	    arg[0].u.s);
	return 0;
}

static bool
is_ip(struct str s)
{
	unsigned char addr[16];
	char text[64];

	if (s.n >= sizeof(text))
		return false;
	memcpy(text, s.n ? s.p : "", s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET, text, addr) == 1 ||
	    inet_pton(AF_INET6, text, addr) == 1;
}

FUNC(fn_strip_domain)
{
	struct str host, port, head;
	bool ported = split_host_port(arg[0].u.s, &host, &port);

	UNUSED(n);
	UNUSED(e);
	if (!ported)
		host = arg[0].u.s;
	if (is_ip(host)) {
		*out = arg[0];
		return 0;
	}
	(void)str_cut(host, '.', &head);
	*out = tval_str(head);
	if (ported && port.n > 0)
		*out = tval_str(arena_printf(c->arena, STR_FMT ":" STR_FMT,
		    STR_ARG(head), STR_ARG(port)));
	return 0;
}

FUNC(fn_args)
{
	struct tpair *p = ARENA_ARRAY(c->arena, n, struct tpair);
	size_t i, j, len = 0;

	UNUSED(e);
	for (i = 0; i < n; i++) {
		struct str key = arena_printf(c->arena, "arg%zu", i);

		for (j = len++; j > 0 && str_cmp(p[j - 1].key, key) > 0; j--)
			p[j] = p[j - 1];
		p[j] = (struct tpair){ key, arg[i] };
	}
	*out = (struct tval){ .kind = TV_MAP, .u.map = { p, len } };
	return 0;
}

FUNC(fn_external_url)
{
	UNUSED(arg);
	UNUSED(n);
	UNUSED(e);
	*out = tval_str(c->external_url);
	return 0;
}

FUNC(fn_path_prefix)
{
	ptrdiff_t at = str_find(c->external_url, STR("://"));
	struct str rest = str_sub(c->external_url, at == -1 ? 0 :
	    (size_t)at + 3, c->external_url.n);

	UNUSED(arg);
	UNUSED(n);
	UNUSED(e);
	at = str_find_char(rest, '/');
	rest = at == -1 ? STR("") : str_sub(rest, (size_t)at, rest.n);
	(void)str_cut(rest, '?', &rest);
	(void)str_cut(rest, '#', &rest);
	*out = tval_str(rest);
	return 0;
}

static int
link_to(struct tmpl_ctx *c, struct str expr, int tab, struct tval *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	(void)buf_put(&b, STR("/graph?g0.expr="));
	put_query(expr, &b);
	(void)buf_printf(&b, "&g0.tab=%d", tab);
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_graph_link)
{
	UNUSED(n);
	UNUSED(e);
	return link_to(c, arg[0].u.s, 0, out);
}

FUNC(fn_table_link)
{
	UNUSED(n);
	UNUSED(e);
	return link_to(c, arg[0].u.s, 1, out);
}

static const struct tmpl_func rows[] = {
	{ "args", "v.", fn_args },
	{ "externalURL", "", fn_external_url },
	{ "first", "v", fn_first },
	{ "graphLink", "s", fn_graph_link },
	{ "humanize", "v", fn_humanize },
	{ "humanize1024", "v", fn_humanize_1024 },
	{ "humanizeDuration", "v", fn_humanize_duration },
	{ "humanizePercentage", "v", fn_humanize_percentage },
	{ "humanizeTimestamp", "v", fn_humanize_timestamp },
	{ "label", "sv", fn_label },
	{ "match", "ss", fn_match },
	{ "now", "", fn_now },
	{ "parseDuration", "s", fn_parse_duration },
	{ "pathPrefix", "", fn_path_prefix },
	{ "query", "s", fn_query },
	{ "reReplaceAll", "sss", fn_re_replace_all },
	{ "safeHtml", "s", fn_safe_html },
	{ "sortByLabel", "sv", fn_sort_by_label },
	{ "stripDomain", "s", fn_strip_domain },
	{ "stripPort", "s", fn_strip_port },
	{ "strvalue", "v", fn_strvalue },
	{ "tableLink", "s", fn_table_link },
	{ "title", "s", fn_title },
	{ "toDuration", "v", fn_to_duration },
	{ "toLower", "s", fn_to_lower },
	{ "toTime", "v", fn_to_time },
	{ "toUpper", "s", fn_to_upper },
	{ "urlQueryEscape", "s", fn_url_query },
	{ "value", "v", fn_value },
};

const struct tmpl_funcs tmpl_funcs_prom = {
	rows, sizeof(rows) / sizeof(rows[0])
};
