/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>
#include <time.h>

/* Many jobs from many threads, with everything done to them at random. Each is
 * closed once, its on_end called once, its states announced in order. The seed
 * is the one that GTest prints, and takes by --seed. */

#define N_SUBMITTERS 8

typedef struct _Submitter Submitter;

/* What is seen of one job; all of it at home. */
typedef struct
{
  Submitter *submitter;
  ThrThreadWrapper *job; /* until it is closed */
  ThrExecutionState state;
  int n_outcomes;
  int n_invoked;
  int n_ends;
  int n_closed;
  int n_destroyed;
  gint n_ran; /* atomic */
} Seen;

struct _Submitter
{
  GThread *home; /* where its jobs are to be announced */
  gboolean owns; /* has a main context of its own */
  guint32 seed;
  int n_jobs;
  Seen *seen;
  gint n_all_closed;    /* atomic */
  gint n_all_destroyed; /* atomic */
  ThrThreadManager *shared;
};

/* Before the job's end, whenever the function asked for it. */
static void
stress_invoked (gpointer user_data)
{
  Seen *seen = user_data;

  g_assert_true (g_thread_self () == seen->submitter->home);
  g_assert_cmpint (seen->state, <=, THR_EXECUTION_STATE_RUNNING);
  seen->n_invoked++;
}

static gboolean
stress_asked (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  stress_invoked (user_data);

  return TRUE;
}

static gboolean
stress_job (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Seen *seen = user_data;
  guint work = g_direct_hash (seen) / sizeof (Seen) % 7;

  g_assert_cmpint (g_atomic_int_add (&seen->n_ran, 1), ==, 0);
  for (guint i = 0; i < work; i++)
    {
      thr_thread_wrapper_set_progress (thread, (double) i / work);
      thr_thread_wrapper_set_message (thread, i % 2 ? "odd" : "even");
      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;
    }
  if (work == 1)
    g_assert_true (thr_invoke_owner (stress_invoked, seen, NULL, error));
  if (work == 2 && !thr_thread_wrapper_invoke_sync (thread, stress_asked, seen, NULL, error))
    return FALSE;
  if (work == 3)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "stress");
      return FALSE;
    }

  return thr_thread_wrapper_return_int (thread, work, error);
}

static void
stress_state_cb (ThrThreadWrapper *thread,
                 GParamSpec       *pspec,
                 gpointer          user_data)
{
  Seen *seen = user_data;
  ThrExecutionState state = thr_thread_wrapper_get_execution_state (thread);

  g_assert_true (g_thread_self () == seen->submitter->home);
  switch (state)
    {
    case THR_EXECUTION_STATE_RUNNING:
      g_assert_cmpint (seen->state, ==, THR_EXECUTION_STATE_CREATED);
      g_assert_cmpint (g_atomic_int_get (&seen->n_ran), <=, 1);
      break;
    case THR_EXECUTION_STATE_RETURNED:
      g_assert_cmpint (seen->state, ==, THR_EXECUTION_STATE_RUNNING);
      g_assert_cmpint (g_atomic_int_get (&seen->n_ran), ==, 1);
      break;
    case THR_EXECUTION_STATE_EXCEPTION:
      g_assert_cmpint (seen->state, <=, THR_EXECUTION_STATE_RUNNING);
      g_assert_cmpint (g_atomic_int_get (&seen->n_ran), ==, seen->state);
      break;
    case THR_EXECUTION_STATE_FINISHING:
      g_assert_true (seen->state == THR_EXECUTION_STATE_RETURNED || seen->state == THR_EXECUTION_STATE_EXCEPTION);
      g_assert_cmpint (seen->n_outcomes, ==, 1);
      break;
    case THR_EXECUTION_STATE_CLOSED:
      g_assert_cmpint (seen->state, ==, THR_EXECUTION_STATE_FINISHING);
      g_assert_cmpint (seen->n_ends, ==, 1);
      g_assert_cmpint (seen->n_destroyed, ==, 0);
      seen->n_closed++;
      g_atomic_int_inc (&seen->submitter->n_all_closed);
      break;
    case THR_EXECUTION_STATE_CREATED:
    default:
      g_assert_not_reached ();
    }
  seen->state = state;
}

