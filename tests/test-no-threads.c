/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The system gives no thread. This program has a pthread_create() of its own,
 * which the libraries find before the system's. */

#define _GNU_SOURCE

#include "config.h"

#include "thr-test-worker.h"
#include "threads/thr-core-private.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#define FAILED "EXCEPTION on_fail failed FINISHING on_end ended CLOSED"
#define SUCCEEDED "RUNNING RETURNED on_success succeeded FINISHING on_end ended CLOSED"

typedef int (*CreateFunc) (pthread_t            *thread,
                           const pthread_attr_t *attributes,
                           void               *(*func) (void *),
                           void                 *data);

static int refusing;
static int n_refused;

__attribute__ ((visibility ("default"))) int
pthread_create (pthread_t            *thread,
                const pthread_attr_t *attributes,
                void               *(*func) (void *),
                void                 *data)
{
  CreateFunc create;

  if (g_atomic_int_get (&refusing))
    {
      g_atomic_int_inc (&n_refused);
      return EAGAIN;
    }

  create = (CreateFunc) dlsym (RTLD_NEXT, "pthread_create");
  return create (thread, attributes, func, data);
}

static gpointer
return_null (gpointer data)
{
  return NULL;
}

/* FALSE where the libraries do not find our pthread_create(). */
static gboolean
can_refuse (void)
{
  g_autoptr (GError) error = NULL;
  GThread *thread;

  g_atomic_int_set (&refusing, TRUE);
  thread = g_thread_try_new ("refused", return_null, NULL, &error);
  g_atomic_int_set (&refusing, FALSE);
  if (thread == NULL)
    {
      g_assert_error (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN);
      return TRUE;
    }

  g_thread_join (thread);
  thr_test_skip ("the thread functions of this system cannot be replaced");
  return FALSE;
}

typedef struct
{
  ThrThreadWrapper *thread;
  ThrTestRecorder *recorder;
} Job;

static void
job_init (Job          *job,
          ThrThreadFunc func,
          gpointer      user_data)
{
  job->thread = thr_thread_wrapper_new (NULL, func, user_data, NULL);
  job->recorder = thr_test_recorder_new (job->thread);
  thr_test_recorder_watch_signals (job->recorder, job->thread);
  thr_test_recorder_watch_callbacks (job->recorder, job->thread);
}

/* It has come to its end, as @words say, and is freed. */
static void
job_clear (Job        *job,
           const char *words)
{
  thr_test_run_until (thr_test_recorder_is_closed (job->recorder));
  g_assert_cmpstr (thr_test_recorder_get (job->recorder), ==, words);
  if (g_str_equal (words, FAILED))
    g_assert_error (thr_thread_wrapper_get_error (job->thread), THR_ERROR, THR_ERROR_NO_RESOURCES);
  g_assert_finalize_object (job->thread);
  thr_test_recorder_unref (job->recorder);
}

static gboolean
must_not_run (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  g_assert_not_reached ();
}

static gboolean
light_must_not_run (gpointer user_data,
                    GError **error)
{
  g_assert_not_reached ();
}

static gboolean
worker_must_not_run (ThrWorker *worker,
                     gpointer   user_data,
                     GError   **error)
{
  g_assert_not_reached ();
}

static void
light_refused (const GError *failure,
               gpointer      user_data)
{
  g_assert_error (failure, THR_ERROR, THR_ERROR_NO_RESOURCES);
  ++*(int *) user_data;
}

/* Jobs that need no thread do as always. */
static gboolean
only_step (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  return G_SOURCE_REMOVE;
}

typedef struct
{
  int n_running;
  int n_most;
} Crowd;

static gboolean
crowd_func (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Crowd *crowd = user_data;
  int n = g_atomic_int_add (&crowd->n_running, 1) + 1;
  int most;

  do
    most = g_atomic_int_get (&crowd->n_most);
  while (n > most && !g_atomic_int_compare_and_exchange (&crowd->n_most, most, n));
  for (int i = 0; i < 100; i++)
    g_thread_yield ();
  g_atomic_int_add (&crowd->n_running, -1);

  return TRUE;
}

static gboolean
has_no_threads (ThrThreadManager *manager)
{
  ThrCore *core = thr_core_of (manager);
  gboolean none;

  thr_core_lock (core);
  none = core->n_threads == 0 && core->n_searching == 0 && core->n_stranded == 0;
  g_mutex_unlock (&core->queue_lock);

  return none;
}

/* A manager that is dropped while it waits for a thread. Gives its core. */
static ThrCore *
drop_refused (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrCore *core = thr_core_ref (thr_core_of (manager));
  Job job;

  job_init (&job, must_not_run, NULL);
  g_assert_true (thr_thread_manager_submit (manager, job.thread, NULL));
  g_assert_finalize_object (manager);
  job_clear (&job, FAILED);
  thr_test_poll_until (g_atomic_int_get (&core->ref_count) == 2);

  return core;
}

/* All that are queued fail; what is submitted later, once there are threads,
 * runs, on no more of them than the limit allows. To be the first test: later,
 * a thread of the pool lingers. */
