#include "level.h"

enum { FATAL, EMERG, ALERT, ERROR, WARN, NOTICE, INFO, DEBUG, TRACE };

/* Severities of OpenTelemetry's log data model, appendix B. */
static const struct level levels[] = {
	[FATAL] = { "fatal", 0, 2, 21 },
	[EMERG] = { "fatal", 0, 0, 24 },
	[ALERT] = { "fatal", 0, 1, 22 },
	[ERROR] = { "error", 1, 3, 17 },
	[WARN] = { "warn", 2, 4, 13 },
	[NOTICE] = { "notice", 3, 5, 10 },
	[INFO] = { "info", 4, 6, 9 },
	[DEBUG] = { "debug", 5, 7, 5 },
	[TRACE] = { "trace", 6, 7, 1 },
};

static const int by_syslog[] = { EMERG, ALERT, FATAL, ERROR, WARN, NOTICE,
    INFO, DEBUG };

/* By length, then as given; a word is found in a handful of comparisons. */
static const struct { struct str word; int level; } words[] = {
	{ STR("f"), FATAL }, { STR("c"), FATAL }, { STR("e"), ERROR },
	{ STR("w"), WARN }, { STR("n"), NOTICE }, { STR("i"), INFO },
	{ STR("d"), DEBUG }, { STR("t"), TRACE },
	{ STR("10"), TRACE }, { STR("20"), DEBUG }, { STR("30"), INFO },
	{ STR("40"), WARN }, { STR("50"), ERROR }, { STR("60"), FATAL },
	{ STR("err"), ERROR }, { STR("log"), INFO },
	{ STR("info"), INFO }, { STR("warn"), WARN }, { STR("crit"), FATAL },
	{ STR("http"), INFO }, { STR("fine"), DEBUG },
	{ STR("error"), ERROR }, { STR("debug"), DEBUG },
	{ STR("fatal"), FATAL }, { STR("trace"), TRACE },
	{ STR("alert"), ALERT }, { STR("emerg"), EMERG },
	{ STR("panic"), EMERG }, { STR("silly"), TRACE },
	{ STR("finer"), TRACE }, { STR("debug1"), DEBUG },
	{ STR("debug2"), DEBUG }, { STR("debug3"), DEBUG },
	{ STR("debug4"), DEBUG }, { STR("debug5"), DEBUG },
	{ STR("notice"), NOTICE }, { STR("severe"), ERROR },
	{ STR("config"), DEBUG }, { STR("finest"), TRACE },
	{ STR("warning"), WARN }, { STR("verbose"), DEBUG },
	{ STR("critical"), FATAL }, { STR("emergency"), EMERG },
	{ STR("information"), INFO }, { STR("informational"), INFO },
};

const struct level *
level_find(struct str s)
{
	size_t i;

	if (s.n > 2 && (s.p[0] == '[' || s.p[0] == '<' || s.p[0] == '('))
		s = str_trim(str_sub(s, 1, s.n - 1));
	if (s.n == 0 || s.n > 13)
		return NULL;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].word.n == s.n && str_eq_nocase(words[i].word, s))
			return &levels[words[i].level];
	return NULL;
}

const struct level *
level_of_syslog(int severity)
{
	return severity < 0 || severity > 7 ? NULL :
	    &levels[by_syslog[severity]];
}
