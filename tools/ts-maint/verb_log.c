/*
 * log: the audit log, or whether nobody has changed it.
 */
#include "run.h"

#include "audit.h"
#include "core/io.h"
#include "store.h"

#define LOG_MAX		((size_t)1 << 30)

const char *
audit_path(const struct maint_config *m, const char *state, struct arena *a)
{
	const char *dir = store_dir(state);

	if (m != NULL && m->audit.n)
		return arena_cstr(a, m->audit);
	return dir ? arena_printf(a, "%s/ts-maint.audit", dir).p : NULL;
}

/* ours: the log that -s knows the end of. */
static int
verify(struct tool *t, const char *path, bool ours)
{
	struct buf text = { 0 }, head = { 0 };
	struct audit_report r;
	struct err e;
	int status = MAINT_OK;

	if (io_read_file(path, LOG_MAX, &text, &e) == -1 ||
	    (ours && store_get_text(t->state, STR("audit"), &head,
	    &e) == -1)) {
		diag_err(&e);
		status = MAINT_TROUBLE;
	} else if (audit_verify(buf_str(&text), buf_str(&head), &r,
	    &e) == -1) {
		e.file = path;
		diag_err(&e);
		status = MAINT_FAILED;
	} else {
		if (r.torn)
			diag_warning("%s: %zu lines were cut off by a crash",
			    path, r.torn);
		(void)buf_printf(io_writer_buf(t->out),
		    "%s: %zu records, none changed\n", path, r.records);
	}
	buf_release(&text);
	buf_release(&head);
	return status;
}

static int
show(struct tool *t, const char *path)
{
	struct buf text = { 0 };
	struct err e;
	int status = MAINT_OK;

	if (io_read_file(path, LOG_MAX, &text, &e) == -1) {
		diag_err(&e);
		status = MAINT_TROUBLE;
	} else {
		(void)buf_put(io_writer_buf(t->out), buf_str(&text));
	}
	buf_release(&text);
	return status;
}

int
verb_log(struct tool *t, int argc, char **argv)
{
	struct maint *self = t->self;
	struct maint_config m = { 0 };
	const char *path = NULL;
	struct err e;
	int i, status = MAINT_OK;

	if (t->config != NULL && maint_load(&m, t->config, &e) == -1) {
		diag_err(&e);
		status = MAINT_TROUBLE;
	} else if (argc == 0 &&
	    (path = audit_path(&m, t->state, &m.arena)) == NULL) {
		status = tool_usage(t, "which log? (LOG, -s DIR, or -c FILE "
		    "with 'audit')");
	} else if (path != NULL) {
		status = self->verify ? verify(t, path, true) : show(t, path);
	}
	for (i = 0; i < argc; i++)
		status = run_worse(status, self->verify ?
		    verify(t, argv[i], false) : show(t, argv[i]));
	maint_release(&m);
	return tool_finish(t, status);
}
