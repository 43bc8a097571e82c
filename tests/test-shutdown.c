/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-dispatcher-private.h"
#include "thr-test.h"

#include <string.h>

#define NEVER_RAN "EXCEPTION on_fail FINISHING on_end CLOSED"

static void
unhandled_cb (ThrThreadManager *manager,
              ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
  g_error ("%s was asked for, and reported", failure->message);
}

/* A job that is given to a stopped manager fails as any job does: this one's
 * failure is taken. */
static void
take_failure (ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
  g_assert_error (failure, THR_ERROR, THR_ERROR_STOPPED);
}

static ThrThreadManager *
manager_new (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  g_signal_connect (manager, "unhandled-error", G_CALLBACK (unhandled_cb), NULL);

  return manager;
}

static void
assert_nothing_left (ThrThreadManager *manager)
{
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 0);
  g_assert_false (thr_thread_manager_get_busy (manager));
}

static gboolean
must_not_run (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  g_assert_not_reached ();
}

static void
test_stop (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *queued, *appended, *late, *again;
  g_autoptr (ThrTestRecorder) recorder = NULL;

  thr_test_busy_init (&busy);
  g_signal_connect (busy.manager, "unhandled-error", G_CALLBACK (unhandled_cb), NULL);
  queued = thr_thread_manager_do_async (busy.manager, "queued", must_not_run, NULL, NULL);
  recorder = thr_test_recorder_new (queued);
  thr_test_recorder_watch_callbacks (recorder, queued);
  appended = thr_thread_wrapper_new ("appended", must_not_run, NULL, NULL);
  g_assert_true (thr_thread_manager_append (busy.manager, appended, NULL));

  thr_thread_manager_stop (busy.manager);
  g_assert_false (thr_thread_manager_get_started (busy.manager));
  late = thr_thread_manager_do_async (busy.manager, "late", must_not_run, NULL, NULL);
  thr_thread_wrapper_set_on_fail (late, take_failure, NULL, NULL);
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "");
  thr_test_run_until_closed (late);
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, NEVER_RAN);
  g_assert_error (thr_thread_wrapper_get_error (queued), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_error (thr_thread_wrapper_get_error (appended), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_error (thr_thread_wrapper_get_error (late), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, 0);

  /* What runs goes on; a second stop changes nothing. */
  thr_thread_manager_stop (busy.manager);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);
  g_assert_cmpuint (thr_thread_manager_get_n_running (busy.manager), ==, 1);

  thr_thread_manager_start (busy.manager);
  g_assert_true (thr_thread_manager_get_started (busy.manager));
  again = thr_thread_manager_do_async (busy.manager, "again", thr_test_job_return, NULL, NULL);
  thr_test_busy_open (&busy);
  thr_test_run_until_closed (again);
  g_assert_cmpint (thr_thread_wrapper_get_finished_with (again), ==, THR_EXECUTION_STATE_RETURNED);

  g_assert_finalize_object (queued);
  g_assert_finalize_object (appended);
  g_assert_finalize_object (late);
  g_assert_finalize_object (again);
  thr_test_busy_clear (&busy);
}

