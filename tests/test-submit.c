/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is submitted while the threads are awake comes in without a lock: it is
 * there all the same, and none of it is left lying. */

#include "config.h"

#include "thr-test.h"

#include <stdatomic.h>

static void
count_end (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  ++*(guint *) user_data;
}

static void
submit (ThrThreadManager *manager,
        ThrThreadWrapper *thread)
{
  g_autoptr (GError) error = NULL;
  gboolean done = thr_thread_manager_submit (manager, thread, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

/* ---- seen at once ---- */

/* The second one that is submitted in a turn of the main loop needs no lock. */
static void
test_seen (void)
{
  ThrTestBusy busy = { 0 };
  ThrThreadWrapper *threads[8];
  guint n_ended = 0;

  thr_test_busy_init (&busy);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (ThrThreadWrapper) found = NULL;
      g_autoptr (GPtrArray) jobs = NULL;

      threads[i] = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
      thr_thread_wrapper_set_on_end (threads[i], count_end, &n_ended, NULL);
      submit (busy.manager, threads[i]);

      g_assert_cmpuint (thr_thread_manager_get_n_queued (busy.manager), ==, i + 1);
      jobs = thr_thread_manager_dup_jobs (busy.manager);
      g_assert_cmpuint (jobs->len, ==, i + 2);
      g_assert_true (jobs->pdata[i + 1] == threads[i]);

      /* The first look-up is the last submit without a lock. */
      if (i < G_N_ELEMENTS (threads) / 2)
        continue;
      found =
        thr_thread_manager_lookup (busy.manager, thr_thread_wrapper_get_ident (threads[i]));
      g_assert_true (found == threads[i]);
    }

  thr_test_busy_open (&busy);
  thr_test_run_until (n_ended == G_N_ELEMENTS (threads));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    thr_test_finalize_soon (threads[i]);
  thr_test_busy_clear (&busy);
}

/* ---- order ---- */

typedef struct
{
  GString *order; /* the one thread's, then home's */
  char name;
} Named;

static gboolean
named_func (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Named *self = user_data;

  g_string_append_c (self->order, self->name);
  return TRUE;
}

static void
test_order (void)
{
  ThrTestBusy busy = { 0 };
  g_autoptr (GString) order = g_string_new (NULL);
  ThrThreadWrapper *threads[6];
  Named names[G_N_ELEMENTS (threads)];
  const int priorities[] = { 0, 0, 10, 0, -10, 0 };
  guint n_ended = 0;

  thr_test_busy_init (&busy);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      names[i] = (Named) { order, (char) ('a' + i) };
      threads[i] = thr_thread_wrapper_new (NULL, named_func, &names[i], NULL);
      thr_thread_wrapper_set_priority (threads[i], priorities[i]);
      thr_thread_wrapper_set_on_end (threads[i], count_end, &n_ended, NULL);
      submit (busy.manager, threads[i]);
    }
  /* The last one changes places after it came in. */
  thr_thread_wrapper_set_priority (threads[5], -20);

  thr_test_busy_open (&busy);
  thr_test_run_until (n_ended == G_N_ELEMENTS (threads));
  g_assert_cmpstr (order->str, ==, "feabdc");
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    thr_test_finalize_soon (threads[i]);
  thr_test_busy_clear (&busy);
}

/* ---- cancelled at the same time ---- */

typedef struct
{
  ThrThreadWrapper *_Atomic next;
  _Atomic gboolean over;
} Canceller;

static gpointer
cancel_thread (gpointer data)
{
  Canceller *self = data;

  while (!atomic_load (&self->over))
    {
      ThrThreadWrapper *next = atomic_exchange (&self->next, NULL);

      if (next == NULL)
        continue;
      thr_thread_wrapper_cancel (next);
      g_object_unref (next);
    }
  return NULL;
}

