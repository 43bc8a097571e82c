/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Very many of everything; afterwards the memory is what it was, and no thread,
 * file or source is left. Each test prints its figures. A tenth of the counts is
 * enough for every day; THR_TEST_LOAD=1 takes all, and simulates a day in the
 * seconds that THR_LOAD_SECONDS says (600). Meson sets what makes GLib and the C
 * library give back at once what is freed, and keep none of it for each thread. */

#include "config.h"

#include "thr-test-worker.h"

#include <malloc.h>
#include <sys/resource.h>

#define MOST_GROWTH (64 * 1024)

static gboolean
is_full (void)
{
  return g_strcmp0 (g_getenv ("THR_TEST_LOAD"), "1") == 0;
}

static guint
load (guint full)
{
  return is_full () ? full : thr_test_scale (full / 10, full / 500);
}

/* What a process has. */

typedef struct
{
  gsize memory; /* in use, in bytes */
  guint n_threads;
  guint n_files;
  guint n_sources; /* of the default context */
} Stock;

static guint
count_entries (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* The ids of sources are counted up: a new one has the highest. */
static guint
count_sources (void)
{
  guint last = g_idle_add (g_source_remove_by_user_data, NULL);
  guint n = 0;

  g_source_remove (last);
  for (guint id = 1; id < last; id++)
    n += g_main_context_find_source_by_id (NULL, id) != NULL;
  return n;
}

/* One, and what a sanitizer adds. */
static guint n_threads_at_first;

/* Once the threads that GLib keeps for later are gone, too. */
static Stock
take_stock (void)
{
  struct mallinfo2 info;
  Stock stock;

  thr_test_poll_until ((g_thread_pool_stop_unused_threads (),
                        thr_test_count_threads () <= n_threads_at_first));
  thr_test_drain ();
  malloc_trim (0);
  info = mallinfo2 ();
  stock.memory = info.uordblks + info.hblkhd;
  stock.n_threads = thr_test_count_threads ();
  stock.n_files = count_entries ("/proc/self/fd");
  stock.n_sources = count_sources ();

  return stock;
}

static guint64
peak_memory (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (guint64) usage.ru_maxrss / 1024;
}

static void
check_stock (const Stock *before,
             const Stock *after)
{
  g_assert_cmpuint (after->n_threads, ==, before->n_threads);
  g_assert_cmpuint (after->n_files, ==, before->n_files);
  g_assert_cmpuint (after->n_sources, ==, before->n_sources);
  if (after->memory > before->memory + MOST_GROWTH)
    g_error ("%" G_GSIZE_FORMAT " bytes are in use, where there were %" G_GSIZE_FORMAT, after->memory,
             before->memory);
}

typedef void (*LoadFunc) (guint n);

/* The first time makes what stays: types, tables, the dispatcher. */
static void
run_load (const char *what,
          LoadFunc    func,
          guint       n_warm,
          guint       n)
{
  Stock before, after;
  gint64 begin, took;

  func (n_warm);
  before = take_stock ();
  begin = g_get_monotonic_time ();
  func (n);
  took = g_get_monotonic_time () - begin;
  after = take_stock ();

  g_test_message ("%u %s: %.2f s, %.2f µs each, %" G_GSSIZE_FORMAT
                  " bytes more in use, at most %" G_GUINT64_FORMAT " MiB resident",
                  n, what, (double) took / G_USEC_PER_SEC, (double) took / n,
                  (gssize) (after.memory - before.memory), peak_memory ());
  check_stock (&before, &after);
}

/* Jobs, all of them in the queue before the first begins. */

static void
count_end (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  ++*(guint *) user_data;
}

static void
queue_jobs (guint n)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  guint n_ended = 0;

  thr_thread_manager_set_paused (manager, TRUE);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

      thr_thread_wrapper_set_on_end (job, count_end, &n_ended, NULL);
      g_assert_true (thr_thread_manager_submit (manager, job, NULL));
    }
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, n);
  thr_thread_manager_set_paused (manager, FALSE);
  while (n_ended < n)
    g_main_context_iteration (NULL, TRUE);
  thr_test_poll_until (!thr_thread_manager_get_busy (manager));
  g_assert_cmpuint (n_ended, ==, n);
  g_assert_finalize_object (manager);
}

static void
test_jobs (void)
{
  run_load ("jobs queued", queue_jobs, 1000, load (1000000));
}

/* Workers: one after the other, and all at once. */

static gboolean
end_at_once (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  return thr_worker_update (worker, error);
}

static void
workers_in_turn (guint n)
{
  for (guint i = 0; i < n; i++)
    {
      ThrWorker *worker = thr_worker_new (NULL, end_at_once, NULL, NULL);

      thr_test_worker_start (worker);
      thr_test_worker_join (worker);
      thr_test_finalize_soon (worker);
    }
}

