/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-parking-private.h"
#include "threads/thr-job-bonds-private.h"
#include "threads/thr-job-people-private.h"

/* What the owner context does with a job: it announces, step by step, what
 * background threads have marked. */

static gboolean
is_home_gone (ThrThreadWrapper *self)
{
  return thr_dispatcher_is_closed (self->home.dispatcher);
}

ThrExecutionState
thr_job_get_state (ThrThreadWrapper *self)
{
  guint flags = atomic_load (&self->home.flags);

  /* `stepping` is home's alone; only home is asked for it. */
  if ((flags & THR_JOB_FLYING) && thr_dispatcher_is_home (self->home.dispatcher) &&
      self->home.stepping)
    return self->home.announced;

  if (flags & THR_JOB_CLOSED)
    return THR_EXECUTION_STATE_CLOSED;
  if (flags & THR_JOB_DONE)
    {
      /* Whoever read this may not read less later. */
      if (!(flags & THR_JOB_LISTENED))
        flags = atomic_fetch_or (&self->home.flags, THR_JOB_SEEN_CLOSED) | THR_JOB_SEEN_CLOSED;
      if (flags & THR_JOB_SEEN_CLOSED)
        return THR_EXECUTION_STATE_CLOSED;
      return thr_job_has_failed (self) ? THR_EXECUTION_STATE_EXCEPTION : THR_EXECUTION_STATE_RETURNED;
    }
  return flags & THR_JOB_STARTED ? THR_EXECUTION_STATE_RUNNING : THR_EXECUTION_STATE_CREATED;
}

/* What it was bound to is gone. */
gboolean
thr_job_is_silent (ThrThreadWrapper *self)
{
  return (atomic_load (&self->home.flags) & THR_JOB_SILENT) != 0;
}

static void
announce (ThrThreadWrapper *self,
          ThrExecutionState state)
{
  self->home.announced = state;
  thr_job_emit_state (self);
}

/* Takes the bits of progress, status and message, and announces them. */
static void
announce_merged (ThrThreadWrapper *self)
{
  guint bits = atomic_fetch_and (&self->home.flags, ~THR_JOB_MERGED) & THR_JOB_MERGED;

  if (bits == 0)
    return;
  thr_job_listen (self);
  thr_job_peek_extra (self)->merged_at = g_get_monotonic_time ();
  if (bits & THR_JOB_PROGRESS)
    thr_core_count_progress (self, thr_thread_wrapper_get_progress (self));
  if (bits & THR_JOB_STATUS)
    thr_job_free_garbage (self);
  thr_job_emit (self, bits);
  thr_job_people_look (self);
}

/* At home, outside of deliveries: does something that calls handlers of the
 * job. What is to be delivered meanwhile follows it. */
void
thr_job_step_through (ThrThreadWrapper *self,
                      void            (*step) (ThrThreadWrapper *self))
{
  ThrDelivery delivery;

  g_object_ref (self);
  thr_delivery_begin (&delivery, self->core);
  self->home.stepping = TRUE;
  self->home.redeliver = FALSE;
  step (self);
  self->home.stepping = FALSE;
  thr_delivery_end (&delivery);
  /* Not here, where no dispatch may be under way that closes the books. */
  if (self->home.redeliver)
    thr_dispatcher_push (self->home.dispatcher, &self->home.node);
  g_object_unref (self);
}

static void
tick_cb (ThrTick *tick)
{
  ThrJobExtra *extra = (ThrJobExtra *) ((guint8 *) tick - G_STRUCT_OFFSET (ThrJobExtra, tick));
  ThrThreadWrapper *self = extra->group_link.data;

  /* In a main loop that a handler of the job runs: later. */
  if (self->home.stepping)
    {
      thr_dispatcher_tick (self->home.dispatcher, tick, tick_cb);
      return;
    }
  thr_job_step_through (self, announce_merged);
}

/* At most about 60 times a second, and once a dispatch, however long that takes; but
 * before any step of the state. */
