/*
 * relabel: Prometheus' relabel_config (reference/prometheus.md 1.5).  Plain
 * data that config fills from YAML and tests fill by hand; actions are rows.
 */
#ifndef MODEL_RELABEL_H
#define MODEL_RELABEL_H

#include "core/err.h"
#include "model/labels.h"
#include "re/re.h"

struct relabel_action;		/* a row */

struct relabel {
	const struct relabel_action *action;
	struct str *source;		/* source_labels */
	size_t nsource;
	struct str separator, target, replacement;
	struct re *regex;		/* anchored */
	uint64_t modulus;
	bool legacy_names;		/* metric_name_validation_scheme legacy */
};

/* What relabel_init takes; has_* tells an absent field from an empty one. */
struct relabel_fields {
	struct str action, separator, regex, target, replacement;
	struct str *source;
	size_t nsource;
	uint64_t modulus;
	bool has_action, has_separator, has_regex, has_target,
	    has_replacement, has_source, has_modulus;
	bool legacy_names;
	bool no_defaults;		/* absent fields are really empty */
};

/* Defaults, validation, regex.  Borrows the strings.  -1 with *e. */
int	relabel_init(struct relabel *r, const struct relabel_fields *f,
	    struct err *e);
void	relabel_release(struct relabel *r);

/*
 * Run rules r[0..n) over the labels in b.  False: dropped.  trace, when not
 * NULL, is called after each rule that ran.
 */
typedef void relabel_trace(void *arg, size_t rule,
	    const struct labels_builder *b, bool kept);
bool	relabel_apply(const struct relabel *r, size_t n,
	    struct labels_builder *b, relabel_trace *trace, void *arg);

#endif
