/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* thr_thread_manager_wait_idle(), blocking and not. */

static void
count_end (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  ++*(int *) user_data;
}

static void
submit_counted (ThrThreadManager *manager,
                int               n,
                int              *n_ended)
{
  for (int i = 0; i < n; i++)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);

      thr_thread_wrapper_set_on_end (job, count_end, n_ended, NULL);
    }
}

static void
assert_wait (ThrThreadManager *manager,
             gint64            timeout,
             GCancellable     *cancellable,
             GQuark            domain,
             int               code)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = thr_thread_manager_wait_idle (manager, timeout, cancellable, &error);

  if (domain == 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, domain, code);
  g_assert_cmpint (ok, ==, domain == 0);
}

/* On the owner's thread, everything is delivered when it returns. */
static void
test_owner (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  int n_ended = 0;

  assert_wait (manager, 0, NULL, 0, 0);
  assert_wait (manager, THR_FOREVER, NULL, 0, 0);
  for (int round = 1; round <= 20; round++)
    {
      submit_counted (manager, 100, &n_ended);
      assert_wait (manager, round % 2 ? THR_FOREVER : thr_test_deadline (), NULL, 0, 0);
      g_assert_cmpint (n_ended, ==, round * 100);
    }

  g_assert_finalize_object (manager);
}

typedef struct
{
  ThrThreadManager *manager;
  GCancellable *cancellable;
  ThrTestGate begun;
  ThrTestGate over;
  gboolean ok;
  GError *error;
} Waiter;

static gpointer
wait_in_thread (gpointer data)
{
  Waiter *waiter = data;

  thr_test_gate_open (&waiter->begun);
  waiter->ok = thr_thread_manager_wait_idle (waiter->manager, thr_test_deadline (), waiter->cancellable,
                                             &waiter->error);

  return NULL;
}

/* Elsewhere, it returns when no function runs or waits to; the owner may be
 * waiting for this very thread. */
static void
test_thread (void)
{
  ThrTestBusy busy;
  Waiter waiter = { 0 };
  GThread *thread;
  int n_ended = 0;

  thr_test_busy_init (&busy);
  submit_counted (busy.manager, 50, &n_ended);
  waiter.manager = busy.manager;
  thread = g_thread_new ("wait", wait_in_thread, &waiter);
  thr_test_gate_wait (&waiter.begun);
  thr_test_busy_open (&busy);
  g_thread_join (thread);
  g_assert_no_error (waiter.error);
  g_assert_true (waiter.ok);
  g_assert_cmpint (n_ended, ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_running (busy.manager), ==, 0);
  thr_test_run_until (n_ended == 50);

  thr_test_busy_clear (&busy);
  thr_test_gate_clear (&waiter.begun);
}

/* When it returns, what the jobs gave is there; the same goes for n-running
 * after a join. */
static gpointer
look_in_thread (gpointer data)
{
  Waiter *waiter = data;
  int n = (int) thr_test_scale (5000, 200);

  for (int i = 0; i < n; i++)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_manager_do_async (waiter->manager, NULL, thr_test_job_return_int,
                                                                      GINT_TO_POINTER (i), NULL);

      if (i % 2)
        {
          assert_wait (waiter->manager, thr_test_deadline (), NULL, 0, 0);
          g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), >, THR_EXECUTION_STATE_RUNNING);
        }
      else
        {
          g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
          g_assert_cmpuint (thr_thread_manager_get_n_running (waiter->manager), ==, 0);
        }
      g_assert_cmpint (thr_thread_wrapper_get_finished_with (job), ==, THR_EXECUTION_STATE_RETURNED);
      g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (job)), ==, i);
    }
  thr_test_gate_open (&waiter->over);

  return NULL;
}

