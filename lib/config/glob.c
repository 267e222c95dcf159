#include "config/glob.h"

#include <errno.h>
#include <glob.h>

bool
glob_is_rule_pattern(struct str p)
{
	ptrdiff_t star = str_find_char(p, '*');
	struct str rest;

	if (star == -1)
		return true;
	rest = str_sub(p, (size_t)star + 1, p.n);
	return str_find_char(rest, '*') == -1 &&
	    str_find_char(rest, '/') == -1;
}

bool
glob_has_magic(struct str p)
{
	size_t i;

	for (i = 0; i < p.n; i++)
		if (p.p[i] == '*' || p.p[i] == '?' || p.p[i] == '[')
			return true;
	return false;
}

int
glob_files(struct str pattern, struct arena *a, struct ystrs *out,
    struct err *e)
{
	glob_t g = { 0 };
	size_t i;
	int rc = -1, r;

	out->p = NULL;
	out->n = 0;
	r = glob(arena_cstr(a, pattern), 0, NULL, &g);
	if (r == GLOB_NOMATCH) {
		rc = 0;
		goto out;
	}
	if (r != 0) {
		(void)err_sys(e, "cannot look for '" STR_FMT "'",
		    STR_ARG(pattern));
		goto out;
	}
	if (g.gl_pathc > GLOB_FILES_MAX) {
		(void)err_set(e, ERR_LIMIT, "'" STR_FMT "' finds over %d files",
		    STR_ARG(pattern), GLOB_FILES_MAX);
		goto out;
	}
	out->p = ARENA_ARRAY(a, g.gl_pathc, struct str);
	for (i = 0; i < g.gl_pathc; i++)
		out->p[out->n++] = arena_printf(a, "%s", g.gl_pathv[i]);
	rc = 0;
out:
	globfree(&g);
	return rc;
}
