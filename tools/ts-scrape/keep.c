#include "keep.h"

#include "core/diag.h"
#include "core/mem.h"
#include "core/num.h"
#include "job.h"
#include "json/read.h"
#include "json/write.h"
#include "tool/tool.h"

#define PREFIX		"target/"
#define TOOL_NAME	"ts-scrape"
#define HEAD		"{\"metric\":"
#define WAIT_MS		5000

struct keep {
	struct state *state;
	struct map wanted;	/* keys that were loaded or saved; key -> key */
	struct buf key, value, old;
};

static void
set_key(struct keep *k, struct str key)
{
	buf_reset(&k->key);
	(void)buf_printf(&k->key, PREFIX STR_FMT, STR_ARG(key));
}

static void
want(struct keep *k)
{
	char *z;

	if (map_get(&k->wanted, buf_str(&k->key)))
		return;
	z = mem_strdup(buf_cstr(&k->key));
	(void)map_put(&k->wanted, str_of(z), z);
}

struct keep *
keep_open(const char *url, struct err *e)
{
	struct state *s = state_open_anyway(str_of(url), TOOL_NAME, WAIT_MS, e);
	struct keep *k;

	if (s == NULL)
		return NULL;
	tool_say_state(s);
	k = mem_zalloc(sizeof(*k));
	k->state = s;
	return k;
}

void
keep_close(struct keep *k)
{
	struct map_entry *m;
	size_t at = 0;

	if (k == NULL)
		return;
	state_close(k->state);
	while ((m = map_next(&k->wanted, &at)) != NULL)
		mem_free(m->value);
	map_release(&k->wanted);
	buf_release(&k->key);
	buf_release(&k->value);
	buf_release(&k->old);
	mem_free(k);
}

/* Go to the array under a member of a record. */
static bool
find_array(struct jr *r, struct str member)
{
	enum jr_tok tok = jr_next(r);

	if (tok != JR_OBJ)
		return false;
	while ((tok = jr_next(r)) == JR_KEY) {
		if (str_eq(r->str, member))
			return jr_next(r) == JR_ARR;
		if (jr_skip(r, tok) == -1)
			return false;
	}
	return false;
}

/* fn for each label set in an array of a record, as {"metric":{...} text. */
typedef void series_fn(void *arg, struct str series);

static void
each_series(struct str record, struct str member, series_fn *fn, void *arg)
{
	struct arena a = { 0 };
	struct buf series = { 0 };
	struct jr r;
	enum jr_tok tok;
	size_t from;

	jr_init(&r, record, &a);
	if (!find_array(&r, member))
		goto out;
	while ((tok = jr_next(&r)) == JR_OBJ) {
		from = r.at - 1;
		if (jr_skip(&r, tok) == -1)
			break;
		buf_reset(&series);
		(void)buf_put(&series, STR(HEAD));
		(void)buf_put(&series, str_sub(record, from, r.at));
		fn(arg, buf_str(&series));
	}
out:
	buf_release(&series);
	arena_free(&a);
}

static void
expand(void *arg, struct str out, struct buf *b)
{
	line_expand(b, LINE_SAMPLES, arg, out);
}

static void
into_cache(void *arg, struct str series)
{
	static const struct cache_line no_line;
	bool is_new;

	(void)cache_add(arg, &no_line, SLOT_SERIES,
	    line_kept(LINE_SAMPLES, series), &is_new);
}

void
keep_load(struct keep *k, struct target *t)
{
	struct cache_pass pass = { 0 };
	struct err e;

	set_key(k, t->key);
	want(k);
	if (state_get(k->state, buf_str(&k->key), &k->value, &e) != 1)
		return;
	cache_begin_new(&pass, &t->cache, expand, t);
	each_series(buf_str(&k->value), STR("series"), into_cache, &pass);
	cache_end(&pass, NULL, NULL);
	cache_pass_release(&pass);
	t->cache.loaded = true;
	t->reported = true;
}

