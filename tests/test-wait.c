/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* thr_thread_wrapper_wait_async(), and what a finish gives. */
typedef struct
{
  GThread *thread;
  const GValue *result;
  GError *error;
  int n_calls;
  ThrExecutionState state;
} Wait;

static void
wait_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  ThrThreadWrapper *job = THR_THREAD_WRAPPER (source);
  Wait *wait = user_data;

  g_assert_true (g_thread_self () == wait->thread);
  g_assert_true (g_async_result_is_tagged (result, thr_thread_wrapper_wait_async));
  wait->n_calls++;
  wait->state = thr_thread_wrapper_get_execution_state (job);
  wait->result = thr_thread_wrapper_wait_finish (job, result, &wait->error);
  if (wait->error != NULL)
    g_assert_null (wait->result);
  else
    g_assert_true (wait->result == thr_thread_wrapper_get_result (job));
}

static void
wait_begin (Wait             *wait,
            ThrThreadWrapper *job,
            GCancellable     *cancellable)
{
  memset (wait, 0, sizeof *wait);
  wait->thread = g_thread_self ();
  thr_thread_wrapper_wait_async (job, cancellable, wait_cb, wait);
}

static void
test_success (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return_int,
                                                       GINT_TO_POINTER (42), NULL);
  ThrTestRecorder *recorder = thr_test_recorder_new (job);
  Wait first, second, late;

  thr_test_recorder_watch_callbacks (recorder, job);
  wait_begin (&first, job, NULL);
  wait_begin (&second, job, NULL);
  g_assert_cmpint (first.n_calls, ==, 0);
  thr_test_run_until (first.n_calls > 0 && second.n_calls > 0);
  g_assert_no_error (first.error);
  g_assert_no_error (second.error);
  g_assert_cmpint (g_value_get_int64 (first.result), ==, 42);
  g_assert_cmpint (g_value_get_int64 (second.result), ==, 42);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED on_success FINISHING on_end CLOSED");

  /* A closed job answers as well, and never before wait_async() returned. */
  wait_begin (&late, job, NULL);
  g_assert_cmpint (late.n_calls, ==, 0);
  thr_test_run_until (late.n_calls > 0);
  g_assert_no_error (late.error);
  g_assert_cmpint (g_value_get_int64 (late.result), ==, 42);

  thr_test_drain ();
  g_assert_cmpint (first.n_calls + second.n_calls + late.n_calls, ==, 3);
  thr_test_recorder_unref (recorder);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* A job that gave no result: neither a value nor an error. */
static void
test_no_result (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  Wait wait;

  wait_begin (&wait, job, NULL);
  thr_test_run_until (wait.n_calls > 0);
  g_assert_no_error (wait.error);
  g_assert_null (wait.result);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

static void
unhandled_cb (ThrThreadManager *manager,
              ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
  ++*(int *) user_data;
}

/* The failure passes through, and is thereby handled. */
static void
test_failure (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_fail, NULL, NULL);
  int n_unhandled = 0;
  Wait wait, late;

  g_signal_connect (manager, "unhandled-error", G_CALLBACK (unhandled_cb), &n_unhandled);
  wait_begin (&wait, job, NULL);
  thr_test_run_until (wait.n_calls > 0);
  g_assert_error (wait.error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (wait.error->message, ==, "no such thing");
  g_clear_error (&wait.error);
  wait_begin (&late, job, NULL);
  thr_test_run_until (late.n_calls > 0);
  g_assert_error (late.error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&late.error);

  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (job);
  thr_test_drain ();
  g_assert_cmpint (n_unhandled, ==, 0);
  g_assert_finalize_object (manager);
}

static void
test_cancellable (void)
{
  ThrTestBusy busy;
  g_autoptr (GCancellable) before = g_cancellable_new ();
  g_autoptr (GCancellable) while_waiting = g_cancellable_new ();
  g_autoptr (GCancellable) unused = g_cancellable_new ();
  Wait cancelled, waiting, other;

  thr_test_busy_init (&busy);
  g_cancellable_cancel (before);
  wait_begin (&cancelled, busy.blocker, before);
  g_assert_cmpint (cancelled.n_calls, ==, 0);
  wait_begin (&waiting, busy.blocker, while_waiting);
  wait_begin (&other, busy.blocker, unused);
  thr_test_run_until (cancelled.n_calls > 0);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&cancelled.error);
  g_assert_cmpint (waiting.n_calls + other.n_calls, ==, 0);

  /* It is the wait that is cancelled, at once, and not the job. */
  g_cancellable_cancel (while_waiting);
  g_cancellable_reset (while_waiting); /* to be used again */
  thr_test_run_until (waiting.n_calls > 0);
  g_assert_error (waiting.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&waiting.error);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);
  g_assert_cmpint (other.n_calls, ==, 0);

  thr_test_busy_open (&busy);
  thr_test_run_until (other.n_calls > 0);
  g_assert_no_error (other.error);
  thr_test_run_until (thr_test_recorder_is_closed (busy.recorder));
  thr_test_drain ();
  g_assert_cmpint (cancelled.n_calls + waiting.n_calls + other.n_calls, ==, 3);
  thr_test_busy_clear (&busy);
}

