/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

#define SUCCEEDED "RUNNING RETURNED on_success succeeded FINISHING on_end ended CLOSED"
#define FAILED "RUNNING EXCEPTION on_fail failed FINISHING on_end ended CLOSED"
#define NEVER_RAN "EXCEPTION on_fail failed FINISHING on_end ended CLOSED"

static ThrTestRecorder *
record_all (ThrThreadWrapper *thread)
{
  ThrTestRecorder *recorder = thr_test_recorder_new (thread);

  thr_test_recorder_watch_signals (recorder, thread);
  thr_test_recorder_watch_callbacks (recorder, thread);

  return recorder;
}

/* Runs the job to its end, takes both references and looks at how it went. */
static void
finish (ThrThreadWrapper *thread,
        ThrTestRecorder  *recorder,
        const char       *sequence,
        GQuark            domain,
        int               code)
{
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, sequence);
  thr_test_drain ();
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, sequence);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_CLOSED);

  if (domain == 0)
    {
      g_assert_null (thr_thread_wrapper_get_error (thread));
      g_assert_cmpint (thr_thread_wrapper_get_finished_with (thread), ==, THR_EXECUTION_STATE_RETURNED);
    }
  else
    {
      g_assert_error (thr_thread_wrapper_get_error (thread), domain, code);
      g_assert_cmpuint (strlen (thr_thread_wrapper_get_error (thread)->message), >, 0);
      g_assert_null (thr_thread_wrapper_get_result (thread));
      g_assert_cmpint (thr_thread_wrapper_get_finished_with (thread), ==, THR_EXECUTION_STATE_EXCEPTION);
    }

  thr_test_recorder_unref (recorder);
  thr_test_finalize_soon (thread);
}

static gboolean
must_not_run (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  g_assert_not_reached ();
}

static gboolean
fail_without_error (ThrThreadWrapper *thread,
                    gpointer          user_data,
                    GError          **error)
{
  return FALSE;
}

static void
test_life (void)
{
  ThrTestHome home;
  ThrThreadWrapper *thread;
  g_autofree char *name = NULL;
  g_auto (GValue) status = G_VALUE_INIT;

  thr_test_home_init (&home);
  thread = thr_thread_wrapper_new ("a name", must_not_run, &home, thr_test_home_destroy);
  thr_test_home_watch (&home, thread);

  name = thr_thread_wrapper_dup_name (thread);
  g_assert_cmpstr (name, ==, "a name");
  g_assert_true (g_str_has_prefix (thr_thread_wrapper_get_ident (thread), "thr-"));
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_CREATED);
  g_assert_cmpint (thr_thread_wrapper_get_finished_with (thread), ==, THR_EXECUTION_STATE_CREATED);
  g_assert_false (thr_thread_wrapper_get_status (thread, &status));
  g_assert_cmpfloat (thr_thread_wrapper_get_progress (thread), ==, -1);
  g_assert_null (thr_thread_wrapper_dup_message (thread));
  g_assert_cmpint (thr_thread_wrapper_get_priority (thread), ==, 0);
  g_assert_false (thr_thread_wrapper_get_paused (thread));
  g_assert_false (thr_thread_wrapper_get_halted (thread));
  g_assert_null (thr_thread_wrapper_dup_manager (thread));
  g_assert_cmpint (thr_thread_wrapper_get_created_at (thread), <=, g_get_monotonic_time ());
  g_assert_cmpint (thr_thread_wrapper_get_created_at (thread), >, 0);
  g_assert_cmpint (thr_thread_wrapper_get_started_at (thread), <=, 0);
  g_assert_cmpint (thr_thread_wrapper_get_ended_at (thread), <=, 0);
  g_assert_null (thr_thread_wrapper_get_result (thread));
  g_assert_null (thr_thread_wrapper_get_error (thread));
  g_assert_null (thr_thread_wrapper_get_current ());

  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 0);
  g_assert_finalize_object (thread);
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 1);
  g_assert_cmpint (thr_test_home_n_finalized (&home), ==, 1);
}

