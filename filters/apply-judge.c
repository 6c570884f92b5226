/* See apply-judge.h. */
#include "apply-judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "apply-diff.h"
#include "apply-fields.h"
#include "apply-owner.h"

static void decide(struct apply_judgement *judgement, enum apply_verdict verdict,
		   const char *format, ...) __attribute__((format(printf, 3, 4)));

static void
decide(struct apply_judgement *judgement, enum apply_verdict verdict, const char *format, ...)
{
	va_list args;

	judgement->verdict = verdict;
	va_start(args, format);
	vsnprintf(judgement->reason, sizeof(judgement->reason), format, args);
	va_end(args);
}

/* The order names a uid, and the object has another. */
static bool
is_another(const struct apply_order *order, jv object)
{
	jv metadata = message_get(object, "metadata");
	const char *uid = message_string(metadata, "uid");
	bool differs = order->uid && uid && strcmp(order->uid, uid) != 0;

	jv_free(metadata);
	return differs;
}

static bool
is_being_deleted(jv object)
{
	jv metadata = message_get(object, "metadata");
	bool is_going = message_string(metadata, "deletionTimestamp") != NULL;

	jv_free(metadata);
	return is_going;
}

/* --- PRUNE --- */

static void
judge_prune(const struct apply_order *order, jv object, struct apply_judgement *judgement)
{
	judgement->is_in_place = jv_get_kind(object) != JV_KIND_OBJECT;
	if (judgement->is_in_place)
		decide(judgement, APPLY_NOTHING, "it is not there");
	else if (is_another(order, object))
		decide(judgement, APPLY_NOTHING,
		       "the one that was meant is not there; another has its name now");
	else if (!apply_is_owned(object))
		decide(judgement, APPLY_NOTHING,
		       "it is not weir's: it has no label " APPLY_OWNER_LABEL "=" APPLY_OWNER);
	else if (is_being_deleted(object))
		decide(judgement, APPLY_NOTHING, "it is being deleted already");
	else
		decide(judgement, APPLY_DELETE, "%s", "");
}

/* --- APPLY --- */

static void
judge_absent(const struct apply_order *order, struct apply_judgement *judgement)
{
	if (order->part == APPLY_STATUS) {
		decide(judgement, APPLY_NOTHING, "the object is not there any more");
	} else if (order->part == APPLY_SHARED && apply_intent_is_empty(order->intent)) {
		judgement->is_in_place = true;
		decide(judgement, APPLY_NOTHING,
		       "the object is not there, so nothing is to be given back");
	} else if (order->part == APPLY_SHARED) {
		decide(judgement, APPLY_NOT_YET,
		       "the object is not there, and it is others' to create");
	} else if (order->uid) {
		decide(judgement, APPLY_OVERTAKEN, "the object is not there any more");
	} else {
		judgement->diff = apply_diff(jv_null(), order->intent);
		decide(judgement, APPLY_WRITE, "%s", "");
	}
}

static void
judge_difference(const struct apply_order *order, jv object, struct apply_judgement *judgement)
{
	bool gives_back;
	jv expected = apply_fields_expect(object, order->intent, order->part == APPLY_STATUS,
					  &gives_back);

	judgement->is_in_place = !gives_back && jv_equal(jv_copy(object), jv_copy(expected));
	if (judgement->is_in_place) {
		decide(judgement, APPLY_NOTHING, "it is so already");
	} else {
		judgement->diff = apply_diff(object, expected);
		decide(judgement, APPLY_WRITE, "%s", "");
	}
	jv_free(expected);
}

static void
judge_foreign(const struct apply_order *order, jv object, bool may_adopt,
	      struct apply_judgement *judgement)
{
	if (!apply_is_predecessors(object)) {
		decide(judgement, APPLY_REFUSED,
		       "an object of this name is there and is not weir's: it has no "
		       "label " APPLY_OWNER_LABEL "=" APPLY_OWNER "; rename one of the two");
	} else if (!may_adopt) {
		decide(judgement, APPLY_REFUSED,
		       "it belongs to the Deckhouse module delivery (heritage=deckhouse, "
		       "module=delivery); with --adopt it is taken over");
	} else {
		judge_difference(order, object, judgement);
		decide(judgement, APPLY_TAKE_OVER, "%s", "");
	}
}

static void
judge_apply(const struct apply_order *order, jv object, bool may_adopt,
	    struct apply_judgement *judgement)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		judge_absent(order, judgement);
	else if (is_another(order, object))
		decide(judgement, order->part == APPLY_STATUS ? APPLY_NOTHING : APPLY_OVERTAKEN,
		       "the object was deleted, and created anew");
	else if (order->part != APPLY_STATUS && is_being_deleted(object))
		decide(judgement, APPLY_NOT_YET, "the object is being deleted");
	else if (order->part == APPLY_OBJECT && !apply_is_owned(object))
		judge_foreign(order, object, may_adopt, judgement);
	else
		judge_difference(order, object, judgement);
}

void
apply_judge(const struct apply_order *order, jv object, bool may_adopt,
	    struct apply_judgement *judgement)
{
	judgement->is_in_place = false;
	judgement->diff = jv_invalid();
	if (order->is_prune)
		judge_prune(order, object, judgement);
	else
		judge_apply(order, object, may_adopt, judgement);
}
