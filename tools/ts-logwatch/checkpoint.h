/*
 * checkpoint: how far a file was read, so that a later run goes on there.
 * Kept under the file's device and inode; verified by its first bytes (fp)
 * and by the bytes before the offset (mark), because inodes are used again
 * and files are rewritten.
 */
#ifndef TS_LOGWATCH_CHECKPOINT_H
#define TS_LOGWATCH_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"
#include "core/vec.h"
#include "joiner.h"

#define CHECKPOINT_FP_MAX	1024	/* bytes of the fingerprint */
#define CHECKPOINT_MARK_MAX	LINES_TAIL
#define CHECKPOINT_KEEP_MS	(14 * INT64_C(86400000))

struct checkpoint {
	struct str path;
	uint64_t dev, ino;
	uint64_t fp_len, fp, mark_len, mark;
	uint64_t head;			/* origin.head of its events; 0: none */
	uint64_t offset, generation, size;
	uint64_t ahead[NSTREAMS];	/* of joiner.h; 0: nothing */
	int64_t mtime, seen;		/* ms */
	bool done;			/* rotated away and read to its end */
	bool used;			/* an open file goes on from it */
	bool left;			/* by one that was open in this run */
};

struct state;

struct checkpoints {
	struct state *state;		/* NULL: nothing is kept */
	struct arena arena;
	VEC(struct checkpoint *) all;
};

/*
 * All that is kept; entries not seen for two weeks are dropped, of the time
 * that the tool has run.
 */
int	checkpoints_load(struct checkpoints *c, struct state *state,
	    int64_t now, struct err *e);
void	checkpoints_release(struct checkpoints *c);

struct checkpoint	*checkpoints_find(struct checkpoints *c, uint64_t dev,
			    uint64_t ino);

/* In memory, in place of what there is of its inode. */
struct checkpoint	*checkpoints_set(struct checkpoints *c,
			    const struct checkpoint *p);

/* Put one; durable at the next state_commit. */
int	checkpoint_put(struct checkpoints *c, const struct checkpoint *p,
	    struct err *e);
int	checkpoint_drop(struct checkpoints *c, uint64_t dev, uint64_t ino,
	    struct err *e);

/* As fp and mark have it. */
uint64_t	checkpoint_hash(struct str bytes);

/*
 * The bytes of fd are those of p, and fd is long enough.  False also when
 * that is not to be had: see peek.h.
 */
bool	checkpoint_matches(const struct checkpoint *p, int fd);

#endif