static void
test_properties (void)
{
  static const char *read_only[] = { "ident", "execution-state", "finished-with", "created-at", "started-at",
                                     "ended-at", "result", "error", "halted", "manager" };
  static const char *writable[] = { "name", "status", "progress", "message", "priority" };
  g_autoptr (ThrThreadWrapper) thread = thr_thread_wrapper_new (NULL, must_not_run, NULL, NULL);
  g_autofree char *ident = NULL, *name = NULL, *message = NULL;
  g_auto (GValue) status = G_VALUE_INIT, got = G_VALUE_INIT;
  GValue *boxed = NULL;
  double progress;
  int priority;

  for (guint i = 0; i < G_N_ELEMENTS (read_only); i++)
    {
      GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (thread), read_only[i]);

      g_assert_nonnull (pspec);
      g_assert_cmpint (pspec->flags & G_PARAM_READABLE, !=, 0);
      g_assert_cmpint (pspec->flags & G_PARAM_WRITABLE, ==, 0);
    }
  for (guint i = 0; i < G_N_ELEMENTS (writable); i++)
    {
      GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (thread), writable[i]);

      g_assert_nonnull (pspec);
      g_assert_cmpint (pspec->flags & G_PARAM_READWRITE, ==, G_PARAM_READWRITE);
    }
  g_assert_nonnull (g_object_class_find_property (G_OBJECT_GET_CLASS (thread), "cancellable"));
  g_assert_nonnull (g_object_class_find_property (G_OBJECT_GET_CLASS (thread), "paused"));

  /* Without a name, it is called by its ident. */
  g_object_get (thread, "ident", &ident, "name", &name, NULL);
  g_assert_cmpstr (ident, ==, thr_thread_wrapper_get_ident (thread));
  g_assert_cmpstr (name, ==, ident);

  g_value_init (&status, G_TYPE_STRING);
  g_value_set_static_string (&status, "half way");
  g_object_set (thread, "status", &status, "progress", 0.5, "message", "copying", "priority", -3, "name", "x", NULL);
  g_clear_pointer (&name, g_free);
  g_object_get (thread, "status", &boxed, "progress", &progress, "message", &message, "priority", &priority,
                "name", &name, NULL);
  g_assert_true (G_VALUE_HOLDS_STRING (boxed));
  g_assert_cmpstr (g_value_get_string (boxed), ==, "half way");
  g_assert_cmpfloat (progress, ==, 0.5);
  g_assert_cmpstr (message, ==, "copying");
  g_assert_cmpint (priority, ==, -3);
  g_assert_cmpstr (name, ==, "x");
  g_boxed_free (G_TYPE_VALUE, boxed);

  g_value_unset (&status);
  g_value_init (&status, G_TYPE_VARIANT);
  g_value_take_variant (&status, g_variant_ref_sink (g_variant_new ("(ii)", 1, 2)));
  thr_thread_wrapper_set_status (thread, &status);
  g_assert_true (thr_thread_wrapper_get_status (thread, &got));
  g_assert_true (G_VALUE_HOLDS_VARIANT (&got));
  g_assert_true (g_variant_equal (g_value_get_variant (&got), g_value_get_variant (&status)));

  thr_test_drain ();
  g_assert_finalize_object (g_steal_pointer (&thread));
}

static ThrThreadWrapper *
submit (ThrThreadManager *manager,
        ThrThreadFunc     func,
        gpointer          user_data,
        ThrTestRecorder **recorder)
{
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, func, user_data, NULL);
  g_autoptr (GError) error = NULL;
  gboolean submitted;

  *recorder = record_all (thread);
  submitted = thr_thread_manager_submit (manager, thread, &error);
  g_assert_no_error (error);
  g_assert_true (submitted);

  return thread;
}

static void
test_return_and_fail (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread;
  ThrTestRecorder *recorder;

  thread = submit (manager, thr_test_job_return, NULL, &recorder);
  finish (thread, recorder, SUCCEEDED, 0, 0);

  thread = submit (manager, thr_test_job_return_int, GINT_TO_POINTER (42), &recorder);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_true (G_VALUE_HOLDS_INT64 (thr_thread_wrapper_get_result (thread)));
  g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (thread)), ==, 42);
  finish (thread, recorder, SUCCEEDED, 0, 0);

  thread = submit (manager, thr_test_job_fail, NULL, &recorder);
  finish (thread, recorder, FAILED, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  thread = submit (manager, fail_without_error, NULL, &recorder);
  finish (thread, recorder, FAILED, THR_ERROR, THR_ERROR_FAILED);

  g_assert_finalize_object (manager);
}

