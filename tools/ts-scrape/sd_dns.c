/* dns_sd_configs: SRV, A, AAAA, MX or NS records as targets. */
#include "sd.h"

#include "core/diag.h"
#include "core/mem.h"
#include "net/dns.h"

struct dns_sd {
	struct sd *sd;
	struct dns *dns;
	enum dns_type type;
	struct ltimer refresh;
	struct asked *asked;		/* one for each name */
	size_t waiting;			/* for so many answers */
};

struct asked {
	struct dns_sd *d;
	struct str name;
};

static const struct {
	const char *name;
	enum dns_type type;
	const char *target_label;	/* the name it points to, with a dot */
} types[] = {
	{ "A", DNS_A, NULL },
	{ "AAAA", DNS_AAAA, NULL },
	{ "MX", DNS_MX, "__meta_dns_mx_record_target" },
	{ "NS", DNS_NS, "__meta_dns_ns_record_target" },
	{ "SRV", DNS_SRV, "__meta_dns_srv_record_target" },
};

static void	ask_all(struct dns_sd *d);

static void
add_label(struct sd_target *t, const char *name, struct str value)
{
	t->label[t->n++] = (struct sd_label){ str_of(name), value };
}

/* host:port, an IPv6 address in brackets */
static struct str
address(struct arena *a, struct str host, unsigned port)
{
	if (str_find_char(host, ':') != -1)
		return arena_printf(a, "[" STR_FMT "]:%u", STR_ARG(host),
		    port);
	return arena_printf(a, STR_FMT ":%u", STR_ARG(host), port);
}

static void
make_target(const struct asked *q, const struct dns_record *r,
    struct sd_target *t, struct arena *a)
{
	const struct dns_sd_config *c = q->d->sd->config->conf;
	unsigned port = q->d->type == DNS_SRV ? r->port : (unsigned)c->port;
	const char *label = NULL;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == q->d->type)
			label = types[i].target_label;
	t->label = ARENA_ARRAY(a, 4, struct sd_label);
	add_label(t, "__address__", address(a, r->text, port));
	add_label(t, "__meta_dns_name", arena_str(a, q->name));
	if (label)
		add_label(t, label, arena_printf(a, STR_FMT ".",
		    STR_ARG(r->text)));
	if (q->d->type == DNS_SRV)
		add_label(t, "__meta_dns_srv_record_port",
		    arena_printf(a, "%u", port));
}

static void
take(const struct asked *q, const struct dns_record *r, size_t n)
{
	struct arena a = { 0 };
	struct sd_group *g = ARENA_NEW(&a, struct sd_group);

	g->target = ARENA_ARRAY(&a, n, struct sd_target);
	for (; g->ntargets < n; g->ntargets++)
		make_target(q, &r[g->ntargets], &g->target[g->ntargets], &a);
	sd_put(q->d->sd, arena_cstr(&a, q->name), &a, g, 1);
}

static void
on_refresh(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	ask_all(arg);
}

static void
all_answered(struct dns_sd *d)
{
	const struct dns_sd_config *c = d->sd->config->conf;
	struct loop *l = d->sd->env->loop;

	if (d->sd->env->follow)
		loop_timer(l, &d->refresh, loop_now(l) + c->refresh_ms);
	sd_ready(d->sd);
}

/* A name without records has no targets; one that cannot be asked keeps its. */
static void
on_answer(void *arg, const struct dns_record *r, size_t n,
    const struct err *e)
{
	struct asked *q = arg;
	struct dns_sd *d = q->d;

	if (e) {
		diag("discovery by DNS: cannot resolve '" STR_FMT "': %s",
		    STR_ARG(q->name), e->msg);
		d->sd->failed = true;
	} else {
		take(q, r, n);
	}
	if (--d->waiting == 0)
		all_answered(d);
}

static void
ask_all(struct dns_sd *d)
{
	const struct dns_sd_config *c = d->sd->config->conf;
	size_t i;

	d->sd->failed = false;
	d->waiting = c->names.n;
	for (i = 0; i < c->names.n; i++)
		dns_ask(d->dns, c->names.p[i], d->type, on_answer,
		    &d->asked[i]);
}

static void
start(struct sd *sd)
{
	const struct dns_sd_config *c = sd->config->conf;
	struct dns_sd *d = sd->self = mem_zalloc(sizeof(*d));
	struct err e;
	size_t i;

	d->sd = sd;
	d->refresh.fn = on_refresh;
	d->refresh.arg = d;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_eq(c->type, str_of(types[i].name)))
			d->type = types[i].type;
	d->asked = mem_array(c->names.n, sizeof(*d->asked));
	for (i = 0; i < c->names.n; i++)
		d->asked[i] = (struct asked){ d, c->names.p[i] };
	if ((d->dns = dns_new(sd->env->loop, &e)) == NULL) {
		diag_err(&e);
		sd->failed = true;
		sd_ready(sd);
		return;
	}
	ask_all(d);
}

static void
stop(struct sd *sd)
{
	struct dns_sd *d = sd->self;

	if (d == NULL)
		return;
	dns_free(d->dns);
	loop_timer_stop(sd->env->loop, &d->refresh);
	mem_free(d->asked);
	mem_free(d);
}

const struct sd_kind sd_dns = { .name = "dns", .start = start,
    .stop = stop };
