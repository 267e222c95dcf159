#include "printer.h"

#include <stdlib.h>

#include "core/dur.h"
#include "core/mem.h"
#include "json/write.h"
#include "level.h"

/* Fields of the event and what the printer adds to them. */
#define ITEMS_MAX	(EVENT_FIELDS_MAX + 8)

struct item {
	struct str name;
	struct value value;
};

/* One field's way: what is printed before its value. */
struct step {
	size_t index;		/* into the items as they come */
	struct str name;	/* only while the shape is made */
	size_t from, to;	/* in text */
};

struct printer {
	bool flat;
	struct item item[ITEMS_MAX];
	size_t n;
	/* The shape: names of the last event, in their order of coming. */
	struct buf names;
	size_t end[ITEMS_MAX];
	size_t nshape;
	struct step step[ITEMS_MAX];
	struct buf text;
	size_t tail_from;
	/* The day whose date is printed in date. */
	int64_t day;
	struct buf date;
	struct buf number;
};

struct printer *
printer_new(bool flat)
{
	struct printer *p = mem_zalloc(sizeof(*p));

	p->flat = flat;
	p->nshape = SIZE_MAX;
	return p;
}

void
printer_free(struct printer *p)
{
	if (p == NULL)
		return;
	buf_release(&p->names);
	buf_release(&p->text);
	buf_release(&p->date);
	buf_release(&p->number);
	mem_free(p);
}

/* ---- the shape ---- */

static bool
is_log(struct str s)
{
	return s.n > 4 && memcmp(s.p, "log.", 4) == 0;
}

/* log.… first, else by bytes: names with a common prefix stand together. */
static int
order(struct str a, struct str b)
{
	if (is_log(a) != is_log(b))
		return is_log(a) ? -1 : 1;
	return str_cmp(a, b);
}

/* Another name continues this one: it is a value and an object at once. */
static bool
is_prefix(const struct printer *p, struct str name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->item[i].name.n > name.n + 1 &&
		    p->item[i].name.p[name.n] == '.' &&
		    str_starts(p->item[i].name, name))
			return true;
	return false;
}

static void
put_key(struct buf *out, struct str key)
{
	size_t from = out->n, i;

	json_put_str(out, key, false);
	/* NAME_DOT was written as an escape of six bytes. */
	for (i = from; i + 6 <= out->n; i++) {
		if (out->p[i] != '\\')
			continue;
		/* A backslash of the name is two: the next is no escape. */
		if (memcmp(out->p + i, "\\u0001", 6) != 0) {
			i++;
			continue;
		}
		out->p[i] = '.';
		memmove(out->p + i + 1, out->p + i + 6, out->n - i - 6);
		out->n -= 5;
	}
	(void)buf_putc(out, ':');
}

/* How many leading keys two names share; a name's last key never counts. */
static size_t
shared_keys(struct str a, struct str b)
{
	size_t i, n = 0;

	for (i = 0; i < a.n && i < b.n && a.p[i] == b.p[i]; i++)
		n += a.p[i] == '.';
	return n;
}

static size_t
count_dots(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == '.';
	return n;
}

/* Close from depth to shared, open up to the value of name. */
static void
put_way(struct printer *p, struct str last, struct str name, bool first)
{
	size_t keep = shared_keys(last, name), depth, i;
	struct str key, rest = name;

	for (depth = count_dots(last); depth > keep; depth--)
		(void)buf_putc(&p->text, '}');
	if (!first)
		(void)buf_putc(&p->text, ',');
	for (i = 0; rest.p != NULL; i++) {
		rest = str_cut(rest, '.', &key);
		if (i < keep)
			continue;
		put_key(&p->text, key);
		if (rest.p != NULL)
			(void)buf_putc(&p->text, '{');
	}
}

static int
by_name(const void *a, const void *b)
{
	return order(((const struct step *)a)->name,
	    ((const struct step *)b)->name);
}

static struct str
way_name(struct printer *p, size_t index, struct arena *a)
{
	struct str name = p->item[index].name;

	if (p->flat) {
		char *copy = arena_cstr(a, name);
		size_t i;

		for (i = 0; i < name.n; i++)
			if (copy[i] == '.')
				copy[i] = NAME_DOT;
		return (struct str){ copy, name.n };
	}
	return is_prefix(p, name) ?
	    arena_printf(a, STR_FMT ".value", STR_ARG(name)) : name;
}

static void
make_shape(struct printer *p, struct arena *a)
{
	struct str last = STR_NONE, name;
	size_t i;

	buf_reset(&p->names);
	buf_reset(&p->text);
	for (i = 0; i < p->n; i++) {
		(void)buf_put(&p->names, p->item[i].name);
		p->end[i] = p->names.n;
		p->step[i].index = i;
		p->step[i].name = way_name(p, i, a);
	}
	p->nshape = p->n;
	qsort(p->step, p->n, sizeof(p->step[0]), by_name);
	for (i = 0; i < p->n; i++) {
		name = p->step[i].name;
		p->step[i].from = p->text.n;
		put_way(p, last, name, i == 0);
		p->step[i].to = p->text.n;
		last = name;
	}
	p->tail_from = p->text.n;
	for (i = count_dots(last); i > 0; i--)
		(void)buf_putc(&p->text, '}');
	(void)buf_put(&p->text, STR("}\n"));
}

