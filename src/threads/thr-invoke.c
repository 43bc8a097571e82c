/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* ---- post ---- */

typedef struct
{
  ThrInvokeFunc func;
  ThrCallback data;
  ThrDispatcher *owner;  /* a reference */
  ThrCore *core;         /* a reference */
  ThrThreadWrapper *job; /* NULL for a light one */
} Post;

/* The end of a job waits until all that it posted was delivered, which keeps
 * the job alive and the order right. */
static void
begin_post (ThrThreadWrapper *job)
{
  if (job != NULL)
    atomic_fetch_add (&thr_job_extra (job)->n_holds, 1);
}

static void
end_post (ThrThreadWrapper *job)
{
  if (job != NULL && atomic_fetch_sub (&thr_job_extra (job)->n_holds, 1) == 1 &&
      (atomic_load (&job->home.flags) & THR_JOB_DONE))
    thr_job_mark (job, 0);
}

static void
post_cb (gpointer data)
{
  Post *self = data;
  ThrDelivery delivery;

  thr_delivery_begin (&delivery, self->core);
  delivery.posted_by = self->job;
  if (self->func != NULL && thr_gate_is_open () && !thr_dispatcher_is_closed (self->owner) &&
      (self->job == NULL || !thr_job_is_silent (self->job)))
    {
      thr_assert_home (self->owner);
      self->func (self->data.user_data);
    }
  thr_callback_clear (&self->data, self->owner);
  thr_delivery_end (&delivery);
  end_post (self->job);
  thr_core_unref (self->core);
  thr_dispatcher_unref (self->owner);
  g_free (self);
}

static void
post (ThrFrame      *top,
      ThrInvokeFunc  func,
      gpointer       user_data,
      GDestroyNotify destroy)
{
  Post *self = g_new (Post, 1);

  self->func = func;
  self->data = (ThrCallback) { NULL, user_data, destroy };
  self->owner = thr_dispatcher_ref (top->owner);
  self->core = thr_core_ref (top->core);
  self->job = top->job;
  begin_post (self->job);
  thr_dispatcher_invoke (top->owner, post_cb, self);
}

/* Calls @func there as thr_dispatcher_invoke() does; in the function of a job
 * that belongs there, before the job's own end is delivered. */
void
thr_invoke_in_order (ThrDispatcher *home,
                     GDestroyNotify func,
                     gpointer       data)
{
  ThrFrame *top = thr_frame_top ();

  if (top != NULL && top->owner == home)
    post (top, NULL, data, func);
  else
    thr_dispatcher_invoke (home, func, data);
}

/**
 * thr_invoke_owner:
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data, after @func and there too
 * @error: where to put an error
 *
 * Inside the function of a job: calls something in the job's owner context,
 * and does not wait for it.
 *
 * What is posted so is called in order, and before the job's own end is
 * delivered.
 *
 * Outside of a job this is `THR_ERROR_INVALID_STATE`, and @destroy is called at
 * once.
 *
 * Returns: `TRUE` if @func will be called
 *
 * Since: 1.0
 */
gboolean
thr_invoke_owner (ThrInvokeFunc  func,
                  gpointer       user_data,
                  GDestroyNotify destroy,
                  GError       **error)
{
  ThrFrame *top = thr_frame_top ();

  g_return_val_if_fail (func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (top == NULL)
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                           _("No job is running here, so there is no owner context to call in: use "
                             "g_main_context_invoke ()"));
      if (destroy != NULL)
        destroy (user_data);
      return FALSE;
    }

  post (top, func, user_data, destroy);
  return TRUE;
}

/* ---- ask, and wait for the answer ---- */

typedef enum
{
  ASK_POSTED,
  ASK_RUNNING,
  ASK_ANSWERED,
  ASK_WITHDRAWN, /* the job ended its wait before the question was put */
} AskState;

typedef struct
{
  gint ref_count;
  ThrThreadWrapper *job;
  ThrDispatcher *owner;  /* a reference */
  ThrFrame *asker;       /* the jobs that wait; good while it is not withdrawn */
  ThrCallback callback;

  /* Guarded by the job's spot. */
  AskState state;
  gboolean answer;
  GError *error;
} Ask;

