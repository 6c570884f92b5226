/*
 * Running a filter: from its first line of input to its exit status. One function,
 * filter_check, decides after each event whether inputs rest, and whether all is done.
 */
#include "filter.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "exit.h"
#include "filter-priv.h"
#include "frame.h"
#include "log.h"

#define DRAIN_MS 5000 /* after SIGTERM */
#define OUT_MAX ((size_t)FRAME_MAX + 1024)

static void on_terminate(void *arg, int signo);

struct filter *
filter_open(const struct filter_program *program, int argc, char **argv)
{
	struct filter *filter = alloc_zero(1, sizeof(*filter));
	struct error err;

	signal(SIGPIPE, SIG_IGN);
	filter->program = program;
	log_init(program->name, LOG_LEVEL_WARNING);
	buf_init(&filter->out, OUT_MAX);
	buf_init(&filter->key, FRAME_MAX);
	filter->loop = loop_new();
	cause_init(filter);
	if (filter_parse(filter, argc, argv, &err) < 0) {
		log_error("%s (weir %s --help shows the options)", err.text, program->name);
		exit(WEIR_EXIT_USAGE);
	}
	/* From here on it ends by its loop, and takes with it what it starts. */
	if (loop_signal(filter->loop, SIGTERM, on_terminate, filter, &err) < 0 ||
	    loop_signal(filter->loop, SIGINT, on_terminate, filter, &err) < 0) {
		log_error("%s", err.text);
		exit(error_exit_status(&err));
	}
	return filter;
}

static void
filter_close(struct filter *filter)
{
	size_t i;

	for (i = 0; i < filter->input_count; i++)
		endpoint_close(filter->inputs[i].endpoint);
	for (i = 0; i < filter->output_count; i++)
		endpoint_close(filter->outputs[i]);
	free(filter->inputs);
	free(filter->outputs);
	retain_free(filter->retain);
	cause_fini(filter);
	loop_free(filter->loop);
	options_list_fini(&filter->common.in);
	options_list_fini(&filter->common.out);
	options_list_fini(&filter->operands);
	buf_fini(&filter->out);
	buf_fini(&filter->key);
	free(filter);
}

struct loop *
filter_loop(struct filter *filter)
{
	return filter->loop;
}

const struct option_list *
filter_operands(const struct filter *filter)
{
	return &filter->operands;
}

void
filter_text(struct filter *filter)
{
	filter->text = true;
}

void
filter_no_input(struct filter *filter)
{
	filter->no_input = true;
}

int
filter_fail(struct filter *filter, const struct error *err)
{
	log_error("%s", err->text);
	filter_close(filter);
	return error_exit_status(err);
}

bool
filter_is_sharded(const struct filter *filter)
{
	return filter->settings.shards > 0;
}

bool
filter_takes(const struct filter *filter, const char *key, size_t len)
{
	return filter->settings.shards == 0 ||
	       table_hash(key, len) % filter->settings.shards == filter->settings.shard;
}

void
filter_die(struct filter *filter, const struct error *err)
{
	if (filter->died)
		return;
	log_error("%s", err->text);
	filter->died = true;
	filter->die_status = error_exit_status(err);
	loop_stop(filter->loop);
}

/* --- has the first list come, has the input ended, is all done --- */

static bool
every_input(const struct filter *filter, bool (*is_so)(const struct input *))
{
	size_t i;

	for (i = 0; i < filter->input_count; i++)
		if (!is_so(&filter->inputs[i]))
			return false;
	return true;
}

static bool
input_is_complete(const struct input *input)
{
	return input->complete || input->ended;
}

static bool
input_is_proven(const struct input *input)
{
	return input->proven || input->ended;
}

static bool
input_has_ended(const struct input *input)
{
	return input->ended;
}

void
filter_tell_complete(struct filter *filter)
{
	bool proven = every_input(filter, input_is_proven);

	if (filter->program->flags & FILTER_SOURCE || !every_input(filter, input_is_complete))
		return;
	if (filter->told_complete && (filter->told_proven || !proven))
		return;
	filter->told_complete = true;
	filter->told_proven = proven;
	loop_timer_stop(filter->loop, &filter->silence);
	if (filter->callbacks->on_complete != NULL)
		filter->callbacks->on_complete(filter->self, proven);
}