static bool
same_shape(const struct printer *p)
{
	size_t i, from = 0;

	if (p->n != p->nshape)
		return false;
	for (i = 0; i < p->n; i++) {
		if (p->end[i] - from != p->item[i].name.n ||
		    memcmp(p->names.p + from, p->item[i].name.p,
		    p->item[i].name.n) != 0)
			return false;
		from = p->end[i];
	}
	return true;
}

/* ---- one event ---- */

static void
add(struct printer *p, struct str name, struct value v)
{
	if (p->n < ITEMS_MAX)
		p->item[p->n++] = (struct item){ name, v };
}

void
printer_put_time(struct buf *out, int64_t ms, uint32_t ns)
{
	int64_t days = ms / 86400000 - (ms % 86400000 < 0);
	int64_t rest = ms - days * 86400000, year;
	unsigned month, day, digits = ns == 0 ? 0 : ns % 1000 == 0 ? 3 : 6;

	time_civil_from_days(days, &year, &month, &day);
	(void)buf_printf(out, "%04lld-%02u-%02uT%02d:%02d:%02d.%03d",
	    (long long)year, month, day, (int)(rest / 3600000),
	    (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
	    (int)(rest % 1000));
	if (digits > 0)
		(void)buf_printf(out, "%0*u", (int)digits,
		    digits == 3 ? ns / 1000 : ns);
	(void)buf_putc(out, 'Z');
}

static void
put2(char *p, unsigned v)
{
	p[0] = (char)('0' + v / 10);
	p[1] = (char)('0' + v % 10);
}

/* The same, with the date kept from the last event. */
static void
put_time(struct printer *p, struct buf *out, const struct event *ev)
{
	int64_t days = ev->time / 86400000 - (ev->time % 86400000 < 0);
	unsigned rest = (unsigned)(ev->time - days * 86400000);
	char clock[14] = "00:00:00.000Z";

	if (ev->time_ns != 0) {
		printer_put_time(out, ev->time, ev->time_ns);
		return;
	}
	if (p->date.n == 0 || days != p->day) {
		buf_reset(&p->date);
		printer_put_time(&p->date, ev->time, 0);
		p->day = days;
	}
	(void)buf_put(out, str_sub(buf_str(&p->date), 0, p->date.n - 13));
	put2(clock, rest / 3600000);
	put2(clock + 3, rest / 60000 % 60);
	put2(clock + 6, rest / 1000 % 60);
	clock[9] = (char)('0' + rest % 1000 / 100);
	put2(clock + 10, rest % 100);
	(void)buf_put(out, (struct str){ clock, 13 });
}

static struct value
tags(const struct event *ev)
{
	return event_get(ev, STR("tags"));
}

static void
gather(struct printer *p, const struct event *ev)
{
	size_t i;

	p->n = 0;
	if (ev->level != NULL)
		add(p, STR("log.level"), VALUE_STR(str_of(ev->level->name)));
	else if (ev->level_text.n > 0)
		add(p, STR("log.level"), VALUE_STR(ev->level_text));
	if (ev->level != NULL && ev->level_text.n > 0)
		add(p, STR("log.level_original"), VALUE_STR(ev->level_text));
	if (ev->origin != NULL && ev->origin->path.n > 0) {
		add(p, STR("log.file.path"), VALUE_STR(ev->origin->path));
		buf_reset(&p->number);
		(void)buf_printf(&p->number, "%llu",
		    (unsigned long long)ev->offset);
		add(p, STR("log.offset"), (struct value){ VAL_NUM,
		    buf_str(&p->number) });
	}
	if (ev->flags != 0)
		add(p, STR("log.flags"), event_flags(ev));
	if (ev->bytes != 0)
		add(p, STR("log.bytes"), (struct value){ VAL_NUM,
		    arena_printf(ev->arena, "%llu",
		    (unsigned long long)ev->bytes) });
	for (i = 0; i < ev->nfields; i++)
		add(p, ev->field[i].name, ev->field[i].value);
	if (ev->ntags > 0)
		add(p, STR("tags"), tags(ev));
}

static void
put_items(struct printer *p, const struct event *ev, struct buf *out,
    bool comma)
{
	size_t i;

	if (!same_shape(p))
		make_shape(p, ev->arena);
	for (i = 0; i < p->n; i++) {
		if (i == 0 && comma)
			(void)buf_putc(out, ',');
		(void)buf_put(out, str_sub(buf_str(&p->text), p->step[i].from,
		    p->step[i].to));
		value_put(out, p->item[p->step[i].index].value);
	}
	(void)buf_put(out, str_sub(buf_str(&p->text), p->tail_from,
	    p->text.n));
}

void
printer_put(struct printer *p, const struct event *ev, struct buf *out)
{
	gather(p, ev);
	(void)buf_put(out, STR("{\"@timestamp\":\""));
	put_time(p, out, ev);
	(void)buf_putc(out, '"');
	if (ev->message.kind != VAL_NONE) {
		(void)buf_put(out, STR(",\"message\":"));
		value_put(out, ev->message);
	}
	put_items(p, ev, out, true);
}

void
printer_put_fields(struct printer *p, const struct event *ev, struct buf *out)
{
	size_t i;

	p->n = 0;
	if (ev->message.kind != VAL_NONE)
		add(p, STR("message"), ev->message);
	for (i = 0; i < ev->nfields; i++)
		add(p, ev->field[i].name, ev->field[i].value);
	if (ev->ntags > 0)
		add(p, STR("tags"), tags(ev));
	(void)buf_putc(out, '{');
	put_items(p, ev, out, false);
}
