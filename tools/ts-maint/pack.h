/*
 * pack: a file, compressed, in a file without a name: it is gone with the
 * process, however that ends.  The same bytes give the same bytes.
 */
#ifndef TS_MAINT_PACK_H
#define TS_MAINT_PACK_H

#include <signal.h>
#include <stdbool.h>

#include "core/err.h"

enum pack { PACK_NONE, PACK_GZIP, PACK_XZ, PACK_ZSTD };

/* none, gzip, xz or zstd. */
bool	pack_parse(struct str s, enum pack *out);
const char	*pack_ext(enum pack p);	/* ".gz" */

/* Its name says that it is compressed already. */
bool	pack_is_packed(struct str name);

/*
 * All of fd, from its start, into a new file in the directory dir, which is
 * then read back and compared with what fd holds.  Its descriptor; -1 with
 * *e, also once *stop is not 0.
 */
int	pack_file(int fd, enum pack p, const char *dir,
	    const volatile sig_atomic_t *stop, struct err *e);

#endif
