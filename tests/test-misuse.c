/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job is asked that it must refuse: criticals for programming errors,
 * a ThrError for the wrong moment. */

#include "config.h"

#include "thr-test.h"

#include <math.h>
#include <string.h>

#define CRITICAL(pattern) g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, pattern)

static void
assert_invalid (GError    **error,
                gboolean    done,
                int         code,
                const char *name)
{
  g_assert_false (done);
  g_assert_error (*error, THR_ERROR, code);
  if (name != NULL)
    g_assert_nonnull (strstr ((*error)->message, name));
  g_clear_error (error);
}

static void
test_null (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  ThrThreadWrapper *not_a_job = (ThrThreadWrapper *) manager;

#define REFUSED(expression)              \
  G_STMT_START                           \
  {                                      \
    CRITICAL ("*assertion*failed*");     \
    expression;                          \
    g_test_assert_expected_messages ();  \
  }                                      \
  G_STMT_END

  REFUSED (g_assert_null (thr_thread_wrapper_new ("no function", NULL, NULL, NULL)));
  REFUSED (g_assert_null (thr_thread_wrapper_get_ident (NULL)));
  REFUSED (g_assert_null (thr_thread_wrapper_dup_name (not_a_job)));
  REFUSED (thr_thread_wrapper_set_name (NULL, "x"));
  REFUSED (thr_thread_wrapper_get_execution_state (NULL));
  REFUSED (thr_thread_wrapper_get_finished_with (not_a_job));
  REFUSED (thr_thread_wrapper_set_status (NULL, NULL));
  REFUSED (thr_thread_wrapper_set_interrupter (thread, NULL, NULL, NULL));
  REFUSED (g_assert_false (thr_thread_wrapper_get_status (thread, NULL)));
  REFUSED (thr_thread_wrapper_get_progress (NULL));
  REFUSED (thr_thread_wrapper_set_progress (not_a_job, 0.5));
  REFUSED (g_assert_null (thr_thread_wrapper_dup_message (NULL)));
  REFUSED (thr_thread_wrapper_set_message (NULL, "x"));
  REFUSED (thr_thread_wrapper_get_priority (NULL));
  REFUSED (thr_thread_wrapper_set_priority (NULL, 0));
  REFUSED (g_assert_null (thr_thread_wrapper_get_cancellable (NULL)));
  REFUSED (g_assert_false (thr_thread_wrapper_follow_cancellable (NULL, NULL, NULL)));
  REFUSED (g_assert_false (thr_thread_wrapper_get_paused (NULL)));
  REFUSED (g_assert_false (thr_thread_wrapper_get_halted (NULL)));
  REFUSED (g_assert_null (thr_thread_wrapper_dup_manager (NULL)));
  REFUSED (thr_thread_wrapper_get_created_at (NULL));
  REFUSED (thr_thread_wrapper_get_started_at (NULL));
  REFUSED (thr_thread_wrapper_get_ended_at (NULL));
  REFUSED (g_assert_null (thr_thread_wrapper_get_result (NULL)));
  REFUSED (g_assert_null (thr_thread_wrapper_get_error (NULL)));
  REFUSED (thr_thread_wrapper_set_on_success (NULL, NULL, NULL, NULL));
  REFUSED (thr_thread_wrapper_set_on_fail (NULL, NULL, NULL, NULL));
  REFUSED (thr_thread_wrapper_set_on_end (NULL, NULL, NULL, NULL));
  REFUSED (g_assert_false (thr_thread_wrapper_return_int (NULL, 1, NULL)));
  REFUSED (g_assert_false (thr_thread_wrapper_return_error (thread, NULL, NULL)));
  REFUSED (g_assert_false (thr_thread_wrapper_checkpoint (NULL, NULL)));
  REFUSED (thr_thread_wrapper_cancel (NULL));
  REFUSED (thr_thread_wrapper_halt (NULL));
  REFUSED (thr_thread_wrapper_pause (not_a_job));
  REFUSED (thr_thread_wrapper_resume (NULL));
  REFUSED (thr_thread_wrapper_set_interrupter (NULL, NULL, NULL, NULL));
  REFUSED (g_assert_false (thr_thread_wrapper_join (NULL, 0, NULL, NULL)));
  REFUSED (thr_thread_wrapper_wait_async (NULL, NULL, NULL, NULL));
  REFUSED (g_assert_null (thr_thread_wrapper_wait_finish (thread, NULL, NULL)));
  REFUSED (g_assert_false (thr_thread_manager_submit (manager, NULL, NULL)));
  REFUSED (g_assert_false (thr_thread_manager_submit (NULL, thread, NULL)));
  REFUSED (g_assert_false (thr_thread_manager_append (manager, (ThrThreadWrapper *) manager, NULL)));
  REFUSED (g_assert_null (thr_thread_manager_do_async (NULL, NULL, thr_test_job_return, NULL, NULL)));
  REFUSED (g_assert_null (thr_thread_manager_do_manual (NULL, NULL)));
#undef REFUSED

  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_CREATED);
  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

