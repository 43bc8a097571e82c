/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* thr_invoke_owner() and thr_thread_wrapper_invoke_sync(): how a job has
 * something done in its owner context. */
typedef struct
{
  GThread *home;
  GArray *numbers;
  int n_destroyed;
} Log;

typedef struct
{
  Log *log;
  int number;
  gboolean ran;
} Entry;

static void
log_init (Log *log)
{
  log->home = g_thread_self ();
  log->numbers = g_array_new (FALSE, FALSE, sizeof (int));
  log->n_destroyed = 0;
}

static void
log_clear (Log *log)
{
  g_array_unref (log->numbers);
}

static Entry *
entry_new (Log *log,
           int  number)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->log = log;
  entry->number = number;

  return entry;
}

static void
entry_run (gpointer user_data)
{
  Entry *entry = user_data;

  g_assert_true (g_thread_self () == entry->log->home);
  g_assert_false (entry->ran);
  entry->ran = TRUE;
  g_array_append_val (entry->log->numbers, entry->number);
}

/* Right after the function, at the latest before the next one. */
static void
entry_free (gpointer user_data)
{
  Entry *entry = user_data;

  g_assert_true (g_thread_self () == entry->log->home);
  if (entry->ran)
    g_assert_cmpint (g_array_index (entry->log->numbers, int, entry->log->numbers->len - 1), ==, entry->number);
  entry->log->n_destroyed++;
  g_free (entry);
}

static gboolean
entry_run_sync (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  Entry *entry = user_data;

  g_assert_true (THR_IS_THREAD_WRAPPER (thread));
  entry_run (entry);
  if (entry->number < 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "number %d", entry->number);

  return entry->number >= 0;
}

static gboolean
post_many (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Log *log = user_data;
  int n = (int) thr_test_scale (20000, 1000);

  for (int i = 0; i < n; i++)
    if (i % 97 == 0)
      g_assert_true (thr_thread_wrapper_invoke_sync (thread, entry_run_sync, entry_new (log, i), entry_free, error));
    else
      g_assert_true (thr_invoke_owner (entry_run, entry_new (log, i), entry_free, error));

  return thr_thread_wrapper_return_int (thread, n, error);
}

static void
assert_all_posted (ThrThreadWrapper *thread,
                   const GValue     *result,
                   gpointer          user_data)
{
  Log *log = user_data;

  g_assert_cmpint (log->numbers->len, ==, g_value_get_int64 (result));
  g_assert_cmpint (log->n_destroyed, ==, g_value_get_int64 (result));
}

