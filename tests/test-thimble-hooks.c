/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include "thimble-target.h"

#include <string.h>

/* Hooks and properties. */

typedef struct
{
  TestTarget *target;
  ThrThimble *thimble;
  GAsyncResult *result;
  guint hook;
  int n_hooked;
  int n_destroyed;
  GThread *home;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  static const char *const listed[] = { "skip", "made_up", NULL };

  self->target = test_target_new ();
  self->thimble = thr_thimble_new (G_OBJECT (self->target), NULL, listed);
  self->home = g_thread_self ();
  test_target_open (self->target);
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  g_clear_object (&self->result);
  thr_test_finalize_soon (self->thimble);
  thr_test_finalize_soon (self->target);
}

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Fixture *self = user_data;

  self->result = g_object_ref (result);
}

/* The result as an integer, or -1 with an error. */
static gint64
call (Fixture    *self,
      const char *method,
      int         count,
      GError    **error)
{
  GValue value = G_VALUE_INIT;
  g_auto (GValue) wide = G_VALUE_INIT;
  const GValue *got;

  g_clear_object (&self->result);
  g_value_set_int (g_value_init (&value, G_TYPE_INT), count);
  thr_thimble_call (self->thimble, method, &value, 1, NULL, result_cb, self);
  thr_test_run_until (self->result != NULL);
  got = thr_thimble_call_finish (self->thimble, self->result, error);
  if (got == NULL)
    return -1;
  g_assert_true (g_value_transform (got, g_value_init (&wide, G_TYPE_INT64)));
  return g_value_get_int64 (&wide);
}

static void
destroy_cb (gpointer data)
{
  Fixture *self = data;

  g_assert_true (g_thread_self () == self->home);
  self->n_destroyed++;
}

/* Doubles the argument. */
static gboolean
double_hook (ThrThimble *thimble,
             ThrAccess  *access,
             gpointer    user_data,
             GError    **error)
{
  Fixture *self = user_data;
  GValue value = G_VALUE_INIT;

  g_assert_true (thimble == self->thimble);
  g_assert_cmpstr (thr_access_get_member (access), ==, "skip");
  g_assert_cmpint (thr_access_get_kind (access), ==, THR_ACCESS_KIND_BLOCKING);
  g_assert_cmpuint (thr_access_get_n_arguments (access), ==, 1);
  g_assert_null (thr_access_get_argument (access, 1));
  g_assert_true (g_thread_self () == self->home);
  self->n_hooked++;
  g_value_set_int (g_value_init (&value, G_TYPE_INT),
                   2 * g_value_get_int (thr_access_get_argument (access, 0)));
  thr_access_set_arguments (access, &value, 1);
  return TRUE;
}

static void
test_arguments (Fixture      *self,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint first, second;

  first = thr_thimble_add_hook (self->thimble, "skip", double_hook, self, destroy_cb);
  g_assert_cmpint (call (self, "skip", 5, &error), ==, 10);
  g_assert_no_error (error);
  g_assert_true (test_target_get_thread (self->target) != self->home);

  /* One after the other. */
  second = thr_thimble_add_hook (self->thimble, "skip", double_hook, self, destroy_cb);
  g_assert_cmpuint (first, !=, second);
  g_assert_cmpint (call (self, "skip", 5, &error), ==, 20);
  g_assert_cmpint (self->n_hooked, ==, 3);

  g_assert_true (thr_thimble_remove_hook (self->thimble, first));
  g_assert_false (thr_thimble_remove_hook (self->thimble, first));
  g_assert_false (thr_thimble_remove_hook (self->thimble, 0));
  g_assert_cmpint (self->n_destroyed, ==, 1);
  g_assert_cmpint (call (self, "skip", 5, &error), ==, 10);
  g_assert_true (thr_thimble_remove_hook (self->thimble, second));
  g_assert_cmpint (self->n_destroyed, ==, 2);
  g_assert_cmpint (call (self, "skip", 5, &error), ==, 5);
  g_assert_cmpint (self->n_hooked, ==, 4);

  /* One that is left goes with the thimble. */
  thr_thimble_add_hook (self->thimble, "other", double_hook, self, destroy_cb);
  g_clear_object (&self->result);
  thr_test_finalize_soon (self->thimble);
  g_assert_cmpint (self->n_destroyed, ==, 3);
  self->thimble = thr_thimble_new (G_OBJECT (self->target), NULL, NULL);
}

static gpointer
remove_hook (gpointer data)
{
  Fixture *self = data;

  g_assert_true (thr_thimble_remove_hook (self->thimble, self->hook));
  return NULL;
}

