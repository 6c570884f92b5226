/*
 * When a repository is scanned: at once, by the clock, on hints, again after failures. One scan
 * at a time; the last whole listing is kept. Must not know who follows it.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/log.h"
#include "retry.h"
#include "tag-scan-priv.h"

#define HINT_GAP_MS 500 /* from one scan's start to the next one's by a hint */
#define FAILURE_BASE_MS 5000
#define FAILURE_CAP_MS 300000

struct scan {
	const struct scan_settings *settings;
	struct reference reference;
	char *credential;
	void *arg;
	struct access_task *task;  /* while it runs */
	struct filter_work *work;  /* from when a scan is due until it has been told */
	struct loop_timer timer;   /* the next one */
	bool is_hinted;		   /* during the one that runs */
	bool is_stopped;
	bool is_listed;
	int64_t started_ms; /* the last one; below 0: none yet */
	unsigned failures;  /* in a row */
	size_t illegal;	    /* tags left out of the last list */
	char *tags;
	size_t tags_len;
};

static void start(void *arg);

static struct loop *
loop_of(const struct scan *scan)
{
	return filter_loop(scan->settings->filter);
}

/* --- the next one --- */

/* A scan is to start in delay_ms, and the end of input waits for it. */
static void
start_in(struct scan *scan, int64_t delay_ms)
{
	if (scan->work == NULL)
		scan->work = filter_work_start(scan->settings->filter);
	if (!scan->settings->is_held)
		loop_timer_start(loop_of(scan), &scan->timer, delay_ms, start, scan);
}

static void
start_by_clock(void *arg)
{
	start_in(arg, 0);
}

static void
plan_next(struct scan *scan)
{
	int64_t interval_ms = scan->settings->interval_ms, delay_ms;

	if (scan->settings->is_ended || scan->is_stopped)
		return;
	if (scan->failures > 0) {
		int64_t cap_ms = interval_ms > FAILURE_BASE_MS && interval_ms < FAILURE_CAP_MS ?
			interval_ms : FAILURE_CAP_MS;

		delay_ms = retry_delay_ms(scan->failures, FAILURE_BASE_MS, cap_ms, retry_random());
	} else if (interval_ms > 0) { /* within a tenth of it, so that scans do not come in step */
		delay_ms = interval_ms - interval_ms / 10 +
			   (int64_t)(retry_random() % (uint64_t)(interval_ms / 5 + 1));
	} else {
		return;
	}
	loop_timer_start(loop_of(scan), &scan->timer, delay_ms, start_by_clock, scan);
}

void
scan_hint(struct scan *scan)
{
	int64_t since_ms = loop_now_ms(loop_of(scan)) - scan->started_ms;

	if (scan->is_stopped)
		return;
	if (scan->task != NULL)
		scan->is_hinted = true;
	else if (scan->work == NULL) /* else: it is due already */
		start_in(scan, scan->started_ms >= 0 && since_ms < HINT_GAP_MS ?
				       HINT_GAP_MS - since_ms : 0);
}

/* --- one scan --- */

/* After the callbacks: the work is done, unless a hint wants another one. */
static void
settle(struct scan *scan)
{
	struct filter_work *work = scan->work;

	scan->work = NULL;
	if (scan->is_hinted && !scan->is_stopped) {
		scan->is_hinted = false;
		scan_hint(scan);
	} else {
		plan_next(scan);
	}
	if (work != NULL)
		filter_work_end(work);
}

static bool
keep_tags(struct scan *scan, const struct tag_list *list)
{
	bool is_same = scan->is_listed && scan->tags_len == list->text.len &&
		       memcmp(scan->tags, buf_string(&list->text), scan->tags_len) == 0;

	if (list->illegal != scan->illegal && list->illegal > 0)
		log_warning("%s: %zu tags that are no legal tags were left out",
			    scan->reference.text, list->illegal);
	scan->illegal = list->illegal;
	if (is_same)
		return false;
	free(scan->tags);
	scan->tags = alloc_text(buf_string(&list->text), list->text.len);
	scan->tags_len = list->text.len;
	scan->is_listed = true;
	return true;
}

static void
on_tags(void *arg, const struct tag_list *list, const struct error *err)
{
	struct scan *scan = arg;

	scan->task = NULL;
	if (scan->work != NULL)
		filter_work_resume(scan->work);
	if (err != NULL) {
		scan->failures++;
		scan->settings->on_failed(scan->arg, scan, err);
	} else {
		scan->failures = 0;
		if (keep_tags(scan, list))
			scan->settings->on_listed(scan->arg, scan);
	}
	settle(scan);
}

static void
start(void *arg)
{
	struct scan *scan = arg;

	scan->started_ms = loop_now_ms(loop_of(scan));
	scan->is_hinted = false;
	scan->task = access_tags(scan->settings->access, &scan->reference, scan->credential,
				 on_tags, scan);
}

/* --- what others call --- */

const char *
scan_tags(const struct scan *scan, size_t *len)
{
	*len = scan->tags_len;
	return scan->is_listed ? scan->tags : NULL;
}

void
scan_release(struct scan *scan)
{
	if (scan->work != NULL && scan->task == NULL)
		start_in(scan, 0);
}

void
scan_stop(struct scan *scan)
{
	struct filter_work *work = scan->work;

	scan->is_stopped = true;
	loop_timer_stop(loop_of(scan), &scan->timer);
	access_cancel(scan->task);
	scan->task = NULL;
	scan->work = NULL;
	if (work != NULL)
		filter_work_end(work);
}

struct scan *
scan_new(const struct scan_settings *settings, const struct reference *reference,
	 const char *credential, void *arg)
{
	struct scan *scan = alloc_zero(1, sizeof(*scan));

	scan->settings = settings;
	scan->reference.host = alloc_string(reference->host);
	scan->reference.path = alloc_string(reference->path);
	scan->reference.text = alloc_string(reference->text);
	scan->credential = credential != NULL ? alloc_string(credential) : NULL;
	scan->arg = arg;
	scan->started_ms = -1;
	scan_hint(scan);
	return scan;
}

void
scan_free(struct scan *scan)
{
	scan_stop(scan);
	reference_fini(&scan->reference);
	free(scan->credential);
	free(scan->tags);
	free(scan);
}
