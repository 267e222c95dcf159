/*
 * session: a router that looks but does not speak, for the verbs: the saved
 * state read only, and alert lines from files.
 */
#ifndef TS_ROUTE_SESSION_H
#define TS_ROUTE_SESSION_H

#include "run.h"
#include "save.h"
#include "state/nflog.h"

struct session {
	struct tool *t;
	struct route_tool *rt;
	struct router router;
	struct labels_table *table;
	struct wire_reader *reader;
	struct state *state;		/* read only; NULL without -s */
	struct nflog *log;		/* of ts-notify; NULL: not looked at */
	struct arena arena;
	VEC(const struct labels *) order;	/* of the alerts read */
	bool opened;
};

/*
 * With the configuration, and what -s holds.  EXIT_YES, or the status after a
 * message.  session_close may be called in either case.
 */
int	session_open(struct session *s, struct tool *t);

/* The alert lines of the files (stdin when none); EXIT_NO: bad lines. */
int	session_read(struct session *s, int argc, char **argv);
void	session_close(struct session *s);

/* What explain says of an alert, onto stdout. */
void	explain_entry(struct session *s, struct entry *en, int64_t now);

int	verb_alert(struct tool *t, int argc, char **argv);
int	verb_check(struct tool *t, int argc, char **argv);
int	verb_explain(struct tool *t, int argc, char **argv);
int	verb_routes(struct tool *t, int argc, char **argv);
int	verb_silence(struct tool *t, int argc, char **argv);
int	verb_status(struct tool *t, int argc, char **argv);
int	verb_test(struct tool *t, int argc, char **argv);

#endif
