/* bus/endpoint.c: what is an address. What endpoints do is tested with filter.c and endpoint-zmq.c. */
#include "../../bus/endpoint.h"

#include <stdlib.h>

#include "../check.h"

static const struct {
	const char *address;
	bool retained;
} addresses[] = {
	{ "-", false }, { "ipc:///run/x", true }, { "@ipc:///run/x", true }, { "tcp://h:1", true },
	{ "@tcp://*:1", true }, { "http://x", false }, { "@-", false }, { "", false }, { "ipc:/x", false },
};

int
main(void)
{
	static const struct endpoint_events events = { .record = NULL };
	static const struct endpoint_settings settings = { .insecure_tcp = false };
	struct loop *loop = loop_new();
	struct error err;
	size_t i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		check(endpoint_is_retained(addresses[i].address) == addresses[i].retained, "%s",
		      addresses[i].address);
	check(endpoint_open_reader(loop, "http://x", &settings, &events, NULL, &err) == NULL &&
	      err.kind == ERROR_USAGE && strstr(err.text, "'http://x' is no endpoint") != NULL,
	      "refused: %s", err.text);
	check(endpoint_open_reader(loop, "tcp://127.0.0.1:1", &settings, &events, NULL, &err) == NULL,
	      "tcp without keys is refused: %s", err.text);
	loop_free(loop);
	return check_done();
}
