/*
 * checks: the kinds.
 */
#include "check.h"

#include "kinds.h"

const struct check_kind *const check_kinds[] = {
	&check_cert, &check_command, &check_container, &check_cpu,
	&check_disk, &check_dns, &check_docker, &check_file,
	&check_heartbeat, &check_http, &check_icmp, &check_load,
	&check_memory, &check_network, &check_postgres, &check_process,
	&check_redis, &check_system, &check_tcp, &check_unit,
};
const size_t check_nkinds = sizeof(check_kinds) / sizeof(check_kinds[0]);

const struct check_kind *
check_kind_find(struct str name)
{
	size_t i;

	for (i = 0; i < check_nkinds; i++)
		if (str_eq(name, str_of(check_kinds[i]->name)))
			return check_kinds[i];
	return NULL;
}
