/*
 * filefd: open files of the whole machine; "allocated unused maximum".
 */
#include "host.h"

int
host_filefd(struct host *h, struct err *e)
{
	struct str line;
	double allocated, maximum;
	int rc;

	if ((rc = host_read_proc(h, "sys/fs/file-nr", &line, e)) != 1)
		return rc;
	line = str_trim(line);
	if (!host_number(host_word(&line), &allocated))
		return err_set(e, ERR_SYNTAX, "bad sys/fs/file-nr");
	(void)host_word(&line);
	if (!host_number(host_word(&line), &maximum))
		return err_set(e, ERR_SYNTAX, "bad sys/fs/file-nr");
	host_single(h, "node_filefd_allocated", "gauge",
	    "File descriptor statistics: allocated.", allocated);
	host_single(h, "node_filefd_maximum", "gauge",
	    "File descriptor statistics: maximum.", maximum);
	return 1;
}
