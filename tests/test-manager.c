/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <string.h>

/* Counts the notifies of one property, and asserts where they come. */
typedef struct
{
  GThread *home;
  int n;
} Notifies;

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    user_data)
{
  Notifies *notifies = user_data;

  g_assert_true (g_thread_self () == notifies->home);
  notifies->n++;
}

static void
count_notifies (gpointer    object,
                const char *property,
                Notifies   *notifies)
{
  g_autofree char *signal = g_strconcat ("notify::", property, NULL);

  notifies->home = g_thread_self ();
  notifies->n = 0;
  g_signal_connect (object, signal, G_CALLBACK (notify_cb), notifies);
}

static void
assert_idle (ThrThreadManager *manager)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 0);
  g_assert_false (thr_thread_manager_get_busy (manager));
}

static void
test_fresh (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadManager *other = thr_thread_manager_new ();
  g_autoptr (GPtrArray) jobs = thr_thread_manager_dup_jobs (manager);
  g_autofree char *uid = NULL;
  guint thread_limit, n_queued, n_running, keep_finished;
  gboolean busy, started, paused;
  double progress;

  g_object_get (manager, "uid", &uid, "thread-limit", &thread_limit, "n-queued", &n_queued, "n-running", &n_running,
                "keep-finished", &keep_finished, "busy", &busy, "started", &started, "paused", &paused,
                "progress", &progress, NULL);
  g_assert_cmpstr (uid, ==, thr_thread_manager_get_uid (manager));
  g_assert_cmpuint (strlen (uid), >, 8);
  g_assert_cmpstr (uid, !=, thr_thread_manager_get_uid (other));
  g_assert_cmpuint (thread_limit, ==, 10);
  g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, 10);
  g_assert_cmpuint (n_queued, ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 0);
  g_assert_cmpuint (n_running, ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 0);
  g_assert_cmpuint (keep_finished, ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_keep_finished (manager), ==, 0);
  g_assert_false (busy);
  g_assert_false (thr_thread_manager_get_busy (manager));
  g_assert_false (started);
  g_assert_false (thr_thread_manager_get_started (manager));
  g_assert_false (paused);
  g_assert_false (thr_thread_manager_get_paused (manager));
  g_assert_cmpfloat (progress, ==, -1.0);
  g_assert_cmpfloat (thr_thread_manager_get_progress (manager), ==, -1.0);
  g_assert_cmpuint (jobs->len, ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_size (manager), ==, 0);
  g_assert_null (thr_thread_manager_get (manager, 0));
  assert_idle (manager);

  g_assert_finalize_object (other);
  g_assert_finalize_object (manager);
}

static void
test_setters (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Notifies name, limit, keep, paused;
  g_autofree char *value = NULL;
  g_autofree char *none = NULL;
  g_autoptr (GError) error = NULL;

  count_notifies (manager, "name", &name);
  count_notifies (manager, "thread-limit", &limit);
  count_notifies (manager, "keep-finished", &keep);
  count_notifies (manager, "paused", &paused);

  thr_thread_manager_set_name (manager, "downloads");
  g_assert_cmpint (name.n, ==, 1);
  thr_thread_manager_set_name (manager, "downloads");
  g_assert_cmpint (name.n, ==, 1);
  value = thr_thread_manager_dup_name (manager);
  g_assert_cmpstr (value, ==, "downloads");
  g_object_set (manager, "name", "uploads", NULL);
  g_assert_cmpint (name.n, ==, 2);
  g_clear_pointer (&value, g_free);
  g_object_get (manager, "name", &value, NULL);
  g_assert_cmpstr (value, ==, "uploads");
  thr_thread_manager_set_name (manager, NULL);
  g_assert_cmpint (name.n, ==, 3);
  none = thr_thread_manager_dup_name (manager);
  g_assert_cmpstr (none, !=, "uploads");

  g_assert_true (thr_thread_manager_set_thread_limit (manager, 3, &error));
  g_assert_no_error (error);
  g_assert_cmpint (limit.n, ==, 1);
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 3, &error));
  g_assert_no_error (error);
  g_assert_cmpint (limit.n, ==, 1);
  g_object_set (manager, "thread-limit", 4u, NULL);
  g_assert_cmpint (limit.n, ==, 2);
  g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, 4);

  thr_thread_manager_set_keep_finished (manager, 7);
  thr_thread_manager_set_keep_finished (manager, 7);
  g_assert_cmpint (keep.n, ==, 1);
  g_assert_cmpuint (thr_thread_manager_get_keep_finished (manager), ==, 7);

  g_object_set (manager, "paused", TRUE, NULL);
  thr_thread_manager_set_paused (manager, TRUE);
  g_assert_cmpint (paused.n, ==, 1);
  g_assert_true (thr_thread_manager_get_paused (manager));
  thr_thread_manager_set_paused (manager, FALSE);
  g_assert_cmpint (paused.n, ==, 2);
  g_assert_false (thr_thread_manager_get_paused (manager));

  g_assert_finalize_object (manager);
}

