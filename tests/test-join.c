/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

#define SUCCEEDED "RUNNING RETURNED on_success succeeded FINISHING on_end ended CLOSED"
#define FAILED "RUNNING EXCEPTION on_fail failed FINISHING on_end ended CLOSED"

static ThrTestRecorder *
record_all (ThrThreadWrapper *thread)
{
  ThrTestRecorder *recorder = thr_test_recorder_new (thread);

  thr_test_recorder_watch_signals (recorder, thread);
  thr_test_recorder_watch_callbacks (recorder, thread);

  return recorder;
}

static void
assert_join (ThrThreadWrapper *job,
             gint64            timeout,
             GCancellable     *cancellable,
             GQuark            domain,
             int               code)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = thr_thread_wrapper_join (job, timeout, cancellable, &error);

  if (domain == 0)
    {
      g_assert_no_error (error);
      g_assert_true (ok);
    }
  else
    {
      g_assert_error (error, domain, code);
      g_assert_false (ok);
      g_assert_cmpuint (strlen (error->message), >, 0);
    }
}

#define assert_joined(job) assert_join (job, thr_test_deadline (), NULL, 0, 0)
#define assert_join_fails(job, timeout, code) assert_join (job, timeout, NULL, THR_ERROR, code)

/* No main loop runs: what was to be called was called by the join. */
static void
test_owner (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (int failing = 0; failing < 2; failing++)
    for (int timeout = 0; timeout < 2; timeout++)
      {
        ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL,
                                                             failing ? thr_test_job_fail : thr_test_job_return,
                                                             NULL, NULL);
        g_autoptr (ThrTestRecorder) recorder = record_all (job);

        for (int again = 0; again < 3; again++)
          {
            if (failing)
              assert_join (job, timeout ? thr_test_deadline () : THR_FOREVER, NULL, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
            else
              assert_join (job, timeout ? thr_test_deadline () : THR_FOREVER, NULL, 0, 0);
            g_assert_cmpstr (thr_test_recorder_get (recorder), ==, failing ? FAILED : SUCCEEDED);
            g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, THR_EXECUTION_STATE_CLOSED);
          }
        /* A closed one needs no waiting, and no patience. */
        if (failing)
          assert_join (job, 0, NULL, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
        else
          assert_join (job, 0, NULL, 0, 0);
        g_assert_finalize_object (job);
      }

  g_assert_finalize_object (manager);
}

static gboolean
count_cb (gpointer user_data)
{
  ++*(int *) user_data;

  return G_SOURCE_CONTINUE;
}

/* A join runs our deliveries, and none of the other sources. */
static void
test_owner_runs_no_sources (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  int n = 0;
  guint source = g_idle_add_full (G_PRIORITY_HIGH, count_cb, &n, NULL);

  for (int i = 0; i < 50; i++)
    {
      ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);

      assert_joined (job);
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, THR_EXECUTION_STATE_CLOSED);
      g_assert_finalize_object (job);
    }
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpint (n, ==, 0);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (n, ==, 1);

  g_source_remove (source);
  g_assert_finalize_object (manager);
}

