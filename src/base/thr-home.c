/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-home-private.h"

#include "base/thr-quark-private.h"

/* An object whose last reference is dropped on a foreign thread goes home to
 * die there.
 *
 * It cannot be posted from dispose(): the foreign g_object_unref() is not done
 * with it yet, and home would race with that. But GLib freezes the object's
 * notify queue around dispose() and thaws it when it lets go, and the thaw of
 * a queue that is not empty emits ::notify. So dispose() queues a notify, of
 * which only a handler of ours hears, and that posts the object. GLib 2.74
 * thaws after its decrement and touches the object no more; later versions
 * thaw before it, so that home waits until the reference that dispose() took
 * is the only one.
 *
 * The class could override dispatch_properties_changed() instead, but a class
 * that does has its notify queue frozen and thawed in every g_object_new(),
 * which is a sixth of what a job costs. */
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

static void home_deliver (ThrNode *node);

static void
leave_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  ThrHome *self = user_data;
  guint8 leaving = LEAVING;

  if (!atomic_compare_exchange_strong (&self->leaving, &leaving, POSTED))
    return;
  self->node.deliver = home_deliver;
  thr_dispatcher_push (self->dispatcher, &self->node);
}

static THR_DEFINE_QUARK (thr-home-blocked, blocked);

/* Nobody else hears of what is emitted from here on: not on this thread. What
 * was blocked is kept for unblock_notify(), since the user may have blocked
 * others. */
static void
block_notify (GObject *object)
{
  guint notify_id = g_signal_lookup ("notify", G_TYPE_OBJECT);
  GArray *handlers = NULL;
  gulong handler;

  while ((handler = g_signal_handler_find (object, G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_UNBLOCKED,
                                           notify_id, 0, NULL, NULL, NULL)) != 0)
    {
      g_signal_handler_block (object, handler);
      if (handlers == NULL)
        handlers = g_array_new (FALSE, FALSE, sizeof handler);
      g_array_append_val (handlers, handler);
    }
  if (handlers != NULL)
    g_object_set_qdata_full (object, blocked_quark (), handlers, (GDestroyNotify) g_array_unref);
}

/* At home, where handlers may be called. */
static void
unblock_notify (GObject *object)
{
  GArray *handlers = g_object_steal_qdata (object, blocked_quark ());

  if (handlers == NULL)
    return;
  for (guint i = 0; i < handlers->len; i++)
    {
      gulong handler = g_array_index (handlers, gulong, i);

      if (g_signal_handler_is_connected (object, handler))
        g_signal_handler_unblock (object, handler);
    }
  g_array_unref (handlers);
}

/* A property that no object has, so that its notify comes from nowhere else:
 * home may announce any other one meanwhile, which says nothing of the foreign
 * unref. */
static GParamSpec *
get_leaving_pspec (void)
{
  static GParamSpec *pspec;

  if (g_once_init_enter (&pspec))
    g_once_init_leave (&pspec, g_param_spec_ref_sink (g_param_spec_boolean (
                                 "thr-leaving", NULL, NULL, FALSE, G_PARAM_READABLE)));
  return pspec;
}

gboolean
thr_home_dispose (ThrHome *self)
{
  GObject *object = THR_OBJECT_OF (self);
  guint8 staying = STAYING;

  if (thr_dispatcher_is_home (self->dispatcher))
    return TRUE;

  if (atomic_compare_exchange_strong (&self->leaving, &staying, LEAVING))
    {
      g_object_ref (object);
      block_notify (object);
      g_signal_connect (object, "notify::thr-leaving", G_CALLBACK (leave_cb), self);
      g_object_notify_by_pspec (object, get_leaving_pspec ());
    }
  return FALSE;
}

static gboolean
arrive (ThrHome *self)
{
  GObject *object = THR_OBJECT_OF (self);

  for (int i = 0; i < 100 && g_atomic_int_get (&object->ref_count) > 1; i++)
    g_thread_yield ();
  /* If somebody has found it (by a job that knows its manager), it lives on. */
  unblock_notify (object);
  if (g_atomic_int_get (&object->ref_count) > 1)
    return FALSE;

  g_signal_handlers_disconnect_by_func (object, leave_cb, self);
  atomic_store (&self->leaving, STAYING);
  g_object_unref (object);
  return TRUE;
}

/* An object that waits at home to be let go. */
typedef struct
{
  ThrHome *home; /* NULL once it has arrived */
} Retry;

static gboolean
retry_cb (gpointer user_data)
{
  Retry *self = user_data;

  if (!arrive (self->home))
    return G_SOURCE_CONTINUE;
  self->home = NULL;
  return G_SOURCE_REMOVE;
}

/* The source is gone: where the dispatcher was closed, before the object. */
static void
retry_gone (gpointer data)
{
  Retry *self = data;

  if (self->home != NULL)
    thr_dispatcher_push (self->home->dispatcher, &self->home->node);
  g_free (self);
}

static void
home_deliver (ThrNode *node)
{
  ThrHome *self = (ThrHome *) ((guint8 *) node - G_STRUCT_OFFSET (ThrHome, node));
  GSource *source;
  Retry *retry;

  if (arrive (self))
    return;

  /* Somebody found the object before it was gone, and uses it: it lives on
   * until that is over. */
  retry = g_new (Retry, 1);
  retry->home = self;
  source = g_timeout_source_new (RETRY_INTERVAL);
  g_source_set_static_name (source, "[thr-glib] last unref");
  g_source_set_callback (source, retry_cb, retry, retry_gone);
  thr_dispatcher_attach (self->dispatcher, source);
  g_source_unref (source);
}

#if THR_OWNER_CHECKS
static void
check_dispatch (GObject     *object,
                guint        n_pspecs,
                GParamSpec **pspecs)
{
  ThrHome *self = THR_HOME_OF (object);

  g_assert (atomic_load (&self->leaving) != STAYING ||
            thr_dispatcher_is_home (self->dispatcher));
  G_OBJECT_CLASS (g_type_class_peek (G_TYPE_OBJECT))
    ->dispatch_properties_changed (object, n_pspecs, pspecs);
}
#endif

void
thr_home_class_init (GObjectClass *klass)
{
#if THR_OWNER_CHECKS
  klass->dispatch_properties_changed = check_dispatch;
#endif
}

/* At home: announces properties. The default method is called directly, so
 * that no freeze of the notify queue, which g_object_set() on another thread
 * causes, can merge or move what is announced. */
void
thr_home_emit (ThrHome     *self,
               guint        n_pspecs,
               GParamSpec **pspecs)
{
  GObject *object = THR_OBJECT_OF (self);

  thr_assert_home (self->dispatcher);
  G_OBJECT_GET_CLASS (object)->dispatch_properties_changed (object, n_pspecs, pspecs);
}
