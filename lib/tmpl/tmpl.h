/*
 * tmpl: Go's text/template, and html/template's escaping as a writer mode.
 * Function sets are row tables given at parse time, so an unknown function
 * is a parse error with its position, as upstream.  Text, output, memory,
 * nesting and steps are bounded.
 */
#ifndef TMPL_TMPL_H
#define TMPL_TMPL_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "tmpl/value.h"

#define TMPL_TEXT_MAX	((size_t)1 << 20)
#define TMPL_OUTPUT_MAX	((size_t)1 << 20)	/* a function's is cut there */
#define TMPL_MEMORY_MAX	((size_t)64 << 20)	/* values made in one run */
#define TMPL_STEPS_MAX	1000000
#define TMPL_DEPTH_MAX	100
#define TMPL_ARGS_MAX	256

/*
 * A function, or a method of a class (arg[0] is then the object).
 * args: a letter per argument, a '.' behind the last when it may be given
 * any number of times:
 *	v any	s string	i int	f float64	l []string
 *	t time.Time	d time.Duration
 * call sees arguments of these kinds only; 0, or -1 with e->msg.
 */
struct tmpl_func {
	const char *name;
	const char *args;
	int	(*call)(struct tmpl_ctx *c, const struct tval *arg, size_t n,
		    struct tval *out, struct err *e);
};

struct tmpl_funcs {
	const struct tmpl_func *row;
	size_t n;
};

/* Go's own (and, or, not, len, index, print, printf, html, eq …). */
extern const struct tmpl_funcs tmpl_funcs_go;
/* Of rule annotations and labels: query, humanize, title, match … */
extern const struct tmpl_funcs tmpl_funcs_prom;
/* Of receivers: join, stringSlice, safeHtml, date, tz, toJson … */
extern const struct tmpl_funcs tmpl_funcs_am;

/*
 * A set of templates that may call each other ({{ template }}, {{ define }}).
 * Owns its memory.  tmpl_funcs_go is always included.  html: escape what
 * actions print for the place in the page where it lands.
 */
struct tmpl_set;

struct tmpl_set	*tmpl_set_new(const struct tmpl_funcs *const *funcs, size_t n,
		    bool html);
/* An empty set that also sees what base holds; base must outlive it. */
struct tmpl_set	*tmpl_set_derive(const struct tmpl_set *base, bool html);
void		 tmpl_set_free(struct tmpl_set *s);

/*
 * Parse text under name; what it defines is added.  A later definition
 * replaces an earlier one, unless it is empty and the earlier one is not.
 * -1 with *e: kind, line and col (1-based, in text), and as message Go's own
 * text, "template: NAME:LINE: function "x" not defined".
 */
int		 tmpl_parse(struct tmpl_set *s, struct str name,
		    struct str text, struct err *e);
bool		 tmpl_defined(const struct tmpl_set *s, struct str name);

/* Has no actions: its output is its text, *text. */
bool		 tmpl_is_constant(const struct tmpl_set *s, struct str name,
		    struct str *text);

/* A template (first of them) that name calls and nobody defines. */
bool		 tmpl_missing(const struct tmpl_set *s, struct str name,
		    struct str *missing);

/*
 * What functions may ask for while executing.  The caller fills the first
 * part; arena holds what values the functions make, reset by the caller.
 */
struct tmpl_ctx {
	struct arena *arena;
	void *host;		/* for query */
	int64_t now_ms;
	bool missing_error;	/* option missingkey=error */
	/*
	 * As Alertmanager up to 0.25 (Go 1.19): label maps print as Go maps,
	 * range does not count integers.
	 */
	bool compat_025;
	/* query(expr): a TV_LIST of tmpl_sample; NULL = not available */
	int	(*query)(struct tmpl_ctx *c, struct str expr,
		    struct tval *out, struct err *e);
	struct str external_url;

	const struct tmpl_set *set;	/* from here: set by tmpl_exec */
	struct tval root;		/* its dot */
	unsigned depth, steps;
	unsigned nested;		/* values being printed in others */
	size_t arena_start;
	bool html;
	const struct tmpl_nest *nest;	/* texts being rendered inside */
};

/*
 * Append the output.  -1 with *e: line and col, and as message Go's text,
 * "template: NAME:LINE:COL: executing "NAME" at <ACTION>: REASON"; out then
 * ends with what was written before.
 */
int		 tmpl_exec(const struct tmpl_set *s, struct str name,
		    struct tval dot, struct tmpl_ctx *c, struct buf *out,
		    struct err *e);

/* As fmt.Print would show v. */
void		 tval_print(struct tmpl_ctx *c, const struct tval *v,
		    struct buf *out);

/* A TV_TIME by one of Go's layouts: "Mon, 02 Jan 2006 15:04:05 -0700". */
struct str	 tval_format_time(const struct tval *t, struct str layout,
		    struct arena *a);

/* As Go's encoding/json would (HTML characters escaped). */
void		 tval_json(struct tmpl_ctx *c, const struct tval *v,
		    struct jw *w);

#endif
