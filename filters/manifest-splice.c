/* The text of a manifest with one string changed. Pure. */
#include "manifest-splice.h"

#include <stdio.h>
#include <string.h>

#include "../bus/message.h"
#include "../bus/yaml-value.h"
#include "json-file.h"
#include "manifest-locate.h"
#include "manifest-path.h"
#include "manifest-template.h"

#define DOCUMENT_MAX ((size_t)64 << 20)
#define VALUE_MAX 1024 /* bytes of a new value */

struct edit {
	const char *text;
	size_t len;
	bool is_json;
	const struct manifest_address *address;
	const struct manifest_test *tests;
	size_t test_count;
	const char *const *path;
	const char *to;
	struct error *err;
};

/* --- the document as a value: what the tests look at --- */

static int
read_json_document(const struct edit *e, struct buf *out)
{
	struct json_slice value = { NULL, 0 };
	size_t cursor = 0;
	unsigned i;
	int rc = 1;

	for (i = 0; i <= e->address->document && rc == 1; i++)
		rc = json_file_next(e->text, e->len, &cursor, &value, e->err);
	if (rc == 1)
		json_file_compact(value, out);
	return rc;
}

/* Past the documents before the one that is asked for. */
static int
skip_documents(struct yaml_reader *reader, unsigned count, struct error *err)
{
	struct yaml_event event = { .kind = YAML_DOCUMENT_END };

	while (count > 0 && event.kind != YAML_STREAM_END) {
		if (yaml_next(reader, &event, err) < 0)
			return -1;
		count -= event.kind == YAML_DOCUMENT_END;
	}
	return event.kind == YAML_STREAM_END ? 0 : 1;
}

static int
read_yaml_document(const struct edit *e, struct buf *out)
{
	struct yaml_reader *reader = yaml_open(e->text, e->len, e->err);
	jv value = jv_invalid();
	int rc = reader == NULL ? -1 : skip_documents(reader, e->address->document, e->err);

	if (rc == 1)
		rc = yaml_value_next(reader, &value, e->err);
	if (rc == 1)
		message_dump(value, out);
	jv_free(value);
	yaml_close(reader);
	return rc;
}

static int
read_document(const struct edit *e, struct buf *out)
{
	int rc = e->is_json ? read_json_document(e, out) : read_yaml_document(e, out);

	if (rc == 0)
		return error_set(e->err, ERROR_CONFLICT, 0, "document %u is not there any more",
				 e->address->document);
	if (out->overflowed)
		return error_set(e->err, ERROR_INPUT, 0, "document %u is too large",
				 e->address->document);
	return rc < 0 ? -1 : 0;
}

static int
find_object(const struct edit *e, const struct buf *document, struct json_slice *object)
{
	char item[24];
	const char *const path[] = { "items", item, NULL };

	*object = (struct json_slice){ buf_string(document), document->len };
	if (e->address->item < 0)
		return 0;
	snprintf(item, sizeof(item), "%d", e->address->item);
	*object = manifest_path_get(*object, path);
	if (object->text != NULL)
		return 0;
	return error_set(e->err, ERROR_CONFLICT, 0, "item %d of the List is not there any more",
			 e->address->item);
}

/* --- tests --- */

static bool
holds(struct json_slice object, const struct manifest_test *test)
{
	struct json_slice value = manifest_path_get(object, test->path);

	if (test->value == NULL)
		return value.text == NULL || (value.len == 4 && memcmp(value.text, "null", 4) == 0);
	return json_string_is(value, test->value);
}

static int
test_failed(const struct edit *e, struct json_slice object, const struct manifest_test *test)
{
	char path[256];

	manifest_path_print(test->path, path, sizeof(path));
	if (test->value == NULL)
		return error_set(e->err, ERROR_CONFLICT, 0, "%s is set meanwhile", path);
	if (test->value[0] == '\0' && manifest_path_get(object, test->path).text == NULL)
		return error_set(e->err, ERROR_INPUT, 0,
				 "%s is not there, and is not added: write one to start from",
				 path);
	return error_set(e->err, ERROR_CONFLICT, 0, "%s is not \"%s\" any more", path, test->value);
}

/* 1: all tests hold, but for those on the path itself, where `to` stands already. */
static int
check_tests(const struct edit *e, struct json_slice object)
{
	bool is_done = json_string_is(manifest_path_get(object, e->path), e->to);
	size_t i;

	for (i = 0; i < e->test_count; i++) {
		if (holds(object, &e->tests[i]))
			continue;
		if (!is_done || !manifest_path_equal(e->tests[i].path, e->path))
			return test_failed(e, object, &e->tests[i]);
	}
	return is_done ? 1 : 0;
}

static int
check_value(const struct edit *e, struct json_slice object)
{
	struct json_slice value = manifest_path_get(object, e->path);
	char path[256];

	manifest_path_print(e->path, path, sizeof(path));
	if (value.text != NULL && !json_is_string(value))
		return error_set(e->err, ERROR_INPUT, 0,
				 "%s is no string (a number without quotes?)", path);
	if (value.text != NULL && memmem(value.text, value.len, "{{", 2) != NULL)
		return error_set(e->err, ERROR_INPUT, 0, "%s is part of a template", path);
	return 0;
}

static int
check_document(const struct edit *e)
{
	CLEANUP_BUF struct buf document = BUF_INIT(DOCUMENT_MAX);
	struct json_slice object;
	int rc;

	if (read_document(e, &document) < 0 || find_object(e, &document, &object) < 0)
		return -1;
	rc = check_tests(e, object);
	if (rc != 0)
		return rc;
	return check_value(e, object);
}

