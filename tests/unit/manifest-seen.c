/* filters/manifest-seen.c: what has changed between two texts of a file. */
#include "../../filters/manifest-seen.h"

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

#define A "{apiVersion: v1, kind: A, metadata: {name: a}}\n"
#define A2 "{apiVersion: v1, kind: A, metadata: {name: a}, x: {y: 1, z: [1, 2]}}\n"
#define A2_ORDER "{x: {z: [1, 2], y: 1}, kind: A, metadata: {name: a}, apiVersion: v1}\n"
#define A3 "{apiVersion: v1, kind: A, metadata: {name: a}, x: {y: 1, z: [2, 1]}}\n"
#define B "{apiVersion: v1, kind: A, metadata: {name: b}}\n"
#define LIST(items) "{apiVersion: v1, kind: List, items: [" items "]}\n"

static const struct {
	const char *name, *before, *after, *want;
} rows[] = {
	{ "new", "", A, "ADDED 0 a " },
	{ "the same", A, A, "" },
	{ "written in another way", A, "# c\napiVersion: 'v1'\nkind: A\nmetadata:\n  name: a\n", "" },
	{ "another order", A2, A2_ORDER, "" },
	{ "another order of a list", A2, A3, "MODIFIED 0 a " },
	{ "more in it", A, A2, "MODIFIED 0 a " },
	{ "gone", A, "", "DELETED 0 a " },
	{ "another name", A, B, "DELETED 0 a ADDED 0 b " },
	{ "one more behind", A, A "---\n" B, "ADDED 1 b " },
	{ "one more before", A, B "---\n" A, "DELETED 0 a ADDED 0 b ADDED 1 a " },
	{ "the first one gone", A "---\n" B, B, "DELETED 0 a DELETED 1 b ADDED 0 b " },
	{ "the first one empty", A "---\n" B, "---\n---\n" B, "DELETED 0 a " },
	{ "a List", LIST(A "," B), LIST(A2 "," B), "MODIFIED 0[0] a " },
	{ "an item gone", LIST(A "," B), LIST(A), "DELETED 0[1] b " },
	{ "a List in place of an object", A, LIST(A), "DELETED 0 a ADDED 0[0] a " },
	{ "broken", A, A "---\n[", "" },
	{ "a string in place of a number", "{apiVersion: v1, kind: A, metadata: {name: a}, x: 1}",
	  "{apiVersion: v1, kind: A, metadata: {name: a}, x: '1'}", "MODIFIED 0 a " },
};

static void
describe(const struct manifest_changes *changes, struct buf *out)
{
	size_t i;
	const char *name;

	for (i = 0; i < changes->count; i++) {
		const struct manifest_change *change = &changes->list[i];

		buf_printf(out, "%s %u", change->event, change->document);
		if (change->item >= 0)
			buf_printf(out, "[%d]", change->item);
		name = strstr(change->object, "\"name\":\"");
		buf_printf(out, " %c ", name != NULL ? name[8] : '?');
	}
}

static int
update(struct manifest_seen *seen, const char *text, struct buf *out)
{
	struct manifest_changes changes = { NULL, 0, 0 };
	struct error err;
	int rc = manifest_seen_update(seen, text, strlen(text), false, &changes, &err);

	buf_clear(out);
	describe(&changes, out);
	manifest_changes_fini(&changes);
	return rc;
}

static void
test_rows(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		struct manifest_seen *seen = manifest_seen_new();
		CLEANUP_BUF struct buf got = BUF_INIT(1 << 16);

		update(seen, rows[i].before, &got);
		update(seen, rows[i].after, &got);
		check_text(buf_string(&got), rows[i].want, rows[i].name);
		manifest_seen_free(seen);
	}
}

static void
test_last_good(void)
{
	struct manifest_seen *seen = manifest_seen_new();
	struct manifest_changes changes = { NULL, 0, 0 };
	CLEANUP_BUF struct buf got = BUF_INIT(1 << 16);

	update(seen, A, &got);
	check(update(seen, B "---\n[", &got) < 0, "a broken text is an error");
	check(update(seen, A2, &got) == 0, "and a good one comes after it");
	check_text(buf_string(&got), "MODIFIED 0 a ", "compared with the last good one");
	manifest_seen_vanish(seen, &changes);
	check(changes.count == 1, "the file is gone");
	check_text(changes.list[0].object,
		   "{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"a\"}}",
		   "what is DELETED is named");
	manifest_changes_fini(&changes);
	manifest_seen_vanish(seen, &changes);
	check(changes.count == 0, "only once");
	manifest_seen_free(seen);
}

int
main(void)
{
	test_rows();
	test_last_good();
	return check_done();
}
