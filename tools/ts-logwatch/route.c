#include "route.h"

#include <ctype.h>

#define HEX_MIN		16	/* digits that make an id of a hex word */
#define TOKEN_MIN	20	/* bytes that make an id of a mixed word */

static bool
is_id(struct str s)
{
	size_t digits = 0, hex = 0, letters = 0, dashes = 0, i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		digits += isdigit(c) != 0;
		hex += isxdigit(c) != 0;
		letters += isalpha(c) != 0;
		dashes += c == '-' || c == '_';
	}
	if (s.n == 0 || digits == 0)
		return false;
	if (digits == s.n || (hex == s.n && s.n >= HEX_MIN))
		return true;
	if (s.n == 36 && hex == 32 && dashes == 4)
		return true;
	return s.n >= TOKEN_MIN && letters > 0 && digits >= 4 &&
	    digits + letters + dashes == s.n;
}

static struct str
path_of(struct str url)
{
	ptrdiff_t at = str_find(url, STR("://"));
	size_t i;

	if (at > 0 && at < 16) {
		url = str_sub(url, (size_t)at + 3, url.n);
		at = str_find_char(url, '/');
		url = at == -1 ? STR("/") : str_sub(url, (size_t)at, url.n);
	}
	for (i = 0; i < url.n; i++)
		if (url.p[i] == '?' || url.p[i] == '#')
			break;
	return str_sub(url, 0, i);
}

struct str
route_of(struct str url, struct arena *a)
{
	struct str path = path_of(url), part;
	char *out = NULL;
	size_t from = 0, n = 0, at;

	for (at = 0; at <= path.n; at++) {
		if (at < path.n && path.p[at] != '/')
			continue;
		part = str_sub(path, from, at);
		if (is_id(part)) {
			if (out == NULL) {
				/* An id of one digit grows by two bytes. */
				out = arena_raw(a, 3 * path.n + 3);
				memcpy(out, path.p, from);
				n = from;
			}
			memcpy(out + n, ":id", 3);
			n += 3;
		} else if (out != NULL) {
			memcpy(out + n, part.p, part.n);
			n += part.n;
		}
		if (out != NULL && at < path.n)
			out[n++] = '/';
		from = at + 1;
	}
	return out ? (struct str){ out, n } : path;
}
