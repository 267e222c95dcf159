/*
 * manifest: what a backup holds, a JSON object a line, in the order of the
 * archive:
 *	{"path":"etc/app.conf","type":"file","mode":"0640","uid":0,"gid":0,
 *	 "mtime":1700000000,"size":12,"sha256":"..."}
 * type is file, dir, link (to "link"), hardlink (another name of the entry
 * "link"), fifo, char, block.  What is no UTF-8 stands as base64 in
 * "path_base64" and "link_base64".
 */
#ifndef TS_MAINT_MANIFEST_H
#define TS_MAINT_MANIFEST_H

#include <stdint.h>
#include <sys/types.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/hash.h"

enum entry_type { ENTRY_FILE, ENTRY_DIR, ENTRY_LINK, ENTRY_HARDLINK,
	ENTRY_FIFO, ENTRY_CHAR, ENTRY_BLOCK, ENTRY_NTYPES };

struct entry {
	enum entry_type type;
	struct str path, link;
	mode_t mode;		/* permission bits */
	int64_t uid, gid, mtime_s, size;
	unsigned char sha256[HASH_SHA256_BYTES];	/* of a file */
};

const char	*entry_type_name(enum entry_type t);

/* The type of a file of that mode; false: none that an archive can hold. */
bool	entry_type_of(mode_t mode, enum entry_type *out);

/* One line, with its newline. */
void	manifest_put(struct buf *out, const struct entry *en);

/* One line without it, into the arena; -1 with *e. */
int	manifest_read(struct str line, struct arena *a, struct entry *en,
	    struct err *e);

/* What differs, for people: "mode"; NULL: nothing. */
const char	*entry_differs(const struct entry *a, const struct entry *b);

#endif
