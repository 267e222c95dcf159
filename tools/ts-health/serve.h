/*
 * serve: -o http: one HTTP request on stdin, its answer on stdout, for
 * systemd socket activation and inetd.
 */
#ifndef TS_HEALTH_SERVE_H
#define TS_HEALTH_SERVE_H

#include "report.h"

#define SERVE_REQUEST_MAX	8192
#define SERVE_DEADLINE_MS	5000	/* to send a request, to take an answer */
#define SERVE_GOODBYE_MS	1000

struct serve_request {
	int refuse;		/* an HTTP status to answer at once, or 0 */
	bool head;
	struct str path;	/* without the query, decoded */
	int warning_status;	/* HTTP's, of what is a warning; set after
				   serve_read */
};

/* Read it from fd: 0, or -1 when the client has gone. */
int	serve_read(int fd, struct buf *text, struct serve_request *q);

/* It needs the checks to be run (any path but /livez and unknown ones). */
bool	serve_needs_report(const struct serve_request *q);

/* The answer; r NULL when none was needed. */
void	serve_answer(const struct serve_request *q, const struct report *r,
	    struct buf *out);

/*
 * After the answer: say that nothing follows, and take what the client still
 * sends, for a moment.  Closing a socket with unread bytes would reset the
 * connection, and the client might lose the answer.
 */
void	serve_goodbye(int fd);

#endif
