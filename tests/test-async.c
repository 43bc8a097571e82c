/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

/* ThrAsync: one task in a thread of its own, and its result. */

static gboolean
return_int (ThrWorker *worker,
            gpointer   user_data,
            GError   **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, GPOINTER_TO_INT (user_data));
  return thr_worker_return_value (worker, &value, error);
}

static gboolean
fail (ThrWorker *worker,
      gpointer   user_data,
      GError   **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");
  return FALSE;
}

/* Waits for the gate, and then returns 1. */
static gboolean
gated (ThrWorker *worker,
       gpointer   user_data,
       GError   **error)
{
  thr_test_gate_wait (user_data);
  return return_int (worker, GINT_TO_POINTER (1), error);
}

static gboolean
wait_for_stop (ThrWorker *worker,
               gpointer   user_data,
               GError   **error)
{
  return thr_worker_wait_forever (worker, error);
}

static ThrAsync *
run (ThrWorkerFunc func,
     gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  ThrAsync *task = thr_async_run (func, user_data, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (task);
  return task;
}

static void
assert_gets (ThrAsync *task,
             int       number)
{
  g_autoptr (GError) error = NULL;
  const GValue *value = thr_async_get (task, thr_test_deadline (), &error);

  g_assert_no_error (error);
  g_assert_nonnull (value);
  g_assert_cmpint (g_value_get_int (value), ==, number);
}

static void
end (ThrAsync *task)
{
  g_assert_true (thr_worker_join (THR_WORKER (task), thr_test_deadline (), NULL));
  thr_test_finalize_soon (task);
}

static void
test_result (void)
{
  ThrAsync *task = run (return_int, GINT_TO_POINTER (3));

  assert_gets (task, 3);
  /* As often as one likes, and when it has long ended. */
  assert_gets (task, 3);
  g_assert_true (thr_worker_join (THR_WORKER (task), thr_test_deadline (), NULL));
  assert_gets (task, 3);
  end (task);
}

static void
test_properties (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrAsync *task = run (gated, &gate);

  g_assert_null (thr_worker_dup_parent (THR_WORKER (task)));
  g_assert_true (thr_worker_is_daemon (THR_WORKER (task)));
  g_assert_true (thr_worker_is_running (THR_WORKER (task)));
  thr_test_gate_open (&gate);
  assert_gets (task, 1);
  end (task);
  thr_test_gate_clear (&gate);
}

static void
test_not_started (void)
{
  g_autoptr (GError) error = NULL;
  ThrAsync *task = thr_async_new (return_int, GINT_TO_POINTER (4), NULL);

  g_assert_null (thr_async_get (task, THR_FOREVER, &error));
  g_assert_no_error (error);
  g_assert_true (thr_worker_start (THR_WORKER (task), &error));
  g_assert_no_error (error);
  assert_gets (task, 4);
  end (task);
}

/* Also made inside a worker it has no parent. */
static gboolean
make_inside (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  g_autoptr (ThrAsync) task = thr_async_new (return_int, NULL, NULL);

  g_assert_null (thr_worker_dup_parent (THR_WORKER (task)));
  return TRUE;
}

static void
test_no_parent (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_async_run_and_get (NULL, make_inside, NULL, NULL, &error));
  g_assert_no_error (error);
}

