/*
 * uptime_statuscake: the form of app.statuscake.com/API/Tests/Update, and
 * that of api.statuscake.com/v1, which took its place.
 */
#include "uptime.h"

#include "json/write.h"
#include "net/url.h"

#define BASE	"https://app.statuscake.com/API"
#define BASE_V1	"https://api.statuscake.com/v1"

/* What both say, under the names of each. */
enum { NAME, TARGET, TYPE, RATE, FIND, NOT, TIMEOUT, CONFIRM, PORT, AGENT,
    USER, PASSWORD, TAGS, PAUSED, FOLLOW, NFIELDS };

static const char *const old_names[NFIELDS] = {
	"WebsiteName", "WebsiteURL", "TestType", "CheckRate", "FindString",
	"DoNotFind", "Timeout", "Confirmation", "Port", "UserAgent",
	"BasicUser", "BasicPass", "TestTags", "Paused", "FollowRedirect",
};
static const char *const v1_names[NFIELDS] = {
	"name", "website_url", "test_type", "check_rate", "find_string",
	"do_not_find", "timeout", "confirmation", "port", "user_agent",
	"basic_username", "basic_password", "tags", "paused",
	"follow_redirects",
};

static bool
is_old(const struct ynode *n)
{
	return ynode_get(n, "WebsiteURL") != NULL;
}

static bool
is_v1(const struct ynode *n)
{
	return ynode_get(n, "website_url") != NULL;
}

static const struct { const char *theirs, *ours; int port; } types[] = {
	{ "HTTP", "http", 0 }, { "HEAD", "http", 0 }, { "TCP", "tcp", 0 },
	{ "PING", "icmp", 0 }, { "DNS", "dns", 0 }, { "SMTP", "tcp", 25 },
	{ "SSH", "tcp", 22 },
};

static int
read_check(const struct ynode *n, const char *const *name, struct uptime *u,
    struct arena *a, struct err *e)
{
	size_t i, ntypes = sizeof(types) / sizeof(types[0]);
	struct str type = uptime_text(n, name[TYPE]), find;
	const struct ynode *follow = ynode_get(n, name[FOLLOW]);

	u->name = uptime_text(n, name[NAME]);
	u->host = u->url = uptime_text(n, name[TARGET]);
	if (u->name.n == 0 || u->url.n == 0)
		return ynode_err(n, e, "a check of StatusCake needs %s and "
		    "%s", name[NAME], name[TARGET]);
	for (i = 0; i < ntypes; i++)
		if (type.n == 0 || str_eq_nocase(type,
		    str_of(types[i].theirs)))
			break;
	if (i == ntypes)
		return ynode_err(n, e, "unknown %s '" STR_FMT "'", name[TYPE],
		    STR_ARG(type));
	u->kind = str_of(types[i].ours);
	u->port = uptime_number(n, name[PORT]);
	if (u->port == 0)
		u->port = types[i].port;
	find = uptime_text(n, name[FIND]);
	if (uptime_flag(n, name[NOT]))
		u->not_contains = find;
	else
		u->contains = find;
	u->interval_ms = uptime_number(n, name[RATE]) * 1000;
	u->timeout_ms = uptime_number(n, name[TIMEOUT]) * 1000;
	if (ynode_get(n, name[CONFIRM]) != NULL)
		u->failures = uptime_number(n, name[CONFIRM]) + 1;
	if (uptime_text(n, name[AGENT]).n)
		vec_push(&u->headers, (struct http_header){ STR("User-Agent"),
		    uptime_text(n, name[AGENT]) });
	u->username = uptime_text(n, name[USER]);
	u->paused = uptime_flag(n, name[PAUSED]);
	u->no_redirects = follow != NULL && !uptime_flag(n, name[FOLLOW]);
	uptime_tags(ynode_get(n, name[TAGS]), u);
	uptime_note_rest(n, name, NFIELDS, u, a);
	return 0;
}

static int
read_old(const struct ynode *n, struct uptime *u, struct arena *a,
    struct err *e)
{
	return read_check(n, old_names, u, a, e);
}

static int
read_v1(const struct ynode *n, struct uptime *u, struct arena *a,
    struct err *e)
{
	return read_check(n, v1_names, u, a, e);
}

/* ---- to StatusCake ---- */

