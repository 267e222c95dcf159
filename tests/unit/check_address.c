/*
 * Addresses of ts-logwatch: the quick ways say what inet_pton and inet_ntop
 * say; masks and networks.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/address.h"
#include "../../tools/ts-logwatch/scan.h"

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const char *const texts[] = {
	"0.0.0.0", "1.2.3.4", "255.255.255.255", "10.20.30.40",
	"256.1.1.1", "1.256.1.1", "1.1.1.256", "01.2.3.4", "1.2.3.04",
	"00.0.0.0", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.",
	"1.2.3.4.5", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8", "1000.2.3.4",
	"1.2.3.1000", "-1.2.3.4", "a.b.c.d", "1.2.3.x", "", ".", "...",
	"1", "0", "0x1.2.3.4", "1.2.3.4\n", "1,2,3,4"
};

START_TEST(ipv4)
{
	unsigned char got[4] = { 0 }, want[4] = { 0 };
	struct address a;
	char text[ADDRESS_TEXT];
	bool ok = inet_pton(AF_INET, texts[_i], want) == 1;

	ck_assert_msg(scan_ipv4(str_of(texts[_i]), got) == ok, "'%s'",
	    texts[_i]);
	ck_assert(scan_is_address(str_of(texts[_i])) == ok);
	ck_assert(address_parse(str_of(texts[_i]), &a) == ok);
	if (!ok)
		return;
	ck_assert_mem_eq(got, want, 4);
	ck_assert_mem_eq(a.bytes, want, 4);
	ck_assert(str_eq(address_print(&a, 32, text), str_of(texts[_i])));
}
END_TEST

static const struct { const char *text, *canonical; } rows[] = {
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "2001:DB8:0:0::1", "2001:db8::1" },
	{ "::1", "::1" },
	{ "192.0.2.1%eth0", "192.0.2.1" },
	{ "fe80::1%eth0", NULL },
	{ "1.2.3.4; reboot", NULL },
	{ "example.com", NULL },
	{ ":", NULL },
	{ "2001:db8::/32", NULL }
};

START_TEST(canonical)
{
	struct address a;
	char text[ADDRESS_TEXT];
	bool ok = address_parse(str_of(rows[_i].text), &a);

	ck_assert(ok == (rows[_i].canonical != NULL));
	if (ok)
		ck_assert(str_eq(address_print(&a, a.v6 ? 128 : 32, text),
		    str_of(rows[_i].canonical)));
}
END_TEST

/* Bit by bit, for every prefix. */
START_TEST(masks)
{
	static const char *const some[] = { "255.170.85.255", "10.1.2.3",
	    "ffff:aaaa:5555:ffff:1:2:3:ffff", "2001:db8::1" };
	struct address a, b, masked;
	struct cidr c;
	int bits, prefix, i;

	ck_assert(address_parse(str_of(some[_i]), &a));
	bits = a.v6 ? 128 : 32;
	for (prefix = 0; prefix <= bits; prefix++) {
		masked = a;
		address_mask(&masked, prefix);
		for (i = 0; i < bits; i++)
			ck_assert_int_eq(masked.bytes[i / 8] >> (7 - i % 8) &
			    1, i < prefix && (a.bytes[i / 8] >> (7 - i % 8) &
			    1));
		c = (struct cidr){ masked, prefix };
		ck_assert(cidr_has(&c, &a));
		for (i = 0; i < bits; i++) {
			b = a;
			b.bytes[i / 8] ^= (unsigned char)(0x80 >> i % 8);
			ck_assert(cidr_has(&c, &b) == (i >= prefix));
		}
		b = a;
		b.v6 = !a.v6;
		ck_assert(!cidr_has(&c, &b));
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("address");
	TCase *tc = tcase_create("address");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, ipv4, 0, COUNT(texts));
	tcase_add_loop_test(tc, canonical, 0, COUNT(rows));
	tcase_add_loop_test(tc, masks, 0, 4);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
