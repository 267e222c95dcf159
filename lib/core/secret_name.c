#include "core/secret_name.h"

static const char *const patterns[] = {
	"*access-key*", "*api-key*", "*apikey*", "*authorization", "*cookie",
	"credential*", "*passwd*", "*password*", "*passphrase*",
	"*private-key*", "*secret*", "*token*",
};

static char
fold(char c)
{
	return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool
secret_name_like(struct str pattern, struct str s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, mark = 0;

	while (i < s.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			mark = i;
		} else if (p < pattern.n &&
		    fold(pattern.p[p]) == fold(s.p[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool
secret_name(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (secret_name_like(str_of(patterns[i]), name))
			return true;
	return false;
}
