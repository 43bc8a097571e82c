/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* Joins its arguments' text, on a thread that is not the caller's. */
static gboolean
join_texts (ThrThreadWrapper *thread,
            const GValue     *arguments,
            gsize             n_arguments,
            gpointer          user_data,
            GError          **error)
{
  g_autoptr (GString) text = g_string_new (user_data);

  g_assert_true (thr_thread_wrapper_get_current () == thread);
  for (gsize i = 0; i < n_arguments; i++)
    {
      GValue as_string = G_VALUE_INIT;

      g_value_init (&as_string, G_TYPE_STRING);
      g_assert_true (g_value_transform (&arguments[i], &as_string));
      g_string_append_printf (text, ",%s", g_value_get_string (&as_string));
      g_value_unset (&as_string);
    }

  return thr_thread_wrapper_return_string (thread, text->str, error);
}

static void
assert_result (ThrThreadWrapper *job,
               const char       *wanted)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (g_value_get_string (thr_thread_wrapper_get_result (job)), ==, wanted);
}

static void
test_call (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrBackground *background = thr_background_new (manager, join_texts, (gpointer) "text", NULL);
  ThrThreadWrapper *none, *some;
  GValue arguments[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };

  g_assert_true (thr_background_get_manager (background) == manager);
  none = thr_background_call (background, NULL, 0);
  g_value_init (&arguments[0], G_TYPE_STRING);
  g_value_set_string (&arguments[0], "one");
  g_value_init (&arguments[1], G_TYPE_INT);
  g_value_set_int (&arguments[1], 2);
  g_value_init (&arguments[2], G_TYPE_BOOLEAN);
  some = thr_background_call (background, arguments, G_N_ELEMENTS (arguments));

  /* The call has copies: the caller's may change. */
  g_value_set_string (&arguments[0], "changed");
  g_value_set_int (&arguments[1], 99);
  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    g_value_unset (&arguments[i]);
  g_assert_true (none != some);
  assert_result (none, "text");
  assert_result (some, "text,one,2,FALSE");

  g_assert_finalize_object (none);
  g_assert_finalize_object (some);
  g_assert_finalize_object (background);
  g_assert_finalize_object (manager);
}

static void
test_default_manager (void)
{
  ThrBackground *background = thr_background_new (NULL, join_texts, (gpointer) "x", NULL);
  ThrThreadWrapper *job = thr_background_call (background, NULL, 0);
  g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (job);

  g_assert_true (thr_background_get_manager (background) == thr_thread_manager_get_default ());
  g_assert_true (manager == thr_thread_manager_get_default ());
  assert_result (job, "x");
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (job);
  g_assert_finalize_object (background);
}

/* Takes objects; with no user data, it must not be called. */
static gboolean
use_object (ThrThreadWrapper *thread,
            const GValue     *arguments,
            gsize             n_arguments,
            gpointer          user_data,
            GError          **error)
{
  g_assert_nonnull (user_data);
  g_assert_cmpuint (n_arguments, ==, 1);
  g_assert_true (G_IS_OBJECT (g_value_get_object (&arguments[0])));

  return TRUE;
}

/* Arguments are held until the job is closed, and let go at home. */
static void
test_arguments_at_home (void)
{
  enum
  {
    RUNS,
    IS_CANCELLED,
    IS_STOPPED,
    N_WAYS
  };

  for (int way = RUNS; way < N_WAYS; way++)
    {
      ThrTestBusy busy;
      ThrTestHome home;
      GObject *argument = g_object_new (G_TYPE_OBJECT, NULL);
      GValue value = G_VALUE_INIT;
      ThrBackground *background;
      ThrThreadWrapper *job;

      thr_test_busy_init (&busy);
      thr_test_home_init (&home);
      thr_test_home_watch (&home, argument);
      background = thr_background_new (busy.manager, use_object, way == RUNS ? &home : NULL, NULL);
      g_value_init (&value, G_TYPE_OBJECT);
      g_value_take_object (&value, argument);
      job = thr_background_call (background, &value, 1);
      g_value_unset (&value);
      g_assert_cmpint (thr_test_home_n_finalized (&home), ==, 0);
      if (way == IS_CANCELLED)
        thr_thread_wrapper_cancel (job);
      if (way == IS_STOPPED)
        thr_thread_manager_stop (busy.manager);
      thr_test_busy_open (&busy);
      thr_test_run_until_closed (job);
      thr_test_drain ();
      g_assert_cmpint (thr_test_home_n_finalized (&home), ==, 1);
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);

      g_assert_finalize_object (job);
      g_assert_finalize_object (background);
      thr_test_busy_clear (&busy);
    }
}

