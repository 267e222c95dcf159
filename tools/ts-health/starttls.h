/*
 * starttls: the few words that precede TLS on a port that begins in the
 * clear.
 */
#ifndef TS_HEALTH_STARTTLS_H
#define TS_HEALTH_STARTTLS_H

#include "stream.h"

/* "smtp, imap, pop3, ftp, postgres" */
extern const char	starttls_names[];

bool	starttls_known(struct str protocol);

/* 0: TLS may start now; -1 with *e. */
int	starttls_ask(struct stream *s, struct str protocol, struct err *e);

#endif
