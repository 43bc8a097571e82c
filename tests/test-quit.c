/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* An application whose only window is closed while a job runs. */
typedef struct
{
  GApplication *application;
  ThrThreadManager *manager;
  ThrQuitAnswer answer; /* of the handler */
  int n_asked;
  gboolean returned;    /* by request_quit */
  ThrExecutionState finished_with;
  gboolean open;        /* the gate before the job's end, once asked */
  gboolean was_busy;
  ThrTestGate begun;
  ThrTestGate leave;
} App;

static gboolean
too_long_cb (gpointer user_data)
{
  g_error ("the application does not end");

  return G_SOURCE_REMOVE;
}

static void
app_run (App       *app,
         GCallback  activate)
{
  guint alarm = g_timeout_add ((guint) (thr_test_deadline () / 1000), too_long_cb, NULL);

  app->application = g_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  app->manager = thr_thread_manager_new ();
  thr_thread_manager_attach_application (app->manager, app->application);
  g_signal_connect (app->application, "activate", activate, app);
  g_assert_cmpint (g_application_run (app->application, 0, NULL), ==, 0);
  g_source_remove (alarm);

  thr_test_gate_open (&app->leave);
  g_assert_true (thr_thread_manager_wait_idle (app->manager, thr_test_deadline (), NULL, NULL));
  thr_test_drain ();
  g_assert_finalize_object (app->application);
  g_assert_finalize_object (app->manager);
  thr_test_gate_clear (&app->begun);
  thr_test_gate_clear (&app->leave);
}

/* Ends when it is cancelled, or let go. */
static gboolean
work (ThrThreadWrapper *thread,
      gpointer          user_data,
      GError          **error)
{
  App *app = user_data;

  thr_test_gate_open (&app->begun);
  while (!thr_test_gate_is_open (&app->leave))
    {
      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;
      g_thread_yield ();
    }
  return TRUE;
}

static void
on_end (ThrThreadWrapper *thread,
        gpointer          user_data)
{
  ((App *) user_data)->finished_with = thr_thread_wrapper_get_finished_with (thread);
}

static void
begin_work (App *app)
{
  g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new ("work", work, app, NULL);

  thr_thread_wrapper_set_on_end (job, on_end, app, NULL);
  g_assert_true (thr_thread_manager_submit (app->manager, job, NULL));
  thr_test_gate_wait (&app->begun);
}

static ThrQuitAnswer
quit_requested_cb (ThrThreadManager *manager,
                   App              *app)
{
  app->n_asked++;
  if (app->open)
    thr_test_gate_open (&app->leave);
  return app->answer;
}

static gboolean
request_cb (gpointer user_data)
{
  App *app = user_data;

  app->returned = thr_thread_manager_request_quit (app->manager);
  return G_SOURCE_REMOVE;
}

/* ---- nothing to do ---- */

static void
idle_activate (GApplication *application,
               App          *app)
{
  g_application_hold (application);
  g_signal_connect (app->manager, "quit-requested", G_CALLBACK (quit_requested_cb), app);
  g_idle_add (request_cb, app);
}

static void
test_idle (void)
{
  App app = { 0 };

  app_run (&app, G_CALLBACK (idle_activate));
  g_assert_true (app.returned);
  g_assert_cmpint (app.n_asked, ==, 0);
}

/* ---- nobody answers ---- */

static void
no_handler_activate (GApplication *application,
                     App          *app)
{
  begin_work (app);
  g_idle_add (request_cb, app);
}

static void
test_no_handler (void)
{
  App app = { 0 };

  app_run (&app, G_CALLBACK (no_handler_activate));
  g_assert_false (app.returned);
  g_assert_cmpint (app.finished_with, ==, THR_EXECUTION_STATE_EXCEPTION);
}

/* ---- an answer at once ---- */

static void
handler_activate (GApplication *application,
                  App          *app)
{
  begin_work (app);
  g_signal_connect (app->manager, "quit-requested", G_CALLBACK (quit_requested_cb), app);
  g_idle_add (request_cb, app);
}

static void
test_cancel (void)
{
  App app = { .answer = THR_QUIT_ANSWER_CANCEL };

  app_run (&app, G_CALLBACK (handler_activate));
  g_assert_cmpint (app.n_asked, ==, 1);
  g_assert_false (app.returned);
  g_assert_cmpint (app.finished_with, ==, THR_EXECUTION_STATE_EXCEPTION);
}

