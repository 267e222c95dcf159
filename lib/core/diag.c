#include "core/diag.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/utf8.h"

/* syslog priorities, as systemd reads them in front of a line */
enum { PRI_ERR = 3, PRI_WARNING = 4, PRI_INFO = 6 };

static struct {
	const char *prog;
	bool quiet, verbose, journal, progress;
	bool erases;		/* when a signal ends us */
} self = { .prog = "ts" };

void
diag_init(const char *prog)
{
	self.prog = prog;
	self.journal = getenv("JOURNAL_STREAM") != NULL && !isatty(2);
}

void
diag_quiet(bool quiet)
{
	self.quiet = quiet;
}

void
diag_verbose(bool verbose)
{
	self.verbose = verbose;
}

bool
diag_is_verbose(void)
{
	return self.verbose;
}

static void
put_visible(struct buf *out, struct str s)
{
	size_t i;

	size_t end, k;

	for (i = 0; i < s.n; i = end) {
		end = i;
		if (!utf8_control(utf8_next(s, &end))) {
			(void)buf_put(out, str_sub(s, i, end));
			continue;
		}
		for (k = i; k < end; k++)
			(void)buf_printf(out, "\\x%02x",
			    (unsigned char)s.p[k]);
	}
}

/* One write a line: messages of several tools in a pipeline do not mix. */
static void
say(int pri, const struct err *at, const char *word, const char *msg)
{
	struct buf line = { 0 };

	if (self.progress)
		diag_progress(STR_NONE);
	if (self.journal)
		(void)buf_printf(&line, "<%d>", pri);
	(void)buf_printf(&line, "%s: ", self.prog);
	if (at && at->file)
		put_visible(&line, str_of(at->file));
	if (at && at->file && at->line)
		(void)buf_printf(&line, ":%u", at->line);
	else if (at && at->line)
		(void)buf_printf(&line, "%u", at->line);
	if (at && at->line && at->col)
		(void)buf_printf(&line, ":%u", at->col);
	if (at && (at->file || at->line))
		(void)buf_put(&line, STR(": "));
	(void)buf_put(&line, str_of(word));
	put_visible(&line, str_of(msg));
	(void)buf_putc(&line, '\n');
	(void)!write(STDERR_FILENO, line.p, line.n);
	buf_release(&line);
}

static void
vsay(int pri, const char *word, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

static void
vsay(int pri, const char *word, const char *fmt, va_list ap)
{
	struct buf msg = { 0 };

	(void)buf_vprintf(&msg, fmt, ap);
	say(pri, NULL, word, buf_cstr(&msg));
	buf_release(&msg);
}

void
diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(PRI_ERR, "", fmt, ap);
	va_end(ap);
}

void
diag_err(const struct err *e)
{
	say(PRI_ERR, e, "", e->msg);
}

void
diag_warn(const struct err *e)
{
	if (!self.quiet)
		say(PRI_WARNING, e, "warning: ", e->msg);
}

void
diag_warning(const char *fmt, ...)
{
	va_list ap;

	if (self.quiet)
		return;
	va_start(ap, fmt);
	vsay(PRI_WARNING, "warning: ", fmt, ap);
	va_end(ap);
}

void
diag_note(const char *fmt, ...)
{
	va_list ap;

	if (!self.verbose)
		return;
	va_start(ap, fmt);
	vsay(PRI_INFO, "", fmt, ap);
	va_end(ap);
}

/* One column less than the terminal has: a full line would wrap. */
static size_t
room(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col < 2)
		return 79;
	return size.ws_col - 1u;
}

static void
erase_and_end(int signo)
{
	if (self.progress)
		(void)!write(STDERR_FILENO, "\r\033[K", 4);
	(void)raise(signo);
}

/* Who is ended by Ctrl-C leaves the prompt a clean line. */
static void
erase_at_end(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = erase_and_end,
	    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER) }, old;
	size_t i;

	for (i = 0; !self.erases && i < sizeof(signals) / sizeof(signals[0]);
	    i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			(void)sigaction(signals[i], &sa, NULL);
	self.erases = true;
}

void
diag_progress(struct str text)
{
	struct buf line = { 0 };

	if (self.quiet || !isatty(STDERR_FILENO) ||
	    (text.n == 0 && !self.progress))
		return;
	erase_at_end();
	text = utf8_prefix(text, room());
	(void)buf_printf(&line, "\r" STR_FMT "\033[K", STR_ARG(text));
	(void)!write(STDERR_FILENO, line.p, line.n);
	self.progress = text.n > 0;
	buf_release(&line);
}

bool
diag_has_progress(void)
{
	return self.progress;
}
