/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Main loops and waits inside callbacks and handlers. */

#include "config.h"

#include "thr-test.h"

/* A manager that runs one job after the other, so that they end in order. */
static ThrThreadManager *
serial_manager_new (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));

  return manager;
}

static void
block_until_ended (ThrThreadWrapper *thread)
{
  thr_test_block_until (thr_thread_wrapper_get_finished_with (thread) != THR_EXECUTION_STATE_CREATED);
}

/* ---- nested main loops ---- */

typedef struct
{
  GMainLoop *loops[3];
  guint depth;
  guint deepest;
  guint n_ended;
} Nest;

typedef struct
{
  Nest *nest;
  int runs;  /* the loop that on_success runs, or −1 */
  int quits; /* the loop that on_end quits, or −1 */
} NestJob;

static void
nest_on_success (ThrThreadWrapper *thread,
                 const GValue     *result,
                 gpointer          user_data)
{
  NestJob *self = user_data;
  ThrTestLoop loop;

  if (self->runs < 0)
    return;

  self->nest->depth++;
  self->nest->deepest = MAX (self->nest->deepest, self->nest->depth);
  thr_test_loop_begin (&loop, FALSE, __FILE__, __LINE__, "nested loop");
  g_main_loop_run (self->nest->loops[self->runs]);
  thr_test_loop_end (&loop);
  self->nest->depth--;
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RETURNED);
}

static void
nest_on_end (ThrThreadWrapper *thread,
             gpointer          user_data)
{
  NestJob *self = user_data;

  self->nest->n_ended++;
  if (self->quits >= 0)
    g_main_loop_quit (self->nest->loops[self->quits]);
}

static void
test_nested_loops (void)
{
  /* Quit from the inside out, and from the outside in. */
  static const int plans[2][6][2] = {
    { { 0, -1 }, { 1, -1 }, { 2, -1 }, { -1, 2 }, { -1, 1 }, { -1, 0 } },
    { { 0, -1 }, { 1, -1 }, { 2, -1 }, { -1, 0 }, { -1, 1 }, { -1, 2 } },
  };

  for (guint i = 0; i < 20; i++)
    {
      ThrThreadManager *manager = serial_manager_new ();
      Nest nest = { { NULL }, 0, 0, 0 };
      NestJob data[6];
      ThrThreadWrapper *threads[6];
      ThrTestRecorder *recorders[6];

      for (guint j = 0; j < G_N_ELEMENTS (nest.loops); j++)
        nest.loops[j] = g_main_loop_new (NULL, FALSE);
      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        {
          data[j] = (NestJob) { &nest, plans[i % 2][j][0], plans[i % 2][j][1] };
          threads[j] = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
          recorders[j] = thr_test_recorder_new (threads[j]);
          thr_thread_wrapper_set_on_success (threads[j], nest_on_success, &data[j], NULL);
          thr_thread_wrapper_set_on_end (threads[j], nest_on_end, &data[j], NULL);
        }
      /* All of them come in one batch, or as they come. */
      if (i % 4 < 2)
        block_until_ended (threads[5]);

      thr_test_run_until (nest.n_ended == 6 && nest.depth == 0);
      g_assert_cmpuint (nest.deepest, ==, 3);
      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        {
          thr_test_run_until (thr_test_recorder_is_closed (recorders[j]));
          g_assert_cmpstr (thr_test_recorder_get (recorders[j]), ==, "RUNNING RETURNED FINISHING CLOSED");
          thr_test_recorder_unref (recorders[j]);
          g_assert_finalize_object (threads[j]);
        }
      for (guint j = 0; j < G_N_ELEMENTS (nest.loops); j++)
        g_main_loop_unref (nest.loops[j]);
      g_assert_finalize_object (manager);
    }
}

/* A handler of RUNNING waits for another job, while its own job ends: that one
 * is not entered again. */
typedef struct
{
  ThrTestGate *gate;
  ThrThreadWrapper *thread;
  ThrTestRecorder *recorder;
  ThrTestRecorder *other;
} Reenter;

