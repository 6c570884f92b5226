/* Unit test of filters/base64.c. */
#include "../../filters/base64.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *plain, *text;
} pairs[] = {
	{ "", "" },	     { "f", "Zg==" },	      { "fo", "Zm8=" },
	{ "foo", "Zm9v" },   { "foob", "Zm9vYg==" },  { "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfd\xfc", "//79/A==" },
	{ "user:a:b:c", "dXNlcjphOmI6Yw==" },
};

static const struct {
	const char *text, *plain; /* plain NULL: refused */
} odd[] = {
	{ "Zg", "f" },	       { "Zm8", "fo" },	       { " Zm9v\r\n", "foo" },
	{ "Zg=", NULL },       { "Z", NULL },	       { "Zm9v=", NULL },
	{ "Zg===", NULL },     { "Zm 9v", NULL },      { "Zm9v-_", NULL },
	{ "====", NULL },      { "Zm9\x80", NULL },
};

int
main(void)
{
	size_t i, len;

	for (i = 0; i < ALLOC_COUNT(pairs); i++) {
		char *text = base64_encode(pairs[i].plain, strlen(pairs[i].plain));
		char *plain = base64_decode(pairs[i].text, strlen(pairs[i].text), &len);

		check_text(text, pairs[i].text, "encoded");
		check_text(plain, pairs[i].plain, "decoded");
		check_number((long long)len, (long long)strlen(pairs[i].plain), "its length");
		free(text);
		free(plain);
	}
	for (i = 0; i < ALLOC_COUNT(odd); i++) {
		char *plain = base64_decode(odd[i].text, strlen(odd[i].text), &len);

		check_text(plain, odd[i].plain, odd[i].text);
		free(plain);
	}
	return check_done();
}
