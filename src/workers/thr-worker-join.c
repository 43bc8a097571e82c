/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* To wait for the end of another worker, with a loop and without. */

static gboolean
refuse (ThrWorker  *other,
        const char *why,
        GError    **error)
{
  g_autofree char *name = thr_worker_dup_name (other);

  g_set_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
               _("To wait for the worker “%s” here would never end: %s"), name, why);
  return FALSE;
}

static gboolean
time_out (ThrWorker *other,
          GError   **error)
{
  g_autofree char *name = thr_worker_dup_name (other);

  g_set_error (error, THR_ERROR, THR_ERROR_TIMED_OUT,
               _("The worker “%s” has not ended in the time given"), name);
  return FALSE;
}

static gboolean
is_root (ThrWorker *other,
         GError   **error)
{
  if (!thr_worker_is_root (other))
    return FALSE;
  g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                       _("The worker of a thread that was not started by one does not end: wait "
                         "for another"));
  return TRUE;
}

static gboolean
take_outcome (ThrRun  *run,
              GError **error)
{
  if (run == NULL || run->error == NULL)
    return TRUE;
  if (error != NULL)
    {
      atomic_store (&run->handled, TRUE);
      g_propagate_error (error, g_error_copy (run->error));
    }
  return FALSE;
}

/* The run that has not ended, or else the latest one, in @latest. */
static ThrRun *
dup_run (ThrWorker *self,
         ThrRun   **latest)
{
  ThrWorkerPrivate *priv = thr_worker_priv (self);
  ThrRun *run;

  g_mutex_lock (&priv->inbox_lock);
  run = priv->run != NULL ? thr_run_ref (priv->run) : NULL;
  *latest = priv->latest != NULL ? thr_run_ref (priv->latest) : NULL;
  g_mutex_unlock (&priv->inbox_lock);
  return run;
}

static gboolean
wait_for_release (ThrWorker *self,
                  ThrWorker *other,
                  ThrRun    *run,
                  gint64     timeout,
                  GError   **error)
{
  ThrWorkerPrivate *priv = thr_worker_priv (other);
  ThrWaiter waiter = { .worker = self };
  g_autoptr (GError) refusal = NULL;
  gboolean running, released;

  g_mutex_lock (&priv->inbox_lock);
  running = priv->run == run;
  if (running)
    run->waiters = g_list_prepend (run->waiters, &waiter);
  g_mutex_unlock (&priv->inbox_lock);
  if (!running)
    return take_outcome (run, error);

  thr_worker_push_new (other, THR_EVENT_WAIT_THREAD_PENDING, NULL, self, THR_PUSH_SILENT);
  released = thr_worker_wait_released (self, other, &waiter, timeout, &refusal);

  g_mutex_lock (&priv->inbox_lock);
  run->waiters = g_list_remove (run->waiters, &waiter);
  g_mutex_unlock (&priv->inbox_lock);

  if (released)
    return take_outcome (run, error);
  if (refusal == NULL)
    return time_out (other, error);
  g_propagate_error (error, g_steal_pointer (&refusal));
  return FALSE;
}

/**
 * thr_worker_wait_worker:
 * @self: the worker of the calling thread
 * @other: the worker to wait for
 * @timeout: how long to wait, in microseconds; [const@Thr.FOREVER] for ever
 * @error: where to put an error
 *
 * Waits until another worker has ended, and processes events meanwhile. It
 * returns at once where that does not run.
 *
 * The other's result is then in [method@Thr.Worker.get_result].
 *
 * Beside the other's failure, which counts as handled then, the error may be
 * `THR_ERROR_WORKER_EXIT` once @self was stopped, `THR_ERROR_TIMED_OUT`,
 * `THR_ERROR_WOULD_DEADLOCK` where the other waits for @self, itself or by
 * others, `THR_ERROR_INVALID_STATE` on any other thread, and
 * `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative or @other is the main
 * worker. [method@Thr.Worker.dup_error] tells the two apart.
 *
 * Returns: `TRUE` if it has ended, and not failed
 *
 * Since: 1.0
 */
gboolean
thr_worker_wait_worker (ThrWorker *self,
                        ThrWorker *other,
                        gint64     timeout,
                        GError   **error)
{
  ThrRun *run, *latest;
  ThrRunWait in_graph;
  gboolean ok = FALSE;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (THR_IS_WORKER (other), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error) || thr_worker_check_here (self, error) == NULL)
    return FALSE;
  if (self == other)
    return refuse (other, _("it is this one"), error);
  if (is_root (other, error))
    return FALSE;

  g_object_ref (other);
  run = dup_run (other, &latest);
  if (run == NULL)
    ok = take_outcome (latest, error);
  else if (!thr_run_wait_begin (&in_graph, run, NULL))
    refuse (other, _("it waits for this one, itself or by others"), error);
  else
    {
      if (error != NULL)
        thr_run_enter_taker (run);
      ok = wait_for_release (self, other, run, timeout, error);
      if (error != NULL)
        thr_run_leave_taker (run);
      thr_run_wait_end (&in_graph);
    }
  g_clear_pointer (&run, thr_run_unref);
  g_clear_pointer (&latest, thr_run_unref);
  g_object_unref (other);
  return ok;
}

/**
 * thr_worker_join:
 * @self: a worker
 * @timeout: how long to wait, in microseconds; 0 not to wait, [const@Thr.FOREVER]
 *   for ever
 * @error: where to put an error
 *
 * Waits until the worker has ended and all is cleaned up: its thread, and those
 * of its children that are not daemons. It returns at once where the worker was
 * not started.
 *
 * This blocks: no event is processed meanwhile, also not in a worker, which
 * rather uses [method@Thr.Worker.wait_worker]. On the thread of the worker's
 * owner context it delivers what this library has for that context, and only
 * that, so that it works without a main loop.
 *
 * Beside the worker's failure, which counts as handled then, the error may be
 * `THR_ERROR_TIMED_OUT`, `THR_ERROR_WOULD_DEADLOCK` inside the worker and where
 * it waits for the calling one, itself or by others, and
 * `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative or this is the main
 * worker.
 *
 * Returns: `TRUE` if it has ended, and not failed
 *
 * Since: 1.0
 */
gboolean
thr_worker_join (ThrWorker *self,
                 gint64     timeout,
                 GError   **error)
{
  ThrRun *run, *latest;
  ThrRunWait in_graph;
  gboolean ok = FALSE;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error) || is_root (self, error))
    return FALSE;
  if (thr_worker_run_here (self) != NULL)
    return refuse (self, _("this is inside it"), error);

  run = dup_run (self, &latest);
  g_clear_pointer (&run, thr_run_unref);
  if (latest == NULL)
    return TRUE;
  if (!thr_run_wait_begin (&in_graph, latest, thr_worker_home (self)))
    {
      thr_run_unref (latest);
      return refuse (self, _("it waits for this one, itself or by others"), error);
    }

  g_object_ref (self);
  /* Said before anything is delivered: one of the deliveries may be that nobody
   * took the failure. */
  if (error != NULL)
    thr_run_enter_taker (latest);
  if (thr_run_wait_over (&in_graph, thr_deadline (timeout)))
    ok = take_outcome (latest, error);
  else
    time_out (self, error);
  if (error != NULL)
    thr_run_leave_taker (latest);
  thr_run_wait_end (&in_graph);
  thr_run_unref (latest);
  g_object_unref (self);
  return ok;
}
