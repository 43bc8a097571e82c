/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* A manager attached to a real GApplication, which nothing else holds. */
typedef struct
{
  GApplication *application;
  ThrThreadManager *manager;
  ThrThreadWrapper *job;
  int n_to_submit;
  int n_ended;
  int n_failed;
  gint64 quit_at;
  ThrTestGate begun;
  ThrTestGate leave;
} App;

static void
app_init (App       *app,
          GCallback  activate)
{
  memset (app, 0, sizeof *app);
  app->application = g_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  app->manager = thr_thread_manager_new ();
  g_signal_connect (app->application, "activate", activate, app);
}

static gboolean
too_long_cb (gpointer user_data)
{
  g_error ("the application does not end");

  return G_SOURCE_REMOVE;
}

static void
app_run (App *app)
{
  guint alarm = g_timeout_add ((guint) (thr_test_deadline () / 1000), too_long_cb, NULL);

  g_assert_cmpint (g_application_run (app->application, 0, NULL), ==, 0);
  g_source_remove (alarm);
}

static void
app_clear (App *app)
{
  g_assert_true (thr_thread_manager_wait_idle (app->manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (app->application);
  g_assert_finalize_object (app->manager);
  thr_test_gate_clear (&app->begun);
  thr_test_gate_clear (&app->leave);
}

static void
submit_next (App *app);

static void
on_end (ThrThreadWrapper *thread,
        gpointer          user_data)
{
  App *app = user_data;

  app->n_ended++;
  if (app->n_to_submit > 0)
    submit_next (app);
}

static void
submit_next (App *app)
{
  g_autoptr (ThrThreadWrapper) job = thr_thread_manager_do_async (app->manager, NULL, thr_test_job_return, NULL, NULL);

  app->n_to_submit--;
  thr_thread_wrapper_set_on_end (job, on_end, app, NULL);
}

/* Ten jobs, each submitted when the one before has ended: it lives until the
 * last of them was delivered, and no longer. */
static void
chain_activate (GApplication *application,
                App          *app)
{
  thr_thread_manager_attach_application (app->manager, application);
  submit_next (app);
}

static void
test_held (void)
{
  App app;

  app_init (&app, G_CALLBACK (chain_activate));
  app.n_to_submit = 10;
  app_run (&app);
  g_assert_cmpint (app.n_ended, ==, 10);
  app_clear (&app);
}

/* The jobs were there before the manager was attached. */
static void
late_activate (GApplication *application,
               App          *app)
{
  while (app->n_to_submit > 0)
    submit_next (app);
  thr_thread_manager_attach_application (app->manager, application);
}

static void
test_attached_late (void)
{
  App app;

  app_init (&app, G_CALLBACK (late_activate));
  app.n_to_submit = 100;
  app_run (&app);
  g_assert_cmpint (app.n_ended, ==, 100);
  app_clear (&app);
}

/* With nothing to do, it is not held at all; nor by what is appended only. */
static void
idle_activate (GApplication *application,
               App          *app)
{
  thr_thread_manager_attach_application (app->manager, application);
  g_assert_true (thr_thread_manager_append (app->manager, app->job, NULL));
}

static void
test_idle (void)
{
  App app;

  app_init (&app, G_CALLBACK (idle_activate));
  app.job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  app_run (&app);
  thr_test_drain ();
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (app.job), ==, THR_EXECUTION_STATE_CLOSED);
  g_assert_error (thr_thread_wrapper_get_error (app.job), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_finalize_object (app.job);
  app_clear (&app);
}

static void
on_fail (ThrThreadWrapper *thread,
         const GError     *failure,
         gpointer          user_data)
{
  App *app = user_data;

  if (!g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_assert_error (failure, THR_ERROR, THR_ERROR_STOPPED);
  app->n_failed++;
}

static gboolean
quit_cb (gpointer user_data)
{
  App *app = user_data;

  app->quit_at = g_get_monotonic_time ();
  g_application_quit (app->application);

  return G_SOURCE_REMOVE;
}

static void
quit_activate (GApplication *application,
               App          *app)
{
  thr_thread_manager_attach_application (app->manager, application);
  for (int i = 0; i < 20; i++)
    {
      g_autoptr (ThrThreadWrapper) job = NULL;

      if (i == 7)
        job = thr_thread_manager_do_manual (app->manager, NULL);
      else
        job = thr_thread_manager_do_async (app->manager, NULL, thr_test_job_spin, &app->begun, NULL);
      thr_thread_wrapper_set_on_fail (job, on_fail, app, NULL);
      thr_thread_wrapper_set_on_end (job, on_end, app, NULL);
    }
  thr_test_gate_wait (&app->begun);
  g_idle_add (quit_cb, app);
}

/* It is quit while busy: all are cancelled, and delivered before it ends. */
static void
test_quit (void)
{
  App app;

  app_init (&app, G_CALLBACK (quit_activate));
  app_run (&app);
  g_assert_cmpint (app.n_ended, ==, 20);
  g_assert_cmpint (app.n_failed, ==, 20);
  g_assert_cmpint (g_get_monotonic_time () - app.quit_at, <, 2 * G_USEC_PER_SEC + thr_test_deadline () / 10);
  g_assert_false (thr_thread_manager_get_busy (app.manager));
  g_assert_false (thr_thread_manager_get_started (app.manager));
  app_clear (&app);
}

static gboolean
deaf_job (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  App *app = user_data;

  thr_test_gate_open (&app->begun);
  thr_test_gate_wait (&app->leave);

  return TRUE;
}

static void
deaf_activate (GApplication *application,
               App          *app)
{
  thr_thread_manager_attach_application (app->manager, application);
  app->job = thr_thread_manager_do_async (app->manager, "deaf", deaf_job, app, NULL);
  thr_thread_wrapper_set_on_end (app->job, on_end, app, NULL);
  thr_test_gate_wait (&app->begun);
  g_idle_add (quit_cb, app);
}

/* One that does not listen holds it up for two seconds. */
static void
test_quit_deaf (void)
{
  App app;
  gint64 took;

  app_init (&app, G_CALLBACK (deaf_activate));
  app_run (&app);
  took = g_get_monotonic_time () - app.quit_at;
  g_assert_cmpint (took, <, 2 * G_USEC_PER_SEC + thr_test_deadline () / 10);
  g_assert_cmpint (took, >, G_USEC_PER_SEC);
  g_assert_cmpint (app.n_ended, ==, 0);
  g_assert_false (thr_thread_manager_get_started (app.manager));
  g_assert_true (g_cancellable_is_cancelled (thr_thread_wrapper_get_cancellable (app.job)));

  thr_test_gate_open (&app.leave);
  thr_test_run_until (app.n_ended == 1);
  thr_test_drain ();
  g_assert_finalize_object (app.job);
  app_clear (&app);
}

/* Two managers, one of them dropped while it is busy. */
static void
two_activate (GApplication *application,
              App          *app)
{
  ThrThreadManager *other = thr_thread_manager_new ();

  thr_thread_manager_attach_application (app->manager, application);
  thr_thread_manager_attach_application (other, application);
  for (int i = 0; i < 20; i++)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_manager_do_async (i % 2 ? other : app->manager, NULL,
                                                                      thr_test_job_return, NULL, NULL);

      thr_thread_wrapper_set_on_end (job, on_end, app, NULL);
    }
  g_object_unref (other);
}

static void
test_two_managers (void)
{
  App app;

  app_init (&app, G_CALLBACK (two_activate));
  app_run (&app);
  thr_test_run_until (app.n_ended == 20);
  app_clear (&app);
}

/* The application goes without having run, or before the manager. */
static void
test_dropped (void)
{
  GApplication *application = g_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job;

  thr_thread_manager_attach_application (manager, application);
  g_assert_finalize_object (application);
  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  thr_test_run_until_closed (job);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);

  application = g_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  manager = thr_thread_manager_new ();
  thr_thread_manager_attach_application (manager, application);
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*attach_application*already*make one manager*");
  thr_thread_manager_attach_application (manager, application);
  g_test_assert_expected_messages ();
  g_assert_finalize_object (manager);
  g_assert_finalize_object (application);
}

int
main (int   argc,
      char *argv[])
{
  /* No message bus is needed, and none is to be started. */
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/application/held", test_held);
  g_test_add_func ("/application/attached-late", test_attached_late);
  g_test_add_func ("/application/idle", test_idle);
  g_test_add_func ("/application/quit", test_quit);
  g_test_add_func ("/application/quit-deaf", test_quit_deaf);
  g_test_add_func ("/application/two-managers", test_two_managers);
  g_test_add_func ("/application/dropped", test_dropped);

  return g_test_run ();
}
