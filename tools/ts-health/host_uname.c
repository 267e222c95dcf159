/*
 * uname: the system's names as labels.
 */
#include "host.h"

#include <sys/utsname.h>

int
host_uname(struct host *h, struct err *e)
{
	struct utsname u;

	if (uname(&u) == -1)
		return err_sys(e, "uname");

	struct host_label l[] = {
		{ STR("domainname"), str_of(u.domainname) },
		{ STR("machine"), str_of(u.machine) },
		{ STR("nodename"), str_of(u.nodename) },
		{ STR("release"), str_of(u.release) },
		{ STR("sysname"), str_of(u.sysname) },
		{ STR("version"), str_of(u.version) },
	};

	host_family(h, STR("node_uname_info"), "gauge", STR("Labeled system "
	    "information as provided by the uname system call."));
	host_sample(h, 1, l, sizeof(l) / sizeof(l[0]));
	return 1;
}
