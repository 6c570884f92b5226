/* See secret-field.h. */
#include "secret-field.h"

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "base64.h"

#define FIELD_MAX ((size_t)2 * 1024 * 1024)

/* The text of value: as it is, or decoded. */
static char *
read_text(struct json_slice value, bool is_base64, size_t *len)
{
	struct buf buf = BUF_INIT(FIELD_MAX);
	char *text = NULL;

	if (json_string(value, &buf)) {
		text = is_base64 ? base64_decode(buf_string(&buf), buf.len, len)
				 : alloc_text(buf_string(&buf), buf.len);
		*len = is_base64 ? *len : buf.len;
	}
	buf_wipe(&buf);
	buf_fini(&buf);
	return text;
}

char *
secret_field(struct json_slice object, const char *type, const char *field, size_t *text_len,
	     struct error *err)
{
	struct json_slice plain = json_member(json_member(object, "stringData"), field);
	struct json_slice value = json_member(json_member(object, "data"), field);
	char *text;

	if (type != NULL && !json_string_is(json_member(object, "type"), type)) {
		error_set(err, ERROR_INPUT, 0, "it is not of type %s", type);
		return NULL;
	}
	if (plain.text != NULL)
		value = plain;
	if (value.text == NULL || !json_is_string(value)) {
		error_set(err, ERROR_INPUT, 0, "it has no field %s", field);
		return NULL;
	}
	text = read_text(value, plain.text == NULL, text_len);
	if (text == NULL)
		error_set(err, ERROR_INPUT, 0, "its field %s is not base64", field);
	return text;
}
