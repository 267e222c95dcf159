/*
 * ts-route silence add, expire, list, import.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "json/tree.h"
#include "json/write.h"
#include "session.h"
#include "silences.h"

#define STATE_WAIT_MS	10000
#define IMPORT_MAX	((size_t)64 << 20)

/* ---- the state ---- */

static int
store(struct state *st, const struct silence *sil, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	silence_print(sil, 0, &b);
	rc = state_put(st, sil->id, buf_str(&b), e);
	buf_release(&b);
	return rc;
}

struct change {
	struct tool *t;
	struct state *st;
	struct silences all;
	int64_t now;
	struct err e;
	int argc;
	char **argv;
};

/* Ids of silences that ended more than five days ago. */
static int
forget_old(struct change *c)
{
	struct map_entry *me;
	const struct silence *sil;
	size_t at = 0;

	while ((me = map_next(&c->all.by_id, &at)) != NULL) {
		sil = me->value;
		if (c->now - sil->ends_at > SILENCE_KEEP_MS &&
		    state_del(c->st, sil->id, &c->e) == -1)
			return -1;
	}
	return 0;
}

/* Open for writing, work, commit. */
static int
with_state(struct tool *t, int argc, char **argv, int (*work)(struct change *))
{
	struct change c = { .t = t, .argc = argc, .argv = argv };
	int status = EXIT_TROUBLE;

	if (t->state == NULL)
		return tool_usage(t, "silence needs -s");
	c.now = clk_now(&t->clk);
	c.st = state_open(str_of(t->state), SILENCES_STATE, STATE_WAIT_MS,
	    &c.e);
	if (c.st != NULL && silences_load(&c.all, c.st, &c.e) == 0) {
		status = work(&c);
		if (forget_old(&c) == -1 || state_commit(c.st, &c.e) == -1)
			status = EXIT_TROUBLE;
	}
	if (status == EXIT_TROUBLE)
		diag_err(&c.e);
	silences_release(&c.all);
	state_close(c.st);
	return tool_finish(t, status);
}

/* Checked, named, kept, its id printed. */
static int
take_new(struct change *c, struct silence *sil)
{
	if (silence_check(sil, c->now, &c->e) == -1) {
		diag("%s", c->e.msg);
		return EXIT_NO;
	}
	silence_set_id(sil);
	if (store(c->st, sil, &c->e) == -1)
		return EXIT_TROUBLE;
	(void)buf_printf(io_writer_buf(c->t->out), STR_FMT "\n",
	    STR_ARG(sil->id));
	return EXIT_YES;
}

/* ---- add ---- */

/* As amtool: a first argument that is no matcher is the alert's name. */
static int
parse_matchers(int argc, char **argv, struct arena *a,
    struct silence_matchers *out, struct err *e)
{
	struct err first;
	int i;

	out->p = ARENA_ARRAY(a, (size_t)argc + 1, struct matcher);
	for (i = 0; i < argc; i++, out->n++) {
		if (matcher_parse(str_of(argv[i]), MATCHER_FALLBACK, a,
		    &out->p[i], NULL, &first) == 0)
			continue;
		if (i > 0 || strpbrk(argv[i], "=~{}") != NULL) {
			*e = first;
			return -1;
		}
		if (matcher_init(&out->p[i], MATCH_EQ, STR("alertname"),
		    str_of(argv[i]), 0, e) == -1)
			return -1;
	}
	return 0;
}

static int
parse_when(const char *text, const char *option, int64_t *out, struct err *e)
{
	if (text != NULL && !time_parse(str_of(text), out))
		return err_set(e, ERR_CONFIG, "bad %s '%s'", option, text);
	return 0;
}

static int
set_times(struct silence *sil, const struct route_tool *rt, int64_t now,
    struct err *e)
{
	int64_t ms = DUR_HOUR;

	sil->starts_at = now;
	if (parse_when(rt->start, "--start", &sil->starts_at, e) == -1)
		return -1;
	if (rt->duration && !dur_parse(str_of(rt->duration), &ms))
		return err_set(e, ERR_CONFIG, "bad --duration '%s'",
		    rt->duration);
	if (ms == 0)
		return err_set(e, ERR_CONFIG, "silence duration must be "
		    "greater than 0");
	if (__builtin_add_overflow(sil->starts_at, ms, &sil->ends_at))
		return err_set(e, ERR_CONFIG, "--duration is too long");
	return parse_when(rt->end, "--end", &sil->ends_at, e);
}

/* Recurring: the silence holds within a time interval only. */
static void
set_interval(struct silence *sil, const char *name)
{
	struct buf b = { 0 };
	struct jw w = { .out = &b };

	if (name == NULL)
		return;
	jw_obj(&w);
	jw_key(&w, STR("timeInterval"));
	jw_str(&w, str_of(name));
	jw_obj_end(&w);
	sil->annotations = arena_str(&sil->arena, buf_str(&b));
	sil->interval = str_of(name);
	buf_release(&b);
}

