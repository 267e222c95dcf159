/*
 * tmpl: Go's text/template, and html/template's escaping as a writer mode.
 * Function sets are row tables given at parse time, so an unknown function
 * is a parse error with its position, as upstream.  Output, nesting and
 * steps are bounded.
 */
#ifndef TMPL_TMPL_H
#define TMPL_TMPL_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "tmpl/value.h"

#define TMPL_OUTPUT_MAX	((size_t)1 << 20)
#define TMPL_STEPS_MAX	1000000
#define TMPL_DEPTH_MAX	100

struct tmpl_func {
	const char *name;
	int min, max;		/* arguments; max -1 = any number */
	int	(*call)(struct tmpl_ctx *c, const struct tval *arg, size_t n,
		    struct tval *out, struct err *e);
};

struct tmpl_funcs {
	const struct tmpl_func *row;
	size_t n;
};

/* Go's own (and, or, not, len, index, print, printf, html, eq …). */
extern const struct tmpl_funcs tmpl_funcs_go;
/* Of rule annotations and labels: reference/prometheus.md 5.6. */
extern const struct tmpl_funcs tmpl_funcs_prom;
/* Of receivers: reference/alertmanager.md d.5. */
extern const struct tmpl_funcs tmpl_funcs_am;

/*
 * A set of templates that may call each other ({{ template }}, {{ define }}).
 * Owns its memory.  tmpl_funcs_go is always included.
 */
struct tmpl_set;

struct tmpl_set	*tmpl_set_new(const struct tmpl_funcs *const *funcs, size_t n,
		    bool html);
/* A copy that shares what is parsed so far; the original must outlive it. */
struct tmpl_set	*tmpl_set_derive(const struct tmpl_set *base);
void		 tmpl_set_free(struct tmpl_set *s);

/* Parse text under name (a later one replaces it).  Position in *e. */
int		 tmpl_parse(struct tmpl_set *s, struct str name,
		    struct str text, struct err *e);
bool		 tmpl_defined(const struct tmpl_set *s, struct str name);

/* Names of functions, templates and fields it uses: for checks and speed. */
bool		 tmpl_is_constant(const struct tmpl_set *s, struct str name);

/*
 * What functions may ask for while executing.  The caller fills the first
 * part; arena holds what values the functions make, reset by the caller.
 */
struct tmpl_ctx {
	struct arena *arena;
	void *host;		/* for query() and the like */
	int64_t now_ms;
	bool missing_error;	/* option missingkey=error */
	/* query(expr): a TV_LIST of samples; NULL = not available */
	int	(*query)(struct tmpl_ctx *c, struct str expr,
		    struct tval *out, struct err *e);
	struct str external_url;
	const struct tmpl_set *set;	/* set by tmpl_exec */
	unsigned depth, steps;		/* likewise */
};

/* Append the output; -1 with *e (template name, line, col, reason). */
int		 tmpl_exec(const struct tmpl_set *s, struct str name,
		    struct tval dot, struct tmpl_ctx *c, struct buf *out,
		    struct err *e);

/* As fmt.Print would show v. */
void		 tval_print(struct tmpl_ctx *c, const struct tval *v,
		    struct buf *out);

#endif