/* In the order in which the job asked for them, and before its own end. */
static void
test_order (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job;
  Log log;

  log_init (&log);
  job = thr_thread_manager_do_async (manager, NULL, post_many, &log, NULL);
  thr_thread_wrapper_set_on_success (job, assert_all_posted, &log, NULL);
  thr_test_run_until_closed (job);
  for (guint i = 0; i < log.numbers->len; i++)
    g_assert_cmpint (g_array_index (log.numbers, int, i), ==, i);
  g_assert_cmpint (log.n_destroyed, ==, log.numbers->len);

  log_clear (&log);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

static gboolean
post_few (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  for (int i = 0; i < 3; i++)
    g_assert_true (thr_invoke_owner (entry_run, entry_new (user_data, i), entry_free, error));

  return thr_thread_wrapper_return_int (thread, 3, error);
}

/* The owner looks only when everything has long happened: what was posted
 * still comes before the end. */
static void
test_order_undelivered (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job;
  Log log;

  log_init (&log);
  job = thr_thread_manager_do_async (manager, NULL, post_few, &log, NULL);
  thr_thread_wrapper_set_on_success (job, assert_all_posted, &log, NULL);
  thr_test_block_until (thr_thread_wrapper_get_finished_with (job) == THR_EXECUTION_STATE_RETURNED);
  g_assert_cmpuint (log.numbers->len, ==, 0);
  thr_test_run_until_closed (job);
  g_assert_cmpuint (log.numbers->len, ==, 3);
  g_assert_cmpint (log.n_destroyed, ==, 3);

  log_clear (&log);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

static void
must_not_run (gpointer user_data)
{
  g_assert_not_reached ();
}

static gpointer
invoke_outside (gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (thr_thread_wrapper_get_current ());
  g_assert_false (thr_invoke_owner (must_not_run, NULL, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_assert_cmpuint (strlen (error->message), >, 0);
  g_assert_false (thr_invoke_owner (must_not_run, NULL, NULL, NULL));

  return NULL;
}

static void
invoke_outside_in_callback (ThrThreadWrapper *thread,
                            gpointer          user_data)
{
  invoke_outside (NULL);
  *(gboolean *) user_data = TRUE;
}

static void
test_outside (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  gboolean called = FALSE;

  thr_thread_wrapper_set_on_end (job, invoke_outside_in_callback, &called, NULL);
  invoke_outside (NULL);
  g_thread_join (g_thread_new ("outside", invoke_outside, NULL));
  thr_test_run_until_closed (job);
  g_assert_true (called);
  thr_test_drain ();
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

static gboolean
ask_twice (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Log *log = user_data;

  g_assert_true (thr_thread_wrapper_invoke_sync (thread, entry_run_sync, entry_new (log, 1), entry_free, error));

  return thr_thread_wrapper_invoke_sync (thread, entry_run_sync, entry_new (log, -1), entry_free, error);
}

/* What the function returned there is what comes back: TRUE, or its error. */
static void
test_sync_result (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (int joining = 0; joining < 2; joining++)
    {
      ThrThreadWrapper *job;
      g_autoptr (GError) error = NULL;
      Log log;

      log_init (&log);
      job = thr_thread_manager_do_async (manager, NULL, ask_twice, &log, NULL);
      /* The owner may wait for the job meanwhile, without a main loop. */
      if (!joining)
        thr_test_run_until_closed (job);
      g_assert_false (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_assert_cmpstr (error->message, ==, "number -1");
      g_assert_cmpuint (log.numbers->len, ==, 2);
      g_assert_cmpint (log.n_destroyed, ==, 2);
      log_clear (&log);
      g_assert_finalize_object (job);
    }

  g_assert_finalize_object (manager);
}

static gboolean
sync_must_not_run (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  g_assert_not_reached ();
}

typedef struct
{
  ThrTestHome home;
  ThrTestGate about_to;
} Abandoned;

static gboolean
ask_in_vain (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Abandoned *self = user_data;

  thr_test_gate_open (&self->about_to);

  return thr_thread_wrapper_invoke_sync (thread, sync_must_not_run, &self->home, thr_test_home_destroy, error);
}

/* Cancelled or halted while it waits for an owner that does not look: it
 * returns at once, and the function is not called any more. */
static void
test_sync_cancelled (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (int halt = 0; halt < 2; halt++)
    {
      Abandoned self = { 0 };
      ThrThreadWrapper *job;

      thr_test_home_init (&self.home);
      job = thr_thread_manager_do_async (manager, NULL, ask_in_vain, &self, NULL);
      thr_test_gate_wait (&self.about_to);
      if (halt)
        thr_thread_wrapper_halt (job);
      else
        thr_thread_wrapper_cancel (job);
      thr_test_block_until (thr_thread_wrapper_get_finished_with (job) == THR_EXECUTION_STATE_EXCEPTION);
      thr_test_run_until_closed (job);
      thr_test_drain ();
      if (halt)
        g_assert_error (thr_thread_wrapper_get_error (job), THR_ERROR, THR_ERROR_HALTED);
      else
        g_assert_error (thr_thread_wrapper_get_error (job), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (thr_test_home_n_destroyed (&self.home), ==, 1);
      g_assert_cmpint (thr_test_home_n_away (&self.home), ==, 0);
      g_assert_finalize_object (job);
      thr_test_gate_clear (&self.about_to);
    }

  g_assert_finalize_object (manager);
}

/* Cancelled when the function has begun: it may look at the job's stack, so
 * the job waits for it to end. */
static gboolean
cancel_inside (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  int *inside = user_data;

  g_atomic_int_set (inside, 1);
  thr_thread_wrapper_cancel (thread);
  for (int i = 0; i < 2000; i++)
    g_thread_yield ();
  g_atomic_int_set (inside, 2);

  return TRUE;
}

static gboolean
ask_with_stack (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  int inside = 0;
  gboolean ok = thr_thread_wrapper_invoke_sync (thread, cancel_inside, &inside, NULL, NULL);

  g_assert_cmpint (g_atomic_int_get (&inside), ==, 2);

  return thr_thread_wrapper_return_boolean (thread, ok, error);
}

static void
test_sync_begun (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (int i = 0; i < 20; i++)
    {
      ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, ask_with_stack, NULL, NULL);

      thr_test_run_until_closed (job);
      g_assert_cmpint (thr_thread_wrapper_get_finished_with (job), ==, THR_EXECUTION_STATE_RETURNED);
      g_assert_finalize_object (job);
    }

  g_assert_finalize_object (manager);
}

static gboolean
step_that_asks (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  Log *log = user_data;
  g_autoptr (GError) refused = NULL;

  g_assert_true (thr_thread_wrapper_get_current () == thread);
  g_assert_true (thr_invoke_owner (entry_run, entry_new (log, 1), entry_free, error));
  if (!thr_thread_wrapper_invoke_sync (thread, entry_run_sync, entry_new (log, 2), entry_free, &refused))
    g_assert_error (refused, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);

  return G_SOURCE_REMOVE;
}

/* A step is in the owner context already: nothing to wait for. */
static void
test_sliced (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job;
  Log log;

  log_init (&log);
  job = thr_thread_manager_do_sliced (manager, NULL, step_that_asks, &log, NULL);
  thr_test_run_until_closed (job);
  thr_test_run_until (log.n_destroyed == 2);
  log_clear (&log);
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* The owner is whoever made the job, not whoever made the manager. */
static gpointer
own_elsewhere (gpointer data)
{
  ThrThreadManager *manager = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  ThrThreadWrapper *job;
  Log log;

  g_main_context_push_thread_default (context);
  log_init (&log);
  job = thr_thread_manager_do_async (manager, NULL, post_many, &log, NULL);
  thr_test_run_until_closed (job);
  thr_test_drain ();
  g_assert_cmpint (log.numbers->len, ==, g_value_get_int64 (thr_thread_wrapper_get_result (job)));
  log_clear (&log);
  g_assert_finalize_object (job);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_elsewhere (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("owner", own_elsewhere, manager);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/invoke/order", test_order);
  g_test_add_func ("/invoke/order-undelivered", test_order_undelivered);
  g_test_add_func ("/invoke/outside", test_outside);
  g_test_add_func ("/invoke/sync-result", test_sync_result);
  g_test_add_func ("/invoke/sync-cancelled", test_sync_cancelled);
  g_test_add_func ("/invoke/sync-begun", test_sync_begun);
  g_test_add_func ("/invoke/sliced", test_sliced);
  g_test_add_func ("/invoke/elsewhere", test_elsewhere);

  return g_test_run ();
}
