/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A failure that nobody takes is reported once, at home; one that somebody
 * takes, or has asked for, is not. */

#include "config.h"

#include "thr-test.h"

typedef struct
{
  GThread *home;
  guint n;
  gboolean light;
  char *ident;
  char *message;
} Reports;

static void
unhandled_cb (ThrThreadManager *manager,
              ThrThreadWrapper *thread,
              const GError     *failure,
              Reports          *reports)
{
  g_assert_true (g_thread_self () == reports->home);
  g_assert_nonnull (failure);
  reports->n++;
  reports->light = thread == NULL;
  g_free (reports->ident);
  reports->ident = thread == NULL ? NULL : g_strdup (thr_thread_wrapper_get_ident (thread));
  g_free (reports->message);
  reports->message = g_strdup (failure->message);
}

static void
reports_init (Reports          *self,
              ThrThreadManager *manager)
{
  *self = (Reports) { g_thread_self (), 0, FALSE, NULL, NULL };
  g_signal_connect (manager, "unhandled-error", G_CALLBACK (unhandled_cb), self);
}

static void
reports_clear (Reports *self)
{
  g_free (self->ident);
  g_free (self->message);
}

static void
nothing_on_success (ThrThreadWrapper *thread,
                    const GValue     *result,
                    gpointer          user_data)
{
}

static void
nothing_on_fail (ThrThreadWrapper *thread,
                 const GError     *failure,
                 gpointer          user_data)
{
}

static void
nothing_on_end (ThrThreadWrapper *thread,
                gpointer          user_data)
{
}

/* A collector of garbage that drops the job cannot bear a call meanwhile. */
static void
test_not_in_unref (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, "lost", thr_test_job_fail, NULL, NULL);
  Reports reports;

  reports_init (&reports, manager);
  thr_test_run_until_closed (thread);
  thr_test_drain ();
  g_object_unref (thread);
  g_assert_cmpuint (reports.n, ==, 0);
  thr_test_run_until (reports.n == 1);
  reports_clear (&reports);
  thr_test_finalize_soon (manager);
}

/* ---- who listens ---- */

enum
{
  NOBODY,
  ON_FAIL,
  FAILED,
  LATE_ON_FAIL,
  ON_END,
  ON_SUCCESS,
  OTHER_SIGNALS,
  BLOCKED,
  DISCONNECTED,
  TAKEN_BACK,
  N_LISTENERS,
};

static void
test_listeners (void)
{
  for (guint i = 0; i < N_LISTENERS; i++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, "lost", thr_test_job_fail, NULL, NULL);
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
      g_autofree char *ident = g_strdup (thr_thread_wrapper_get_ident (thread));
      gboolean handled = i == ON_FAIL || i == FAILED || i == LATE_ON_FAIL;
      Reports reports;
      gulong handler;

      reports_init (&reports, manager);
      switch (i)
        {
        case ON_FAIL:
          thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, NULL, NULL);
          break;
        case FAILED:
          g_signal_connect (thread, "failed", G_CALLBACK (nothing_on_fail), NULL);
          break;
        case LATE_ON_FAIL:
          thr_test_block_until (thr_thread_wrapper_get_execution_state (thread) == THR_EXECUTION_STATE_CLOSED);
          thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, NULL, NULL);
          break;
        case ON_END:
          thr_thread_wrapper_set_on_end (thread, nothing_on_end, NULL, NULL);
          break;
        case ON_SUCCESS:
          thr_thread_wrapper_set_on_success (thread, nothing_on_success, NULL, NULL);
          break;
        case OTHER_SIGNALS:
          g_signal_connect (thread, "succeeded", G_CALLBACK (nothing_on_success), NULL);
          g_signal_connect (thread, "ended", G_CALLBACK (nothing_on_end), NULL);
          break;
        case BLOCKED:
          handler = g_signal_connect (thread, "failed", G_CALLBACK (nothing_on_fail), NULL);
          g_signal_handler_block (thread, handler);
          break;
        case DISCONNECTED:
          handler = g_signal_connect (thread, "failed", G_CALLBACK (nothing_on_fail), NULL);
          g_signal_handler_disconnect (thread, handler);
          break;
        case TAKEN_BACK:
          thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, NULL, NULL);
          thr_thread_wrapper_set_on_fail (thread, NULL, NULL, NULL);
          break;
        default:
          break;
        }
      g_object_unref (thread);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      thr_test_drain ();

      g_assert_cmpuint (reports.n, ==, handled ? 0 : 1);
      if (!handled)
        {
          g_assert_cmpstr (reports.ident, ==, ident);
          g_assert_cmpstr (reports.message, ==, "no such thing");
        }
      reports_clear (&reports);
      g_assert_finalize_object (manager);
    }
}

