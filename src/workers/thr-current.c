/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-current.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "workers/thr-worker-private.h"

/* The same for the worker of the calling thread, whichever that is. */

/**
 * thr_sleep:
 * @timeout: how long to wait, in microseconds
 * @error: where to put an error
 *
 * Waits: the way to sleep on a thread that may be a worker's.
 *
 * It acts on the worker of the calling thread. A thread that has none gets one for
 * the time of the wait, on its thread-default main context or on a private one.
 * The error may then be `THR_ERROR_NO_RESOURCES` too.
 *
 * Returns: `TRUE` when the time is over
 *
 * Since: 1.0
 */
gboolean
thr_sleep (gint64   timeout,
           GError **error)
{
  ThrCurrent current;
  gboolean result;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_current_enter (&current, error))
    return FALSE;
  result = thr_worker_wait_timeout (current.worker, timeout, error);
  thr_current_leave (&current);
  return result;
}

/**
 * thr_update:
 * @error: where to put an error
 *
 * Processes the events that have come: [method@Thr.Worker.update].
 *
 * It acts on the worker of the calling thread. A thread that has none gets one for
 * the time of the wait, on its thread-default main context or on a private one.
 * The error may then be `THR_ERROR_NO_RESOURCES` too.
 *
 * Returns: `TRUE` if the worker is to go on
 *
 * Since: 1.0
 */
gboolean
thr_update (GError **error)
{
  ThrCurrent current;
  gboolean result;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_current_enter (&current, error))
    return FALSE;
  result = thr_worker_update (current.worker, error);
  thr_current_leave (&current);
  return result;
}

/**
 * thr_wait_timeout:
 * @timeout: how long to wait, in microseconds
 * @error: where to put an error
 *
 * Waits, and processes events meanwhile: [method@Thr.Worker.wait_timeout].
 *
 * It acts on the worker of the calling thread. A thread that has none gets one for
 * the time of the wait, on its thread-default main context or on a private one.
 * The error may then be `THR_ERROR_NO_RESOURCES` too.
 *
 * Returns: `TRUE` when the time is over
 *
 * Since: 1.0
 */
gboolean
thr_wait_timeout (gint64   timeout,
                  GError **error)
{
  ThrCurrent current;
  gboolean result;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_current_enter (&current, error))
    return FALSE;
  result = thr_worker_wait_timeout (current.worker, timeout, error);
  thr_current_leave (&current);
  return result;
}

/**
 * thr_wait_forever:
 * @error: where to put an error
 *
 * Processes events until the worker is stopped: [method@Thr.Worker.wait_forever].
 *
 * It acts on the worker of the calling thread. A thread that has none gets one for
 * the time of the wait, on its thread-default main context or on a private one.
 * The error may then be `THR_ERROR_NO_RESOURCES` too.
 *
 * Returns: `FALSE`
 *
 * Since: 1.0
 */
gboolean
thr_wait_forever (GError **error)
{
  ThrCurrent current;
  gboolean result;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_current_enter (&current, error))
    return FALSE;
  result = thr_worker_wait_forever (current.worker, error);
  thr_current_leave (&current);
  return result;
}

/**
 * thr_wait_worker:
 * @other: the worker to wait for
 * @timeout: how long to wait, in microseconds; [const@Thr.FOREVER] for ever
 * @error: where to put an error
 *
 * Waits until another worker has ended: [method@Thr.Worker.wait_worker].
 *
 * It acts on the worker of the calling thread. A thread that has none gets one for
 * the time of the wait, on its thread-default main context or on a private one.
 * Beside the other's failure, the error may then be `THR_ERROR_NO_RESOURCES` too.
 *
 * Returns: `TRUE` if it has ended, and not failed
 *
 * Since: 1.0
 */
gboolean
thr_wait_worker (ThrWorker *other,
                 gint64     timeout,
                 GError   **error)
{
  ThrCurrent current;
  gboolean result;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_current_enter (&current, error))
    return FALSE;
  result = thr_worker_wait_worker (current.worker, other, timeout, error);
  thr_current_leave (&current);
  return result;
}

