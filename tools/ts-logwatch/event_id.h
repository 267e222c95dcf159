/*
 * event_id: the name of an event, the same whenever it is read again: of the
 * file (device, inode, its first line, how often it began anew) and of the
 * offset in it.  An event of a pipe has no place; its name is good for this
 * run only.
 */
#ifndef TS_LOGWATCH_EVENT_ID_H
#define TS_LOGWATCH_EVENT_ID_H

#include "event.h"

#define EVENT_ID_LEN	20

/* run: bytes that no other run has; seq: the event's number in this run. */
struct str	event_id(const struct event *ev, struct str run, uint64_t seq,
		    char out[EVENT_ID_LEN]);

#endif
