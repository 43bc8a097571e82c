/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pause, resume, checkpoint, cancel, halt. */

#include "config.h"

#include "thr-test.h"

static void
nothing_on_fail (ThrThreadWrapper *thread,
                 const GError     *failure,
                 gpointer          user_data)
{
}

/* ---- pause ---- */

typedef struct
{
  ThrTestGate entered;
  ThrTestGate go;
  int resumed;
  int passed;
} Paused;

static void
paused_clear (Paused *self)
{
  thr_test_gate_clear (&self->entered);
  thr_test_gate_clear (&self->go);
}

static gboolean
paused_func (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Paused *self = user_data;

  thr_test_gate_open (&self->entered);
  thr_test_gate_wait (&self->go);
  if (!thr_thread_wrapper_checkpoint (thread, error))
    return FALSE;
  g_atomic_int_set (&self->passed, TRUE);
  g_assert_true (g_atomic_int_get (&self->resumed));

  return TRUE;
}

/* Gives a thread that should be waiting the time to show that it is not. */
static void
run_others (ThrThreadManager *manager)
{
  for (guint i = 0; i < 20; i++)
    {
      ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);

      thr_test_run_until_closed (thread);
      g_assert_finalize_object (thread);
    }
}

static void
test_pause_running (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  guint n = thr_test_scale (50, 5);

  for (guint i = 0; i < n; i++)
    {
      Paused paused = { .resumed = FALSE };
      ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, paused_func, &paused, NULL);
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);

      thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, NULL, NULL);
      thr_test_gate_wait (&paused.entered);
      thr_thread_wrapper_pause (thread);
      thr_thread_wrapper_pause (thread);
      g_assert_true (thr_thread_wrapper_get_paused (thread));
      thr_test_gate_open (&paused.go);
      run_others (manager);
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RUNNING);
      g_assert_false (g_atomic_int_get (&paused.passed));

      /* cancel and halt end a pause, resume goes on. */
      if (i % 3 == 0)
        {
          g_atomic_int_set (&paused.resumed, TRUE);
          thr_thread_wrapper_resume (thread);
          g_assert_false (thr_thread_wrapper_get_paused (thread));
          thr_thread_wrapper_resume (thread);
        }
      else if (i % 3 == 1)
        thr_thread_wrapper_cancel (thread);
      else
        thr_thread_wrapper_halt (thread);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      if (i % 3 == 0)
        g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
      else if (i % 3 == 1)
        g_assert_error (thr_thread_wrapper_get_error (thread), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_error (thr_thread_wrapper_get_error (thread), THR_ERROR, THR_ERROR_HALTED);

      g_assert_finalize_object (thread);
      paused_clear (&paused);
    }

  g_assert_finalize_object (manager);
}

/* A paused job in the queue is not begun, and holds nobody up. */
static void
test_pause_queued (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *threads[4];
  ThrTestRecorder *recorders[4];

  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      threads[i] = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
      recorders[i] = thr_test_recorder_new (threads[i]);
      thr_thread_wrapper_set_on_fail (threads[i], nothing_on_fail, NULL, NULL);
      thr_thread_wrapper_pause (threads[i]);
      g_assert_true (thr_thread_wrapper_get_paused (threads[i]));
      g_assert_true (thr_thread_manager_submit (manager, threads[i], NULL));
    }
  run_others (manager);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpstr (thr_test_recorder_get (recorders[i]), ==, "");
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 4);
  g_assert_true (thr_thread_manager_get_busy (manager));

  thr_thread_wrapper_resume (threads[3]);
  thr_thread_wrapper_cancel (threads[2]);
  thr_thread_wrapper_halt (threads[1]);
  for (guint i = 1; i < G_N_ELEMENTS (threads); i++)
    {
      thr_test_run_until (thr_test_recorder_is_closed (recorders[i]));
      g_assert_cmpstr (thr_test_recorder_get (recorders[i]), ==,
                       i == 3 ? "RUNNING RETURNED FINISHING CLOSED" : "EXCEPTION FINISHING CLOSED");
    }
  g_assert_cmpstr (thr_test_recorder_get (recorders[0]), ==, "");
  thr_thread_wrapper_resume (threads[0]);
  thr_test_run_until (thr_test_recorder_is_closed (recorders[0]));
  g_assert_cmpstr (thr_test_recorder_get (recorders[0]), ==, "RUNNING RETURNED FINISHING CLOSED");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      thr_test_recorder_unref (recorders[i]);
      g_assert_finalize_object (threads[i]);
    }
  g_assert_finalize_object (manager);
}