/* Cancelled by another thread, at the very moment the job ends. */
static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_cancellable_race (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  guint n = thr_test_scale (500, 50);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      GThread *thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
      Wait wait;

      wait_begin (&wait, job, cancellable);
      thr_test_run_until (wait.n_calls > 0);
      if (wait.error != NULL)
        g_assert_error (wait.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&wait.error);
      g_thread_join (thread);
      g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
      g_assert_cmpint (wait.n_calls, ==, 1);
      g_assert_finalize_object (job);
    }

  g_assert_finalize_object (manager);
}

/* From another context: the answer comes there, as with any GTask. */
typedef struct
{
  ThrThreadWrapper *job;
  ThrTestGate begun;
} Elsewhere;

static gpointer
wait_elsewhere (gpointer data)
{
  Elsewhere *elsewhere = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  Wait first, second;

  g_main_context_push_thread_default (context);
  wait_begin (&first, elsewhere->job, NULL);
  wait_begin (&second, elsewhere->job, NULL);
  thr_test_gate_open (&elsewhere->begun);
  thr_test_run_until (first.n_calls > 0 && second.n_calls > 0);
  g_assert_no_error (first.error);
  g_assert_no_error (second.error);
  g_assert_cmpint (g_value_get_int64 (first.result), ==, 7);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static gboolean
seven_after_gate (ThrThreadWrapper *thread,
                  gpointer          user_data,
                  GError          **error)
{
  thr_test_gate_wait (user_data);

  return thr_thread_wrapper_return_int (thread, 7, error);
}

static void
test_elsewhere (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;
  Elsewhere elsewhere = { 0 };
  GThread *thread;

  for (int closed = 0; closed < 2; closed++)
    {
      thr_test_gate_close (&gate);
      thr_test_gate_close (&elsewhere.begun);
      elsewhere.job = thr_thread_manager_do_async (manager, NULL, seven_after_gate, &gate, NULL);
      if (closed)
        {
          thr_test_gate_open (&gate);
          g_assert_true (thr_thread_wrapper_join (elsewhere.job, thr_test_deadline (), NULL, NULL));
        }
      thread = g_thread_new ("elsewhere", wait_elsewhere, &elsewhere);
      thr_test_gate_wait (&elsewhere.begun);
      thr_test_gate_open (&gate);
      g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
      g_thread_join (thread);
      thr_test_drain ();
      g_assert_finalize_object (elsewhere.job);
    }

  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
  thr_test_gate_clear (&elsewhere.begun);
}

/* Before the job is submitted there is nothing to wait for; one that was
 * cancelled before it began is waited for as any. */
static void
test_before_submit (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_wrapper_new (NULL, thr_test_job_return_int, GINT_TO_POINTER (3), NULL);
  ThrThreadWrapper *cancelled = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  Wait wait, wait_cancelled;

  wait_begin (&wait, job, NULL);
  g_assert_cmpint (wait.n_calls, ==, 0);
  thr_test_run_until (wait.n_calls == 1);
  g_assert_error (wait.error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_clear_error (&wait.error);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, THR_EXECUTION_STATE_CREATED);

  thr_thread_wrapper_cancel (cancelled);
  g_assert_true (thr_thread_manager_submit (manager, job, NULL));
  g_assert_true (thr_thread_manager_submit (manager, cancelled, NULL));
  wait_begin (&wait, job, NULL);
  wait_begin (&wait_cancelled, cancelled, NULL);
  thr_test_run_until (wait.n_calls > 0 && wait_cancelled.n_calls > 0);
  g_assert_no_error (wait.error);
  g_assert_cmpint (g_value_get_int64 (wait.result), ==, 3);
  g_assert_error (wait_cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&wait_cancelled.error);

  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (cancelled);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* The wait alone keeps the job, and its result, alive. */
static void
keep_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  const GValue *value = thr_thread_wrapper_wait_finish (THR_THREAD_WRAPPER (source), result, NULL);

  g_assert_cmpint (g_value_get_int64 (value), ==, 9);
  *(gboolean *) user_data = TRUE;
}

static void
test_keeps_alive (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return_int,
                                                       GINT_TO_POINTER (9), NULL);
  ThrTestHome home;
  gboolean called = FALSE;

  thr_test_home_init (&home);
  thr_test_home_watch (&home, job);
  thr_thread_wrapper_wait_async (job, NULL, keep_cb, &called);
  g_object_unref (job);
  thr_test_run_until (called);
  thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  g_assert_finalize_object (manager);
}

static void
test_manual (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *manual = thr_thread_manager_do_manual (manager, "by hand");
  g_autoptr (GError) failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "later");
  Wait wait;

  wait_begin (&wait, manual, NULL);
  thr_test_drain ();
  g_assert_cmpint (wait.n_calls, ==, 0);
  g_assert_true (thr_thread_wrapper_return_error (manual, failure, NULL));
  thr_test_run_until (wait.n_calls == 1);
  g_assert_error (wait.error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpstr (wait.error->message, ==, "later");
  g_clear_error (&wait.error);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (manual);
  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait/success", test_success);
  g_test_add_func ("/wait/no-result", test_no_result);
  g_test_add_func ("/wait/failure", test_failure);
  g_test_add_func ("/wait/cancellable", test_cancellable);
  g_test_add_func ("/wait/cancellable-race", test_cancellable_race);
  g_test_add_func ("/wait/elsewhere", test_elsewhere);
  g_test_add_func ("/wait/before-submit", test_before_submit);
  g_test_add_func ("/wait/keeps-alive", test_keeps_alive);
  g_test_add_func ("/wait/manual", test_manual);

  return g_test_run ();
}
