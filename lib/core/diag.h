/*
 * diag: messages to stderr, one line each, for tools (and only for tools):
 *	prog: message
 *	prog: file:line:col: message
 *	prog: file:line:col: warning: message
 * Control bytes in a message are shown as \xNN, so nothing an outsider sends
 * can drive the terminal.  When stderr is the systemd journal
 * ($JOURNAL_STREAM) each line starts with its <priority>.
 */
#ifndef CORE_DIAG_H
#define CORE_DIAG_H

#include <stdbool.h>

#include "core/err.h"
#include "core/str.h"

void	diag_init(const char *prog);
void	diag_quiet(bool quiet);		/* no warnings, no notes */
void	diag_verbose(bool verbose);	/* diag_note prints */
bool	diag_is_verbose(void);

void	diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	diag_err(const struct err *e);

/* e as a warning. */
void	diag_warn(const struct err *e);
void	diag_warning(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/*
 * Show text as the last line of the terminal that stderr is, instead of what
 * was shown before; nothing: take that away.  Messages take it away, too, and
 * so does SIGINT, SIGTERM or SIGHUP when it would end the program at once.
 * text is printable.  Without a terminal, or when quiet, nothing happens.
 */
void	diag_progress(struct str text);
bool	diag_has_progress(void);

/* Only with diag_verbose(true). */
void	diag_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
