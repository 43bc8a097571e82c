/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-listener.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "workers/thr-worker-private.h"

#include <string.h>

/**
 * ThrListener:
 *
 * What calls a function when a worker hears an event of a certain name.
 *
 * [method@Thr.Worker.listen_full] makes one, and
 * [method@Thr.Worker.unlisten] ends it.
 *
 * # Thread safety
 *
 * The function runs on the worker's thread; what was given with it is destroyed
 * in the worker's owner context, once the listener is removed and no call of it
 * is under way. Everything else may be called from any thread.
 *
 * # Shutdown
 *
 * A listener ends when it is removed, after its first event if it is `ONCE`,
 * with the worker's run unless it is `PERMANENT`, and with the worker. It keeps
 * neither its worker nor its target alive.
 *
 * Since: 1.0
 */
G_DEFINE_BOXED_TYPE (ThrListener, thr_listener, thr_listener_ref, thr_listener_unref)

/**
 * ThrListenerFlags:
 * @THR_LISTENER_TEMPORARY: it listens until the worker's run ends
 * @THR_LISTENER_ONCE: it is removed when it hears its first event
 * @THR_LISTENER_PERMANENT: it survives the end of the worker's run, and so hears
 *   the next one too
 *
 * How long a listener listens.
 *
 * Since: 1.0
 */
G_DEFINE_FLAGS_TYPE (ThrListenerFlags, thr_listener_flags,
                     G_DEFINE_ENUM_VALUE (THR_LISTENER_TEMPORARY, "temporary"),
                     G_DEFINE_ENUM_VALUE (THR_LISTENER_ONCE, "once"),
                     G_DEFINE_ENUM_VALUE (THR_LISTENER_PERMANENT, "permanent"))

/**
 * thr_listener_ref: (skip)
 * @self: a listener
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
ThrListener *
thr_listener_ref (ThrListener *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * thr_listener_unref: (skip)
 * @self: (transfer full): a listener
 *
 * Drops a reference, which does not remove it: the worker has one of its own.
 *
 * Since: 1.0
 */
void
thr_listener_unref (ThrListener *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

/**
 * thr_listener_get_name:
 * @self: a listener
 *
 * The name of the events that it hears.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
const char *
thr_listener_get_name (ThrListener *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name;
}

/**
 * thr_listener_get_priority:
 * @self: a listener
 *
 * Its priority: the higher is called first.
 *
 * Returns: the priority
 *
 * Since: 1.0
 */
int
thr_listener_get_priority (ThrListener *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->priority;
}

/**
 * thr_listener_get_flags:
 * @self: a listener
 *
 * How long it listens.
 *
 * Returns: the flags
 *
 * Since: 1.0
 */
ThrListenerFlags
thr_listener_get_flags (ThrListener *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->flags;
}

/**
 * thr_listener_is_listening:
 * @self: a listener
 *
 * Whether it was not removed yet.
 *
 * Returns: whether it will be called
 *
 * Since: 1.0
 */
gboolean
thr_listener_is_listening (ThrListener *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return atomic_load_explicit (&self->listening, memory_order_relaxed);
}

/* Not with the lock held: this may call the user's destroy notify. */
static void
drop_use (ThrListener *self,
          ThrWorker   *worker)
{
  if (!g_atomic_ref_count_dec (&self->use_count))
    return;
  thr_worker_destroy_data (worker, self->destroy, self->user_data);
  thr_listener_unref (self);
}

/* ---- those of a worker ---- */

static gboolean
comes_after (ThrListener *self,
             int          priority,
             guint64      seq)
{
  return self->priority < priority || (self->priority == priority && self->seq > seq);
}

static void
add_locked (ThrWorkerPrivate *priv,
            ThrListener      *listener)
{
  GPtrArray *list;
  guint at;

  listener->seq = ++priv->listener_seq;
  priv->listeners_version++;
  if (priv->listeners == NULL)
    priv->listeners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) g_ptr_array_unref);
  list = g_hash_table_lookup (priv->listeners, listener->name);
  if (list == NULL)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (priv->listeners, g_strdup (listener->name), list);
    }
  for (at = list->len; at > 0; at--)
    {
      if (((ThrListener *) list->pdata[at - 1])->priority >= listener->priority)
        break;
    }
  g_ptr_array_insert (list, (int) at, listener);
}

