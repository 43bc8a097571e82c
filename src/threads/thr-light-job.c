/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-cell-private.h"

/* A job without a wrapper: nothing of it can be seen or controlled, and it
 * costs a tenth. */
typedef struct
{
  /* The queue's links while it is queued, the inbox's node once it is not. */
  union
  {
    ThrItem item;
    ThrNode node;
  };
  ThrCore *core;       /* a reference */
  ThrDispatcher *home; /* a reference */
  union
  {
    ThrPushFunc func; /* until it was run */
    GError *error;    /* from then on */
  };
  ThrPushDoneFunc done;
  gpointer user_data;
  GDestroyNotify destroy;
} LightJob;

G_STATIC_ASSERT (sizeof (LightJob) <= THR_CELL_JOB_SIZE);

static void
light_job_deliver (ThrNode *node)
{
  LightJob *self = (LightJob *) node;
  ThrCore *core = self->core;
  ThrDelivery delivery;

  thr_assert_home (self->home);
  thr_delivery_begin (&delivery, core);
  if (thr_dispatcher_is_closed (self->home))
    g_debug ("The owner context of a pushed job is gone: its end is not told");
  else if (!thr_gate_is_open ())
    ;
  else if (self->done != NULL)
    self->done (self->error, self->user_data);
  else if (self->error != NULL)
    thr_core_report_unhandled (core, NULL, self->error);
  if (self->destroy != NULL && thr_gate_is_open ())
    self->destroy (self->user_data);
  thr_delivery_end (&delivery);

  thr_core_light_closed (core);
  if (self->error != NULL)
    g_error_free (self->error);
  thr_dispatcher_unref (self->home);
  thr_cell_free (self);
}

void
thr_light_job_run (ThrItem *item)
{
  LightJob *self = (LightJob *) item;
  ThrPushFunc func = self->func;
  GError *error = NULL;
  ThrFrame frame;

  thr_frame_push (&frame, NULL, self->core, self->home);
  if (!thr_gate_is_open ())
    error = thr_core_stopped_error ();
  else if (!func (self->user_data, &error) && error == NULL)
    error = thr_job_no_result_error ();
  thr_frame_pop (&frame);
  self->error = error;
}

void
thr_light_job_fail (ThrItem *item,
                    GError  *error)
{
  ((LightJob *) item)->error = error;
}

static void
ignore (const GError *failure,
        gpointer      user_data)
{
}

/* Somebody asked for it to fail: if nobody wants to know, nobody is told. */
void
thr_light_job_drop_failure (ThrItem *item)
{
  LightJob *self = (LightJob *) item;

  if (self->done == NULL)
    self->done = ignore;
}

void
thr_light_job_post (ThrItem *item)
{
  LightJob *self = (LightJob *) item;

  self->node.deliver = light_job_deliver;
  thr_dispatcher_push (self->home, &self->node);
}

/**
 * thr_thread_manager_push: (skip)
 * @self: a manager
 * @func: the function to run in the background
 * @done: (nullable): called in the owner context when it is done
 * @user_data: data for both
 * @destroy: (nullable): called with @user_data in the owner context at the end
 *
 * Runs a function in the background, the light way: there is no handle, no
 * status, and no way to cancel it, and it costs a few hundred nanoseconds.
 *
 * It counts in [property@Thr.ThreadManager:n-queued],
 * [property@Thr.ThreadManager:n-running] and
 * [property@Thr.ThreadManager:busy], and in what waits for the manager. The
 * owner context is the thread-default main context of the calling thread.
 *
 * A failure is given to @done; without one, to
 * [signal@Thr.ThreadManager::unhandled-error].
 *
 * Since: 1.0
 */
void
thr_thread_manager_push (ThrThreadManager *self,
                         ThrPushFunc       func,
                         ThrPushDoneFunc   done,
                         gpointer          user_data,
                         GDestroyNotify    destroy)
{
  ThrCore *core;
  LightJob *job;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));
  g_return_if_fail (func != NULL);

  core = thr_core_of (self);
  job = thr_cell_new (THR_CELL_JOB);
  *job = (LightJob) { .item = { .kind = THR_JOB_LIGHT } };
  job->core = thr_core_ref (core);
  job->home = thr_dispatcher_for_maker ();
  job->func = func;
  job->done = done;
  job->user_data = user_data;
  job->destroy = destroy;
  thr_core_push (core, &job->item);
}
