/*
 * systemd: the state of every loaded unit.  Starts systemctl, so it is off
 * unless asked for, as in node_exporter.
 */
#include "host.h"

#include <sys/stat.h>

#include "core/proc.h"

#define OUTPUT_MAX	((size_t)8 << 20)
#define TIMEOUT_MS	5000

static const char *const states[] = { "activating", "active", "deactivating",
	"failed", "inactive" };
#define NSTATES	(sizeof(states) / sizeof(states[0]))

struct unit { struct str name, load, active, type; };

/* KEY=VALUE lines up to an empty one. */
static bool
next_unit(struct str *text, struct unit *u)
{
	struct str line, key, v;

	*u = (struct unit){ .type = STR("") };
	while (host_line(text, &line)) {
		if (line.n == 0 && u->name.n)
			break;
		v = str_cut(line, '=', &key);
		if (str_eq(key, STR("Id")))
			u->name = v;
		else if (str_eq(key, STR("LoadState")))
			u->load = v;
		else if (str_eq(key, STR("ActiveState")))
			u->active = v;
		else if (str_eq(key, STR("Type")))
			u->type = v;
	}
	return u->name.n > 0;
}

static void
put_units(struct host *h, struct str text)
{
	double count[NSTATES] = { 0 };
	struct host_label l[3];
	struct unit u;
	size_t i;

	host_family(h, STR("node_systemd_unit_state"), "gauge",
	    STR("Systemd unit"));
	while (next_unit(&text, &u)) {
		for (i = 0; i < NSTATES; i++) {
			count[i] += str_eq(u.active, str_of(states[i]));
			if (!str_eq(u.load, STR("loaded")))
				continue;
			l[0] = (struct host_label){ STR("name"), u.name };
			l[1] = (struct host_label){ STR("state"),
			    str_of(states[i]) };
			l[2] = (struct host_label){ STR("type"), u.type };
			host_sample(h, str_eq(u.active, str_of(states[i])),
			    l, 3);
		}
	}
	host_family(h, STR("node_systemd_units"), "gauge",
	    STR("Summary of systemd unit states"));
	for (i = 0; i < NSTATES; i++)
		host_sample1(h, count[i], "state", str_of(states[i]));
}

int
host_systemd(struct host *h, struct err *e)
{
	static const char *const args[] = { "systemctl", "--no-pager",
	    "--no-ask-password", "show",
	    "--property=Id,LoadState,ActiveState,Type", "*" };
	char *argv[sizeof(args) / sizeof(args[0]) + 1] = { NULL };
	struct proc_request q = { .argv = argv, .timeout_ms = TIMEOUT_MS,
	    .output_max = OUTPUT_MAX };
	struct proc_result r = { 0 };
	struct stat st;
	size_t i;
	int rc = 1;

	if (stat(arena_printf(&h->arena, "%s/run/systemd/system",
	    h->rootfs).p, &st) == -1) {
		(void)err_set(e, ERR_CONFIG, "this machine does not run "
		    "systemd");
		return 0;
	}
	for (i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		argv[i] = arena_cstr(&h->arena, str_of(args[i]));
	if (proc_run(&q, &r, e) == -1)
		return -1;
	if (r.timed_out || r.status != 0)
		rc = err_set(e, ERR_SYS, "systemctl: " STR_FMT, STR_ARG(
		    r.timed_out ? STR("no answer") :
		    str_trim(buf_str(&r.err))));
	else
		put_units(h, buf_str(&r.out));
	proc_result_release(&r);
	return rc;
}