static void
test_never_ran (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *threads[4];
  ThrTestRecorder *recorders[4];

  thr_test_busy_init (&busy);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = submit (busy.manager, must_not_run, NULL, &recorders[i]);

  thr_thread_wrapper_cancel (threads[0]);
  thr_thread_wrapper_halt (threads[1]);
  g_assert_true (thr_thread_wrapper_get_halted (threads[1]));
  finish (threads[0], recorders[0], NEVER_RAN, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  finish (threads[1], recorders[1], NEVER_RAN, THR_ERROR, THR_ERROR_HALTED);

  /* The running one goes on, the queued ones end, new ones fail at once. */
  thr_thread_manager_stop (busy.manager);
  finish (threads[2], recorders[2], NEVER_RAN, THR_ERROR, THR_ERROR_STOPPED);
  finish (threads[3], recorders[3], NEVER_RAN, THR_ERROR, THR_ERROR_STOPPED);
  threads[2] = submit (busy.manager, must_not_run, NULL, &recorders[2]);
  finish (threads[2], recorders[2], NEVER_RAN, THR_ERROR, THR_ERROR_STOPPED);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (busy.blocker), ==, THR_EXECUTION_STATE_RUNNING);

  thr_test_busy_clear (&busy);
}

static void
test_before_submit (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GCancellable *cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  ThrThreadWrapper *thread;
  ThrTestRecorder *recorder;

  for (guint i = 0; i < 3; i++)
    {
      thread = thr_thread_wrapper_new (NULL, must_not_run, NULL, NULL);
      recorder = record_all (thread);
      if (i == 0)
        thr_thread_wrapper_cancel (thread);
      else if (i == 1)
        thr_thread_wrapper_halt (thread);
      else
        {
          g_assert_true (thr_thread_wrapper_follow_cancellable (thread, cancellable, &error));
          g_cancellable_cancel (cancellable);
        }
      thr_test_drain ();
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_CREATED);
      g_assert_true (thr_thread_manager_submit (manager, thread, &error));
      g_assert_no_error (error);
      if (i == 1)
        finish (thread, recorder, NEVER_RAN, THR_ERROR, THR_ERROR_HALTED);
      else
        finish (thread, recorder, NEVER_RAN, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }

  thr_test_finalize_soon (cancellable);
  g_assert_finalize_object (manager);
}

static gboolean
ignore_cancel (ThrThreadWrapper *thread,
               gpointer          user_data,
               GError          **error)
{
  g_autoptr (GError) local = NULL;

  thr_test_gate_open (user_data);
  while (thr_thread_wrapper_checkpoint (thread, &local))
    g_thread_yield ();
  g_assert_nonnull (local);

  return thr_thread_wrapper_return_string (thread, "all the same", error);
}

static void
test_while_running (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread;
  ThrTestRecorder *recorder;
  ThrTestGate entered = THR_TEST_GATE_INIT;

  thread = submit (manager, thr_test_job_spin, &entered, &recorder);
  thr_test_gate_wait (&entered);
  g_assert_cmpint (thr_thread_wrapper_get_finished_with (thread), ==, THR_EXECUTION_STATE_CREATED);
  thr_thread_wrapper_cancel (thread);
  finish (thread, recorder, FAILED, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  thr_test_gate_close (&entered);
  thread = submit (manager, thr_test_job_spin, &entered, &recorder);
  thr_test_gate_wait (&entered);
  thr_thread_wrapper_halt (thread);
  finish (thread, recorder, FAILED, THR_ERROR, THR_ERROR_HALTED);

  /* What returns all the same has succeeded. */
  for (guint i = 0; i < 2; i++)
    {
      thr_test_gate_close (&entered);
      thread = submit (manager, ignore_cancel, &entered, &recorder);
      thr_test_gate_wait (&entered);
      if (i == 0)
        thr_thread_wrapper_cancel (thread);
      else
        thr_thread_wrapper_halt (thread);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_assert_cmpstr (g_value_get_string (thr_thread_wrapper_get_result (thread)), ==, "all the same");
      finish (thread, recorder, SUCCEEDED, 0, 0);
    }

  g_assert_finalize_object (manager);
  thr_test_gate_clear (&entered);
}

static gpointer
ident_thread (gpointer user_data)
{
  GPtrArray *idents = g_ptr_array_new_with_free_func (g_free);
  guint n = thr_test_scale (2500, 200);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (ThrThreadWrapper) thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

      g_ptr_array_add (idents, g_strdup (thr_thread_wrapper_get_ident (thread)));
    }

  return idents;
}

static void
test_idents (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("idents", ident_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (GPtrArray) idents = g_thread_join (threads[i]);

      for (guint j = 0; j < idents->len; j++)
        {
          const char *ident = idents->pdata[j];

          g_assert_true (g_regex_match_simple ("^thr-[0-9]+$", ident, 0, 0));
          g_assert_true (g_hash_table_add (seen, g_strdup (ident)));
        }
    }
}

