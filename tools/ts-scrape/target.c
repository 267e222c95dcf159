#include "target.h"

#include "core/dur.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "job.h"
#include "json/write.h"
#include "net/url.h"

static const char param_prefix[] = "__param_";

static struct str
peek(const struct labels_builder *b, struct str name)
{
	const struct sym *v = labels_peek(b, name);

	return v ? v->s : STR_NONE;
}

static void
set_default(struct labels_builder *b, struct str name, struct str value)
{
	if (peek(b, name).n == 0)
		labels_set(b, name, value);
}

static void
default_duration(struct labels_builder *b, struct str name, int64_t ms)
{
	struct buf text = { 0 };

	dur_print(&text, ms);
	set_default(b, name, buf_str(&text));
	buf_release(&text);
}

static void
default_bool(struct labels_builder *b, struct str name, bool value)
{
	set_default(b, name, value ? STR("true") : STR("false"));
}

void
target_defaults(const struct scrape_config *c, struct labels_builder *b)
{
	struct buf name = { 0 };
	size_t i;

	set_default(b, STR("job"), c->job_name);
	default_duration(b, STR("__scrape_interval__"), c->common.interval_ms);
	default_duration(b, STR("__scrape_timeout__"), c->common.timeout_ms);
	set_default(b, STR("__metrics_path__"), c->metrics_path);
	set_default(b, STR("__scheme__"), c->scheme);
	default_bool(b, STR("__convert_classic_histograms_to_nhcb__"),
	    c->common.classic_to_nhcb);
	default_bool(b, STR("__always_scrape_classic_histograms__"),
	    c->common.always_classic);
	default_bool(b, STR("__scrape_native_histograms__"),
	    c->common.native_histograms);
	for (i = 0; i < c->nparams; i++) {
		if (c->params[i].values.n == 0)
			continue;
		buf_reset(&name);
		(void)buf_printf(&name, "%s" STR_FMT, param_prefix,
		    STR_ARG(c->params[i].name));
		set_default(b, buf_str(&name), c->params[i].values.p[0]);
	}
	buf_release(&name);
}

/* What discovery found, the target's own labels over those of its group. */
static void
set_found(struct labels_builder *b, const struct sd_group *g,
    const struct sd_target *t)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		labels_set(b, g->label[i].name, g->label[i].value);
	for (i = 0; i < t->n; i++)
		labels_set(b, t->label[i].name, t->label[i].value);
}

/* Checks, and the fields that come from labels. */

static int
read_duration(const struct labels_builder *b, struct str name, int64_t *ms,
    struct err *e)
{
	struct str text = peek(b, name);

	if (!dur_parse(text, ms))
		return err_set(e, ERR_CONFIG, "not a valid duration in '"
		    STR_FMT "': '" STR_FMT "'", STR_ARG(name), STR_ARG(text));
	if (*ms == 0)
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' cannot be 0",
		    STR_ARG(name));
	return 0;
}

static int
check_times(struct target *t, const struct labels_builder *b, struct err *e)
{
	if (read_duration(b, STR("__scrape_interval__"), &t->interval_ms,
	    e) == -1 || read_duration(b, STR("__scrape_timeout__"),
	    &t->timeout_ms, e) == -1)
		return -1;
	if (t->timeout_ms > t->interval_ms)
		return err_set(e, ERR_CONFIG, "scrape timeout cannot be "
		    "greater than scrape interval ('" STR_FMT "' > '" STR_FMT
		    "')", STR_ARG(peek(b, STR("__scrape_timeout__"))),
		    STR_ARG(peek(b, STR("__scrape_interval__"))));
	return 0;
}

/* As Go's strconv.ParseBool. */
static bool
is_bool(struct str s)
{
	static const char *const words[] = { "1", "t", "T", "TRUE", "true",
	    "True", "0", "f", "F", "FALSE", "false", "False" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(s, str_of(words[i])))
			return true;
	return false;
}

static int
check_bools(const struct labels_builder *b, struct err *e)
{
	static const char *const names[] = {
		"__convert_classic_histograms_to_nhcb__",
		"__always_scrape_classic_histograms__",
		"__scrape_native_histograms__",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str v = peek(b, str_of(names[i]));

		if (v.n && !is_bool(v))
			return err_set(e, ERR_CONFIG, "not true or false in "
			    "'%s': '" STR_FMT "'", names[i], STR_ARG(v));
	}
	return 0;
}

