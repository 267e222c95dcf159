/*
 * proc_text: files below /proc.
 */
#include "kinds.h"
#include "procfs.h"

bool
proc_text(const struct check *c, const char *name, struct check_result *r,
    struct str *text)
{
	struct err e;

	if (proc_read(c->procfs, name, r->arena, text, &e) == 1)
		return true;
	check_say(r, CHECK_UNKNOWN, "%s", e.msg);
	return false;
}
