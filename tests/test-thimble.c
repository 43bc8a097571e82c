/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include "thimble-target.h"

#include "base/thr-dispatcher-private.h"

#include <glib/gstdio.h>

/* Calls: whose manager, which thread, which context, what becomes of them. */

typedef struct
{
  GThread *thread;
  GAsyncResult *result; /* a reference, once it came */
} Answer;

static void
answer_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Answer *answer = user_data;

  g_assert_true (THR_IS_THIMBLE (source));
  g_assert_null (answer->result);
  answer->thread = g_thread_self ();
  answer->result = g_object_ref (result);
}

static void
answer_clear (Answer *answer)
{
  g_clear_object (&answer->result);
}

static void
call_skip (ThrThimble   *thimble,
           guint64       count,
           GCancellable *cancellable,
           Answer       *answer)
{
  GValue value = G_VALUE_INIT;

  g_value_set_uint64 (g_value_init (&value, G_TYPE_UINT64), count);
  thr_thimble_call (thimble, "skip", &value, 1, cancellable, answer_cb, answer);
  g_value_unset (&value);
}

static void
assert_skipped (ThrThimble *thimble,
                Answer     *answer,
                gint64      count)
{
  g_autoptr (GError) error = NULL;
  const GValue *value = thr_thimble_call_finish (thimble, answer->result, &error);
  g_auto (GValue) wide = G_VALUE_INIT;

  g_assert_no_error (error);
  g_assert_nonnull (value);
  g_assert_true (g_value_transform (value, g_value_init (&wide, G_TYPE_INT64)));
  g_assert_cmpint (g_value_get_int64 (&wide), ==, count);
  g_assert_true (answer->thread == g_thread_self ());
}

#define assert_failed(thimble, answer, domain, code)                                  \
  G_STMT_START                                                                        \
  {                                                                                   \
    g_autoptr (GError) _error = NULL;                                                 \
    g_assert_null (thr_thimble_call_finish (thimble, (answer)->result, &_error));     \
    g_assert_error (_error, domain, code);                                            \
  }                                                                                   \
  G_STMT_END

/* ---- the manager ---- */

static void
test_own_manager (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  ThrThreadManager *manager = thr_thimble_get_manager (thimble);
  Answer answer = { 0 };

  g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, 1);
  g_assert_false (thr_thread_manager_get_started (manager));
  g_assert_true (thr_thimble_get_target (thimble) == G_OBJECT (target));
  g_assert_true (thr_thimble_is_blocking (thimble, "skip"));
  g_assert_true (thr_thimble_is_blocking (thimble, "what there is not"));
  g_assert_null (thr_thimble_get_blocking_methods (thimble));

  test_target_open (target);
  call_skip (thimble, 42, NULL, &answer);
  g_assert_null (answer.result);
  thr_test_run_until (answer.result != NULL);
  assert_skipped (thimble, &answer, 42);
  g_assert_true (test_target_get_thread (target) != g_thread_self ());
  g_assert_true (thr_thread_manager_get_started (manager));

  g_assert_true (g_async_result_is_tagged (answer.result, thr_thimble_call));
  g_assert_true (g_async_result_get_user_data (answer.result) == &answer);
  answer_clear (&answer);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

/* The own manager has one thread: the second call begins when the first is over. */
static void
test_one_at_a_time (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  Answer first = { 0 }, second = { 0 };

  call_skip (thimble, 1, NULL, &first);
  call_skip (thimble, 2, NULL, &second);
  test_target_wait_entered (target);
  g_assert_cmpuint (thr_thread_manager_get_n_running (thr_thimble_get_manager (thimble)), ==, 1);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (thr_thimble_get_manager (thimble)), ==, 1);
  test_target_open (target);
  thr_test_run_until (first.result != NULL && second.result != NULL);
  assert_skipped (thimble, &first, 1);
  assert_skipped (thimble, &second, 2);
  g_assert_cmpint (test_target_get_most_inside (target), ==, 1);

  answer_clear (&first);
  answer_clear (&second);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

static void
test_blocking_list (void)
{
  static const char *const methods[] = { "skip", "*_sync", "read_?ytes", NULL };
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, methods);

  g_assert_cmpstrv (thr_thimble_get_blocking_methods (thimble), methods);
  g_assert_true (thr_thimble_is_blocking (thimble, "skip"));
  g_assert_true (thr_thimble_is_blocking (thimble, "call_sync"));
  g_assert_true (thr_thimble_is_blocking (thimble, "read_bytes"));
  g_assert_false (thr_thimble_is_blocking (thimble, "close"));
  g_assert_false (thr_thimble_is_blocking (thimble, "skip_"));
  g_assert_false (thr_thimble_is_blocking (thimble, "call_sync_"));
  g_assert_finalize_object (thimble);
  g_assert_finalize_object (target);
}

