/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is called later. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

static void
note (ThrWorker *worker,
      gpointer   user_data)
{
  g_assert_true (thr_worker_current () == worker);
  thr_test_diary_add (user_data, "later");
}

static gboolean
do_later (ThrWorker   *worker,
          gint64       delay,
          ThrLaterFunc func,
          gpointer     user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = thr_worker_later (worker, delay, NULL, func, user_data, NULL, &error);

  g_assert_no_error (error);
  return ok;
}

/* On the worker, in the order of their times; EXECUTE is heard. */
static void
test_later (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrTestDiary diary;
  gint64 begun;

  thr_test_diary_init (&diary);
  thr_worker_listen (worker, "EXECUTE", thr_test_note_event, &diary, NULL);
  thr_test_worker_start (worker);
  begun = g_get_monotonic_time ();
  g_assert_true (do_later (worker, 5000, note, &diary));
  thr_test_block_until (thr_test_diary_is (&diary, "later EXECUTE"));
  g_assert_cmpint (g_get_monotonic_time () - begun, >=, 5000);
  g_assert_true (do_later (worker, 0, note, &diary));
  thr_test_block_until (thr_test_diary_is (&diary, "later EXECUTE later EXECUTE"));
  thr_test_worker_finish (worker);

  /* And on the main worker. */
  g_assert_true (do_later (thr_worker_main (), 0, note, &diary));
  thr_test_run_until (thr_test_diary_is (&diary, "later EXECUTE later EXECUTE later"));
  thr_test_diary_clear (&diary);
}

/* Called off, before and while it is due; its data is destroyed at home. */
static void
test_cancel (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  ThrTestHome home;

  g_cancellable_cancel (cancelled);
  thr_test_home_init (&home);
  thr_test_worker_start (worker);
  g_assert_true (thr_worker_later (worker, THR_FOREVER, cancellable, note, &home,
                                   thr_test_home_destroy, NULL));
  g_assert_true (thr_worker_later (worker, 0, cancelled, note, &home, thr_test_home_destroy, NULL));
  thr_test_run_until (thr_test_home_n_destroyed (&home) == 1);
  g_cancellable_cancel (cancellable);
  thr_test_run_until (thr_test_home_n_destroyed (&home) == 2);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  thr_test_worker_finish (worker);
}

/* While paused it is not called: after the resume it is. */
static void
test_pause (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrTestDiary diary;
  gint64 until;

  thr_test_diary_init (&diary);
  thr_test_worker_start (worker);
  thr_worker_pause (worker);
  thr_test_block_until (thr_worker_is_paused (worker));
  g_assert_true (do_later (worker, 0, note, &diary));
  g_assert_true (do_later (worker, 1000, note, &diary));
  until = g_get_monotonic_time () + 5000;
  thr_test_block_until (g_get_monotonic_time () > until);
  thr_test_diary_check (&diary, "");
  thr_worker_resume (worker);
  thr_test_block_until (thr_test_diary_is (&diary, "later later"));
  thr_test_worker_finish (worker);
  thr_test_diary_clear (&diary);
}

