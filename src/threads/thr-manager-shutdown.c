/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-fork-private.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* The end of a manager, as its users ask for it, and that of all managers. */

/**
 * thr_thread_manager_start:
 * @self: a manager
 *
 * Opens the manager for jobs, again or for the first time.
 *
 * The first job does this by itself; after a stop it takes this.
 *
 * Since: 1.0
 */
void
thr_thread_manager_start (ThrThreadManager *self)
{
  g_return_if_fail (THR_IS_THREAD_MANAGER (self));

  thr_core_start (thr_core_of (self));
}

/**
 * thr_thread_manager_stop:
 * @self: a manager
 *
 * Stops the manager: it takes no more jobs, those that are queued end with
 * `THR_ERROR_STOPPED`, and those that are running go on.
 *
 * A job that is submitted from then on ends with `THR_ERROR_STOPPED`, through
 * its on_fail like any failure.
 *
 * Since: 1.0
 */
void
thr_thread_manager_stop (ThrThreadManager *self)
{
  ThrCore *core;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));

  core = thr_core_of (self);
  thr_core_set_state (core, THR_CORE_STOPPED);
  thr_core_end_queued (core, FALSE);
}

/**
 * thr_thread_manager_halt:
 * @self: a manager
 * @timeout: how long to wait for the running jobs, in microseconds; 0 not to
 *   wait, [const@Thr.FOREVER] for ever
 * @error: where to put an error
 *
 * Stops the manager, halts all of its jobs, and waits until none is running.
 *
 * On the thread of the manager's owner context this delivers the ends of the
 * jobs meanwhile. In a job's function, and in a callback or handler of one of
 * the manager's jobs, it asks all that and does not wait, so that two jobs may
 * halt each other's managers.
 *
 * The error is `THR_ERROR_TIMED_OUT`, naming what still runs, or
 * `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative, in which case nothing
 * was done.
 *
 * Returns: `TRUE` if no job is left running
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_halt (ThrThreadManager *self,
                         gint64            timeout,
                         GError          **error)
{
  ThrCore *core;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error))
    return FALSE;

  core = thr_core_of (self);
  thr_core_begin_shutdown (core, THR_SHUTDOWN_MODE_HALT);
  if (thr_frame_top () == NULL && !thr_core_is_inside (core))
    return thr_core_wait (core, core->home, thr_deadline (timeout), NULL, error);
  if (thr_core_is_over (core, FALSE))
    return TRUE;
  g_propagate_error (error, thr_core_timed_out_error (core));
  return FALSE;
}

/**
 * thr_thread_manager_shutdown_async:
 * @self: a manager
 * @mode: what becomes of the jobs
 * @timeout: how long that may take, in microseconds; [const@Thr.FOREVER] for
 *   ever
 * @cancellable: (nullable): what ends the wait (not the shutdown), or `NULL`
 * @callback: (nullable): called in the thread-default context of the calling
 *   thread when it is over
 * @user_data: data for @callback
 *
 * Shuts the manager down without blocking.
 *
 * It takes no more jobs from now on, and is over when all jobs are `CLOSED`.
 * Appended jobs that were not run end with `THR_ERROR_STOPPED` in each mode. A
 * second shutdown joins the first, and may ask for more than that.
 *
 * Since: 1.0
 */