typedef struct
{
  ThrTestHome home;
  GString *words;
} Listener;

static void
on_success (ThrThreadWrapper *thread,
            const GValue     *result,
            gpointer          user_data)
{
  Listener *listener = user_data;

  g_assert_true (g_thread_self () == listener->home.thread);
  g_string_append_printf (listener->words, "success(%s) ", g_value_get_string (result));
}

static void
on_fail (ThrThreadWrapper *thread,
         const GError     *failure,
         gpointer          user_data)
{
  Listener *listener = user_data;

  g_assert_true (g_thread_self () == listener->home.thread);
  g_string_append_printf (listener->words, "fail(%s) ", failure->message);
}

static void
on_end (ThrThreadWrapper *thread,
        gpointer          user_data)
{
  Listener *listener = user_data;

  g_assert_true (g_thread_self () == listener->home.thread);
  g_string_append (listener->words, "end ");
}

static gboolean
fail_on_request (ThrThreadWrapper *thread,
                 const GValue     *arguments,
                 gsize             n_arguments,
                 gpointer          user_data,
                 GError          **error)
{
  if (n_arguments > 0)
    return thr_thread_wrapper_return_string (thread, g_value_get_string (&arguments[0]), error);

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no arguments");

  return FALSE;
}

/* Set once, called for each call; the data goes with the background, or with
 * what replaces it, once nothing needs it. */
static void
test_callbacks (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Listener listener = { 0 };
  ThrBackground *background;
  ThrThreadWrapper *jobs[3];
  GValue text = G_VALUE_INIT;

  thr_test_home_init (&listener.home);
  listener.words = g_string_new (NULL);
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));
  background = thr_background_new (manager, fail_on_request, &listener.home, thr_test_home_destroy);
  thr_background_set_on_success (background, on_success, &listener, thr_test_home_destroy);
  thr_background_set_on_fail (background, on_fail, &listener, thr_test_home_destroy);
  thr_background_set_on_end (background, on_end, &listener, thr_test_home_destroy);
  g_value_init (&text, G_TYPE_STRING);
  g_value_set_static_string (&text, "a");
  jobs[0] = thr_background_call (background, &text, 1);
  jobs[1] = thr_background_call (background, NULL, 0);
  g_value_set_static_string (&text, "b");
  jobs[2] = thr_background_call (background, &text, 1);
  g_value_unset (&text);
  thr_test_run_until_closed (jobs[2]);
  thr_test_drain ();
  g_assert_cmpstr (listener.words->str, ==, "success(a) end fail(no arguments) end success(b) end ");
  g_assert_cmpint (thr_test_home_n_destroyed (&listener.home), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    g_assert_finalize_object (jobs[i]);
  g_assert_cmpint (thr_test_home_n_destroyed (&listener.home), ==, 0);

  thr_background_set_on_end (background, NULL, NULL, NULL);
  thr_test_run_until (thr_test_home_n_destroyed (&listener.home) == 1);
  g_string_truncate (listener.words, 0);
  jobs[0] = thr_background_call (background, NULL, 0);
  thr_test_run_until_closed (jobs[0]);
  g_assert_cmpstr (listener.words->str, ==, "fail(no arguments) ");
  g_assert_finalize_object (jobs[0]);

  g_assert_finalize_object (background);
  thr_test_run_until (thr_test_home_n_destroyed (&listener.home) == 4);
  g_assert_cmpint (thr_test_home_n_away (&listener.home), ==, 0);
  g_string_free (listener.words, TRUE);
  g_assert_finalize_object (manager);
}

/* Calls that are queued when it is dropped, or its callbacks are replaced, go
 * on with what they were made with. */
static void
test_dropped (void)
{
  ThrTestBusy busy;
  Listener listener = { 0 };
  ThrBackground *background;
  ThrThreadWrapper *job;
  GValue text = G_VALUE_INIT;

  thr_test_home_init (&listener.home);
  listener.words = g_string_new (NULL);
  thr_test_busy_init (&busy);
  background = thr_background_new (busy.manager, fail_on_request, &listener.home, thr_test_home_destroy);
  thr_background_set_on_success (background, on_success, &listener, thr_test_home_destroy);
  thr_background_set_on_end (background, on_end, &listener, thr_test_home_destroy);
  g_value_init (&text, G_TYPE_STRING);
  g_value_set_static_string (&text, "still");
  job = thr_background_call (background, &text, 1);
  g_value_unset (&text);
  thr_background_set_on_end (background, NULL, NULL, NULL);
  g_object_unref (background);
  thr_test_drain ();
  g_assert_cmpint (thr_test_home_n_destroyed (&listener.home), ==, 0);

  thr_test_busy_open (&busy);
  thr_test_run_until_closed (job);
  g_assert_cmpstr (listener.words->str, ==, "success(still) end ");
  thr_test_run_until (thr_test_home_n_destroyed (&listener.home) == 3);
  g_assert_cmpint (thr_test_home_n_away (&listener.home), ==, 0);
  g_string_free (listener.words, TRUE);
  g_assert_finalize_object (job);
  thr_test_busy_clear (&busy);
}

