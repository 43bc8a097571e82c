/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job gives back: the types, the return functions, manual jobs. */

#include "config.h"

#include "thr-test.h"

static void
assert_result (const GValue *result,
               guint         kind)
{
  const GType types[] = { G_TYPE_BOOLEAN, G_TYPE_DOUBLE, G_TYPE_STRING, G_TYPE_CANCELLABLE,
                          G_TYPE_VARIANT, G_TYPE_STRV, G_TYPE_STRING, G_TYPE_INT64 };

  g_assert_nonnull (result);
  g_assert_cmpstr (G_VALUE_TYPE_NAME (result), ==, g_type_name (types[kind]));
  switch (kind)
    {
    case 0:
      g_assert_true (g_value_get_boolean (result));
      break;
    case 1:
      g_assert_cmpfloat (g_value_get_double (result), ==, 1.5);
      break;
    case 2:
      g_assert_cmpstr (g_value_get_string (result), ==, "text");
      break;
    case 3:
      g_assert_true (G_IS_CANCELLABLE (g_value_get_object (result)));
      break;
    case 4:
      g_assert_cmpuint (g_variant_get_uint32 (g_value_get_variant (result)), ==, 7);
      break;
    case 5:
      g_assert_cmpstr (((char **) g_value_get_boxed (result))[1], ==, "b");
      break;
    case 6:
      g_assert_null (g_value_get_string (result));
      break;
    case 7:
      g_assert_cmpint (g_value_get_int64 (result), ==, G_MININT64);
      break;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
return_kind (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  const char *const strv[] = { "a", "b", NULL };
  g_autoptr (GCancellable) object = g_cancellable_new ();
  g_auto (GValue) value = G_VALUE_INIT;

  switch (GPOINTER_TO_UINT (user_data))
    {
    case 0:
      return thr_thread_wrapper_return_boolean (thread, TRUE, error);
    case 1:
      return thr_thread_wrapper_return_double (thread, 1.5, error);
    case 2:
      return thr_thread_wrapper_return_string (thread, "text", error);
    case 3:
      return thr_thread_wrapper_return_object (thread, G_OBJECT (object), error);
    case 4:
      return thr_thread_wrapper_return_variant (thread, g_variant_new_uint32 (7), error);
    case 5:
      g_value_init (&value, G_TYPE_STRV);
      g_value_set_boxed (&value, strv);
      return thr_thread_wrapper_return_value (thread, &value, error);
    case 6:
      return thr_thread_wrapper_return_string (thread, NULL, error);
    case 7:
      return thr_thread_wrapper_return_int (thread, G_MININT64, error);
    default:
      g_assert_not_reached ();
    }
}

static void
result_cb (ThrThreadWrapper *thread,
           const GValue     *result,
           gpointer          user_data)
{
  assert_result (result, GPOINTER_TO_UINT (user_data));
}

static void
test_results (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (guint kind = 0; kind < 8; kind++)
    {
      ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, return_kind, GUINT_TO_POINTER (kind), NULL);
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
      GValue *property = NULL;

      thr_thread_wrapper_set_on_success (thread, result_cb, GUINT_TO_POINTER (kind), NULL);
      g_signal_connect (thread, "succeeded", G_CALLBACK (result_cb), GUINT_TO_POINTER (kind));
      g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
      assert_result (thr_thread_wrapper_get_result (thread), kind);
      g_object_get (thread, "result", &property, NULL);
      assert_result (property, kind);
      g_boxed_free (G_TYPE_VALUE, property);
      g_assert_finalize_object (thread);
    }

  g_assert_finalize_object (manager);
}

/* A job that is not running takes no result. */
static void
assert_refuses_result (ThrThreadWrapper *thread)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "too late");
  g_autoptr (GCancellable) object = g_cancellable_new ();
  g_auto (GValue) value = G_VALUE_INIT;
  ThrExecutionState state = thr_thread_wrapper_get_execution_state (thread);
  const GValue *result = thr_thread_wrapper_get_result (thread);
  const GError *was = thr_thread_wrapper_get_error (thread);

  g_value_init (&value, G_TYPE_INT);
  for (guint i = 0; i < 8; i++)
    {
      gboolean taken;

      switch (i)
        {
        case 0:
          taken = thr_thread_wrapper_return_boolean (thread, TRUE, &error);
          break;
        case 1:
          taken = thr_thread_wrapper_return_int (thread, 1, &error);
          break;
        case 2:
          taken = thr_thread_wrapper_return_double (thread, 1, &error);
          break;
        case 3:
          taken = thr_thread_wrapper_return_string (thread, "late", &error);
          break;
        case 4:
          taken = thr_thread_wrapper_return_object (thread, G_OBJECT (object), &error);
          break;
        case 5:
          taken = thr_thread_wrapper_return_variant (thread, g_variant_new_int32 (1), &error);
          break;
        case 6:
          taken = thr_thread_wrapper_return_value (thread, &value, &error);
          break;
        case 7:
          taken = thr_thread_wrapper_return_error (thread, failure, &error);
          break;
        default:
          g_assert_not_reached ();
        }
      g_assert_false (taken);
      g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
      g_assert_nonnull (g_strrstr (error->message, "late"));
      g_clear_error (&error);
      /* And none is asked for. */
      g_assert_false (thr_thread_wrapper_return_int (thread, 1, NULL));
    }

  g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, state);
  g_assert_true (thr_thread_wrapper_get_result (thread) == result);
  g_assert_true (thr_thread_wrapper_get_error (thread) == was);
  g_assert_finalize_object (g_steal_pointer (&object));
}

