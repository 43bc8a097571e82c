/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-dispatcher-private.h"
#include "base/thr-gate-private.h"
#include "thr-test.h"

#include <string.h>

/* thr_shutdown(): it closes a gate for good, so each test has its process. */

static int n_calls;

static void
count_end (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  g_atomic_int_inc (&n_calls);
}

static void
count_notify (ThrThreadWrapper *thread,
              GParamSpec       *pspec,
              gpointer          user_data)
{
  g_atomic_int_inc (&n_calls);
}

static gboolean
count_run (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  g_atomic_int_inc (&n_calls);

  return TRUE;
}

static gboolean
count_step (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  g_atomic_int_inc (&n_calls);

  return G_SOURCE_REMOVE;
}

static gboolean
count_push (gpointer  user_data,
            GError  **error)
{
  g_atomic_int_inc (&n_calls);

  return TRUE;
}

static void
count_done (const GError *failure,
            gpointer      user_data)
{
  g_atomic_int_inc (&n_calls);
}

static void
count_invoke (gpointer user_data)
{
  g_atomic_int_inc (&n_calls);
}

static void
in_subprocess (void (*body) (void))
{
  if (g_test_subprocess ())
    {
      body ();
      return;
    }

  g_test_trap_subprocess (NULL, (guint64) (2 * thr_test_deadline ()), G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

/* Whatever is tried afterwards, no function of ours is called. */
static void
assert_gate_closed (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job, *sliced;
  int before = n_calls;

  thr_thread_manager_start (manager);
  job = thr_thread_manager_do_async (manager, NULL, count_run, NULL, NULL);
  thr_thread_wrapper_set_on_end (job, count_end, NULL, NULL);
  sliced = thr_thread_manager_do_sliced (manager, NULL, count_step, NULL, NULL);
  thr_thread_manager_push (manager, count_push, count_done, NULL, NULL);
  thr_thread_wrapper_join (job, 20000, NULL, NULL);
  /* They end all the same. */
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_error (thr_thread_wrapper_get_error (job), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_error (thr_thread_wrapper_get_error (sliced), THR_ERROR, THR_ERROR_STOPPED);
  thr_test_drain ();
  g_assert_cmpint (g_atomic_int_get (&n_calls), ==, before);

  g_object_unref (sliced);
  g_object_unref (job);
  g_object_unref (manager);
  thr_test_drain ();
  g_assert_cmpint (g_atomic_int_get (&n_calls), ==, before);
}

static void
drain_body (void)
{
  ThrThreadManager *managers[3];
  ThrThreadManager *dflt = thr_thread_manager_get_default ();
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 3; i++)
    {
      managers[i] = thr_thread_manager_new ();
      for (int j = 0; j < 20; j++)
        {
          ThrThreadWrapper *job = thr_thread_manager_do_async (i == 0 ? dflt : managers[i], NULL, count_run, NULL,
                                                               NULL);

          thr_thread_wrapper_set_on_end (job, count_end, NULL, NULL);
          g_object_unref (job);
        }
    }
  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_DRAIN, thr_test_deadline (), &error));
  g_assert_no_error (error);
  g_assert_cmpint (n_calls, ==, 120);
  for (int i = 0; i < 3; i++)
    {
      g_assert_false (thr_thread_manager_get_busy (managers[i]));
      g_assert_false (thr_thread_manager_get_started (managers[i]));
      g_object_unref (managers[i]);
    }

  /* Once more is no error. */
  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_HALT, 0, &error));
  g_assert_no_error (error);
  assert_gate_closed ();
}

static void
test_drain (void)
{
  in_subprocess (drain_body);
}

