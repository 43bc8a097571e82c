/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-thread-manager.h"

#include "threads/thr-core-private.h"
#include "threads/thr-job-private.h"

#include <string.h>

/* How a manager gets its jobs, lets those that wait begin, and finds them again. */

/**
 * thr_thread_manager_do_async:
 * @self: a manager
 * @name: (nullable): a name for people and for messages, or `NULL`
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 *   to run in the background
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`
 *
 * Runs a function in the background.
 *
 * What is to happen with its result is set afterwards, on the same thread
 * before it next runs its main loop: by
 * [method@Thr.ThreadWrapper.set_on_success] and its like, by signals, or with
 * [method@Thr.ThreadWrapper.wait_async]. The job may have ended by then, and
 * they are called all the same.
 *
 * The caller may drop the job: it runs to its end.
 *
 * Returns: (transfer full): the job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_manager_do_async (ThrThreadManager *self,
                             const char       *name,
                             ThrThreadFunc     func,
                             gpointer          user_data,
                             GDestroyNotify    destroy)
{
  ThrThreadWrapper *job;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  job = thr_thread_wrapper_new (name, func, user_data, destroy);
  thr_core_submit (thr_core_of (self), &job, 1, FALSE, NULL);
  return job;
}

/**
 * thr_thread_manager_do_async_full: (skip)
 * @self: a manager
 * @name: (nullable): a name for people and for messages, or `NULL`
 * @func: the function to run in the background
 * @cancellable: (nullable): a cancellable for the job to follow, or `NULL`
 * @on_success: (nullable): called with the result
 * @on_fail: (nullable): called with the error
 * @on_end: (nullable): called at the end, however it came
 * @user_data: data for all four functions
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`
 *
 * Runs a function in the background, with all that can be set for it.
 *
 * Returns: (transfer full): the job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_manager_do_async_full (ThrThreadManager *self,
                                  const char       *name,
                                  ThrThreadFunc     func,
                                  GCancellable     *cancellable,
                                  ThrSuccessFunc    on_success,
                                  ThrFailFunc       on_fail,
                                  ThrEndFunc        on_end,
                                  gpointer          user_data,
                                  GDestroyNotify    destroy)
{
  ThrThreadWrapper *job;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  job = thr_thread_wrapper_new (name, func, user_data, NULL);
  if (on_success != NULL)
    thr_thread_wrapper_set_on_success (job, on_success, user_data, NULL);
  if (on_fail != NULL)
    thr_thread_wrapper_set_on_fail (job, on_fail, user_data, NULL);
  if (on_end != NULL)
    thr_thread_wrapper_set_on_end (job, on_end, user_data, NULL);
  job->function.destroy = destroy;
  if (cancellable != NULL)
    thr_thread_wrapper_follow_cancellable (job, cancellable, NULL);
  thr_core_submit (thr_core_of (self), &job, 1, FALSE, NULL);
  return job;
}

/**
 * thr_thread_manager_do_sliced:
 * @self: a manager
 * @name: (nullable): a name for people and for messages, or `NULL`
 * @func: (scope notified) (closure user_data) (destroy destroy): a short step of
 *   the work
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`
 *
 * Runs a function in the owner context, in small steps between which the main
 * loop goes on: for work that cannot leave its thread.
 *
 * The steps are called again and again, for about two milliseconds at a time,
 * until one returns `FALSE`. They are deliveries of this library, and so run
 * inside [method@Thr.ThreadWrapper.join] too. While the job is paused it is not
 * stepped. It takes no thread and does not count in
 * [property@Thr.ThreadManager:thread-limit].
 *
 * Returns: (transfer full): the job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_manager_do_sliced (ThrThreadManager *self,
                              const char       *name,
                              ThrSliceFunc      func,
                              gpointer          user_data,
                              GDestroyNotify    destroy)
{
  ThrThreadWrapper *job;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  job = thr_job_new (THR_JOB_SLICED, name, G_CALLBACK (func), user_data, destroy);
  thr_core_submit (thr_core_of (self), &job, 1, FALSE, NULL);
  return job;
}

/**
 * thr_thread_manager_do_manual:
 * @self: a manager
 * @name: (nullable): a name for people and for messages, or `NULL`
 *
 * Makes a job with no function, for work that goes on elsewhere: it is
 * `RUNNING` at once, and ended by [method@Thr.ThreadWrapper.return_value] or
 * [method@Thr.ThreadWrapper.return_error], from any thread.
 *
 * To cancel or halt it ends it too: who does the work watches
 * [method@Thr.ThreadWrapper.get_cancellable]. It takes no thread and does not
 * count in [property@Thr.ThreadManager:thread-limit].
 *
 * Returns: (transfer full): the job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_manager_do_manual (ThrThreadManager *self,
                              const char       *name)
{
  ThrThreadWrapper *job;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);

  job = thr_job_new (THR_JOB_MANUAL, name, NULL, NULL, NULL);
  thr_core_submit (thr_core_of (self), &job, 1, FALSE, NULL);
  return job;
}

/**
 * thr_thread_manager_submit:
 * @self: a manager
 * @thread: a job that was not submitted yet
 * @error: where to put an error
 *
 * Queues a job, which is run as soon as a thread is free.
 *
 * The error is `THR_ERROR_INVALID_STATE` if the job was submitted before, here
 * or elsewhere, and `THR_ERROR_INVALID_ARGUMENT` if it has no function: nothing
 * has changed then. That the manager is stopped is no such error: the job
 * ends with `THR_ERROR_STOPPED`.
 *
 * Returns: `TRUE` if the manager took the job
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_submit (ThrThreadManager *self,
                           ThrThreadWrapper *thread,
                           GError          **error)
{
  return thr_thread_manager_submit_many (self, &thread, 1, error);
}

static gboolean
submit (ThrThreadManager  *self,
        ThrThreadWrapper **threads,
        gsize              n_threads,
        gboolean           hold,
        GError           **error)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (threads != NULL || n_threads == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  for (gsize i = 0; i < n_threads; i++)
    g_return_val_if_fail (THR_IS_THREAD_WRAPPER (threads[i]), FALSE);

  return thr_core_submit (thr_core_of (self), threads, n_threads, hold, error);
}

/**
 * thr_thread_manager_submit_many:
 * @self: a manager
 * @threads: (array length=n_threads): jobs that were not submitted yet
 * @n_threads: how many
 * @error: where to put an error
 *
 * Queues many jobs at once, in their order: all of them, or, with an error,
 * none.
 *
 * The errors are those of [method@Thr.ThreadManager.submit].
 *
 * Returns: `TRUE` if the manager took the jobs
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_submit_many (ThrThreadManager  *self,
                                ThrThreadWrapper **threads,
                                gsize              n_threads,
                                GError           **error)
{
  return submit (self, threads, n_threads, FALSE, error);
}

/**
 * thr_thread_manager_append:
 * @self: a manager
 * @thread: a job that was not submitted yet
 * @error: where to put an error
 *
 * Queues a job without starting it: [method@Thr.ThreadManager.run] and
 * [method@Thr.ThreadManager.watch] do.
 *
 * The errors are those of [method@Thr.ThreadManager.submit].
 *
 * Returns: `TRUE` if the manager took the job
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_append (ThrThreadManager *self,
                           ThrThreadWrapper *thread,
                           GError          **error)
{
  return submit (self, &thread, 1, TRUE, error);
}

/**
 * thr_thread_manager_run:
 * @self: a manager
 * @error: where to put an error
 *
 * Starts the jobs that were appended, as many as may run at once.
 *
 * The error is
 *
 * - `THR_ERROR_NO_THREADS_FOUND` if none was appended,
 * - `THR_ERROR_THREAD_LIMIT_REACHED` if some had to stay in the queue: as many
 *   as may run were started, and the message says how many remain,
 * - `THR_ERROR_THREADS_ALREADY_RUNNING` if a function that the last run started
 *   has not returned,
 * - `THR_ERROR_MANAGER_ALREADY_RUNNING` while the manager watches its queue,
 * - `THR_ERROR_STOPPED` if the manager is stopped.
 *
 * Returns: `TRUE` if all of them were started
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_run (ThrThreadManager *self,
                        GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return thr_core_run (thr_core_of (self), error);
}

/**
 * thr_thread_manager_watch:
 * @self: a manager
 * @error: where to put an error
 *
 * Starts the jobs that were appended, and from now on each that is, as threads
 * get free.
 *
 * The error is `THR_ERROR_MANAGER_ALREADY_RUNNING` if the manager does so
 * already, and `THR_ERROR_STOPPED` if it is stopped.
 *
 * Returns: `TRUE` if the manager watches its queue now
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_watch (ThrThreadManager *self,
                          GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return thr_core_watch (thr_core_of (self), error);
}

/**
 * thr_thread_manager_stop_listening:
 * @self: a manager
 *
 * Ends [method@Thr.ThreadManager.watch]: appended jobs that were not begun stay
 * in the queue.
 *
 * Since: 1.0
 */
