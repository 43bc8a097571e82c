/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What callbacks may do: everything. */

#include "config.h"

#include "thr-test.h"

/* A manager that runs one job after the other, so that they end in order. */
static ThrThreadManager *
serial_manager_new (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));

  return manager;
}

/* ---- arguments ---- */

typedef struct
{
  ThrThreadWrapper *thread;
  GThread *home;
  GString *calls;
} Arguments;

static void
arguments_on_success (ThrThreadWrapper *thread,
                      const GValue     *result,
                      gpointer          user_data)
{
  Arguments *expected = user_data;

  g_assert_true (g_thread_self () == expected->home);
  g_assert_true (thread == expected->thread);
  g_assert_cmpint (g_value_get_int64 (result), ==, 11);
  g_string_append_c (expected->calls, 's');
}

static void
arguments_on_fail (ThrThreadWrapper *thread,
                   const GError     *failure,
                   gpointer          user_data)
{
  Arguments *expected = user_data;

  g_assert_true (g_thread_self () == expected->home);
  g_assert_true (thread == expected->thread);
  g_assert_error (failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (failure->message, ==, "no such thing");
  g_string_append_c (expected->calls, 'f');
}

static void
arguments_on_end (ThrThreadWrapper *thread,
                  gpointer          user_data)
{
  Arguments *expected = user_data;

  g_assert_true (g_thread_self () == expected->home);
  g_assert_true (thread == expected->thread);
  g_string_append_c (expected->calls, 'e');
}

static void
test_arguments (void)
{
  static const char *orders[] = { "sSeE", "fFeE" };
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      g_autoptr (GString) calls = g_string_new (NULL);
      ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, i == 0 ? thr_test_job_return_int : thr_test_job_fail,
                                                         GINT_TO_POINTER (11), NULL);
      Arguments data = { thread, g_thread_self (), calls };

      thr_thread_wrapper_set_on_success (thread, arguments_on_success, &data, NULL);
      thr_thread_wrapper_set_on_fail (thread, arguments_on_fail, &data, NULL);
      thr_thread_wrapper_set_on_end (thread, arguments_on_end, &data, NULL);
      g_signal_connect (thread, "succeeded", G_CALLBACK (arguments_on_success), &data);
      g_signal_connect (thread, "failed", G_CALLBACK (arguments_on_fail), &data);
      g_signal_connect (thread, "ended", G_CALLBACK (arguments_on_end), &data);
      g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
      thr_test_run_until_closed (thread);
      g_assert_true (g_ascii_strcasecmp (calls->str, orders[i]) == 0);
      g_assert_cmpuint (calls->len, ==, 4);
      g_assert_finalize_object (thread);
    }

  g_assert_finalize_object (manager);
}

/* ---- the last reference ---- */

typedef struct
{
  ThrThreadManager *manager;
  ThrThreadWrapper *thread;
  int state; /* drop when this is announced, or −1 */
  gboolean dropped;
} Drop;

static void
drop (Drop *self)
{
  g_assert_false (self->dropped);
  self->dropped = TRUE;
  g_clear_object (&self->thread);
  g_clear_object (&self->manager);
}

static void
drop_on_success (ThrThreadWrapper *thread,
                 const GValue     *result,
                 gpointer          user_data)
{
  drop (user_data);
}

static void
drop_on_fail (ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
  drop (user_data);
}

static void
drop_on_end (ThrThreadWrapper *thread,
             gpointer          user_data)
{
  drop (user_data);
}

static void
drop_on_state (ThrThreadWrapper *thread,
               GParamSpec       *pspec,
               Drop             *self)
{
  if ((int) thr_thread_wrapper_get_execution_state (thread) == self->state)
    drop (self);
}

static void
drop_destroy (gpointer user_data)
{
  drop (user_data);
}

enum
{
  DROP_ON_SUCCESS,
  DROP_ON_FAIL,
  DROP_ON_END,
  DROP_SUCCEEDED,
  DROP_FAILED,
  DROP_ENDED,
  DROP_DESTROY,
  DROP_STATES,
};