static void
stress_success (ThrThreadWrapper *thread,
                const GValue     *result,
                gpointer          user_data)
{
  Seen *seen = user_data;

  g_assert_true (g_thread_self () == seen->submitter->home);
  g_assert_cmpint (seen->state, ==, THR_EXECUTION_STATE_RETURNED);
  g_assert_true (G_VALUE_HOLDS_INT64 (result));
  seen->n_outcomes++;
}

static void
stress_fail (ThrThreadWrapper *thread,
             const GError     *failure,
             gpointer          user_data)
{
  Seen *seen = user_data;

  g_assert_true (g_thread_self () == seen->submitter->home);
  g_assert_cmpint (seen->state, ==, THR_EXECUTION_STATE_EXCEPTION);
  g_assert_nonnull (failure);
  seen->n_outcomes++;
}

static void
stress_end (ThrThreadWrapper *thread,
            gpointer          user_data)
{
  Seen *seen = user_data;

  g_assert_true (g_thread_self () == seen->submitter->home);
  g_assert_cmpint (seen->state, ==, THR_EXECUTION_STATE_FINISHING);
  seen->n_ends++;
}

static void
stress_destroy (gpointer user_data)
{
  Seen *seen = user_data;

  g_assert_true (g_thread_self () == seen->submitter->home);
  seen->n_destroyed++;
  g_atomic_int_inc (&seen->submitter->n_all_destroyed);
}

static void
meddle (GRand            *rand,
        ThrThreadWrapper *job)
{
  switch (g_rand_int_range (rand, 0, 16))
    {
    case 0:
      thr_thread_wrapper_cancel (job);
      break;
    case 1:
      thr_thread_wrapper_halt (job);
      break;
    case 2:
    case 3:
      thr_thread_wrapper_pause (job);
      break;
    case 4:
    case 5:
    case 6:
      thr_thread_wrapper_resume (job);
      break;
    case 7:
    case 8:
      thr_thread_wrapper_set_priority (job, g_rand_int_range (rand, -3, 4));
      break;
    case 9:
      thr_thread_wrapper_join (job, g_rand_int_range (rand, 0, 200), NULL, NULL);
      break;
    case 10:
      {
        g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (job);
        g_autoptr (ThrThreadWrapper) found = NULL;

        if (manager != NULL)
          found = thr_thread_manager_lookup (manager, thr_thread_wrapper_get_ident (job));
        break;
      }
    case 11:
      g_cancellable_is_cancelled (thr_thread_wrapper_get_cancellable (job));
      break;
    default:
      break;
    }
}

