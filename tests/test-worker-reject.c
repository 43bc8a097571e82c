/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An event for a worker that does not run comes back. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

static gboolean
fire_in_vain (ThrWorker *worker,
              gpointer   user_data,
              GError   **error)
{
  ThrWorker *other = user_data;
  g_autoptr (ThrEvent) event = NULL;
  ThrEvent *inside;

  thr_test_worker_fire_int (other, "E", 3);
  event = thr_worker_wait_event (worker, "EVENT_REJECT", THR_FOREVER, other, error);
  g_assert_nonnull (event);
  inside = g_value_get_boxed (thr_event_get_value (event));
  g_assert_cmpstr (thr_event_get_name (inside), ==, "E");
  g_assert_cmpint (thr_test_event_int (inside), ==, 3);
  g_assert_true (thr_event_get_target (inside) == worker);

  /* From a parent that does not run, too. */
  g_clear_pointer (&event, thr_event_unref);
  g_assert_true (thr_worker_parent_fire (worker, "P", NULL, error));
  event = thr_worker_wait_event (worker, "EVENT_REJECT", THR_FOREVER, NULL, error);
  g_assert_nonnull (event);
  return TRUE;
}

static void
test_reject (void)
{
  ThrWorker *other = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *worker = thr_worker_new (NULL, fire_in_vain, other, NULL);

  g_assert_true (thr_worker_set_parent (worker, other, NULL));
  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (other);
}

/* The main worker hears of it in its loop; what it is told at the end of another,
 * or tells itself, goes no further. */
static void
test_main (void)
{
  ThrWorker *other = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *gone = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrListener *listener;
  int n_rejected = 0;
  ThrEvent *event;

  listener = thr_worker_listen_full (thr_worker_main (), "EVENT_REJECT", 0, 0, other,
                                     thr_test_count_event, &n_rejected, NULL);
  g_assert_true (thr_worker_fire (other, "E", NULL, NULL));
  thr_test_run_until (n_rejected == 1);

  /* To oneself, to one that does not run either, and to nobody. */
  event = thr_event_new_full ("E", NULL, other, FALSE, FALSE);
  thr_worker_fire_event (other, event);
  thr_worker_fire_event (gone, event);
  thr_event_unref (event);
  event = thr_event_new_full ("E", NULL, NULL, FALSE, FALSE);
  thr_worker_fire_event (other, event);
  thr_event_unref (event);
  /* Commands do not come back. */
  thr_worker_stop (other);
  thr_worker_pause (other);
  thr_worker_resume (other);
  thr_test_drain ();
  g_assert_cmpint (n_rejected, ==, 1);

  thr_worker_unlisten (thr_worker_main (), listener);
  thr_listener_unref (listener);
  thr_test_finalize_soon (other);
  thr_test_finalize_soon (gone);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-reject/reject", test_reject);
  g_test_add_func ("/worker-reject/main", test_main);

  return g_test_run ();
}
