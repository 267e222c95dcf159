#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/mem.h"
#include "json/tree.h"
#include "store.h"

#define HEX		(2 * HASH_SHA256_BYTES)

struct audit {
	int fd;
	const char *url;
	char *path;
	struct buf line;
	struct jw w;
	int64_t now_ms;
	const char *what;
	struct str run;
	char last[HEX + 1];	/* of the line before */
	int64_t n;		/* its number */
};

static void
digest(struct str line, char *out)
{
	unsigned char sum[HASH_SHA256_BYTES];
	struct buf hex = { 0 };

	hash_sha256(line, sum);
	(void)hash_hex(&hex, sum, sizeof(sum));
	memcpy(out, hex.p, HEX);
	out[HEX] = '\0';
	buf_release(&hex);
}

struct audit *
audit_open(const char *path, const char *url, struct err *e)
{
	struct audit *a;
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);

	if (fd == -1) {
		(void)err_sys(e, "cannot open '%s'", path);
		return NULL;
	}
	a = mem_zalloc(sizeof(*a));
	a->fd = fd;
	a->url = url;
	a->path = mem_strdup(path);
	return a;
}

struct jw *
audit_begin(struct audit *a, const char *what, int64_t now_ms,
    struct str run)
{
	a->what = what;
	a->now_ms = now_ms;
	a->run = run;
	buf_reset(&a->line);
	a->w = (struct jw){ .out = &a->line };
	/* The members that are known only under the lock come later. */
	jw_obj(&a->w);
	return &a->w;
}

/* The last line of the log, and the number that stands in it. */
static int
look_back(struct audit *a, bool *torn, struct err *e)
{
	char room[2 * AUDIT_LINE_MAX];
	struct stat st;
	struct str s, line;
	struct err none;
	ssize_t n;
	size_t at;
	json_t *j;

	memset(a->last, '0', HEX);
	a->n = 0;
	*torn = false;
	if (fstat(a->fd, &st) == -1)
		return err_sys(e, "cannot look at '%s'", a->path);
	n = pread(a->fd, room, sizeof(room),
	    st.st_size > (off_t)sizeof(room) ?
	    st.st_size - (off_t)sizeof(room) : 0);
	if (n == -1)
		return err_sys(e, "cannot read '%s'", a->path);
	s = (struct str){ room, (size_t)n };
	if (s.n == 0)
		return 0;
	*torn = s.p[s.n - 1] != '\n';
	s.n -= !*torn;
	for (at = s.n; at > 0 && s.p[at - 1] != '\n'; at--)
		continue;
	line = str_sub(s, at, s.n);
	digest(line, a->last);
	if ((j = json_tree(line, &none)) != NULL) {
		a->n = json_integer_value(json_object_get(j, "n"));
		json_decref(j);
	} else if (at > 0) {
		/* A torn one: its number is that of the one before, plus 1. */
		s.n = at - 1;
		for (at = s.n; at > 0 && s.p[at - 1] != '\n'; at--)
			continue;
		if ((j = json_tree(str_sub(s, at, s.n), &none)) != NULL) {
			a->n = json_integer_value(json_object_get(j, "n"));
			json_decref(j);
		}
	}
	return 0;
}

static void
finish_line(struct audit *a, struct buf *out)
{
	struct jw w = { .out = out };
	struct buf t = { 0 };
	struct str members = buf_str(&a->line);

	jw_obj(&w);
	jw_key(&w, STR("audit"));
	jw_str(&w, str_of(a->what));
	jw_key(&w, STR("n"));
	jw_int(&w, a->n + 1);
	time_print_rfc3339(&t, a->now_ms);
	jw_key(&w, STR("time"));
	jw_str(&w, buf_str(&t));
	jw_key(&w, STR("run"));
	jw_str(&w, a->run);
	/* What the caller put, without its braces. */
	members = str_sub(members, 1, members.n - 1);
	if (members.n) {
		(void)buf_putc(out, ',');
		(void)buf_put(out, members);
	}
	jw_key(&w, STR("prev"));
	jw_str(&w, (struct str){ a->last, HEX });
	jw_obj_end(&w);
	buf_release(&t);
}

static int
remember(struct audit *a, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	(void)buf_printf(&b, "{\"n\":%lld,\"sha256\":\"%s\"}",
	    (long long)a->n, a->last);
	rc = store_put_text(a->url, STR("audit"), buf_str(&b), e);
	buf_release(&b);
	return rc;
}

