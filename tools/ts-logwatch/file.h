/*
 * file: one file that is read: how far, and how it is known again.
 */
#ifndef TS_LOGWATCH_FILE_H
#define TS_LOGWATCH_FILE_H

#include "checkpoint.h"
#include "lines.h"
#include "unpack.h"
#include "watch.h"

/* Where to go on, and by what it is known again: bytes that were read. */
struct place {
	uint64_t offset;
	uint64_t mark, mark_len;	/* as in a checkpoint */
	uint64_t ahead[NSTREAMS];	/* of joiner.h */
};

/* What was safe when: the outputs had event seq, the file was at place. */
struct progress {
	uint64_t seq;
	struct place place;
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
	struct buf head;		/* the first bytes, as they were read */
	bool whole;			/* they were enough, and are in fp */
	uint64_t fp;
	struct checkpoint sign;		/* as last saved */
	VEC(struct progress) progress;
	struct place saved;		/* what is durable */
	bool dirty;
	bool ended;			/* compressed, and read to its end */
	bool ailing;			/* the last read failed; that was said */
	bool rotated;			/* its name leads elsewhere now */
	int64_t idle_since;		/* monotonic ms */
	uint64_t late;			/* lines read after rotation */
};

/* Takes fd.  path is kept by the caller. */
struct file	*file_new(struct watch *w, const struct input *input,
		    const char *path, int fd);
void		 file_free(struct file *f);	/* closes; NULL: nothing */

/* Go on at an offset: the end, or 0. */
void		 file_seek(struct file *f, uint64_t offset);

/*
 * Go on where p was saved: events keep their names.  False, and at 0, when
 * the bytes there are not those of p.  Of a compressed file they are read
 * for that, unless p says that all was and the file is what it was then.
 */
bool		 file_resume(struct file *f, const struct checkpoint *p);

/* The same, the file being long enough; if not, nothing was done. */
bool		 file_continues(struct file *f, const struct checkpoint *p);

/* From now on it is decompressed, from its begin: 0, or -1 with *e. */
int		 file_unpack(struct file *f, struct err *e);

/*
 * A compressed file unpacks to the first bytes of a plain one: then it is at
 * its end, else at its begin.
 */
bool		 file_unpacks_to(struct file *f, const struct file *plain);

/* A checkpoint of all that was read up to now; of all that went out. */
struct checkpoint	 file_now(const struct file *f);
struct checkpoint	 file_to_go_on(const struct file *f);

/*
 * What its first bytes are, at most n; of a compressed file that nothing was
 * read of yet, what they unpack to.
 */
size_t		 file_peek(struct file *f, char *p, size_t n);

/*
 * Everything there is up to the end of the file.  The bytes read, -1 after a
 * message (the first of several in a row).  It breathes (watch.h) and ends
 * early when the watch stops.
 */
ssize_t		 file_pump(struct file *f);

/* The bytes before f->at are no longer what was read. */
bool		 file_rewritten(struct file *f);

/* A record of several lines, or half a line, has waited long enough. */
void		 file_tick(struct file *f);

/* Records of several lines wait for no more. */
void		 file_flush(struct file *f);

/* What of lines and records is not complete changes places. */
void		 file_swap_rest(struct file *a, struct file *b);

/* It goes nowhere: another file has it. */
void		 file_drop_rest(struct file *f);

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
