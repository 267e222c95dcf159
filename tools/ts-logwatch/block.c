#include "block.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/clk.h"
#include "core/diag.h"
#include "core/dur.h"
#include "core/mem.h"
#include "state/state.h"

#define LOCK_WAIT_MS	2000
/* How often others' changes of the state are looked for. */
#define RELOAD_MS	DUR_MINUTE
#define BATCH		1000

struct blocker {
	struct block_config conf;
	struct blocker_host host;
	struct guard guard;
	struct blocks list;
	const char *url;		/* NULL: no state */
	struct state *state;		/* while a change is made */
	const char **block, **unblock;	/* of the command back-end */
	const struct backend *ready[8];	/* that are set up */
	size_t nready;
	bool real;
	uint32_t salt;
	int64_t looked, loaded;		/* now; INT64_MIN: never */
	int64_t minute, in_minute;
	int64_t next;			/* the first end; INT64_MAX */
	struct arena config;		/* of this blocker */
	struct arena scratch;		/* of a change */
};

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
	b->looked = b->loaded = INT64_MIN;
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
	b->next = old->next;
}

/* ---- taking turns ---- */

/* The list as it stands in the state, and nobody else changes it. */
static int
begin(struct blocker *b, int64_t now, struct err *e)
{
	arena_reset(&b->scratch);
	if (b->looked == INT64_MIN || now - b->looked >= DUR_MINUTE ||
	    now < b->looked) {
		guard_look(&b->guard);
		b->looked = now;
	}
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

static void
end(struct blocker *b)
{
	state_close(b->state);
	b->state = NULL;
	find_next(b);
}

static int
keep(struct blocker *b, const struct block *one, struct err *e)
{
	if (b->state == NULL)
		return 0;
	return block_save(one, b->state, e);
}

static int
commit(struct blocker *b, struct err *e)
{
	return b->state == NULL ? 0 : state_commit(b->state, e);
}

/* ---- commands ---- */

static struct commands
commands_for(struct blocker *b)
{
	return (struct commands){ .arena = &b->scratch,
	    .block = (const char *const *)b->block,
	    .unblock = (const char *const *)b->unblock };
}

/* What a back-end gets to know of a block. */
static struct ban
ban_of(struct blocker *b, const struct block *one, int64_t now)
{
	struct buf until = { 0 };
	struct ban out = { .net = arena_cstr(&b->scratch, one->name),
	    .v6 = one->net.address.v6, .until = "forever",
	    .rule = arena_cstr(&b->scratch, str_of(one->rule)) };

	if (one->until == INT64_MAX)
		return out;
	time_print_rfc3339(&until, one->until);
	out.until = arena_cstr(&b->scratch, buf_str(&until));
	buf_release(&until);
	out.seconds = (one->until - now + 999) / 1000;
	if (out.seconds < 1)
		out.seconds = 1;
	/* Longer than it can count: we lift it. */
	if (one->backend->time_max > 0 &&
	    out.seconds > one->backend->time_max)
		out.seconds = 0;
	return out;
}

static void
tell(struct blocker *b, const char *action, const struct block *one,
    const struct commands *c, int status, const struct err *e, int64_t now)
{
	struct block_record r = { .action = action, .block = one,
	    .prefix = one->net.prefix, .rule = str_of(one->rule),
	    .reason = str_of(one->reason), .time = now, .status = status,
	    .dry_run = !b->real };

	(void)str_cut(one->name, '/', &r.net);
	if (c != NULL && c->all.n > 0)
		r.argv = c->all.p[0].argv;
	if (status > 0)
		r.error = e->msg;
	b->host.record(b->host.arg, &r);
}

static int
run_setup(struct blocker *b, const struct backend *use, struct err *e)
{
	struct commands c = commands_for(b);
	size_t i;
	int status;

	for (i = 0; i < b->nready; i++)
		if (b->ready[i] == use)
			return 0;
	if (!b->real)
		return 0;
	use->setup(&c);
	status = commands_run(&c, e);
	vec_release(&c.all);
	if (status == 0 && b->nready < 8)
		b->ready[b->nready++] = use;
	return status;
}

/* Shut out for real: 0, or the status of what failed. */
static int
shut_out(struct blocker *b, const struct block *one, int64_t now)
{
	struct commands c = commands_for(b);
	struct ban ban = ban_of(b, one, now);
	struct err e = { 0 };
	int status = run_setup(b, one->backend, &e);

	one->backend->add(&c, &ban, 1);
	if (b->conf.kill)
		command_add(&c, "ss", "-K", "dst", ban.net, NULL)->may_fail =
		    true;
	if (status == 0 && b->real)
		status = commands_run(&c, &e);
	if (status != 0)
		diag_warning("cannot block " STR_FMT ": %s",
		    STR_ARG(one->name), e.msg);
	tell(b, "block", one, &c, b->real ? status : -1, &e, now);
	vec_release(&c.all);
	return status;
}

/* `over`: its time has come, so that some lift it by themselves. */
static int
lift(struct blocker *b, struct block *one, bool over, int64_t now)
{
	struct commands c = commands_for(b);
	struct ban ban = ban_of(b, one, now);
	struct err e = { 0 };
	int status = 0;

	if (!over || !one->backend->expires || (one->backend->time_max > 0 &&
	    one->until - one->since > one->backend->time_max * 1000))
		one->backend->remove(&c, &ban, 1);
	if (b->real && c.all.n > 0)
		status = commands_run(&c, &e);
	if (status != 0)
		diag_warning("cannot lift the block of " STR_FMT ": %s",
		    STR_ARG(one->name), e.msg);
	tell(b, "unblock", one, &c, b->real && c.all.n > 0 ? status : -1,
	    &e, now);
	vec_release(&c.all);
	return status;
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
		if (lift(b, one, false, now) == 0)
			blocks_set_active(&b->list, one, false);
		if (keep(b, one, &e) == -1)
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

static int
put_block(struct blocker *b, const struct cidr *net,
    const struct block_action *a, struct str rule, struct str reason,
    int64_t since, int64_t now, struct err *e)
{
	struct block *one = blocks_get(&b->list, net);
	int64_t ms;

	one->count = times_in_a_row(one, a, now);
	one->backend = a->use;
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
	if (keep(b, one, e) == -1 || commit(b, e) == -1) {
		blocks_drop(&b->list, one);
		return -1;
	}
	if (shut_out(b, one, now) == 0)
		return 0;
	blocks_set_active(&b->list, one, false);
	if (b->state != NULL)
		(void)block_forget(one, b->state, e);
	(void)commit(b, e);
	blocks_drop(&b->list, one);
	return err_set(e, ERR_SYS, "it was not blocked");
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

/* What the action says, else what is usual. */
static struct block_action
filled_in(const struct blocker *b, const struct block_action *a)
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

static void
act(struct blocker *b, const struct incident *in, const struct cidr *net,
    int64_t now)
{
	struct block_action a = filled_in(b, in->rule->block);
	const char *why;
	struct err e;

	if (blocks_covering(&b->list, net, now) != NULL)
		return;
	if ((why = guard_refuses(&b->guard, net)) != NULL) {
		refuse(b, net, in->rule->name, why, now);
		return;
	}
	if ((why = limit_reached(b, a.use, now)) != NULL) {
		refuse(b, net, in->rule->name, why, now);
		b->host.limit(b->host.arg, why, now);
		return;
	}
	b->in_minute++;
	if (put_block(b, net, &a, in->rule->name, a.reason, in->time, now,
	    &e) == -1)
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
	struct cidr net;
	struct err e;

	if (in->rule->block == NULL || !address_in_key(in, &net))
		return;
	/* A rehearsal is done in the time of the log. */
	if (!b->real)
		now = in->time;
	if (!b->real)
		blocker_tick(b, now);
	if (begin(b, now, &e) == -1)
		diag_warn(&e);
	act(b, in, &net, now);
	end(b);
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
		if (one->active && lift(b, one, true, now) == 0) {
			blocks_set_active(&b->list, one, false);
			if (keep(b, one, &e) == -1)
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
	if (commit(b, &e) == -1)
		diag_warn(&e);
}

void
blocker_tick(struct blocker *b, int64_t now)
{
	struct err e;

	if (now < b->next && (b->url == NULL || !b->real ||
	    now - b->loaded < RELOAD_MS))
		return;
	if (begin(b, now, &e) == -1)
		diag_warn(&e);
	else
		lift_what_is_over(b, now);
	end(b);
	/* What could not be lifted is tried again, not at once. */
	if (b->next <= now)
		b->next = now + 10 * DUR_SECOND;
}

/* ---- the begin ---- */

/* Those of one back-end, a thousand at a time. */
static int
restore(struct blocker *b, const struct backend *use, int64_t now,
    struct err *e)
{
	struct commands c;
	struct map_entry *en;
	const struct block *one;
	VEC(struct ban) bans = { 0 };
	size_t at = 0, i, n;
	int rc = 0;

	while ((en = map_next(&b->list.map, &at)) != NULL) {
		one = en->value;
		if (one->active && one->backend == use)
			vec_push(&bans, ban_of(b, one, now));
	}
	if (bans.n > 0 && run_setup(b, use, e) != 0)
		rc = -1;
	for (i = 0; rc == 0 && !use->persists && i < bans.n; i += n) {
		n = bans.n - i < BATCH ? bans.n - i : BATCH;
		c = commands_for(b);
		use->add(&c, bans.p + i, n);
		if (commands_run(&c, e) != 0)
			rc = -1;
		vec_release(&c.all);
	}
	vec_release(&bans);
	return rc;
}

int
blocker_start(struct blocker *b, struct rules *r, int64_t now,
    struct err *e)
{
	const struct backend *all[] = { &backend_nft, &backend_ipset,
	    &backend_iptables, &backend_ufw, &backend_command };
	struct block_action a;
	size_t i;
	int rc = 0;

	if (!b->real)
		return 0;
	for (i = 0; rc == 0 && i < rules_count(r); i++) {
		if (rules_at(r, i)->block == NULL)
			continue;
		a = filled_in(b, rules_at(r, i)->block);
		if (!a.use->expires && a.time_ms > 0 && b->url == NULL)
			return err_set(e, ERR_CONFIG, "%s does not lift its "
			    "blocks by itself: --block needs -s to know "
			    "when", a.use->name);
		if (a.use == &backend_command && b->block == NULL)
			return err_set(e, ERR_CONFIG, "the back-end "
			    "'command' needs a 'command' in the section "
			    "'block'");
		rc = run_setup(b, a.use, e) == 0 ? 0 : -1;
	}
	if (rc == 0 && (rc = begin(b, now, e)) == 0) {
		lift_what_is_over(b, now);
		for (i = 0; rc == 0 && i < 5; i++)
			rc = restore(b, all[i], now, e);
	}
	end(b);
	return rc;
}

/* ---- by hand ---- */

int
blocker_add(struct blocker *b, struct str net, struct str reason,
    const int64_t *time_ms, int64_t now, struct err *e)
{
	struct block_action a = filled_in(b, NULL);
	const char *why;
	struct block *one;
	struct cidr c;
	int rc = 0;

	if (!cidr_parse(net, &c))
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is no address "
		    "or network", STR_ARG(net));
	if (time_ms != NULL) {
		a.time_ms = *time_ms;
		a.max_time_ms = 0;
	}
	a.multiplier = 1;
	a.jitter = 0;
	if (begin(b, now, e) == -1) {
		end(b);
		return -1;
	}
	if ((why = guard_refuses(&b->guard, &c)) != NULL) {
		rc = err_set(e, ERR_CONFIG, "'" STR_FMT "' %s", STR_ARG(net),
		    why);
	} else {
		one = blocks_get(&b->list, &c);
		if (one->active && lift(b, one, false, now) == 0)
			blocks_set_active(&b->list, one, false);
		rc = put_block(b, &c, &a, STR("hand"), reason, now, now, e);
	}
	end(b);
	return rc;
}

static int
remove_one(struct blocker *b, struct block *one, int64_t now, struct err *e)
{
	if (one->active && lift(b, one, false, now) != 0)
		return err_set(e, ERR_SYS, "'" STR_FMT "' is still blocked",
		    STR_ARG(one->name));
	/* Forgiven: it does not count next time. */
	if (b->state != NULL && block_forget(one, b->state, e) == -1)
		return -1;
	blocks_drop(&b->list, one);
	return 0;
}

int
blocker_remove(struct blocker *b, struct str net, int64_t now,
    struct err *e)
{
	char text[ADDRESS_TEXT];
	struct block *one;
	struct cidr c;
	int rc;

	if (!cidr_parse(net, &c))
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is no address "
		    "or network", STR_ARG(net));
	if ((rc = begin(b, now, e)) == 0) {
		one = blocks_find(&b->list, address_print(&c.address,
		    c.prefix, text));
		if (one == NULL)
			rc = err_set(e, ERR_CONFIG, "'" STR_FMT "' is not "
			    "blocked", STR_ARG(net));
		else if ((rc = remove_one(b, one, now, e)) == 0)
			rc = commit(b, e);
	}
	end(b);
	return rc;
}

int
blocker_remove_all(struct blocker *b, int64_t now, struct err *e)
{
	struct map_entry *en;
	size_t at = 0;
	int rc = begin(b, now, e);

	while (rc == 0 && (en = map_next(&b->list.map, &at)) != NULL)
		rc = remove_one(b, en->value, now, e);
	if (commit(b, e) == -1)
		rc = -1;
	end(b);
	return rc;
}

const struct blocks *
blocker_list(struct blocker *b, int64_t now, struct err *e)
{
	struct state *s;
	int rc;

	b->loaded = now;
	s = state_open_read(str_of(b->url), BLOCKS_STATE, e);
	if (s == NULL)
		return NULL;
	rc = blocks_load(&b->list, s, e);
	state_close(s);
	return rc == -1 ? NULL : &b->list;
}
