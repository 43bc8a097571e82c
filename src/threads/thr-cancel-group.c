/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-parking-private.h"

/* The jobs of one manager that follow the same cancellable share one signal
 * connection. Its handler only sends a pool thread to ask each of them to end,
 * so that who cancels pays the same for any number of jobs. */
struct _ThrCancelGroup
{
  ThrTicket ticket;
  gint ref_count;
  ThrCore *core;             /* a reference */
  GCancellable *cancellable; /* a reference, until it is dissolved at home */

  /* Guarded by the core's queue_lock. */
  GQueue members; /* of ThrJobExtra.group_link: jobs to ask */
  GQueue asked;   /* and those that were */
  gulong handler;
};

#define JOBS_AT_A_TIME 64

static void group_run (ThrTicket *ticket);

static ThrCancelGroup *
group_new (ThrCore      *core,
           GCancellable *cancellable)
{
  ThrCancelGroup *self = g_new0 (ThrCancelGroup, 1);

  self->ticket.run = group_run;
  self->ref_count = 1;
  self->core = thr_core_ref (core);
  self->cancellable = g_object_ref (cancellable);
  g_queue_init (&self->members);
  g_queue_init (&self->asked);
  return self;
}

static ThrCancelGroup *
group_ref (ThrCancelGroup *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

static void
group_unref (ThrCancelGroup *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_assert (self->cancellable == NULL);
  thr_core_unref (self->core);
  g_free (self);
}

static gboolean
is_empty_locked (ThrCancelGroup *self)
{
  return g_queue_is_empty (&self->members) && g_queue_is_empty (&self->asked);
}

/* At home of the last job, which has left. Not g_cancellable_disconnect(): it waits for handlers,
 * and this may be called inside one. The closure keeps the group as long as
 * its handler runs elsewhere. */
static void
dissolve_if_empty (ThrCancelGroup *self)
{
  ThrCore *core = self->core;
  GCancellable *cancellable = NULL;
  gulong handler = 0;

  thr_core_lock (core);
  if (self->cancellable != NULL && is_empty_locked (self))
    {
      g_hash_table_remove (core->groups, self->cancellable);
      cancellable = g_steal_pointer (&self->cancellable);
      handler = self->handler;
    }
  g_mutex_unlock (&core->queue_lock);

  if (cancellable == NULL)
    return;
  g_signal_handler_disconnect (cancellable, handler);
  g_object_unref (cancellable);
  group_unref (self);
}

/* Those that have ended are not among them. */
static guint
take_members (ThrCancelGroup   *self,
              ThrThreadWrapper *jobs[JOBS_AT_A_TIME])
{
  guint n_jobs = 0;

  thr_core_lock (self->core);
  while (n_jobs < JOBS_AT_A_TIME && !g_queue_is_empty (&self->members))
    {
      GList *link = g_queue_pop_head_link (&self->members);

      g_queue_push_tail_link (&self->asked, link);
      thr_job_peek_extra (link->data)->asked = TRUE;
      if (thr_job_hold_locked (link->data))
        jobs[n_jobs++] = link->data;
    }
  g_mutex_unlock (&self->core->queue_lock);
  return n_jobs;
}

/* On a pool thread, once the cancellable is cancelled. */
static void
group_run (ThrTicket *ticket)
{
  ThrCancelGroup *self = (ThrCancelGroup *) ticket;
  ThrThreadWrapper *jobs[JOBS_AT_A_TIME];
  guint n_jobs;

  while ((n_jobs = take_members (self, jobs)) > 0)
    {
      for (guint i = 0; i < n_jobs; i++)
        {
          thr_job_ask (jobs[i], THR_CONTROL_CANCELLED);
          thr_job_let_go (jobs[i]);
        }
    }
  group_unref (self);
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  ThrCancelGroup *self = user_data;

  if (atomic_load (&thr_job_n_paused) > 0)
    thr_parking_wake_all ();

  group_ref (self);
  if (!thr_pool_push (&self->ticket))
    g_debug ("No thread to cancel the jobs: they look for themselves");
}

/* The job follows a cancellable; it is about to be queued. */
void
thr_cancel_group_enter (ThrThreadWrapper *job)
{
  ThrJobExtra *extra = thr_job_peek_extra (job);
  ThrCore *core = job->core;
  ThrCancelGroup *group;
  gboolean is_new;
  gulong handler;

  /* Then it is not queued at all. */
  if (thr_job_is_ending (job))
    return;

  thr_core_lock (core);
  if (core->groups == NULL)
    core->groups = g_hash_table_new (NULL, NULL);
  group = g_hash_table_lookup (core->groups, extra->followed);
  is_new = group == NULL;
  if (is_new)
    {
      group = group_new (core, extra->followed);
      g_hash_table_insert (core->groups, extra->followed, group);
    }
  extra->group = group;
  g_queue_push_tail_link (&group->members, &extra->group_link);
  g_mutex_unlock (&core->queue_lock);

  if (!is_new)
    return;

  /* The group stays as long as this job is in it. Not g_cancellable_connect():
   * where the cancellable was cancelled meanwhile, that calls the handler and
   * connects nothing, and those who follow it once it is reset would not be
   * told. Connected first and looked at then, a cancel is seen here or heard
   * there; to ask twice does no harm. */
  handler = g_signal_connect_data (group->cancellable, "cancelled", G_CALLBACK (cancelled_cb),
                                   group_ref (group), (GClosureNotify) group_unref, 0);
  thr_core_lock (core);
  group->handler = handler;
  g_mutex_unlock (&core->queue_lock);
  if (g_cancellable_is_cancelled (group->cancellable))
    cancelled_cb (group->cancellable, group);
}

/* The job is closed. The caller gives what it gets to thr_cancel_group_left()
 * once it has unlocked. */
ThrCancelGroup *
thr_cancel_group_leave_locked (ThrThreadWrapper *job)
{
  ThrJobExtra *extra = thr_job_peek_extra (job);
  ThrCancelGroup *group = extra != NULL ? extra->group : NULL;

  if (group == NULL)
    return NULL;
  g_queue_unlink (extra->asked ? &group->asked : &group->members, &extra->group_link);
  extra->group = NULL;
  return is_empty_locked (group) ? group_ref (group) : NULL;
}

void
thr_cancel_group_left (ThrCancelGroup *self)
{
  if (self == NULL)
    return;
  dissolve_if_empty (self);
  group_unref (self);
}