/* ---- who holds it, and may take it later ---- */

enum
{
  LET_GO,
  LET_GO_ELSEWHERE,
  ONLY_LOOKED_AT,
  JOINED,
  JOINED_ELSEWHERE,
  TIMED_OUT,
  WAITED,
  N_HOLDERS,
};

static gpointer
join_elsewhere (gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (thr_thread_wrapper_join (user_data, THR_FOREVER, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  return NULL;
}

static gpointer
unref_elsewhere (gpointer user_data)
{
  g_object_unref (user_data);

  return NULL;
}

static void
wait_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean *called = user_data;

  g_assert_null (thr_thread_wrapper_wait_finish (THR_THREAD_WRAPPER (object), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  *called = TRUE;
}

static void
test_holders (void)
{
  for (guint i = 0; i < N_HOLDERS; i++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      ThrThreadWrapper *thread = thr_thread_wrapper_new ("held", thr_test_job_fail, NULL, NULL);
      g_autofree char *ident = g_strdup (thr_thread_wrapper_get_ident (thread));
      g_autoptr (GError) error = NULL;
      ThrTestHome home;
      Reports reports;
      gboolean handled = i == JOINED || i == JOINED_ELSEWHERE || i == WAITED;
      gboolean called = FALSE;
      const GError *failure;

      thr_test_home_init (&home);
      thr_test_home_watch (&home, thread);
      reports_init (&reports, manager);
      thr_thread_manager_set_paused (manager, TRUE);
      g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
      if (i == TIMED_OUT)
        {
          g_assert_false (thr_thread_wrapper_join (thread, 0, NULL, &error));
          g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
        }
      thr_thread_manager_set_paused (manager, FALSE);
      thr_test_run_until_closed (thread);
      thr_test_drain ();
      g_assert_cmpuint (reports.n, ==, 0);

      switch (i)
        {
        case ONLY_LOOKED_AT:
          failure = thr_thread_wrapper_get_error (thread);
          g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
          break;
        case JOINED:
          g_assert_false (thr_thread_wrapper_join (thread, 0, NULL, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
          break;
        case JOINED_ELSEWHERE:
          g_thread_join (g_thread_new ("join", join_elsewhere, thread));
          break;
        case WAITED:
          thr_thread_wrapper_wait_async (thread, NULL, wait_cb, &called);
          thr_test_run_until (called);
          break;
        default:
          break;
        }
      thr_test_drain ();
      g_assert_cmpuint (reports.n, ==, 0);

      if (i == LET_GO_ELSEWHERE)
        g_thread_join (g_thread_new ("unref", unref_elsewhere, thread));
      else
        g_object_unref (thread);
      thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
      thr_test_drain ();
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      g_assert_cmpuint (reports.n, ==, handled ? 0 : 1);
      if (!handled)
        g_assert_cmpstr (reports.ident, ==, ident);
      reports_clear (&reports);
      g_assert_finalize_object (manager);
    }
}

/* A wait that is under way when it fails takes the failure. */
static void
test_pending_wait (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_fail, NULL, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
  gboolean called = FALSE;
  Reports reports;

  reports_init (&reports, manager);
  thr_thread_wrapper_wait_async (thread, NULL, wait_cb, &called);
  g_object_unref (thread);
  thr_test_run_until (called && thr_test_recorder_is_closed (recorder));
  thr_test_drain ();
  g_assert_cmpuint (reports.n, ==, 0);

  reports_clear (&reports);
  g_assert_finalize_object (manager);
}

/* ---- what was asked for ---- */

static gboolean
cancelled_unasked (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "somebody else was");

  return FALSE;
}

static gboolean
fail_when_cancelled (ThrThreadWrapper *thread,
                     gpointer          user_data,
                     GError          **error)
{
  thr_test_gate_open (user_data);
  while (thr_thread_wrapper_checkpoint (thread, NULL))
    g_thread_yield ();

  return thr_test_job_fail (thread, NULL, error);
}

static void
test_asked_for (void)
{
  for (guint i = 0; i < 7; i++)
    {
      ThrTestGate gate = THR_TEST_GATE_INIT;
      ThrTestBusy busy;
      ThrThreadManager *manager;
      ThrThreadWrapper *thread;
      g_autoptr (ThrTestRecorder) recorder = NULL;
      Reports reports;

      thr_test_busy_init (&busy);
      manager = busy.manager;
      reports_init (&reports, manager);
      if (i < 3)
        thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_fail, NULL, NULL);
      else
        {
          g_assert_true (thr_thread_manager_set_thread_limit (manager, 2, NULL));
          thread = thr_thread_manager_do_async (manager, NULL,
                                                i == 5 ? cancelled_unasked : i == 6 ? fail_when_cancelled
                                                                                    : thr_test_job_spin,
                                                &gate, NULL);
          if (i != 5)
            thr_test_gate_wait (&gate);
        }
      recorder = thr_test_recorder_new (thread);
      switch (i)
        {
        case 0:
          thr_thread_wrapper_cancel (thread);
          break;
        case 1:
          thr_thread_wrapper_halt (thread);
          break;
        case 2:
          thr_thread_manager_stop (manager);
          break;
        case 3:
          thr_thread_wrapper_cancel (thread);
          break;
        case 4:
          thr_thread_wrapper_halt (thread);
          break;
        case 5:
          break;
        case 6:
          thr_thread_wrapper_cancel (thread);
          break;
        default:
          g_assert_not_reached ();
        }
      g_object_unref (thread);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      thr_test_drain ();
      g_assert_cmpuint (reports.n, ==, i < 5 ? 0 : 1);
      thr_test_busy_clear (&busy);
      g_assert_cmpuint (reports.n, ==, i < 5 ? 0 : 1);
      reports_clear (&reports);
      thr_test_gate_clear (&gate);
    }
}

/* ---- other jobs, other owners ---- */

static gboolean
push_fail (gpointer   user_data,
           GError   **error)
{
  return thr_test_job_fail (NULL, user_data, error);
}

static void
push_done (const GError *failure,
           gpointer      user_data)
{
  guint *n = user_data;

  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  (*n)++;
}

static void
test_light_and_manual (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autoptr (GError) failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
  ThrThreadWrapper *thread;
  Reports reports;
  guint n_done = 0;

  reports_init (&reports, manager);
  thr_thread_manager_push (manager, push_fail, push_done, &n_done, NULL);
  thr_test_run_until (n_done == 1);
  thr_test_drain ();
  g_assert_cmpuint (reports.n, ==, 0);

  thr_thread_manager_push (manager, push_fail, NULL, NULL, NULL);
  thr_test_run_until (reports.n == 1);
  g_assert_true (reports.light);
  g_assert_cmpstr (reports.message, ==, "no such thing");

  thread = thr_thread_manager_do_manual (manager, "manual");
  g_assert_true (thr_thread_wrapper_return_error (thread, failure, NULL));
  g_object_unref (thread);
  thr_test_run_until (reports.n == 2);
  g_assert_false (reports.light);
  g_assert_cmpstr (reports.message, ==, "busy");

  thr_test_drain ();
  g_assert_cmpuint (reports.n, ==, 2);
  reports_clear (&reports);
  g_assert_finalize_object (manager);
}

/* The job is another thread's; the report comes to the manager's. */
static gpointer
other_owner (gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  ThrThreadWrapper *thread;

  g_main_context_push_thread_default (context);
  thread = thr_thread_manager_do_async (user_data, NULL, thr_test_job_fail, NULL, NULL);
  thr_test_run_until_closed (thread);
  g_assert_finalize_object (thread);
  thr_test_drain ();
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_other_owner (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GThread *other;
  Reports reports;

  reports_init (&reports, manager);
  other = g_thread_new ("other-owner", other_owner, manager);
  thr_test_run_until (reports.n == 1);
  g_thread_join (other);
  thr_test_drain ();
  g_assert_cmpuint (reports.n, ==, 1);
  reports_clear (&reports);
  g_assert_finalize_object (manager);
}

/* ---- the default ---- */

static void
test_log (void)
{
  for (guint i = 0; i < 3; i++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, "the job's name", thr_test_job_fail, NULL, NULL);
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);

      /* Also where the manager is gone by then, or the job outlives it. */
      if (i > 0)
        g_clear_object (&manager);
      if (i < 2)
        g_clear_object (&thread);
      else
        thr_test_run_until_closed (thread);

      g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*the job's name*no such thing*");
      if (thread != NULL)
        g_assert_finalize_object (thread);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      thr_test_drain ();
      g_test_assert_expected_messages ();
      if (manager != NULL)
        g_assert_finalize_object (manager);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/unhandled/listeners", test_listeners);
  g_test_add_func ("/unhandled/holders", test_holders);
  g_test_add_func ("/unhandled/pending-wait", test_pending_wait);
  g_test_add_func ("/unhandled/asked-for", test_asked_for);
  g_test_add_func ("/unhandled/light-and-manual", test_light_and_manual);
  g_test_add_func ("/unhandled/other-owner", test_other_owner);
  g_test_add_func ("/unhandled/not-in-unref", test_not_in_unref);
  g_test_add_func ("/unhandled/log", test_log);

  return g_test_run ();
}
