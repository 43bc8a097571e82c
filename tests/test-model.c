/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>
#include <time.h>

/* The manager as a GListModel. A copy of it is kept by what items-changed says
 * and nothing else, as a list view does. */
typedef struct
{
  GListModel *model;
  GThread *home;
  GPtrArray *copy;
  int n_emissions;
  gulong handler;
} Shadow;

static void
shadow_check (Shadow *shadow)
{
  guint n = g_list_model_get_n_items (shadow->model);

  g_assert_cmpuint (n, ==, shadow->copy->len);
  g_assert_null (g_list_model_get_item (shadow->model, n));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (ThrThreadWrapper) item = g_list_model_get_item (shadow->model, i);

      g_assert_true (item == g_ptr_array_index (shadow->copy, i));
    }
}

static void
shadow_cb (GListModel *model,
           guint       position,
           guint       removed,
           guint       added,
           gpointer    user_data)
{
  Shadow *shadow = user_data;

  g_assert_true (g_thread_self () == shadow->home);
  g_assert_cmpuint (removed + added, >, 0);
  g_assert_cmpuint (position + removed, <=, shadow->copy->len);
  if (removed > 0)
    g_ptr_array_remove_range (shadow->copy, position, removed);
  for (guint i = 0; i < added; i++)
    {
      ThrThreadWrapper *item = g_list_model_get_item (model, position + i);

      g_assert_true (THR_IS_THREAD_WRAPPER (item));
      g_ptr_array_insert (shadow->copy, (int) (position + i), item);
    }
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, shadow->copy->len);
  shadow->n_emissions++;
}

static void
shadow_init (Shadow           *shadow,
             ThrThreadManager *manager)
{
  shadow->model = G_LIST_MODEL (manager);
  shadow->home = g_thread_self ();
  shadow->copy = g_ptr_array_new_with_free_func (g_object_unref);
  shadow->n_emissions = 0;
  for (guint i = 0; i < g_list_model_get_n_items (shadow->model); i++)
    g_ptr_array_add (shadow->copy, g_list_model_get_item (shadow->model, i));
  shadow->handler = g_signal_connect (manager, "items-changed", G_CALLBACK (shadow_cb), shadow);
}

static void
shadow_clear (Shadow *shadow)
{
  shadow_check (shadow);
  g_signal_handler_disconnect (shadow->model, shadow->handler);
  g_ptr_array_unref (shadow->copy);
}

static void
assert_idle (ThrThreadManager *manager)
{
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
}

static void
assert_item (ThrThreadManager *manager,
             guint             index,
             ThrThreadWrapper *wanted)
{
  g_autoptr (ThrThreadWrapper) item = g_list_model_get_item (G_LIST_MODEL (manager), index);
  g_autoptr (ThrThreadWrapper) got = thr_thread_manager_get (manager, index);

  g_assert_true (item == wanted);
  g_assert_true (got == wanted);
}

static void
test_fresh (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  guint size = 99;

  g_assert_true (G_IS_LIST_MODEL (manager));
  g_assert_true (g_list_model_get_item_type (G_LIST_MODEL (manager)) == THR_TYPE_THREAD_WRAPPER);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (manager)), ==, 0);
  g_object_get (manager, "size", &size, NULL);
  g_assert_cmpuint (size, ==, 0);
  assert_item (manager, 0, NULL);
  assert_item (manager, G_MAXUINT, NULL);

  g_assert_finalize_object (manager);
}

