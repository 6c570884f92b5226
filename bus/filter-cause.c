/*
 * What caused what. Each message of a key supersedes the one before: work that the
 * earlier one started is stale, and outputs that the later one does not make again are
 * gone. That one rule keeps retained outputs equal to what the present inputs give, without
 * any filter keeping books.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "filter-priv.h"
#include "log.h"

static void
free_cause(void *value)
{
	struct cause *cause = value;

	free(cause->key);
	table_free(cause->outputs);
	free(cause);
}

void
cause_init(struct filter *filter)
{
	filter->causes = table_new(free_cause);
	filter->owners = table_new(NULL);
}

void
cause_fini(struct filter *filter)
{
	table_free(filter->owners);
	table_free(filter->causes);
}

static struct cause *
get_or_add(struct filter *filter, const char *key, size_t len)
{
	struct cause *cause = table_get(filter->causes, key, len);

	if (cause != NULL)
		return cause;
	cause = alloc_zero(1, sizeof(*cause));
	cause->key = alloc_text(key, len);
	cause->len = len;
	table_put(filter->causes, key, len, cause);
	return cause;
}

void
cause_begin(struct filter *filter)
{
	filter->cause = NULL;
	if (filter->key.len == 0)
		return;
	if (filter->retain != NULL)
		filter->cause = get_or_add(filter, filter->key.data, filter->key.len);
	else /* works that rest are not busy, and still to be told that they are stale */
		filter->cause = table_get(filter->causes, filter->key.data, filter->key.len);
	if (filter->cause != NULL) {
		filter->cause->generation++;
		filter->cause->gone = false;
	}
}

static void *
mark_of(const struct cause *cause)
{
	return (void *)(uintptr_t)(cause->generation + 1u);
}

void
cause_owns(struct filter *filter, const char *key, size_t len)
{
	struct cause *cause = filter->cause, *owner;

	if (cause == NULL || filter->retain == NULL)
		return;
	owner = table_get(filter->owners, key, len);
	if (owner != NULL && owner != cause)
		table_remove(owner->outputs, key, len);
	if (cause->outputs == NULL)
		cause->outputs = table_new(NULL);
	table_put(cause->outputs, key, len, mark_of(cause));
	table_put(filter->owners, key, len, cause);
}

/* Drop outputs of earlier generations, or all of them. */
static void
sweep(struct filter *filter, struct cause *cause, bool all)
{
	size_t cursor = 0, len;
	const char *key;
	void *mark;

	while (cause->outputs != NULL && table_next(cause->outputs, &cursor, &key, &len, &mark)) {
		if (!all && mark == mark_of(cause))
			continue;
		emit_drop(filter, key, len);
		table_remove(filter->owners, key, len);
		table_remove(cause->outputs, key, len);
	}
}

void
cause_settle(struct filter *filter, struct cause *cause)
{
	if (cause == NULL || cause->works > 0)
		return;
	sweep(filter, cause, cause->gone);
	if (filter->retain != NULL && !cause->gone)
		return;
	if (filter->cause == cause)
		filter->cause = NULL;
	table_remove(filter->causes, cause->key, cause->len);
}

void
cause_gone(struct filter *filter, const char *key, size_t len)
{
	struct cause *cause = table_get(filter->causes, key, len);

	if (cause == NULL)
		return;
	cause->generation++;
	cause->gone = true;
	cause_settle(filter, cause);
}

/* --- work in flight --- */

struct filter_work *
filter_work_start(struct filter *filter)
{
	struct filter_work *work = alloc_zero(1, sizeof(*work));

	work->filter = filter;
	if (filter->cause == NULL && filter->key.len > 0)
		filter->cause = get_or_add(filter, filter->key.data, filter->key.len);
	work->cause = filter->cause;
	if (work->cause != NULL) {
		work->cause->works++;
		work->generation = work->cause->generation;
	}
	snprintf(work->trace, sizeof(work->trace), "%s", filter->trace);
	filter->busy++;
	filter->started++;
	return work;
}

void
filter_work_rest(struct filter_work *work)
{
	if (work->rests)
		return;
	work->rests = true;
	work->filter->busy--;
	filter_check(work->filter);
}

void
filter_work_resume(struct filter_work *work)
{
	if (work->rests)
		work->filter->busy++;
	work->rests = false;
	work->filter->cause = work->cause;
	filter_set_trace(work->filter, work->trace);
}

bool
filter_work_is_stale(const struct filter_work *work)
{
	return work->cause != NULL && work->cause->generation != work->generation;
}

void
filter_work_end(struct filter_work *work)
{
	struct filter *filter = work->filter;

	if (!work->rests)
		filter->busy--;
	if (work->cause != NULL) {
		work->cause->works--;
		cause_settle(filter, work->cause);
	}
	free(work);
	filter_check(filter);
}

size_t
filter_busy(const struct filter *filter)
{
	return filter->busy;
}
