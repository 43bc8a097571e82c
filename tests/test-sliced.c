/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

#define SUCCEEDED "RUNNING RETURNED on_success succeeded FINISHING on_end ended CLOSED"
#define FAILED "RUNNING EXCEPTION on_fail failed FINISHING on_end ended CLOSED"
#define NEVER_RAN "EXCEPTION on_fail failed FINISHING on_end ended CLOSED"

static ThrTestRecorder *
record_all (ThrThreadWrapper *thread)
{
  ThrTestRecorder *recorder = thr_test_recorder_new (thread);

  thr_test_recorder_watch_signals (recorder, thread);
  thr_test_recorder_watch_callbacks (recorder, thread);

  return recorder;
}

typedef struct
{
  GThread *home;
  int n_steps;
  int wanted;
  gboolean failing;
  gint64 step_usec;
  gboolean inside;
} Slices;

#define SLICES(n) \
  { \
    g_thread_self (), 0, n, FALSE, 0, FALSE \
  }

static gboolean
slice_func (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Slices *slices = user_data;
  gint64 until = g_get_monotonic_time () + slices->step_usec;

  g_assert_true (g_thread_self () == slices->home);
  g_assert_true (thr_thread_wrapper_get_current () == thread);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RUNNING);
  g_assert_false (slices->inside);
  slices->inside = TRUE;
  slices->n_steps++;
  thr_thread_wrapper_set_progress (thread, (double) slices->n_steps / slices->wanted);
  while (slices->step_usec > 0 && g_get_monotonic_time () < until)
    ;
  slices->inside = FALSE;
  if (slices->n_steps < slices->wanted)
    return G_SOURCE_CONTINUE;

  if (slices->failing)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "no more");
  else
    g_assert_true (thr_thread_wrapper_return_int (thread, slices->n_steps, error));

  return G_SOURCE_REMOVE;
}

/* Run by the main loop, by a join, by wait_idle(): always at home. */
static void
test_runs (void)
{
  enum
  {
    BY_LOOP,
    BY_JOIN,
    BY_WAIT_IDLE,
    N_WAYS
  };
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (int way = BY_LOOP; way < N_WAYS; way++)
    for (int failing = 0; failing < 2; failing++)
      {
        Slices slices = SLICES (500);
        ThrThreadWrapper *job;
        ThrTestRecorder *recorder;
        ThrTestHome home;
        g_autoptr (GError) error = NULL;

        slices.failing = failing;
        thr_test_home_init (&home);
        job = thr_thread_manager_do_sliced (manager, "sliced", slice_func, &slices, NULL);
        recorder = record_all (job);
        g_assert_cmpint (slices.n_steps, ==, 0);
        g_assert_true (thr_thread_manager_get_busy (manager));
        if (way == BY_LOOP)
          thr_test_run_until (thr_test_recorder_is_closed (recorder));
        if (way == BY_WAIT_IDLE)
          g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
        g_assert_cmpint (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, &error), ==, !failing);
        g_assert_cmpstr (thr_test_recorder_get (recorder), ==, failing ? FAILED : SUCCEEDED);
        g_assert_cmpint (slices.n_steps, ==, 500);
        if (failing)
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
        else
          g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (job)), ==, 500);
        g_assert_cmpfloat (thr_thread_wrapper_get_progress (job), ==, 1.0);
        g_assert_null (thr_thread_wrapper_get_current ());
        thr_test_drain ();
        g_assert_cmpint (slices.n_steps, ==, 500);
        thr_test_recorder_unref (recorder);
        g_assert_finalize_object (job);
      }

  g_assert_finalize_object (manager);
}

/* Takes no thread, and no place of the limit. */
static void
test_no_thread (void)
{
  ThrTestBusy busy;
  Slices slices = SLICES (10);
  ThrThreadWrapper *sliced, *manual;

  thr_test_busy_init (&busy);
  sliced = thr_thread_manager_do_sliced (busy.manager, NULL, slice_func, &slices, NULL);
  manual = thr_thread_manager_do_manual (busy.manager, NULL);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (manual), ==, THR_EXECUTION_STATE_RUNNING);
  g_assert_true (thr_thread_wrapper_join (sliced, thr_test_deadline (), NULL, NULL));
  g_assert_true (thr_thread_wrapper_return_int (manual, 0, NULL));
  thr_test_run_until_closed (manual);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);

  g_assert_finalize_object (sliced);
  g_assert_finalize_object (manual);
  thr_test_busy_clear (&busy);
}

