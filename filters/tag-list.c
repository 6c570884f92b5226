/* See tag-list.h. */
#include "tag-list.h"

#include <stdint.h>
#include <string.h>

#include "../bus/json.h"
#include "../bus/table.h"
#include "reference.h"

static const struct json_limits page_limits = {
	.depth = 64,
	.containers = 50000,
	.values = TAG_LIST_TAGS_MAX + 100000,
};

void
tag_list_init(struct tag_list *list)
{
	*list = (struct tag_list){ .text = BUF_INIT(TAG_LIST_BYTES_MAX) };
	list->seen = table_new(NULL);
}

void
tag_list_fini(struct tag_list *list)
{
	buf_fini(&list->text);
	table_free(list->seen);
	list->seen = NULL;
}

/* Appends one tag, given as a JSON string. */
static int
add_tag(struct tag_list *list, struct json_slice value, struct error *err)
{
	struct buf tag = BUF_INIT(REFERENCE_TAG_MAX);
	bool is_plain = memchr(value.text, '\\', value.len) == NULL, ok = true;

	if (is_plain)
		ok = reference_is_tag(value.text + 1, value.len - 2);
	else
		ok = json_string(value, &tag) && reference_is_tag(buf_string(&tag), tag.len);
	if (!ok) {
		list->illegal++;
		buf_fini(&tag);
		return 0;
	}
	if (list->count > 0)
		ok = buf_append_char(&list->text, ',');
	if (is_plain)
		ok = ok && buf_append(&list->text, value.text, value.len);
	else
		ok = ok && json_quote(&list->text, buf_string(&tag), tag.len);
	buf_fini(&tag);
	list->count++;
	if (!ok || list->count + list->illegal > TAG_LIST_TAGS_MAX)
		return error_set(err, ERROR_PROTOCOL, 0,
				 "incomplete: the list holds more than %zu tags or %zu bytes",
				 TAG_LIST_TAGS_MAX, TAG_LIST_BYTES_MAX);
	return 0;
}

/* Has this been seen in this list? It has from now on. */
static bool
is_repeated(struct tag_list *list, char kind, const char *bytes, size_t len)
{
	struct {
		uint64_t hash;
		size_t len;
		char kind;
	} key;

	memset(&key, 0, sizeof(key));
	key.hash = table_hash(bytes, len);
	key.len = len;
	key.kind = kind;
	if (table_get(list->seen, (const char *)&key, sizeof(key)) != NULL)
		return true;
	table_put(list->seen, (const char *)&key, sizeof(key), list);
	return false;
}

int
tag_list_add(struct tag_list *list, const char *body, size_t len, bool has_next,
	     struct error *err)
{
	struct json_slice whole = { body, len }, tags, tag;
	size_t cursor = 0, before = list->count + list->illegal;

	list->pages++;
	if (json_check(body, len, &page_limits, err) != 0) {
		error_prepend(err, "incomplete: the list of tags is broken JSON or cut off");
		if (err != NULL)
			err->kind = ERROR_PROTOCOL;
		return -1;
	}
	tags = json_member(whole, "tags");
	if (tags.text == NULL)
		return error_set(err, ERROR_PROTOCOL, 0, "the answer holds no list of tags");
	if (!json_is_array(tags) && (tags.len != 4 || memcmp(tags.text, "null", 4) != 0))
		return error_set(err, ERROR_PROTOCOL, 0, "the answer's tags are not a list");
	while (json_is_array(tags) && json_next(tags, &cursor, NULL, &tag)) {
		if (!json_is_string(tag))
			return error_set(err, ERROR_PROTOCOL, 0, "a tag is not a string");
		if (add_tag(list, tag, err) != 0)
			return -1;
	}
	if (has_next &&
	    (list->count + list->illegal == before || is_repeated(list, 'p', body, len)))
		return error_set(err, ERROR_PROTOCOL, 0,
				 "incomplete: page %u brings no tag that is new, but names a next "
				 "page",
				 list->pages);
	return 0;
}

int
tag_list_follow(struct tag_list *list, const char *url, struct error *err)
{
	if (list->pages >= TAG_LIST_PAGES_MAX)
		return error_set(err, ERROR_PROTOCOL, 0,
				 "incomplete: the list goes on after %d pages", TAG_LIST_PAGES_MAX);
	if (is_repeated(list, 'u', url, strlen(url)))
		return error_set(err, ERROR_PROTOCOL, 0,
				 "incomplete: page %u names a next page that was there before",
				 list->pages);
	return 0;
}