static void
test_removed_elsewhere (Fixture      *self,
                        gconstpointer data)
{
  self->hook = thr_thimble_add_hook (self->thimble, "skip", double_hook, self, destroy_cb);
  g_thread_join (g_thread_new ("remove", remove_hook, self));
  thr_test_run_until (self->n_destroyed == 1);
}

/* Calls another method in place of this one. */
static gboolean
callee_hook (ThrThimble *thimble,
             ThrAccess  *access,
             gpointer    user_data,
             GError    **error)
{
  thr_access_set_callee (access, user_data);
  return TRUE;
}

static void
test_callee (Fixture      *self,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  thr_thimble_add_hook (self->thimble, "made_up", callee_hook, (gpointer) "skip", NULL);
  g_assert_cmpint (call (self, "made_up", 8, &error), ==, 8);
  g_assert_no_error (error);
  g_assert_true (test_target_get_thread (self->target) != self->home);
}

/* Gives the result itself. */
static gboolean
result_hook (ThrThimble *thimble,
             ThrAccess  *access,
             gpointer    user_data,
             GError    **error)
{
  Fixture *self = user_data;
  GValue value = G_VALUE_INIT;

  self->n_hooked++;
  g_value_set_int (g_value_init (&value, G_TYPE_INT), 77);
  thr_access_set_result (access, &value);
  return TRUE;
}

static void
test_result (Fixture      *self,
             gconstpointer data)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  ThrThreadWrapper *job;

  thr_thimble_add_hook (self->thimble, "skip", result_hook, self, NULL);
  thr_thimble_add_hook (self->thimble, "close", result_hook, self, NULL);
  /* A result is the last word. */
  thr_thimble_add_hook (self->thimble, "skip", double_hook, self, NULL);
  g_assert_cmpint (call (self, "skip", 5, &error), ==, 77);
  g_assert_cmpint (call (self, "close", 5, &error), ==, 77);
  thr_thimble_call_now (self->thimble, "close", NULL, 0, NULL, &value, &error);
  g_assert_cmpint (g_value_get_int (&value), ==, 77);
  job = thr_thimble_call_thread (self->thimble, "skip", NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (thr_thread_wrapper_get_result (job)), ==, 77);
  thr_test_run_until_closed (job);
  thr_test_finalize_soon (job);
  g_assert_cmpint (test_target_get_n_calls (self->target), ==, 0);
  g_assert_cmpint (self->n_hooked, ==, 4);
}

static gboolean
failing_hook (ThrThimble *thimble,
              ThrAccess  *access,
              gpointer    user_data,
              GError    **error)
{
  if (user_data != NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "not now");
  return FALSE;
}

