/* Blocks carried out: by the commands of their back-end. */
#include "blocker.h"
#include "core/diag.h"
#include "core/dur.h"

#define BATCH		1000
/* So many in a row of what was blocked before: it is the back-end. */
#define FAILED_MAX	10

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
	    .rule = arena_cstr(&b->scratch, str_of(one->rule)),
	    .again = one->count > 1 || (b->real && b->url == NULL) };

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

int
block_setup(struct blocker *b, const struct backend *use, struct err *e)
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
int
block_out(struct blocker *b, const struct block *one, int64_t now,
    struct err *e)
{
	struct commands c = commands_for(b);
	struct ban ban = ban_of(b, one, now);
	int status = block_setup(b, one->backend, e);

	one->backend->add(&c, &ban, 1);
	if (b->conf.kill)
		command_add(&c, "ss", "-K", "dst", ban.net, NULL)->may_fail =
		    true;
	if (status == 0 && b->real)
		status = commands_run(&c, e);
	tell(b, "block", one, &c, b->real ? status : -1, e, now);
	if (status != 0)
		(void)err_prefix(e, "cannot block " STR_FMT,
		    STR_ARG(one->name));
	vec_release(&c.all);
	return status;
}

/* `over`: its time has come, so that some lift it by themselves. */
int
block_lift(struct blocker *b, struct block *one, bool over, int64_t now)
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

/* ---- the begin ---- */

struct bans {
	struct blocker *b;
	const struct backend *use;
	size_t failed;
};

/*
 * What fails is looked for by halves: one that its back-end does not take
 * costs itself.
 */
static int
add_all(struct bans *all, const struct ban *p, size_t n, struct err *e)
{
	struct commands c = commands_for(all->b);
	int status;

	all->use->add(&c, p, n);
	status = commands_run(&c, e);
	vec_release(&c.all);
	if (status == 0)
		return 0;
	if (n == 1) {
		diag_warning("cannot block %s: %s", p->net, e->msg);
		return ++all->failed < FAILED_MAX ? 0 : -1;
	}
	return add_all(all, p, n / 2, e) == -1 ||
	    add_all(all, p + n / 2, n - n / 2, e) == -1 ? -1 : 0;
}

/* Those that a reboot, or a crash before the command, took away. */
static bool
is_wanted(const struct block *one, const struct backend *use)
{
	return one->active && one->backend == use &&
	    (!use->persists || one->pending);
}

/* None is pending any more. */
static int
note_done(struct blocker *b, const struct backend *use, struct err *e)
{
	struct map_entry *en;
	struct block *one;
	size_t at = 0;

	while ((en = map_next(&b->list.map, &at)) != NULL) {
		one = en->value;
		if (!one->pending || one->backend != use)
			continue;
		one->pending = false;
		if (blocker_keep(b, one, e) == -1)
			return -1;
	}
	return blocker_commit(b, e);
}

int
block_restore(struct blocker *b, const struct backend *use, int64_t now,
    struct err *e)
{
	struct bans all = { b, use, 0 };
	struct map_entry *en;
	VEC(struct ban) bans = { 0 };
	size_t at = 0, i, n;
	int rc = 0;

	while ((en = map_next(&b->list.map, &at)) != NULL)
		if (is_wanted(en->value, use))
			vec_push(&bans, ban_of(b, en->value, now));
	if (bans.n > 0 && block_setup(b, use, e) != 0)
		rc = -1;
	for (i = 0; rc == 0 && i < bans.n; i += n) {
		n = bans.n - i < BATCH ? bans.n - i : BATCH;
		rc = add_all(&all, bans.p + i, n, e);
	}
	if (rc == 0 && bans.n > 0 && use->persists)
		rc = note_done(b, use, e);
	vec_release(&bans);
	return rc;
}
