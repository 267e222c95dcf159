/*
 * dns_wire: putting questions, reading answers.
 */
#include "dns_wire.h"

#include "core/num.h"

#define NAME_MAX_BYTES	255
#define HEADER		12
#define EDNS_BYTES	1232
#define OPT		41

struct word {
	const char *name;
	unsigned code;
};

static const struct word rcodes[] = {
	{ "NOERROR", 0 }, { "FORMERR", 1 }, { "SERVFAIL", 2 },
	{ "NXDOMAIN", 3 }, { "NOTIMP", 4 }, { "REFUSED", 5 },
	{ "YXDOMAIN", 6 }, { "YXRRSET", 7 }, { "NXRRSET", 8 },
	{ "NOTAUTH", 9 }, { "NOTZONE", 10 }, { "BADVERS", 16 },
};

static const struct word types[] = {
	{ "A", 1 }, { "NS", 2 }, { "CNAME", 5 }, { "SOA", 6 }, { "PTR", 12 },
	{ "HINFO", 13 }, { "MX", 15 }, { "TXT", 16 }, { "AAAA", 28 },
	{ "SRV", 33 }, { "NAPTR", 35 }, { "DNAME", 39 }, { "DS", 43 },
	{ "SSHFP", 44 }, { "RRSIG", 46 }, { "NSEC", 47 }, { "DNSKEY", 48 },
	{ "TLSA", 52 }, { "SPF", 99 }, { "SVCB", 64 }, { "HTTPS", 65 },
	{ "AXFR", 252 }, { "ANY", 255 }, { "CAA", 257 },
};

static bool
word_code(const struct word *w, size_t n, const char *prefix, struct str s,
    unsigned *code)
{
	size_t i, k = strlen(prefix);
	uint64_t v;

	for (i = 0; i < n; i++)
		if (str_eq_nocase(s, str_of(w[i].name))) {
			*code = w[i].code;
			return true;
		}
	if (s.n <= k || !str_eq_nocase(str_sub(s, 0, k), str_of(prefix)) ||
	    !num_parse_u64(str_sub(s, k, s.n), 65535, &v))
		return false;
	*code = (unsigned)v;
	return true;
}

static struct str
word_name(const struct word *w, size_t n, const char *prefix, unsigned code,
    struct arena *a)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (w[i].code == code)
			return str_of(w[i].name);
	return arena_printf(a, "%s%u", prefix, code);
}

#define WORDS(w)	(w), sizeof(w) / sizeof((w)[0])

bool
dns_type_parse(struct str s, uint16_t *type)
{
	unsigned code;

	if (!word_code(WORDS(types), "TYPE", s, &code))
		return false;
	*type = (uint16_t)code;
	return true;
}

struct str
dns_type_name(uint16_t type, struct arena *a)
{
	return word_name(WORDS(types), "TYPE", type, a);
}

bool
dns_rcode_parse(struct str s, unsigned *rcode)
{
	return word_code(WORDS(rcodes), "RCODE", s, rcode);
}

struct str
dns_rcode_name(unsigned rcode, struct arena *a)
{
	return word_name(WORDS(rcodes), "RCODE", rcode, a);
}

/* ---- out ---- */

static void
put16(struct buf *out, unsigned v)
{
	(void)buf_putc(out, (char)(v >> 8));
	(void)buf_putc(out, (char)(v & 0xff));
}

static int
put_name(struct buf *out, struct str name, struct err *e)
{
	size_t start = out->n;
	struct str label, rest = name;

	if (str_ends(rest, STR(".")))
		rest.n--;
	while (rest.n) {
		rest = str_cut(rest, '.', &label);
		if (label.n == 0 || label.n > 63)
			return err_set(e, ERR_CONFIG, "'" STR_FMT "' is no "
			    "domain name", STR_ARG(name));
		(void)buf_putc(out, (char)label.n);
		(void)buf_put(out, label);
	}
	(void)buf_putc(out, '\0');
	if (out->n - start > NAME_MAX_BYTES)
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is too long for "
		    "a domain name", STR_ARG(name));
	return 0;
}

int
dns_put_question(const struct dns_question *q, struct buf *out,
    struct err *e)
{
	put16(out, q->id);
	put16(out, q->recurse ? 0x0100 : 0);
	put16(out, 1);
	put16(out, 0);
	put16(out, 0);
	put16(out, 1);
	if (put_name(out, q->name, e) == -1)
		return -1;
	put16(out, q->qtype);
	put16(out, q->qclass);
	/* EDNS0: root, OPT, our size, no flags, no options */
	(void)buf_putc(out, '\0');
	put16(out, OPT);
	put16(out, EDNS_BYTES);
	put16(out, 0);
	put16(out, 0);
	put16(out, 0);
	return 0;
}

/* ---- in ---- */

struct reader {
	const unsigned char *p;
	size_t n, at;
	bool bad;		/* something was cut short or makes no sense */
	struct arena *arena;
};

static unsigned
get8(struct reader *r)
{
	if (r->at >= r->n) {
		r->bad = true;
		return 0;
	}
	return r->p[r->at++];
}