static void
workers_at_once (guint n)
{
  g_autofree ThrWorker **workers = g_new (ThrWorker *, n);

  for (guint i = 0; i < n; i++)
    {
      workers[i] = thr_worker_new (NULL, NULL, NULL, NULL);
      thr_test_worker_start (workers[i]);
    }
  for (guint i = 0; i < n; i++)
    thr_test_poll_until (thr_worker_is_running (workers[i]));
  g_assert_cmpuint (thr_test_count_threads (), >, n);
  for (guint i = 0; i < n; i++)
    thr_worker_stop (workers[i]);
  for (guint i = 0; i < n; i++)
    {
      thr_test_worker_join (workers[i]);
      thr_test_finalize_soon (workers[i]);
    }
}

static void
test_workers (void)
{
  run_load ("workers in turn", workers_in_turn, 100, load (10000));
  run_load ("workers at once", workers_at_once, 10, load (1000));
}

/* Events through a tree, each worker of which has three children; in their midst
 * the first pauses, and with it the whole tree. */

#define N_TREE 200

typedef struct
{
  ThrWorker *worker;
  int n_heard; /* and the next that is expected */
} Leaf;

static gboolean
hear_next (ThrWorker *worker,
           ThrEvent  *event,
           gpointer   user_data,
           GError   **error)
{
  Leaf *leaf = user_data;

  g_assert_cmpint (thr_test_event_int (event), ==, leaf->n_heard);
  g_atomic_int_inc (&leaf->n_heard);

  return TRUE;
}

static void
shout (Leaf *tree,
       guint from,
       guint to)
{
  for (guint i = from; i < to; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_value_init (&value, G_TYPE_INT);
      g_value_set_int (&value, (int) i);
      g_assert_true (thr_worker_fire (tree[0].worker, "LOAD", &value, NULL));
      g_assert_true (thr_worker_broadcast (tree[0].worker, "LOAD", &value, NULL));
    }
}

static void
events_through_tree (guint n)
{
  Leaf tree[N_TREE];
  guint n_each = n / N_TREE;

  for (guint i = 0; i < N_TREE; i++)
    {
      tree[i].worker = thr_worker_new (NULL, NULL, NULL, NULL);
      tree[i].n_heard = 0;
      thr_worker_listen (tree[i].worker, "LOAD", hear_next, &tree[i], NULL);
      if (i > 0)
        g_assert_true (thr_worker_set_parent (tree[i].worker, tree[(i - 1) / 3].worker, NULL));
    }
  for (guint i = 0; i < N_TREE; i++)
    thr_test_worker_start (tree[i].worker);

  shout (tree, 0, n_each / 2);
  thr_worker_pause (tree[0].worker);
  thr_test_poll_until (thr_worker_is_paused (tree[0].worker));
  shout (tree, n_each / 2, n_each);
  thr_worker_resume (tree[0].worker);
  for (guint i = 0; i < N_TREE; i++)
    thr_test_poll_until (g_atomic_int_get (&tree[i].n_heard) == (int) n_each);

  thr_worker_stop (tree[0].worker);
  for (guint i = 0; i < N_TREE; i++)
    thr_test_worker_join (tree[i].worker);
  /* A child holds its parent. */
  for (guint i = N_TREE; i-- > 0;)
    thr_test_finalize_soon (tree[i].worker);
}

static void
test_events (void)
{
  run_load ("events through a tree", events_through_tree, 10 * N_TREE, load (1000000));
}

/* A day of use. A program has a manager and a worker all day long; each second it
 * does some jobs, each minute something rarer, each hour it begins anew. */

typedef struct
{
  ThrThreadManager *manager;
  ThrWorker *worker;
  ThrChannel *channel;
  ThrSubscription *subscription;
  guint n_jobs;
  guint n_ended;
  int n_events;
  int n_heard;
  guint n_news;
} Day;

static gboolean
day_job (ThrThreadWrapper *thread,
         gpointer          user_data,
         GError          **error)
{
  for (int i = 0; i < 10; i++)
    {
      thr_thread_wrapper_set_progress (thread, i / 10.0);
      thr_thread_wrapper_set_message (thread, "working");
      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;
    }
  return thr_thread_wrapper_return_string (thread, "done", error);
}

static gboolean
day_heard (ThrWorker *worker,
           ThrEvent  *event,
           gpointer   user_data,
           GError   **error)
{
  g_atomic_int_inc (&((Day *) user_data)->n_heard);
  return TRUE;
}

static void
day_news (ThrEvent *event,
          gpointer  user_data)
{
  ((Day *) user_data)->n_news++;
}

static void
day_failed (ThrThreadWrapper *thread,
            const GError     *failure,
            gpointer          user_data)
{
  g_assert_true (g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
                 g_error_matches (failure, THR_ERROR, THR_ERROR_HALTED) ||
                 g_error_matches (failure, THR_ERROR, THR_ERROR_STOPPED));
}

