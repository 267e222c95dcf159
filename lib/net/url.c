#include "net/url.h"

#include "core/num.h"

static bool
scheme_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!alpha && (i == 0 || ((c < '0' || c > '9') && c != '+' &&
		    c != '-' && c != '.')))
			return false;
	}
	return s.n > 0;
}

static bool
bytes_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* [userinfo@]host[:port] */
static bool
parse_authority(struct str s, struct url *out)
{
	size_t i, at = 0, colon;
	int64_t n;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '@')
			at = i + 1;
	if (at) {
		out->userinfo = str_sub(s, 0, at - 1);
		s = str_sub(s, at, s.n);
	}
	colon = s.n;
	for (i = s.n; i-- > 0 && s.p[i] != ']';)
		if (s.p[i] == ':')
			colon = i;
	out->host = str_sub(s, 0, colon);
	out->port = str_sub(s, colon + 1, s.n);
	if (out->host.n == 0 || (out->host.p[0] == '[') !=
	    (out->host.p[out->host.n - 1] == ']'))
		return false;
	return out->port.n == 0 || num_parse_i64(out->port, 1, 65535, &n);
}

bool
url_parse(struct str s, struct url *out)
{
	ptrdiff_t at = str_find(s, STR("://"));
	size_t end;

	*out = (struct url){ 0 };
	if (at == -1 || !bytes_ok(s))
		return false;
	out->scheme = str_sub(s, 0, (size_t)at);
	s = str_sub(s, (size_t)at + 3, s.n);
	for (end = 0; end < s.n; end++)
		if (s.p[end] == '/' || s.p[end] == '?' || s.p[end] == '#')
			break;
	out->path = str_sub(s, end, s.n);
	at = str_find_char(out->path, '#');
	if (at != -1)
		out->path = str_sub(out->path, 0, (size_t)at);
	return scheme_ok(out->scheme) &&
	    parse_authority(str_sub(s, 0, end), out);
}

unsigned
url_port(const struct url *u)
{
	int64_t n;

	if (u->port.n)
		return num_parse_i64(u->port, 1, 65535, &n) ? (unsigned)n : 0;
	if (str_eq_nocase(u->scheme, STR("http")))
		return 80;
	return str_eq_nocase(u->scheme, STR("https")) ? 443 : 0;
}

struct str
url_host_header(const struct url *u, struct arena *a)
{
	struct url without = *u;

	without.port = STR_NONE;
	if (url_port(u) == url_port(&without))
		return arena_str(a, u->host);
	return arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(u->host),
	    STR_ARG(u->port));
}

/* Append path to out, whose path begins at `from`, undoing "." and "..". */
static void
put_path(struct buf *out, size_t from, struct str path)
{
	struct str part;

	while (path.p) {
		path = str_cut(path, '/', &part);
		if (str_eq(part, STR("..")))
			while (out->n > from && out->p[--out->n] != '/')
				continue;
		if (str_eq(part, STR(".")) || str_eq(part, STR(".."))) {
			if (path.p == NULL)
				(void)buf_putc(out, '/');
			continue;
		}
		(void)buf_printf(out, "/" STR_FMT, STR_ARG(part));
	}
}

static void
put_relative(struct buf *out, const struct url *base, struct str ref)
{
	struct str path, query = str_cut(ref, '?', &path), dir;
	size_t from = out->n;
	size_t cut;

	(void)str_cut(base->path, '?', &dir);
	if (path.n && path.p[0] == '/') {
		put_path(out, from, str_sub(path, 1, path.n));
	} else {
		for (cut = dir.n; path.n && cut && dir.p[cut - 1] != '/';)
			cut--;
		if (cut > 1)
			put_path(out, from, str_sub(dir, 1, path.n ? cut - 1 :
			    cut));
		if (path.n)
			put_path(out, from, path);
	}
	if (query.p)
		(void)buf_printf(out, "?" STR_FMT, STR_ARG(query));
}

bool
url_resolve(struct buf *out, struct str base, struct str ref)
{
	struct url b, result;
	struct str without;

	(void)str_cut(ref, '#', &without);
	ref = without;
	if (!url_parse(base, &b))
		return false;
	buf_reset(out);
	if (str_find(ref, STR("://")) > 0) {
		(void)buf_put(out, ref);
	} else if (str_starts(ref, STR("//"))) {
		(void)buf_printf(out, STR_FMT ":" STR_FMT, STR_ARG(b.scheme),
		    STR_ARG(ref));
	} else {
		(void)buf_printf(out, STR_FMT "://" STR_FMT "%s" STR_FMT,
		    STR_ARG(b.scheme), STR_ARG(b.host), b.port.n ? ":" : "",
		    STR_ARG(b.port));
		put_relative(out, &b, ref);
	}
	return url_parse(buf_str(out), &result);
}

void
url_put_query(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c && strchr("-_.~", c)))
			(void)buf_putc(out, (char)c);
		else if (c == ' ')
			(void)buf_putc(out, '+');
		else
			(void)buf_printf(out, "%%%02X", c);
	}
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
url_decode(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && hex_digit(s.p[i + 1]) >=
		    0 && hex_digit(s.p[i + 2]) >= 0) {
			(void)buf_putc(out, (char)(hex_digit(s.p[i + 1]) << 4 |
			    hex_digit(s.p[i + 2])));
			i += 2;
		} else {
			(void)buf_putc(out, s.p[i]);
		}
	}
}
