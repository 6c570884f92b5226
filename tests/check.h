/*
 * The harness of unit programs: TAP on stdout, each failure with what was wanted
 * and what was got. main calls checks and returns check_done().
 */
#ifndef WEIR_TESTS_CHECK_H
#define WEIR_TESTS_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_count, check_failures;

/* One result; name says what is tested. Returns ok. */
__attribute__((format(printf, 2, 3), unused)) static bool
check(bool ok, const char *format, ...)
{
	va_list args;

	check_count++;
	if (!ok)
		check_failures++;
	printf("%sok %d - ", ok ? "" : "not ", check_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	return ok;
}

/* Equal strings (NULL is a value of its own). */
__attribute__((unused)) static bool
check_text(const char *got, const char *want, const char *name)
{
	bool ok = got == NULL || want == NULL ? got == want : strcmp(got, want) == 0;

	if (!check(ok, "%s", name))
		printf("# want: %s\n# got:  %s\n", want ? want : "(null)", got ? got : "(null)");
	return ok;
}

__attribute__((unused)) static bool
check_number(long long got, long long want, const char *name)
{
	if (!check(got == want, "%s", name))
		printf("# want: %lld\n# got:  %lld\n", want, got);
	return got == want;
}

/* Prints the plan; the exit status of the program. */
__attribute__((unused)) static int
check_done(void)
{
	printf("1..%d\n", check_count);
	return check_failures ? 1 : 0;
}

#endif
