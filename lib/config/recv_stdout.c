/* Ours: a view for the terminal. */
#include "config/recv.h"

static const struct yfield rows[] = { RECV_ROWS };

static const struct yfields fields = RECV_TABLE("stdout_config",
    struct stdout_config, rows, NULL);

const struct recv_kind recv_stdout = {
	.key = "stdout_configs", .name = "stdout", .fields = &fields,
	.send_resolved = true, .null_ok = true, .ours = true
};
