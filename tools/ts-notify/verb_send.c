#include "notify.h"

/* One alert that says what it is. */
static void
make_test(struct notifier *nf, struct str receiver, struct alert *al,
    struct notification *n)
{
	*al = (struct alert){
		.labels = labels_of(nf->table, "alertname", "TestNotification",
		    "severity", "none", (char *)NULL),
		.annotations = labels_of(nf->table, "summary",
		    "A test message; nothing is wrong.", (char *)NULL),
		.starts_at = notifier_now(nf),
		.generator_url = STR(""),
	};
	*n = (struct notification){
		.receiver = receiver,
		.group_key = STR("{}/test:{alertname=\"TestNotification\"}"),
		.external_url = STR(""),
		.group_labels = labels_of(nf->table, "alertname",
		    "TestNotification", (char *)NULL),
		.common_labels = al->labels,
		.common_annotations = al->annotations,
		.alerts = al, .nalerts = 1,
		.time = notifier_now(nf),
	};
}

static int
send_test(struct notifier *nf, struct str receiver)
{
	struct notification n;
	struct alert al;

	if (nf->setup->config != NULL &&
	    am_config_receiver(nf->setup->config, receiver) == NULL) {
		diag("the configuration has no receiver '" STR_FMT "'",
		    STR_ARG(receiver));
		return EXIT_USAGE;
	}
	make_test(nf, receiver, &al, &n);
	if (nf->t->dry_run)
		return dry_run(nf, &n) == -1 ? EXIT_NO : EXIT_YES;
	queue_offer(nf, &n, STR_NONE);
	(void)loop_run(nf->loop, true);
	queue_abandon(nf, "stopped");
	return nf->failed > 0 ? EXIT_NO : EXIT_YES;
}

int
verb_send(struct tool *t, int argc, char **argv)
{
	struct notifier *nf = t->self;
	struct err e;
	int status;

	if (argc != 1 || (t->config == NULL && nf->to == NULL))
		return tool_usage(t, argc != 1 ? "one receiver is needed" :
		    "-c is missing");
	if (notifier_open(nf, false, &e) == -1) {
		diag_err(&e);
		status = EXIT_USAGE;
	} else
		status = send_test(nf, str_of(argv[0]));
	notifier_close(nf);
	return status;
}