/* What is not listed runs at once and here; its callback still comes later. */
static void
test_immediate (void)
{
  static const char *const none[] = { NULL };
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, none);
  Answer answer = { 0 };

  test_target_open (target);
  call_skip (thimble, 7, NULL, &answer);
  g_assert_true (test_target_get_thread (target) == g_thread_self ());
  g_assert_null (answer.result);
  thr_test_run_until (answer.result != NULL);
  assert_skipped (thimble, &answer, 7);
  g_assert_false (thr_thread_manager_get_started (thr_thimble_get_manager (thimble)));

  answer_clear (&answer);
  thr_test_finalize_soon (thimble);
  g_assert_finalize_object (target);
}

static void
test_call_now (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  g_auto (GValue) count = G_VALUE_INIT;
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  test_target_open (target);
  g_value_set_int (g_value_init (&count, G_TYPE_INT), 5);
  g_value_set_string (g_value_init (&value, G_TYPE_STRING), "is replaced");
  thr_thimble_call_now (thimble, "skip", &count, 1, NULL, &value, &error);
  g_assert_no_error (error);
  g_assert_true (test_target_get_thread (target) == g_thread_self ());
  g_assert_cmpint (g_value_get_int64 (&value), ==, 5);

  /* Nothing is returned but whether it failed. */
  thr_thimble_call_now (thimble, "close", NULL, 0, NULL, &value, &error);
  g_assert_no_error (error);

  thr_thimble_call_now (thimble, "skip", &count, 1, NULL, &value, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_true (G_VALUE_HOLDS_STRING (&value));
  g_assert_null (g_value_get_string (&value));

  g_assert_finalize_object (thimble);
  g_assert_finalize_object (target);
}

/* What gives several values gives them as one, and one by one. */
static void
test_several (void)
{
  ThrThimble *thimble = thr_thimble_new_static (NULL, NULL);
  g_auto (GValue) name = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  const GValue *values;
  Answer answer = { 0 };
  gsize n_values;

  g_value_set_static_string (g_value_init (&name, G_TYPE_STRING), "picture.png");
  thr_thimble_call (thimble, "Gio.content_type_guess", &name, 1, NULL, answer_cb, &answer);
  thr_test_run_until (answer.result != NULL);
  values = thr_thimble_call_finish_values (thimble, answer.result, &n_values, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_values, ==, 2);
  g_assert_true (G_VALUE_HOLDS_STRING (&values[0]));
  g_assert_true (G_VALUE_HOLDS_BOOLEAN (&values[1]));

  for (guint i = 0; i < 2; i++)
    {
      const GValue *value = thr_thimble_call_finish (thimble, answer.result, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (G_VALUE_TYPE_NAME (value), ==, "GValueArray");
    }
  answer_clear (&answer);

  /* None is NULL, without an error. */
  g_value_set_static_string (&name, "Thr");
  thr_thimble_call (thimble, "GLib.set_prgname", &name, 1, NULL, answer_cb, &answer);
  thr_test_run_until (answer.result != NULL);
  g_assert_null (thr_thimble_call_finish (thimble, answer.result, &error));
  g_assert_no_error (error);
  g_assert_null (thr_thimble_call_finish_values (thimble, answer.result, &n_values, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_values, ==, 0);
  answer_clear (&answer);
  thr_test_finalize_soon (thimble);
}

static void
test_stopped (void)
{
  static const char *const listed[] = { "skip", NULL };
  TestTarget *target = test_target_new ();
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), manager, listed);
  g_autoptr (ThrThreadWrapper) blocking = NULL;
  g_autoptr (ThrThreadWrapper) immediate = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) count = G_VALUE_INIT;
  Answer answer = { 0 };

  thr_thread_manager_stop (manager);
  test_target_open (target);
  call_skip (thimble, 1, NULL, &answer);
  g_assert_null (answer.result);
  thr_test_run_until (answer.result != NULL);
  assert_failed (thimble, &answer, THR_ERROR, THR_ERROR_STOPPED);
  g_assert_false (thr_thread_manager_get_started (manager));

  g_value_set_int (g_value_init (&count, G_TYPE_INT), 5);
  blocking = thr_thimble_call_thread (thimble, "skip", &count, 1, &error);
  g_assert_no_error (error);
  g_assert_false (thr_thread_wrapper_join (blocking, THR_FOREVER, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_STOPPED);
  g_clear_error (&error);

  immediate = thr_thimble_call_thread (thimble, "close", NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_false (thr_thread_wrapper_join (immediate, THR_FOREVER, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_STOPPED);
  g_assert_false (g_input_stream_is_closed (G_INPUT_STREAM (target)));
  g_assert_null (test_target_get_thread (target));

  answer_clear (&answer);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (manager);
  thr_test_finalize_soon (target);
}

typedef struct
{
  ThrThimble *thimble;
  gboolean handle_first; /* a method that is not listed, with a handle */
  gboolean answered;
} Application;

static void
quit_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Application *self = user_data;

  self->answered = TRUE;
  g_application_release (g_application_get_default ());
}

static void
activate_cb (GApplication *application,
             gpointer      user_data)
{
  Application *self = user_data;
  GValue value = G_VALUE_INIT;

  g_application_hold (application);
  if (self->handle_first)
    {
      ThrThreadWrapper *job = thr_thimble_call_thread (self->thimble, "has_pending", NULL, 0, NULL);

      g_assert_true (thr_thread_wrapper_join (job, THR_FOREVER, NULL, NULL));
      g_object_unref (job);
    }
  g_value_set_uint (g_value_init (&value, G_TYPE_UINT), 3);
  thr_thimble_call (self->thimble, "skip", &value, 1, NULL, quit_cb, self);
}

static void
run_application (ThrThreadManager *manager,
                 gboolean          attach,
                 gboolean          handle_first)
{
  static const char *const listed[] = { "skip", NULL };
  TestTarget *target = test_target_new ();
  Application self = { thr_thimble_new (G_OBJECT (target), manager, listed), handle_first, FALSE };
  GApplication *application = g_application_new (NULL, G_APPLICATION_NON_UNIQUE);

  test_target_open (target);
  g_application_set_default (application);
  if (attach)
    thr_thread_manager_attach_application (manager, application);
  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), &self);
  g_assert_cmpint (g_application_run (application, 0, NULL), ==, 0);
  g_assert_true (self.answered);
  g_application_set_default (NULL);
  g_assert_finalize_object (application);
  thr_test_finalize_soon (self.thimble);
  thr_test_finalize_soon (target);
}

