/*
 * file: one file that is read: how far, and how it is known again.
 */
#ifndef TS_LOGWATCH_FILE_H
#define TS_LOGWATCH_FILE_H

#include "checkpoint.h"
#include "lines.h"
#include "unpack.h"
#include "watch.h"

/* What was safe when: the outputs had event seq, the file was at offset. */
struct progress {
	uint64_t seq, offset;
};

struct file {
	struct watch *w;
	struct source source;
	struct lines lines;
	int fd;				/* -1: closed to spare descriptors */
	struct unpack *unpack;		/* NULL: plain */
	uint64_t dev, ino;
	uint64_t at;			/* the next byte to read */
	int64_t mtime;			/* ms, when last looked at */
	char mark[CHECKPOINT_MARK_MAX];	/* the bytes before it */
	size_t nmark;
	struct checkpoint sign;		/* as last saved, fp kept up to date */
	VEC(struct progress) progress;
	uint64_t saved;			/* the offset that is durable */
	bool dirty;
	bool rotated;			/* its name leads elsewhere now */
	int64_t idle_since;		/* monotonic ms */
	uint64_t late;			/* lines read after rotation */
};

/* Takes fd.  path is kept by the caller. */
struct file	*file_new(struct watch *w, const struct input *input,
		    const char *path, int fd);
void		 file_free(struct file *f);	/* closes; NULL: nothing */

/* The file that p was saved of: its events keep their names. */
void		 file_is(struct file *f, const struct checkpoint *p);

/* Go on at an offset: of a checkpoint, or the end. */
void		 file_seek(struct file *f, uint64_t offset);

/*
 * Everything there is up to the end of the file.  The bytes read, -1 after a
 * message.  It breathes (watch.h) and ends early when the watch stops.
 */
ssize_t		 file_pump(struct file *f);

/* The bytes before f->at are no longer what was read. */
bool		 file_rewritten(struct file *f);

/* The first byte that is not in a record that went out. */
uint64_t	 file_offset(const struct file *f);

/* A record of several lines has waited long enough: it goes out. */
void		 file_tick(struct file *f);

/* A rest without its newline goes out. */
void		 file_finish(struct file *f, unsigned flags);

/* Begin anew at 0: the file was truncated or written anew. */
void		 file_restart(struct file *f);

/*
 * Put a checkpoint of what the outputs have acknowledged, when it moved.  0,
 * or -1 with *e.
 */
int		 file_save(struct file *f, struct checkpoints *c, int64_t now,
		    bool done, struct err *e);

#endif
