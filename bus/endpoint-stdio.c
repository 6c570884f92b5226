/*
 * stdin and stdout as endpoints. O_NONBLOCK belongs to the open file, which may be
 * shared with other processes, so it is never set on stdout itself: a pipe is opened
 * anew through /proc for a file of our own; where that fails, poll promises that one
 * write of PIPE_BUF bytes does not block.
 */
#include "endpoint-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "frame.h"

#define BATCH 256		  /* records per turn, so that timers and output get their share */
#define FULL ((size_t)256 * 1024) /* queued bytes above which reading stops */
#define PIPE_SIZE (256 * 1024)	  /* fewer turns of both ends than with 64 KiB */

struct stdio {
	struct endpoint base;
	struct frame_reader frames;
	bool paused, ended, queued; /* queued: whole records may lie in frames */
	struct buf out;
	size_t written;
	int fd;		/* what is written to: stdout, or the same pipe opened anew */
	bool may_block; /* fd is a pipe shared with others: write PIPE_BUF at most */
	bool left, was_full;
	struct loop_timer soon;
};

static void on_readable(void *arg, int fd, unsigned events);

/* --- reading --- */

static void
finish_input(struct stdio *io)
{
	const char *record;
	size_t len;

	loop_forget(io->base.loop, STDIN_FILENO);
	io->ended = true;
	if (frame_rest(&io->frames, &record, &len) == FRAME_RECORD && len > 0)
		io->base.events->record(io->base.arg, record, len);
	io->base.events->end(io->base.arg);
}

/* Hand out whole records until there are none, the reader pauses, or the batch is done. */
static void
deliver(struct stdio *io)
{
	const char *record;
	size_t len;
	int budget = BATCH;

	io->queued = true;
	while (!io->paused && budget-- > 0) {
		switch (frame_next(&io->frames, &record, &len)) {
		case FRAME_NONE:
			io->queued = false;
			return;
		case FRAME_TOO_LONG:
			io->base.events->too_long(io->base.arg);
			break;
		case FRAME_RECORD:
			io->base.events->record(io->base.arg, record, len);
			break;
		}
	}
}

static void
deliver_soon(void *arg)
{
	on_readable(arg, STDIN_FILENO, 0);
}

static void
read_some(struct stdio *io)
{
	size_t size;
	char *room = frame_room(&io->frames, &size);
	ssize_t n = read(STDIN_FILENO, room, size);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		finish_input(io);
	else
		frame_filled(&io->frames, (size_t)n);
}

static void
on_readable(void *arg, int fd, unsigned events)
{
	struct stdio *io = arg;

	(void)fd;
	if (io->ended || io->paused)
		return;
	if (!io->queued && events != 0)
		read_some(io);
	if (!io->ended)
		deliver(io);
	if (io->ended || io->paused)
		return;
	if (io->queued)
		loop_timer_start(io->base.loop, &io->soon, 0, deliver_soon, io);
	loop_watch(io->base.loop, STDIN_FILENO, io->queued ? 0 : LOOP_READ, on_readable, io);
}

static void
stdio_pause(struct endpoint *endpoint, bool paused)
{
	struct stdio *io = (struct stdio *)endpoint;

	if (io->paused == paused || io->ended)
		return;
	io->paused = paused;
	if (paused) {
		loop_forget(endpoint->loop, STDIN_FILENO);
		loop_timer_stop(endpoint->loop, &io->soon);
	} else {
		/* not from inside the caller: records are delivered from loop turns only */
		loop_timer_start(endpoint->loop, &io->soon, 0, deliver_soon, io);
		if (!io->queued)
			loop_watch(endpoint->loop, STDIN_FILENO, LOOP_READ, on_readable, io);
	}
}

/* --- writing --- */

static void on_writable(void *arg, int fd, unsigned events);

static void
reader_left(struct stdio *io)
{
	io->left = true;
	loop_forget(io->base.loop, io->fd);
	buf_clear(&io->out);
	io->written = 0;
	io->base.events->left(io->base.arg);
}

/* One write that does not block. */
static void
write_some(struct stdio *io)
{
	size_t left = io->out.len - io->written;
	ssize_t n;

	if (io->may_block && left > PIPE_BUF)
		left = PIPE_BUF;
	n = write(io->fd, io->out.data + io->written, left);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		reader_left(io);
		return;
	}
	io->written += (size_t)n;
	if (io->written == io->out.len) {
		buf_clear(&io->out);
		io->written = 0;
	} else if (io->written > FULL) {
		buf_drop(&io->out, io->written);
		io->written = 0;
	}
}