/* ---- everybody at once ---- */

#define N_JOBS 48

typedef struct
{
  ThrThreadWrapper *threads[N_JOBS];
  guint32 seed;
  int n_storming;
} Storm;

static gboolean
storm_func (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  for (guint i = 0; i < 200; i++)
    {
      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;
      thr_thread_wrapper_set_progress (thread, i / 200.0);
      g_thread_yield ();
    }

  return TRUE;
}

static gpointer
storm_thread (gpointer user_data)
{
  Storm *storm = user_data;
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_atomic_int_add ((int *) &storm->seed, 1));
  guint n = thr_test_scale (1500, 200);

  for (guint i = 0; i < n; i++)
    {
      ThrThreadWrapper *thread = storm->threads[g_rand_int_range (rand, 0, N_JOBS)];
      g_autofree char *name = NULL;

      switch (g_rand_int_range (rand, 0, 60))
        {
        case 0:
          thr_thread_wrapper_cancel (thread);
          break;
        case 1:
          thr_thread_wrapper_halt (thread);
          break;
        case 2:
          thr_thread_wrapper_set_name (thread, "another name");
          break;
        case 3:
          thr_thread_wrapper_set_message (thread, "a message");
          break;
        case 4:
          name = thr_thread_wrapper_dup_name (thread);
          break;
        case 5:
          g_assert_nonnull (thr_thread_wrapper_get_cancellable (thread));
          break;
        default:
          if (i % 3 == 0)
            thr_thread_wrapper_pause (thread);
          else if (i % 3 == 1)
            thr_thread_wrapper_resume (thread);
          else
            thr_thread_wrapper_set_priority (thread, g_rand_int_range (rand, -5, 5));
        }
    }
  g_atomic_int_add (&storm->n_storming, -1);

  return NULL;
}

static void
test_storm (void)
{
  guint n_rounds = thr_test_scale (20, 2);

  for (guint round = 0; round < n_rounds; round++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      Storm storm = { .seed = round * 8, .n_storming = 8 };
      ThrTestRecorder *recorders[N_JOBS];
      GThread *others[8];

      g_assert_true (thr_thread_manager_set_thread_limit (manager, 3, NULL));
      for (guint i = 0; i < N_JOBS; i++)
        {
          storm.threads[i] = thr_thread_wrapper_new (NULL, storm_func, NULL, NULL);
          recorders[i] = thr_test_recorder_new (storm.threads[i]);
          thr_thread_wrapper_set_on_fail (storm.threads[i], nothing_on_fail, NULL, NULL);
        }
      for (guint i = 0; i < G_N_ELEMENTS (others); i++)
        others[i] = g_thread_new ("storm", storm_thread, &storm);
      for (guint i = 0; i < N_JOBS; i++)
        g_assert_true (thr_thread_manager_submit (manager, storm.threads[i], NULL));
      thr_test_poll_until (g_atomic_int_get (&storm.n_storming) == 0);
      for (guint i = 0; i < G_N_ELEMENTS (others); i++)
        g_thread_join (others[i]);

      for (guint i = 0; i < N_JOBS; i++)
        thr_thread_wrapper_resume (storm.threads[i]);
      for (guint i = 0; i < N_JOBS; i++)
        {
          const char *words = thr_test_recorder_get (recorders[i]);
          const GError *failure;

          thr_test_run_until (thr_test_recorder_is_closed (recorders[i]));
          words = thr_test_recorder_get (recorders[i]);
          failure = thr_thread_wrapper_get_error (storm.threads[i]);
          if (failure == NULL)
            g_assert_cmpstr (words, ==, "RUNNING RETURNED FINISHING CLOSED");
          else if (thr_thread_wrapper_get_started_at (storm.threads[i]) > 0)
            g_assert_cmpstr (words, ==, "RUNNING EXCEPTION FINISHING CLOSED");
          else
            g_assert_cmpstr (words, ==, "EXCEPTION FINISHING CLOSED");
          if (failure != NULL)
            g_assert_true (g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
                           g_error_matches (failure, THR_ERROR, THR_ERROR_HALTED));
        }
      thr_test_drain ();
      g_assert_false (thr_thread_manager_get_busy (manager));
      for (guint i = 0; i < N_JOBS; i++)
        {
          thr_test_recorder_unref (recorders[i]);
          g_assert_finalize_object (storm.threads[i]);
        }
      g_assert_finalize_object (manager);
    }
}

