#include "operands.h"

#include "net/url.h"

static struct sd_label
label(const char *name, struct str value)
{
	return (struct sd_label){ str_of(name), value };
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct str
decoded(struct arena *a, struct str s)
{
	char *out = arena_raw(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n &&
		    hex_value(s.p[i + 1]) >= 0 && hex_value(s.p[i + 2]) >= 0) {
			out[n++] = (char)(hex_value(s.p[i + 1]) * 16 +
			    hex_value(s.p[i + 2]));
			i += 2;
		} else {
			out[n++] = s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	return (struct str){ out, n };
}

static size_t
count(struct str s, char c)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

/* a=1&b=2 as __param_ labels; the first of several values counts. */
static void
add_params(struct sd_target *t, struct str query, struct arena *a)
{
	struct str field, name, value;

	while (query.p) {
		query = str_cut(query, '&', &field);
		value = str_cut(field, '=', &name);
		if (name.n)
			t->label[t->n++] = (struct sd_label){
			    arena_printf(a, "__param_" STR_FMT,
			    STR_ARG(decoded(a, name))), decoded(a, value) };
	}
}

/* "host:9100", "http://host:9100/metrics?x=y" */
static void
make_target(struct sd_target *t, struct str text, struct arena *a)
{
	struct str path, query;
	struct url u;
	bool whole = url_parse(text, &u);

	t->label = ARENA_ARRAY(a, 4 + count(text, '&'), struct sd_label);
	if (!whole) {
		t->label[t->n++] = label("__address__", text);
		return;
	}
	query = str_cut(u.path, '?', &path);
	t->label[t->n++] = label("__address__", str_sub(text,
	    (size_t)(u.host.p - text.p), (size_t)(u.host.p - text.p) +
	    u.host.n + (u.port.n ? u.port.n + 1 : 0)));
	t->label[t->n++] = label("__scheme__", u.scheme);
	if (path.n)
		t->label[t->n++] = label("__metrics_path__", path);
	add_params(t, query, a);
}

int
operands_check(const struct operands *o, struct err *e)
{
	struct buf text = { 0 };
	struct url u;
	int i, rc = 0;

	for (i = 0; i < o->n && rc == 0; i++) {
		struct str s = str_of(o->v[i]);
		bool whole = str_find(s, STR("://")) != -1;

		buf_reset(&text);
		(void)buf_printf(&text, "%s%s", whole ? "" : "http://",
		    o->v[i]);
		if (!url_parse(buf_str(&text), &u) ||
		    (!whole && u.path.n) ||
		    (!str_eq(u.scheme, STR("http")) &&
		    !str_eq(u.scheme, STR("https"))))
			rc = err_set(e, ERR_CONFIG, "'%s' is no http or "
			    "https URL and no host:port", o->v[i]);
		else if (u.userinfo.n)
			rc = err_set(e, ERR_CONFIG, "credentials do not "
			    "belong into a URL operand; use a configuration");
	}
	buf_release(&text);
	return rc;
}

static void
start(struct sd *sd)
{
	const struct operands *o = sd->config->conf;
	struct arena a = { 0 };
	struct sd_group *g = ARENA_NEW(&a, struct sd_group);
	int i;

	g->target = ARENA_ARRAY(&a, (size_t)o->n, struct sd_target);
	for (i = 0; i < o->n; i++)
		make_target(&g->target[g->ntargets++],
		    arena_str(&a, str_of(o->v[i])), &a);
	sd_put(sd, "operands", &a, g, 1);
	sd_ready(sd);
}

const struct sd_kind sd_operands = { .name = "operands", .start = start };
