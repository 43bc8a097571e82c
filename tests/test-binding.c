/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What language bindings add once in a process. */

#include "config.h"

#include "thr-test.h"

typedef struct
{
  ThrTestGate entered;
  ThrTestGate leave;
  gboolean has_own;
} Run;

static int n_interrupts;
static int n_own_interrupts;
static ThrThreadWrapper *interrupted;

static void
interrupt (ThrThreadWrapper *thread,
           gpointer          user_data)
{
  g_assert_true (user_data == &n_interrupts);
  interrupted = thread;
  g_atomic_int_inc (&n_interrupts);
}

static void
interrupt_own (ThrThreadWrapper *thread,
               gpointer          user_data)
{
  g_atomic_int_inc (&n_own_interrupts);
}

static gboolean
run_func (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  Run *run = user_data;

  if (run->has_own)
    thr_thread_wrapper_set_interrupter (thread, interrupt_own, NULL, NULL);
  thr_test_gate_open (&run->entered);
  thr_test_gate_wait (&run->leave);
  return thr_thread_wrapper_checkpoint (thread, error);
}

static void
halt_one (Run      *run,
          gboolean  has_own)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) thread = NULL;
  g_autoptr (GError) error = NULL;

  *run = (Run) { .has_own = has_own };
  thread = thr_thread_manager_do_async (manager, "halted", run_func, run, NULL);
  thr_test_gate_wait (&run->entered);
  interrupted = NULL;
  thr_thread_wrapper_halt (thread);
  if (!has_own)
    g_assert_true (interrupted == thread);
  thr_test_gate_open (&run->leave);
  g_assert_false (thr_thread_wrapper_join (thread, THR_FOREVER, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_HALTED);
  thr_test_gate_clear (&run->entered);
  thr_test_gate_clear (&run->leave);
}

static void
test_interrupter (void)
{
  Run run;

  thr_add_interrupter (interrupt, &n_interrupts, NULL);
  halt_one (&run, FALSE);
  g_assert_cmpint (n_interrupts, ==, 1);
  g_assert_cmpint (n_own_interrupts, ==, 0);

  halt_one (&run, TRUE);
  g_assert_cmpint (n_interrupts, ==, 1);
  g_assert_cmpint (n_own_interrupts, ==, 1);
}

typedef struct
{
  gboolean takes;
  int n_reports;
  char *name;
} Reporter;

static gboolean
report (ThrThreadWrapper *thread,
        const GError     *failure,
        gpointer          user_data)
{
  Reporter *reporter = user_data;

  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_pointer (&reporter->name, g_free);
  reporter->name = thread != NULL ? thr_thread_wrapper_dup_name (thread) : g_strdup ("pushed");
  reporter->n_reports++;
  return reporter->takes;
}

static gboolean
fail_func (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "nobody looks");
  return FALSE;
}

static gboolean
push_fail_func (gpointer user_data,
                GError **error)
{
  return fail_func (NULL, user_data, error);
}

static void
fail_one (ThrThreadManager *manager)
{
  g_object_unref (thr_thread_manager_do_async (manager, "failing", fail_func, NULL, NULL));
  g_assert_true (thr_thread_manager_wait_idle (manager, THR_FOREVER, NULL, NULL));
}

static void
ignore_unhandled (ThrThreadManager *manager,
                  ThrThreadWrapper *thread,
                  const GError     *error,
                  gpointer          user_data)
{
}

static void
test_unhandled (void)
{
  static Reporter first, last;
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread;

  thr_add_unhandled_func (report, &first, NULL);
  thr_add_unhandled_func (report, &last, NULL);

  last.takes = TRUE;
  fail_one (manager);
  thr_test_run_until (last.n_reports == 1);
  g_assert_cmpstr (last.name, ==, "failing");
  g_assert_cmpint (first.n_reports, ==, 0);

  thr_thread_manager_push (manager, push_fail_func, NULL, NULL, NULL);
  g_assert_true (thr_thread_manager_wait_idle (manager, THR_FOREVER, NULL, NULL));
  g_assert_cmpint (last.n_reports, ==, 2);
  g_assert_cmpstr (last.name, ==, "pushed");

  /* Where none takes it, it is logged. */
  last.takes = FALSE;
  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*failing*nobody looks*");
  fail_one (manager);
  thr_test_run_until (last.n_reports == 3);
  g_test_assert_expected_messages ();
  g_assert_cmpint (first.n_reports, ==, 1);

  /* Sooner than when the last reference goes; and just once. */
  last.takes = TRUE;
  thread = thr_thread_manager_do_async (manager, "told", fail_func, NULL, NULL);
  g_assert_true (thr_thread_manager_wait_idle (manager, THR_FOREVER, NULL, NULL));
  g_assert_cmpint (last.n_reports, ==, 3);
  thr_thread_wrapper_report_unhandled (thread);
  thr_test_run_until (last.n_reports == 4);
  thr_thread_wrapper_report_unhandled (thread);
  g_assert_finalize_object (thread);
  g_assert_cmpint (last.n_reports, ==, 4);

  g_signal_connect (manager, "unhandled-error", G_CALLBACK (ignore_unhandled), NULL);
  fail_one (manager);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (last.n_reports, ==, 4);

  g_free (first.name);
  g_free (last.name);
}