static void
merge (ThrThreadWrapper *self,
       guint             flags)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);

  if (!(flags & THR_JOB_DONE) &&
      thr_dispatcher_get_begun (self->home.dispatcher) - extra->merged_at < THR_TICK_INTERVAL)
    {
      thr_dispatcher_tick (self->home.dispatcher, &extra->tick, tick_cb);
      return;
    }
  thr_dispatcher_untick (self->home.dispatcher, &extra->tick);
  announce_merged (self);
}

static gboolean
has_waits (ThrThreadWrapper *self,
           ThrJobExtra      *extra)
{
  ThrSpot *spot = thr_parking_spot (self);
  gboolean waits;

  g_mutex_lock (&spot->lock);
  waits = extra->waits != NULL;
  g_mutex_unlock (&spot->lock);
  return waits;
}

static gboolean
may_call (ThrThreadWrapper *self)
{
  return thr_gate_is_open () && !thr_job_is_silent (self);
}

static void
succeed (ThrThreadWrapper *self)
{
  ThrSuccessFunc on_success;

  announce (self, THR_EXECUTION_STATE_RETURNED);
  on_success = (ThrSuccessFunc) self->on_success.func;
  if (on_success != NULL && may_call (self))
    {
      on_success (self, thr_thread_wrapper_get_result (self), self->on_success.user_data);
      thr_job_listen (self);
    }
  thr_job_emit_signal (self);
}

static void
fail (ThrThreadWrapper *self)
{
  ThrJobExtra *extra;
  ThrFailFunc on_fail;

  announce (self, THR_EXECUTION_STATE_EXCEPTION);
  extra = thr_job_peek_extra (self);
  on_fail = extra != NULL && !thr_job_is_silent (self) ? (ThrFailFunc) extra->on_fail.func : NULL;
  if (on_fail != NULL || thr_job_has_failed_handler (self) ||
      (extra != NULL && has_waits (self, extra)))
    atomic_fetch_or (&self->home.flags, THR_JOB_TAKEN);
  if (on_fail != NULL && thr_gate_is_open ())
    {
      on_fail (self, self->error, extra->on_fail.user_data);
      thr_job_listen (self);
    }
  thr_job_emit_signal (self);
}

static void
finish (ThrThreadWrapper *self)
{
  ThrJobExtra *extra;
  ThrEndFunc on_end;

  announce (self, THR_EXECUTION_STATE_FINISHING);
  extra = thr_job_peek_extra (self);
  on_end = extra != NULL ? (ThrEndFunc) extra->on_end.func : NULL;
  if (on_end != NULL && may_call (self))
    {
      on_end (self, extra->on_end.user_data);
      thr_job_listen (self);
    }
  thr_job_emit_signal (self);
}

/* Releases what the caller gave to the job. */
static void
release (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);

  thr_callback_clear (&self->function, self->home.dispatcher);
  thr_callback_clear (&self->on_success, self->home.dispatcher);
  if (extra != NULL)
    {
      thr_dispatcher_untick (self->home.dispatcher, &extra->tick);
      thr_callback_clear (&extra->on_fail, self->home.dispatcher);
      thr_callback_clear (&extra->on_end, self->home.dispatcher);
      thr_callback_clear (&extra->interrupter, self->home.dispatcher);
      thr_job_free_garbage (self);
      thr_job_people_stop (extra);
      thr_job_bonds_end (self);
    }
}

/* The function has ended: all that is left of the job's life. */
static void
close_job (ThrThreadWrapper *self)
{
  if (thr_job_has_failed (self))
    fail (self);
  else
    succeed (self);
  finish (self);
  atomic_fetch_or (&self->home.flags, THR_JOB_CLOSED);
  announce (self, THR_EXECUTION_STATE_CLOSED);
  thr_job_complete_waits (self);
  release (self);
}

/* The owner context is gone, and this runs in the one of whoever outlives it:
 * the job is released, and nobody is called. */
static void
abandon (ThrThreadWrapper *self)
{
  g_autoptr (GError) gone = thr_job_owner_gone_error ();

  g_message ("%s: %s", thr_thread_wrapper_get_ident (self), gone->message);
  atomic_fetch_or (&self->home.flags, THR_JOB_CLOSED | THR_JOB_TAKEN);
  self->home.announced = THR_EXECUTION_STATE_CLOSED;
  thr_job_complete_waits (self);
  release (self);
}