/* Submits to the shared manager, or to one of its own that comes and goes. */
static gpointer
submit_thread (gpointer data)
{
  Submitter *self = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (self->seed);
  g_autoptr (GMainContext) context = self->owns ? g_main_context_new () : NULL;
  g_autoptr (ThrThreadManager) own = NULL;
  g_autoptr (GCancellable) followed = NULL;

  if (self->owns)
    {
      g_main_context_push_thread_default (context);
      self->home = g_thread_self ();
    }

  for (int i = 0; i < self->n_jobs; i++)
    {
      Seen *seen = &self->seen[i];
      ThrThreadManager *manager = self->shared;

      seen->submitter = self;
      seen->job = thr_thread_wrapper_new (NULL, stress_job, seen, stress_destroy);
      thr_thread_wrapper_set_on_success (seen->job, stress_success, seen, NULL);
      thr_thread_wrapper_set_on_fail (seen->job, stress_fail, seen, NULL);
      thr_thread_wrapper_set_on_end (seen->job, stress_end, seen, NULL);
      g_signal_connect (seen->job, "notify::execution-state", G_CALLBACK (stress_state_cb), seen);

      if (g_rand_int_range (rand, 0, 30) == 0)
        g_clear_object (&own);
      if (g_rand_int_range (rand, 0, 3) == 0)
        {
          if (own == NULL)
            own = thr_thread_manager_new ();
          manager = own;
        }
      if (g_rand_int_range (rand, 0, 20) == 0)
        meddle (rand, seen->job);
      if (g_rand_int_range (rand, 0, 4) == 0)
        {
          if (followed == NULL)
            followed = g_cancellable_new ();
          g_assert_true (thr_thread_wrapper_follow_cancellable (seen->job, followed, NULL));
        }
      if (manager == own && g_rand_int_range (rand, 0, 4) == 0)
        {
          g_assert_true (thr_thread_manager_append (own, seen->job, NULL));
          thr_thread_manager_run (own, NULL);
        }
      else
        g_assert_true (thr_thread_manager_submit (manager, seen->job, NULL));
      if (own != NULL && g_rand_int_range (rand, 0, 100) == 0)
        {
          thr_thread_manager_stop (own);
          if (g_rand_boolean (rand))
            thr_thread_manager_start (own);
        }
      if (own != NULL && g_rand_int_range (rand, 0, 200) == 0)
        thr_thread_manager_halt (own, 0, NULL);

      if (followed != NULL && g_rand_int_range (rand, 0, 100) == 0)
        {
          if (g_rand_boolean (rand))
            g_cancellable_cancel (followed);
          g_clear_object (&followed);
        }
      for (int m = g_rand_int_range (rand, 0, 4); m > 0; m--)
        meddle (rand, self->seen[g_rand_int_range (rand, 0, i + 1)].job);
      if (g_rand_int_range (rand, 0, 50) == 0)
        thr_thread_manager_set_thread_limit (self->shared, (guint) g_rand_int_range (rand, 1, 12), NULL);
      if (g_rand_int_range (rand, 0, 200) == 0)
        thr_thread_manager_set_paused (self->shared, g_rand_boolean (rand));
      if (self->owns && g_rand_int_range (rand, 0, 5) == 0)
        g_main_context_iteration (context, FALSE);
    }

  /* What is held is let go, and what is only appended ends with its manager. */
  for (int i = 0; i < self->n_jobs; i++)
    thr_thread_wrapper_resume (self->seen[i].job);
  g_clear_object (&own);
  if (self->owns)
    {
      thr_thread_manager_set_paused (self->shared, FALSE);
      thr_test_poll_until (g_atomic_int_get (&self->n_all_destroyed) == self->n_jobs);
      for (int i = 0; i < self->n_jobs; i++)
        g_clear_object (&self->seen[i].job);
      thr_test_drain ();
      g_main_context_pop_thread_default (context);
    }

  return NULL;
}

