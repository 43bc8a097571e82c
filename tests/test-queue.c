/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

#define N_JOBS 5

/* Each waits at a gate of its own. */
typedef struct
{
  ThrThreadManager *manager;
  ThrThreadWrapper *jobs[N_JOBS];
  ThrTestGate gates[N_JOBS];
} Queue;

static void
queue_init (Queue *queue,
            guint  thread_limit,
            int    n_append)
{
  g_autoptr (GError) error = NULL;

  memset (queue, 0, sizeof *queue);
  queue->manager = thr_thread_manager_new ();
  thr_thread_manager_set_thread_limit (queue->manager, thread_limit, &error);
  g_assert_no_error (error);
  for (int i = 0; i < N_JOBS; i++)
    {
      queue->jobs[i] = thr_thread_wrapper_new (NULL, thr_test_job_gate, &queue->gates[i], NULL);
      if (i < n_append)
        g_assert_true (thr_thread_manager_append (queue->manager, queue->jobs[i], &error));
      g_assert_no_error (error);
    }
}

static ThrExecutionState
queue_state (Queue *queue,
             int    i)
{
  return thr_thread_wrapper_get_execution_state (queue->jobs[i]);
}

/* Lets the job go on, and runs until it is closed. */
static void
queue_finish (Queue *queue,
              int    i)
{
  g_autoptr (GError) error = NULL;

  thr_test_gate_open (&queue->gates[i]);
  thr_thread_wrapper_join (queue->jobs[i], thr_test_deadline (), NULL, &error);
  g_assert_no_error (error);
}

static void
queue_clear (Queue *queue)
{
  g_assert_true (thr_thread_manager_wait_idle (queue->manager, thr_test_deadline (), NULL, NULL));
  for (int i = 0; i < N_JOBS; i++)
    {
      g_assert_finalize_object (queue->jobs[i]);
      thr_test_gate_clear (&queue->gates[i]);
    }
  g_assert_finalize_object (queue->manager);
}

static void
assert_counts (ThrThreadManager *manager,
               guint             n_queued,
               guint             n_running)
{
  thr_test_poll_until (thr_thread_manager_get_n_running (manager) == n_running);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, n_queued);
}

static void
assert_contains_number (const char *message,
                        const char *number)
{
  g_autofree char *pattern = g_strdup_printf ("\\b%s\\b", number);

  if (!g_regex_match_simple (pattern, message, 0, 0))
    g_error ("'%s' does not say %s", message, number);
}

static void
assert_run (ThrThreadManager *manager,
            int               code,
            const char       *number)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (thr_thread_manager_run (manager, &error));
  g_assert_error (error, THR_ERROR, code);
  if (number != NULL)
    assert_contains_number (error->message, number);
  g_assert_false (thr_thread_manager_run (manager, NULL));
}

