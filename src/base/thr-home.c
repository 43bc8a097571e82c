/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-home-private.h"

/* An object whose last reference is dropped on a foreign thread goes home to
 * die there.
 *
 * It cannot be posted from dispose(): the foreign g_object_unref() is not done
 * with it yet, and home would race with that. But GLib freezes the object's
 * notify queue around dispose() and thaws it when it lets go, and the thaw of
 * a queue that is not empty calls dispatch_properties_changed(): there, the
 * object is posted. GLib 2.74 thaws after its decrement and touches the object
 * no more; later versions thaw before it, so that home waits until the
 * reference that dispose() took is the only one. */
enum
{
  STAYING,
  LEAVING, /* dispose() has taken a reference and queued a notify */
  POSTED,  /* the reference belongs to the node in the inbox */
};

/* In milliseconds: how often an object is looked at again that somebody took
 * a new reference of while it was going home. */
#define RETRY_INTERVAL 10

void
thr_home_init (ThrHome       *self,
               ThrDispatcher *dispatcher)
{
  self->dispatcher = dispatcher;
}

void
thr_home_clear (ThrHome *self)
{
  thr_assert_home (self->dispatcher);
  g_clear_pointer (&self->dispatcher, thr_dispatcher_unref);
}

gboolean
thr_home_dispose (ThrHome    *self,
                  GParamSpec *pspec)
{
  GObject *object = THR_OBJECT_OF (self);
  int staying = STAYING;

  if (thr_dispatcher_is_home (self->dispatcher))
    return TRUE;

  if (atomic_compare_exchange_strong (&self->leaving, &staying, LEAVING))
    {
      g_object_ref (object);
      g_object_notify_by_pspec (object, pspec);
    }
  return FALSE;
}

static gboolean
arrive (ThrHome *self)
{
  GObject *object = THR_OBJECT_OF (self);

  for (int i = 0; i < 100 && g_atomic_int_get (&object->ref_count) > 1; i++)
    g_thread_yield ();
  if (g_atomic_int_get (&object->ref_count) > 1)
    return FALSE;

  atomic_store (&self->leaving, STAYING);
  g_object_unref (object);
  return TRUE;
}

static gboolean
retry_cb (gpointer user_data)
{
  return arrive (user_data) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
home_deliver (ThrNode *node)
{
  ThrHome *self = (ThrHome *) ((guint8 *) node - G_STRUCT_OFFSET (ThrHome, node));
  GSource *retry;

  if (arrive (self))
    return;

  /* Somebody found the object before it was gone, and uses it: it lives on
   * until that is over. */
  retry = g_timeout_source_new (RETRY_INTERVAL);
  g_source_set_static_name (retry, "[thr-glib] last unref");
  g_source_set_callback (retry, retry_cb, self, NULL);
  g_source_attach (retry, thr_dispatcher_get_context (self->dispatcher));
  g_source_unref (retry);
}

gboolean
thr_home_may_emit (ThrHome  *self,
                   gboolean *leaving)
{
  int expected = LEAVING;

  *leaving = FALSE;
  if (atomic_load_explicit (&self->leaving, memory_order_relaxed) == LEAVING &&
      atomic_compare_exchange_strong (&self->leaving, &expected, POSTED))
    {
      *leaving = TRUE;
      self->node.deliver = home_deliver;
      thr_dispatcher_push (self->dispatcher, &self->node);
      return FALSE;
    }
  return thr_dispatcher_is_home (self->dispatcher);
}
