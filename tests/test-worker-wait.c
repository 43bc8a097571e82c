/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a worker can wait for: events, predicates, other workers. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

#include <string.h>

static gboolean
is_big (ThrEvent *event,
        gpointer  user_data)
{
  return strcmp (thr_event_get_name (event), "E") == 0 &&
         thr_test_event_int (event) > GPOINTER_TO_INT (user_data);
}

static gboolean
use_all_waits (ThrWorker *worker,
               gpointer   user_data,
               GError   **error)
{
  ThrWorker *other = user_data;
  g_autoptr (ThrEvent) event = NULL;
  g_autoptr (ThrEvent) of_other = NULL;
  g_autoptr (ThrEvent) big = NULL;
  GError *timed_out = NULL;

  event = thr_worker_wait_event (worker, "E", THR_FOREVER, NULL, error);
  g_assert_cmpint (thr_test_event_int (event), ==, 1);
  big = thr_worker_wait_until (worker, THR_FOREVER, is_big, GINT_TO_POINTER (3), error);
  g_assert_cmpint (thr_test_event_int (big), ==, 4);
  of_other = thr_worker_wait_event (worker, "T", THR_FOREVER, other, error);
  g_assert_true (thr_event_get_target (of_other) == other);
  /* A time-out is no error. */
  g_assert_null (thr_worker_wait_event (worker, "E", 500, NULL, &timed_out));
  g_assert_no_error (timed_out);
  g_assert_null (thr_worker_wait_until (worker, 500, is_big, NULL, &timed_out));
  g_assert_no_error (timed_out);
  g_assert_null (thr_worker_wait_event (worker, "E", 0, NULL, &timed_out));
  g_assert_no_error (timed_out);
  /* 0: what has come already. */
  thr_test_worker_fire_int (worker, "E", 7);
  g_clear_pointer (&event, thr_event_unref);
  event = thr_worker_wait_event (worker, "E", 0, NULL, error);
  g_assert_cmpint (thr_test_event_int (event), ==, 7);
  return TRUE;
}

static gboolean
fire_target (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  return thr_worker_fire (user_data, "T", NULL, error);
}

static void
test_events (void)
{
  ThrWorker *other = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *worker = thr_worker_new (NULL, use_all_waits, NULL, NULL);
  ThrWorker *firing;

  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (other);
  /* They know each other: the one by its function, the other by its data. */
  firing = g_object_new (THR_TYPE_WORKER, NULL);
  worker = thr_worker_new (NULL, use_all_waits, firing, NULL);
  thr_worker_set_func (firing, NULL, fire_target, worker, NULL);
  thr_test_worker_start (worker);
  for (int i = 1; i <= 4; i++)
    thr_test_worker_fire_int (worker, "E", i);
  g_assert_true (thr_worker_fire (worker, "T", NULL, NULL));
  thr_test_worker_start (firing);
  thr_test_worker_join (firing);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (firing);
  thr_test_finalize_soon (worker);
}

static gboolean
get_in_order (ThrWorker *worker,
              gpointer   user_data,
              GError   **error)
{
  int last = 0;
  ThrEvent *event;

  while ((event = thr_worker_wait_event (worker, "CMD", THR_FOREVER, NULL, error)) != NULL)
    {
      g_assert_cmpint (thr_test_event_int (event), ==, ++last);
      thr_event_unref (event);
      g_atomic_int_set ((int *) user_data, last);
    }
  return FALSE;
}

static gboolean
wait_in_listener (ThrWorker *worker,
                  ThrEvent  *event,
                  gpointer   user_data,
                  GError   **error)
{
  thr_worker_wait_timeout (worker, 200, NULL);
  return TRUE;
}

static void
wait_in_later (ThrWorker *worker,
               gpointer   user_data)
{
  thr_worker_wait_timeout (worker, 200, NULL);
}

/* A loop of waits gets every event once, in order, also where listeners and
 * laters wait in between. */
