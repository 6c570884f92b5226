/* One field of a Secret, from the API server's answer as bytes, so that no tree keeps copies. */
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/json.h"
#include "base64.h"
#include "credentials-priv.h"

#define FIELD_MAX ((size_t)2 * 1024 * 1024)

char *
credentials_secret_field(const char *body, size_t len, const char *type, const char *field,
			 size_t *text_len, struct error *err)
{
	struct json_slice whole = { body, len }, value;
	struct buf encoded = BUF_INIT(FIELD_MAX);
	char *text = NULL;

	if (json_check(body, len, &json_limits_message, NULL) != 0) {
		error_set(err, ERROR_PROTOCOL, 0, "the API server's answer is not JSON");
		return NULL;
	}
	if (type != NULL && !json_string_is(json_member(whole, "type"), type)) {
		error_set(err, ERROR_INPUT, 0, "it is not of type %s", type);
		return NULL;
	}
	value = json_member(json_member(whole, "data"), field);
	if (value.text == NULL || !json_is_string(value)) {
		error_set(err, ERROR_INPUT, 0, "it has no field %s", field);
		return NULL;
	}
	if (json_string(value, &encoded))
		text = base64_decode(buf_string(&encoded), encoded.len, text_len);
	if (text == NULL)
		error_set(err, ERROR_INPUT, 0, "its field %s is not base64", field);
	buf_wipe(&encoded);
	buf_fini(&encoded);
	return text;
}
