/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-event.h"

#include "base/thr-cell-private.h"
#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "workers/thr-worker-private.h"

#include <string.h>

/**
 * ThrEvent:
 *
 * Something that is said to a worker: a name, a value, and who said it.
 *
 * Most programs never make one: [method@Thr.Worker.fire] does. What hears it
 * gets it, as does [method@Thr.Worker.wait_event].
 *
 * ```c
 * static gboolean
 * print_it (ThrWorker *worker,
 *           ThrEvent  *event,
 *           gpointer   user_data,
 *           GError   **error)
 * {
 *   g_print ("%s\n", g_value_get_string (thr_event_get_value (event)));
 *   return TRUE;
 * }
 *
 * thr_worker_listen (printer, "PRINT", print_it, NULL, NULL);
 * ```
 *
 * # Thread safety
 *
 * An event never changes, and may be read and kept anywhere. It is freed, with
 * its value, on the thread that drops its last reference; most often that is
 * the thread of the worker that it was fired at.
 *
 * # Shutdown
 *
 * An event keeps its target alive, and nothing else.
 *
 * Since: 1.0
 */
G_DEFINE_BOXED_TYPE (ThrEvent, thr_event, thr_event_ref, thr_event_unref)

static ThrEventName
known_name (const char *name)
{
  static const struct
  {
    const char *name;
    ThrEventName known;
  } names[] = {
    { THR_EVENT_STOP_THREAD, THR_NAME_STOP },
    { THR_EVENT_PAUSE_THREAD, THR_NAME_PAUSE },
    { THR_EVENT_RESUME_THREAD, THR_NAME_RESUME },
    { THR_EVENT_CHILD_THREAD_ERROR, THR_NAME_CHILD_ERROR },
    { THR_EVENT_LISTENER_ERROR, THR_NAME_LISTENER_ERROR },
    { THR_EVENT_EVENT_REJECT, THR_NAME_EVENT_REJECT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (name[0] == names[i].name[0] && strcmp (name, names[i].name) == 0)
        return names[i].known;
    }
  return THR_NAME_OTHER;
}

/* Numbers, as most values are: nothing of theirs is to be copied or freed. */
static gboolean
is_number (const GValue *value)
{
  return G_VALUE_TYPE (value) >= G_TYPE_CHAR && G_VALUE_TYPE (value) <= G_TYPE_DOUBLE;
}

/* The main worker is there for ever, and its count is everybody's. */
static ThrWorker *
ref_target (ThrWorker *target)
{
  return target == NULL || thr_worker_priv (target)->is_for_ever ? target : g_object_ref (target);
}

gboolean
thr_event_check_name (const char *name,
                      GError    **error)
{
  if (name != NULL && *name != '\0')
    return TRUE;

  g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                       _("An event needs a name: give one that is not empty"));
  return FALSE;
}

/**
 * thr_event_new:
 * @name: what it is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 *
 * Makes an event whose target is the worker of the calling thread, if it has
 * one.
 *
 * Returns: (transfer full): the event
 *
 * Since: 1.0
 */
ThrEvent *
thr_event_new (const char   *name,
               const GValue *value)
{
  return thr_event_new_full (name, value, thr_worker_current (), FALSE, FALSE);
}

/**
 * thr_event_new_full:
 * @name: what it is called; not empty
 * @value: (nullable): what it carries, which is copied; or `NULL`
 * @target: (nullable): the worker that it comes from, or `NULL`
 * @bubble: whether the ancestors of who it is fired at are to hear it too
 * @broadcast: whether the descendants of who it is fired at are to hear it too
 *
 * Makes an event, to be fired by [method@Thr.Worker.fire_event].
 *
 * Returns: (transfer full): the event
 *
 * Since: 1.0
 */
