#include "blocker.h"

#include "core/clk.h"
#include "core/diag.h"
#include "core/dur.h"
#include "core/mem.h"

#define LOCK_WAIT_MS	2000
/* So old may be what a rehearsal knows of this host's addresses. */
#define LOOK_MS		1000
/* How often others' changes of the state are looked for. */
#define RELOAD_MS	DUR_MINUTE

static const char **
words_of(const struct ystrs *s, struct arena *a)
{
	const char **out;
	size_t i;

	if (s->n == 0)
		return NULL;
	out = ARENA_ARRAY(a, s->n + 1, const char *);
	for (i = 0; i < s->n; i++)
		out[i] = arena_cstr(a, s->p[i]);
	return out;
}

static int
read_allow(struct blocker *b, const struct rules *r, struct err *e)
{
	const struct cidr_list *l;
	struct cidr one;
	size_t i;

	for (i = 0; i < b->conf.allow.n; i++) {
		l = rules_list(r, b->conf.allow.p[i]);
		if (l != NULL)
			guard_allow(&b->guard, l);
		else if (cidr_parse(b->conf.allow.p[i], &one))
			guard_add(&b->guard, b->conf.allow.p[i],
			    "is on the list of what is allowed");
		else
			return err_set(e, ERR_CONFIG, "block: 'allow': '"
			    STR_FMT "' is no network and no list",
			    STR_ARG(b->conf.allow.p[i]));
	}
	return 0;
}

struct blocker *
blocker_new(const struct config *c, const struct rules *r, const char *state,
    bool real, const struct blocker_host *host, struct err *e)
{
	struct blocker *b = mem_zalloc(sizeof(*b));

	b->host = *host;
	b->url = state;
	b->real = real;
	b->looked = b->loaded = b->limit_told = INT64_MIN;
	b->next = INT64_MAX;
	guard_init(&b->guard);
	if (block_config_read(c, &b->conf, e) == -1 ||
	    read_allow(b, r, e) == -1) {
		blocker_free(b);
		return NULL;
	}
	b->guard.min_v4 = (int)b->conf.min_v4;
	b->guard.min_v6 = (int)b->conf.min_v6;
	b->guard.allow_private = b->conf.allow_private;
	b->block = words_of(&b->conf.block, &b->config);
	b->unblock = words_of(&b->conf.unblock, &b->config);
	/* A rehearsal gives the same figures each time. */
	b->salt = real ? (uint32_t)clk_mono_ms() * 2654435761u : 0;
	return b;
}

void
blocker_free(struct blocker *b)
{
	if (b == NULL)
		return;
	state_close(b->state);
	blocks_release(&b->list);
	guard_release(&b->guard);
	arena_free(&b->config);
	arena_free(&b->scratch);
	mem_free(b);
}

void
blocker_take(struct blocker *b, struct blocker *old)
{
	blocks_release(&b->list);
	b->list = old->list;
	memset(&old->list, 0, sizeof(old->list));
	b->minute = old->minute;
	b->in_minute = old->in_minute;
	b->limit_told = old->limit_told;
	b->next = old->next;
}

/* ---- taking turns ---- */

/* The list as it stands in the state, and nobody else changes it. */
int
blocker_begin(struct blocker *b, int64_t now, struct err *e)
{
	arena_reset(&b->scratch);
	if (b->url == NULL || !b->real)
		return 0;
	b->state = state_open(str_of(b->url), BLOCKS_STATE, LOCK_WAIT_MS, e);
	if (b->state == NULL)
		return -1;
	if (state_notice(b->state).n > 0)
		diag_warning(STR_FMT, STR_ARG(state_notice(b->state)));
	b->loaded = now;
	return blocks_load(&b->list, b->state, e);
}

static void
find_next(struct blocker *b)
{
	struct map_entry *en;
	const struct block *one;
	size_t at = 0;

	b->next = INT64_MAX;
	while ((en = map_next(&b->list.map, &at)) != NULL) {
		one = en->value;
		if (one->active && one->until < b->next)
			b->next = one->until;
	}
}

void
blocker_end(struct blocker *b)
{
	state_close(b->state);
	b->state = NULL;
	find_next(b);
}

int
blocker_keep(struct blocker *b, const struct block *one, struct err *e)
{
	if (b->state == NULL)
		return 0;
	return block_save(one, b->state, e);
}

int
blocker_commit(struct blocker *b, struct err *e)
{
	return b->state == NULL ? 0 : state_commit(b->state, e);
}

/* ---- in and out ---- */

/* Blocks inside the new one: some back-ends cannot have both. */
static void
lift_inside(struct blocker *b, const struct block *wide, int64_t now)
{
	struct map_entry *en;
	struct block *one;
	struct err e;
	size_t at = 0;

	while ((en = map_next(&b->list.map, &at)) != NULL) {
		one = en->value;
		if (one == wide || !one->active ||
		    one->net.prefix < wide->net.prefix ||
		    !cidr_has(&wide->net, &one->net.address))
			continue;
		if (block_lift(b, one, false, now) == 0)
			blocks_set_active(&b->list, one, false);
		if (blocker_keep(b, one, &e) == -1)
			diag_warn(&e);
	}
}

