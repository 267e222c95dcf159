/*
 * config/secret: credentials that stand in a file are read at each use, so a
 * rotated secret needs no reload; blanks around them are trimmed.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"
#include "yaml/fields.h"

#define SECRET_MAX	((size_t)1 << 20)

/*
 * The inline value, or when that is empty the trimmed contents of file (in
 * the arena).  Both empty gives an empty value.  -1 with *e when the file
 * cannot be read; the message never holds the secret.
 */
int	secret_get(struct str inline_value, struct str file, struct arena *a,
	    struct str *out, struct err *e);

/*
 * A text that may stand elsewhere: `key: TEXT`, `key: {file: PATH}` or
 * `key: {env: NAME}`; looked up when it is used, not when the file is loaded.
 */
struct secret {
	struct str text, file, env;	/* at most one is set */
};

/* YT_CUSTOM: into a struct secret.  A path is as seen from the file. */
int	secret_decode(const struct ynode *n, void *field, struct arena *a,
	    struct err *e);

/*
 * From now on {env: NAME} is looked up in the environment as it is at this
 * moment, whatever is made of it later.
 */
void	secret_keep_environment(void);

bool	secret_is_set(const struct secret *s);

/*
 * The text; empty when nothing is set.  -1 with *e: no such file or variable;
 * the message never holds the secret.
 */
int	secret_fetch(const struct secret *s, struct arena *a, struct str *out,
	    struct err *e);

/* What may be shown of it: "(secret)", or where it stands. */
struct str	secret_shown(const struct secret *s, struct arena *a);

#endif
