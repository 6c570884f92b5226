/* Unit test of filters/watchlist.c. */
#include "../../filters/watchlist.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static struct buf changes = BUF_INIT((size_t)65536);

/* "repository[credential]=followers;" for each change */
static void
on_changed(void *arg, struct watchlist_entry *entry)
{
	(void)arg;
	buf_printf(&changes, "%s[%s]=", entry->reference.text,
		   entry->credential != NULL ? entry->credential : "");
	watchlist_followers(entry, &changes);
	buf_append_char(&changes, ';');
}

static void
claim(struct watchlist *watchlist, const char *repository, const char *credential,
      const char *follower)
{
	struct reference reference;

	reference_parse(&reference, repository, NULL);
	watchlist_claim(watchlist, &reference, credential, follower, strlen(follower));
	reference_fini(&reference);
}

static void
expect(const char *wanted, const char *name)
{
	check_text(buf_string(&changes), wanted, name);
	buf_clear(&changes);
}

static void
set_one(struct watchlist *watchlist, const char *key, const char *repository,
	const char *credential, const char *follower)
{
	watchlist_begin(watchlist, key, strlen(key));
	claim(watchlist, repository, credential, follower);
	watchlist_end(watchlist);
}

static void
test_one_application(struct watchlist *watchlist)
{
	set_one(watchlist, "a", "r/x", NULL, "1");
	expect("r/x[]=1;", "the first follower");
	set_one(watchlist, "a", "r/x", NULL, "1");
	expect("", "the same again is no change");
	set_one(watchlist, "a", "r/x", NULL, "2");
	expect("r/x[]=2;", "a follower that changes");
	set_one(watchlist, "b", "r/x", NULL, "3");
	expect("r/x[]=2,3;", "a second one");
	set_one(watchlist, "a", "r/x", NULL, "4");
	expect("r/x[]=4,3;", "who changes keeps his place");
	set_one(watchlist, "a", "r/y", NULL, "4");
	expect("r/y[]=4;r/x[]=3;", "who moves leaves the one and comes to the other");
	set_one(watchlist, "a", "r/y", "pullsecret:n/s", "4");
	expect("r/y[pullsecret:n/s]=4;r/y[]=;", "another credential is another entry");
	watchlist_drop(watchlist, "a", 1);
	expect("r/y[pullsecret:n/s]=;", "who is dropped leaves nothing");
	watchlist_drop(watchlist, "a", 1);
	watchlist_drop(watchlist, "never", 5);
	expect("", "dropping who is not there");
}

static void
test_sources(struct watchlist *watchlist)
{
	watchlist_begin(watchlist, "m", 1);
	claim(watchlist, "r/x", NULL, "m0");
	claim(watchlist, "r/x", NULL, "m1");
	claim(watchlist, "r/z", NULL, "m2");
	watchlist_end(watchlist);
	expect("r/x[]=3,m0,m1;r/z[]=m2;", "three sources, one change for each repository");
	watchlist_begin(watchlist, "m", 1);
	claim(watchlist, "r/x", NULL, "m1");
	claim(watchlist, "r/z", NULL, "m2");
	watchlist_end(watchlist);
	expect("r/x[]=3,m1;", "one source less");
	watchlist_begin(watchlist, "m", 1);
	watchlist_end(watchlist);
	expect("r/z[]=;r/x[]=3;", "no source any more");
}

int
main(void)
{
	struct watchlist *watchlist = watchlist_new(on_changed, NULL);
	struct watchlist_entry *entry;
	size_t cursor = 0, count = 0;

	test_one_application(watchlist);
	test_sources(watchlist);
	while ((entry = watchlist_next(watchlist, &cursor)) != NULL) {
		check_text(entry->reference.text, "r/x", "the only entry left");
		count += entry->count;
	}
	check_number((long long)count, 1, "its only follower");
	watchlist_free(watchlist);
	expect("r/x[]=;", "freed: everybody is told");
	buf_fini(&changes);
	return check_done();
}
