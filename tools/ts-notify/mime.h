/*
 * mime: what a mail message is made of.
 */
#ifndef MIME_H
#define MIME_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/str.h"

/* A header value: as it is, or =?utf-8?q?…?= when it is not plain ASCII. */
void	mime_put_header(struct buf *out, struct str value);

/* Quoted-printable: lines of at most 76, LF becomes CRLF. */
void	mime_put_quoted(struct buf *out, struct str text);

/* The bare addresses of "Name <a@b>, c@d": how many; 0 when it is none. */
size_t	mime_addresses(struct str list, struct arena *a, struct str **out);

#endif
