/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* thr_thread_manager_push(): jobs without a handle. Each writes down its
 * number, in which order, and where. */
typedef struct
{
  GThread *home;
  GMutex mutex;
  GArray *ran;       /* guarded by the mutex */
  GArray *done;      /* home's */
  GArray *destroyed; /* home's */
} Log;

typedef struct
{
  Log *log;
  int number;
  int code;      /* of G_IO_ERROR, to fail with; or -1; or -2 = none set */
  int wanted;    /* what done() is to get: of THR_ERROR if at_thr */
  gboolean at_thr;
  gboolean is_done;
} Light;

static void
log_init (Log *log)
{
  log->home = g_thread_self ();
  g_mutex_init (&log->mutex);
  log->ran = g_array_new (FALSE, FALSE, sizeof (int));
  log->done = g_array_new (FALSE, FALSE, sizeof (int));
  log->destroyed = g_array_new (FALSE, FALSE, sizeof (int));
}

static void
log_clear (Log *log)
{
  g_mutex_clear (&log->mutex);
  g_array_unref (log->ran);
  g_array_unref (log->done);
  g_array_unref (log->destroyed);
}

static gboolean
light_func (gpointer  user_data,
            GError  **error)
{
  Light *light = user_data;

  g_assert_true (g_thread_self () != light->log->home);
  g_assert_false (light->is_done);
  g_mutex_lock (&light->log->mutex);
  g_array_append_val (light->log->ran, light->number);
  g_mutex_unlock (&light->log->mutex);
  if (light->code >= 0)
    g_set_error (error, G_IO_ERROR, light->code, "light failure %d", light->number);

  return light->code == -1;
}

static void
light_done (const GError *failure,
            gpointer      user_data)
{
  Light *light = user_data;

  g_assert_true (g_thread_self () == light->log->home);
  g_assert_false (light->is_done);
  light->is_done = TRUE;
  g_array_append_val (light->log->done, light->number);
  if (light->wanted < 0)
    g_assert_no_error (failure);
  else if (light->at_thr)
    g_assert_error (failure, THR_ERROR, light->wanted);
  else
    g_assert_error (failure, G_IO_ERROR, light->wanted);
}

static void
light_free (gpointer user_data)
{
  Light *light = user_data;

  g_assert_true (g_thread_self () == light->log->home);
  g_array_append_val (light->log->destroyed, light->number);
  if (light->is_done)
    g_assert_cmpint (g_array_index (light->log->done, int, light->log->done->len - 1), ==, light->number);
  g_free (light);
}

static Light *
light_new (Log *log,
           int  number)
{
  Light *light = g_new0 (Light, 1);

  *light = (Light) { log, number, -1, -1, FALSE, FALSE };

  return light;
}

static void
assert_idle (ThrThreadManager *manager)
{
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 0);
  g_assert_false (thr_thread_manager_get_busy (manager));
}

static void
assert_ascending (GArray *numbers,
                  int     n)
{
  g_assert_cmpuint (numbers->len, ==, n);
  for (int i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (numbers, int, i), ==, i);
}

/* With one thread: ran, done and destroyed in order of the pushing. */
static void
test_order (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  int n = (int) thr_test_scale (20000, 1000);
  Log log;

  log_init (&log);
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));
  for (int i = 0; i < n; i++)
    thr_thread_manager_push (manager, light_func, light_done, light_new (&log, i), light_free);
  g_assert_true (thr_thread_manager_get_started (manager));
  thr_test_run_until (log.destroyed->len == (guint) n);
  assert_ascending (log.ran, n);
  assert_ascending (log.done, n);
  assert_ascending (log.destroyed, n);
  assert_idle (manager);

  log_clear (&log);
  g_assert_finalize_object (manager);
}

static gboolean
light_gate (gpointer  user_data,
            GError  **error)
{
  thr_test_gate_wait (user_data);

  return TRUE;
}

static void
count_done (const GError *failure,
            gpointer      user_data)
{
  g_assert_no_error (failure);
}