static void
reenter_on_state (ThrThreadWrapper *thread,
                  GParamSpec       *pspec,
                  Reenter          *self)
{
  if (thr_thread_wrapper_get_execution_state (thread) != THR_EXECUTION_STATE_RUNNING)
    return;

  thr_test_gate_open (self->gate);
  thr_test_run_until (thr_test_recorder_is_closed (self->other));
  thr_test_drain ();
  g_assert_cmpstr (thr_test_recorder_get (self->recorder), ==, "RUNNING");
  g_assert_cmpint (thr_thread_wrapper_get_finished_with (thread), ==, THR_EXECUTION_STATE_RETURNED);
}

static void
test_not_reentered (void)
{
  for (guint i = 0; i < 20; i++)
    {
      ThrThreadManager *manager = serial_manager_new ();
      ThrTestGate gate = THR_TEST_GATE_INIT;
      ThrThreadWrapper *first = thr_thread_manager_do_async (manager, NULL, thr_test_job_gate, &gate, NULL);
      ThrThreadWrapper *second = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (first);
      g_autoptr (ThrTestRecorder) other = thr_test_recorder_new (second);
      Reenter data = { &gate, first, recorder, other };

      thr_test_recorder_watch_callbacks (recorder, first);
      g_signal_connect (first, "notify::execution-state", G_CALLBACK (reenter_on_state), &data);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==,
                       "RUNNING RETURNED on_success FINISHING on_end CLOSED");
      g_assert_finalize_object (first);
      g_assert_finalize_object (second);
      g_assert_finalize_object (manager);
      thr_test_gate_clear (&gate);
    }
}

/* ---- waiting inside a callback ---- */

typedef struct
{
  ThrThreadManager *manager;
  ThrThreadWrapper *other;
  ThrTestRecorder *recorder;
  guint n;
} Waiter;

static void
wait_in_callback (ThrThreadWrapper *thread,
                  Waiter           *self)
{
  g_autoptr (GError) error = NULL;

  self->n++;
  g_assert_true (thr_thread_wrapper_join (thread, THR_FOREVER, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (thr_thread_manager_wait_idle (self->manager, THR_FOREVER, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
  g_clear_error (&error);

  /* Another job may be waited for: it is delivered meanwhile. */
  g_assert_true (thr_thread_wrapper_join (self->other, thr_test_deadline (), NULL, &error));
  g_assert_no_error (error);
  g_assert_true (thr_test_recorder_is_closed (self->recorder));
}

static void
wait_on_success (ThrThreadWrapper *thread,
                 const GValue     *result,
                 gpointer          user_data)
{
  wait_in_callback (thread, user_data);
}

static void
wait_on_end (ThrThreadWrapper *thread,
             gpointer          user_data)
{
  wait_in_callback (thread, user_data);
}

static void
test_waiting (void)
{
  ThrThreadManager *manager = serial_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrThreadWrapper *first = thr_thread_manager_do_async (manager, NULL, thr_test_job_gate, &gate, NULL);
  ThrThreadWrapper *second = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (second);
  g_autoptr (ThrTestRecorder) outer = thr_test_recorder_new (first);
  Waiter data = { manager, second, recorder, 0 };

  thr_test_recorder_watch_callbacks (recorder, second);
  thr_thread_wrapper_set_on_success (first, wait_on_success, &data, NULL);
  thr_thread_wrapper_set_on_end (first, wait_on_end, &data, NULL);
  thr_test_gate_open (&gate);
  thr_test_run_until (thr_test_recorder_is_closed (outer));
  g_assert_cmpuint (data.n, ==, 2);
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED on_success FINISHING on_end CLOSED");

  g_assert_finalize_object (first);
  g_assert_finalize_object (second);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nested/loops", test_nested_loops);
  g_test_add_func ("/nested/not-reentered", test_not_reentered);
  g_test_add_func ("/nested/waiting", test_waiting);

  return g_test_run ();
}
