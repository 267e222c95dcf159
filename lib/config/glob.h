/*
 * config/glob: files by pattern, in sorted order.
 */
#ifndef CONFIG_GLOB_H
#define CONFIG_GLOB_H

#include "core/arena.h"
#include "core/err.h"
#include "yaml/fields.h"

/* Prometheus' rule: at most one '*', and only in the last path segment. */
bool	glob_is_rule_pattern(struct str pattern);

/* A '*', '?' or '[' stands in it. */
bool	glob_has_magic(struct str pattern);

/*
 * The files that match, sorted, NUL behind each; none is no error.  At most
 * GLOB_FILES_MAX.
 */
#define GLOB_FILES_MAX	100000
int	glob_files(struct str pattern, struct arena *a, struct ystrs *out,
	    struct err *e);

#endif
