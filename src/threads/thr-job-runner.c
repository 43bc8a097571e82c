/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"

/* ---- the stack of the jobs on this thread ---- */

gboolean
thr_frame_is_inside (ThrThreadWrapper *job)
{
  for (ThrFrame *frame = thr_local.top_frame; frame != NULL; frame = frame->below)
    {
      if (frame->job == job)
        return TRUE;
    }
  return FALSE;
}

gboolean
thr_frame_is_inside_core (ThrCore *core)
{
  for (ThrFrame *frame = thr_local.top_frame; frame != NULL; frame = frame->below)
    {
      if (frame->core == core)
        return TRUE;
    }
  return FALSE;
}

/* ---- functions ---- */

GError *
thr_job_no_result_error (void)
{
  return g_error_new_literal (THR_ERROR, THR_ERROR_FAILED,
                              _("The function returned no result: it returned FALSE without an "
                                "error, or could not be called on a background thread"));
}

/* Runs the function of a job that was taken from the queue, on this thread. */
void
thr_job_run (ThrThreadWrapper *self)
{
  ThrThreadFunc func = (ThrThreadFunc) self->function.func;
  GError *error = NULL;
  ThrFrame frame;
  gboolean ok;

  if (thr_job_is_ending (self))
    {
      thr_job_set_failure (self, thr_job_ending_error (self));
      return;
    }
  if (!thr_gate_is_open ())
    {
      thr_job_set_failure (self, thr_core_stopped_error ());
      return;
    }

  atomic_store_explicit (&self->started_at, g_get_monotonic_time (), memory_order_relaxed);
  thr_job_mark (self, THR_JOB_STARTED);

  thr_frame_push (&frame, self, self->core, self->home.dispatcher);
  ok = func (self, self->function.user_data, &error);
  thr_job_leave (self);
  thr_frame_pop (&frame);

  if (ok && error != NULL)
    {
      g_warning ("The function of the job %s returned TRUE, but set an error: %s",
                 thr_thread_wrapper_get_ident (self), error->message);
      g_clear_error (&error);
    }
  if (!ok)
    thr_job_set_failure (self, error != NULL ? error : thr_job_no_result_error ());
}

/* ---- slices ---- */

/* At home: steps the job until it is done, asked to end or paused, or until
 * the budget of the dispatch is used up, and then has itself delivered once
 * more. */
void
thr_job_step (ThrThreadWrapper *self)
{
  ThrSliceFunc func = (ThrSliceFunc) self->function.func;
  gboolean again = TRUE;
  GError *error = NULL;

  do
    {
      ThrFrame frame;

      if (!thr_gate_is_open ())
        {
          error = thr_core_stopped_error ();
          break;
        }
      if ((atomic_load (&self->home.control) & (THR_CONTROL_PAUSED | THR_CONTROL_END)) ==
          THR_CONTROL_PAUSED)
        return;
      if (thr_job_is_ending (self))
        {
          error = thr_job_ending_error (self);
          break;
        }

      thr_assert_home (self->home.dispatcher);
      thr_frame_push (&frame, self, self->core, self->home.dispatcher);
      again = func (self, self->function.user_data, &error);
      thr_frame_pop (&frame);
      if (error != NULL || !again)
        break;
    }
  while (g_get_monotonic_time () < thr_dispatcher_get_budget (self->home.dispatcher));

  if (again && error == NULL)
    thr_job_mark (self, THR_JOB_STEP);
  else
    thr_job_end_outside (self, error);
}
