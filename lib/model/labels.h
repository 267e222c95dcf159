/*
 * labels: interned, immutable label sets, sorted by name (bytewise), without
 * empty values.  Equal sets of one table are one pointer.  A set lives as
 * long as its table; the table's owner rebuilds it when most of it is dead.
 */
#ifndef MODEL_LABELS_H
#define MODEL_LABELS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/intern.h"
#include "core/str.h"

struct label {
	const struct sym *name, *value;
};

struct labels {
	uint64_t hash;
	uint32_t n;
	uint32_t id;			/* 0, 1, 2, … within the table */
	const struct labels *noname;	/* memo: without __name__; NULL = ask */
	struct label v[];
};

struct labels_table;

struct labels_table	*labels_table_new(void);
void			 labels_table_free(struct labels_table *t);
struct intern		*labels_symbols(struct labels_table *t);
size_t			 labels_table_count(const struct labels_table *t);

/* The symbols that everybody needs, interned at labels_table_new. */
struct labels_names {
	const struct sym *name, *alertname, *alertstate, *job, *instance, *le,
	    *quantile;
};
const struct labels_names	*labels_names(const struct labels_table *t);

/*
 * Building: labels_build clears b (keeps memory) and, when from is given,
 * starts from it.  Setting an empty value deletes.  Reusable; { 0 } is ready.
 */
struct labels_builder {
	struct labels_table *table;
	struct label *v;
	size_t n, cap;
};

void		labels_build(struct labels_builder *b, struct labels_table *t,
		    const struct labels *from);
void		labels_set(struct labels_builder *b, struct str name,
		    struct str value);
/* The same, but an empty value stays: an annotation may well be empty. */
void		labels_put(struct labels_builder *b, struct str name,
		    struct str value);
void		labels_set_sym(struct labels_builder *b,
		    const struct sym *name, const struct sym *value);
void		labels_del(struct labels_builder *b, struct str name);
const struct sym	*labels_peek(const struct labels_builder *b,
		    struct str name);		/* NULL when not set */
const struct labels	*labels_done(struct labels_builder *b);
void		labels_builder_release(struct labels_builder *b);

/* Shorthand: n pairs "name", "value" given as C strings, ending in NULL. */
const struct labels	*labels_of(struct labels_table *t, ...);
const struct labels	*labels_empty(struct labels_table *t);

/* The same set in table t; l may be of another one. */
const struct labels	*labels_copy(struct labels_table *t,
			    const struct labels *l);

/* The value of a name; STR_NONE / NULL when absent. */
struct str		 labels_get(const struct labels *l, struct str name);
const struct sym	*labels_get_sym(const struct labels *l,
			    const struct sym *name);

/* Without __name__ (memoised). */
const struct labels	*labels_without_name(struct labels_table *t,
			    const struct labels *l);

/* Order as Prometheus' labels.Compare: pair by pair, name then value. */
int		labels_cmp(const struct labels *a, const struct labels *b);

/*
 * Alertmanager's and Prometheus' model fingerprint: FNV-1a over sorted
 * name 0xff value 0xff.
 */
uint64_t	labels_fingerprint(const struct labels *l);

/* XXH64 over sorted name 0xff value 0xff: Prometheus' labels.Hash. */
uint64_t	labels_hash64(const struct labels *l);

/*
 * {a="b", c="d"} with Go %q quoting; the name in front: up{job="x"}.  Names
 * that are not legacy are quoted: {"my.name", "my.label"="x"}.
 */
void		labels_print(const struct labels *l, struct buf *out);

/* The same with every name bare and in its place, as Alertmanager's keys. */
void		labels_print_bare(const struct labels *l, struct buf *out);

/* Go's strconv.Quote. */
void		go_quote(struct buf *out, struct str s);

/*
 * What stands between the quotes of a Go string literal: \a \b \f \n \r \t
 * \v \\, the quote itself, \ooo, \xhh, \uhhhh, \Uhhhhhhhh.  -1 for any
 * other escape, a bare newline or a bare quote; out may then hold a part.
 */
int		go_unquote(struct buf *out, struct str s, char quote);

/* [a-zA-Z_][a-zA-Z0-9_]*, and with ':' for metrics. */
bool		label_name_is_legacy(struct str s);
bool		metric_name_is_legacy(struct str s);

#endif
