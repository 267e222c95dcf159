/*
 * tmpl/data: the structs of model/ as templates see them; nothing is copied
 * into maps.  One class per kind of thing.
 */
#ifndef TMPL_DATA_H
#define TMPL_DATA_H

#include "model/labels.h"
#include "model/notification.h"
#include "tmpl/tmpl.h"

/* Label sets: a Go map[string]string, and Alertmanager's template.KV. */
struct tval	tval_labels(const struct labels *l);
struct tval	tval_kv(const struct labels *l);

/*
 * Of an alerting rule.  TMPL_RULE_PRELUDE stands before each of its texts,
 * as upstream puts it there, so columns in messages are upstream's.
 */
#define TMPL_RULE_PRELUDE						\
	"{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"	\
	"{{$externalURL := .ExternalURL}}{{$value := .Value}}"

struct tmpl_rule {
	const struct labels *labels;		/* the sample's own */
	const struct labels *external_labels;
	struct str external_url;
	double value;
	struct str histogram;		/* its text, when the value is one */
};

struct tval	tval_rule(const struct tmpl_rule *r);

/* What query() gives: elements of a TV_LIST made by tval_samples. */
struct tmpl_sample {
	const struct labels *labels;
	double value;
	struct str histogram;
};

extern const struct tclass tmpl_sample_class;
struct tval	tmpl_sample_value(const struct tmpl_sample *s);
struct tval	tval_samples(const struct tmpl_sample *s, size_t n,
		    struct arena *a);

/* Of a receiver: .Receiver .Status .Alerts … */
struct tmpl_alert {
	struct str status;			/* firing, resolved */
	const struct labels *labels, *annotations;
	struct tval starts_at, ends_at;		/* TV_TIME */
	struct str generator_url, fingerprint;
};

struct tmpl_alerts {
	const struct tmpl_alert *p;
	size_t n;
};

struct tmpl_data {
	struct str receiver;			/* regexp-quoted */
	struct str status;
	struct tmpl_alerts alerts;
	const struct labels *group_labels, *common_labels,
	    *common_annotations, *route_labels;
	struct str external_url, notification_reason;
};

/* As upstream derives it from the alerts of a group. */
void		tmpl_data_of(const struct notification *n, struct arena *a,
		    struct tmpl_data *out);
struct tval	tval_data(const struct tmpl_data *d);

/* Go's regexp.QuoteMeta. */
struct str	quote_meta(struct str s, struct arena *a);

#endif