static void
test_none_missed (void)
{
  int last = 0;
  ThrWorker *worker = thr_worker_new (NULL, get_in_order, &last, NULL);
  int n = (int) thr_test_scale (2000, 200);

  thr_worker_listen (worker, "NESTED", wait_in_listener, NULL, NULL);
  thr_test_worker_start (worker);
  for (int i = 1; i <= n; i++)
    {
      thr_test_worker_fire_int (worker, "CMD", i);
      if (i % 50 == 0)
        g_assert_true (thr_worker_fire (worker, "NESTED", NULL, NULL));
      if (i % 70 == 0)
        g_assert_true (thr_worker_later (worker, 0, NULL, wait_in_later, NULL, NULL, NULL));
    }
  thr_test_block_until (g_atomic_int_get (&last) == n);
  thr_test_worker_finish (worker);
}

static gboolean
return_number (ThrWorker *worker,
               gpointer   user_data,
               GError   **error)
{
  GValue value = G_VALUE_INIT;

  thr_test_gate_wait (user_data);
  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, 5);
  return thr_worker_return_value (worker, &value, error);
}

static gboolean
fail_when_awaited (ThrWorker *worker,
                   gpointer   user_data,
                   GError   **error)
{
  g_autoptr (ThrEvent) event = NULL;

  /* What fails before somebody waits for it may be logged before, too. */
  event = thr_worker_wait_event (worker, "WAIT_THREAD_PENDING", THR_FOREVER, NULL, error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");
  return FALSE;
}

static gboolean
wait_for_others (ThrWorker *worker,
                 gpointer   user_data,
                 GError   **error)
{
  ThrWorker **others = user_data;
  g_autoptr (GError) failure = NULL, timed_out = NULL;
  GValue result = G_VALUE_INIT;

  g_assert_false (thr_worker_wait_worker (worker, others[0], 200, &timed_out));
  g_assert_error (timed_out, THR_ERROR, THR_ERROR_TIMED_OUT);
  thr_test_gate_open ((ThrTestGate *) others[2]);
  g_assert_true (thr_worker_wait_worker (worker, others[0], THR_FOREVER, error));
  g_assert_true (thr_worker_get_result (others[0], &result));
  g_assert_cmpint (g_value_get_int (&result), ==, 5);
  g_value_unset (&result);
  g_assert_false (thr_worker_wait_worker (worker, others[1], THR_FOREVER, &failure));
  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  /* At once, as they do not run any more. */
  g_assert_true (thr_worker_wait_worker (worker, others[0], 0, error));
  return TRUE;
}

/* wait_worker: released when that ends, with its error and its result. */
static void
test_worker (void)
{
  static ThrTestGate gate;
  ThrWorker *number = thr_worker_new (NULL, return_number, &gate, NULL);
  ThrWorker *failing = thr_worker_new (NULL, fail_when_awaited, NULL, NULL);
  gpointer others[3] = { number, failing, &gate };
  ThrWorker *worker = thr_worker_new (NULL, wait_for_others, others, NULL);
  int n_pending = 0;

  thr_worker_listen (number, "WAIT_THREAD_PENDING", thr_test_count_event, &n_pending, NULL);
  thr_worker_listen (worker, "WAIT_THREAD_PENDING_DONE", thr_test_count_event, &n_pending, NULL);
  thr_test_worker_start (number);
  thr_test_worker_start (failing);
  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  /* The first wait, and the end of the one that waits to be waited for. */
  g_assert_cmpint (n_pending, >=, 2);
  thr_test_worker_join (number);
  thr_worker_join (failing, THR_FOREVER, NULL);
  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (number);
  thr_test_finalize_soon (failing);
  thr_test_gate_close (&gate);
}

static gboolean
wait_inside_listener (ThrWorker *worker,
                      ThrEvent  *event,
                      gpointer   user_data,
                      GError   **error)
{
  gpointer *args = user_data;
  ThrWorker *other = args[0];
  g_autoptr (ThrEvent) inner = NULL;

  if (!thr_worker_start (other, error) ||
      !thr_worker_wait_worker (worker, other, THR_FOREVER, error) ||
      !thr_worker_wait_timeout (worker, 100, error))
    return FALSE;
  thr_test_gate_open (args[1]);
  inner = thr_worker_wait_event (worker, "INNER", THR_FOREVER, NULL, error);
  return inner != NULL;
}

static gboolean
wait_for_inner (ThrWorker *worker,
                gpointer   user_data,
                GError   **error)
{
  /* The same event satisfies the nested wait and this one. */
  g_autoptr (ThrEvent) event = thr_worker_wait_event (worker, "INNER", THR_FOREVER, NULL, error);

  return event != NULL;
}

static gboolean
return_at_once (ThrWorker *worker,
                gpointer   user_data,
                GError   **error)
{
  return TRUE;
}

/* All of it works inside a listener, and an outer wait misses nothing. */
static void
test_nested (void)
{
  static ThrTestGate gate;
  ThrWorker *other = thr_worker_new (NULL, return_at_once, NULL, NULL);
  ThrWorker *worker = thr_worker_new (NULL, wait_for_inner, NULL, NULL);
  gpointer args[2] = { other, &gate };

  thr_test_gate_close (&gate);
  thr_worker_listen (worker, "E", wait_inside_listener, args, NULL);
  thr_test_worker_start (worker);
  g_assert_true (thr_worker_fire (worker, "E", NULL, NULL));
  thr_test_gate_wait (&gate);
  g_assert_true (thr_worker_fire (worker, "INNER", NULL, NULL));
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
  thr_test_worker_join (other);
  thr_test_finalize_soon (other);
}

static gboolean
wait_for_next (ThrWorker *worker,
               gpointer   user_data,
               GError   **error)
{
  gpointer *args = user_data;
  g_autoptr (GError) refused = NULL;
  gboolean by_join = args[2] != NULL;

  thr_test_gate_wait (args[1]);
  if (by_join ? thr_worker_join (args[0], THR_FOREVER, &refused)
              : thr_worker_wait_worker (worker, args[0], THR_FOREVER, &refused))
    return TRUE;
  g_assert_error (refused, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
  g_atomic_int_inc ((int *) args[3]);
  return TRUE;
}

/* Whoever closes a cycle is refused, and the others go on. */
static void
test_cycle (void)
{
  static ThrTestGate gate;

  for (int by_join = 0; by_join < 2; by_join++)
    {
      ThrWorker *workers[3];
      gpointer args[3][4];
      int n_refused = 0;

      thr_test_gate_close (&gate);
      for (int i = 0; i < 3; i++)
        workers[i] = thr_worker_new (NULL, wait_for_next, args[i], NULL);
      for (int i = 0; i < 3; i++)
        {
          args[i][0] = workers[(i + 1) % 3];
          args[i][1] = &gate;
          args[i][2] = by_join ? &gate : NULL;
          args[i][3] = &n_refused;
          thr_test_worker_start (workers[i]);
        }
      thr_test_gate_open (&gate);
      for (int i = 0; i < 3; i++)
        thr_test_worker_join (workers[i]);
      g_assert_cmpint (n_refused, ==, 1);
      for (int i = 0; i < 3; i++)
        thr_test_finalize_soon (workers[i]);
    }
}

/* On the owner's thread join delivers, and it takes no main loop. */
static void
test_join (void)
{
  static ThrTestGate gate;
  ThrWorker *worker = thr_worker_new (NULL, return_number, &gate, NULL);
  g_autoptr (GError) error = NULL;

  thr_test_gate_close (&gate);
  g_assert_true (thr_worker_join (worker, 0, &error)); /* not started */
  thr_test_worker_start (worker);
  g_assert_false (thr_worker_join (worker, 0, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_false (thr_worker_join (worker, 500, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  thr_test_gate_open (&gate);
  g_assert_true (thr_worker_join (worker, THR_FOREVER, &error));
  g_assert_no_error (error);
  thr_test_finalize_soon (worker);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-wait/events", test_events);
  g_test_add_func ("/worker-wait/none-missed", test_none_missed);
  g_test_add_func ("/worker-wait/worker", test_worker);
  g_test_add_func ("/worker-wait/nested", test_nested);
  g_test_add_func ("/worker-wait/cycle", test_cycle);
  g_test_add_func ("/worker-wait/join", test_join);

  return g_test_run ();
}
