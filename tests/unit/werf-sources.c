/* Unit test of filters/werf-sources.c. */
#include "../../filters/werf-sources.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct werf_source *
put(struct werf_sources *sources, const char *key, const char *name, const char *created,
    const char *repository)
{
	CLEANUP_FREE char *text = alloc_format(
		"{\"metadata\":{\"name\":\"%s\",\"creationTimestamp\":\"%s\"},\"spec\":{"
		"\"imageRepo\":\"%s\"}}",
		name, created, repository);
	struct werf_source source;
	struct error err;

	if (werf_source_read(&source, (struct json_slice){ text, strlen(text) }, &err) != 0)
		check(false, "%s", err.text);
	return werf_sources_put(sources, key, strlen(key), &source);
}

/* "name=repository name=repository" of those that may be rendered; "!name" of the others. */
static void
expect(const struct werf_sources *sources, const char *wanted, const char *name)
{
	CLEANUP_BUF struct buf text = BUF_INIT((size_t)65536);

	for (size_t i = 0; i < werf_sources_count(sources); i++) {
		const struct werf_source *source = werf_sources_at(sources, i);
		bool ok = werf_sources_check(sources, source, NULL) == 0;

		buf_printf(&text, "%s%s%s=%s", i > 0 ? " " : "", ok ? "" : "!", source->name,
			   source->url);
	}
	check_text(buf_string(&text), wanted, name);
}

static void
test_order(void)
{
	struct werf_sources *sources = werf_sources_new();
	static const char *const names[] = { "m", "b", "z", "a", "b.c", "b-c" };

	expect(sources, "", "an empty set");
	check(werf_sources_named(sources, "a") == NULL, "an empty set has no a");
	for (size_t i = 0; i < ALLOC_COUNT(names); i++) {
		CLEANUP_FREE char *repository = alloc_format("r/%s", names[i]);

		put(sources, names[i], names[i], "", repository);
	}
	expect(sources, "a=r/a b=r/b b-c=r/b-c b.c=r/b.c m=r/m z=r/z", "the order of names");
	put(sources, "b", "b", "", "r/q");
	expect(sources, "a=r/a b=r/q b-c=r/b-c b.c=r/b.c m=r/m z=r/z", "one is replaced");
	check(werf_sources_drop(sources, "a", 1), "one is dropped");
	check(werf_sources_drop(sources, "z", 1), "another one is dropped");
	check(!werf_sources_drop(sources, "z", 1), "a second time it is not there");
	expect(sources, "b=r/q b-c=r/b-c b.c=r/b.c m=r/m", "those that are left");
	check_text(werf_sources_named(sources, "b.c")->url, "r/b.c", "found by name");
	check_text(werf_sources_get(sources, "m", 1)->url, "r/m", "found by key");
	check(werf_sources_named(sources, "a") == NULL, "who is dropped has no name");
	check(werf_sources_get(sources, "a", 1) == NULL, "who is dropped has no key");
	werf_sources_free(sources);
}

static void
test_clashes(void)
{
	struct werf_sources *sources = werf_sources_new();
	struct error err;

	put(sources, "a", "a", "2026-01-02T00:00:00Z", "r/x");
	put(sources, "b", "b", "2026-01-01T00:00:00Z", "r/x");
	expect(sources, "!a=r/x b=r/x", "D7: of two with one repository the older");
	check(werf_sources_check(sources, werf_sources_named(sources, "a"), &err) == -1,
	      "the other one is refused");
	check_text(err.text,
		   "WerfSource a: spec.imageRepo: WerfSource b, which is older, has this repository "
		   "and is used",
		   "and told why");
	put(sources, "c", "c", "2026-01-01T00:00:00Z", "R:443/x/");
	expect(sources, "!a=r/x b=r/x !c=r:443/x", "as old: by name; however it is spelled");
	put(sources, "0", "0", "", "r/x");
	expect(sources, "!0=r/x !a=r/x b=r/x !c=r:443/x", "no time at all comes last");
	put(sources, "b", "b", "2026-01-01T00:00:00Z", "r/y");
	expect(sources, "!0=r/x !a=r/x b=r/y c=r:443/x", "the winner moves: the next one");
	werf_sources_drop(sources, "c", 1);
	expect(sources, "!0=r/x a=r/x b=r/y", "the winner goes: the next one");
	werf_sources_drop(sources, "a", 1);
	expect(sources, "0=r/x b=r/y", "alone it is not in the way of anybody");
	put(sources, "d", "d", "", "r/x/below");
	expect(sources, "0=r/x b=r/y d=r/x/below", "a repository below another is another one");
	werf_sources_free(sources);
}

static void
test_names(void)
{
	struct werf_sources *sources = werf_sources_new();
	struct error err;

	put(sources, "file2", "a", "", "r/y");
	put(sources, "file1", "a", "", "r/x");
	expect(sources, "a=r/x !a=r/y", "one name in two files: by key");
	check(werf_sources_check(sources, werf_sources_at(sources, 1), &err) == -1,
	      "the second is refused");
	check_text(err.text,
		   "WerfSource a: metadata.name: another WerfSource has this name and is used",
		   "and told why");
	check_text(werf_sources_named(sources, "a")->url, "r/x", "by name the first is found");
	werf_sources_drop(sources, "file1", 5);
	expect(sources, "a=r/y", "the other one takes its place");
	werf_sources_free(sources);
}

static void
test_sharing(void)
{
	struct werf_sources *sources = werf_sources_new();
	const struct werf_source *source;
	size_t cursor = 0, count = 0;

	check(werf_sources_sharing(sources, "r/x", &cursor) == NULL, "nobody has this repository");
	put(sources, "a", "a", "", "r/x");
	put(sources, "b", "b", "", "r/y");
	put(sources, "c", "c", "", "r/x");
	put(sources, "d", "d", "", "r/x");
	while ((source = werf_sources_sharing(sources, "r/x", &cursor)) != NULL) {
		check_text(source->repository, "r/x", "one that has it");
		count++;
	}
	check_number((long long)count, 3, "three have it");
	check_number((long long)cursor, 0, "a walk ends where the next begins");
	werf_sources_free(sources);
}

/* A thousand in any order: nothing is lost, and it is quick enough not to be noticed here. */
static void
test_many(void)
{
	struct werf_sources *sources = werf_sources_new();
	unsigned i, wrong = 0;

	for (i = 0; i < 1000; i++) {
		CLEANUP_FREE char *name = alloc_format("s%03u", i * 617 % 1000);
		CLEANUP_FREE char *repository = alloc_format("r/%u", i % 500);

		put(sources, name, name, "", repository);
	}
	for (i = 0; i + 1 < werf_sources_count(sources); i++)
		wrong += strcmp(werf_sources_at(sources, i)->name,
				werf_sources_at(sources, i + 1)->name) >= 0;
	check_number((long long)werf_sources_count(sources), 1000, "a thousand");
	check_number(wrong, 0, "all in order");
	for (i = 0, wrong = 0; i < 1000; i++)
		wrong += werf_sources_check(sources, werf_sources_at(sources, i), NULL) != 0;
	check_number(wrong, 500, "half of them clash");
	for (i = 0; i < 1000; i += 2) {
		CLEANUP_FREE char *name = alloc_format("s%03u", i);

		werf_sources_drop(sources, name, strlen(name));
	}
	check_number((long long)werf_sources_count(sources), 500, "half of them are gone");
	werf_sources_free(sources);
	werf_sources_free(NULL);
}

int
main(void)
{
	test_order();
	test_clashes();
	test_names();
	test_sharing();
	test_many();
	return check_done();
}
