/*
 * procfs: reading the kernel's tables.
 */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "core/io.h"
#include "host.h"

#define LINES_MAX	100000

static size_t
count_lines(struct str s)
{
	size_t i, n = 1;

	for (i = 0; i < s.n && n < LINES_MAX; i++)
		n += s.p[i] == '\n';
	return n;
}

static double
number_or(struct str word, double otherwise)
{
	double v;

	return host_number(word, &v) ? v : otherwise;
}

/* ---- processors ---- */

size_t
cpu_times_parse(struct str stat, struct arena *a, struct cpu_times **out)
{
	struct cpu_times *all = ARENA_ARRAY(a, count_lines(stat),
	    struct cpu_times);
	struct str line;
	size_t n = 0;
	int i;

	while (host_line(&stat, &line) && n < LINES_MAX) {
		if (!str_starts(line, STR("cpu")))
			continue;
		all[n].name = host_word(&line);
		for (i = 0; i < CPU_NMODES; i++)
			all[n].ticks[i] = number_or(host_word(&line), 0);
		n++;
	}
	*out = all;
	return n;
}

struct cpu_share
cpu_share(const struct cpu_times *a, const struct cpu_times *b)
{
	struct cpu_share s = { 0 };
	double total = 0;
	int i;

	for (i = 0; i < CPU_NMODES; i++) {
		s.mode[i] = fmax(b->ticks[i] - a->ticks[i], 0);
		total += s.mode[i];
	}
	if (total == 0) {
		s.mode[CPU_IDLE] = total = 1;	/* no tick passed */
	}
	for (i = 0; i < CPU_NMODES; i++)
		s.mode[i] = s.mode[i] * 100 / total;
	s.busy = 100 - s.mode[CPU_IDLE] - s.mode[CPU_IOWAIT];
	return s;
}

/* ---- memory ---- */

bool
meminfo_parse(struct str text, struct meminfo *out)
{
	enum { TOTAL, FREE, AVAILABLE, BUFFERS, CACHED, RECLAIMABLE, SHMEM,
		SWAP, SWAP_FREE, NFIELDS };
	static const char *const names[NFIELDS] = {
		"MemTotal:", "MemFree:", "MemAvailable:", "Buffers:",
		"Cached:", "SReclaimable:", "Shmem:", "SwapTotal:",
		"SwapFree:",
	};
	double v[NFIELDS];
	struct str line, word;
	size_t i;

	for (i = 0; i < NFIELDS; i++)
		v[i] = -1;
	while (host_line(&text, &line)) {
		word = host_word(&line);
		for (i = 0; i < NFIELDS; i++)
			if (str_eq(word, str_of(names[i])))
				v[i] = number_or(host_word(&line), -1) * 1024;
	}
	if (v[TOTAL] <= 0)
		return false;
	for (i = 0; i < NFIELDS; i++)
		if (v[i] < 0 && i != AVAILABLE)
			v[i] = 0;
	*out = (struct meminfo){ .total = v[TOTAL], .free = v[FREE],
	    .available = v[AVAILABLE], .estimated = v[AVAILABLE] < 0,
	    .swap_total = v[SWAP], .swap_free = v[SWAP_FREE] };
	if (out->estimated)
		out->available = fmax(v[FREE] + v[BUFFERS] + v[CACHED] +
		    v[RECLAIMABLE] - v[SHMEM], 0);
	return true;
}

/* ---- processes ---- */

/* pid (comm) state …: the end of comm is the last ')'. */
bool
proc_stat_parse(struct str text, struct proc_stat *out)
{
	ptrdiff_t from = str_find_char(text, '(');
	size_t to = text.n;
	struct str rest, word;
	double f[25] = { 0 };
	int i;

	while (to > 0 && text.p[to - 1] != ')')
		to--;
	if (from < 0 || to < (size_t)from + 2)
		return false;
	rest = str_trim(str_sub(text, to, text.n));
	word = host_word(&rest);	/* field 3 */
	if (word.n != 1)
		return false;
	for (i = 4; i < 25; i++)
		if (!host_number(host_word(&rest), &f[i]))
			return false;
	*out = (struct proc_stat){
		.comm = str_sub(text, (size_t)from + 1, to - 1),
		.state = word.p[0], .ppid = (int64_t)f[4],
		.utime_ticks = f[14], .stime_ticks = f[15],
		.threads = f[20], .start_ticks = f[22], .vsize = f[23],
		.rss_pages = f[24],
	};
	return true;
}

