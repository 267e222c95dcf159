/*
 * ts-route silence add, expire, import, update; list is in silence_list.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/mem.h"
#include "json/tree.h"
#include "json/write.h"
#include "session.h"
#include "silence_list.h"

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
	if (matchers_of_args(c->argc, c->argv, &sil->arena, sil->set, &c->e) ==
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

/* ---- update ---- */

/* Times and comment as the options say; what they do not name stays. */
static int
change(struct silence *sil, const struct route_tool *rt, struct err *e)
{
	int64_t ms;

	if (rt->comment != NULL)
		sil->comment = str_of(rt->comment);
	if (parse_when(rt->start, "--start", &sil->starts_at, e) == -1 ||
	    parse_when(rt->end, "--end", &sil->ends_at, e) == -1)
		return -1;
	if (rt->duration == NULL || rt->end != NULL)
		return 0;
	if (!dur_parse(str_of(rt->duration), &ms) || ms == 0 ||
	    __builtin_add_overflow(sil->starts_at, ms, &sil->ends_at))
		return err_set(e, ERR_CONFIG, "bad --duration '%s'",
		    rt->duration);
	return 0;
}

/*
 * In place while nothing of the past would change; else the old one ends and
 * a new one begins.
 */
static int
update_one(struct change *c, struct silence *sil)
{
	enum silence_state was = silence_state_at(sil, c->now);
	int64_t began = sil->starts_at, until = sil->ends_at;
	struct silence old = *sil;

	if (change(sil, c->t->self, &c->e) == -1) {
		diag("%s", c->e.msg);
		return EXIT_USAGE;
	}
	sil->updated_at = c->now;
	if (sil->ends_at > c->now && sil->ends_at >= sil->starts_at &&
	    ((was == SILENCE_ACTIVE && sil->starts_at == began) ||
	    (was == SILENCE_PENDING && sil->starts_at >= c->now)))
		return store(c->st, sil, &c->e) == -1 ? EXIT_TROUBLE :
		    EXIT_YES;
	if (silence_check(sil, c->now, &c->e) == -1) {
		diag("%s", c->e.msg);
		return EXIT_NO;
	}
	if (was != SILENCE_EXPIRED) {
		old.starts_at = began;
		old.ends_at = until;
		silence_expire(&old, c->now);
		if (store(c->st, &old, &c->e) == -1)
			return EXIT_TROUBLE;
	}
	silence_set_id(sil);
	return store(c->st, sil, &c->e) == -1 ? EXIT_TROUBLE : EXIT_YES;
}

static int
update(struct change *c)
{
	const struct silence **row = mem_array((size_t)c->argc + 1,
	    sizeof(*row));
	struct silence *sil;
	int i, rc, status = EXIT_YES;
	size_t n = 0;

	if (c->argc == 0)
		status = tool_usage(c->t, "which silence?");
	for (i = 0; i < c->argc && status != EXIT_TROUBLE; i++) {
		sil = silences_find(&c->all, str_of(c->argv[i]));
		if (sil == NULL) {
			diag("no silence '%s'", c->argv[i]);
			rc = EXIT_NO;
		} else if ((rc = update_one(c, sil)) == EXIT_YES) {
			row[n++] = sil;
		}
		status = rc > status ? rc : status;
	}
	if (n > 0)
		silences_show(c->t, row, n, c->now);
	mem_free(row);
	return status;
}

int
verb_silence(struct tool *t, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*work)(struct change *);
	} rows[] = {
		{ "add", add }, { "expire", expire }, { "import", import },
		{ "update", update },
	};
	size_t i;

	if (argc == 0)
		return tool_usage(t, "add, expire, import, list or update?");
	if (strcmp(argv[0], "list") == 0 || strcmp(argv[0], "query") == 0)
		return silence_list(t, argc - 1, argv + 1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(argv[0], rows[i].name) == 0)
			return with_state(t, argc - 1, argv + 1,
			    rows[i].work);
	return tool_usage(t, "unknown verb 'silence %s'", argv[0]);
}