static void
test_application (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  run_application (manager, FALSE, FALSE);
  g_assert_false (thr_thread_manager_get_started (manager));
  thr_test_finalize_soon (manager);

  manager = thr_thread_manager_new ();
  run_application (manager, FALSE, TRUE);
  g_assert_false (thr_thread_manager_get_started (manager));
  thr_test_finalize_soon (manager);

  /* The application that it is attached to stops it anyway. */
  manager = thr_thread_manager_new ();
  run_application (manager, TRUE, FALSE);
  g_assert_false (thr_thread_manager_get_started (manager));
  thr_test_finalize_soon (manager);

  /* Who started it, stops it. */
  manager = thr_thread_manager_new ();
  thr_thread_manager_start (manager);
  run_application (manager, FALSE, FALSE);
  g_assert_true (thr_thread_manager_get_started (manager));
  thr_test_finalize_soon (manager);
}

/* ---- references and contexts ---- */

static void
test_kept_alive (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  ThrTestHome home;
  Answer answer = { 0 };

  thr_test_home_init (&home);
  thr_test_home_watch (&home, target);
  thr_test_home_watch (&home, thimble);
  call_skip (thimble, 1, NULL, &answer);
  test_target_wait_entered (target);
  g_object_unref (thimble);
  test_target_open (target);
  g_object_unref (target);
  thr_test_run_until (answer.result != NULL);
  assert_skipped (thimble, &answer, 1);
  answer_clear (&answer);
  thr_test_poll_until (thr_test_home_n_finalized (&home) == 2);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
}

/* An argument that nobody else holds, and a result that nobody takes. */
static void
test_released_at_home (void)
{
  static const char *const functions[] = { "Gio.BufferedInputStream.new",
                                           "Gio.InputStream.not_there", NULL };

  for (guint i = 0; functions[i] != NULL; i++)
    {
      ThrThimble *thimble = thr_thimble_new_static (NULL, NULL);
      TestTarget *argument = test_target_new ();
      GValue value = G_VALUE_INIT;
      ThrTestHome home;
      Answer answer = { 0 };
      int n_watched = 1;

      thr_test_home_init (&home);
      thr_test_home_watch (&home, argument);
      g_value_take_object (g_value_init (&value, TEST_TYPE_TARGET), argument);
      thr_thimble_call (thimble, functions[i], &value, 1, NULL, answer_cb, &answer);
      g_value_unset (&value);
      thr_test_run_until (answer.result != NULL);
      if (i == 0)
        {
          const GValue *got = thr_thimble_call_finish (thimble, answer.result, NULL);

          thr_test_home_watch (&home, g_value_get_object (got));
          n_watched++;
          g_assert_cmpint (thr_test_home_n_finalized (&home), ==, 0);
        }
      answer_clear (&answer);
      thr_test_poll_until (thr_test_home_n_finalized (&home) == n_watched);
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      thr_test_finalize_soon (thimble);
    }
}

/* The result, too, dies at home, wherever the last reference to it is dropped. */
static gpointer
drop_elsewhere (gpointer result)
{
  g_object_unref (result);
  return NULL;
}