static void
test_thread_sees_results (void)
{
  Waiter waiter = { 0 };
  GThread *thread;

  waiter.manager = thr_thread_manager_new ();
  thread = g_thread_new ("look", look_in_thread, &waiter);
  thr_test_poll_until (thr_test_gate_is_open (&waiter.over));
  g_thread_join (thread);
  assert_wait (waiter.manager, thr_test_deadline (), NULL, 0, 0);
  g_assert_finalize_object (waiter.manager);
  thr_test_gate_clear (&waiter.over);
}

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_refused (void)
{
  ThrTestBusy busy;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Waiter waiter = { 0 };
  GThread *thread;
  gint64 began;

  thr_test_busy_init (&busy);
  assert_wait (busy.manager, -1, NULL, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  assert_wait (busy.manager, 0, NULL, THR_ERROR, THR_ERROR_TIMED_OUT);
  began = g_get_monotonic_time ();
  assert_wait (busy.manager, 20000, NULL, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - began, >=, 20000);

  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  assert_wait (busy.manager, THR_FOREVER, cancellable, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  assert_wait (busy.manager, THR_FOREVER, cancellable, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_cancellable_reset (cancellable);
  waiter.manager = busy.manager;
  waiter.cancellable = cancellable;
  thread = g_thread_new ("wait", wait_in_thread, &waiter);
  thr_test_gate_wait (&waiter.begun);
  g_cancellable_cancel (cancellable);
  g_thread_join (thread);
  g_assert_error (waiter.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&waiter.error);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);

  thr_test_busy_clear (&busy);
  thr_test_gate_clear (&waiter.begun);
}

static gboolean
wait_in_job (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  g_autoptr (ThrThreadManager) own = thr_thread_wrapper_dup_manager (thread);
  ThrThreadManager *other = user_data;
  gboolean deadlocks = own == other;

  assert_wait (other, thr_test_deadline (), NULL, deadlocks ? THR_ERROR : 0, THR_ERROR_WOULD_DEADLOCK);

  return TRUE;
}

static void
wait_in_callback (ThrThreadWrapper *thread,
                  gpointer          user_data)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (thread);

  assert_wait (manager, THR_FOREVER, NULL, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
  ++*(int *) user_data;
}

static gboolean
wait_in_step (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  wait_in_callback (thread, user_data);

  return G_SOURCE_REMOVE;
}

static void
test_would_deadlock (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadManager *other = thr_thread_manager_new ();
  ThrThreadWrapper *job;
  int n = 0;

  job = thr_thread_manager_do_async (manager, NULL, wait_in_job, manager, NULL);
  thr_thread_wrapper_set_on_end (job, wait_in_callback, &n, NULL);
  assert_wait (manager, thr_test_deadline (), NULL, 0, 0);
  g_assert_cmpint (thr_thread_wrapper_get_finished_with (job), ==, THR_EXECUTION_STATE_RETURNED);
  g_assert_cmpint (n, ==, 1);
  g_assert_finalize_object (job);

  /* In a step, and in a job for another manager, which is all right. */
  job = thr_thread_manager_do_sliced (manager, NULL, wait_in_step, &n, NULL);
  assert_wait (manager, thr_test_deadline (), NULL, 0, 0);
  g_assert_cmpint (n, ==, 2);
  g_assert_finalize_object (job);
  submit_counted (other, 10, &n);
  job = thr_thread_manager_do_async (manager, NULL, wait_in_job, other, NULL);
  g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
  assert_wait (other, thr_test_deadline (), NULL, 0, 0);
  g_assert_cmpint (n, ==, 12);

  g_assert_finalize_object (job);
  g_assert_finalize_object (other);
  g_assert_finalize_object (manager);
}

/* Each waits for the other's manager: one of the two is refused. */
typedef struct
{
  ThrThreadManager *other;
  int *n_running;
  gboolean refused;
} Mutual;

static gboolean
mutual_job (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Mutual *mutual = user_data;
  g_autoptr (GError) refused = NULL;

  g_atomic_int_inc (mutual->n_running);
  thr_test_block_until (g_atomic_int_get (mutual->n_running) == 2);
  mutual->refused = !thr_thread_manager_wait_idle (mutual->other, THR_FOREVER, NULL, &refused);
  if (mutual->refused)
    g_assert_error (refused, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);

  return TRUE;
}

static void
test_mutual (void)
{
  int rounds = (int) thr_test_scale (100, 10);

  for (int round = 0; round < rounds; round++)
    {
      ThrThreadManager *managers[2] = { thr_thread_manager_new (), thr_thread_manager_new () };
      ThrThreadWrapper *jobs[2];
      int n_running = 0;
      Mutual mutual[2] = { { managers[1], &n_running, FALSE }, { managers[0], &n_running, FALSE } };

      for (int i = 0; i < 2; i++)
        jobs[i] = thr_thread_manager_do_async (managers[i], NULL, mutual_job, &mutual[i], NULL);
      for (int i = 0; i < 2; i++)
        assert_wait (managers[i], thr_test_deadline (), NULL, 0, 0);
      g_assert_cmpint (mutual[0].refused + mutual[1].refused, ==, 1);
      for (int i = 0; i < 2; i++)
        {
          g_assert_finalize_object (jobs[i]);
          g_assert_finalize_object (managers[i]);
        }
    }
}

static void
wait_for_other_in_callback (ThrThreadWrapper *thread,
                            gpointer          user_data)
{
  assert_wait (user_data, thr_test_deadline (), NULL, 0, 0);
}

/* In a delivery of one manager, one may wait for another. */
static void
test_other_in_callback (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadManager *other = thr_thread_manager_new ();
  ThrThreadWrapper *job;
  int n_ended = 0;

  submit_counted (other, 20, &n_ended);
  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  thr_thread_wrapper_set_on_end (job, wait_for_other_in_callback, other, NULL);
  thr_test_run_until_closed (job);
  g_assert_cmpint (n_ended, ==, 20);

  g_assert_finalize_object (job);
  g_assert_finalize_object (other);
  g_assert_finalize_object (manager);
}

typedef struct
{
  int n_calls;
  GError *error;
  int *n_ended;
  int n_ended_then;
} Idle;

static void
idle_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Idle *idle = user_data;
  gboolean ok = thr_thread_manager_wait_idle_finish (THR_THREAD_MANAGER (source), result, &idle->error);

  g_assert_cmpint (ok, ==, idle->error == NULL);
  idle->n_calls++;
  if (idle->n_ended != NULL)
    idle->n_ended_then = *idle->n_ended;
}

static void
test_async (void)
{
  ThrTestBusy busy;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  ThrThreadWrapper *appended = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  int n_ended = 0;
  Idle first = { 0, NULL, &n_ended, 0 };
  Idle second = { 0, NULL, &n_ended, 0 };
  Idle third = { 0, NULL, &n_ended, 0 };
  Idle cancelled = { 0 };

  thr_test_busy_init (&busy);
  submit_counted (busy.manager, 30, &n_ended);
  g_assert_true (thr_thread_manager_append (busy.manager, appended, NULL));
  thr_thread_manager_wait_idle_async (busy.manager, NULL, idle_cb, &first);
  thr_thread_manager_wait_idle_async (busy.manager, NULL, idle_cb, &second);
  thr_thread_manager_wait_idle_async (busy.manager, cancellable, idle_cb, &cancelled);
  thr_test_drain ();
  g_assert_cmpint (first.n_calls + second.n_calls + cancelled.n_calls, ==, 0);
  g_cancellable_cancel (cancellable);
  thr_test_run_until (cancelled.n_calls == 1);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&cancelled.error);

  thr_test_busy_open (&busy);
  thr_test_run_until (first.n_calls == 1 && second.n_calls == 1);
  g_assert_no_error (first.error);
  g_assert_no_error (second.error);
  g_assert_cmpint (first.n_ended_then, ==, 30);
  g_assert_cmpint (second.n_ended_then, ==, 30);

  /* Idle already, with one appended that nobody starts. */
  thr_thread_manager_wait_idle_async (busy.manager, NULL, idle_cb, &third);
  g_assert_cmpint (third.n_calls, ==, 0);
  thr_test_run_until (third.n_calls == 1);
  g_assert_no_error (third.error);
  thr_test_drain ();
  g_assert_cmpint (first.n_calls + second.n_calls + third.n_calls + cancelled.n_calls, ==, 4);

  thr_thread_wrapper_cancel (appended);
  thr_test_run_until_closed (appended);
  g_assert_finalize_object (appended);
  thr_test_busy_clear (&busy);
}