static void
test_append (void)
{
  Queue queue;
  g_autoptr (GError) error = NULL;

  queue_init (&queue, 2, 3);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (queue.manager), ==, 3);
  g_assert_cmpuint (thr_thread_manager_get_n_running (queue.manager), ==, 0);
  g_assert_false (thr_thread_manager_get_busy (queue.manager));
  g_assert_true (thr_thread_manager_wait_idle (queue.manager, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (queue_state (&queue, 0), ==, THR_EXECUTION_STATE_CREATED);

  /* What is submitted runs, and takes none of the appended along. */
  g_assert_true (thr_thread_manager_submit (queue.manager, queue.jobs[3], &error));
  g_assert_no_error (error);
  queue_finish (&queue, 3);
  assert_counts (queue.manager, 3, 0);
  g_assert_false (thr_thread_manager_get_busy (queue.manager));
  g_assert_cmpint (queue_state (&queue, 2), ==, THR_EXECUTION_STATE_CREATED);

  /* One that was cancelled leaves the queue at once. */
  thr_thread_wrapper_cancel (queue.jobs[1]);
  thr_test_run_until_closed (queue.jobs[1]);
  g_assert_error (thr_thread_wrapper_get_error (queue.jobs[1]), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_counts (queue.manager, 2, 0);

  g_assert_true (thr_thread_manager_run (queue.manager, &error));
  g_assert_no_error (error);
  assert_counts (queue.manager, 0, 2);
  g_assert_true (thr_thread_manager_get_busy (queue.manager));
  queue_finish (&queue, 0);
  queue_finish (&queue, 2);
  queue_clear (&queue);
}

static void
test_run (void)
{
  Queue queue;
  g_autoptr (GError) error = NULL;

  queue_init (&queue, 2, 0);
  assert_run (queue.manager, THR_ERROR_NO_THREADS_FOUND, NULL);
  for (int i = 0; i < N_JOBS; i++)
    g_assert_true (thr_thread_manager_append (queue.manager, queue.jobs[i], NULL));

  g_assert_false (thr_thread_manager_run (queue.manager, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_THREAD_LIMIT_REACHED);
  assert_contains_number (error->message, "3");
  g_clear_error (&error);
  assert_counts (queue.manager, 3, 2);
  assert_run (queue.manager, THR_ERROR_THREADS_ALREADY_RUNNING, NULL);
  assert_counts (queue.manager, 3, 2);

  /* One function of the two has returned: the run is still under way, and
   * nothing takes the free place. */
  queue_finish (&queue, 0);
  assert_run (queue.manager, THR_ERROR_THREADS_ALREADY_RUNNING, NULL);
  assert_counts (queue.manager, 3, 1);
  queue_finish (&queue, 1);
  assert_counts (queue.manager, 3, 0);
  g_assert_cmpint (queue_state (&queue, 2), ==, THR_EXECUTION_STATE_CREATED);
  g_assert_false (thr_thread_manager_get_busy (queue.manager));

  g_assert_false (thr_thread_manager_run (queue.manager, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_THREAD_LIMIT_REACHED);
  assert_contains_number (error->message, "1");
  g_clear_error (&error);
  assert_counts (queue.manager, 1, 2);
  g_assert_cmpint (queue_state (&queue, 4), ==, THR_EXECUTION_STATE_CREATED);
  queue_finish (&queue, 2);
  queue_finish (&queue, 3);

  g_assert_true (thr_thread_manager_run (queue.manager, &error));
  g_assert_no_error (error);
  assert_counts (queue.manager, 0, 1);
  assert_run (queue.manager, THR_ERROR_THREADS_ALREADY_RUNNING, NULL);
  queue_finish (&queue, 4);
  assert_run (queue.manager, THR_ERROR_NO_THREADS_FOUND, NULL);
  queue_clear (&queue);
}

/* The function has returned, its delivery has not come: run() may start. */
static void
test_run_again_undelivered (void)
{
  Queue queue;
  g_autoptr (GError) error = NULL;

  queue_init (&queue, 1, 1);
  thr_test_gate_open (&queue.gates[0]);
  g_assert_true (thr_thread_manager_run (queue.manager, &error));
  g_assert_no_error (error);
  thr_test_block_until (thr_thread_wrapper_get_finished_with (queue.jobs[0]) == THR_EXECUTION_STATE_RETURNED &&
                        thr_thread_manager_get_n_running (queue.manager) == 0);
  g_assert_true (thr_thread_manager_append (queue.manager, queue.jobs[1], NULL));
  g_assert_true (thr_thread_manager_run (queue.manager, &error));
  g_assert_no_error (error);
  queue_finish (&queue, 1);
  for (int i = 2; i < N_JOBS; i++)
    thr_test_gate_open (&queue.gates[i]);
  g_assert_true (thr_thread_manager_submit_many (queue.manager, &queue.jobs[2], N_JOBS - 2, &error));
  g_assert_no_error (error);
  queue_clear (&queue);
}

/* Submitted jobs take all places: run() starts none, and says so. */
static void
test_run_no_place (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *job;

  thr_test_busy_init (&busy);
  job = thr_thread_wrapper_new ("no place", thr_test_job_return, NULL, NULL);
  g_assert_true (thr_thread_manager_append (busy.manager, job, NULL));
  assert_run (busy.manager, THR_ERROR_THREAD_LIMIT_REACHED, "1");
  assert_counts (busy.manager, 1, 1);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, THR_EXECUTION_STATE_CREATED);
  thr_thread_wrapper_halt (job);
  thr_test_run_until_closed (job);
  g_assert_error (thr_thread_wrapper_get_error (job), THR_ERROR, THR_ERROR_HALTED);
  assert_run (busy.manager, THR_ERROR_NO_THREADS_FOUND, NULL);

  g_assert_finalize_object (job);
  thr_test_busy_clear (&busy);
}

static void
test_watch (void)
{
  Queue queue;
  g_autoptr (GError) error = NULL;

  queue_init (&queue, 1, 2);
  g_assert_true (thr_thread_manager_watch (queue.manager, &error));
  g_assert_no_error (error);
  assert_counts (queue.manager, 1, 1);
  g_assert_false (thr_thread_manager_watch (queue.manager, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_MANAGER_ALREADY_RUNNING);
  g_clear_error (&error);
  assert_run (queue.manager, THR_ERROR_MANAGER_ALREADY_RUNNING, NULL);

  /* The next follows by itself, also one that is appended later. */
  queue_finish (&queue, 0);
  assert_counts (queue.manager, 0, 1);
  queue_finish (&queue, 1);
  assert_counts (queue.manager, 0, 0);
  g_assert_true (thr_thread_manager_append (queue.manager, queue.jobs[2], NULL));
  g_assert_true (thr_thread_manager_append (queue.manager, queue.jobs[3], NULL));
  assert_counts (queue.manager, 1, 1);

  /* No more once it stopped listening; what is queued stays. */
  thr_thread_manager_stop_listening (queue.manager);
  queue_finish (&queue, 2);
  assert_counts (queue.manager, 1, 0);
  g_assert_cmpint (queue_state (&queue, 3), ==, THR_EXECUTION_STATE_CREATED);
  g_assert_true (thr_thread_manager_append (queue.manager, queue.jobs[4], NULL));
  assert_counts (queue.manager, 2, 0);
  thr_thread_manager_stop_listening (queue.manager);

  thr_test_gate_open (&queue.gates[3]);
  g_assert_true (thr_thread_manager_watch (queue.manager, &error));
  g_assert_no_error (error);
  queue_finish (&queue, 4);
  g_assert_cmpint (queue_state (&queue, 3), ==, THR_EXECUTION_STATE_CLOSED);
  queue_clear (&queue);
}

static void
take_failure (ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
  ++*(int *) user_data;
}

static void
test_stopped (void)
{
  Queue queue;
  int n_failed = 0;
  g_autoptr (GError) error = NULL;

  queue_init (&queue, 1, 2);
  g_assert_true (thr_thread_manager_watch (queue.manager, NULL));
  assert_counts (queue.manager, 1, 1);
  thr_thread_manager_stop (queue.manager);
  assert_run (queue.manager, THR_ERROR_STOPPED, NULL);
  g_assert_false (thr_thread_manager_watch (queue.manager, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_STOPPED);
  g_clear_error (&error);

  /* It is no error to append or to submit: the jobs fail, without running. */
  for (int i = 2; i < N_JOBS; i++)
    thr_thread_wrapper_set_on_fail (queue.jobs[i], take_failure, &n_failed, NULL);
  g_assert_true (thr_thread_manager_append (queue.manager, queue.jobs[2], &error));
  g_assert_no_error (error);
  g_assert_true (thr_thread_manager_submit (queue.manager, queue.jobs[3], &error));
  g_assert_no_error (error);
  g_assert_true (thr_thread_manager_submit_many (queue.manager, &queue.jobs[4], 1, &error));
  g_assert_no_error (error);
  thr_test_run_until_closed (queue.jobs[4]);
  for (int i = 1; i < N_JOBS; i++)
    g_assert_error (thr_thread_wrapper_get_error (queue.jobs[i]), THR_ERROR, THR_ERROR_STOPPED);
  g_assert_cmpint (n_failed, ==, N_JOBS - 2);
  queue_finish (&queue, 0);
  assert_counts (queue.manager, 0, 0);

  /* Open again, the watch is over. */
  thr_thread_manager_start (queue.manager);
  assert_run (queue.manager, THR_ERROR_NO_THREADS_FOUND, NULL);
  queue_clear (&queue);
}

/* The sentence names the job, and what it is that hinders. */
static void
assert_refused (ThrThreadWrapper *job,
                gboolean          ok,
                int               code,
                GError          **error)
{
  g_autofree char *name = thr_thread_wrapper_dup_name (job);

  g_assert_false (ok);
  g_assert_error (*error, THR_ERROR, code);
  if (strstr ((*error)->message, name) == NULL &&
      strstr ((*error)->message, thr_thread_wrapper_get_ident (job)) == NULL)
    g_error ("'%s' does not name the job", (*error)->message);
  if (code == THR_ERROR_INVALID_STATE &&
      !g_regex_match_simple ("submitted|appended|queued|running|run|ended|closed|belongs", (*error)->message,
                             G_REGEX_CASELESS, 0))
    g_error ("'%s' does not say the state", (*error)->message);
  g_clear_error (error);
}

static void
assert_all_refused (ThrThreadManager *manager,
                    ThrThreadWrapper *job,
                    int               code)
{
  ThrExecutionState state = thr_thread_wrapper_get_execution_state (job);
  g_autoptr (ThrThreadManager) before = thr_thread_wrapper_dup_manager (job);
  g_autoptr (ThrThreadManager) after = NULL;
  guint n_queued = thr_thread_manager_get_n_queued (manager);
  g_autoptr (GError) error = NULL;

  assert_refused (job, thr_thread_manager_submit (manager, job, &error), code, &error);
  assert_refused (job, thr_thread_manager_append (manager, job, &error), code, &error);
  assert_refused (job, thr_thread_manager_submit_many (manager, &job, 1, &error), code, &error);
  g_assert_false (thr_thread_manager_submit (manager, job, NULL));

  after = thr_thread_wrapper_dup_manager (job);
  g_assert_true (before == after);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, state);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, n_queued);
}

static void
test_submit_refused (void)
{
  ThrTestBusy busy;
  ThrThreadManager *other = thr_thread_manager_new ();
  ThrThreadWrapper *queued, *appended, *closed, *manual, *empty;
  g_autoptr (GError) error = NULL;

  thr_test_busy_init (&busy);
  closed = thr_thread_manager_do_async (other, "the closed one", thr_test_job_return, NULL, NULL);
  thr_test_run_until_closed (closed);
  queued = thr_thread_manager_do_async (busy.manager, "the queued one", thr_test_job_return, NULL, NULL);
  appended = thr_thread_wrapper_new ("the appended one", thr_test_job_return, NULL, NULL);
  g_assert_true (thr_thread_manager_append (busy.manager, appended, &error));
  g_assert_no_error (error);
  manual = thr_thread_manager_do_manual (busy.manager, "the manual one");
  empty = g_object_new (THR_TYPE_THREAD_WRAPPER, "name", "the empty one", NULL);

  for (int i = 0; i < 2; i++)
    {
      ThrThreadManager *manager = i == 0 ? busy.manager : other;

      assert_all_refused (manager, busy.blocker, THR_ERROR_INVALID_STATE);
      assert_all_refused (manager, queued, THR_ERROR_INVALID_STATE);
      assert_all_refused (manager, appended, THR_ERROR_INVALID_STATE);
      assert_all_refused (manager, closed, THR_ERROR_INVALID_STATE);
      assert_all_refused (manager, manual, THR_ERROR_INVALID_STATE);
      assert_all_refused (manager, empty, THR_ERROR_INVALID_ARGUMENT);
    }

  thr_thread_wrapper_cancel (manual);
  thr_test_busy_open (&busy);
  thr_test_run_until_closed (queued);
  g_assert_true (thr_thread_manager_run (busy.manager, &error));
  g_assert_no_error (error);
  g_assert_true (thr_thread_wrapper_join (appended, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (empty);
  g_assert_finalize_object (manual);
  g_assert_finalize_object (closed);
  g_assert_finalize_object (appended);
  g_assert_finalize_object (queued);
  g_assert_finalize_object (other);
  g_assert_cmpstr (thr_test_recorder_get (busy.recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
  thr_test_busy_clear (&busy);
}

/* One bad job, wherever it stands, and none is submitted. */
static void
test_submit_many (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *jobs[4], *bad[3];
  int codes[] = { THR_ERROR_INVALID_STATE, THR_ERROR_INVALID_ARGUMENT, THR_ERROR_INVALID_STATE };
  g_autoptr (GError) error = NULL;

  thr_test_busy_init (&busy);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    jobs[i] = thr_thread_wrapper_new (NULL, thr_test_job_return_int, GINT_TO_POINTER (i), NULL);
  bad[0] = busy.blocker;
  bad[1] = g_object_new (THR_TYPE_THREAD_WRAPPER, NULL);
  bad[2] = jobs[0]; /* twice in one array */

  for (guint b = 0; b < G_N_ELEMENTS (bad); b++)
    for (guint at = b == 2 ? 1 : 0; at < G_N_ELEMENTS (jobs); at++)
      {
        ThrThreadWrapper *some[G_N_ELEMENTS (jobs)];

        memcpy (some, jobs, sizeof jobs);
        some[at] = bad[b];
        assert_refused (bad[b], thr_thread_manager_submit_many (busy.manager, some, G_N_ELEMENTS (some), &error),
                        codes[b], &error);
        g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, 0);
        for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
          g_assert_null (thr_thread_wrapper_dup_manager (jobs[i]));
      }

  g_assert_true (thr_thread_manager_submit_many (busy.manager, NULL, 0, &error));
  g_assert_no_error (error);
  g_assert_true (thr_thread_manager_submit_many (busy.manager, jobs, G_N_ELEMENTS (jobs), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, G_N_ELEMENTS (jobs));
  thr_test_busy_open (&busy);
  thr_test_run_until_closed (jobs[3]);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (jobs[i])), ==, i);
      g_assert_finalize_object (jobs[i]);
    }
  g_assert_finalize_object (bad[1]);
  thr_test_busy_clear (&busy);
}

/* Jobs that write down, one at a time, in which order they ran. */
typedef struct
{
  GArray *order;
  int number;
} Ordered;

static gboolean
ordered_job (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Ordered *self = user_data;

  g_array_append_val (self->order, self->number);

  return TRUE;
}

static void
test_priorities (void)
{
  guint n = thr_test_scale (3000, 300);
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (int));
  g_autofree Ordered *ordered = g_new0 (Ordered, n);
  g_autofree int *priorities = g_new0 (int, n);
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (g_object_unref);
  ThrTestBusy busy;

  thr_test_busy_init (&busy);
  for (guint i = 0; i < n; i++)
    {
      ThrThreadWrapper *job;

      ordered[i].order = order;
      ordered[i].number = (int) i;
      priorities[i] = g_test_rand_int_range (-3, 4) * 100;
      job = thr_thread_wrapper_new (NULL, ordered_job, &ordered[i], NULL);
      thr_thread_wrapper_set_priority (job, priorities[i]);
      g_assert_true (thr_thread_manager_submit (busy.manager, job, NULL));
      g_ptr_array_add (jobs, job);
    }

  /* A third of them changes while queued, to places that nobody else has. */
  for (guint i = 0; i < n; i += 3)
    {
      guint other = (guint) g_test_rand_int_range (0, (int) n);

      priorities[other] = g_test_rand_int_range (-400, 400) * 10000 + (int) i;
      thr_thread_wrapper_set_priority (jobs->pdata[other], priorities[other]);
      g_assert_cmpint (thr_thread_wrapper_get_priority (jobs->pdata[other]), ==, priorities[other]);
    }

  thr_test_busy_open (&busy);
  g_assert_true (thr_thread_manager_wait_idle (busy.manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpuint (order->len, ==, n);
  for (guint i = 1; i < n; i++)
    {
      int before = g_array_index (order, int, i - 1);
      int after = g_array_index (order, int, i);

      g_assert_cmpint (priorities[before], <=, priorities[after]);
      if (priorities[before] == priorities[after])
        g_assert_cmpint (before, <, after);
    }

  for (guint i = 0; i < n; i++)
    g_assert_finalize_object (g_ptr_array_steal_index_fast (jobs, 0));
  thr_test_busy_clear (&busy);
}

static gpointer
append_from_thread (gpointer data)
{
  ThrThreadManager *manager = data;
  guint n = thr_test_scale (2000, 200);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

      g_assert_true (thr_thread_manager_append (manager, job, NULL));
      if (i % 50 == 0 && !thr_thread_manager_watch (manager, NULL))
        thr_thread_manager_stop_listening (manager);
    }

  return NULL;
}

/* Threads append, and switch the watch on and off; nothing is left behind. */
static void
test_append_from_threads (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("append", append_from_thread, manager);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  thr_thread_manager_watch (manager, NULL);
  thr_test_poll_until (thr_thread_manager_get_n_queued (manager) == 0);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpuint (thr_thread_manager_get_size (manager), ==, 0);

  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/queue/append", test_append);
  g_test_add_func ("/queue/run", test_run);
  g_test_add_func ("/queue/run-again-undelivered", test_run_again_undelivered);
  g_test_add_func ("/queue/run-no-place", test_run_no_place);
  g_test_add_func ("/queue/watch", test_watch);
  g_test_add_func ("/queue/stopped", test_stopped);
  g_test_add_func ("/queue/submit-refused", test_submit_refused);
  g_test_add_func ("/queue/submit-many", test_submit_many);
  g_test_add_func ("/queue/priorities", test_priorities);
  g_test_add_func ("/queue/append-from-threads", test_append_from_threads);

  return g_test_run ();
}
