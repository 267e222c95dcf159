/*
 * Every query of the promql scripts parses, and what it prints parses again to
 * something that prints the same.  (Whether the answers are right is another
 * program's business.)
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf.h"
#include "core/io.h"
#include "promql/promql.h"

#define FILE_MAX_BYTES	((size_t)16 << 20)

static const struct promql_features all = { .experimental_functions = true,
    .extended_range_selectors = true, .fill_modifiers = true };

/* The next word of s. */
static struct str
word(struct str *s)
{
	struct str w;

	*s = str_trim(*s);
	w.p = s->p;
	for (w.n = 0; w.n < s->n && s->p[w.n] != ' ' && s->p[w.n] != '\t';)
		w.n++;
	*s = str_trim(str_sub(*s, w.n, s->n));
	return w;
}

/*
 * eval[_x] instant [at TIME] QUERY, or
 * eval[_x] range from START to END step STEP QUERY
 */
static bool
query_of(struct str line, struct str *query)
{
	struct str rest = line, kind;
	int skip;

	if (!str_starts(word(&rest), STR("eval")))
		return false;
	kind = word(&rest);
	*query = rest;
	skip = str_eq(kind, STR("range")) ? 6 :
	    str_starts(rest, STR("at ")) ? 2 : 0;
	if (!str_eq(kind, STR("range")) && !str_eq(kind, STR("instant")))
		return false;
	while (skip-- > 0)
		(void)word(&rest);
	*query = rest;
	return query->n > 0;
}

/* The query printed, or its error. */
static bool
print(struct str query, struct arena *a, struct buf *out)
{
	struct err e = { 0 };
	const struct pexpr *x = promql_parse(query, &all, a, &e);

	if (x == NULL) {
		(void)buf_printf(out, "%u:%u: parse error: %s", e.line,
		    e.col, e.msg);
		return false;
	}
	promql_print(x, out);
	promql_release(x);
	return true;
}

static void
one_query(struct conf *c, struct str query)
{
	struct buf once = { 0 }, twice = { 0 };
	struct arena a = { 0 };
	char *name = arena_cstr(&a, query);

	if (!print(query, &a, &once))
		conf_fail(c, name, STR("an expression"), buf_str(&once));
	else {
		(void)print(buf_str(&once), &a, &twice);
		conf_expect(c, name, buf_str(&once), buf_str(&twice));
	}
	buf_release(&once);
	buf_release(&twice);
	arena_free(&a);
}

static void
one_file(struct conf *c, const char *name)
{
	struct buf text = { 0 };
	struct str rest, line, query;
	struct err e = { 0 };
	char path[300];

	(void)snprintf(path, sizeof(path), "promql/%s", name);
	if (io_read_file(conf_path(c, path), FILE_MAX_BYTES, &text, &e) == -1)
		conf_fail(c, name, STR("a readable file"), str_of(e.msg));
	rest = buf_str(&text);
	while (rest.p && rest.n) {
		rest = str_cut(rest, '\n', &line);
		if (query_of(line, &query))
			one_query(c, query);
	}
	buf_release(&text);
}

static int
is_script(const struct dirent *d)
{
	return str_ends(str_of(d->d_name), STR(".test"));
}

int
main(int argc, char **argv)
{
	struct dirent **entry;
	struct conf c;
	int i, n;

	conf_init(&c, argc, argv);
	if (!conf_begin(&c, "promql"))
		return conf_finish(&c);
	n = scandir(conf_path(&c, "promql"), &entry, is_script, alphasort);
	for (i = 0; i < n; i++) {
		one_file(&c, entry[i]->d_name);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	c.set = "promql (syntax)";
	conf_end(&c);
	return conf_finish(&c);
}
