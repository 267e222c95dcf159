/*
 * redact: secrets taken out of events before anything leaves: the values of
 * fields whose names tell a secret, and name=value in texts and URLs.
 */
#ifndef TS_LOGWATCH_REDACT_H
#define TS_LOGWATCH_REDACT_H

#include "config.h"
#include "event.h"

#define REDACTED	"[redacted]"

struct redactor;

/*
 * The names of core/secret_name.h and those of the configuration, where '*'
 * stands for anything.
 */
struct redactor	*redactor_new(const struct config *c);
void		 redactor_free(struct redactor *r);
void		 redact_event(struct redactor *r, struct event *ev);

/* Something that is named as a secret stands in a line. */
bool		 redact_holds(struct redactor *r, struct str line);

/* The last key of a name tells a secret. */
bool		 redact_name(struct redactor *r, struct str name);

#endif