/* The first look shows what is there already: queued, running, appended. */
static void
test_first_look (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *jobs[4];
  guint size;

  thr_test_busy_init (&busy);
  jobs[0] = thr_thread_manager_do_async (busy.manager, NULL, thr_test_job_return, NULL, NULL);
  jobs[1] = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  thr_thread_wrapper_set_priority (jobs[1], -100);
  g_assert_true (thr_thread_manager_append (busy.manager, jobs[1], NULL));
  jobs[2] = thr_thread_manager_do_manual (busy.manager, NULL);
  jobs[3] = thr_thread_manager_do_async (busy.manager, NULL, thr_test_job_return, NULL, NULL);

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (busy.manager)), ==, 5);
  g_assert_cmpuint (thr_thread_manager_get_size (busy.manager), ==, 5);
  g_object_get (busy.manager, "size", &size, NULL);
  g_assert_cmpuint (size, ==, 5);
  assert_item (busy.manager, 0, busy.blocker);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    assert_item (busy.manager, i + 1, jobs[i]);
  assert_item (busy.manager, 5, NULL);

  thr_thread_manager_stop (busy.manager);
  thr_thread_wrapper_cancel (jobs[2]);
  thr_test_busy_open (&busy);
  assert_idle (busy.manager);
  thr_test_drain ();
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (busy.manager)), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    g_assert_finalize_object (jobs[i]);
  thr_test_busy_clear (&busy);
}

/* Order of submission, whatever the order of running and ending. */
static void
test_order (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Shadow shadow;
  ThrThreadWrapper *jobs[50];
  guint left = G_N_ELEMENTS (jobs);

  shadow_init (&shadow, manager);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    jobs[i] = thr_thread_manager_do_manual (manager, NULL);
  thr_test_run_until (shadow.copy->len == G_N_ELEMENTS (jobs));
  shadow_check (&shadow);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    assert_item (manager, i, jobs[i]);

  while (left > 0)
    {
      guint end = (guint) g_test_rand_int_range (0, (int) left);

      assert_item (manager, end, jobs[end]);
      g_assert_true (thr_thread_wrapper_return_int (jobs[end], 1, NULL));
      thr_test_run_until (shadow.copy->len == left - 1);
      shadow_check (&shadow);
      g_assert_finalize_object (jobs[end]);
      memmove (&jobs[end], &jobs[end + 1], sizeof (jobs[0]) * (left - end - 1));
      left--;
    }

  shadow_clear (&shadow);
  g_assert_finalize_object (manager);
}

/* Many at a time come, and go, in few emissions. */
static void
test_batches (void)
{
  ThrTestBusy busy;
  Shadow shadow;
  int n = (int) thr_test_scale (5000, 500);
  int few = (int) thr_test_scale (5000 / 20, 500 / 3);
  g_autoptr (GPtrArray) jobs = NULL;

  thr_test_busy_init (&busy);
  shadow_init (&shadow, busy.manager);
  for (int i = 0; i < n; i++)
    g_object_unref (thr_thread_manager_do_async (busy.manager, NULL, thr_test_job_return, NULL, NULL));
  thr_test_run_until (shadow.copy->len == (guint) n + 1);
  g_assert_cmpint (shadow.n_emissions, <=, few);
  shadow_check (&shadow);
  jobs = thr_thread_manager_dup_jobs (busy.manager);
  g_assert_cmpuint (jobs->len, ==, shadow.copy->len);
  g_assert_cmpint (memcmp (jobs->pdata, shadow.copy->pdata, jobs->len * sizeof (gpointer)), ==, 0);
  g_clear_pointer (&jobs, g_ptr_array_unref);

  /* All have ended before one is delivered. */
  shadow.n_emissions = 0;
  thr_test_busy_open (&busy);
  thr_test_block_until (thr_thread_manager_get_n_queued (busy.manager) == 0 &&
                        thr_thread_manager_get_n_running (busy.manager) == 0);
  thr_test_run_until (shadow.copy->len == 0);
  g_assert_cmpint (shadow.n_emissions, <=, few);

  shadow_clear (&shadow);
  assert_idle (busy.manager);
  thr_test_busy_clear (&busy);
}