static void
test_bad_limit (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Notifies limit;
  g_autoptr (GError) error = NULL;

  thr_thread_manager_set_name (manager, "the-manager");
  count_notifies (manager, "thread-limit", &limit);
  g_assert_false (thr_thread_manager_set_thread_limit (manager, 0, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (strlen (error->message), >, 10);
  g_assert_false (thr_thread_manager_set_thread_limit (manager, 0, NULL));
  g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, 10);
  thr_test_drain ();
  g_assert_cmpint (limit.n, ==, 0);

  g_assert_finalize_object (manager);
}

static void
expect_critical (void)
{
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
}

static void
test_bad_objects (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GObject *wrong = g_object_new (G_TYPE_OBJECT, NULL);

#define REFUSED(...)                          \
  G_STMT_START                                \
  {                                           \
    expect_critical ();                       \
    __VA_ARGS__;                              \
    g_test_assert_expected_messages ();       \
  }                                           \
  G_STMT_END

  REFUSED (g_assert_null (thr_thread_manager_get_uid (NULL)));
  REFUSED (g_assert_null (thr_thread_manager_dup_name ((ThrThreadManager *) wrong)));
  REFUSED (g_assert_cmpuint (thr_thread_manager_get_n_queued (NULL), ==, 0));
  REFUSED (g_assert_false (thr_thread_manager_submit (manager, NULL, NULL)));
  REFUSED (g_assert_false (thr_thread_manager_submit (manager, (ThrThreadWrapper *) wrong, NULL)));
  REFUSED (g_assert_false (thr_thread_manager_append (manager, NULL, NULL)));
  REFUSED (g_assert_false (thr_thread_manager_submit_many (manager, NULL, 3, NULL)));
  REFUSED (g_assert_null (thr_thread_manager_lookup (manager, NULL)));
  REFUSED (g_assert_null (thr_thread_manager_dup_jobs (NULL)));
  REFUSED (g_assert_null (thr_thread_manager_do_async (NULL, NULL, thr_test_job_return, NULL, NULL)));
  REFUSED (g_assert_null (thr_thread_manager_do_async (manager, NULL, NULL, NULL, NULL)));
  REFUSED (g_assert_null (thr_thread_manager_do_sliced (manager, NULL, NULL, NULL, NULL)));
  REFUSED (thr_thread_manager_push (manager, NULL, NULL, NULL, NULL));
  REFUSED (thr_thread_manager_stop (NULL));
  REFUSED (g_assert_false (thr_thread_manager_halt (NULL, 0, NULL)));
  REFUSED (g_assert_false (thr_thread_manager_run (NULL, NULL)));
  REFUSED (thr_thread_manager_attach_application (manager, NULL));
#undef REFUSED

  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 0);
  g_assert_finalize_object (wrong);
  g_assert_finalize_object (manager);
}