struct saving {
	const struct target *t;
	struct jw *w;
	struct buf series;
};

/* What stands in v->series, without its HEAD. */
static void
save_series(struct saving *v)
{
	jw_raw(v->w, str_sub(buf_str(&v->series), strlen(HEAD),
	    v->series.n));
}

static void
save_slot(void *arg, struct str out)
{
	struct saving *v = arg;

	buf_reset(&v->series);
	line_expand(&v->series, LINE_SAMPLES, v->t, out);
	save_series(v);
}

static void
save_report(void *arg, struct str name)
{
	struct saving *v = arg;

	buf_reset(&v->series);
	line_put_report(&v->series, LINE_SAMPLES, v->t, name);
	save_series(v);
}

static void
put_record(const struct target *t, struct buf *out)
{
	struct jw w = { .out = out };
	struct saving v = { .t = t, .w = &w };

	jw_obj(&w);
	jw_key(&w, STR("job"));
	jw_str(&w, t->job->config->job_name);
	jw_key(&w, STR("report"));
	jw_arr(&w);
	scrape_each_report(t, save_report, &v);
	jw_arr_end(&w);
	jw_key(&w, STR("series"));
	jw_arr(&w);
	cache_each(&t->cache, save_slot, &v);
	jw_arr_end(&w);
	jw_obj_end(&w);
	buf_release(&v.series);
}

/* Most records do not change: they cost a comparison, not a write. */
int
keep_save(struct keep *k, const struct target *t, struct err *e)
{
	set_key(k, t->key);
	want(k);
	buf_reset(&k->value);
	put_record(t, &k->value);
	if (state_get(k->state, buf_str(&k->key), &k->old, e) == 1 &&
	    str_eq(buf_str(&k->old), buf_str(&k->value)))
		return 0;
	return state_put(k->state, buf_str(&k->key), buf_str(&k->value), e);
}

int
keep_drop(struct keep *k, struct str key, struct err *e)
{
	set_key(k, key);
	return state_del(k->state, buf_str(&k->key), e);
}

/* The markers of one record, without its target. */

struct vanishing {
	struct keep *keep;
	struct scraper *s;
	struct line_time at;
	keep_gone_fn *gone;
	void *arg;
};

static void
put_gone(void *arg, struct str series)
{
	struct vanishing *v = arg;

	(void)buf_put(v->s->out, series);
	line_put_point(v->s->out, LINE_SAMPLES, STR_NONE, num_stale(), &v->at);
}

static bool
job_gone(const struct vanishing *v, struct str record)
{
	struct arena a = { 0 };
	struct jr r;
	bool gone;

	jr_init(&r, record, &a);
	gone = jr_next(&r) == JR_OBJ && jr_next(&r) == JR_KEY &&
	    str_eq(r.str, STR("job")) && jr_next(&r) == JR_STR &&
	    v->gone(v->arg, r.str);
	arena_free(&a);
	return gone;
}

static int
vanish_one(void *arg, struct str key, struct str record)
{
	struct vanishing *v = arg;
	struct err e;

	if (map_get(&v->keep->wanted, key) || !job_gone(v, record))
		return 0;
	each_series(record, STR("series"), put_gone, v);
	each_series(record, STR("report"), put_gone, v);
	return state_del(v->keep->state, key, &e);
}

int
keep_vanish(struct keep *k, struct scraper *s, int64_t at_ms,
    keep_gone_fn *gone, void *arg, struct err *e)
{
	struct vanishing v = { .keep = k, .s = s, .gone = gone, .arg = arg };

	line_time_set(&v.at, at_ms);
	return state_each(k->state, STR(PREFIX), vanish_one, &v, e);
}

int
keep_commit(struct keep *k, struct err *e)
{
	int rc = state_commit(k->state, e);

	tool_say_state(k->state);
	return rc;
}
