/* bus/table.c against a plain array: puts, takes, removals while walking, order. */
#include "../../bus/table.h"

#include <stdint.h>
#include <stdlib.h>

#include "../check.h"

#define KEYS 500

static int frees;

static void
count_free(void *value)
{
	(void)value;
	frees++;
}

static size_t
key_of(char *key, size_t size, unsigned i)
{
	return (size_t)snprintf(key, size, "key-%u", i);
}

/* The same random steps on the table and on an array; differences are counted. */
static void
test_random(void)
{
	struct table *table = table_new(NULL);
	uintptr_t model[KEYS] = { 0 };
	size_t live = 0, len, wrong = 0, seen = 0, cursor = 0;
	unsigned seed = 7, step, i;
	char key[32];
	void *value;

	for (step = 1; step < 40000; step++) {
		seed = seed * 1103515245u + 12345u;
		i = (seed >> 8) % KEYS;
		len = key_of(key, sizeof(key), i);
		if ((seed >> 4 & 3) != 0) {
			live += model[i] == 0;
			model[i] = step;
			table_put(table, key, len, (void *)(uintptr_t)step);
		} else {
			wrong += table_remove(table, key, len) != (model[i] != 0);
			live -= model[i] != 0;
			model[i] = 0;
		}
		wrong += table_count(table) != live;
		wrong += (uintptr_t)table_get(table, key, len) != model[i];
	}
	check_number((long long)wrong, 0, "40,000 random steps agree with an array");
	while (table_next(table, &cursor, NULL, NULL, &value))
		seen++;
	check_number((long long)seen, (long long)live, "a walk sees every entry once");
	table_free(table);
}

static void
test_order(void)
{
	struct table *table = table_new(NULL);
	size_t cursor = 0, len;
	const char *key;
	char order[64] = "";

	table_put(table, "b", 1, (void *)1);
	table_put(table, "a", 1, (void *)2);
	table_put(table, "c", 1, (void *)3);
	table_put(table, "b", 1, (void *)4);
	while (table_next(table, &cursor, &key, &len, NULL)) {
		snprintf(order + strlen(order), sizeof(order) - strlen(order), "%.*s", (int)len, key);
		if (*key == 'a')
			table_remove(table, "a", 1);
	}
	check_text(order, "bac", "insertion order, and removal while walking");
	table_put(table, "x\0y", 3, (void *)5);
	check(table_get(table, "x\0z", 3) == NULL && table_get(table, "x\0y", 3) == (void *)5,
	      "keys may hold NULs");
	table_free(table);
}

static void
test_ownership(void)
{
	struct table *table = table_new(count_free);

	table_put(table, "a", 1, table);
	table_put(table, "a", 1, table);
	check_number(frees, 0, "the same value again is not freed");
	table_put(table, "a", 1, &frees);
	check_number(frees, 1, "a replaced value is freed");
	check(table_take(table, "a", 1) == &frees && frees == 1, "a taken value is not freed");
	table_put(table, "b", 1, &frees);
	table_free(table);
	check_number(frees, 2, "the rest is freed with the table");
}

int
main(void)
{
	test_random();
	test_order();
	test_ownership();
	check(table_hash("abc", 3) == table_hash("abc", 3) && table_hash("abc", 3) != table_hash("abd", 3),
	      "hashes");
	return check_done();
}
