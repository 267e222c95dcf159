/*
 * container: lines as engines of containers write them, who cut what a
 * program says into pieces:
 *	{"log":"TEXT\n","stream":"stdout","time":"…"}	Docker's json-file
 *	2026-01-21T09:00:00.123456789Z stdout F TEXT	CRI: containerd, CRI-O
 * A piece that its line goes on after has no \n, or P instead of F.
 */
#ifndef TS_LOGWATCH_CONTAINER_H
#define TS_LOGWATCH_CONTAINER_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/str.h"

/* What a container writes to; lines of one are not those of the other. */
enum stream_of { STREAM_OUT, STREAM_ERR, STREAM_OTHER, NSTREAMS };

struct piece {
	enum stream_of stream;
	size_t from, to;	/* where in the line its text stands */
	size_t tag;		/* of CRI: where the P or F stands */
	bool more;		/* the line goes on in the next piece */
};

/* The piece that a line is; false when it is none.  The arena is for now. */
typedef bool piece_fn(struct str line, struct arena *a, struct piece *out);

piece_fn piece_docker, piece_cri;

/* s is "stdout", "stderr", or neither. */
enum stream_of	stream_of(struct str s);

/* What follows the time of a line is "stdout F" or the like. */
bool	is_cri_tag(struct str s);

#endif