/* Another job's callbacks may be called meanwhile, in the order they came. */
static void
test_owner_delivers_others (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *first, *second, *third;
  g_autoptr (ThrTestRecorder) recorder = NULL;

  thr_test_busy_init (&busy);
  first = thr_thread_manager_do_async (busy.manager, "first", thr_test_job_return, NULL, NULL);
  second = thr_thread_manager_do_async (busy.manager, "second", thr_test_job_fail, NULL, NULL);
  third = thr_thread_manager_do_async (busy.manager, "third", thr_test_job_return, NULL, NULL);
  recorder = thr_test_recorder_new (first);
  thr_test_recorder_watch_callbacks (recorder, second);
  thr_test_busy_open (&busy);
  assert_joined (third);
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED on_fail on_end");

  g_assert_finalize_object (third);
  g_assert_finalize_object (second);
  g_assert_finalize_object (first);
  g_assert_cmpstr (thr_test_recorder_get (busy.recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
  thr_test_busy_clear (&busy);
}

static gpointer
join_in_thread (gpointer data)
{
  GError *error = NULL;

  g_assert_cmpint (thr_thread_wrapper_join (data, thr_test_deadline (), NULL, &error), ==, error == NULL);

  return error;
}

/* On another thread, it does not wait for callbacks: here, for ourselves. */
static void
test_other_thread (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;

  for (int failing = 0; failing < 2; failing++)
    {
      ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL,
                                                           failing ? thr_test_job_fail : thr_test_job_gate,
                                                           &gate, NULL);
      g_autoptr (ThrTestRecorder) recorder = record_all (job);
      GThread *threads[3];

      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("join", join_in_thread, job);
      thr_test_gate_open (&gate);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        {
          g_autoptr (GError) error = g_thread_join (threads[i]);

          if (failing)
            g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
          else
            g_assert_no_error (error);
        }
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "");
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, failing ? FAILED : SUCCEEDED);
      g_assert_finalize_object (job);
    }

  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

static void
test_timeout (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *queued;
  g_autoptr (GError) error = NULL;
  gint64 began, took;

  thr_test_busy_init (&busy);
  queued = thr_thread_manager_do_async (busy.manager, "the queued one", thr_test_job_return, NULL, NULL);
  for (int i = 0; i < 2; i++)
    {
      ThrThreadWrapper *job = i == 0 ? busy.blocker : queued;
      g_autofree char *name = thr_thread_wrapper_dup_name (job);

      began = g_get_monotonic_time ();
      assert_join_fails (job, 0, THR_ERROR_TIMED_OUT);
      assert_join_fails (job, 1, THR_ERROR_TIMED_OUT);
      g_assert_cmpint (g_get_monotonic_time () - began, <, thr_test_deadline ());

      began = g_get_monotonic_time ();
      g_assert_false (thr_thread_wrapper_join (job, 20000, NULL, &error));
      took = g_get_monotonic_time () - began;
      g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
      g_assert_nonnull (strstr (error->message, name));
      g_clear_error (&error);
      g_assert_cmpint (took, >=, 20000);
      g_assert_cmpint (took, <, thr_test_deadline ());
    }
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (queued), ==, THR_EXECUTION_STATE_CREATED);
  g_assert_false (thr_thread_wrapper_join (queued, 0, NULL, NULL));

  thr_test_busy_open (&busy);
  assert_joined (queued);
  assert_joined (busy.blocker);
  g_assert_finalize_object (queued);
  thr_test_busy_clear (&busy);
}

/* With its end known, even no patience at all is enough to be CLOSED. */
static void
test_timeout_zero_of_ended (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  g_autoptr (ThrTestRecorder) recorder = record_all (job);

  thr_test_block_until (thr_thread_wrapper_get_finished_with (job) == THR_EXECUTION_STATE_RETURNED);
  g_thread_join (g_thread_new ("join", join_in_thread, job));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "");
  assert_join (job, 0, NULL, 0, 0);
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, SUCCEEDED);

  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* Longer than one dispatch may take. */
static void
dawdle (ThrThreadWrapper *thread,
        gpointer          user_data)
{
  gint64 end = g_get_monotonic_time () + 5000;

  while (g_get_monotonic_time () < end)
    ;
}

static void
test_timeout_zero_behind_others (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *jobs[3];

  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      jobs[i] = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      thr_thread_wrapper_set_on_end (jobs[i], dawdle, NULL, NULL);
      thr_test_block_until (thr_thread_wrapper_get_finished_with (jobs[i]) ==
                            THR_EXECUTION_STATE_RETURNED);
    }
  assert_join (jobs[2], 0, NULL, 0, 0);

  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    thr_test_finalize_soon (jobs[i]);
  thr_test_finalize_soon (manager);
}

typedef struct
{
  ThrThreadWrapper *job;
  GCancellable *cancellable;
  gint64 timeout;
  GError *error;
} Join;

