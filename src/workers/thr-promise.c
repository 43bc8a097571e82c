/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-promise-private.h"

#include "base/thr-error.h"
#include "base/thr-gate-private.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"
#include "workers/thr-worker-private.h"

/* One who waits in get_async(). It belongs to the promise's queue until whoever
 * takes it out of there, with the lock held, pushes it to its own context. */
typedef struct
{
  ThrNode node;
  GList link;
  ThrPromise *promise;    /* a reference */
  ThrDispatcher *context; /* a reference: where the callback is called */
  ThrDefer *defer;        /* a reference, at the latest when it is pushed */
  GCancellable *cancellable;
  GSource *cancelled;     /* in that context; or NULL */
  GAsyncReadyCallback callback;
  gpointer user_data;
} PromiseCall;

/* ---- life ---- */

ThrPromise *
thr_promise_new (ThrDefer      *defer,
                 ThrDispatcher *home)
{
  ThrPromise *self = g_new0 (ThrPromise, 1);

  self->ref_count = 1;
  self->defer = defer;
  self->home = thr_dispatcher_ref (home);
  g_mutex_init (&self->waits_lock);
  g_queue_init (&self->callers);
  return self;
}

ThrPromise *
thr_promise_ref (ThrPromise *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

/* At home, since the value may be anything. */
static void
promise_free (gpointer data)
{
  ThrPromise *self = data;

  g_assert (g_queue_is_empty (&self->callers) && self->sleepers == NULL);
  if (G_IS_VALUE (&self->value))
    {
      thr_assert_home (self->home);
      g_value_unset (&self->value);
    }
  g_clear_error (&self->error);
  g_mutex_clear (&self->waits_lock);
  thr_dispatcher_unref (self->home);
  g_free (self);
}

void
thr_promise_unref (gpointer data)
{
  ThrPromise *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (!G_IS_VALUE (&self->value) || thr_dispatcher_is_home (self->home))
    promise_free (self);
  else
    thr_dispatcher_invoke (self->home, promise_free, self);
}

/* ---- the outcome ---- */

static void
call_deliver (ThrNode *node)
{
  PromiseCall *self = (PromiseCall *) node;
  GMainContext *context = thr_dispatcher_get_context (self->context);
  ThrDispatcher *home = self->promise->home;

  thr_assert_home (self->context);
  if (self->cancelled != NULL)
    {
      g_source_destroy (self->cancelled);
      g_source_unref (self->cancelled);
    }

  if (thr_dispatcher_is_closed (self->context))
    g_debug ("The context that waited for a defer is gone: its outcome is not told");
  else if (thr_gate_is_open ())
    {
      g_autoptr (GTask) task = NULL;

      /* A task returns to the thread-default context of its maker: who runs a
       * context need not have pushed it. */
      g_main_context_push_thread_default (context);
      task = g_task_new (self->defer, self->cancellable, self->callback, self->user_data);
      g_task_set_source_tag (task, thr_defer_get_async);
      g_task_set_name (task, "thr_defer_get_async");
      if (thr_promise_get_state (self->promise) == THR_PROMISE_PENDING)
        thr_task_return_cancelled (task);
      else
        g_task_return_pointer (task, thr_promise_ref (self->promise), thr_promise_unref);
      g_main_context_pop_thread_default (context);
    }

  g_clear_object (&self->cancellable);
  thr_dispatcher_unref (self->context);
  if (thr_dispatcher_is_home (home))
    g_object_unref (self->defer);
  else
    thr_dispatcher_invoke (home, g_object_unref, self->defer);
  thr_promise_unref (self->promise);
  g_free (self);
}

static void
free_value (gpointer data)
{
  GValue *value = data;

  g_value_unset (value);
  g_free (value);
}

/* Takes the value and the error. FALSE if it was settled before. */
static gboolean
settle (ThrPromise     *self,
        ThrPromiseState state,
        GValue         *value,
        GError         *error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->waits_lock);
  GQueue callers;

  if (self->state != THR_PROMISE_PENDING)
    return FALSE;

  if (value != NULL)
    self->value = *value;
  self->error = error;
  atomic_store_explicit (&self->state, state, memory_order_release);

  callers = self->callers;
  g_queue_init (&self->callers);
  for (GList *l = callers.head; l != NULL; l = l->next)
    {
      PromiseCall *call = l->data;

      /* In the defer's dispose() this saves it for the callback. */
      if (call->defer == NULL)
        call->defer = g_object_ref (self->defer);
    }
  self->defer = NULL;

  /* With the lock, so that the worker is still there: its wait cannot end
   * before it has taken itself out of the list. Neither this nor the push runs
   * any code of the user's. */
  for (GSList *l = self->sleepers; l != NULL; l = l->next)
    thr_worker_push_new (l->data, THR_EVENT_DEFER_FULFILL, NULL, NULL, THR_PUSH_SILENT);
  g_clear_pointer (&locker, g_mutex_locker_free);

  while (!g_queue_is_empty (&callers))
    {
      PromiseCall *call = g_queue_pop_head_link (&callers)->data;

      thr_dispatcher_push (call->context, &call->node);
    }
  return TRUE;
}

