#include "manifest.h"

#include <sys/stat.h>

#include "core/num.h"
#include "core/utf8.h"
#include "json/tree.h"
#include "json/write.h"

static const char *const type_names[ENTRY_NTYPES] = {
	[ENTRY_FILE] = "file", [ENTRY_DIR] = "dir", [ENTRY_LINK] = "link",
	[ENTRY_HARDLINK] = "hardlink", [ENTRY_FIFO] = "fifo",
	[ENTRY_CHAR] = "char", [ENTRY_BLOCK] = "block",
};

const char *
entry_type_name(enum entry_type t)
{
	return type_names[t];
}

bool
entry_type_of(mode_t mode, enum entry_type *out)
{
	switch (mode & S_IFMT) {
	case S_IFREG:	*out = ENTRY_FILE; return true;
	case S_IFDIR:	*out = ENTRY_DIR; return true;
	case S_IFLNK:	*out = ENTRY_LINK; return true;
	case S_IFIFO:	*out = ENTRY_FIFO; return true;
	case S_IFCHR:	*out = ENTRY_CHAR; return true;
	case S_IFBLK:	*out = ENTRY_BLOCK; return true;
	default:	return false;
	}
}

static void
put_name(struct jw *w, const char *key, const char *key64, struct str s)
{
	struct buf b = { 0 };

	if (utf8_valid(s)) {
		jw_key(w, str_of(key));
		jw_str(w, s);
		return;
	}
	(void)base64_put(&b, s);
	jw_key(w, str_of(key64));
	jw_str(w, buf_str(&b));
	buf_release(&b);
}

void
manifest_put(struct buf *out, const struct entry *en)
{
	struct jw w = { .out = out };
	struct buf b = { 0 };

	jw_obj(&w);
	put_name(&w, "path", "path_base64", en->path);
	jw_key(&w, STR("type"));
	jw_str(&w, str_of(type_names[en->type]));
	(void)buf_printf(&b, "%04o", (unsigned)en->mode & 07777);
	jw_key(&w, STR("mode"));
	jw_str(&w, buf_str(&b));
	jw_member_int(&w, "uid", en->uid);
	jw_member_int(&w, "gid", en->gid);
	jw_member_int(&w, "mtime", en->mtime_s);
	if (en->type == ENTRY_LINK || en->type == ENTRY_HARDLINK)
		put_name(&w, "link", "link_base64", en->link);
	if (en->type == ENTRY_FILE) {
		jw_member_int(&w, "size", en->size);
		buf_reset(&b);
		(void)hash_hex(&b, en->sha256, sizeof(en->sha256));
		jw_key(&w, STR("sha256"));
		jw_str(&w, buf_str(&b));
	}
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
	buf_release(&b);
}

/* ---- reading ---- */

static struct str
get_name(const json_t *j, const char *key, const char *key64,
    struct arena *a)
{
	struct str s = json_get_str(j, key), out = STR_NONE;
	struct buf b = { 0 };

	if (s.p != NULL)
		return arena_str(a, s);
	s = json_get_str(j, key64);
	if (s.p != NULL && base64_get(&b, s))
		out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
get_sum(const json_t *j, unsigned char *out)
{
	struct str s = json_get_str(j, "sha256");
	size_t i;

	if (s.n != 2 * HASH_SHA256_BYTES)
		return false;
	for (i = 0; i < HASH_SHA256_BYTES; i++) {
		int hi = hex_digit(s.p[2 * i]), lo = hex_digit(s.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

static bool
get_mode(const json_t *j, mode_t *out)
{
	struct str s = json_get_str(j, "mode");
	mode_t m = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '7' || s.n > 4)
			return false;
		m = m << 3 | (mode_t)(s.p[i] - '0');
	}
	*out = m;
	return s.n > 0;
}

static bool
get_type(const json_t *j, enum entry_type *out)
{
	struct str s = json_get_str(j, "type");
	int t;

	for (t = 0; t < ENTRY_NTYPES; t++)
		if (str_eq(s, str_of(type_names[t]))) {
			*out = (enum entry_type)t;
			return true;
		}
	return false;
}

static int64_t
get_int(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

int
manifest_read(struct str line, struct arena *a, struct entry *en,
    struct err *e)
{
	json_t *j = json_tree(line, e);
	int rc = 0;

	*en = (struct entry){ 0 };
	if (j == NULL)
		return -1;
	en->path = get_name(j, "path", "path_base64", a);
	en->link = get_name(j, "link", "link_base64", a);
	en->uid = get_int(j, "uid");
	en->gid = get_int(j, "gid");
	en->mtime_s = get_int(j, "mtime");
	en->size = get_int(j, "size");
	if (en->path.n == 0 || !get_type(j, &en->type) ||
	    !get_mode(j, &en->mode) || en->size < 0 ||
	    (en->type == ENTRY_FILE && !get_sum(j, en->sha256)))
		rc = err_set(e, ERR_SYNTAX, "this is no line of a manifest");
	json_decref(j);
	return rc;
}

const char *
entry_differs(const struct entry *a, const struct entry *b)
{
	if (!str_eq(a->path, b->path))
		return "path";
	if (a->type != b->type)
		return "type";
	if (a->mode != b->mode)
		return "mode";
	if (a->uid != b->uid || a->gid != b->gid)
		return "owner";
	if (a->mtime_s != b->mtime_s)
		return "time";
	if (!str_eq(a->link, b->link))
		return "link";
	if (a->type == ENTRY_FILE && a->size != b->size)
		return "size";
	return NULL;
}
