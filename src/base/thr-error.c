/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-error.h"

#include "base/thr-quark-private.h"

/**
 * ThrError:
 * @THR_ERROR_FAILED: a job's function said that it failed, but not why. From a
 *   binding this is also what a callback looks like that could not be called on
 *   a background thread.
 * @THR_ERROR_STOPPED: the manager is stopped and takes or runs no more jobs
 * @THR_ERROR_HALTED: the job was halted
 * @THR_ERROR_TIMED_OUT: the time-out came first
 * @THR_ERROR_WOULD_DEADLOCK: the wait would be, in the end, a wait for itself
 * @THR_ERROR_OWNER_GONE: the owner context is gone, so that nothing can be
 *   delivered there any more
 * @THR_ERROR_INVALID_ARGUMENT: an argument is out of its range
 * @THR_ERROR_INVALID_STATE: the object is not in a state in which this can be
 *   done
 * @THR_ERROR_NO_RESOURCES: the system has no more threads or file descriptors
 * @THR_ERROR_NO_THREADS_FOUND: there is nothing to run
 * @THR_ERROR_THREAD_LIMIT_REACHED: not all queued jobs could be started, since
 *   the thread limit was reached
 * @THR_ERROR_THREADS_ALREADY_RUNNING: a job of the last run is still running
 * @THR_ERROR_MANAGER_ALREADY_RUNNING: the manager is already watching its queue
 * @THR_ERROR_WORKER_EXIT: the worker was stopped: its function is to clean up
 *   and to return
 * @THR_ERROR_ABANDONED: nobody is left who could resolve the defer
 * @THR_ERROR_NO_BACKEND: the module that reads introspection data is missing or
 *   broken
 * @THR_ERROR_NO_SUCH_METHOD: introspection data knows no method of that name, or
 *   there is none of that type
 * @THR_ERROR_NOT_SUPPORTED: the method is there, but cannot be called by name
 * @THR_ERROR_BUSY: the object is in use by another call
 * @THR_ERROR_EXCEPTION: a function in a language that has exceptions has thrown
 *   one; the message says which. The binding of that language gives the exception
 *   itself
 *
 * The errors of this library.
 *
 * An error of the code that a job calls, such as one of Gio's, is passed on as
 * it is, in its own domain.
 *
 * Since: 1.0
 */

/**
 * thr_error_quark:
 *
 * The error domain of this library; its codes are [error@Thr.Error].
 *
 * Returns: the domain
 *
 * Since: 1.0
 */
THR_DEFINE_QUARK (thr-error-quark, thr_error)

G_DEFINE_ENUM_TYPE (ThrError, thr_error,
                    G_DEFINE_ENUM_VALUE (THR_ERROR_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_STOPPED, "stopped"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_HALTED, "halted"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_TIMED_OUT, "timed-out"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_WOULD_DEADLOCK, "would-deadlock"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_OWNER_GONE, "owner-gone"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_INVALID_ARGUMENT, "invalid-argument"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_INVALID_STATE, "invalid-state"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_NO_RESOURCES, "no-resources"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_NO_THREADS_FOUND, "no-threads-found"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_THREAD_LIMIT_REACHED, "thread-limit-reached"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_THREADS_ALREADY_RUNNING, "threads-already-running"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_MANAGER_ALREADY_RUNNING, "manager-already-running"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_WORKER_EXIT, "worker-exit"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_ABANDONED, "abandoned"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_NO_BACKEND, "no-backend"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_NO_SUCH_METHOD, "no-such-method"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_NOT_SUPPORTED, "not-supported"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_BUSY, "busy"),
                    G_DEFINE_ENUM_VALUE (THR_ERROR_EXCEPTION, "exception"))
