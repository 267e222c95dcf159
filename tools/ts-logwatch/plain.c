#include "plain.h"

#include "core/utf8.h"

#define SEPARATOR	0x1f	/* between the parts of a key */

size_t
plain_put(struct buf *out, struct str s, size_t columns)
{
	size_t at = 0, used = 0;
	uint32_t c;

	while (at < s.n && used < columns) {
		c = utf8_next(s, &at);
		if (c == SEPARATOR)
			c = ' ';
		else if (!utf8_printable(c))
			c = '?';
		used += (size_t)utf8_width(c);
		(void)utf8_put(out, c);
	}
	return used;
}