static void
test_times (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread;
  ThrTestRecorder *recorder;
  ThrTestGate gate = THR_TEST_GATE_INIT;
  gint64 before = g_get_monotonic_time (), submitted, opened;
  gint64 created, started, ended;

  thread = submit (manager, thr_test_job_gate, &gate, &recorder);
  submitted = g_get_monotonic_time ();
  thr_test_poll_until (thr_thread_wrapper_get_execution_state (thread) == THR_EXECUTION_STATE_RUNNING);
  g_assert_cmpint (thr_thread_wrapper_get_ended_at (thread), <=, 0);
  opened = g_get_monotonic_time ();
  thr_test_gate_open (&gate);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));

  g_object_get (thread, "created-at", &created, "started-at", &started, "ended-at", &ended, NULL);
  g_assert_cmpint (created, ==, thr_thread_wrapper_get_created_at (thread));
  g_assert_cmpint (started, ==, thr_thread_wrapper_get_started_at (thread));
  g_assert_cmpint (ended, ==, thr_thread_wrapper_get_ended_at (thread));
  g_assert_cmpint (before, <=, created);
  g_assert_cmpint (created, <=, submitted);
  g_assert_cmpint (created, <=, started);
  g_assert_cmpint (started, <=, opened);
  g_assert_cmpint (opened, <=, ended);
  g_assert_cmpint (ended, <=, g_get_monotonic_time ());

  finish (thread, recorder, SUCCEEDED, 0, 0);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

/* A script that polls and runs no loop comes to an end; what it connects
 * afterwards, but before it dispatches, is called nevertheless. */
static void
test_polling (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (guint i = 0; i < 200; i++)
    {
      gboolean fails = (i & 1) != 0, early = (i & 2) != 0;
      ThrThreadWrapper *thread;
      ThrTestRecorder *recorder = NULL;
      ThrExecutionState expected;

      thread = thr_thread_manager_do_async (manager, "polled", fails ? thr_test_job_fail : thr_test_job_return,
                                            NULL, NULL);
      if (early)
        recorder = record_all (thread);
      thr_test_block_until (thr_thread_wrapper_get_execution_state (thread) > THR_EXECUTION_STATE_RUNNING);

      expected = early ? (fails ? THR_EXECUTION_STATE_EXCEPTION : THR_EXECUTION_STATE_RETURNED)
                       : THR_EXECUTION_STATE_CLOSED;
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, expected);
      g_assert_cmpint (thr_thread_wrapper_get_finished_with (thread), ==,
                       fails ? THR_EXECUTION_STATE_EXCEPTION : THR_EXECUTION_STATE_RETURNED);
      if (!early)
        {
          recorder = record_all (thread);
          /* It never goes back. */
          g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_CLOSED);
        }
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "");

      if (fails)
        finish (thread, recorder, FAILED, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      else
        finish (thread, recorder, SUCCEEDED, 0, 0);
    }

  g_assert_finalize_object (manager);
}

typedef struct
{
  ThrTestRecorder *recorder;
  const char *word;
} Word;

static void
word_destroy (gpointer user_data)
{
  Word *self = user_data;

  thr_test_recorder_add (self->recorder, self->word);
}

static void
nothing_on_success (ThrThreadWrapper *thread,
                    const GValue     *result,
                    gpointer          user_data)
{
}

static void
nothing_on_fail (ThrThreadWrapper *thread,
                 const GError     *failure,
                 gpointer          user_data)
{
}

static void
nothing_on_end (ThrThreadWrapper *thread,
                gpointer          user_data)
{
}

static void
test_user_data (void)
{
  const char *ends[] = { "RUNNING RETURNED FINISHING CLOSED ~func ", "RUNNING EXCEPTION FINISHING CLOSED ~func ",
                         "EXCEPTION FINISHING CLOSED ~func " };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      ThrTestBusy busy;
      Word words[] = {
        { NULL, "~func" },
        { NULL, "~success" },
        { NULL, "~fail" },
        { NULL, "~end" },
        { NULL, "~replaced" },
      };
      ThrThreadWrapper *thread;
      g_autoptr (ThrTestRecorder) recorder = NULL;
      const char *got;

      thr_test_busy_init (&busy);
      thread = thr_thread_wrapper_new (NULL, i == 0 ? thr_test_job_return : thr_test_job_fail,
                                       &words[0], word_destroy);
      recorder = thr_test_recorder_new (thread);
      for (guint j = 0; j < G_N_ELEMENTS (words); j++)
        words[j].recorder = recorder;

      thr_thread_wrapper_set_on_end (thread, nothing_on_end, &words[4], word_destroy);
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "");
      thr_thread_wrapper_set_on_end (thread, nothing_on_end, &words[3], word_destroy);
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "~replaced");
      thr_thread_wrapper_set_on_success (thread, nothing_on_success, &words[1], word_destroy);
      thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, &words[2], word_destroy);

      g_assert_true (thr_thread_manager_submit (busy.manager, thread, NULL));
      if (i == 2)
        thr_thread_wrapper_cancel (thread);
      thr_test_busy_open (&busy);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));

      /* All of it is gone although we hold a reference, the function's first. */
      got = thr_test_recorder_get (recorder) + strlen ("~replaced ");
      g_assert_true (g_str_has_prefix (got, ends[i]));
      got += strlen (ends[i]);
      g_assert_cmpuint (strlen (got), ==, strlen ("~success ~fail ~end"));
      g_assert_nonnull (strstr (got, "~success"));
      g_assert_nonnull (strstr (got, "~fail"));
      g_assert_nonnull (strstr (got, "~end"));

      g_assert_finalize_object (thread);
      thr_test_busy_clear (&busy);
    }
}

