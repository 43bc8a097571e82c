/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* The last reference to a manager goes: anywhere, at any time. Nothing is
 * lost: each job is closed once, and on_end is called once. */

#define N_JOBS 30

typedef struct
{
  ThrThreadWrapper *jobs[N_JOBS];
  int n_end[N_JOBS];
  int n_closed[N_JOBS];
  int n_all_closed;
  ThrTestHome home;
} Batch;

static void
on_end (ThrThreadWrapper *thread,
        gpointer          user_data)
{
  ++*(int *) user_data;
}

static void
state_cb (ThrThreadWrapper *thread,
          GParamSpec       *pspec,
          gpointer          user_data)
{
  Batch *batch = user_data;

  g_assert_true (g_thread_self () == batch->home.thread);
  if (thr_thread_wrapper_get_execution_state (thread) != THR_EXECUTION_STATE_CLOSED)
    return;

  for (int i = 0; i < N_JOBS; i++)
    if (batch->jobs[i] == thread)
      batch->n_closed[i]++;
  batch->n_all_closed++;
}

static void
batch_add (Batch            *batch,
           int               i,
           ThrThreadWrapper *job)
{
  batch->jobs[i] = job;
  thr_thread_wrapper_set_on_end (job, on_end, &batch->n_end[i], NULL);
  g_signal_connect (job, "notify::execution-state", G_CALLBACK (state_cb), batch);
}

/* The manager is watched, and the caller's reference its only one. */
static ThrThreadManager *
batch_begin (Batch         *batch,
             int            from,
             ThrThreadFunc  func,
             gpointer       user_data)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  memset (batch, 0, sizeof *batch);
  thr_test_home_init (&batch->home);
  thr_test_home_watch (&batch->home, manager);
  thr_thread_manager_set_thread_limit (manager, 2, NULL);
  for (int i = from; i < N_JOBS; i++)
    batch_add (batch, i, thr_thread_manager_do_async (manager, NULL, func, user_data, NULL));

  return manager;
}

static void
batch_end (Batch *batch)
{
  thr_test_run_until (batch->n_all_closed == N_JOBS);
  thr_test_drain ();
  g_assert_cmpint (batch->n_all_closed, ==, N_JOBS);
  for (int i = 0; i < N_JOBS; i++)
    {
      g_assert_cmpint (batch->n_end[i], ==, 1);
      g_assert_cmpint (batch->n_closed[i], ==, 1);
      g_assert_finalize_object (batch->jobs[i]);
    }
  thr_test_run_until (thr_test_home_n_finalized (&batch->home) == 1);
  g_assert_cmpint (thr_test_home_n_away (&batch->home), ==, 0);
}

/* At home, while jobs run and are queued. They run, all of them. */
static void
test_home (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  Batch batch;
  ThrThreadManager *manager = batch_begin (&batch, 0, thr_test_job_gate, &gate);

  g_object_unref (manager);
  thr_test_gate_open (&gate);
  thr_test_run_until (batch.n_all_closed == N_JOBS);
  for (int i = 0; i < N_JOBS; i++)
    g_assert_cmpint (thr_thread_wrapper_get_finished_with (batch.jobs[i]), ==, THR_EXECUTION_STATE_RETURNED);
  batch_end (&batch);
  thr_test_gate_clear (&gate);
}

/* Appended, and watched: they are as good as submitted. */
static void
test_watched (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  Batch batch;
  ThrThreadManager *manager = batch_begin (&batch, N_JOBS, NULL, NULL);

  g_assert_true (thr_thread_manager_watch (manager, NULL));
  for (int i = 0; i < N_JOBS; i++)
    {
      batch_add (&batch, i, thr_thread_wrapper_new (NULL, thr_test_job_gate, &gate, NULL));
      g_assert_true (thr_thread_manager_append (manager, batch.jobs[i], NULL));
    }
  g_object_unref (manager);
  thr_test_gate_open (&gate);
  thr_test_run_until (batch.n_all_closed == N_JOBS);
  for (int i = 0; i < N_JOBS; i++)
    g_assert_cmpint (thr_thread_wrapper_get_finished_with (batch.jobs[i]), ==, THR_EXECUTION_STATE_RETURNED);
  batch_end (&batch);
  thr_test_gate_clear (&gate);
}