static void
test_submit (void)
{
  g_autoptr (GError) error = NULL;
  ThrTestBusy busy;
  ThrThreadManager *other = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_wrapper_new ("mine", thr_test_job_return, NULL, NULL);
  ThrThreadWrapper *empty = g_object_new (THR_TYPE_THREAD_WRAPPER, "name", "hollow", NULL);
  ThrThreadWrapper *fresh = thr_thread_wrapper_new ("fresh", thr_test_job_return, NULL, NULL);
  ThrThreadWrapper *mixed[] = { fresh, thread };
  ThrThreadWrapper *twice[] = { fresh, fresh };
  ThrThreadWrapper *hollow[] = { fresh, empty };
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
  g_autoptr (ThrTestRecorder) silent = thr_test_recorder_new (fresh);
  g_autoptr (ThrThreadManager) of = NULL;

  thr_test_busy_init (&busy);
  assert_invalid (&error, thr_thread_manager_submit (other, empty, &error), THR_ERROR_INVALID_ARGUMENT, "hollow");
  assert_invalid (&error, thr_thread_manager_append (other, empty, &error), THR_ERROR_INVALID_ARGUMENT, "hollow");
  g_assert_null (thr_thread_wrapper_dup_manager (empty));

  g_assert_true (thr_thread_manager_submit (busy.manager, thread, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    {
      assert_invalid (&error, thr_thread_manager_submit (busy.manager, thread, &error), THR_ERROR_INVALID_STATE,
                      "mine");
      assert_invalid (&error, thr_thread_manager_submit (other, thread, &error), THR_ERROR_INVALID_STATE, "mine");
      assert_invalid (&error, thr_thread_manager_append (busy.manager, thread, &error), THR_ERROR_INVALID_STATE,
                      "mine");
      assert_invalid (&error, thr_thread_manager_append (other, thread, &error), THR_ERROR_INVALID_STATE, "mine");
      /* All or nothing. */
      assert_invalid (&error, thr_thread_manager_submit_many (other, mixed, 2, &error), THR_ERROR_INVALID_STATE,
                      "mine");
      g_assert_false (thr_thread_manager_submit (other, thread, NULL));

      /* Queued, announced, and closed. */
      if (i == 0)
        {
          of = thr_thread_wrapper_dup_manager (thread);
          g_assert_true (of == busy.manager);
          g_clear_object (&of);
          g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, 1);
          thr_test_busy_open (&busy);
          thr_test_block_until (thr_thread_wrapper_get_finished_with (thread) != THR_EXECUTION_STATE_CREATED);
        }
      else if (i == 1)
        thr_test_run_until (thr_test_recorder_is_closed (recorder));
    }
  assert_invalid (&error, thr_thread_manager_submit_many (other, twice, 2, &error), THR_ERROR_INVALID_STATE, "fresh");
  assert_invalid (&error, thr_thread_manager_submit_many (other, hollow, 2, &error), THR_ERROR_INVALID_ARGUMENT,
                  "hollow");

  /* Nothing was changed by all that. */
  thr_test_drain ();
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
  g_assert_cmpstr (thr_test_recorder_get (silent), ==, "");
  g_assert_null (thr_thread_wrapper_dup_manager (fresh));
  g_assert_cmpuint (thr_thread_manager_get_n_queued (other), ==, 0);
  g_assert_false (thr_thread_manager_get_busy (other));
  g_assert_false (thr_thread_manager_get_started (other));
  g_assert_true (thr_thread_manager_submit_many (other, &fresh, 1, &error));
  g_assert_no_error (error);
  thr_test_run_until (thr_test_recorder_is_closed (silent));

  g_assert_finalize_object (fresh);
  g_assert_finalize_object (empty);
  g_assert_finalize_object (thread);
  g_assert_finalize_object (other);
  thr_test_busy_clear (&busy);
}

static void
test_arguments (void)
{
  static const gint64 negative[] = { -1, G_MININT64 };
  g_autoptr (GError) error = NULL;
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_wrapper_new ("mine", thr_test_job_return, NULL, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);

  assert_invalid (&error, thr_thread_manager_set_thread_limit (manager, 0, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, 10);
  assert_invalid (&error, thr_thread_wrapper_join (thread, THR_FOREVER, NULL, &error), THR_ERROR_INVALID_STATE,
                  "mine");
  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (negative); i++)
    {
      assert_invalid (&error, thr_thread_wrapper_join (thread, negative[i], NULL, &error), THR_ERROR_INVALID_ARGUMENT,
                      NULL);
      assert_invalid (&error, thr_thread_manager_halt (manager, negative[i], &error), THR_ERROR_INVALID_ARGUMENT,
                      NULL);
      assert_invalid (&error, thr_thread_manager_wait_idle (manager, negative[i], NULL, &error),
                      THR_ERROR_INVALID_ARGUMENT, NULL);
    }
  /* A halt that is refused halts nothing. */
  g_assert_false (thr_thread_wrapper_get_halted (thread));
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

static void
test_follow (void)
{
  g_autoptr (GError) error = NULL;
  ThrTestBusy busy;
  ThrThreadWrapper *thread = thr_thread_wrapper_new ("mine", thr_test_job_return, NULL, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
  GCancellable *cancellable = g_cancellable_new ();

  thr_test_busy_init (&busy);
  g_assert_true (thr_thread_manager_submit (busy.manager, thread, NULL));
  assert_invalid (&error, thr_thread_wrapper_follow_cancellable (thread, cancellable, &error),
                  THR_ERROR_INVALID_STATE, "mine");
  g_cancellable_cancel (cancellable);
  thr_test_busy_open (&busy);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
  assert_invalid (&error, thr_thread_wrapper_follow_cancellable (thread, cancellable, &error),
                  THR_ERROR_INVALID_STATE, "mine");

  g_assert_finalize_object (cancellable);
  g_assert_finalize_object (thread);
  thr_test_busy_clear (&busy);
}

/* cancel, halt, pause and resume of a job that has ended do nothing. */
static void
test_after_the_end (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_return_int,
                                                          GINT_TO_POINTER (3), NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
  GCancellable *cancellable = thr_thread_wrapper_get_cancellable (thread);

  for (guint i = 0; i < 2; i++)
    {
      if (i == 0)
        thr_test_block_until (thr_thread_wrapper_get_finished_with (thread) != THR_EXECUTION_STATE_CREATED);
      else
        thr_test_run_until (thr_test_recorder_is_closed (recorder));
      thr_thread_wrapper_pause (thread);
      thr_thread_wrapper_cancel (thread);
      thr_thread_wrapper_halt (thread);
      thr_thread_wrapper_resume (thread);
      thr_thread_wrapper_pause (thread);
      g_assert_false (thr_thread_wrapper_get_halted (thread));
      g_assert_false (thr_thread_wrapper_get_paused (thread));
      g_assert_false (g_cancellable_is_cancelled (cancellable));
    }
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
  g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (thread)), ==, 3);

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

static void
nothing_on_end (ThrThreadWrapper *thread,
                gpointer          user_data)
{
  g_assert_not_reached ();
}

static void
nothing_on_success (ThrThreadWrapper *thread,
                    const GValue     *result,
                    gpointer          user_data)
{
  g_assert_not_reached ();
}

static void
nothing_on_fail (ThrThreadWrapper *thread,
                 const GError     *failure,
                 gpointer          user_data)
{
  g_assert_not_reached ();
}

static void
refuse_callbacks (ThrThreadWrapper *thread,
                  ThrTestHome      *home)
{
  int n = thr_test_home_n_destroyed (home);

  CRITICAL ("*");
  thr_thread_wrapper_set_on_success (thread, nothing_on_success, home, thr_test_home_destroy);
  g_test_assert_expected_messages ();
  CRITICAL ("*");
  thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, home, thr_test_home_destroy);
  g_test_assert_expected_messages ();
  CRITICAL ("*");
  thr_thread_wrapper_set_on_end (thread, nothing_on_end, home, thr_test_home_destroy);
  g_test_assert_expected_messages ();
  g_assert_cmpint (thr_test_home_n_destroyed (home), ==, n + 3);
}

typedef struct
{
  ThrThreadWrapper *thread;
  ThrTestHome home;
} Foreign;

static gpointer
foreign_thread (gpointer user_data)
{
  Foreign *foreign = user_data;

  thr_test_home_init (&foreign->home);
  refuse_callbacks (foreign->thread, &foreign->home);

  return NULL;
}

static void
test_late_callbacks (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *thread;
  ThrTestRecorder *recorder;
  ThrTestHome home;
  Foreign foreign;

  thr_test_home_init (&home);
  thr_test_busy_init (&busy);
  thread = thr_thread_manager_do_async (busy.manager, NULL, thr_test_job_return, NULL, NULL);
  recorder = thr_test_recorder_new (thread);
  thr_test_recorder_watch_callbacks (recorder, thread);

  /* Submitted: no longer off the owner's thread; what is set stays. */
  foreign.thread = thread;
  g_thread_join (g_thread_new ("foreign", foreign_thread, &foreign));

  thr_test_busy_open (&busy);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  refuse_callbacks (thread, &home);
  thr_test_drain ();
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==,
                   "RUNNING RETURNED on_success FINISHING on_end CLOSED");

  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  thr_test_recorder_unref (recorder);
  g_assert_finalize_object (thread);
  thr_test_busy_clear (&busy);
}

