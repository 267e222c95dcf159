#include "page.h"

#include "core/num.h"
#include "job.h"

#define FUTURE_MAX_MS	(10 * 60 * INT64_C(1000))
#define TABLE_MAX	65536		/* label sets before a fresh table */

/* What a page is read with. */
struct reader {
	struct page *page;
	struct scraper *s;
	const struct target *t;
	const struct scrape_config *c;
	struct expfmt x;
	struct buf *out;
	bool over;		/* sample_limit: count on, write no more */
};

/* Limits and names of one series. */

static int
check_label(const struct reader *r, struct str metric, struct str name,
    struct str value, struct err *e)
{
	const struct scrape_limits *l = &r->c->common.limits;

	if (l->label_name_length && name.n > (uint64_t)l->label_name_length)
		return err_set(e, ERR_LIMIT, "label_name_length_limit exceeded "
		    "(metric: %.50s, label name: %.50s, length: %zu, limit: "
		    "%lld)", metric.p, name.p, name.n,
		    (long long)l->label_name_length);
	if (l->label_value_length && value.n > (uint64_t)l->label_value_length)
		return err_set(e, ERR_LIMIT, "label_value_length_limit "
		    "exceeded (metric: %.50s, label name: %.50s, length: %zu, "
		    "limit: %lld)", metric.p, name.p, value.n,
		    (long long)l->label_value_length);
	return 0;
}

static int
check_names(const struct reader *r, const struct labels *l, struct err *e)
{
	struct str metric = labels_get(l, STR("__name__"));
	uint32_t i;

	if (metric.n == 0)
		return err_set(e, ERR_CONFIG,
		    "missing metric name (__name__ label)");
	if (r->c->common.names != NAMES_LEGACY)
		return 0;
	if (!metric_name_is_legacy(metric))
		return err_set(e, ERR_CONFIG, "invalid metric name '" STR_FMT
		    "'", STR_ARG(metric));
	for (i = 0; i < l->n; i++)
		if (!label_name_is_legacy(l->v[i].name->s))
			return err_set(e, ERR_CONFIG, "invalid label name '"
			    STR_FMT "'", STR_ARG(l->v[i].name->s));
	return 0;
}

static int
check_series(const struct reader *r, const struct labels *l, struct err *e)
{
	int64_t most = r->c->common.limits.labels;
	struct str metric = labels_get(l, STR("__name__"));
	uint32_t i;

	if (check_names(r, l, e) == -1)
		return -1;
	if (most && l->n > most)
		return err_set(e, ERR_LIMIT, "label_limit exceeded (metric: "
		    "%.50s, number of labels: %u, limit: %lld)", metric.p,
		    l->n, (long long)most);
	for (i = 0; i < l->n; i++)
		if (check_label(r, metric, l->v[i].name->s,
		    l->v[i].value->s, e) == -1)
			return -1;
	return 0;
}

/* The series part of the sample at hand. */

static bool
has_limits(const struct scrape_config *c)
{
	return c->common.limits.labels || c->common.limits.label_name_length ||
	    c->common.limits.label_value_length ||
	    c->common.names == NAMES_LEGACY;
}

/* le and quantile are rewritten by what the TYPE line said. */
static bool
is_rewritten(const struct expfmt *x)
{
	size_t i;

	for (i = 0; i < x->nlabels; i++)
		if ((str_eq(x->label[i].name, STR("le")) ||
		    str_eq(x->label[i].name, STR("quantile"))) &&
		    (x->label[i].value.p < x->raw.p ||
		    x->label[i].value.p >= x->raw.p + x->raw.n))
			return true;
	return false;
}

static struct labels_table *
fresh_table(struct scraper *s)
{
	if (s->table && labels_table_count(s->table) > TABLE_MAX) {
		labels_table_free(s->table);
		s->table = NULL;
	}
	if (s->table == NULL)
		s->table = labels_table_new();
	return s->table;
}

/* With conflicts and relabelling.  1; 0 dropped; -1 with *e. */
static int
put_worked_out(struct reader *r, struct err *e)
{
	struct labels_builder *b = &r->s->builder;
	const struct relabels *rules = &r->c->metric_relabel;
	const struct labels *l;

	line_labels(b, fresh_table(r->s), r->t, &r->x, r->c->honor_labels);
	if (!relabel_apply(rules->p, rules->n, b, NULL, NULL))
		return 0;
	l = labels_done(b);
	if (l->n == 0)
		return 0;
	if (check_series(r, l, e) == -1)
		return -1;
	line_put_series(r->out, r->s->format, l);
	return 1;
}

/*
 * As above.  *keep: what it took was work, or cannot be repeated from the
 * raw text alone.
 */
static int
put_series(struct reader *r, bool *keep, struct err *e)
{
	bool plain = r->s->format == LINE_SAMPLES &&
	    r->c->metric_relabel.n == 0 && !has_limits(r->c);

	if (!expfmt_sort(&r->x))
		return err_set(e, ERR_SYNTAX, "a label name stands twice in '"
		    STR_FMT "'", STR_ARG(r->x.raw));
	*keep = !plain || is_rewritten(&r->x);
	if (plain && line_put_plain(r->out, r->t, &r->x))
		return 1;
	*keep = true;
	return put_worked_out(r, e);
}

/* A line that the last page did not have. */
static int
new_line(struct reader *r, enum slot_kind kind, struct cache_hit *hit,
    struct err *e)
{
	struct cache_pass *pass = &r->s->pass;
	size_t start = r->out->n;
	struct str series;
	uint64_t id;
	bool keep;
	int rc = put_series(r, &keep, e);

