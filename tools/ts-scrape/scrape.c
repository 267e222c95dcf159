#include "scrape.h"

#include <stdio.h>

#include "core/clk.h"
#include "core/diag.h"
#include "core/mem.h"
#include "core/num.h"
#include "job.h"
#include "page.h"

#define USER_AGENT	"ts-scrape/" TS_VERSION

void
scraper_release(struct scraper *s)
{
	cache_pass_release(&s->pass);
	labels_builder_release(&s->builder);
	labels_table_free(s->table);
	buf_release(&s->text);
}

void
scrape_request(const struct target *t, struct http_request *q,
    struct http_header h[SCRAPE_HEADERS], struct buf *b)
{
	const struct scrape_config *c = t->job->config;
	int64_t max = c->common.limits.body_size;

	(void)buf_printf(b, "%g", (double)t->timeout_ms / 1000);
	h[0] = (struct http_header){ STR("Accept"), t->job->accept };
	h[1] = (struct http_header){ STR("User-Agent"), STR(USER_AGENT) };
	h[2] = (struct http_header){
	    STR("X-Prometheus-Scrape-Timeout-Seconds"), buf_str(b) };
	h[3] = (struct http_header){ STR("Accept-Encoding"),
	    STR("identity") };
	*q = (struct http_request){
		.url = t->url,
		.unix_socket = t->unix_socket,
		.headers = h,
		.nheaders = c->enable_compression ? 3 : 4,
		.config = &c->http,
		.timeout_ms = t->timeout_ms,
		/* the limit itself is too much already */
		.body_max = max > 1 ? (size_t)max - 1 : max == 1 ? 1 :
		    SCRAPE_BODY_MAX,
		.compression = c->enable_compression,
	};
}

/* The series about the scrape. */

static void
put_report(struct scraper *s, const struct target *t, const char *name,
    double value, const struct line_time *at)
{
	line_put_report(s->out, s->format, t, str_of(name));
	line_put_point(s->out, s->format, STR_NONE, value, at);
}

static const char *const report_names[] = {
	"up", "scrape_duration_seconds", "scrape_samples_scraped",
	"scrape_samples_post_metric_relabeling", "scrape_series_added",
	"scrape_timeout_seconds", "scrape_sample_limit",
	"scrape_body_size_bytes",
};

enum { REPORTS_ALWAYS = 5, REPORTS_ALL = 8 };

static size_t
nreports(const struct target *t)
{
	return t->job->config->common.extra_metrics ? REPORTS_ALL :
	    REPORTS_ALWAYS;
}

static void
report(struct scraper *s, const struct target *t, const struct page *p,
    double seconds, double body_bytes, const struct line_time *at)
{
	const double value[REPORTS_ALL] = {
		p->up, seconds, (double)p->scraped, (double)p->kept,
		(double)p->added, (double)t->timeout_ms / 1000,
		(double)t->job->config->common.limits.samples, body_bytes,
	};
	size_t i;

	for (i = 0; i < nreports(t); i++)
		put_report(s, t, report_names[i], value[i], at);
}

void
scrape_each_report(const struct target *t,
    void (*fn)(void *arg, struct str name), void *arg)
{
	size_t i;

	for (i = 0; i < nreports(t); i++)
		fn(arg, str_of(report_names[i]));
}

/* Answers. */

static int
check_response(const struct target *t, const struct http_response *r,
    enum expfmt_format *format, struct err *e)
{
	struct err warning = { 0 };

	if (r->err.kind != ERR_NONE) {
		*e = r->err;
		return -1;
	}
	if (r->status != 200)
		return err_set(e, ERR_NET, "server returned HTTP status %d",
		    r->status);
	if (expfmt_content_type(r->content_type, t->job->fallback, format,
	    &warning) == -1) {
		*e = warning;
		return -1;
	}
	if (warning.kind != ERR_NONE)
		diag_note(STR_FMT ": %s", STR_ARG(t->name), warning.msg);
	return 0;
}

static void
say_failure(struct scraper *s, struct target *t, const struct err *e)
{
	char place[32] = "";

	if (e->line)
		(void)snprintf(place, sizeof(place), "line %u:%u: ", e->line,
		    e->col);
	if (s->loud)
		diag(STR_FMT ": %s%s", STR_ARG(t->url), place, e->msg);
	else
		diag_note(STR_FMT ": %s%s", STR_ARG(t->name), place, e->msg);
}

static void
say_losses(struct target *t, const struct page *p)
{
	if (p->duplicates && p->duplicates != t->told_duplicates)
		diag_warning(STR_FMT ": %zu duplicate samples dropped",
		    STR_ARG(t->name), p->duplicates);
	if (p->future && p->future != t->told_future)
		diag_warning(STR_FMT ": %zu samples from the future dropped",
		    STR_ARG(t->name), p->future);
	t->told_duplicates = p->duplicates;
	t->told_future = p->future;
}

static double
body_size(const struct target *t, const struct http_response *r, bool up)
{
	if (r->err.kind == ERR_LIMIT && t->job->config->common.limits.body_size)
		return -1;
	return up ? (double)r->body_bytes : 0;
}

/* In whole nanoseconds: the digits behind are noise. */
static double
seconds_since(double start_s)
{
	return (double)(int64_t)((clk_mono_s() - start_s) * 1e9) / 1e9;
}

static void
on_response(void *arg, const struct http_response *r)
{
	struct target *t = arg;
	struct scraper *s = t->scraper;
	struct page p = { .scraper = s, .target = t };
	enum expfmt_format format = EXPFMT_TEXT;
	struct err e = { 0 };

	line_time_set(&p.at, t->at);
	if (check_response(t, r, &format, &e) == 0)
		p.up = page_read(&p, r->body, format, &e) == 0;
	if (!p.up) {
		page_fail(&p);
		say_failure(s, t, &e);
	}
	say_losses(t, &p);
	report(s, t, &p, seconds_since(t->start_s), body_size(t, r, p.up),
	    &p.at);
	t->reported = true;
	s->scrapes++;
	s->failures += !p.up;
	s->samples += p.scraped;
	generation_drop(t->flight);
	t->flight = NULL;
	s->done(s->arg, t, p.up);
}

static void
take_off(struct scraper *s, struct target *t, int64_t at_ms)
{
	t->scraper = s;
	t->flight = t->job->generation;
	t->start_s = clk_mono_s();
	t->at = at_ms;
	generation_hold(t->flight);
}

void
scrape_refuse(struct scraper *s, struct target *t, int64_t at_ms,
    const struct err *why)
{
	struct http_response r = { .err = *why };

	take_off(s, t, at_ms);
	on_response(t, &r);
}

void
scrape_start(struct scraper *s, struct target *t, int64_t at_ms)
{
	struct http_header h[SCRAPE_HEADERS];
	struct http_request q;

	buf_reset(&s->text);
	scrape_request(t, &q, h, &s->text);
	take_off(s, t, at_ms);
	http_send(s->http, &q, on_response, t);
}

void
scrape_vanish(struct scraper *s, struct target *t, int64_t at_ms)
{
	struct page p = { .scraper = s, .target = t };
	size_t i;

	line_time_set(&p.at, at_ms);
	page_fail(&p);
	for (i = 0; t->reported && s->format == LINE_SAMPLES &&
	    i < nreports(t); i++)
		put_report(s, t, report_names[i], num_stale(), &p.at);
	t->reported = false;
}
