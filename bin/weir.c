/*
 * weir: the one program on PATH. Knows the names of the others and what each is for, and executes
 * them. It links nothing that takes time to load, and never reads a message.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/exit.h"
#include "program.h"

struct verb {
	const char *name;
	const char *program; /* NULL: the program of the same name */
	const char *argument; /* put before the user's; NULL: none */
	const char *summary;
};

static const struct verb verbs[] = {
	{ "watch", NULL, NULL, "follow objects in a cluster or in a folder of manifests" },
	{ "tag-scan", NULL, NULL, "list the tags of the repositories that Applications use" },
	{ "constraint-match", NULL, NULL, "choose the newest version that the owner allows" },
	{ "verify", NULL, NULL, "look whether the chosen version is there, and a chart" },
	{ "patch-application", NULL, NULL, "write the version into the Application" },
	{ "render-configmap", NULL, NULL, "render registries.conf from WerfSources" },
	{ "render-repository", NULL, NULL, "make Argo CD's repository Secrets from WerfSources" },
	{ "apply", NULL, NULL, "make objects be what APPLY and PRUNE say" },
	{ "show", NULL, NULL, "print messages for a person" },
	{ "run", NULL, NULL, "run a pipeline file and keep it running" },
	{ "check", "run", "--check", "check a pipeline file and show its wiring" },
	{ "bridge", NULL, NULL, "let any command take part in a pipeline" },
};

static const struct verb *
find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static void
print_help(FILE *out)
{
	size_t i;

	fputs("usage: weir NAME [argument ...]\n"
	      "       weir help [NAME]\n"
	      "\n"
	      "Keeps Argo CD Applications on the newest chart that their owners allow.\n"
	      "Small programs exchange JSON messages; each does one job:\n"
	      "\n",
	      out);
	for (i = 0; i < ALLOC_COUNT(verbs); i++)
		fprintf(out, "  %-18s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\n"
	      "  -h, --help             show this and exit\n"
	      "      --version          show the version and exit\n"
	      "\n"
	      "  weir watch applications --once | weir tag-scan |\n"
	      "      weir constraint-match --explain | weir show\n"
	      "\n"
	      "Pages: weir(1), weir-pipeline(5), weir-message(7), and one for each program\n",
	      out);
}

/* A page that could not be written is no success. */
static int
close_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return WEIR_EXIT_DONE;
	fprintf(stderr, "weir: error: unable to write to standard output: %s\n", strerror(errno));
	return WEIR_EXIT_TEMPORARY;
}

static int
help(void)
{
	print_help(stdout);
	return close_stdout();
}

static int
unknown(const char *name)
{
	const char *names[ALLOC_COUNT(verbs)];
	const char *nearest;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(verbs); i++)
		names[i] = verbs[i].name;
	nearest = program_name_is_valid(name) ? program_nearest(name, names, i) : NULL;
	fputs("weir: error: there is no such program", stderr);
	if (program_name_is_valid(name))
		fprintf(stderr, ": %s", name);
	if (nearest != NULL)
		fprintf(stderr, "; did you mean %s?", nearest);
	fputs("\n`weir help` lists them all.\n", stderr);
	return WEIR_EXIT_USAGE;
}

/* Become the program: name, its own arguments (count of them). Returns only when that failed. */
static int
run(const char *name, char **arguments, size_t count)
{
	const struct verb *verb = find_verb(name);
	const char *program = verb != NULL && verb->program != NULL ? verb->program : name;
	CLEANUP_FREE char *path = program_find(program);
	CLEANUP_FREE char **argv = alloc_zero(count + 3, sizeof(*argv));
	size_t argc = 0;

	if (path == NULL && verb == NULL)
		return unknown(name);
	if (path == NULL) {
		fprintf(stderr,
			"weir: error: the program %s is not installed; "
			"WEIR_LIBEXEC can name the folder that holds it\n",
			program);
		return WEIR_EXIT_USAGE;
	}
	argv[argc++] = path;
	if (verb != NULL && verb->argument != NULL)
		argv[argc++] = (char *)(uintptr_t)verb->argument;
	memcpy(argv + argc, arguments, count * sizeof(*argv));
	execv(path, argv);
	fprintf(stderr, "weir: error: unable to execute %s: %s\n", path, strerror(errno));
	return WEIR_EXIT_TEMPORARY;
}

static int
help_on(const char *name)
{
	static char option[] = "--help";
	char *arguments[] = { option };

	return run(name, arguments, 1);
}

static int
version(void)
{
	puts("weir " WEIR_VERSION);
	return close_stdout();
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (argc < 2) {
		print_help(stderr);
		return WEIR_EXIT_USAGE;
	}
	if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0)
		return version();
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return help();
	if (strcmp(name, "help") == 0)
		return argc > 2 ? help_on(argv[2]) : help();
	if (name[0] == '-') {
		fprintf(stderr, "weir: error: unknown option; `weir help` shows the usage\n");
		return WEIR_EXIT_USAGE;
	}
	return run(name, argv + 2, (size_t)argc - 2);
}