static int
fill_in(struct change *c, struct silence *sil)
{
	const struct route_tool *rt = c->t->self;
	const char *user = getenv("USER");

	if (c->argc == 0)
		return err_set(&c->e, ERR_CONFIG, "no matchers specified");
	if (rt->comment == NULL)
		return err_set(&c->e, ERR_CONFIG, "--comment is missing");
	sil->comment = str_of(rt->comment);
	sil->created_by = str_of(rt->author ? rt->author : user ? user : "");
	sil->set = ARENA_NEW(&sil->arena, struct silence_matchers);
	sil->nsets = 1;
	if (parse_matchers(c->argc, c->argv, &sil->arena, sil->set, &c->e) ==
	    -1)
		return -1;
	set_interval(sil, rt->interval);
	return set_times(sil, rt, c->now, &c->e);
}

static int
add(struct change *c)
{
	struct silence *sil = mem_zalloc(sizeof(*sil));
	int status = EXIT_USAGE;

	if (fill_in(c, sil) == -1)
		diag("%s", c->e.msg);
	else
		status = take_new(c, sil);
	silence_free(sil);
	return status;
}

/* ---- expire ---- */

static int
expire(struct change *c)
{
	struct silence *sil;
	int i, status = EXIT_YES;

	if (c->argc == 0)
		return tool_usage(c->t, "which silence?");
	for (i = 0; i < c->argc; i++) {
		sil = silences_find(&c->all, str_of(c->argv[i]));
		if (sil == NULL) {
			diag("no silence '%s'", c->argv[i]);
			status = EXIT_NO;
			continue;
		}
		if (silence_state_at(sil, c->now) == SILENCE_EXPIRED)
			continue;
		silence_expire(sil, c->now);
		if (store(c->st, sil, &c->e) == -1)
			return EXIT_TROUBLE;
	}
	return status;
}

/* ---- import ---- */