/* With no thread free, so that only the cancel can end them. */
static void
test_cancelled_meanwhile (void)
{
  ThrTestBusy busy = { 0 };
  Canceller canceller = { .over = FALSE };
  GThread *thread;
  guint n_rounds = thr_test_scale (3000, 100), n_submitted = 0, n_ended = 0;

  thr_test_busy_init (&busy);
  thread = g_thread_new ("canceller", cancel_thread, &canceller);
  for (guint i = 0; i < n_rounds; i++)
    {
      for (guint k = 0; k < 8; k++)
        {
          g_autoptr (ThrThreadWrapper) job =
            thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

          thr_thread_wrapper_set_on_end (job, count_end, &n_ended, NULL);
          n_submitted++;
          thr_test_block_until (atomic_load (&canceller.next) == NULL);
          atomic_store (&canceller.next, g_object_ref (job));
          submit (busy.manager, job);
        }
      thr_test_run_until (n_ended == n_submitted);
    }
  atomic_store (&canceller.over, TRUE);
  g_thread_join (thread);
  thr_test_busy_clear (&busy);
}

/* ---- as the last thread goes ---- */

static gboolean
light_func (gpointer user_data,
            GError **error)
{
  return TRUE;
}

static void
light_done (const GError *failure,
            gpointer      user_data)
{
  g_assert_no_error (failure);
  ++*(guint *) user_data;
}

/* A thread that has nothing to do looks on for some fifty microseconds. */
static void
test_last_moment (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (g_test_rand_int ());
  guint n_rounds = thr_test_scale (20000, 300), n_pushed = 0, n_done = 0;

  for (guint i = 0; i < n_rounds; i++)
    {
      gint64 until;

      for (int k = g_rand_int_range (random, 1, 4); k > 0; k--)
        {
          thr_thread_manager_push (manager, light_func, light_done, &n_done, NULL);
          n_pushed++;
          until = g_get_monotonic_time () + g_rand_int_range (random, 0, 80);
          while (g_get_monotonic_time () < until)
            ;
        }
      thr_test_run_until (n_done == n_pushed);
    }
  thr_test_finalize_soon (g_steal_pointer (&manager));
}

/* ---- while all else changes ---- */

typedef struct
{
  ThrThreadManager *manager;
  GMainContext *context;
  guint n_jobs;
  _Atomic guint n_done;
} Pusher;

static void
pushed_done (const GError *failure,
             gpointer      user_data)
{
  Pusher *self = user_data;

  if (failure != NULL)
    g_assert_error (failure, THR_ERROR, THR_ERROR_STOPPED);
  atomic_fetch_add (&self->n_done, 1);
}

static gpointer
push_thread (gpointer data)
{
  Pusher *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < self->n_jobs; i++)
    {
      thr_thread_manager_push (self->manager, light_func, pushed_done, self, NULL);
      if (i % 32 == 0)
        while (g_main_context_iteration (context, FALSE))
          ;
    }
  while (atomic_load (&self->n_done) < self->n_jobs)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_changes (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (g_test_rand_int ());
  Pusher pushers[3];
  GThread *threads[G_N_ELEMENTS (pushers)];
  guint n_jobs = thr_test_scale (30000, 500);
  gboolean over = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (pushers); i++)
    {
      pushers[i] = (Pusher) { .manager = manager, .n_jobs = n_jobs };
      threads[i] = g_thread_new ("pusher", push_thread, &pushers[i]);
    }

  while (!over)
    {
      g_autoptr (GError) error = NULL;

      switch (g_rand_int_range (random, 0, 6))
        {
        case 0:
          thr_thread_manager_set_thread_limit (manager, (guint) g_rand_int_range (random, 1, 5),
                                               &error);
          g_assert_no_error (error);
          break;
        case 1:
          thr_thread_manager_set_paused (manager, TRUE);
          break;
        case 2:
          thr_thread_manager_stop (manager);
          break;
        case 3:
          thr_thread_manager_start (manager);
          break;
        default:
          while (g_main_context_iteration (NULL, FALSE))
            ;
          break;
        }
      thr_thread_manager_set_paused (manager, FALSE);

      over = TRUE;
      for (guint i = 0; i < G_N_ELEMENTS (pushers); i++)
        over = over && atomic_load (&pushers[i].n_done) == n_jobs;
    }
  for (guint i = 0; i < G_N_ELEMENTS (pushers); i++)
    g_thread_join (threads[i]);
  thr_test_finalize_soon (g_steal_pointer (&manager));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/submit/seen", test_seen);
  g_test_add_func ("/submit/order", test_order);
  g_test_add_func ("/submit/cancelled-meanwhile", test_cancelled_meanwhile);
  g_test_add_func ("/submit/last-moment", test_last_moment);
  g_test_add_func ("/submit/changes", test_changes);
  return g_test_run ();
}