static void
stop_running (ThrShutdownMode mode)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrTestGate begun = THR_TEST_GATE_INIT;
  ThrThreadWrapper *running, *queued, *manual;
  g_autoptr (GError) error = NULL;

  thr_thread_manager_set_thread_limit (manager, 1, NULL);
  running = thr_thread_manager_do_async (manager, "running", thr_test_job_spin, &begun, NULL);
  queued = thr_thread_manager_do_async (manager, "queued", count_run, NULL, NULL);
  manual = thr_thread_manager_do_manual (manager, "manual");
  thr_test_gate_wait (&begun);
  g_assert_true (thr_shutdown (mode, thr_test_deadline (), &error));
  g_assert_no_error (error);
  g_assert_cmpint (n_calls, ==, 0);
  if (mode == THR_SHUTDOWN_MODE_CANCEL)
    g_assert_error (thr_thread_wrapper_get_error (running), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else
    g_assert_error (thr_thread_wrapper_get_error (running), THR_ERROR, THR_ERROR_HALTED);
  g_assert_cmpint (thr_thread_wrapper_get_finished_with (queued), ==, THR_EXECUTION_STATE_EXCEPTION);
  g_assert_cmpint (thr_thread_wrapper_get_finished_with (manual), ==, THR_EXECUTION_STATE_EXCEPTION);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 0);

  g_object_unref (running);
  g_object_unref (queued);
  g_object_unref (manual);
  g_object_unref (manager);
  assert_gate_closed ();
}

static void
cancel_body (void)
{
  stop_running (THR_SHUTDOWN_MODE_CANCEL);
}

static void
halt_body (void)
{
  stop_running (THR_SHUTDOWN_MODE_HALT);
}

static void
test_cancel (void)
{
  in_subprocess (cancel_body);
}

static void
test_halt (void)
{
  in_subprocess (halt_body);
}

typedef struct
{
  ThrTestGate begun;
  ThrTestGate leave;
  ThrTestGate refused;
} Deaf;

static gboolean
deaf_job (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  Deaf *deaf = user_data;

  thr_test_gate_open (&deaf->begun);
  thr_test_gate_wait (&deaf->leave);
  thr_invoke_owner (count_invoke, NULL, NULL, NULL);
  thr_test_gate_open (&deaf->refused);

  return TRUE;
}

/* One that does not listen: the answer names it, and whatever it does later
 * calls nobody. */