static void
test_drain (void)
{
  App app = { .answer = THR_QUIT_ANSWER_DRAIN, .open = TRUE };

  app_run (&app, G_CALLBACK (handler_activate));
  g_assert_cmpint (app.n_asked, ==, 1);
  g_assert_false (app.returned);
  g_assert_cmpint (app.finished_with, ==, THR_EXECUTION_STATE_RETURNED);
}

/* ---- to stay: nothing has changed, and the application ends with its work ---- */

static gboolean
stayed_cb (gpointer user_data)
{
  App *app = user_data;

  request_cb (app);
  g_assert_cmpint (app->n_asked, ==, 1);
  g_assert_true (thr_thread_manager_get_started (app->manager));
  request_cb (app);
  g_assert_cmpint (app->n_asked, ==, 2);
  thr_test_gate_open (&app->leave);
  return G_SOURCE_REMOVE;
}

static void
stay_activate (GApplication *application,
               App          *app)
{
  begin_work (app);
  g_signal_connect (app->manager, "quit-requested", G_CALLBACK (quit_requested_cb), app);
  g_idle_add (stayed_cb, app);
}

static void
test_stay (void)
{
  App app = { .answer = THR_QUIT_ANSWER_STAY };

  app_run (&app, G_CALLBACK (stay_activate));
  g_assert_false (app.returned);
  g_assert_cmpint (app.finished_with, ==, THR_EXECUTION_STATE_RETURNED);
}

/* ---- an answer later, and other ones after it ---- */

static gboolean
escalate_cb (gpointer user_data)
{
  App *app = user_data;

  g_assert_false (thr_thread_manager_get_started (app->manager));

  /* After all not: the manager takes jobs again. */
  thr_thread_manager_answer_quit (app->manager, THR_QUIT_ANSWER_STAY);
  g_assert_true (thr_thread_manager_get_started (app->manager));
  g_assert_true (thr_thread_manager_get_busy (app->manager));

  /* To wait, and not to wait. */
  thr_thread_manager_answer_quit (app->manager, THR_QUIT_ANSWER_DRAIN);
  thr_thread_manager_answer_quit (app->manager, THR_QUIT_ANSWER_CANCEL);
  return G_SOURCE_REMOVE;
}

static gboolean
later_cb (gpointer user_data)
{
  App *app = user_data;

  request_cb (app);
  g_assert_cmpint (app->n_asked, ==, 1);
  g_assert_false (app->returned);
  g_assert_true (thr_thread_manager_get_started (app->manager));
  /* The question is not put a second time. */
  request_cb (app);
  g_assert_cmpint (app->n_asked, ==, 1);

  thr_thread_manager_answer_quit (app->manager, THR_QUIT_ANSWER_DRAIN);
  g_idle_add (escalate_cb, app);
  return G_SOURCE_REMOVE;
}

static void
later_activate (GApplication *application,
                App          *app)
{
  begin_work (app);
  g_signal_connect (app->manager, "quit-requested", G_CALLBACK (quit_requested_cb), app);
  g_idle_add (later_cb, app);
}

static void
test_later (void)
{
  App app = { .answer = THR_QUIT_ANSWER_LATER };

  app_run (&app, G_CALLBACK (later_activate));
  g_assert_cmpint (app.n_asked, ==, 1);
  g_assert_cmpint (app.finished_with, ==, THR_EXECUTION_STATE_EXCEPTION);
}

/* ---- the answer comes when the work is over, or from inside the handler ---- */

static void
idle_notify_cb (ThrThreadManager *manager,
                GParamSpec       *pspec,
                App              *app)
{
  if (!thr_thread_manager_get_busy (manager))
    thr_thread_manager_answer_quit (manager, THR_QUIT_ANSWER_DRAIN);
}

static gboolean
outlived_cb (gpointer user_data)
{
  App *app = user_data;

  request_cb (app);
  thr_test_gate_open (&app->leave);
  return G_SOURCE_REMOVE;
}

static void
outlived_activate (GApplication *application,
                   App          *app)
{
  g_application_hold (application);
  begin_work (app);
  g_signal_connect (app->manager, "quit-requested", G_CALLBACK (quit_requested_cb), app);
  g_signal_connect (app->manager, "notify::busy", G_CALLBACK (idle_notify_cb), app);
  g_idle_add (outlived_cb, app);
}

static void
test_outlived (void)
{
  App app = { .answer = THR_QUIT_ANSWER_LATER };

  app_run (&app, G_CALLBACK (outlived_activate));
  g_assert_cmpint (app.finished_with, ==, THR_EXECUTION_STATE_RETURNED);
}

static ThrQuitAnswer
answer_inside_cb (ThrThreadManager *manager,
                  App              *app)
{
  app->n_asked++;
  thr_thread_manager_answer_quit (manager, THR_QUIT_ANSWER_CANCEL);
  return THR_QUIT_ANSWER_LATER;
}

