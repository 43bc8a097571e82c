/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* How many jobs may run on top of each other on one thread, each joining the
 * next: a bound for the stack. */
#define DEEPEST_STACK 64

/* In microseconds: how often a job looks whether it can run itself what it
 * waits for. */
#define CLAIM_INTERVAL 10000

/* ---- join ---- */

static gboolean
is_done (gpointer job)
{
  ThrThreadWrapper *self = job;

  return (atomic_load (&self->home.flags) & THR_JOB_DONE) != 0;
}

static gboolean
refuse (ThrThreadWrapper *self,
        const char       *why,
        GError          **error)
{
  g_autofree char *name = thr_thread_wrapper_dup_name (self);

  g_set_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
               _("To wait for the job “%s” here would never end: %s"), name, why);
  return FALSE;
}

static gboolean
time_out (ThrThreadWrapper *self,
          GError          **error)
{
  g_autofree char *name = thr_thread_wrapper_dup_name (self);

  g_set_error (error, THR_ERROR, THR_ERROR_TIMED_OUT,
               _("The job “%s” has not ended in the time given"), name);
  return FALSE;
}

/* Whether it runs a handler of the job, or what the job has posted: CLOSED
 * comes only after that. */
static gboolean
is_inside_delivery (ThrThreadWrapper *self)
{
  if (self->home.stepping)
    return TRUE;
  for (ThrDelivery *delivery = thr_local.deliveries; delivery != NULL; delivery = delivery->below)
    {
      if (delivery->posted_by == self)
        return TRUE;
    }
  return FALSE;
}

/* At home. */
static gboolean
is_closed (gpointer job)
{
  ThrThreadWrapper *self = job;

  return self->home.announced == THR_EXECUTION_STATE_CLOSED && !self->home.stepping;
}

/* On the owner's own thread: delivers until the job is closed, or, inside one
 * of its own handlers, until its end is known. */
static gboolean
join_at_home (ThrThreadWrapper *self,
              gint64            deadline,
              GCancellable     *cancellable,
              GError          **error)
{
  gboolean (*is_over) (gpointer job) = is_inside_delivery (self) ? is_done : is_closed;

  if (is_over (self) ||
      thr_wait_at_home (self->home.dispatcher, is_over, self, -1, deadline, cancellable))
    return TRUE;
  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    time_out (self, error);
  return FALSE;
}

/* A job that joins a queued one of its own manager runs it itself, so that
 * this works with any thread limit. */
static void
run_here (ThrThreadWrapper *self,
          ThrFrame         *top)
{
  if (top->job != NULL)
    thr_job_cover (top->job, TRUE);
  thr_job_run (self);
  if (top->job != NULL)
    thr_job_cover (top->job, FALSE);
  thr_core_end_item (self->core, &self->item);
}

static void
wake_cb (GCancellable *cancellable,
         gpointer      user_data)
{
  thr_spot_wake (user_data);
}

/* On any other thread: callbacks belong elsewhere, and are not waited for. */
static gboolean
join_away (ThrThreadWrapper *self,
           ThrWait          *wait,
           gint64            deadline,
           GCancellable     *cancellable,
           GError          **error)
{
  ThrSpot *spot = thr_parking_spot (self);
  ThrFrame *top = thr_frame_top ();
  gulong handler = 0;

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (wake_cb), spot, NULL);

  /* Set before DONE is looked at: who sets that sees it, or we see DONE. */
  atomic_fetch_or (&self->home.flags, THR_JOB_WAITED);
  for (;;)
    {
      gint64 until = deadline;

      /* One that is let go only now may have no other thread to run it. */
      if (wait->runs && !thr_deadline_is_over (deadline))
        {
          if (thr_core_claim (self))
            {
              /* Nothing is waited for any more. */
              thr_wait_end (wait);
              run_here (self, top);
              break;
            }
          until = thr_deadline_within (deadline, CLAIM_INTERVAL);
        }

      g_mutex_lock (&spot->lock);
      if (!is_done (self) && !g_cancellable_is_cancelled (cancellable))
        thr_spot_wait (spot, until);
      g_mutex_unlock (&spot->lock);
      if (is_done (self) || g_cancellable_is_cancelled (cancellable) ||
          thr_deadline_is_over (deadline))
        break;
    }

  if (handler != 0)
    g_cancellable_disconnect (cancellable, handler);

  if (is_done (self))
    return TRUE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  return time_out (self, error);
}