static void
test_keep_finished (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *jobs[10];
  Shadow shadow;

  thr_thread_manager_set_keep_finished (manager, 3);
  shadow_init (&shadow, manager);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    jobs[i] = thr_thread_manager_do_manual (manager, NULL);
  /* Ended in another order than submitted: 9, 8, … 0. */
  for (guint i = G_N_ELEMENTS (jobs); i > 0; i--)
    {
      g_assert_true (thr_thread_wrapper_return_int (jobs[i - 1], 1, NULL));
      thr_test_run_until_closed (jobs[i - 1]);
    }
  assert_idle (manager);
  thr_test_drain ();
  g_assert_cmpuint (shadow.copy->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    assert_item (manager, i, jobs[i]);
  shadow_check (&shadow);

  thr_thread_manager_set_keep_finished (manager, 1);
  thr_test_run_until (shadow.copy->len == 1);
  assert_item (manager, 0, jobs[0]);
  thr_thread_manager_set_keep_finished (manager, 100);
  thr_test_drain ();
  g_assert_cmpuint (shadow.copy->len, ==, 1);
  thr_thread_manager_set_keep_finished (manager, 0);
  thr_test_run_until (shadow.copy->len == 0);

  shadow_clear (&shadow);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    g_assert_finalize_object (jobs[i]);
  g_assert_finalize_object (manager);
}

/* A handler that submits, ends, and looks, while the model changes. */
static void
meddle_cb (GListModel *model,
           guint       position,
           guint       removed,
           guint       added,
           gpointer    user_data)
{
  int *budget = user_data;

  for (guint i = 0; i < added; i++)
    {
      g_autoptr (ThrThreadWrapper) item = g_list_model_get_item (model, position + i);

      thr_thread_wrapper_cancel (item);
    }
  if (removed > 0 && *budget > 0)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_manager_do_manual (THR_THREAD_MANAGER (model), NULL);
      g_autoptr (ThrThreadWrapper) next = thr_thread_manager_do_async (THR_THREAD_MANAGER (model), NULL,
                                                                       thr_test_job_return, NULL, NULL);

      --*budget;
      g_assert_false (thr_thread_wrapper_join (job, 0, NULL, NULL));
      thr_thread_wrapper_join (next, 0, NULL, NULL);
    }
}

static void
test_meddling (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Shadow shadow;
  ThrThreadWrapper *first;
  int budget = 100;

  shadow_init (&shadow, manager);
  g_signal_connect (manager, "items-changed", G_CALLBACK (meddle_cb), &budget);
  first = thr_thread_manager_do_manual (manager, NULL);
  thr_test_run_until (budget == 0 && shadow.copy->len == 0);
  assert_idle (manager);
  shadow_clear (&shadow);

  g_assert_finalize_object (first);
  g_assert_finalize_object (manager);
}

typedef struct
{
  ThrThreadManager *manager;
  guint32 seed;
  int n;
} Submitter;

static gpointer
submit_from_thread (gpointer data)
{
  Submitter *self = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (self->seed);

  for (int i = 0; i < self->n; i++)
    {
      g_autoptr (ThrThreadWrapper) job = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

      thr_thread_wrapper_set_priority (job, g_rand_int_range (rand, -2, 3));
      if (g_rand_int_range (rand, 0, 10) == 0)
        thr_thread_wrapper_cancel (job);
      g_assert_true (thr_thread_manager_submit (self->manager, job, NULL));
    }

  return NULL;
}

/* The copy stays right while threads submit and jobs end; each emission is
 * consistent with the one before. Seen through numbers: idents ascend. */
static gint64
job_number (ThrThreadWrapper *job)
{
  return g_ascii_strtoll (thr_thread_wrapper_get_ident (job) + strlen ("thr-"), NULL, 10);
}

static void
test_threads (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Shadow shadow;
  Submitter submitters[4];
  GThread *threads[4];

  thr_thread_manager_set_keep_finished (manager, 50);
  shadow_init (&shadow, manager);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      submitters[i] = (Submitter) { manager, (guint32) g_test_rand_int (), (int) thr_test_scale (3000, 200) };
      threads[i] = g_thread_new ("submit", submit_from_thread, &submitters[i]);
    }
  for (int i = 0; i < 300; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      if (i % 10 == 0)
        shadow_check (&shadow);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  assert_idle (manager);
  thr_test_run_until (shadow.copy->len == 50);
  thr_thread_manager_set_keep_finished (manager, 0);
  thr_test_run_until (shadow.copy->len == 0);
  shadow_clear (&shadow);

  g_assert_finalize_object (manager);
}

