/*
 * A compiled constraint: asks its terms about a version. For releases, which most questions are
 * about, each group of terms becomes one range of keys beforehand, and constraint_allows (in the
 * header) only compares; prereleases and versions with large numbers come here.
 */
#include "constraint.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "constraint-terms.h"

static const uint64_t numbers_min[3] = { 0, 0, 0 };
static const uint64_t numbers_max[3] = { UINT64_MAX, UINT64_MAX, UINT64_MAX };

static int
compare_numbers(const uint64_t a[3], const uint64_t b[3])
{
	for (int i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* A version taken apart. */
struct subject {
	uint64_t numbers[3];
	const char *pre;
	size_t pre_len;
};

static int
compare_to_term(const struct subject *v, const struct constraint_term *term)
{
	int order = compare_numbers(v->numbers, term->numbers);

	return order != 0 ? order : semver_compare_prerelease(v->pre, v->pre_len, term->pre,
							      term->pre_len);
}

static bool
is_low_enough(const struct subject *v, const struct constraint_term *term)
{
	switch (term->high) {
	case CONSTRAINT_FREE:
		break;
	case CONSTRAINT_INCLUSIVE:
		return compare_to_term(v, term) <= 0;
	case CONSTRAINT_EXCLUSIVE:
		return compare_to_term(v, term) < 0;
	case CONSTRAINT_NUMBERS:
		return compare_numbers(v->numbers, term->high_numbers) <= 0;
	}
	return true;
}

static bool
is_high_enough(const struct subject *v, const struct constraint_term *term)
{
	switch (term->low) {
	case CONSTRAINT_FREE:
		break;
	case CONSTRAINT_INCLUSIVE:
		return compare_to_term(v, term) >= 0;
	case CONSTRAINT_EXCLUSIVE:
		return compare_to_term(v, term) > 0;
	case CONSTRAINT_NUMBERS:
		return compare_numbers(v->numbers, term->low_numbers) >= 0;
	}
	return true;
}

static bool
is_other(const struct subject *v, const struct constraint_term *term)
{
	for (unsigned i = 0; i < term->same_numbers; i++)
		if (v->numbers[i] != term->numbers[i])
			return true;
	if (!term->same_prerelease || (v->pre_len == 0 && term->pre_len == 0))
		return false;
	return v->pre_len != term->pre_len || memcmp(v->pre, term->pre, v->pre_len) != 0;
}

static bool
term_allows(const struct constraint_term *term, const struct subject *v)
{
	if (term->op == CONSTRAINT_NOT_EQUAL)
		return is_other(v, term);
	return !term->never && v->numbers[1] <= term->minor_max && is_high_enough(v, term) &&
	       is_low_enough(v, term);
}

static bool
group_allows(const struct constraint_terms *terms, const struct constraint_group *group,
	     const struct subject *v)
{
	if (v->pre_len > 0 && !group->takes_prereleases)
		return false;
	for (size_t i = 0; i < group->count; i++)
		if (!term_allows(&terms->terms[group->first + i], v))
			return false;
	return true;
}

bool
constraint_allows_exactly(const struct constraint *constraint, const struct semver *version)
{
	const struct constraint_terms *terms = constraint->terms;
	struct subject v = { .pre = version->pre, .pre_len = version->pre_len };

	if ((version->dialects & constraint->dialect) == 0 ||
	    (v.pre_len > 0 && !constraint->takes_prereleases))
		return false;
	if (terms == NULL)
		return true;
	semver_numbers(version, v.numbers);
	for (size_t i = 0; i < terms->group_count; i++)
		if (group_allows(terms, &terms->groups[i], &v))
			return true;
	return false;
}

bool
constraint_allows_any(const struct constraint *constraint, const struct semver *version)
{
	bool is_in_range = false;

	if (constraint->has_more || version->key == SEMVER_WIDE ||
	    (constraint->takes_prereleases && version->pre_len > 0))
		return constraint_allows_exactly(constraint, version);
	for (size_t i = 0; i < constraint->range_count; i++)
		is_in_range |= version->key - constraint->ranges[i].first <=
			       constraint->ranges[i].span;
	return is_in_range & (version->pre_len == 0) &
	       ((version->dialects & constraint->dialect) != 0);
}

/* The release before, after: false when there is none. */
static bool
step_down(uint64_t numbers[3])
{
	for (int i = 2; i >= 0; i--)
		if (numbers[i]-- > 0)
			return true;
	return false;
}

static bool
step_up(uint64_t numbers[3])
{
	for (int i = 2; i >= 0; i--)
		if (++numbers[i] > 0)
			return true;
	return false;
}

static void
copy_end(uint64_t end[3], enum constraint_edge edge, const uint64_t free_end[3],
	 const uint64_t numbers[3], const uint64_t version[3])
{
	const uint64_t *from = version;

	if (edge == CONSTRAINT_FREE)
		from = free_end;
	else if (edge == CONSTRAINT_NUMBERS)
		from = numbers;
	memcpy(end, from, sizeof(numbers_min));
}

/* The first and the last release that a term takes, its minor_max aside; false: none. */
static bool
release_bounds(const struct constraint_term *term, uint64_t low[3], uint64_t high[3])
{
	bool exists = !term->never;

	copy_end(low, term->low, numbers_min, term->low_numbers, term->numbers);
	copy_end(high, term->high, numbers_max, term->high_numbers, term->numbers);
	/* the release itself comes after its prereleases */
	if (term->low == CONSTRAINT_EXCLUSIVE && term->pre_len == 0)
		exists = step_up(low) && exists;
	if (term->high == CONSTRAINT_EXCLUSIVE ||
	    (term->high == CONSTRAINT_INCLUSIVE && term->pre_len > 0))
		exists = step_down(high) && exists;
	return exists;
}

static struct constraint_range
group_range(const struct constraint_terms *terms, const struct constraint_group *group)
{
	static const struct constraint_range none = { UINT64_MAX, 0 };
	struct constraint_range range;
	uint64_t low[3] = { 0 }, high[3], term_low[3], term_high[3];

	memcpy(high, numbers_max, sizeof(high));
	for (size_t i = 0; i < group->count; i++) {
		const struct constraint_term *term = &terms->terms[group->first + i];

		if (!release_bounds(term, term_low, term_high))
			return none;
		if (compare_numbers(term_low, low) > 0)
			memcpy(low, term_low, sizeof(low));
		if (compare_numbers(term_high, high) < 0)
			memcpy(high, term_high, sizeof(high));
	}
	if (compare_numbers(low, high) > 0)
		return none;
	range.first = semver_key_from(low);
	if (range.first > semver_key_until(high))
		return none;
	range.span = semver_key_until(high) - range.first;
	return range;
}

/* 3.4: one term that names a prerelease opens its group. 1.5.0: all of them have to. */
static bool
group_takes_prereleases(const struct constraint_terms *terms, const struct constraint_group *group)
{
	bool any = false, all = true;

	for (size_t i = 0; i < group->count; i++) {
		bool takes = terms->terms[group->first + i].takes_prereleases;

		any = any || takes;
		all = all && takes;
	}
	return terms->dialect == SEMVER_V3 ? any : all;
}

/* Does a range not say all of some term? */
static bool
has_more(const struct constraint_terms *terms)
{
	for (size_t i = 0; i < terms->term_count; i++)
		if (terms->terms[i].op == CONSTRAINT_NOT_EQUAL ||
		    terms->terms[i].minor_max < UINT64_MAX)
			return true;
	return false;
}

/* The ranges are there: what can be asked of the first one alone? */
static void
simplify(struct constraint *constraint)
{
	constraint->range = constraint->ranges[0];
	constraint->is_simple = constraint->range_count == 1 && !constraint->has_more &&
				!constraint->takes_prereleases;
}

static void
compile(struct constraint *constraint, struct constraint_terms *terms)
{
	for (size_t i = 0; i < terms->term_count; i++)
		constraint_mean(&terms->terms[i], terms->dialect);
	constraint->has_more = has_more(terms);
	constraint->range_count = terms->group_count;
	constraint->ranges = alloc_zero(terms->group_count, sizeof(*constraint->ranges));
	for (size_t i = 0; i < terms->group_count; i++) {
		struct constraint_group *group = &terms->groups[i];

		group->takes_prereleases = group_takes_prereleases(terms, group);
		if (group->takes_prereleases)
			constraint->takes_prereleases = true;
		constraint->ranges[i] = group_range(terms, group);
	}
	simplify(constraint);
}

struct constraint *
constraint_new(enum semver_dialect dialect, const char *text, size_t len, struct error *err)
{
	struct constraint *constraint = alloc_zero(1, sizeof(*constraint));

	constraint->dialect = dialect;
	constraint->terms = alloc_zero(1, sizeof(*constraint->terms));
	constraint->terms->dialect = dialect;
	if (constraint_parse(constraint->terms, text, len, err) == -1) {
		constraint_free(constraint);
		return NULL;
	}
	compile(constraint, constraint->terms);
	return constraint;
}

struct constraint *
constraint_new_any(enum semver_dialect dialect)
{
	struct constraint *constraint = alloc_zero(1, sizeof(*constraint));

	constraint->dialect = dialect;
	constraint->takes_prereleases = dialect == SEMVER_V1;
	constraint->range_count = 1;
	constraint->ranges = alloc_zero(1, sizeof(*constraint->ranges));
	constraint->ranges[0] = (struct constraint_range){ 0, UINT64_MAX - 1 };
	simplify(constraint);
	return constraint;
}

void
constraint_free(struct constraint *constraint)
{
	if (constraint == NULL)
		return;
	if (constraint->terms != NULL) {
		free(constraint->terms->text);
		free(constraint->terms->terms);
		free(constraint->terms->groups);
	}
	free(constraint->terms);
	free(constraint->ranges);
	free(constraint);
}

bool
constraint_takes_prereleases(const struct constraint *constraint)
{
	return constraint->takes_prereleases;
}