bool
proc_named(struct str s, struct str part)
{
	size_t i;

	for (i = 0; i + part.n <= s.n; i++)
		if (str_eq_nocase(str_sub(s, i, i + part.n), part))
			return true;
	return false;
}

/* ---- network ---- */

size_t
net_devices_parse(struct str text, struct arena *a, struct net_device **out)
{
	struct net_device *all = ARENA_ARRAY(a, count_lines(text),
	    struct net_device);
	struct str line, rest;
	size_t n = 0;
	int i;

	while (host_line(&text, &line) && n < LINES_MAX) {
		rest = str_cut(line, ':', &all[n].name);
		if (rest.p == NULL)
			continue;	/* the two lines of heading */
		all[n].name = str_trim(all[n].name);
		for (i = 0; i < NET_NCOUNTERS; i++)
			if (!host_number(host_word(&rest),
			    &all[n].counter[i]))
				break;
		n += i == NET_NCOUNTERS;
	}
	*out = all;
	return n;
}

/* ---- pressure, swap areas ---- */

bool
psi_value(struct str text, struct str which, const char *word, double *v)
{
	struct str line, key, value;

	while (host_line(&text, &line)) {
		if (!str_eq(host_word(&line), which))
			continue;
		while ((key = host_word(&line)).n) {
			value = str_cut(key, '=', &key);
			if (str_eq(key, str_of(word)))
				return host_number(value, v);
		}
	}
	return false;
}

struct str
proc_unescape(struct str s, struct arena *a)
{
	char *out = arena_raw(a, s.n + 1);
	size_t i, n = 0;
	int c;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 3 < s.n && s.p[i + 1] >= '0' &&
		    s.p[i + 1] <= '3') {
			c = (s.p[i + 1] - '0') * 64 + (s.p[i + 2] - '0') * 8 +
			    (s.p[i + 3] - '0');
			out[n++] = (char)c;
			i += 3;
		} else {
			out[n++] = s.p[i];
		}
	}
	return (struct str){ out, n };
}

size_t
swaps_parse(struct str text, struct arena *a, struct swap_area **out)
{
	struct swap_area *all = ARENA_ARRAY(a, count_lines(text),
	    struct swap_area);
	struct str line;
	size_t n = 0;

	(void)host_line(&text, &line);	/* the heading */
	while (host_line(&text, &line) && n < LINES_MAX) {
		all[n].file = proc_unescape(host_word(&line), a);
		(void)host_word(&line);
		if (!host_number(host_word(&line), &all[n].size) ||
		    !host_number(host_word(&line), &all[n].used))
			continue;
		all[n].size *= 1024;
		all[n++].used *= 1024;
	}
	*out = all;
	return n;
}

/* ---- files ---- */

/*
 * Files of procfs have no size, so they are read to their end; into the same
 * memory each time, as there are many of them.
 */
int
proc_read(const char *root, const char *path, struct arena *a,
    struct str *text, struct err *e)
{
	static struct buf b = { .max = HOST_FILE_MAX };
	struct str full = ARENA_JOIN(a, str_of(root), STR("/"), str_of(path));
	int fd, rc;

	if ((fd = open(full.p, O_RDONLY | O_CLOEXEC)) == -1) {
		rc = errno == ENOENT ? 0 : -1;
		err_sys(e, "cannot open '%s'", full.p);
		return rc;
	}
	buf_reset(&b);
	rc = io_read_all(fd, &b, e) == -1 ? -1 : 1;
	if (rc == -1)
		err_prefix(e, "'%s'", full.p);
	else
		*text = arena_str(a, buf_str(&b));
	(void)close(fd);
	return rc;
}