/* A stop leaves alone what takes no thread and runs already. */
static gboolean
count_steps (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  return --*(int *) user_data > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
test_stop_sliced_and_manual (void)
{
  ThrThreadManager *manager = manager_new ();
  ThrThreadWrapper *manual = thr_thread_manager_do_manual (manager, "manual");
  ThrThreadWrapper *sliced, *late;
  int n_steps = 1000;

  sliced = thr_thread_manager_do_sliced (manager, "sliced", count_steps, &n_steps, NULL);
  thr_thread_manager_stop (manager);
  late = thr_thread_manager_do_manual (manager, "late");
  thr_thread_wrapper_set_on_fail (late, take_failure, NULL, NULL);
  thr_test_run_until_closed (late);
  g_assert_error (thr_thread_wrapper_get_error (late), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_true (thr_thread_wrapper_join (sliced, thr_test_deadline (), NULL, NULL));
  g_assert_cmpint (n_steps, ==, 0);
  g_assert_true (thr_thread_wrapper_return_int (manual, 1, NULL));
  thr_test_run_until_closed (manual);

  g_assert_finalize_object (late);
  g_assert_finalize_object (sliced);
  g_assert_finalize_object (manual);
  g_assert_finalize_object (manager);
}

typedef struct
{
  ThrTestGate begun;
  int n_inside;
} Spinner;

static gboolean
spin_job (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  Spinner *spinner = user_data;

  g_atomic_int_inc (&spinner->n_inside);
  thr_test_gate_open (&spinner->begun);
  while (thr_thread_wrapper_checkpoint (thread, error))
    g_thread_yield ();
  g_atomic_int_add (&spinner->n_inside, -1);

  return FALSE;
}

static void
test_halt (void)
{
  ThrThreadManager *manager = manager_new ();
  Spinner spinner = { 0 };
  ThrThreadWrapper *jobs[8], *manual;
  int n_steps = G_MAXINT;
  g_autoptr (GError) error = NULL;

  thr_thread_manager_set_thread_limit (manager, 4, NULL);
  for (guint i = 0; i < 6; i++)
    jobs[i] = thr_thread_manager_do_async (manager, NULL, spin_job, &spinner, NULL);
  thr_thread_wrapper_pause (jobs[0]);
  jobs[6] = thr_thread_manager_do_sliced (manager, NULL, count_steps, &n_steps, NULL);
  jobs[7] = manual = thr_thread_manager_do_manual (manager, NULL);
  thr_test_gate_wait (&spinner.begun);

  g_assert_true (thr_thread_manager_halt (manager, thr_test_deadline (), &error));
  g_assert_no_error (error);
  g_assert_cmpint (spinner.n_inside, ==, 0);
  assert_nothing_left (manager);
  g_assert_false (thr_thread_manager_get_started (manager));
  g_assert_false (thr_thread_wrapper_return_int (manual, 1, NULL));
  thr_test_drain ();
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (jobs[i]), ==, THR_EXECUTION_STATE_CLOSED);
      if (!g_error_matches (thr_thread_wrapper_get_error (jobs[i]), THR_ERROR, THR_ERROR_STOPPED))
        g_assert_error (thr_thread_wrapper_get_error (jobs[i]), THR_ERROR, THR_ERROR_HALTED);
      g_assert_finalize_object (jobs[i]);
    }

  /* Nothing runs: TRUE at once, also without patience; and it can start anew. */
  g_assert_true (thr_thread_manager_halt (manager, 0, &error));
  g_assert_no_error (error);
  thr_thread_manager_start (manager);
  jobs[0] = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  g_assert_true (thr_thread_wrapper_join (jobs[0], thr_test_deadline (), NULL, &error));
  g_assert_no_error (error);

  g_assert_finalize_object (jobs[0]);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&spinner.begun);
}

