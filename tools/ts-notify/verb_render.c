#include "notify.h"

#include <unistd.h>

#include "core/io.h"
#include "texts.h"
#include "tmpl/read.h"

#define DATA_MAX	((size_t)16 << 20)

static int
read_data(const char *path, struct buf *text, struct err *e)
{
	text->max = DATA_MAX;
	return strcmp(path, "-") == 0 ? io_read_all(STDIN_FILENO, text, e) :
	    io_read_file(path, DATA_MAX, text, e);
}

static int
render(struct notifier *nf, const char *path, struct err *e)
{
	struct buf text = { 0 }, *out = io_writer_buf(nf->t->out);
	struct tmpl_data data;
	struct arena a = { 0 };
	struct tmpl_ctx c = { .arena = &a, .now_ms = notifier_now(nf),
	    .compat_025 = nf->compat_025 };
	struct tval dot = { 0 };
	int rc = -1;

	if (path != NULL) {
		if (read_data(path, &text, e) == -1)
			goto out;
		if (tmpl_data_read(buf_str(&text), nf->table, &a, &data,
		    e) == -1) {
			e->file = strcmp(path, "-") == 0 ? "stdin" : path;
			goto out;
		}
		dot = tval_data(&data);
	}
	rc = texts_render(nf->setup->texts, str_of(nf->text), nf->html, dot,
	    &c, out, e);
out:
	arena_free(&a);
	buf_release(&text);
	return rc;
}

int
verb_render(struct tool *t, int argc, char **argv)
{
	struct notifier *nf = t->self;
	struct err e;
	int status = EXIT_YES;

	if (nf->text == NULL || argc > 1)
		return tool_usage(t, nf->text == NULL ? "-t is missing" :
		    "too many operands");
	if (notifier_open(nf, false, &e) == -1) {
		diag_err(&e);
		status = EXIT_USAGE;
	} else if (render(nf, argc == 1 ? argv[0] : NULL, &e) == -1) {
		diag_err(&e);
		status = e.kind == ERR_SYS ? EXIT_TROUBLE : EXIT_NO;
	}
	notifier_close(nf);
	return status;
}