void
filter_complete(struct filter *filter)
{
	size_t i;

	if (filter->outputs_complete)
		return;
	filter->outputs_complete = true;
	for (i = 0; i < filter->output_count; i++)
		endpoint_complete(filter->outputs[i]);
}

static bool
input_is_over(const struct filter *filter)
{
	if (filter->stopping)
		return true;
	if (filter->program->flags & FILTER_SOURCE)
		return filter->source_done;
	return every_input(filter, input_has_ended);
}

static bool
outputs_flushed(const struct filter *filter)
{
	size_t i;

	for (i = 0; i < filter->output_count; i++)
		if (!endpoint_is_flushed(filter->outputs[i]))
			return false;
	return true;
}

/* Writers have no event for "flushed": look again soon. */
void
filter_look_again(void *arg)
{
	filter_check(arg);
}

/* A newline: ready. `end`: the input has ended and all is done, which exit status 0 alone does not
 * say, since SIGTERM leads to it too. */
static void
tell_supervisor(struct filter *filter, const char *line)
{
	int fd = (int)filter->common.ready_fd;

	if (fd != 0 && write(fd, line, strlen(line)) < 0)
		log_debug("nobody waits to hear from us");
}

static void
finish_outputs(struct filter *filter)
{
	size_t i;

	if (!filter->ending)
		for (i = 0; i < filter->output_count; i++)
			endpoint_finish(filter->outputs[i], !filter->stopping);
	filter->ending = true;
	if (outputs_flushed(filter)) {
		filter->finished = true;
		if (!filter->stopping)
			tell_supervisor(filter, "end\n");
		loop_stop(filter->loop);
	} else {
		loop_timer_start(filter->loop, &filter->later, filter->retain != NULL ? 5 : 1,
				 filter_look_again, filter);
	}
}

bool
filter_is_full(const struct filter *filter)
{
	size_t i;

	for (i = 0; i < filter->output_count; i++)
		if (endpoint_is_full(filter->outputs[i]))
			return true;
	return false;
}

static bool
is_busy(const struct filter *filter)
{
	return filter->program->busy_max > 0 && filter->busy >= filter->program->busy_max;
}

static void
set_paused(struct filter *filter, bool paused)
{
	size_t i;

	if (filter->paused == paused)
		return;
	filter->paused = paused;
	for (i = 0; i < filter->input_count; i++)
		endpoint_pause(filter->inputs[i].endpoint, paused);
}

void
filter_check(struct filter *filter)
{
	if (filter->finished || filter->died)
		return;
	set_paused(filter, filter->stopping || is_busy(filter) || filter_is_full(filter));
	if (!filter->outputs_complete && filter->told_complete && filter->busy == 0 &&
	    !(filter->program->flags & FILTER_SOURCE))
		filter_complete(filter);
	if (!input_is_over(filter))
		return;
	if (!filter->input_end_told && !filter->stopping) {
		filter->input_end_told = true;
		filter_tell_complete(filter);
		if (filter->callbacks->on_end != NULL)
			filter->callbacks->on_end(filter->self);
	}
	if (filter->busy == 0)
		finish_outputs(filter);
}

void
filter_on_room(struct filter *filter, void (*on_room)(void *self))
{
	filter->on_room = on_room;
}

void
filter_finish(struct filter *filter)
{
	filter->source_done = true;
	loop_timer_start(filter->loop, &filter->later, 0, filter_look_again, filter);
}

/* --- stopping --- */

static void
on_deadline(void *arg)
{
	struct filter *filter = arg;

	log_warning("stopped with %zu pieces of work unfinished", filter->busy);
	loop_stop(filter->loop);
}