static void
test_name_and_priority (void)
{
  ThrTestBusy busy;
  ThrBackground *background;
  ThrThreadWrapper *unnamed, *named, *urgent;
  g_autofree char *name = NULL;
  g_autofree char *job_name = NULL;
  int priority;

  thr_test_busy_init (&busy);
  background = thr_background_new (busy.manager, join_texts, (gpointer) "", NULL);
  g_assert_cmpint (thr_background_get_priority (background), ==, 0);
  unnamed = thr_background_call (background, NULL, 0);
  job_name = thr_thread_wrapper_dup_name (unnamed);
  g_assert_cmpstr (job_name, ==, thr_thread_wrapper_get_ident (unnamed));
  g_clear_pointer (&job_name, g_free);

  thr_background_set_name (background, "sum");
  name = thr_background_dup_name (background);
  g_assert_cmpstr (name, ==, "sum");
  named = thr_background_call (background, NULL, 0);
  job_name = thr_thread_wrapper_dup_name (named);
  g_assert_cmpstr (job_name, ==, "sum");
  g_assert_cmpint (thr_thread_wrapper_get_priority (named), ==, 0);

  thr_background_set_priority (background, -50);
  g_object_get (background, "priority", &priority, NULL);
  g_assert_cmpint (priority, ==, -50);
  urgent = thr_background_call (background, NULL, 0);
  g_assert_cmpint (thr_thread_wrapper_get_priority (urgent), ==, -50);
  g_assert_cmpint (thr_thread_wrapper_get_priority (named), ==, 0);

  thr_test_busy_open (&busy);
  thr_test_run_until_closed (named);
  g_assert_cmpint (thr_thread_wrapper_get_started_at (urgent), <=, thr_thread_wrapper_get_started_at (unnamed));
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (urgent), ==, THR_EXECUTION_STATE_CLOSED);
  g_assert_finalize_object (unnamed);
  g_assert_finalize_object (named);
  g_assert_finalize_object (urgent);
  g_assert_finalize_object (background);
  thr_test_busy_clear (&busy);
}

/* Called from several threads at once. */
static gpointer
call_in_thread (gpointer data)
{
  guint n = thr_test_scale (1000, 100);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (ThrThreadWrapper) job = NULL;
      g_autofree char *wanted = g_strdup_printf ("t,%u", i);
      GValue number = G_VALUE_INIT;

      g_value_init (&number, G_TYPE_UINT);
      g_value_set_uint (&number, i);
      job = thr_background_call (data, &number, 1);
      if (i % 10 == 0)
        assert_result (job, wanted);
    }

  return NULL;
}

static void
test_threads (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrBackground *background = thr_background_new (manager, join_texts, (gpointer) "t", NULL);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("call", call_in_thread, background);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (background);
  g_assert_finalize_object (manager);
}

/* The manager was stopped: the call gives a job all the same, which fails. */
static void
test_stopped (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrBackground *background = thr_background_new (manager, use_object, NULL, NULL);
  ThrThreadWrapper *job;
  g_autoptr (GError) error = NULL;

  thr_thread_manager_stop (manager);
  job = thr_background_call (background, NULL, 0);
  g_assert_false (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_STOPPED);

  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_assert_null (thr_background_call (NULL, NULL, 0));
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_assert_null (thr_background_call (background, NULL, 2));
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_assert_null (thr_background_new (manager, NULL, NULL, NULL));
  g_test_assert_expected_messages ();

  g_assert_finalize_object (job);
  g_assert_finalize_object (background);
  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/background/call", test_call);
  g_test_add_func ("/background/default-manager", test_default_manager);
  g_test_add_func ("/background/arguments-at-home", test_arguments_at_home);
  g_test_add_func ("/background/callbacks", test_callbacks);
  g_test_add_func ("/background/dropped", test_dropped);
  g_test_add_func ("/background/name-and-priority", test_name_and_priority);
  g_test_add_func ("/background/threads", test_threads);
  g_test_add_func ("/background/stopped", test_stopped);

  return g_test_run ();
}