static gpointer
unref_in_thread (gpointer data)
{
  g_object_unref (data);

  return NULL;
}

static void
test_thread (void)
{
  int rounds = (int) thr_test_scale (200, 10);

  for (int i = 0; i < rounds; i++)
    {
      Batch batch;
      ThrThreadManager *manager = batch_begin (&batch, 0, thr_test_job_return, NULL);
      GThread *thread = g_thread_new ("unref", unref_in_thread, manager);

      if (i % 2)
        g_thread_join (g_steal_pointer (&thread));
      batch_end (&batch);
      g_clear_pointer (&thread, g_thread_join);
    }
}

static gboolean
unref_job (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  ThrThreadManager **manager = user_data;

  g_object_unref (g_steal_pointer (manager));

  return TRUE;
}

/* In one of its own jobs, while others are still queued behind it. */
static void
test_own_job (void)
{
  int rounds = (int) thr_test_scale (200, 10);

  for (int i = 0; i < rounds; i++)
    {
      Batch batch;
      ThrThreadManager *manager = batch_begin (&batch, 1, thr_test_job_return, NULL);
      ThrThreadManager *last = manager;
      ThrThreadWrapper *job = thr_thread_wrapper_new ("the one that drops it", unref_job, &last, NULL);

      batch_add (&batch, 0, job);
      thr_thread_wrapper_set_priority (job, i % 3 - 1);
      g_assert_true (thr_thread_manager_submit (manager, job, NULL));
      batch_end (&batch);
      g_assert_null (last);
    }
}

static gboolean
dup_and_drop_job (ThrThreadWrapper *thread,
                  gpointer          user_data,
                  GError          **error)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (thread);

  if (manager != NULL)
    {
      g_autoptr (ThrThreadWrapper) more = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      g_autoptr (ThrThreadWrapper) found = thr_thread_manager_lookup (manager, thr_thread_wrapper_get_ident (thread));

      g_assert_nonnull (more);
      g_assert_true (found == thread);
    }

  return TRUE;
}

/* Jobs that take and drop references of their own meanwhile. */
static void
test_dup_manager (void)
{
  int rounds = (int) thr_test_scale (200, 10);

  for (int i = 0; i < rounds; i++)
    {
      Batch batch;
      ThrThreadManager *manager = batch_begin (&batch, 0, dup_and_drop_job, NULL);

      g_object_unref (manager);
      batch_end (&batch);
    }
}

static void
unref_on_success (ThrThreadWrapper *thread,
                  const GValue     *result,
                  gpointer          user_data)
{
  g_object_unref (user_data);
}

static void
test_callback (void)
{
  Batch batch;
  ThrThreadManager *manager = batch_begin (&batch, 0, thr_test_job_return, NULL);

  thr_thread_wrapper_set_on_success (batch.jobs[N_JOBS / 2], unref_on_success, manager, NULL);
  batch_end (&batch);
}

static void
busy_cb (ThrThreadManager *manager,
         GParamSpec       *pspec,
         gpointer          user_data)
{
  if (!thr_thread_manager_get_busy (manager))
    g_object_unref (manager);
}

/* In a handler of its own notify, and in one of its own items-changed. */
static void
test_notify (void)
{
  Batch batch;
  ThrThreadManager *manager = batch_begin (&batch, 0, thr_test_job_return, NULL);

  g_signal_connect (manager, "notify::busy", G_CALLBACK (busy_cb), NULL);
  batch_end (&batch);
}

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  gpointer    user_data)
{
  g_signal_handlers_disconnect_by_func (model, items_changed_cb, user_data);
  g_object_unref (model);
}

static void
test_items_changed (void)
{
  Batch batch;
  ThrThreadManager *manager = batch_begin (&batch, 0, thr_test_job_return, NULL);

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (manager)), ==, N_JOBS);
  g_signal_connect (manager, "items-changed", G_CALLBACK (items_changed_cb), NULL);
  batch_end (&batch);
}

static gboolean
step (ThrThreadWrapper *thread,
      gpointer          user_data,
      GError          **error)
{
  return --*(int *) user_data > 0;
}

/* Jobs that nobody can start any more: appended, or held by a pause. And those
 * that take no thread. */
