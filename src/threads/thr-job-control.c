/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"
#include "threads/thr-job-people-private.h"

_Atomic guint thr_job_n_paused;

/* ---- for the other thr-job-*.c files ---- */

/* Whether the job was asked to end, in whatever way. */
gboolean
thr_job_is_ending (ThrThreadWrapper *self)
{
  guint control = atomic_load (&self->home.control);

  if (control & THR_CONTROL_END)
    return TRUE;
  if (!(control & THR_CONTROL_FOLLOWS) ||
      !g_cancellable_is_cancelled (thr_job_peek_extra (self)->followed))
    return FALSE;
  /* For good, even if it is reset. */
  atomic_fetch_or (&self->home.control, THR_CONTROL_SEEN);
  return TRUE;
}

GError *
thr_job_owner_gone_error (void)
{
  return g_error_new_literal (THR_ERROR, THR_ERROR_OWNER_GONE,
                              _("The owner context is gone: nothing can be delivered there any "
                                "more"));
}

/* Cancels what get_cancellable() gave out, if it did. */
static void
cancel_own (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);
  ThrSpot *spot = thr_parking_spot (self);
  GCancellable *own = NULL;

  if (extra == NULL)
    return;
  g_mutex_lock (&spot->lock);
  if (extra->own != NULL)
    own = g_object_ref (extra->own);
  g_mutex_unlock (&spot->lock);

  if (own != NULL)
    {
      g_cancellable_cancel (own);
      g_object_unref (own);
    }
}

/* Calls the interrupter, once, unless another job runs on top of this one. The
 * function does not end while it is being called. Where there is none, the
 * bindings are asked. */
static void
interrupt (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);
  ThrSpot *spot = thr_parking_spot (self);
  ThrInterruptFunc func = NULL;
  gboolean has_own = FALSE;

  if (!thr_gate_is_open ())
    return;

  if (extra != NULL)
    {
      g_mutex_lock (&spot->lock);
      has_own = extra->interrupter.func != NULL;
      if (has_own && !extra->interrupted && !extra->covered)
        {
          func = (ThrInterruptFunc) extra->interrupter.func;
          extra->interrupted = extra->interrupting = TRUE;
        }
      g_mutex_unlock (&spot->lock);
    }
  if (!has_own)
    thr_binding_interrupt (self);
  if (func == NULL)
    return;

  func (self, extra->interrupter.user_data);

  g_mutex_lock (&spot->lock);
  extra->interrupting = FALSE;
  g_cond_broadcast (&spot->changed);
  g_mutex_unlock (&spot->lock);
}

/* The function has returned: from here on the interrupter is not called. What
 * was given with it is released at home. */
void
thr_job_leave (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);
  ThrSpot *spot;

  if (extra == NULL)
    return;
  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  while (extra->interrupting)
    thr_spot_wait (spot, -1);
  extra->interrupter.func = NULL;
  g_mutex_unlock (&spot->lock);
}

/* The interrupter hits only the top one of the jobs on a thread. */
void
thr_job_cover (ThrThreadWrapper *self,
               gboolean          covered)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);
  ThrSpot *spot;

  if (extra == NULL)
    return;
  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  while (extra->interrupting)
    thr_spot_wait (spot, -1);
  extra->covered = covered;
  g_mutex_unlock (&spot->lock);

  if (!covered && (atomic_load (&self->home.control) & THR_CONTROL_HALTED))
    interrupt (self);
}

/* Asks the job to end. One that was not begun ends with that. */
void
thr_job_ask (ThrThreadWrapper *self,
             guint8            control)
{
  guint8 before;

  if (atomic_load (&self->home.flags) & THR_JOB_DONE)
    return;
  before = atomic_fetch_or (&self->home.control, control);
  if ((before & control) == control)
    return;

  if (control & THR_CONTROL_HALTED)
    thr_job_mark (self, THR_JOB_HALT);
  if (!(before & (THR_CONTROL_END & ~THR_CONTROL_SEEN)))
    thr_job_mark (self, THR_JOB_ASKED);
  cancel_own (self);

  if (!(atomic_load (&self->home.flags) & THR_JOB_FLYING))
    return;
  if (self->item.kind == THR_JOB_MANUAL)
    thr_job_end_manual (self, NULL, thr_job_ending_error (self));
  else if (thr_core_withdraw (self))
    thr_core_fail_item (self->core, &self->item, thr_job_ending_error (self));
  else if (self->item.kind == THR_JOB_SLICED)
    thr_job_mark (self, THR_JOB_STEP);
  else
    {
      thr_spot_wake (thr_parking_spot (self));
      if (control & THR_CONTROL_HALTED)
        interrupt (self);
    }
}

/* With the core locked: the job does not become CLOSED before thr_job_let_go().
 * FALSE where it has ended, and there is nothing left to ask of it.
 *
 * For a thread that is not the owner's, and is to ask the job to end. A
 * reference would do too, but when it is dropped it may be the last: then the
 * job has to go home, where nobody may be any more. Who has seen the job CLOSED
 * is free to leave. */
