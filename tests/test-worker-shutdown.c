/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* thr_shutdown() ends workers too. It does so once in a process, and so each of
 * these is one of its own. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

#include <string.h>

static gboolean
outlast (ThrWorker *worker,
         gpointer   user_data,
         GError   **error)
{
  ThrTestGate *gates = user_data;

  thr_test_gate_open (&gates[0]);
  thr_test_gate_wait (&gates[1]);
  return TRUE;
}

static void
test_stops (void)
{
  ThrWorker *workers[5];
  g_autoptr (GError) error = NULL;
  int n_heard = 0;

  for (int i = 0; i < 5; i++)
    {
      workers[i] = thr_worker_new (NULL, NULL, NULL, NULL);
      thr_test_worker_start (workers[i]);
    }
  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_HALT, thr_test_deadline (), &error));
  g_assert_no_error (error);
  for (int i = 0; i < 5; i++)
    g_assert_false (thr_worker_is_running (workers[i]));
  g_assert_cmpuint (thr_run_count (), ==, 0);

  /* None is started any more, and nothing is called. */
  thr_worker_listen (thr_worker_main (), "E", thr_test_count_event, &n_heard, NULL);
  g_assert_true (thr_worker_fire (thr_worker_main (), "E", NULL, NULL));
  thr_test_drain ();
  g_assert_cmpint (n_heard, ==, 0);
  g_assert_false (thr_worker_start (workers[0], &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_STOPPED);
  for (int i = 0; i < 5; i++)
    g_object_unref (workers[i]);
}

static void
test_drains (void)
{
  static ThrTestGate gates[2];
  ThrWorker *worker = thr_worker_new (NULL, outlast, gates, NULL);
  g_autoptr (GError) error = NULL;

  thr_test_worker_start (worker);
  thr_test_gate_wait (&gates[0]);
  thr_test_gate_open (&gates[1]);
  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_DRAIN, thr_test_deadline (), &error));
  g_assert_no_error (error);
  g_object_unref (worker);
}

static void
test_times_out (void)
{
  static ThrTestGate gates[2];
  ThrWorker *worker = thr_worker_new ("stubborn", outlast, gates, NULL);
  g_autoptr (GError) error = NULL;

  thr_test_worker_start (worker);
  thr_test_gate_wait (&gates[0]);
  g_assert_false (thr_shutdown (THR_SHUTDOWN_MODE_HALT, 1000, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "stubborn"));
  thr_test_gate_open (&gates[1]);
  thr_test_block_until (thr_run_count () == 0);
  g_object_unref (worker);
}

static void
run_in_child (gconstpointer data)
{
  const GTestFunc *func = data;

  if (g_test_subprocess ())
    (*func) ();
  else
    {
      g_test_trap_subprocess (NULL, (guint64) thr_test_deadline (), 0);
      g_test_trap_assert_passed ();
    }
}

int
main (int   argc,
      char *argv[])
{
  static const GTestFunc stops = test_stops, drains = test_drains, times_out = test_times_out;

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/worker-shutdown/stops", &stops, run_in_child);
  g_test_add_data_func ("/worker-shutdown/drains", &drains, run_in_child);
  g_test_add_data_func ("/worker-shutdown/times-out", &times_out, run_in_child);

  return g_test_run ();
}
