/*
 * proc_text: files below /proc.
 */
#include "core/io.h"
#include "kinds.h"

#define PROC_MAX	((size_t)16 << 20)

bool
proc_text(const struct check *c, const char *name, struct check_result *r,
    struct str *text)
{
	struct buf b = { 0 };
	struct str path = arena_printf(r->arena, "%s/%s", c->procfs, name);
	struct err e;

	if (io_read_file(arena_cstr(r->arena, path), PROC_MAX, &b, &e) ==
	    -1) {
		check_say(r, CHECK_UNKNOWN, "%s", e.msg);
		return false;
	}
	*text = buf_str(&b);
	return true;
}
