/*
 * host: running the collectors, and what they share: files, words, numbers.
 */
#include "host.h"

#include "core/clk.h"
#include "core/diag.h"
#include "core/mem.h"
#include "core/num.h"
#include "procfs.h"

void
host_family(struct host *h, struct str name, const char *type, struct str help)
{
	h->family = (struct host_family){ name, type, help, false };
}

/*
 * The labels given with -l join those of the sample, all in order of name;
 * the sample's own label wins.
 */
static size_t
merge_labels(const struct host *h, const struct host_label *own, size_t n,
    struct host_label *out)
{
	size_t at = 0, i = 0, j = 0;

	while ((i < n || j < h->nlabels) && at < HOST_LABELS_MAX) {
		int c = i == n ? 1 : j == h->nlabels ? -1 :
		    str_cmp(own[i].name, h->label[j].name);

		out[at++] = c <= 0 ? own[i] : h->label[j];
		i += c <= 0;
		j += c >= 0;
	}
	return at;
}

void
host_sample(struct host *h, double value, const struct host_label *label,
    size_t n)
{
	struct host_label all[HOST_LABELS_MAX];

	if (!h->family.started)
		h->format->family(h);
	h->family.started = true;
	h->format->sample(h, value, all, merge_labels(h, label, n, all));
}

void
host_sample1(struct host *h, double value, const char *name,
    struct str label_value)
{
	struct host_label l = { str_of(name), label_value };

	host_sample(h, value, &l, 1);
}

void
host_single(struct host *h, const char *name, const char *type,
    const char *help, double value)
{
	host_family(h, str_of(name), type, str_of(help));
	host_sample(h, value, NULL, 0);
}

int
host_read_proc(struct host *h, const char *path, struct str *text,
    struct err *e)
{
	return proc_read(h->procfs, path, &h->arena, text, e);
}

int
host_read_sys(struct host *h, const char *path, struct str *text,
    struct err *e)
{
	return proc_read(h->sysfs, path, &h->arena, text, e);
}

bool
host_line(struct str *text, struct str *line)
{
	if (text->n == 0)
		return false;
	*text = str_cut(*text, '\n', line);
	return true;
}

struct str
host_word(struct str *line)
{
	struct str rest = *line, word;
	size_t n = 0;

	while (rest.n && (*rest.p == ' ' || *rest.p == '\t'))
		rest = str_sub(rest, 1, rest.n);
	while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
		n++;
	word = str_sub(rest, 0, n);
	*line = str_sub(rest, n, rest.n);
	return word;
}

bool
host_number(struct str s, double *v)
{
	return num_parse_double(s, v);
}

static bool
run_one(struct host *h, const struct host_collector *c)
{
	struct err e = { 0 };
	int rc;

	arena_reset(&h->arena);
	rc = c->collect(h, &e);
	if (rc == -1) {
		err_prefix(&e, "%s", c->name);
		diag_warn(&e);
	} else if (rc == 0) {
		diag_note("%s: no data: %s", c->name, e.msg);
	}
	return rc == 1;
}

bool
host_wants(const struct host *h, const struct host_collector *c)
{
	struct str rest = str_of(h->collector), one;

	while (c->optional && rest.p != NULL) {
		rest = str_cut(rest, ',', &one);
		if (str_eq(one, str_of(c->name)))
			return true;
	}
	return !c->optional;
}

size_t
host_collect(struct host *h)
{
	double *seconds = mem_array(host_ncollectors, sizeof(*seconds));
	bool *ok = mem_array(host_ncollectors, sizeof(*ok));
	size_t i, good = 0;

	for (i = 0; i < host_ncollectors; i++) {
		double start = clk_mono_s();

		if (!host_wants(h, &host_collectors[i]))
			continue;
		ok[i] = run_one(h, &host_collectors[i]);
		seconds[i] = clk_mono_s() - start;
		good += ok[i];
	}
	host_family(h, STR("node_scrape_collector_duration_seconds"), "gauge",
	    STR("node_exporter: Duration of a collector scrape."));
	for (i = 0; i < host_ncollectors; i++)
		if (host_wants(h, &host_collectors[i]))
			host_sample1(h, seconds[i], "collector",
			    str_of(host_collectors[i].name));
	host_family(h, STR("node_scrape_collector_success"), "gauge",
	    STR("node_exporter: Whether a collector succeeded."));
	for (i = 0; i < host_ncollectors; i++)
		if (host_wants(h, &host_collectors[i]))
			host_sample1(h, ok[i], "collector",
			    str_of(host_collectors[i].name));
	mem_free(seconds);
	mem_free(ok);
	arena_free(&h->arena);
	return good;
}
