/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the system does to a program: no files left, a fork, signals all the
 * time, a clock that jumps. For no threads left see test-no-threads.c, for what
 * thimbles cannot load test-thimble.c. */

#define _GNU_SOURCE

#include "config.h"

#include "thr-test-worker.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DAY (24 * 60 * 60)

/* The clock on the wall: a day on, a day back, at each look. This program has
 * clocks of its own, which the libraries find before the system's. */

static int jumping;
static int n_looks;

static time_t
jump (void)
{
  if (!g_atomic_int_get (&jumping))
    return 0;
  return g_atomic_int_add (&n_looks, 1) % 2 ? DAY : -DAY;
}

__attribute__ ((visibility ("default"))) int
clock_gettime (clockid_t        clock,
               struct timespec *time)
{
  int result = (int) syscall (SYS_clock_gettime, clock, time);

  if (clock == CLOCK_REALTIME)
    time->tv_sec += jump ();
  return result;
}

__attribute__ ((visibility ("default"))) int
gettimeofday (struct timeval *restrict time,
              void *restrict zone)
{
  struct timespec now;

  syscall (SYS_clock_gettime, CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec + jump ();
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

/* Everything that has a time-out, or takes its time. */

static gboolean
wait_for_stop (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  while (thr_thread_wrapper_checkpoint (thread, error))
    g_thread_yield ();
  return FALSE;
}

static void
note_later (ThrWorker *worker,
            gpointer   user_data)
{
  *(gint64 *) user_data = g_get_monotonic_time ();
}

static gboolean
wait_a_while (ThrWorker *worker,
              gpointer   user_data,
              GError   **error)
{
  gint64 begin = g_get_monotonic_time (), rang = 0;

  thr_worker_later (worker, 5000, NULL, note_later, &rang, NULL, NULL);
  g_assert_true (thr_worker_wait_timeout (worker, 20000, error));
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 20000);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, thr_test_deadline ());
  g_assert_cmpint (rang - begin, >=, 5000);
  return thr_worker_return_value (worker, NULL, error);
}

static void
use_all (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autoptr (GError) error = NULL;
  ThrThreadWrapper *job;
  ThrWorker *worker;
  gint64 begin;

  for (int i = 0; i < 50; i++)
    {
      job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
      g_assert_cmpint (thr_thread_wrapper_get_created_at (job), <=, thr_thread_wrapper_get_started_at (job));
      g_assert_cmpint (thr_thread_wrapper_get_started_at (job), <=, thr_thread_wrapper_get_ended_at (job));
      g_assert_cmpint (thr_thread_wrapper_get_ended_at (job), <=, g_get_monotonic_time ());
      g_assert_finalize_object (job);
    }

  job = thr_thread_manager_do_async (manager, NULL, wait_for_stop, NULL, NULL);
  begin = g_get_monotonic_time ();
  g_assert_false (thr_thread_wrapper_join (job, 20000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 20000);
  g_clear_error (&error);
  g_assert_false (thr_thread_manager_wait_idle (manager, 20000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  thr_thread_wrapper_pause (job);
  thr_thread_wrapper_resume (job);
  thr_thread_wrapper_halt (job);
  g_assert_false (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (job);

  worker = thr_worker_new (NULL, wait_a_while, NULL, NULL);
  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);

  begin = g_get_monotonic_time ();
  g_assert_true (thr_sleep (20000, NULL));
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 20000);

  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (manager);
}

static void
test_clock (void)
{
  gint64 before, after;

  g_atomic_int_set (&jumping, TRUE);
  before = g_get_real_time ();
  after = g_get_real_time ();
  if (ABS (after - before) < (gint64) DAY * G_USEC_PER_SEC)
    thr_test_skip ("the clock of this system cannot be replaced");
  else
    use_all ();
  g_atomic_int_set (&jumping, FALSE);
}

/* A signal each half a millisecond, which breaks off whatever the system can
 * break off. */

static int n_signals;

static void
count_signal (int number)
{
  g_atomic_int_inc (&n_signals);
}

static void
test_signals (void)
{
  struct sigaction action = { .sa_handler = count_signal };
  struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };

  g_assert_cmpint (sigaction (SIGALRM, &action, NULL), ==, 0);
  g_assert_cmpint (setitimer (ITIMER_REAL, &often, NULL), ==, 0);
  for (int i = 0; i < 5; i++)
    use_all ();
  /* The last one may still be on its way, so it stays handled. */
  g_assert_cmpint (setitimer (ITIMER_REAL, &never, NULL), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&n_signals), >, 20);
}

/* A job needs no file, and a worker says that it does. */
static void
test_files (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  ThrThreadWrapper *job;
  struct rlimit before, none;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = before;
  none.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  for (int i = 0; i < 10; i++)
    {
      job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
      g_assert_finalize_object (job);
    }
  g_assert_false (thr_worker_start (worker, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_RESOURCES);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);

  thr_test_worker_start (worker);
  thr_test_worker_finish (worker);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (manager);
}

/* Forks that come before the first thread may use the library; later ones are
 * told that they cannot. */

static void
light_refused (const GError *failure,
               gpointer      user_data)
{
  g_assert_error (failure, THR_ERROR, THR_ERROR_INVALID_STATE);
  ++*(int *) user_data;
}

static gboolean
light_must_not_run (gpointer user_data,
                    GError **error)
{
  g_assert_not_reached ();
}

static void
be_refused (ThrThreadManager *manager)
{
  g_autoptr (ThrWorker) worker = thr_worker_new (NULL, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  int n_refused = 0;

  g_assert_false (thr_thread_wrapper_join (job, THR_FOREVER, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_clear_error (&error);
  g_object_unref (job);
  thr_thread_manager_push (manager, light_must_not_run, light_refused, &n_refused, NULL);
  thr_test_run_until (n_refused == 1);
  g_assert_false (thr_worker_start (worker, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_clear_error (&error);
  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_DRAIN, THR_FOREVER, &error));
  g_assert_no_error (error);
}

static void
assert_child (pid_t child)
{
  int status;

  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* LeakSanitizer takes what threads hold that stayed behind for lost. */
static G_NORETURN void
leave (void)
{
#ifdef __SANITIZE_ADDRESS__
  _exit (0);
#else
  exit (0);
#endif
}

static void
fork_late (void)
{
  static ThrTestGate entered;
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job;
  pid_t child;

  job = thr_thread_wrapper_new (NULL, thr_test_job_spin, &entered, NULL);
  g_assert_true (thr_thread_manager_submit (manager, job, NULL));
  thr_test_gate_wait (&entered);

  for (int i = 0; i < 20; i++)
    {
      child = fork ();
      if (child == 0)
        {
          /* Whoever waits for ever is killed by it. */
          alarm ((guint) (thr_test_deadline () / G_USEC_PER_SEC));
          if (i > 0)
            be_refused (manager);
          leave ();
        }
      assert_child (child);
    }

  thr_thread_wrapper_halt (job);
  g_assert_false (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (job);
  use_all ();
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&entered);
}

static void
test_fork (void)
{
  pid_t child;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  child = fork ();
  if (child == 0)
    {
      alarm ((guint) (thr_test_deadline () / G_USEC_PER_SEC));
      use_all ();
      leave ();
    }
  assert_child (child);
  fork_late ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/faults/fork", test_fork);
  g_test_add_func ("/faults/files", test_files);
  g_test_add_func ("/faults/signals", test_signals);
  g_test_add_func ("/faults/clock", test_clock);

  return g_test_run ();
}
