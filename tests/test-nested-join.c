/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* Joins inside of jobs: of children, of each other, of what is held. */

#define SUCCEEDED "RUNNING RETURNED on_success FINISHING on_end CLOSED"

static gboolean
join_refused (ThrThreadWrapper *job,
              gint64            timeout,
              int               code)
{
  g_autoptr (GError) error = NULL;

  if (thr_thread_wrapper_join (job, timeout, NULL, &error))
    return FALSE;

  g_assert_error (error, THR_ERROR, code);
  g_assert_cmpuint (strlen (error->message), >, 0);

  return TRUE;
}

static gboolean
join_self (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  g_assert_true (thr_thread_wrapper_get_current () == thread);
  g_assert_true (join_refused (thread, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK));
  g_assert_true (join_refused (thread, 0, THR_ERROR_WOULD_DEADLOCK));

  return thr_thread_wrapper_return_boolean (thread, TRUE, error);
}

static void
test_own (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *job = thr_thread_manager_do_async (manager, "narcissus", join_self, NULL, NULL);

  g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
  g_assert_true (g_value_get_boolean (thr_thread_wrapper_get_result (job)));
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* A ring of jobs, each of which joins the next. */
typedef struct _Ring Ring;
struct _Ring
{
  ThrThreadWrapper *job;
  Ring *next;
  int *n_running;
  int n;
  gboolean refused;
  GThread *thread;
};

static gboolean
ring_job (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  Ring *ring = user_data;

  ring->thread = g_thread_self ();
  g_atomic_int_inc (ring->n_running);
  thr_test_block_until (g_atomic_int_get (ring->n_running) >= ring->n);
  ring->refused = join_refused (ring->next->job, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);

  return TRUE;
}

static void
assert_ring (int   n,
             guint thread_limit)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autofree Ring *ring = g_new0 (Ring, n);
  int n_running = 0;
  int n_refused = 0;

  thr_thread_manager_set_thread_limit (manager, thread_limit, NULL);
  thr_thread_manager_set_paused (manager, TRUE);
  for (int i = 0; i < n; i++)
    {
      ring[i] = (Ring) { NULL, &ring[(i + 1) % n], &n_running, thread_limit == 1 ? 1 : n, FALSE, NULL };
      ring[i].job = thr_thread_manager_do_async (manager, NULL, ring_job, &ring[i], NULL);
    }
  thr_thread_manager_set_paused (manager, FALSE);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  for (int i = 0; i < n; i++)
    {
      n_refused += ring[i].refused;
      if (thread_limit == 1)
        g_assert_true (ring[i].thread == ring[0].thread);
      g_assert_cmpint (thr_thread_wrapper_get_finished_with (ring[i].job), ==, THR_EXECUTION_STATE_RETURNED);
      g_assert_finalize_object (ring[i].job);
    }
  g_assert_cmpint (n_refused, ==, 1);
  g_assert_finalize_object (manager);
}

/* Only the one that closes the ring is refused. */
static void
test_cycles (void)
{
  int rounds = (int) thr_test_scale (200, 10);

  for (int i = 0; i < rounds; i++)
    {
      assert_ring (2, 2);
      assert_ring (3, 3);
      assert_ring (7, 10);
    }
}

/* The others are taken off the queue and run on the same thread. */
static void
test_cycles_inline (void)
{
  assert_ring (2, 1);
  assert_ring (3, 1);
  assert_ring (20, 1);
}

typedef struct
{
  ThrThreadManager *manager;
  ThrTestRecorder *recorder;
  GThread *parent_thread;
  ThrThreadWrapper *child;
} Family;

static gboolean
child_job (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Family *family = user_data;

  g_assert_true (g_thread_self () == family->parent_thread);
  g_assert_true (thr_thread_wrapper_get_current () == thread);
  g_assert_cmpuint (thr_thread_manager_get_n_running (family->manager), >=, 1);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RUNNING);

  return thr_thread_wrapper_return_string (thread, "from the child", error);
}

static gboolean
parent_job (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Family *family = user_data;

  family->parent_thread = g_thread_self ();
  g_assert_true (thr_thread_manager_submit (family->manager, family->child, error));
  g_assert_true (thr_thread_wrapper_join (family->child, thr_test_deadline (), NULL, error));
  g_assert_true (thr_thread_wrapper_get_current () == thread);
  g_assert_cmpstr (g_value_get_string (thr_thread_wrapper_get_result (family->child)), ==, "from the child");

  return TRUE;
}

