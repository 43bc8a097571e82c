/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The interrupter: it hits the right job, or none. */

#include "config.h"

#include "thr-test.h"

static void
nothing_on_fail (ThrThreadWrapper *thread,
                 const GError     *failure,
                 gpointer          user_data)
{
}

typedef struct
{
  ThrThreadManager *manager;
  ThrThreadWrapper *inner;
  ThrTestGate inner_entered;
  ThrTestGate inner_leave;
  GThread *own;
  int hits;
  int hits_elsewhere;
  int inner_hits;
  int ended;
} Stack;

static void
interrupt_outer (ThrThreadWrapper *thread,
                 gpointer          user_data)
{
  Stack *stack = user_data;

  g_assert_false (g_atomic_int_get (&stack->ended));
  if (g_thread_self () != stack->own)
    g_atomic_int_inc (&stack->hits_elsewhere);
  g_atomic_int_inc (&stack->hits);
}

static void
interrupt_inner (ThrThreadWrapper *thread,
                 gpointer          user_data)
{
  Stack *stack = user_data;

  g_assert_true (thread == stack->inner);
  g_atomic_int_inc (&stack->inner_hits);
}

static gboolean
inner_func (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Stack *stack = user_data;

  /* On the outer job's thread. */
  g_assert_true (g_thread_self () == stack->own);
  g_assert_true (thr_thread_wrapper_get_current () == thread);
  thr_thread_wrapper_set_interrupter (thread, interrupt_inner, stack, NULL);
  thr_test_gate_open (&stack->inner_entered);
  thr_test_gate_wait (&stack->inner_leave);
  g_assert_cmpint (g_atomic_int_get (&stack->hits), ==, 0);

  return thr_thread_wrapper_checkpoint (thread, error);
}

static gboolean
outer_func (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Stack *stack = user_data;
  gboolean joined;

  stack->own = g_thread_self ();
  thr_thread_wrapper_set_interrupter (thread, interrupt_outer, stack, NULL);
  stack->inner = thr_thread_manager_do_async (stack->manager, "inner", inner_func, stack, NULL);
  joined = thr_thread_wrapper_join (stack->inner, THR_FOREVER, NULL, error);
  g_assert_true (thr_thread_wrapper_get_current () == thread);
  while (joined && !g_atomic_int_get (&stack->hits))
    g_thread_yield ();

  return joined;
}

static void
test_interrupter_stack (void)
{
  Stack stack = { NULL };
  ThrThreadWrapper *outer;
  g_autoptr (ThrTestRecorder) recorder = NULL;

  stack.manager = thr_thread_manager_new ();
  g_assert_true (thr_thread_manager_set_thread_limit (stack.manager, 1, NULL));
  outer = thr_thread_manager_do_async (stack.manager, "outer", outer_func, &stack, NULL);
  recorder = thr_test_recorder_new (outer);
  thr_thread_wrapper_set_on_fail (outer, nothing_on_fail, NULL, NULL);
  thr_test_gate_wait (&stack.inner_entered);

  /* The inner one is on top: the outer one is not hit now, but when it is. */
  thr_thread_wrapper_halt (outer);
  g_assert_true (thr_thread_wrapper_get_halted (outer));
  g_assert_cmpint (g_atomic_int_get (&stack.hits), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&stack.inner_hits), ==, 0);
  thr_test_gate_open (&stack.inner_leave);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpint (stack.hits, ==, 1);
  g_assert_cmpint (stack.hits_elsewhere, ==, 0);
  g_assert_cmpint (stack.inner_hits, ==, 0);

  /* Never once the function has ended. */
  g_atomic_int_set (&stack.ended, TRUE);
  thr_thread_wrapper_halt (outer);
  thr_thread_wrapper_halt (stack.inner);
  g_assert_cmpint (stack.hits, ==, 1);

  thr_test_drain ();
  g_assert_finalize_object (stack.inner);
  g_assert_finalize_object (outer);
  g_assert_finalize_object (stack.manager);
  thr_test_gate_clear (&stack.inner_entered);
  thr_test_gate_clear (&stack.inner_leave);
}

/* Hit by somebody else's halt while it runs, or not at all: never late. */
typedef struct
{
  ThrTestHome home;
  ThrTestGate entered;
  ThrTestGate leave;
  int hits;
} Target;

static void
interrupt_target (ThrThreadWrapper *thread,
                  gpointer          user_data)
{
  Target *target = user_data;

  /* The job cannot end while this runs. */
  for (guint i = 0; i < 10; i++)
    {
      g_assert_cmpint (thr_thread_wrapper_get_finished_with (thread), ==, THR_EXECUTION_STATE_CREATED);
      g_thread_yield ();
    }
  g_atomic_int_inc (&target->hits);
}

static void
target_destroy (gpointer user_data)
{
  Target *target = user_data;

  thr_test_home_destroy (&target->home);
}

static gboolean
target_func (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Target *target = user_data;

  thr_thread_wrapper_set_interrupter (thread, interrupt_target, target, target_destroy);
  thr_test_gate_open (&target->entered);
  thr_test_gate_wait (&target->leave);

  return TRUE;
}

static gpointer
halt_thread (gpointer user_data)
{
  thr_thread_wrapper_halt (user_data);

  return NULL;
}

static void
test_interrupter_race (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  guint n = thr_test_scale (1000, 20);

  for (guint i = 0; i < n; i++)
    {
      Target target = { .hits = 0 };
      ThrThreadWrapper *thread;
      g_autoptr (ThrTestRecorder) recorder = NULL;
      GThread *others[2];

      thr_test_home_init (&target.home);
      thread = thr_thread_manager_do_async (manager, NULL, target_func, &target, NULL);
      recorder = thr_test_recorder_new (thread);
      thr_test_gate_wait (&target.entered);
      if (i % 2 == 0)
        thr_test_gate_open (&target.leave);
      for (guint j = 0; j < G_N_ELEMENTS (others); j++)
        others[j] = g_thread_new ("halt", halt_thread, thread);
      for (guint j = 0; j < G_N_ELEMENTS (others); j++)
        g_thread_join (others[j]);
      g_assert_cmpint (target.hits, <=, 1);
      if (i % 2 == 1)
        g_assert_cmpint (target.hits, ==, 1);
      thr_test_gate_open (&target.leave);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      /* It succeeded all the same; what was given is let go with CLOSED. */
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
      g_assert_cmpint (thr_test_home_n_destroyed (&target.home), ==, 1);
      g_assert_cmpint (thr_test_home_n_away (&target.home), ==, 0);

      g_assert_finalize_object (thread);
      thr_test_gate_clear (&target.entered);
      thr_test_gate_clear (&target.leave);
    }

  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/interrupt/stack", test_interrupter_stack);
  g_test_add_func ("/interrupt/race", test_interrupter_race);

  return g_test_run ();
}
