#include "integration.h"

/* False when the log says that nothing is to be sent, or with *e. */
static bool
is_news(struct job *j, struct err *e)
{
	struct buf key = { 0 };
	bool send = false;

	nflog_key(&key, j->note->n.receiver, j->target.name, j->target.index,
	    j->note->n.group_key);
	j->key = buf_str(&key);
	*e = (struct err){ 0 };
	(void)dedup_decide(j, &send, e);
	buf_release(&key);
	return send;
}

static int
show_one(struct notifier *nf, const struct notification *n,
    const struct target *t)
{
	struct note note = { .n = *n, .setup = nf->setup };
	struct job j = { .nf = nf, .note = &note, .target = *t };
	struct buf *out = io_writer_buf(nf->t->out);
	struct attempt *a;
	struct err e;
	int rc = 0;

	if (!is_news(&j, &e)) {
		if (e.kind != ERR_NONE)
			diag_err(&e);
		diag_note(STR_FMT "/" STR_FMT "[%zu]: not sent: %s",
		    STR_ARG(n->receiver), STR_ARG(t->name), t->index,
		    j.reason ? j.reason : "");
		arena_free(&j.arena);
		return e.kind == ERR_NONE ? 0 : -1;
	}
	a = attempt_new(nf, &note, t, j.reason, &j.told);
	if (a->n.nalerts > 0) {
		(void)buf_printf(out, "# " STR_FMT "/" STR_FMT "[%zu]: %s\n",
		    STR_ARG(n->receiver), STR_ARG(t->name), t->index,
		    j.reason);
		rc = attempt_show(a, out);
		if (rc == -1)
			diag(STR_FMT "/" STR_FMT "[%zu]: %s",
			    STR_ARG(n->receiver), STR_ARG(t->name), t->index,
			    a->err.msg);
		(void)buf_putc(out, '\n');
	}
	attempt_free(a);
	arena_free(&j.arena);
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
