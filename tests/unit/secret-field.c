/* filters/secret-field.c: a field of a Secret, and that its text is never in an error. */
#include "../../filters/secret-field.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *body, *type, *text, *part;
} secrets[] = {
	{ "{\"type\":\"T\",\"data\":{\"f\":\"dTpw\"}}", "T", "u:p", NULL },
	{ "{\"type\":\"X\",\"data\":{\"f\":\"dTpw\"}}", NULL, "u:p", NULL },
	{ "{\"type\":\"X\",\"data\":{\"f\":\"dTpw\"}}", "T", NULL, "not of type T" },
	{ "{\"data\":{\"f\":\"dTpw\"}}", "T", NULL, "not of type T" },
	{ "{\"type\":\"T\",\"data\":{\"g\":\"dTpw\"}}", "T", NULL, "no field f" },
	{ "{\"type\":\"T\"}", "T", NULL, "no field f" },
	{ "{\"type\":\"T\",\"data\":[]}", "T", NULL, "no field f" },
	{ "{\"type\":\"T\",\"data\":{\"f\":7}}", "T", NULL, "no field f" },
	{ "{\"type\":\"T\",\"data\":{\"f\":\"hunter2!\"}}", "T", NULL, "not base64" },
	{ "{\"type\":\"T\",\"data\":{\"f\":\"\"}}", "T", "", NULL },
	{ "{\"type\":\"T\",\"stringData\":{\"f\":\"u:\\u00e4\"},\"data\":{\"f\":\"hunter2!\"}}", "T", "u:\xc3\xa4",
	  NULL },
	{ "{\"type\":\"T\",\"stringData\":{\"g\":\"x\"},\"data\":{\"f\":\"dTpw\"}}", "T", "u:p", NULL },
	{ "{\"type\":\"T\",\"stringData\":{\"f\":null},\"data\":{\"f\":\"dTpw\"}}", "T", NULL, "no field f" },
};

int
main(void)
{
	struct error err;
	size_t len;

	for (size_t i = 0; i < ALLOC_COUNT(secrets); i++) {
		struct json_slice object = { secrets[i].body, strlen(secrets[i].body) };
		char *text = secret_field(object, secrets[i].type, "f", &len, &err);

		check_text(text, secrets[i].text, secrets[i].body);
		if (text == NULL)
			check(secrets[i].part != NULL && strstr(err.text, secrets[i].part) != NULL &&
			      strstr(err.text, "hunter2") == NULL, "%s", err.text);
		else
			check_number((long long)len, (long long)strlen(secrets[i].text), "its length");
		free(text);
	}
	return check_done();
}
