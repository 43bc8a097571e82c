/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"
#include "threads/thr-core-private.h"

#include <string.h>

/* Waits that lead back to who waits, by ways that are long, wide or lead
 * through a question to the owner; and such that only look like it. */

static void
assert_joins (ThrThreadWrapper *job)
{
  g_autoptr (GError) error = NULL;

  thr_thread_wrapper_join (job, thr_test_deadline (), NULL, &error);
  g_assert_no_error (error);
}

static void
assert_join_fails (ThrThreadWrapper *job,
                   gint64            timeout,
                   int               code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (thr_thread_wrapper_join (job, timeout, NULL, &error));
  g_assert_error (error, THR_ERROR, code);
  g_assert_cmpuint (strlen (error->message), >, 0);
}

/* Until another thread sleeps in a join of the job. */
static void
block_until_joined (ThrThreadWrapper *job)
{
  thr_test_block_until (atomic_load (&job->home.flags) & THR_JOB_WAITED);
}

/* ---- behind who asks ---- */

/* A job asks its owner something, and the answer is to wait for other jobs. */
typedef struct
{
  ThrThreadManager *manager;
  ThrThreadWrapper *asker;
  ThrThreadWrapper *parent; /* which joins the asker, or NULL */
  ThrThreadWrapper *queued; /* what was submitted after it */
  ThrTestGate asking;
  ThrTestGate submitted;
  GThread *asking_thread;
  GThread *parent_thread;
  gboolean behind; /* whether the asker takes all threads of its manager */
  int n_answered;
} Question;

static gboolean
only_step (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  return G_SOURCE_REMOVE;
}

static gboolean
answer_by_joins (ThrThreadWrapper *thread,
                 gpointer          user_data,
                 GError          **error)
{
  Question *self = user_data;
  g_autoptr (ThrThreadManager) other = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) elsewhere = NULL, sliced = NULL;

  g_assert_true (thread == self->asker);
  assert_join_fails (self->asker, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);
  assert_join_fails (self->asker, thr_test_deadline (), THR_ERROR_WOULD_DEADLOCK);
  assert_join_fails (self->asker, 0, THR_ERROR_TIMED_OUT);
  if (self->parent != NULL)
    {
      assert_join_fails (self->parent, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);
      assert_join_fails (self->parent, thr_test_deadline (), THR_ERROR_WOULD_DEADLOCK);
    }

  /* Those that need no thread that the asker has. */
  elsewhere = thr_thread_manager_do_async (other, NULL, thr_test_job_return, NULL, NULL);
  assert_joins (elsewhere);
  sliced = thr_thread_manager_do_sliced (self->manager, NULL, only_step, NULL, NULL);
  assert_joins (sliced);

  if (self->behind)
    {
      assert_join_fails (self->queued, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);
      assert_join_fails (self->queued, thr_test_deadline (), THR_ERROR_WOULD_DEADLOCK);
      assert_join_fails (self->queued, 0, THR_ERROR_TIMED_OUT);
      /* It is behind no more once there is room for it. */
      thr_thread_manager_set_thread_limit (self->manager, 2, error);
    }
  assert_joins (self->queued);
  self->n_answered++;

  return TRUE;
}

static gboolean
ask_for_joins (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  Question *self = user_data;

  self->asking_thread = g_thread_self ();
  thr_test_gate_open (&self->asking);
  thr_test_gate_wait (&self->submitted);

  return thr_thread_wrapper_invoke_sync (thread, answer_by_joins, self, NULL, error);
}

static gboolean
join_asker (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Question *self = user_data;

  self->parent_thread = g_thread_self ();

  return thr_thread_wrapper_join (self->asker, THR_FOREVER, NULL, error);
}

/* Answers, closes and checks that all is freed. */
static void
finish_question (Question *self)
{
  thr_test_gate_open (&self->submitted);
  assert_joins (self->asker);
  if (self->parent != NULL)
    assert_joins (self->parent);
  g_assert_cmpint (self->n_answered, ==, 1);
  g_assert_true (thr_thread_manager_wait_idle (self->manager, thr_test_deadline (), NULL, NULL));

  g_assert_finalize_object (self->asker);
  if (self->parent != NULL)
    g_assert_finalize_object (self->parent);
  g_assert_finalize_object (self->queued);
  g_assert_finalize_object (self->manager);
  thr_test_gate_clear (&self->asking);
  thr_test_gate_clear (&self->submitted);
}