static void
set_text(char **where, struct str s)
{
	char *p = mem_alloc(s.n + 1);

	memcpy(p, s.n ? s.p : "", s.n);
	p[s.n] = '\0';
	mem_free(*where);
	*where = p;
}

/* The times in a row fall by one for each max_time without any. */
static int64_t
times_in_a_row(const struct block *one, const struct block_action *a,
    int64_t now)
{
	int64_t quiet = one->count > 0 && one->until < now ?
	    now - one->until : 0;
	int64_t count = one->count;

	if (a->max_time_ms > 0)
		count -= quiet / a->max_time_ms;
	return (count < 0 ? 0 : count) + 1;
}

static uint32_t
chance(const struct blocker *b, const struct block *one)
{
	uint32_t h = 2166136261u ^ b->salt;
	size_t i;

	for (i = 0; i < one->name.n; i++)
		h = (h ^ (unsigned char)one->name.p[i]) * 16777619u;
	return (h ^ (uint32_t)one->count) * 2654435761u;
}

int
blocker_put(struct blocker *b, const struct cidr *net,
    const struct block_action *a, struct str rule, struct str reason,
    int64_t since, int64_t now, struct err *e)
{
	struct block *one = blocks_get(&b->list, net);
	struct err ignored;
	int64_t ms;

	one->count = times_in_a_row(one, a, now);
	one->backend = a->use;
	one->pending = a->use->persists;
	set_text(&one->rule, rule);
	set_text(&one->reason, reason);
	ms = block_time(a, one->count, chance(b, one));
	one->since = since;
	one->until = ms == 0 ? INT64_MAX : since + ms;
	/* Found in an old log: its time is over already. */
	if (one->until <= now) {
		blocks_drop(&b->list, one);
		return 0;
	}
	lift_inside(b, one, now);
	blocks_set_active(&b->list, one, true);
	if (blocker_keep(b, one, e) == -1 || blocker_commit(b, e) == -1) {
		blocks_drop(&b->list, one);
		return -1;
	}
	if (block_out(b, one, now, e) == 0) {
		if (!one->pending)
			return 0;
		one->pending = false;
		return blocker_keep(b, one, e) == -1 ? -1 :
		    blocker_commit(b, e);
	}
	blocks_set_active(&b->list, one, false);
	if (b->state != NULL)
		(void)block_forget(one, b->state, &ignored);
	(void)blocker_commit(b, &ignored);
	blocks_drop(&b->list, one);
	return -1;
}

const char *
blocker_refuses(struct blocker *b, const struct cidr *net)
{
	if (b->real || b->looked == INT64_MIN ||
	    clk_mono_ms() - b->looked >= LOOK_MS) {
		guard_look(&b->guard);
		b->looked = clk_mono_ms();
	}
	return guard_refuses(&b->guard, net);
}

static void
refuse(struct blocker *b, const struct cidr *net, struct str rule,
    const char *why, int64_t now)
{
	char text[ADDRESS_TEXT];
	struct block_record r = { .action = "refused", .rule = rule,
	    .prefix = net->prefix, .reason = str_of(why), .time = now,
	    .status = -1, .dry_run = !b->real };

	r.net = address_print(&net->address, 128, text);
	b->host.record(b->host.arg, &r);
}

/* No more than so many in a minute, and in all. */
static const char *
limit_reached(struct blocker *b, const struct backend *use, int64_t now)
{
	int64_t most = use->max > 0 && (int64_t)use->max < b->conf.max ?
	    (int64_t)use->max : b->conf.max;

	if (now - b->minute >= DUR_MINUTE || now < b->minute) {
		b->minute = now;
		b->in_minute = 0;
	}
	if ((int64_t)b->list.active >= most)
		return "so many are blocked already";
	return b->in_minute >= b->conf.per_minute ?
	    "so many were blocked in this minute" : NULL;
}

/* Not for each who is not blocked. */
static void
tell_limit(struct blocker *b, const char *why, int64_t now)
{
	if (b->limit_told != INT64_MIN && now >= b->limit_told &&
	    now - b->limit_told < DUR_MINUTE)
		return;
	b->limit_told = now;
	b->host.limit(b->host.arg, why, now);
}

/* What the action says, else what is usual. */
struct block_action
blocker_action(const struct blocker *b, const struct block_action *a)
{
	const struct block_action *u = &b->conf.usual;
	struct block_action out = *u;

	if (a == NULL)
		return out;
	if (a->use != NULL)
		out.use = a->use;
	if (a->reason.n > 0)
		out.reason = a->reason;
	if (a->time_ms != -1)
		out.time_ms = a->time_ms;
	if (a->max_time_ms != -1)
		out.max_time_ms = a->max_time_ms;
	if (a->multiplier > 0)
		out.multiplier = a->multiplier;
	if (a->jitter >= 0)
		out.jitter = a->jitter;
	return out;
}