static void
day_begin (Day *self)
{
  self->manager = thr_thread_manager_new ();
  self->worker = thr_worker_new (NULL, NULL, NULL, NULL);
  self->channel = thr_channel_new ();
  thr_worker_listen (self->worker, "TICK", day_heard, self, NULL);
  thr_test_worker_start (self->worker);
  self->subscription = thr_channel_subscribe (self->channel, THR_OVERFLOW_DROP_OLDEST, 10, day_news, self, NULL);
}

static void
day_end (Day *self)
{
  thr_thread_manager_halt (self->manager, thr_test_deadline (), NULL);
  thr_test_poll_until (self->n_ended == self->n_jobs);
  thr_test_worker_finish (self->worker);
  thr_subscription_unsubscribe (self->subscription);
  thr_subscription_unref (self->subscription);
  thr_test_finalize_soon (self->channel);
  thr_test_finalize_soon (self->manager);
  thr_test_drain ();
}

static ThrThreadWrapper *
day_submit (Day *self)
{
  ThrThreadWrapper *job = thr_thread_wrapper_new (NULL, day_job, NULL, NULL);

  thr_thread_wrapper_set_on_fail (job, day_failed, NULL, NULL);
  thr_thread_wrapper_set_on_end (job, count_end, &self->n_ended, NULL);
  g_assert_true (thr_thread_manager_submit (self->manager, job, NULL));
  self->n_jobs++;

  return job;
}

static void
day_second (Day *self)
{
  for (int i = 0; i < 3; i++)
    g_object_unref (day_submit (self));
  g_assert_true (thr_worker_fire (self->worker, "TICK", NULL, NULL));
  self->n_events++;
}

static void
day_minute (Day  *self,
            guint minute)
{
  g_autoptr (ThrThreadWrapper) job = NULL;
  g_autoptr (ThrDefer) defer = thr_defer_new ();
  g_auto (GValue) value = G_VALUE_INIT;

  g_assert_true (thr_channel_pub (self->channel, "NEWS", NULL, NULL));
  g_value_init (&value, G_TYPE_UINT);
  g_value_set_uint (&value, minute);
  g_assert_true (thr_defer_resolve (defer, &value));
  g_assert_cmpuint (g_value_get_uint (thr_defer_get (defer, 0, NULL)), ==, minute);

  job = day_submit (self);
  if (minute % 4 == 0)
    thr_thread_wrapper_cancel (job);
  else if (minute % 4 == 1)
    thr_thread_wrapper_halt (job);
  else if (minute % 4 == 2)
    {
      thr_thread_wrapper_pause (job);
      thr_thread_wrapper_resume (job);
      thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL);
    }
  else
    workers_in_turn (1);
}

/* What is held on to at the end of an hour, in between, is no measure. */
static void
simulate (guint n_seconds)
{
  guint n_hours = MAX (n_seconds / 3600, 1);
  const char *wanted = g_getenv ("THR_LOAD_SECONDS");
  gint64 limit = is_full () ? (wanted != NULL ? g_ascii_strtoll (wanted, NULL, 10) : 600) : 0;
  gint64 begin = g_get_monotonic_time ();
  Day day = { NULL };
  Stock first = { 0 };

  for (guint hour = 0; hour < n_hours; hour++)
    {
      day_begin (&day);
      for (guint second = hour * 3600; second < MIN (n_seconds, (hour + 1) * 3600); second++)
        {
          day_second (&day);
          if (second % 60 == 59)
            day_minute (&day, second / 60);
          do
            g_main_context_iteration (NULL, FALSE);
          while (g_get_monotonic_time () - begin < limit * G_USEC_PER_SEC * second / 86400 &&
                 (g_usleep (100), TRUE));
        }
      day_end (&day);
      if (n_hours > 1)
        {
          Stock stock = take_stock ();

          if (hour == 0)
            first = stock;
          else
            check_stock (&first, &stock);
        }
    }
  g_assert_cmpuint (day.n_ended, ==, day.n_jobs);
  g_assert_cmpint (day.n_heard, ==, day.n_events);
  g_assert_cmpuint (day.n_news, <=, n_seconds / 60);
}

static void
test_day (void)
{
  run_load ("seconds simulated", simulate, 120, load (86400));
}

static void
no_task (gpointer data,
         gpointer user_data)
{
  g_assert_not_reached ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* From GLib 2.76 on the first pool begins a thread that starts those of all. */
  g_thread_pool_free (g_thread_pool_new (no_task, NULL, 1, FALSE, NULL), TRUE, TRUE);
  n_threads_at_first = thr_test_count_threads ();

  g_test_add_func ("/load/jobs", test_jobs);
  g_test_add_func ("/load/workers", test_workers);
  g_test_add_func ("/load/events", test_events);
  g_test_add_func ("/load/day", test_day);

  return g_test_run ();
}
