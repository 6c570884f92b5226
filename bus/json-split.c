/*
 * Cutting a large object into the elements of one of its arrays while it arrives.
 * Follows strings and nesting only; what is inside an element is for json_check.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum place {
	BEFORE,	    /* the outer { has not come */
	IN_OBJECT,  /* between members */
	IN_NAME,    /* inside a member's name */
	AFTER_NAME, /* at the colon or before the value */
	IN_VALUE,   /* a value that is kept whole */
	IN_ARRAY,   /* between elements */
	IN_ITEM,    /* an element */
	DONE
};

struct json_split {
	char *array_name;
	json_split_item_fn *on_item;
	json_split_member_fn *on_member;
	void *arg;
	enum place place;
	struct buf name;
	struct buf value;
	size_t depth; /* inside the value */
	bool in_string, escaped;
};

struct json_split *
json_split_new(const char *array_name, size_t item_max, json_split_item_fn *on_item,
	       json_split_member_fn *on_member, void *arg)
{
	struct json_split *split = alloc_zero(1, sizeof(*split));

	split->array_name = alloc_string(array_name);
	split->on_item = on_item;
	split->on_member = on_member;
	split->arg = arg;
	buf_init(&split->name, 1024);
	buf_init(&split->value, item_max);
	return split;
}

void
json_split_free(struct json_split *split)
{
	if (split == NULL)
		return;
	free(split->array_name);
	buf_fini(&split->name);
	buf_fini(&split->value);
	free(split);
}

static int
fail(struct error *err, const char *what)
{
	return error_set(err, ERROR_PROTOCOL, 0, "the answer is no valid JSON: %s", what);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A value is complete: hand it out. */
static int
finish_value(struct json_split *split, struct error *err)
{
	struct json_slice value = { buf_string(&split->value), split->value.len };
	struct json_slice name = { buf_string(&split->name), split->name.len };
	int rc;

	if (split->place == IN_ITEM) {
		split->place = IN_ARRAY;
		rc = split->on_item(split->arg, value);
	} else {
		split->place = IN_OBJECT;
		rc = split->on_member != NULL ? split->on_member(split->arg, name, value) : 0;
	}
	buf_clear(&split->value);
	return rc == 0 ? 0 : error_set(err, ERROR_PROTOCOL, 0, "stopped by its reader");
}

/* Inside a string: to its end or the end of the piece. Returns how far. */
static size_t
run_string(struct json_split *split, const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len) {
		if (split->escaped) {
			split->escaped = false;
			i++;
			continue;
		}
		while (i < len && bytes[i] != '"' && bytes[i] != '\\')
			i++;
		if (i == len)
			break;
		if (bytes[i++] == '"') {
			split->in_string = false;
			break;
		}
		split->escaped = true;
	}
	return i;
}

/* Inside a value: take bytes until it is complete or the piece ends. Sets *done. The byte that
 * ends a number or word is not taken. */
static size_t
run_value(struct json_split *split, const char *bytes, size_t len, bool *done)
{
	size_t i = 0;
	char c;

	*done = false;
	while (i < len && !*done) {
		if (split->in_string) {
			i += run_string(split, bytes + i, len - i);
			*done = !split->in_string && split->depth == 0;
			continue;
		}
		c = bytes[i];
		if (split->depth == 0 && split->value.len + i > 0 &&
		    (c == ',' || c == '}' || c == ']' || is_blank(c))) {
			*done = true;
			break;
		}
		i++;
		if (c == '"')
			split->in_string = true;
		else if (c == '{' || c == '[')
			split->depth++;
		else if (c == '}' || c == ']')
			*done = --split->depth == 0;
	}
	return i;
}

static int
take_value(struct json_split *split, const char *bytes, size_t len, size_t *taken,
	   struct error *err)
{
	bool done;

	*taken = run_value(split, bytes, len, &done);
	if (!buf_append(&split->value, bytes, *taken))
		return error_set(err, ERROR_PROTOCOL, 0,
				 "one object in the answer is larger than %zu bytes",
				 split->value.max);
	return done ? finish_value(split, err) : 0;
}

static int
take_name(struct json_split *split, const char *bytes, size_t len, size_t *taken, struct error *err)
{
	*taken = run_string(split, bytes, len);
	if (!buf_append(&split->name, bytes, *taken))
		return fail(err, "a member name is too long");
	if (!split->in_string) {
		split->name.len--; /* the closing quote */
		split->place = AFTER_NAME;
	}
	return 0;
}

static void
begin_value(struct json_split *split, enum place place)
{
	split->place = place;
	split->depth = 0;
	split->in_string = split->escaped = false;
	buf_clear(&split->value);
}

static bool
is_wanted_array(const struct json_split *split, char c)
{
	return c == '[' && split->name.len == strlen(split->array_name) &&
	       memcmp(buf_string(&split->name), split->array_name, split->name.len) == 0;
}

/* One byte between names and values. *taken is 0 when the byte begins a value. */
static int
take_structure(struct json_split *split, char c, size_t *taken, struct error *err)
{
	*taken = 1;
	if (is_blank(c))
		return 0;
	if (split->place == BEFORE && c == '{') {
		split->place = IN_OBJECT;
	} else if (split->place == IN_OBJECT && c == '"') {
		buf_clear(&split->name);
		split->in_string = true;
		split->place = IN_NAME;
	} else if (split->place == IN_OBJECT && c == '}') {
		split->place = DONE;
	} else if (split->place == IN_ARRAY && c == ']') {
		split->place = IN_OBJECT;
	} else if (split->place == AFTER_NAME && is_wanted_array(split, c)) {
		split->place = IN_ARRAY;
	} else if ((split->place == IN_OBJECT || split->place == IN_ARRAY) && c == ',') {
		return 0;
	} else if (split->place == AFTER_NAME && c == ':') {
		return 0;
	} else if ((split->place == AFTER_NAME || split->place == IN_ARRAY) &&
		   strchr("{[\"-0123456789tfn", c) != NULL && c != '\0') {
		begin_value(split, split->place == IN_ARRAY ? IN_ITEM : IN_VALUE);
		*taken = 0;
	} else {
		return fail(err, split->place == DONE ? "something follows the object" :
							"it is not built as an object");
	}
	return 0;
}

int
json_split_feed(struct json_split *split, const char *bytes, size_t len, struct error *err)
{
	size_t i = 0, taken = 0;
	int rc = 0;

	while (i < len) {
		switch (split->place) {
		case IN_NAME:
			rc = take_name(split, bytes + i, len - i, &taken, err);
			break;
		case IN_VALUE:
		case IN_ITEM:
			rc = take_value(split, bytes + i, len - i, &taken, err);
			break;
		case BEFORE:
		case IN_OBJECT:
		case AFTER_NAME:
		case IN_ARRAY:
		case DONE:
			rc = take_structure(split, bytes[i], &taken, err);
			break;
		}
		if (rc < 0)
			return -1;
		i += taken;
	}
	return 0;
}

int
json_split_finish(struct json_split *split, struct error *err)
{
	return split->place == DONE ? 0 : fail(err, "it ends too early");
}
