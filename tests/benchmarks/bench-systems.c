/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-systems.h"

#include <gio/gio.h>
#ifndef BENCH_PEERS_ONLY
#include <thr-glib/thr-glib.h>
#endif

/* So that no compiler may leave a result away. */
static gint64 results;

/* Ours */

#ifndef BENCH_PEERS_ONLY

static ThrThreadManager *manager;

static void
thr_open (guint n_threads)
{
  g_autoptr (GError) error = NULL;

  manager = thr_thread_manager_new ();
  if (!thr_thread_manager_set_thread_limit (manager, n_threads, &error))
    g_error ("%s", error->message);
}

static void
thr_close (void)
{
  g_clear_object (&manager);
}

static gboolean
job_func (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  BenchTask *task = user_data;

  return thr_thread_wrapper_return_int (thread, task->work (task), error);
}

static void
job_success_cb (ThrThreadWrapper *thread,
                const GValue     *result,
                gpointer          user_data)
{
  BenchTask *task = user_data;

  results += g_value_get_int64 (result);
  task->done (task);
}

static ThrThreadWrapper *
start_job (BenchTask *task)
{
  return thr_thread_manager_do_async_full (manager, NULL, job_func, NULL,
                                           job_success_cb, NULL, NULL, task, NULL);
}

static void
thr_submit (BenchTask *task)
{
  g_object_unref (start_job (task));
}

static void
thr_prepared_submit (BenchTask *task)
{
  g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new (NULL, job_func, task, NULL);
  g_autoptr (GError) error = NULL;

  thr_thread_wrapper_set_priority (job, task->priority);
  thr_thread_wrapper_set_on_success (job, job_success_cb, task, NULL);
  if (!thr_thread_manager_submit (manager, job, &error))
    g_error ("%s", error->message);
}

static void
state_cb (ThrThreadWrapper *thread,
          GParamSpec       *pspec,
          gpointer          user_data)
{
  results++;
}

static void
thr_watched_submit (BenchTask *task)
{
  g_autoptr (ThrThreadWrapper) job = start_job (task);

  g_signal_connect (job, "notify::execution-state", G_CALLBACK (state_cb), NULL);
}

static gboolean
light_func (gpointer   user_data,
            GError   **error)
{
  BenchTask *task = user_data;

  task->work (task);
  return TRUE;
}

static void
light_done_cb (const GError *failure,
               gpointer      user_data)
{
  BenchTask *task = user_data;

  task->done (task);
}

static void
thr_light_submit (BenchTask *task)
{
  thr_thread_manager_push (manager, light_func, light_done_cb, task, NULL);
}

const BenchSystem bench_thr = { "thr", thr_open, thr_submit, thr_close };
const BenchSystem bench_thr_prepared = { "thr", thr_open, thr_prepared_submit, thr_close };
const BenchSystem bench_thr_watched = { "thr", thr_open, thr_watched_submit, thr_close };
const BenchSystem bench_thr_light = { "thr", thr_open, thr_light_submit, thr_close };

#endif

/* GTask */

static void
gtask_open (guint n_threads)
{
  /* Its pool is one for the whole process, of ten threads. */
}

static void
gtask_close (void)
{
}

static void
gtask_thread_func (GTask        *gtask,
                   gpointer      source,
                   gpointer      task_data,
                   GCancellable *cancellable)
{
  BenchTask *task = task_data;

  g_task_return_int (gtask, task->work (task));
}

static void
gtask_done_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  BenchTask *task = user_data;

  results += g_task_propagate_int (G_TASK (result), NULL);
  task->done (task);
}

static void
gtask_submit (BenchTask *task)
{
  GTask *gtask = g_task_new (NULL, NULL, gtask_done_cb, task);

  g_task_set_task_data (gtask, task, NULL);
  g_task_set_priority (gtask, task->priority);
  g_task_run_in_thread (gtask, gtask_thread_func);
  g_object_unref (gtask);
}

const BenchSystem bench_gtask = { "GTask", gtask_open, gtask_submit, gtask_close };

/* GThreadPool. The task itself is what is queued and what comes back: nothing
 * is allocated for it here. */

static GThreadPool *pool;

static gboolean
pool_done_cb (gpointer user_data)
{
  BenchTask *task = user_data;

  task->done (task);
  return G_SOURCE_REMOVE;
}

static void
pool_func (gpointer data,
           gpointer user_data)
{
  BenchTask *task = data;

  task->work (task);
  g_main_context_invoke (NULL, pool_done_cb, task);
}

static void
pool_idle_func (gpointer data,
                gpointer user_data)
{
  BenchTask *task = data;

  task->work (task);
  g_idle_add (pool_done_cb, task);
}

static int
compare_priorities (gconstpointer a,
                    gconstpointer b,
                    gpointer      user_data)
{
  return ((const BenchTask *) a)->priority - ((const BenchTask *) b)->priority;
}

static void
pool_open (guint n_threads)
{
  pool = g_thread_pool_new (pool_func, NULL, n_threads, FALSE, NULL);
}

static void
pool_idle_open (guint n_threads)
{
  pool = g_thread_pool_new (pool_idle_func, NULL, n_threads, FALSE, NULL);
}

static void
pool_sorted_open (guint n_threads)
{
  pool_open (n_threads);
  g_thread_pool_set_sort_function (pool, compare_priorities, NULL);
}

static void
pool_submit (BenchTask *task)
{
  g_thread_pool_push (pool, task, NULL);
}

static void
pool_close (void)
{
  g_thread_pool_free (g_steal_pointer (&pool), FALSE, TRUE);
}

const BenchSystem bench_pool = { "GThreadPool + invoke", pool_open, pool_submit, pool_close };
const BenchSystem bench_pool_idle = { "GThreadPool + idle_add", pool_idle_open, pool_submit, pool_close };
const BenchSystem bench_pool_sorted = { "GThreadPool, sorted", pool_sorted_open, pool_submit, pool_close };
