/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The main thread's worker, and those of threads that are not workers'. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

static ThrListener *
listen (ThrWorker      *worker,
        const char     *name,
        ThrListenerFunc func,
        gpointer        user_data)
{
  return thr_worker_listen_full (worker, name, 0, 0, NULL, func, user_data, NULL);
}

static void
unlisten (ThrWorker   *worker,
          ThrListener *listener)
{
  g_assert_true (thr_worker_unlisten (worker, listener));
  thr_listener_unref (listener);
}

static gboolean
fire_at_main (ThrWorker *worker,
              gpointer   user_data,
              GError   **error)
{
  g_assert_false (thr_worker_is_main ());
  return thr_worker_fire (thr_worker_main (), "E", NULL, error);
}

/* It hears whenever the main loop runs, and when it waits. */
static void
test_main (void)
{
  ThrWorker *root = thr_worker_main ();
  ThrWorker *worker = thr_worker_new (NULL, fire_at_main, NULL, NULL);
  ThrWorker *parent = thr_worker_dup_parent (worker);
  ThrListener *listener;
  g_autoptr (ThrEvent) event = NULL;
  g_autoptr (GError) error = NULL;
  int n_heard = 0;

  g_assert_true (thr_worker_current () == root);
  g_assert_true (thr_worker_is_main ());
  g_assert_true (thr_worker_is_running (root));
  g_assert_null (parent);
  listener = listen (root, "E", thr_test_count_event, &n_heard);
  thr_test_worker_start (worker);
  thr_test_run_until (n_heard == 1);
  thr_test_worker_join (worker);

  thr_test_worker_start (worker);
  event = thr_wait_event ("E", THR_FOREVER, worker, &error);
  g_assert_no_error (error);
  g_assert_nonnull (event);
  g_assert_cmpint (n_heard, ==, 2);
  g_assert_true (thr_wait_worker (worker, THR_FOREVER, &error));
  g_assert_true (thr_sleep (1000, &error));
  g_assert_true (thr_update (&error));
  g_assert_no_error (error);
  unlisten (root, listener);
  g_clear_pointer (&event, thr_event_unref); /* holds its target */
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
}

/* To stop it stops its children, and ends the wait that is on, not the process. */
static void
test_stop (void)
{
  ThrWorker *root = thr_worker_main ();
  ThrWorker *child = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *other = thr_worker_new (NULL, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_worker_set_parent (child, root, NULL));
  thr_test_worker_start (child);
  thr_test_worker_start (other);
  thr_worker_stop (root);
  g_assert_false (thr_wait_forever (&error));
  g_assert_error (error, THR_ERROR, THR_ERROR_WORKER_EXIT);
  g_clear_error (&error);
  thr_test_worker_join (child);
  g_assert_true (thr_worker_is_running (other));
  g_assert_true (thr_worker_is_running (root));
  g_assert_true (thr_sleep (10, &error));
  g_assert_no_error (error);
  thr_test_worker_finish (other);
  /* The main worker has yet to hear of its end, and holds it until then. */
  thr_test_finalize_soon (child);
}

static gboolean
quit_loop (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
fire_later (gpointer user_data)
{
  thr_test_worker_fire_int (thr_worker_main (), "CMD", GPOINTER_TO_INT (user_data));
  return G_SOURCE_REMOVE;
}

static gboolean
run_loop (gpointer user_data)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  thr_test_worker_fire_int (thr_worker_main (), "CMD", 2);
  g_timeout_add (5, quit_loop, loop);
  g_main_loop_run (loop);
  return G_SOURCE_REMOVE;
}

/* A main loop nested in a wait takes nothing from the wait after it. */
static void
test_nested_loop (void)
{
  ThrWorker *root = thr_worker_main ();
  ThrListener *listener;
  int n_heard = 0;

  listener = listen (root, "CMD", thr_test_count_event, &n_heard);
  g_idle_add_full (G_PRIORITY_DEFAULT, fire_later, GINT_TO_POINTER (1), NULL);
  g_idle_add_full (G_PRIORITY_DEFAULT, run_loop, NULL, NULL);
  for (int i = 1; i <= 2; i++)
    {
      g_autoptr (ThrEvent) event = thr_wait_event ("CMD", THR_FOREVER, NULL, NULL);

      g_assert_cmpint (thr_test_event_int (event), ==, i);
    }
  g_assert_cmpint (n_heard, ==, 2);
  unlisten (root, listener);
}

/* ---- foreign threads ---- */

typedef struct
{
  GMainContext *context; /* to be the thread's default, or NULL */
  ThrWorker *worker;     /* what it was while it waited */
  int n_heard;
} Foreign;

static gboolean
check_current (gpointer user_data)
{
  Foreign *self = user_data;

  self->worker = thr_worker_current ();
  g_assert_nonnull (self->worker);
  g_assert_false (thr_worker_is_main ());
  g_object_ref (self->worker);
  return G_SOURCE_REMOVE;
}

