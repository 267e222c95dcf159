#include "config/common.h"

#include <stdarg.h>
#include <stdio.h>

void
config_warn(struct config_warnings *w, const struct ynode *n,
    struct arena *a, const char *fmt, ...)
{
	struct err *grown;
	char msg[sizeof(w->p->msg)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);	/* cut: harmless */
	va_end(ap);
	/* Few: doubling at each power of two is enough. */
	if ((w->n & (w->n - 1)) == 0) {
		grown = ARENA_ARRAY(a, w->n ? 2 * w->n : 1, struct err);
		if (w->n > 0)
			memcpy(grown, w->p, w->n * sizeof(*grown));
		w->p = grown;
	}
	(void)ynode_err(n, &w->p[w->n++], "%s", msg);
}

struct str
config_path(const struct ynode *n, struct str path, struct arena *a)
{
	const char *file = n->doc->file, *slash;

	if (path.n == 0)
		return path;
	slash = file == NULL ? NULL : strrchr(file, '/');
	if (path.p[0] == '/' || slash == NULL)
		return arena_printf(a, STR_FMT, STR_ARG(path));
	return arena_printf(a, "%.*s/" STR_FMT, (int)(slash - file), file,
	    STR_ARG(path));
}

void
config_err_in(const struct ynode *n, struct err *e)
{
	struct str rest = n->scalar, line;
	size_t at = 0;
	unsigned i;

	for (i = 1; i < e->line && rest.p != NULL; i++) {
		rest = str_cut(rest, '\n', &line);
		at += line.n + 1;
	}
	at += e->col ? e->col - 1 : 0;
	ynode_position(n, at, &e->line, &e->col);
	e->file = n->doc->file;
}

static int
need_scalar(const struct ynode *n, struct err *e)
{
	if (n->kind == Y_SCALAR || n->kind == Y_NULL)
		return 0;
	return ynode_err(n, e, "'" STR_FMT "' must be a string",
	    STR_ARG(n->key ? n->key->scalar : STR("item")));
}

int
config_decode_path(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	if (need_scalar(n, e) == -1)
		return -1;
	if (n->kind == Y_SCALAR)
		*(struct str *)out = config_path(n, n->scalar, a);
	return 0;
}

/* scheme://[user@]host…: the host's first byte decides. */
static bool
url_has_host(struct str rest)
{
	size_t i;

	for (i = 0; i < rest.n; i++) {
		if (rest.p[i] == '@' && i + 1 < rest.n)
			return url_has_host(str_sub(rest, i + 1, rest.n));
		if (strchr("/?#", rest.p[i]))
			break;
	}
	return i > 0 && rest.p[0] != ':';
}

int
config_decode_url(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct str url = n->scalar, scheme = STR_NONE;
	ptrdiff_t sep;

	(void)a;
	if (need_scalar(n, e) == -1)
		return -1;
	if (n->kind == Y_NULL || str_eq(url, STR("<secret>")))
		return 0;
	if ((sep = str_find(url, STR("://"))) != -1)
		scheme = str_sub(url, 0, (size_t)sep);
	if (!str_eq_nocase(scheme, STR("http")) &&
	    !str_eq_nocase(scheme, STR("https")))
		return ynode_err(n, e, "unsupported scheme \"" STR_FMT
		    "\" for URL", STR_ARG(scheme));
	if (!url_has_host(str_sub(url, (size_t)sep + 3, url.n)))
		return ynode_err(n, e, "missing host for URL");
	*(struct str *)out = url;
	return 0;
}

const struct labels *
config_labels(struct labels_table *t, const struct ypairs *p)
{
	struct labels_builder b = { 0 };
	const struct labels *l;
	size_t i;

	labels_build(&b, t, NULL);
	for (i = 0; i < p->n; i++)
		labels_set(&b, p->p[i].key, p->p[i].value);
	l = labels_done(&b);
	labels_builder_release(&b);
	return l;
}
