/*
 * remote: state on a server that several processes share.  What is the same
 * for all kinds of servers is done here: what this process knows is kept in
 * memory, so that it goes on while the server cannot be reached and catches
 * up afterwards, and so that a server that lost its records (a failover to an
 * empty one) gets them back.  A kind of server is a driver.
 *
 * On the server each tool has an epoch, a random word that is made with the
 * first record, and a revision that counts its commits and leases.  An epoch
 * or revision other than expected tells that records were lost.
 */
#ifndef STATE_REMOTE_H
#define STATE_REMOTE_H

#include "state/backend.h"

#define REMOTE_ID_BYTES		33	/* hex of 128 random bits, and a NUL */
#define REMOTE_CALL_MS		2000	/* of each step of each call */

/* After records were lost, nobody gets a lease for so long. */
#define REMOTE_QUIET_MS		2000

struct remote_mark {
	char epoch[REMOTE_ID_BYTES];	/* empty: the server has no records */
	int64_t revision;
};

struct remote_change {
	struct str key, value;		/* value p NULL: deleted */
};

/* A lease; generation is unique within an epoch. */
struct remote_lease {
	struct str key;
	int64_t generation;
};

struct remote_changes {
	const struct remote_change *p;
	size_t n;
};

/* Who asks, and what it believes; owner is a random word of this process. */
struct remote_self {
	const char *owner;
	const char *epoch;
};

enum {
	REMOTE_NO = 0,
	REMOTE_YES = 1,
	REMOTE_LOST = 2		/* another epoch than self's: nothing done */
};

/*
 * All return -1 with *e: ERR_NET when the server cannot be reached now or
 * cannot serve now, another kind when trying again would not help.  After
 * that the connection is dropped.  A call takes REMOTE_CALL_MS a step at most.
 */
struct remote_driver {
	/* Reads the URL; connects to nothing.  tool is kept. */
	void	*(*open)(struct str url, const char *tool, struct err *e);
	/* "redis://host:port/db", without passwords. */
	struct str	(*name)(void *c);
	/* write: make the tables that are missing, forget dead leases. */
	int	(*connect)(void *c, bool write, struct err *e);
	void	(*drop)(void *c);
	void	(*close)(void *c);

	int	(*mark)(void *c, struct remote_mark *m, struct err *e);
	int	(*get)(void *c, struct str key, struct buf *value,
		    struct err *e);
	/*
	 * Those with a revision above since (-1: all), in any order; *m as
	 * they were.  fn does not call the driver.  -1 also when fn says so.
	 */
	int	(*each)(void *c, int64_t since, state_fn *fn, void *arg,
		    struct remote_mark *m, struct err *e);
	/*
	 * In one transaction; with a lease only while it is still self's,
	 * and the lease ends with it.
	 */
	int	(*apply)(void *c, const struct remote_self *self,
		    const struct remote_changes *changes,
		    const struct remote_lease *lease, struct remote_mark *m,
		    struct err *e);
	/* Puts what is absent; self's epoch begins when there is none. */
	int	(*restore)(void *c, const struct remote_self *self,
		    const struct remote_changes *changes, int64_t quiet_ms,
		    struct remote_mark *m, struct err *e);
	/* NO: held by another.  self's own is prolonged. */
	int	(*lease)(void *c, const struct remote_self *self,
		    struct str key, int64_t ms, int64_t *generation,
		    struct err *e);
	int	(*release)(void *c, const struct remote_self *self,
		    const struct remote_lease *lease, struct err *e);
};

struct state	*remote_open(const struct remote_driver *d, struct str url,
		    const char *tool, const struct state_how *how,
		    struct err *e);

/* The operations of a back-end on a server; open is the back-end's own. */
int	remote_get(struct state *s, struct str key, struct buf *value,
	    struct err *e);
int	remote_put(struct state *s, struct str key, struct str value,
	    struct err *e);
int	remote_del(struct state *s, struct str key, struct err *e);
int	remote_each(struct state *s, struct str prefix, state_fn *fn,
	    void *arg, struct err *e);
int	remote_commit(struct state *s, struct err *e);
void	remote_rollback(struct state *s);
int64_t	remote_lease(struct state *s, struct str key, int64_t ms,
	    struct err *e);
int	remote_settle(struct state *s, struct str key, int64_t generation,
	    struct err *e);
void	remote_release(struct state *s, struct str key, int64_t generation);
int	remote_changes(struct state *s, state_fn *fn, void *arg,
	    struct err *e);
bool	remote_online(const struct state *s);
bool	remote_reachable(struct state *s);
void	remote_close(struct state *s);

#define REMOTE_BACKEND							\
	.shared = true,							\
	.get = remote_get, .put = remote_put, .del = remote_del,	\
	.each = remote_each, .commit = remote_commit,			\
	.rollback = remote_rollback, .lease = remote_lease,		\
	.settle = remote_settle, .release = remote_release,		\
	.changes = remote_changes, .online = remote_online,		\
	.reachable = remote_reachable, .close = remote_close

#endif
