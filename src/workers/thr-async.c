/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-async.h"

#include "base/thr-error.h"
#include "base/thr-parking-private.h"
#include "workers/thr-worker-private.h"

/**
 * ThrAsync:
 *
 * A worker for one task, whose result somebody waits for.
 *
 * It has no parent, is a daemon, and logs nothing when it fails: who calls
 * [method@Thr.Async.get] gets the error.
 *
 * ```c
 * g_autoptr (ThrAsync) task = thr_async_run (long_work, path, NULL, error);
 *
 * if (task == NULL)
 *   return FALSE;
 * // … do other things …
 * result = thr_async_get (task, THR_FOREVER, error);
 * ```
 *
 * [func@Thr.Async.run_and_get] does all of this in one call: it puts something
 * that blocks into a thread of its own, and processes events meanwhile.
 *
 * # Thread safety
 *
 * As [class@Thr.Worker]. The function runs on the thread of the task.
 *
 * Since: 1.0
 */

struct _ThrAsync
{
  ThrWorker parent_instance;

  GMutex result_lock; /* guards the rest */
  GValue *result;     /* of the run that was last got, or NULL */
  gboolean is_old;    /* it was started again since */
};

G_DEFINE_FINAL_TYPE (ThrAsync, thr_async, THR_TYPE_WORKER)

static void
free_result (gpointer data)
{
  GValue *result = data;

  g_value_unset (result);
  g_free (result);
}

static gboolean
thr_async_run_func (ThrWorker *worker,
                    GError   **error)
{
  ThrAsync *self = THR_ASYNC (worker);

  g_mutex_lock (&self->result_lock);
  self->is_old = TRUE;
  g_mutex_unlock (&self->result_lock);
  return THR_WORKER_CLASS (thr_async_parent_class)->run (worker, error);
}

static void
thr_async_finalize (GObject *object)
{
  ThrAsync *self = THR_ASYNC (object);

  g_clear_pointer (&self->result, free_result);
  g_mutex_clear (&self->result_lock);
  G_OBJECT_CLASS (thr_async_parent_class)->finalize (object);
}

static void
thr_async_class_init (ThrAsyncClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  ThrWorkerClass *worker_class = THR_WORKER_CLASS (klass);

  object_class->finalize = thr_async_finalize;
  worker_class->run = thr_async_run_func;
}

static void
thr_async_init (ThrAsync *self)
{
  g_mutex_init (&self->result_lock);
  thr_worker_set_quiet (THR_WORKER (self), TRUE);
}

/**
 * thr_async_new: (constructor)
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context of the task
 *
 * Makes a task, which [method@Thr.Worker.start] starts.
 *
 * Returns: (transfer full): a new task
 *
 * Since: 1.0
 */
ThrAsync *
thr_async_new (ThrWorkerFunc  func,
               gpointer       user_data,
               GDestroyNotify destroy)
{
  ThrWorkerPrivate *priv;
  ThrAsync *self;

  g_return_val_if_fail (func != NULL, NULL);

  self = g_object_new (THR_TYPE_ASYNC, "daemon", THR_DAEMON_YES, NULL);
  thr_worker_set_parent (THR_WORKER (self), NULL, NULL);
  priv = thr_worker_priv (THR_WORKER (self));
  priv->func = func;
  priv->user_data = user_data;
  priv->destroy = destroy;
  return self;
}

/* The result has to stay where it is as long as it belongs to the task, which
 * can be started again. */
static const GValue *
take_result (ThrAsync *self)
{
  GValue *fresh = g_new0 (GValue, 1);
  GValue *old = NULL;
  const GValue *result;

  if (!thr_worker_get_result (THR_WORKER (self), fresh))
    g_clear_pointer (&fresh, g_free);

  g_mutex_lock (&self->result_lock);
  if (self->is_old)
    {
      old = self->result;
      self->result = g_steal_pointer (&fresh);
      self->is_old = FALSE;
    }
  result = self->result;
  g_mutex_unlock (&self->result_lock);

  if (old != NULL)
    thr_worker_destroy_data (THR_WORKER (self), free_result, old);
  if (fresh != NULL)
    thr_worker_destroy_data (THR_WORKER (self), free_result, fresh);
  return result;
}

