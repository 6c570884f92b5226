/* See http-failure.h. */
#include "http-failure.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static const struct {
	enum error_kind kind;
	const char *text;
} failures[] = {
	[HTTP_FAILURE_NONE] = { ERROR_NONE, "" },
	[HTTP_FAILURE_LIBRARY] = { ERROR_SYSTEM,
				   "libcurl.so.4 (Debian: libcurl4) cannot be loaded" },
	[HTTP_FAILURE_HEADERS] = { ERROR_PROTOCOL, "the headers of the answer are too long" },
	[HTTP_FAILURE_ENCODING] = { ERROR_PROTOCOL,
				    "the answer is compressed though nobody asked for that" },
	[HTTP_FAILURE_BODY] = { ERROR_PROTOCOL, "the answer is longer than its bound" },
	[HTTP_FAILURE_READER] = { ERROR_PROTOCOL, "stopped by its reader" },
	[HTTP_FAILURE_ADDRESS] = { ERROR_DENIED,
				   "its address is one of this machine or link-local, and another "
				   "server named it" },
	[HTTP_FAILURE_TRUST] = { ERROR_DENIED,
				 "its TLS certificate is not trusted (unknown CA, wrong name or "
				 "expired)" },
	[HTTP_FAILURE_TLS_FILE] = { ERROR_CONFIG,
				    "a CA, certificate or key file for it cannot be used" },
	[HTTP_FAILURE_TLS] = { ERROR_TEMPORARY,
			       "no TLS connection (does it speak https, TLS 1.2 or newer?)" },
	[HTTP_FAILURE_TIME] = { ERROR_TEMPORARY, "no answer in time" },
	[HTTP_FAILURE_NAME] = { ERROR_TEMPORARY, "its name is not found in DNS" },
	[HTTP_FAILURE_CONNECT] = { ERROR_TEMPORARY, "no connection" },
	[HTTP_FAILURE_NOT_HTTP] = { ERROR_PROTOCOL, "the answer is not HTTP" },
	[HTTP_FAILURE_BROKEN] = { ERROR_TEMPORARY, "the connection broke off" },
};

int
http_failure_error(enum http_failure failure, struct error *err)
{
	if (failure == HTTP_FAILURE_NONE)
		return 0;
	return error_set(err, failures[failure].kind, 0, "%s", failures[failure].text);
}

static bool
is_local_v4(const unsigned char *a)
{
	return a[0] == 127 || a[0] == 0 || (a[0] == 169 && a[1] == 254);
}

bool
http_address_is_local(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return is_local_v4((const unsigned char *)&v4.sin_addr);
	}
	if (address->sa_family != AF_INET6)
		return true;
	memcpy(&v6, address, sizeof(v6));
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return is_local_v4(v6.sin6_addr.s6_addr + 12);
	return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr) ||
	       IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr);
}

static bool
is_identity(const char *value, size_t len)
{
	for (; len > 0 && (*value == ' ' || *value == '\t'); len--)
		value++;
	return len >= 8 && strncasecmp(value, "identity", 8) == 0;
}

bool
http_header_is_encoding(const char *line, size_t len)
{
	static const char name[] = "content-encoding:";
	size_t name_len = sizeof(name) - 1;

	return len >= name_len && strncasecmp(line, name, name_len) == 0 &&
	       !is_identity(line + name_len, len - name_len);
}
