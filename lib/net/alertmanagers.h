/*
 * alertmanagers: alerts posted to every member of an Alertmanager cluster, as
 * Prometheus 3.14 does it: JSON lists to URL/api/v2/alerts, every alert to
 * every member, since members do not tell each other of alerts.
 *
 * Nothing here waits: what is put stands in a queue until each member has
 * taken it.  A member that is down is tried again, and is then told the
 * newest of each alert; what is older is left out.  Of more than
 * ALERTMANAGERS_QUEUE alerts the oldest is dropped.
 */
#ifndef NET_ALERTMANAGERS_H
#define NET_ALERTMANAGERS_H

#include "net/http.h"

#define ALERTMANAGERS_QUEUE	10000	/* alerts that wait */
#define ALERTMANAGERS_BATCH	256	/* alerts in a request */
#define ALERTMANAGERS_TIMEOUT_MS	10000	/* of a request */

struct alertmanagers;

/* What the operator should know, once a change: down, back, refused, full. */
typedef void alertmanagers_fn(void *arg, const struct err *e);

struct alertmanagers	*alertmanagers_new(struct loop *l,
			    alertmanagers_fn *report, void *arg);
void			 alertmanagers_free(struct alertmanagers *m);

/*
 * A member: its base URL, as `http://am1:9093` or with a path in front.
 * config (NULL = defaults) is borrowed.  -1 with *e: no URL of HTTP.
 */
int	alertmanagers_add(struct alertmanagers *m, struct str url,
	    const struct http_config *config, int64_t timeout_ms,
	    struct err *e);

/*
 * An alert for all members, one JSON object; it replaces one with this key
 * (say, of its labels) that still waits.  It goes at the next push.
 */
void	alertmanagers_put(struct alertmanagers *m, uint64_t key,
	    struct str json);
void	alertmanagers_push(struct alertmanagers *m);

/*
 * The end: run the loop until each member has taken all or, when one has,
 * been tried once more; wait_ms at most.  False, and a report, when alerts
 * were dropped, refused, or taken by no member.
 */
bool	alertmanagers_finish(struct alertmanagers *m, int64_t wait_ms);

#endif