static void
put(struct buf *out, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	if (out->n)
		(void)buf_putc(out, '&');
	(void)buf_printf(out, "%s=", name);
	url_put_query(out, value);
}

static struct str
type_name(struct str kind)
{
	size_t i = 0;

	while (!str_eq(kind, str_of(types[i].ours)))
		i++;
	return str_of(types[i].theirs);
}

static void
put_tags(struct buf *out, const char *name, const struct uptime *u,
    struct arena *a)
{
	struct buf all = { 0 };
	size_t i;

	for (i = 0; i < u->tags.n; i++)
		(void)buf_printf(&all, "%s" STR_FMT, i ? "," : "",
		    STR_ARG(u->tags.p[i]));
	put(out, name, arena_str(a, buf_str(&all)));
	buf_release(&all);
}

static struct str
number(int64_t v, struct arena *a)
{
	return v > 0 ? arena_printf(a, "%lld", (long long)v) : STR_NONE;
}

static void
put_form(struct buf *out, const struct uptime *u, const char *const *name,
    struct arena *a)
{
	struct str find = u->contains.n ? u->contains : u->not_contains;
	size_t i;

	put(out, name[NAME], u->name);
	put(out, name[TARGET], u->url.n ? u->url : u->host);
	put(out, name[RATE], number(u->interval_ms / 1000, a));
	put(out, name[TYPE], type_name(u->kind));
	put(out, name[FIND], find);
	if (u->contains.n == 0 && u->not_contains.n)
		put(out, name[NOT], STR("1"));
	put(out, name[TIMEOUT], number(u->timeout_ms / 1000, a));
	if (u->failures > 1)
		put(out, name[CONFIRM], number(u->failures - 1, a));
	put(out, name[PORT], number(u->port, a));
	for (i = 0; i < u->headers.n; i++)
		if (str_eq_nocase(u->headers.p[i].name, STR("User-Agent")))
			put(out, name[AGENT], u->headers.p[i].value);
	if (u->no_redirects)
		put(out, name[FOLLOW], STR("0"));
	put_tags(out, name[TAGS], u, a);
	if (u->paused)
		put(out, name[PAUSED], STR("1"));
}

static void
write_form(const struct uptime *u, const char *const *name, struct str url,
    struct http_request *q, struct arena *a)
{
	struct buf body = { 0 };

	put_form(&body, u, name, a);
	q->method = STR("POST");
	q->url = url;
	q->body = arena_str(a, buf_str(&body));
	buf_release(&body);
}

static const struct http_header form_type = {
	{ "Content-Type", 12 }, { "application/x-www-form-urlencoded", 33 },
};

static void
write_old(const struct uptime *u, const struct uptime_keys *k,
    struct http_request *q, struct arena *a)
{
	struct http_header *h = ARENA_ARRAY(a, 3, struct http_header);

	h[0] = (struct http_header){ STR("API"), k->token };
	h[1] = (struct http_header){ STR("Username"), k->username };
	h[2] = form_type;
	*q = (struct http_request){ .headers = h, .nheaders = 3 };
	write_form(u, old_names, arena_printf(a, STR_FMT "/Tests/Update",
	    STR_ARG(k->base.n ? k->base : STR(BASE))), q, a);
}

static void
write_v1(const struct uptime *u, const struct uptime_keys *k,
    struct http_request *q, struct arena *a)
{
	struct http_header *h = ARENA_ARRAY(a, 2, struct http_header);

	h[0] = (struct http_header){ STR("Authorization"),
	    arena_printf(a, "Bearer " STR_FMT, STR_ARG(k->token)) };
	h[1] = form_type;
	*q = (struct http_request){ .headers = h, .nheaders = 2 };
	write_form(u, v1_names, arena_printf(a, STR_FMT "/uptime",
	    STR_ARG(k->base.n ? k->base : STR(BASE_V1))), q, a);
}

const struct uptime_service uptime_statuscake = {
	.name = "statuscake", .domain = "app.statuscake.com", .is = is_old,
	.refusal = "\"Success\":false", .read = read_old, .write = write_old,
};
const struct uptime_service uptime_statuscake_v1 = {
	.name = "statuscake-v1", .domain = "api.statuscake.com", .is = is_v1,
	.read = read_v1, .write = write_v1,
};