/* The caller gets the worker's use of it, to be dropped without the lock. */
static void
remove_locked (ThrWorkerPrivate *priv,
               GPtrArray        *list,
               guint             at)
{
  ThrListener *listener = g_ptr_array_steal_index (list, at);

  priv->listeners_version++;
  atomic_store_explicit (&listener->listening, FALSE, memory_order_relaxed);
  if (list->len == 0)
    g_hash_table_remove (priv->listeners, listener->name);
}

/* Where the delivery of an event is among the listeners. */
typedef struct
{
  guint64 limit; /* newer ones do not hear it */
  ThrListener *last;
  GPtrArray *list;
  guint at;        /* `last` stood there … */
  guint64 version; /* … in this version of all lists */
  gboolean is_over; /* it was the end, and what is added does not hear this event */
} Cursor;

/* Those that listen to that name, or NULL. Mostly one event is like the last. */
static GPtrArray *
find_list_locked (ThrWorkerPrivate *priv,
                  const char       *name)
{
  GPtrArray *list = priv->last_list;

  if (priv->last_version == priv->listeners_version && list != NULL &&
      strcmp (((ThrListener *) list->pdata[0])->name, name) == 0)
    return list;
  if (priv->listeners == NULL)
    return NULL;
  list = g_hash_table_lookup (priv->listeners, name);
  if (list != NULL)
    {
      priv->last_list = list;
      priv->last_version = priv->listeners_version;
    }
  return list;
}

/* Finds the place again after others have added and removed what they liked. */
static void
look_anew_locked (ThrWorkerPrivate *priv,
                  ThrEvent         *event,
                  Cursor           *cursor)
{
  cursor->version = priv->listeners_version;
  cursor->list = find_list_locked (priv, event->name);
  cursor->at = 0;
  while (cursor->last != NULL && cursor->list != NULL && cursor->at < cursor->list->len &&
         !comes_after (cursor->list->pdata[cursor->at], cursor->last->priority, cursor->last->seq))
    cursor->at++;
}

/* The next one to be called: behind the last one that was, in the list as it is
 * now, but not newer than the event's delivery. */
static ThrListener *
next_locked (ThrWorkerPrivate *priv,
             ThrEvent         *event,
             Cursor           *cursor)
{
  guint64 target = event->target != NULL ? thr_worker_priv (event->target)->number : 0;

  if (cursor->version != priv->listeners_version)
    look_anew_locked (priv, event, cursor);
  else
    cursor->at++;
  if (cursor->list == NULL)
    return NULL;

  for (; cursor->at < cursor->list->len; cursor->at++)
    {
      ThrListener *listener = cursor->list->pdata[cursor->at];

      if (listener->seq > cursor->limit || (listener->target != 0 && listener->target != target))
        continue;

      cursor->is_over = cursor->at + 1 == cursor->list->len;

      /* Removed before it is called, not after: a second event that comes while
       * it waits is not its own. The call has the worker's use of it then. */
      if (listener->flags & THR_LISTENER_ONCE)
        remove_locked (priv, cursor->list, cursor->at);
      else
        g_atomic_ref_count_inc (&listener->use_count);
      return listener;
    }
  return NULL;
}