static int
check_address(const struct labels_builder *b, struct err *e)
{
	struct str address = peek(b, STR("__address__"));

	if (address.n == 0 && peek(b, STR("__unix_socket__")).n == 0)
		return err_set(e, ERR_CONFIG, "no address");
	if (str_find_char(address, '/') != -1)
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is not a valid "
		    "hostname", STR_ARG(address));
	return 0;
}

/* The URL. */

static void
put_param(struct buf *out, struct str name, struct str value, bool *first)
{
	(void)buf_putc(out, *first ? '?' : '&');
	*first = false;
	url_put_query(out, name);
	(void)buf_putc(out, '=');
	url_put_query(out, value);
}

static const struct scrape_param *
param_find(const struct scrape_config *c, struct str name)
{
	size_t i;

	for (i = 0; i < c->nparams; i++)
		if (str_eq(c->params[i].name, name))
			return &c->params[i];
	return NULL;
}

/*
 * The parameters of the configuration, the first value of each overridden by
 * its __param_ label, then those that are only labels.
 */
static void
put_params(const struct scrape_config *c, const struct labels *l,
    struct buf *out)
{
	struct str prefix = STR(param_prefix), v;
	struct buf name = { 0 };
	bool first = true;
	size_t i, k;

	for (i = 0; i < c->nparams; i++) {
		buf_reset(&name);
		(void)buf_printf(&name, "%s" STR_FMT, param_prefix,
		    STR_ARG(c->params[i].name));
		v = labels_get(l, buf_str(&name));
		for (k = 0; k < c->params[i].values.n; k++)
			put_param(out, c->params[i].name, k || v.p == NULL ?
			    c->params[i].values.p[k] : v, &first);
	}
	for (i = 0; i < l->n; i++) {
		struct str n = l->v[i].name->s;

		if (!str_starts(n, prefix))
			continue;
		n = str_sub(n, prefix.n, n.n);
		if (param_find(c, n) == NULL || param_find(c,
		    n)->values.n == 0)
			put_param(out, n, l->v[i].value->s, &first);
	}
	buf_release(&name);
}

static struct str
make_url(const struct scrape_config *c, const struct labels *l,
    struct arena *a)
{
	struct str host = labels_get(l, STR("__address__"));
	struct str path = labels_get(l, STR("__metrics_path__"));
	struct buf b = { 0 };
	struct str out;