/* What closes the circle of which the job is part. */
static const char *
say_why_stuck (ThrThreadWrapper *self)
{
  if (thr_frame_top () == NULL)
    return _("it waits for the answer that is being given here");
  if (atomic_load (&self->home.flags) & THR_JOB_STARTED)
    return _("it waits for this job, itself or by others");
  return _("it is queued behind jobs that wait for this job: raise the thread limit of its manager");
}

static gboolean
wait_for_end (ThrThreadWrapper *self,
              gint64            timeout,
              GCancellable     *cancellable,
              GError          **error)
{
  gboolean at_home = thr_dispatcher_enter (self->home.dispatcher);
  ThrFrame *top = thr_frame_top ();
  ThrWait wait = { .job = self };
  gboolean ok = FALSE;

  if (is_done (self) && !at_home)
    return TRUE;

  wait.runs = !at_home && thr_frame_is_inside_core (self->core);
  if (!is_done (self) && thr_frame_is_inside (self))
    refuse (self, _("this is inside its own function"), error);
  else if (!is_done (self) && at_home && timeout > 0 && self->item.kind == THR_JOB_MANUAL)
    refuse (self, _("it is a manual job, and this is its owner's thread"), error);
  else if (!is_done (self) && at_home && timeout > 0 && self->home.stepping &&
           self->item.kind == THR_JOB_SLICED)
    refuse (self, _("it is not stepped inside one of its own handlers"), error);
  else if (!is_done (self) && top != NULL && top->depth >= DEEPEST_STACK)
    refuse (self, _("64 jobs wait for each other on this thread already"), error);
  else if (timeout > 0 && !thr_wait_begin (&wait))
    refuse (self, say_why_stuck (self), error);
  else
    {
      ok = at_home ? join_at_home (self, thr_deadline (timeout), cancellable, error)
                   : join_away (self, &wait, thr_deadline (timeout), cancellable, error);
      thr_wait_end (&wait);
    }

  if (at_home)
    thr_dispatcher_leave (self->home.dispatcher);
  return ok;
}

/**
 * thr_thread_wrapper_join:
 * @self: a job
 * @timeout: how long to wait, in microseconds; 0 not to wait, [const@Thr.FOREVER]
 *   for ever
 * @cancellable: (nullable): what ends the wait (not the job), or `NULL`
 * @error: where to put an error
 *
 * Waits until the job has ended.
 *
 * On the thread of the job's owner context this delivers meanwhile what this
 * library has for that context (and only that: other sources do not run), and
 * it returns when the job is `CLOSED`: so callbacks have run then, even when no
 * main loop ever runs. Inside one of the job's own callbacks it returns at
 * once. On any other thread it returns when the outcome is known.
 *
 * A job may join a job of its own manager that is still queued: it runs it
 * itself then, whatever the thread limit, and neither @timeout nor
 * @cancellable ends that. A job that is not started
 * ([method@Thr.ThreadManager.append]), or is paused, is waited for.
 *
 * Beside the job's own failure, the error may be `THR_ERROR_TIMED_OUT`,
 * `G_IO_ERROR_CANCELLED`, `THR_ERROR_INVALID_STATE` if the job was not
 * submitted, `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative, and
 * `THR_ERROR_WOULD_DEADLOCK` where the wait could never end: inside the job's
 * own function, where the job waits for the one that calls, or for the answer
 * that is being given by the caller ([method@Thr.ThreadWrapper.invoke_sync]),
 * where it is queued in another manager all of whose threads wait for the one
 * that calls, on the owner's thread of a manual job, and more than 64 jobs deep.
 *
 * Returns: `TRUE` if the job succeeded
 *
 * Since: 1.0
 */
gboolean
thr_thread_wrapper_join (ThrThreadWrapper *self,
                         gint64            timeout,
                         GCancellable     *cancellable,
                         GError          **error)
{
  gboolean ok;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error))
    return FALSE;
  if (!(atomic_load (&self->home.flags) & (THR_JOB_FLYING | THR_JOB_CLOSED)))
    {
      g_autofree char *name = thr_thread_wrapper_dup_name (self);

      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                   _("The job “%s” was not submitted: there is nothing to wait for"), name);
      return FALSE;
    }

  g_object_ref (self);
  ok = wait_for_end (self, timeout, cancellable, error);
  if (ok && thr_job_has_failed (self))
    {
      atomic_fetch_or (&self->home.flags, THR_JOB_TAKEN);
      g_propagate_error (error, g_error_copy (self->error));
      ok = FALSE;
    }
  g_object_unref (self);
  return ok;
}

/* ---- the asynchronous wait ---- */

