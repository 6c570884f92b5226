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
	IN_ELEMENT, /* an element that is an object, with members to leave out */
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
	/* for elements with members that are left out */
	const char *const *omit; /* NULL: there are none */
	size_t name_at;		 /* where in value the name of a member began */
	bool is_before_name, is_name, is_skipping;
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
json_split_omit(struct json_split *split, const char *const *names)
{
	split->omit = names;
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

	if (split->place == IN_ITEM || split->place == IN_ELEMENT) {
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

static int
too_large(const struct json_split *split, struct error *err)
{
	return error_set(err, ERROR_PROTOCOL, 0,
			 "one object in the answer is larger than %zu bytes", split->value.max);
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

/* --- elements with members that are left out --- */

static bool
is_omitted(const struct json_split *split, const char *name, size_t len)
{
	const char *const *names = split->omit;

	for (; *names != NULL; names++)
		if (strlen(*names) == len && memcmp(*names, name, len) == 0)
			return true;
	return false;
}

/* The name of a member of the element is complete; is it one of those? Then it goes again. */
static void
judge_name(struct json_split *split)
{
	const char *name = split->value.data + split->name_at + 1;
	size_t len = split->value.len - split->name_at - 2;

	split->is_name = false;
	split->is_skipping = is_omitted(split, name, len);
	if (split->is_skipping)
		split->value.len = split->name_at;
}

/* The last member was left out: the comma before it goes, too. */
static void
drop_comma(struct buf *value)
{
	while (value->len > 0 && is_blank(value->data[value->len - 1]))
		value->len--;
	if (value->len > 0 && value->data[value->len - 1] == ',')
		value->len--;
}

/* A byte of the element outside strings. True: it is not to be kept, nor what is pending. */
static bool
step(struct json_split *split, char c, bool *done)
{
	bool was_skipping = split->is_skipping;

	if (c == '"') {
		split->in_string = true;
		split->is_name = split->depth == 1 && split->is_before_name;
		split->is_before_name = false;
	} else if (c == ',') {
		if (split->depth == 1) {
			split->is_before_name = true;
			split->is_skipping = false;
		}
	} else if (c == '{' || c == '[') {
		split->is_before_name = split->depth++ == 0;
	} else if ((c == '}' || c == ']') && --split->depth == 0) {
		*done = true;
		split->is_skipping = false;
		if (was_skipping)
			drop_comma(&split->value);
		return false;
	}
	return was_skipping;
}

/* As take_value, for an element that is an object. */
static int
take_element(struct json_split *split, const char *bytes, size_t len, size_t *taken,
	     struct error *err)
{
	size_t i = 0, from = 0; /* kept until i, appended until from */
	bool done = false, fits = true;

	while (i < len && !done && fits) {
		size_t before = i;

		if (!split->in_string) {
			bool was_skipping = split->is_skipping;

			if (step(split, bytes[i++], &done))
				from = i;
			else if (was_skipping)
				from = before; /* the closing brace */
			if (split->is_name)
				split->name_at = split->value.len + (i - 1 - from);
			continue;
		}
		i += run_string(split, bytes + i, len - i);
		if (split->is_skipping) {
			from = i;
		} else if (split->is_name && !split->in_string) {
			fits = buf_append(&split->value, bytes + from, i - from);
			from = i;
			if (fits)
				judge_name(split);
		}
	}
	*taken = i;
	if (!fits || !buf_append(&split->value, bytes + from, i - from))
		return too_large(split, err);
	return done ? finish_value(split, err) : 0;
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
	split->is_before_name = split->is_name = split->is_skipping = false;
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
		begin_value(split, split->place == AFTER_NAME	   ? IN_VALUE :
				   c == '{' && split->omit != NULL ? IN_ELEMENT :
								     IN_ITEM);
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
		case IN_ELEMENT:
			rc = take_element(split, bytes + i, len - i, &taken, err);
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