/* The child is a full job: it goes through all states, at home. */
static void
test_child (void)
{
  ThrTestHome home;
  Family family = { 0 };
  ThrThreadWrapper *parent;

  thr_test_home_init (&home);
  family.manager = thr_thread_manager_new ();
  thr_thread_manager_set_thread_limit (family.manager, 1, NULL);
  family.child = thr_thread_wrapper_new ("child", child_job, &family, NULL);
  family.recorder = thr_test_recorder_new (family.child);
  thr_test_recorder_watch_callbacks (family.recorder, family.child);
  parent = thr_thread_manager_do_async (family.manager, "parent", parent_job, &family, NULL);
  thr_test_home_watch (&home, family.child);
  g_assert_true (thr_thread_manager_wait_idle (family.manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpstr (thr_test_recorder_get (family.recorder), ==, SUCCEEDED);

  g_assert_finalize_object (family.child);
  g_assert_finalize_object (parent);
  g_assert_finalize_object (family.manager);
  g_assert_cmpint (thr_test_home_n_finalized (&home), ==, 1);
  thr_test_recorder_unref (family.recorder);
}

static gboolean
made_inside_on_thread (ThrThreadWrapper *thread,
                       gpointer          user_data,
                       GError          **error)
{
  return TRUE;
}

static void
note_home (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  g_assert_true (g_thread_self () == *(GThread **) user_data);
  *(GThread **) user_data = NULL;
}

static gboolean
maker_job (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (thread);
  g_autoptr (ThrThreadWrapper) child = thr_thread_wrapper_new (NULL, made_inside_on_thread, NULL, NULL);

  thr_thread_wrapper_set_on_end (child, note_home, user_data, NULL);
  g_assert_true (thr_thread_manager_submit (manager, child, error));

  return thr_thread_wrapper_join (child, THR_FOREVER, NULL, error);
}

/* Made inside a job: its owner context is that job's own. */
static void
test_child_made_inside (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GThread *home = g_thread_self ();
  ThrThreadWrapper *job;

  thr_thread_manager_set_thread_limit (manager, 1, NULL);
  job = thr_thread_manager_do_async (manager, NULL, maker_job, &home, NULL);
  g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
  thr_test_run_until (home == NULL);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* Each job submits one more and joins it. */
typedef struct
{
  ThrThreadManager *manager;
  int depth;
  int wanted;
  int n_ran;
  int refused_at;
} Chain;

static gboolean
chain_job (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Chain *chain = user_data;
  int depth = g_atomic_int_add (&chain->depth, 1) + 1;
  g_autoptr (ThrThreadWrapper) child = NULL;

  g_atomic_int_inc (&chain->n_ran);
  if (depth == chain->wanted)
    return TRUE;

  child = thr_thread_manager_do_async (chain->manager, NULL, chain_job, chain, NULL);
  if (join_refused (child, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK))
    g_atomic_int_compare_and_exchange (&chain->refused_at, 0, depth);

  return TRUE;
}

static int
run_chain (int wanted)
{
  Chain chain = { thr_thread_manager_new (), 0, wanted, 0, 0 };
  ThrThreadWrapper *job;

  thr_thread_manager_set_thread_limit (chain.manager, 1, NULL);
  job = thr_thread_manager_do_async (chain.manager, NULL, chain_job, &chain, NULL);
  g_assert_true (thr_thread_manager_wait_idle (chain.manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpint (chain.n_ran, ==, wanted);
  g_assert_finalize_object (job);
  g_assert_finalize_object (chain.manager);

  return chain.refused_at;
}

static void
test_depth (void)
{
  g_assert_cmpint (run_chain (2), ==, 0);
  g_assert_cmpint (run_chain (60), ==, 0);
  g_assert_cmpint (run_chain (64), ==, 0);
  g_assert_cmpint (run_chain (100), ==, 64);
}

/* Held by a pause, or not started: it is waited for, and not run inline. */
typedef struct
{
  ThrThreadWrapper *other;
  ThrTestGate timed_out;
} Waiter;

static gboolean
wait_for_held_job (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  Waiter *waiter = user_data;

  g_assert_true (join_refused (waiter->other, 0, THR_ERROR_TIMED_OUT));
  g_assert_true (join_refused (waiter->other, 5000, THR_ERROR_TIMED_OUT));
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (waiter->other), ==, THR_EXECUTION_STATE_CREATED);
  thr_test_gate_open (&waiter->timed_out);

  return thr_thread_wrapper_join (waiter->other, thr_test_deadline (), NULL, error);
}

typedef enum
{
  HELD_APPENDED,
  HELD_MANAGER_PAUSED,
  HELD_JOB_PAUSED,
  N_HELD,
} Held;

static void
test_held (void)
{
  for (Held held = 0; held < N_HELD; held++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      ThrThreadManager *others = thr_thread_manager_new ();
      Waiter waiter = { 0 };
      ThrThreadWrapper *job;

      waiter.other = thr_thread_wrapper_new ("held", thr_test_job_return, NULL, NULL);
      if (held == HELD_MANAGER_PAUSED)
        thr_thread_manager_set_paused (others, TRUE);
      if (held == HELD_JOB_PAUSED)
        thr_thread_wrapper_pause (waiter.other);
      if (held == HELD_APPENDED)
        g_assert_true (thr_thread_manager_append (others, waiter.other, NULL));
      else
        g_assert_true (thr_thread_manager_submit (others, waiter.other, NULL));

      job = thr_thread_manager_do_async (manager, "waiter", wait_for_held_job, &waiter, NULL);
      thr_test_gate_wait (&waiter.timed_out);
      if (held == HELD_MANAGER_PAUSED)
        thr_thread_manager_set_paused (others, FALSE);
      if (held == HELD_JOB_PAUSED)
        thr_thread_wrapper_resume (waiter.other);
      if (held == HELD_APPENDED)
        g_assert_true (thr_thread_manager_run (others, NULL));
      g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
      g_assert_true (thr_thread_manager_wait_idle (others, thr_test_deadline (), NULL, NULL));

      g_assert_finalize_object (job);
      g_assert_finalize_object (waiter.other);
      g_assert_finalize_object (others);
      g_assert_finalize_object (manager);
      thr_test_gate_clear (&waiter.timed_out);
    }
}

/* A job that waits for another is cancelled: its wait ends with it. */
static gboolean
wait_with_own_cancellable (ThrThreadWrapper *thread,
                           gpointer          user_data,
                           GError          **error)
{
  Waiter *waiter = user_data;

  thr_test_gate_open (&waiter->timed_out);

  return thr_thread_wrapper_join (waiter->other, THR_FOREVER, thr_thread_wrapper_get_cancellable (thread), error);
}

static void
test_cancelled_while_joining (void)
{
  for (int halt = 0; halt < 2; halt++)
    {
      ThrTestBusy busy;
      ThrThreadManager *manager = thr_thread_manager_new ();
      Waiter waiter = { 0 };
      ThrThreadWrapper *job;

      thr_test_busy_init (&busy);
      waiter.other = busy.blocker;
      job = thr_thread_manager_do_async (manager, "waiter", wait_with_own_cancellable, &waiter, NULL);
      thr_test_gate_wait (&waiter.timed_out);
      if (halt)
        thr_thread_wrapper_halt (job);
      else
        thr_thread_wrapper_cancel (job);
      thr_test_run_until_closed (job);
      g_assert_cmpint (thr_thread_wrapper_get_finished_with (job), ==, THR_EXECUTION_STATE_EXCEPTION);
      g_assert_false (thr_thread_wrapper_get_halted (busy.blocker));

      g_assert_finalize_object (job);
      g_assert_finalize_object (manager);
      thr_test_busy_clear (&busy);
      thr_test_gate_clear (&waiter.timed_out);
    }
}

/* All jobs of a manager with few threads join children of theirs at once. */
static gboolean
tree_job (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  int height = GPOINTER_TO_INT (user_data);
  g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (thread);
  ThrThreadWrapper *children[3];
  gint64 sum = 1;

  if (height > 0)
    {
      for (guint i = 0; i < G_N_ELEMENTS (children); i++)
        children[i] = thr_thread_manager_do_async (manager, NULL, tree_job, GINT_TO_POINTER (height - 1), NULL);
      for (guint i = 0; i < G_N_ELEMENTS (children); i++)
        {
          gboolean ok = thr_thread_wrapper_join (children[i], THR_FOREVER, NULL, error);

          g_assert_true (ok);
          sum += g_value_get_int64 (thr_thread_wrapper_get_result (children[i]));
          g_object_unref (children[i]);
        }
    }

  return thr_thread_wrapper_return_int (thread, sum, error);
}

static void
test_tree (void)
{
  for (guint limit = 1; limit <= 4; limit++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      int height = (int) thr_test_scale (6, 3);
      gint64 wanted = 1;
      ThrThreadWrapper *job;

      for (int i = 0; i < height; i++)
        wanted = wanted * 3 + 1;
      thr_thread_manager_set_thread_limit (manager, limit, NULL);
      job = thr_thread_manager_do_async (manager, "root", tree_job, GINT_TO_POINTER (height), NULL);
      g_assert_true (thr_thread_wrapper_join (job, thr_test_deadline (), NULL, NULL));
      g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (job)), ==, wanted);
      g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
      g_assert_finalize_object (job);
      g_assert_finalize_object (manager);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nested-join/own", test_own);
  g_test_add_func ("/nested-join/cycles", test_cycles);
  g_test_add_func ("/nested-join/cycles-inline", test_cycles_inline);
  g_test_add_func ("/nested-join/child", test_child);
  g_test_add_func ("/nested-join/child-made-inside", test_child_made_inside);
  g_test_add_func ("/nested-join/depth", test_depth);
  g_test_add_func ("/nested-join/held", test_held);
  g_test_add_func ("/nested-join/cancelled-while-joining", test_cancelled_while_joining);
  g_test_add_func ("/nested-join/tree", test_tree);

  return g_test_run ();
}
