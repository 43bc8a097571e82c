/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include "thimble-target.h"

/* A call whose job nobody has leaves home alone until it ends; whoever can notice
 * what the job or the manager does is told of it as of any other job. */

typedef struct
{
  ThrThreadManager *manager;
  TestTarget *targets[2];
  ThrThimble *thimbles[2];
  guint n_answers;
  GString *heard;
} Fixture;

static void
answer_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Fixture *self = user_data;
  g_autoptr (GError) error = NULL;

  thr_thimble_call_finish (THR_THIMBLE (source), result, &error);
  g_assert_no_error (error);
  self->n_answers++;
}

static void
cancelled_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Fixture *self = user_data;
  g_autoptr (GError) error = NULL;

  thr_thimble_call_finish (THR_THIMBLE (source), result, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  self->n_answers++;
}

static void
call_with (Fixture            *self,
           guint               i,
           GCancellable       *cancellable,
           GAsyncReadyCallback callback)
{
  GValue value = G_VALUE_INIT;

  g_value_set_uint64 (g_value_init (&value, G_TYPE_UINT64), 1);
  thr_thimble_call (self->thimbles[i], "skip", &value, 1, cancellable, callback, self);
  g_value_unset (&value);
}

static void
call (Fixture *self,
      guint    i)
{
  call_with (self, i, NULL, answer_cb);
}

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  self->manager = thr_thread_manager_new ();
  g_assert_true (thr_thread_manager_set_thread_limit (self->manager, 1, NULL));
  for (guint i = 0; i < 2; i++)
    {
      self->targets[i] = test_target_new ();
      self->thimbles[i] = thr_thimble_new (G_OBJECT (self->targets[i]), self->manager, NULL);
    }
  self->heard = g_string_new (NULL);

  /* The first use of a thimble looks at its manager. */
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < 2; i++)
    call_with (self, i, cancellable, cancelled_cb);
  thr_test_run_until (self->n_answers == 2);
  thr_test_drain ();
  self->n_answers = 0;
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      thr_test_finalize_soon (self->thimbles[i]);
      thr_test_finalize_soon (self->targets[i]);
    }
  thr_test_finalize_soon (self->manager);
  g_string_free (self->heard, TRUE);
}

static void
notify_cb (ThrThreadManager *manager,
           GParamSpec       *pspec,
           Fixture          *self)
{
  g_string_append_printf (self->heard, "%u%s ", thr_thread_manager_get_n_running (manager),
                          thr_thread_manager_get_busy (manager) ? " busy" : "");
}

static void
test_alone (Fixture      *self,
            gconstpointer data)
{
  call (self, 0);
  test_target_wait_entered (self->targets[0]);
  g_assert_false (g_main_context_pending (NULL));
  test_target_open (self->targets[0]);
  thr_test_run_until (self->n_answers == 1);

  /* What was not told is right all the same. */
  g_assert_true (thr_thread_manager_get_started (self->manager));
  g_assert_false (thr_thread_manager_get_busy (self->manager));
  g_assert_cmpuint (thr_thread_manager_get_n_running (self->manager), ==, 0);
}

/* Who has read a property may be about to connect a handler. */
static void
test_read (Fixture      *self,
           gconstpointer data)
{
  g_assert_false (thr_thread_manager_get_busy (self->manager));
  call (self, 0);
  g_signal_connect (self->manager, "notify::busy", G_CALLBACK (notify_cb), self);
  test_target_wait_entered (self->targets[0]);
  thr_test_run_until (g_str_equal (self->heard->str, "1 busy "));
  test_target_open (self->targets[0]);
  thr_test_run_until (g_str_equal (self->heard->str, "1 busy 0 "));
  g_assert_cmpuint (self->n_answers, ==, 1);
}

/* The end of what nobody was told has begun is told to who came in between. */
static void
test_heard_later (Fixture      *self,
                  gconstpointer data)
{
  const char *property = data;

  call (self, 0);
  test_target_wait_entered (self->targets[0]);
  g_assert_false (g_main_context_pending (NULL));
  g_signal_connect (self->manager, property, G_CALLBACK (notify_cb), self);
  test_target_open (self->targets[0]);
  thr_test_run_until (g_str_has_suffix (self->heard->str, "0 "));
  g_assert_cmpuint (self->n_answers, ==, 1);

  /* Whatever comes then. */
  g_string_truncate (self->heard, 0);
  call (self, 1);
  test_target_wait_entered (self->targets[1]);
  thr_test_run_until (g_str_has_suffix (self->heard->str, "1 busy "));
  test_target_open (self->targets[1]);
  thr_test_run_until (g_str_has_suffix (self->heard->str, "0 "));
}

/* Who waits until the manager is idle is told of that. */
static void
idle_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Fixture *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (
    thr_thread_manager_wait_idle_finish (THR_THREAD_MANAGER (source), result, &error));
  g_assert_no_error (error);
  g_string_append (self->heard, "idle");
}

static void
test_idle (Fixture      *self,
           gconstpointer data)
{
  call (self, 0);
  test_target_wait_entered (self->targets[0]);
  thr_thread_manager_wait_idle_async (self->manager, NULL, idle_cb, self);
  thr_test_drain ();
  g_assert_cmpstr (self->heard->str, ==, "");
  test_target_open (self->targets[0]);
  thr_test_run_until (g_str_equal (self->heard->str, "idle"));
  g_assert_cmpuint (self->n_answers, ==, 1);
}

/* The second call waits for the first one, and both are in the list. */
static void
assert_runs (Fixture *self)
{
  g_autoptr (ThrThreadWrapper) job = g_list_model_get_item (G_LIST_MODEL (self->manager), 1);
  ThrTestRecorder *recorder = thr_test_recorder_new (job);

  test_target_open (self->targets[0]);
  thr_test_run_until (g_str_equal (thr_test_recorder_get (recorder), "RUNNING"));
  test_target_open (self->targets[1]);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
  g_assert_cmpuint (self->n_answers, ==, 2);
  thr_test_recorder_unref (recorder);
}

/* The list of the manager gives the jobs of calls to anybody. */
static void
test_listed (Fixture      *self,
             gconstpointer data)
{
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->manager)), ==, 0);
  call (self, 0);
  call (self, 1);
  thr_test_run_until (g_list_model_get_n_items (G_LIST_MODEL (self->manager)) == 2);
  assert_runs (self);
}

/* The same where it is made while the job is queued. */
static void
test_listed_later (Fixture      *self,
                   gconstpointer data)
{
  call (self, 0);
  call (self, 1);
  test_target_wait_entered (self->targets[0]);
  assert_runs (self);
}

#define add(path, data, func)                                                     \
  g_test_add ("/thimble/quiet/" path, Fixture, data, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("alone", NULL, test_alone);
  add ("read", NULL, test_read);
  add ("heard-later/busy", "notify::busy", test_heard_later);
  add ("heard-later/n-running", "notify::n-running", test_heard_later);
  add ("idle", NULL, test_idle);
  add ("listed", NULL, test_listed);
  add ("listed-later", NULL, test_listed_later);
  return g_test_run ();
}