static void
test_full (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  ThrTestHome home;
  ThrThreadWrapper *thread;
  g_autoptr (ThrTestRecorder) recorder = NULL;

  /* One user data for all of them, destroyed once. */
  thr_test_home_init (&home);
  for (guint i = 1; i <= 2; i++)
    {
      g_clear_pointer (&recorder, thr_test_recorder_unref);
      thread = thr_thread_manager_do_async_full (manager, "full", thr_test_job_return, cancellable, nothing_on_success,
                                                 nothing_on_fail, nothing_on_end, &home, thr_test_home_destroy);
      recorder = thr_test_recorder_new (thread);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==,
                       i == 1 ? "RUNNING RETURNED FINISHING CLOSED" : "EXCEPTION FINISHING CLOSED");
      g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, i);
      thr_test_finalize_soon (thread);
      g_cancellable_cancel (cancellable);
    }
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);

  g_assert_finalize_object (manager);
}

/* ---- a status whose copying uses the job ---- */

/* As a binding may, which runs its own code to copy what it has put in a value. */
typedef struct
{
  ThrThreadWrapper *thread;
  guint n_copies;
  guint n_freed;
} Curious;

static gpointer
curious_copy (gpointer boxed)
{
  Curious *self = boxed;

  self->n_copies++;
  /* Both take the lock that guards the status. */
  thr_thread_wrapper_set_message (self->thread, "copied");
  thr_thread_wrapper_set_status (self->thread, NULL);
  g_assert_cmpuint (self->n_freed, ==, 0);
  return self;
}

static void
curious_free (gpointer boxed)
{
  ((Curious *) boxed)->n_freed++;
}

static GType curious_get_type (void);
G_DEFINE_BOXED_TYPE (Curious, curious, curious_copy, curious_free)

static void
test_curious_status (void)
{
  g_autoptr (ThrThreadWrapper) thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  Curious curious = { .thread = thread };
  GValue status = G_VALUE_INIT, got = G_VALUE_INIT;

  g_value_init (&status, curious_get_type ());
  g_value_set_static_boxed (&status, &curious);
  thr_thread_wrapper_set_status (thread, &status);
  g_assert_cmpuint (curious.n_copies, ==, 1);

  /* What is being read is replaced meanwhile, and freed later. */
  g_assert_true (thr_thread_wrapper_get_status (thread, &got));
  g_assert_cmpuint (curious.n_copies, ==, 2);
  g_value_unset (&got);
  g_value_unset (&status);
  g_assert_false (thr_thread_wrapper_get_status (thread, &got));
  g_value_unset (&got);

  g_clear_object (&thread);
  g_assert_cmpuint (curious.n_freed, ==, 2);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wrapper/life", test_life);
  g_test_add_func ("/wrapper/properties", test_properties);
  g_test_add_func ("/wrapper/return-and-fail", test_return_and_fail);
  g_test_add_func ("/wrapper/never-ran", test_never_ran);
  g_test_add_func ("/wrapper/before-submit", test_before_submit);
  g_test_add_func ("/wrapper/while-running", test_while_running);
  g_test_add_func ("/wrapper/idents", test_idents);
  g_test_add_func ("/wrapper/times", test_times);
  g_test_add_func ("/wrapper/polling", test_polling);
  g_test_add_func ("/wrapper/user-data", test_user_data);
  g_test_add_func ("/wrapper/full", test_full);
  g_test_add_func ("/wrapper/curious-status", test_curious_status);

  return g_test_run ();
}
