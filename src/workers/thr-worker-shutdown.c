/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"

/* All runs of the process, and their end. */

static GMutex registry_lock;  /* guards the next two */
static GPtrArray *registry;   /* ThrRun *, references: those with a function */
static gboolean closing_down; /* no run begins any more */

void
thr_workers_add (ThrRun *run)
{
  gboolean closed;

  g_mutex_lock (&registry_lock);
  if (registry == NULL)
    registry = g_ptr_array_new ();
  g_ptr_array_add (registry, thr_run_ref (run));
  closed = closing_down;
  g_mutex_unlock (&registry_lock);
  if (closed)
    thr_worker_stop (run->worker);
}

void
thr_workers_remove (ThrRun *run)
{
  g_mutex_lock (&registry_lock);
  g_ptr_array_remove_fast (registry, run);
  g_mutex_unlock (&registry_lock);
  thr_run_unref (run);
}

guint
thr_run_count (void)
{
  guint n_runs;

  g_mutex_lock (&registry_lock);
  n_runs = registry != NULL ? registry->len : 0;
  g_mutex_unlock (&registry_lock);
  return n_runs;
}

gboolean
thr_workers_are_closed (void)
{
  gboolean closed;

  g_mutex_lock (&registry_lock);
  closed = closing_down;
  g_mutex_unlock (&registry_lock);
  return closed;
}

static gboolean
is_inside_run (void)
{
  for (ThrWorkerFrame *frame = thr_local.worker_frame; frame != NULL; frame = frame->below)
    {
      if (!frame->run->is_root)
        return TRUE;
    }
  return FALSE;
}

static ThrRun *
any_run (void)
{
  ThrRun *run = NULL;

  g_mutex_lock (&registry_lock);
  if (registry != NULL && registry->len > 0)
    run = thr_run_ref (registry->pdata[0]);
  g_mutex_unlock (&registry_lock);
  return run;
}

static void
begin_shutdown (ThrShutdownMode mode)
{
  g_autoptr (GPtrArray) workers = g_ptr_array_new_with_free_func (g_object_unref);

  if (mode == THR_SHUTDOWN_MODE_DRAIN)
    return;

  g_mutex_lock (&registry_lock);
  closing_down = TRUE;
  for (guint i = 0; registry != NULL && i < registry->len; i++)
    g_ptr_array_add (workers, g_object_ref (((ThrRun *) registry->pdata[i])->worker));
  g_mutex_unlock (&registry_lock);
  for (guint i = 0; i < workers->len; i++)
    thr_worker_stop (workers->pdata[i]);
}

static gboolean
wait_shutdown (gint64   deadline,
               GError **error)
{
  gboolean over = TRUE;
  ThrRun *run;

  while (over && (run = any_run ()) != NULL)
    {
      ThrRunWait wait;

      thr_run_wait_begin (&wait, run, run->home);
      over = thr_run_wait_over (&wait, deadline);
      thr_run_wait_end (&wait);
      if (!over)
        g_set_error (error, THR_ERROR, THR_ERROR_TIMED_OUT,
                     _("The worker “%s” has not ended in the time given"), run->name);
      thr_run_unref (run);
    }
  return over;
}

const ThrShutdownHook thr_workers_shutdown = {
  .is_inside = is_inside_run,
  .begin = begin_shutdown,
  .wait = wait_shutdown,
};
