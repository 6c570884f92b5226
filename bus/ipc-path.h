/*
 * The file of an ipc:// address: where it may lie, and that one process at a time binds it.
 * libzmq unlinks whatever is at the path before it binds, so a second binder would silently
 * take over from a living one; and its sockets are as open as their folder. Knows files, not
 * sockets.
 */
#ifndef WEIR_IPC_PATH_H
#define WEIR_IPC_PATH_H

#include "error.h"

#define IPC_PATH_MAX 107u /* sun_path, less its NUL */

/* A name in the file system, not too long, in a folder that is ours and not writable by others.
 * CONFIG error that names the remedy. */
int ipc_path_check(const char *path, struct error *err);
/* Take the lock PATH.lock, which the kernel drops with the process. -1: another process has it
 * (TEMPORARY: it may be a killed one's that is still going down), or the path is something else
 * than a socket (CONFIG). */
int ipc_path_lock(const char *path, struct error *err);
/* Remove the socket and the lock, and close lock_fd. */
void ipc_path_release(const char *path, int lock_fd);

#endif