static void
test_last_reference (void)
{
  static const ThrExecutionState states[] = { THR_EXECUTION_STATE_RUNNING, THR_EXECUTION_STATE_EXCEPTION,
                                              THR_EXECUTION_STATE_FINISHING, THR_EXECUTION_STATE_CLOSED };

  for (guint i = 0; i < DROP_STATES + G_N_ELEMENTS (states); i++)
    {
      gboolean fails = i == DROP_ON_FAIL || i == DROP_FAILED || i >= DROP_STATES;
      g_autoptr (ThrTestRecorder) recorder = NULL;
      ThrTestHome home, manager_home;
      Drop data = { NULL, NULL, -1, FALSE };
      ThrThreadWrapper *thread;

      thr_test_home_init (&home);
      thr_test_home_init (&manager_home);
      data.manager = thr_thread_manager_new ();
      data.thread = thread = thr_thread_wrapper_new (NULL, fails ? thr_test_job_fail : thr_test_job_return, &data,
                                                     i == DROP_DESTROY ? drop_destroy : NULL);
      thr_test_home_watch (&home, data.thread);
      thr_test_home_watch (&manager_home, data.manager);
      recorder = thr_test_recorder_new (thread);
      /* A failure is taken, whoever else listens. */
      if (i != DROP_ON_FAIL)
        thr_test_recorder_watch_callbacks (recorder, thread);

      switch (i)
        {
        case DROP_ON_SUCCESS:
          thr_thread_wrapper_set_on_success (thread, drop_on_success, &data, NULL);
          break;
        case DROP_ON_FAIL:
          thr_thread_wrapper_set_on_fail (thread, drop_on_fail, &data, NULL);
          break;
        case DROP_ON_END:
          thr_thread_wrapper_set_on_end (thread, drop_on_end, &data, NULL);
          break;
        case DROP_SUCCEEDED:
          g_signal_connect (thread, "succeeded", G_CALLBACK (drop_on_success), &data);
          break;
        case DROP_FAILED:
          g_signal_connect (thread, "failed", G_CALLBACK (drop_on_fail), &data);
          break;
        case DROP_ENDED:
          g_signal_connect (thread, "ended", G_CALLBACK (drop_on_end), &data);
          break;
        case DROP_DESTROY:
          break;
        default:
          data.state = states[i - DROP_STATES];
          g_signal_connect (thread, "notify::execution-state", G_CALLBACK (drop_on_state), &data);
        }

      g_assert_true (thr_thread_manager_submit (data.manager, thread, NULL));
      thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
      thr_test_run_until (thr_test_home_n_finalized (&manager_home) == 1);
      g_assert_true (data.dropped);
      g_assert_true (thr_test_recorder_is_closed (recorder));
      g_assert_true (g_str_has_suffix (thr_test_recorder_get (recorder), "CLOSED"));
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      g_assert_cmpint (thr_test_home_n_away (&manager_home), ==, 0);
    }
}

/* ---- submitting ---- */

typedef struct
{
  ThrThreadManager *manager;
  ThrTestHome home;
  guint left;
} Chain;