gboolean
thr_promise_resolve (ThrPromise   *self,
                     const GValue *value)
{
  GValue copy = G_VALUE_INIT;

  if (thr_promise_get_state (self) != THR_PROMISE_PENDING)
    return FALSE;

  if (value != NULL)
    {
      g_value_init (&copy, G_VALUE_TYPE (value));
      g_value_copy (value, &copy);
    }
  if (settle (self, THR_PROMISE_RESOLVED, value != NULL ? &copy : NULL, NULL))
    return TRUE;

  /* Somebody was faster: what is freed is freed at home. */
  if (value != NULL)
    thr_dispatcher_invoke (self->home, free_value, g_memdup2 (&copy, sizeof copy));
  return FALSE;
}

gboolean
thr_promise_reject (ThrPromise   *self,
                    const GError *error)
{
  GError *copy;

  if (thr_promise_get_state (self) != THR_PROMISE_PENDING)
    return FALSE;

  copy = g_error_copy (error);
  if (settle (self, THR_PROMISE_REJECTED, NULL, copy))
    return TRUE;
  g_error_free (copy);
  return FALSE;
}

/* The calls wait for somebody who does not hold the defer: so they do, else it
 * would be gone when they are called. */
void
thr_promise_add_resolver (ThrPromise *self,
                          ThrDefer   *defer)
{
  g_mutex_lock (&self->waits_lock);
  self->n_resolvers++;
  for (GList *l = self->callers.head; l != NULL; l = l->next)
    {
      PromiseCall *call = l->data;

      if (call->defer == NULL)
        call->defer = g_object_ref (defer);
    }
  g_mutex_unlock (&self->waits_lock);
}

/* One of those who could settle it is gone: the defer itself or a resolver. As
 * soon as there is a resolver, the defer does not count. */
void
thr_promise_forsake (ThrPromise *self,
                     gboolean    defer_is_gone)
{
  gboolean forsaken;
  GError *error;

  g_mutex_lock (&self->waits_lock);
  if (!defer_is_gone)
    self->n_resolvers--;
  forsaken = self->n_resolvers == 0 && self->state == THR_PROMISE_PENDING;
  if (defer_is_gone && !forsaken)
    self->defer = NULL;
  g_mutex_unlock (&self->waits_lock);

  if (!forsaken)
    return;
  error = g_error_new_literal (THR_ERROR, THR_ERROR_ABANDONED,
                               _("Nobody is left who could resolve this defer: it was dropped"));
  if (!settle (self, THR_PROMISE_REJECTED, NULL, error))
    g_error_free (error);
}

