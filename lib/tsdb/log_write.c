#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/io.h"
#include "tsdb/log.h"

/* A key record for every so many samples of each series. */
#define KEY_EVERY	64
#define KEY_LEAST	4096

/* A record is ended when it is this large. */
#define RECORD_BYTES	((size_t)16 << 20)

struct log_writer {
	char *path;
	int fd;				/* -1: not made yet */
	uint64_t bytes;
	struct log_state st;
	VEC(uint32_t) symbol_ids;	/* by sym->id: id in the file + 1 */

	struct buf out;			/* finished records */
	/* the definitions that the next records need */
	struct buf symbols, series;
	size_t nsymbols, nseries;
	/* the record of samples that is being built */
	char type;			/* 'F', 'X'; 0 = none */
	unsigned flags;
	struct buf body;
	uint64_t count;
	int64_t oldest, newest;
	/* the run that is being built */
	uint64_t run_ref, next_ref;
	size_t run_n;
	int64_t run_ts, before_ts;
	struct buf bits, values;
};

static struct log_writer *
writer_new(const char *path, int fd)
{
	struct log_writer *w = mem_zalloc(sizeof(*w));

	w->path = mem_strdup(path);
	w->fd = fd;
	return w;
}

struct log_writer *
log_create(const char *path, struct labels_table *t)
{
	struct log_writer *w = writer_new(path, -1);

	log_state_init(&w->st, t);
	w->st.lost = true;	/* the first record is a key */
	return w;
}

static void
know_symbol(struct log_writer *w, const struct sym *s, size_t id)
{
	while (w->symbol_ids.n <= s->id)
		vec_push(&w->symbol_ids, 0);
	w->symbol_ids.p[s->id] = (uint32_t)id + 1;
}

struct log_writer *
log_append(const char *path, struct log_state *st, uint64_t good,
    struct err *e)
{
	struct log_writer *w;
	size_t i;
	int fd;

	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1) {
		err_sys(e, "cannot open '%s'", path);
		return NULL;
	}
	if (ftruncate(fd, (off_t)good) == -1 ||
	    lseek(fd, 0, SEEK_END) == -1) {
		err_sys(e, "cannot truncate '%s'", path);
		(void)close(fd);
		return NULL;
	}
	w = writer_new(path, fd);
	w->bytes = good;
	w->st = *st;
	log_state_init(st, st->table);
	for (i = 0; i < w->st.symbols.n; i++)
		if (w->st.symbols.p[i])
			know_symbol(w, w->st.symbols.p[i], i);
	return w;
}

/* ---- definitions ---- */

static uint32_t
symbol_id(struct log_writer *w, const struct sym *s)
{
	if (s->id >= w->symbol_ids.n || w->symbol_ids.p[s->id] == 0) {
		know_symbol(w, s, w->st.symbols.n);
		vec_push(&w->st.symbols, s);
		put_varint(&w->symbols, s->s.n);
		(void)buf_put(&w->symbols, s->s);
		w->nsymbols++;
	}
	return w->symbol_ids.p[s->id] - 1;
}

uint32_t
log_define(struct log_writer *w, const struct labels *l)
{
	uint32_t i;

	put_varint(&w->series, l->n);
	for (i = 0; i < l->n; i++) {
		put_varint(&w->series, symbol_id(w, l->v[i].name));
		put_varint(&w->series, symbol_id(w, l->v[i].value));
	}
	w->nseries++;
	vec_push(&w->st.series, (struct log_series){ .v = l->v, .n = l->n });
	return (uint32_t)w->st.series.n - 1;
}

/* ---- records ---- */

static void
put_record(struct buf *out, char type, struct str head, struct str body)
{
	uint32_t crc = hash_crc32c(0, (struct str){ &type, 1 });

	crc = hash_crc32c(hash_crc32c(crc, head), body);
	(void)buf_put(out, STR("TSL"));
	put_u8(out, (unsigned char)type);
	put_u32(out, (uint32_t)(head.n + body.n));
	put_u32(out, crc);
	(void)buf_put(out, head);
	(void)buf_put(out, body);
}

/* Definitions go before the samples that need them. */
static void
finish_definitions(struct log_writer *w)
{
	struct buf b = { 0 };

	if (w->nseries == 0)
		return;
	put_varint(&b, w->st.symbols.n - w->nsymbols);
	put_varint(&b, w->nsymbols);
	(void)buf_put(&b, buf_str(&w->symbols));
	put_varint(&b, w->st.series.n - w->nseries);
	put_varint(&b, w->nseries);
	put_record(&w->out, 'S', buf_str(&b), buf_str(&w->series));
	buf_reset(&w->symbols);
	buf_reset(&w->series);
	w->nsymbols = w->nseries = 0;
	buf_release(&b);
}

static void
finish_run(struct log_writer *w)
{
	if (w->run_n == 0)
		return;
	put_signed(&w->body, (int64_t)(w->run_ref - w->next_ref));
	put_varint(&w->body, w->run_n);
	put_signed(&w->body, (int64_t)((uint64_t)w->run_ts -
	    (uint64_t)w->before_ts));
	(void)buf_put(&w->body, buf_str(&w->bits));
	(void)buf_put(&w->body, buf_str(&w->values));
	w->next_ref = w->run_ref + w->run_n;
	w->before_ts = w->run_ts;
	w->run_n = 0;
	buf_reset(&w->bits);
	buf_reset(&w->values);
}

