/* bus/log.c: the line, levels, control characters, the trace. */
#include "../../bus/log.h"

#include <stdlib.h>
#include <unistd.h>

#include "../check.h"

int
main(void)
{
	char text[9000] = "", longer[8000];
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	if (pipe(ends) < 0 || saved < 0)
		return 111;
	dup2(ends[1], STDERR_FILENO);
	log_init("test", LOG_LEVEL_INFO);
	log_error("cannot \x1b[31m%s", "a\nb\xc2\x9b");
	log_debug("unseen");
	log_trace("t1");
	log_info("caf\xc3\xa9");
	log_trace(NULL);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_warning("%s", longer);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	check(n > 0, "lines came");
	check(strstr(text, "weir test: error: cannot \\x1b[31ma\\x0ab\\xc2\\x9b\n") == text,
	      "control characters are escaped");
	check(strstr(text, "unseen") == NULL, "a level below is not shown");
	check(strstr(text, "weir test: info: caf\xc3\xa9 trace=t1\n") != NULL, "with the trace");
	check(strstr(text, "weir test: warning: xxx") != NULL && n < 4096, "a long line is cut");
	return check_done();
}
