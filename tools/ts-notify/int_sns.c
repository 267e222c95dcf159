/* Amazon SNS: a form, signed with Signature Version 4. */
#include "integration.h"

#include <stdlib.h>

#include "core/utf8.h"
#include "net/sigv4.h"
#include "net/url.h"

#define SERVICE		"sns"
#define MESSAGE_MAX	((size_t)256 << 10)
#define PHONE_MAX	1600
#define TYPE		"application/x-www-form-urlencoded; charset=utf-8"

struct form {
	struct member *m;
	size_t n;
};

static void
add(struct form *f, struct str key, struct str value)
{
	f->m[f->n++] = (struct member){ key, value };
}

/* name=value of an attribute, numbered from 1. */
static void
add_attribute(struct attempt *a, struct form *f, size_t i, struct str name,
    struct str value)
{
	static const char *const parts[] = { "Name", "Value.DataType",
	    "Value.StringValue" };
	struct str values[3] = { name, STR("String"), value };
	size_t k;

	for (k = 0; k < 3; k++)
		add(f, arena_printf(&a->arena,
		    "MessageAttributes.entry.%zu.%s", i, parts[k]),
		    values[k]);
}

static void
add_attributes(struct attempt *a, struct form *f, bool truncated)
{
	const struct sns_config *c = a->target.conf;
	size_t i;

	for (i = 0; i < c->attributes.n; i++)
		add_attribute(a, f, i + 1, text(a, c->attributes.p[i].key),
		    text(a, c->attributes.p[i].value));
	if (truncated)
		add_attribute(a, f, ++i, STR("truncated"), STR("true"));
	if (i == 0)
		add(f, STR("MessageAttributes"), STR(""));
}

static bool
is_fifo(struct str arn)
{
	return str_ends(arn, STR(".fifo"));
}

static void
fill(struct attempt *a, struct form *f)
{
	const struct sns_config *c = a->target.conf;
	struct str topic = text(a, c->topic_arn);
	struct str phone = text(a, c->phone_number);
	struct str target = text(a, c->target_arn);
	struct str subject = text(a, c->subject), m = text(a, c->message);
	size_t max = phone.n > 0 ? PHONE_MAX : MESSAGE_MAX;

	add(f, STR("Action"), STR("Publish"));
	add(f, STR("Version"), STR("2010-03-31"));
	add(f, STR("Message"), str_sub(m, 0, max));
	if (subject.n > 0)
		add(f, STR("Subject"), subject);
	if (topic.n > 0)
		add(f, STR("TopicArn"), topic);
	if (phone.n > 0)
		add(f, STR("PhoneNumber"), phone);
	if (target.n > 0)
		add(f, STR("TargetArn"), target);
	if (is_fifo(topic)) {
		add(f, STR("MessageDeduplicationId"), key_hash(a));
		add(f, STR("MessageGroupId"), key_hash(a));
	}
	add_attributes(a, f, m.n > max);
}

static int
member_cmp(const void *x, const void *y)
{
	const struct member *a = x, *b = y;

	return str_cmp(a->key, b->key);
}

static void
put_form(struct attempt *a, struct form *f)
{
	size_t i;

	qsort(f->m, f->n, sizeof(*f->m), member_cmp);
	buf_reset(&a->body);
	for (i = 0; i < f->n; i++) {
		(void)buf_put(&a->body, i > 0 ? STR("&") : STR_NONE);
		url_put_query(&a->body, f->m[i].key);
		(void)buf_putc(&a->body, '=');
		url_put_query(&a->body, f->m[i].value);
	}
}

static void
sign(struct attempt *a, const struct url *u, struct str region)
{
	const struct sns_config *c = a->target.conf;
	/* The server looks at the real time, whatever the records say. */
	struct clk wall = { .kind = CLK_WALL };
	struct str stamp = sigv4_stamp(clk_now(&wall), &a->arena);
	struct sigv4 keys = { .access_key = c->sigv4.access_key,
	    .secret_key = secret(a, c->sigv4.secret_key, STR_NONE),
	    .region = region, .service = STR(SERVICE) };
	struct http_header signed_headers[] = {
		{ STR("Content-Length"), arena_printf(&a->arena, "%zu",
		    a->body.n) },
		{ STR("Content-Type"), STR(TYPE) },
		{ STR("Host"), url_host_header(u, &a->arena) },
		{ STR("X-Amz-Date"), stamp },
	};
	struct sigv4_request q = { .method = STR("POST"), .stamp = stamp,
	    .headers = signed_headers,
	    .nheaders = sizeof(signed_headers) / sizeof(signed_headers[0]),
	    .body_sha256 = sigv4_sha256(buf_str(&a->body), &a->arena) };
	struct sigv4_signed out;

	q.query = str_cut(u->path, '?', &q.path);
	sigv4_sign(&keys, &q, &a->arena, &out);
	add_header(a, "X-Amz-Date", stamp);
	add_header(a, "Authorization", out.authorization);
}

/* arn:aws:sns:REGION:… says where, when nothing else does. */
static struct str
region_of(struct attempt *a)
{
	const struct sns_config *c = a->target.conf;
	struct str arn = text(a, c->topic_arn.n > 0 ? c->topic_arn :
	    c->target_arn), part = STR("");
	int i;

	if (c->sigv4.region.n > 0)
		return c->sigv4.region;
	for (i = 0; i < 4 && arn.p != NULL; i++)
		arn = str_cut(arn, ':', &part);
	return i == 4 ? part : STR("");
}

static int
build(struct attempt *a)
{
	const struct sns_config *c = a->target.conf;
	struct form f = { arena_array(&a->arena, 12 + 3 * c->attributes.n,
	    sizeof(*f.m)), 0 };
	struct str url = text(a, c->api_url), region = region_of(a);
	struct url u;

	if (a->step > 0)
		return 0;
	if (region.n == 0)
		return attempt_fail(a, "no region is configured");
	if (url.n == 0)
		url = arena_printf(&a->arena,
		    "https://sns%s." STR_FMT ".amazonaws.com",
		    c->sigv4.use_fips ? "-fips" : "", STR_ARG(region));
	if (!str_ends(url, STR("/")))
		url = arena_printf(&a->arena, STR_FMT "/", STR_ARG(url));
	if (!url_parse(url, &u))
		return attempt_fail(a, "'api_url' is no URL");
	fill(a, &f);
	put_form(a, &f);
	add_header(a, "Content-Type", STR(TYPE));
	if (c->sigv4.access_key.n > 0)
		sign(a, &u, region);
	a->request.method = STR("POST");
	a->request.url = url;
	a->request.body = buf_str(&a->body);
	return 1;
}

const struct integration int_sns = {
	.key = "sns_configs", .build = build
};