static unsigned
get16(struct reader *r)
{
	unsigned high = get8(r);

	return high << 8 | get8(r);
}

static uint32_t
get32(struct reader *r)
{
	uint32_t high = get16(r);

	return high << 16 | get16(r);
}

/* A byte of a label as zone files show it. */
static void
put_label_byte(struct buf *out, unsigned c)
{
	if (c == '.' || c == '\\' || c == '"' || c == '(' || c == ')' ||
	    c == ';' || c == '@' || c == '$')
		(void)buf_printf(out, "\\%c", (int)c);
	else if (c < 0x21 || c > 0x7e)
		(void)buf_printf(out, "\\%03u", c);
	else
		(void)buf_putc(out, (char)c);
}

/*
 * The name at r->at.  A pointer must lead before the place where the part
 * with it began, so there is no way round in circles.
 */
static struct str
get_name(struct reader *r)
{
	struct buf out = { .max = 4 * NAME_MAX_BYTES + 4 };
	size_t start = r->at, back = 0, total = 0;
	struct str s;
	unsigned n, i;

	while (!r->bad && (n = get8(r)) != 0) {
		if ((n & 0xc0) == 0xc0) {
			size_t to = (size_t)(n & 0x3f) << 8 | get8(r);

			if (back == 0)
				back = r->at;
			if (to >= start || r->bad) {
				r->bad = true;
				break;
			}
			start = r->at = to;
			continue;
		}
		if (n > 63 || (total += n + 1) >= NAME_MAX_BYTES) {
			r->bad = true;
			break;
		}
		for (i = 0; i < n && !r->bad; i++)
			put_label_byte(&out, get8(r));
		(void)buf_putc(&out, '.');
	}
	if (back)
		r->at = back;
	if (out.n == 0)
		(void)buf_putc(&out, '.');
	s = arena_str(r->arena, buf_str(&out));
	buf_release(&out);
	return s;
}

/* ---- data of each type, as miekg/dns and zone files print it ---- */

static void
put_name_of(struct reader *r, struct buf *out)
{
	(void)buf_put(out, get_name(r));
}

static void
put_a(struct reader *r, struct buf *out)
{
	unsigned a = get8(r), b = get8(r), c = get8(r);

	(void)buf_printf(out, "%u.%u.%u.%u", a, b, c, get8(r));
}

/* The longest run of zeros, of two at least, is "::" (RFC 5952). */
static void
put_aaaa(struct reader *r, struct buf *out)
{
	unsigned w[8];
	int i, run, best = -1, length = 1;

	for (i = 0; i < 8; i++)
		w[i] = get16(r);
	for (i = 0; i < 8; i++) {
		for (run = 0; i + run < 8 && w[i + run] == 0; run++)
			continue;
		if (run > length) {
			best = i;
			length = run;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i == best) {
			(void)buf_put(out, STR("::"));
			i += length - 1;
			continue;
		}
		if (i && i != best + (best < 0 ? 0 : length))
			(void)buf_putc(out, ':');
		(void)buf_printf(out, "%x", w[i]);
	}
}

static void
put_mx(struct reader *r, struct buf *out)
{
	(void)buf_printf(out, "%u ", get16(r));
	put_name_of(r, out);
}

static void
put_srv(struct reader *r, struct buf *out)
{
	unsigned priority = get16(r), weight = get16(r);

	(void)buf_printf(out, "%u %u %u ", priority, weight, get16(r));
	put_name_of(r, out);
}

static void
put_quoted(struct reader *r, struct buf *out)
{
	unsigned n = get8(r), c;

	(void)buf_putc(out, '"');
	while (n-- > 0 && !r->bad) {
		c = get8(r);
		if (c == '"' || c == '\\')
			(void)buf_printf(out, "\\%c", (int)c);
		else if (c < 0x20 || c > 0x7e)
			(void)buf_printf(out, "\\%03u", c);
		else
			(void)buf_putc(out, (char)c);
	}
	(void)buf_putc(out, '"');
}

static void
put_texts(struct reader *r, struct buf *out)
{
	bool first = true;

	while (r->at < r->n && !r->bad) {
		if (!first)
			(void)buf_putc(out, ' ');
		put_quoted(r, out);
		first = false;
	}
}

static void
put_soa(struct reader *r, struct buf *out)
{
	int i;

	put_name_of(r, out);
	(void)buf_putc(out, ' ');
	put_name_of(r, out);
	for (i = 0; i < 5; i++)
		(void)buf_printf(out, " %u", get32(r));
}

/* flags tag "value", the value without a length of its own */
static void
put_caa(struct reader *r, struct buf *out)
{
	unsigned flags = get8(r), n = get8(r);

	(void)buf_printf(out, "%u ", flags);
	while (n-- > 0 && !r->bad)
		put_label_byte(out, get8(r));
	(void)buf_put(out, STR(" \""));
	while (r->at < r->n)
		put_label_byte(out, get8(r));
	(void)buf_putc(out, '"');
}