int
audit_end(struct audit *a, struct err *e)
{
	struct buf out = { 0 };
	bool torn;
	int rc;

	jw_obj_end(&a->w);
	while (flock(a->fd, LOCK_EX) == -1)
		if (errno != EINTR)
			return err_sys(e, "cannot lock '%s'", a->path);
	if ((rc = look_back(a, &torn, e)) == 0) {
		if (torn)
			(void)buf_putc(&out, '\n');
		finish_line(a, &out);
		digest(str_sub(buf_str(&out), torn, out.n), a->last);
		a->n++;
		(void)buf_putc(&out, '\n');
		if (io_write_all(a->fd, buf_str(&out)) == -1)
			rc = err_sys(e, "cannot write '%s'", a->path);
	}
	(void)flock(a->fd, LOCK_UN);
	buf_release(&out);
	return rc;
}

int
audit_close(struct audit *a, struct err *e)
{
	bool torn;
	int rc = 0;

	if (a == NULL)
		return 0;
	if (fsync(a->fd) == -1)
		rc = err_sys(e, "cannot write '%s'", a->path);
	/* Others may have written since: what stands there now. */
	while (flock(a->fd, LOCK_EX) == -1 && errno == EINTR)
		continue;
	if (rc == 0)
		rc = look_back(a, &torn, e);
	if (rc == 0)
		rc = remember(a, e);
	(void)close(a->fd);
	buf_release(&a->line);
	mem_free(a->path);
	mem_free(a);
	return rc;
}

/* ---- verify ---- */

static int
verify_line(struct str line, const char *last, bool first,
    struct audit_report *r, struct err *e)
{
	struct err why;
	json_t *j = json_tree(line, &why);
	struct str prev;
	int rc = 0;

	if (j == NULL) {
		r->torn++;
		return 0;
	}
	prev = json_get_str(j, "prev");
	if (json_get_str(j, "audit").n == 0 || prev.n != HEX)
		rc = err_set(e, ERR_SYNTAX, "this is no record");
	else if (!first && memcmp(prev.p, last, HEX) != 0)
		rc = err_set(e, ERR_CONFIG, "record %lld does not follow the "
		    "line before it: one of them was changed, or lines are "
		    "missing between them", (long long)json_integer_value(
		    json_object_get(j, "n")));
	r->records++;
	json_decref(j);
	return rc;
}

/* The record that the state knows must stand there; others may follow. */
static int
verify_head(struct str head, struct str text, struct err *e)
{
	char hex[HEX + 1];
	struct str line, want;
	struct err why;
	json_t *j;
	int rc = 0;

	if (head.n == 0 || (j = json_tree(head, &why)) == NULL)
		return 0;
	want = json_get_str(j, "sha256");
	do {
		text = str_cut(text, '\n', &line);
		digest(line, hex);
	} while (text.n && !str_eq(want, str_of(hex)));
	if (!str_eq(want, str_of(hex)))
		rc = err_set(e, ERR_CONFIG, "record %lld, which the state "
		    "knows, is not there: the end of the log is missing",
		    (long long)json_integer_value(json_object_get(j, "n")));
	json_decref(j);
	return rc;
}

/*
 * A crash leaves a line without an end, and the record after it puts one; so
 * none follows another, and none has an end when nothing follows.
 */
static int
torn_twice(bool torn, bool *was_torn, struct str rest, struct err *e)
{
	bool bad = torn && (*was_torn || (rest.n == 0 && rest.p != NULL));

	*was_torn = torn;
	return bad ? err_set(e, ERR_SYNTAX, "this is no record, and no crash "
	    "leaves such a line") : 0;
}

/*
 * The first record of a log that was rotated follows one that is not here.
 * A torn line is followed by a record that knows it.
 */
int
audit_verify(struct str text, struct str head, struct audit_report *r,
    struct err *e)
{
	char last[HEX + 1] = "";
	struct str line, rest = text;
	size_t torn;
	bool was_torn = false;

	memset(r, 0, sizeof(*r));
	while (rest.n) {
		rest = str_cut(rest, '\n', &line);
		r->lines++;
		torn = r->torn;
		if (verify_line(line, last, r->lines == 1, r, e) == -1 ||
		    torn_twice(r->torn > torn, &was_torn, rest, e) == -1) {
			e->line = (unsigned)r->lines;
			e->col = 1;
			return -1;
		}
		digest(line, last);
	}
	return verify_head(head, text, e);
}