static void
test_failing (Fixture      *self,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  guint hook = thr_thimble_add_hook (self->thimble, "skip", failing_hook, self, NULL);

  g_assert_cmpint (call (self, "skip", 5, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_error (&error);
  g_assert_null (thr_thimble_call_thread (self->thimble, "skip", NULL, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_error (&error);
  thr_thimble_call_now (self->thimble, "skip", NULL, 0, NULL, &value, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_error (&error);

  thr_thimble_remove_hook (self->thimble, hook);
  thr_thimble_add_hook (self->thimble, "skip", failing_hook, NULL, NULL);
  g_assert_cmpint (call (self, "skip", 5, &error), ==, -1);
  g_assert_error (error, THR_ERROR, THR_ERROR_FAILED);
  g_assert_cmpint (test_target_get_n_calls (self->target), ==, 0);
}

/* A function in place of the method, that brings something home. */
static void
at_home (gpointer user_data)
{
  Fixture *self = user_data;

  g_assert_true (g_thread_self () == self->home);
  self->n_hooked++;
}

static gboolean
replacement (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Fixture *self = user_data;

  g_assert_true (g_thread_self () != self->home);
  g_assert_true (thr_invoke_owner (at_home, self, NULL, error));
  return thr_thread_wrapper_return_int (thread, 55, error);
}

static gboolean
function_hook (ThrThimble *thimble,
               ThrAccess  *access,
               gpointer    user_data,
               GError    **error)
{
  return thr_access_set_function (access, replacement, user_data, destroy_cb, error);
}

static void
test_function (Fixture      *self,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  ThrThreadWrapper *job;

  thr_thimble_add_hook (self->thimble, "made_up", function_hook, self, NULL);
  thr_thimble_add_hook (self->thimble, "close", function_hook, self, NULL);
  g_assert_cmpint (call (self, "made_up", 5, &error), ==, 55);
  g_assert_no_error (error);
  g_assert_cmpint (self->n_hooked, ==, 1);
  g_clear_object (&self->result);
  thr_test_run_until (self->n_destroyed == 1);

  job = thr_thimble_call_thread (self->thimble, "made_up", NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_true (thr_thread_wrapper_join (job, THR_FOREVER, NULL, &error));
  g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (job)), ==, 55);
  thr_test_finalize_soon (job);
  thr_test_run_until (self->n_destroyed == 2);

  /* What is not blocking has no thread to run it on. */
  g_assert_cmpint (call (self, "close", 5, &error), ==, -1);
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_assert_cmpint (self->n_destroyed, ==, 3);
}

static gpointer
call_replaced (gpointer data)
{
  Fixture *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ThrThreadWrapper) job = NULL;

  job = thr_thimble_call_thread (self->thimble, "made_up", NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_true (thr_thread_wrapper_join (job, THR_FOREVER, NULL, &error));
  g_assert_no_error (error);
  return NULL;
}

/* The call's owner context is not where its hooks run: a function that another
 * takes the place of is destroyed there all the same. */
static void
test_function_replaced (Fixture      *self,
                        gconstpointer data)
{
  thr_thimble_add_hook (self->thimble, "made_up", function_hook, self, NULL);
  thr_thimble_add_hook (self->thimble, "made_up", function_hook, self, NULL);
  g_thread_join (g_thread_new ("call", call_replaced, self));
  thr_test_run_until (self->n_destroyed == 2);
  g_assert_cmpint (self->n_hooked, ==, 1);
}

/* An access that a hook keeps can be read later, and is changed no more: its
 * function may be running. */
typedef struct
{
  ThrAccess *access;
  ThrTestGate begun, leave;
  int n_freed;
} Kept;

static void
free_kept_cb (gpointer data)
{
  Kept *self = data;

  self->n_freed++;
}

static gboolean
gated_replacement (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  Kept *self = user_data;

  thr_test_gate_open (&self->begun);
  thr_test_gate_wait (&self->leave);
  return thr_thread_wrapper_return_int (thread, 55, error);
}

static gboolean
keeping_hook (ThrThimble *thimble,
              ThrAccess  *access,
              gpointer    user_data,
              GError    **error)
{
  Kept *self = user_data;

  g_set_object (&self->access, access);
  return thr_access_get_kind (access) != THR_ACCESS_KIND_BLOCKING ||
         thr_access_set_function (access, gated_replacement, self, free_kept_cb, error);
}

static void
count_cb (gpointer data)
{
  ++*(int *) data;
}

static gpointer
change_kept (gpointer data)
{
  Kept *self = data;
  g_autoptr (GError) error = NULL;
  int n_refused = 0;
  GValue value = G_VALUE_INIT;

  g_assert_false (thr_access_set_function (self->access, replacement, &n_refused, count_cb, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_assert_nonnull (strstr (error->message, "in its hook"));
  g_assert_cmpint (n_refused, ==, 1);
  g_assert_cmpint (self->n_freed, ==, 0);

  g_value_set_int (g_value_init (&value, G_TYPE_INT), 6);
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "thr_access_set_arguments: *in its hook*");
  thr_access_set_arguments (self->access, &value, 1);
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "thr_access_set_callee: *in its hook*");
  thr_access_set_callee (self->access, "close");
  g_test_expect_message ("Thr", G_LOG_LEVEL_CRITICAL, "thr_access_set_result: *in its hook*");
  thr_access_set_result (self->access, &value);
  g_test_assert_expected_messages ();

  g_assert_cmpuint (thr_access_get_n_arguments (self->access), ==, 1);
  g_assert_cmpint (g_value_get_int (thr_access_get_argument (self->access, 0)), ==, 5);
  return NULL;
}

static void
test_kept (Fixture      *self,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GValue value = G_VALUE_INIT;
  Kept kept = { 0 };
  guint failing;

  thr_thimble_add_hook (self->thimble, "made_up", keeping_hook, &kept, NULL);
  thr_thimble_add_hook (self->thimble, "close", keeping_hook, &kept, NULL);
  g_value_set_int (g_value_init (&value, G_TYPE_INT), 5);
  thr_thimble_call (self->thimble, "made_up", &value, 1, NULL, result_cb, self);
  thr_test_gate_wait (&kept.begun);

  /* On this thread, and on another, while the function runs. */
  change_kept (&kept);
  g_thread_join (g_thread_new ("change", change_kept, &kept));
  thr_test_gate_open (&kept.leave);
  thr_test_run_until (self->result != NULL);
  g_assert_cmpint (g_value_get_int64 (thr_thimble_call_finish (self->thimble, self->result, &error)), ==,
                   55);
  g_assert_no_error (error);
  change_kept (&kept);
  g_clear_object (&kept.access);
  g_clear_object (&self->result);
  thr_test_run_until (kept.n_freed == 1);

  /* So it is also after a hook that refused the use. */
  kept.n_freed = 0;
  failing = thr_thimble_add_hook (self->thimble, "close", failing_hook, self, NULL);
  g_assert_cmpint (call (self, "close", 5, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_true (thr_thimble_remove_hook (self->thimble, failing));
  change_kept (&kept);

  g_clear_object (&kept.access);
  thr_test_gate_clear (&kept.begun);
  thr_test_gate_clear (&kept.leave);
}

/* ---- properties ---- */

static gboolean
set_int64 (Fixture    *self,
           const char *name,
           gint64      number,
           GError    **error)
{
  GValue value = G_VALUE_INIT;

  g_value_set_int64 (g_value_init (&value, G_TYPE_INT64), number);
  return thr_thimble_set_target_property (self->thimble, name, &value, error);
}

static gboolean
set_string (Fixture    *self,
            const char *name,
            const char *string,
            GError    **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_set_string (g_value_init (&value, G_TYPE_STRING), string);
  return thr_thimble_set_target_property (self->thimble, name, &value, error);
}

static void
test_properties (Fixture      *self,
                 gconstpointer data)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_true (set_int64 (self, "level", 7, &error));
  thr_thimble_get_target_property (self->thimble, "level", &value, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (&value), ==, 7);

  g_value_unset (&value);
  g_value_set_double (g_value_init (&value, G_TYPE_DOUBLE), 8.0);
  g_assert_true (thr_thimble_set_target_property (self->thimble, "level", &value, &error));
  g_value_set_double (&value, 8.5);
  g_assert_false (thr_thimble_set_target_property (self->thimble, "level", &value, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  thr_thimble_get_target_property (self->thimble, "level", &value, &error);
  g_assert_cmpint (g_value_get_int (&value), ==, 8);

  g_assert_true (set_string (self, "where", "ipv4", &error));
  thr_thimble_get_target_property (self->thimble, "where", &value, &error);
  g_assert_cmpint (g_value_get_enum (&value), ==, G_SOCKET_FAMILY_IPV4);
  g_assert_true (set_int64 (self, "where", G_SOCKET_FAMILY_IPV6, &error));
  g_assert_true (set_string (self, "label", "name", &error));
  g_assert_true (set_string (self, "label", NULL, &error));
  g_assert_no_error (error);
}

static void
test_bad_properties (Fixture      *self,
                     gconstpointer data)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_false (set_int64 (self, "level", 11, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "11"));
  g_clear_error (&error);
  g_assert_false (set_int64 (self, "level", G_MAXINT64, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (set_int64 (self, "level", G_MININT64, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (set_int64 (self, "levle", 1, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "“level”"));
  g_clear_error (&error);
  g_assert_false (set_string (self, "where", "nowhere", &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (set_int64 (self, "label", 1, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  thr_thimble_get_target_property (self->thimble, "secret", &value, &error);
  g_assert_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  thr_thimble_get_target_property (self->thimble, "quite another one", &value, &error);
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
}

static gboolean
property_hook (ThrThimble *thimble,
               ThrAccess  *access,
               gpointer    user_data,
               GError    **error)
{
  Fixture *self = user_data;
  GValue value = G_VALUE_INIT;

  self->n_hooked++;
  if (thr_access_get_kind (access) == THR_ACCESS_KIND_GET)
    {
      g_assert_cmpuint (thr_access_get_n_arguments (access), ==, 0);
      return result_hook (thimble, access, user_data, error);
    }
  g_assert_cmpint (thr_access_get_kind (access), ==, THR_ACCESS_KIND_SET);
  g_assert_cmpuint (thr_access_get_n_arguments (access), ==, 1);
  g_value_set_int (g_value_init (&value, G_TYPE_INT), 3);
  thr_access_set_arguments (access, &value, 1);
  return TRUE;
}

static void
test_property_hooks (Fixture      *self,
                     gconstpointer data)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  guint hook = thr_thimble_add_hook (self->thimble, "level", property_hook, self, NULL);

  thr_thimble_add_hook (self->thimble, "height", callee_hook, (gpointer) "level", NULL);
  g_assert_true (set_int64 (self, "level", 9, &error));
  thr_thimble_get_target_property (self->thimble, "level", &value, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (&value), ==, 77);
  thr_thimble_remove_hook (self->thimble, hook);
  thr_thimble_get_target_property (self->thimble, "height", &value, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (&value), ==, 3);
}

#define add(path, func) g_test_add ("/thimble/hooks/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("arguments", test_arguments);
  add ("removed-elsewhere", test_removed_elsewhere);
  add ("callee", test_callee);
  add ("result", test_result);
  add ("failing", test_failing);
  add ("function", test_function);
  add ("function-replaced", test_function_replaced);
  add ("kept", test_kept);
  add ("property/pass", test_properties);
  add ("property/bad", test_bad_properties);
  add ("property/hooks", test_property_hooks);
  return g_test_run ();
}
