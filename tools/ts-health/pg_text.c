/*
 * pg_text: texts of PostgreSQL.
 */
#include "pg_text.h"

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

/* The length of the literal at s, its quotes and doubled ones included. */
static size_t
literal_length(struct str s)
{
	size_t n;

	for (n = 1; n < s.n; n++) {
		if (s.p[n] != '\'')
			continue;
		if (n + 1 >= s.n || s.p[n + 1] != '\'')
			return n + 1;
		n++;
	}
	return s.n;
}

/* A literal behind one of these words is a secret. */
static bool
reveals(struct str word)
{
	return str_eq_nocase(word, STR("password")) ||
	    str_eq_nocase(word, STR("connection")) ||
	    str_eq_nocase(word, STR("passwd"));
}

void
pg_redact(struct str sql, struct buf *out)
{
	struct str word = STR_NONE;
	size_t i = 0, n;

	while (i < sql.n) {
		n = 1;
		if (sql.p[i] == '\'') {
			n = literal_length(str_sub(sql, i, sql.n));
			(void)buf_put(out, reveals(word) ? STR("'***'") :
			    str_sub(sql, i, i + n));
			word = STR_NONE;
		} else {
			if (is_word(sql.p[i])) {
				while (i + n < sql.n && is_word(sql.p[i + n]))
					n++;
				word = str_sub(sql, i, i + n);
			} else if (!isspace((unsigned char)sql.p[i])) {
				word = STR_NONE;
			}
			(void)buf_put(out, str_sub(sql, i, i + n));
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
