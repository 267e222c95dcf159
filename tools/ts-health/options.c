/*
 * options: what the command line sets.
 */
#include "verbs.h"

#include "core/dur.h"
#include "core/num.h"

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

static int
set_processes(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	((struct health *)t->self)->host.processes = arg;
	return 0;
}

static int
set_names(struct tool *t, const char *arg, struct err *e)
{
	bool seed = strcmp(arg, "seed") == 0;

	if (!seed && strcmp(arg, "node") != 0)
		return err_set(e, ERR_CONFIG, "'%s' is neither node nor seed",
		    arg);
	((struct health *)t->self)->host.seed_names = seed;
	return 0;
}

static int
set_history(struct tool *t, const char *arg, struct err *e)
{
	int64_t *ms = &((struct health *)t->self)->history_ms;

	if (!dur_parse(str_of(arg), ms) || *ms == 0)
		return err_set(e, ERR_CONFIG, "bad duration '%s'", arg);
	return 0;
}

/* Names with commas; each must be one that is off by itself. */
static int
set_collector(struct tool *t, const char *arg, struct err *e)
{
	struct str rest = str_of(arg), one;
	size_t i;

	while (rest.p != NULL) {
		rest = str_cut(rest, ',', &one);
		for (i = 0; i < host_ncollectors; i++)
			if (str_eq(one, str_of(host_collectors[i].name)))
				break;
		if (i == host_ncollectors)
			return err_set(e, ERR_CONFIG, "no collector '" STR_FMT
			    "'", STR_ARG(one));
	}
	((struct health *)t->self)->host.collector = arg;
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

static int
set_parallel(struct tool *t, const char *arg, struct err *e)
{
	struct health *self = t->self;
	int64_t n;

	if (!num_parse_i64(str_of(arg), 1, RUNNER_PARALLEL_MAX, &n))
		return err_set(e, ERR_CONFIG, "'%s' is not from 1 to %d", arg,
		    RUNNER_PARALLEL_MAX);
	self->limits.children = self->limits.shared = (size_t)n;
	return 0;
}

static int
set_max_age(struct tool *t, const char *arg, struct err *e)
{
	if (!dur_parse(str_of(arg), &((struct health *)t->self)->max_age_ms))
		return err_set(e, ERR_CONFIG, "bad duration '%s'", arg);
	return 0;
}

static int
set_http_warning(struct tool *t, const char *arg, struct err *e)
{
	int64_t n;

	if (!num_parse_i64(str_of(arg), 200, 503, &n) ||
	    (n != 200 && n != 429 && n != 503))
		return err_set(e, ERR_CONFIG, "--http-warning is 200, 429 or "
		    "503, not '%s'", arg);
	((struct health *)t->self)->warning_status = (int)n;
	return 0;
}

static int
set_envelope(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	((struct health *)t->self)->envelope = true;
	return 0;
}

static int
set_interval(struct tool *t, const char *arg, struct err *e)
{
	int64_t *ms = &((struct health *)t->self)->interval_ms;

	if (!dur_parse(str_of(arg), ms) || *ms == 0)
		return err_set(e, ERR_CONFIG, "bad duration '%s'", arg);
	return 0;
}

static int
set_objective(struct tool *t, const char *arg, struct err *e)
{
	double percent;

	if (!num_parse_double(str_of(arg), &percent) || percent <= 0 ||
	    percent > 100)
		return err_set(e, ERR_CONFIG, "'%s' is no percentage", arg);
	((struct health *)t->self)->objective = percent / 100;
	return 0;
}

static int
set_gap(struct tool *t, const char *arg, struct err *e)
{
	if (!dur_parse(str_of(arg), &((struct health *)t->self)->gap_ms))
		return err_set(e, ERR_CONFIG, "bad duration '%s'", arg);
	return 0;
}

static int
set_create(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	((struct health *)t->self)->create = true;
	return 0;
}

#define SET_TEXT(field)							\
	static int							\
	set_##field(struct tool *t, const char *arg, struct err *e)	\
	{								\
		(void)e;						\
		((struct health *)t->self)->field = arg;		\
		return 0;						\
	}
SET_TEXT(from)
SET_TEXT(rid)
SET_TEXT(textfile)
SET_TEXT(to)
SET_TEXT(url)
SET_TEXT(token_file)
SET_TEXT(username_file)

static int
add_set(struct tool *t, const char *arg, struct err *e)
{
	struct health *self = t->self;

	if (strchr(arg, '=') == NULL)
		return err_set(e, ERR_CONFIG, "'%s' is not KEY=VALUE", arg);
	if (self->nset == HEALTH_SET_MAX)
		return err_set(e, ERR_LIMIT, "more than %d options",
		    HEALTH_SET_MAX);
	self->set[self->nset++] = str_of(arg);
	return 0;
}

const struct tool_option health_options[] = {
	{ "label", 'l', true, "add a label to every sample", add_label },
	{ "parallel", 'j', true, "how many checks run at a time",
	    set_parallel },
	{ "max-age", 0, true, "how old results may be in answers",
	    set_max_age },
	{ "http-warning", 0, true, "the status of answers on warnings: 200, "
	    "429 or 503", set_http_warning },
	{ "envelope", 0, false, "end with a line that tells of the whole",
	    set_envelope },
	{ "textfile", 0, true, "replace a file with the metrics as text",
	    set_textfile },
	{ "set", 0, true, "an option of an ad-hoc check", add_set },
	{ "from", 0, true, "the beginning; the service to import from",
	    set_from },
	{ "to", 0, true, "the end; the service to export to", set_to },
	{ "objective", 0, true, "the availability wanted, in percent",
	    set_objective },
	{ "gap", 0, true, "how long a result stands", set_gap },
	{ "rid", 0, true, "which run of the job", set_rid },
	{ "create", 0, false, "make the checks at the service", set_create },
	{ "token-file", 0, true, "the service's token", set_token_file },
	{ "username-file", 0, true, "the service's user",
	    set_username_file },
	{ "url", 0, true, "another address of the service", set_url },
	{ "procfs", 0, true, "where proc is mounted", set_procfs },
	{ "sysfs", 0, true, "where sys is mounted", set_sysfs },
	{ "rootfs", 0, true, "where the root is mounted", set_rootfs },
	{ "collector", 0, true, "more collectors: processes, systemd",
	    set_collector },
	{ "processes", 0, true, "tell of processes whose name contains it",
	    set_processes },
	{ "history", 0, true, "what system saw in so long, from the state",
	    set_history },
	{ "interval", 0, true, "how often host -f looks", set_interval },
	{ "names", 0, true, "node_exporter's (node), or the guide's (seed)",
	    set_names },
	{ "mount-timeout", 0, true, "how long a mount may take to answer",
	    set_mount_timeout },
};
const size_t health_noptions =
    sizeof(health_options) / sizeof(health_options[0]);
