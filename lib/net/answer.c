#include "net/answer.h"

#include "core/num.h"

#define LINE_MAX_BYTES	((size_t)4096)
#define TRAILER_MAX	64		/* lines */
#define LENGTH_MAX	(UINT64_C(1) << 53)

void
answer_init(struct answer *a, bool no_body)
{
	struct buf head = a->head, line = a->line;

	*a = (struct answer){ .head = head, .line = line,
	    .no_body = no_body, .length = -1 };
	buf_reset(&a->head);
	buf_reset(&a->line);
	a->head.max = ANSWER_HEAD_MAX;
	a->line.max = LINE_MAX_BYTES;
}

void
answer_release(struct answer *a)
{
	buf_release(&a->head);
	buf_release(&a->line);
}

/* HTTP/1.1 200 OK */
static int
read_status(struct answer *a, struct str line, struct err *e)
{
	int64_t status;

	if (!str_starts(line, STR("HTTP/1.")) || line.n < 12 ||
	    line.p[8] != ' ' || (line.n > 12 && line.p[12] != ' ') ||
	    !num_parse_i64(str_sub(line, 9, 12), 100, 999, &status))
		return err_set(e, ERR_NET, "the answer is no HTTP");
	a->status = (int)status;
	a->minor = line.p[7] == '0' ? 0 : 1;
	a->closes = a->minor == 0;
	return 0;
}

/* One of the words of a list; a list header may also stand several times. */
static bool
has_word(struct str list, struct str word)
{
	struct str one;

	while (list.p) {
		list = str_cut(list, ',', &one);
		if (str_eq_nocase(str_trim(one), word))
			return true;
	}
	return false;
}

static int
read_length(struct answer *a, struct str value, struct err *e)
{
	uint64_t n;

	if (!num_parse_u64(value, LENGTH_MAX, &n) || value.p[0] == '+' ||
	    (a->has_length && n != a->left))
		return err_set(e, ERR_NET, "a bad Content-Length");
	a->has_length = true;
	a->left = n;
	a->length = (int64_t)n;
	return 0;
}

static int
read_coding(struct answer *a, struct str value, struct err *e)
{
	if (a->chunked || !str_eq_nocase(value, STR("chunked")))
		return err_set(e, ERR_NET, "an unknown Transfer-Encoding");
	a->chunked = true;
	return 0;
}

static int
read_field(struct answer *a, struct str line, struct err *e)
{
	struct str name, value = str_trim(str_cut(line, ':', &name));

	if (name.n == line.n || name.n == 0 || name.p[0] == ' ' ||
	    name.p[0] == '\t' || memchr(line.p, '\0', line.n))
		return err_set(e, ERR_NET, "a malformed header line");
	if (str_eq_nocase(name, STR("Content-Length")))
		return read_length(a, value, e);
	if (str_eq_nocase(name, STR("Transfer-Encoding")))
		return read_coding(a, value, e);
	if (str_eq_nocase(name, STR("Connection")))
		a->closes = has_word(value, STR("close")) || (a->closes &&
		    !has_word(value, STR("keep-alive")));
	else if (str_eq_nocase(name, STR("Content-Type")))
		a->content_type = value;
	else if (str_eq_nocase(name, STR("Content-Encoding")))
		a->content_encoding = value;
	else if (str_eq_nocase(name, STR("Location")))
		a->location = value;
	else if (str_eq_nocase(name, STR("Retry-After")))
		a->retry_after = value;
	else if (str_eq_nocase(name, STR("Last-Modified")))
		a->last_modified = value;
	return 0;
}

/* What follows the head, by its fields (RFC 9112, 6.3). */
static void
choose_body(struct answer *a)
{
	a->keep = !a->closes && !(a->chunked && a->has_length);
	if (a->no_body || a->status == 204 || a->status == 304) {
		a->state = ANSWER_COMPLETE;
	} else if (a->chunked) {
		a->state = ANSWER_CHUNK_SIZE;
	} else if (a->has_length) {
		a->state = a->left ? ANSWER_LENGTH : ANSWER_COMPLETE;
	} else {
		a->state = ANSWER_UNTIL_CLOSE;
		a->keep = false;
	}
}

static int
read_head(struct answer *a, struct err *e)
{
	struct str rest = buf_str(&a->head), line;

	rest = str_cut(rest, '\n', &line);
	if (read_status(a, str_trim(line), e) == -1)
		return -1;
	while (rest.n) {
		rest = str_cut(rest, '\n', &line);
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n && read_field(a, line, e) == -1)
			return -1;
	}
	if (a->status == 101)
		return err_set(e, ERR_NET, "an answer of another protocol");
	if (a->status < 200)
		answer_init(a, a->no_body);
	else
		choose_body(a);
	return 0;
}

/* Behind the blank line that ends the head in text; 0 = not there. */
static size_t
head_end(struct str text, size_t from)
{
	const char *nl;
	size_t at = from;

	while (at < text.n && (nl = memchr(text.p + at, '\n',
	    text.n - at)) != NULL) {
		at = (size_t)(nl - text.p) + 1;
		if (at < text.n && text.p[at] == '\n')
			return at + 1;
		if (at + 1 < text.n && text.p[at] == '\r' &&
		    text.p[at + 1] == '\n')
			return at + 2;
	}
	return 0;
}

/*
 * Each of these takes from the front of *in what belongs to its state.
 * 0; -1 with *e.
 */

