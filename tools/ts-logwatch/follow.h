/*
 * follow: files from where they were left, through rotation, for as long as
 * it is wanted; each complete line once.
 *
 * A file is what stands behind a name: device, inode and its first bytes.  A
 * name that leads to another file gets the new one from its begin, after
 * the rest of the old one; the old one is read on while its writer still
 * has it open.  See ts-logwatch(1), FOLLOWING.
 */
#ifndef TS_LOGWATCH_FOLLOW_H
#define TS_LOGWATCH_FOLLOW_H

#include "watch.h"

struct follow;

/* state: where checkpoints are kept, or NULL; borrowed. */
struct state;
struct follow	*follow_new(struct watch *w, struct state *state);
void		 follow_free(struct follow *f);

/* A path or a pattern; input may be NULL.  "-" is stdin. */
void		 follow_add(struct follow *f, const char *path,
		    const struct input *input);

/* The operands; without any the inputs of the configuration; or stdin. */
void		 follow_inputs(struct follow *f, int argc, char **argv);

/*
 * Read everything there is, once; with the tool's follow, until a signal.
 * The exit status.
 */
int		 follow_run(struct follow *f);

#endif