/* Gone with the run that it belongs to. */
static void
test_stop (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  ThrTestHome home;

  thr_test_home_init (&home);
  for (int i = 1; i <= 3; i++)
    {
      thr_test_worker_start (worker);
      g_assert_true (thr_worker_later (worker, 20 * G_USEC_PER_SEC, NULL, note, &home,
                                       thr_test_home_destroy, NULL));
      thr_worker_stop (worker);
      thr_test_worker_join (worker);
      thr_test_run_until (thr_test_home_n_destroyed (&home) == i);
    }
  /* And there is none for one that does not run. */
  g_assert_false (thr_worker_later (worker, 0, NULL, note, &home, thr_test_home_destroy, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 4);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  thr_test_finalize_soon (worker);
}

static void
stop_it (ThrWorker *worker,
         gpointer   user_data)
{
  thr_worker_exit (worker, NULL);
}

static void
wait_it (ThrWorker *worker,
         gpointer   user_data)
{
  thr_test_diary_add (user_data, "begin");
  /* Others come due in the nested loop; this one not again. */
  thr_worker_wait_timeout (worker, 5000, NULL);
  thr_test_diary_add (user_data, "end");
}

static void
test_nested (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrTestDiary diary;

  thr_test_diary_init (&diary);
  thr_test_worker_start (worker);
  g_assert_true (do_later (worker, 0, wait_it, &diary));
  thr_test_block_until (thr_test_diary_has (&diary, "begin"));
  g_assert_true (do_later (worker, 0, note, &diary));
  thr_test_block_until (thr_test_diary_has (&diary, "end"));
  thr_test_block_until (thr_test_diary_has (&diary, "later"));
  g_assert_true (do_later (worker, 0, stop_it, NULL));
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
}

static gboolean
hold_until_wait (ThrWorker *worker,
                 gpointer   user_data,
                 GError   **error)
{
  gpointer *args = user_data;
  GMainContext *context = g_main_context_get_thread_default ();

  thr_test_gate_wait (args[0]);
  while (g_main_context_iteration (context, FALSE))
    ;
  thr_test_diary_check (args[1], "");
  while (!thr_test_diary_is (args[1], "later"))
    {
      if (!thr_worker_update (worker, error))
        return FALSE;
    }
  return TRUE;
}

/* Only at a break point. */
static void
test_break_points_only (void)
{
  static ThrTestGate gate;
  ThrTestDiary diary;
  gpointer args[2] = { &gate, &diary };
  ThrWorker *worker = thr_worker_new (NULL, hold_until_wait, args, NULL);

  thr_test_diary_init (&diary);
  thr_test_worker_start (worker);
  g_assert_true (do_later (worker, 0, note, &diary));
  thr_test_gate_open (&gate);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
}

#define WAIT 10000 /* in microseconds */

/* Takes all the time of the wait, before anybody else has a turn. */
static gboolean
hold_up (gpointer user_data)
{
  gint64 *begun = user_data;

  if (g_get_monotonic_time () - *begun >= WAIT)
    *begun = 0; /* the wait was over before this began */
  while (*begun != 0 && g_get_monotonic_time () - *begun < 2 * WAIT)
    ;
  return G_SOURCE_REMOVE;
}

static gboolean
wait_held_up (ThrWorker *worker,
              gpointer   user_data,
              GError   **error)
{
  ThrTestDiary *diary = user_data;
  gint64 begun;

  do
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_priority (source, G_PRIORITY_HIGH);
      g_source_set_callback (source, hold_up, &begun, NULL);
      g_source_attach (source, g_main_context_get_thread_default ());
      begun = g_get_monotonic_time ();
      g_assert_true (do_later (worker, 1, note, diary));
      g_assert_true (thr_worker_wait_timeout (worker, WAIT, error));
      g_assert_cmpint (g_get_monotonic_time () - begun, >=, WAIT);
    }
  while (begun == 0);
  /* And those of the attempts before. */
  g_assert_true (thr_test_diary_has (diary, "later"));
  return TRUE;
}

/* What comes due within a wait is called in it, also where that was held up. */
static void
test_due_in_time (void)
{
  ThrTestDiary diary;
  ThrWorker *worker = thr_worker_new (NULL, wait_held_up, &diary, NULL);

  thr_test_diary_init (&diary);
  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
  thr_test_diary_clear (&diary);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-later/later", test_later);
  g_test_add_func ("/worker-later/cancel", test_cancel);
  g_test_add_func ("/worker-later/pause", test_pause);
  g_test_add_func ("/worker-later/stop", test_stop);
  g_test_add_func ("/worker-later/nested", test_nested);
  g_test_add_func ("/worker-later/break-points-only", test_break_points_only);
  g_test_add_func ("/worker-later/due-in-time", test_due_in_time);

  return g_test_run ();
}