static void
test_notifies (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrThreadWrapper *first, *second;
  Notifies queued, running, busy, progress, started;

  count_notifies (manager, "n-queued", &queued);
  count_notifies (manager, "n-running", &running);
  count_notifies (manager, "busy", &busy);
  count_notifies (manager, "progress", &progress);
  count_notifies (manager, "started", &started);
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));

  first = thr_thread_manager_do_async (manager, "first", thr_test_job_gate, &gate, NULL);
  second = thr_thread_manager_do_async (manager, "second", thr_test_job_return, NULL, NULL);
  g_assert_true (thr_thread_manager_get_busy (manager));
  g_assert_true (thr_thread_manager_get_started (manager));
  thr_test_run_until (busy.n > 0 && started.n > 0 && running.n > 0 && queued.n > 0);
  thr_test_poll_until (thr_thread_manager_get_n_running (manager) == 1 &&
                       thr_thread_manager_get_n_queued (manager) == 1);
  thr_test_drain ();
  g_assert_cmpint (busy.n, ==, 1);
  g_assert_cmpint (started.n, ==, 1);

  running.n = queued.n = progress.n = 0;
  thr_test_gate_open (&gate);
  thr_test_run_until (!thr_thread_manager_get_busy (manager) && busy.n == 2);
  thr_test_run_until (running.n > 0 && queued.n > 0 && progress.n > 0);
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 0);
  g_assert_cmpuint (thr_thread_manager_get_n_queued (manager), ==, 0);
  thr_test_drain ();
  g_assert_cmpint (busy.n, ==, 2);
  g_assert_cmpint (started.n, ==, 1);

  thr_thread_manager_stop (manager);
  g_assert_false (thr_thread_manager_get_started (manager));
  thr_test_run_until (started.n == 2);
  thr_thread_manager_start (manager);
  g_assert_true (thr_thread_manager_get_started (manager));
  thr_test_run_until (started.n == 3);
  thr_thread_manager_start (manager);
  thr_test_drain ();
  g_assert_cmpint (started.n, ==, 3);
  assert_idle (manager);

  g_assert_finalize_object (first);
  g_assert_finalize_object (second);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

/* A change made by another thread is announced in the owner context. */
static gpointer
set_from_thread (gpointer data)
{
  ThrThreadManager *manager = data;
  g_autoptr (ThrThreadWrapper) job = NULL;

  thr_thread_manager_set_paused (manager, TRUE);
  thr_thread_manager_set_name (manager, "elsewhere");
  g_object_set (manager, "keep-finished", 3u, NULL);
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 2, NULL));
  job = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);

  return NULL;
}

static void
test_notifies_from_thread (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autofree char *name = NULL;
  Notifies names, limit, keep, paused, busy;

  count_notifies (manager, "name", &names);
  count_notifies (manager, "thread-limit", &limit);
  count_notifies (manager, "keep-finished", &keep);
  count_notifies (manager, "paused", &paused);
  count_notifies (manager, "busy", &busy);
  g_thread_join (g_thread_new ("setter", set_from_thread, manager));

  g_assert_true (thr_thread_manager_get_paused (manager));
  name = thr_thread_manager_dup_name (manager);
  g_assert_cmpstr (name, ==, "elsewhere");
  g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, 2);
  g_assert_cmpuint (thr_thread_manager_get_keep_finished (manager), ==, 3);
  thr_test_run_until (names.n == 1 && limit.n == 1 && keep.n == 1 && paused.n == 1 && busy.n == 1);
  thr_thread_manager_set_keep_finished (manager, 0);
  thr_thread_manager_set_paused (manager, FALSE);
  assert_idle (manager);
  thr_test_run_until (busy.n == 2);

  g_assert_finalize_object (manager);
}

