#include "integration.h"

/* What stands where the log says that nothing is to be sent. */
static bool
is_news(struct notifier *nf, const struct notification *n,
    const struct target *t, const char **reason, struct err *e)
{
	struct note note = { .n = *n, .setup = nf->setup };
	struct job j = { .nf = nf, .note = &note, .target = *t };
	struct buf key = { 0 };
	bool send = false;

	nflog_key(&key, n->receiver, t->name, t->index, n->group_key);
	j.key = buf_str(&key);
	*e = (struct err){ 0 };
	(void)dedup_decide(&j, &send, e);
	*reason = j.reason;
	arena_free(&j.arena);
	buf_release(&key);
	return send;
}

static int
show_one(struct notifier *nf, const struct notification *n,
    const struct target *t)
{
	struct note note = { .n = *n, .setup = nf->setup };
	struct buf *out = io_writer_buf(nf->t->out);
	const char *reason = NULL;
	struct attempt *a;
	struct err e;
	int rc = 0;

	if (!is_news(nf, n, t, &reason, &e)) {
		if (e.kind != ERR_NONE)
			diag_err(&e);
		diag_note(STR_FMT "/" STR_FMT "[%zu]: not sent: %s",
		    STR_ARG(n->receiver), STR_ARG(t->name), t->index,
		    reason ? reason : "");
		return e.kind == ERR_NONE ? 0 : -1;
	}
	a = attempt_new(nf, &note, t, reason);
	if (a->n.nalerts > 0) {
		(void)buf_printf(out, "# " STR_FMT "/" STR_FMT "[%zu]: %s\n",
		    STR_ARG(n->receiver), STR_ARG(t->name), t->index, reason);
		rc = attempt_show(a, out);
		if (rc == -1)
			diag(STR_FMT "/" STR_FMT "[%zu]: %s",
			    STR_ARG(n->receiver), STR_ARG(t->name), t->index,
			    a->err.msg);
		(void)buf_putc(out, '\n');
	}
	attempt_free(a);
	return rc;
}

int
dry_run(struct notifier *nf, const struct notification *n)
{
	struct target t = { .kind = &int_stdout, .name = STR("stdout"),
	    .send_resolved = true };
	const struct am_receiver *r;
	int rc = 0;
	size_t i;

	if (nf->to != NULL)
		return show_one(nf, n, &t);
	r = am_config_receiver(nf->setup->config, n->receiver);
	if (r == NULL) {
		diag("the configuration has no receiver '" STR_FMT "'",
		    STR_ARG(n->receiver));
		return -1;
	}
	for (i = 0; i < r->n; i++) {
		const struct integration_config *ic = &r->integration[i];

		t = (struct target){ integration_find(ic->key), ic->conf,
		    str_of(ic->kind->name), ic->index,
		    ic->common->send_resolved };
		if (t.kind == NULL) {
			diag("'" STR_FMT "' cannot be delivered by this "
			    "program", STR_ARG(ic->key));
			rc = -1;
		} else if (show_one(nf, n, &t) == -1)
			rc = -1;
	}
	return rc;
}