static gpointer
join_cancellable_in_thread (gpointer data)
{
  Join *join = data;

  g_assert_false (thr_thread_wrapper_join (join->job, join->timeout, join->cancellable, &join->error));

  return NULL;
}

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_cancellable (void)
{
  ThrTestBusy busy;
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GCancellable) early = g_cancellable_new ();
  g_autoptr (GCancellable) unused = g_cancellable_new ();
  Join join = { 0 };
  GThread *thread;

  thr_test_busy_init (&busy);
  g_cancellable_cancel (cancelled);
  assert_join (busy.blocker, THR_FOREVER, cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* On another thread, and on the owner's. */
  join = (Join) { busy.blocker, early, THR_FOREVER, NULL };
  thread = g_thread_new ("join", join_cancellable_in_thread, &join);
  g_cancellable_cancel (early);
  g_thread_join (thread);
  g_assert_error (join.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&join.error);

  g_cancellable_reset (early);
  thread = g_thread_new ("cancel", cancel_in_thread, early);
  assert_join (busy.blocker, THR_FOREVER, early, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);

  /* The job took no notice. */
  thr_test_busy_open (&busy);
  assert_join (busy.blocker, thr_test_deadline (), unused, 0, 0);
  g_assert_cmpuint (G_OBJECT (unused)->ref_count, ==, 1);
  g_assert_cmpuint (G_OBJECT (early)->ref_count, ==, 1);
  thr_test_busy_clear (&busy);
}

static void
test_bad_input (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *fresh = thr_thread_wrapper_new ("the fresh one", thr_test_job_return, NULL, NULL);
  ThrThreadWrapper *cancelled = thr_thread_wrapper_new ("asked to cancel", thr_test_job_return, NULL, NULL);
  g_autoptr (GError) error = NULL;

  thr_test_busy_init (&busy);
  assert_join_fails (busy.blocker, -1, THR_ERROR_INVALID_ARGUMENT);
  assert_join_fails (busy.blocker, G_MININT64, THR_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);
  assert_join_fails (fresh, THR_FOREVER, THR_ERROR_INVALID_STATE);
  g_assert_false (thr_thread_wrapper_join (fresh, 0, NULL, &error));
  g_assert_nonnull (strstr (error->message, "the fresh one"));
  thr_thread_wrapper_cancel (cancelled);
  assert_join_fails (cancelled, THR_FOREVER, THR_ERROR_INVALID_STATE);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (fresh), ==, THR_EXECUTION_STATE_CREATED);

  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_assert_false (thr_thread_wrapper_join (NULL, 0, NULL, NULL));
  g_test_assert_expected_messages ();

  /* A time-out past the end of time is no overflow. */
  thr_test_busy_open (&busy);
  assert_join (busy.blocker, G_MAXINT64, NULL, 0, 0);
  g_assert_finalize_object (cancelled);
  g_assert_finalize_object (fresh);
  thr_test_busy_clear (&busy);
}

static gpointer
open_when_joined (gpointer data)
{
  ThrTestBusy *busy = data;

  thr_test_busy_open (busy);

  return NULL;
}

/* Appended: there is nobody but another thread to start it. */
static gpointer
run_in_thread (gpointer data)
{
  g_assert_true (thr_thread_manager_run (data, NULL));

  return NULL;
}

static void
test_not_started (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *appended = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  ThrThreadWrapper *held;
  GThread *thread;

  g_assert_true (thr_thread_manager_append (manager, appended, NULL));
  assert_join_fails (appended, 0, THR_ERROR_TIMED_OUT);
  assert_join_fails (appended, 1000, THR_ERROR_TIMED_OUT);
  thread = g_thread_new ("run", run_in_thread, manager);
  assert_joined (appended);
  g_thread_join (thread);

  thr_thread_manager_set_paused (manager, TRUE);
  held = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  assert_join_fails (held, 1000, THR_ERROR_TIMED_OUT);
  thr_thread_manager_set_paused (manager, FALSE);
  assert_joined (held);

  g_assert_finalize_object (held);
  g_assert_finalize_object (appended);
  g_assert_finalize_object (manager);
}

