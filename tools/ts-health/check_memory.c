/*
 * check_memory: memory that programs could still get, and swap.
 */
#include "core/num.h"
#include "host.h"
#include "kinds.h"

struct memory_check {
	struct check check;
	struct range warn, crit, swap_warn, swap_crit;
};

#define T	struct memory_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	RANGE_ROW("warn", T, warn),
	RANGE_ROW("crit", T, crit),
	RANGE_ROW("swap_warn", T, swap_warn),
	RANGE_ROW("swap_crit", T, swap_crit),
};
KIND_FIELDS(memory, T);
#undef T

enum { TOTAL, AVAILABLE, FREE, BUFFERS, CACHED, SWAP, SWAP_FREE, NFIELDS };

static const char *const names[NFIELDS] = {
	"MemTotal:", "MemAvailable:", "MemFree:", "Buffers:", "Cached:",
	"SwapTotal:", "SwapFree:",
};

/* In bytes; -1 where a line is absent. */
static void
read_fields(struct str text, double *v)
{
	struct str line, word;
	size_t i;

	for (i = 0; i < NFIELDS; i++)
		v[i] = -1;
	while (host_line(&text, &line)) {
		word = host_word(&line);
		for (i = 0; i < NFIELDS; i++)
			if (str_eq(word, str_of(names[i])) &&
			    host_number(host_word(&line), &v[i]))
				v[i] *= 1024;
	}
}

static void
memory_run(const struct check *c, struct check_result *r)
{
	const struct memory_check *m = (const struct memory_check *)c;
	double v[NFIELDS], used;
	struct str text;

	if (!proc_text(c, "meminfo", r, &text))
		return;
	read_fields(text, v);
	/* Kernels before 3.14 do not tell what is available. */
	if (v[AVAILABLE] < 0)
		v[AVAILABLE] = v[FREE] + v[BUFFERS] + v[CACHED];
	if (v[TOTAL] <= 0 || v[AVAILABLE] < 0) {
		check_say(r, CHECK_UNKNOWN, "meminfo lacks MemTotal or "
		    "MemAvailable");
		return;
	}
	used = (v[TOTAL] - v[AVAILABLE]) * 100 / v[TOTAL];
	check_measure(r, STR("used"), used, "%", &m->warn, &m->crit,
	    "memory usage");
	if (v[SWAP] > 0)
		check_measure(r, STR("swap"), (v[SWAP] - v[SWAP_FREE]) * 100 /
		    v[SWAP], "%", &m->swap_warn, &m->swap_crit, "swap usage");
	check_metric(r, "node_memory_MemTotal_bytes", v[TOTAL]);
	check_metric(r, "node_memory_MemAvailable_bytes", v[AVAILABLE]);
	check_note(r, "%.1f%% used, %.2f GiB available", used,
	    v[AVAILABLE] / (1 << 30));
}

const struct check_kind check_memory = {
	.name = "memory", .fields = &memory_fields, .run = memory_run,
};