static void
report_failure (ThrWorker   *worker,
                ThrListener *listener,
                GError      *failure)
{
  g_autofree char *name = thr_worker_dup_name (worker);
  GValue value = G_VALUE_INIT;
  ThrEvent *event;

  g_warning ("A listener for “%s” of the worker “%s” failed: %s", listener->name, name,
             failure->message);

  /* One that fails at that too would go on for ever. */
  if (strcmp (listener->name, THR_EVENT_LISTENER_ERROR) == 0)
    return;
  g_value_init (&value, G_TYPE_ERROR);
  g_value_set_boxed (&value, failure);
  event = thr_event_new_full (THR_EVENT_LISTENER_ERROR, &value, worker, TRUE, FALSE);
  thr_worker_spread (worker, event, TRUE, THR_PUSH_SILENT);
  thr_event_unref (event);
  g_value_unset (&value);
}

static void
call (ThrWorker   *worker,
      ThrListener *listener,
      ThrEvent    *event)
{
  g_autoptr (GError) failure = NULL;

  if (!thr_gate_is_open ())
    return;
  if (listener->func (worker, event, listener->user_data, &failure) && failure == NULL)
    return;
  if (failure == NULL)
    failure = g_error_new_literal (THR_ERROR, THR_ERROR_FAILED,
                                   _("The listener returned no result. One that is written in "
                                     "JavaScript cannot run on a worker's thread: wait for the "
                                     "event in the main thread instead"));
  report_failure (worker, listener, failure);
}

guint
thr_listeners_hear (ThrWorker *worker,
                    ThrEvent  *event)
{
  ThrWorkerPrivate *priv = thr_worker_priv (worker);
  Cursor cursor = { .version = 0 };
  guint n_heard = 0;

  g_mutex_lock (&priv->listeners_lock);
  cursor.limit = priv->listener_seq;
  for (;;)
    {
      ThrListener *next = next_locked (priv, event, &cursor);

      g_mutex_unlock (&priv->listeners_lock);
      if (cursor.last != NULL)
        drop_use (cursor.last, worker);
      cursor.last = next;
      if (next == NULL)
        return n_heard;

      call (worker, next, event);
      n_heard++;
      if (cursor.is_over)
        {
          drop_use (next, worker);
          return n_heard;
        }
      g_mutex_lock (&priv->listeners_lock);
    }
}

/* Removes those that a run, or the worker, leaves behind. */
static void
drop_all (ThrWorker *worker,
          guint      spared)
{
  ThrWorkerPrivate *priv = thr_worker_priv (worker);
  g_autoptr (GPtrArray) dropped = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer list;

  g_mutex_lock (&priv->listeners_lock);
  priv->listeners_version++;
  if (priv->listeners != NULL)
    {
      g_hash_table_iter_init (&iter, priv->listeners);
      while (g_hash_table_iter_next (&iter, NULL, &list))
        {
          GPtrArray *listeners = list;

          for (guint i = 0; i < listeners->len;)
            {
              ThrListener *listener = listeners->pdata[i];

              if (listener->flags & spared)
                i++;
              else
                {
                  atomic_store_explicit (&listener->listening, FALSE, memory_order_relaxed);
                  g_ptr_array_add (dropped, g_ptr_array_steal_index (listeners, i));
                }
            }
          if (listeners->len == 0)
            g_hash_table_iter_remove (&iter);
        }
    }
  g_mutex_unlock (&priv->listeners_lock);

  for (guint i = 0; i < dropped->len; i++)
    drop_use (dropped->pdata[i], worker);
}

void
thr_listeners_drop_temporary (ThrWorker *worker)
{
  drop_all (worker, THR_LISTENER_PERMANENT);
}

void
thr_listeners_clear (ThrWorker *worker)
{
  drop_all (worker, 0);
  g_clear_pointer (&thr_worker_priv (worker)->listeners, g_hash_table_unref);
}

/**
 * thr_worker_listen: (skip)
 * @self: a worker
 * @name: the name of the events to hear; not empty
 * @func: what to call, on the worker's thread
 * @user_data: data for @func
 * @destroy: (nullable): called in the worker's owner context when @user_data is
 *   needed no more
 *
 * Listens, with priority 0, until the worker is gone: through all its runs.
 *
 * [method@Thr.Worker.listen_full] can do more.
 *
 * Since: 1.0
 */
