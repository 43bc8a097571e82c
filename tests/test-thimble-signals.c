/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include "thimble-target.h"

#include <string.h>

/* Signals of the target, through the thimble. */

typedef struct
{
  TestTarget *target;
  ThrThimble *thimble;
  GThread *home;
  gulong handler;
  int n_heard;
  int last_number;
  char *last_text;
  GObject *last_object; /* not a reference */
  int n_destroyed;
  gboolean has_ended;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  self->target = test_target_new ();
  self->thimble = thr_thimble_new (G_OBJECT (self->target), NULL, NULL);
  self->home = g_thread_self ();
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  if (self->thimble != NULL)
    thr_test_finalize_soon (self->thimble);
  thr_test_finalize_soon (self->target);
  g_free (self->last_text);
}

static void
destroy_cb (gpointer data)
{
  Fixture *self = data;

  g_assert_true (g_thread_self () == self->home);
  self->n_destroyed++;
}

static void
told_cb (ThrThimble   *thimble,
         const char   *signal_name,
         const GValue *arguments,
         gsize         n_arguments,
         gpointer      user_data)
{
  Fixture *self = user_data;

  g_assert_true (thimble == self->thimble);
  g_assert_cmpstr (signal_name, ==, "told");
  g_assert_cmpuint (n_arguments, ==, 3);
  g_assert_true (g_thread_self () == self->home);
  g_assert_cmpint (g_value_get_int (&arguments[0]), ==, self->last_number + 1);
  self->last_number++;
  g_free (self->last_text);
  self->last_text = g_value_dup_string (&arguments[1]);
  self->last_object = g_value_get_object (&arguments[2]);
  self->n_heard++;
}

static gpointer
tell_much (gpointer data)
{
  Fixture *self = data;

  for (int i = 1; i <= 1000; i++)
    {
      char text[16];
      GObject *object = G_OBJECT (g_simple_action_new ("copied", NULL));

      g_snprintf (text, sizeof text, "text %d", i);
      test_target_tell (self->target, i, text, object);
      memset (text, 'x', sizeof text - 1);
      g_object_unref (object);
    }
  return NULL;
}