/* Several threads wait, the owner among them; each is woken. */
static void
test_many_waiters (void)
{
  ThrTestBusy busy;
  GThread *threads[8];
  GThread *opener;

  thr_test_busy_init (&busy);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("join", join_in_thread, busy.blocker);
  opener = g_thread_new ("open", open_when_joined, &busy);
  assert_joined (busy.blocker);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_null (g_thread_join (threads[i]));
  g_thread_join (opener);
  thr_test_busy_clear (&busy);
}

static gpointer
return_in_thread (gpointer data)
{
  g_assert_true (thr_thread_wrapper_return_int (data, 42, NULL));

  return NULL;
}

/* Who waits for a manual job on its owner thread waits for himself, as far as
 * anybody can know. */
static void
test_manual (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *manual = thr_thread_manager_do_manual (manager, "by hand");
  GThread *thread;

  assert_join_fails (manual, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (manual), ==, THR_EXECUTION_STATE_RUNNING);
  thread = g_thread_new ("join", join_in_thread, manual);
  g_assert_true (thr_thread_wrapper_return_int (manual, 42, NULL));
  g_assert_null (g_thread_join (thread));
  assert_join (manual, 0, NULL, 0, 0);
  g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (manual)), ==, 42);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (manual), ==, THR_EXECUTION_STATE_CLOSED);
  g_assert_finalize_object (manual);

  manual = thr_thread_manager_do_manual (manager, "by another hand");
  g_thread_join (g_thread_new ("return", return_in_thread, manual));
  assert_joined (manual);
  g_assert_finalize_object (manual);
  g_assert_finalize_object (manager);
}

static void
join_on_success (ThrThreadWrapper *thread,
                 const GValue     *result,
                 gpointer          user_data)
{
  g_assert_cmpint (g_value_get_int64 (result), ==, 5);
  assert_join (thread, THR_FOREVER, NULL, 0, 0);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RETURNED);
  ++*(int *) user_data;
}

static void
join_on_fail (ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
  assert_join (thread, THR_FOREVER, NULL, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_EXCEPTION);
  ++*(int *) user_data;
}

static void
join_on_end (ThrThreadWrapper *thread,
             gpointer          user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (thr_thread_wrapper_join (thread, THR_FOREVER, NULL, &error), ==, error == NULL);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_FINISHING);
  ++*(int *) user_data;
}

static void
join_on_notify (ThrThreadWrapper *thread,
                GParamSpec       *pspec,
                gpointer          user_data)
{
  if (thr_thread_wrapper_get_execution_state (thread) < THR_EXECUTION_STATE_RETURNED)
    return;

  thr_thread_wrapper_join (thread, THR_FOREVER, NULL, NULL);
  ++*(int *) user_data;
}

/* Inside its own callbacks and handlers, a join returns at once. */
static void
test_own_callbacks (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (int failing = 0; failing < 2; failing++)
    {
      ThrThreadWrapper *job = thr_thread_wrapper_new (NULL, failing ? thr_test_job_fail : thr_test_job_return_int,
                                                      GINT_TO_POINTER (5), NULL);
      int n = 0;

      thr_thread_wrapper_set_on_success (job, join_on_success, &n, NULL);
      thr_thread_wrapper_set_on_fail (job, join_on_fail, &n, NULL);
      thr_thread_wrapper_set_on_end (job, join_on_end, &n, NULL);
      g_signal_connect (job, "notify::execution-state", G_CALLBACK (join_on_notify), &n);
      g_assert_true (thr_thread_manager_submit (manager, job, NULL));
      thr_test_run_until_closed (job);
      g_assert_cmpint (n, ==, 5);
      g_assert_finalize_object (job);
    }

  g_assert_finalize_object (manager);
}

