#include "config/secret.h"

#include "core/io.h"

int
secret_get(struct str inline_value, struct str file, struct arena *a,
    struct str *out, struct err *e)
{
	struct buf text = { 0 };
	int rc;

	*out = inline_value;
	if (inline_value.n > 0 || file.n == 0)
		return 0;
	rc = io_read_file(arena_cstr(a, file), SECRET_MAX, &text, e);
	if (rc == 0)
		*out = arena_str(a, str_trim(buf_str(&text)));
	if (text.p != NULL)
		memset(text.p, 0, text.cap);
	buf_release(&text);
	return rc;
}
