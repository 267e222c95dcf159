/*
 * config/secret: credentials that stand in a file are read at each use, so a
 * rotated secret needs no reload; blanks around them are trimmed.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

#define SECRET_MAX	((size_t)1 << 20)

/*
 * The inline value, or when that is empty the trimmed contents of file (in
 * the arena).  Both empty gives an empty value.  -1 with *e when the file
 * cannot be read; the message never holds the secret.
 */
int	secret_get(struct str inline_value, struct str file, struct arena *a,
	    struct str *out, struct err *e);

#endif