static void
test_halt_times_out (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *queued;
  g_autoptr (GError) error = NULL;

  thr_test_busy_init (&busy);
  thr_thread_wrapper_set_name (busy.blocker, "the deaf one");
  g_assert_false (thr_thread_manager_halt (busy.manager, -1, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_true (thr_thread_manager_get_started (busy.manager));
  g_assert_false (thr_thread_wrapper_get_halted (busy.blocker));
  queued = thr_thread_manager_do_async (busy.manager, "queued", must_not_run, NULL, NULL);

  for (gint64 timeout = 0; timeout <= 20000; timeout += 20000)
    {
      gint64 began = g_get_monotonic_time ();

      g_assert_false (thr_thread_manager_halt (busy.manager, timeout, &error));
      g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
      g_assert_nonnull (strstr (error->message, "the deaf one"));
      g_assert_null (strstr (error->message, "queued"));
      g_clear_error (&error);
      g_assert_cmpint (g_get_monotonic_time () - began, >=, timeout);
    }
  g_assert_false (thr_thread_manager_get_started (busy.manager));
  g_assert_true (thr_thread_wrapper_get_halted (busy.blocker));
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);

  thr_test_busy_open (&busy);
  g_assert_true (thr_thread_manager_halt (busy.manager, thr_test_deadline (), &error));
  g_assert_no_error (error);
  assert_nothing_left (busy.manager);
  thr_test_drain ();
  g_assert_cmpint (thr_thread_wrapper_get_finished_with (queued), ==, THR_EXECUTION_STATE_EXCEPTION);
  g_assert_finalize_object (queued);
  thr_test_busy_clear (&busy);
}

static gpointer
halt_in_thread (gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_manager_halt (data, thr_test_deadline (), &error));
  g_assert_no_error (error);

  return NULL;
}

/* From a thread that is neither, while the owner does not iterate. */
static void
test_halt_from_thread (void)
{
  ThrThreadManager *manager = manager_new ();
  Spinner spinner = { 0 };
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, spin_job, &spinner, NULL);
  ThrThreadWrapper *manual = thr_thread_manager_do_manual (manager, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (job);

  thr_test_gate_wait (&spinner.begun);
  g_thread_join (g_thread_new ("halt", halt_in_thread, manager));
  g_assert_cmpint (spinner.n_inside, ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 0);
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "");
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING EXCEPTION FINISHING CLOSED");
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  thr_test_drain ();

  g_assert_finalize_object (job);
  g_assert_finalize_object (manual);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&spinner.begun);
}

static void
halt_on_end (ThrThreadWrapper *thread,
             gpointer          user_data)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (thread);

  thr_thread_manager_halt (manager, THR_FOREVER, NULL);
  g_assert_false (thr_thread_manager_get_started (manager));
  *(gboolean *) user_data = TRUE;
}

/* From a callback: it asks, and does not wait. */
static void
test_halt_from_callback (void)
{
  ThrThreadManager *manager = manager_new ();
  Spinner spinner = { 0 };
  ThrThreadWrapper *spin = thr_thread_manager_do_async (manager, NULL, spin_job, &spinner, NULL);
  ThrThreadWrapper *manual = thr_thread_manager_do_manual (manager, NULL);
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (spin);
  gboolean halted = FALSE;

  thr_thread_wrapper_set_on_end (job, halt_on_end, &halted, NULL);
  thr_test_gate_wait (&spinner.begun);
  thr_test_run_until (halted && thr_test_recorder_is_closed (recorder));
  g_assert_error (thr_thread_wrapper_get_error (spin), THR_ERROR, THR_ERROR_HALTED);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_error (thr_thread_wrapper_get_error (manual), THR_ERROR, THR_ERROR_HALTED);

  g_assert_finalize_object (job);
  g_assert_finalize_object (manual);
  g_assert_finalize_object (spin);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&spinner.begun);
}

typedef struct
{
  ThrThreadManager *other;
  int *n_ready;
  int wanted;
} Halter;

static gboolean
halter_job (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Halter *halter = user_data;

  g_atomic_int_inc (halter->n_ready);
  thr_test_block_until (g_atomic_int_get (halter->n_ready) >= halter->wanted);
  thr_thread_manager_halt (halter->other, THR_FOREVER, NULL);
  while (thr_thread_wrapper_checkpoint (thread, error))
    g_thread_yield ();

  return FALSE;
}

