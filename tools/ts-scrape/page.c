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
	bool plain;		/* labels need no more than merging */
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
work_out(struct reader *r, struct str *kept, struct err *e)
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
	buf_reset(&r->s->text);
	line_put_series(&r->s->text, r->s->format, l);
	*kept = line_kept(r->s->format, buf_str(&r->s->text));
	return 1;
}

/* What to keep of the sample at hand, borrowed from scratch.  As above. */
static int
series_of(struct reader *r, struct str *kept, struct err *e)
{
	struct buf *b = &r->s->text;

	if (!expfmt_sort(&r->x))
		return err_set(e, ERR_SYNTAX, "a label name stands twice in '"
		    STR_FMT "'", STR_ARG(r->x.raw));
	buf_reset(b);
	if (r->plain && line_put_plain(b, r->t, &r->x)) {
		*kept = buf_str(b);
		return 1;
	}
	return work_out(r, kept, e);
}

/* A line that the last page did not have. */
static int
new_line(struct reader *r, const struct cache_line *line,
    struct cache_hit *hit, struct err *e)
{
	enum slot_kind kind = line->timed ? SLOT_TIMED : SLOT_SERIES;
	bool is_new;
	int rc;

	hit->out = STR_NONE;
	rc = series_of(r, &hit->out, e);
	if (rc == -1)
		return -1;
	if (rc == 0)
		kind = SLOT_DROPPED;
	hit->kind = cache_add(&r->s->pass, line, kind, hit->out, &is_new);
	if (is_new && hit->kind != SLOT_DUPLICATE && !r->over)
		r->page->added++;
	return 0;
}

/* Count a line; write it, unless something is against it. */
static void
put_line(struct reader *r, const struct cache_hit *hit, struct str text,
    double value, int64_t ts)
{
	struct page *p = r->page;
	int64_t most = r->c->common.limits.samples;
	bool timed = ts != EXPFMT_NO_TS && r->c->honor_timestamps;
	struct line_time own;

	p->scraped++;
	if (hit->kind == SLOT_DROPPED)
		return;
	p->kept++;
	r->over = r->over || (most && p->kept > (uint64_t)most);
	if (hit->kind == SLOT_DUPLICATE)
		p->duplicates++;
	else if (timed && ts > p->at.ms + FUTURE_MAX_MS)
		p->future++;
	else if (!r->over) {
		line_expand(r->out, r->s->format, r->t, hit->out);
		if (timed)
			line_time_set(&own, ts);
		line_put_point(r->out, r->s->format, text, value,
		    timed ? &own : &p->at);
	}
}

static bool
is_timed(const struct reader *r, int64_t ts)
{
	return ts != EXPFMT_NO_TS && r->c->honor_timestamps &&
	    !r->c->track_timestamps_staleness;
}

/*
 * The line that the last page had here, with a number as we would write it:
 * no labels to parse.
 */
static bool
take_expected(struct reader *r)
{
	struct cache_line line = { .type = expfmt_in_force(&r->x) };
	struct cache_hit hit;
	struct str text, canonical;
	double value = 0;

	if (!expfmt_peek(&r->x, cache_expects(&r->s->pass, line.type),
	    &line.raw, &text))
		return false;
	canonical = line_canonical(text);
	if (canonical.n == 0 && (!num_parse_prom(text, &value) ||
	    value - value != 0))
		return false;
	if (!cache_take(&r->s->pass, &line, &hit))
		return false;
	expfmt_pass(&r->x);
	put_line(r, &hit, canonical, value, EXPFMT_NO_TS);
	return true;
}

static int
take_sample(struct reader *r, struct err *e)
{
	struct cache_line line = { .raw = r->x.raw,
	    .type = expfmt_in_force(&r->x), .timed = is_timed(r, r->x.ts) };
	struct cache_hit hit;

	if (!cache_find(&r->s->pass, &line, &hit) &&
	    new_line(r, &line, &hit, e) == -1) {
		r->page->scraped++;
		return -1;
	}
	put_line(r, &hit, line_canonical(r->x.value_text), r->x.value,
	    r->x.ts);
	return 0;
}

static void
on_gone(void *arg, struct str out)
{
	struct page *p = arg;
	struct scraper *s = p->scraper;

	if (s->format != LINE_SAMPLES)
		return;
	line_expand(s->out, s->format, p->target, out);
	line_put_point(s->out, s->format, STR_NONE, num_stale(), &p->at);
}

static void
expand(void *arg, struct str out, struct buf *b)
{
	const struct page *p = arg;

	line_expand(b, p->scraper->format, p->target, out);
}

static int
read_lines(struct reader *r, struct err *e)
{
	enum expfmt_kind kind;

	do {
		while (take_expected(r))
			continue;
		kind = expfmt_next(&r->x, e);
		if (kind == EXPFMT_SAMPLE && take_sample(r, e) == -1)
			return -1;
	} while (kind > EXPFMT_END);
	if (kind == EXPFMT_BAD)
		return -1;
	if (r->over)
		return err_set(e, ERR_LIMIT, "sample limit exceeded");
	if (r->s->pass.full)
		return err_set(e, ERR_LIMIT, "the page takes over 4 GiB, or "
		    "one of its series over 64 MiB");
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

	r.plain = r.s->format == LINE_SAMPLES && r.c->metric_relabel.n == 0 &&
	    !has_limits(r.c);
	cache_begin(&r.s->pass, &p->target->cache, expand, p);
	expfmt_init(&r.x, f);
	expfmt_feed(&r.x, body, true);
	rc = read_lines(&r, e);
	expfmt_release(&r.x);
	if (rc == -1) {
		r.out->n = start;
		return -1;
	}
	p->target->dirty |= cache_end(&r.s->pass, on_gone, p);
	return 0;
}

void
page_fail(struct page *p)
{
	p->target->dirty |= p->target->cache.n > 0;
	cache_begin(&p->scraper->pass, &p->target->cache, expand, p);
	cache_fail(&p->scraper->pass, on_gone, p);
}