static gboolean
is_held (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);

  return extra != NULL && atomic_load (&extra->n_holds) > 0;
}

/* One delivery: announces what is marked. TRUE once the job is closed. */
static gboolean
step (ThrThreadWrapper *self)
{
  guint flags = atomic_fetch_and (&self->home.flags,
                                  ~(THR_JOB_POSTED | THR_JOB_STEP | THR_JOB_AT_ONCE));

  /* Who lets it go last posts it once more: only the end waits for that. */
  if ((flags & THR_JOB_DONE) && is_held (self))
    flags &= ~(THR_JOB_DONE | THR_JOB_STEP);

  if (self->home.announced == THR_EXECUTION_STATE_CLOSED)
    {
      flags |= atomic_fetch_and (&self->home.flags, ~THR_JOB_MERGED) & THR_JOB_MERGED;
      thr_job_listen (self);
      thr_job_emit (self, flags);
      return TRUE;
    }

  if (is_home_gone (self))
    {
      if (flags & THR_JOB_DONE)
        abandon (self);
      else if (self->item.kind != THR_JOB_FUNCTION)
        thr_job_end_manual (self, NULL, thr_job_owner_gone_error ());
      return (flags & THR_JOB_DONE) != 0;
    }

  thr_job_listen (self);
  if ((flags & THR_JOB_STARTED) && self->home.announced == THR_EXECUTION_STATE_CREATED)
    announce (self, THR_EXECUTION_STATE_RUNNING);
  if (flags & THR_JOB_AT_ONCE)
    thr_job_emit (self, flags);
  if (flags & THR_JOB_MERGED)
    merge (self, flags);

  if (flags & THR_JOB_DONE)
    {
      close_job (self);
      return TRUE;
    }
  /* Who begins it marks the first step, too: what asked before is not for a job that
   * is still queued, or being submitted. */
  if ((flags & THR_JOB_STEP) && (flags & THR_JOB_STARTED))
    thr_job_step (self);
  return FALSE;
}

/* The node of a job in flight has come home. */
void
thr_job_deliver (ThrNode *node)
{
  ThrHome *home = (ThrHome *) ((guint8 *) node - G_STRUCT_OFFSET (ThrHome, node));
  ThrThreadWrapper *self = THR_OBJECT_OF (home);
  ThrCore *core = self->core;
  ThrDelivery delivery;
  gboolean closed;

  thr_assert_home (self->home.dispatcher);

  /* A main loop run by one of the job's own handlers: the handlers of one job
   * do not nest, so the frame that is on the stack goes on with this when it
   * has returned. */
  if (self->home.stepping)
    {
      self->home.redeliver = TRUE;
      return;
    }

  thr_delivery_begin (&delivery, core);
  self->home.stepping = TRUE;
  do
    {
      self->home.redeliver = FALSE;
      closed = step (self);
    }
  while (self->home.redeliver);
  self->home.stepping = FALSE;
  thr_delivery_end (&delivery);

  if (!closed || self->home.closing)
    return;
  if (self->item.place == THR_PLACE_LEFT)
    thr_job_land (self);
  else
    thr_core_job_closed (core, self);
}

/* The flight is over, unless a mark was posted meanwhile: then it is with that
 * one's delivery. */
void
thr_job_land (ThrThreadWrapper *self)
{
  guint flags = atomic_load (&self->home.flags);

  do
    {
      if (flags & THR_JOB_POSTED)
        return;
    }
  while (!atomic_compare_exchange_weak (&self->home.flags, &flags, flags & ~THR_JOB_FLYING));
  g_object_unref (self);
}

/* Whether a failure is left that nobody took, and nobody had asked for. */
gboolean
thr_job_is_unhandled (ThrThreadWrapper *self)
{
  guint control = atomic_load (&self->home.control);
  guint flags = atomic_load (&self->home.flags);

  if (!(flags & THR_JOB_DONE) || !(flags & THR_JOB_FAILED) || (flags & THR_JOB_TAKEN))
    return FALSE;
  return !(control & THR_CONTROL_END) ||
         !(g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
           g_error_matches (self->error, THR_ERROR, THR_ERROR_HALTED) ||
           g_error_matches (self->error, THR_ERROR, THR_ERROR_STOPPED));
}
