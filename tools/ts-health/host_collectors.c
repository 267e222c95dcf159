/*
 * The collectors, in the order of their output.
 */
#include "host.h"

const struct host_collector host_collectors[] = {
	{ "cgroup", host_cgroup, false },
	{ "cpu", host_cpu, false },
	{ "diskstats", host_diskstats, false },
	{ "filefd", host_filefd, false },
	{ "filesystem", host_filesystem, false },
	{ "loadavg", host_loadavg, false },
	{ "meminfo", host_meminfo, false },
	{ "netdev", host_netdev, false },
	{ "netstat", host_netstat, false },
	{ "pressure", host_pressure, false },
	{ "processes", host_processes, true },
	{ "sockstat", host_sockstat, false },
	{ "softnet", host_softnet, false },
	{ "stat", host_stat, false },
	{ "systemd", host_systemd, true },
	{ "time", host_time, false },
	{ "uname", host_uname, false },
	{ "vmstat", host_vmstat, false },
};

const size_t host_ncollectors =
    sizeof(host_collectors) / sizeof(host_collectors[0]);
