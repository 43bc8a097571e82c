/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A life in which everything happens at once, again and again, each time with
 * another seed. In a build with -Dschedules=true the seed also decides where the
 * library gives its processor away. THR_SCHEDULE_SEED=N takes this one seed,
 * THR_TEST_SEEDS=N so many, the first of them 1. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

#include <stdlib.h>

#if THR_SCHEDULES
void thr_schedule_set_seed (guint seed);
#endif

#define N_THREADS 4
#define N_ACTS 40
#define N_JOBS 12
#define N_WORKERS 5

/* The threads begin together. */

typedef struct _Life Life;

typedef void (*LifeFunc) (Life  *life,
                          guint  thread,
                          GRand *rand);

struct _Life
{
  LifeFunc act;
  LifeFunc leave; /* what each thread does at its end: drops its references */
  guint seed;
  int n_waiting;
  int n_leaving;
  int n_done;
  GThread *threads[N_THREADS];
  ThrThreadManager *manager;
  ThrThreadWrapper *jobs[N_JOBS]; /* each thread has a reference to each */
  ThrTestRecorder *recorders[N_JOBS];
  int n_jobs_left;
  int n_submitted;
  int n_destroyed;
  ThrWorker *workers[N_WORKERS]; /* as the jobs */
  GWeakRef first_worker;
  ThrChannel *channel;
  ThrDefer *defer;
  int n_resolved;
  int n_listeners;
  int n_workers_left;
};

static gpointer
life_thread (gpointer data)
{
  Life *life = data;
  guint thread = (guint) g_atomic_int_add (&life->n_waiting, 1);
  g_autoptr (GRand) rand = g_rand_new_with_seed (life->seed * N_THREADS + thread);

  while (g_atomic_int_get (&life->n_waiting) < N_THREADS)
    g_thread_yield ();
  for (int i = 0; i < N_ACTS; i++)
    life->act (life, thread, rand);
  life->leave (life, thread, rand);
  g_atomic_int_inc (&life->n_done);

  return NULL;
}

static void
life_begin (Life *life)
{
  for (guint i = 0; i < N_THREADS; i++)
    life->threads[i] = g_thread_new ("life", life_thread, life);
}

/* A reference of its own for each thread; who makes it keeps another. */
static gpointer
share (gpointer object)
{
  for (guint i = 0; i < N_THREADS; i++)
    g_object_ref (object);

  return object;
}

static void
one_less (gpointer user_data,
          GObject *object)
{
  (*(int *) user_data)--;
}

/* Whether all other threads are at their ends, and act no more. */
static gboolean
is_last (Life *life)
{
  return g_atomic_int_add (&life->n_leaving, 1) == N_THREADS - 1;
}

static void
drop (gpointer objects,
      guint    n_objects,
      GRand   *rand)
{
  guint first = (guint) g_rand_int_range (rand, 0, (gint32) n_objects);

  for (guint i = 0; i < n_objects; i++)
    g_object_unref (((gpointer *) objects)[(first + i) % n_objects]);
}

static void
life_join (Life *life)
{
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (life->threads[i]);
}

/* Jobs: submitted, cancelled, halted, paused, joined, while their manager is
 * stopped, started, halted, and dropped by whoever is the last. */

static gboolean
job_func (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  for (int i = 0; i < 20; i++)
    {
      thr_thread_wrapper_set_progress (thread, i / 20.0);
      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;
    }
  return thr_thread_wrapper_return_int (thread, 1, error);
}

static void
job_destroy (gpointer user_data)
{
  Life *life = user_data;

  life->n_destroyed++;
}

static void
job_act (Life  *life,
         guint  thread,
         GRand *rand)
{
  ThrThreadWrapper *job = life->jobs[g_rand_int_range (rand, 0, N_JOBS)];
  int n;

  switch (g_rand_int_range (rand, 0, 20))
    {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      n = g_atomic_int_add (&life->n_submitted, 1);
      if (n < N_JOBS)
        g_assert_true (thr_thread_manager_submit (life->manager, life->jobs[n], NULL));
      break;
    case 6:
      thr_thread_wrapper_cancel (job);
      break;
    case 7:
      thr_thread_wrapper_halt (job);
      break;
    case 8:
    case 9:
      thr_thread_wrapper_pause (job);
      break;
    case 10:
    case 11:
      thr_thread_wrapper_resume (job);
      break;
    case 12:
      thr_thread_wrapper_join (job, g_rand_int_range (rand, 0, 300), NULL, NULL);
      break;
    case 13:
      thr_thread_manager_set_paused (life->manager, g_rand_boolean (rand));
      break;
    case 14:
      thr_thread_manager_stop (life->manager);
      break;
    case 15:
      thr_thread_manager_start (life->manager);
      break;
    case 16:
      if (g_rand_int_range (rand, 0, 4) == 0)
        thr_thread_manager_halt (life->manager, g_rand_int_range (rand, 0, 300), NULL);
      break;
    case 17:
      thr_thread_wrapper_set_priority (job, g_rand_int_range (rand, -2, 3));
      break;
    case 18:
      thr_thread_manager_set_thread_limit (life->manager, (guint) g_rand_int_range (rand, 1, 4), NULL);
      break;
    default:
      thr_thread_manager_wait_idle (life->manager, g_rand_int_range (rand, 0, 300), NULL, NULL);
      break;
    }
}