void
thr_thread_manager_stop_listening (ThrThreadManager *self)
{
  g_return_if_fail (THR_IS_THREAD_MANAGER (self));

  thr_core_stop_listening (thr_core_of (self));
}

/**
 * thr_thread_manager_lookup:
 * @self: a manager
 * @ident: the ident of a job, such as `thr-17`
 *
 * Finds a job by its ident.
 *
 * Returns: (transfer full) (nullable): the job; `NULL` if there is none, or it
 *   has left the manager
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thread_manager_lookup (ThrThreadManager *self,
                           const char       *ident)
{
  guint64 number;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);
  g_return_val_if_fail (ident != NULL, NULL);

  if (!g_str_has_prefix (ident, "thr-") || ident[strlen ("thr-")] == '0' ||
      !g_ascii_string_to_unsigned (ident + strlen ("thr-"), 10, 1, G_MAXUINT64, &number, NULL))
    return NULL;
  return thr_core_lookup (thr_core_of (self), number);
}

/**
 * thr_thread_manager_dup_jobs:
 * @self: a manager
 *
 * The jobs of the manager in the order of their submission, at this moment; for
 * any thread.
 *
 * Returns: (transfer container) (element-type ThrThreadWrapper): the jobs, which
 *   the array holds references to
 *
 * Since: 1.0
 */
GPtrArray *
thr_thread_manager_dup_jobs (ThrThreadManager *self)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), NULL);

  return thr_core_dup_jobs (thr_core_of (self));
}