static void
deaf_body (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Deaf deaf = { 0 };
  ThrThreadWrapper *job;
  g_autoptr (GError) error = NULL;

  job = thr_thread_manager_do_async (manager, "the deaf one", deaf_job, &deaf, NULL);
  thr_thread_wrapper_set_on_end (job, count_end, NULL, NULL);
  thr_test_gate_wait (&deaf.begun);
  thr_test_drain ();
  g_signal_connect (job, "notify::execution-state", G_CALLBACK (count_notify), NULL);

  g_assert_false (thr_shutdown (THR_SHUTDOWN_MODE_HALT, -1, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_true (thr_thread_manager_get_started (manager));

  g_assert_false (thr_shutdown (THR_SHUTDOWN_MODE_HALT, 20000, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "the deaf one"));
  g_clear_error (&error);
  g_atomic_int_set (&n_calls, 0);
  thr_test_gate_open (&deaf.leave);
  thr_test_gate_wait (&deaf.refused);
  thr_test_block_until (thr_thread_manager_get_n_running (manager) == 0);
  thr_test_drain ();
  g_assert_cmpint (n_calls, ==, 0);
  assert_gate_closed ();
  g_object_unref (job);
  g_object_unref (manager);
  g_assert_cmpint (n_calls, ==, 0);
}

static void
test_deaf (void)
{
  in_subprocess (deaf_body);
}

static gboolean
count_steps (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  g_atomic_int_inc (&n_calls);

  return G_SOURCE_CONTINUE;
}

/* Sliced jobs that are not done in time, paused or not: they end at home, and
 * make no step more. */
static void
sliced_body (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *sliced = thr_thread_manager_do_sliced (manager, NULL, count_steps, NULL, NULL);
  ThrThreadWrapper *paused = thr_thread_manager_do_sliced (manager, NULL, count_steps, NULL, NULL);
  g_autoptr (GError) error = NULL;
  int before;

  thr_thread_wrapper_pause (paused);
  thr_test_run_until (n_calls > 0);
  g_assert_false (thr_shutdown (THR_SHUTDOWN_MODE_DRAIN, 20000, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  before = n_calls;

  thr_thread_wrapper_resume (paused);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_error (thr_thread_wrapper_get_error (sliced), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_error (thr_thread_wrapper_get_error (paused), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_cmpint (n_calls, ==, before);
  assert_gate_closed ();
  g_object_unref (sliced);
  g_object_unref (paused);
  g_object_unref (manager);
}

static void
test_sliced (void)
{
  in_subprocess (sliced_body);
}

static gpointer
shut_down (gpointer data)
{
  thr_shutdown (THR_SHUTDOWN_MODE_HALT, 1000, NULL);
  return NULL;
}

static void
count_destroy (gpointer data)
{
  n_calls++;
}

/* A step at home, while another thread gives up waiting for it: it goes on to
 * its end, but what it asks is not called any more. */
static gboolean
ask_late_step (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  int before;

  g_assert_true (thr_thread_wrapper_invoke_sync (thread, count_run, NULL, count_destroy, error));
  g_assert_cmpint (n_calls, ==, 2);
  g_thread_join (g_thread_new ("shutdown", shut_down, NULL));
  g_assert_false (thr_gate_is_open ());
  before = n_calls;
  g_assert_false (thr_thread_wrapper_invoke_sync (thread, count_run, NULL, count_destroy, NULL));
  g_assert_cmpint (n_calls, ==, before);
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
ask_late_body (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  gboolean asked = FALSE;
  ThrThreadWrapper *sliced = thr_thread_manager_do_sliced (manager, NULL, ask_late_step, &asked, NULL);

  thr_test_run_until (asked);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  assert_gate_closed ();
  g_object_unref (sliced);
  g_object_unref (manager);
}

static void
test_ask_late (void)
{
  in_subprocess (ask_late_body);
}

static void
shutdown_is_refused (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (thr_shutdown (THR_SHUTDOWN_MODE_HALT, THR_FOREVER, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
}

static gboolean
shut_down_from_job (ThrThreadWrapper *thread,
                    gpointer          user_data,
                    GError          **error)
{
  shutdown_is_refused ();

  return TRUE;
}

static void
shut_down_from_callback (ThrThreadWrapper *thread,
                         gpointer          user_data)
{
  shutdown_is_refused ();
  count_end (thread, NULL);
}

/* From inside a job or a callback it would wait for itself: nothing is done. */
static void
from_job_body (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, shut_down_from_job, NULL, NULL);

  thr_thread_wrapper_set_on_end (job, shut_down_from_callback, NULL, NULL);
  thr_test_run_until_closed (job);
  g_assert_cmpint (n_calls, ==, 1);
  g_assert_true (thr_thread_manager_get_started (manager));
  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_HALT, thr_test_deadline (), NULL));
  assert_gate_closed ();
  g_object_unref (job);
  g_object_unref (manager);
}

static void
test_from_job (void)
{
  in_subprocess (from_job_body);
}

/* A job that is begun when its manager was waited for already, and knows when
 * the gate is shut. */
typedef struct
{
  ThrThreadManager *manager;
  ThrThreadFunc func;
  ThrThreadWrapper *job;
  ThrTestGate begun;
  ThrTestGate leave;
  int n_steps;
  int done;
} Late;

/* One step for each look at what has come, of which there is one for each
 * manager that has nothing to do. */
static gboolean
begin_late (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  gint64 until = g_get_monotonic_time () + THR_DISPATCH_BUDGET + 1;
  Late *late = user_data;

  while (g_get_monotonic_time () < until)
    ;
  if (++late->n_steps < 4)
    return G_SOURCE_CONTINUE;

  thr_thread_manager_start (late->manager);
  late->job = thr_thread_manager_do_async (late->manager, "the late one", late->func, late, NULL);
  thr_test_gate_wait (&late->begun);

  return G_SOURCE_REMOVE;
}

static gboolean
shut_down_late (ThrThreadFunc func,
                gint64        timeout,
                Late         *late,
                GError      **error)
{
  ThrThreadManager *last;
  ThrThreadWrapper *job;
  gboolean ok;

  late->func = func;
  late->manager = thr_thread_manager_new ();
  last = thr_thread_manager_new ();
  job = thr_thread_manager_do_sliced (last, NULL, begin_late, late, NULL);
  ok = thr_shutdown (THR_SHUTDOWN_MODE_DRAIN, timeout, error);
  g_assert_cmpint (late->n_steps, ==, 4);
  g_object_unref (job);
  g_object_unref (last);

  return ok;
}

static void
late_clear (Late *late)
{
  g_object_unref (late->job);
  g_object_unref (late->manager);
  thr_test_gate_clear (&late->begun);
  thr_test_gate_clear (&late->leave);
}

static gboolean
late_job (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  Late *late = user_data;

  thr_test_gate_open (&late->begun);
  thr_test_block_until (!thr_gate_is_open ());
  for (guint i = 0; i < 10000; i++)
    g_thread_yield ();
  g_atomic_int_set (&late->done, 1);

  return TRUE;
}

/* It is waited for. */
static void
late_body (void)
{
  Late late = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (shut_down_late (late_job, thr_test_deadline (), &late, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_atomic_int_get (&late.done), ==, 1);
  g_assert_false (thr_thread_manager_get_started (late.manager));
  assert_gate_closed ();
  late_clear (&late);
}

static void
test_late (void)
{
  in_subprocess (late_body);
}

static gboolean
deaf_late_job (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  Late *late = user_data;

  thr_test_gate_open (&late->begun);
  thr_test_gate_wait (&late->leave);

  return TRUE;
}

/* But no longer than the time given. */
static void
late_deaf_body (void)
{
  Late late = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (shut_down_late (deaf_late_job, G_USEC_PER_SEC / 5, &late, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "the late one"));
  thr_test_gate_open (&late.leave);
  thr_test_block_until (thr_thread_manager_get_n_running (late.manager) == 0);
  assert_gate_closed ();
  late_clear (&late);
}

static void
test_late_deaf (void)
{
  in_subprocess (late_deaf_body);
}

/* With no manager at all, and with those that other threads make meanwhile. */
static gpointer
make_managers (gpointer data)
{
  while (g_atomic_int_get ((int *) data) == 0)
    {
      g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();

      thr_thread_manager_push (manager, count_push, count_done, NULL, NULL);
    }

  return NULL;
}

static void
race_body (void)
{
  GThread *threads[3];
  int stop = 0;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("managers", make_managers, &stop);
  thr_test_poll_until (g_atomic_int_get (&n_calls) > 100);
  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_DRAIN, thr_test_deadline (), &error));
  g_assert_no_error (error);
  g_atomic_int_set (&stop, 1);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  assert_gate_closed ();
}

static void
test_race (void)
{
  in_subprocess (race_body);
}

static void
none_body (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_DRAIN, 0, &error));
  g_assert_no_error (error);
  assert_gate_closed ();
}

static void
test_none (void)
{
  in_subprocess (none_body);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/exit/drain", test_drain);
  g_test_add_func ("/exit/cancel", test_cancel);
  g_test_add_func ("/exit/halt", test_halt);
  g_test_add_func ("/exit/deaf", test_deaf);
  g_test_add_func ("/exit/sliced", test_sliced);
  g_test_add_func ("/exit/ask-late", test_ask_late);
  g_test_add_func ("/exit/from-job", test_from_job);
  g_test_add_func ("/exit/late", test_late);
  g_test_add_func ("/exit/late-deaf", test_late_deaf);
  g_test_add_func ("/exit/race", test_race);
  g_test_add_func ("/exit/none", test_none);

  return g_test_run ();
}