void
blocker_try(struct blocker *b, const struct cidr *net, const struct block_action *a,
    struct str rule, int64_t since, int64_t now)
{
	const char *why;
	struct err e;

	if (blocks_covering(&b->list, net, now) != NULL)
		return;
	if ((why = blocker_refuses(b, net)) != NULL) {
		refuse(b, net, rule, why, now);
		return;
	}
	if ((why = limit_reached(b, a->use, now)) != NULL) {
		refuse(b, net, rule, why, now);
		tell_limit(b, why, now);
		return;
	}
	b->in_minute++;
	if (blocker_put(b, net, a, rule, a->reason, since, now, &e) == -1)
		diag_warn(&e);
}

/* The part of the key that is an address. */
static bool
address_in_key(const struct incident *in, struct cidr *out)
{
	struct str rest = in->window->key, part;
	size_t i, j;

	for (i = 0; i < in->rule->key.n && rest.p != NULL; i++) {
		rest = str_cut(rest, '\x1f', &part);
		for (j = 0; j < in->rule->addresses.n; j++)
			if (str_eq(in->rule->key.p[i],
			    in->rule->addresses.p[j]))
				return cidr_parse(part, out);
	}
	return false;
}

void
blocker_act(struct blocker *b, const struct incident *in, int64_t now)
{
	struct block_action a;
	struct cidr net;
	struct err e;

	if (in->rule->block == NULL || !address_in_key(in, &net))
		return;
	/* A rehearsal is done in the time of the log. */
	if (!b->real)
		now = in->time;
	if (!b->real)
		blocker_tick(b, now);
	if (blocker_begin(b, now, &e) == -1)
		diag_warn(&e);
	a = blocker_action(b, in->rule->block);
	blocker_try(b, &net, &a, in->rule->name, in->time, now);
	blocker_end(b);
}

static void
lift_what_is_over(struct blocker *b, int64_t now)
{
	struct map_entry *en;
	struct block *one;
	struct err e;
	size_t at = 0;

	while ((en = map_next(&b->list.map, &at)) != NULL) {
		one = en->value;
		if (one->until > now)
			continue;
		if (one->active && block_lift(b, one, true, now) == 0) {
			blocks_set_active(&b->list, one, false);
			if (blocker_keep(b, one, &e) == -1)
				diag_warn(&e);
		}
		/* Nobody asks any more how often it was. */
		if (!one->active && b->conf.usual.max_time_ms > 0 && now -
		    one->until > one->count * b->conf.usual.max_time_ms) {
			if (b->state != NULL)
				(void)block_forget(one, b->state, &e);
			blocks_drop(&b->list, one);
		}
	}
	if (blocker_commit(b, &e) == -1)
		diag_warn(&e);
}

void
blocker_tick(struct blocker *b, int64_t now)
{
	struct err e;

	if (now < b->next && (b->url == NULL || !b->real ||
	    now - b->loaded < RELOAD_MS))
		return;
	if (blocker_begin(b, now, &e) == -1)
		diag_warn(&e);
	else
		lift_what_is_over(b, now);
	blocker_end(b);
	/* What could not be lifted is tried again, not at once. */
	if (b->next <= now)
		b->next = now + 10 * DUR_SECOND;
}

/* ---- the begin ---- */

static int
make_ready(struct blocker *b, const struct block_action *of_rule,
    struct err *e)
{
	struct block_action a = blocker_action(b, of_rule);

	if (!a.use->expires && a.time_ms > 0 && b->url == NULL)
		return err_set(e, ERR_CONFIG, "%s does not lift its blocks by "
		    "itself: it needs -s to know when", a.use->name);
	if (a.use == &backend_command && b->block == NULL)
		return err_set(e, ERR_CONFIG, "the back-end 'command' needs a "
		    "'command' in the section 'block'");
	return block_setup(b, a.use, e) == 0 ? 0 : -1;
}

int
blocker_start(struct blocker *b, struct rules *r, bool usual, int64_t now,
    struct err *e)
{
	const struct backend *all[] = { &backend_nft, &backend_ipset,
	    &backend_iptables, &backend_ufw, &backend_command };
	size_t i;

	if (!b->real)
		return 0;
	if (usual && make_ready(b, NULL, e) == -1)
		return -1;
	for (i = 0; i < rules_count(r); i++)
		if (rules_at(r, i)->block != NULL &&
		    make_ready(b, rules_at(r, i)->block, e) == -1)
			return -1;
	if (blocker_begin(b, now, e) == -1) {
		blocker_end(b);
		return -1;
	}
	lift_what_is_over(b, now);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (block_restore(b, all[i], now, e) == -1)
			break;
	blocker_end(b);
	return i < sizeof(all) / sizeof(all[0]) ? -1 : 0;
}
