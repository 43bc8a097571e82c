/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* A later is a source in the context of the run that it belongs to. Where it
 * comes due and the worker is not at a break point, or is paused, it is held
 * until it is. */
typedef struct _ThrLater ThrLater;

/* Between a cancellable, which may be cancelled on any thread, and the later,
 * which is gone when it is done. Neither a GCancellableSource, which GLib 2.74
 * may leak when both happen at once, nor g_cancellable_disconnect(), which waits
 * for handlers, possibly for one that this is inside of. */
typedef struct
{
  gatomicrefcount ref_count;
  GMutex lock;     /* guards later; held while its source is woken */
  ThrLater *later; /* NULL once it is done */
  GCancellable *cancellable;
  gulong handler;
} Link;

struct _ThrLater
{
  GSource source;
  ThrRun *run;
  GList link; /* in the run's laters, guarded by the inbox_lock */
  ThrLaterFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  Link *cancelling; /* a reference, or NULL */
  gboolean held;    /* the run's thread's */
};

static void
link_unref (gpointer  data,
            GClosure *closure)
{
  Link *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_object_unref (self->cancellable);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  Link *self = user_data;

  g_mutex_lock (&self->lock);
  if (self->later != NULL)
    g_source_set_ready_time (&self->later->source, 0);
  g_mutex_unlock (&self->lock);
}

static Link *
link_new (ThrLater     *later,
          GCancellable *cancellable)
{
  Link *self = g_new0 (Link, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->later = later;
  self->cancellable = g_object_ref (cancellable);
  g_atomic_ref_count_inc (&self->ref_count);
  self->handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (cancelled_cb), self,
                                         link_unref, 0);
  return self;
}

static void
link_cut (Link *self)
{
  g_mutex_lock (&self->lock);
  self->later = NULL;
  g_mutex_unlock (&self->lock);
  g_signal_handler_disconnect (self->cancellable, self->handler);
  link_unref (self, NULL);
}

/* On the run's thread, once: takes it off the run's list, which holds it. */
static void
finish (ThrLater *self)
{
  ThrRun *run = self->run;
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);

  g_mutex_lock (&priv->inbox_lock);
  g_queue_unlink (&run->laters, &self->link);
  g_mutex_unlock (&priv->inbox_lock);

  if (self->held)
    run->n_held--;
  g_clear_pointer (&self->cancelling, link_cut);
  g_source_destroy (&self->source);
  thr_worker_destroy_data (run->worker, self->destroy, self->user_data);
  g_source_unref (&self->source);
}

static gboolean
later_dispatch (GSource    *source,
                GSourceFunc callback,
                gpointer    user_data)
{
  ThrLater *self = (ThrLater *) source;
  ThrRun *run = self->run;
  ThrWorkerFrame frame;

  if (self->cancelling == NULL || !g_cancellable_is_cancelled (self->cancelling->cancellable))
    {
      ThrLaterFunc func = self->func;

      if (!thr_run_is_at_ease (run))
        {
          if (!self->held)
            {
              self->held = TRUE;
              run->n_held++;
            }
          g_source_set_ready_time (source, -1);
          return G_SOURCE_CONTINUE;
        }

      /* What it does may iterate the context, where this must not run again. */
      g_source_set_ready_time (source, -1);
      thr_run_ref (run);
      thr_frame_push (&frame, run);
      if (thr_gate_is_open ())
        func (run->worker, self->user_data);
      thr_frame_pop (&frame);
      if (run->worker != NULL)
        {
          ThrEvent *event =
            thr_event_new_full (THR_EVENT_EXECUTE, NULL, run->worker, FALSE, FALSE);

          thr_run_process (run, event);
          thr_event_unref (event);
        }
      thr_run_unref (run);
    }
  finish (self);
  return G_SOURCE_REMOVE;
}

static GSourceFuncs later_funcs = {
  .dispatch = later_dispatch,
};