void
thr_thread_manager_shutdown_async (ThrThreadManager   *self,
                                   ThrShutdownMode     mode,
                                   gint64              timeout,
                                   GCancellable       *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer            user_data)
{
  GError *error = NULL;
  ThrCore *core;
  GTask *task;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));
  g_return_if_fail (mode >= THR_SHUTDOWN_MODE_DRAIN && mode <= THR_SHUTDOWN_MODE_HALT);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, thr_thread_manager_shutdown_async);
  g_task_set_name (task, "[thr-glib] shutdown");
  if (!thr_timeout_check (timeout, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  core = thr_core_of (self);
  thr_core_lock (core);
  /* A stopped manager has nothing to drain, and does not open again for it. */
  if (mode == THR_SHUTDOWN_MODE_DRAIN && core->state == THR_CORE_STOPPED)
    mode = -1;
  g_mutex_unlock (&core->queue_lock);
  if ((int) mode >= 0)
    thr_core_begin_shutdown (core, mode);
  thr_core_wait_async (core, task, timeout, cancellable);
}

static gboolean
finish_wait (ThrThreadManager *self,
             GAsyncResult     *result,
             GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * thr_thread_manager_shutdown_finish:
 * @self: a manager
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Ends [method@Thr.ThreadManager.shutdown_async].
 *
 * The error is `THR_ERROR_TIMED_OUT`, naming what still runs,
 * `G_IO_ERROR_CANCELLED`, or `THR_ERROR_INVALID_ARGUMENT` if the time-out was
 * negative.
 *
 * Returns: `TRUE` if all jobs are `CLOSED`
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_shutdown_finish (ThrThreadManager *self,
                                    GAsyncResult     *result,
                                    GError          **error)
{
  return finish_wait (self, result, error);
}

/**
 * thr_thread_manager_wait_idle:
 * @self: a manager
 * @timeout: how long to wait, in microseconds; 0 not to wait,
 *   [const@Thr.FOREVER] for ever
 * @cancellable: (nullable): what ends the wait, or `NULL`
 * @error: where to put an error
 *
 * Waits until the manager has nothing to do; appended jobs that are not run do
 * not count.
 *
 * On the thread of the manager's owner context this delivers what this library
 * has for that context, and returns when all jobs are `CLOSED`. On any other
 * thread it returns when no job runs or is to be run.
 *
 * The error is `THR_ERROR_TIMED_OUT`, `G_IO_ERROR_CANCELLED`,
 * `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative, or
 * `THR_ERROR_WOULD_DEADLOCK` in a job of the manager and in its callbacks, and,
 * with no time-out, on the thread that is to end a manual job of the manager.
 *
 * Returns: `TRUE` if the manager is idle
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_wait_idle (ThrThreadManager *self,
                              gint64            timeout,
                              GCancellable     *cancellable,
                              GError          **error)
{
  ThrCore *core;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error))
    return FALSE;
  core = thr_core_of (self);
  if (thr_core_is_inside (core))
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
                           _("To wait for the manager inside one of its jobs or their callbacks "
                             "would never end: use wait_idle_async"));
      return FALSE;
    }
  return thr_core_wait (core, core->home, thr_deadline (timeout), cancellable, error);
}

/**
 * thr_thread_manager_wait_idle_async:
 * @self: a manager
 * @cancellable: (nullable): what ends the wait, or `NULL`
 * @callback: (nullable): called in the thread-default context of the calling
 *   thread when the manager is idle
 * @user_data: data for @callback
 *
 * Waits without blocking until the manager has nothing to do and all jobs are
 * `CLOSED`; appended jobs that are not run do not count.
 *
 * Since: 1.0
 */
void
thr_thread_manager_wait_idle_async (ThrThreadManager   *self,
                                    GCancellable       *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer            user_data)
{
  GTask *task;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, thr_thread_manager_wait_idle_async);
  g_task_set_name (task, "[thr-glib] wait until idle");
  thr_core_wait_async (thr_core_of (self), task, THR_FOREVER, cancellable);
}

/**
 * thr_thread_manager_wait_idle_finish:
 * @self: a manager
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Ends [method@Thr.ThreadManager.wait_idle_async]; the error can only be
 * `G_IO_ERROR_CANCELLED`.
 *
 * Returns: `TRUE` if the manager was idle
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_wait_idle_finish (ThrThreadManager *self,
                                     GAsyncResult     *result,
                                     GError          **error)
{
  return finish_wait (self, result, error);
}

/* ---- the process ---- */

static GMutex registry_lock; /* guards registry */
static GPtrArray *registry;  /* of all cores; not references */

void
thr_registry_add (ThrCore *core)
{
  g_mutex_lock (&registry_lock);
  if (registry == NULL)
    registry = g_ptr_array_new ();
  g_ptr_array_add (registry, core);
  g_mutex_unlock (&registry_lock);
}

void
thr_registry_remove (ThrCore *core)
{
  g_mutex_lock (&registry_lock);
  g_ptr_array_remove_fast (registry, core);
  g_mutex_unlock (&registry_lock);
}

/* References to all cores that are not on their way out. */
static GPtrArray *
dup_registry (void)
{
  GPtrArray *cores = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_core_unref);

  g_mutex_lock (&registry_lock);
  for (guint i = 0; registry != NULL && i < registry->len; i++)
    {
      ThrCore *core = registry->pdata[i];
      int count = g_atomic_int_get (&core->ref_count);

      while (count > 0 &&
             !g_atomic_int_compare_and_exchange_full (&core->ref_count, count, count + 1, &count))
        ;
      if (count > 0)
        g_ptr_array_add (cores, core);
    }
  g_mutex_unlock (&registry_lock);
  return cores;
}

