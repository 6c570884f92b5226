/* bus/error.c: texts, context, cuts, and the exit status of each kind. */
#include "../../bus/error.h"

#include <errno.h>
#include <stdlib.h>

#include "../../bus/exit.h"
#include "../check.h"

int
main(void)
{
	struct error err;
	char longer[3000];

	check_number(error_set(&err, ERROR_INPUT, 7, "%s %d", "line", 3), -1, "returns -1");
	check_text(err.text, "line 3", "text");
	error_prepend(&err, "file %s", "a");
	check_text(err.text, "file a: line 3", "context in front");
	check(err.kind == ERROR_INPUT && err.code == 7, "kind and code stay");
	error_set(&err, ERROR_INPUT, 0, "again: %s", err.text);
	check_text(err.text, "again: file a: line 3", "its own text as an argument");
	errno = ENOENT;
	error_set_errno(&err, "open %s", "x");
	check(err.code == ENOENT && strstr(err.text, "open x: No such file") == err.text, "errno: %s", err.text);
	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	error_set(&err, ERROR_SYSTEM, 0, "%s", longer);
	check(strlen(err.text) == ERROR_TEXT_MAX - 1 && strcmp(err.text + ERROR_TEXT_MAX - 4, "...") == 0,
	      "a cut text says so");
	check_number(error_set(NULL, ERROR_INPUT, 0, "x"), -1, "nobody wants to know");
	err.kind = ERROR_USAGE;
	check_number(error_exit_status(&err), WEIR_EXIT_USAGE, "usage");
	err.kind = ERROR_CONFIG;
	check_number(error_exit_status(&err), WEIR_EXIT_USAGE, "configuration");
	err.kind = ERROR_INPUT;
	check_number(error_exit_status(&err), WEIR_EXIT_FAILED, "input");
	err.kind = ERROR_TEMPORARY;
	check_number(error_exit_status(&err), WEIR_EXIT_TEMPORARY, "temporary");
	return check_done();
}
