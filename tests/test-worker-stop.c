/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a worker stops, and what is heard of its end; and that it starts again. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

#include <string.h>

static gboolean
each_break_point_says_so (ThrWorker *worker,
                          gpointer   user_data,
                          GError   **error)
{
  g_autoptr (GError) first = NULL, second = NULL, fourth = NULL;
  ThrWorker *other = thr_worker_new (NULL, NULL, NULL, NULL);
  GError *event_error = NULL;

  g_assert_false (thr_worker_wait_forever (worker, &first));
  g_assert_error (first, THR_ERROR, THR_ERROR_WORKER_EXIT);
  g_assert_false (thr_worker_update (worker, &second));
  g_assert_error (second, THR_ERROR, THR_ERROR_WORKER_EXIT);
  g_assert_null (thr_worker_wait_event (worker, "E", THR_FOREVER, NULL, &event_error));
  g_assert_error (event_error, THR_ERROR, THR_ERROR_WORKER_EXIT);
  g_clear_error (&event_error);
  g_assert_false (thr_sleep (10, &fourth));
  g_assert_error (fourth, THR_ERROR, THR_ERROR_WORKER_EXIT);
  g_object_unref (other);
  g_assert_false (thr_worker_wait_timeout (worker, THR_FOREVER, error));
  return FALSE;
}

/* Events before the stop are processed; then each break point says so. */
static void
test_stop (void)
{
  ThrWorker *worker = thr_worker_new (NULL, each_break_point_says_so, NULL, NULL);
  g_autoptr (GError) error = NULL;
  GValue result = G_VALUE_INIT;
  ThrTestDiary diary;

  thr_test_diary_init (&diary);
  thr_worker_listen (worker, "E", thr_test_note_event, &diary, NULL);
  thr_worker_listen (worker, "STOP_THREAD", thr_test_note_event, &diary, NULL);
  thr_test_worker_start (worker);
  thr_test_worker_fire_int (worker, "E", 1);
  thr_test_worker_fire_int (worker, "E", 2);
  thr_worker_stop (worker);
  /* Still delivered, after the end. */
  thr_test_worker_fire_int (worker, "E", 3);
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), &error));
  g_assert_no_error (error);
  g_assert_null (thr_worker_dup_error (worker));
  g_assert_false (thr_worker_get_result (worker, &result));
  g_value_unset (&result);
  if (thr_test_diary_has (&diary, "E3"))
    thr_test_diary_check (&diary, "E1 E2 STOP_THREAD E3");
  else
    thr_test_diary_check (&diary, "E1 E2 STOP_THREAD");
  /* The worker that it made holds it until it has come home. */
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
}

static gboolean
return_at_gate (ThrWorker *worker,
                gpointer   user_data,
                GError   **error)
{
  ThrTestGate *gates = user_data;

  thr_test_gate_open (&gates[0]);
  thr_test_gate_wait (&gates[1]);
  return TRUE;
}

/* After the end events that are still queued are delivered to listeners. */
static void
test_rest (void)
{
  static ThrTestGate gates[2];
  ThrWorker *worker = thr_worker_new (NULL, return_at_gate, gates, NULL);
  ThrTestDiary diary;

  thr_test_diary_init (&diary);
  thr_worker_listen (worker, "E", thr_test_note_event, &diary, NULL);
  thr_test_worker_start (worker);
  thr_test_gate_wait (&gates[0]);
  for (int i = 0; i < 3; i++)
    thr_test_worker_fire_int (worker, "E", i);
  thr_worker_stop (worker);
  thr_test_gate_open (&gates[1]);
  thr_test_worker_join (worker);
  thr_test_diary_check (&diary, "E0 E1 E2");
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
}

static gboolean
wait_nested (ThrWorker *worker,
             ThrEvent  *event,
             gpointer   user_data,
             GError   **error)
{
  g_autoptr (GError) local = NULL;

  thr_test_gate_open (user_data);
  g_assert_false (thr_worker_wait_forever (worker, &local));
  g_assert_error (local, THR_ERROR, THR_ERROR_WORKER_EXIT);
  return TRUE;
}

/* Nested break points return too, from the inside out. */
static void
test_nested (void)
{
  static ThrTestGate gate;
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);

  thr_worker_listen (worker, "E", wait_nested, &gate, NULL);
  thr_test_worker_start (worker);
  g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
  thr_test_gate_wait (&gate);
  thr_test_worker_finish (worker);
}

