/* bus/endpoint-zmq.c: addresses that are refused, what is said about them, and who binds. */
#include "../../bus/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/retain.h"
#include "../check.h"

static const struct endpoint_settings settings;
static const struct endpoint_events events;
static struct loop *loop;
static char folder[] = "/tmp/weir-address.XXXXXX";

static void
check_refused(const char *address, const char *why)
{
	struct error err = { 0 };
	struct endpoint *end = endpoint_open_reader(loop, address, &settings, &events, NULL, &err);

	check(end == NULL && strstr(err.text, why) != NULL, "%s: %s", address, why);
	if (strstr(err.text, why) == NULL)
		printf("# got: %s\n", err.text);
	if (end == NULL)
		check(strncmp(err.text, address, strlen(address)) == 0, "the address is named");
	endpoint_close(end);
}

/* What depends on the file system: the address is FOLDER + rest. */
static void
check_refused_in(const char *before, const char *rest, const char *why)
{
	CLEANUP_FREE char *address = alloc_format("%s%s%s", before, folder, rest);

	check_refused(address, why);
}

static void
check_files(void)
{
	CLEANUP_FREE char *other = alloc_format("%s/open", folder);
	CLEANUP_FREE char *file = alloc_format("%s/file", folder);
	char name[122] = "/";

	memset(name + 1, 'n', sizeof(name) - 2);
	mkdir(other, 0700);
	chmod(other, 0777);
	fclose(fopen(file, "w"));
	check_refused_in("@ipc://", "/open/x", "others may write to the folder");
	check_refused_in("ipc://", "/open/x", "others may write to the folder");
	check_refused_in("@ipc://", "/none/x", "mkdir -m 700");
	check_refused_in("@ipc://", "/file", "is no socket");
	check_refused_in("@ipc://", name, "a socket's may have at most 107");
	unlink(file);
	rmdir(other);
}

static void
check_binding(void)
{
	CLEANUP_FREE char *address = alloc_format("@ipc://%s/s", folder);
	const char *path = address + strlen("@ipc://");
	struct retain *retain = retain_new();
	struct endpoint *end = endpoint_open_writer(loop, address, &settings, retain, &events, NULL,
						    NULL);
	struct stat status;

	check(end != NULL, "an endpoint is bound");
	check(stat(path, &status) == 0 && (status.st_mode & 077) == 0, "its socket is ours alone");
	check_refused(address, "already bound by another process");
	endpoint_close(end);
	check(access(path, F_OK) < 0, "its socket is removed with it");
	end = endpoint_open_writer(loop, address, &settings, retain, &events, NULL, NULL);
	check(end != NULL, "then it can be bound again");
	endpoint_close(end);
	retain_free(retain);
}

int
main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	loop = loop_new();
	check_refused("@ipc://@name", "abstract sockets have no permissions");
	check_refused("ipc://@name", "abstract sockets have no permissions");
	check_refused("@ipc://", "names no file");
	check_refused("@tcp://127.0.0.1:5555", "--insecure-tcp");
	check_refused("tcp://127.0.0.1:5555", "--insecure-tcp");
	check_refused("@tcp://*:5555", "--insecure-tcp");
	check_refused("tcp://127.0.0.1", "tcp://HOST:PORT");
	check_refused("tcp://127.0.0.1:0", "tcp://HOST:PORT");
	check_refused("tcp://127.0.0.1:65536", "tcp://HOST:PORT");
	check_refused("tcp://127.0.0.1:5555x", "tcp://HOST:PORT");
	check_refused("tcp://:5555", "tcp://HOST:PORT");
	check_files();
	check_binding();
	loop_free(loop);
	check(rmdir(folder) == 0, "nothing is left behind");
	return check_done();
}