static void
finish_record(struct log_writer *w)
{
	struct buf head = { 0 };

	if (w->type == 0)
		return;
	finish_run(w);
	finish_definitions(w);
	put_u8(&head, w->flags);
	put_u64(&head, (uint64_t)w->oldest);
	put_u64(&head, (uint64_t)w->newest);
	put_varint(&head, w->count);
	put_record(&w->out, w->type, buf_str(&head), buf_str(&w->body));
	buf_reset(&w->body);
	buf_release(&head);
	w->type = 0;
}

static void
begin_record(struct log_writer *w, char type)
{
	struct log_state *st = &w->st;

	finish_record(w);
	w->type = type;
	w->count = w->flags = 0;
	w->oldest = INT64_MAX;
	w->newest = INT64_MIN;
	w->next_ref = 0;
	w->before_ts = 0;
	if (type == 'F' && (st->lost || (st->since_key > KEY_LEAST &&
	    st->since_key > KEY_EVERY * st->series.n))) {
		w->flags = LOG_KEY;
		st->key++;
		st->since_key = 0;
		st->lost = false;
	}
}

/* ---- samples ---- */

static void
put_float(struct log_writer *w, uint32_t ref, const struct sample *x)
{
	struct log_series *s = &w->st.series.p[ref];
	double before = s->key == w->st.key ? s->last : 0;

	if (w->run_n == 0 || ref != w->run_ref + w->run_n ||
	    x->ts != w->run_ts) {
		finish_run(w);
		w->run_ref = ref;
		w->run_ts = x->ts;
	}
	if (w->run_n % 8 == 0)
		put_u8(&w->bits, 0);
	if (num_bits(before) != num_bits(x->value)) {
		w->bits.p[w->bits.n - 1] |= (char)(1 << w->run_n % 8);
		put_value(&w->values, x->value, before);
	}
	s->last = x->value;
	s->key = w->st.key;
	w->run_n++;
	w->st.since_key++;
}

static void
put_odd(struct log_writer *w, uint32_t ref, const struct sample *x)
{
	put_varint(&w->body, ref);
	put_signed(&w->body, x->ts);
	put_u8(&w->body, (x->start ? LOG_HAS_START : 0) |
	    (x->hist ? LOG_HAS_HISTOGRAM : 0));
	if (x->start)
		put_signed(&w->body, x->start);
	if (x->hist)
		histogram_put(&w->body, x->hist, NULL);
	else
		put_value(&w->body, x->value, 0);
}

void
log_put(struct log_writer *w, uint32_t ref, const struct sample *x)
{
	char type = x->hist || x->start ? 'X' : 'F';

	if (w->type != type || w->body.n + w->values.n > RECORD_BYTES)
		begin_record(w, type);
	if (type == 'F')
		put_float(w, ref, x);
	else
		put_odd(w, ref, x);
	w->count++;
	if (x->ts < w->oldest)
		w->oldest = x->ts;
	if (x->ts > w->newest)
		w->newest = x->ts;
}

/* ---- the file ---- */

static int
make_file(struct log_writer *w, struct err *e)
{
	w->fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (w->fd == -1)
		return err_sys(e, "cannot create '%s'", w->path);
	return 0;
}

/* Take back what a failed write has left, as far as that is possible. */
static void
take_back(struct log_writer *w)
{
	int saved = errno;

	if (w->bytes == 0)
		(void)unlink(w->path);
	else
		(void)!ftruncate(w->fd, (off_t)w->bytes);
	errno = saved;
}

int
log_flush(struct log_writer *w, bool sync, struct err *e)
{
	struct buf whole = { 0 };
	int rc = -1;

	finish_record(w);
	if (w->out.n == 0)
		return 0;
	if (w->fd == -1) {
		if (make_file(w, e) == -1)
			return -1;
		(void)buf_put(&whole, (struct str){ LOG_MAGIC,
		    LOG_MAGIC_BYTES });
		(void)buf_put(&whole, buf_str(&w->out));
	}
	if (io_write_all(w->fd, whole.n ? buf_str(&whole) :
	    buf_str(&w->out)) == -1 || (sync && fsync(w->fd) == -1)) {
		take_back(w);
		err_sys(e, "cannot write '%s'", w->path);
		goto out;
	}
	w->bytes += whole.n ? whole.n : w->out.n;
	buf_reset(&w->out);
	rc = 0;
out:
	buf_release(&whole);
	return rc;
}

uint64_t
log_bytes(const struct log_writer *w)
{
	return w->bytes;
}

void
log_close(struct log_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		(void)close(w->fd);
	log_state_release(&w->st);
	vec_release(&w->symbol_ids);
	buf_release(&w->out);
	buf_release(&w->symbols);
	buf_release(&w->series);
	buf_release(&w->body);
	buf_release(&w->bits);
	buf_release(&w->values);
	mem_free(w->path);
	mem_free(w);
}