static gpointer
join_in_thread (gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_wrapper_join (data, thr_test_deadline (), NULL, &error));
  g_assert_no_error (error);

  return NULL;
}

/* Joined by another thread, and by a job, while the owner's loop steps it. */
static gboolean
join_in_job (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  return thr_thread_wrapper_join (user_data, thr_test_deadline (), NULL, error);
}

static void
test_joined_elsewhere (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Slices slices = SLICES (100);
  ThrThreadWrapper *sliced = thr_thread_manager_do_sliced (manager, NULL, slice_func, &slices, NULL);
  GThread *thread = g_thread_new ("join", join_in_thread, sliced);
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, join_in_job, sliced, NULL);

  g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
  g_thread_join (thread);
  g_assert_cmpint (slices.n_steps, ==, 100);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (job);
  g_assert_finalize_object (sliced);
  g_assert_finalize_object (manager);
}

static gboolean
count_cb (gpointer user_data)
{
  ++*(int *) user_data;

  return G_SOURCE_CONTINUE;
}

/* Long work of several jobs, in short steps: each has its share, and frames
 * are drawn and timers fire meanwhile. */
static void
test_interleave (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Slices slices[3] = { SLICES (300), SLICES (300), SLICES (300) };
  ThrThreadWrapper *jobs[3];
  int n_frames = 0;
  int n_ticks = 0;
  guint frames = g_idle_add_full (G_PRIORITY_HIGH_IDLE + 20, count_cb, &n_frames, NULL);
  guint ticks = g_timeout_add (5, count_cb, &n_ticks);

  for (int i = 0; i < 3; i++)
    {
      slices[i].step_usec = 200;
      jobs[i] = thr_thread_manager_do_sliced (manager, NULL, slice_func, &slices[i], NULL);
    }
  thr_test_run_until (slices[0].n_steps >= 150);
  g_assert_cmpint (slices[1].n_steps, >, 0);
  g_assert_cmpint (slices[2].n_steps, >, 0);
  g_assert_cmpint (n_frames, >, 0);
  g_assert_cmpint (n_ticks, >, 0);
  thr_test_run_until (slices[0].n_steps == 300 && slices[1].n_steps == 300 && slices[2].n_steps == 300);
  /* 900 steps of 200 µs: 90 times the budget of a dispatch. */
  g_assert_cmpint (n_frames, >=, 10);
  g_assert_cmpint (n_ticks, >=, 5);
  g_source_remove (frames);
  g_source_remove (ticks);

  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  for (int i = 0; i < 3; i++)
    g_assert_finalize_object (jobs[i]);
  g_assert_finalize_object (manager);
}

/* One step that takes far longer than the budget; others go on around it. */
static void
test_slow_step (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Slices slow = SLICES (3);
  Slices quick = SLICES (1000);
  ThrThreadWrapper *jobs[2];

  slow.step_usec = 20000;
  jobs[0] = thr_thread_manager_do_sliced (manager, NULL, slice_func, &slow, NULL);
  jobs[1] = thr_thread_manager_do_sliced (manager, NULL, slice_func, &quick, NULL);
  thr_test_run_until (slow.n_steps == 3 && quick.n_steps == 1000);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (jobs[0]);
  g_assert_finalize_object (jobs[1]);
  g_assert_finalize_object (manager);
}

