/*
 * A list in pages of 500, cut into its items while it arrives: what is held is one item, never a
 * page. A page whose transfer broke is asked for again as it was; whoever takes the items must
 * not mind to see one twice.
 */
#include "kube-streams.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "kube-priv.h"

#define PAGE_SIZE 500
#define ITEM_MAX ((size_t)16 * 1024 * 1024)
#define SILENCE_MS 60000 /* a server that sends nothing for so long has gone */

struct kube_list {
	struct kube *kube;
	const struct kube_collection *collection;
	const struct kube_list_events *events;
	void *arg;
	struct kube_call *call;
	struct json_split *split;
	struct error why;     /* what was wrong with the page's text */
	char *version, *next; /* resourceVersion; continue, NULL: no further page */
	char *page;	      /* continue of the page that is being read; NULL: the first */
	struct loop_timer silence;
	bool is_paused, is_waiting; /* waiting: for the pause to end, to ask for a page */
};

char *
kube_query_escape(const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = alloc_zero(strlen(text) * 3 + 1, 1), *at = out;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    strchr("-._~", c)) {
			*at++ = (char)c;
		} else {
			*at++ = '%';
			*at++ = hex[c >> 4];
			*at++ = hex[c & 15];
		}
	}
	return out;
}

char *
kube_query_selectors(const struct kube_collection *collection)
{
	CLEANUP_FREE char *labels =
		collection->labels ? kube_query_escape(collection->labels) : NULL;
	CLEANUP_FREE char *fields =
		collection->fields ? kube_query_escape(collection->fields) : NULL;

	return alloc_format("%s%s%s%s", labels ? "&labelSelector=" : "", labels ? labels : "",
			    fields ? "&fieldSelector=" : "", fields ? fields : "");
}

/* --- what arrives --- */

static int
on_item(void *arg, struct json_slice item)
{
	struct kube_list *list = arg;

	list->events->on_item(list->arg, item);
	return 0;
}

static char *
member_text(struct json_slice object, const char *name)
{
	CLEANUP_BUF struct buf text = BUF_INIT(65536);

	if (!json_string(json_member(object, name), &text) || text.len == 0 ||
	    memchr(text.data, '\0', text.len))
		return NULL;
	return alloc_string(text.data);
}

static void
forget_metadata(struct kube_list *list)
{
	free(list->version);
	free(list->next);
	list->version = list->next = NULL;
}

/* `metadata` comes before the items or behind them. */
static int
on_member(void *arg, struct json_slice name, struct json_slice value)
{
	struct kube_list *list = arg;

	if (name.len != 8 || memcmp(name.text, "metadata", 8) != 0)
		return 0;
	if (json_check(value.text, value.len, &json_limits_message, &list->why))
		return error_prepend(&list->why, "the list's metadata");
	forget_metadata(list);
	list->version = member_text(value, "resourceVersion");
	list->next = member_text(value, "continue");
	return 0;
}

static void on_silence(void *arg);

static void
expect(struct kube_list *list)
{
	if (list->is_paused)
		loop_timer_stop(kube_loop(list->kube), &list->silence);
	else
		loop_timer_start(kube_loop(list->kube), &list->silence, SILENCE_MS, on_silence,
				 list);
}

static int
on_bytes(void *arg, const char *bytes, size_t len)
{
	struct kube_list *list = arg;
	struct error err;

	expect(list);
	if (json_split_feed(list->split, bytes, len, &err) == 0)
		return 0;
	if (list->why.kind == ERROR_NONE)
		list->why = err;
	return -1;
}

/* --- pages --- */

static void
end_page(struct kube_list *list)
{
	loop_timer_stop(kube_loop(list->kube), &list->silence);
	json_split_free(list->split);
	list->split = NULL;
	list->call = NULL;
}

static void
fail(struct kube_list *list, const struct error *err, int64_t retry_after_ms)
{
	struct error why = list->why.kind == ERROR_NONE ? *err : list->why;

	end_page(list);
	list->events->on_end(list->arg, &why, retry_after_ms);
}

static void
on_silence(void *arg)
{
	struct kube_list *list = arg;
	struct error err;

	error_set(&err, ERROR_TEMPORARY, 0, "%s sent nothing for %d s in the middle of a list",
		  kube_server(list->kube), SILENCE_MS / 1000);
	kube_cancel(list->call);
	fail(list, &err, -1);
}

static void
on_page(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct kube_list *list = arg;
	struct error why;

	if (!err && json_split_finish(list->split, &why))
		err = &why;
	if (!err && !list->version) {
		error_set(&why, ERROR_PROTOCOL, 0, "%s sent a list without a resourceVersion",
			  kube_server(list->kube));
		err = &why;
	}
	if (err) {
		fail(list, err, answer->retry_after_ms);
		return;
	}
	end_page(list);
	free(list->page);
	list->page = list->next;
	list->next = NULL;
	if (list->page)
		kube_list_go(list);
	else
		list->events->on_end(list->arg, NULL, -1);
}

static char *
page_path(const struct kube_list *list)
{
	CLEANUP_FREE char *selectors = kube_query_selectors(list->collection);
	CLEANUP_FREE char *page = list->page ? kube_query_escape(list->page) : NULL;

	return alloc_format("%s?limit=%d%s%s%s", list->collection->path, PAGE_SIZE, selectors,
			    page ? "&continue=" : "", page ? page : "");
}

void
kube_list_go(struct kube_list *list)
{
	CLEANUP_FREE char *path = page_path(list);
	struct kube_request request = { .path = path,
					.timeout_ms = -1,
					.is_compressed = true,
					.on_body = on_bytes,
					.on_done = on_page,
					.arg = list };

	list->is_waiting = list->is_paused;
	if (list->is_paused)
		return;
	memset(&list->why, 0, sizeof(list->why));
	forget_metadata(list);
	list->split = json_split_new("items", ITEM_MAX, on_item, on_member, list);
	if (list->collection->omit)
		json_split_omit(list->split, list->collection->omit);
	list->call = kube_start(list->kube, &request);
	expect(list);
}

void
kube_list_rewind(struct kube_list *list)
{
	free(list->page);
	list->page = NULL;
}

void
kube_list_pause(struct kube_list *list, bool paused)
{
	list->is_paused = paused;
	if (list->call) {
		kube_pause(list->call, paused);
		expect(list);
	} else if (!paused && list->is_waiting) {
		kube_list_go(list);
	}
}

const char *
kube_list_version(const struct kube_list *list)
{
	return list->version;
}

struct kube_list *
kube_list_open(struct kube *kube, const struct kube_collection *collection,
	       const struct kube_list_events *events, void *arg)
{
	struct kube_list *list = alloc_zero(1, sizeof(*list));

	list->kube = kube;
	list->collection = collection;
	list->events = events;
	list->arg = arg;
	return list;
}

void
kube_list_close(struct kube_list *list)
{
	if (!list)
		return;
	if (list->call)
		kube_cancel(list->call);
	end_page(list);
	forget_metadata(list);
	free(list->page);
	free(list);
}
