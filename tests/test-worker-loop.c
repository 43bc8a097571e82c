/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker's loop: its context, its inbox, its break points. */

#include "config.h"

#include "thr-test-worker.h"

#include "base/thr-dispatcher-private.h"
#include "workers/thr-worker-private.h"

static gboolean
run_without_events (ThrWorker *worker,
                    gpointer   user_data,
                    GError   **error)
{
  gboolean *ran = user_data;

  g_assert_true (thr_worker_current () == worker);
  g_assert_false (thr_worker_is_main ());
  g_assert_nonnull (g_main_context_get_thread_default ());
  g_assert_true (g_main_context_is_owner (g_main_context_get_thread_default ()));
  *ran = TRUE;
  return TRUE;
}

static void
test_run (void)
{
  gboolean ran = FALSE;
  ThrWorker *worker = thr_worker_new ("plain", run_without_events, &ran, NULL);

  g_assert_false (thr_worker_is_running (worker));
  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  g_assert_true (ran);
  g_assert_false (thr_worker_is_running (worker));
  thr_test_finalize_soon (worker);
}

static gboolean
count_cb (gpointer user_data)
{
  g_atomic_int_inc ((int *) user_data);
  return G_SOURCE_CONTINUE;
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GFileInfo) info = g_file_query_info_finish (G_FILE (source), result, NULL);

  g_assert_nonnull (info);
  g_assert_true (thr_worker_current () == user_data);
  thr_test_worker_fire_int (user_data, "READ", 1);
}

static gboolean
use_context (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  g_autoptr (GSource) timer = g_timeout_source_new (1);
  g_autoptr (GFile) file = g_file_new_for_path ("/");
  g_autoptr (ThrEvent) event = NULL;
  int n_ticks = 0;

  g_source_set_callback (timer, count_cb, &n_ticks, NULL);
  g_source_attach (timer, g_main_context_get_thread_default ());
  g_file_query_info_async (file, "standard::*", 0, G_PRIORITY_DEFAULT, NULL, read_cb, worker);
  event = thr_worker_wait_event (worker, "READ", THR_FOREVER, NULL, error);
  g_assert_nonnull (event);
  while (g_atomic_int_get (&n_ticks) < 3)
    g_assert_true (thr_worker_wait_timeout (worker, 2000, error));
  g_source_destroy (timer);
  return TRUE;
}

/* Timers and asynchronous calls of Gio go on while it waits. */
static void
test_context (void)
{
  ThrWorker *worker = thr_worker_new (NULL, use_context, NULL, NULL);

  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
}

static gboolean
hear_flood (ThrWorker *worker,
            ThrEvent  *event,
            gpointer   user_data,
            GError   **error)
{
  int *n_heard = user_data;

  /* Goes on for ever: there is always another one. */
  *n_heard += 1;
  return thr_worker_fire (worker, "FLOOD", NULL, error);
}

static gboolean
wait_in_flood (ThrWorker *worker,
               gpointer   user_data,
               GError   **error)
{
  static int n_heard; /* heard after this function too */
  int n_ticks = 0;
  g_autoptr (GSource) timer = g_timeout_source_new (1);
  gint64 begun, took, longest = 0;

  g_source_set_callback (timer, count_cb, &n_ticks, NULL);
  g_source_attach (timer, g_main_context_get_thread_default ());
  thr_worker_listen (worker, "FLOOD", hear_flood, &n_heard, NULL);
  for (int i = 0; i < 3; i++)
    thr_worker_fire (worker, "FLOOD", NULL, error);
  for (int i = 0; i < 5; i++)
    {
      begun = g_get_monotonic_time ();
      g_assert_true (thr_worker_wait_timeout (worker, 20000, error));
      took = g_get_monotonic_time () - begun;
      g_assert_cmpint (took, >=, 20000);
      longest = MAX (longest, took);
    }
  g_assert_cmpint (n_heard, >, 100);
  /* The context has its turn too. */
  g_assert_cmpint (n_ticks, >, 0);
  /* A few milliseconds late, and more where others have the processor. */
  g_test_message ("the longest wait for 20 ms took %d µs", (int) longest);
  g_assert_cmpint (longest, <, thr_test_scale (500000, 5000000));
  g_source_destroy (timer);
  return TRUE;
}

/* The time of a wait is honoured under load, and the load goes on. */
static void
test_time_in_flood (void)
{
  ThrWorker *worker = thr_worker_new (NULL, wait_in_flood, NULL, NULL);

  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
}

static gboolean
hold_until_break_point (ThrWorker *worker,
                        gpointer   user_data,
                        GError   **error)
{
  ThrTestGate *gates = user_data;
  GMainContext *context = g_main_context_get_thread_default ();
  g_autofree int *n_heard = g_new0 (int, 1);

  thr_worker_listen (worker, "EVENT", thr_test_count_event, n_heard, NULL);
  thr_test_gate_open (&gates[0]);
  thr_test_gate_wait (&gates[1]);
  /* To iterate the context oneself is no break point. */
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpint (*n_heard, ==, 0);
  g_assert_true (thr_worker_update (worker, error));
  g_assert_cmpint (*n_heard, ==, 3);
  /* Nothing is left, and so nothing is waited for. */
  g_assert_true (thr_worker_update (worker, error));
  g_assert_cmpint (*n_heard, ==, 3);
  return TRUE;
}

static void
test_break_points_only (void)
{
  static ThrTestGate gates[2];
  ThrWorker *worker = thr_worker_new (NULL, hold_until_break_point, gates, NULL);

  thr_test_worker_start (worker);
  thr_test_gate_wait (&gates[0]);
  for (int i = 0; i < 3; i++)
    thr_test_worker_fire_int (worker, "EVENT", i);
  thr_test_gate_open (&gates[1]);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
  thr_test_gate_clear (&gates[0]);
  thr_test_gate_clear (&gates[1]);
}