static void
inside_activate (GApplication *application,
                 App          *app)
{
  begin_work (app);
  g_signal_connect (app->manager, "quit-requested", G_CALLBACK (answer_inside_cb), app);
  g_idle_add (request_cb, app);
}

static void
test_inside (void)
{
  App app = { 0 };

  app_run (&app, G_CALLBACK (inside_activate));
  g_assert_cmpint (app.n_asked, ==, 1);
  g_assert_cmpint (app.finished_with, ==, THR_EXECUTION_STATE_EXCEPTION);
}

/* ---- a job that does not listen is waited for two seconds, once ---- */

static void
deaf_activate (GApplication *application,
               App          *app)
{
  g_object_unref (thr_thread_manager_do_async (app->manager, "deaf", thr_test_job_gate, &app->leave, NULL));
  thr_test_block_until (thr_thread_manager_get_n_running (app->manager) == 1);
  g_idle_add (request_cb, app);
}

static void
test_deaf (void)
{
  App app = { 0 };
  gint64 begun = g_get_monotonic_time ();

  app_run (&app, G_CALLBACK (deaf_activate));
  g_assert_cmpint (g_get_monotonic_time () - begun, >, 3 * G_USEC_PER_SEC / 2);
  g_assert_cmpint (g_get_monotonic_time () - begun, <, 3 * G_USEC_PER_SEC + thr_test_deadline () / 10);
}

/* ---- on a bus, the application is marked busy ---- */

/* The work ends, and the manager is idle, while the application is still told
 * that it is busy. */
static void
is_busy_cb (GApplication *application,
            GParamSpec   *pspec,
            App          *app)
{
  g_signal_handlers_disconnect_by_func (application, is_busy_cb, app);
  thr_test_gate_open (&app->leave);
  thr_test_poll_until (!g_application_get_is_busy (application));
}

static void
nested_activate (GApplication *application,
                 App          *app)
{
  g_signal_connect (application, "notify::is-busy", G_CALLBACK (is_busy_cb), app);
  begin_work (app);
  app->was_busy = TRUE;
}

static void
busy_activate (GApplication *application,
               App          *app)
{
  begin_work (app);
  app->was_busy = g_application_get_is_busy (application);
  thr_test_gate_open (&app->leave);
}

static void
test_marked_busy (gconstpointer activate)
{
  App app = { 0 };
  g_autofree char *daemon = g_find_program_in_path ("dbus-daemon");
  g_autoptr (GTestDBus) bus = NULL;

  if (daemon == NULL)
    {
      thr_test_skip ("There is no dbus-daemon");
      return;
    }
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }

  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  app_run (&app, (GCallback) activate);
  g_assert_true (app.was_busy);
  g_assert_cmpint (app.finished_with, ==, THR_EXECUTION_STATE_RETURNED);
  g_test_dbus_down (bus);
}

/* ---- what is wrong is said ---- */

static void
test_not_attached (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GApplication *application;

  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*request_quit*attach_application*");
  g_assert_false (thr_thread_manager_request_quit (manager));
  g_test_assert_expected_messages ();
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*answer_quit*attach_application*");
  thr_thread_manager_answer_quit (manager, THR_QUIT_ANSWER_CANCEL);
  g_test_assert_expected_messages ();

  application = g_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  thr_thread_manager_attach_application (manager, application);
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  thr_thread_manager_answer_quit (manager, THR_QUIT_ANSWER_LATER);
  g_test_assert_expected_messages ();

  /* Without its application there is nothing to quit. */
  g_assert_finalize_object (application);
  g_assert_true (thr_thread_manager_request_quit (manager));
  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  /* No message bus is needed, and none is to be started. */
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/quit/idle", test_idle);
  g_test_add_func ("/quit/no-handler", test_no_handler);
  g_test_add_func ("/quit/cancel", test_cancel);
  g_test_add_func ("/quit/drain", test_drain);
  g_test_add_func ("/quit/stay", test_stay);
  g_test_add_func ("/quit/later", test_later);
  g_test_add_func ("/quit/outlived", test_outlived);
  g_test_add_func ("/quit/inside", test_inside);
  g_test_add_func ("/quit/deaf", test_deaf);
  g_test_add_data_func ("/quit/marked-busy", busy_activate, test_marked_busy);
  g_test_add_data_func ("/quit/marked-busy-nested", nested_activate, test_marked_busy);
  g_test_add_func ("/quit/not-attached", test_not_attached);

  return g_test_run ();
}