static const struct {
	uint16_t type;
	void	(*put)(struct reader *r, struct buf *out);
} printers[] = {
	{ 1, put_a }, { 2, put_name_of }, { 5, put_name_of }, { 6, put_soa },
	{ 12, put_name_of }, { 13, put_texts }, { 15, put_mx },
	{ 16, put_texts }, { 28, put_aaaa }, { 33, put_srv },
	{ 39, put_name_of }, { 99, put_texts }, { 257, put_caa },
};

/* RFC 3597: data of a type that we have no form for */
static void
put_unknown(struct reader *r, struct buf *out)
{
	(void)buf_printf(out, "\\# %zu ", r->n - r->at);
	while (r->at < r->n)
		(void)buf_printf(out, "%02x", get8(r));
}

/* The data ends where its length says; a pointer may lead out of it. */
static void
get_data(struct reader *r, size_t length, struct dns_rr *rr)
{
	struct reader in = *r;
	struct buf out = { 0 };
	size_t i;

	if (length > r->n - r->at) {
		r->bad = true;
		return;
	}
	in.n = r->at + length;
	for (i = 0; i < sizeof(printers) / sizeof(printers[0]); i++)
		if (printers[i].type == rr->type)
			break;
	if (i < sizeof(printers) / sizeof(printers[0]))
		printers[i].put(&in, &out);
	else
		put_unknown(&in, &out);
	if (rr->type == 6 && !in.bad && length >= 20) {
		in.at = in.n - 20;
		rr->serial = get32(&in);
	}
	r->bad |= in.bad;
	r->at += length;
	rr->data = arena_str(r->arena, buf_str(&out));
	buf_release(&out);
}

static const char *
class_name(unsigned class)
{
	return class == 1 ? "IN" : class == 3 ? "CH" : class == 4 ? "HS" :
	    "CLASS";
}

/* False for the pseudo record of EDNS, whose upper rcode bits count. */
static bool
get_record(struct reader *r, struct dns_rr *rr, struct dns_message *out)
{
	size_t length;
	struct str type;

	rr->name = get_name(r);
	rr->type = (uint16_t)get16(r);
	rr->class = (uint16_t)get16(r);
	rr->ttl = get32(r);
	length = get16(r);
	get_data(r, length, rr);
	if (rr->type == OPT) {
		out->rcode |= (rr->ttl >> 24) << 4;
		return false;
	}
	type = dns_type_name(rr->type, r->arena);
	rr->text = arena_printf(r->arena, STR_FMT "\t%u\t%s\t" STR_FMT "\t"
	    STR_FMT, STR_ARG(rr->name), rr->ttl, class_name(rr->class),
	    STR_ARG(type), STR_ARG(rr->data));
	return true;
}

/* Case does not count, and a name may be asked for without its dot. */
static bool
same_question(struct reader *r, const struct dns_question *q)
{
	struct buf ours = { 0 };
	struct reader in = { .arena = r->arena };
	struct err e;
	bool same = false;

	if (put_name(&ours, q->name, &e) == 0) {
		in.p = (const unsigned char *)ours.p;
		in.n = ours.n;
		same = str_eq_nocase(get_name(&in), get_name(r));
	}
	same &= get16(r) == q->qtype;
	same &= get16(r) == q->qclass;
	buf_release(&ours);
	return same;
}

static int
malformed(struct err *e)
{
	return err_set(e, ERR_NET, "the answer is no DNS message");
}

int
dns_read(struct str bytes, const struct dns_question *q, struct arena *a,
    struct dns_message *out, struct err *e)
{
	struct reader r = { (const unsigned char *)bytes.p, bytes.n, 0,
	    false, a };
	unsigned id = get16(&r), flags = get16(&r), questions = get16(&r);
	unsigned n[DNS_NSECTIONS], i;
	enum dns_section s;
	size_t all;

	*out = (struct dns_message){ .rcode = flags & 0xf,
	    .truncated = flags & 0x0200, .authoritative = flags & 0x0400 };
	for (s = 0; s < DNS_NSECTIONS; s++)
		n[s] = get16(&r);
	if (r.bad || !(flags & 0x8000) || questions > 1)
		return malformed(e);
	if (id != q->id)
		return err_set(e, ERR_NET, "the answer has another id");
	/* Some servers leave the question out of an error. */
	if ((questions == 1 && !same_question(&r, q)) ||
	    (questions == 0 && out->rcode == 0))
		return err_set(e, ERR_NET, "the answer is to another "
		    "question");
	all = (size_t)n[0] + n[1] + n[2];
	if (r.bad || all > DNS_RECORDS_MAX)
		return malformed(e);
	out->rr = ARENA_ARRAY(a, all + 1, struct dns_rr);
	for (s = 0; s < DNS_NSECTIONS; s++)
		for (i = 0; i < n[s]; i++) {
			if (!get_record(&r, &out->rr[out->n], out)) {
				out->rr[out->n] = (struct dns_rr){ 0 };
				continue;
			}
			if (r.bad)
				return out->truncated ? 0 : malformed(e);
			out->rr[out->n++].section = s;
			out->count[s]++;
		}
	return r.bad && !out->truncated ? malformed(e) : 0;
}
