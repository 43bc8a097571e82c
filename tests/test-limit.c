/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

/* Jobs that count how many of them run at once, and of which each waits for a
 * permit of its own before it returns. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  int permits;
  int n_running;
  int max_running;
  int n_done;
} Meter;

static gboolean
meter_job (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Meter *meter = user_data;
  gint64 until = g_get_monotonic_time () + thr_test_deadline ();

  g_mutex_lock (&meter->mutex);
  meter->n_running++;
  meter->max_running = MAX (meter->max_running, meter->n_running);
  while (meter->permits == 0)
    if (!g_cond_wait_until (&meter->cond, &meter->mutex, until))
      g_error ("no permit for %s", thr_thread_wrapper_get_ident (thread));
  meter->permits--;
  meter->n_running--;
  meter->n_done++;
  g_mutex_unlock (&meter->mutex);

  return TRUE;
}

static void
meter_permit (Meter *meter,
              int    n)
{
  g_mutex_lock (&meter->mutex);
  meter->permits += n;
  g_cond_broadcast (&meter->cond);
  g_mutex_unlock (&meter->mutex);
}

static int
meter_read (Meter *meter,
            int   *field)
{
  int value;

  g_mutex_lock (&meter->mutex);
  value = *field;
  g_mutex_unlock (&meter->mutex);

  return value;
}

static void
meter_submit (ThrThreadManager *manager,
              Meter            *meter,
              int               n)
{
  for (int i = 0; i < n; i++)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_manager_do_async (manager, NULL, meter_job, meter, NULL);

      g_assert_nonnull (job);
    }
}

static void
assert_idle (ThrThreadManager *manager)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 0);
  g_assert_false (thr_thread_manager_get_busy (manager));
}

static void
test_limit (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Meter meter = { 0 };

  g_assert_true (thr_thread_manager_set_thread_limit (manager, 3, NULL));
  meter_submit (manager, &meter, 40);
  thr_test_poll_until (meter_read (&meter, &meter.n_running) == 3);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 3);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 37);
  meter_permit (&meter, 10);
  thr_test_poll_until (meter_read (&meter, &meter.n_done) == 10 && meter_read (&meter, &meter.n_running) == 3);
  g_assert_cmpint (meter_read (&meter, &meter.max_running), ==, 3);

  /* Raised: starts more at once, with no other event. */
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 7, NULL));
  thr_test_poll_until (meter_read (&meter, &meter.n_running) == 7);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 7);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 23);
  meter_permit (&meter, 7);
  thr_test_poll_until (meter_read (&meter, &meter.n_done) == 17 && meter_read (&meter, &meter.n_running) == 7);
  g_assert_cmpint (meter_read (&meter, &meter.max_running), ==, 7);

  /* Lowered: what runs goes on, and nothing starts until fewer run. */
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 2, NULL));
  meter_permit (&meter, 5);
  thr_test_poll_until (meter_read (&meter, &meter.n_done) == 22 && thr_thread_manager_get_n_running (manager) == 2);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 16);
  g_mutex_lock (&meter.mutex);
  meter.max_running = meter.n_running;
  g_mutex_unlock (&meter.mutex);
  meter_permit (&meter, 18);
  assert_idle (manager);
  g_assert_cmpint (meter_read (&meter, &meter.n_done), ==, 40);
  g_assert_cmpint (meter_read (&meter, &meter.max_running), ==, 2);

  g_assert_finalize_object (manager);
}

/* However the limit and the pause change, never more run than the highest
 * limit there was, and all of them run in the end. */
static void
test_random (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Meter meter = { 0 };
  int n = (int) thr_test_scale (5000, 500);
  int highest = 0;

  meter_permit (&meter, n);
  for (int i = 0; i < n; i++)
    {
      if (i % 16 == 0)
        {
          int limit = g_test_rand_int_range (1, 9);

          highest = MAX (highest, limit);
          g_assert_true (thr_thread_manager_set_thread_limit (manager, (guint) limit, NULL));
        }
      if (i % 64 == 32)
        thr_thread_manager_set_paused (manager, g_test_rand_bit ());
      meter_submit (manager, &meter, 1);
      g_main_context_iteration (NULL, FALSE);
    }
  thr_thread_manager_set_paused (manager, FALSE);
  assert_idle (manager);
  g_assert_cmpint (meter_read (&meter, &meter.n_done), ==, n);
  g_assert_cmpint (meter_read (&meter, &meter.max_running), <=, highest);

  g_assert_finalize_object (manager);
}

static void
test_paused (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadManager *other = thr_thread_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;
  Meter meter = { 0 };
  ThrThreadWrapper *running;

  running = thr_thread_manager_do_async (manager, "running", thr_test_job_gate, &gate, NULL);
  thr_test_poll_until (thr_thread_manager_get_n_running (manager) == 1);
  thr_thread_manager_set_paused (manager, TRUE);
  meter_submit (manager, &meter, 5);

  /* Another manager's jobs, submitted later, all run meanwhile. */
  meter_permit (&meter, 8);
  meter_submit (other, &meter, 3);
  assert_idle (other);
  g_assert_cmpint (meter_read (&meter, &meter.n_done), ==, 3);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 5);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 1);
  g_assert_true (thr_thread_manager_get_busy (manager));

  /* What runs is not held. */
  thr_test_gate_open (&gate);
  thr_test_run_until_closed (running);
  g_assert_cmpint (meter_read (&meter, &meter.n_done), ==, 3);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 5);
  g_assert_true (thr_thread_manager_get_busy (manager));

  thr_thread_manager_set_paused (manager, FALSE);
  assert_idle (manager);
  g_assert_cmpint (meter_read (&meter, &meter.n_done), ==, 8);

  g_assert_finalize_object (running);
  g_assert_finalize_object (other);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/limit/honoured", test_limit);
  g_test_add_func ("/limit/random", test_random);
  g_test_add_func ("/limit/paused", test_paused);

  return g_test_run ();
}