/* In another thread's context, where the answer comes as with any GTask. */
static gpointer
wait_async_elsewhere (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Waiter *waiter = data;
  Idle idle = { 0 };

  g_main_context_push_thread_default (context);
  thr_thread_manager_wait_idle_async (waiter->manager, NULL, idle_cb, &idle);
  thr_test_gate_open (&waiter->begun);
  thr_test_run_until (idle.n_calls == 1);
  g_assert_no_error (idle.error);
  g_main_context_pop_thread_default (context);
  thr_test_gate_open (&waiter->over);

  return NULL;
}

static void
test_async_elsewhere (void)
{
  ThrTestBusy busy;
  Waiter waiter = { 0 };
  GThread *thread;
  int n_ended = 0;

  thr_test_busy_init (&busy);
  submit_counted (busy.manager, 5, &n_ended);
  waiter.manager = busy.manager;
  thread = g_thread_new ("elsewhere", wait_async_elsewhere, &waiter);
  thr_test_gate_wait (&waiter.begun);
  thr_test_busy_open (&busy);
  thr_test_poll_until (thr_test_gate_is_open (&waiter.over));
  g_thread_join (thread);
  g_assert_cmpint (n_ended, ==, 5);
  thr_test_gate_clear (&waiter.over);
  thr_test_busy_clear (&busy);
  thr_test_gate_clear (&waiter.begun);
}

