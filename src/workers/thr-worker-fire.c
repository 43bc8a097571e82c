/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

/* How events get to workers, one or many. */

gboolean
thr_worker_spread (ThrWorker *self,
                   ThrEvent  *event,
                   gboolean   included,
                   ThrPush    how)
{
  g_autoptr (GPtrArray) reached = NULL;
  gboolean pushed = TRUE;

  if (event->bubble || event->broadcast)
    reached = thr_tree_dup_reached (self, event);
  if (included)
    pushed = thr_worker_push (self, event, how);
  for (guint i = 0; reached != NULL && i < reached->len; i++)
    thr_worker_push (reached->pdata[i], event, THR_PUSH_SILENT);
  return pushed;
}

/**
 * thr_worker_fire:
 * @self: a worker
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at the worker: it hears it at one of its break points, after
 * those that this thread fired before.
 *
 * The event's target is the worker of the calling thread. If @self does not run,
 * that one hears `EVENT_REJECT`.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` if the name is empty.
 *
 * Returns: `TRUE` if it was fired, also where it comes back
 *
 * Since: 1.0
 */
gboolean
thr_worker_fire (ThrWorker    *self,
                 const char   *name,
                 const GValue *value,
                 GError      **error)
{
  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_event_check_name (name, error))
    return FALSE;
  thr_worker_push_new (self, name, value, thr_worker_current (), THR_PUSH_REJECT);
  return TRUE;
}

/**
 * thr_worker_fire_event:
 * @self: a worker
 * @event: an event
 *
 * Fires an event at the worker, and, if it bubbles or is broadcast, at its
 * ancestors and descendants too.
 *
 * If @self does not run, the event's target hears `EVENT_REJECT`. Ancestors and
 * descendants that do not run are passed over.
 *
 * Since: 1.0
 */
void
thr_worker_fire_event (ThrWorker *self,
                       ThrEvent  *event)
{
  g_return_if_fail (THR_IS_WORKER (self));
  g_return_if_fail (event != NULL);

  thr_worker_spread (self, event, TRUE, THR_PUSH_REJECT);
}

/**
 * thr_worker_parent_fire:
 * @self: a worker
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at the worker's parent, if it has one; the event's target is
 * @self, which hears `EVENT_REJECT` if the parent does not run.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` if the name is empty.
 *
 * Returns: `TRUE` if it was fired, or there is no parent
 *
 * Since: 1.0
 */
gboolean
thr_worker_parent_fire (ThrWorker    *self,
                        const char   *name,
                        const GValue *value,
                        GError      **error)
{
  g_autoptr (ThrWorker) parent = NULL;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_event_check_name (name, error))
    return FALSE;
  parent = thr_worker_dup_parent (self);
  if (parent != NULL)
    thr_worker_push_new (parent, name, value, self, THR_PUSH_REJECT);
  return TRUE;
}

/**
 * thr_worker_children_fire:
 * @self: a worker
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at all children of the worker; the event's target is @self.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` if the name is empty.
 *
 * Returns: `TRUE` if it was fired
 *
 * Since: 1.0
 */
gboolean
thr_worker_children_fire (ThrWorker    *self,
                          const char   *name,
                          const GValue *value,
                          GError      **error)
{
  g_autoptr (GPtrArray) children = NULL;
  g_autoptr (ThrEvent) event = NULL;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_event_check_name (name, error))
    return FALSE;
  children = thr_tree_dup_children (self);
  event = thr_event_new_full (name, value, self, FALSE, FALSE);
  for (guint i = 0; i < children->len; i++)
    thr_worker_push (children->pdata[i], event, THR_PUSH_SILENT);
  return TRUE;
}

static gboolean
spread_new (ThrWorker    *self,
            const char   *name,
            const GValue *value,
            gboolean      bubble,
            GError      **error)
{
  g_autoptr (ThrEvent) event = NULL;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_event_check_name (name, error))
    return FALSE;
  event = thr_event_new_full (name, value, self, bubble, !bubble);
  thr_worker_spread (self, event, FALSE, THR_PUSH_SILENT);
  return TRUE;
}

/**
 * thr_worker_bubble:
 * @self: a worker
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at all ancestors of the worker; the event's target is @self.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` if the name is empty.
 *
 * Returns: `TRUE` if it was fired
 *
 * Since: 1.0
 */
gboolean
thr_worker_bubble (ThrWorker    *self,
                   const char   *name,
                   const GValue *value,
                   GError      **error)
{
  return spread_new (self, name, value, TRUE, error);
}

/**
 * thr_worker_broadcast:
 * @self: a worker
 * @name: what the event is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @error: where to put an error
 *
 * Fires an event at all descendants of the worker; the event's target is @self.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` if the name is empty.
 *
 * Returns: `TRUE` if it was fired
 *
 * Since: 1.0
 */
gboolean
thr_worker_broadcast (ThrWorker    *self,
                      const char   *name,
                      const GValue *value,
                      GError      **error)
{
  return spread_new (self, name, value, FALSE, error);
}
