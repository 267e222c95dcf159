/* blocks: who is blocked; block or let go by hand. */
#include <stdlib.h>

#include "block.h"
#include "core/dur.h"
#include "state/state.h"
#include "watch.h"

static int
by_until(const void *a, const void *b)
{
	const struct block *x = *(struct block *const *)a;
	const struct block *y = *(struct block *const *)b;

	if (x->until != y->until)
		return x->until < y->until ? -1 : 1;
	return str_cmp(x->name, y->name);
}

static void
put_row(struct buf *out, const struct block *b)
{
	struct buf until = { 0 };

	if (b->until != INT64_MAX)
		time_print_rfc3339(&until, b->until / 1000 * 1000);
	else
		(void)buf_put(&until, STR("forever"));
	(void)buf_printf(out, "%-28.*s %-20.*s %5lld  %-9s %-20s %s\n",
	    STR_ARG(b->name), STR_ARG(buf_str(&until)),
	    (long long)b->count, b->backend->name, b->rule, b->reason);
	buf_release(&until);
}

static void
put_json(struct buf *out, const struct block *b)
{
	struct block_record r = { .action = "block", .block = b,
	    .prefix = b->net.prefix, .rule = str_of(b->rule),
	    .reason = str_of(b->reason), .time = b->since, .status = -1 };

	(void)str_cut(b->name, '/', &r.net);
	block_record_print(out, &r);
}

static int
list(struct tool *t, struct blocker *b, bool json)
{
	int64_t now = clk_now(&t->clk);
	struct buf *out = io_writer_buf(t->out);
	const struct blocks *all;
	VEC(const struct block *) rows = { 0 };
	struct map_entry *en;
	struct err e;
	size_t at = 0, i;

	if ((all = blocker_list(b, now, &e)) == NULL) {
		diag_err(&e);
		return EXIT_TROUBLE;
	}
	while ((en = map_next(&all->map, &at)) != NULL) {
		const struct block *one = en->value;

		if (one->active && one->until > now)
			vec_push(&rows, one);
	}
	if (rows.n > 0)
		qsort(rows.p, rows.n, sizeof(*rows.p), by_until);
	if (!json && rows.n > 0)
		(void)buf_printf(out, "%-28s %-20s %5s  %-9s %-20s %s\n",
		    "ADDRESS", "UNTIL", "TIMES", "BY", "RULE", "REASON");
	for (i = 0; i < rows.n; i++) {
		if (json)
			put_json(out, rows.p[i]);
		else
			put_row(out, rows.p[i]);
	}
	vec_release(&rows);
	return EXIT_YES;
}

static int
change(struct watch *w, struct blocker *b, bool add, int argc, char **argv)
{
	int64_t now = clk_now(&w->t->clk);
	struct str reason = str_of(w->opt.reason ? w->opt.reason : "by hand");
	struct err e = { 0 };
	int status = EXIT_YES, i, rc;

	if (!add && w->opt.all && blocker_remove_all(b, now, &e) == -1) {
		diag_err(&e);
		status = EXIT_NO;
	}
	for (i = 0; i < argc; i++) {
		rc = add ? blocker_add(b, str_of(argv[i]), reason,
		    w->opt.time_ms < 0 ? NULL : &w->opt.time_ms, now, &e) :
		    blocker_remove(b, str_of(argv[i]), now, &e);
		if (rc == 0)
			continue;
		diag_err(&e);
		status = EXIT_NO;
	}
	return status;
}

int
verb_blocks(struct tool *t, int argc, char **argv)
{
	static const char *const formats[] = { "table", "json" };
	const char *word = argc > 0 ? argv[0] : "list";
	struct watch *w = t->self;
	struct blocker *b;
	int status, format = tool_output(t, formats, 2);

	if (format == -1)
		return EXIT_USAGE;
	if (strcmp(word, "list") != 0 && strcmp(word, "add") != 0 &&
	    strcmp(word, "remove") != 0)
		return tool_usage(t, "blocks has list, add and remove, not "
		    "'%s'", word);
	if (t->state == NULL)
		return tool_usage(t, "blocks needs -s, where they are kept");
	if (strcmp(word, "list") != 0 && argc < 2 && !w->opt.all)
		return tool_usage(t, "blocks %s needs an address", word);
	w->t = t;
	t->output = "";
	w->opt.block = !t->dry_run;
	w->opt.blocks_verb = true;
	if ((status = watch_open(w)) != EXIT_YES)
		return status;
	b = w->blocker;
	status = strcmp(word, "list") == 0 ? list(t, b, format == 1) :
	    change(w, b, strcmp(word, "add") == 0, argc - 1, argv + 1);
	return tool_finish(t, status);
}