static void
on_terminate(void *arg, int signo)
{
	struct filter *filter = arg;

	(void)signo;
	if (filter->stopping && filter->deadline.place != 0) {
		loop_stop(filter->loop); /* asked twice: now */
		return;
	}
	filter->stopping = true;
	loop_timer_start(filter->loop, &filter->deadline, DRAIN_MS, on_deadline, filter);
	if (filter->callbacks->on_stop != NULL)
		filter->callbacks->on_stop(filter->self);
	filter_check(filter);
}

/* --- opening --- */

static void
default_endpoint(struct option_list *list)
{
	if (list->count > 0)
		return;
	list->items = alloc_grow(list->items, 1, sizeof(*list->items));
	list->items[list->count++] = "-";
}

static int
open_inputs(struct filter *filter, struct error *err)
{
	struct endpoint_settings settings = filter->settings;
	struct option_list *in = &filter->common.in;
	size_t i;

	if (filter->program->flags & FILTER_SOURCE || filter->no_input)
		return 0;
	if (filter->program->flags & FILTER_OWN_SHARD)
		settings.shards = 0;
	default_endpoint(in);
	filter->inputs = alloc_zero(in->count, sizeof(*filter->inputs));
	for (i = 0; i < in->count; i++) {
		struct input *input = &filter->inputs[i];

		input->filter = filter;
		input->retained = endpoint_is_retained(in->items[i]);
		input->endpoint = endpoint_open_reader(filter->loop, in->items[i], &settings,
						       &filter_reader_events, input, err);
		if (input->endpoint == NULL)
			return -1;
		filter->input_count++;
	}
	return 0;
}

static int
open_outputs(struct filter *filter, struct error *err)
{
	struct option_list *out = &filter->common.out;
	size_t i;

	default_endpoint(out);
	filter->outputs = alloc_zero(out->count, sizeof(struct endpoint *));
	for (i = 0; i < out->count; i++)
		if (filter->retain == NULL && endpoint_is_retained(out->items[i]))
			filter->retain = retain_new();
	for (i = 0; i < out->count; i++) {
		filter->outputs[i] =
			endpoint_open_writer(filter->loop, out->items[i], &filter->settings,
					     filter->retain, &filter_writer_events, filter, err);
		if (filter->outputs[i] == NULL)
			return -1;
		filter->output_count++;
	}
	return 0;
}

void
filter_ready(struct filter *filter)
{
	if (!filter->told_ready)
		tell_supervisor(filter, "\n");
	filter->told_ready = true;
}

/* Work in flight is what one waits for; a source is waited for until its first list is out. */
static bool
count_progress(void *arg, size_t *done, size_t *total)
{
	const struct filter *filter = arg;

	if (filter->program->flags & FILTER_SOURCE) {
		*done = filter->emitted;
		return !filter->outputs_complete;
	}
	*done = filter->started - filter->busy;
	*total = filter->started;
	return filter->busy > 0;
}

static int
start(struct filter *filter, struct error *err)
{
	if (open_outputs(filter, err) < 0 || open_inputs(filter, err) < 0)
		return -1;
	if (filter->common.ready_fd != 0)
		fcntl((int)filter->common.ready_fd, F_SETFD, FD_CLOEXEC);
	if (!(filter->program->flags & FILTER_READY_LATER))
		filter_ready(filter);
	if (filter->common.ready_fd == 0)
		progress_start(&filter->progress, filter->loop, filter->program->name,
			       count_progress, filter);
	if (filter->input_count == 0)
		loop_timer_start(filter->loop, &filter->later, 0, filter_look_again, filter);
	return 0;
}

int
filter_run(struct filter *filter, const struct filter_callbacks *callbacks, void *self)
{
	struct error err;
	int status;

	filter->callbacks = callbacks;
	filter->self = self;
	if (!filter->died && (start(filter, &err) < 0 || loop_run(filter->loop, &err) < 0))
		filter_die(filter, &err);
	status = filter->died	? filter->die_status :
		 filter->failed ? WEIR_EXIT_FAILED :
				  WEIR_EXIT_DONE;
	progress_stop(&filter->progress);
	if (callbacks->on_close != NULL)
		callbacks->on_close(self);
	filter_close(filter);
	return status;
}