	(void)buf_printf(&b, STR_FMT "://" STR_FMT "%s" STR_FMT,
	    STR_ARG(labels_get(l, STR("__scheme__"))),
	    STR_ARG(host.n ? host : STR("localhost")),
	    path.n && path.p[0] != '/' ? "/" : "", STR_ARG(path));
	put_params(c, l, &b);
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* What a target keeps. */

static bool
is_internal(struct str name)
{
	return str_starts(name, STR("__"));
}

static void
keep_labels(struct target *t, const struct labels *l, struct arena *a)
{
	struct buf json = { 0 };
	size_t i;

	t->label = ARENA_ARRAY(a, l->n, struct target_label);
	for (i = 0; i < l->n; i++) {
		struct target_label *k = &t->label[t->nlabels];

		if (is_internal(l->v[i].name->s))
			continue;
		buf_reset(&json);
		(void)buf_putc(&json, ',');
		json_put_str(&json, l->v[i].name->s, false);
		(void)buf_putc(&json, ':');
		json_put_str(&json, l->v[i].value->s, false);
		k->name = arena_str(a, l->v[i].name->s);
		k->value = arena_str(a, l->v[i].value->s);
		k->json = arena_str(a, buf_str(&json));
		t->json_bytes += json.n;
		t->nlabels++;
	}
	buf_release(&json);
}

/* Two targets of a job are one when their labels and URL are equal. */
static void
keep_identity(struct target *t, const struct scrape_config *c,
    const struct labels *l, struct arena *a)
{
	struct buf b = { 0 };

	labels_print(l, &b);
	t->offset = hash_fnv(hash_fnv(HASH_FNV_INIT, buf_str(&b)), t->url);
	(void)buf_printf(&b, " " STR_FMT " " STR_FMT, STR_ARG(t->url),
	    STR_ARG(c->job_name));
	t->key = arena_printf(a, "%016llx%016llx",
	    (unsigned long long)t->offset,
	    (unsigned long long)hash_xx64(buf_str(&b)));
	t->name = arena_printf(a, "job '" STR_FMT "', target '"
	    STR_FMT "'", STR_ARG(c->job_name),
	    STR_ARG(labels_get(l, STR("instance"))));
	buf_release(&b);
}

static struct str
move(struct str s, char **at)
{
	struct str out = { *at, s.n };

	memcpy(*at, s.n ? s.p : "", s.n);
	*at += s.n;
	return out;
}

/* There may be thousands: all in one block of just the size. */
static void
settle(struct target *t)
{
	struct target_label *l = t->label;
	size_t i, n = t->nlabels * sizeof(*l) + t->key.n + t->url.n +
	    t->unix_socket.n + t->name.n;
	char *at;

	for (i = 0; i < t->nlabels; i++)
		n += l[i].name.n + l[i].value.n + l[i].json.n;
	at = t->room = mem_alloc(n);
	t->label = (struct target_label *)(void *)at;
	at += t->nlabels * sizeof(*l);
	for (i = 0; i < t->nlabels; i++) {
		t->label[i].name = move(l[i].name, &at);
		t->label[i].value = move(l[i].value, &at);
		t->label[i].json = move(l[i].json, &at);
	}
	t->key = move(t->key, &at);
	t->url = move(t->url, &at);
	t->unix_socket = move(t->unix_socket, &at);
	t->name = move(t->name, &at);
}

static void
delete_meta(struct labels_builder *b)
{
	size_t i;

	for (i = b->n; i-- > 0;)
		if (str_starts(b->v[i].name->s, STR("__meta_")))
			labels_del(b, b->v[i].name->s);
}

static int
check_utf8(const struct labels *l, struct err *e)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!utf8_valid(l->v[i].value->s))
			return err_set(e, ERR_CONFIG, "the value of label '"
			    STR_FMT "' is not valid UTF-8",
			    STR_ARG(l->v[i].name->s));
	return 0;
}

static int
check(struct target *t, const struct labels_builder *b, struct err *e)
{
	if (check_address(b, e) == -1 || check_times(t, b, e) == -1)
		return -1;
	return check_bools(b, e);
}

static int
finish(struct target *t, struct labels_builder *b,
    const struct labels **after, struct err *e)
{
	const struct scrape_config *c = t->job->config;
	struct arena a = { 0 };
	const struct labels *l;

	if (check(t, b, e) == -1)
		return -1;
	delete_meta(b);
	set_default(b, STR("instance"), peek(b, STR("__address__")));
	l = labels_done(b);
	if (after)
		*after = l;
	if (check_utf8(l, e) == -1)
		return -1;
	t->url = make_url(c, l, &a);
	t->unix_socket = labels_get(l, STR("__unix_socket__"));
	keep_labels(t, l, &a);
	keep_identity(t, c, l, &a);
	settle(t);
	arena_free(&a);
	return 0;
}

enum target_fate
target_make(struct job *job, struct labels_table *table,
    const struct sd_group *group, const struct sd_target *found,
    struct target **out, const struct labels **before,
    const struct labels **after, struct err *e)
{
	struct labels_builder b = { 0 };
	const struct relabels *r = &job->config->relabel;
	enum target_fate fate = TARGET_DROPPED;
	struct target *t = NULL;

	labels_build(&b, table, NULL);
	set_found(&b, group, found);
	target_defaults(job->config, &b);
	if (before)
		*before = labels_done(&b);
	if (relabel_apply(r->p, r->n, &b, NULL, NULL)) {
		t = mem_zalloc(sizeof(*t));
		t->job = job;
		fate = finish(t, &b, after, e) == 0 ? TARGET_OK :
		    TARGET_BAD;
	}
	labels_builder_release(&b);
	if (fate == TARGET_OK) {
		generation_hold(job->generation);
		*out = t;
	} else {
		mem_free(t);
	}
	return fate;
}

void
target_free(struct target *t)
{
	if (t == NULL)
		return;
	cache_release(&t->cache);
	generation_drop(t->flight);
	generation_drop(t->job->generation);
	mem_free(t->room);
	mem_free(t);
}
