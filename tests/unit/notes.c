/* The bounded queue of records without a key. */
#include "../../bus/notes.h"

#include "../check.h"

static void
push(struct notes *notes, const char *text, size_t len)
{
	struct note *note = note_new(text, len);

	notes_push(notes, note);
	note_release(note);
}

static void
check_order(void)
{
	struct notes one = { 0 }, two = { 0 };
	struct note *note = note_new("shared", 6);

	push(&one, "a", 1);
	notes_push(&one, note);
	notes_push(&two, note);
	note_release(note);
	check_text(notes_first(&one)->text, "a", "first in");
	notes_shift(&one);
	check_text(notes_first(&one)->text, "shared", "first out");
	check_text(notes_at(&one, 0)->text, "shared", "by place, too");
	notes_shift(&one);
	check(notes_first(&one) == NULL, "then it is empty");
	check_text(notes_first(&two)->text, "shared", "the other queue still has the shared one");
	push(&one, "b", 1);
	notes_move(&one, &two);
	check_text(notes_first(&one)->text, "b", "what was there stays first");
	check_number((long long)one.count, 2, "what was moved is behind it");
	check_number((long long)two.count, 0, "and gone where it came from");
	notes_fini(&one);
	notes_fini(&two);
}

static void
check_bounds(void)
{
	struct notes notes = { 0 }, other = { 0 };
	static char big[NOTES_BYTES_MAX / 2];
	unsigned i, n = 0, wrong = 0;

	for (; !notes_are_full(&notes) && n < 2 * NOTES_MAX; n++)
		push(&notes, n == 16 ? "1" : "x", 1);
	check_number(n, NOTES_MAX, "full at NOTES_MAX notes");
	for (i = 0; i < 10; i++) {
		notes_shift(&notes);
		push(&other, "y", 1);
	}
	check(!notes_are_full(&notes), "and not below");
	for (i = 0; i < 20; i++)
		push(&notes, "z", 1);
	notes_move(&notes, &other);
	check_number((long long)notes.count, NOTES_MAX + 20, "but nothing is ever refused");
	for (n = 0; notes.count > 0; n++) {
		wrong += strcmp(notes_first(&notes)->text, n == 6 ? "1" :
				n < NOTES_MAX - 10 ? "x" : n < NOTES_MAX + 10 ? "z" : "y") != 0;
		notes_shift(&notes);
	}
	check_number(wrong, 0, "and all come in order");
	notes_fini(&notes);
	push(&notes, big, sizeof(big));
	check(!notes_are_full(&notes), "half of the bytes is not full");
	push(&notes, big, sizeof(big));
	check(notes_are_full(&notes), "all of them is");
	notes_fini(&notes);
	notes_fini(&other);
}

int
main(void)
{
	check_order();
	check_bounds();
	return check_done();
}