gboolean
thr_job_hold_locked (ThrThreadWrapper *self)
{
  /* It was put there under this lock, before DONE was set: so either that is
   * seen here, or who delivers DONE sees that the job is held. */
  if (self->item.place >= THR_PLACE_ENDED)
    return FALSE;
  atomic_fetch_add (&thr_job_extra (self)->n_holds, 1);
  return TRUE;
}

/* The job may be gone when this returns; the caller holds the core. */
void
thr_job_let_go (ThrThreadWrapper *self)
{
  ThrCore *core = self->core;
  ThrEnd end = { NULL, NULL };

  /* Locked, so that the job stays while it is looked at: it leaves the core
   * before it goes. If it is to be posted, that mark keeps it from then on. */
  thr_core_lock (core);
  if (atomic_fetch_sub (&thr_job_peek_extra (self)->n_holds, 1) == 1 &&
      (atomic_load (&self->home.flags) & THR_JOB_DONE) &&
      !(atomic_fetch_or (&self->home.flags, THR_JOB_POSTED) & THR_JOB_POSTED))
    end.post = self;
  g_mutex_unlock (&core->queue_lock);
  thr_job_announce_end (&end);
}

/* ---- public ---- */

/**
 * thr_thread_wrapper_get_cancellable: (get-property cancellable)
 * @self: a job
 *
 * The job's own cancellable, to be given to the blocking functions that the
 * job calls.
 *
 * It is made at the first call, and cancelled when the job is asked to end:
 * cancelled, halted, or by the cancellable that it follows. To cancel it
 * directly does not cancel the job.
 *
 * Returns: (transfer none): the cancellable, valid as long as the job
 *
 * Since: 1.0
 */
GCancellable *
thr_thread_wrapper_get_cancellable (ThrThreadWrapper *self)
{
  ThrJobExtra *extra;
  ThrSpot *spot;
  GCancellable *made, *own;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  extra = thr_job_extra (self);
  spot = thr_parking_spot (self);
  made = g_cancellable_new ();
  g_mutex_lock (&spot->lock);
  if (extra->own == NULL)
    extra->own = g_steal_pointer (&made);
  own = extra->own;
  g_mutex_unlock (&spot->lock);
  g_clear_object (&made);

  /* Whoever asks the job to end says so before it looks for this. */
  if (thr_job_is_ending (self))
    g_cancellable_cancel (own);
  return own;
}

/**
 * thr_thread_wrapper_follow_cancellable:
 * @self: a job that was not submitted yet
 * @cancellable: a cancellable, which any number of jobs may follow
 * @error: where to put an error
 *
 * Has the job cancelled when @cancellable is.
 *
 * It costs who cancels it the same for one job and for a hundred thousand.
 * Once the job is submitted, or follows one already, nothing changes and the
 * error is `THR_ERROR_INVALID_STATE`.
 *
 * Returns: `TRUE` if the job follows @cancellable
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_follow_cancellable (ThrThreadWrapper *self,
                                       GCancellable     *cancellable,
                                       GError          **error)
{
  ThrJobExtra *extra;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  extra = thr_job_extra (self);
  if (g_atomic_pointer_get (&self->core) != NULL || extra->followed != NULL)
    {
      g_autofree char *name = thr_thread_wrapper_dup_name (self);

      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                   extra->followed != NULL
                     ? _("The job “%s” follows a cancellable already")
                     : _("The job “%s” is submitted: it can follow a cancellable only before"),
                   name);
      return FALSE;
    }

  extra->followed = g_object_ref (cancellable);
  atomic_fetch_or (&self->home.control, THR_CONTROL_FOLLOWS);
  return TRUE;
}

/**
 * thr_thread_wrapper_get_paused: (get-property paused)
 * @self: a job
 *
 * Whether the job is paused.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_get_paused (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);

  return (atomic_load (&self->home.control) & THR_CONTROL_PAUSED) != 0;
}

/**
 * thr_thread_wrapper_get_halted: (get-property halted)
 * @self: a job
 *
 * Whether the job was halted.
 *
 * Returns: whether it was
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_get_halted (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);

  return (atomic_load (&self->home.control) & THR_CONTROL_HALTED) != 0;
}

/* Waits as long as the job is paused and nobody asks it to end. */
static void
wait_while_paused (ThrThreadWrapper *self)
{
  ThrSpot *spot = thr_parking_spot (self);

  atomic_fetch_add (&thr_job_n_paused, 1);
  g_mutex_lock (&spot->lock);
  while ((atomic_load (&self->home.control) & THR_CONTROL_PAUSED) && !thr_job_is_ending (self))
    thr_spot_wait (spot, -1);
  g_mutex_unlock (&spot->lock);
  atomic_fetch_sub (&thr_job_n_paused, 1);
}

