/* Unit test of filters/realm.c: threats T1 and T3. */
#include "../../filters/realm.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *registry, *realm;
	const char *url; /* NULL: not trusted */
	bool foreign;
} rows[] = {
	{ "https://reg.example.com", "https://reg.example.com/token",
	  "https://reg.example.com/token", false },
	{ "https://reg.example.com", "/token", "https://reg.example.com/token", false },
	{ "https://reg.example.com:5000", "https://reg.example.com:5001/auth",
	  "https://reg.example.com:5001/auth", false },
	{ "https://reg.example.com", "https://auth.example.com/token?a=b",
	  "https://auth.example.com/token?a=b", true },
	{ "https://registry-1.docker.io", "https://auth.docker.io/token",
	  "https://auth.docker.io/token", true },
	{ "https://registry.gitlab.com", "https://gitlab.com/jwt/auth",
	  "https://gitlab.com/jwt/auth", true },
	{ "http://127.0.0.1:5000", "http://127.0.0.1:5000/token", "http://127.0.0.1:5000/token",
	  false },
	{ "http://reg.example.com", "https://reg.example.com/t", "https://reg.example.com/t", false },
	{ "http://10.0.0.5:5000", "http://10.0.0.5:5001/t", "http://10.0.0.5:5001/t", false },
	/* the administrator's list */
	{ "https://reg.example.com", "https://sso.other.org/token", "https://sso.other.org/token",
	  false },
	{ "https://reg.example.com", "https://sso.other.org:8443/token",
	  "https://sso.other.org:8443/token", false },
	{ "http://127.0.0.1:5000", "http://127.0.0.1:7777/token", "http://127.0.0.1:7777/token",
	  false },
	{ "https://reg.example.com", "https://[::1]:7777/t", "https://[::1]:7777/t", false },
	/* what is not trusted */
	{ "https://reg.example.com", "https://evil.org/token", NULL, false },
	{ "https://reg.example.com", "http://reg.example.com/token", NULL, false },
	{ "https://reg.example.com", "http://sso.other.org/token", NULL, false },
	{ "https://reg.co.uk", "https://evil.co.uk/token", NULL, false },
	{ "https://a.azurecr.io", "https://b.azurecr.io/token", NULL, false },
	{ "https://a.github.io", "https://b.github.io/token", NULL, false },
	{ "https://reg.example.com", "https://reg.example.com.evil.org/token", NULL, false },
	{ "https://reg.example.com", "https://xreg-example.com/token", NULL, false },
	{ "https://reg.example.com", "https://sub.sso.other.org/token", NULL, false },
	{ "https://reg.example.com", "https://127.0.0.1/token", NULL, false },
	{ "https://reg.example.com", "https://169.254.169.254/token", NULL, false },
	{ "https://reg.example.com", "https://10.0.0.1/token", NULL, false },
	{ "http://127.0.0.1:5000", "http://127.0.0.1:5001/token", NULL, false },
	{ "http://127.0.0.1:5000", "https://127.0.0.1:5001/t", NULL, false },
	{ "http://127.0.0.1:5000", "https://127.0.0.1.:5001/t", NULL, false },
	{ "http://127.0.0.1:5000", "https://LOCALHOST:5001/t", NULL, false },
	{ "http://127.0.0.1:5000", "https://u@127.0.0.1:5000/t", NULL, false },
	{ "http://127.0.0.1:5000", "https://[::1]:5001/t", NULL, false },
	{ "http://127.0.0.1:5000", "https://0x7f.1:5000/t", NULL, false },
	{ "http://127.0.0.1:5000", "https://127.1:5000/t", NULL, false },
	{ "http://127.0.0.1:5000", "http://127.0.0.1:5000;@evil.org/t", NULL, false },
	{ "http://127.0.0.1:5000", "http://127.0.0.1:5000\\@evil.org/t", NULL, false },
	{ "http://127.0.0.1:5000", "http://127.0.0.1:5000#@evil.org/t", NULL, false },
	{ "http://127.0.0.1:5000", "//evil.org/t", NULL, false },
	{ "http://127.0.0.1:5000", "ftp://127.0.0.1:5000/t", NULL, false },
	{ "http://127.0.0.1:5000", "file:///etc/passwd", NULL, false },
	{ "https://reg.example.com", "https://\xd1\x80" "eg.example.com/t", NULL, false },
	{ "https://reg.example.com", "https://reg.example.com\r\nX: y/t", NULL, false },
	{ "https://reg.example.com", "https://", NULL, false },
};

int
main(void)
{
	static const char *const trusted[] = { "sso.other.org", "127.0.0.1:7777", "[::1]:7777" };
	struct error err;
	bool foreign = false;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		char *url;
		int status = realm_check(rows[i].registry, rows[i].realm, trusted,
					 ALLOC_COUNT(trusted), &url, &foreign, &err);

		check_text(url, rows[i].url, rows[i].realm);
		if (status == 0)
			check(foreign == rows[i].foreign, "foreign");
		else
			check(err.kind == ERROR_DENIED && strstr(err.text, "realm-untrusted") != NULL,
			      "denied: %s", err.text);
		free(url);
	}
	realm_check("https://reg.example.com", "https://evil.org/token", NULL, 0,
		    &(char *){ NULL }, &foreign, &err);
	check(strstr(err.text, "--realm evil.org:443") != NULL, "the remedy is named");
	return check_done();
}