/* They count as any job does, and are no items of the model. */
static void
test_counted (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) jobs = NULL;

  g_assert_true (thr_thread_manager_set_thread_limit (manager, 2, NULL));
  for (int i = 0; i < 5; i++)
    thr_thread_manager_push (manager, light_gate, i % 2 ? count_done : NULL, &gate, NULL);
  thr_test_poll_until (thr_thread_manager_get_n_running (manager) == 2);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 3);
  g_assert_true (thr_thread_manager_get_busy (manager));
  g_assert_cmpuint (thr_thread_manager_get_size (manager), ==, 0);
  jobs = thr_thread_manager_dup_jobs (manager);
  g_assert_cmpuint (jobs->len, ==, 0);
  g_assert_false (thr_thread_manager_wait_idle (manager, 1000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  thr_test_gate_open (&gate);
  assert_idle (manager);

  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

static void
test_failure (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Light *own, *none;
  Log log;

  log_init (&log);
  own = light_new (&log, 0);
  own->code = own->wanted = G_IO_ERROR_NO_SPACE;
  none = light_new (&log, 1);
  none->code = -2;
  none->wanted = THR_ERROR_FAILED;
  none->at_thr = TRUE;
  thr_thread_manager_push (manager, light_func, light_done, own, light_free);
  thr_thread_manager_push (manager, light_func, light_done, none, light_free);
  thr_test_run_until (log.destroyed->len == 2);
  g_assert_cmpuint (log.done->len, ==, 2);
  assert_idle (manager);

  log_clear (&log);
  g_assert_finalize_object (manager);
}

static void
unhandled_cb (ThrThreadManager *manager,
              ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
  g_assert_null (thread);
  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpstr (failure->message, ==, "light failure 7");
  g_signal_stop_emission_by_name (manager, "unhandled-error");
  ++*(int *) user_data;
}

/* Nobody to be told: it is reported, at home, with no job to name. */
static void
test_unhandled (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Light *light;
  int n_unhandled = 0;
  gulong handler;
  Log log;

  log_init (&log);
  handler = g_signal_connect (manager, "unhandled-error", G_CALLBACK (unhandled_cb), &n_unhandled);
  light = light_new (&log, 7);
  light->code = G_IO_ERROR_NO_SPACE;
  thr_thread_manager_push (manager, light_func, NULL, light, light_free);
  thr_test_run_until (n_unhandled == 1 && log.destroyed->len == 1);
  assert_idle (manager);
  g_assert_cmpint (n_unhandled, ==, 1);

  /* By default, that is a warning. */
  g_signal_handler_disconnect (manager, handler);
  light = light_new (&log, 8);
  light->code = G_IO_ERROR_NO_SPACE;
  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*light failure 8*");
  thr_thread_manager_push (manager, light_func, NULL, light, light_free);
  thr_test_run_until (log.destroyed->len == 2);
  assert_idle (manager);
  g_test_assert_expected_messages ();

  log_clear (&log);
  g_assert_finalize_object (manager);
}

static void
stopped_cb (ThrThreadManager *manager,
            ThrThreadWrapper *thread,
            const GError     *failure,
            gpointer          user_data)
{
  g_assert_null (thread);
  g_assert_error (failure, THR_ERROR, THR_ERROR_STOPPED);
  ++*(int *) user_data;
}

/* Queued when the manager is stopped or halted, which somebody asked for; or
 * pushed to a stopped one, which is a failure as any. */
static void
test_stopped (void)
{
  for (int halt = 0; halt < 2; halt++)
    {
      ThrTestBusy busy;
      Light *light;
      Log log;
      int n_unhandled = 0;

      thr_test_busy_init (&busy);
      log_init (&log);
      g_signal_connect (busy.manager, "unhandled-error", G_CALLBACK (stopped_cb), &n_unhandled);
      for (int i = 0; i < 6; i++)
        {
          light = light_new (&log, i);
          light->wanted = THR_ERROR_STOPPED;
          light->at_thr = TRUE;
          if (i == 4 && halt)
            g_assert_false (thr_thread_manager_halt (busy.manager, 0, NULL));
          else if (i == 4)
            thr_thread_manager_stop (busy.manager);
          thr_thread_manager_push (busy.manager, light_func, i % 2 ? light_done : NULL, light, light_free);
        }
      thr_test_run_until (log.destroyed->len == 6);
      g_assert_cmpuint (log.ran->len, ==, 0);
      g_assert_cmpuint (log.done->len, ==, 3);
      g_assert_cmpint (n_unhandled, ==, 1);
      log_clear (&log);
      thr_test_busy_clear (&busy);
    }
}

typedef struct
{
  ThrThreadManager *manager;
  int n_destroyed;
  int n_ran;
} Flood;

static gboolean
flood_func (gpointer  user_data,
            GError  **error)
{
  Flood *flood = user_data;

  g_atomic_int_inc (&flood->n_ran);

  return TRUE;
}

static void
flood_destroy (gpointer user_data)
{
  Flood *flood = user_data;

  flood->n_destroyed++;
}

static gpointer
flood_thread (gpointer data)
{
  Flood *flood = data;
  guint n = thr_test_scale (50000, 1000);

  for (guint i = 0; i < n; i++)
    thr_thread_manager_push (flood->manager, flood_func, i % 2 ? count_done : NULL, flood, flood_destroy);

  return NULL;
}

static void
test_flood (void)
{
  Flood flood = { thr_thread_manager_new (), 0, 0 };
  GThread *threads[4];
  int n = (int) thr_test_scale (50000, 1000) * (int) G_N_ELEMENTS (threads);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("flood", flood_thread, &flood);
  thr_test_run_until (flood.n_destroyed == n);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (flood.n_ran, ==, n);
  assert_idle (flood.manager);
  g_assert_finalize_object (flood.manager);
}

static gboolean
push_more (gpointer  user_data,
           GError  **error)
{
  Flood *flood = user_data;

  g_assert_null (thr_thread_wrapper_get_current ());
  if (g_atomic_int_add (&flood->n_ran, 1) < 100)
    thr_thread_manager_push (flood->manager, push_more, NULL, flood, flood_destroy);

  return TRUE;
}

/* Pushed by light jobs, and by done() functions. */
static void
push_in_done (const GError *failure,
              gpointer      user_data)
{
  Flood *flood = user_data;

  if (flood->n_destroyed < 200)
    thr_thread_manager_push (flood->manager, flood_func, push_in_done, flood, flood_destroy);
}

static void
test_nested (void)
{
  Flood flood = { thr_thread_manager_new (), 0, 0 };

  g_assert_true (thr_thread_manager_set_thread_limit (flood.manager, 1, NULL));
  thr_thread_manager_push (flood.manager, push_more, NULL, &flood, flood_destroy);
  assert_idle (flood.manager);
  g_assert_cmpint (flood.n_destroyed, ==, 101);
  thr_thread_manager_push (flood.manager, flood_func, push_in_done, &flood, flood_destroy);
  thr_test_run_until (flood.n_destroyed > 200);
  assert_idle (flood.manager);
  g_assert_cmpint (flood.n_destroyed, ==, flood.n_ran);
  g_assert_finalize_object (flood.manager);
}

/* Pushed in a context that is not the manager's: it ends there. */
static gpointer
push_elsewhere (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  int n = (int) thr_test_scale (5000, 200);
  Log log;

  g_main_context_push_thread_default (context);
  log_init (&log);
  for (int i = 0; i < n; i++)
    thr_thread_manager_push (data, light_func, light_done, light_new (&log, i), light_free);
  thr_test_run_until (log.destroyed->len == (guint) n);
  g_assert_cmpuint (log.done->len, ==, n);
  log_clear (&log);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_elsewhere (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("push", push_elsewhere, manager);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  assert_idle (manager);
  g_assert_finalize_object (manager);
}

/* The last reference to the manager goes while they are queued. */
static void
test_dropped (void)
{
  Flood flood = { thr_thread_manager_new (), 0, 0 };
  ThrTestHome home;

  thr_test_home_init (&home);
  thr_test_home_watch (&home, flood.manager);
  for (int i = 0; i < 500; i++)
    thr_thread_manager_push (flood.manager, flood_func, count_done, &flood, flood_destroy);
  g_object_unref (flood.manager);
  thr_test_run_until (flood.n_destroyed == 500 && thr_test_home_n_finalized (&home) == 1);
  g_assert_cmpint (flood.n_ran, ==, 500);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/light/order", test_order);
  g_test_add_func ("/light/counted", test_counted);
  g_test_add_func ("/light/failure", test_failure);
  g_test_add_func ("/light/unhandled", test_unhandled);
  g_test_add_func ("/light/stopped", test_stopped);
  g_test_add_func ("/light/flood", test_flood);
  g_test_add_func ("/light/nested", test_nested);
  g_test_add_func ("/light/elsewhere", test_elsewhere);
  g_test_add_func ("/light/dropped", test_dropped);

  return g_test_run ();
}
