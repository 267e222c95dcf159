/*
 * tls_text: what OpenSSL says of a handshake that failed, for people.
 */
#ifndef NET_TLS_TEXT_H
#define NET_TLS_TEXT_H

#include "core/buf.h"
#include "core/str.h"

/*
 * text is an error of OpenSSL's, or one of curl's that holds one
 * ("OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate
 * required, errno 0").  True, with what it means and its reason appended,
 * when there is one in it; else false, and nothing is.
 */
bool	tls_text(struct str text, struct buf *out);

#endif
