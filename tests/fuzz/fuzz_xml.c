/*
 * Any bytes as the answer of an S3 server: no crash, an end to it, names that
 * are names, every <x/> ended at once, and no more text than the document has.
 */
#include <stdlib.h>

#include "../../tools/ts-maint/xml.h"

int	LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

static bool
is_name(struct str s)
{
	return s.n > 0 && str_find_char(s, '>') < 0 &&
	    str_find_char(s, ' ') < 0 && str_find_char(s, '/') < 0;
}

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct str doc = { (const char *)p, n }, open = STR_NONE;
	struct xml x = { .rest = doc };
	struct xml_tag t;
	struct arena a = { 0 };
	size_t tags = 0, bytes = 0;

	while (xml_next(&x, &t, &a)) {
		bytes += t.text.n;
		if (!is_name(t.name) || bytes > n || tags++ > n)
			abort();
		if (open.n && (!t.end || !str_eq(t.name, open) || t.text.n))
			abort();
		open = x.open;
	}
	if (open.n || xml_text(doc, STR("ETag"), &a).n > n)
		abort();
	arena_free(&a);
	return 0;
}