/* At a break point, or when a pause is over: those that were held come due. */
void
thr_laters_release (ThrRun *run)
{
  ThrWorkerPrivate *priv;

  if (run->n_held == 0 || !thr_run_is_at_ease (run))
    return;

  priv = thr_worker_priv (run->worker);
  g_mutex_lock (&priv->inbox_lock);
  for (GList *l = run->laters.head; l != NULL; l = l->next)
    {
      ThrLater *self = l->data;

      if (self->held)
        g_source_set_ready_time (&self->source, 0);
      self->held = FALSE;
    }
  run->n_held = 0;
  g_mutex_unlock (&priv->inbox_lock);
}

/* At the end of a run, which accepts no more. */
void
thr_laters_clear (ThrRun *run)
{
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);

  for (;;)
    {
      ThrLater *self;

      g_mutex_lock (&priv->inbox_lock);
      self = run->laters.head != NULL ? run->laters.head->data : NULL;
      g_mutex_unlock (&priv->inbox_lock);
      if (self == NULL)
        return;
      finish (self);
    }
}

/**
 * thr_worker_later:
 * @self: a worker that runs
 * @delay: in how many microseconds; 0 for the next turn of its loop
 * @cancellable: (nullable): what calls it off, or `NULL`
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call, on
 *   the worker's thread
 * @user_data: data for @func
 * @destroy: (nullable): called in the worker's owner context when @user_data is
 *   needed no more
 * @error: where to put an error
 *
 * Has a function called once by the worker, at a break point, after some time.
 *
 * It takes no thread. While the worker is paused it is not called: that comes
 * after the resume. When the run ends first it is not called at all. The worker
 * hears `EXECUTE` afterwards.
 *
 * It may be called from any thread. The error is `THR_ERROR_INVALID_STATE` if
 * the worker does not run, and `THR_ERROR_INVALID_ARGUMENT` if @delay is
 * negative; then @destroy is called too.
 *
 * Returns: `TRUE` if it is going to be called
 *
 * Since: 1.0
 */
gboolean
thr_worker_later (ThrWorker     *self,
                  gint64         delay,
                  GCancellable  *cancellable,
                  ThrLaterFunc   func,
                  gpointer       user_data,
                  GDestroyNotify destroy,
                  GError       **error)
{
  ThrWorkerPrivate *priv;
  ThrLater *later;
  gboolean accepted;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (delay, error))
    {
      thr_worker_destroy_data (self, destroy, user_data);
      return FALSE;
    }

  priv = thr_worker_priv (self);
  later = (ThrLater *) g_source_new (&later_funcs, sizeof (ThrLater));
  later->link.data = later;
  later->func = func;
  later->user_data = user_data;
  later->destroy = destroy;
  if (cancellable != NULL)
    later->cancelling = link_new (later, cancellable);
  g_source_set_static_name (&later->source, "[thr-glib] later");
  g_source_set_priority (&later->source, G_PRIORITY_DEFAULT);
  g_source_set_ready_time (&later->source, delay == 0 ? 0 : thr_deadline (delay));

  /* Attached with the lock held, so that the end of the run, which takes it to
   * close, finds it in the context. */
  g_mutex_lock (&priv->inbox_lock);
  accepted = priv->run != NULL && priv->run->accepting;
  if (accepted)
    {
      later->run = priv->run;
      g_queue_push_tail_link (&priv->run->laters, &later->link);
      g_source_attach (&later->source, priv->run->context);
      /* It may have been cancelled before there was anything to wake. */
      if (g_cancellable_is_cancelled (cancellable))
        g_source_set_ready_time (&later->source, 0);
    }
  g_mutex_unlock (&priv->inbox_lock);

  if (!accepted)
    {
      g_autofree char *name = thr_worker_dup_name (self);

      g_clear_pointer (&later->cancelling, link_cut);
      g_source_unref (&later->source);
      thr_worker_destroy_data (self, destroy, user_data);
      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                   _("The worker “%s” does not run: nothing can be called later there"), name);
    }
  return accepted;
}
