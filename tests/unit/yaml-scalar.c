/* bus/yaml-scalar.c: what one scalar means; whole documents are in yaml-value.c. */
#include "../../bus/yaml-scalar.h"

#include "../../bus/alloc.h"
#include "../check.h"

#define CORE "tag:yaml.org,2002:"

static const struct {
	const char *text;
	enum yaml_style style;
	const char *tag, *want; /* as JSON; NULL: none */
} rows[] = {
	{ "", YAML_PLAIN, NULL, "null" },
	{ "", YAML_DOUBLE, NULL, "\"\"" },
	{ "true", YAML_PLAIN, NULL, "true" },
	{ "true", YAML_BLOCK, NULL, "\"true\"" },
	{ "yes", YAML_PLAIN, NULL, "\"yes\"" },
	{ "12", YAML_PLAIN, NULL, "12" },
	{ "12", YAML_SINGLE, NULL, "\"12\"" },
	{ "12", YAML_PLAIN, "!", "\"12\"" },
	{ "12", YAML_PLAIN, "!own", "\"12\"" },
	{ "12", YAML_PLAIN, CORE "str", "\"12\"" },
	{ "12", YAML_DOUBLE, CORE "int", "12" },
	{ "1.5", YAML_DOUBLE, CORE "int", NULL },
	{ "12", YAML_DOUBLE, CORE "float", "12" },
	{ "x", YAML_PLAIN, CORE "bool", NULL },
	{ "~", YAML_SINGLE, CORE "null", "null" },
	{ "x", YAML_PLAIN, CORE "null", NULL },
	{ "2021-07-13", YAML_PLAIN, CORE "timestamp", "\"2021-07-13\"" },
	{ "aGk=", YAML_PLAIN, CORE "binary", NULL },
	{ "9007199254740992", YAML_PLAIN, NULL, "9007199254740992" },
	{ "0x", YAML_PLAIN, NULL, "\"0x\"" },
	{ "-", YAML_PLAIN, NULL, "\"-\"" },
	{ "1.", YAML_PLAIN, NULL, "1" },
	{ "1e", YAML_PLAIN, NULL, "\"1e\"" },
	{ "1e+", YAML_PLAIN, NULL, "\"1e+\"" },
};

int
main(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		struct yaml_event event = { .kind = YAML_SCALAR, .style = rows[i].style,
					    .value = rows[i].text, .len = strlen(rows[i].text),
					    .tag = rows[i].tag };
		jv value = yaml_scalar_value(&event);
		jv json = jv_is_valid(value) ? jv_dump_string(value, 0) : jv_copy(value);

		check_text(jv_is_valid(json) ? jv_string_value(json) : NULL, rows[i].want, rows[i].text);
		if (jv_is_valid(json))
			jv_free(json);
		else
			jv_free(value);
	}
	return check_done();
}
