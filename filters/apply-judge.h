/* What is to be done for an order, in the eyes of the object as it is now. Pure. */
#ifndef WEIR_APPLY_JUDGE_H
#define WEIR_APPLY_JUDGE_H

#include <stdbool.h>

#include <jv.h>

#include "apply-order.h"

enum apply_verdict {
	APPLY_WRITE,
	APPLY_TAKE_OVER, /* the predecessor's: write, taking its fields */
	APPLY_DELETE,
	APPLY_NOTHING,	 /* to do; reason says why */
	APPLY_REFUSED,	 /* not weir's to write; reason says why */
	APPLY_OVERTAKEN, /* it is another object than the order is about */
	APPLY_NOT_YET	 /* it waits for something; reason says for what */
};

struct apply_judgement {
	enum apply_verdict verdict;
	bool is_in_place; /* APPLY_NOTHING, and all is as the order wants it */
	jv diff;	  /* APPLY_WRITE, APPLY_TAKE_OVER: apply_diff; owned */
	char reason[256];
};

/* object (borrowed) as the API server or a file has it; jv_null(): it is not there. may_adopt: take
 * over the predecessor's. */
void apply_judge(const struct apply_order *order, jv object, bool may_adopt,
		 struct apply_judgement *judgement);

#endif