/* One that never ends: who waits with a time-out still gets away. */
static void
test_endless (void)
{
  ThrTestBusy busy;
  Slices slices = SLICES (G_MAXINT);
  ThrThreadWrapper *endless;
  g_autoptr (GError) error = NULL;

  thr_test_busy_init (&busy);
  endless = thr_thread_manager_do_sliced (busy.manager, "endless", slice_func, &slices, NULL);
  g_assert_false (thr_thread_wrapper_join (busy.blocker, 20000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_false (thr_thread_wrapper_join (endless, 20000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_false (thr_thread_manager_wait_idle (busy.manager, 20000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_cmpint (slices.n_steps, >, 0);

  thr_test_busy_open (&busy);
  g_assert_true (thr_thread_manager_halt (busy.manager, thr_test_deadline (), &error));
  g_assert_no_error (error);
  thr_test_drain ();
  g_assert_error (thr_thread_wrapper_get_error (endless), THR_ERROR, THR_ERROR_HALTED);
  g_assert_finalize_object (endless);
  thr_test_busy_clear (&busy);
}

static void
test_paused (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Slices slices = SLICES (1000000);
  Slices other = SLICES (100);
  ThrThreadWrapper *job = thr_thread_manager_do_sliced (manager, NULL, slice_func, &slices, NULL);
  ThrThreadWrapper *other_job;
  g_autoptr (GError) error = NULL;
  int n;

  thr_test_run_until (slices.n_steps >= 5);
  thr_thread_wrapper_pause (job);
  g_assert_true (thr_thread_wrapper_get_paused (job));
  n = slices.n_steps;
  other_job = thr_thread_manager_do_sliced (manager, NULL, slice_func, &other, NULL);
  g_assert_true (thr_thread_wrapper_join (other_job, thr_test_deadline (), NULL, NULL));
  thr_test_drain ();
  g_assert_false (thr_thread_wrapper_join (job, 5000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_cmpint (slices.n_steps, ==, n);
  g_assert_true (thr_thread_manager_get_busy (manager));

  thr_thread_wrapper_resume (job);
  thr_test_run_until (slices.n_steps > n);

  /* Cancelled while paused: it ends, without another step. */
  thr_thread_wrapper_pause (job);
  n = slices.n_steps;
  thr_thread_wrapper_cancel (job);
  thr_test_run_until_closed (job);
  g_assert_cmpint (slices.n_steps, ==, n);
  g_assert_error (thr_thread_wrapper_get_error (job), G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_finalize_object (other_job);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* It is not begun while its manager is paused, whatever is asked of itself. */
static void
test_paused_manager (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Slices slices = SLICES (1), unwanted = SLICES (1);
  ThrThreadWrapper *job, *stopped;

  thr_thread_manager_set_paused (manager, TRUE);
  job = thr_thread_manager_do_sliced (manager, NULL, slice_func, &slices, NULL);
  thr_thread_wrapper_pause (job);
  thr_thread_wrapper_resume (job);
  thr_test_drain ();
  g_assert_cmpint (slices.n_steps, ==, 0);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, THR_EXECUTION_STATE_CREATED);
  thr_thread_manager_set_paused (manager, FALSE);
  thr_test_run_until_closed (job);
  g_assert_cmpint (slices.n_steps, ==, 1);

  /* Nor when it is to end. */
  thr_thread_manager_set_paused (manager, TRUE);
  stopped = thr_thread_manager_do_sliced (manager, NULL, slice_func, &unwanted, NULL);
  thr_thread_wrapper_pause (stopped);
  thr_thread_wrapper_resume (stopped);
  thr_thread_manager_stop (manager);
  g_assert_true (thr_thread_manager_halt (manager, thr_test_deadline (), NULL));
  g_assert_error (thr_thread_wrapper_get_error (stopped), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_cmpint (unwanted.n_steps, ==, 0);

  g_assert_finalize_object (stopped);
  g_assert_finalize_object (job);
  thr_test_finalize_soon (manager);
}

/* Ended from outside: by cancel, by halt, by the manager's halt. */
static void
test_ended (void)
{
  enum
  {
    CANCEL,
    HALT,
    MANAGER_HALT,
    CANCEL_UNBEGUN,
    N_WAYS
  };
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (int way = CANCEL; way < N_WAYS; way++)
    {
      Slices slices = SLICES (G_MAXINT);
      ThrThreadWrapper *job;
      ThrTestRecorder *recorder;
      int n;

      thr_thread_manager_start (manager);
      job = thr_thread_manager_do_sliced (manager, NULL, slice_func, &slices, NULL);
      recorder = record_all (job);
      if (way != CANCEL_UNBEGUN)
        thr_test_run_until (slices.n_steps >= 5);
      n = slices.n_steps;
      if (way == MANAGER_HALT)
        g_assert_true (thr_thread_manager_halt (manager, thr_test_deadline (), NULL));
      else if (way == HALT)
        thr_thread_wrapper_halt (job);
      else
        thr_thread_wrapper_cancel (job);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_assert_cmpint (slices.n_steps, ==, n);
      if (way == CANCEL || way == CANCEL_UNBEGUN)
        g_assert_error (thr_thread_wrapper_get_error (job), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_error (thr_thread_wrapper_get_error (job), THR_ERROR, THR_ERROR_HALTED);
      if (way != CANCEL_UNBEGUN)
        g_assert_cmpstr (thr_test_recorder_get (recorder), ==, FAILED);
      else if (g_str_has_prefix (thr_test_recorder_get (recorder), "RUNNING"))
        g_assert_cmpstr (thr_test_recorder_get (recorder), ==, FAILED);
      else
        g_assert_cmpstr (thr_test_recorder_get (recorder), ==, NEVER_RAN);
      thr_test_recorder_unref (recorder);
      g_assert_finalize_object (job);
    }

  g_assert_finalize_object (manager);
}

/* In a handler that tells of it, a job makes no steps: nobody may wait there for
 * what has not ended. */
static void
join_when_running (ThrThreadWrapper *thread,
                   GParamSpec       *pspec,
                   gpointer          user_data)
{
  g_autoptr (GError) error = NULL;

  if (thr_thread_wrapper_get_execution_state (thread) != THR_EXECUTION_STATE_RUNNING)
    return;

  g_assert_false (thr_thread_wrapper_join (thread, G_USEC_PER_SEC, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
  ++*(int *) user_data;
}

static void
test_running_handler (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Slices slices = SLICES (10);
  ThrThreadWrapper *sliced = thr_thread_manager_do_sliced (manager, NULL, slice_func, &slices, NULL);
  ThrThreadWrapper *manual = thr_thread_manager_do_manual (manager, NULL);
  int n_refused = 0;

  g_signal_connect (sliced, "notify::execution-state", G_CALLBACK (join_when_running), &n_refused);
  g_signal_connect (manual, "notify::execution-state", G_CALLBACK (join_when_running), &n_refused);
  thr_test_run_until (n_refused == 2 && slices.n_steps == 10);
  g_assert_true (thr_thread_wrapper_return_boolean (manual, TRUE, NULL));
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (sliced);
  g_assert_finalize_object (manual);
  g_assert_finalize_object (manager);
}

/* A step that asks for its own end, and one that has a checkpoint. */
static gboolean
cancel_own (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  int *n_steps = user_data;

  ++*n_steps;
  thr_thread_wrapper_cancel (thread);

  return thr_thread_wrapper_checkpoint (thread, error);
}

static gboolean
drop_own (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  g_object_unref (thread);

  return G_SOURCE_REMOVE;
}

static void
test_own (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job;
  ThrTestHome home;
  int n_steps = 0;

  job = thr_thread_manager_do_sliced (manager, NULL, cancel_own, &n_steps, NULL);
  thr_test_run_until_closed (job);
  g_assert_cmpint (n_steps, ==, 1);
  g_assert_error (thr_thread_wrapper_get_error (job), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_finalize_object (job);

  thr_test_home_init (&home);
  job = thr_thread_manager_do_sliced (manager, NULL, drop_own, NULL, NULL);
  thr_test_home_watch (&home, job);
  thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (manager);
}

/* A main loop inside a step does not enter the same job again. */
static gboolean
nested_loop (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Slices *others = user_data;

  g_assert_false (others[1].inside);
  others[1].inside = TRUE;
  thr_test_run_until (others[0].n_steps == others[0].wanted);
  thr_test_drain ();
  others[1].inside = FALSE;

  return ++others[1].n_steps < 3;
}

static void
test_nested_loop (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Slices others[2] = { SLICES (200), SLICES (3) };
  ThrThreadWrapper *nesting = thr_thread_manager_do_sliced (manager, NULL, nested_loop, others, NULL);
  ThrThreadWrapper *other = thr_thread_manager_do_sliced (manager, NULL, slice_func, others, NULL);

  thr_test_run_until_closed (nesting);
  g_assert_cmpint (others[1].n_steps, ==, 3);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (nesting);
  g_assert_finalize_object (other);
  g_assert_finalize_object (manager);
}

static gpointer
return_in_thread (gpointer data)
{
  return GINT_TO_POINTER (thr_thread_wrapper_return_int (data, 6, NULL));
}

/* A manual job is ended once, by whoever comes first. */
static void
test_manual (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  guint n = thr_test_scale (300, 30);

  for (guint i = 0; i < n; i++)
    {
      ThrThreadWrapper *job = thr_thread_manager_do_manual (manager, "manual");
      ThrTestRecorder *recorder = record_all (job);
      g_autoptr (GError) error = NULL;
      GThread *threads[3];
      int n_won = 0;

      g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, THR_EXECUTION_STATE_RUNNING);
      for (guint t = 0; t < G_N_ELEMENTS (threads); t++)
        threads[t] = g_thread_new ("return", return_in_thread, job);
      if (i % 2)
        thr_thread_wrapper_cancel (job);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      for (guint t = 0; t < G_N_ELEMENTS (threads); t++)
        n_won += GPOINTER_TO_INT (g_thread_join (threads[t]));
      g_assert_false (thr_thread_wrapper_return_int (job, 1, &error));
      g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
      g_assert_nonnull (strstr (error->message, "manual"));

      if (n_won == 1)
        {
          g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (job)), ==, 6);
          g_assert_cmpstr (thr_test_recorder_get (recorder), ==, SUCCEEDED);
        }
      else
        {
          g_assert_cmpint (n_won, ==, 0);
          g_assert_cmpint (i % 2, ==, 1);
          g_assert_error (thr_thread_wrapper_get_error (job), G_IO_ERROR, G_IO_ERROR_CANCELLED);
          g_assert_cmpstr (thr_test_recorder_get (recorder), ==, FAILED);
        }
      thr_test_recorder_unref (recorder);
      thr_test_drain ();
      g_assert_finalize_object (job);
    }

  g_assert_finalize_object (manager);
}

/* One that a stopped manager refuses has ended: nobody can end it again. */
static void
test_manual_refused (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autoptr (GError) error = NULL;
  ThrThreadWrapper *job;
  ThrTestRecorder *recorder;

  thr_thread_manager_stop (manager);
  job = thr_thread_manager_do_manual (manager, NULL);
  recorder = thr_test_recorder_new (job);
  thr_test_recorder_watch_callbacks (recorder, job);
  g_assert_false (thr_thread_wrapper_return_int (job, 7, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_clear_error (&error);
  g_assert_error (thr_thread_wrapper_get_error (job), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_false (thr_thread_wrapper_return_error (job, thr_thread_wrapper_get_error (job), &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  thr_thread_wrapper_halt (job);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "EXCEPTION on_fail FINISHING on_end CLOSED");

  thr_test_recorder_unref (recorder);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

static void
test_manual_failure (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_manual (manager, NULL);
  g_autoptr (ThrTestRecorder) recorder = record_all (job);
  g_autoptr (GError) failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, "line dead");

  g_assert_true (thr_thread_wrapper_return_error (job, failure, NULL));
  g_assert_false (thr_thread_wrapper_return_boolean (job, TRUE, NULL));
  g_assert_false (thr_thread_wrapper_return_error (job, failure, NULL));
  thr_thread_wrapper_cancel (job);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, FAILED);
  g_assert_error (thr_thread_wrapper_get_error (job), G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sliced/runs", test_runs);
  g_test_add_func ("/sliced/no-thread", test_no_thread);
  g_test_add_func ("/sliced/joined-elsewhere", test_joined_elsewhere);
  g_test_add_func ("/sliced/interleave", test_interleave);
  g_test_add_func ("/sliced/slow-step", test_slow_step);
  g_test_add_func ("/sliced/endless", test_endless);
  g_test_add_func ("/sliced/paused", test_paused);
  g_test_add_func ("/sliced/paused-manager", test_paused_manager);
  g_test_add_func ("/sliced/ended", test_ended);
  g_test_add_func ("/sliced/running-handler", test_running_handler);
  g_test_add_func ("/sliced/own", test_own);
  g_test_add_func ("/sliced/nested-loop", test_nested_loop);
  g_test_add_func ("/sliced/manual", test_manual);
  g_test_add_func ("/sliced/manual-failure", test_manual_failure);
  g_test_add_func ("/sliced/manual-refused", test_manual_refused);

  return g_test_run ();
}
