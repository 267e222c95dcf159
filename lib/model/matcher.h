/*
 * matcher: = != =~ !~ on one label; a missing label is the empty string.
 */
#ifndef MODEL_MATCHER_H
#define MODEL_MATCHER_H

#include "core/err.h"
#include "model/labels.h"
#include "re/re.h"

enum match_op { MATCH_EQ, MATCH_NE, MATCH_RE, MATCH_NRE };

struct matcher {
	enum match_op op;
	struct str name;
	struct str value;	/* as written */
	struct re *re;		/* MATCH_RE, MATCH_NRE: anchored */
};

/* "=", "!=", "=~", "!~" */
const char	*match_op_text(enum match_op op);

/*
 * Fill m; name and value are borrowed and must outlive it.  re_flags are
 * added to RE_FULL.  -1 with *e for a bad regex.  matcher_release frees the
 * regex.
 */
int	matcher_init(struct matcher *m, enum match_op op, struct str name,
	    struct str value, unsigned re_flags, struct err *e);
void	matcher_release(struct matcher *m);

bool	matcher_ok_value(const struct matcher *m, struct str value);
bool	matcher_ok(const struct matcher *m, const struct labels *l);

/* All of them; true for none. */
bool	matchers_ok(const struct matcher *m, size_t n, const struct labels *l);

/*
 * Alertmanager's matcher lists (reference/alertmanager.md a.6).  The result
 * is in the arena, in input order; the regexes are released with
 * matchers_release.  In fallback mode *warning (when not NULL) gets a message
 * in the arena when the classic reading was taken, else STR_NONE.
 */
enum matcher_syntax { MATCHER_FALLBACK, MATCHER_CLASSIC, MATCHER_UTF8 };

int	matchers_parse(struct str text, enum matcher_syntax how,
	    struct arena *a, struct matcher **out, size_t *n,
	    struct str *warning, struct err *e);

/* Exactly one, without braces. */
int	matcher_parse(struct str text, enum matcher_syntax how,
	    struct arena *a, struct matcher *out, struct str *warning,
	    struct err *e);
void	matchers_release(struct matcher *m, size_t n);

/* name op "value", as Alertmanager prints it. */
void	matcher_print(const struct matcher *m, struct buf *out);

#endif