/* ---- one function for all ---- */

typedef struct
{
  GString *phases;
  gboolean fails;
  gboolean is_freed;
} Phased;

static gboolean
phase_func (ThrThreadWrapper *thread,
            guint             phase,
            gpointer          user_data,
            GError          **error)
{
  Phased *phased = user_data;

  g_string_append_printf (phased->phases, "%u", phase);
  if (phase != THR_PHASE_RUN)
    return TRUE;
  if (phased->fails)
    return fail_func (thread, NULL, error);
  return thr_thread_wrapper_return_int (thread, 42, error);
}

static void
phased_freed (gpointer user_data)
{
  ((Phased *) user_data)->is_freed = TRUE;
}

static void
check_phases (ThrPhase    wanted,
              gboolean    fails,
              const char *phases)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  Phased phased = { g_string_new (NULL), fails, FALSE };
  ThrThreadWrapper *thread =
    thr_thread_manager_do_phased (manager, "phased", wanted, phase_func, &phased, phased_freed);

  g_assert_true (thr_thread_wrapper_join (thread, THR_FOREVER, NULL, NULL) == !fails);
  g_assert_cmpstr (phased.phases->str, ==, phases);
  g_assert_true (phased.is_freed);
  if (!fails)
    g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (thread)), ==, 42);
  g_assert_finalize_object (thread);
  g_string_free (phased.phases, TRUE);
}

static void
test_phases (void)
{
  check_phases (THR_PHASE_RUN, FALSE, "0");
  check_phases (THR_PHASE_SUCCESS | THR_PHASE_FAIL | THR_PHASE_END, FALSE, "014");
  check_phases (THR_PHASE_SUCCESS | THR_PHASE_FAIL | THR_PHASE_END, TRUE, "024");
  check_phases (THR_PHASE_END, TRUE, "04");
}

/* A callback has nobody to give an error to. */
static gboolean
failing_phase_func (ThrThreadWrapper *thread,
                    guint             phase,
                    gpointer          user_data,
                    GError          **error)
{
  return phase == THR_PHASE_RUN || fail_func (thread, user_data, error);
}

static void
test_failing_phase (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_manager_do_phased (manager, "phased", THR_PHASE_END,
                                                           failing_phase_func, NULL, NULL);

  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*callback*nobody looks*");
  g_assert_true (thr_thread_wrapper_join (thread, THR_FOREVER, NULL, NULL));
  g_test_assert_expected_messages ();
  g_assert_finalize_object (thread);
}

typedef struct
{
  GString *order;
  int *thread;
} Exit;

/* Its address says which thread it is; at its end, a thread has no GThread. */
static __thread int here;

static void
exit_a (gpointer user_data)
{
  Exit *exit = user_data;

  g_assert_true (exit->thread == &here);
  g_string_append_c (exit->order, 'a');
}

static void
exit_b (gpointer user_data)
{
  Exit *exit = user_data;

  g_string_append_c (exit->order, 'b');
}

static gpointer
thread_func (gpointer user_data)
{
  Exit *exit = user_data;

  exit->thread = &here;
  thr_at_thread_exit (exit_a, exit);
  thr_at_thread_exit (exit_b, exit);
  g_string_append_c (exit->order, '.');
  return NULL;
}

static void
test_thread_exit (void)
{
  Exit exit = { g_string_new (NULL), NULL };

  g_thread_join (g_thread_new ("short", thread_func, &exit));
  g_assert_cmpstr (exit.order->str, ==, ".ba");

  g_thread_join (g_thread_new ("short", thread_func, &exit));
  g_assert_cmpstr (exit.order->str, ==, ".ba.ba");

  /* After the gate has shut, a binding's interpreter may be gone. */
  g_assert_true (thr_shutdown (THR_SHUTDOWN_MODE_HALT, THR_FOREVER, NULL));
  g_thread_join (g_thread_new ("late", thread_func, &exit));
  g_assert_cmpstr (exit.order->str, ==, ".ba.ba.");
  g_string_free (exit.order, TRUE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/binding/interrupter", test_interrupter);
  g_test_add_func ("/binding/unhandled", test_unhandled);
  g_test_add_func ("/binding/phases", test_phases);
  g_test_add_func ("/binding/failing-phase", test_failing_phase);
  /* Shuts the gate: the last one. */
  g_test_add_func ("/binding/thread-exit", test_thread_exit);

  return g_test_run ();
}
