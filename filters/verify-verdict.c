/* Verdicts are kept: for minutes when a tag is a chart, for seconds when it is not (yet). */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/table.h"
#include "verify-priv.h"

#define GOOD_MS 300000
#define BAD_MS 20000
#define KEPT_MAX 20000

struct kept {
	struct verdicts *verdicts;
	struct verdict verdict;
	bool is_known, is_telling;
	int64_t until_ms;
	struct access_task *task; /* while it is asked for */
	struct verdict_wait *waits, **last;
};

struct verdict_wait {
	struct verdict_wait *next, **prev;
	struct kept *kept;
	verdict_fn *on_done;
	void *arg;
};

struct verdicts {
	struct loop *loop;
	struct access *access;
	struct table *kept; /* "repository\ncredential\ntag" */
};

void
verdict_cancel(struct verdict_wait *wait)
{
	*wait->prev = wait->next;
	if (wait->next != NULL)
		wait->next->prev = wait->prev;
	else
		wait->kept->last = wait->prev;
	free(wait);
}

static void
clear(struct verdict *verdict)
{
	free(verdict->what);
	free(verdict->digest);
	*verdict = (struct verdict){ .exists = false };
}

static void
free_kept(void *value)
{
	struct kept *kept = value;
	struct verdict_wait *wait, *next;

	for (wait = kept->waits; wait != NULL; wait = next) {
		next = wait->next;
		verdict_cancel(wait);
	}
	access_cancel(kept->task);
	clear(&kept->verdict);
	free(kept);
}

static void
tell(struct kept *kept, const struct error *err)
{
	struct verdict_wait *wait, *next;

	kept->is_telling = true;
	for (wait = kept->waits; wait != NULL; wait = next) {
		verdict_fn *on_done = wait->on_done;
		void *arg = wait->arg;

		next = wait->next; /* on_done may wait for another tag, but takes nobody out here */
		verdict_cancel(wait);
		on_done(arg, err == NULL ? &kept->verdict : NULL, err);
	}
	kept->is_telling = false;
}

static void
on_manifest(void *arg, const struct registry_manifest *manifest, const struct error *err)
{
	struct kept *kept = arg;
	int64_t now_ms = loop_now_ms(kept->verdicts->loop);

	kept->task = NULL;
	kept->is_known = err == NULL;
	if (err == NULL) {
		clear(&kept->verdict);
		kept->verdict.exists = manifest->exists;
		kept->verdict.is_chart = manifest->is_chart;
		if (manifest->what != NULL)
			kept->verdict.what = alloc_string(manifest->what);
		if (manifest->digest != NULL)
			kept->verdict.digest = alloc_string(manifest->digest);
		kept->until_ms = now_ms + (manifest->is_chart ? GOOD_MS : BAD_MS);
	}
	tell(kept, err);
}

/* Room for another one: first those whose time is over, then all that nobody waits for. */
static void
make_room(struct verdicts *verdicts)
{
	int64_t now_ms = loop_now_ms(verdicts->loop);
	bool all = false;
	const char *key;
	void *value;
	size_t len;

	while (table_count(verdicts->kept) >= KEPT_MAX) {
		size_t cursor = 0;

		while (table_next(verdicts->kept, &cursor, &key, &len, &value)) {
			struct kept *kept = value;

			if (kept->task == NULL && !kept->is_telling &&
			    (all || kept->until_ms <= now_ms))
				table_remove(verdicts->kept, key, len);
		}
		if (all)
			return;
		all = true;
	}
}

static struct kept *
find(struct verdicts *verdicts, const char *key)
{
	struct kept *kept = table_get(verdicts->kept, key, strlen(key));

	if (kept != NULL)
		return kept;
	make_room(verdicts);
	kept = alloc_zero(1, sizeof(*kept));
	kept->verdicts = verdicts;
	kept->last = &kept->waits;
	table_put(verdicts->kept, key, strlen(key), kept);
	return kept;
}

static struct verdict_wait *
add_wait(struct kept *kept, verdict_fn *on_done, void *arg)
{
	struct verdict_wait *wait = alloc_zero(1, sizeof(*wait));

	wait->kept = kept;
	wait->on_done = on_done;
	wait->arg = arg;
	wait->prev = kept->last;
	*kept->last = wait;
	kept->last = &wait->next;
	return wait;
}

const struct verdict *
verdicts_get(struct verdicts *verdicts, const struct reference *reference, const char *credential,
	     const char *tag, verdict_fn *on_done, void *arg, struct verdict_wait **wait)
{
	CLEANUP_FREE char *key = alloc_format("%s\n%s\n%s", reference->text,
					      credential != NULL ? credential : "", tag);
	struct kept *kept = find(verdicts, key);

	*wait = NULL;
	if (kept->is_known && kept->until_ms > loop_now_ms(verdicts->loop))
		return &kept->verdict;
	kept->is_known = false;
	if (kept->task == NULL)
		kept->task = access_manifest(verdicts->access, reference, credential, tag,
					     on_manifest, kept);
	*wait = add_wait(kept, on_done, arg);
	return NULL;
}

struct verdicts *
verdicts_new(struct loop *loop, struct access *access)
{
	struct verdicts *verdicts = alloc_zero(1, sizeof(*verdicts));

	verdicts->loop = loop;
	verdicts->access = access;
	verdicts->kept = table_new(free_kept);
	return verdicts;
}

void
verdicts_free(struct verdicts *verdicts)
{
	if (verdicts == NULL)
		return;
	table_free(verdicts->kept);
	free(verdicts);
}