static void
test_behind_asker (void)
{
  for (guint limit = 1; limit <= 2; limit++)
    {
      Question self = { .manager = thr_thread_manager_new (), .behind = limit == 1 };

      thr_thread_manager_set_thread_limit (self.manager, limit, NULL);
      self.asker = thr_thread_manager_do_async (self.manager, "asker", ask_for_joins, &self, NULL);
      thr_test_gate_wait (&self.asking);
      self.queued = thr_thread_manager_do_async (self.manager, "queued", thr_test_job_return, NULL, NULL);
      finish_question (&self);
    }
}

/* The asker runs on top of the job that joins it, on the same thread: who asks
 * is not the lowest job of its stack. */
static void
test_below_asker (void)
{
  Question self = { .manager = thr_thread_manager_new (), .behind = TRUE };

  thr_thread_manager_set_thread_limit (self.manager, 1, NULL);
  thr_thread_manager_set_paused (self.manager, TRUE);
  self.parent = thr_thread_manager_do_async (self.manager, "parent", join_asker, &self, NULL);
  self.asker = thr_thread_manager_do_async (self.manager, "asker", ask_for_joins, &self, NULL);
  self.queued = thr_thread_manager_do_async (self.manager, "queued", thr_test_job_return, NULL, NULL);
  thr_thread_manager_set_paused (self.manager, FALSE);
  thr_test_gate_wait (&self.asking);
  g_assert_true (self.asking_thread == self.parent_thread);
  finish_question (&self);
}

/* The asker runs on a thread of its own, and another job waits for it there:
 * for the answer as well, in the end. */
static void
test_waits_for_asker (void)
{
  ThrThreadManager *others = thr_thread_manager_new ();
  Question self = { .manager = thr_thread_manager_new () };

  self.asker = thr_thread_manager_do_async (self.manager, "asker", ask_for_joins, &self, NULL);
  thr_test_gate_wait (&self.asking);
  self.parent = thr_thread_manager_do_async (others, "parent", join_asker, &self, NULL);
  self.queued = thr_thread_manager_do_async (self.manager, "queued", thr_test_job_return, NULL, NULL);
  block_until_joined (self.asker);
  g_assert_true (self.asking_thread != self.parent_thread);
  finish_question (&self);
  g_assert_finalize_object (others);
}

/* The other way round: while the answer waits for a job, that one may not wait
 * for the asker. */
static gboolean
join_asker_in_vain (ThrThreadWrapper *thread,
                    gpointer          user_data,
                    GError          **error)
{
  Question *self = user_data;

  thr_test_gate_wait (&self->submitted);
  assert_join_fails (self->asker, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);

  return TRUE;
}

/* Answered by the join that is under way at home. */
static gboolean
let_parent_go (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  thr_test_gate_open (&((Question *) user_data)->submitted);

  return TRUE;
}

static gboolean
ask_to_let_go (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  return thr_thread_wrapper_invoke_sync (thread, let_parent_go, user_data, NULL, error);
}

static gboolean
answer_by_join_of_parent (ThrThreadWrapper *thread,
                          gpointer          user_data,
                          GError          **error)
{
  Question *self = user_data;

  self->queued = thr_thread_manager_do_async (self->manager, "opener", ask_to_let_go, self, NULL);
  assert_joins (self->parent);
  self->n_answered++;

  return TRUE;
}

static gboolean
ask_for_join_of_parent (ThrThreadWrapper *thread,
                        gpointer          user_data,
                        GError          **error)
{
  return thr_thread_wrapper_invoke_sync (thread, answer_by_join_of_parent, user_data, NULL, error);
}