static void
test_elsewhere (Fixture      *self,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gulong handler;

  handler =
    thr_thimble_connect_signal (self->thimble, "told", told_cb, self, destroy_cb, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (handler, !=, 0);
  g_thread_join (g_thread_new ("teller", tell_much, self));
  g_assert_cmpint (self->n_heard, ==, 0);

  /* Does not overtake those that are on their way. */
  test_target_tell (self->target, 1001, "text 1001", NULL);
  g_assert_cmpint (self->n_heard, ==, 0);
  thr_test_run_until (self->n_heard == 1001);
  g_assert_cmpstr (self->last_text, ==, "text 1001");
  g_assert_null (self->last_object);

  /* With none on its way, it is heard inside the emission. */
  test_target_tell (self->target, 1002, "text 1002", G_OBJECT (self->target));
  g_assert_cmpint (self->n_heard, ==, 1002);
  g_assert_true (self->last_object == G_OBJECT (self->target));

  g_assert_true (thr_thimble_disconnect_signal (self->thimble, handler));
  g_assert_false (thr_thimble_disconnect_signal (self->thimble, handler));
  g_assert_cmpint (self->n_destroyed, ==, 1);
  test_target_tell (self->target, 1003, NULL, NULL);
  g_assert_cmpint (self->n_heard, ==, 1002);
}

/* Disconnected while emissions are on their way: they are dropped. */
static void
test_disconnect (Fixture      *self,
                 gconstpointer data)
{
  gulong handler =
    thr_thimble_connect_signal (self->thimble, "told", told_cb, self, destroy_cb, NULL);

  g_thread_join (g_thread_new ("teller", tell_much, self));
  g_assert_true (thr_thimble_disconnect_signal (self->thimble, handler));
  thr_test_run_until (self->n_destroyed == 1);
  g_assert_cmpint (self->n_heard, ==, 0);
}

static gpointer
disconnect (gpointer data)
{
  Fixture *self = data;

  g_assert_true (thr_thimble_disconnect_signal (self->thimble, self->handler));
  return NULL;
}

static void
test_disconnect_elsewhere (Fixture      *self,
                           gconstpointer data)
{
  self->handler =
    thr_thimble_connect_signal (self->thimble, "told", told_cb, self, destroy_cb, NULL);
  g_thread_join (g_thread_new ("disconnect", disconnect, self));
  thr_test_run_until (self->n_destroyed == 1);
}

/* The connection ends with the thimble. */
static void
test_dropped (Fixture      *self,
              gconstpointer data)
{
  thr_thimble_connect_signal (self->thimble, "told", told_cb, self, destroy_cb, NULL);
  thr_thimble_connect_signal (self->thimble, "notify::level", told_cb, self, destroy_cb, NULL);
  g_thread_join (g_thread_new ("teller", tell_much, self));
  g_assert_finalize_object (self->thimble);
  self->thimble = NULL;
  thr_test_run_until (self->n_destroyed == 2);
  g_assert_cmpint (self->n_heard, ==, 0);
  test_target_tell (self->target, 1, NULL, NULL);
}

typedef struct
{
  Fixture *fixture;
  int stop; /* atomic */
} Racer;

static gpointer
tell_for_ever (gpointer data)
{
  Racer *racer = data;
  TestTarget *target = g_object_ref (racer->fixture->target);

  while (!g_atomic_int_get (&racer->stop))
    test_target_tell (target, 1, "text", NULL);
  g_object_unref (target);
  return NULL;
}

static void
any_cb (ThrThimble   *thimble,
        const char   *signal_name,
        const GValue *arguments,
        gsize         n_arguments,
        gpointer      user_data)
{
  g_assert_true (THR_IS_THIMBLE (thimble));
  g_assert_cmpuint (n_arguments, ==, 3);
}

/* Connected, disconnected and dropped while another thread emits. */
static void
test_race (Fixture      *self,
           gconstpointer data)
{
  Racer racer = { self, 0 };
  guint n = thr_test_scale (300, 30);
  GThread *thread = g_thread_new ("teller", tell_for_ever, &racer);

  for (guint i = 0; i < n; i++)
    {
      ThrThimble *thimble = thr_thimble_new (G_OBJECT (self->target), NULL, NULL);
      gulong handler =
        thr_thimble_connect_signal (thimble, "told", any_cb, self, destroy_cb, NULL);

      thr_thimble_connect_signal (thimble, "told", any_cb, self, destroy_cb, NULL);
      g_thread_yield ();
      g_main_context_iteration (NULL, FALSE);
      g_assert_true (thr_thimble_disconnect_signal (thimble, handler));
      g_object_unref (thimble);
    }
  g_atomic_int_set (&racer.stop, 1);
  g_thread_join (thread);
  thr_test_poll_until (self->n_destroyed == (int) (2 * n));
}

static void
notify_cb (ThrThimble   *thimble,
           const char   *signal_name,
           const GValue *arguments,
           gsize         n_arguments,
           gpointer      user_data)
{
  Fixture *self = user_data;

  g_assert_cmpstr (signal_name, ==, "notify::level");
  g_assert_cmpuint (n_arguments, ==, 1);
  g_assert_cmpstr (g_value_get_param (arguments)->name, ==, "level");
  g_assert_true (g_thread_self () == self->home);
  self->n_heard++;
}

static gpointer
set_level (gpointer data)
{
  g_object_set (data, "level", 4, "label", "not heard", NULL);
  return NULL;
}

static void
test_notify (Fixture      *self,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  thr_thimble_connect_signal (self->thimble, "notify::level", notify_cb, self, NULL, &error);
  g_assert_no_error (error);
  g_thread_join (g_thread_new ("setter", set_level, self->target));
  thr_test_run_until (self->n_heard == 1);
  set_level (self->target);
  g_assert_cmpint (self->n_heard, ==, 2);
}

static void
refuse (Fixture    *self,
        const char *signal_name,
        int         code,
        const char *words)
{
  g_autoptr (GError) error = NULL;
  int n_destroyed = self->n_destroyed;

  g_assert_cmpuint (
    thr_thimble_connect_signal (self->thimble, signal_name, any_cb, self, destroy_cb, &error), ==,
    0);
  g_assert_error (error, THR_ERROR, code);
  if (!g_pattern_match_simple (words, error->message))
    g_error ("“%s” is not “%s”", error->message, words);
  g_assert_cmpint (self->n_destroyed, ==, n_destroyed + 1);
}

static void
test_refused (Fixture      *self,
              gconstpointer data)
{
  ThrThimble *thimble = self->thimble;

  refuse (self, "asked", THR_ERROR_NOT_SUPPORTED, "*“asked”*TestTarget*gboolean*");
  refuse (self, "pointed", THR_ERROR_NOT_SUPPORTED, "*“pointed”*gpointer*");
  refuse (self, "tolld", THR_ERROR_INVALID_ARGUMENT, "*TestTarget*“tolld”*“told”*");
  refuse (self, "nothing at all like it", THR_ERROR_INVALID_ARGUMENT, "*nothing at all*");
  refuse (self, "told::detail", THR_ERROR_INVALID_ARGUMENT, "*told::detail*");
  refuse (self, "", THR_ERROR_INVALID_ARGUMENT, "*");

  self->thimble = thr_thimble_new_static (NULL, NULL);
  refuse (self, "told", THR_ERROR_INVALID_STATE, "*told*");
  thr_test_finalize_soon (self->thimble);
  self->thimble = thimble;

  g_object_run_dispose (G_OBJECT (self->target));
  refuse (self, "told", THR_ERROR_INVALID_STATE, "*TestTarget*");
}

static gboolean
tell_job (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  tell_much (user_data);
  return TRUE;
}

static void
end_cb (ThrThreadWrapper *thread,
        gpointer          user_data)
{
  Fixture *self = user_data;

  g_assert_cmpint (self->n_heard, ==, 1000);
  self->has_ended = TRUE;
}

/* The end of a job does not overtake the signals that its function caused, also
 * where the start of it is still to be announced, which goes together with the
 * end. */
static void
test_order (Fixture      *self,
            gconstpointer data)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) job = NULL;

  thr_thimble_connect_signal (self->thimble, "told", told_cb, self, destroy_cb, NULL);
  job = thr_thread_manager_do_async (manager, "tell", tell_job, self, NULL);
  thr_thread_wrapper_set_on_end (job, end_cb, self, NULL);
  thr_test_block_until (thr_thread_wrapper_get_finished_with (job) ==
                        THR_EXECUTION_STATE_RETURNED);
  g_assert_cmpint (self->n_heard, ==, 0);
  thr_test_run_until (self->has_ended);
}

#define add(path, func)                                                                \
  g_test_add ("/thimble/signals/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("elsewhere", test_elsewhere);
  add ("disconnect", test_disconnect);
  add ("disconnect-elsewhere", test_disconnect_elsewhere);
  add ("dropped", test_dropped);
  add ("race", test_race);
  add ("notify", test_notify);
  add ("order", test_order);
  add ("refused", test_refused);
  return g_test_run ();
}