static int
read_import(struct change *c, struct buf *text)
{
	int fd = STDIN_FILENO, rc;

	text->max = IMPORT_MAX;
	if (c->argc > 0 && strcmp(c->argv[0], "-") != 0 &&
	    (fd = open(c->argv[0], O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(&c->e, "cannot open '%s'", c->argv[0]);
	rc = io_read_all(fd, text, &c->e);
	if (fd != STDIN_FILENO)
		(void)close(fd);
	return rc;
}

/* Expired ones are passed over: they would not be taken. */
static int
import_one(struct change *c, const json_t *o)
{
	struct buf b = { 0 };
	struct silence *sil;
	int status = EXIT_NO;

	(void)json_put_tree(&b, o);
	if ((sil = silence_parse(buf_str(&b), &c->e)) == NULL)
		diag("%s", c->e.msg);
	else if (silence_state_at(sil, c->now) == SILENCE_EXPIRED)
		status = EXIT_YES;
	else
		status = take_new(c, sil);
	silence_free(sil);
	buf_release(&b);
	return status;
}

/* The array that `list -o json` and amtool give, or one silence. */
static int
import(struct change *c)
{
	struct buf text = { 0 };
	json_t *doc = NULL;
	size_t i, n;
	int rc, status = EXIT_TROUBLE;

	if (read_import(c, &text) == -1)
		goto out;
	if ((doc = json_tree(buf_str(&text), &c->e)) == NULL) {
		diag_err(&c->e);
		status = EXIT_USAGE;
		goto out;
	}
	status = EXIT_YES;
	n = json_is_array(doc) ? json_array_size(doc) : 1;
	for (i = 0; i < n && status != EXIT_TROUBLE; i++) {
		rc = import_one(c, json_is_array(doc) ?
		    json_array_get(doc, i) : doc);
		status = rc > status ? rc : status;
	}
out:
	json_decref(doc);
	buf_release(&text);
	return status;
}

/* ---- list ---- */

struct listing {
	struct tool *t;
	const struct route_tool *rt;
	struct silence_matchers filter;
	int64_t now, within;
	const struct silence **row;
	size_t n;
};

static bool
has_matcher(const struct silence *sil, const struct matcher *want)
{
	size_t i, k;

	for (i = 0; i < sil->nsets; i++)
		for (k = 0; k < sil->set[i].n; k++)
			if (sil->set[i].p[k].op == want->op &&
			    str_eq(sil->set[i].p[k].name, want->name) &&
			    str_eq(sil->set[i].p[k].value, want->value))
				return true;
	return false;
}

static bool
is_wanted(const struct listing *l, const struct silence *sil)
{
	bool expired = silence_state_at(sil, l->now) == SILENCE_EXPIRED;
	size_t i;

	if (expired != l->rt->expired)
		return false;
	if (l->within != 0 && (expired ? sil->ends_at < l->now - l->within :
	    sil->ends_at > l->now + l->within))
		return false;
	for (i = 0; i < l->filter.n; i++)
		if (!has_matcher(sil, &l->filter.p[i]))
			return false;
	return true;
}

static int
cmp_ends(const void *a, const void *b)
{
	const struct silence *x = *(const struct silence *const *)a;
	const struct silence *y = *(const struct silence *const *)b;

	if (x->ends_at != y->ends_at)
		return x->ends_at < y->ends_at ? -1 : 1;
	return str_cmp(x->id, y->id);
}

/* Matchers, and between the sets of one silence "or". */
static struct str
matchers_text(const struct silence *sil, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	size_t i, k;

	for (i = 0; i < sil->nsets; i++) {
		if (i > 0)
			(void)buf_put(&b, STR(" or "));
		for (k = 0; k < sil->set[i].n; k++) {
			if (k > 0)
				(void)buf_putc(&b, ' ');
			matcher_print(&sil->set[i].p[k], &b);
		}
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

enum { COLUMNS = 5 };

static void
row_texts(const struct silence *sil, struct arena *a, struct str *cell)
{
	struct buf b = { 0 };

	time_print_rfc3339(&b, sil->ends_at - sil->ends_at % 1000);
	cell[0] = sil->id;
	cell[1] = matchers_text(sil, a);
	cell[2] = arena_str(a, buf_str(&b));
	cell[3] = sil->created_by;
	cell[4] = sil->comment;
	buf_release(&b);
}

/* As amtool: two blanks behind every column, the last one too. */
static void
put_table(const struct listing *l, struct arena *a, struct buf *out)
{
	struct str (*cell)[COLUMNS] = arena_array(a, l->n + 1, sizeof(*cell));
	static const char *const heads[COLUMNS] = {
		"ID", "Matchers", "Ends At", "Created By", "Comment",
	};
	size_t i, k, w, width[COLUMNS] = { 0 };

	for (k = 0; k < COLUMNS; k++)
		cell[0][k] = str_of(heads[k]);
	for (i = 0; i < l->n; i++)
		row_texts(l->row[i], a, cell[i + 1]);
	for (i = 0; i <= l->n; i++)
		for (k = 0; k < COLUMNS; k++)
			if ((w = utf8_columns(cell[i][k])) > width[k])
				width[k] = w;
	for (i = 0; i <= l->n; i++) {
		for (k = 0; k < COLUMNS; k++)
			(void)buf_printf(out, STR_FMT "%*s",
			    STR_ARG(cell[i][k]), (int)(width[k] + 2 -
			    utf8_columns(cell[i][k])), "");
		(void)buf_putc(out, '\n');
	}
}

static void
put_json(const struct listing *l, struct buf *out)
{
	size_t i;

	(void)buf_putc(out, '[');
	for (i = 0; i < l->n; i++) {
		if (i > 0)
			(void)buf_putc(out, ',');
		silence_print(l->row[i], l->now, out);
	}
	(void)buf_put(out, STR("]\n"));
}

static int
put_list(struct listing *l, const struct silences *all, struct arena *a)
{
	static const char *const forms[] = { "table", "json" };
	struct buf *out = io_writer_buf(l->t->out);
	struct map_entry *me;
	size_t i, at = 0;
	int form = tool_output(l->t, forms, 2);

	if (form == -1)
		return EXIT_USAGE;
	l->row = arena_array(a, all->by_id.n + 1, sizeof(*l->row));
	while ((me = map_next(&all->by_id, &at)) != NULL)
		if (is_wanted(l, me->value))
			l->row[l->n++] = me->value;
	qsort(l->row, l->n, sizeof(*l->row), cmp_ends);
	if (form == 1)
		put_json(l, out);
	else if (!l->t->quiet)
		put_table(l, a, out);
	else
		for (i = 0; i < l->n; i++)
			(void)buf_printf(out, STR_FMT "\n",
			    STR_ARG(l->row[i]->id));
	return EXIT_YES;
}

static int
list(struct tool *t, int argc, char **argv)
{
	struct listing l = { .t = t, .rt = t->self };
	struct silences all = { 0 };
	struct arena a = { 0 };
	struct state *st = NULL;
	struct err e = { 0 };
	int status = EXIT_USAGE;

	if (t->state == NULL)
		return tool_usage(t, "silence needs -s");
	l.now = clk_now(&t->clk);
	if (l.rt->within && !dur_parse(str_of(l.rt->within), &l.within)) {
		diag("bad --within '%s'", l.rt->within);
		goto out;
	}
	if (parse_matchers(argc, argv, &a, &l.filter, &e) == -1) {
		diag_err(&e);
		goto out;
	}
	status = EXIT_TROUBLE;
	st = state_open_read(str_of(t->state), SILENCES_STATE, &e);
	if (st == NULL || silences_load(&all, st, &e) == -1)
		diag_err(&e);
	else
		status = put_list(&l, &all, &a);
out:
	matchers_release(l.filter.p, l.filter.n);
	silences_release(&all);
	state_close(st);
	arena_free(&a);
	return tool_finish(t, status);
}

int
verb_silence(struct tool *t, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*work)(struct change *);
	} rows[] = {
		{ "add", add }, { "expire", expire }, { "import", import },
	};
	size_t i;

	if (argc == 0)
		return tool_usage(t, "add, expire, list or import?");
	if (strcmp(argv[0], "list") == 0)
		return list(t, argc - 1, argv + 1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(argv[0], rows[i].name) == 0)
			return with_state(t, argc - 1, argv + 1,
			    rows[i].work);
	return tool_usage(t, "unknown verb 'silence %s'", argv[0]);
}