static void
job_leave (Life  *life,
           guint  thread,
           GRand *rand)
{
  int n;

  while ((n = g_atomic_int_add (&life->n_submitted, 1)) < N_JOBS)
    g_assert_true (thr_thread_manager_submit (life->manager, life->jobs[n], NULL));
  if (is_last (life))
    {
      thr_thread_manager_set_paused (life->manager, FALSE);
      for (guint i = 0; i < N_JOBS; i++)
        thr_thread_wrapper_resume (life->jobs[i]);
    }
  if (g_rand_boolean (rand))
    {
      drop (life->jobs, N_JOBS, rand);
      g_object_unref (life->manager);
    }
  else
    {
      g_object_unref (life->manager);
      drop (life->jobs, N_JOBS, rand);
    }
}

static gboolean
all_closed (Life *life)
{
  for (guint i = 0; i < N_JOBS; i++)
    if (!thr_test_recorder_is_closed (life->recorders[i]))
      return FALSE;
  return g_atomic_int_get (&life->n_done) == N_THREADS;
}

static const char *const lives[] = {
  "RUNNING RETURNED on_success succeeded FINISHING on_end ended CLOSED",
  "RUNNING EXCEPTION on_fail failed FINISHING on_end ended CLOSED",
  "EXCEPTION on_fail failed FINISHING on_end ended CLOSED",
  NULL
};

static void
live_jobs (guint seed)
{
  Life life = { job_act, job_leave, seed };
  gpointer manager;

  manager = life.manager = share (thr_thread_manager_new ());
  g_object_add_weak_pointer (G_OBJECT (manager), &manager);
  thr_thread_manager_set_thread_limit (life.manager, 3, NULL);
  for (guint i = 0; i < N_JOBS; i++)
    {
      life.jobs[i] = share (thr_thread_wrapper_new (NULL, job_func, &life, job_destroy));
      g_object_weak_ref (G_OBJECT (life.jobs[i]), one_less, &life.n_jobs_left);
      life.n_jobs_left++;
      life.recorders[i] = thr_test_recorder_new (life.jobs[i]);
      thr_test_recorder_watch_signals (life.recorders[i], life.jobs[i]);
      thr_test_recorder_watch_callbacks (life.recorders[i], life.jobs[i]);
    }

  life_begin (&life);
  g_object_unref (life.manager);
  for (guint i = 0; i < N_JOBS; i++)
    g_object_unref (life.jobs[i]);
  thr_test_poll_until (all_closed (&life));
  life_join (&life);

  thr_test_poll_until (manager == NULL && life.n_jobs_left == 0);
  for (guint i = 0; i < N_JOBS; i++)
    {
      if (!g_strv_contains (lives, thr_test_recorder_get (life.recorders[i])))
        g_error ("no life of a job: %s", thr_test_recorder_get (life.recorders[i]));
      thr_test_recorder_unref (life.recorders[i]);
    }
  g_assert_cmpint (life.n_destroyed, ==, N_JOBS);
}

/* Workers: started, stopped, paused, joined, while they are fired at, hear a
 * channel, wait for a defer, and get other parents. */

static gboolean
heard (ThrWorker *worker,
       ThrEvent  *event,
       gpointer   user_data,
       GError   **error)
{
  g_assert_true (thr_worker_current () == worker);
  return TRUE;
}

static void
unlistened (gpointer user_data)
{
  Life *life = user_data;

  g_atomic_int_add (&life->n_listeners, -1);
}

static gboolean
worker_func (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  Life *life = user_data;

  thr_defer_get (life->defer, 200, NULL);
  while (thr_worker_wait_timeout (worker, 1000, error))
    {
      /* Found again, it may be, at the last moment. */
      g_autoptr (ThrWorker) first = g_weak_ref_get (&life->first_worker);

      if (first != NULL && !thr_worker_fire (first, "PONG", NULL, error))
        return FALSE;
    }
  return FALSE;
}

