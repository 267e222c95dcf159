/*
 * uptime_yml: to health.yml and from it.
 */
#include "uptime.h"

#include "core/dur.h"
#include "core/num.h"
#include "json/write.h"
#include "net/url.h"

static void
put(struct buf *out, const char *key, struct str value)
{
	if (value.n == 0)
		return;
	(void)buf_printf(out, "    %s: ", key);
	json_put_str(out, value, false);
	(void)buf_putc(out, '\n');
}

static void
put_duration(struct buf *out, const char *key, int64_t ms)
{
	if (ms == 0)
		return;
	(void)buf_printf(out, "    %s: ", key);
	dur_print(out, ms);
	(void)buf_putc(out, '\n');
}

static void
put_flag(struct buf *out, const char *key, bool is, const char *word)
{
	if (is)
		(void)buf_printf(out, "    %s: %s\n", key, word);
}

static bool
is_word(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_'))
			return false;
	return s.n > 0;
}

/* "unhealthy" contains "healthy", so a word is looked for as a word. */
static void
put_contains(struct buf *out, struct str s)
{
	if (is_word(s))
		(void)buf_printf(out, "    regex: '\\b" STR_FMT "\\b'\n",
		    STR_ARG(s));
	else
		put(out, "contains", s);
}

static void
put_pairs(struct buf *out, const struct uptime *u)
{
	size_t i;

	for (i = 0; i < u->headers.n; i++) {
		(void)buf_put(out, i ? STR(", ") : STR("    headers: {"));
		json_put_str(out, u->headers.p[i].name, false);
		(void)buf_put(out, STR(": "));
		json_put_str(out, u->headers.p[i].value, false);
	}
	if (u->headers.n)
		(void)buf_put(out, STR("}\n"));
	for (i = 0; i < u->tags.n; i++) {
		(void)buf_put(out, i ? STR(", ") : STR("    tags: ["));
		json_put_str(out, u->tags.p[i], false);
	}
	if (u->tags.n)
		(void)buf_put(out, STR("]\n"));
}

static void
put_target(struct buf *out, const struct uptime *u)
{
	const struct check_kind *kind = check_kind_find(u->kind);

	if (str_eq(u->kind, STR("http"))) {
		put(out, "url", u->url);
	} else if (str_eq(u->kind, STR("tcp"))) {
		put(out, "host", u->host);
		(void)buf_printf(out, "    port: %lld\n", (long long)u->port);
	} else {
		put(out, kind != NULL && kind->operand != NULL ?
		    kind->operand : "host", u->host);
	}
}

static void
put_comment(struct buf *out, struct str s)
{
	size_t i;

	(void)buf_put(out, STR("    # "));
	for (i = 0; i < s.n; i++)
		(void)buf_putc(out, (unsigned char)s.p[i] < 0x20 ? ' ' :
		    s.p[i]);
	(void)buf_putc(out, '\n');
}

void
uptime_put_yml(const struct uptime *u, struct buf *out)
{
	size_t i;

	(void)buf_put(out, STR("  - name: "));
	json_put_str(out, u->name, false);
	(void)buf_printf(out, "\n    type: " STR_FMT "\n", STR_ARG(u->kind));
	put_target(out, u);
	put_pairs(out, u);
	put_contains(out, u->contains);
	put(out, "not_contains", u->not_contains);
	put(out, "send", u->send);
	put(out, "expect", u->expect);
	put(out, "username", u->username);
	put_flag(out, "password", u->username.n > 0, "{env: PASSWORD}");
	put_duration(out, "interval", u->interval_ms);
	put_duration(out, "timeout", u->timeout_ms);
	put_duration(out, "slow", u->slow_ms);
	if (u->failures > 1)
		(void)buf_printf(out, "    failures: %lld\n",
		    (long long)u->failures);
	put_flag(out, "insecure", u->insecure, "true");
	put_flag(out, "follow_redirects", u->no_redirects, "false");
	put_flag(out, "enabled", u->paused, "false");
	for (i = 0; i < u->notes.n; i++)
		put_comment(out, u->notes.p[i]);
}

/* ---- from a check ---- */

/* \bWORD\b is WORD, for services that know no regular expressions. */
static struct str
word_of(struct str regex)
{
	struct str w;

	if (!str_starts(regex, STR("\\b")) || !str_ends(regex, STR("\\b")) ||
	    regex.n < 5)
		return STR_NONE;
	w = str_sub(regex, 2, regex.n - 2);
	return is_word(w) ? w : STR_NONE;
}

static bool
is_here(struct str host)
{
	return str_eq(host, STR("localhost")) ||
	    str_starts(host, STR("127.")) || str_eq(host, STR("[::1]"));
}

static bool
host_port(struct str address, struct uptime *u)
{
	size_t n = address.n;

	while (n > 0 && address.p[n - 1] != ':')
		n--;
	if (n < 2)
		return false;
	u->host = str_sub(address, 0, n - 1);
	return num_parse_i64(str_sub(address, n, address.n), 1, 65535,
	    &u->port);
}

static bool
no(const struct check *c, struct err *e, const char *why)
{
	(void)ynode_err(c->node, e, "'" STR_FMT "' %s", STR_ARG(c->name),
	    why);
	return false;
}

static bool
target_of(const struct check *c, struct uptime *u, struct err *e)
{
	const struct ynode *n = c->node;
	struct url url;

	if (str_eq(u->kind, STR("http"))) {
		u->url = uptime_text(n, "url");
		if (!url_parse(u->url, &url) || url.userinfo.n)
			return no(c, e, "has a URL that cannot be given away");
		u->host = url.host;
	} else if (str_eq(u->kind, STR("tcp"))) {
		u->port = uptime_number(n, "port");
		u->host = uptime_text(n, "host");
		if (u->host.n == 0 && !host_port(uptime_text(n, "address"),
		    u))
			return no(c, e, "has no host and port");
	} else if (str_eq(u->kind, STR("icmp"))) {
		u->host = uptime_text(n, "host");
	} else {
		return no(c, e, "cannot be checked from outside");
	}
	return is_here(u->host) ? no(c, e, "is on this machine alone") :
	    true;
}

bool
uptime_of_check(const struct check *c, struct uptime *u, struct arena *a,
    struct err *e)
{
	const struct ynode *n = c->node;
	size_t i;

	(void)a;
	u->name = c->name;
	u->kind = str_of(c->kind->name);
	if (!target_of(c, u, e))
		return false;
	if (ynode_get(n, "username") != NULL || ynode_get(n, "bearer") != NULL)
		return no(c, e, "has credentials that cannot be given away");
	uptime_headers(ynode_get(n, "headers"), u);
	for (i = 0; i < u->headers.n; i++)
		if (http_header_is_secret(u->headers.p[i].name))
			return no(c, e, "has a header that cannot be given "
			    "away");
	u->contains = uptime_text(n, "contains");
	if (u->contains.n == 0)
		u->contains = word_of(uptime_text(n, "regex"));
	u->not_contains = uptime_text(n, "not_contains");
	u->send = uptime_text(n, "send");
	u->expect = uptime_text(n, "expect");
	u->interval_ms = c->interval_ms;
	u->timeout_ms = c->timeout_ms;
	u->failures = c->failures;
	u->insecure = uptime_flag(n, "insecure");
	u->paused = !c->enabled;
	u->no_redirects = ynode_get(n, "follow_redirects") != NULL &&
	    !uptime_flag(n, "follow_redirects");
	for (i = 0; i < c->tags.n; i++)
		vec_push(&u->tags, c->tags.p[i]);
	return true;
}