static void
ask_unref (Ask *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_clear_error (&self->error);
  thr_dispatcher_unref (self->owner);
  g_free (self);
}

static void
ask_cb (gpointer data)
{
  Ask *self = data;
  ThrThreadFunc func = (ThrThreadFunc) self->callback.func;
  ThrSpot *spot = thr_parking_spot (self->job);
  gboolean put, answer = FALSE;
  GError *error = NULL;

  g_mutex_lock (&spot->lock);
  put = self->state == ASK_POSTED;
  if (put)
    self->state = ASK_RUNNING;
  g_mutex_unlock (&spot->lock);

  if (put)
    {
      ThrDelivery delivery;

      thr_delivery_begin (&delivery, self->job->core);
      delivery.asked_by = self->asker;
      if (thr_dispatcher_is_closed (self->owner))
        error = thr_job_owner_gone_error ();
      else if (thr_job_is_silent (self->job))
        error = thr_job_ending_error (self->job);
      else if (thr_gate_is_open ())
        {
          thr_assert_home (self->owner);
          answer = func (self->job, self->callback.user_data, &error);
        }
      thr_delivery_end (&delivery);
    }
  thr_callback_clear (&self->callback, self->owner);

  g_mutex_lock (&spot->lock);
  if (put)
    {
      self->answer = answer;
      self->error = error;
      self->state = ASK_ANSWERED;
      g_cond_broadcast (&spot->changed);
    }
  g_mutex_unlock (&spot->lock);
  end_post (self->job);
  ask_unref (self);
}

/**
 * thr_thread_wrapper_invoke_sync:
 * @self: the job whose function this is called in
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context
 * @error: where to put an error
 *
 * Inside the function of a job: calls something in the job's owner context, and
 * waits for its answer; to ask the user something, for example.
 *
 * Where the job is cancelled or halted meanwhile, this ends with that error,
 * and @func is not called if it was not begun. Outside of the job's function
 * the error is `THR_ERROR_INVALID_STATE`; once the owner context is gone it is
 * `THR_ERROR_OWNER_GONE`.
 *
 * Returns: what @func returned, and its error; `FALSE` if it was not called
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_invoke_sync (ThrThreadWrapper *self,
                                ThrThreadFunc     func,
                                gpointer          user_data,
                                GDestroyNotify    destroy,
                                GError          **error)
{
  ThrCallback callback = { G_CALLBACK (func), user_data, destroy };
  gboolean answer;
  ThrSpot *spot;
  Ask *ask;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_frame_is_inside (self))
    {
      g_autofree char *name = thr_thread_wrapper_dup_name (self);

      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                   _("This is not inside the function of the job “%s”: nothing was called"), name);
      if (destroy != NULL)
        destroy (user_data);
      return FALSE;
    }

  if (thr_dispatcher_is_home (self->home.dispatcher))
    {
      answer = FALSE;
      if (thr_job_is_silent (self))
        g_propagate_error (error, thr_job_ending_error (self));
      else if (thr_gate_is_open ())
        answer = func (self, user_data, error);
      thr_callback_clear (&callback, self->home.dispatcher);
      return answer;
    }

  ask = g_new0 (Ask, 1);
  ask->ref_count = 2;
  ask->job = self;
  ask->owner = thr_dispatcher_ref (self->home.dispatcher);
  ask->asker = thr_frame_top ();
  ask->callback = callback;
  begin_post (self);
  thr_dispatcher_invoke (ask->owner, ask_cb, ask);

  spot = thr_parking_spot (self);
  atomic_fetch_add (&thr_job_n_paused, 1);
  g_mutex_lock (&spot->lock);
  while (ask->state != ASK_ANSWERED)
    {
      if (ask->state == ASK_POSTED && thr_job_is_ending (self))
        {
          ask->state = ASK_WITHDRAWN;
          break;
        }
      thr_spot_wait (spot, -1);
    }
  answer = ask->answer;
  if (ask->error != NULL)
    g_propagate_error (error, g_steal_pointer (&ask->error));
  g_mutex_unlock (&spot->lock);
  atomic_fetch_sub (&thr_job_n_paused, 1);

  if (ask->state == ASK_WITHDRAWN)
    g_propagate_error (error, thr_job_ending_error (self));
  ask_unref (ask);
  return answer;
}
