/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The order of events and of listeners, and what comes and goes meanwhile. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

typedef struct
{
  ThrTestDiary diary;
  ThrListener *listeners[4];
  int numbers[4][3];
} Order;

static gboolean
in_order (ThrWorker *worker,
          ThrEvent  *event,
          gpointer   user_data,
          GError   **error)
{
  int *last = user_data;

  g_assert_cmpint (thr_test_event_int (event), ==, *last + 1);
  *last += 1;
  return TRUE;
}

static gpointer
fire_many (gpointer data)
{
  gpointer *args = data;
  guint n = thr_test_scale (20000, 1000);

  for (guint i = 1; i <= n; i++)
    thr_test_worker_fire_int (args[0], args[1], (int) i);
  return NULL;
}

/* What one thread fires arrives in the order fired. */
static void
test_events (void)
{
  static const char *names[] = { "A", "B", "C" };
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  int last[3] = { 0, 0, 0 };
  GThread *threads[3];
  gpointer args[3][2];

  for (guint i = 0; i < 3; i++)
    thr_worker_listen (worker, names[i], in_order, &last[i], NULL);
  thr_test_worker_start (worker);
  for (guint i = 0; i < 3; i++)
    {
      args[i][0] = worker;
      args[i][1] = (gpointer) names[i];
      threads[i] = g_thread_new (NULL, fire_many, args[i]);
    }
  for (guint i = 0; i < 3; i++)
    g_thread_join (threads[i]);
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (last[i], ==, thr_test_scale (20000, 1000));
  thr_test_finalize_soon (worker);
}

static gboolean
note_word (ThrWorker *worker,
           ThrEvent  *event,
           gpointer   user_data,
           GError   **error)
{
  gpointer *args = user_data;

  thr_test_diary_add (args[0], "%s", (const char *) args[1]);
  return TRUE;
}

static ThrListener *
listen (ThrWorker       *worker,
        ThrTestDiary    *diary,
        const char      *word,
        int              priority,
        ThrListenerFlags flags)
{
  gpointer *args = g_new (gpointer, 2);

  args[0] = diary;
  args[1] = (gpointer) word;
  return thr_worker_listen_full (worker, "E", priority, flags, NULL, note_word, args, g_free);
}

/* By priority, higher first, and then by registration. */
static void
test_priority (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrTestDiary diary;

  thr_test_diary_init (&diary);
  thr_listener_unref (listen (worker, &diary, "zero1", 0, 0));
  thr_listener_unref (listen (worker, &diary, "low", -5, 0));
  thr_listener_unref (listen (worker, &diary, "high1", 5, 0));
  thr_listener_unref (listen (worker, &diary, "zero2", 0, 0));
  thr_listener_unref (listen (worker, &diary, "high2", 5, 0));
  thr_test_worker_start (worker);
  g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
  g_assert_true (thr_worker_fire (worker, "F", NULL, NULL));
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  thr_test_diary_check (&diary, "high1 high2 zero1 zero2 low");
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
}

static void
test_once (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  g_autoptr (ThrListener) once = NULL;
  g_autoptr (ThrListener) temporary = NULL;
  g_autoptr (ThrListener) permanent = NULL;
  ThrTestDiary diary;

  thr_test_diary_init (&diary);
  once = listen (worker, &diary, "once", 1, THR_LISTENER_ONCE);
  temporary = listen (worker, &diary, "temporary", 0, THR_LISTENER_TEMPORARY);
  permanent = listen (worker, &diary, "permanent", -1, THR_LISTENER_PERMANENT);
  g_assert_cmpstr (thr_listener_get_name (once), ==, "E");
  g_assert_cmpint (thr_listener_get_priority (once), ==, 1);
  g_assert_cmpint (thr_listener_get_flags (once), ==, THR_LISTENER_ONCE);

  for (int run = 0; run < 2; run++)
    {
      thr_test_worker_start (worker);
      for (int i = 0; i < 2; i++)
        g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
      thr_worker_stop (worker);
      thr_test_worker_join (worker);
      g_assert_false (thr_listener_is_listening (once));
      g_assert_false (thr_listener_is_listening (temporary));
      g_assert_true (thr_listener_is_listening (permanent));
    }
  thr_test_diary_check (&diary, "once temporary permanent temporary permanent permanent permanent");
  g_assert_false (thr_worker_unlisten (worker, once));
  g_assert_true (thr_worker_unlisten (worker, permanent));
  g_assert_false (thr_worker_unlisten (worker, permanent));
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
}