/* A paused manager with queued jobs is not idle; sliced and manual jobs count. */
static gboolean
step (ThrThreadWrapper *thread,
      gpointer          user_data,
      GError          **error)
{
  return --*(int *) user_data > 0;
}

static void
test_counts (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *manual, *sliced;
  int n_ended = 0;
  int n_steps = 500;

  thr_thread_manager_set_paused (manager, TRUE);
  submit_counted (manager, 3, &n_ended);
  assert_wait (manager, 1000, NULL, THR_ERROR, THR_ERROR_TIMED_OUT);
  thr_thread_manager_set_paused (manager, FALSE);
  assert_wait (manager, thr_test_deadline (), NULL, 0, 0);
  g_assert_cmpint (n_ended, ==, 3);

  manual = thr_thread_manager_do_manual (manager, NULL);
  g_assert_true (thr_thread_manager_get_busy (manager));
  assert_wait (manager, 0, NULL, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_true (thr_thread_wrapper_return_boolean (manual, TRUE, NULL));
  assert_wait (manager, thr_test_deadline (), NULL, 0, 0);
  g_assert_finalize_object (manual);

  sliced = thr_thread_manager_do_sliced (manager, NULL, step, &n_steps, NULL);
  g_assert_true (thr_thread_manager_get_busy (manager));
  assert_wait (manager, thr_test_deadline (), NULL, 0, 0);
  g_assert_cmpint (n_steps, ==, 0);
  g_assert_finalize_object (sliced);
  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/idle/owner", test_owner);
  g_test_add_func ("/idle/thread", test_thread);
  g_test_add_func ("/idle/thread-sees-results", test_thread_sees_results);
  g_test_add_func ("/idle/refused", test_refused);
  g_test_add_func ("/idle/would-deadlock", test_would_deadlock);
  g_test_add_func ("/idle/mutual", test_mutual);
  g_test_add_func ("/idle/other-in-callback", test_other_in_callback);
  g_test_add_func ("/idle/async", test_async);
  g_test_add_func ("/idle/async-elsewhere", test_async_elsewhere);
  g_test_add_func ("/idle/counts", test_counts);

  return g_test_run ();
}
