/* Secrets in URLs: in front of the '@', and in parameters. */
#include "net/url.h"

#include "core/secret_name.h"

/*
 * What a key, a signature and the like are called in URLs, beyond what is a
 * secret everywhere; some are plain words, but showing fewer costs nothing.
 */
static const char *const patterns[] = {
	"auth", "*-auth", "authsig", "code", "*hmac", "*jwt*", "*key",
	"*pass", "*pwd", "*sessid", "*session*", "sid", "*sig",
	"*signature", "*credential",
};

static bool
tells_secret(struct str encoded)
{
	struct buf name = { 0 };
	bool secret;
	size_t i;

	url_decode(&name, encoded);
	secret = secret_name(buf_str(&name));
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		secret = secret || secret_name_like(str_of(patterns[i]),
		    buf_str(&name));
	buf_release(&name);
	return secret;
}

static bool
in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

bool
url_next_secret(struct str *rest, struct str *value)
{
	size_t name = 0, i, end;

	for (i = 0; i < rest->n; i++) {
		if (in(rest->p[i], "/?#&;"))
			name = i + 1;
		if (rest->p[i] != '=')
			continue;
		for (end = i + 1; end < rest->n && !in(rest->p[end], "#&");)
			end++;
		if (end == i + 1 || !tells_secret(str_sub(*rest, name, i)))
			continue;
		*value = str_sub(*rest, i + 1, end);
		*rest = str_sub(*rest, end, rest->n);
		return true;
	}
	return false;
}

/* What stands before the '@' of an absolute URL; empty when nothing does. */
static struct str
userinfo(struct str url)
{
	ptrdiff_t at = str_find(url, STR("//"));
	size_t from = at == -1 ? url.n : (size_t)at + 2, i, end = from;

	for (i = from; i < url.n && !in(url.p[i], "/?#"); i++)
		if (url.p[i] == '@')
			end = i;
	return str_sub(url, from, end);
}

void
url_put_shown(struct buf *out, struct str url)
{
	struct str rest = url, value = userinfo(url);

	if (value.n) {
		(void)buf_put(out, str_sub(url, 0, (size_t)(value.p -
		    url.p)));
		(void)buf_put(out, STR(URL_HIDDEN));
		rest = url = str_sub(url, (size_t)(value.p + value.n - url.p),
		    url.n);
	}
	while (url_next_secret(&rest, &value)) {
		(void)buf_put(out, str_sub(url, 0, (size_t)(value.p -
		    url.p)));
		(void)buf_put(out, STR(URL_HIDDEN));
		url = rest;
	}
	(void)buf_put(out, url);
}

struct str
url_shown(struct str url, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	url_put_shown(&b, url);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}