static gboolean
wait_for_end (ThrAsync *self,
              gint64    timeout,
              GError  **error)
{
  ThrWorker *worker = THR_WORKER (self);
  g_autoptr (GError) failure = NULL;
  ThrCurrent here;
  gboolean ok;

  if (!thr_current_enter (&here, error))
    return FALSE;

  /* Inside the task itself the wait is refused. */
  if (here.worker != worker)
    thr_worker_adopt (here.worker, worker);
  ok = thr_worker_wait_worker (here.worker, worker, timeout, &failure);
  /* Its parent for the time being was stopped, and will not find it among its
   * children when it cleans up. */
  if (g_error_matches (failure, THR_ERROR, THR_ERROR_WORKER_EXIT))
    thr_worker_stop (worker);
  if (here.worker != worker)
    thr_worker_disown (here.worker, worker);
  thr_current_leave (&here);

  if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  return ok;
}

/**
 * thr_async_get:
 * @self: a task
 * @timeout: how long to wait, in microseconds; 0 for not at all,
 *   [const@Thr.FOREVER] for ever
 * @error: where to put an error
 *
 * Waits for the end of the task in the calling thread's event loop, as
 * [method@Thr.Worker.wait_worker] does, and gives its result.
 *
 * Meanwhile the task is a child of the worker that waits: if that is stopped,
 * the error is `THR_ERROR_WORKER_EXIT`, and the task is stopped, too.
 *
 * If the task has failed, @error is its error. `THR_ERROR_TIMED_OUT` says that
 * the time was over first, `THR_ERROR_WOULD_DEADLOCK` that the task waits for the
 * calling thread. A task that was never started has no result.
 *
 * Returns: (transfer none) (nullable): the result, which belongs to @self and is
 *   good until it is started again; `NULL` if there is none, or on error
 *
 * Since: 1.0
 */
const GValue *
thr_async_get (ThrAsync *self,
               gint64    timeout,
               GError  **error)
{
  g_return_val_if_fail (THR_IS_ASYNC (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!thr_timeout_check (timeout, error) || !wait_for_end (self, timeout, error))
    return NULL;
  return take_result (self);
}

/**
 * thr_async_run:
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context of the task
 * @error: where to put an error
 *
 * Makes a task and starts it.
 *
 * The error is that of [method@Thr.Worker.start]: `THR_ERROR_NO_RESOURCES`.
 *
 * Returns: (transfer full): the task, which runs; `NULL` if it could not be
 *   started
 *
 * Since: 1.0
 */
ThrAsync *
thr_async_run (ThrWorkerFunc  func,
               gpointer       user_data,
               GDestroyNotify destroy,
               GError       **error)
{
  g_autoptr (ThrAsync) self = NULL;

  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = thr_async_new (func, user_data, destroy);
  return thr_worker_start (THR_WORKER (self), error) ? g_steal_pointer (&self) : NULL;
}

/**
 * thr_async_run_and_get:
 * @result: (out caller-allocates) (optional): where to put the result: an unset
 *   value, which stays so if there is no result
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context of the task
 * @error: where to put an error
 *
 * Runs a function in a thread of its own, and waits for its result in the
 * calling thread's event loop: [func@Thr.Async.run] and [method@Thr.Async.get]
 * in one.
 *
 * Returns: `TRUE` if the function succeeded
 *
 * Since: 1.0
 */
gboolean
thr_async_run_and_get (GValue        *result,
                       ThrWorkerFunc  func,
                       gpointer       user_data,
                       GDestroyNotify destroy,
                       GError       **error)
{
  g_autoptr (ThrAsync) self = NULL;
  g_autoptr (GError) failure = NULL;
  const GValue *value;

  g_return_val_if_fail (func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  self = thr_async_run (func, user_data, destroy, error);
  if (self == NULL)
    return FALSE;

  value = thr_async_get (self, THR_FOREVER, &failure);
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (result != NULL && value != NULL)
    {
      g_value_init (result, G_VALUE_TYPE (value));
      g_value_copy (value, result);
    }
  return TRUE;
}
