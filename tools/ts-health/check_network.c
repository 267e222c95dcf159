/*
 * check_network: network devices: are they up, how fast, and how many bytes,
 * errors and drops a second between two looks.
 */
#include <math.h>
#include <net/if.h>
#include <stdlib.h>
#include <time.h>

#include "core/clk.h"
#include "host.h"
#include "kinds.h"
#include "procfs.h"

enum { ERRORS, DROPS, RX, TX, SPEED, NMEASURES };

struct network_check {
	struct check check;
	struct ystrs interface;
	int64_t sample_ms;
	bool carrier;
	struct range warn[NMEASURES], crit[NMEASURES];
};

#define T	struct network_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("interface", YT_CUSTOM, offsetof(T, interface),
	    .decode = words_decode),
	YROW("interfaces", YT_CUSTOM, offsetof(T, interface),
	    .decode = words_decode),
	YROW("sample", YT_DURATION, offsetof(T, sample_ms), .dflt = "1s"),
	YROW("carrier", YT_BOOL, offsetof(T, carrier), .dflt = "true"),
	RANGE_ROW("errors_warn", T, warn[ERRORS]),
	RANGE_ROW("errors_crit", T, crit[ERRORS]),
	RANGE_ROW("drops_warn", T, warn[DROPS]),
	RANGE_ROW("drops_crit", T, crit[DROPS]),
	BYTES_ROW("rx_warn", T, warn[RX]),
	BYTES_ROW("rx_crit", T, crit[RX]),
	BYTES_ROW("tx_warn", T, warn[TX]),
	BYTES_ROW("tx_crit", T, crit[TX]),
	RANGE_ROW("speed_warn", T, warn[SPEED]),
	RANGE_ROW("speed_crit", T, crit[SPEED]),
};
KIND_FIELDS(network, T);
#undef T

static const struct {
	const char *label, *uom, *what;
} measures[NMEASURES] = {
	[ERRORS] = { "errors", "", "errors a second on" },
	[DROPS] = { "drops", "", "drops a second on" },
	[RX] = { "rx", "B", "received a second on" },
	[TX] = { "tx", "B", "sent a second on" },
	[SPEED] = { "speed", "", "Mbit/s of" },
};

static int
network_configure(struct check *c, struct arena *a, struct err *e)
{
	const struct network_check *p = (const struct network_check *)c;

	(void)a;
	if (p->sample_ms <= 0 || p->sample_ms >= c->timeout_ms)
		return ynode_err(c->node, e, "'sample' must be shorter than "
		    "the timeout");
	if (p->interface.n)
		c->target = p->interface.p[0];
	return 0;
}

struct look {
	struct net_device *device;
	size_t n;
	double at_s;
};

static bool
look(const struct check *c, struct check_result *r, struct look *out)
{
	struct str text;

	if (!proc_text(c, "net/dev", r, &text))
		return false;
	out->n = net_devices_parse(text, r->arena, &out->device);
	out->at_s = clk_mono_s();
	return true;
}

static const struct net_device *
find(const struct look *l, struct str name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (str_eq(l->device[i].name, name))
			return &l->device[i];
	return NULL;
}

/* A counter that went back was made anew: nothing is known of it. */
static double
rate(const struct net_device *a, const struct net_device *b,
    enum net_counter rx, enum net_counter tx, double seconds)
{
	double in = b->counter[rx] - a->counter[rx];
	double out = b->counter[tx] - a->counter[tx];

	if (rx == tx)
		out = 0;
	return in < 0 || out < 0 || seconds <= 0 ? NAN :
	    (in + out) / seconds;
}

/* A file of /sys/class/net/DEVICE; false when there is none to read. */
static bool
sys_text(const struct check *c, struct str device, const char *name,
    struct arena *a, struct str *text)
{
	struct str path = arena_printf(a, "class/net/" STR_FMT "/%s",
	    STR_ARG(device), name);
	struct err e;

	if (proc_read(c->sysfs, path.p, a, text, &e) != 1)
		return false;
	*text = str_trim(*text);
	return true;
}