static void
running_cb (ThrWorker  *worker,
            GParamSpec *pspec,
            gpointer    user_data)
{
  GString *words = user_data;

  g_assert_true (thr_dispatcher_on_main_thread ());
  g_string_append (words, thr_worker_is_running (worker) ? "+" : "-");
}

/* Its properties, and that they are announced at home. */
static void
test_properties (void)
{
  ThrWorker *worker = g_object_new (THR_TYPE_WORKER, "name", "first", NULL);
  ThrWorker *other = thr_worker_new (NULL, NULL, NULL, NULL);
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *name = NULL, *default_name = thr_worker_dup_name (other);
  ThrDaemon daemon;
  gboolean running, paused;
  ThrWorker *parent = NULL;

  g_signal_connect (worker, "notify::running", G_CALLBACK (running_cb), words);
  g_object_set (worker, "parent", other, "daemon", THR_DAEMON_YES, NULL);
  g_object_get (worker, "name", &name, "parent", &parent, "daemon", &daemon, "running", &running,
                "paused", &paused, NULL);
  g_assert_cmpstr (name, ==, "first");
  g_assert_true (g_str_has_prefix (default_name, "worker-"));
  g_assert_true (parent == other);
  g_object_unref (parent);
  g_assert_cmpint (daemon, ==, THR_DAEMON_YES);
  g_assert_false (running);
  g_assert_false (paused);

  thr_test_worker_start (worker);
  thr_worker_stop (worker);
  thr_test_run_until (g_strcmp0 (words->str, "+-") == 0);
  thr_test_worker_join (worker);
  g_assert_true (thr_worker_set_parent (worker, NULL, NULL));
  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (other);
}

/* A derived type: the vfunc instead of a function. */

#define TEST_TYPE_WORKER (test_worker_get_type ())
G_DECLARE_FINAL_TYPE (TestWorker, test_worker, TEST, WORKER, ThrWorker)
struct _TestWorker
{
  ThrWorker parent_instance;
  int n_runs;
};
G_DEFINE_FINAL_TYPE (TestWorker, test_worker, THR_TYPE_WORKER)

static gboolean
test_worker_run (ThrWorker *worker,
                 GError   **error)
{
  TEST_WORKER (worker)->n_runs++;
  return TRUE;
}

static void
test_worker_class_init (TestWorkerClass *klass)
{
  THR_WORKER_CLASS (klass)->run = test_worker_run;
}

static void
test_worker_init (TestWorker *self)
{
}

static void
test_derived (void)
{
  TestWorker *worker = g_object_new (TEST_TYPE_WORKER, "name", "derived", NULL);

  for (int i = 0; i < 3; i++)
    {
      thr_test_worker_start (THR_WORKER (worker));
      thr_test_worker_join (THR_WORKER (worker));
    }
  g_assert_cmpint (worker->n_runs, ==, 3);
  thr_test_finalize_soon (worker);
}

/* It is kept by its run, and freed at home, with what it was given. */
static void
test_home (void)
{
  ThrTestHome home;
  ThrWorker *worker;

  thr_test_home_init (&home);
  for (guint i = 0; i < thr_test_scale (200, 20); i++)
    {
      worker = thr_worker_new (NULL, NULL, &home, thr_test_home_destroy);
      thr_test_home_watch (&home, worker);
      thr_worker_listen (worker, "X", thr_test_count_event, &home, thr_test_home_destroy);
      thr_test_worker_start (worker);
      thr_worker_stop (worker);
      g_object_unref (worker);
    }
  thr_test_run_until (thr_test_home_n_finalized (&home) == (int) thr_test_scale (200, 20));
  g_assert_cmpint (thr_test_home_n_disposed (&home), ==, thr_test_scale (200, 20));
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 2 * thr_test_scale (200, 20));
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  thr_test_block_until (thr_run_count () == 0);
}

static gboolean
make_long_lived (ThrWorker *worker,
                 gpointer   user_data,
                 GError   **error)
{
  ThrDispatcher *here = thr_dispatcher_for_maker ();
  ThrDispatcher *long_life = thr_dispatcher_for_long_life ();

  g_assert_true (here != long_life);
  g_assert_true (thr_dispatcher_is_home (here));
  g_assert_false (thr_dispatcher_is_home (long_life));
  thr_dispatcher_unref (here);
  thr_dispatcher_unref (long_life);
  /* What it makes for the time after itself is the main thread's. */
  *(ThrWorker **) user_data = thr_worker_new ("inner", NULL, NULL, NULL);
  return TRUE;
}

static void
test_owner (void)
{
  ThrWorker *inner = NULL;
  ThrWorker *worker = thr_worker_new (NULL, make_long_lived, &inner, NULL);

  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  g_assert_true (thr_worker_home (inner) == thr_worker_home (worker));
  thr_test_finalize_soon (inner);
  thr_test_finalize_soon (worker);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-loop/run", test_run);
  g_test_add_func ("/worker-loop/context", test_context);
  g_test_add_func ("/worker-loop/time-in-flood", test_time_in_flood);
  g_test_add_func ("/worker-loop/break-points-only", test_break_points_only);
  g_test_add_func ("/worker-loop/properties", test_properties);
  g_test_add_func ("/worker-loop/derived", test_derived);
  g_test_add_func ("/worker-loop/home", test_home);
  g_test_add_func ("/worker-loop/owner", test_owner);

  return g_test_run ();
}
