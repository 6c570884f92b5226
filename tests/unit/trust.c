/* Unit test of filters/trust.c: which file is for which host, and when. */
#include "../../filters/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *url, *file; /* file NULL: none is there */
} cases[] = {
	{ "https://reg.example", "reg.example" },
	{ "https://REG.example:5000/v2/", "reg.example" },
	{ "https://127.0.0.1:5000", "127.0.0.1" },
	{ "https://[::1]:5000", "[::1]" },
	{ "https://other.example", NULL },
	{ "https://example", NULL },
	{ "https://reg.example.evil", NULL },
	{ "https://a.reg.example", NULL },
	{ "https://../reg.example", NULL },
	{ "https://", NULL },
	{ "reg.example", NULL },
};
static const char *const files[] = { "reg.example", "127.0.0.1", "[::1]", "late.example" };

static void
make(const char *dir, const char *name)
{
	CLEANUP_FREE char *path = alloc_format("%s/%s", dir, name);
	FILE *file = fopen(path, "w");

	if (file == NULL || fclose(file) != 0)
		abort();
}

static void
test_cases(struct trust *trust, const char *dir)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(cases); i++) {
		const struct http_tls *tls = trust_of(trust, cases[i].url);
		CLEANUP_FREE char *path = alloc_format("%s/%s", dir,
						       cases[i].file != NULL ? cases[i].file : "");

		if (cases[i].file == NULL)
			check(tls == NULL, "%s: none", cases[i].url);
		else
			check(tls != NULL && strcmp(tls->ca_file, path) == 0 && tls->ca_added &&
				      !tls->insecure,
			      "%s: %s, beside the system's", cases[i].url, cases[i].file);
	}
}

int
main(void)
{
	char dir[] = "/tmp/weir-trust.XXXXXX";
	const struct http_tls *tls;
	struct trust *trust;
	size_t i;

	if (mkdtemp(dir) == NULL)
		abort();
	for (i = 0; i + 1 < ALLOC_COUNT(files); i++)
		make(dir, files[i]);
	trust = trust_open(dir);
	test_cases(trust, dir);
	check(trust_of(trust, "https://late.example") == NULL, "a file that is not there yet");
	make(dir, "late.example");
	tls = trust_of(trust, "https://late.example");
	check(tls != NULL, "is used once it is");
	check(tls == trust_of(trust, "https://late.example:444/v2/"), "and is one for the host");
	trust_close(trust);
	trust = trust_open("/nowhere");
	check(trust_of(trust, "https://reg.example") == NULL, "no folder: none");
	trust_close(trust);
	trust_close(NULL);
	for (i = 0; i < ALLOC_COUNT(files); i++) {
		CLEANUP_FREE char *path = alloc_format("%s/%s", dir, files[i]);

		unlink(path);
	}
	rmdir(dir);
	return check_done();
}
