/* TAGS, taken apart: the tags in order, once for all who follow the repository. */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/log.h"
#include "constraint-match-priv.h"

#define TAG_LEN_MAX 128

bool
match_is_legal(const char *tag, size_t len)
{
	/* a bit for each of + - . 0..9, and of A..Z _ a..z */
	static const uint64_t legal[4] = { 0x03ff680000000000, 0x07fffffe87fffffe, 0, 0 };
	uint64_t ok = 1;

	if (len == 0 || len > TAG_LEN_MAX || tag[0] == '.' || tag[0] == '-' || tag[0] == '+')
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)tag[i];

		ok &= legal[c >> 6] >> (c & 63);
	}
	return ok != 0;
}

static size_t
count_elements(struct json_slice array)
{
	struct json_slice value;
	size_t cursor = 0, count = 0;

	while (json_next(array, &cursor, NULL, &value))
		count++;
	return count;
}

/* A tag as text: as it stands, or (when any of them has an escape) unescaped. */
static struct semver_text
tag_of(struct listing *listing, struct json_slice value)
{
	size_t start = listing->unescaped.len;

	if (listing->unescaped.data == NULL)
		return (struct semver_text){ value.text + 1, value.len - 2 };
	json_string(value, &listing->unescaped);
	return (struct semver_text){ listing->unescaped.data + start,
				     listing->unescaped.len - start };
}

/* All texts have to lie in one piece of memory, and to stay there. */
static void
prepare_texts(struct listing *listing, struct json_slice array)
{
	listing->texts = alloc_zero(count_elements(array), sizeof(*listing->texts));
	buf_init(&listing->unescaped, array.len);
	if (memchr(array.text, '\\', array.len) != NULL)
		buf_room(&listing->unescaped, array.len);
}

/* limit: the end of the message that the tags stand in. */
static int
read_tags(struct listing *listing, struct json_slice array, const char *limit, struct error *err)
{
	struct json_slice value;
	size_t cursor = 0, place = 0, count = 0, illegal = 0;

	prepare_texts(listing, array);
	for (; json_next(array, &cursor, NULL, &value); place++) {
		struct semver_text tag;

		if (!json_is_string(value))
			return error_set(err, ERROR_INPUT, 0, "tags[%zu] is not a string", place);
		tag = tag_of(listing, value);
		if (match_is_legal(tag.text, tag.len))
			listing->texts[count++] = tag;
		else
			illegal++;
	}
	if (illegal > 0)
		log_warning("tags that no registry may hold were left out: %zu", illegal);
	if (listing->unescaped.data != NULL)
		limit = listing->unescaped.data + listing->unescaped.len;
	listing->tags = choose_tags_new(listing->texts, count, limit);
	return 0;
}

static int
wrong(struct error *err, const char *name, struct json_slice value, const char *kind)
{
	return value.text == NULL
		       ? error_set(err, ERROR_INPUT, 0, "%s is missing", name)
		       : error_set(err, ERROR_INPUT, 0, "%s is not %s", name, kind);
}

int
match_is_array(struct json_slice value, const char *name, struct error *err)
{
	return json_is_array(value) ? 0 : wrong(err, name, value, "an array");
}

static bool
is_word(struct json_slice value, const char *word)
{
	return value.text != NULL && value.len == strlen(word) &&
	       memcmp(value.text, word, value.len) == 0;
}

int
match_listing_read(struct listing *listing, const struct message *message, struct error *err)
{
	struct json_slice complete = message_member(message, "complete");
	struct json_slice tags = message_member(message, "tags");

	listing->repository = message_member(message, "repository");
	listing->credential = message_member(message, "credential");
	if (!json_is_string(listing->repository)) {
		struct json_slice repository = listing->repository;

		listing->repository = (struct json_slice){ 0 };
		return wrong(err, "repository", repository, "a string");
	}
	if (listing->credential.text != NULL && !json_is_string(listing->credential))
		return wrong(err, "credential", listing->credential, "a string");
	if (is_word(complete, "false"))
		return error_set(err, ERROR_INPUT, 0,
				 "the list of tags is incomplete: nothing is decided from it");
	if (!is_word(complete, "true"))
		return wrong(err, "complete", complete, "true or false");
	if (match_is_array(tags, "tags", err) == -1)
		return -1;
	return read_tags(listing, tags, message->text + message->len, err);
}

void
match_listing_close(struct listing *listing)
{
	choose_tags_free(listing->tags);
	free(listing->texts);
	buf_fini(&listing->unescaped);
}
