/* What a manifest file held when it was last good. Pure. */
#include "manifest-seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "manifest-read.h"

struct hash {
	uint64_t a, b;
};

struct object {
	unsigned document;
	int item;
	struct hash hash;
	char *reference;
};

struct objects {
	struct object *list;
	size_t count, capacity;
};

struct manifest_seen {
	struct objects objects; /* in the order of document and item */
};

/* --- hashes: the order of an object's members does not count --- */

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
	x = (x ^ x >> 29) * 0xa0761d6478bd642fu;
	return x ^ x >> 32;
}

static struct hash
hash_bytes(const char *bytes, size_t len, uint64_t seed)
{
	struct hash h = { seed ^ 0x9e3779b97f4a7c15u, seed + len };
	size_t i;

	for (i = 0; i < len; i++) {
		h.a = (h.a ^ (unsigned char)bytes[i]) * 0x100000001b3u;
		h.b = (h.b + (unsigned char)bytes[i] + 1) * 0xff51afd7ed558ccdu;
		h.b ^= h.b >> 29;
	}
	return (struct hash){ mix(h.a), mix(h.b) };
}

static struct hash
join(struct hash one, struct hash other)
{
	return (struct hash){ mix(one.a * 3 + other.a), mix(one.b * 5 + other.b) };
}

/* Nesting is bounded: the text lies within json_limits_message. */
static struct hash
hash_value(struct json_slice value)
{
	struct hash h, member;
	struct json_slice name, inner;
	size_t cursor = 0;
	bool is_object = json_is_object(value);

	if (!is_object && !json_is_array(value))
		return hash_bytes(value.text, value.len, 1);
	h = hash_bytes("", 0, is_object ? 2 : 3);
	while (json_next(value, &cursor, &name, &inner)) {
		member = hash_value(inner);
		if (is_object) {
			member = join(hash_bytes(name.text, name.len, 4), member);
			h.a += member.a;
			h.b += member.b;
		} else {
			h = join(h, member);
		}
	}
	return (struct hash){ mix(h.a), mix(h.b) };
}

/* --- lists --- */

static void
fini_objects(struct objects *objects)
{
	while (objects->count > 0)
		free(objects->list[--objects->count].reference);
	free(objects->list);
	*objects = (struct objects){ NULL, 0, 0 };
}

static void
add_object(struct objects *objects, const struct object *object)
{
	if (objects->count == objects->capacity) {
		objects->capacity = objects->capacity ? objects->capacity * 2 : 4;
		objects->list = alloc_grow(objects->list, objects->capacity, sizeof(*object));
	}
	objects->list[objects->count++] = *object;
}

static void
add_change(struct manifest_changes *changes, const char *event, const struct object *object,
	   const char *text, size_t len)
{
	if (changes->count == changes->capacity) {
		changes->capacity = changes->capacity ? changes->capacity * 2 : 4;
		changes->list =
			alloc_grow(changes->list, changes->capacity, sizeof(*changes->list));
	}
	changes->list[changes->count++] =
		(struct manifest_change){ event, alloc_text(text, len), len, object->document,
					  object->item };
}

static void
add_deleted(struct manifest_changes *changes, const struct object *object)
{
	add_change(changes, "DELETED", object, object->reference, strlen(object->reference));
}

void
manifest_changes_fini(struct manifest_changes *changes)
{
	while (changes->count > 0)
		free(changes->list[--changes->count].object);
	free(changes->list);
	*changes = (struct manifest_changes){ NULL, 0, 0 };
}

/* --- comparing --- */

struct comparison {
	const struct objects *old;
	size_t old_at; /* those before it have been met */
	struct objects now;
	struct manifest_changes gone, changes;
};

static int
compare_places(const struct object *one, const struct object *other)
{
	if (one->document != other->document)
		return one->document < other->document ? -1 : 1;
	return (one->item > other->item) - (one->item < other->item);
}

/* The old object at the same place, or NULL; what lies before that place is gone. */
static const struct object *
meet_old(struct comparison *c, const struct object *object)
{
	while (c->old_at < c->old->count) {
		const struct object *old = &c->old->list[c->old_at];
		int order = compare_places(old, object);

		if (order > 0)
			return NULL;
		c->old_at++;
		if (order == 0)
			return old;
		add_deleted(&c->gone, old);
	}
	return NULL;
}

static void
take_object(void *arg, const struct manifest_object *read)
{
	struct comparison *c = arg;
	struct object object = { read->document, read->item, hash_value(read->text),
				 alloc_text(read->reference.text, read->reference.len) };
	const struct object *old = meet_old(c, &object);

	add_object(&c->now, &object);
	if (old != NULL && strcmp(old->reference, object.reference) != 0) {
		add_deleted(&c->gone, old);
		old = NULL;
	}
	if (old == NULL)
		add_change(&c->changes, "ADDED", &object, read->text.text, read->text.len);
	else if (old->hash.a != object.hash.a || old->hash.b != object.hash.b)
		add_change(&c->changes, "MODIFIED", &object, read->text.text, read->text.len);
}

/* Move all of from behind what is in to. */
static void
move_changes(struct manifest_changes *to, struct manifest_changes *from)
{
	size_t need = to->count + from->count;

	if (from->count > 0) {
		to->list = alloc_grow(to->list, need, sizeof(*to->list));
		memcpy(to->list + to->count, from->list, from->count * sizeof(*to->list));
		to->count = to->capacity = need;
	}
	from->count = 0;
	manifest_changes_fini(from);
}

struct manifest_seen *
manifest_seen_new(void)
{
	return alloc_zero(1, sizeof(struct manifest_seen));
}

void
manifest_seen_free(struct manifest_seen *seen)
{
	if (seen == NULL)
		return;
	fini_objects(&seen->objects);
	free(seen);
}

int
manifest_seen_update(struct manifest_seen *seen, const char *text, size_t len, bool is_json,
		     struct manifest_changes *changes, struct error *err)
{
	struct comparison c = { .old = &seen->objects };

	if (manifest_read(text, len, is_json, take_object, &c, err) < 0) {
		fini_objects(&c.now);
		manifest_changes_fini(&c.gone);
		manifest_changes_fini(&c.changes);
		return -1;
	}
	while (c.old_at < c.old->count)
		add_deleted(&c.gone, &c.old->list[c.old_at++]);
	move_changes(changes, &c.gone);
	move_changes(changes, &c.changes);
	fini_objects(&seen->objects);
	seen->objects = c.now;
	return 0;
}

void
manifest_seen_vanish(struct manifest_seen *seen, struct manifest_changes *changes)
{
	size_t i;

	for (i = 0; i < seen->objects.count; i++)
		add_deleted(changes, &seen->objects.list[i]);
	fini_objects(&seen->objects);
}
