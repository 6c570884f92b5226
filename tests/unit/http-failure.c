/* Unit test of filters/http-failure.c: threats T2 and T12. */
#include "../../filters/http-failure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *text;
	bool local;
} addresses[] = {
	{ "127.0.0.1", true },	 { "127.255.0.1", true },      { "0.0.0.0", true },
	{ "169.254.169.254", true }, { "10.0.0.1", false },    { "192.168.0.1", false },
	{ "8.8.8.8", false },	 { "128.0.0.1", false },       { "::1", true },
	{ "::", true },		 { "fe80::1", true },	       { "2001:db8::1", false },
	{ "::ffff:127.0.0.1", true }, { "::ffff:169.254.169.254", true },
	{ "::ffff:8.8.8.8", false },
};

static bool
is_local(const char *text)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;

	memset(&address, 0, sizeof(address));
	if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1)
		address.v4.sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1)
		address.v6.sin6_family = AF_INET6;
	return http_address_is_local(&address.any);
}

static const struct {
	const char *line;
	bool is;
} headers[] = {
	{ "Content-Encoding: gzip\r\n", true },	   { "content-encoding:gzip", true },
	{ "CONTENT-ENCODING: \t br\r\n", true },   { "Content-Encoding: identity\r\n", false },
	{ "Content-Encoding:\r\n", true },	   { "Content-Type: gzip\r\n", false },
	{ "X-Content-Encoding: gzip\r\n", false }, { "Content-Encodin", false },
};

int
main(void)
{
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct error err;
	size_t i;
	int failure;

	for (i = 0; i < ALLOC_COUNT(addresses); i++)
		check(is_local(addresses[i].text) == addresses[i].local, "%s", addresses[i].text);
	check(http_address_is_local(&other), "what is no IP address is not reached at all");
	for (i = 0; i < ALLOC_COUNT(headers); i++)
		check(http_header_is_encoding(headers[i].line, strlen(headers[i].line)) ==
		      headers[i].is, "header %zu", i);
	check_number(http_failure_error(HTTP_FAILURE_NONE, &err), 0, "no failure");
	for (failure = HTTP_FAILURE_NONE + 1; failure <= HTTP_FAILURE_BROKEN; failure++)
		check(http_failure_error((enum http_failure)failure, &err) == -1 &&
		      err.kind != ERROR_NONE && err.text[0] != '\0', "%s", err.text);
	return check_done();
}