void
thr_worker_listen (ThrWorker      *self,
                   const char     *name,
                   ThrListenerFunc func,
                   gpointer        user_data,
                   GDestroyNotify  destroy)
{
  ThrListener *listener = thr_worker_listen_full (self, name, 0, THR_LISTENER_PERMANENT, NULL, func,
                                                  user_data, destroy);

  if (listener != NULL)
    thr_listener_unref (listener);
}

/**
 * thr_worker_listen_full:
 * @self: a worker
 * @name: the name of the events to hear; not empty
 * @priority: the higher is called first, and of two with the same the one that
 *   was added first
 * @flags: how long it listens
 * @target: (nullable): the worker whose events alone it hears, or `NULL` for
 *   those of everybody
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call, on
 *   the worker's thread
 * @user_data: data for @func
 * @destroy: (nullable): called in the worker's owner context when @user_data is
 *   needed no more
 *
 * Has a function called when the worker hears an event of this name.
 *
 * It may be called from any thread, whether the worker runs or not. What is
 * added while an event is being delivered does not hear that one.
 *
 * Returns: (transfer full): the listener, for [method@Thr.Worker.unlisten]; it
 *   goes on listening when this reference is dropped
 *
 * Since: 1.0
 */
ThrListener *
thr_worker_listen_full (ThrWorker       *self,
                        const char      *name,
                        int              priority,
                        ThrListenerFlags flags,
                        ThrWorker       *target,
                        ThrListenerFunc  func,
                        gpointer         user_data,
                        GDestroyNotify   destroy)
{
  ThrWorkerPrivate *priv;
  ThrListener *listener;
  gsize length;

  g_return_val_if_fail (THR_IS_WORKER (self), NULL);
  g_return_val_if_fail (name != NULL && *name != '\0', NULL);
  g_return_val_if_fail (target == NULL || THR_IS_WORKER (target), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  priv = thr_worker_priv (self);
  length = strlen (name) + 1;
  listener = g_malloc (sizeof (ThrListener) + length);
  memset (listener, 0, sizeof (ThrListener));
  memcpy (listener->name, name, length);
  g_atomic_ref_count_init (&listener->ref_count);
  g_atomic_ref_count_inc (&listener->ref_count); /* the worker's */
  g_atomic_ref_count_init (&listener->use_count);
  atomic_init (&listener->listening, TRUE);
  listener->owner = priv->number;
  listener->target = target != NULL ? thr_worker_priv (target)->number : 0;
  listener->priority = priority;
  listener->flags = flags;
  listener->func = func;
  listener->user_data = user_data;
  listener->destroy = destroy;

  g_mutex_lock (&priv->listeners_lock);
  add_locked (priv, listener);
  g_mutex_unlock (&priv->listeners_lock);
  return listener;
}

/**
 * thr_worker_unlisten:
 * @self: a worker
 * @listener: one of its listeners
 *
 * Removes a listener.
 *
 * Called on the worker's thread, also by a listener for itself or for another,
 * the function is not called again. Called on another thread, a call may be
 * under way, and is not waited for.
 *
 * Returns: `TRUE`, or `FALSE` where it was removed before or is not this worker's
 *
 * Since: 1.0
 */
gboolean
thr_worker_unlisten (ThrWorker   *self,
                     ThrListener *listener)
{
  ThrWorkerPrivate *priv;
  GPtrArray *list;
  guint at;
  gboolean found;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (listener != NULL, FALSE);

  priv = thr_worker_priv (self);
  if (listener->owner != priv->number)
    return FALSE;

  g_mutex_lock (&priv->listeners_lock);
  list = priv->listeners != NULL ? g_hash_table_lookup (priv->listeners, listener->name) : NULL;
  found = list != NULL && g_ptr_array_find (list, listener, &at);
  if (found)
    remove_locked (priv, list, at);
  g_mutex_unlock (&priv->listeners_lock);

  if (found)
    drop_use (listener, self);
  return found;
}