static void
test_wrong_state (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_wrapper_new ("late", thr_test_job_return_int, GINT_TO_POINTER (5), NULL);

  assert_refuses_result (thread);
  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  thr_test_run_until_closed (thread);
  assert_refuses_result (thread);
  g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (thread)), ==, 5);

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

static gboolean
return_error_func (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  g_autoptr (GError) failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "full");

  return thr_thread_wrapper_return_error (thread, failure, error);
}

static void
nothing_on_fail (ThrThreadWrapper *thread,
                 const GError     *failure,
                 gpointer          user_data)
{
}

/* A function sets its error: return_error() is for manual jobs alone. */
static void
test_return_error (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, return_error_func, NULL, NULL);

  thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, NULL, NULL);
  thr_test_run_until_closed (thread);
  g_assert_error (thr_thread_wrapper_get_error (thread), THR_ERROR, THR_ERROR_INVALID_STATE);
  g_assert_null (thr_thread_wrapper_get_result (thread));

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

static gboolean
result_then_fail (ThrThreadWrapper *thread,
                  gpointer          user_data,
                  GError          **error)
{
  g_assert_true (thr_thread_wrapper_return_string (thread, "not it", NULL));

  return thr_test_job_fail (thread, user_data, error);
}

static void
test_result_then_fail (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, result_then_fail, NULL, NULL);

  thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, NULL, NULL);
  thr_test_run_until_closed (thread);
  g_assert_error (thr_thread_wrapper_get_error (thread), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_null (thr_thread_wrapper_get_result (thread));

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

/* A result is let go at home, however it came to be. */
static gboolean
return_watched (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  g_autoptr (GCancellable) object = g_cancellable_new ();

  thr_test_home_watch (user_data, object);

  return thr_thread_wrapper_return_object (thread, G_OBJECT (object), error);
}

static void
test_result_freed_at_home (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrTestHome home;

  thr_test_home_init (&home);
  for (guint i = 0; i < 100; i++)
    {
      ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, return_watched, &home, NULL);

      thr_test_run_until_closed (thread);
      g_assert_cmpint (thr_test_home_n_finalized (&home), ==, i);
      g_assert_finalize_object (thread);
      g_assert_cmpint (thr_test_home_n_finalized (&home), ==, i + 1);
    }
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);

  g_assert_finalize_object (manager);
}

static gpointer
return_from_thread (gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_thread_wrapper_return_int (user_data, 9, &error));
  g_assert_no_error (error);

  return NULL;
}