static gpointer
get_default_in_thread (gpointer data)
{
  return thr_thread_manager_get_default ();
}

static void
test_default (void)
{
  ThrThreadManager *manager = g_thread_join (g_thread_new ("first", get_default_in_thread, NULL));
  ThrTestGate gate = THR_TEST_GATE_INIT;
  Notifies busy;
  ThrThreadWrapper *job;

  g_assert_true (THR_IS_THREAD_MANAGER (manager));
  g_assert_true (manager == thr_thread_manager_get_default ());
  g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, 10);

  count_notifies (manager, "busy", &busy);
  job = thr_thread_manager_do_async (manager, "default", thr_test_job_gate, &gate, NULL);
  thr_test_run_until (busy.n == 1);
  thr_test_gate_open (&gate);
  thr_test_run_until (busy.n == 2);
  assert_idle (manager);
  g_assert_finalize_object (job);
  g_signal_handlers_disconnect_by_data (manager, &busy);
  thr_test_gate_clear (&gate);
}

static gboolean
progress_job (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  ThrTestGate *gates = user_data;

  thr_thread_wrapper_set_progress (thread, 0.5);
  thr_test_gate_open (&gates[0]);
  thr_test_gate_wait (&gates[1]);

  return TRUE;
}

static void
test_progress (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrTestGate half[2] = { 0 };
  ThrTestGate again[2] = { 0 };
  ThrThreadWrapper *job, *done;
  Notifies progress;

  count_notifies (manager, "progress", &progress);
  job = thr_thread_manager_do_async (manager, "half", progress_job, half, NULL);
  done = thr_thread_manager_do_async (manager, "done", thr_test_job_return, NULL, NULL);
  thr_test_poll_until (thr_thread_manager_get_progress (manager) == 0.75);
  thr_test_run_until (progress.n > 0);
  thr_test_gate_open (&half[1]);
  assert_idle (manager);
  thr_test_poll_until (thr_thread_manager_get_progress (manager) == 1.0);
  g_assert_finalize_object (done);
  g_assert_finalize_object (job);

  /* What was done before it was idle counts no more. */
  progress.n = 0;
  job = thr_thread_manager_do_async (manager, "again", progress_job, again, NULL);
  thr_test_poll_until (thr_thread_manager_get_progress (manager) == 0.5);
  thr_test_run_until (progress.n > 0);
  thr_test_gate_open (&again[1]);
  assert_idle (manager);
  thr_test_poll_until (thr_thread_manager_get_progress (manager) == 1.0);

  g_assert_finalize_object (job);
  g_assert_finalize_object (manager);
}

