/*
 * starttls: SMTP (RFC 3207), IMAP and POP3 (RFC 2595), FTP (RFC 4217),
 * PostgreSQL (SSLRequest).
 */
#include "starttls.h"

#define ANSWER_MAX	((size_t)16 << 10)

/*
 * What is sent and what the last line of the answer to it must begin with;
 * lines of an answer that goes on have a '-' behind the code, or a '*'.
 */
struct step {
	const char *send, *expect;
};

struct protocol {
	const char *name;
	struct step step[3];
};

static const struct protocol protocols[] = {
	{ "smtp", { { NULL, "220 " }, { "EHLO ts-health\r\n", "250 " },
	    { "STARTTLS\r\n", "220 " } } },
	{ "imap", { { NULL, "* OK" }, { "a STARTTLS\r\n", "a OK" } } },
	{ "pop3", { { NULL, "+OK" }, { "STLS\r\n", "+OK" } } },
	{ "ftp", { { NULL, "220 " }, { "AUTH TLS\r\n", "234 " } } },
};

const char starttls_names[] = "smtp, imap, pop3, ftp, postgres";

static const struct protocol *
find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (str_eq(name, str_of(protocols[i].name)))
			return &protocols[i];
	return NULL;
}

bool
starttls_known(struct str protocol)
{
	return find(protocol) != NULL || str_eq(protocol, STR("postgres"));
}

/* A byte at a time, so that nothing of the TLS to come is taken. */
static int
read_line(struct stream *s, struct buf *line, struct err *e)
{
	int rc;

	buf_reset(line);
	while (line->n == 0 || line->p[line->n - 1] != '\n') {
		if (line->n >= ANSWER_MAX)
			return err_set(e, ERR_LIMIT, "STARTTLS: a line of "
			    "over %zu bytes", ANSWER_MAX);
		if ((rc = stream_read(s, 1, line, e)) == -1)
			return -1;
		if (rc == 0)
			return err_set(e, ERR_NET, "STARTTLS: connection "
			    "closed");
	}
	return 0;
}

/* "250-…" of SMTP and FTP, "* …" of IMAP: more comes. */
static bool
goes_on(struct str line, struct str wanted)
{
	bool code = line.n > 3 && line.p[0] >= '1' && line.p[0] <= '5';

	if (str_starts(line, wanted))
		return false;
	return (code && line.p[3] == '-') || (!code &&
	    str_starts(line, STR("* ")) && !str_starts(wanted, STR("* ")));
}

static int
do_step(struct stream *s, const struct step *p, struct buf *line,
    struct err *e)
{
	struct str wanted = str_of(p->expect), got;
	size_t total = 0;

	if (p->send != NULL && stream_write(s, str_of(p->send), e) == -1)
		return -1;
	do {
		if (read_line(s, line, e) == -1)
			return -1;
		total += line->n;
		got = buf_str(line);
	} while (goes_on(got, wanted) && total < ANSWER_MAX);
	if (str_starts(got, wanted))
		return 0;
	got = str_trim(got);
	return err_set(e, ERR_NET, "STARTTLS: the server says '%.*s'",
	    got.n > 80 ? 80 : (int)got.n, got.p);
}

static int
ask_postgres(struct stream *s, struct err *e)
{
	static const char request[8] = { 0, 0, 0, 8, 0x04, (char)0xd2, 0x16,
	    0x2f };
	struct buf b = { 0 };
	int rc = -1;

	if (stream_write(s, (struct str){ request, sizeof(request) },
	    e) == 0 && (rc = stream_read(s, 1, &b, e)) != -1)
		rc = rc == 1 && b.p[0] == 'S' ? 0 : err_set(e, ERR_NET,
		    rc == 0 ? "STARTTLS: connection closed" : b.p[0] == 'N' ?
		    "STARTTLS: the server has TLS switched off" :
		    "STARTTLS: no PostgreSQL server");
	buf_release(&b);
	return rc;
}

int
starttls_ask(struct stream *s, struct str protocol, struct err *e)
{
	const struct protocol *p = find(protocol);
	struct buf line = { .max = ANSWER_MAX + 4096 };
	size_t i;
	int rc = 0;

	if (p == NULL)
		return ask_postgres(s, e);
	for (i = 0; i < 3 && p->step[i].expect != NULL && rc == 0; i++)
		rc = do_step(s, &p->step[i], &line, e);
	buf_release(&line);
	return rc;
}
