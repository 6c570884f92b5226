/* bus/alloc.c: zeroed, copied, formatted; overflow ends the process. */
#include "../../bus/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

static int
status_of_overflow(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		close(STDERR_FILENO);
		free(alloc_grow(NULL, SIZE_MAX / 2, 4));
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
main(void)
{
	char *zeroed = alloc_zero(3, 2);
	CLEANUP_FREE char *text = alloc_text("abcdef", 3);
	CLEANUP_FREE char *format = alloc_format("%s-%d", text, 7);
	CLEANUP_CLOSE int fd = dup(1);

	check(memcmp(zeroed, "\0\0\0\0\0\0", 6) == 0, "zeroed");
	zeroed = alloc_grow(zeroed, 100, 10);
	zeroed[999] = 1;
	check_text(text, "abc", "a copy of some bytes ends with a NUL");
	check_text(format, "abc-7", "formatted");
	alloc_free_secret(NULL);
	alloc_free_secret(alloc_string("secret"));
	check(fd >= 0, "a descriptor to be closed by its scope");
	free(zeroed);
	check_number(status_of_overflow(), 111, "a size that overflows ends the process");
	return check_done();
}
