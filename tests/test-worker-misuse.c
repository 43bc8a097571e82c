/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a worker is asked that it must refuse, and what the system does not have. */

#include "config.h"

#include "thr-test-worker.h"

#include "workers/thr-worker-private.h"

#include <string.h>
#include <sys/resource.h>

static void
assert_refused (gboolean    done,
                GError    **error,
                int         code,
                const char *name)
{
  g_assert_false (done);
  g_assert_error (*error, THR_ERROR, code);
  if (name != NULL)
    g_assert_nonnull (strstr ((*error)->message, name));
  g_clear_error (error);
}

#define REFUSED(call, code, name) \
  assert_refused (call, &error, code, name)

static void
test_names (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;

  REFUSED (thr_worker_fire (worker, NULL, NULL, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_worker_fire (worker, "", NULL, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_worker_parent_fire (worker, "", NULL, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_worker_children_fire (worker, "", NULL, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_worker_bubble (worker, "", NULL, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_worker_broadcast (worker, NULL, NULL, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_bubble ("", NULL, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  g_assert_null (thr_wait_event ("", 0, NULL, &error));
  REFUSED (FALSE, THR_ERROR_INVALID_ARGUMENT, NULL);
  thr_test_finalize_soon (worker);
}

static gboolean
refuse_inside (ThrWorker *worker,
               gpointer   user_data,
               GError   **error_out)
{
  g_autoptr (GError) error = NULL;
  ThrWorker *other = user_data;

  REFUSED (thr_worker_wait_worker (worker, worker, 0, &error), THR_ERROR_WOULD_DEADLOCK, "me");
  REFUSED (thr_worker_wait_worker (worker, worker, THR_FOREVER, &error), THR_ERROR_WOULD_DEADLOCK, "me");
  REFUSED (thr_worker_join (worker, THR_FOREVER, &error), THR_ERROR_WOULD_DEADLOCK, "me");
  REFUSED (thr_worker_wait_worker (worker, thr_worker_main (), 0, &error),
           THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_worker_join (thr_worker_main (), 0, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_worker_set_parent (worker, other, &error), THR_ERROR_INVALID_STATE, "me");
  REFUSED (thr_worker_set_daemon (worker, THR_DAEMON_YES, &error), THR_ERROR_INVALID_STATE, "me");
  REFUSED (thr_worker_start_overlay (worker, &error), THR_ERROR_INVALID_STATE, "me");
  REFUSED (thr_shutdown (THR_SHUTDOWN_MODE_HALT, 0, &error), THR_ERROR_WOULD_DEADLOCK, NULL);
  /* Another's waits are not for this thread. */
  REFUSED (thr_worker_wait_timeout (other, 0, &error), THR_ERROR_INVALID_STATE, "other");
  REFUSED (thr_worker_wait_forever (thr_worker_main (), &error), THR_ERROR_INVALID_STATE, "main");
  REFUSED (thr_worker_exit (other, &error), THR_ERROR_INVALID_STATE, "other");
  REFUSED (thr_worker_return_value (other, NULL, &error), THR_ERROR_INVALID_STATE, "other");
  REFUSED (thr_worker_wait_timeout (worker, -1, &error), THR_ERROR_INVALID_ARGUMENT, "-1");
  REFUSED (thr_worker_wait_worker (worker, other, -5, &error), THR_ERROR_INVALID_ARGUMENT, "-5");
  REFUSED (thr_worker_later (worker, -1, NULL, (ThrLaterFunc) abort, NULL, NULL, &error),
           THR_ERROR_INVALID_ARGUMENT, NULL);
  g_assert_null (thr_worker_wait_event (worker, "E", -1, NULL, &error));
  REFUSED (FALSE, THR_ERROR_INVALID_ARGUMENT, NULL);
  return TRUE;
}

static void
test_inside (void)
{
  ThrWorker *other = thr_worker_new ("other", NULL, NULL, NULL);
  ThrWorker *worker = thr_worker_new ("me", refuse_inside, other, NULL);

  thr_test_worker_start (worker);
  thr_test_worker_join (worker);
  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (other);
}

static void
test_outside (void)
{
  ThrWorker *parent = thr_worker_new ("parent", NULL, NULL, NULL);
  ThrWorker *child = thr_worker_new ("child", NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;

  REFUSED (thr_worker_wait_timeout (child, 0, &error), THR_ERROR_INVALID_STATE, "child");
  REFUSED (thr_worker_join (child, -1, &error), THR_ERROR_INVALID_ARGUMENT, NULL);
  REFUSED (thr_exit (&error), THR_ERROR_INVALID_STATE, NULL);
  g_assert_true (thr_worker_set_parent (child, parent, &error));
  REFUSED (thr_worker_set_parent (child, child, &error), THR_ERROR_INVALID_ARGUMENT, "child");
  REFUSED (thr_worker_set_parent (parent, child, &error), THR_ERROR_INVALID_ARGUMENT, "parent");
  /* As properties they can only warn. */
  g_test_expect_message ("Thr", G_LOG_LEVEL_WARNING, "*“parent”*descendants*");
  g_object_set (parent, "parent", child, NULL);
  g_test_assert_expected_messages ();
  g_assert_null (thr_worker_dup_parent (parent));

  thr_test_worker_start (child);
  REFUSED (thr_worker_set_parent (child, NULL, &error), THR_ERROR_INVALID_STATE, "child");
  thr_test_worker_finish (child);
  thr_test_finalize_soon (parent);
}

static void
test_null (void)
{
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);

#define CRITICAL(expression)                                                \
  G_STMT_START                                                              \
  {                                                                         \
    g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "*assertion*failed*"); \
    expression;                                                             \
    g_test_assert_expected_messages ();                                     \
  }                                                                         \
  G_STMT_END

  CRITICAL (g_assert_false (thr_worker_start (NULL, NULL)));
  CRITICAL (thr_worker_stop (NULL));
  CRITICAL (g_assert_false (thr_worker_join (NULL, 0, NULL)));
  CRITICAL (g_assert_null (thr_event_new (NULL, NULL)));
  CRITICAL (g_assert_null (thr_event_new ("", NULL)));
  CRITICAL (thr_worker_fire_event (worker, NULL));
  CRITICAL (thr_worker_listen (worker, NULL, thr_test_count_event, NULL, NULL));
  CRITICAL (thr_worker_listen (worker, "E", NULL, NULL, NULL));
  CRITICAL (g_assert_false (thr_worker_unlisten (worker, NULL)));
  CRITICAL (g_assert_null (thr_worker_wait_until (worker, 0, NULL, NULL, NULL)));
  CRITICAL (g_assert_false (thr_worker_is_running (NULL)));
#undef CRITICAL
  thr_test_finalize_soon (worker);
}

/* No descriptors left: start says so, where GLib would abort. */
static void
test_descriptors (void)
{
  ThrWorker *worker = thr_worker_new ("poor", NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  struct rlimit before, none;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = before;
  none.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  REFUSED (thr_worker_start (worker, &error), THR_ERROR_NO_RESOURCES, NULL);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_false (thr_worker_is_running (worker));

  thr_test_worker_start (worker);
  thr_test_worker_finish (worker);
}

static gpointer
sleep_without_descriptors (gpointer data)
{
  g_autoptr (GError) error = NULL;

  REFUSED (thr_sleep (1, &error), THR_ERROR_NO_RESOURCES, NULL);
  return NULL;
}

static void
test_descriptors_foreign (void)
{
  struct rlimit before, none;
  GThread *thread;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = before;
  none.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  thread = g_thread_new (NULL, sleep_without_descriptors, NULL);
  g_thread_join (thread);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-misuse/names", test_names);
  g_test_add_func ("/worker-misuse/inside", test_inside);
  g_test_add_func ("/worker-misuse/outside", test_outside);
  g_test_add_func ("/worker-misuse/null", test_null);
  g_test_add_func ("/worker-misuse/descriptors", test_descriptors);
  g_test_add_func ("/worker-misuse/descriptors-foreign", test_descriptors_foreign);

  return g_test_run ();
}