/* ---- cancellables ---- */

static gboolean
cancellable_func (ThrThreadWrapper *thread,
                  gpointer          user_data,
                  GError          **error)
{
  GCancellable *cancellable = thr_thread_wrapper_get_cancellable (thread);

  thr_test_gate_open (user_data);
  while (!g_cancellable_is_cancelled (cancellable))
    g_thread_yield ();
  g_assert_true (cancellable == thr_thread_wrapper_get_cancellable (thread));
  g_assert_false (thr_thread_wrapper_checkpoint (thread, NULL));
  g_cancellable_set_error_if_cancelled (cancellable, error);

  return FALSE;
}

static void
test_cancellable (void)
{
  for (guint i = 0; i < 5; i++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      ThrTestGate gate = THR_TEST_GATE_INIT;
      GCancellable *followed = g_cancellable_new ();
      ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, cancellable_func, &gate, NULL);
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
      g_autoptr (GCancellable) property = NULL;
      g_autoptr (GError) error = NULL;

      thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, NULL, NULL);
      g_assert_true (thr_thread_wrapper_follow_cancellable (thread, followed, NULL));
      g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
      thr_test_gate_wait (&gate);
      g_assert_false (thr_thread_wrapper_get_halted (thread));
      switch (i)
        {
        case 0:
          thr_thread_wrapper_cancel (thread);
          break;
        case 1:
          thr_thread_wrapper_halt (thread);
          break;
        case 2:
          g_cancellable_cancel (followed);
          break;
        case 3:
          thr_thread_manager_stop (manager); /* which it survives */
          g_assert_false (g_cancellable_is_cancelled (thr_thread_wrapper_get_cancellable (thread)));
          thr_thread_wrapper_halt (thread);
          break;
        case 4:
          g_assert_true (thr_thread_manager_halt (manager, thr_test_deadline (), &error));
          g_assert_no_error (error);
          break;
        default:
          g_assert_not_reached ();
        }
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_assert_error (thr_thread_wrapper_get_error (thread), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (thr_thread_wrapper_get_halted (thread), ==, i == 1 || i >= 3);
      g_object_get (thread, "cancellable", &property, NULL);
      g_assert_true (property == thr_thread_wrapper_get_cancellable (thread));
      g_assert_true (g_cancellable_is_cancelled (property));
      g_assert_cmpint (g_cancellable_is_cancelled (followed), ==, i == 2);

      thr_test_finalize_soon (thread);
      g_assert_finalize_object (manager);
      g_assert_finalize_object (g_steal_pointer (&property));
      thr_test_finalize_soon (followed);
      thr_test_gate_clear (&gate);
    }
}

/* Made after the job was asked to end, it is cancelled from the start; a job
 * that runs to its end leaves it alone. */
static void
test_cancellable_late (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread;

  thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  thr_thread_wrapper_cancel (thread);
  g_assert_true (g_cancellable_is_cancelled (thr_thread_wrapper_get_cancellable (thread)));
  g_assert_finalize_object (thread);

  thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  thr_test_run_until_closed (thread);
  g_assert_false (g_cancellable_is_cancelled (thr_thread_wrapper_get_cancellable (thread)));
  g_assert_finalize_object (thread);

  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/control/pause-running", test_pause_running);
  g_test_add_func ("/control/pause-queued", test_pause_queued);
  g_test_add_func ("/control/storm", test_storm);
  g_test_add_func ("/control/cancellable", test_cancellable);
  g_test_add_func ("/control/cancellable-late", test_cancellable_late);

  return g_test_run ();
}
