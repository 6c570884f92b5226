/*
 * Two pipes and a child. Reading stops while there is no room for lines; writing goes as far
 * as the pipe takes it.
 */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/frame.h"
#include "guard.h"
#include "spawn.h"

#define QUEUE_MAX (4 * FRAME_MAX)
#define DROP_AT ((size_t)256 * 1024) /* written bytes that are worth moving the rest */
#define BATCH 256		     /* lines per turn */

struct command {
	struct loop *loop;
	const struct command_events *events;
	void *arg;
	struct guard guard;
	struct buf queue; /* for its stdin */
	size_t written;
	struct frame_reader lines; /* from its stdout */
	bool is_input_over, has_ended, end_told;
	int status;
	struct loop_timer soon;
};

static void read_lines(void *arg);

/* --- to the command --- */

static void
close_input(struct command *command)
{
	if (command->guard.in_fd < 0)
		return;
	loop_forget(command->loop, command->guard.in_fd);
	close(command->guard.in_fd);
	command->guard.in_fd = -1;
}

/* False: the pipe is full, or closed. */
static bool
write_some(struct command *command)
{
	ssize_t done = write(command->guard.in_fd, command->queue.data + command->written,
			     command_queued(command));

	if (done < 0 && errno != EAGAIN && errno != EINTR) {
		/* It does not want to read any more; what it says still counts. */
		close_input(command);
		buf_clear(&command->queue);
		command->written = 0;
	}
	if (done < 0)
		return false;
	command->written += (size_t)done;
	if (command_queued(command) == 0 || command->written > DROP_AT) {
		buf_drop(&command->queue, command->written);
		command->written = 0;
	}
	return true;
}

static void
write_queue(struct command *command)
{
	bool is_going = command->guard.in_fd >= 0;

	while (is_going && command_queued(command) > 0)
		is_going = write_some(command);
	if (command->guard.in_fd >= 0 && command_queued(command) == 0 && command->is_input_over)
		close_input(command);
}

static void
on_writable(void *arg, int fd, unsigned events)
{
	struct command *command = arg;

	(void)events;
	write_queue(command);
	if (command_queued(command) > 0)
		return;
	if (command->guard.in_fd >= 0)
		loop_forget(command->loop, fd);
	command->events->drained(command->arg);
}

bool
command_tell(struct command *command, const char *text, size_t len)
{
	if (command->guard.in_fd < 0)
		return true;
	if (!buf_append(&command->queue, text, len) || !buf_append_char(&command->queue, '\n'))
		return false;
	write_queue(command);
	if (command_queued(command) > 0)
		loop_watch(command->loop, command->guard.in_fd, LOOP_WRITE, on_writable, command);
	return true;
}

size_t
command_queued(const struct command *command)
{
	return command->queue.len - command->written;
}

void
command_end_input(struct command *command)
{
	command->is_input_over = true;
	write_queue(command);
}

/* --- from the command --- */

static void
tell_end(struct command *command)
{
	if (!command->has_ended || command->guard.out_fd >= 0 || command->end_told)
		return;
	command->end_told = true;
	close_input(command);
	command->events->end(command->arg, command->status);
}

static void
end_output(struct command *command)
{
	const char *text;
	size_t len;

	if (frame_rest(&command->lines, &text, &len) == FRAME_RECORD)
		command->events->line(command->arg, text, len);
	loop_forget(command->loop, command->guard.out_fd);
	close(command->guard.out_fd);
	command->guard.out_fd = -1;
	tell_end(command);
}

/* Whole lines that have come; false: the rest has to wait. */
static bool
take_lines(struct command *command)
{
	const char *text;
	size_t len;
	int budget = BATCH;

	while (budget-- > 0 && command->events->has_room(command->arg))
		switch (frame_next(&command->lines, &text, &len)) {
		case FRAME_NONE:
			return true;
		case FRAME_RECORD:
			command->events->line(command->arg, text, len);
			break;
		case FRAME_TOO_LONG:
			command->events->too_long(command->arg);
			break;
		}
	return false;
}

static void
on_readable(void *arg, int fd, unsigned events)
{
	struct command *command = arg;
	size_t size;
	char *room = frame_room(&command->lines, &size);
	ssize_t got = read(fd, room, size);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end_output(command);
		return;
	}
	frame_filled(&command->lines, (size_t)got);
	read_lines(command);
}

/* Take what has come; read on only when nothing of it is left. */
static void
read_lines(void *arg)
{
	struct command *command = arg;

	if (command->guard.out_fd < 0)
		return;
	if (take_lines(command)) {
		loop_watch(command->loop, command->guard.out_fd, LOOP_READ, on_readable, command);
		return;
	}
	loop_forget(command->loop, command->guard.out_fd);
	if (command->events->has_room(command->arg))
		loop_timer_start(command->loop, &command->soon, 0, read_lines, command);
}

void
command_go_on(struct command *command)
{
	loop_timer_start(command->loop, &command->soon, 0, read_lines, command);
}

/* --- the child --- */

static void
on_child(void *arg, int signo)
{
	struct command *command = arg;
	int status;
	pid_t pid;

	(void)signo;
	while ((pid = spawn_reap(&status)) > 0)
		if (pid == command->guard.pid) {
			command->guard.pid = 0;
			command->status = status;
			command->has_ended = true;
		}
	tell_end(command);
}

struct command *
command_start(struct loop *loop, char *const *argv, const struct command_events *events, void *arg,
	      struct error *err)
{
	struct command *command = alloc_zero(1, sizeof(*command));

	command->loop = loop;
	command->events = events;
	command->arg = arg;
	buf_init(&command->queue, QUEUE_MAX);
	frame_init(&command->lines);
	command->guard = (struct guard){ 0, -1, -1, -1 };
	/* In this order: the end of the guard must not be missed. */
	if (loop_signal(loop, SIGCHLD, on_child, command, err) < 0 ||
	    guard_start(&command->guard, argv, err) < 0) {
		command_free(command);
		return NULL;
	}
	loop_watch(loop, command->guard.out_fd, LOOP_READ, on_readable, command);
	return command;
}

void
command_terminate(struct command *command)
{
	guard_terminate(&command->guard);
}

void
command_free(struct command *command)
{
	if (command == NULL)
		return;
	close_input(command);
	loop_forget(command->loop, command->guard.out_fd);
	loop_timer_stop(command->loop, &command->soon);
	guard_end(&command->guard);
	buf_fini(&command->queue);
	frame_fini(&command->lines);
	free(command);
}
