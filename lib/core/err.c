#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* A cut message must not end inside a UTF-8 character. */
static void
trim_tail(struct err *e, int wrote)
{
	size_t n = sizeof(e->msg) - 1;

	if (wrote < 0 || (size_t)wrote <= n)
		return;
	while (n > 0 && ((unsigned char)e->msg[n - 1] & 0xc0) == 0x80)
		n--;
	if (n > 0 && (unsigned char)e->msg[n - 1] >= 0xc0)
		n--;
	e->msg[n] = '\0';
}

__attribute__((format(printf, 5, 0)))
static void
set(struct err *e, enum err_kind kind, unsigned line, unsigned col,
    const char *fmt, va_list ap)
{
	e->kind = kind;
	e->file = NULL;
	e->line = line;
	e->col = col;
	trim_tail(e, vsnprintf(e->msg, sizeof(e->msg), fmt, ap));
}

int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, kind, 0, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_at(struct err *e, unsigned line, unsigned col, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, ERR_SYNTAX, line, col, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	set(e, ERR_SYS, 0, 0, fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	(void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s",
	    strerror(saved));
	errno = saved;
	return -1;
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	va_list ap;
	size_t n;

	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	trim_tail(e, (int)n + snprintf(e->msg + n, sizeof(e->msg) - n, ": %s",
	    old));
	return -1;
}

void
err_position(struct str text, size_t at, unsigned *line, unsigned *col)
{
	size_t i;

	*line = *col = 1;
	for (i = 0; i < at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			++*line;
			*col = 1;
		} else {
			++*col;
		}
	}
}
