/* What was said about objects: new, changed, the same, missing from a list. */
#include "../check.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../filters/seen.h"

static enum seen_change
note(struct seen *seen, const char *key, const char *uid, const char *text)
{
	return seen_note(seen, key, strlen(key), uid, text, strlen(text));
}

static void
test_changes(void)
{
	struct seen *seen = seen_new();

	check_number(note(seen, "a", "1", "x"), SEEN_NEW, "a first state");
	check_number(note(seen, "a", "1", "x"), SEEN_SAME, "the same again");
	check_number(note(seen, "a", "1", "y"), SEEN_CHANGED, "another one");
	check_number(note(seen, "a", "1", "x"), SEEN_CHANGED, "back to the first is a change");
	check_number(note(seen, "a", "2", "z"), SEEN_CHANGED, "of another uid");
	check_number(note(seen, "b", "1", "x"), SEEN_NEW, "another object with the same text");
	check_number((long long)seen_count(seen), 2, "two objects");
	check(seen_forget(seen, "a", 1), "one is forgotten");
	check(!seen_forget(seen, "a", 1), "once");
	check_number(note(seen, "a", "1", "z"), SEEN_NEW, "and new afterwards");
	seen_free(seen);
}

/* Every length around the hash's words, and each byte of a text, makes a difference. */
static void
test_hash(void)
{
	char text[40], name[32];
	size_t len, i, changed = 0;

	memset(text, 'x', sizeof(text));
	for (len = 0; len < sizeof(text); len++) {
		struct seen *seen = seen_new();

		snprintf(name, sizeof(name), "%zu", len);
		seen_note(seen, "k", 1, "", text, len);
		for (i = 0; i < len; i++) {
			text[i] = 'y';
			changed += seen_note(seen, "k", 1, "", text, len) == SEEN_CHANGED;
			text[i] = 'x';
			changed += seen_note(seen, "k", 1, "", text, len) == SEEN_CHANGED;
		}
		changed += seen_note(seen, "k", 1, "", text, len + 1) == SEEN_CHANGED;
		seen_free(seen);
	}
	check_number((long long)changed, 40 * 39 + 40, "each byte and each length counts");
}

static void
test_missing(void)
{
	struct seen *seen = seen_new();
	struct seen_missing *missing;
	size_t cursor = 0;

	seen_begin(seen);
	seen_note(seen, "n\0a", 3, "uid-a", "1", 1);
	seen_note(seen, "n\0b", 3, "uid-b", "1", 1);
	seen_note(seen, "n\0c", 3, "uid-c", "1", 1);
	check(!seen_next_missing(seen, &cursor), "nothing is missing from the first list");
	seen_begin(seen);
	seen_note(seen, "n\0b", 3, "uid-b", "1", 1);
	seen_note(seen, "n\0d", 3, "uid-d", "1", 1);
	cursor = 0;
	missing = seen_next_missing(seen, &cursor);
	check(missing && missing->key_len == 3 && memcmp(missing->key, "n\0a", 3) == 0,
	      "the first that is not in the second list");
	check_text(missing->uid, "uid-a", "its uid");
	seen_missing_free(missing);
	missing = seen_next_missing(seen, &cursor);
	check_text(missing->uid, "uid-c", "the other one");
	seen_missing_free(missing);
	check(!seen_next_missing(seen, &cursor), "no more");
	check_number((long long)seen_count(seen), 2, "they are forgotten");
	check_number(seen_note(seen, "n\0a", 3, "uid-a", "1", 1), SEEN_NEW, "and new afterwards");
	seen_free(seen);
}

/* A list that begins again before its end: nothing is missing that either part had last. */
static void
test_list_again(void)
{
	struct seen *seen = seen_new();
	size_t cursor = 0;

	seen_begin(seen);
	note(seen, "a", "1", "x");
	note(seen, "b", "1", "x");
	seen_begin(seen);
	note(seen, "a", "1", "x");
	seen_begin(seen);
	check_number(note(seen, "a", "1", "x"), SEEN_SAME, "a repeated item says nothing new");
	note(seen, "b", "1", "x");
	check(!seen_next_missing(seen, &cursor), "nothing is missing");
	seen_free(seen);
}

int
main(void)
{
	test_changes();
	test_hash();
	test_missing();
	test_list_again();
	return check_done();
}