static void
on_writable(void *arg, int fd, unsigned events)
{
	struct stdio *io = arg;

	(void)fd;
	(void)events;
	if (io->left)
		return;
	write_some(io);
	if (io->left)
		return;
	if (io->out.len == 0)
		loop_forget(io->base.loop, io->fd);
	if (io->was_full && io->out.len - io->written < FULL / 2) {
		io->was_full = false;
		io->base.events->room(io->base.arg);
	}
}

static void
stdio_write(struct endpoint *endpoint, const char *text, size_t len)
{
	struct stdio *io = (struct stdio *)endpoint;

	if (io->left)
		return;
	buf_append(&io->out, text, len);
	buf_append_char(&io->out, '\n');
	if (io->out.len - io->written >= FULL)
		io->was_full = true;
	loop_watch(endpoint->loop, io->fd, LOOP_WRITE, on_writable, io);
}

static bool
stdio_is_full(const struct endpoint *endpoint)
{
	const struct stdio *io = (const struct stdio *)endpoint;

	return io->out.len - io->written >= FULL;
}

static bool
stdio_is_flushed(const struct endpoint *endpoint)
{
	const struct stdio *io = (const struct stdio *)endpoint;

	return io->left || io->out.len == 0;
}

/* --- what stdio has no use for --- */

static void
stdio_changed(struct endpoint *endpoint, const char *key, size_t len)
{
	(void)endpoint;
	(void)key;
	(void)len;
}

static void
stdio_complete(struct endpoint *endpoint)
{
	(void)endpoint;
}

static void
stdio_finish(struct endpoint *endpoint, bool end)
{
	(void)endpoint;
	(void)end;
}

static void
stdio_close(struct endpoint *endpoint)
{
	struct stdio *io = (struct stdio *)endpoint;

	loop_timer_stop(endpoint->loop, &io->soon);
	loop_forget(endpoint->loop, io->fd);
	if (io->fd > STDERR_FILENO)
		close(io->fd);
	frame_fini(&io->frames);
	buf_fini(&io->out);
	free(io);
}

static const struct endpoint_ops stdio_ops = {
	.pause = stdio_pause,
	.write = stdio_write,
	.changed = stdio_changed,
	.complete = stdio_complete,
	.is_full = stdio_is_full,
	.finish = stdio_finish,
	.is_flushed = stdio_is_flushed,
	.close = stdio_close,
};

static struct stdio *
new_stdio(struct loop *loop, const struct endpoint_events *events, void *arg)
{
	struct stdio *io = alloc_zero(1, sizeof(*io));

	io->base = (struct endpoint){ &stdio_ops, loop, events, arg };
	frame_init(&io->frames);
	/* one message beyond FULL at most is queued before the harness stops reading; what one
	 * message causes may be many, so the bound is far above it */
	buf_init(&io->out, (size_t)1 << 30);
	return io;
}

struct endpoint *
endpoint_stdio_reader(struct loop *loop, const struct endpoint_events *events, void *arg,
		      struct error *err)
{
	struct stdio *io;
	struct stat status;

	if (fstat(STDIN_FILENO, &status) < 0) {
		error_set_errno(err, "cannot read from stdin");
		return NULL;
	}
	io = new_stdio(loop, events, arg);
	loop_watch(loop, STDIN_FILENO, LOOP_READ, on_readable, io);
	return &io->base;
}

struct endpoint *
endpoint_stdio_writer(struct loop *loop, const struct endpoint_events *events, void *arg,
		      struct error *err)
{
	struct stdio *io;
	struct stat status;

	if (fstat(STDOUT_FILENO, &status) < 0) {
		error_set_errno(err, "cannot write to stdout");
		return NULL;
	}
	io = new_stdio(loop, events, arg);
	io->fd = STDOUT_FILENO;
	if (S_ISFIFO(status.st_mode)) {
		io->fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		io->may_block = io->fd < 0;
		if (io->fd < 0)
			io->fd = STDOUT_FILENO;
		else
			fcntl(io->fd, F_SETPIPE_SZ, PIPE_SIZE);
	}
	return &io->base;
}