static void
test_jobs (void)
{
  ThrThreadManager *shared = thr_thread_manager_new ();
  Submitter submitters[N_SUBMITTERS];
  GThread *threads[N_SUBMITTERS];
  int n_jobs = (int) thr_test_scale (10000, 800) / N_SUBMITTERS;
  int n_invoked = 0;

  memset (submitters, 0, sizeof submitters);
  for (int i = 0; i < N_SUBMITTERS; i++)
    {
      submitters[i].home = g_thread_self ();
      submitters[i].owns = i % 4 == 3;
      submitters[i].seed = (guint32) g_test_rand_int ();
      submitters[i].n_jobs = n_jobs;
      submitters[i].seen = g_new0 (Seen, n_jobs);
      submitters[i].shared = shared;
      threads[i] = g_thread_new ("submit", submit_thread, &submitters[i]);
    }

  for (int i = 0; i < N_SUBMITTERS; i++)
    if (!submitters[i].owns)
      thr_test_poll_until ((thr_thread_manager_set_paused (shared, FALSE),
                            g_atomic_int_get (&submitters[i].n_all_destroyed) == n_jobs));
  for (int i = 0; i < N_SUBMITTERS; i++)
    {
      g_thread_join (threads[i]);
      thr_thread_manager_set_paused (shared, FALSE);
    }
  g_assert_true (thr_thread_manager_wait_idle (shared, thr_test_deadline (), NULL, NULL));
  thr_test_drain ();

  for (int i = 0; i < N_SUBMITTERS; i++)
    {
      g_assert_cmpint (submitters[i].n_all_closed, ==, n_jobs);
      for (int j = 0; j < n_jobs; j++)
        {
          Seen *seen = &submitters[i].seen[j];

          g_assert_cmpint (seen->state, ==, THR_EXECUTION_STATE_CLOSED);
          g_assert_cmpint (seen->n_closed, ==, 1);
          g_assert_cmpint (seen->n_ends, ==, 1);
          g_assert_cmpint (seen->n_outcomes, ==, 1);
          g_assert_cmpint (seen->n_destroyed, ==, 1);
          g_assert_cmpint (seen->n_ran, <=, 1);
          g_assert_cmpint (seen->n_invoked, <=, seen->n_ran);
          n_invoked += seen->n_invoked;
          if (seen->job != NULL)
            g_assert_finalize_object (seen->job);
        }
      g_free (submitters[i].seen);
    }
  g_assert_cmpint (n_invoked, >, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (shared), ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_running (shared), ==, 0);
  g_assert_finalize_object (shared);
}

/* What it costs this thread, in microseconds, whatever else runs meanwhile. */
static gint64
cost_of_cancel (GCancellable *cancellable)
{
  struct timespec before, after;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &before);
  g_cancellable_cancel (cancellable);
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &after);

  return (after.tv_sec - before.tv_sec) * G_USEC_PER_SEC + (after.tv_nsec - before.tv_nsec) / 1000;
}

/* One GCancellable for very many: cancelled from here, or from a job, which
 * costs whoever cancels next to nothing. */
static gboolean
cancel_job (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  return thr_thread_wrapper_return_int (thread, cost_of_cancel (user_data), error);
}

static void
count_cancelled (ThrThreadWrapper *thread,
                 const GError     *failure,
                 gpointer          user_data)
{
  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ++*(int *) user_data;
}

static void
test_shared_cancellable (void)
{
  int n = (int) thr_test_scale (100000, 2000);

  for (int from_job = 0; from_job < 2; from_job++)
    {
      ThrTestBusy busy;
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      gint64 took;
      int n_cancelled = 0;

      thr_test_busy_init (&busy);
      for (int i = 0; i < n; i++)
        {
          g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

          g_assert_true (thr_thread_wrapper_follow_cancellable (job, cancellable, NULL));
          thr_thread_wrapper_set_on_fail (job, count_cancelled, &n_cancelled, NULL);
          g_assert_true (thr_thread_manager_submit (busy.manager, job, NULL));
        }
      g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, n);

      if (from_job)
        {
          ThrThreadManager *other = thr_thread_manager_new ();
          ThrThreadWrapper *job = thr_thread_manager_do_async (other, NULL, cancel_job, cancellable, NULL);

          g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
          took = g_value_get_int64 (thr_thread_wrapper_get_result (job));
          g_assert_true (thr_thread_manager_wait_idle (other, thr_test_deadline (), NULL, NULL));
          g_assert_finalize_object (job);
          g_assert_finalize_object (other);
        }
      else
        {
          took = cost_of_cancel (cancellable);
        }
      g_test_message ("cancelled %d jobs in %" G_GINT64_FORMAT " µs", n, took);
      if (n == 100000)
        g_assert_cmpint (took, <, 1000);
      thr_test_run_until (n_cancelled == n);
      g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, 0);
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);
      thr_test_busy_clear (&busy);
      g_assert_cmpuint (G_OBJECT (cancellable)->ref_count, ==, 1);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stress/jobs", test_jobs);
  g_test_add_func ("/stress/shared-cancellable", test_shared_cancellable);

  return g_test_run ();
}