static void
join_other_on_success (ThrThreadWrapper *thread,
                       const GValue     *result,
                       gpointer          user_data)
{
  ThrThreadWrapper *other = user_data;

  assert_joined (other);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (other), ==, THR_EXECUTION_STATE_CLOSED);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RETURNED);
}

/* ...and another job's end is brought to it there, before or after its own. */
static void
test_other_callbacks (void)
{
  for (int came_before = 0; came_before < 2; came_before++)
    {
      ThrTestBusy busy;
      ThrThreadWrapper *job, *other;
      g_autoptr (ThrTestRecorder) recorder = NULL;
      g_autoptr (ThrTestRecorder) other_recorder = NULL;

      thr_test_busy_init (&busy);
      other = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
      job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
      thr_thread_wrapper_set_priority (other, came_before ? -1 : 1);
      recorder = thr_test_recorder_new (job);
      other_recorder = record_all (other);
      thr_thread_wrapper_set_on_success (job, join_other_on_success, other, NULL);
      g_assert_true (thr_thread_manager_submit (busy.manager, job, NULL));
      g_assert_true (thr_thread_manager_submit (busy.manager, other, NULL));
      thr_test_busy_open (&busy);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
      g_assert_cmpstr (thr_test_recorder_get (other_recorder), ==, SUCCEEDED);

      g_assert_finalize_object (job);
      g_assert_finalize_object (other);
      thr_test_busy_clear (&busy);
    }
}

typedef struct
{
  ThrThreadManager *manager;
  GMainContext *context;
  ThrThreadWrapper *lent;
  GThread *home;
  int n_ended;
} Lender;

static void
count_end (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  Lender *self = user_data;

  g_assert_true (g_thread_self () == self->home);
  self->n_ended++;
}

static gboolean
join_lent (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Lender *self = user_data;

  g_main_context_push_thread_default (self->context);
  self->lent = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  g_main_context_pop_thread_default (self->context);
  thr_thread_wrapper_set_on_end (self->lent, count_end, self, NULL);
  g_assert_true (thr_thread_manager_submit (self->manager, self->lent, NULL));
  assert_joined (self->lent);
  g_assert_cmpint (self->n_ended, ==, 0);
  return TRUE;
}

/* A background thread delivers for no context of somebody else's, even where it
 * was the first to use it and nobody iterates it just now. */
static void
test_lent_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Lender self = { thr_thread_manager_new (), context, NULL, g_thread_self (), 0 };
  ThrThreadWrapper *job;

  job = thr_thread_manager_do_async (self.manager, NULL, join_lent, &self, NULL);
  assert_joined (job);
  g_assert_cmpint (self.n_ended, ==, 0);

  g_main_context_push_thread_default (context);
  thr_test_run_until (self.n_ended == 1);
  thr_test_finalize_soon (self.lent);
  g_main_context_pop_thread_default (context);
  g_assert_finalize_object (job);
  g_assert_finalize_object (self.manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/join/owner", test_owner);
  g_test_add_func ("/join/owner-runs-no-sources", test_owner_runs_no_sources);
  g_test_add_func ("/join/owner-delivers-others", test_owner_delivers_others);
  g_test_add_func ("/join/other-thread", test_other_thread);
  g_test_add_func ("/join/timeout", test_timeout);
  g_test_add_func ("/join/timeout-zero-of-ended", test_timeout_zero_of_ended);
  g_test_add_func ("/join/timeout-zero-behind-others", test_timeout_zero_behind_others);
  g_test_add_func ("/join/cancellable", test_cancellable);
  g_test_add_func ("/join/bad-input", test_bad_input);
  g_test_add_func ("/join/not-started", test_not_started);
  g_test_add_func ("/join/many-waiters", test_many_waiters);
  g_test_add_func ("/join/manual", test_manual);
  g_test_add_func ("/join/lent-context", test_lent_context);
  g_test_add_func ("/join/own-callbacks", test_own_callbacks);
  g_test_add_func ("/join/other-callbacks", test_other_callbacks);

  return g_test_run ();
}