	*hit = (struct cache_hit){ .kind = SLOT_DROPPED };
	if (rc == -1)
		return -1;
	if (rc == 0) {
		(void)cache_add(pass, r->x.raw, SLOT_DROPPED,
		    cache_id(STR_NONE), STR_NONE);
		return 0;
	}
	series = str_sub(buf_str(r->out), start, r->out->n);
	id = cache_id(series);
	hit->kind = cache_add(pass, r->x.raw, kind, id, keep ? series :
	    STR_NONE);
	if (hit->kind != SLOT_DUPLICATE && !r->over && !cache_had(pass, id))
		r->page->added++;
	return 0;
}

static int
known_line(struct reader *r, const struct cache_hit *hit, struct err *e)
{
	bool keep;

	if (hit->kind == SLOT_DROPPED || hit->kind == SLOT_DUPLICATE)
		return 0;
	if (hit->out.p)
		return buf_put(r->out, hit->out);
	return put_series(r, &keep, e) == -1 ? -1 : 0;
}

static void
put_point(struct reader *r, bool timed)
{
	struct line_time own;

	if (timed)
		line_time_set(&own, r->x.ts);
	line_put_point(r->out, r->s->format, r->x.value_text, r->x.value,
	    timed ? &own : &r->page->at);
}

static int
take_sample(struct reader *r, struct err *e)
{
	struct page *p = r->page;
	size_t start = r->out->n;
	int64_t most = r->c->common.limits.samples;
	bool timed = r->x.ts != EXPFMT_NO_TS && r->c->honor_timestamps;
	bool untracked = timed && !r->c->track_timestamps_staleness;
	struct cache_hit hit;
	int rc;

	p->scraped++;
	if (cache_find(&r->s->pass, r->x.raw, untracked, &hit))
		rc = known_line(r, &hit, e);
	else
		rc = new_line(r, untracked ? SLOT_TIMED : SLOT_SERIES, &hit,
		    e);
	if (rc == -1)
		return -1;
	if (hit.kind == SLOT_DROPPED)
		return 0;
	p->kept++;
	r->over = r->over || (most && p->kept > (uint64_t)most);
	p->duplicates += hit.kind == SLOT_DUPLICATE;
	p->future += timed && r->x.ts > p->at.ms + FUTURE_MAX_MS;
	if (r->over || hit.kind == SLOT_DUPLICATE || (timed &&
	    r->x.ts > p->at.ms + FUTURE_MAX_MS))
		r->out->n = start;
	else
		put_point(r, timed);
	return 0;
}

static void
on_gone(void *arg, const struct cache_hit *gone)
{
	struct page *p = arg;
	struct scraper *s = p->scraper;

	if (s->format != LINE_SAMPLES)
		return;
	scrape_put_slot(s, p->target, gone, s->out);
	line_put_point(s->out, s->format, STR_NONE, num_stale(), &p->at);
}

static int
read_lines(struct reader *r, struct err *e)
{
	enum expfmt_kind kind;

	while ((kind = expfmt_next(&r->x, e)) > EXPFMT_END)
		if (kind == EXPFMT_SAMPLE && take_sample(r, e) == -1)
			return -1;
	if (kind == EXPFMT_BAD)
		return -1;
	if (r->over)
		return err_set(e, ERR_LIMIT, "sample limit exceeded");
	if (r->s->pass.full)
		return err_set(e, ERR_LIMIT, "the page takes over 4 GiB");
	return 0;
}

int
page_read(struct page *p, struct str body, enum expfmt_format f,
    struct err *e)
{
	struct reader r = { .page = p, .s = p->scraper, .t = p->target,
	    .c = p->target->job->config, .out = p->scraper->out };
	size_t start = r.out->n;
	int rc;

	cache_begin(&r.s->pass, &p->target->cache);
	expfmt_init(&r.x, f);
	expfmt_feed(&r.x, body, true);
	rc = read_lines(&r, e);
	expfmt_release(&r.x);
	if (rc == -1) {
		r.out->n = start;
		return -1;
	}
	p->target->dirty |= cache_end(&r.s->pass, on_gone, p);
	p->target->cache.format = f;
	return 0;
}

void
page_fail(struct page *p)
{
	p->target->dirty |= p->target->cache.n > 0;
	cache_begin(&p->scraper->pass, &p->target->cache);
	cache_fail(&p->scraper->pass, on_gone, p);
}

/*
 * What was not stored follows from the raw text alone: read it again, as a
 * page of one line.
 */
void
scrape_put_slot(struct scraper *s, const struct target *t,
    const struct cache_hit *slot, struct buf *out)
{
	struct expfmt x;
	struct err e;

	if (slot->out.p) {
		(void)buf_put(out, slot->out);
		return;
	}
	buf_reset(&s->text);
	(void)buf_put(&s->text, slot->raw);
	(void)buf_put(&s->text, t->cache.format == EXPFMT_OPENMETRICS ?
	    STR(" 0\n# EOF\n") : STR(" 0\n"));
	expfmt_init(&x, t->cache.format);
	expfmt_feed(&x, buf_str(&s->text), true);
	if (expfmt_next(&x, &e) == EXPFMT_SAMPLE && expfmt_sort(&x))
		(void)line_put_plain(out, t, &x);
	expfmt_release(&x);
}