static void
test_dropped_elsewhere (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  ThrTestHome home;
  Answer answer = { 0 };

  thr_test_home_init (&home);
  thr_test_home_watch (&home, target);
  thr_test_home_watch (&home, thimble);
  test_target_open (target);
  g_object_unref (target);
  call_skip (thimble, 1, NULL, &answer);
  g_object_unref (thimble);
  thr_test_run_until (answer.result != NULL);
  thr_test_drain ();
  g_thread_join (g_thread_new ("dropper", drop_elsewhere, answer.result));
  thr_test_poll_until (thr_test_home_n_finalized (&home) == 2);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
}

typedef struct
{
  TestTarget *target;
  ThrThimble *thimble;
} Elsewhere;

static gpointer
call_elsewhere (gpointer data)
{
  Elsewhere *self = data;
  GMainContext *context = g_main_context_new ();
  Answer answer = { 0 };

  g_main_context_push_thread_default (context);
  call_skip (self->thimble, 9, NULL, &answer);
  while (answer.result == NULL)
    g_main_context_iteration (context, TRUE);
  assert_skipped (self->thimble, &answer, 9);
  answer_clear (&answer);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  return NULL;
}

static void
test_owner_context (void)
{
  Elsewhere self = { test_target_new (), NULL };

  self.thimble = thr_thimble_new (G_OBJECT (self.target), NULL, NULL);
  test_target_open (self.target);
  g_thread_join (g_thread_new ("elsewhere", call_elsewhere, &self));
  thr_test_finalize_soon (self.thimble);
  thr_test_finalize_soon (self.target);
}

/* One thimble for many threads, each with a context of its own. */
static gpointer
call_often (gpointer data)
{
  for (guint i = 0; i < thr_test_scale (200, 20); i++)
    call_elsewhere (data);
  return NULL;
}

static void
test_many_threads (void)
{
  Elsewhere self = { test_target_new (), NULL };
  GThread *threads[4];

  self.thimble = thr_thimble_new (G_OBJECT (self.target), NULL, NULL);
  test_target_open (self.target);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("caller", call_often, &self);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (test_target_get_n_calls (self.target), ==, (int) (4 * thr_test_scale (200, 20)));
  g_assert_cmpint (test_target_get_most_inside (self.target), ==, 1);
  thr_test_finalize_soon (self.thimble);
  thr_test_finalize_soon (self.target);
}

/* The owner context of a call that a job makes is that of the job. */
typedef struct
{
  ThrThimble *thimble;
  Answer answer;
} Inside;

static gboolean
call_inside (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Inside *self = user_data;

  call_skip (self->thimble, 4, NULL, &self->answer);
  return TRUE;
}

static gpointer
own_loop (gpointer data)
{
  GMainContext *context = g_main_context_new ();
  ThrThreadManager *manager;
  ThrThreadWrapper *job;
  Inside *self = data;

  g_main_context_push_thread_default (context);
  manager = thr_thread_manager_new ();
  job = thr_thread_manager_do_async (manager, "calls", call_inside, self, NULL);
  while (self->answer.result == NULL ||
         thr_thread_wrapper_get_execution_state (job) != THR_EXECUTION_STATE_CLOSED)
    g_main_context_iteration (context, TRUE);
  assert_skipped (self->thimble, &self->answer, 4);
  answer_clear (&self->answer);
  g_object_unref (job);
  g_object_unref (manager);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  return NULL;
}

static void
test_call_in_job (void)
{
  TestTarget *target = test_target_new ();
  Inside self = { thr_thimble_new (G_OBJECT (target), NULL, NULL), { 0 } };

  test_target_open (target);
  g_thread_join (g_thread_new ("own loop", own_loop, &self));
  thr_test_finalize_soon (self.thimble);
  thr_test_finalize_soon (target);
}

/* The owner context goes before the call is over: nobody is called, and all that
 * the call held is released in the context of whoever lives on. */
static void
test_owner_gone (void)
{
  static const char *const listed[] = { "skip", NULL };
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, listed);
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *heir = thr_dispatcher_for_context (NULL), *gone;
  Answer blocking = { 0 }, immediate = { 0 };
  ThrTestHome home;

  thr_test_home_init (&home);
  thr_test_home_watch (&home, target);
  thr_test_home_watch (&home, thimble);
  g_main_context_push_thread_default (context);
  thr_thimble_call (thimble, "has_pending", NULL, 0, NULL, answer_cb, &immediate);
  call_skip (thimble, 1, NULL, &blocking);
  gone = thr_dispatcher_for_context (context);
  g_main_context_pop_thread_default (context);
  test_target_wait_entered (target);
  thr_dispatcher_close (gone, heir);
  thr_dispatcher_unref (gone);
  g_main_context_unref (context);

  test_target_open (target);
  g_object_unref (target);
  g_object_unref (thimble);
  thr_test_poll_until (thr_test_home_n_finalized (&home) == 2);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  g_assert_null (blocking.result);
  g_assert_null (immediate.result);
}