/* n = 1: a job halts its own manager; n > 1: they halt each other's. */
static void
test_halt_from_jobs (void)
{
  int rounds = (int) thr_test_scale (100, 10);

  for (int round = 0; round < rounds; round++)
    for (int n = 1; n <= 3; n++)
      {
        ThrThreadManager *managers[3];
        ThrThreadWrapper *jobs[3];
        Halter halters[3];
        int n_ready = 0;

        for (int i = 0; i < n; i++)
          managers[i] = manager_new ();
        for (int i = 0; i < n; i++)
          {
            halters[i] = (Halter) { managers[(i + 1) % n], &n_ready, n };
            jobs[i] = thr_thread_manager_do_async (managers[i], NULL, halter_job, &halters[i], NULL);
          }
        for (int i = 0; i < n; i++)
          {
            g_assert_true (thr_thread_manager_wait_idle (managers[i], thr_test_deadline (), NULL, NULL));
            g_assert_error (thr_thread_wrapper_get_error (jobs[i]), THR_ERROR, THR_ERROR_HALTED);
            g_assert_false (thr_thread_manager_get_started (managers[i]));
          }
        thr_test_drain (); /* of the references that the halts took */
        thr_test_drain ();
        for (int i = 0; i < n; i++)
          {
            g_assert_finalize_object (jobs[i]);
            g_assert_finalize_object (managers[i]);
          }
      }
}

typedef struct
{
  int n_calls;
  gboolean ok;
  GError *error;
  int n_closed; /* when it was called */
} Shutdown;

static int n_closed;

static void
closed_cb (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  n_closed++;
}

static void
shutdown_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Shutdown *self = user_data;

  self->n_calls++;
  self->n_closed = n_closed;
  self->ok = thr_thread_manager_shutdown_finish (THR_THREAD_MANAGER (source), result, &self->error);
  g_assert_cmpint (self->ok, ==, self->error == NULL);
}

static void
test_shutdown_async (void)
{
  for (ThrShutdownMode mode = THR_SHUTDOWN_MODE_DRAIN; mode <= THR_SHUTDOWN_MODE_HALT; mode++)
    {
      ThrTestBusy busy;
      ThrThreadWrapper *jobs[21], *late;
      Spinner spinner = { 0 };
      Shutdown first = { 0 };
      Shutdown second = { 0 };
      gboolean drain = mode == THR_SHUTDOWN_MODE_DRAIN;

      thr_test_busy_init (&busy);
      g_signal_connect (busy.manager, "unhandled-error", G_CALLBACK (unhandled_cb), NULL);
      thr_thread_manager_set_thread_limit (busy.manager, 2, NULL);
      n_closed = 0;
      jobs[0] = thr_thread_manager_do_async (busy.manager, NULL, drain ? thr_test_job_return : spin_job,
                                             &spinner, NULL);
      if (!drain)
        thr_test_gate_wait (&spinner.begun);
      for (guint i = 1; i < 20; i++)
        jobs[i] = thr_thread_manager_do_async (busy.manager, NULL, thr_test_job_return, NULL, NULL);
      if (drain)
        jobs[20] = thr_thread_manager_do_async (busy.manager, NULL, thr_test_job_return, NULL, NULL);
      else
        jobs[20] = thr_thread_manager_do_manual (busy.manager, NULL);
      for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
        thr_thread_wrapper_set_on_end (jobs[i], closed_cb, NULL, NULL);

      thr_thread_manager_shutdown_async (busy.manager, mode, THR_FOREVER, NULL, shutdown_cb, &first);
      thr_thread_manager_shutdown_async (busy.manager, mode, THR_FOREVER, NULL, shutdown_cb, &second);
      g_assert_cmpint (first.n_calls, ==, 0);
      late = thr_thread_manager_do_async (busy.manager, NULL, must_not_run, NULL, NULL);
      thr_thread_wrapper_set_on_fail (late, take_failure, NULL, NULL);
      thr_test_run_until_closed (late);
      g_assert_error (thr_thread_wrapper_get_error (late), THR_ERROR, THR_ERROR_STOPPED);
      g_assert_cmpint (first.n_calls + second.n_calls, ==, 0);
      thr_test_busy_open (&busy);
      thr_test_run_until (first.n_calls > 0 && second.n_calls > 0);
      g_assert_no_error (first.error);
      g_assert_no_error (second.error);
      g_assert_cmpint (first.n_closed, ==, G_N_ELEMENTS (jobs));
      assert_nothing_left (busy.manager);
      g_assert_false (thr_thread_manager_get_started (busy.manager));

      for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
        {
          const GError *error = thr_thread_wrapper_get_error (jobs[i]);

          if (drain)
            g_assert_no_error (error);
          else if (i > 0 && i < 20)
            g_assert_nonnull (error);
          else if (mode == THR_SHUTDOWN_MODE_CANCEL)
            g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          else
            g_assert_error (error, THR_ERROR, THR_ERROR_HALTED);
          g_assert_finalize_object (jobs[i]);
        }
      thr_test_drain ();
      g_assert_cmpint (first.n_calls + second.n_calls, ==, 2);
      g_assert_finalize_object (late);
      thr_test_busy_clear (&busy);
      thr_test_gate_clear (&spinner.begun);
    }
}