/* Somebody wants it up: IFF_UP of its flags. */
static bool
wanted_up(const struct check *c, struct str device, struct arena *a)
{
	struct str text;

	return !sys_text(c, device, "flags", a, &text) ||
	    (strtoul(arena_cstr(a, text), NULL, 16) & IFF_UP);
}

/* carrier cannot be read while the device is down. */
static void
check_carrier(const struct network_check *p, struct str device,
    struct check_result *r)
{
	struct str state = STR_NONE, carrier;

	if (!p->carrier || !sys_text(&p->check, device, "operstate",
	    r->arena, &state))
		return;
	if (str_eq(state, STR("up")) || (str_eq(state, STR("unknown")) &&
	    (!sys_text(&p->check, device, "carrier", r->arena, &carrier) ||
	    !str_eq(carrier, STR("0")))))
		return;
	check_say(r, CHECK_FAIL, STR_FMT " has no carrier (" STR_FMT ")",
	    STR_ARG(device), STR_ARG(state));
}

static void
measure(const struct network_check *p, int k, struct str device, double v,
    struct check_result *r)
{
	struct arena *a = r->arena;
	struct str label = arena_printf(a, STR_FMT "_%s", STR_ARG(device),
	    measures[k].label);
	struct str what = arena_printf(a, "%s " STR_FMT, measures[k].what,
	    STR_ARG(device));

	if (!isnan(v))
		check_measure(r, label, v, measures[k].uom, &p->warn[k],
		    &p->crit[k], what.p);
}

static void
check_device(const struct network_check *p, const struct net_device *a,
    const struct net_device *b, double seconds, struct check_result *r)
{
	struct str text;
	double speed = NAN;

	check_carrier(p, b->name, r);
	/* What has no speed (a bridge, loopback) says -1, or nothing. */
	if (sys_text(&p->check, b->name, "speed", r->arena, &text) &&
	    (!host_number(text, &speed) || speed <= 0))
		speed = NAN;
	measure(p, SPEED, b->name, speed, r);
	if (a == NULL)
		return;
	measure(p, ERRORS, b->name, rate(a, b, NET_RX_ERRS, NET_TX_ERRS,
	    seconds), r);
	measure(p, DROPS, b->name, rate(a, b, NET_RX_DROP, NET_TX_DROP,
	    seconds), r);
	measure(p, RX, b->name, rate(a, b, NET_RX_BYTES, NET_RX_BYTES,
	    seconds), r);
	measure(p, TX, b->name, rate(a, b, NET_TX_BYTES, NET_TX_BYTES,
	    seconds), r);
}

static void
network_run(const struct check *c, struct check_result *r)
{
	const struct network_check *p = (const struct network_check *)c;
	struct timespec t = { p->sample_ms / 1000,
	    p->sample_ms % 1000 * 1000000 };
	const struct net_device *d;
	struct look a, b;
	size_t i, n = 0;

	if (!look(c, r, &a))
		return;
	(void)nanosleep(&t, NULL);
	if (!look(c, r, &b))
		return;
	for (i = 0; i < p->interface.n; i++)
		if ((d = find(&b, p->interface.p[i])) == NULL)
			check_say(r, CHECK_FAIL, "no device '" STR_FMT "'",
			    STR_ARG(p->interface.p[i]));
		else
			check_device(p, find(&a, d->name), d,
			    b.at_s - a.at_s, r);
	for (i = 0; i < b.n && p->interface.n == 0; i++) {
		/* What is switched off, and loopback, are nobody's worry. */
		if (str_eq(b.device[i].name, STR("lo")) ||
		    !wanted_up(c, b.device[i].name, r->arena))
			continue;
		n++;
		check_device(p, find(&a, b.device[i].name), &b.device[i],
		    b.at_s - a.at_s, r);
	}
	n = p->interface.n ? p->interface.n : n;
	check_note(r, "%zu device%s", n, n == 1 ? "" : "s");
}

const struct check_kind check_network = {
	.name = "network", .operand = "interface",
	.fields = &network_fields, .configure = network_configure,
	.run = network_run,
};
