/* blocks: who is shut out, and who would be without --block. */
#include "block.h"
#include "core/dur.h"
#include "core/mem.h"
#include "json/write.h"
#include "output.h"
#include "watch.h"

static void *
open_blocks(struct watch *w, const char *url, struct err *e)
{
	struct watch **self = mem_zalloc(sizeof(struct watch *));

	(void)url;
	(void)e;
	*self = w;
	return self;
}

static void
put_text(struct jw *w, const char *key, struct str s)
{
	jw_key(w, str_of(key));
	jw_str(w, s);
}

static void
put_time(struct jw *w, const char *key, int64_t t)
{
	struct buf text = { 0 };

	time_print_rfc3339(&text, t);
	put_text(w, key, buf_str(&text));
	buf_release(&text);
}

static void
put_argv(struct jw *w, const char *const *argv)
{
	size_t i;

	jw_key(w, STR("argv"));
	jw_arr(w);
	for (i = 0; argv != NULL && argv[i] != NULL; i++)
		jw_str(w, str_of(argv[i]));
	jw_arr_end(w);
}

void
block_record_print(struct buf *out, const struct block_record *r)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	put_text(&w, "type", STR("block"));
	put_text(&w, "ip", r->net);
	jw_key(&w, STR("prefix"));
	jw_int(&w, r->prefix);
	put_text(&w, "action", str_of(r->action));
	put_time(&w, "time", r->time);
	if (r->block != NULL) {
		if (r->block->until == INT64_MAX) {
			jw_key(&w, STR("until"));
			jw_null(&w);
		} else {
			put_time(&w, "until", r->block->until);
		}
		jw_key(&w, STR("count"));
		jw_int(&w, r->block->count);
		put_text(&w, "backend", str_of(r->block->backend->name));
	}
	put_text(&w, "rule", r->rule);
	put_text(&w, "reason", r->reason);
	put_argv(&w, r->argv);
	jw_key(&w, STR("dry_run"));
	jw_bool(&w, r->dry_run);
	jw_key(&w, STR("status"));
	if (r->status == -1)
		jw_null(&w);
	else
		jw_int(&w, r->status);
	if (r->error != NULL)
		put_text(&w, "error", str_of(r->error));
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

static void
put_block(void *arg, const struct block_record *r)
{
	struct watch *w = *(struct watch **)arg;

	block_record_print(io_writer_buf(w->t->out), r);
	if (io_writer_ready(w->t->out) == -1)
		(void)tool_flush(w->t);
}

static int
flush(void *arg, bool final)
{
	(void)final;
	return tool_flush((*(struct watch **)arg)->t);
}

const struct output output_blocks = {
	.name = "blocks", .summary = "who is blocked, or would be",
	.open = open_blocks, .block = put_block, .flush = flush,
	.close = mem_free,
};