/* ---- get_async ---- */

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  PromiseCall *call = user_data;
  ThrPromise *promise = call->promise;
  gboolean waits;

  g_mutex_lock (&promise->waits_lock);
  waits = promise->state == THR_PROMISE_PENDING;
  if (waits)
    {
      g_queue_unlink (&promise->callers, &call->link);
      if (call->defer == NULL)
        call->defer = g_object_ref (promise->defer);
    }
  g_mutex_unlock (&promise->waits_lock);

  /* Else it is on its way. */
  if (waits)
    thr_dispatcher_push (call->context, &call->node);
  return G_SOURCE_REMOVE;
}

void
thr_promise_call (ThrPromise         *self,
                  ThrDefer           *defer,
                  GCancellable       *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer            user_data)
{
  PromiseCall *call = g_new0 (PromiseCall, 1);
  ThrDefer *kept;
  gboolean waits;

  call->node.deliver = call_deliver;
  call->link.data = call;
  call->promise = thr_promise_ref (self);
  call->context = thr_dispatcher_for_maker ();
  call->callback = callback;
  call->user_data = user_data;
  if (cancellable != NULL)
    {
      call->cancellable = g_object_ref (cancellable);
      call->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_static_name (call->cancelled, "[thr-glib] thr_defer_get_async");
      g_source_set_callback (call->cancelled, G_SOURCE_FUNC (cancelled_cb), call, NULL);
    }

  /* A reference may call a binding's toggle notify, which can wait for one who
   * drops a resolver: so it is taken without the lock, needed or not. */
  kept = g_object_ref (defer);
  g_mutex_lock (&self->waits_lock);
  waits = self->state == THR_PROMISE_PENDING;
  /* A wait keeps the defer only where somebody else can settle it: it is to end
   * when the defer is dropped. */
  if (!waits || self->n_resolvers > 0)
    call->defer = g_steal_pointer (&kept);
  if (waits)
    {
      g_queue_push_tail_link (&self->callers, &call->link);
      /* Still with the lock: as soon as it is gone the call may be, too. */
      if (call->cancelled != NULL)
        g_source_attach (call->cancelled, thr_dispatcher_get_context (call->context));
    }
  g_mutex_unlock (&self->waits_lock);
  g_clear_object (&kept);

  if (!waits)
    thr_dispatcher_push (call->context, &call->node);
}

/* ---- get ---- */

static gboolean
is_settled (ThrEvent *event,
            gpointer  user_data)
{
  return g_str_equal (thr_event_get_name (event), THR_EVENT_DEFER_FULFILL) &&
         thr_promise_get_state (user_data) != THR_PROMISE_PENDING;
}

gboolean
thr_promise_wait (ThrPromise *self,
                  gint64      timeout,
                  GError    **error)
{
  g_autoptr (GError) failure = NULL;
  gboolean waits;
  ThrCurrent here;

  if (thr_promise_get_state (self) != THR_PROMISE_PENDING)
    return TRUE;
  /* From then on nothing is called, and so nothing heard. */
  if (!thr_gate_is_open ())
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_STOPPED,
                           _("A defer cannot be waited for any more: the program is ending"));
      return FALSE;
    }
  if (!thr_current_enter (&here, error))
    return FALSE;

  g_mutex_lock (&self->waits_lock);
  waits = self->state == THR_PROMISE_PENDING;
  if (waits)
    self->sleepers = g_slist_prepend (self->sleepers, here.worker);
  g_mutex_unlock (&self->waits_lock);

  if (waits)
    {
      g_autoptr (ThrEvent) event = NULL;

      event = thr_worker_wait_until (here.worker, timeout, is_settled, self, &failure);
      g_mutex_lock (&self->waits_lock);
      self->sleepers = g_slist_remove (self->sleepers, here.worker);
      g_mutex_unlock (&self->waits_lock);
    }
  thr_current_leave (&here);

  if (failure == NULL && thr_promise_get_state (self) == THR_PROMISE_PENDING)
    g_set_error_literal (&failure, THR_ERROR, THR_ERROR_TIMED_OUT,
                         _("The defer was not resolved in the time given"));
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
