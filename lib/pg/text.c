/*
 * text: what PostgreSQL says, sorted and cleaned.
 */
#include "pg/text.h"

#include <ctype.h>

/* The first row that is found decides. */
static const struct { const char *words, *class; } connects[] = {
	{ "could not translate host name", "dns" },
	{ "password authentication failed", "auth" },
	{ "authentication failed", "auth" },
	{ "no password supplied", "auth" },
	{ "no pg_hba.conf entry", "auth" },
	{ "pg_hba.conf rejects", "auth" },
	{ "is not permitted to log in", "auth" },
	{ "permission denied for database", "auth" },
	{ "remaining connection slots", "saturated" },
	{ "too many clients", "saturated" },
	{ "too many connections", "saturated" },
	{ "the database system is", "starting" },
	{ "does not exist", "config" },
	{ "not currently accepting connections", "config" },
	{ "invalid connection option", "config" },
	{ "expected authentication request", "protocol" },
	{ "SSL", "tls" },
	{ "certificate", "tls" },
	{ "timeout expired", "timeout" },
};

static const struct { const char *prefix, *class; } states[] = {
	{ "42P01", "absent" }, { "42883", "absent" },
	{ "57014", "timeout" }, { "55P03", "timeout" },
	{ "42501", "permission" }, { "28", "auth" },
	{ "55000", "role" }, { "25006", "role" },
	{ "57P", "unreachable" }, { "08", "unreachable" },
	{ "53300", "saturated" }, { "3D000", "config" },
};

const char *
pg_connect_class(struct str message)
{
	size_t i;

	for (i = 0; i < sizeof(connects) / sizeof(connects[0]); i++)
		if (str_find(message, str_of(connects[i].words)) >= 0)
			return connects[i].class;
	return "unreachable";
}

const char *
pg_state_class(struct str sqlstate)
{
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (str_starts(sqlstate, str_of(states[i].prefix)))
			return states[i].class;
	return "error";
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/*
 * The length of the literal at s, its quotes and doubled ones included; with
 * escapes (E'…') a backslash hides the byte behind it.  One that is cut off
 * goes to the end.
 */
static size_t
literal_length(struct str s, bool escapes, bool *cut)
{
	size_t n;

	*cut = false;
	for (n = 1; n < s.n; n++) {
		if (escapes && s.p[n] == '\\')
			n++;
		else if (s.p[n] != '\'')
			continue;
		else if (n + 1 >= s.n || s.p[n + 1] != '\'')
			return n + 1;
		else
			n++;
	}
	*cut = true;
	return s.n;
}

/* $tag$ … $tag$; 0 when there is none at s: $1 is a parameter. */
static size_t
dollar_length(struct str s)
{
	struct str tag;
	ptrdiff_t end;
	size_t n = 1;

	if (s.n > 1 && isdigit((unsigned char)s.p[1]))
		return 0;
	while (n < s.n && is_word(s.p[n]))
		n++;
	if (n == s.n || s.p[n] != '$')
		return 0;
	tag = str_sub(s, 0, n + 1);
	end = str_find(str_sub(s, tag.n, s.n), tag);
	return end < 0 ? s.n : 2 * tag.n + (size_t)end;
}

/* A literal behind one of these words is a secret. */
static bool
reveals(struct str word)
{
	return str_eq_nocase(word, STR("password")) ||
	    str_eq_nocase(word, STR("connection")) ||
	    str_eq_nocase(word, STR("passwd"));
}

/* Statements whose literals are people's data, all of them. */
static bool
is_about_data(struct str sql)
{
	static const char *const words[] = { "select", "insert", "update",
	    "delete", "merge", "with", "values", "call", "execute",
	    "explain", "copy", "do", "declare", "table" };
	size_t i, n = 0;

	sql = str_trim(sql);
	while (n < sql.n && (sql.p[n] == '(' ||
	    isspace((unsigned char)sql.p[n])))
		n++;
	sql = str_sub(sql, n, sql.n);
	for (n = 0; n < sql.n && is_word(sql.p[n]); n++)
		continue;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(str_sub(sql, 0, n), str_of(words[i])))
			return true;
	return false;
}

void
pg_redact(struct str sql, struct buf *out)
{
	bool all = is_about_data(sql);
	struct str word = STR_NONE, rest;
	size_t i = 0, n;
	bool cut;

	while (i < sql.n) {
		rest = str_sub(sql, i, sql.n);
		n = 1;
		if (rest.p[0] == '\'') {
			n = literal_length(rest, str_eq_nocase(word,
			    STR("e")), &cut);
			(void)buf_put(out, all || reveals(word) || cut ? STR("'***'") : str_sub(rest, 0, n));
			word = STR_NONE;
		} else if (rest.p[0] == '$' && (n = dollar_length(rest))) {
			(void)buf_put(out, STR("'***'"));
			word = STR_NONE;
		} else {
			n = 1;
			if (is_word(rest.p[0])) {
				while (n < rest.n && is_word(rest.p[n]))
					n++;
				word = str_sub(rest, 0, n);
			} else if (!isspace((unsigned char)rest.p[0])) {
				word = STR_NONE;
			}
			(void)buf_put(out, str_sub(rest, 0, n));
		}
		i += n;
	}
}

void
pg_redact_conninfo(struct str text, struct buf *out)
{
	static const struct str key = { "password=", 9 };
	ptrdiff_t at;

	while ((at = str_find(text, key)) >= 0) {
		(void)buf_put(out, str_sub(text, 0, (size_t)at + key.n));
		(void)buf_put(out, STR("***"));
		text = str_sub(text, (size_t)at + key.n, text.n);
		while (text.n && !isspace((unsigned char)text.p[0]))
			text = str_sub(text, 1, text.n);
	}
	(void)buf_put(out, text);
}
