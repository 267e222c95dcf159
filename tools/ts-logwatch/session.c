#include "session.h"

#include "core/dur.h"
#include "core/num.h"

#define SPAN_MS		(10 * DUR_MINUTE)
#define SEPARATOR	'\x1f'		/* behind each field of a key */

void
sessions_init(struct sessions *s, size_t fields)
{
	s->notes.max_keys = SESSIONS_MAX;
	s->notes.ncollections = fields;
	s->notes.span = s->notes.keep = SPAN_MS;
}

void
sessions_release(struct sessions *s)
{
	windows_release(&s->notes);
	buf_release(&s->key);
}

/* False: the event does not tell its session, for its last field lacks. */
static bool
make_key(struct sessions *s, const struct event *ev, size_t pattern)
{
	struct str part = STR_NONE;
	size_t i;

	buf_reset(&s->key);
	for (i = 0; i < s->id.n; i++) {
		part = value_text(event_get(ev, s->id.p[i]));
		(void)buf_put(&s->key, part);
		(void)buf_putc(&s->key, SEPARATOR);
	}
	(void)buf_printf(&s->key, "%zu", pattern);
	return part.n > 0;
}

/* The pattern is the number behind the last separator. */
struct str
sessions_id(const struct window *note, size_t *i)
{
	size_t n = note->key.n;
	uint64_t v;

	*i = SIZE_MAX;
	while (n > 0 && note->key.p[n - 1] != SEPARATOR)
		n--;
	if (num_parse_u64(str_sub(note->key, n, note->key.n), SIZE_MAX, &v))
		*i = (size_t)v;
	return str_sub(note->key, 0, n);
}

struct window *
sessions_put(struct sessions *s, struct str id, size_t i)
{
	buf_reset(&s->key);
	(void)buf_put(&s->key, id);
	(void)buf_printf(&s->key, "%zu", i);
	return windows_get(&s->notes, buf_str(&s->key));
}

bool
sessions_over(const struct sessions *s, const struct window *note)
{
	return s->notes.newest->last - note->last >= SPAN_MS;
}

void
sessions_note(struct sessions *s, const struct event *ev, size_t i,
    const struct grok *g, const struct str *value)
{
	struct window *note;
	const struct grok_field *f;
	size_t j, n = grok_fields(g, &f);

	if (!make_key(s, ev, i))
		return;
	note = windows_get(&s->notes, buf_str(&s->key));
	/* An identifier comes back: what its last bearer told is over. */
	if (note->last != INT64_MIN && ev->time - note->last >= SPAN_MS) {
		windows_drop(&s->notes, note);
		note = windows_get(&s->notes, buf_str(&s->key));
	}
	note->last = ev->time;
	note->dirty = true;
	for (j = 0; j < n && j < s->notes.ncollections; j++)
		if (value[j].n > 0)
			window_collect(&s->notes, note, j, value[j],
			    ev->time, 1);
}

const struct window *
sessions_find(struct sessions *s, const struct event *ev, size_t i)
{
	const struct window *note;

	if (!make_key(s, ev, i))
		return NULL;
	note = windows_find(&s->notes, buf_str(&s->key));
	return note != NULL && ev->time - note->last < SPAN_MS ? note : NULL;
}

struct str
session_capture(const struct window *note, const struct grok *g,
    struct str name)
{
	const struct grok_field *f;
	size_t n = grok_fields(g, &f), i;

	for (i = 0; i < n; i++)
		if (note->seen[i].n > 0 && str_eq(f[i].name, name))
			return (struct str){ note->seen[i].p[0].text,
			    note->seen[i].p[0].n };
	return STR_NONE;
}
