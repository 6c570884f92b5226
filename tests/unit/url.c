/* Unit test of filters/url.c. */
#include "../../filters/url.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *text, *origin; /* origin NULL: refused */
	const char *rest;
} urls[] = {
	{ "https://reg.example", "https://reg.example", "" },
	{ "https://reg.example/", "https://reg.example", "/" },
	{ "HTTPS://Reg.Example.:443/v2/?n=1", "https://reg.example", "/v2/?n=1" },
	{ "http://reg.example:80?x", "http://reg.example", "?x" },
	{ "http://reg.example:5000/a", "http://reg.example:5000", "/a" },
	{ "https://127.0.0.1:8443/a", "https://127.0.0.1:8443", "/a" },
	{ "https://[::1]:8443/a", "https://[::1]:8443", "/a" },
	{ "https://[2001:db8::1]/a", "https://[2001:db8::1]", "/a" },
	{ "https://my_reg/a", "https://my_reg", "/a" },
	{ "ftp://reg.example/", NULL, NULL },
	{ "reg.example/", NULL, NULL },
	{ "//reg.example/", NULL, NULL },
	{ "https://", NULL, NULL },
	{ "https:///a", NULL, NULL },
	{ "https://u@reg.example/", NULL, NULL },
	{ "https://u:p@reg.example/", NULL, NULL },
	{ "https://reg.example\\@evil/", NULL, NULL },
	{ "https://reg.example#@evil/", NULL, NULL },
	{ "https://reg.example;@evil/", NULL, NULL },
	{ "https://reg.example:/", NULL, NULL },
	{ "https://reg.example:0/", NULL, NULL },
	{ "https://reg.example:65536/", NULL, NULL },
	{ "https://reg.example:4x3/", NULL, NULL },
	{ "https://reg..example/", NULL, NULL },
	{ "https://.example/", NULL, NULL },
	{ "https://reg.example../", NULL, NULL },
	{ "https://0x7f.1/", NULL, NULL },
	{ "https://0x7f000001/", NULL, NULL },
	{ "https://127.1/", NULL, NULL },
	{ "https://2130706433/", NULL, NULL },
	{ "https://0177.0.0.1/", NULL, NULL },
	{ "https://127.0.0.1.5/", NULL, NULL },
	{ "https://1.2.3.256/", NULL, NULL },
	{ "https://[::1/", NULL, NULL },
	{ "https://[::1]x/", NULL, NULL },
	{ "https://[::1%25lo]/", NULL, NULL },
	{ "https://::1/", NULL, NULL },
	{ "https://r\xc3\xa9g.example/", NULL, NULL },
	{ "https://reg%2eexample/", NULL, NULL },
	{ "https://reg.example/a b", NULL, NULL },
	{ "https://reg.example/a\nb", NULL, NULL },
	{ "https://reg.example/<a>", NULL, NULL },
};

static void
test_parse(void)
{
	struct url url;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(urls); i++) {
		struct error err;
		bool ok = url_parse(&url, urls[i].text, &err) == 0;
		char *origin = ok ? url_origin(&url) : NULL;

		check_text(origin, urls[i].origin, urls[i].text);
		if (ok)
			check_text(url.rest, urls[i].rest, "its rest");
		else
			check_number(err.kind, ERROR_INPUT, "its kind of error");
		free(origin);
	}
}

static const struct {
	const char *base, *reference, *result;
} references[] = {
	{ "https://r/v2/a/tags/list?n=1", "/v2/a/tags/list?last=x", "https://r/v2/a/tags/list?last=x" },
	{ "https://r/v2/a/tags/list?n=1", "?last=x", "https://r/v2/a/tags/list?last=x" },
	{ "https://r/v2/a/tags/list?n=1", "list?last=x", "https://r/v2/a/tags/list?last=x" },
	{ "https://r/v2/a/tags/list", "https://other/x", "https://other/x" },
	{ "https://r/v2/a/tags/list", "HTTP://other/x", "HTTP://other/x" },
	{ "https://r/v2/a/tags/list", "//other/x", "https://other/x" },
	{ "http://r:5000", "token", "http://r:5000/token" },
	{ "http://r:5000", "/token", "http://r:5000/token" },
	{ "http://r:5000?a/b", "token", "http://r:5000/token" },
};

static void
test_resolve(void)
{
	struct url url;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(references); i++) {
		char *result;

		url_parse(&url, references[i].base, NULL);
		result = url_resolve(&url, references[i].base, references[i].reference);
		check_text(result, references[i].result, references[i].reference);
		free(result);
	}
}

static const struct {
	const char *a, *b;
	bool same;
} origins[] = {
	{ "https://a/", "https://A:443/x", true },  { "https://a/", "https://a./x", true },
	{ "https://a/", "http://a:443/x", false },  { "https://a/", "https://a:444/", false },
	{ "https://a/", "https://a.b/", false },    { "http://[::1]/", "http://[::1]:80/", true },
};

static const struct {
	const char *host;
	bool is_loopback, is_address;
} hosts[] = {
	{ "127.0.0.1", true, true },   { "127.9.9.9", true, true },  { "[::1]", true, true },
	{ "[0:0:0:0:0:0:0:1]", true, true }, { "localhost", true, false },
	{ "a.localhost", true, false }, { "alocalhost", false, false }, { "128.0.0.1", false, true },
	{ "[::2]", false, true },      { "reg.example", false, false }, { "localhost.example", false, false },
	{ "127.example", false, false },
};

int
main(void)
{
	struct url a, b;
	size_t i;

	test_parse();
	test_resolve();
	for (i = 0; i < ALLOC_COUNT(origins); i++) {
		url_parse(&a, origins[i].a, NULL);
		url_parse(&b, origins[i].b, NULL);
		check(url_same_origin(&a, &b) == origins[i].same, "%s and %s", origins[i].a,
		      origins[i].b);
	}
	for (i = 0; i < ALLOC_COUNT(hosts); i++) {
		check(url_host_is_loopback(hosts[i].host) == hosts[i].is_loopback, "%s: loopback",
		      hosts[i].host);
		check(url_host_is_address(hosts[i].host) == hosts[i].is_address, "%s: an address",
		      hosts[i].host);
	}
	return check_done();
}
