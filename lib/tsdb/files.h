/*
 * files: what a history directory holds.
 *	NNNNNNNN.log		a segment of the log
 *	NNNNNNNN-NNNNNNNN.block	what segments so-and-so have become
 *	*.tmp			being written, or left by a crash
 *	lock			held by the writer
 * A block stands for its segments: a log or a smaller block inside its range
 * is obsolete, so a crash between rename and unlink leaves nothing twice.
 */
#ifndef TSDB_FILES_H
#define TSDB_FILES_H

#include "core/err.h"
#include "core/vec.h"

struct history_file {
	uint32_t first, last;
	bool log;
	uint64_t bytes;
};

typedef VEC(struct history_file) file_list;

/*
 * What counts, by segment.  clean (only the writer may): obsolete and
 * temporary files are removed.
 */
int	files_list(const char *dir, bool clean, file_list *out,
	    struct err *e);

/* For mem_free. */
char	*files_path(const char *dir, const struct history_file *f);
char	*files_temporary(const char *dir, const struct history_file *f);

/* fsync of the directory. */
int	files_sync(const char *dir, struct err *e);

#endif