/* Values at the edge are taken, and made to fit. */
static void
test_edges (void)
{
  ThrThreadWrapper *thread = thr_thread_wrapper_new ("", thr_test_job_return, NULL, NULL);
  static const double odd[] = { 2, G_MAXDOUBLE, -0.5, -G_MAXDOUBLE };

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    {
      thr_thread_wrapper_set_progress (thread, odd[i]);
      g_assert_cmpfloat (thr_thread_wrapper_get_progress (thread), ==, odd[i] > 0 ? 1 : -1);
    }
  thr_thread_wrapper_set_progress (thread, (double) NAN);
  g_assert_cmpfloat (thr_thread_wrapper_get_progress (thread), ==, -1);
  thr_thread_wrapper_set_priority (thread, G_MAXINT);
  g_assert_cmpint (thr_thread_wrapper_get_priority (thread), ==, G_MAXINT);
  thr_thread_wrapper_set_priority (thread, G_MININT);
  g_assert_cmpint (thr_thread_wrapper_get_priority (thread), ==, G_MININT);
  thr_thread_wrapper_set_message (thread, NULL);
  g_assert_null (thr_thread_wrapper_dup_message (thread));
  thr_test_drain ();

  g_assert_finalize_object (thread);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/misuse/null", test_null);
  g_test_add_func ("/misuse/submit", test_submit);
  g_test_add_func ("/misuse/arguments", test_arguments);
  g_test_add_func ("/misuse/follow", test_follow);
  g_test_add_func ("/misuse/after-the-end", test_after_the_end);
  g_test_add_func ("/misuse/late-callbacks", test_late_callbacks);
  g_test_add_func ("/misuse/edges", test_edges);

  return g_test_run ();
}
