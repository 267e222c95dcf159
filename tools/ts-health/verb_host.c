/*
 * ts-health host
 */
#include "verbs.h"

#include "core/dur.h"

static int
set_procfs(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	((struct health *)t->self)->host.procfs = arg;
	return 0;
}

static int
set_sysfs(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	((struct health *)t->self)->host.sysfs = arg;
	return 0;
}

static int
set_rootfs(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	((struct health *)t->self)->host.rootfs = arg;
	return 0;
}

static int
set_mount_timeout(struct tool *t, const char *arg, struct err *e)
{
	int64_t *ms = &((struct health *)t->self)->host.mount_timeout_ms;

	if (!dur_parse(str_of(arg), ms) || *ms == 0 || *ms > DUR_HOUR)
		return err_set(e, ERR_CONFIG, "bad duration '%s'", arg);
	return 0;
}

static bool
label_name_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!(s.p[i] == '_' || (s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (i && s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.n > 0;
}

/* Kept in order of name; a name given twice has its last value. */
static int
add_label(struct tool *t, const char *arg, struct err *e)
{
	struct host *h = &((struct health *)t->self)->host;
	struct host_label l;
	size_t at;

	l.value = str_cut(str_of(arg), '=', &l.name);
	if (l.value.p == NULL || !label_name_ok(l.name))
		return err_set(e, ERR_CONFIG, "'%s' is not NAME=VALUE", arg);
	for (at = 0; at < h->nlabels; at++)
		if (str_cmp(l.name, h->label[at].name) <= 0)
			break;
	if (at < h->nlabels && str_eq(l.name, h->label[at].name)) {
		h->label[at] = l;
		return 0;
	}
	if (h->nlabels == HOST_LABELS_MAX / 2)
		return err_set(e, ERR_LIMIT, "more than %d labels",
		    HOST_LABELS_MAX / 2);
	memmove(&h->label[at + 1], &h->label[at],
	    (h->nlabels++ - at) * sizeof(l));
	h->label[at] = l;
	return 0;
}

const struct tool_option health_options[] = {
	{ "label", 'l', true, "add a label to every sample", add_label },
	{ "procfs", 0, true, "where proc is mounted", set_procfs },
	{ "sysfs", 0, true, "where sys is mounted", set_sysfs },
	{ "rootfs", 0, true, "where the root is mounted", set_rootfs },
	{ "mount-timeout", 0, true, "how long a mount may take to answer",
	    set_mount_timeout },
};
const size_t health_noptions =
    sizeof(health_options) / sizeof(health_options[0]);

static const struct host_format *const formats[] = {
	&host_text, &host_samples,
};
static const char *const format_names[] = { "text", "samples" };

int
verb_host(struct tool *t, int argc, char **argv)
{
	struct host *h = &((struct health *)t->self)->host;
	int format;

	if (argc > 0)
		return tool_usage(t, "unexpected operand '%s'", argv[0]);
	if ((format = tool_output(t, format_names, 2)) == -1)
		return HEALTH_UNKNOWN;
	h->format = formats[format];
	h->now_ms = clk_now(&t->clk);
	h->out = io_writer_buf(t->out);
	if (host_collect(h) == 0)
		return tool_finish(t, HEALTH_UNKNOWN);
	return tool_finish(t, HEALTH_OK);
}