static gboolean
shut_down_cores (GPtrArray      *cores,
                 ThrShutdownMode mode,
                 gint64          deadline,
                 GError        **error)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < cores->len; i++)
    thr_core_begin_shutdown (cores->pdata[i], mode);
  for (guint i = 0; i < cores->len; i++)
    {
      ThrCore *core = cores->pdata[i];
      g_autoptr (ThrThreadManager) manager = thr_core_dup_manager (core);

      ok &= thr_core_wait (core, manager != NULL ? core->home : NULL, deadline, NULL,
                           ok ? error : NULL);
    }
  return ok;
}

/* The gate is shut. Those cores are left of which a function has passed it
 * before: of managers that were made, or started again, while others were
 * waited for.
 *
 * A function is counted under the lock before it comes to the gate. So it is
 * counted when the lock is taken here, or else it comes to the gate after that,
 * and finds it shut: who runs functions need do nothing more for this. */
static GPtrArray *
dup_late_cores (void)
{
  GPtrArray *cores = dup_registry ();

  for (guint i = cores->len; i-- > 0;)
    {
      ThrCore *core = cores->pdata[i];
      gboolean runs;

      thr_core_lock (core);
      runs = core->n_functions > 0;
      g_mutex_unlock (&core->queue_lock);
      if (!runs)
        g_ptr_array_remove_index_fast (cores, i);
    }
  return cores;
}

/**
 * thr_shutdown:
 * @mode: what becomes of the jobs; workers are waited for with `DRAIN`, and
 *   stopped with the others
 * @timeout: how long to wait for them, in microseconds; [const@Thr.FOREVER] for
 *   ever
 * @error: where to put an error
 *
 * Shuts down all managers and workers of the process; for the end of a program,
 * and for language bindings when their interpreter is about to go away.
 *
 * It waits until they are idle, delivering what this library has for the
 * calling thread meanwhile. From then on, whether they were or not, this
 * library calls no function of the user any more: no job is begun, nothing is
 * delivered, no destroy notify is called. The function of a job that was begun
 * at the last moment is waited for, too, as long as @timeout allows.
 *
 * Callbacks are not waited for that another thread is calling just then for jobs
 * of its own: a thread with an owner context of its own should have left that
 * before.
 *
 * The error is `THR_ERROR_TIMED_OUT`, naming what still runs;
 * `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative, and
 * `THR_ERROR_WOULD_DEADLOCK` inside a worker, a job or a job's callback: in
 * these two cases nothing was done. With no time-out, `THR_ERROR_WOULD_DEADLOCK`
 * also says that a manual job is left, which the calling thread is to end.
 *
 * In a process that was forked from one with threads of the library nothing is
 * waited for: what ran there does not run here.
 *
 * Returns: `TRUE` if no job and no worker was left
 *
 * Since: 1.0
 */
gboolean
thr_shutdown (ThrShutdownMode mode,
              gint64          timeout,
              GError        **error)
{
  const ThrShutdownHook *others = thr_shutdown_get_hook ();
  g_autoptr (GPtrArray) cores = NULL;
  g_autoptr (GPtrArray) late = NULL;
  gint64 deadline;
  gboolean ok;

  g_return_val_if_fail (mode >= THR_SHUTDOWN_MODE_DRAIN && mode <= THR_SHUTDOWN_MODE_HALT, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error))
    return FALSE;
  if (thr_is_fork)
    {
      thr_gate_shut_for_ever ();
      return TRUE;
    }
  cores = dup_registry ();
  for (guint i = 0; i < cores->len; i++)
    {
      if (thr_frame_top () == NULL && !thr_core_is_inside (cores->pdata[i]))
        continue;
      g_set_error_literal (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
                           _("To shut all managers down inside a job or one of its callbacks would "
                             "never end"));
      return FALSE;
    }

  if (others != NULL && others->is_inside ())
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
                           _("To shut all workers down inside one of them would never end"));
      return FALSE;
    }

  deadline = thr_deadline (timeout);
  if (others != NULL)
    others->begin (mode);
  ok = shut_down_cores (cores, mode, deadline, error);
  if (others != NULL)
    ok &= others->wait (deadline, ok ? error : NULL);
  thr_gate_shut_for_ever ();
  if (!ok)
    return FALSE;

  late = dup_late_cores ();
  return shut_down_cores (late, mode, deadline, error);
}