static gboolean
fire_at (ThrWorker *worker,
         gpointer   user_data,
         GError   **error)
{
  return thr_worker_fire (user_data, "E", NULL, error);
}

static void
test_target (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *one = thr_worker_new (NULL, fire_at, worker, NULL);
  ThrWorker *two = thr_worker_new (NULL, fire_at, worker, NULL);
  int n_heard = 0, n_of_one = 0, n_of_main = 0;

  thr_worker_listen (worker, "E", thr_test_count_event, &n_heard, NULL);
  thr_listener_unref (thr_worker_listen_full (worker, "E", 0, 0, one, thr_test_count_event,
                                              &n_of_one, NULL));
  thr_listener_unref (thr_worker_listen_full (worker, "E", 0, 0, thr_worker_main (),
                                              thr_test_count_event, &n_of_main, NULL));
  thr_test_worker_start (worker);
  thr_test_worker_start (one);
  thr_test_worker_start (two);
  thr_test_worker_join (one);
  thr_test_worker_join (two);
  for (int i = 0; i < 2; i++)
    g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  g_assert_cmpint (n_heard, ==, 4);
  g_assert_cmpint (n_of_one, ==, 1);
  g_assert_cmpint (n_of_main, ==, 2);
  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (one);
  thr_test_finalize_soon (two);
}

static gboolean
change_listeners (ThrWorker *worker,
                  ThrEvent  *event,
                  gpointer   user_data,
                  GError   **error)
{
  Order *self = user_data;

  thr_test_diary_add (&self->diary, "change");
  /* Itself, one that has its turn yet, and one that had it. */
  for (int i = 0; i < 3; i++)
    thr_worker_unlisten (worker, self->listeners[i]);
  thr_listener_unref (listen (worker, &self->diary, "added-high", 50, 0));
  thr_listener_unref (listen (worker, &self->diary, "added-low", -50, 0));
  return TRUE;
}

/* Those added do not hear the present event, those removed that have not run do
 * not run. */
static void
test_change_meanwhile (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  Order self = { 0 };

  thr_test_diary_init (&self.diary);
  self.listeners[0] = listen (worker, &self.diary, "first", 10, 0);
  self.listeners[1] = thr_worker_listen_full (worker, "E", 5, 0, NULL, change_listeners, &self, NULL);
  self.listeners[2] = listen (worker, &self.diary, "removed", 0, 0);
  self.listeners[3] = listen (worker, &self.diary, "last", -1, 0);
  thr_test_worker_start (worker);
  for (int i = 0; i < 2; i++)
    g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  thr_test_diary_check (&self.diary, "first change last added-high last added-low");
  for (int i = 0; i < 4; i++)
    thr_listener_unref (self.listeners[i]);
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&self.diary);
}

static gboolean
wait_inside (ThrWorker *worker,
             ThrEvent  *event,
             gpointer   user_data,
             GError   **error)
{
  g_autoptr (ThrEvent) inner = NULL;

  thr_test_diary_add (user_data, "begin");
  inner = thr_worker_wait_event (worker, "INNER", THR_FOREVER, NULL, error);
  g_assert_nonnull (inner);
  thr_test_diary_add (user_data, "end");
  return TRUE;
}

/* A once-listener that waits is not called again meanwhile, and others are. */
static void
test_nested_once (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrTestDiary diary;

  thr_test_diary_init (&diary);
  thr_listener_unref (thr_worker_listen_full (worker, "E", 1, THR_LISTENER_ONCE, NULL, wait_inside,
                                              &diary, NULL));
  thr_listener_unref (listen (worker, &diary, "other", 0, 0));
  thr_test_worker_start (worker);
  for (int i = 0; i < 2; i++)
    g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
  g_assert_true (thr_worker_fire (worker, "INNER", NULL, NULL));
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  thr_test_diary_check (&diary, "begin other end other");
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
}

