#include "members.h"

#include "container.h"
#include "core/num.h"
#include "level.h"
#include "scan.h"

/* In the order of preference. */
static const struct str times[] = {
	STR("@timestamp"), STR("timestamp"), STR("time"), STR("ts"),
	STR("t"), STR("datetime"), STR("date"), STR("eventTime"),
	STR("@t"),
};
static const struct str level_names[] = {
	STR("level"), STR("lvl"), STR("severity"), STR("log.level"),
	STR("loglevel"), STR("levelname"), STR("error_severity"),
	STR("@l"),
};
static const struct str messages[] = {
	STR("message"), STR("msg"), STR("event.original"), STR("log"),
	STR("@m"),
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

struct str
member_name(struct str key, struct arena *a)
{
	char *copy;
	size_t i;

	if (str_find_char(key, '.') == -1)
		return key;
	copy = arena_cstr(a, key);
	for (i = 0; i < key.n; i++)
		if (copy[i] == '.')
			copy[i] = NAME_DOT;
	return (struct str){ copy, key.n };
}

/* "log.level" as ECS loggers write it is a key with a dot. */
static bool
named(struct str name, struct str want)
{
	size_t i;

	if (name.n != want.n || name.p[0] != want.p[0])
		return false;
	for (i = 0; i < name.n; i++)
		if (name.p[i] != want.p[i] &&
		    !(name.p[i] == NAME_DOT && want.p[i] == '.'))
			return false;
	return true;
}

static bool
read_time(struct source_state *s, struct event *ev, struct value v)
{
	struct instant at;
	struct civil c;

	if ((v.kind == VAL_NUM || v.kind == VAL_STR) &&
	    date_epoch(v.text, &at)) {
		ev->time = at.ms;
		ev->time_ns = at.ns;
		return ev->has_time = true;
	}
	if (v.kind != VAL_STR)
		return false;
	if (date_scan_iso(v.text, &c) == v.text.n ||
	    date_scan_ctime(v.text, &c) == v.text.n ||
	    date_scan_clf(v.text, &c) == v.text.n)
		return event_time_civil(ev, &s->dates, &c);
	/* PostgreSQL's jsonlog: "2026-01-21 09:00:00.123 UTC" */
	if (str_ends(v.text, STR(" UTC")) &&
	    date_scan_iso(v.text, &c) == v.text.n - 4) {
		c.offset = 0;
		return event_time_civil(ev, &s->dates, &c);
	}
	return false;
}

/* The index of the best of the wanted names; nfields when there is none. */
static size_t
best(const struct event *ev, const struct str *want, size_t n)
{
	size_t i, j, at = ev->nfields;

	for (i = 0; i < ev->nfields; i++) {
		if (ev->field[i].name.n > 14)
			continue;
		for (j = 0; j < n; j++) {
			if (named(ev->field[i].name, want[j])) {
				at = i;
				n = j;
				break;
			}
		}
	}
	return at;
}

static void
drop(struct event *ev, size_t i)
{
	ev->nfields--;
	memmove(&ev->field[i], &ev->field[i + 1],
	    (ev->nfields - i) * sizeof(*ev->field));
}

static void
take_level(struct event *ev)
{
	size_t i = best(ev, level_names, COUNT(level_names));
	struct value v;

	if (i == ev->nfields)
		return;
	v = ev->field[i].value;
	if ((v.kind == VAL_STR || v.kind == VAL_NUM) &&
	    event_set_level(ev, v.text)) {
		drop(ev, i);
	} else if (v.kind == VAL_STR) {
		ev->level_text = v.text;
		drop(ev, i);
	}
}

/*
 * Docker's json-file: a piece of what a container says, with its newline.
 * Who hands such records on (fluentd) takes that away and adds members.
 */
static void
docker_done(struct event *ev)
{
	struct str *text = &ev->message.text;
	bool alone = true;
	size_t i;

	if (stream_of(value_text(event_get(ev, STR("stream")))) ==
	    STREAM_OTHER)
		return;
	for (i = 0; i < ev->nfields; i++)
		alone &= str_eq(ev->field[i].name, STR("stream")) ||
		    str_starts(ev->field[i].name, STR("attrs"));
	if (str_ends(*text, STR("\n"))) {
		text->n--;
		if (str_ends(*text, STR("\r")))
			text->n--;
	} else if (alone) {
		ev->flags |= LINE_PARTIAL;
	}
}

void
members_done(struct source_state *s, struct event *ev)
{
	size_t i = best(ev, times, COUNT(times));
	bool is_log;

	if (i < ev->nfields) {
		if (read_time(s, ev, ev->field[i].value))
			drop(ev, i);
		else
			event_tag(ev, STR("_dateparsefailure"));
	}
	take_level(ev);
	i = best(ev, messages, COUNT(messages));
	if (i < ev->nfields) {
		is_log = str_eq(ev->field[i].name, STR("log"));
		ev->message = ev->field[i].value;
		drop(ev, i);
		if (is_log && ev->message.kind == VAL_STR)
			docker_done(ev);
	}
}

/* ---- winston, as the application writes it ---- */

static const struct { struct str from, to; } winston[] = {
	{ STR("service"), STR("service.name") },
	{ STR("environment"), STR("service.environment") },
	{ STR("version"), STR("service.version") },
	{ STR("method"), STR("http.request.method") },
	{ STR("url"), STR("url.original") },
	{ STR("status"), STR("http.response.status_code") },
	{ STR("userAgent"), STR("user_agent.original") },
	{ STR("ip"), STR("source.ip") },
	{ STR("requestId"), STR("http.request.id") },
	{ STR("stack"), STR("error.stack_trace") },
	{ STR("error.stack"), STR("error.stack_trace") },
	{ STR("error.name"), STR("error.type") },
	{ STR("request.method"), STR("http.request.method") },
	{ STR("request.url"), STR("url.original") },
	{ STR("request.headers"), STR("http.request.headers") },
	{ STR("request.body"), STR("http.request.body.content") },
};

static bool
has(const struct event *ev, const char *name)
{
	return event_get(ev, str_of(name)).kind != VAL_NONE;
}

/* A request or an error of it, beside a service in plain text. */
static bool
is_winston(const struct event *ev)
{
	return event_get(ev, STR("service")).kind == VAL_STR &&
	    ((has(ev, "method") && has(ev, "url")) ||
	    has(ev, "error.stack") || has(ev, "stack") ||
	    has(ev, "environment") || has(ev, "version"));
}

static void
rename_winston(struct event *ev, struct field *f)
{
	struct str from;
	size_t i;

	for (i = 0; i < COUNT(winston); i++) {
		from = winston[i].from;
		if (str_eq(f->name, from)) {
			f->name = winston[i].to;
			return;
		}
		/* An object was taken apart: request.headers.host */
		if (f->name.n > from.n && f->name.p[from.n] == '.' &&
		    str_starts(f->name, from) &&
		    from.n > sizeof("request.") - 1) {
			f->name = arena_printf(ev->arena, STR_FMT STR_FMT,
			    STR_ARG(winston[i].to), STR_ARG(str_sub(f->name,
			    from.n, f->name.n)));
			return;
		}
	}
}

void
winston_done(struct event *ev)
{
	struct field *f;
	double ms;
	size_t i;

	if (!is_winston(ev))
		return;
	for (i = 0; i < ev->nfields; i++) {
		f = &ev->field[i];
		if (str_eq(f->name, STR("duration")) &&
		    f->value.kind == VAL_NUM &&
		    num_parse_double(f->value.text, &ms) && ms >= 0 &&
		    ms < 1e12) {
			f->name = STR("event.duration");
			f->value.text = arena_printf(ev->arena, "%.0f",
			    ms * 1e6);
			continue;
		}
		rename_winston(ev, f);
		if (str_eq(f->name, STR("source.ip")) &&
		    str_starts(f->value.text, STR("::ffff:")))
			f->value.text = str_sub(f->value.text, 7,
			    f->value.text.n);
	}
}

/* ---- the journal ---- */

static const struct { struct str from, to; } journal[] = {
	{ STR("MESSAGE"), STR("message") },
	{ STR("SYSLOG_FACILITY"), STR("log.syslog.facility.code") },
	{ STR("SYSLOG_IDENTIFIER"), STR("process.name") },
	{ STR("_PID"), STR("process.pid") },
	{ STR("_HOSTNAME"), STR("host.hostname") },
	{ STR("_SYSTEMD_UNIT"), STR("systemd.unit") },
	{ STR("_UID"), STR("user.id") },
	{ STR("CODE_FILE"), STR("log.origin.file.name") },
	{ STR("CODE_LINE"), STR("log.origin.file.line") },
	{ STR("ERRNO"), STR("error.code") },
	{ STR("__CURSOR"), STR("journald.cursor") },
	{ STR("_TRANSPORT"), STR("journald.transport") },
};

/* [104,105]: bytes that are not UTF-8; ["a","b"]: a field given twice. */
static struct value
journal_text(struct event *ev, struct value v)
{
	struct str rest = v.text, item;
	struct buf b = { 0 };
	int64_t byte;

	if (v.kind != VAL_JSON || v.text.n < 2 || v.text.p[0] != '[')
		return v;
	rest = str_sub(rest, 1, rest.n - 1);
	if (rest.n == 0 || rest.p[0] < '0' || rest.p[0] > '9')
		return v;
	while (rest.p != NULL && rest.n > 0) {
		rest = str_cut(rest, ',', &item);
		if (num_parse_i64(str_trim(item), 0, 255, &byte))
			(void)buf_putc(&b, (char)byte);
	}
	v = VALUE_STR(arena_str(ev->arena, buf_str(&b)));
	buf_release(&b);
	return v;
}

static void
journal_time(struct event *ev)
{
	struct value v = event_get(ev, STR("_SOURCE_REALTIME_TIMESTAMP"));
	int64_t us;

	if (v.kind == VAL_NONE)
		v = event_get(ev, STR("__REALTIME_TIMESTAMP"));
	if (num_parse_i64(v.text, 0, INT64_MAX, &us)) {
		ev->time = us / 1000;
		ev->time_ns = (uint32_t)(us % 1000) * 1000;
		ev->has_time = true;
	}
}

void
journal_done(struct event *ev)
{
	struct value priority = event_get(ev, STR("PRIORITY"));
	bool named_process = has(ev, "SYSLOG_IDENTIFIER");
	size_t i, j, n = 0;

	journal_time(ev);
	if (priority.text.n == 1 && priority.text.p[0] >= '0' &&
	    priority.text.p[0] <= '7')
		ev->level = level_of_syslog(priority.text.p[0] - '0');
	for (i = 0; i < ev->nfields; i++) {
		struct field f = ev->field[i];

		for (j = 0; j < COUNT(journal); j++)
			if (str_eq(f.name, journal[j].from))
				break;
		if (j == 0) {
			ev->message = journal_text(ev, f.value);
			continue;
		}
		f.value = journal_text(ev, f.value);
		if (j < COUNT(journal))
			f.name = journal[j].to;
		else if (str_eq(f.name, STR("_COMM")) && !named_process)
			f.name = STR("process.name");
		else
			continue;
		if (f.value.kind == VAL_STR && json_number(f.value.text) &&
		    !str_eq(f.name, STR("process.name")))
			f.value.kind = VAL_NUM;
		ev->field[n++] = f;
	}
	ev->nfields = n;
	if (priority.text.n == 1)
		event_add_num(ev, STR("log.syslog.severity.code"),
		    priority.text);
}
