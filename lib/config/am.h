/*
 * config/am: alertmanager.yml (reference: Alertmanager 0.34), with inherited
 * values resolved.  Lives in the caller's arena; am_config_release frees the
 * compiled regexes.
 *
 * Taken beside upstream's language, each with a warning: a Helm values file
 * (alertmanager.config), e-mail `subject` and `body`, placeholder URLs.
 */
#ifndef CONFIG_AM_H
#define CONFIG_AM_H

#include "config/common.h"
#include "config/interval.h"
#include "config/receivers.h"
#include "model/matcher.h"

struct matchers {
	struct matcher *p;
	size_t n;
};

/* One node of the tree; timers and lists are the effective ones. */
struct am_route {
	const struct ynode *node;
	struct str receiver;
	struct ystrs group_by;		/* sorted; empty: one group */
	bool group_by_all;		/* ['...'] */
	int64_t group_wait_ms, group_interval_ms, repeat_interval_ms;
	struct matchers matchers;	/* match, match_re, matchers; ANDed */
	bool go_on;			/* continue: true */
	struct ystrs mute_intervals, active_intervals;	/* not inherited */
	struct ypairs labels;		/* merged; values are templates */
	struct am_route *parent;	/* NULL: the root */
	struct am_route *child;		/* array of nchildren */
	size_t nchildren;
	size_t index;			/* position, depth first from 0 */
};

struct am_inhibit_rule {
	const struct ynode *node;
	struct str name;
	struct matchers source, target;
	struct ystrs equal;
};

struct am_interval {
	const struct ynode *node;
	struct str name;
	struct time_intervals intervals;
};

struct am_config {
	const char *file;
	struct am_global global;
	struct am_route *route;
	size_t nroutes;			/* in the whole tree */
	struct am_inhibit_rule *inhibit;
	size_t ninhibit;
	struct am_receiver *receiver;
	size_t nreceivers;
	struct am_interval *interval;
	size_t nintervals;
	struct ystrs templates;		/* patterns, seen from the file */
	struct config_warnings warnings;
};

/* How label names and matchers are read; upstream's default is fallback. */
struct am_options {
	enum matcher_syntax syntax;	/* MATCHER_FALLBACK */
	bool strict;			/* refuse what only we take */
};

/* NULL with *e: file:line:col.  o NULL = the defaults. */
struct am_config	*am_config_load(const char *path,
			    const struct am_options *o, struct arena *a,
			    struct err *e);
struct am_config	*am_config_decode(const struct ynode *root,
			    const struct am_options *o, struct arena *a,
			    struct err *e);
void			 am_config_release(struct am_config *c);

const struct am_receiver	*am_config_receiver(
			    const struct am_config *c, struct str name);
const struct am_interval	*am_config_interval(
			    const struct am_config *c, struct str name);

/*
 * Every template in the fields of receivers and in labels, in order of the
 * file's trees; text without an action is left out.  secret: not to be shown.
 */
typedef void am_text_fn(void *arg, const struct ynode *n, bool secret);
void	am_config_texts(const struct am_config *c, am_text_fn *fn, void *arg);

/* The rows of the global block. */
const struct yfields	*am_global_fields(void);

/*
 * The route's part of a group key: the matchers from the root down,
 * {}/{severity="critical"}, as upstream prints it.
 */
void	am_route_key(const struct am_route *r, struct buf *out);

#endif
