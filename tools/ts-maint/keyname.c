#include "keyname.h"

#include <unistd.h>

#include "core/dur.h"
#include "net/sigv4.h"

static const struct {
	struct str word;
	size_t from, to;	/* in 20260101T020000Z */
	const char *glob;
} words[] = {
	{ STR("Y"), 0, 4, "[0-9][0-9][0-9][0-9]" },
	{ STR("m"), 4, 6, "[0-9][0-9]" },
	{ STR("d"), 6, 8, "[0-9][0-9]" },
	{ STR("H"), 9, 11, "[0-9][0-9]" },
	{ STR("host"), 0, 0, NULL },
};
#define NWORDS	(sizeof(words) / sizeof(words[0]))

static size_t
find(struct str w)
{
	size_t i;

	for (i = 0; i < NWORDS && !str_eq(w, words[i].word); i++)
		continue;
	return i;
}

/* The next piece: text in *text, then a word in *word, or NWORDS. */
static struct str
cut(struct str t, struct str *text, size_t *word)
{
	ptrdiff_t at = str_find_char(t, '{'), end;

	*word = NWORDS;
	*text = t;
	if (at < 0)
		return STR_NONE;
	*text = str_sub(t, 0, (size_t)at);
	t = str_sub(t, (size_t)at + 1, t.n);
	if ((end = str_find_char(t, '}')) < 0)
		return STR_NONE;
	*word = find(str_sub(t, 0, (size_t)end));
	return str_sub(t, (size_t)end + 1, t.n);
}

int
keyname_check(struct str t, struct err *e)
{
	struct str rest = t, part, text;
	ptrdiff_t at;
	size_t word;

	if (str_starts(t, STR("/")))
		return err_set(e, ERR_CONFIG, "a key does not begin with "
		    "'/'");
	while (rest.p != NULL) {
		rest = str_cut(rest, '/', &part);
		if (str_eq(part, STR(".")) || str_eq(part, STR("..")))
			return err_set(e, ERR_CONFIG, "'" STR_FMT "' is no "
			    "part of a key", STR_ARG(part));
	}
	for (rest = t; (at = str_find_char(rest, '{')) >= 0;) {
		rest = cut(rest, &text, &word);
		if (word == NWORDS)
			return err_set(e, ERR_CONFIG, "the words are {Y}, "
			    "{m}, {d}, {H} and {host}");
	}
	return 0;
}

static const char *
host_name(char *room, size_t n)
{
	room[0] = '\0';
	(void)gethostname(room, n - 1);
	room[n - 1] = '\0';
	return room[0] ? room : "localhost";
}

struct str
keyname_expand(struct str t, int64_t ms, struct arena *a)
{
	struct str stamp = sigv4_stamp(ms, a), text;
	char room[256];
	struct buf b = { 0 };
	size_t w;

	while (t.n) {
		t = cut(t, &text, &w);
		(void)buf_put(&b, text);
		if (w < NWORDS && words[w].to)
			(void)buf_put(&b, str_sub(stamp, words[w].from,
			    words[w].to));
		else if (w < NWORDS)
			(void)buf_put(&b, str_of(host_name(room,
			    sizeof(room))));
	}
	t = arena_str(a, buf_str(&b));
	buf_release(&b);
	return t;
}

struct str
keyname_fixed(struct str t)
{
	struct str text;
	size_t w;

	(void)cut(t, &text, &w);
	return text;
}

static void
put_literal(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (strchr("*?[\\", s.p[i]) != NULL)
			(void)buf_putc(b, '\\');
		(void)buf_putc(b, s.p[i]);
	}
}

struct str
keyname_glob(struct str t, struct arena *a)
{
	struct str text;
	char room[256];
	struct buf b = { 0 };
	size_t w;

	while (t.n) {
		t = cut(t, &text, &w);
		put_literal(&b, text);
		if (w < NWORDS && words[w].glob != NULL)
			(void)buf_put(&b, str_of(words[w].glob));
		else if (w < NWORDS)
			put_literal(&b, str_of(host_name(room,
			    sizeof(room))));
	}
	(void)buf_putc(&b, '*');
	text = arena_printf(a, STR_FMT, STR_ARG(buf_str(&b)));
	buf_release(&b);
	return text;
}

struct str
keyname_manifest(struct str t, int64_t ms, struct arena *a)
{
	char room[256];

	return arena_printf(a, STR_FMT "MANIFEST-%s-" STR_FMT ".sha256",
	    STR_ARG(keyname_expand(t, ms, a)), host_name(room, sizeof(room)),
	    STR_ARG(sigv4_stamp(ms, a)));
}
