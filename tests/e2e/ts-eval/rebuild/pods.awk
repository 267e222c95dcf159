# Every minute 1000 pods that live for one sample; number 7 is down.
BEGIN {
	for (m = 0; m < 300; m++)
		for (p = 0; p < 1000; p++)
			printf "{\"metric\":{\"__name__\":\"up\",\"pod\":\"%d-%d\"},\"values\":[%d],\"timestamps\":[%d000]}\n",
			    m, p, p != 7, 1700000040 + 60 * m
}