/* What this thread has used, whatever else runs meanwhile. */
static double
cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

/* n manual jobs come, and end in a random order. */
static double
time_random_ends (int n)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autofree ThrThreadWrapper **jobs = g_new (ThrThreadWrapper *, n);
  double began = cpu_time ();
  int left = n;

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (manager)), ==, 0);
  for (int i = 0; i < n; i++)
    jobs[i] = thr_thread_manager_do_manual (manager, NULL);
  thr_test_run_until (thr_thread_manager_get_size (manager) == (guint) n);
  for (int i = 1; i < n; i++)
    g_assert_cmpint (job_number (jobs[i - 1]), <, job_number (jobs[i]));
  while (left > 0)
    {
      int end = g_test_rand_int_range (0, left);

      g_assert_true (thr_thread_wrapper_return_int (jobs[end], 1, NULL));
      g_object_unref (jobs[end]);
      jobs[end] = jobs[--left];
      if (left % 16 == 0)
        {
          g_autoptr (ThrThreadWrapper) any = NULL;

          g_main_context_iteration (NULL, FALSE);
          any = thr_thread_manager_get (manager, thr_thread_manager_get_size (manager) / 2);
        }
    }
  thr_test_run_until (thr_thread_manager_get_size (manager) == 0);
  assert_idle (manager);
  g_assert_finalize_object (manager);

  return cpu_time () - began;
}

/* Ten times as many take some more than ten times as long, for lack of cache;
 * they do not take a hundred times as long. */
static void
test_large (void)
{
  int n = (int) thr_test_scale (50000, 2000);
  double small = G_MAXDOUBLE;
  double large;

  for (int i = 0; i < 5; i++)
    small = MIN (small, time_random_ends (n / 10));
  large = time_random_ends (n);
  g_test_message ("%d jobs: %.0f ms, %d jobs: %.0f ms", n / 10, small / 1000, n, large / 1000);
  if (n == 50000)
    g_assert_cmpfloat (large, <, 60 * small);
}

static gpointer
look_from_thread (gpointer data)
{
  g_autoptr (GPtrArray) jobs = thr_thread_manager_dup_jobs (data);

  return GUINT_TO_POINTER (jobs->len);
}

/* The model belongs to the manager's owner; dup_jobs() is for everybody. */
static gpointer
own_elsewhere (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  ThrThreadManager *manager;
  Shadow shadow;
  ThrThreadWrapper *manual;

  g_main_context_push_thread_default (context);
  manager = thr_thread_manager_new ();
  shadow_init (&shadow, manager);
  manual = thr_thread_manager_do_manual (manager, NULL);
  thr_test_run_until (shadow.copy->len == 1);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (g_thread_new ("look", look_from_thread, manager))), ==, 1);
  thr_thread_wrapper_cancel (manual);
  thr_test_run_until (shadow.copy->len == 0);
  shadow_clear (&shadow);
  g_assert_finalize_object (manual);
  g_assert_finalize_object (manager);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_elsewhere (void)
{
  g_thread_join (g_thread_new ("owner", own_elsewhere, NULL));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/model/fresh", test_fresh);
  g_test_add_func ("/model/first-look", test_first_look);
  g_test_add_func ("/model/order", test_order);
  g_test_add_func ("/model/batches", test_batches);
  g_test_add_func ("/model/keep-finished", test_keep_finished);
  g_test_add_func ("/model/meddling", test_meddling);
  g_test_add_func ("/model/threads", test_threads);
  g_test_add_func ("/model/large", test_large);
  g_test_add_func ("/model/elsewhere", test_elsewhere);

  return g_test_run ();
}
