/*
 * What an operator means, in each dialect: which end points `~1.2`, `>1.x` or `^0.0.3-rc.1` have.
 * The only place that knows how 1.5.0 and 3.4.0 differ on it. Knows no text and asks no version.
 */
#include "constraint-terms.h"

#include <string.h>

static void
set(uint64_t numbers[3], uint64_t major, uint64_t minor, uint64_t patch)
{
	numbers[0] = major;
	numbers[1] = minor;
	numbers[2] = patch;
}

/* Not beyond 1.MAX.MAX or 1.2.MAX: whatever has the first numbers of the term. */
static void
same_first(struct constraint_term *term, unsigned count)
{
	const uint64_t *n = term->numbers;

	term->high = CONSTRAINT_NUMBERS;
	set(term->high_numbers, n[0], count > 1 ? n[1] : UINT64_MAX, count > 2 ? n[2] : UINT64_MAX);
}

/* From the first version that has larger first numbers than the term. */
static void
past_first(struct constraint_term *term, unsigned count)
{
	const uint64_t *n = term->numbers;

	term->low = CONSTRAINT_NUMBERS;
	if (count == 2 && n[1] < UINT64_MAX)
		set(term->low_numbers, n[0], n[1] + 1, 0);
	else if (n[0] < UINT64_MAX)
		set(term->low_numbers, n[0] + 1, 0, 0);
	else
		term->never = true;
}

/* ~1.2.3 is >=1.2.3 and 1.2; ~1 is 1. ~0.0.0 and ~* are anything. */
static void
mean_tilde(struct constraint_term *term)
{
	const uint64_t *n = term->numbers;
	bool wild = term->precision == 1 || term->precision == 2;

	term->low = CONSTRAINT_INCLUSIVE;
	if (wild || n[0] > 0 || n[1] > 0 || n[2] > 0)
		same_first(term, term->precision == 1 ? 1 : 2);
}

/* ^1.2.3 is >=1.2.3 and 1. In 3.4 the first number that is not 0 stays, in 1.5.0 the major. */
static void
mean_caret(struct constraint_term *term, enum semver_dialect dialect)
{
	term->low = CONSTRAINT_INCLUSIVE;
	if (dialect == SEMVER_V1 || term->numbers[0] > 0 || term->precision == 1)
		same_first(term, 1);
	else if (term->numbers[1] > 0 || term->precision == 2)
		same_first(term, 2);
	else
		same_first(term, 3);
}

static void
mean_equal(struct constraint_term *term)
{
	if (term->precision < 3) {
		mean_tilde(term);
		return;
	}
	term->low = CONSTRAINT_INCLUSIVE;
	term->high = CONSTRAINT_INCLUSIVE;
}

static void
mean_not_equal(struct constraint_term *term, enum semver_dialect dialect)
{
	static const unsigned same_v3[4] = { 3, 1, 2, 3 }, same_v1[4] = { 2, 1, 2, 3 };

	if (dialect == SEMVER_V3) {
		term->same_numbers = same_v3[term->precision];
		term->same_prerelease = term->precision != 1;
	} else {
		term->same_numbers = same_v1[term->precision];
		term->same_prerelease = term->precision == 3;
		term->takes_prereleases = term->takes_prereleases || term->precision == 3;
	}
}

static void
mean_greater(struct constraint_term *term, enum semver_dialect dialect)
{
	if (dialect == SEMVER_V3 && (term->precision == 1 || term->precision == 2))
		past_first(term, term->precision);
	else
		term->low = CONSTRAINT_EXCLUSIVE;
}

/* `<` and `<=` with a wildcard, in 1.5.0: each number by itself, inclusive. */
static void
mean_less_v1(struct constraint_term *term)
{
	same_first(term, 1);
	term->minor_max = term->precision == 1 ? UINT64_MAX : term->numbers[1];
}

static void
mean_less(struct constraint_term *term, enum semver_dialect dialect)
{
	if (dialect == SEMVER_V1 && term->precision < 3)
		mean_less_v1(term);
	else
		term->high = CONSTRAINT_EXCLUSIVE;
}

static void
mean_less_equal(struct constraint_term *term, enum semver_dialect dialect)
{
	if (dialect == SEMVER_V1 && term->precision < 3)
		mean_less_v1(term);
	else if (term->precision < 3)
		same_first(term, term->precision == 1 ? 1 : 2);
	else
		term->high = CONSTRAINT_INCLUSIVE;
}

void
constraint_mean(struct constraint_term *term, enum semver_dialect dialect)
{
	term->minor_max = UINT64_MAX;
	term->takes_prereleases = term->pre_len > 0;
	switch (term->op) {
	case CONSTRAINT_EQUAL:
		mean_equal(term);
		break;
	case CONSTRAINT_NOT_EQUAL:
		mean_not_equal(term, dialect);
		break;
	case CONSTRAINT_GREATER:
		mean_greater(term, dialect);
		break;
	case CONSTRAINT_GREATER_EQUAL:
		term->low = CONSTRAINT_INCLUSIVE;
		break;
	case CONSTRAINT_LESS:
		mean_less(term, dialect);
		break;
	case CONSTRAINT_LESS_EQUAL:
		mean_less_equal(term, dialect);
		break;
	case CONSTRAINT_TILDE:
		mean_tilde(term);
		break;
	case CONSTRAINT_CARET:
		mean_caret(term, dialect);
		break;
	}
}
