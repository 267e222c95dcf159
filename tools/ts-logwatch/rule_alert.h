/*
 * rule_alert: the alert of a full window: labels and annotations by
 * templates (the engine of ts-notify).
 */
#ifndef TS_LOGWATCH_RULE_ALERT_H
#define TS_LOGWATCH_RULE_ALERT_H

#include "rules.h"

struct rule_alerts;

struct rule_alerts	*rule_alerts_new(void);
void			 rule_alerts_free(struct rule_alerts *a);

/* Parse the templates of a rule; 0, or -1 with *e at their place. */
int	rule_alerts_add(struct rule_alerts *a, const struct rule *rule,
	    struct err *e);

/*
 * Fill *out; its label sets live until the next call.  False after a message
 * when a template fails.
 */
bool	rule_alert_make(struct rule_alerts *a, const struct incident *in,
	    struct arena *scratch, struct alert *out);

#endif
