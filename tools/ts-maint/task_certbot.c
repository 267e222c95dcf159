/*
 * task_certbot: can the certificates be renewed?  renew: true renews those
 * that are due.  Without a terminal certbot waits up to 8 minutes by chance:
 * the timeout must allow for that.
 */
#include "kinds.h"
#include "reading.h"

struct certbot_task {
	struct task task;
	bool renew;
};

static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("renew", YT_BOOL, offsetof(struct certbot_task, renew)),
};
TASK_FIELDS(certbot, struct certbot_task);

static int
certbot_plan(struct work *w, struct err *e)
{
	const struct certbot_task *t = (const struct certbot_task *)w->task;

	(void)e;
	(void)work_step(w, (struct step){ .action = t->renew ? "renew" :
	    "try", .what = STR("certificates"),
	    .note = t->renew ? STR("those that are due") :
	    STR("certbot renew --dry-run"), .reads = !t->renew });
	return 0;
}

static enum step_end
certbot_apply(struct work *w, struct step *s, struct err *e)
{
	const char *argv[] = { "certbot", "renew", "-n",
	    s->reads ? "--dry-run" : NULL, NULL };

	return reading_run(w, "certbot", argv, e) == -1 ? STEP_FAILED :
	    STEP_DONE;
}

const struct task_kind task_certbot = {
	.name = "certbot", .about = "can certificates be renewed",
	.fields = &certbot_fields, .plan = certbot_plan,
	.apply = certbot_apply,
};
