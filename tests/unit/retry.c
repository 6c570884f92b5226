/* Unit test of filters/retry.c: fault F10. */
#include "../../filters/retry.h"

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *header;
	long long wanted_ms;
} headers[] = {
	{ NULL, -1 },
	{ "0", 0 },
	{ "1", 1000 },
	{ "299", 299000 },
	{ "301", 300000 },
	{ "1000000000", 300000 },
	{ "99999999999999999999999999", 300000 },
	{ "-1", -1 },
	{ "", -1 },
	{ "1.5", -1 },
	{ "soon", -1 },
	{ "1 2", -1 },
	{ "Thu, 01 Jan 1970 00:01:40 GMT", 60000 }, /* now is 40 */
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Fri, 31 Dec 2100 23:59:59 GMT", 300000 },
	{ "Thu, 01 Jan 1970 00:01:40", -1 },
};

static const struct {
	long status;
	bool worth;
} statuses[] = {
	{ 200, false }, { 301, false }, { 400, false }, { 401, false }, { 403, false }, { 404, false },
	{ 408, true },	{ 429, true },	{ 500, true },	{ 501, false }, { 502, true },	{ 503, true },
	{ 504, true },	{ 505, false }, { 599, true },	{ 600, false },
};

static void
test_delays(void)
{
	static const long long wholes[] = { 400, 800, 1600, 3200, 6400, 10000, 10000 };
	unsigned i;

	for (i = 0; i < ALLOC_COUNT(wholes); i++) {
		check_number(retry_delay_ms(i + 1, 400, 10000, 0), wholes[i] / 2, "the least");
		check_number(retry_delay_ms(i + 1, 400, 10000, (uint32_t)wholes[i] / 2), wholes[i],
			     "the most");
		check(retry_delay_ms(i + 1, 400, 10000, 0xffffffffu) <= wholes[i], "never more");
	}
	check_number(retry_delay_ms(1000000, 400, 10000, 0), 5000, "after a million failures");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(headers); i++)
		check_number(retry_after_ms(headers[i].header, 40), headers[i].wanted_ms,
			     headers[i].header != NULL ? headers[i].header : "(none)");
	for (i = 0; i < ALLOC_COUNT(statuses); i++)
		check(retry_is_worth(statuses[i].status) == statuses[i].worth, "%ld",
		      statuses[i].status);
	test_delays();
	check(retry_random() != retry_random() || retry_random() != retry_random(), "by chance");
	return check_done();
}
