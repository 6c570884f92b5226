/*
 * run: a pipeline file as a running, supervised group; with --check only the judgement of the
 * file. Ties pipeline, wiring, runtime folder and supervisor together; knows nothing that
 * they know.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/exit.h"
#include "../bus/log.h"
#include "../bus/loop.h"
#include "../bus/options.h"
#include "pipeline.h"
#include "program.h"
#include "rundir.h"
#include "supervise.h"
#include "wiring.h"

#define PIPELINE "delivery.yaml" /* when no file is named */
#define DRAIN_MS 10000
#define DRAIN_MAX_MS ((uint64_t)60 * 60 * 1000)

struct settings {
	bool check, help, version;
	const char *dir;
	int64_t drain_ms;
	int level;
	struct option_list operands;
};

struct group {
	struct loop *loop;
	struct supervise *supervise;
};

static const char *const levels[] = { "error", "warning", "info", "debug", NULL };

static const struct option_usage run_usage = {
	.program = "weir run",
	.synopsis = "[option ...] [FILE]",
	.summary = "Runs the stages of a pipeline file, restarts what dies, stops them in order.\n"
		   "Without FILE: weir's own " PIPELINE ".",
	.page = "weir-run(1)",
};
static const struct option_usage check_usage = {
	.program = "weir check",
	.synopsis = "[FILE]",
	.summary = "Judges a pipeline file without running it, and shows how it is wired.\n"
		   "Without FILE: weir's own " PIPELINE ".",
	.page = "weir-run(1)",
};

static int
fail(const struct error *err)
{
	log_error("%s", err->text);
	return error_exit_status(err);
}

static int
close_stdout(void)
{
	struct error err;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return WEIR_EXIT_DONE;
	error_set_errno(&err, "unable to write to standard output");
	return fail(&err);
}

static int
parse(struct settings *settings, int argc, char **argv, struct error *err)
{
	const struct option_row of_run[] = {
		{ .name = "dir", .kind = OPTION_STRING, .arg = "DIR", .field = &settings->dir,
		  .help = "runtime folder, for sockets (mode 0700)" },
		{ .name = "drain", .kind = OPTION_DURATION, .arg = "DURATION",
		  .field = &settings->drain_ms, .max = DRAIN_MAX_MS,
		  .help = "how long an ordered stop may take (10s)" },
		{ .name = NULL },
	};
	const struct option_row of_both[] = {
		{ .name = "check", .kind = OPTION_FLAG, .field = &settings->check,
		  .help = "judge FILE and show its wiring: weir check FILE" },
		{ .name = "log-level", .kind = OPTION_CHOICE, .arg = "LEVEL",
		  .field = &settings->level, .choices = levels,
		  .help = "error, warning, info (default) or debug" },
		{ .name = "help", .letter = 'h', .kind = OPTION_FLAG, .field = &settings->help,
		  .help = "show this and exit" },
		{ .name = "version", .kind = OPTION_FLAG, .field = &settings->version,
		  .help = "show the version and exit" },
		{ .name = NULL },
	};
	const struct option_row *const tables[] = { of_run, of_both, NULL };

	if (options_parse(tables, argc, argv, &settings->operands, err) < 0)
		return -1;
	if (settings->help)
		options_help(settings->check ? &check_usage : &run_usage,
			     tables + (settings->check ? 1 : 0));
	if (settings->help || settings->version || settings->operands.count <= 1)
		return 0;
	return error_set(err, ERROR_USAGE, 0, "one pipeline file is enough (weir %s --help)",
			 settings->check ? "check" : "run");
}

static int
read_pipeline(struct pipeline *pipeline, const struct option_list *operands, struct error *err)
{
	CLEANUP_FREE char *path = operands->count == 0 ? program_pipeline(PIPELINE) : NULL;

	if (operands->count > 0)
		return pipeline_read(pipeline, operands->items[0], err);
	if (path == NULL)
		return error_set(err, ERROR_CONFIG, 0,
				 "weir's own " PIPELINE " is not installed: name a pipeline file");
	return pipeline_read(pipeline, path, err);
}

static int
check(const struct pipeline *pipeline)
{
	CLEANUP_BUF struct buf text = BUF_INIT((size_t)1024 * 1024);
	struct wiring wiring;
	struct error err;
	int status;

	if (wiring_init(&wiring, pipeline, NULL, &err) < 0) {
		status = fail(&err);
	} else {
		wiring_print(&wiring, pipeline, &text);
		fputs(buf_string(&text), stdout);
		status = close_stdout();
	}
	wiring_fini(&wiring);
	return status;
}

/* --- running --- */

static void
on_over(void *arg)
{
	struct group *group = arg;

	loop_stop(group->loop);
}

static void
on_terminate(void *arg, int signo)
{
	struct group *group = arg;

	log_info("stopping (%s)", strsignal(signo));
	supervise_stop(group->supervise);
}

static int
run_group(struct wiring *wiring, const struct settings *settings)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct group group = { .loop = loop_new() };
	struct error err;
	int status = -1;
	size_t i;

	group.supervise = supervise_new(group.loop, wiring->stages, wiring->count,
					settings->drain_ms, on_over, &group);
	for (i = 0; i < ALLOC_COUNT(signals); i++)
		if (loop_signal(group.loop, signals[i], on_terminate, &group, &err) < 0)
			status = fail(&err);
	if (status < 0 &&
	    (supervise_start(group.supervise, &err) < 0 || loop_run(group.loop, &err) < 0))
		status = fail(&err);
	if (status < 0)
		status = supervise_status(group.supervise);
	supervise_free(group.supervise);
	loop_free(group.loop);
	return status;
}

static int
run(const struct pipeline *pipeline, const struct settings *settings)
{
	struct wiring wiring = { .count = 0 };
	struct error err;
	struct rundir *rundir = rundir_open(settings->dir, pipeline->path, &err);
	int status;

	if (rundir == NULL)
		return fail(&err);
	if (wiring_init(&wiring, pipeline, rundir_path(rundir), &err) < 0)
		status = fail(&err);
	else
		status = run_group(&wiring, settings);
	wiring_fini(&wiring);
	rundir_close(rundir);
	return status;
}

int
main(int argc, char **argv)
{
	struct settings settings = { .drain_ms = DRAIN_MS, .level = LOG_LEVEL_INFO };
	struct pipeline pipeline = { .count = 0 };
	struct error err;
	int status;

	signal(SIGPIPE, SIG_IGN);
	log_init("run", LOG_LEVEL_INFO);
	status = parse(&settings, argc, argv, &err);
	log_init(settings.check ? "check" : "run", (enum log_level)settings.level);
	if (status < 0) {
		status = fail(&err);
	} else if (settings.help || settings.version) {
		if (settings.version)
			puts("weir " WEIR_VERSION);
		status = close_stdout();
	} else if (read_pipeline(&pipeline, &settings.operands, &err) < 0) {
		status = fail(&err);
	} else {
		status = settings.check ? check(&pipeline) : run(&pipeline, &settings);
	}
	pipeline_fini(&pipeline);
	options_list_fini(&settings.operands);
	return status;
}