static void
chain_on_end (ThrThreadWrapper *thread,
              gpointer          user_data)
{
  Chain *chain = user_data;
  g_autoptr (ThrThreadWrapper) next = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (thr_thread_manager_submit (chain->manager, thread, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  if (--chain->left == 0)
    return;

  next = thr_thread_manager_do_async (chain->manager, NULL, thr_test_job_return, NULL, NULL);
  thr_test_home_watch (&chain->home, next);
  thr_thread_wrapper_set_on_end (next, chain_on_end, chain, NULL);
}

static void
test_submits (void)
{
  guint n = thr_test_scale (5000, 200);
  Chain chain = { serial_manager_new (), { NULL }, n };
  ThrThreadWrapper *first;

  thr_test_home_init (&chain.home);
  first = thr_thread_manager_do_async (chain.manager, NULL, thr_test_job_return, NULL, NULL);
  thr_thread_wrapper_set_on_end (first, chain_on_end, &chain, NULL);
  thr_test_run_until (chain.left == 0);
  thr_test_drain ();
  g_assert_cmpint (thr_test_home_n_finalized (&chain.home), ==, n - 1);
  g_assert_cmpint (thr_test_home_n_away (&chain.home), ==, 0);
  g_assert_finalize_object (first);
  g_assert_finalize_object (chain.manager);
}

/* ---- the manager goes, or is told to ---- */

typedef struct
{
  ThrThreadManager *manager;
  ThrTestGate *spinning;
  ThrThreadWrapper *spinner;
} Command;

static void
stop_on_end (ThrThreadWrapper *thread,
             gpointer          user_data)
{
  Command *self = user_data;

  thr_thread_manager_stop (self->manager);
}

static void
halt_on_end (ThrThreadWrapper *thread,
             gpointer          user_data)
{
  Command *self = user_data;
  g_autoptr (GError) error = NULL;

  /* It asks, and does not wait: the other job is still there, or is not. */
  if (thr_thread_manager_halt (self->manager, THR_FOREVER, &error))
    g_assert_cmpuint (thr_thread_manager_get_n_running (self->manager), ==, 0);
  else
    g_assert_nonnull (error);
  g_assert_true (thr_thread_wrapper_get_halted (self->spinner) ||
                 thr_thread_wrapper_get_finished_with (self->spinner) != THR_EXECUTION_STATE_CREATED);
}

static void
unref_on_end (ThrThreadWrapper *thread,
              gpointer          user_data)
{
  Command *self = user_data;

  g_clear_object (&self->manager);
  thr_thread_wrapper_cancel (self->spinner);
}

static void
test_commands (void)
{
  static const ThrEndFunc funcs[] = { stop_on_end, halt_on_end, unref_on_end };
  static const char *const words[] = {
    "EXCEPTION on_fail FINISHING on_end CLOSED",
    "EXCEPTION on_fail FINISHING on_end CLOSED",
    "RUNNING RETURNED on_success FINISHING on_end CLOSED",
  };

  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    {
      ThrTestGate spinning = THR_TEST_GATE_INIT;
      ThrTestGate gate = THR_TEST_GATE_INIT;
      Command data = { thr_thread_manager_new (), &spinning, NULL };
      ThrTestHome home;
      ThrThreadWrapper *threads[6];
      ThrTestRecorder *recorders[6];

      /* One spins, one ends and gives the command, the others are queued. */
      thr_test_home_init (&home);
      thr_test_home_watch (&home, data.manager);
      g_assert_true (thr_thread_manager_set_thread_limit (data.manager, 2, NULL));
      threads[0] = thr_thread_manager_do_async (data.manager, "spin", thr_test_job_spin, &spinning, NULL);
      threads[1] = thr_thread_manager_do_async (data.manager, "command", thr_test_job_gate, &gate, NULL);
      thr_test_gate_wait (&spinning);
      data.spinner = threads[0];
      thr_test_block_until (thr_thread_wrapper_get_execution_state (threads[1]) == THR_EXECUTION_STATE_RUNNING);
      thr_thread_manager_set_paused (data.manager, i < 2);
      for (guint j = 2; j < G_N_ELEMENTS (threads); j++)
        threads[j] = thr_thread_manager_do_async (data.manager, NULL, thr_test_job_return, NULL, NULL);
      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        {
          recorders[j] = thr_test_recorder_new (threads[j]);
          thr_test_recorder_watch_callbacks (recorders[j], threads[j]);
        }
      thr_thread_wrapper_set_on_end (threads[1], funcs[i], &data, NULL);
      thr_test_gate_open (&gate);

      for (guint j = 1; j < G_N_ELEMENTS (threads); j++)
        thr_test_run_until (thr_test_recorder_is_closed (recorders[j]));
      if (i == 0)
        {
          g_assert_cmpint (thr_thread_wrapper_get_execution_state (threads[0]), ==, THR_EXECUTION_STATE_RUNNING);
          thr_thread_wrapper_cancel (threads[0]);
        }
      thr_test_run_until (thr_test_recorder_is_closed (recorders[0]));
      g_assert_cmpstr (thr_test_recorder_get (recorders[0]), ==,
                       "RUNNING EXCEPTION on_fail FINISHING on_end CLOSED");
      if (i == 1)
        g_assert_error (thr_thread_wrapper_get_error (threads[0]), THR_ERROR, THR_ERROR_HALTED);
      else
        g_assert_error (thr_thread_wrapper_get_error (threads[0]), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      for (guint j = 2; j < G_N_ELEMENTS (threads); j++)
        {
          g_assert_cmpstr (thr_test_recorder_get (recorders[j]), ==, words[i]);
          if (i < 2)
            g_assert_cmpint (thr_thread_wrapper_get_error (threads[j])->domain, ==, THR_ERROR);
        }

      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        {
          thr_test_recorder_unref (recorders[j]);
          g_assert_finalize_object (threads[j]);
        }
      g_clear_object (&data.manager);
      thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      thr_test_gate_clear (&gate);
      thr_test_gate_clear (&spinning);
    }
}

/* ---- setting callbacks inside callbacks ---- */

static void
count_on_end (ThrThreadWrapper *thread,
              gpointer          user_data)
{
  thr_test_home_destroy (user_data);
}

static void
replace_on_success (ThrThreadWrapper *thread,
                    const GValue     *result,
                    gpointer          user_data)
{
  ThrTestHome *homes = user_data;

  /* What is running now is replaced; what comes next is set. */
  thr_thread_wrapper_set_on_success (thread, NULL, NULL, NULL);
  thr_thread_wrapper_set_on_end (thread, count_on_end, &homes[1], thr_test_home_destroy);
}

/* Before the job is submitted another thread may set its callbacks; what it
 * replaces is destroyed at home. */
static gpointer
replace_elsewhere (gpointer data)
{
  thr_thread_wrapper_set_on_end (data, NULL, NULL, NULL);
  return NULL;
}

static void
ignore_end (ThrThreadWrapper *thread,
            gpointer          user_data)
{
}

static void
test_replace_elsewhere (void)
{
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  ThrTestHome home;

  thr_test_home_init (&home);
  thr_thread_wrapper_set_on_end (thread, ignore_end, &home, thr_test_home_destroy);
  g_thread_join (g_thread_new ("replace", replace_elsewhere, thread));
  thr_test_run_until (thr_test_home_n_destroyed (&home) == 1);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  g_assert_finalize_object (thread);
}

static void
test_replace (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  ThrTestHome homes[2];

  thr_test_home_init (&homes[0]);
  thr_test_home_init (&homes[1]);
  thr_thread_wrapper_set_on_success (thread, replace_on_success, homes, thr_test_home_destroy);
  thr_test_run_until_closed (thread);
  g_assert_cmpint (thr_test_home_n_destroyed (&homes[0]), ==, 1);
  g_assert_cmpint (thr_test_home_n_destroyed (&homes[1]), ==, 2);
  g_assert_cmpint (thr_test_home_n_away (&homes[0]) + thr_test_home_n_away (&homes[1]), ==, 0);

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

/* ---- what comes after the end ---- */

static gpointer
rename_thread (gpointer user_data)
{
  thr_thread_wrapper_set_name (user_data, "another name");
  thr_thread_wrapper_set_message (user_data, "a message");

  return NULL;
}

static void
rename_on_closed (ThrThreadWrapper *thread,
                  GParamSpec       *pspec,
                  gpointer          user_data)
{
  if (thr_thread_wrapper_get_execution_state (thread) == THR_EXECUTION_STATE_CLOSED)
    g_thread_join (g_thread_new ("rename", rename_thread, thread));
}

static void
late_notify_cb (ThrThreadWrapper *thread,
                GParamSpec       *pspec,
                ThrTestHome      *home)
{
  thr_test_home_destroy (home);
}

/* What others set while the last handlers run, or later, is announced too. */
static void
test_late_notify (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
  ThrTestHome home;

  thr_test_home_init (&home);
  g_signal_connect (thread, "notify::execution-state", G_CALLBACK (rename_on_closed), NULL);
  g_signal_connect (thread, "notify::name", G_CALLBACK (late_notify_cb), &home);
  g_signal_connect (thread, "notify::message", G_CALLBACK (late_notify_cb), &home);
  thr_test_run_until (thr_test_home_n_destroyed (&home) == 2);
  thr_test_drain ();
  g_thread_join (g_thread_new ("rename", rename_thread, thread));
  thr_thread_wrapper_set_name (thread, NULL);
  thr_test_run_until (thr_test_home_n_destroyed (&home) >= 3);
  thr_test_drain ();
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/callbacks/arguments", test_arguments);
  g_test_add_func ("/callbacks/last-reference", test_last_reference);
  g_test_add_func ("/callbacks/submits", test_submits);
  g_test_add_func ("/callbacks/commands", test_commands);
  g_test_add_func ("/callbacks/replace", test_replace);
  g_test_add_func ("/callbacks/replace-elsewhere", test_replace_elsewhere);
  g_test_add_func ("/callbacks/late-notify", test_late_notify);

  return g_test_run ();
}
