/*
 * The collectors, in the order of their output.
 */
#include "host.h"

const struct host_collector host_collectors[] = {
	{ "cpu", host_cpu },
	{ "diskstats", host_diskstats },
	{ "filefd", host_filefd },
	{ "filesystem", host_filesystem },
	{ "loadavg", host_loadavg },
	{ "meminfo", host_meminfo },
	{ "netdev", host_netdev },
	{ "pressure", host_pressure },
	{ "stat", host_stat },
	{ "time", host_time },
	{ "uname", host_uname },
	{ "vmstat", host_vmstat },
};

const size_t host_ncollectors =
    sizeof(host_collectors) / sizeof(host_collectors[0]);