/* ---- cancel, handle, nobody listens ---- */

static void
test_cancel (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer running = { 0 }, queued = { 0 };

  /* The target sees the cancellable of its call, though it was not given one. */
  call_skip (thimble, 1, cancellable, &running);
  call_skip (thimble, 1, cancellable, &queued);
  test_target_wait_entered (target);
  g_cancellable_cancel (cancellable);
  thr_test_run_until (running.result != NULL && queued.result != NULL);
  assert_failed (thimble, &running, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_failed (thimble, &queued, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (test_target_get_n_calls (target), ==, 1);

  answer_clear (&running);
  answer_clear (&queued);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

static void
test_call_thread (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  ThrThreadWrapper *jobs[4];
  g_auto (GValue) count = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_value_init (&count, G_TYPE_UINT64);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      g_value_set_uint64 (&count, i + 1);
      jobs[i] = thr_thimble_call_thread (thimble, "skip", &count, 1, &error);
      g_assert_no_error (error);
    }
  test_target_wait_entered (target);
  thr_thread_wrapper_set_priority (jobs[3], G_PRIORITY_HIGH);
  thr_thread_wrapper_cancel (jobs[2]);
  test_target_open (target);

  g_assert_true (thr_thread_wrapper_join (jobs[1], THR_FOREVER, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (jobs[1])), ==, 2);
  g_assert_false (thr_thread_wrapper_join (jobs[2], THR_FOREVER, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_true (thr_thread_wrapper_join (jobs[3], THR_FOREVER, NULL, &error));
  g_assert_cmpstr (test_target_get_order (target), ==, "1 4 2 ");

  /* What would be refused is no job. */
  g_assert_null (thr_thimble_call_thread (thimble, "skipp", &count, 1, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD);

  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    thr_test_finalize_soon (jobs[i]);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

/* A running call is cancelled by its handle as well. */
static void
test_cancel_thread (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  ThrThreadWrapper *job;
  g_auto (GValue) count = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_value_set_int64 (g_value_init (&count, G_TYPE_INT64), 1);
  job = thr_thimble_call_thread (thimble, "skip", &count, 1, &error);
  g_assert_no_error (error);
  test_target_wait_entered (target);
  thr_thread_wrapper_cancel (job);
  g_assert_false (thr_thread_wrapper_join (job, THR_FOREVER, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  thr_test_finalize_soon (job);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

static void
unhandled_cb (ThrThreadManager *manager,
              ThrThreadWrapper *thread,
              const GError     *error,
              gpointer          user_data)
{
  GError **heard = user_data;

  g_assert_null (*heard);
  *heard = g_error_copy (error);
}

static void
test_nobody_listens (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  g_autoptr (GError) heard = NULL;

  g_signal_connect (thr_thimble_get_manager (thimble), "unhandled-error",
                    G_CALLBACK (unhandled_cb), &heard);
  g_assert_true (g_input_stream_close (G_INPUT_STREAM (target), NULL, NULL));
  thr_thimble_call (thimble, "skip", &(GValue){ G_TYPE_UINT64, { { .v_uint64 = 1 } } }, 1, NULL,
                    NULL, NULL);
  thr_test_run_until (heard != NULL);
  g_assert_error (heard, G_IO_ERROR, G_IO_ERROR_CLOSED);

  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*no_such*");
  thr_thimble_call (thimble, "no_such_thing", NULL, 0, NULL, NULL, NULL);
  g_test_assert_expected_messages ();
  thr_test_drain ();
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

/* ---- bad input ---- */

static void
expect_error (ThrThimble   *thimble,
              const char   *method,
              const GValue *arguments,
              gsize         n_arguments,
              int           code,
              const char   *words)
{
  g_autoptr (GError) error = NULL;
  Answer answer = { 0 };

  thr_thimble_call (thimble, method, arguments, n_arguments, NULL, answer_cb, &answer);
  g_assert_null (answer.result);
  thr_test_run_until (answer.result != NULL);
  g_assert_null (thr_thimble_call_finish (thimble, answer.result, &error));
  g_assert_error (error, THR_ERROR, code);
  if (!g_pattern_match_simple (words, error->message))
    g_error ("“%s” is not “%s”", error->message, words);
  answer_clear (&answer);
}

static void
test_bad_input (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  GValue values[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  g_autoptr (GError) error = NULL;

  g_value_set_static_string (g_value_init (&values[0], G_TYPE_STRING), "five");
  g_value_set_int (g_value_init (&values[1], G_TYPE_INT), -1);
  g_value_set_double (g_value_init (&values[2], G_TYPE_DOUBLE), 1.5);

  expect_error (thimble, "skipp", NULL, 0, THR_ERROR_NO_SUCH_METHOD, "*skipp*skip*");
  expect_error (thimble, "load_contents", NULL, 0, THR_ERROR_NO_SUCH_METHOD, "*load_contents*");
  expect_error (thimble, "", NULL, 0, THR_ERROR_NO_SUCH_METHOD, "*");
  expect_error (thimble, "read_async", NULL, 0, THR_ERROR_NOT_SUPPORTED, "*read_async*");
  expect_error (thimble, "skip", NULL, 0, THR_ERROR_INVALID_ARGUMENT, "*skip*count*");
  expect_error (thimble, "skip", values, 3, THR_ERROR_INVALID_ARGUMENT, "*skip*");
  expect_error (thimble, "skip", &values[0], 1, THR_ERROR_INVALID_ARGUMENT, "*skip*count*");
  expect_error (thimble, "skip", &values[1], 1, THR_ERROR_INVALID_ARGUMENT, "*skip*count*-1*");
  expect_error (thimble, "skip", &values[2], 1, THR_ERROR_INVALID_ARGUMENT, "*skip*count*");
  g_assert_cmpint (test_target_get_n_calls (target), ==, 0);

  g_assert_true (thr_thimble_has_method (thimble, "skip", &error));
  g_assert_false (thr_thimble_has_method (thimble, "skipp", &error));
  g_assert_false (thr_thimble_has_method (thimble, "read_async", &error));
  g_assert_no_error (error);

  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

static void
test_disposed (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  ThrThimble *other = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  /* That one thimble is gone says nothing of the target. */
  thr_test_finalize_soon (other);
  thr_thimble_get_target_property (thimble, "level", &value, &error);
  g_assert_no_error (error);

  g_object_run_dispose (G_OBJECT (target));
  expect_error (thimble, "skip", NULL, 0, THR_ERROR_INVALID_STATE, "*TestTarget*disposed*");
  thr_thimble_get_target_property (thimble, "level", &value, &error);
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_clear_error (&error);
  g_assert_false (thr_thimble_set_target_property (thimble, "level", &value, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_clear_error (&error);
  thr_thimble_call_now (thimble, "skip", NULL, 0, NULL, &value, &error);
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_clear_error (&error);
  g_assert_null (thr_thimble_call_thread (thimble, "skip", NULL, 0, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);

  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

static void
test_list_methods (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  ThrThimble *functions = thr_thimble_new_static (NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = thr_thimble_list_methods (thimble, &error);

  g_assert_no_error (error);
  g_assert_true (g_strv_contains ((const char *const *) names, "skip"));
  g_assert_true (g_strv_contains ((const char *const *) names, "read_async"));
  g_assert_true (g_strv_contains ((const char *const *) names, "get_property"));
  g_assert_false (g_strv_contains ((const char *const *) names, "load_contents"));

  g_assert_null (thr_thimble_list_methods (functions, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  thr_test_finalize_soon (functions);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

/* ---- serialize-all ---- */

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  ++*(int *) user_data;
}

/* No object is nothing that a number could be. */
static void
test_null_for_a_number (void)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_value_init (&value, G_TYPE_OBJECT);
  g_assert_false (thr_thimble_set_target_property (thimble, "level", &value, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);

  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

/* From whatever number says the same, and from none that would be cut. */
static void
test_flags (void)
{
  GApplication *application = g_application_new (NULL, G_APPLICATION_DEFAULT_FLAGS);
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (application), NULL, NULL);
  g_auto (GValue) wide = G_VALUE_INIT, number = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_value_set_int64 (g_value_init (&wide, G_TYPE_INT64), (G_GINT64_CONSTANT (1) << 32) | G_APPLICATION_HANDLES_OPEN);
  g_assert_false (thr_thimble_set_target_property (thimble, "flags", &wide, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_cmpuint (g_application_get_flags (application), ==, G_APPLICATION_DEFAULT_FLAGS);

  g_value_set_double (g_value_init (&number, G_TYPE_DOUBLE), G_APPLICATION_HANDLES_OPEN);
  g_assert_true (thr_thimble_set_target_property (thimble, "flags", &number, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_application_get_flags (application), ==, G_APPLICATION_HANDLES_OPEN);

  thr_test_finalize_soon (thimble);
  g_assert_finalize_object (application);
}

static void
test_serialize_all (void)
{
  static const char *const listed[] = { "skip", NULL };
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, listed);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  Answer answer = { 0 };
  int n_notified = 0;

  g_signal_connect (thimble, "notify::serialize-all", G_CALLBACK (count_cb), &n_notified);
  g_assert_false (thr_thimble_get_serialize_all (thimble));
  thr_thimble_set_serialize_all (thimble, TRUE);
  thr_thimble_set_serialize_all (thimble, TRUE);
  g_assert_cmpint (n_notified, ==, 1);

  call_skip (thimble, 1, NULL, &answer);
  test_target_wait_entered (target);
  expect_error (thimble, "has_pending", NULL, 0, THR_ERROR_BUSY, "*has_pending*");
  thr_thimble_get_target_property (thimble, "level", &value, &error);
  g_assert_error (error, THR_ERROR, THR_ERROR_BUSY);
  g_clear_error (&error);
  g_value_unset (&value);
  g_value_set_int (g_value_init (&value, G_TYPE_INT), 1);
  g_assert_false (thr_thimble_set_target_property (thimble, "level", &value, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_BUSY);
  g_clear_error (&error);
  thr_thimble_set_serialize_all (thimble, FALSE);
  g_assert_true (thr_thimble_set_target_property (thimble, "level", &value, &error));
  thr_thimble_set_serialize_all (thimble, TRUE);

  test_target_open (target);
  thr_test_run_until (answer.result != NULL);
  assert_skipped (thimble, &answer, 1);
  answer_clear (&answer);
  g_assert_true (thr_thimble_set_target_property (thimble, "level", &value, &error));
  g_assert_no_error (error);
  thr_thimble_call_now (thimble, "has_pending", NULL, 0, NULL, &value, &error);
  g_assert_no_error (error);
  g_assert_false (g_value_get_boolean (&value));

  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

/* A call that never ran is not under way, though its result is still held. */
static void
test_serialize_stopped (void)
{
  static const char *const listed[] = { "skip", NULL };
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, listed);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  Answer answer = { 0 };

  thr_thimble_set_serialize_all (thimble, TRUE);
  thr_thread_manager_stop (thr_thimble_get_manager (thimble));
  call_skip (thimble, 1, NULL, &answer);
  thr_test_run_until (answer.result != NULL);
  thr_thimble_get_target_property (thimble, "level", &value, &error);
  g_assert_no_error (error);
  assert_failed (thimble, &answer, THR_ERROR, THR_ERROR_STOPPED);
  answer_clear (&answer);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

/* What a language whose numbers are doubles would lose, or mistake. */
static void
test_packed (void)
{
  ThrThimble *thimble = g_object_new (THR_TYPE_THIMBLE, "pack-values", TRUE, NULL);
  GValue arguments[4] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  g_autoptr (GSimpleAction) action = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GVariant) inner = NULL;
  g_autoptr (GError) error = NULL;
  ThrThimble *of_action;

  g_assert_true (thr_thimble_get_pack_values (thimble));
  g_value_set_static_string (g_value_init (&arguments[0], G_TYPE_STRING), "9223372036854775807");
  g_value_set_int (g_value_init (&arguments[1], G_TYPE_INT), 10);
  g_value_set_int64 (g_value_init (&arguments[2], G_TYPE_INT64), G_MININT64);
  g_value_set_int64 (g_value_init (&arguments[3], G_TYPE_INT64), G_MAXINT64);
  thr_thimble_call_now (thimble, "GLib.ascii_string_to_signed", arguments, 4, NULL, &value, &error);
  g_assert_no_error (error);
  g_assert_true (G_VALUE_HOLDS_VARIANT (&value));
  g_assert_cmpint (g_variant_get_int64 (g_value_get_variant (&value)), ==, G_MAXINT64);
  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    g_value_unset (&arguments[i]);
  thr_test_finalize_soon (thimble);

  action = g_simple_action_new_stateful ("act", NULL, g_variant_new_int64 (5));
  of_action = g_object_new (THR_TYPE_THIMBLE, "target", action, "pack-values", TRUE, NULL);
  for (guint i = 0; i < 2; i++)
    {
      if (i == 0)
        thr_thimble_get_target_property (of_action, "state", &value, &error);
      else
        thr_thimble_call_now (of_action, "get_state", NULL, 0, NULL, &value, &error);
      g_assert_no_error (error);
      g_assert_true (g_variant_is_of_type (g_value_get_variant (&value), G_VARIANT_TYPE_VARIANT));
      g_clear_pointer (&inner, g_variant_unref);
      inner = g_variant_get_variant (g_value_get_variant (&value));
      g_assert_cmpint (g_variant_get_int64 (inner), ==, 5);
    }
  thr_test_finalize_soon (of_action);
}

/* A floating target is taken. */
static void
test_floating (void)
{
  GObject *target = g_object_new (G_TYPE_INITIALLY_UNOWNED, NULL);
  ThrThimble *thimble = thr_thimble_new (target, NULL, NULL);

  g_assert_false (g_object_is_floating (target));
  g_object_add_weak_pointer (target, (gpointer *) &target);
  g_assert_finalize_object (thimble);
  g_assert_null (target);
}

/* ---- the module ---- */

static void
expect_no_backend (const char *words)
{
  TestTarget *target = test_target_new ();
  ThrThimble *thimble = thr_thimble_new (G_OBJECT (target), NULL, NULL);
  g_autoptr (GError) error = NULL;

  /* What needs no introspection works. */
  g_assert_true (thr_thimble_is_blocking (thimble, "skip"));
  expect_error (thimble, "skip", NULL, 0, THR_ERROR_NO_BACKEND, words);
  expect_error (thimble, "skip", NULL, 0, THR_ERROR_NO_BACKEND, words);
  g_assert_false (thr_thimble_has_method (thimble, "skip", &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_BACKEND);
  g_clear_error (&error);
  g_assert_null (thr_thimble_list_methods (thimble, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_BACKEND);
  g_clear_error (&error);
  g_assert_false (thr_thimble_require ("Gio", NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_BACKEND);
  thr_test_finalize_soon (thimble);
  thr_test_finalize_soon (target);
}

static void
test_module_missing (void)
{
  if (g_test_subprocess ())
    {
      expect_no_backend ("*libthr-girepository-*/no/such/folder*THR_BACKEND_PATH*");
      return;
    }
  g_setenv ("THR_BACKEND_PATH", "/no/such/folder", TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

static void
with_module (const char *content,
             gsize       length)
{
  g_autofree char *folder = g_dir_make_tmp ("thimble-XXXXXX", NULL);
  g_autofree char *one = g_build_filename (folder, "libthr-girepository-1.0.so", NULL);
  g_autofree char *two = g_build_filename (folder, "libthr-girepository-2.0.so", NULL);

  g_assert_nonnull (folder);
  g_assert_true (g_file_set_contents (one, content, length, NULL));
  g_assert_true (g_file_set_contents (two, content, length, NULL));
  g_setenv ("THR_BACKEND_PATH", folder, TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_unlink (one);
  g_unlink (two);
  g_rmdir (folder);
}

static void
test_module_broken (void)
{
  if (g_test_subprocess ())
    expect_no_backend ("*libthr-girepository-*");
  else
    with_module ("this is no module", -1);
}

/* A library that is none of ours: it has not the symbol. */
static void
test_module_foreign (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_BUILT, "libthr-no-backend.so", NULL);
  g_autofree char *content = NULL;
  gsize length;

  if (g_test_subprocess ())
    {
      expect_no_backend ("*version*");
      return;
    }
  if (!g_file_get_contents (path, &content, &length, NULL))
    {
      thr_test_skip ("the module without a backend was not built");
      return;
    }
  with_module (content, length);
}

int
main (int   argc,
      char *argv[])
{

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/thimble/own-manager", test_own_manager);
  g_test_add_func ("/thimble/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/thimble/blocking-list", test_blocking_list);
  g_test_add_func ("/thimble/immediate", test_immediate);
  g_test_add_func ("/thimble/call-now", test_call_now);
  g_test_add_func ("/thimble/several", test_several);
  g_test_add_func ("/thimble/stopped", test_stopped);
  g_test_add_func ("/thimble/application", test_application);
  g_test_add_func ("/thimble/kept-alive", test_kept_alive);
  g_test_add_func ("/thimble/released-at-home", test_released_at_home);
  g_test_add_func ("/thimble/dropped-elsewhere", test_dropped_elsewhere);
  g_test_add_func ("/thimble/many-threads", test_many_threads);
  g_test_add_func ("/thimble/owner-context", test_owner_context);
  g_test_add_func ("/thimble/call-in-job", test_call_in_job);
  g_test_add_func ("/thimble/owner-gone", test_owner_gone);
  g_test_add_func ("/thimble/cancel", test_cancel);
  g_test_add_func ("/thimble/call-thread", test_call_thread);
  g_test_add_func ("/thimble/cancel-thread", test_cancel_thread);
  g_test_add_func ("/thimble/nobody-listens", test_nobody_listens);
  g_test_add_func ("/thimble/bad-input", test_bad_input);
  g_test_add_func ("/thimble/disposed", test_disposed);
  g_test_add_func ("/thimble/list-methods", test_list_methods);
  g_test_add_func ("/thimble/null-for-a-number", test_null_for_a_number);
  g_test_add_func ("/thimble/flags", test_flags);
  g_test_add_func ("/thimble/serialize-all", test_serialize_all);
  g_test_add_func ("/thimble/packed", test_packed);
  g_test_add_func ("/thimble/serialize-stopped", test_serialize_stopped);
  g_test_add_func ("/thimble/floating", test_floating);
  /* The last ones: they change where the module is looked for. */
  g_test_add_func ("/thimble/module/missing", test_module_missing);
  g_test_add_func ("/thimble/module/broken", test_module_broken);
  g_test_add_func ("/thimble/module/foreign", test_module_foreign);
  return g_test_run ();
}
