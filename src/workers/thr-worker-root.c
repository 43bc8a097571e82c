/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

/* Roots: the workers of threads that no worker was started on. The main
 * thread's is there from the first time that it is asked for, on the global
 * default context. Any other thread has one for the time of a wait. */

static ThrRun *main_run; /* never freed; set with main_worker */

static ThrWorker *
make_main_worker (void)
{
  ThrDispatcher *home = thr_dispatcher_for_context (NULL);
  ThrWorker *worker = thr_worker_new_root (home);

  thr_worker_priv (worker)->is_for_ever = TRUE;
  thr_worker_set_name (worker, "main");
  main_run = thr_run_new (worker, g_main_context_default (), NULL);
  main_run->is_root = TRUE;
  main_run->dispatcher = thr_dispatcher_ref (home);
  thr_run_accept (main_run);
  thr_inbox_attach (main_run);
  thr_dispatcher_unref (home);
  return worker;
}

/**
 * thr_worker_main:
 *
 * The worker of the main thread.
 *
 * It hears events whenever the global default main context is iterated, and
 * while the main thread waits with it. It is always running; to stop it stops
 * its children.
 *
 * Returns: (transfer none): the main worker, which is never freed
 *
 * Since: 1.0
 */
ThrWorker *
thr_worker_main (void)
{
  static ThrWorker *main_worker;

  if (g_once_init_enter (&main_worker))
    g_once_init_leave (&main_worker, make_main_worker ());
  return main_worker;
}

ThrRun *
thr_root_run_here (ThrWorker *worker)
{
  if (!thr_worker_priv (worker)->is_root || !thr_dispatcher_on_main_thread () ||
      worker != thr_worker_main ())
    return NULL;
  return main_run;
}

/**
 * thr_worker_current:
 *
 * The worker of the calling thread.
 *
 * In the main thread, where no worker was started on top, it is
 * [func@Thr.Worker.main].
 *
 * Returns: (transfer none) (nullable): the worker, which lives as long as this
 *   thread is inside of it; `NULL` on a thread that no worker was started on and
 *   that is not waiting
 *
 * Since: 1.0
 */
ThrWorker *
thr_worker_current (void)
{
  if (thr_local.worker_frame != NULL)
    return thr_local.worker_frame->worker;
  return thr_dispatcher_on_main_thread () ? thr_worker_main () : NULL;
}

/**
 * thr_worker_is_main:
 *
 * Whether the calling thread is the main thread, and its worker the main worker.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
thr_worker_is_main (void)
{
  return thr_dispatcher_on_main_thread () && thr_worker_current () == thr_worker_main ();
}

gboolean
thr_current_enter (ThrCurrent *self,
                   GError    **error)
{
  GMainContext *context = g_main_context_get_thread_default ();
  ThrDispatcher *home;
  gboolean acquired;

  *self = (ThrCurrent){ .worker = thr_worker_current () };
  if (self->worker != NULL)
    {
      g_object_ref (self->worker);
      return TRUE;
    }

  /* Never on the global default context, which is not this thread's; nor on
   * one that is another's at the moment. */
  if (context == g_main_context_default ())
    context = NULL;
  acquired = context != NULL && g_main_context_acquire (context);

  home = thr_dispatcher_for_long_life ();
  self->worker = thr_worker_new_root (home);
  thr_dispatcher_unref (home);
  self->temporary = thr_run_new (self->worker, acquired ? context : NULL, error);
  if (self->temporary != NULL)
    {
      self->temporary->is_root = TRUE;
      thr_run_accept (self->temporary);
      thr_run_open (self->temporary, &self->frame);
    }
  else
    g_clear_object (&self->worker);
  if (acquired)
    g_main_context_release (context);
  return self->worker != NULL;
}

void
thr_current_leave (ThrCurrent *self)
{
  ThrRun *run = self->temporary;

  if (run != NULL)
    {
      thr_inbox_close (run);
      /* What is left is heard, as at the end of any run. */
      run->stopped = TRUE;
      thr_run_hear_rest (run);
      thr_laters_clear (run);
      thr_run_release (run);
      thr_run_shut (run, &self->frame);
      thr_run_let_go (run);
      thr_run_set_over (run);
      thr_run_unref (run);
    }
  g_clear_object (&self->worker);
}