/* What was only appended is no part of what is being done. */
static void
test_progress_appended (void)
{
  ThrTestBusy busy;
  ThrThreadWrapper *appended = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);

  thr_test_busy_init (&busy);
  g_assert_true (thr_thread_manager_append (busy.manager, appended, NULL));
  thr_test_busy_open (&busy);
  g_assert_true (thr_thread_manager_wait_idle (busy.manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpfloat (thr_thread_manager_get_progress (busy.manager), ==, 1.0);
  g_assert_true (thr_thread_manager_run (busy.manager, NULL));
  assert_idle (busy.manager);
  g_assert_cmpfloat (thr_thread_manager_get_progress (busy.manager), ==, 1.0);

  g_assert_finalize_object (appended);
  thr_test_busy_clear (&busy);
}

static void
assert_found (ThrThreadManager *manager,
              ThrThreadWrapper *job)
{
  g_autoptr (ThrThreadWrapper) found = thr_thread_manager_lookup (manager, thr_thread_wrapper_get_ident (job));

  g_assert_true (found == job);
}

static void
assert_not_found (ThrThreadManager *manager,
                  ThrThreadWrapper *job)
{
  g_assert_null (thr_thread_manager_lookup (manager, thr_thread_wrapper_get_ident (job)));
}

static gpointer
look_from_thread (gpointer data)
{
  ThrThreadWrapper *job = data;
  g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (job);
  g_autoptr (GPtrArray) jobs = thr_thread_manager_dup_jobs (manager);

  assert_found (manager, job);
  g_assert_true (g_ptr_array_find (jobs, job, NULL));

  return g_steal_pointer (&jobs);
}

static void
test_lookup (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadManager *other = thr_thread_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrThreadWrapper *running, *queued, *appended;
  g_autofree char *number = NULL;
  g_autofree char *padded = NULL;
  GPtrArray *jobs;

  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));
  running = thr_thread_manager_do_async (manager, "running", thr_test_job_gate, &gate, NULL);
  queued = thr_thread_manager_do_async (manager, "queued", thr_test_job_return, NULL, NULL);
  appended = thr_thread_wrapper_new ("appended", thr_test_job_return, NULL, NULL);
  number = g_strdup (thr_thread_wrapper_get_ident (queued) + strlen ("thr-"));
  padded = g_strconcat ("thr-0", number, NULL);
  assert_not_found (manager, appended);
  g_assert_true (thr_thread_manager_append (manager, appended, NULL));
  assert_found (manager, running);
  assert_found (manager, queued);
  assert_found (manager, appended);
  assert_not_found (other, running);
  g_assert_null (thr_thread_manager_lookup (manager, "thr-0-no-such"));
  g_assert_null (thr_thread_manager_lookup (manager, ""));
  g_assert_null (thr_thread_manager_lookup (manager, "thr-"));
  g_assert_null (thr_thread_manager_lookup (manager, number));
  g_assert_null (thr_thread_manager_lookup (manager, padded));
  g_assert_cmpstr (thr_thread_wrapper_get_ident (running), !=, thr_thread_wrapper_get_ident (queued));

  jobs = g_thread_join (g_thread_new ("look", look_from_thread, queued));
  g_assert_cmpuint (jobs->len, ==, 3);
  g_assert_true (g_ptr_array_index (jobs, 0) == running);
  g_assert_true (g_ptr_array_index (jobs, 1) == queued);
  g_assert_true (g_ptr_array_index (jobs, 2) == appended);
  g_ptr_array_unref (jobs);

  thr_test_gate_open (&gate);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  assert_not_found (manager, running);
  assert_not_found (manager, queued);
  assert_found (manager, appended);
  thr_thread_manager_stop (manager);
  thr_test_run_until_closed (appended);
  thr_test_drain ();
  assert_not_found (manager, appended);

  g_assert_finalize_object (appended);
  g_assert_finalize_object (queued);
  g_assert_finalize_object (running);
  g_assert_finalize_object (other);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

static void
test_keep_finished (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *jobs[4];
  g_autoptr (GPtrArray) kept = NULL;

  thr_thread_manager_set_keep_finished (manager, 2);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      jobs[i] = thr_thread_manager_do_async (manager, NULL, thr_test_job_return_int, GINT_TO_POINTER (i), NULL);
      assert_idle (manager);
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (jobs[i]), ==, THR_EXECUTION_STATE_CLOSED);
    }
  thr_test_drain ();
  assert_not_found (manager, jobs[0]);
  assert_not_found (manager, jobs[1]);
  assert_found (manager, jobs[2]);
  assert_found (manager, jobs[3]);
  kept = thr_thread_manager_dup_jobs (manager);
  g_assert_cmpuint (kept->len, ==, 2);
  g_clear_pointer (&kept, g_ptr_array_unref);

  thr_thread_manager_set_keep_finished (manager, 1);
  thr_test_drain ();
  assert_not_found (manager, jobs[2]);
  assert_found (manager, jobs[3]);

  /* The manager keeps it although nobody else does. */
  g_object_add_weak_pointer (G_OBJECT (jobs[3]), (gpointer *) &jobs[3]);
  g_object_unref (jobs[3]);
  g_assert_nonnull (jobs[3]);
  thr_thread_manager_set_keep_finished (manager, 0);
  thr_test_run_until (jobs[3] == NULL);

  for (guint i = 0; i < 3; i++)
    g_assert_finalize_object (jobs[i]);
  g_assert_finalize_object (manager);
}

