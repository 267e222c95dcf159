#include "output.h"

#include "yaml/fields.h"

const struct output *const outputs[] = {
	&output_alerts, &output_blocks, &output_elasticsearch,
	&output_events, &output_loki, &output_otlp, &output_samples,
	&output_stats, &output_text,
};
const size_t noutputs = sizeof(outputs) / sizeof(outputs[0]);

const struct output *
output_find(struct str name, bool ships, struct err *e)
{
	const char *names[32], *near;
	size_t i, n = 0;

	for (i = 0; i < noutputs && n < 32; i++) {
		if (outputs[i]->ships != ships)
			continue;
		if (str_eq(name, str_of(outputs[i]->name)))
			return outputs[i];
		names[n++] = outputs[i]->name;
	}
	near = yaml_near(name, names, n);
	(void)err_set(e, ERR_CONFIG, "unknown output '" STR_FMT "'%s%s%s",
	    STR_ARG(name), near ? ", did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
	return NULL;
}