/**
 * thr_wait_event:
 * @name: the name of the event to wait for; not empty
 * @timeout: how long to wait, in microseconds; 0 for what has come already,
 *   [const@Thr.FOREVER] for ever
 * @target: (nullable): the worker that it has to come from, or `NULL` for any
 * @error: where to put an error
 *
 * Waits for an event: [method@Thr.Worker.wait_event].
 *
 * It acts on the worker of the calling thread. A thread that has none gets one for
 * the time of the wait, on its thread-default main context or on a private one.
 * The error may then be `THR_ERROR_NO_RESOURCES` too.
 *
 * Returns: (transfer full) (nullable): the event, or `NULL`, without an error,
 *   when the time is over
 *
 * Since: 1.0
 */
ThrEvent *
thr_wait_event (const char *name,
                gint64      timeout,
                ThrWorker  *target,
                GError    **error)
{
  ThrCurrent current;
  ThrEvent *result;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!thr_current_enter (&current, error))
    return NULL;
  result = thr_worker_wait_event (current.worker, name, timeout, target, error);
  thr_current_leave (&current);
  return result;
}

/**
 * thr_wait_until:
 * @timeout: how long to wait, in microseconds; 0 for what has come already,
 *   [const@Thr.FOREVER] for ever
 * @predicate: (scope call) (closure user_data): asked for each event
 * @user_data: data for @predicate
 * @error: where to put an error
 *
 * Waits for an event that @predicate says yes to:
 * [method@Thr.Worker.wait_until].
 *
 * It acts on the worker of the calling thread. A thread that has none gets one for
 * the time of the wait, on its thread-default main context or on a private one.
 * The error may then be `THR_ERROR_NO_RESOURCES` too.
 *
 * Returns: (transfer full) (nullable): the event, or `NULL`, without an error,
 *   when the time is over
 *
 * Since: 1.0
 */
ThrEvent *
thr_wait_until (gint64            timeout,
                ThrEventPredicate predicate,
                gpointer          user_data,
                GError          **error)
{
  ThrCurrent current;
  ThrEvent *result;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!thr_current_enter (&current, error))
    return NULL;
  result = thr_worker_wait_until (current.worker, timeout, predicate, user_data, error);
  thr_current_leave (&current);
  return result;
}

static ThrWorker *
current_worker (GError **error)
{
  ThrWorker *worker = thr_worker_current ();

  if (worker == NULL)
    g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                         _("This thread has no worker: call this inside one, or in the main thread"));
  return worker;
}

/**
 * thr_exit:
 * @error: where to put an error
 *
 * Ends the worker of the calling thread from inside:
 * [method@Thr.Worker.exit].
 *
 * The error is also `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: `FALSE`
 *
 * Since: 1.0
 */
gboolean
thr_exit (GError **error)
{
  ThrWorker *worker;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  worker = current_worker (error);
  return worker != NULL && thr_worker_exit (worker, error);
}

/**
 * thr_later:
 * @delay: in how many microseconds; 0 for the next turn of its loop
 * @cancellable: (nullable): what calls it off, or `NULL`
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: data for @func
 * @destroy: (nullable): called in the worker's owner context when @user_data is
 *   needed no more
 * @error: where to put an error
 *
 * Has a function called once by the worker of the calling thread, after some
 * time: [method@Thr.Worker.later].
 *
 * The error is also `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: `TRUE` if it is going to be called
 *
 * Since: 1.0
 */
gboolean
thr_later (gint64         delay,
           GCancellable  *cancellable,
           ThrLaterFunc   func,
           gpointer       user_data,
           GDestroyNotify destroy,
           GError       **error)
{
  ThrWorker *worker;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  worker = current_worker (error);
  return worker != NULL && thr_worker_later (worker, delay, cancellable, func, user_data, destroy, error);
}

static gboolean
fire_by (gboolean    (*fire) (ThrWorker *, const char *, const GValue *, GError **),
         const char   *name,
         const GValue *value,
         GError      **error)
{
  ThrWorker *worker;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  worker = current_worker (error);
  return worker != NULL && fire (worker, name, value, error);
}

/**
 * thr_parent_fire:
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at the parent of the worker of the calling thread:
 * [method@Thr.Worker.parent_fire].
 *
 * The error is also `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: `TRUE` if it was fired
 *
 * Since: 1.0
 */
