/*
 * A registry's tags, gathered from the pages of GET /v2/NAME/tags/list as JSON text. Checks each
 * page as bytes (no tree: a hostile page costs no more than its length) and each tag against the
 * grammar. Pure.
 */
#ifndef WEIR_TAG_LIST_H
#define WEIR_TAG_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/buf.h"
#include "../bus/error.h"

#define TAG_LIST_BYTES_MAX ((size_t)12 * 1024 * 1024) /* leaves room in a message */
#define TAG_LIST_TAGS_MAX ((size_t)500000)
#define TAG_LIST_PAGES_MAX 1000
#define TAG_LIST_PAGE_BYTES_MAX ((size_t)8 * 1024 * 1024)

struct tag_list {
	struct buf text;  /* the inside of a JSON array: "1.0.0","1.0.1" */
	size_t count;	  /* tags in text */
	size_t illegal;	  /* tags that broke the grammar and were left out */
	unsigned pages;
	struct table *seen; /* addresses and contents of pages */
};

void tag_list_init(struct tag_list *list);
void tag_list_fini(struct tag_list *list);
/* One page's body; has_next: another one follows it. PROTOCOL error: no list of strings, over a
 * bound, or a page that brings nothing new though another follows. */
int tag_list_add(struct tag_list *list, const char *body, size_t len, bool has_next,
		 struct error *err);
/* The address of the next page; PROTOCOL error when it was there before, or there are too many. */
int tag_list_follow(struct tag_list *list, const char *url, struct error *err);

#endif