static void
test_none (void)
{
  ThrThreadManager *manager;
  Crowd crowd = { 0, 0 };
  Job jobs[20], held, sliced;
  int n_light = 0;
  ThrCore *dropped;

  if (!can_refuse ())
    return;

  manager = thr_thread_manager_new ();
  thr_thread_manager_set_thread_limit (manager, 2, NULL);
  for (int round = 0; round < 5; round++)
    {
      thr_thread_manager_set_paused (manager, TRUE);
      for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
        {
          job_init (&jobs[i], must_not_run, NULL);
          g_assert_true (thr_thread_manager_submit (manager, jobs[i].thread, NULL));
          thr_thread_manager_push (manager, light_must_not_run, light_refused, &n_light, NULL);
        }
      job_init (&held, must_not_run, NULL);
      g_assert_true (thr_thread_manager_append (manager, held.thread, NULL));
      g_assert_true (thr_thread_manager_watch (manager, NULL));

      g_atomic_int_set (&refusing, TRUE);
      thr_thread_manager_set_paused (manager, FALSE);
      g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
      g_assert_cmpint (n_light, ==, (round + 1) * (int) G_N_ELEMENTS (jobs));
      g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 0);
      for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
        {
          g_assert_true (thr_test_recorder_is_closed (jobs[i].recorder));
          job_clear (&jobs[i], FAILED);
        }
      job_clear (&held, FAILED);

      /* With nothing else in the queue, and with none to run. */
      job_init (&jobs[0], must_not_run, NULL);
      g_assert_true (thr_thread_manager_submit (manager, jobs[0].thread, NULL));
      g_assert_false (thr_thread_wrapper_join (jobs[0].thread, thr_test_deadline (), NULL, NULL));
      job_clear (&jobs[0], FAILED);
      sliced.thread = thr_thread_manager_do_sliced (manager, NULL, only_step, NULL, NULL);
      g_assert_true (thr_thread_wrapper_join (sliced.thread, thr_test_deadline (), NULL, NULL));
      g_assert_finalize_object (sliced.thread);
      thr_thread_manager_stop_listening (manager);
    }
  dropped = drop_refused ();
  g_assert_cmpint (g_atomic_int_get (&n_refused), >=, 11);
  g_atomic_int_set (&refusing, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      job_init (&jobs[i], crowd_func, &crowd);
      g_assert_true (thr_thread_manager_submit (manager, jobs[i].thread, NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    job_clear (&jobs[i], SUCCEEDED);
  g_assert_cmpint (crowd.n_most, <=, 2);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  thr_test_block_until (has_no_threads (manager));
  g_assert_finalize_object (manager);

  /* A thread has seen to the dropped one too. */
  thr_test_block_until (g_atomic_int_get (&dropped->ref_count) == 1);
  thr_core_unref (dropped);
}

/* This one, what a sanitizer adds, and what starts the threads of GLib's pools. */
static guint n_threads_at_first;

/* One thread is there, and there are to be no more: it does all the work. */
static void
test_no_more (void)
{
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrThreadManager *manager;
  Job blocker, jobs[20];
  int n_before;

  if (!can_refuse ())
    return;

  manager = thr_thread_manager_new ();
  job_init (&blocker, thr_test_job_gate, &gate);
  g_assert_true (thr_thread_manager_submit (manager, blocker.thread, NULL));
  thr_test_run_until (g_str_equal (thr_test_recorder_get (blocker.recorder), "RUNNING"));

  /* Those of the test before linger. */
  thr_test_poll_until ((g_thread_pool_stop_unused_threads (),
                        thr_test_count_threads () <= n_threads_at_first + 1));

  n_before = g_atomic_int_get (&n_refused);
  g_atomic_int_set (&refusing, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      job_init (&jobs[i], thr_test_job_return, NULL);
      g_assert_true (thr_thread_manager_submit (manager, jobs[i].thread, NULL));
    }
  thr_test_gate_open (&gate);
  job_clear (&blocker, SUCCEEDED);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    job_clear (&jobs[i], SUCCEEDED);
  g_assert_cmpint (g_atomic_int_get (&n_refused), >, n_before);
  g_atomic_int_set (&refusing, FALSE);

  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

/* A worker is refused at once, and nobody is told of a run that never was. */
static void
test_worker (void)
{
  ThrWorker *parent = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *child = thr_worker_new ("child", NULL, NULL, NULL);
  g_autoptr (GPtrArray) children = NULL;
  g_autoptr (GError) error = NULL;
  ThrAsync *async;

  if (!can_refuse ())
    return;

  thr_test_worker_start (parent);
  g_assert_true (thr_worker_set_parent (child, parent, NULL));

  g_atomic_int_set (&refusing, TRUE);
  for (int round = 0; round < 3; round++)
    {
      g_assert_false (thr_worker_start (child, &error));
      g_assert_error (error, THR_ERROR, THR_ERROR_NO_RESOURCES);
      g_assert_nonnull (strstr (error->message, "“child”"));
      g_clear_error (&error);
      g_assert_false (thr_worker_is_running (child));
    }
  async = thr_async_run (worker_must_not_run, NULL, NULL, &error);
  g_assert_null (async);
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_RESOURCES);
  g_clear_error (&error);
  g_assert_false (thr_async_run_and_get (NULL, worker_must_not_run, NULL, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_RESOURCES);
  g_atomic_int_set (&refusing, FALSE);

  children = thr_worker_dup_children (parent);
  g_assert_cmpuint (children->len, ==, 0);
  thr_test_worker_start (child);
  thr_worker_stop (child);
  thr_test_worker_join (child);
  thr_test_finalize_soon (child);
  thr_test_worker_finish (parent);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  n_threads_at_first = thr_test_count_threads () + (glib_check_version (2, 76, 0) == NULL);

  g_test_add_func ("/no-threads/none", test_none);
  g_test_add_func ("/no-threads/no-more", test_no_more);
  g_test_add_func ("/no-threads/worker", test_worker);

  return g_test_run ();
}
