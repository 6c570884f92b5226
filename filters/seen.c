/*
 * Hashes of objects by key. SipHash-2-4 with 128 bits and a random key, so that nobody can write
 * two states of an object that are taken for one.
 */
#include "seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../bus/alloc.h"
#include "../bus/table.h"

struct digest {
	uint64_t a, b;
};

struct object {
	struct digest digest;
	unsigned round; /* of the list that had it last */
	char uid[];
};

struct seen {
	struct table *objects;
	struct digest secret;
	unsigned round;
};

/* --- SipHash --- */

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void
mix(struct sip *s, int rounds)
{
	while (rounds-- > 0) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

static void
absorb(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s, 2);
	s->v0 ^= word;
}

static struct digest
hash(const struct digest *secret, const char *text, size_t len)
{
	struct sip s = {
		.v0 = UINT64_C(0x736f6d6570736575) ^ secret->a,
		.v1 = UINT64_C(0x646f72616e646f6d) ^ secret->b ^ 0xee,
		.v2 = UINT64_C(0x6c7967656e657261) ^ secret->a,
		.v3 = UINT64_C(0x7465646279746573) ^ secret->b,
	};
	struct digest out;
	uint64_t word;
	size_t at;

	for (at = 0; at + 8 <= len; at += 8) {
		memcpy(&word, text + at, 8);
		absorb(&s, word);
	}
	word = 0;
	memcpy(&word, text + at, len - at);
	absorb(&s, word | (uint64_t)len << 56);
	s.v2 ^= 0xee;
	mix(&s, 4);
	out.a = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	s.v1 ^= 0xdd;
	mix(&s, 4);
	out.b = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	return out;
}

/* --- objects --- */

struct seen *
seen_new(void)
{
	struct seen *seen = alloc_zero(1, sizeof(*seen));

	seen->objects = table_new(free);
	/* Early in boot there may be none; then the hash is only a hash. */
	if (getrandom(&seen->secret, sizeof(seen->secret), 0) != (ssize_t)sizeof(seen->secret))
		memset(&seen->secret, 1, sizeof(seen->secret));
	return seen;
}

void
seen_free(struct seen *seen)
{
	if (!seen)
		return;
	table_free(seen->objects);
	free(seen);
}

size_t
seen_count(const struct seen *seen)
{
	return table_count(seen->objects);
}

static struct object *
remember(struct seen *seen, const char *key, size_t key_len, const char *uid)
{
	size_t size = strlen(uid) + 1;
	struct object *object = alloc_zero(1, sizeof(*object) + size);

	memcpy(object->uid, uid, size);
	table_put(seen->objects, key, key_len, object);
	return object;
}

enum seen_change
seen_note(struct seen *seen, const char *key, size_t key_len, const char *uid, const char *text,
	  size_t len)
{
	struct object *object = table_get(seen->objects, key, key_len);
	struct digest digest = hash(&seen->secret, text, len);
	enum seen_change change = object ? SEEN_CHANGED : SEEN_NEW;

	if (object && object->digest.a == digest.a && object->digest.b == digest.b)
		change = SEEN_SAME;
	else if (!object || strcmp(object->uid, uid) != 0)
		object = remember(seen, key, key_len, uid);
	object->digest = digest;
	object->round = seen->round;
	return change;
}

bool
seen_forget(struct seen *seen, const char *key, size_t key_len)
{
	return table_remove(seen->objects, key, key_len);
}

void
seen_begin(struct seen *seen)
{
	seen->round++;
}

struct seen_missing *
seen_next_missing(struct seen *seen, size_t *cursor)
{
	struct seen_missing *missing;
	const char *key;
	size_t len;
	void *value;

	while (table_next(seen->objects, cursor, &key, &len, &value)) {
		const struct object *object = value;

		if (object->round == seen->round)
			continue;
		missing = alloc_zero(1, sizeof(*missing));
		missing->key = alloc_text(key, len);
		missing->key_len = len;
		missing->uid = alloc_string(object->uid);
		table_remove(seen->objects, missing->key, len);
		return missing;
	}
	return NULL;
}

void
seen_missing_free(struct seen_missing *missing)
{
	free(missing->key);
	free(missing->uid);
	free(missing);
}