static void
test_held (void)
{
  Batch batch;
  ThrThreadManager *manager = batch_begin (&batch, 4, thr_test_job_return, NULL);
  ThrThreadWrapper *appended = thr_thread_wrapper_new ("appended", thr_test_job_return, NULL, NULL);
  ThrThreadWrapper *late = thr_thread_wrapper_new ("late", thr_test_job_return, NULL, NULL);
  int n_steps = 100;

  batch_add (&batch, 0, thr_thread_manager_do_manual (manager, "manual"));
  batch_add (&batch, 1, thr_thread_manager_do_sliced (manager, "sliced", step, &n_steps, NULL));
  batch_add (&batch, 2, appended);
  g_assert_true (thr_thread_manager_append (manager, appended, NULL));
  thr_thread_manager_set_paused (manager, TRUE);
  batch_add (&batch, 3, late);
  g_assert_true (thr_thread_manager_submit (manager, late, NULL));
  g_object_unref (manager);

  thr_test_run_until (batch.n_all_closed >= N_JOBS - 1);
  thr_test_drain ();
  /* The manual one is still to be ended, by whoever has it. */
  if (batch.n_all_closed == N_JOBS - 1)
    {
      g_assert_cmpint (batch.n_closed[0], ==, 0);
      g_assert_true (thr_thread_wrapper_return_int (batch.jobs[0], 1, NULL));
    }
  batch_end (&batch);
  g_assert_cmpint (n_steps, ==, 0);
}

/* Nobody holds a job either, and nothing is delivered to anyone. */
static void
test_nobody_holds (void)
{
  ThrTestHome home;
  int n = (int) thr_test_scale (300, 20);

  thr_test_home_init (&home);
  for (int i = 0; i < n; i++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();

      thr_test_home_watch (&home, manager);
      for (int j = 0; j < 3; j++)
        {
          ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, &home,
                                                               thr_test_home_destroy);

          thr_test_home_watch (&home, job);
          g_object_unref (job);
        }
      g_object_unref (manager);
    }
  thr_test_run_until (thr_test_home_n_finalized (&home) == 4 * n);
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 3 * n);
  g_assert_cmpint (thr_test_home_n_disposed (&home), ==, 4 * n);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
}

/* What waits for the manager keeps it. */
static void
idle_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_manager_wait_idle_finish (THR_THREAD_MANAGER (source), result, &error));
  g_assert_no_error (error);
  ++*(int *) user_data;
}

static void
shutdown_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_manager_shutdown_finish (THR_THREAD_MANAGER (source), result, &error));
  g_assert_no_error (error);
  ++*(int *) user_data;
}

static void
test_while_waited_for (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  Batch batch;
  ThrThreadManager *manager = batch_begin (&batch, 0, thr_test_job_gate, &gate);
  int n_idle = 0;
  int n_shutdown = 0;

  thr_thread_manager_wait_idle_async (manager, NULL, idle_cb, &n_idle);
  thr_thread_manager_shutdown_async (manager, THR_SHUTDOWN_MODE_DRAIN, THR_FOREVER, NULL, shutdown_cb, &n_shutdown);
  g_object_unref (manager);
  thr_test_gate_open (&gate);
  thr_test_run_until (n_idle == 1 && n_shutdown == 1);
  batch_end (&batch);
  thr_test_gate_clear (&gate);
}

/* Made in a thread whose context goes on after the manager. */
static gpointer
whole_life_in_thread (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Batch batch;

  g_main_context_push_thread_default (context);
  g_object_unref (batch_begin (&batch, 0, thr_test_job_return, NULL));
  batch_end (&batch);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_elsewhere (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("life", whole_life_in_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/drop/home", test_home);
  g_test_add_func ("/drop/watched", test_watched);
  g_test_add_func ("/drop/thread", test_thread);
  g_test_add_func ("/drop/own-job", test_own_job);
  g_test_add_func ("/drop/dup-manager", test_dup_manager);
  g_test_add_func ("/drop/callback", test_callback);
  g_test_add_func ("/drop/notify", test_notify);
  g_test_add_func ("/drop/items-changed", test_items_changed);
  g_test_add_func ("/drop/held", test_held);
  g_test_add_func ("/drop/nobody-holds", test_nobody_holds);
  g_test_add_func ("/drop/while-waited-for", test_while_waited_for);
  g_test_add_func ("/drop/elsewhere", test_elsewhere);

  return g_test_run ();
}