static gboolean
never_here (gpointer user_data)
{
  g_assert_true (thr_dispatcher_on_main_thread ());
  *(int *) user_data += 1;
  return G_SOURCE_CONTINUE;
}

static gboolean
fire_back (ThrWorker *worker,
           gpointer   user_data,
           GError   **error)
{
  g_autoptr (ThrEvent) event = thr_worker_wait_event (worker, "HELLO", THR_FOREVER, NULL, error);

  /* Comes back to who waits on the foreign thread. */
  return event != NULL && thr_worker_fire (thr_event_get_target (event), "BACK", NULL, error);
}

static gboolean
fire_hello (ThrWorker *worker,
            ThrEvent  *event,
            gpointer   user_data,
            GError   **error)
{
  return TRUE;
}

static gpointer
wait_in_foreign_thread (gpointer data)
{
  Foreign *self = data;
  ThrWorker *echo = thr_worker_new (NULL, fire_back, NULL, NULL);
  g_autoptr (GError) error = NULL;

  if (self->context != NULL)
    g_main_context_push_thread_default (self->context);
  g_assert_null (thr_worker_current ());
  g_assert_false (thr_listen ("E", fire_hello, NULL, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_clear_error (&error);

  if (self->context != NULL)
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_callback (source, check_current, self, NULL);
      g_source_attach (source, self->context);
      g_assert_true (thr_sleep (2000, &error));
      g_assert_no_error (error);
      /* It was there for the wait alone. */
      g_assert_false (thr_worker_is_running (self->worker));
      g_clear_object (&self->worker);
    }
  g_assert_true (thr_sleep (2000, &error));
  g_assert_true (thr_update (&error));
  g_assert_null (thr_wait_event ("E", 100, NULL, &error));
  g_assert_no_error (error);

  thr_test_worker_start (echo);
  thr_worker_stop (echo);
  g_assert_true (thr_wait_worker (echo, THR_FOREVER, &error));
  g_assert_no_error (error);
  g_assert_null (thr_worker_current ());
  if (self->context != NULL)
    g_main_context_pop_thread_default (self->context);
  g_object_unref (echo);
  return NULL;
}

/* Any thread may wait, on its own context or a private one, never on the global
 * default one. */
static void
test_foreign (void)
{
  int n_here = 0;
  guint source = g_timeout_add (1, never_here, &n_here);

  for (int i = 0; i < 2; i++)
    {
      g_autoptr (GMainContext) context = i > 0 ? g_main_context_new () : NULL;
      Foreign self = { .context = context };
      GThread *thread = g_thread_new (NULL, wait_in_foreign_thread, &self);

      g_thread_join (thread);
      thr_test_drain ();
    }
  thr_test_run_until (n_here > 0);
  g_source_remove (source);
}

static gboolean
sleep_in_job (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  return thr_sleep (1000, error);
}

/* A job may wait as well. */
static void
test_job (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, sleep_in_job, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, &error));
  g_assert_no_error (error);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* ---- overlays ---- */

static gboolean
fail_overlay (ThrWorker *worker,
              gpointer   user_data,
              GError   **error)
{
  g_assert_true (thr_worker_current () == worker);
  if (!thr_sleep (500, error))
    return FALSE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");
  return FALSE;
}

static gboolean
stop_worker (gpointer user_data)
{
  thr_worker_stop (user_data);
  return G_SOURCE_REMOVE;
}

/* The worker's function and loop, on this thread. */
static void
test_overlay (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *failing = thr_worker_new (NULL, fail_overlay, NULL, NULL);
  ThrListener *listener;
  g_autoptr (GError) error = NULL;
  int n_heard = 0, n_of_main = 0;

  thr_worker_listen (worker, "STOP_THREAD", thr_test_count_event, &n_heard, NULL);
  listener = listen (thr_worker_main (), "E", thr_test_count_event, &n_of_main);
  g_assert_true (thr_worker_fire (thr_worker_main (), "E", NULL, NULL));
  /* What the main context has goes on meanwhile. */
  g_timeout_add (2, stop_worker, worker);
  g_assert_true (thr_worker_start_overlay (worker, &error));
  g_assert_no_error (error);
  g_assert_cmpint (n_heard, ==, 1);
  g_assert_cmpint (n_of_main, ==, 1);
  g_assert_false (thr_worker_is_running (worker));
  g_assert_true (thr_worker_is_main ());

  g_assert_false (thr_worker_start_overlay (failing, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  thr_test_worker_start (worker);
  g_assert_false (thr_worker_start_overlay (worker, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  unlisten (thr_worker_main (), listener);
  thr_test_worker_finish (worker);
  thr_test_finalize_soon (failing);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-root/main", test_main);
  g_test_add_func ("/worker-root/stop", test_stop);
  g_test_add_func ("/worker-root/nested-loop", test_nested_loop);
  g_test_add_func ("/worker-root/foreign", test_foreign);
  g_test_add_func ("/worker-root/job", test_job);
  g_test_add_func ("/worker-root/overlay", test_overlay);

  return g_test_run ();
}