/* A failure is not logged: g_test makes every warning fatal. */
static void
test_failure (void)
{
  g_autoptr (GError) error = NULL;
  ThrAsync *task = run (fail, NULL);

  g_assert_false (thr_worker_join (THR_WORKER (task), thr_test_deadline (), NULL));
  thr_test_drain ();
  for (int i = 0; i < 2; i++)
    {
      g_assert_null (thr_async_get (task, THR_FOREVER, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      g_assert_cmpstr (error->message, ==, "no such thing");
      g_clear_error (&error);
    }
  g_assert_null (thr_async_get (task, THR_FOREVER, NULL));
  thr_test_finalize_soon (task);

  /* Nor is one that nobody ever gets. */
  task = run (fail, NULL);
  g_assert_false (thr_worker_join (THR_WORKER (task), thr_test_deadline (), NULL));
  thr_test_finalize_soon (task);
}

static void
test_time_out (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  g_autoptr (GError) error = NULL;
  ThrAsync *task = run (gated, &gate);

  g_assert_null (thr_async_get (task, 0, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (thr_async_get (task, 2000, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (thr_async_get (task, -1, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_assert_true (thr_worker_is_running (THR_WORKER (task)));
  thr_test_gate_open (&gate);
  assert_gets (task, 1);
  end (task);
  thr_test_gate_clear (&gate);
}

/* ---- the loop of who waits ---- */

static gboolean
open_cb (gpointer user_data)
{
  thr_test_gate_open (user_data);
  return G_SOURCE_REMOVE;
}

static void
test_main_iterates (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrAsync *task = run (gated, &gate);

  g_idle_add (open_cb, &gate);
  assert_gets (task, 1);
  end (task);
  thr_test_gate_clear (&gate);
}

static gpointer
get_thread (gpointer data)
{
  assert_gets (data, 1);
  g_assert_null (thr_worker_current ());
  return NULL;
}

static void
test_many_get (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrAsync *task = run (gated, &gate);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("getter", get_thread, task);
  g_idle_add (open_cb, &gate);
  assert_gets (task, 1);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  end (task);
  thr_test_gate_clear (&gate);
}

/* A worker that gets a task. */
typedef struct
{
  ThrAsync *task;
  ThrTestGate pinged;
  GError *error;
  gboolean was_child;
} Getter;

static gboolean
ping (ThrWorker *worker,
      ThrEvent  *event,
      gpointer   user_data,
      GError   **error)
{
  Getter *self = user_data;
  g_autoptr (GPtrArray) children = thr_worker_dup_children (worker);

  self->was_child = children->len == 1 && children->pdata[0] == self->task;
  thr_test_gate_open (&self->pinged);
  return TRUE;
}

static gboolean
getter_func (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  Getter *self = user_data;

  thr_async_get (self->task, THR_FOREVER, &self->error);
  if (self->error == NULL)
    {
      g_autoptr (GPtrArray) children = thr_worker_dup_children (worker);

      g_assert_cmpuint (children->len, ==, 0);
      return TRUE;
    }
  g_propagate_error (error, g_error_copy (self->error));
  return FALSE;
}

static ThrWorker *
getter_start (Getter   *self,
              ThrAsync *task)
{
  ThrWorker *worker;

  *self = (Getter) { .task = task };
  worker = thr_worker_new ("getter", getter_func, self, NULL);
  thr_worker_listen (worker, "PING", ping, self, NULL);
  g_assert_true (thr_worker_start (worker, NULL));
  g_assert_true (thr_worker_fire (worker, "PING", NULL, NULL));
  thr_test_gate_wait (&self->pinged);
  return worker;
}

static void
getter_end (Getter    *self,
            ThrWorker *worker)
{
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  thr_test_finalize_soon (worker);
  thr_test_gate_clear (&self->pinged);
  g_clear_error (&self->error);
}

static void
test_worker_hears (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrAsync *task = run (gated, &gate);
  ThrWorker *worker;
  Getter getter;

  /* Its child meanwhile, beside having no parent. */
  worker = getter_start (&getter, task);
  g_assert_true (getter.was_child);
  g_assert_null (thr_worker_dup_parent (THR_WORKER (task)));
  thr_test_gate_open (&gate);
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  g_assert_no_error (getter.error);
  getter_end (&getter, worker);
  end (task);
  thr_test_gate_clear (&gate);
}

/* To stop who waits stops the task. */
static void
test_worker_stopped (void)
{
  ThrAsync *task = run (wait_for_stop, NULL);
  ThrWorker *worker;
  Getter getter;

  worker = getter_start (&getter, task);
  thr_worker_stop (worker);
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  g_assert_error (getter.error, THR_ERROR, THR_ERROR_WORKER_EXIT);
  g_assert_true (thr_worker_join (THR_WORKER (task), thr_test_deadline (), NULL));
  getter_end (&getter, worker);
  end (task);
}

/* One that was stopped has neither a result nor a failure. */
static void
test_stopped (void)
{
  g_autoptr (GError) error = NULL;
  ThrAsync *task = run (wait_for_stop, NULL);

  thr_worker_stop (THR_WORKER (task));
  g_assert_null (thr_async_get (task, thr_test_deadline (), &error));
  g_assert_no_error (error);
  end (task);
}

/* ---- circles ---- */

static gboolean
get_myself (ThrWorker *worker,
            gpointer   user_data,
            GError   **error)
{
  return thr_async_get (THR_ASYNC (worker), THR_FOREVER, error) != NULL;
}

static void
test_myself (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (thr_async_run_and_get (NULL, get_myself, NULL, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
}

typedef struct
{
  ThrAsync *tasks[2];
  ThrTestGate ready;
} Circle;

static gboolean
get_other (ThrWorker *worker,
           gpointer   user_data,
           GError   **error)
{
  Circle *self = user_data;
  g_autoptr (GError) failure = NULL;

  thr_test_gate_wait (&self->ready);
  thr_async_get (self->tasks[self->tasks[0] == (gpointer) worker], THR_FOREVER, &failure);
  if (failure == NULL)
    return return_int (worker, GINT_TO_POINTER (1), error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* One of the two is refused, and the other gets its refusal. */
static void
test_circle (void)
{
  Circle circle = { { NULL } };

  for (int i = 0; i < 2; i++)
    circle.tasks[i] = run (get_other, &circle);
  thr_test_gate_open (&circle.ready);
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (thr_async_get (circle.tasks[i], thr_test_deadline (), &error));
      g_assert_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
    }
  for (int i = 0; i < 2; i++)
    {
      g_assert_false (thr_worker_join (THR_WORKER (circle.tasks[i]), thr_test_deadline (), NULL));
      thr_test_finalize_soon (circle.tasks[i]);
    }
  thr_test_gate_clear (&circle.ready);
}

/* ---- in one call ---- */

static void
test_run_and_get (void)
{
  g_auto (GValue) value = G_VALUE_INIT, unset = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_async_run_and_get (&value, return_int, GINT_TO_POINTER (8), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (&value), ==, 8);
  g_assert_false (thr_async_run_and_get (&unset, fail, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_false (G_IS_VALUE (&unset));
  g_assert_true (thr_async_run_and_get (NULL, return_int, NULL, NULL, NULL));
}

/* ---- started again ---- */

static gboolean
count (ThrWorker *worker,
       gpointer   user_data,
       GError   **error)
{
  return return_int (worker, GINT_TO_POINTER (++*(int *) user_data), error);
}

static void
test_again (void)
{
  int n = 0;
  ThrAsync *task = run (count, &n);

  for (int i = 1; i <= 3; i++)
    {
      assert_gets (task, i);
      assert_gets (task, i);
      g_assert_true (thr_worker_join (THR_WORKER (task), thr_test_deadline (), NULL));
      g_assert_true (thr_worker_start (THR_WORKER (task), NULL));
    }
  end (task);
}

/* ---- data ---- */

static void
test_data (void)
{
  ThrTestHome home;
  ThrAsync *task;

  thr_test_home_init (&home);
  task = thr_async_run (make_inside, &home, thr_test_home_destroy, NULL);
  thr_test_home_watch (&home, task);
  g_assert_true (thr_worker_join (THR_WORKER (task), thr_test_deadline (), NULL));
  end (task);
  thr_test_poll_until (thr_test_home_n_destroyed (&home) == 1);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/async/result", test_result);
  g_test_add_func ("/async/properties", test_properties);
  g_test_add_func ("/async/not-started", test_not_started);
  g_test_add_func ("/async/no-parent", test_no_parent);
  g_test_add_func ("/async/failure", test_failure);
  g_test_add_func ("/async/time-out", test_time_out);
  g_test_add_func ("/async/main-iterates", test_main_iterates);
  g_test_add_func ("/async/many-get", test_many_get);
  g_test_add_func ("/async/worker-hears", test_worker_hears);
  g_test_add_func ("/async/worker-stopped", test_worker_stopped);
  g_test_add_func ("/async/stopped", test_stopped);
  g_test_add_func ("/async/myself", test_myself);
  g_test_add_func ("/async/circle", test_circle);
  g_test_add_func ("/async/run-and-get", test_run_and_get);
  g_test_add_func ("/async/again", test_again);
  g_test_add_func ("/async/data", test_data);

  return g_test_run ();
}