static void
test_answer_waits (void)
{
  ThrThreadManager *others = thr_thread_manager_new ();
  Question self = { .manager = thr_thread_manager_new () };

  self.asker = thr_thread_wrapper_new ("asker", ask_for_join_of_parent, &self, NULL);
  self.parent = thr_thread_manager_do_async (others, "parent", join_asker_in_vain, &self, NULL);
  g_assert_true (thr_thread_manager_submit (self.manager, self.asker, NULL));
  assert_joins (self.asker);
  assert_joins (self.parent);
  assert_joins (self.queued);
  g_assert_cmpint (self.n_answered, ==, 1);

  g_assert_finalize_object (self.asker);
  g_assert_finalize_object (self.parent);
  g_assert_finalize_object (self.queued);
  g_assert_true (thr_thread_manager_wait_idle (others, thr_test_deadline (), NULL, NULL));
  g_assert_true (thr_thread_manager_wait_idle (self.manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (others);
  g_assert_finalize_object (self.manager);
  thr_test_gate_clear (&self.asking);
  thr_test_gate_clear (&self.submitted);
}

/* ---- manual jobs ---- */

static gpointer
join_in_thread (gpointer data)
{
  assert_joins (data);

  return NULL;
}

static gpointer
wait_in_thread (gpointer data)
{
  g_autoptr (GError) error = NULL;

  thr_thread_manager_wait_idle (data, thr_test_deadline (), NULL, &error);
  g_assert_no_error (error);

  return NULL;
}

static guint
get_n_waiters (ThrThreadManager *manager)
{
  ThrCore *core = thr_core_of (manager);
  guint n;

  thr_core_lock (core);
  n = core->n_quiet_waiters;
  g_mutex_unlock (&core->queue_lock);

  return n;
}

/* On its owner's thread a wait without end would be one; another thread waits
 * for it until it is ended. */
static void
test_manual (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *manual = thr_thread_manager_do_manual (manager, "by hand");
  g_autoptr (GError) error = NULL;
  GThread *joiner, *waiter;

  assert_join_fails (manual, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);
  g_assert_false (thr_thread_manager_wait_idle (manager, THR_FOREVER, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
  g_clear_error (&error);
  g_assert_false (thr_thread_manager_wait_idle (manager, 1000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (manual), ==, THR_EXECUTION_STATE_RUNNING);

  joiner = g_thread_new ("joiner", join_in_thread, manual);
  waiter = g_thread_new ("waiter", wait_in_thread, manager);
  block_until_joined (manual);
  thr_test_block_until (get_n_waiters (manager) == 1);
  g_assert_true (thr_thread_wrapper_return_boolean (manual, TRUE, NULL));
  g_thread_join (joiner);
  g_thread_join (waiter);

  assert_joins (manual);
  g_assert_finalize_object (manual);
  g_assert_finalize_object (manager);
}

/* A manual job that another thread made, which has a context of its own: it is
 * that thread's to end, not the one's that made the manager. */
typedef struct
{
  ThrThreadManager *manager;
  ThrTestGate waited_for;
  ThrTestGate made;
} Elsewhere;

static gpointer
make_manual_in_thread (gpointer data)
{
  Elsewhere *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (ThrThreadWrapper) manual = NULL;
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (context);
  manual = thr_thread_manager_do_manual (self->manager, "mine");
  g_assert_false (thr_thread_manager_wait_idle (self->manager, THR_FOREVER, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
  g_clear_error (&error);
  g_assert_false (thr_thread_manager_wait_idle (self->manager, 1000, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);

  thr_test_gate_open (&self->made);
  thr_test_gate_wait (&self->waited_for);
  g_assert_true (thr_thread_wrapper_return_boolean (manual, TRUE, NULL));
  assert_joins (manual);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static gboolean
open_gate (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  thr_test_gate_open (user_data);

  return TRUE;
}

/* Opens the gate from the owner's thread: in a wait there, once that has begun. */
static gboolean
ask_to_open (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  return thr_thread_wrapper_invoke_sync (thread, open_gate, user_data, NULL, error);
}

static void
test_manual_elsewhere (void)
{
  ThrThreadManager *others = thr_thread_manager_new ();
  Elsewhere self = { .manager = thr_thread_manager_new () };
  GThread *thread = g_thread_new ("maker", make_manual_in_thread, &self);
  ThrThreadWrapper *opener;
  g_autoptr (GError) error = NULL;

  thr_test_gate_wait (&self.made);
  opener = thr_thread_manager_do_async (others, "opener", ask_to_open, &self.waited_for, NULL);
  thr_thread_manager_wait_idle (self.manager, THR_FOREVER, NULL, &error);
  g_assert_no_error (error);
  g_thread_join (thread);

  assert_joins (opener);
  g_assert_true (thr_thread_manager_wait_idle (others, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (opener);
  g_assert_finalize_object (others);
  g_assert_finalize_object (self.manager);
  thr_test_gate_clear (&self.made);
  thr_test_gate_clear (&self.waited_for);
}

/* ---- long chains, seen from outside ---- */

typedef struct _Link Link;
struct _Link
{
  ThrThreadManager *manager;
  ThrThreadWrapper *job;
  Link *next; /* NULL for the last one */
  ThrTestGate *gate;
};

static gboolean
join_next (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Link *link = user_data;

  if (link->next != NULL)
    return thr_thread_wrapper_join (link->next->job, THR_FOREVER, NULL, error);
  thr_test_gate_wait (link->gate);

  return TRUE;
}

static void
assert_chain (guint    n,
              gboolean one_thread)
{
  g_autofree Link *links = g_new0 (Link, n);
  g_autofree GThread **threads = g_new0 (GThread *, n);
  ThrThreadManager *shared = thr_thread_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;

  thr_thread_manager_set_thread_limit (shared, 1, NULL);
  thr_thread_manager_set_paused (shared, TRUE);
  for (guint i = 0; i < n; i++)
    {
      links[i].manager = one_thread ? g_object_ref (shared) : thr_thread_manager_new ();
      links[i].job = thr_thread_wrapper_new (NULL, join_next, &links[i], NULL);
      links[i].next = i + 1 < n ? &links[i + 1] : NULL;
      links[i].gate = &gate;
    }
  /* What is joined is submitted before; on one thread, the first runs the others. */
  for (guint i = n; i-- > 0;)
    {
      thr_thread_wrapper_set_priority (links[i].job, (int) i);
      g_assert_true (thr_thread_manager_submit (links[i].manager, links[i].job, NULL));
    }
  for (guint i = 0; i < n; i++)
    threads[i] = g_thread_new ("outside", join_in_thread, links[i].job);
  thr_thread_manager_set_paused (shared, FALSE);

  for (guint i = 0; i < n; i++)
    block_until_joined (links[i].job);
  thr_test_gate_open (&gate);
  assert_joins (links[0].job);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < n; i++)
    {
      assert_joins (links[i].job);
      g_assert_true (thr_thread_manager_wait_idle (links[i].manager, thr_test_deadline (), NULL, NULL));
      g_assert_finalize_object (links[i].job);
      g_object_unref (links[i].manager);
    }
  g_assert_finalize_object (shared);
  thr_test_gate_clear (&gate);
}

static void
test_chain (void)
{
  guint n_rounds = thr_test_scale (5, 1);

  for (guint round = 0; round < n_rounds; round++)
    {
      assert_chain (40, TRUE);
      assert_chain (40, FALSE);
    }
}

/* ---- many ways ---- */

#define LEVELS 40

/* Each of the two jobs of a level waits for all of the next level, so that
 * from the first to the last there are 2^40 ways. */
typedef struct
{
  ThrThreadManager *managers[LEVELS];
  ThrTestGate gate;
} Diamond;

static gboolean
wait_for_level (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  return thr_thread_manager_wait_idle (user_data, THR_FOREVER, NULL, error);
}

static gboolean
close_circle (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  Diamond *diamond = user_data;
  g_autoptr (GError) refused = NULL;

  thr_test_gate_wait (&diamond->gate);
  g_assert_false (thr_thread_manager_wait_idle (diamond->managers[0], THR_FOREVER, NULL, &refused));
  g_assert_error (refused, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);

  return TRUE;
}

static void
test_diamond (void)
{
  Diamond diamond = { 0 };
  ThrThreadWrapper *jobs[LEVELS][2];

  for (int i = LEVELS - 1; i >= 0; i--)
    {
      gboolean last = i == LEVELS - 1;

      diamond.managers[i] = thr_thread_manager_new ();
      for (int j = 0; j < 2; j++)
        jobs[i][j] = thr_thread_manager_do_async (diamond.managers[i], NULL,
                                                  last ? close_circle : wait_for_level,
                                                  last ? (gpointer) &diamond : diamond.managers[i + 1],
                                                  NULL);
      /* The search for a circle is over once they sleep. */
      if (!last)
        thr_test_block_until (get_n_waiters (diamond.managers[i + 1]) == 2);
    }
  thr_test_gate_open (&diamond.gate);

  for (int i = 0; i < LEVELS; i++)
    {
      for (int j = 0; j < 2; j++)
        {
          assert_joins (jobs[i][j]);
          g_assert_finalize_object (jobs[i][j]);
        }
      g_assert_true (thr_thread_manager_wait_idle (diamond.managers[i], thr_test_deadline (), NULL, NULL));
      g_assert_finalize_object (diamond.managers[i]);
    }
  thr_test_gate_clear (&diamond.gate);
}

/* ---- behind the thread limit ---- */

/* A job that waits, once it is let go, for another job or for a manager. */
typedef struct
{
  ThrThreadWrapper *job;
  ThrThreadWrapper *joins; /* or NULL */
  ThrThreadManager *waits_for;
  ThrTestGate begun;
  ThrTestGate go;
  int refused;
} Knot;

static gboolean
wait_in_knot (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  Knot *knot = user_data;
  g_autoptr (GError) refused = NULL;

  thr_test_gate_open (&knot->begun);
  thr_test_gate_wait (&knot->go);
  if (knot->joins != NULL)
    thr_thread_wrapper_join (knot->joins, THR_FOREVER, NULL, &refused);
  else if (knot->waits_for != NULL)
    thr_thread_manager_wait_idle (knot->waits_for, THR_FOREVER, NULL, &refused);
  if (refused != NULL)
    {
      g_assert_error (refused, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
      knot->refused++;
      if (knot->joins != NULL)
        assert_join_fails (knot->joins, 0, THR_ERROR_TIMED_OUT);
    }

  return TRUE;
}

static void
begin_knot (Knot             *knot,
            ThrThreadManager *manager,
            const char       *name)
{
  knot->job = thr_thread_manager_do_async (manager, name, wait_in_knot, knot, NULL);
  thr_test_gate_wait (&knot->begun);
}

/* Until it sleeps in its wait. */
static void
let_knot_wait (Knot *knot)
{
  thr_test_gate_open (&knot->go);
  if (knot->joins != NULL)
    block_until_joined (knot->joins);
  else if (knot->waits_for != NULL)
    thr_test_block_until (get_n_waiters (knot->waits_for) == 1);
}

/* Once those are over that join it, and hold it. */
static void
free_knot (Knot *knot)
{
  g_assert_finalize_object (knot->job);
  thr_test_gate_clear (&knot->begun);
  thr_test_gate_clear (&knot->go);
}

static void
end_manager (ThrThreadManager *manager)
{
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_finalize_object (manager);
}

/* What is in the way of a queued job waits for one that joins it. Whichever of
 * the waits is the last to begin, that one is refused. */
static void
assert_limit_of_one (guint    last,
                     gboolean idle)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadManager *others = thr_thread_manager_new ();
  ThrThreadWrapper *queued;
  Knot knots[2] = { 0 };

  thr_thread_manager_set_thread_limit (manager, 1, NULL);
  begin_knot (&knots[0], manager, "in the way");
  begin_knot (&knots[1], others, "joins the queued one");
  queued = thr_thread_manager_do_async (manager, "queued", thr_test_job_return, NULL, NULL);
  knots[0].joins = idle ? NULL : knots[1].job;
  knots[0].waits_for = others;
  knots[1].joins = queued;

  let_knot_wait (&knots[!last]);
  thr_test_gate_open (&knots[last].go);
  assert_joins (queued);
  for (guint i = 0; i < 2; i++)
    {
      assert_joins (knots[i].job);
      g_assert_cmpint (knots[i].refused, ==, i == last);
    }
  g_assert_finalize_object (queued);
  for (guint i = 0; i < 2; i++)
    free_knot (&knots[i]);
  end_manager (others);
  end_manager (manager);
}

/* Two are in the way; the second waits for the first, or for the others. Where
 * it does not wait, nothing is refused, and all goes on once it ends. */
static void
assert_limit_of_two (const guint order[3],
                     gboolean    idle,
                     gboolean    one_free)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadManager *others = thr_thread_manager_new ();
  ThrThreadWrapper *queued;
  Knot knots[3] = { 0 };

  thr_thread_manager_set_thread_limit (manager, 2, NULL);
  begin_knot (&knots[0], manager, "in the way");
  begin_knot (&knots[1], manager, "in the way too");
  begin_knot (&knots[2], others, "joins the queued one");
  queued = thr_thread_manager_do_async (manager, "queued", thr_test_job_return, NULL, NULL);
  knots[0].joins = knots[2].job;
  knots[1].joins = idle || one_free ? NULL : knots[0].job;
  knots[1].waits_for = one_free ? NULL : others;
  knots[2].joins = queued;

  for (guint i = 0; i < 2; i++)
    let_knot_wait (&knots[order[i]]);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (queued), ==, THR_EXECUTION_STATE_CREATED);
  thr_test_gate_open (&knots[order[2]].go);
  assert_joins (queued);
  for (guint i = 0; i < 3; i++)
    {
      assert_joins (knots[order[i]].job);
      g_assert_cmpint (knots[order[i]].refused, ==, i == 2 && !one_free);
    }
  g_assert_finalize_object (queued);
  for (guint i = 0; i < 3; i++)
    free_knot (&knots[i]);
  end_manager (others);
  end_manager (manager);
}

static void
test_behind_limit (void)
{
  const guint orders[][3] = {
    { 0, 2, 1 },
    { 2, 0, 1 }, /* the one that may be free, last */
    { 0, 1, 2 },
    { 1, 0, 2 },
    { 1, 2, 0 },
    { 2, 1, 0 },
  };
  guint n_rounds = thr_test_scale (20, 1);

  for (guint round = 0; round < n_rounds; round++)
    {
      for (int idle = 0; idle < 2; idle++)
        {
          assert_limit_of_one (0, idle);
          assert_limit_of_one (1, idle);
          for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
            assert_limit_of_two (orders[i], idle, FALSE);
        }
      assert_limit_of_two (orders[0], FALSE, TRUE);
      assert_limit_of_two (orders[1], FALSE, TRUE);
    }
}

/* A wait for two jobs, one of which waits for the other, which waits for one
 * that ends: whichever of the two began to wait first, there is no circle. */
static void
test_no_circle (void)
{
  for (guint first = 0; first < 2; first++)
    {
      ThrThreadManager *managers[3];
      Knot knots[4] = { 0 };

      for (guint i = 0; i < G_N_ELEMENTS (managers); i++)
        managers[i] = thr_thread_manager_new ();
      begin_knot (&knots[0], managers[0], "waits for none");
      begin_knot (&knots[1], managers[1], "waits for one");
      begin_knot (&knots[2], managers[1], "waits for two");
      begin_knot (&knots[3], managers[2], "waits for the last two");
      knots[1].joins = knots[0].job;
      knots[2].joins = knots[1].job;
      knots[3].waits_for = managers[1];

      let_knot_wait (&knots[1 + first]);
      let_knot_wait (&knots[2 - first]);
      let_knot_wait (&knots[3]);
      thr_test_gate_open (&knots[0].go);
      for (guint i = 0; i < G_N_ELEMENTS (knots); i++)
        {
          assert_joins (knots[i].job);
          g_assert_cmpint (knots[i].refused, ==, 0);
        }
      for (guint i = 0; i < G_N_ELEMENTS (knots); i++)
        free_knot (&knots[i]);
      for (guint i = 0; i < G_N_ELEMENTS (managers); i++)
        end_manager (managers[i]);
    }
}

/* The same with a question to the owner in the way. */
typedef struct
{
  ThrThreadManager *manager;
  ThrThreadManager *others;
  Knot in_the_way; /* of the manager */
  Knot joiner;     /* of the others */
  ThrThreadWrapper *asker;
  ThrThreadWrapper *queued;
  ThrThreadWrapper *opener;
  ThrTestGate asking;
  ThrTestGate submitted;
  ThrThreadFunc answer;
  int n_answered;
} Inquiry;

static gboolean
ask_in_the_way (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  Inquiry *self = user_data;

  thr_test_gate_open (&self->asking);
  thr_test_gate_wait (&self->submitted);

  return thr_thread_wrapper_invoke_sync (thread, self->answer, self, NULL, error);
}

static void
begin_inquiry (Inquiry      *self,
               guint         limit,
               ThrThreadFunc answer)
{
  self->manager = thr_thread_manager_new ();
  self->others = thr_thread_manager_new ();
  self->answer = answer;
  thr_thread_manager_set_thread_limit (self->manager, limit, NULL);
  self->asker = thr_thread_manager_do_async (self->manager, "asker", ask_in_the_way, self, NULL);
  thr_test_gate_wait (&self->asking);
  if (limit > 1)
    begin_knot (&self->in_the_way, self->manager, "in the way");
  begin_knot (&self->joiner, self->others, "joins the queued one");
  self->queued = thr_thread_manager_do_async (self->manager, "queued", thr_test_job_return, NULL, NULL);
  self->joiner.joins = self->queued;
}

static void
end_inquiry (Inquiry *self)
{
  thr_test_gate_open (&self->submitted);
  assert_joins (self->asker);
  g_assert_cmpint (self->n_answered, ==, 1);
  assert_joins (self->queued);
  thr_test_gate_open (&self->joiner.go);
  assert_joins (self->joiner.job);
  free_knot (&self->joiner);
  if (self->in_the_way.job != NULL)
    {
      assert_joins (self->in_the_way.job);
      free_knot (&self->in_the_way);
    }
  if (self->opener != NULL)
    {
      assert_joins (self->opener);
      g_assert_finalize_object (self->opener);
    }
  g_assert_finalize_object (self->asker);
  g_assert_finalize_object (self->queued);
  end_manager (self->others);
  end_manager (self->manager);
  thr_test_gate_clear (&self->asking);
  thr_test_gate_clear (&self->submitted);
}

/* In the wait at home that is to begin. */
static void
open_in_wait (Inquiry     *self,
              ThrTestGate *gate)
{
  self->opener = thr_thread_manager_do_async (self->others, "opener", ask_to_open, gate, NULL);
}

static gboolean
answer_in_vain (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  Inquiry *self = user_data;

  assert_join_fails (self->joiner.job, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);
  assert_join_fails (self->joiner.job, 0, THR_ERROR_TIMED_OUT);
  self->n_answered++;

  return TRUE;
}

static gboolean
answer_first (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  Inquiry *self = user_data;

  open_in_wait (self, &self->joiner.go);
  assert_joins (self->joiner.job);
  g_assert_cmpint (self->joiner.refused, ==, 1);
  self->n_answered++;

  return TRUE;
}

static gboolean
answer_behind_two (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  Inquiry *self = user_data;

  assert_join_fails (self->queued, THR_FOREVER, THR_ERROR_WOULD_DEADLOCK);
  assert_join_fails (self->queued, 0, THR_ERROR_TIMED_OUT);
  self->n_answered++;

  return TRUE;
}

static gboolean
answer_behind_one (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  Inquiry *self = user_data;

  open_in_wait (self, &self->in_the_way.go);
  assert_joins (self->queued);
  self->n_answered++;

  return TRUE;
}

static void
test_behind_indirect_asker (void)
{
  guint n_rounds = thr_test_scale (20, 1);

  for (guint round = 0; round < n_rounds; round++)
    {
      Inquiry last = { 0 }, first = { 0 }, two = { 0 }, one = { 0 };

      begin_inquiry (&last, 1, answer_in_vain);
      let_knot_wait (&last.joiner);
      end_inquiry (&last);
      g_assert_cmpint (last.joiner.refused, ==, 0);

      begin_inquiry (&first, 1, answer_first);
      end_inquiry (&first);

      begin_inquiry (&two, 2, answer_behind_two);
      two.in_the_way.joins = two.asker;
      let_knot_wait (&two.in_the_way);
      end_inquiry (&two);

      begin_inquiry (&one, 2, answer_behind_one);
      end_inquiry (&one);
    }
}

/* An answer inside an answer: the job that waits for both takes one thread of
 * the two, and not two. */
static gboolean
answer_inside (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  Inquiry *self = user_data;

  open_in_wait (self, &self->in_the_way.go);
  assert_joins (self->queued);
  self->n_answered++;

  return TRUE;
}

static gboolean
ask_inside (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  return thr_thread_wrapper_invoke_sync (thread, answer_inside, user_data, NULL, error);
}

static gboolean
answer_around (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  Inquiry *self = user_data;
  g_autoptr (ThrThreadWrapper) inner = NULL;

  inner = thr_thread_manager_do_async (self->others, "asks inside", ask_inside, self, NULL);
  assert_joins (self->joiner.job);
  assert_joins (inner);

  return TRUE;
}

static void
test_answer_inside (void)
{
  guint n_rounds = thr_test_scale (20, 1);

  for (guint round = 0; round < n_rounds; round++)
    {
      Inquiry self = { 0 };

      begin_inquiry (&self, 2, answer_around);
      let_knot_wait (&self.joiner);
      end_inquiry (&self);
      g_assert_cmpint (self.joiner.refused, ==, 0);
    }
}

/* ---- at random ---- */

#define N_AT_RANDOM 24
#define MOST_WAITS 3

/* Each job waits for some others, of its manager or not, or has the owner wait
 * for them. Whatever comes of it, all end; and where each waits for such as were
 * submitted before it, which come before it in each queue, none is refused. */
typedef struct
{
  ThrThreadManager *managers[3];
  ThrThreadWrapper *jobs[N_AT_RANDOM];
  int n_refused;
} Web;

typedef struct
{
  Web *web;
  guint n_waits;
  guint waits[MOST_WAITS]; /* beyond the jobs: for a manager */
  gboolean asks;
} Strand;

static gboolean
wait_in_web (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Strand *strand = user_data;
  Web *web = strand->web;

  for (guint i = 0; i < strand->n_waits; i++)
    {
      guint wait = strand->waits[i];
      g_autoptr (GError) refused = NULL;

      if (wait < N_AT_RANDOM)
        thr_thread_wrapper_join (web->jobs[wait], THR_FOREVER, NULL, &refused);
      else
        thr_thread_manager_wait_idle (web->managers[wait - N_AT_RANDOM], THR_FOREVER, NULL, &refused);
      if (refused == NULL)
        continue;
      g_assert_error (refused, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
      g_atomic_int_inc (&web->n_refused);
    }

  return TRUE;
}

static gboolean
run_in_web (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Strand *strand = user_data;

  if (strand->asks)
    return thr_thread_wrapper_invoke_sync (thread, wait_in_web, strand, NULL, error);
  return wait_in_web (thread, strand, error);
}

static void
assert_web_ends (gboolean only_before)
{
  Web web = { 0 };
  Strand strands[N_AT_RANDOM] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (web.managers); i++)
    {
      web.managers[i] = thr_thread_manager_new ();
      thr_thread_manager_set_thread_limit (web.managers[i], (guint) g_test_rand_int_range (1, 4), NULL);
      thr_thread_manager_set_paused (web.managers[i], TRUE);
    }
  for (guint i = 0; i < N_AT_RANDOM; i++)
    {
      strands[i].web = &web;
      strands[i].n_waits = (guint) g_test_rand_int_range (0, MOST_WAITS + 1);
      strands[i].asks = !only_before && g_test_rand_int_range (0, 4) == 0;
      if (only_before && i == 0)
        strands[i].n_waits = 0;
      for (guint j = 0; j < strands[i].n_waits; j++)
        strands[i].waits[j] =
          (guint) g_test_rand_int_range (0, only_before ? (int) i : N_AT_RANDOM + (int) G_N_ELEMENTS (web.managers));
      web.jobs[i] = thr_thread_wrapper_new (NULL, run_in_web, &strands[i], NULL);
    }
  for (guint i = 0; i < N_AT_RANDOM; i++)
    g_assert_true (thr_thread_manager_submit (web.managers[g_test_rand_int_range (0, G_N_ELEMENTS (web.managers))],
                                              web.jobs[i], NULL));

  for (guint i = 0; i < G_N_ELEMENTS (web.managers); i++)
    thr_thread_manager_set_paused (web.managers[i], FALSE);
  for (guint i = 0; i < N_AT_RANDOM; i++)
    assert_joins (web.jobs[i]);
  if (only_before)
    g_assert_cmpint (web.n_refused, ==, 0);
  for (guint i = 0; i < N_AT_RANDOM; i++)
    g_assert_finalize_object (web.jobs[i]);
  for (guint i = 0; i < G_N_ELEMENTS (web.managers); i++)
    end_manager (web.managers[i]);
}

static void
test_at_random (void)
{
  guint n_rounds = thr_test_scale (50, 2);

  for (guint round = 0; round < n_rounds; round++)
    {
      assert_web_ends (TRUE);
      assert_web_ends (FALSE);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/deadlock/behind-asker", test_behind_asker);
  g_test_add_func ("/deadlock/below-asker", test_below_asker);
  g_test_add_func ("/deadlock/waits-for-asker", test_waits_for_asker);
  g_test_add_func ("/deadlock/answer-waits", test_answer_waits);
  g_test_add_func ("/deadlock/manual", test_manual);
  g_test_add_func ("/deadlock/manual-elsewhere", test_manual_elsewhere);
  g_test_add_func ("/deadlock/chain", test_chain);
  g_test_add_func ("/deadlock/diamond", test_diamond);
  g_test_add_func ("/deadlock/behind-limit", test_behind_limit);
  g_test_add_func ("/deadlock/no-circle", test_no_circle);
  g_test_add_func ("/deadlock/behind-indirect-asker", test_behind_indirect_asker);
  g_test_add_func ("/deadlock/answer-inside", test_answer_inside);
  g_test_add_func ("/deadlock/at-random", test_at_random);

  return g_test_run ();
}
