/*
 * verb_beat: a job tells that it begins, goes on, has ended.
 */
#include "heartbeat.h"
#include "kinds.h"
#include "stamps.h"
#include "verbs.h"

/* The stamp of the check of that name. */
static const char *
path_of_check(const struct health_config *h, struct str name)
{
	size_t i;

	for (i = 0; i < h->checks.n; i++)
		if (h->checks.p[i]->kind == &check_heartbeat &&
		    str_eq(h->checks.p[i]->name, name))
			return ((const struct heartbeat_check *)
			    h->checks.p[i])->path;
	return NULL;
}

static struct str
base_name(struct str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return str_sub(path, n, path.n);
}

int
verb_beat(struct tool *t, int argc, char **argv)
{
	const struct health *self = t->self;
	struct health_config h = health_config_new(self);
	struct str job, event = STR("success");
	const char *path;
	struct err e;
	int rc = 0;

	if (argc < 1 || argc > 2)
		return tool_usage(t, "beat which job?");
	if (argc == 2)
		event = str_of(argv[1]);
	job = base_name(str_of(argv[0]));
	path = argv[0];
	if (t->config != NULL) {
		job = str_of(argv[0]);
		rc = health_load(&h, t->config, &e);
		if (rc == 0 && (path = path_of_check(&h, job)) == NULL)
			rc = err_set(&e, ERR_CONFIG, "no heartbeat check is "
			    "called '%s'", argv[0]);
	}
	if (rc == 0 && t->dry_run)
		(void)buf_printf(io_writer_buf(t->out), "%s: " STR_FMT
		    " of " STR_FMT "\n", path, STR_ARG(event), STR_ARG(job));
	else if (rc == 0)
		rc = stamps_append(path, job, event, self->rid ?
		    str_of(self->rid) : STR_NONE, clk_now(&t->clk), &e);
	if (rc == -1)
		diag_err(&e);
	health_release(&h);
	return tool_finish(t, rc == -1 ? HEALTH_UNKNOWN : HEALTH_OK);
}
