/* The objects in the text of one manifest file. Pure. */
#include "manifest-read.h"

#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "../bus/message.h"
#include "../bus/yaml-value.h"
#include "json-file.h"
#include "manifest-template.h"

#define TEXT_MAX ((size_t)64 << 20) /* of a document: aliases make it larger than a file */
#define OBJECT_MAX ((size_t)FRAME_MAX - 65536) /* leaves room for the rest of a message */

struct reading {
	manifest_object_fn *fn;
	void *arg;
	unsigned document;
	struct buf text, item, reference;
	struct error *err;
};

static bool
is_filled(struct json_slice value)
{
	return json_is_string(value) && value.len > 2;
}

static bool
append_slice(struct buf *out, const char *before, struct json_slice value)
{
	return buf_append_string(out, before) && buf_append(out, value.text, value.len);
}

/* {"apiVersion":..,"kind":..,"metadata":{"namespace":..,"name":..}}, what is there of it. */
static bool
write_reference(struct json_slice object, struct buf *out)
{
	struct json_slice metadata = json_member(object, "metadata");
	struct json_slice namespace = json_member(metadata, "namespace");
	struct json_slice name = json_member(metadata, "name");
	bool ok;

	buf_clear(out);
	ok = append_slice(out, "{\"apiVersion\":", json_member(object, "apiVersion")) &&
	     append_slice(out, ",\"kind\":", json_member(object, "kind")) &&
	     buf_append_string(out, ",\"metadata\":{");
	if (ok && is_filled(namespace))
		ok = append_slice(out, "\"namespace\":", namespace) &&
		     (!is_filled(name) || buf_append_char(out, ','));
	if (ok && is_filled(name))
		ok = append_slice(out, "\"name\":", name);
	return ok && buf_append_string(out, "}}");
}

static int
take_object(struct reading *r, struct json_slice text, int item)
{
	struct manifest_object object = { .document = r->document, .item = item, .text = text };

	if (!is_filled(json_member(text, "apiVersion")) || !is_filled(json_member(text, "kind")))
		return 0;
	if (text.len > OBJECT_MAX ||
	    json_check(text.text, text.len, &json_limits_message, NULL) < 0 ||
	    !write_reference(text, &r->reference))
		return error_set(r->err, ERROR_INPUT, 0,
				 "the object in document %u is larger than a message may be",
				 r->document);
	object.reference = (struct json_slice){ r->reference.data, r->reference.len };
	r->fn(r->arg, &object);
	return 0;
}

/* --- Lists --- */

static bool
is_list(struct json_slice document)
{
	struct json_slice kind = json_member(document, "kind");

	return is_filled(json_member(document, "apiVersion")) && is_filled(kind) && kind.len >= 6 &&
	       memcmp(kind.text + kind.len - 5, "List\"", 5) == 0 &&
	       json_is_array(json_member(document, "items"));
}

/* item with the apiVersion and kind (ApplicationList) that its List is of. */
static struct json_slice
complete_item(struct reading *r, struct json_slice api, struct json_slice kind,
	      struct json_slice item)
{
	bool empty = item.len == 2;

	if (json_member(item, "kind").text != NULL ||
	    json_member(item, "apiVersion").text != NULL || kind.len == strlen("\"List\""))
		return item;
	buf_clear(&r->item);
	append_slice(&r->item, "{\"apiVersion\":", api);
	buf_append_string(&r->item, ",\"kind\":");
	buf_append(&r->item, kind.text, kind.len - strlen("List\""));
	buf_append_string(&r->item, empty ? "\"" : "\",");
	buf_append(&r->item, item.text + 1, item.len - 1);
	return (struct json_slice){ buf_string(&r->item), r->item.len };
}

static int
take_list(struct reading *r, struct json_slice list)
{
	struct json_slice api = json_member(list, "apiVersion"), kind = json_member(list, "kind");
	struct json_slice items = json_member(list, "items"), item;
	size_t cursor = 0;
	int n;

	for (n = 0; json_next(items, &cursor, NULL, &item); n++)
		if (json_is_object(item) &&
		    take_object(r, complete_item(r, api, kind, item), n) < 0)
			return -1;
	return 0;
}

/* --- documents --- */

static int
take_document(struct reading *r)
{
	struct json_slice document = { buf_string(&r->text), r->text.len };

	if (!json_is_object(document))
		return 0;
	return is_list(document) ? take_list(r, document) : take_object(r, document, -1);
}

static int
too_large(struct reading *r)
{
	return error_set(r->err, ERROR_INPUT, 0,
			 "document %u is too large once its aliases are followed", r->document);
}

static int
read_json(struct reading *r, const char *text, size_t len)
{
	struct json_slice value;
	size_t cursor = 0;
	int rc;

	for (; (rc = json_file_next(text, len, &cursor, &value, r->err)) == 1; r->document++) {
		buf_clear(&r->text);
		if (!json_file_compact(value, &r->text))
			return too_large(r);
		if (take_document(r) < 0)
			return -1;
	}
	return rc;
}

static int
read_document(struct reading *r, struct yaml_reader *reader)
{
	jv value;
	int rc = yaml_value_next(reader, &value, r->err);
	bool fits;

	if (rc != 1)
		return rc;
	buf_clear(&r->text);
	fits = message_dump(value, &r->text);
	jv_free(value);
	if (!fits)
		return too_large(r);
	return take_document(r) < 0 ? -1 : 1;
}

static int
read_yaml(struct reading *r, const char *text, size_t len)
{
	struct yaml_reader *reader = yaml_open(text, len, r->err);
	int rc = reader != NULL ? 1 : -1;

	for (; rc == 1; r->document++)
		rc = read_document(r, reader);
	yaml_close(reader);
	return rc;
}

/* A template is no manifest, whether it happens to parse or not. */
static int
check_template(const char *text, size_t len, struct error *err)
{
	size_t line = manifest_template_line(text, len);

	if (line == 0)
		return 0;
	return error_set(
		err, ERROR_INPUT, (int)line,
		"line %zu: a template, not a manifest ({{ }}); leave it out with --exclude", line);
}

static int
read_template_free(struct reading *r, const char *text, size_t len)
{
	struct error *err = r->err, why;

	if (check_template(text, len, err) < 0)
		return -1;
	if (read_yaml(r, text, len) == 0)
		return 0;
	if (err != NULL && manifest_has_braces(text, len)) {
		why = *err;
		error_set(err, why.kind, why.code,
			  "%s (if it is a template, leave it out with --exclude)", why.text);
	}
	return -1;
}

int
manifest_read(const char *text, size_t len, bool is_json, manifest_object_fn *fn, void *arg,
	      struct error *err)
{
	struct reading r = { .fn = fn, .arg = arg, .err = err };
	int rc;

	buf_init(&r.text, TEXT_MAX);
	buf_init(&r.item, TEXT_MAX);
	buf_init(&r.reference, FRAME_MAX);
	rc = is_json ? read_json(&r, text, len) : read_template_free(&r, text, len);
	buf_fini(&r.text);
	buf_fini(&r.item);
	buf_fini(&r.reference);
	return rc;
}