static void
assert_uid (const char *delimiter,
            const char *expected_delimiter)
{
  g_autofree char *uid = thr_generate_uid (delimiter);
  g_auto (GStrv) chunks = g_strsplit (uid, expected_delimiter, -1);

  g_assert_cmpuint (g_strv_length (chunks), ==, 6);
  for (guint i = 0; i < 6; i++)
    {
      g_assert_cmpuint (strlen (chunks[i]), ==, strlen (chunks[0]));
      g_assert_cmpuint (strlen (chunks[i]), >, 0);
      for (const char *c = chunks[i]; *c != '\0'; c++)
        g_assert_true (g_ascii_isalnum (*c));
    }
}

static void
test_generate_uid (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n = thr_test_scale (100000, 5000);

  assert_uid ("-", "-");
  assert_uid ("::", "::");
  assert_uid ("_", "_");
  assert_uid (NULL, "-");
  for (guint i = 0; i < n; i++)
    g_assert_true (g_hash_table_add (seen, thr_generate_uid ("")));
}

/* ---- what was read before it was told ---- */

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          guint      *count)
{
  (*count)++;
}

/* A job ends and another one begins before that is told: who has looked in
 * between heard of it, and so has to hear of what is true now. */
static void
test_read_ahead (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) first = NULL;
  g_autoptr (ThrThreadWrapper) second = NULL;
  gint64 late = g_get_monotonic_time () + thr_test_deadline ();
  ThrTestGate gates[2] = { { { 0 } } };
  guint n_running = 0, n_busy = 0;

  first = thr_thread_manager_do_async (manager, "first", thr_test_job_gate, &gates[0], NULL);
  g_signal_connect (manager, "notify::n-running", G_CALLBACK (count_cb), &n_running);
  g_signal_connect (manager, "notify::busy", G_CALLBACK (count_cb), &n_busy);
  while (n_running == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, late);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 1);
  n_running = n_busy = 0;

  thr_test_gate_open (&gates[0]);
  while (thr_thread_manager_get_n_running (manager) > 0)
    g_assert_cmpint (g_get_monotonic_time (), <, late);
  second = thr_thread_manager_do_async (manager, "second", thr_test_job_gate, &gates[1], NULL);
  while (thr_thread_manager_get_n_running (manager) == 0)
    g_assert_cmpint (g_get_monotonic_time (), <, late);
  g_assert_cmpuint (n_running, ==, 0);
  while (n_running == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, late);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpuint (thr_thread_manager_get_n_running (manager), ==, 1);

  thr_test_gate_open (&gates[1]);
  thr_test_run_until_closed (second);
  thr_test_gate_clear (&gates[0]);
  thr_test_gate_clear (&gates[1]);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/manager/default", test_default);
  g_test_add_func ("/manager/fresh", test_fresh);
  g_test_add_func ("/manager/setters", test_setters);
  g_test_add_func ("/manager/bad-limit", test_bad_limit);
  g_test_add_func ("/manager/bad-objects", test_bad_objects);
  g_test_add_func ("/manager/notifies", test_notifies);
  g_test_add_func ("/manager/notifies-from-thread", test_notifies_from_thread);
  g_test_add_func ("/manager/progress", test_progress);
  g_test_add_func ("/manager/progress-appended", test_progress_appended);
  g_test_add_func ("/manager/lookup", test_lookup);
  g_test_add_func ("/manager/keep-finished", test_keep_finished);
  g_test_add_func ("/manager/read-ahead", test_read_ahead);
  g_test_add_func ("/manager/generate-uid", test_generate_uid);

  return g_test_run ();
}