/* What a watch would have started next is drained with the rest. */
static void
test_shutdown_async_drain_watched (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *jobs[5];
  Shutdown shutdown = { 0 };

  thr_test_busy_init (&busy);
  g_assert_true (thr_thread_manager_watch (busy.manager, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      jobs[i] = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
      g_assert_true (thr_thread_manager_append (busy.manager, jobs[i], NULL));
    }
  thr_thread_manager_shutdown_async (busy.manager, THR_SHUTDOWN_MODE_DRAIN, THR_FOREVER, NULL, shutdown_cb, &shutdown);
  thr_test_busy_open (&busy);
  thr_test_run_until (shutdown.n_calls == 1);
  g_assert_no_error (shutdown.error);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      g_assert_no_error (thr_thread_wrapper_get_error (jobs[i]));
      g_assert_finalize_object (jobs[i]);
    }
  thr_test_busy_clear (&busy);
}

static void
test_shutdown_async_fails (void)
{
  ThrTestBusy busy;
  Shutdown bad = { 0 };
  Shutdown no_patience = { 0 };
  Shutdown short_patience = { 0 };
  Shutdown cancelled = { 0 };
  Shutdown last = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  thr_test_busy_init (&busy);
  thr_thread_wrapper_set_name (busy.blocker, "the deaf one");
  thr_thread_manager_shutdown_async (busy.manager, THR_SHUTDOWN_MODE_HALT, -1, NULL, shutdown_cb, &bad);
  g_assert_cmpint (bad.n_calls, ==, 0);
  thr_test_run_until (bad.n_calls == 1);
  g_assert_error (bad.error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_assert_true (thr_thread_manager_get_started (busy.manager));
  g_assert_false (thr_thread_wrapper_get_halted (busy.blocker));

  thr_thread_manager_shutdown_async (busy.manager, THR_SHUTDOWN_MODE_DRAIN, 10000, NULL, shutdown_cb, &short_patience);
  thr_thread_manager_shutdown_async (busy.manager, THR_SHUTDOWN_MODE_DRAIN, 0, NULL, shutdown_cb, &no_patience);
  thr_thread_manager_shutdown_async (busy.manager, THR_SHUTDOWN_MODE_DRAIN, THR_FOREVER, cancellable,
                                     shutdown_cb, &cancelled);
  g_assert_false (thr_thread_manager_get_started (busy.manager));
  thr_test_run_until (no_patience.n_calls == 1 && short_patience.n_calls == 1);
  g_assert_error (no_patience.error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_error (short_patience.error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (short_patience.error->message, "the deaf one"));
  g_assert_cmpint (cancelled.n_calls, ==, 0);
  g_cancellable_cancel (cancellable);
  thr_test_run_until (cancelled.n_calls == 1);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* Later, and with a stronger word, it succeeds. */
  thr_thread_manager_shutdown_async (busy.manager, THR_SHUTDOWN_MODE_HALT, thr_test_deadline (), NULL,
                                     shutdown_cb, &last);
  g_assert_true (thr_thread_wrapper_get_halted (busy.blocker));
  thr_test_busy_open (&busy);
  thr_test_run_until (last.n_calls == 1);
  g_assert_no_error (last.error);
  assert_nothing_left (busy.manager);
  thr_test_drain ();
  g_assert_cmpint (bad.n_calls + no_patience.n_calls + short_patience.n_calls + cancelled.n_calls, ==, 4);

  g_clear_error (&bad.error);
  g_clear_error (&no_patience.error);
  g_clear_error (&short_patience.error);
  g_clear_error (&cancelled.error);
  thr_test_busy_clear (&busy);
}

/* With nothing to do, it still answers later, and can be started again. */
static void
test_shutdown_async_idle (void)
{
  for (ThrShutdownMode mode = THR_SHUTDOWN_MODE_DRAIN; mode <= THR_SHUTDOWN_MODE_HALT; mode++)
    {
      ThrThreadManager *manager = manager_new ();
      Shutdown shutdown = { 0 };
      ThrThreadWrapper *job;

      thr_thread_manager_shutdown_async (manager, mode, 0, NULL, shutdown_cb, &shutdown);
      g_assert_cmpint (shutdown.n_calls, ==, 0);
      thr_test_run_until (shutdown.n_calls == 1);
      g_assert_no_error (shutdown.error);
      thr_thread_manager_start (manager);
      job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
      g_assert_finalize_object (job);
      g_assert_finalize_object (manager);
    }
}

static void
take_the_turn (ThrThreadWrapper *thread,
               const GValue     *result,
               gpointer          user_data)
{
  gint64 until = g_get_monotonic_time () + 2 * THR_DISPATCH_BUDGET;

  while (g_get_monotonic_time () < until)
    continue;
}

/* What was over before the time was is over, also where another job's callback
 * takes the turn in which that would be told. */
static void
test_shutdown_async_in_time (void)
{
  ThrThreadManager *other = manager_new (), *manager = manager_new ();
  ThrThreadWrapper *job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  Shutdown shutdown = { 0 };

  thr_thread_wrapper_set_on_success (job, take_the_turn, NULL, NULL);
  g_assert_true (thr_thread_manager_submit (other, job, NULL));
  thr_test_block_until (thr_thread_wrapper_get_finished_with (job) != THR_EXECUTION_STATE_CREATED);
  thr_thread_manager_shutdown_async (manager, THR_SHUTDOWN_MODE_DRAIN, 0, NULL, shutdown_cb, &shutdown);
  thr_test_run_until (shutdown.n_calls == 1);
  g_assert_no_error (shutdown.error);

  thr_test_finalize_soon (job);
  thr_test_finalize_soon (manager);
  thr_test_finalize_soon (other);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/shutdown/stop", test_stop);
  g_test_add_func ("/shutdown/stop-sliced-and-manual", test_stop_sliced_and_manual);
  g_test_add_func ("/shutdown/halt", test_halt);
  g_test_add_func ("/shutdown/halt-times-out", test_halt_times_out);
  g_test_add_func ("/shutdown/halt-from-thread", test_halt_from_thread);
  g_test_add_func ("/shutdown/halt-from-callback", test_halt_from_callback);
  g_test_add_func ("/shutdown/halt-from-jobs", test_halt_from_jobs);
  g_test_add_func ("/shutdown/async", test_shutdown_async);
  g_test_add_func ("/shutdown/async-drain-watched", test_shutdown_async_drain_watched);
  g_test_add_func ("/shutdown/async-fails", test_shutdown_async_fails);
  g_test_add_func ("/shutdown/async-idle", test_shutdown_async_idle);
  g_test_add_func ("/shutdown/async-in-time", test_shutdown_async_in_time);

  return g_test_run ();
}