typedef enum
{
  ENDS_STOPPED,
  ENDS_FAILED,
  ENDS_DONE,
  ENDS_NOTHING,
} Ending;

static gboolean
end_like (ThrWorker *worker,
          gpointer   user_data,
          GError   **error)
{
  GValue value = G_VALUE_INIT;
  gboolean ok;

  switch ((Ending) GPOINTER_TO_INT (user_data))
    {
    case ENDS_STOPPED:
      return thr_worker_exit (worker, error);
    case ENDS_FAILED:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");
      return FALSE;
    case ENDS_DONE:
      g_value_init (&value, G_TYPE_INT);
      g_value_set_int (&value, 41);
      g_assert_true (thr_worker_return_value (worker, &value, NULL));
      g_value_set_int (&value, 42);
      ok = thr_worker_return_value (worker, &value, error);
      g_value_unset (&value);
      return ok;
    case ENDS_NOTHING:
      return FALSE;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
note_child (ThrWorker *worker,
            ThrEvent  *event,
            gpointer   user_data,
            GError   **error)
{
  const GValue *value = thr_event_get_value (event);
  const char *name = thr_event_get_name (event) + strlen ("CHILD_THREAD_");

  g_assert_nonnull (thr_event_get_target (event));
  if (value == NULL)
    thr_test_diary_add (user_data, "%s", name);
  else if (G_VALUE_HOLDS (value, G_TYPE_ERROR))
    thr_test_diary_add (user_data, "%s(%s)", name, ((GError *) g_value_get_boxed (value))->message);
  else
    thr_test_diary_add (user_data, "%s(%d)", name, g_value_get_int (value));
  return TRUE;
}

/* What the parent hears, and what is known of it afterwards. */
static void
test_endings (void)
{
  static const char *const words[] = {
    "START STOP END",
    "START ERROR(no such thing) END(no such thing)",
    "START DONE(42) END(42)",
  };

  for (Ending i = ENDS_STOPPED; i <= ENDS_DONE; i++)
    {
      ThrWorker *parent = thr_worker_new (NULL, NULL, NULL, NULL);
      ThrWorker *worker = thr_worker_new (NULL, end_like, GINT_TO_POINTER (i), NULL);
      g_autoptr (GError) error = NULL, failure = NULL;
      GValue result = G_VALUE_INIT;
      ThrTestDiary diary;

      thr_test_diary_init (&diary);
      thr_worker_listen (parent, "CHILD_THREAD_START", note_child, &diary, NULL);
      thr_worker_listen (parent, "CHILD_THREAD_STOP", note_child, &diary, NULL);
      thr_worker_listen (parent, "CHILD_THREAD_ERROR", note_child, &diary, NULL);
      thr_worker_listen (parent, "CHILD_THREAD_DONE", note_child, &diary, NULL);
      thr_worker_listen (parent, "CHILD_THREAD_END", note_child, &diary, NULL);
      g_assert_true (thr_worker_set_parent (worker, parent, NULL));
      thr_test_worker_start (parent);
      thr_test_worker_start (worker);
      g_assert_true (thr_worker_join (worker, thr_test_deadline (), &error) == (i != ENDS_FAILED));
      failure = thr_worker_dup_error (worker);
      if (i == ENDS_FAILED)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
          g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
        }
      else
        {
          g_assert_no_error (error);
          g_assert_null (failure);
        }
      g_assert_true (thr_worker_get_result (worker, &result) == (i == ENDS_DONE));
      if (i == ENDS_DONE)
        g_assert_cmpint (g_value_get_int (&result), ==, 42);
      g_value_unset (&result);
      thr_worker_stop (parent);
      thr_test_worker_join (parent);
      thr_test_diary_check (&diary, words[i]);
      thr_test_finalize_soon (worker);
      thr_test_finalize_soon (parent);
      thr_test_diary_clear (&diary);
    }
}

/* A failure that nobody takes is logged: by the parent that does not listen, or
 * at home. One that is taken is not, nor one of a quiet worker. */
static void
test_unhandled (void)
{
  ThrWorker *parent = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *worker = thr_worker_new ("lonely", end_like, GINT_TO_POINTER (ENDS_FAILED), NULL);
  ThrWorker *silent = thr_worker_new ("silent", end_like, GINT_TO_POINTER (ENDS_NOTHING), NULL);
  g_autoptr (GError) error = NULL;

  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*“lonely”*no such thing*");
  thr_test_worker_start (worker);
  g_assert_false (thr_worker_join (worker, thr_test_deadline (), NULL));
  thr_test_drain ();
  g_test_assert_expected_messages ();

  /* Taken, although its delivery is there before the join is. */
  thr_test_worker_start (worker);
  thr_test_block_until (!thr_worker_is_running (worker));
  g_assert_false (thr_worker_join (worker, thr_test_deadline (), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  /* A message here would end the program. */
  thr_worker_set_quiet (worker, TRUE);
  thr_test_worker_start (worker);
  g_assert_false (thr_worker_join (worker, thr_test_deadline (), NULL));
  thr_test_drain ();
  thr_worker_set_quiet (worker, FALSE);

  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*“lonely”*no such thing*");
  g_assert_true (thr_worker_set_parent (worker, parent, NULL));
  thr_test_worker_start (parent);
  thr_test_worker_start (worker);
  g_assert_false (thr_worker_join (worker, thr_test_deadline (), NULL));
  thr_worker_stop (parent);
  thr_test_worker_join (parent);
  thr_test_drain ();
  g_test_assert_expected_messages ();

  thr_test_worker_start (silent);
  g_assert_false (thr_worker_join (silent, thr_test_deadline (), &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_FAILED);
  thr_test_finalize_soon (silent);
  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (parent);
}

static gboolean
note_runs (ThrWorker *worker,
           gpointer   user_data,
           GError   **error)
{
  if (!thr_listen ("E", thr_test_note_event, user_data, NULL, error))
    return FALSE;
  thr_test_diary_add (user_data, "run");
  return thr_wait_forever (error);
}

/* It can be started again; permanent listeners survive, others do not. */
static void
test_restart (void)
{
  ThrTestDiary diary, permanent;
  ThrWorker *worker;

  thr_test_diary_init (&diary);
  thr_test_diary_init (&permanent);
  worker = thr_worker_new (NULL, note_runs, &diary, NULL);
  thr_worker_listen (worker, "E", thr_test_note_event, &permanent, NULL);
  for (int i = 0; i < 3; i++)
    {
      thr_test_worker_start (worker);
      /* To start one that runs changes nothing. */
      thr_test_worker_start (worker);
      thr_test_block_until (thr_test_diary_has (&diary, "run"));
      thr_test_worker_fire_int (worker, "E", i);
      thr_worker_stop (worker);
      thr_test_worker_join (worker);
    }
  thr_test_diary_check (&permanent, "E0 E1 E2");
  thr_test_diary_check (&diary, "run E0 run E1 run E2");
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
  thr_test_diary_clear (&permanent);
}

static gboolean
restart_it (ThrWorker *worker,
            gpointer   user_data,
            GError   **error)
{
  ThrWorker *other = user_data;

  for (guint i = 0; i < thr_test_scale (100, 10); i++)
    {
      if (!thr_worker_start (other, error))
        return FALSE;
      thr_worker_stop (other);
      if (!thr_worker_wait_worker (worker, other, THR_FOREVER, error))
        return FALSE;
      g_assert_false (thr_worker_is_running (other));
    }
  return TRUE;
}

/* Who waited may start it at once, though the old run is still cleaning up. */
static void
test_restart_at_once (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *other = thr_worker_new (NULL, restart_it, worker, NULL);

  thr_test_worker_start (other);
  thr_test_worker_join (other);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (other);
  thr_test_block_until (thr_run_count () == 0);
  thr_test_finalize_soon (worker);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-stop/stop", test_stop);
  g_test_add_func ("/worker-stop/rest", test_rest);
  g_test_add_func ("/worker-stop/nested", test_nested);
  g_test_add_func ("/worker-stop/endings", test_endings);
  g_test_add_func ("/worker-stop/unhandled", test_unhandled);
  g_test_add_func ("/worker-stop/restart", test_restart);
  g_test_add_func ("/worker-stop/restart-at-once", test_restart_at_once);

  return g_test_run ();
}
