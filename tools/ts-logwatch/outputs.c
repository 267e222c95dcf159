#include "output.h"

#include "yaml/fields.h"

const struct output *const outputs[] = {
	&output_alerts, &output_events, &output_samples,
	&output_stats,
};
const size_t noutputs = sizeof(outputs) / sizeof(outputs[0]);

const struct output *
output_find(struct str name, struct err *e)
{
	const char *names[32], *near;
	size_t i;

	for (i = 0; i < noutputs && i < 32; i++) {
		if (str_eq(name, str_of(outputs[i]->name)))
			return outputs[i];
		names[i] = outputs[i]->name;
	}
	near = yaml_near(name, names, i);
	(void)err_set(e, ERR_CONFIG, "unknown output '" STR_FMT "'%s%s%s",
	    STR_ARG(name), near ? ", did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
	return NULL;
}
