/*
 * grok_filter: the options of logstash-filter-grok around a list of
 * patterns: which fields, which patterns, what of a hit and of a miss.
 */
#ifndef TS_LOGWATCH_GROK_FILTER_H
#define TS_LOGWATCH_GROK_FILTER_H

#include "config.h"
#include "event.h"
#include "grok.h"
#include "yaml/fields.h"

struct grok_filter;

/*
 * From its mapping (match, patterns_dir, pattern_definitions, break_on_match
 * …).  c has the patterns that are defined outside, or is NULL; ecs when the
 * mapping does not say.  In the arena; grok_filter_free releases the patterns.
 * NULL with *e.
 */
struct grok_filter	*grok_filter_new(const struct ynode *n,
			    const struct config *c, bool ecs,
			    struct arena *a, struct err *e);
void			 grok_filter_free(struct grok_filter *f);

/* True when something matched. */
bool			 grok_filter_run(struct grok_filter *f,
			    struct event *ev);

/* add_tag, add_field, remove_tag, remove_field: of every filter. */
struct decorations {
	struct ystrs add_tag, remove_tag, remove_field;
	struct ypairs add_field;
};
void	decorate(const struct decorations *d, struct event *ev);



/* %{field}, %{[a][b]}, %{+YYYY.MM.dd} replaced. */
struct str	event_sprintf(const struct event *ev, struct str text);

#endif
