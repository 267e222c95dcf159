/*
 * text: what PostgreSQL says, for people: why it could not be reached,
 * and statements without their secrets.
 */
#ifndef PG_TEXT_H
#define PG_TEXT_H

#include "core/buf.h"
#include "core/str.h"

/*
 * The class of a failed connect (libpq has no SQLSTATE for it): auth, config,
 * saturated, starting, protocol, tls, dns, timeout, else unreachable.  By the English
 * texts; a server may speak another language.
 */
const char	*pg_connect_class(struct str message);

/* The class of a failed statement by its SQLSTATE; "error" when unknown. */
const char	*pg_state_class(struct str sqlstate);

/*
 * A statement without what should not be seen: of those that work on data,
 * and of function bodies, all literals become '***'; of others the secrets
 * (behind password, connection).
 */
void	pg_redact(struct str sql, struct buf *out);

/* A message without `password=…`. */
void	pg_redact_conninfo(struct str text, struct buf *out);

#endif