ThrEvent *
thr_event_new_full (const char   *name,
                    const GValue *value,
                    ThrWorker    *target,
                    gboolean      bubble,
                    gboolean      broadcast)
{
  ThrEvent *self;
  gboolean in_cell;
  gsize length;

  g_return_val_if_fail (name != NULL && *name != '\0', NULL);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), NULL);
  g_return_val_if_fail (target == NULL || THR_IS_WORKER (target), NULL);

  length = strlen (name) + 1;
  in_cell = sizeof (ThrEvent) + length <= THR_CELL_EVENT_SIZE;
  self = in_cell ? thr_cell_new (THR_CELL_EVENT) : g_malloc (sizeof (ThrEvent) + length);
  memset (self, 0, sizeof (ThrEvent));
  self->in_cell = in_cell;
  memcpy (self->name, name, length);
  g_atomic_ref_count_init (&self->ref_count);
  self->known = known_name (name);
  self->bubble = bubble != FALSE;
  self->broadcast = broadcast != FALSE;
  self->target = ref_target (target);
  if (value != NULL && is_number (value))
    self->value = *value;
  else if (value != NULL)
    {
      g_value_init (&self->value, G_VALUE_TYPE (value));
      g_value_copy (value, &self->value);
    }
  return self;
}

/**
 * thr_event_ref:
 * @self: an event
 *
 * Takes a reference.
 *
 * In JavaScript an event that a function is called with is gone when the function
 * returns, unless a reference is taken.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
ThrEvent *
thr_event_ref (ThrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * thr_event_unref: (skip)
 * @self: (transfer full): an event
 *
 * Drops a reference. The last one frees the event and its value, on the thread
 * that drops it.
 *
 * Since: 1.0
 */
void
thr_event_unref (ThrEvent *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (!is_number (&self->value) && G_IS_VALUE (&self->value))
    g_value_unset (&self->value);
  if (self->target != NULL && !thr_worker_priv (self->target)->is_for_ever)
    g_object_unref (self->target);
  if (self->in_cell)
    thr_cell_free (self);
  else
    g_free (self);
}

/**
 * thr_event_get_name:
 * @self: an event
 *
 * What it is called.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
const char *
thr_event_get_name (ThrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name;
}

/**
 * thr_event_get_value:
 * @self: an event
 *
 * What it carries.
 *
 * Returns: (transfer none) (nullable): the value, valid as long as the event;
 *   `NULL` where it carries nothing
 *
 * Since: 1.0
 */
const GValue *
thr_event_get_value (ThrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return G_IS_VALUE (&self->value) ? &self->value : NULL;
}

/**
 * thr_event_get_target:
 * @self: an event
 *
 * The worker that it comes from. It never changes.
 *
 * Returns: (transfer none) (nullable): the worker, or `NULL` where the thread
 *   that made the event has none
 *
 * Since: 1.0
 */
ThrWorker *
thr_event_get_target (ThrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->target;
}

/**
 * thr_event_get_bubble:
 * @self: an event
 *
 * Whether the ancestors of who it is fired at hear it too.
 *
 * Returns: whether it bubbles
 *
 * Since: 1.0
 */
gboolean
thr_event_get_bubble (ThrEvent *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->bubble;
}

/**
 * thr_event_get_broadcast:
 * @self: an event
 *
 * Whether the descendants of who it is fired at hear it too.
 *
 * Returns: whether it is broadcast
 *
 * Since: 1.0
 */
gboolean
thr_event_get_broadcast (ThrEvent *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->broadcast;
}

/* ---- in inboxes ---- */

/* Takes the reference. */
ThrEnvelope *
thr_envelope_new (ThrEvent *event)
{
  ThrEnvelope *self;

  /* Whose exchange finds FALSE owns the embedded one; it says nothing of other
   * memory, so that relaxed does. */
  if (atomic_load_explicit (&event->enveloped, memory_order_relaxed) ||
      atomic_exchange_explicit (&event->enveloped, TRUE, memory_order_relaxed))
    self = g_new (ThrEnvelope, 1);
  else
    self = &event->envelope;
  self->next = NULL;
  self->event = event;
  return self;
}

void
thr_envelope_free (ThrEnvelope *self)
{
  ThrEvent *event = self->event;

  if (self != &event->envelope)
    g_free (self);
  thr_event_unref (event);
}