/**
 * thr_thread_wrapper_checkpoint:
 * @self: the job whose function this is called in
 * @error: where to put an error
 *
 * What a job calls now and then, at points where it may well wait or end.
 *
 * It waits while the job is paused, and fails once the job is asked to end:
 * with `G_IO_ERROR_CANCELLED` or `THR_ERROR_HALTED`. The function then cleans up
 * and returns `FALSE` with that error. When nothing is asked it takes a few
 * nanoseconds.
 *
 * Anywhere else than in the function of a job, and in a slice, it does not
 * wait.
 *
 * Returns: `TRUE` if the job goes on
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_checkpoint (ThrThreadWrapper *self,
                               GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);

  if (G_LIKELY (atomic_load_explicit (&self->home.control, memory_order_acquire) == 0))
    return TRUE;

  if (self->item.kind == THR_JOB_FUNCTION && thr_frame_is_inside (self))
    wait_while_paused (self);
  if (!thr_job_is_ending (self))
    return TRUE;

  g_propagate_error (error, thr_job_ending_error (self));
  return FALSE;
}

/**
 * thr_thread_wrapper_cancel:
 * @self: a job
 *
 * Asks the job to end.
 *
 * A queued job ends without running, with `G_IO_ERROR_CANCELLED`. A running one
 * learns it from [method@Thr.ThreadWrapper.checkpoint] and from
 * [method@Thr.ThreadWrapper.get_cancellable]; if its function succeeds all the
 * same, the job has succeeded. A job that has ended is left alone, and one
 * that was not submitted yet ends as soon as it is.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_cancel (ThrThreadWrapper *self)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  thr_job_ask (self, THR_CONTROL_CANCELLED);
}

/**
 * thr_thread_wrapper_halt:
 * @self: a job
 *
 * Ends the job by all means that the language of its function has.
 *
 * It is cancelled, with `THR_ERROR_HALTED`, and its interrupter is called, if it
 * has one: see [method@Thr.ThreadWrapper.set_interrupter]. C has none: a
 * function in C that never looks is not stopped.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_halt (ThrThreadWrapper *self)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  thr_job_ask (self, THR_CONTROL_HALTED);
}

/**
 * thr_thread_wrapper_pause:
 * @self: a job
 *
 * Has the job wait at its next checkpoint; if it is queued, it is not begun; if
 * it is a sliced one, it is not stepped.
 *
 * To cancel or halt it ends the pause.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_pause (ThrThreadWrapper *self)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  if (atomic_load (&self->home.flags) & THR_JOB_DONE)
    return;
  if (atomic_fetch_or (&self->home.control, THR_CONTROL_PAUSED) & THR_CONTROL_PAUSED)
    return;
  thr_job_people_paused (self);
  thr_job_mark (self, THR_JOB_PAUSE);
}

/**
 * thr_thread_wrapper_resume:
 * @self: a job
 *
 * Has a paused job go on.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_resume (ThrThreadWrapper *self)
{
  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));

  if (!(atomic_fetch_and (&self->home.control, ~THR_CONTROL_PAUSED) & THR_CONTROL_PAUSED))
    return;

  thr_job_people_paused (self);
  thr_job_mark (self, THR_JOB_PAUSE);
  if (!(atomic_load (&self->home.flags) & THR_JOB_FLYING))
    return;
  thr_spot_wake (thr_parking_spot (self));
  thr_core_unpark (self);
  if (self->item.kind == THR_JOB_SLICED)
    thr_job_mark (self, THR_JOB_STEP);
}

/**
 * thr_thread_wrapper_set_interrupter:
 * @self: the job whose function this is called in
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable):
 *   what stops the running function, or `NULL`
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in the owner context once the
 *   job is `CLOSED`
 *
 * Says how the running function can be stopped from outside; for language
 * bindings.
 *
 * [method@Thr.ThreadWrapper.halt] calls @func once, on the thread that halts,
 * and only while the function runs and no other job runs on top of it (which is
 * the case while it joins a job of its own manager): else right after that, on
 * the function's own thread. The function does not return before @func has.
 *
 * It may be called only inside the function of the job, and once.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_set_interrupter (ThrThreadWrapper *self,
                                    ThrInterruptFunc  func,
                                    gpointer          user_data,
                                    GDestroyNotify    destroy)
{
  ThrJobExtra *extra;
  ThrSpot *spot;

  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));
  g_return_if_fail (thr_thread_wrapper_get_current () == self);

  extra = thr_job_extra (self);
  g_return_if_fail (extra->interrupter.func == NULL && extra->interrupter.destroy == NULL);

  spot = thr_parking_spot (self);
  g_mutex_lock (&spot->lock);
  extra->interrupter = (ThrCallback) { G_CALLBACK (func), user_data, destroy };
  g_mutex_unlock (&spot->lock);

  if (atomic_load (&self->home.control) & THR_CONTROL_HALTED)
    interrupt (self);
}