static void
test_manual (void)
{
  static const struct
  {
    const char *sequence;
    int code;
  } ends[] = {
    { "RUNNING RETURNED FINISHING CLOSED", -1 },
    { "RUNNING RETURNED FINISHING CLOSED", -1 },
    { "RUNNING EXCEPTION FINISHING CLOSED", G_IO_ERROR_BUSY },
    { "RUNNING EXCEPTION FINISHING CLOSED", G_IO_ERROR_CANCELLED },
    { "RUNNING EXCEPTION FINISHING CLOSED", THR_ERROR_HALTED },
    { "RUNNING EXCEPTION FINISHING CLOSED", THR_ERROR_HALTED },
  };
  g_autoptr (GError) failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      ThrThreadManager *manager = thr_thread_manager_new ();
      ThrThreadWrapper *thread = thr_thread_manager_do_manual (manager, "late");
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
      GThread *helper = NULL;

      thr_thread_wrapper_set_on_fail (thread, nothing_on_fail, NULL, NULL);
      g_assert_cmpint (thr_thread_wrapper_get_execution_state (thread), ==, THR_EXECUTION_STATE_RUNNING);
      thr_test_run_until (g_str_equal (thr_test_recorder_get (recorder), "RUNNING"));
      g_assert_true (thr_thread_manager_get_busy (manager));

      switch (i)
        {
        case 0:
          helper = g_thread_new ("helper", return_from_thread, thread);
          break;
        case 1:
          g_assert_true (thr_thread_wrapper_return_int (thread, 9, &error));
          break;
        case 2:
          g_assert_true (thr_thread_wrapper_return_error (thread, failure, &error));
          break;
        case 3:
          thr_thread_wrapper_cancel (thread);
          break;
        case 4:
          thr_thread_wrapper_halt (thread);
          break;
        case 5:
          thr_thread_manager_halt (manager, THR_FOREVER, &error);
          break;
        default:
          g_assert_not_reached ();
        }
      g_assert_no_error (error);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      if (helper != NULL)
        g_thread_join (helper);

      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, ends[i].sequence);
      if (ends[i].code < 0)
        {
          g_assert_no_error (thr_thread_wrapper_get_error (thread));
          g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (thread)), ==, 9);
        }
      else
        g_assert_error (thr_thread_wrapper_get_error (thread), (i < 4 ? G_IO_ERROR : THR_ERROR), ends[i].code);
      assert_refuses_result (thread);

      g_assert_finalize_object (thread);
      g_assert_finalize_object (manager);
    }
}

/* Many threads give a result at once: one of them is taken, the others are
 * told so. */
typedef struct
{
  ThrThreadWrapper *thread;
  ThrTestGate gate;
  int n_taken;
  int taken;
  int next;
} Race;

static gpointer
race_thread (gpointer user_data)
{
  Race *race = user_data;
  int value = g_atomic_int_add (&race->next, 1);
  g_autoptr (GError) error = NULL;

  thr_test_gate_wait (&race->gate);
  if (thr_thread_wrapper_return_int (race->thread, value, &error))
    {
      g_assert_no_error (error);
      g_atomic_int_set (&race->taken, value);
      g_atomic_int_inc (&race->n_taken);
    }
  else
    g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);

  return NULL;
}

static void
test_manual_race (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (guint round = 0; round < thr_test_scale (300, 10); round++)
    {
      Race race = { NULL };
      GThread *threads[4];

      race.thread = thr_thread_manager_do_manual (manager, NULL);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("race", race_thread, &race);
      thr_test_gate_open (&race.gate);
      thr_test_run_until_closed (race.thread);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);

      g_assert_cmpint (race.n_taken, ==, 1);
      g_assert_cmpint (g_value_get_int64 (thr_thread_wrapper_get_result (race.thread)), ==, race.taken);
      g_assert_finalize_object (race.thread);
      thr_test_gate_clear (&race.gate);
    }

  g_assert_finalize_object (manager);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/results/types", test_results);
  g_test_add_func ("/results/wrong-state", test_wrong_state);
  g_test_add_func ("/results/return-error", test_return_error);
  g_test_add_func ("/results/result-then-fail", test_result_then_fail);
  g_test_add_func ("/results/freed-at-home", test_result_freed_at_home);
  g_test_add_func ("/results/manual", test_manual);
  g_test_add_func ("/results/manual-race", test_manual_race);

  return g_test_run ();
}