static int
take_head(struct answer *a, struct str *in, struct err *e)
{
	size_t had = a->head.n, end, room = ANSWER_HEAD_MAX - had;
	struct str piece = str_sub(*in, 0, room);

	(void)buf_put(&a->head, piece);
	end = head_end(buf_str(&a->head), had > 3 ? had - 3 : 0);
	if (end == 0) {
		if (a->head.n == ANSWER_HEAD_MAX)
			return err_set(e, ERR_LIMIT, "headers of over %zu "
			    "bytes", ANSWER_HEAD_MAX);
		*in = str_sub(*in, piece.n, in->n);
		return 0;
	}
	*in = str_sub(*in, end - had, in->n);
	a->head.n = end;
	return read_head(a, e);
}

/* A line, without its end, in a->line; 0 when more must come, 1, -1. */
static int
take_line(struct answer *a, struct str *in, struct err *e)
{
	const char *nl = memchr(in->p, '\n', in->n);
	size_t n = nl ? (size_t)(nl - in->p) : in->n;

	if (buf_put(&a->line, str_sub(*in, 0, n)) == -1)
		return err_set(e, ERR_LIMIT, "a chunk line of over %zu bytes",
		    LINE_MAX_BYTES);
	*in = str_sub(*in, nl ? n + 1 : n, in->n);
	if (nl && a->line.n && a->line.p[a->line.n - 1] == '\r')
		a->line.n--;
	return nl != NULL;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 1a3f [; extension] */
static int
read_chunk_size(struct answer *a, struct err *e)
{
	struct str digits;
	size_t i;

	(void)str_cut(buf_str(&a->line), ';', &digits);
	digits = str_trim(digits);
	a->left = 0;
	for (i = 0; i < digits.n; i++) {
		int d = hex_digit(digits.p[i]);

		if (d == -1 || a->left > LENGTH_MAX >> 4)
			break;
		a->left = a->left << 4 | (unsigned)d;
	}
	if (digits.n == 0 || i < digits.n)
		return err_set(e, ERR_NET, "a bad chunk size");
	buf_reset(&a->line);
	a->state = a->left ? ANSWER_CHUNK : ANSWER_TRAILER;
	if (a->left == 0)
		a->left = TRAILER_MAX;
	return 0;
}

static int
take_chunk_size(struct answer *a, struct str *in, struct err *e)
{
	int rc = take_line(a, in, e);

	return rc == 1 ? read_chunk_size(a, e) : rc;
}

static int
take_chunk_end(struct answer *a, struct str *in, struct err *e)
{
	int rc = take_line(a, in, e);

	if (rc != 1)
		return rc;
	if (a->line.n)
		return err_set(e, ERR_NET, "a chunk is longer than it says");
	a->state = ANSWER_CHUNK_SIZE;
	return 0;
}

/* Trailer fields are passed over; an empty line ends them. */
static int
take_trailer(struct answer *a, struct str *in, struct err *e)
{
	int rc = take_line(a, in, e);

	if (rc != 1)
		return rc;
	if (a->line.n == 0)
		a->state = ANSWER_COMPLETE;
	else if (--a->left == 0)
		return err_set(e, ERR_LIMIT, "over %d trailer lines",
		    TRAILER_MAX);
	buf_reset(&a->line);
	return 0;
}

static int
take_bytes(struct answer *a, struct str *in, answer_body *body, void *arg,
    struct err *e)
{
	struct str piece = *in;

	if (a->state != ANSWER_UNTIL_CLOSE) {
		if (piece.n > a->left)
			piece.n = (size_t)a->left;
		a->left -= piece.n;
	}
	*in = str_sub(*in, piece.n, in->n);
	if (a->left == 0 && a->state == ANSWER_LENGTH)
		a->state = ANSWER_COMPLETE;
	else if (a->left == 0 && a->state == ANSWER_CHUNK)
		a->state = ANSWER_CHUNK_END;
	return body(arg, piece, e);
}

static int
take(struct answer *a, struct str *in, answer_body *body, void *arg,
    struct err *e)
{
	switch (a->state) {
	case ANSWER_HEAD:
		return take_head(a, in, e);
	case ANSWER_CHUNK_SIZE:
		return take_chunk_size(a, in, e);
	case ANSWER_CHUNK_END:
		return take_chunk_end(a, in, e);
	case ANSWER_TRAILER:
		return take_trailer(a, in, e);
	case ANSWER_LENGTH:
	case ANSWER_CHUNK:
	case ANSWER_UNTIL_CLOSE:
		return take_bytes(a, in, body, arg, e);
	case ANSWER_COMPLETE:
		break;
	}
	/* Nobody asked for what follows: the connection is not used again. */
	a->keep = false;
	*in = STR_NONE;
	return 0;
}

enum answer_result
answer_feed(struct answer *a, struct str bytes, answer_body *body, void *arg,
    struct err *e)
{
	while (bytes.n)
		if (take(a, &bytes, body, arg, e) == -1)
			return ANSWER_BAD;
	return a->state == ANSWER_COMPLETE ? ANSWER_DONE : ANSWER_MORE;
}

enum answer_result
answer_end(struct answer *a, struct err *e)
{
	if (a->state == ANSWER_UNTIL_CLOSE || a->state == ANSWER_COMPLETE)
		return ANSWER_DONE;
	(void)err_set(e, ERR_NET, a->status ? "the body is cut short" :
	    a->head.n ? "the headers are cut short" : "an empty answer");
	return ANSWER_BAD;
}