/* An event says who fired it, and what, and is freed. */
static void
test_event (void)
{
  GValue value = G_VALUE_INIT;
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrEvent *event, *plain;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "hello");
  event = thr_event_new_full ("E", &value, worker, TRUE, FALSE);
  plain = thr_event_new ("PLAIN", NULL);
  g_value_unset (&value);
  g_assert_cmpstr (thr_event_get_name (event), ==, "E");
  g_assert_cmpstr (g_value_get_string (thr_event_get_value (event)), ==, "hello");
  g_assert_true (thr_event_get_target (event) == worker);
  g_assert_true (thr_event_get_bubble (event));
  g_assert_false (thr_event_get_broadcast (event));
  g_assert_null (thr_event_get_value (plain));
  g_assert_true (thr_event_get_target (plain) == thr_worker_main ());
  thr_event_unref (thr_event_ref (event));
  thr_event_unref (event);
  thr_event_unref (plain);
  thr_test_finalize_soon (worker);
}

static gboolean
fail_listener (ThrWorker *worker,
               ThrEvent  *event,
               gpointer   user_data,
               GError   **error)
{
  if (user_data != NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");
  return FALSE;
}

static gboolean
check_failure (ThrWorker *worker,
               ThrEvent  *event,
               gpointer   user_data,
               GError   **error)
{
  const GError *failure = g_value_get_boxed (thr_event_get_value (event));

  g_assert_true (thr_event_get_bubble (event));
  thr_test_diary_add (user_data, "%s:%s", thr_event_get_target (event) == worker ? "own" : "child's",
                      failure->message);
  return TRUE;
}

/* A failing listener is logged and stops nothing; LISTENER_ERROR bubbles. */
static void
test_failure (void)
{
  ThrWorker *parent = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *worker = thr_worker_new ("child", NULL, NULL, NULL);
  ThrTestDiary diary, of_parent;

  thr_test_diary_init (&diary);
  thr_test_diary_init (&of_parent);
  g_assert_true (thr_worker_set_parent (worker, parent, NULL));
  thr_worker_listen (parent, "LISTENER_ERROR", check_failure, &of_parent, NULL);
  thr_worker_listen (worker, "LISTENER_ERROR", check_failure, &diary, NULL);
  thr_worker_listen (worker, "E", fail_listener, worker, NULL);
  thr_listener_unref (listen (worker, &diary, "next", 0, 0));
  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*“E”*“child”*no such thing*");
  thr_test_worker_start (parent);
  thr_test_worker_start (worker);
  g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
  thr_test_block_until (thr_test_diary_is (&diary, "next own:no such thing"));
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  thr_worker_stop (parent);
  thr_test_worker_join (parent);
  g_test_assert_expected_messages ();
  thr_test_diary_check (&of_parent, "child's:no such thing");

  /* One that fails at that is only logged, and one that says nothing is said to
   * have failed. */
  thr_worker_listen (worker, "LISTENER_ERROR", fail_listener, NULL, NULL);
  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*“E”*no such thing*");
  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*“LISTENER_ERROR”*no result*");
  thr_test_worker_start (worker);
  g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
  thr_test_block_until (thr_test_diary_is (&diary, "next own:no such thing own:no such thing"));
  thr_worker_stop (worker);
  thr_test_worker_join (worker);
  g_test_assert_expected_messages ();
  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (parent);
  thr_test_diary_clear (&diary);
  thr_test_diary_clear (&of_parent);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-order/events", test_events);
  g_test_add_func ("/worker-order/priority", test_priority);
  g_test_add_func ("/worker-order/once", test_once);
  g_test_add_func ("/worker-order/target", test_target);
  g_test_add_func ("/worker-order/change-meanwhile", test_change_meanwhile);
  g_test_add_func ("/worker-order/nested-once", test_nested_once);
  g_test_add_func ("/worker-order/event", test_event);
  g_test_add_func ("/worker-order/failure", test_failure);

  return g_test_run ();
}