/* --- the new text --- */

static int
check_new_value(const struct edit *e)
{
	size_t i, len = strlen(e->to);

	for (i = 0; i < len; i++)
		if (e->to[i] < ' ' || e->to[i] > '~')
			return error_set(e->err, ERROR_INPUT, 0,
					 "the new value is not all printable ASCII");
	if (len == 0 || len > VALUE_MAX)
		return error_set(e->err, ERROR_INPUT, 0,
				 "the new value has no or too many characters");
	return 0;
}

static void
write_quoted(struct buf *out, const char *to, char quote)
{
	buf_append_char(out, quote);
	for (; *to != '\0'; to++) {
		if (quote == '\'' && *to == '\'')
			buf_append_char(out, '\'');
		if (quote == '"' && (*to == '"' || *to == '\\'))
			buf_append_char(out, '\\');
		buf_append_char(out, *to);
	}
	buf_append_char(out, quote);
}

static void
write_token(struct buf *out, const struct manifest_place *place, const char *to)
{
	if (place->style == YAML_PLAIN && yaml_plain_is_string(to, strlen(to), place->flow))
		buf_append_string(out, to);
	else
		write_quoted(out, to, place->style == YAML_SINGLE ? '\'' : '"');
}

static int
find_place(const struct edit *e, struct manifest_place *place)
{
	const char *path[MANIFEST_PATH_MAX + 3];
	char item[24];
	size_t n = 0, i;

	if (e->address->item >= 0) {
		snprintf(item, sizeof(item), "%d", e->address->item);
		path[n++] = "items";
		path[n++] = item;
	}
	for (i = 0; e->path[i] != NULL; i++) {
		if (i == MANIFEST_PATH_MAX)
			return error_set(e->err, ERROR_INPUT, 0, "the path is too long");
		path[n++] = e->path[i];
	}
	path[n] = NULL;
	return e->is_json ? manifest_locate_json(e->text, e->len, e->address->document, path, place,
						 e->err) :
			    manifest_locate_yaml(e->text, e->len, e->address->document, path, place,
						 e->err);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The same event, but for where it stands and, at the place, the value. */
static bool
same_event(const struct edit *e, const struct manifest_place *place, const struct yaml_event *was,
	   const struct yaml_event *is)
{
	bool here = was->kind == YAML_SCALAR && was->start == place->start;
	const char *value = here ? e->to : was->value;
	size_t len = here ? strlen(e->to) : was->len;

	return was->kind == is->kind && was->flow == is->flow &&
	       same_text(was->anchor, is->anchor) && same_text(was->tag, is->tag) &&
	       (here || was->style == is->style) &&
	       (was->start == is->start || (!here && was->start > place->start)) &&
	       len == is->len && (len == 0 || memcmp(value, is->value, len) == 0);
}

static bool
same_events(const struct edit *e, const struct manifest_place *place, struct yaml_reader *before,
	    struct yaml_reader *after)
{
	struct yaml_event was, is;

	do {
		if (yaml_next(before, &was, NULL) < 0 || yaml_next(after, &is, NULL) < 0 ||
		    !same_event(e, place, &was, &is))
			return false;
	} while (was.kind != YAML_STREAM_END);
	return true;
}

static bool
same_yaml(const struct edit *e, const struct manifest_place *place, const struct buf *out)
{
	struct yaml_reader *before = yaml_open(e->text, e->len, NULL);
	struct yaml_reader *after = yaml_open(out->data, out->len, NULL);
	bool same = before != NULL && after != NULL && same_events(e, place, before, after);

	yaml_close(before);
	yaml_close(after);
	return same;
}

/* A JSON string took the place of one: what is left to see is that it is one. */
static bool
is_good_json(const struct buf *out)
{
	struct json_slice value;
	size_t cursor = 0;
	int rc;

	do
		rc = json_file_next(out->data, out->len, &cursor, &value, NULL);
	while (rc == 1);
	return rc == 0;
}

/* Read the result again: a mistake of ours must not reach a file. */
static int
verify(const struct edit *e, const struct manifest_place *place, const struct buf *out)
{
	if (e->is_json ? is_good_json(out) : same_yaml(e, place, out))
		return 0;
	return error_set(e->err, ERROR_INPUT, 0,
			 "the value cannot be changed without changing more");
}

static int
splice(const struct edit *e, struct buf *out)
{
	struct manifest_place place;
	int rc = check_document(e);

	if (rc != 0)
		return rc;
	if (check_new_value(e) < 0 || find_place(e, &place) < 0)
		return -1;
	buf_append(out, e->text, place.start);
	write_token(out, &place, e->to);
	buf_append(out, e->text + place.end, e->len - place.end);
	if (out->overflowed)
		return error_set(e->err, ERROR_INPUT, 0, "the file would become too large");
	return verify(e, &place, out);
}

int
manifest_splice(const char *text, size_t len, bool is_json, const struct manifest_address *address,
		const struct manifest_test *tests, size_t test_count, const char *const *path,
		const char *to, struct buf *out, struct error *err)
{
	struct edit e = { text, len, is_json, address, tests, test_count, path, to, err };
	size_t line = is_json ? 0 : manifest_template_line(text, len);

	if (line != 0)
		return error_set(err, ERROR_INPUT, (int)line,
				 "line %zu: a template, not a manifest ({{ }})", line);
	return splice(&e, out);
}
