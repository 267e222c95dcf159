/*
 * health/redis: each field of INFO as it was sent.
 * health/postgres/queries.jsonl: for each statement and each version it is for,
 * ours of that name gives the same columns.
 */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>

#include "../../tools/ts-health/host.h"
#include "../../tools/ts-health/pg_query.h"
#include "../../tools/ts-health/redis_info.h"
#include "conf.h"
#include "core/io.h"
#include "core/num.h"
#include "json/tree.h"

static struct arena arena;

/* ---- INFO ---- */

static void
info_lines(struct conf *c, const char *file, struct str info)
{
	struct str rest = info, line, key, want, got;
	double v, a, b;

	while (host_line(&rest, &line)) {
		want = str_trim(str_cut(line, ':', &key));
		if (line.n == 0 || line.p[0] == '#' || want.p == NULL)
			continue;
		if (!redis_info_field(info, key, &got))
			got = STR("(nothing)");
		conf_expect(c, arena_printf(&arena, "%s " STR_FMT, file,
		    STR_ARG(key)).p, want, got);
		if (num_parse_double(want, &v) &&
		    redis_info_number(info, key) != v)
			conf_fail(c, arena_cstr(&arena, key), want,
			    STR("another number"));
	}
	/* Without a limit there is nothing to be a share of. */
	a = redis_info_number(info, STR("used_memory"));
	b = redis_info_number(info, STR("maxmemory"));
	(void)redis_info_derived(info, STR("memory_percent"), &v);
	conf_expect(c, arena_printf(&arena, "%s memory_percent", file).p,
	    STR("right"), b > 0 ? v == a * 100 / b ? STR("right") :
	    STR("wrong") : isnan(v) ? STR("right") : STR("wrong"));
}

static void
info_files(struct conf *c)
{
	struct dirent *d;
	struct str path;
	struct buf b;
	struct err e;
	DIR *dir;

	if (!conf_begin(c, "health/redis"))
		return;
	path = arena_str(&arena, str_of(conf_path(c, "health/redis")));
	dir = opendir(arena_cstr(&arena, path));
	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (!str_ends(str_of(d->d_name), STR(".txt")))
			continue;
		b = (struct buf){ 0 };
		if (io_read_file(arena_printf(&arena, STR_FMT "/%s",
		    STR_ARG(path), d->d_name).p, (size_t)1 << 20, &b, &e) ==
		    0)
			info_lines(c, d->d_name, buf_str(&b));
		buf_release(&b);
	}
	if (dir != NULL)
		(void)closedir(dir);
	conf_end(c);
}

/* ---- columns of a statement ---- */

/* Where a word stands outside of parentheses and literals; -1 nowhere. */
static ptrdiff_t
find_word(struct str s, const char *word, bool last)
{
	size_t n = strlen(word), i;
	ptrdiff_t at = -1;
	bool quoted = false;
	int depth = 0;

	for (i = 0; i + n <= s.n; i++) {
		if (s.p[i] == '\'')
			quoted = !quoted;
		if (quoted)
			continue;
		depth += (s.p[i] == '(') - (s.p[i] == ')');
		if (depth == 0 && str_eq_nocase(str_sub(s, i, i + n),
		    str_of(word))) {
			at = (ptrdiff_t)i;
			if (!last)
				break;
		}
	}
	return at;
}

/* The name that the server gives a column. */
static struct str
column_name(struct str s)
{
	ptrdiff_t as = find_word(s, " as ", true), at;

	if (as >= 0)
		return str_trim(str_sub(s, (size_t)as + 4, s.n));
	while ((at = find_word(s, "::", true)) >= 0)
		s = str_sub(s, 0, (size_t)at);
	if ((at = str_find_char(s, '(')) >= 0)
		s = str_sub(s, 0, (size_t)at);
	while ((at = str_find_char(s, '.')) >= 0)
		s = str_sub(s, (size_t)at + 1, s.n);
	return str_trim(s);
}

static struct str
columns(struct str sql)
{
	ptrdiff_t from = find_word(sql, "select ", false), at;
	struct str list = str_sub(sql, from < 0 ? 0 : (size_t)from + 7,
	    sql.n), one, out = STR("");

	if ((at = find_word(list, " from ", false)) >= 0)
		list = str_sub(list, 0, (size_t)at);
	while (list.n) {
		at = find_word(list, ",", false);
		one = str_sub(list, 0, at < 0 ? list.n : (size_t)at);
		list = at < 0 ? STR("") : str_sub(list, (size_t)at + 1,
		    list.n);
		one = column_name(str_trim(one));
		out = arena_printf(&arena, STR_FMT STR_FMT " ", STR_ARG(out),
		    STR_ARG(one));
	}
	return out;
}

static void
query_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct str sql = json_get_str(row, "sql");
	struct str on = json_get_str(row, "run_on");
	const char *what = json_string_value(json_object_get(row, "name"));
	int min = (int)json_integer_value(json_object_get(row,
	    "min_server_version_num"));
	const json_t *max = json_object_get(row, "max_server_version_num");
	const struct pg_query *q = pg_query_find(what, json_is_integer(max) ?
	    (int)json_integer_value(max) : min, str_eq(on,
	    STR("standby"))), *old = NULL;
	unsigned i;

	(void)arg;
	/* Which columns of pg_stat_statements there are, decides its probe. */
	for (i = 0; i < pg_nqueries && q != NULL; i++)
		if (strcmp(pg_queries[i].name, what) == 0 &&
		    str_eq(columns(str_of(pg_queries[i].sql)),
		    columns(sql)))
			old = &pg_queries[i];
	if (q != NULL && strcmp(what, "top_statements") == 0)
		q = old;
	conf_expect(c, arena_printf(&arena, "%s %s", name, what).p,
	    columns(sql), q ? columns(str_of(q->sql)) : STR("no statement"));
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	info_files(&c);
	conf_jsonl(&c, "health/postgres/queries.jsonl", query_row, NULL);
	arena_free(&arena);
	return conf_finish(&c);
}