static gboolean
wait_cancelled_cb (GCancellable *cancellable,
                   gpointer      user_data)
{
  GTask *task = user_data;
  ThrThreadWrapper *self = g_task_get_source_object (task);
  ThrJobExtra *extra = thr_job_extra (self);
  ThrSpot *spot = thr_parking_spot (self);
  GList *link;

  g_mutex_lock (&spot->lock);
  link = g_list_find (extra->waits, task);
  if (link != NULL)
    extra->waits = g_list_delete_link (extra->waits, link);
  g_mutex_unlock (&spot->lock);

  if (link != NULL)
    {
      thr_task_return_cancelled (task);
      g_object_unref (task);
    }
  return G_SOURCE_REMOVE;
}

static void
complete_wait (GTask *task)
{
  GSource *source = g_task_get_task_data (task);

  if (!thr_gate_is_open ())
    return;
  if (source != NULL)
    g_source_destroy (source);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

/* At home: the job is CLOSED. */
void
thr_job_complete_waits (ThrThreadWrapper *self)
{
  ThrSpot *spot = thr_parking_spot (self);
  ThrJobExtra *extra;
  GList *tasks = NULL;

  /* The flag first: who adds a wait makes the extra before it looks at it. */
  atomic_fetch_or (&self->home.flags, THR_JOB_WAITS_OVER);
  extra = thr_job_peek_extra (self);
  if (extra == NULL)
    return;

  g_mutex_lock (&spot->lock);
  tasks = g_list_reverse (g_steal_pointer (&extra->waits));
  g_mutex_unlock (&spot->lock);

  g_list_free_full (tasks, (GDestroyNotify) complete_wait);
}

/**
 * thr_thread_wrapper_wait_async:
 * @self: a job
 * @cancellable: (nullable): what ends the wait (not the job), or `NULL`
 * @callback: (nullable): called in the thread-default context of the calling
 *   thread once the job is `CLOSED`
 * @user_data: data for @callback
 *
 * Waits until the job is `CLOSED`, without blocking.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_wait_async (ThrThreadWrapper   *self,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  ThrJobExtra *extra;
  ThrSpot *spot;
  gboolean over;
  GTask *task;

  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_name (task, "[thr-glib] wait for a job");
  g_task_set_source_tag (task, thr_thread_wrapper_wait_async);
  g_task_set_check_cancellable (task, FALSE);

  if (!(atomic_load (&self->home.flags) & (THR_JOB_FLYING | THR_JOB_CLOSED)))
    {
      g_autofree char *name = thr_thread_wrapper_dup_name (self);

      g_task_return_new_error (task, THR_ERROR, THR_ERROR_INVALID_STATE,
                               _("The job “%s” was not submitted: there is nothing to wait for"),
                               name);
      g_object_unref (task);
      return;
    }

  if (cancellable != NULL)
    {
      GSource *source = g_cancellable_source_new (cancellable);

      g_task_set_check_cancellable (task, TRUE);
      g_source_set_static_name (source, "[thr-glib] wait for a job");
      g_task_set_task_data (task, source, (GDestroyNotify) g_source_unref);
    }

  extra = thr_job_extra (self);
  spot = thr_parking_spot (self);
  atomic_fetch_or (&self->home.flags, THR_JOB_LISTENED);
  g_mutex_lock (&spot->lock);
  over = (atomic_load (&self->home.flags) & THR_JOB_WAITS_OVER) != 0;
  if (!over)
    {
      extra->waits = g_list_prepend (extra->waits, g_object_ref (task));
      /* Here, before the wait can be complete and the source destroyed. */
      if (cancellable != NULL)
        g_task_attach_source (task, g_task_get_task_data (task),
                              G_SOURCE_FUNC (wait_cancelled_cb));
    }
  g_mutex_unlock (&spot->lock);

  if (over)
    complete_wait (g_object_ref (task));
  g_object_unref (task);
}

/**
 * thr_thread_wrapper_wait_finish:
 * @self: a job
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Ends [method@Thr.ThreadWrapper.wait_async]: gives the job's result, or its
 * failure as the error.
 *
 * The error may also be `G_IO_ERROR_CANCELLED` if the wait was cancelled, and
 * `THR_ERROR_INVALID_STATE` if the job was not submitted.
 *
 * Returns: (transfer none) (nullable): the result, valid as long as the job;
 *   `NULL` where it gave nothing
 *
 * Since: 1.0
 */
const GValue *
thr_thread_wrapper_wait_finish (ThrThreadWrapper *self,
                                GAsyncResult     *result,
                                GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  if (thr_job_has_failed (self))
    {
      atomic_fetch_or (&self->home.flags, THR_JOB_TAKEN);
      g_propagate_error (error, g_error_copy (self->error));
      return NULL;
    }
  return thr_thread_wrapper_get_result (self);
}