gboolean
thr_parent_fire (const char   *name,
                 const GValue *value,
                 GError      **error)
{
  return fire_by (thr_worker_parent_fire, name, value, error);
}

/**
 * thr_children_fire:
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at the children of the worker of the calling thread:
 * [method@Thr.Worker.children_fire].
 *
 * The error is also `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: `TRUE` if it was fired
 *
 * Since: 1.0
 */
gboolean
thr_children_fire (const char   *name,
                   const GValue *value,
                   GError      **error)
{
  return fire_by (thr_worker_children_fire, name, value, error);
}

/**
 * thr_bubble:
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at the ancestors of the worker of the calling thread:
 * [method@Thr.Worker.bubble].
 *
 * The error is also `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: `TRUE` if it was fired
 *
 * Since: 1.0
 */
gboolean
thr_bubble (const char   *name,
            const GValue *value,
            GError      **error)
{
  return fire_by (thr_worker_bubble, name, value, error);
}

/**
 * thr_broadcast:
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at the descendants of the worker of the calling thread:
 * [method@Thr.Worker.broadcast].
 *
 * The error is also `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: `TRUE` if it was fired
 *
 * Since: 1.0
 */
gboolean
thr_broadcast (const char   *name,
               const GValue *value,
               GError      **error)
{
  return fire_by (thr_worker_broadcast, name, value, error);
}

/**
 * thr_listen: (skip)
 * @name: the name of the events to hear; not empty
 * @func: what to call
 * @user_data: data for @func
 * @destroy: (nullable): called in the worker's owner context when @user_data is
 *   needed no more
 * @error: where to put an error
 *
 * Listens, with priority 0, until the run of the worker of the calling thread
 * ends: so that a worker's function can call it in each of its runs.
 *
 * The error is `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: `TRUE` if it listens
 *
 * Since: 1.0
 */
gboolean
thr_listen (const char     *name,
            ThrListenerFunc func,
            gpointer        user_data,
            GDestroyNotify  destroy,
            GError        **error)
{
  ThrListener *listener =
    thr_listen_full (name, 0, THR_LISTENER_TEMPORARY, NULL, func, user_data, destroy, error);

  if (listener == NULL)
    return FALSE;
  thr_listener_unref (listener);
  return TRUE;
}

/**
 * thr_listen_full:
 * @name: the name of the events to hear; not empty
 * @priority: the higher is called first
 * @flags: how long it listens
 * @target: (nullable): the worker whose events alone it hears, or `NULL`
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: data for @func
 * @destroy: (nullable): called in the worker's owner context when @user_data is
 *   needed no more
 * @error: where to put an error
 *
 * Has a function called when the worker of the calling thread hears an event of
 * this name: [method@Thr.Worker.listen_full].
 *
 * The error is `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: (transfer full): the listener
 *
 * Since: 1.0
 */
ThrListener *
thr_listen_full (const char      *name,
                 int              priority,
                 ThrListenerFlags flags,
                 ThrWorker       *target,
                 ThrListenerFunc  func,
                 gpointer         user_data,
                 GDestroyNotify   destroy,
                 GError         **error)
{
  ThrWorker *worker;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  worker = current_worker (error);
  if (worker == NULL)
    {
      /* There is no owner context but the caller's. */
      if (destroy != NULL && thr_gate_is_open ())
        destroy (user_data);
      return NULL;
    }
  return thr_worker_listen_full (worker, name, priority, flags, target, func, user_data, destroy);
}

/**
 * thr_unlisten:
 * @listener: a listener of the worker of the calling thread
 * @error: where to put an error
 *
 * Removes a listener: [method@Thr.Worker.unlisten].
 *
 * The error is `THR_ERROR_INVALID_STATE` where the thread has no worker.
 *
 * Returns: `TRUE`, or `FALSE`, without an error, where it was removed before or
 *   is not this worker's
 *
 * Since: 1.0
 */
gboolean
thr_unlisten (ThrListener *listener,
              GError     **error)
{
  ThrWorker *worker;

  g_return_val_if_fail (listener != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  worker = current_worker (error);
  return worker != NULL && thr_worker_unlisten (worker, listener);
}
