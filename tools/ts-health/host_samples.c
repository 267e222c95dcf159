/*
 * host_samples: one sample line (ts-lines(5)) a value.
 */
#include "host.h"

#include "json/write.h"

static void
samples_family(struct host *h)
{
	(void)h;		/* sample lines carry no metadata */
}

/* __name__ first, the others sorted, then values and timestamps. */
static void
samples_sample(struct host *h, double value, const struct host_label *label,
    size_t n)
{
	struct jw w = { .out = h->out };
	size_t i;

	jw_obj(&w);
	jw_key(&w, STR("metric"));
	jw_obj(&w);
	jw_key(&w, STR("__name__"));
	jw_str(&w, h->family.name);
	for (i = 0; i < n; i++) {
		jw_key(&w, label[i].name);
		jw_str(&w, label[i].value);
	}
	jw_obj_end(&w);
	jw_key(&w, STR("values"));
	jw_arr(&w);
	jw_num(&w, value);
	jw_arr_end(&w);
	jw_key(&w, STR("timestamps"));
	jw_arr(&w);
	jw_int(&w, h->now_ms);
	jw_arr_end(&w);
	jw_obj_end(&w);
	(void)buf_putc(h->out, '\n');
}

const struct host_format host_samples = { samples_family, samples_sample };
