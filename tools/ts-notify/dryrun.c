#include "integration.h"

static int
show_attempt(const struct job *j)
{
	struct buf *out = io_writer_buf(j->nf->t->out);
	const struct note *note = j->note;
	struct attempt *a = attempt_new(j);
	int rc = 0;

	if (a->n.nalerts > 0) {
		(void)buf_printf(out, "# " STR_FMT "/" STR_FMT "[%zu]: %s\n",
		    STR_ARG(note->n.receiver), STR_ARG(j->target.name),
		    j->target.index, j->reason);
		rc = attempt_show(a, out);
		(void)buf_putc(out, '\n');
	}
	if (rc == -1)
		diag(STR_FMT "/" STR_FMT "[%zu]: %s",
		    STR_ARG(note->n.receiver), STR_ARG(j->target.name),
		    j->target.index, a->err.msg);
	attempt_free(a);
	return rc;
}

/* Nothing where the log says that it is no news. */
static int
show_one(struct notifier *nf, const struct notification *n,
    const struct target *t)
{
	struct note note = { .n = *n, .setup = nf->setup };
	struct job j = { .nf = nf, .note = &note, .target = *t };
	struct buf key = { 0 };
	bool send = false;
	struct err e;
	int rc;

	nflog_key(&key, n->receiver, t->name, t->index, n->group_key);
	j.key = buf_str(&key);
	rc = dedup_decide(&j, &send, &e);
	if (rc == -1)
		diag_err(&e);
	else if (send)
		rc = show_attempt(&j);
	else
		diag_note(STR_FMT "/" STR_FMT "[%zu]: not sent: %s",
		    STR_ARG(n->receiver), STR_ARG(t->name), t->index,
		    j.reason);
	arena_free(&j.arena);
	buf_release(&key);
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