static void
worker_act (Life  *life,
            guint  thread,
            GRand *rand)
{
  ThrWorker *worker = life->workers[g_rand_int_range (rand, 0, N_WORKERS)];
  ThrWorker *other = life->workers[g_rand_int_range (rand, 0, N_WORKERS)];
  ThrListener *listener;

  switch (g_rand_int_range (rand, 0, 20))
    {
    case 0:
    case 1:
    case 2:
      thr_worker_start (worker, NULL);
      break;
    case 3:
    case 4:
      thr_worker_stop (worker);
      break;
    case 5:
      thr_worker_pause (worker);
      break;
    case 6:
    case 7:
      thr_worker_resume (worker);
      break;
    case 8:
      thr_worker_join (worker, g_rand_int_range (rand, 0, 300), NULL);
      break;
    case 9:
      thr_worker_set_parent (worker, g_rand_boolean (rand) ? other : NULL, NULL);
      break;
    case 10:
      thr_worker_broadcast (worker, "PING", NULL, NULL);
      break;
    case 11:
      thr_worker_bubble (worker, "PING", NULL, NULL);
      break;
    case 12:
      thr_channel_sub (life->channel, worker, NULL);
      break;
    case 13:
      thr_channel_unsub (life->channel, worker);
      break;
    case 14:
    case 15:
      thr_channel_pub (life->channel, "NEWS", NULL, NULL);
      break;
    case 16:
      g_atomic_int_inc (&life->n_listeners);
      listener = thr_worker_listen_full (worker, "PING", 0, 0, NULL, heard, life, unlistened);
      if (g_rand_boolean (rand))
        thr_worker_unlisten (worker, listener);
      thr_listener_unref (listener);
      break;
    case 17:
      {
        g_auto (GValue) value = G_VALUE_INIT;

        g_value_init (&value, G_TYPE_INT);
        if (thr_defer_resolve (life->defer, &value))
          g_atomic_int_inc (&life->n_resolved);
        break;
      }
    default:
      thr_worker_fire (worker, "PING", NULL, NULL);
      break;
    }
}

static void
worker_leave (Life  *life,
              guint  thread,
              GRand *rand)
{
  /* Nobody starts them any more. */
  if (is_last (life))
    for (guint i = 0; i < N_WORKERS; i++)
      {
        thr_worker_stop (life->workers[i]);
        if (g_rand_boolean (rand))
          thr_worker_join (life->workers[i], thr_test_deadline (), NULL);
      }
  drop (life->workers, N_WORKERS, rand);
}

static void
live_workers (guint seed)
{
  Life life = { worker_act, worker_leave, seed };

  life.channel = thr_channel_new ();
  life.defer = thr_defer_new ();
  for (guint i = 0; i < N_WORKERS; i++)
    {
      life.workers[i] = share (thr_worker_new (NULL, worker_func, &life, NULL));
      thr_worker_set_quiet (life.workers[i], TRUE);
      g_object_weak_ref (G_OBJECT (life.workers[i]), one_less, &life.n_workers_left);
      life.n_workers_left++;
    }
  g_weak_ref_init (&life.first_worker, life.workers[0]);

  life_begin (&life);
  for (guint i = 0; i < N_WORKERS; i++)
    g_object_unref (life.workers[i]);
  thr_test_poll_until (g_atomic_int_get (&life.n_done) == N_THREADS);
  life_join (&life);

  g_assert_cmpint (life.n_resolved, <=, 1);
  g_assert_true (thr_defer_is_pending (life.defer) == (life.n_resolved == 0));
  thr_test_finalize_soon (life.channel);
  thr_test_poll_until (life.n_workers_left == 0);
  g_weak_ref_clear (&life.first_worker);
  thr_test_poll_until (g_atomic_int_get (&life.n_listeners) == 0);
  thr_test_finalize_soon (life.defer);
}

static void
test_lives (gconstpointer data)
{
  void (*live) (guint seed) = data;
  const char *only = g_getenv ("THR_SCHEDULE_SEED");
  const char *many = g_getenv ("THR_TEST_SEEDS");
  guint first = only != NULL ? (guint) strtoul (only, NULL, 10) : 1;
  guint n = only != NULL ? 1 : many != NULL ? (guint) strtoul (many, NULL, 10)
                                            : thr_test_scale (20, 3);

  for (guint seed = first; seed - first < n; seed++)
    {
#if THR_SCHEDULES
      thr_schedule_set_seed (seed);
#endif
      /* Read by whoever looks at a failure. */
      g_test_message ("THR_SCHEDULE_SEED=%u", seed);
      live (seed);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/schedules/jobs", live_jobs, test_lives);
  g_test_add_data_func ("/schedules/workers", live_workers, test_lives);

  return g_test_run ();
}
