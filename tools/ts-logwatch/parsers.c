#include "parser.h"

#include "yaml/fields.h"

/*
 * In the order of trying: what is told by its first bytes stands before
 * what almost any line would fit.
 */
const struct parser *const parsers[] = {
	&parse_json, &parse_cri, &parse_syslog5424, &parse_syslog, &parse_clf,
	&parse_nginx_error, &parse_apache_error, &parse_postgres,
	&parse_redis, &parse_glog, &parse_w3c, &parse_logfmt, &parse_iso,
	&parse_csv, &parse_journal, &parse_text,
};
const size_t nparsers = sizeof(parsers) / sizeof(parsers[0]);

/* Other names of the same formats. */
static const struct { const char *alias; const struct parser *parser; }
aliases[] = {
	{ "access", &parse_clf },
	{ "apache", &parse_clf },
	{ "combined", &parse_clf },
	{ "docker", &parse_json },
	{ "nginx", &parse_clf },
	{ "klog", &parse_glog },
	{ "postgresql", &parse_postgres },
	{ "rfc3164", &parse_syslog },
	{ "rfc5424", &parse_syslog5424 },
	{ "winston", &parse_json },
};
#define NALIASES	(sizeof(aliases) / sizeof(aliases[0]))

const struct parser *
parser_find(struct str name, struct err *e)
{
	const char *names[64], *near;
	size_t i, n = 0;

	for (i = 0; i < nparsers; i++) {
		if (str_eq(name, str_of(parsers[i]->name)))
			return parsers[i];
		names[n++] = parsers[i]->name;
	}
	for (i = 0; i < NALIASES; i++) {
		if (str_eq(name, str_of(aliases[i].alias)))
			return aliases[i].parser;
		names[n++] = aliases[i].alias;
	}
	near = yaml_near(name, names, n);
	(void)err_set(e, ERR_CONFIG, "unknown format '" STR_FMT "'%s%s%s",
	    STR_ARG(name), near ? ", did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
	return NULL;
}

static bool
try(const struct parser *p, struct source_state *s, struct event *ev)
{
	unsigned flags = ev->flags;

	if (ev->nfields > 0 || ev->ntags > 0 || ev->level_text.n > 0 ||
	    ev->level || ev->has_time || ev->message.kind != VAL_NONE)
		event_reset(ev, ev->line);
	ev->flags = flags;
	return p->parse(s, ev);
}

static const struct parser *
detect(struct source_state *s, struct event *ev)
{
	size_t i;

	if (s->last != NULL && try(s->last, s, ev))
		return s->last;
	if (s->before != NULL && try(s->before, s, ev))
		return s->before;
	for (i = 0; i < nparsers; i++)
		if (parsers[i]->automatic && parsers[i] != s->last &&
		    parsers[i] != s->before && try(parsers[i], s, ev))
			return parsers[i];
	return NULL;
}

void
parse_line(const struct parser *p, struct source_state *s, struct event *ev)
{
	if (p != NULL) {
		if (try(p, s, ev))
			return;
		(void)try(&parse_text, s, ev);
		event_tag(ev, p == &parse_json ? STR("_jsonparsefailure") :
		    STR("_parsefailure"));
		return;
	}
	p = detect(s, ev);
	if (p == NULL) {
		(void)try(&parse_text, s, ev);
		/* What begins as an object was meant to be one. */
		if (ev->line.n > 1 && ev->line.p[0] == '{' &&
		    (s->last == &parse_json || ev->line.p[1] == '"'))
			event_tag(ev, STR("_jsonparsefailure"));
		return;
	}
	if (p != s->last) {
		s->before = s->last;
		s->last = p;
	}
}

bool
event_time_civil(struct event *ev, struct dates *d, const struct civil *c)
{
	struct instant at;

	if (!date_resolve(d, c, &at))
		return false;
	ev->time = at.ms;
	ev->time_ns = at.ns;
	ev->has_time = true;
	return true;
}
