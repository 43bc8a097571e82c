/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tt-backend.h"

#include "thr-glib.h"

#include "thr-test.h"

/* What methods take and give, through introspection: all types in all ways. */

static const ThrBackend *backend;

static void
call (TtObject       *object,
      const TtMethod *method,
      const GValue   *value)
{
  g_autoptr (GError) error = NULL;
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, method->name, &error);
  gboolean given = method->way == TT_WAY_IN || method->way == TT_WAY_INOUT;
  guint n_calls = tt_object_get_n_calls (object);
  const GValue *results;
  ThrCallData *data;
  guint n_results;

  g_assert_no_error (error);
  data = backend->prepare (plan, G_OBJECT (object), value, given ? 1 : 0, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (data);
  g_assert_true (backend->invoke (data, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (tt_object_get_n_calls (object), ==, n_calls + 1);

  results = backend->results (data, &n_results);
  if (method->way == TT_WAY_IN && method->nullable)
    {
      g_assert_cmpuint (n_results, ==, 1);
      g_assert_true (g_value_get_boolean (&results[0]));
    }
  else if (method->way == TT_WAY_IN)
    g_assert_cmpuint (n_results, ==, 0);
  else
    {
      g_assert_cmpuint (n_results, ==, 1);
      if (method->nullable)
        tt_assert_null (method->name, &results[0]);
      else
        tt_assert_values (method->name, &results[0], value);
    }
  backend->free (data);
}

/* Prepared and never invoked. */
static void
call_not (TtObject       *object,
          const TtMethod *method,
          const GValue   *value)
{
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, method->name, NULL);
  gboolean given = method->way == TT_WAY_IN || method->way == TT_WAY_INOUT;
  ThrCallData *data = backend->prepare (plan, G_OBJECT (object), value, given ? 1 : 0, NULL, NULL, NULL, NULL);

  g_assert_nonnull (data);
  backend->free (data);
}

static void
test_types (void)
{
  TtObject *object = tt_object_new ();
  guint n = 0;

  for (const TtMethod *method = tt_methods; method->name != NULL; method++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      if (method->nullable)
        g_value_init (&value, G_TYPE_POINTER);
      else
        method->make (&value);
      if (g_getenv ("THR_TEST_VERBOSE") != NULL)
        g_test_message ("%s", method->name);
      call_not (object, method, &value);
      call (object, method, &value);
      n++;
    }
  g_test_message ("%u methods", n);
  g_assert_cmpuint (n, >, 2500);
  g_assert_finalize_object (object);
}

/* The results of one method, in a text. */
static char *
call_text (const char   *name,
           const GValue *args,
           guint         n_args)
{
  g_autoptr (TtObject) object = tt_object_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, name, &error);
  const GValue *results;
  ThrCallData *data;
  guint n;

  g_assert_no_error (error);
  data = backend->prepare (plan, G_OBJECT (object), args, n_args, NULL, NULL, NULL, &error);
  if (data == NULL || !backend->invoke (data, &error))
    {
      backend->free (data);
      g_assert_nonnull (error);
      return g_strdup (error->message);
    }
  results = backend->results (data, &n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *one = g_strdup_value_contents (&results[i]);

      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", one);
    }
  backend->free (data);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

#define assert_call(name, args, n_args, expected)            \
  G_STMT_START                                               \
  {                                                          \
    g_autofree char *text = call_text (name, args, n_args);  \
    g_assert_cmpstr (text, ==, expected);                    \
  }                                                          \
  G_STMT_END

static void
test_results (void)
{
  g_auto (GValue) seven = G_VALUE_INIT;

  g_value_init (&seven, G_TYPE_INT);
  g_value_set_int (&seven, 7);
  assert_call ("succeed", &seven, 1, "8");
  assert_call ("fail", NULL, 0, "no such thing");
  assert_call ("fail_silently", NULL, 0, "Tt.Object.fail_silently failed, and did not say why");
  assert_call ("value_allocated", NULL, 0, "\"seven\"");
  assert_call ("value_return", NULL, 0, "\"eight\"");
  assert_call ("call_back_maybe", &seven, 1, "");
  assert_call ("consume", NULL, 0, "");
  assert_call ("get_answer", NULL, 0, "42");
}

static void
test_allocated (void)
{
  g_autoptr (TtObject) object = tt_object_new ();
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, "box_allocated", NULL);
  ThrCallData *data = backend->prepare (plan, G_OBJECT (object), NULL, 0, NULL, NULL, NULL, NULL);
  const GValue *results;
  guint n;

  g_assert_true (backend->invoke (data, NULL));
  results = backend->results (data, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpint (((TtBox *) g_value_get_boxed (&results[0]))->number, ==, 7);
  backend->free (data);

  data = backend->prepare (plan, G_OBJECT (object), NULL, 0, NULL, NULL, NULL, NULL);
  backend->free (data);
}

/* Once the call is over, its result has one owner. */
static void
test_floating (gconstpointer name)
{
  g_autoptr (TtObject) object = tt_object_new ();
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, name, NULL);
  ThrCallData *data = backend->prepare (plan, G_OBJECT (object), NULL, 0, NULL, NULL, NULL, NULL);
  GObject *result;
  guint n;

  g_assert_true (backend->invoke (data, NULL));
  result = g_value_get_object (&backend->results (data, &n)[0]);
  g_assert_false (g_object_is_floating (result));
  g_assert_cmpuint (result->ref_count, ==, 1);
  backend->free (data);
}

static void
test_floating_variant (void)
{
  g_autoptr (TtObject) object = tt_object_new ();
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, "make_floating_variant", NULL);
  ThrCallData *data = backend->prepare (plan, G_OBJECT (object), NULL, 0, NULL, NULL, NULL, NULL);
  GVariant *result;
  guint n;

  g_assert_true (backend->invoke (data, NULL));
  result = g_value_get_variant (&backend->results (data, &n)[0]);
  g_assert_false (g_variant_is_floating (result));
  g_assert_cmpstr (g_variant_get_string (result, NULL), ==, "floating");
  backend->free (data);
}

/* What a list model and a dictionary cannot hold comes in an array of values. */
static void
test_odd (void)
{
  g_autoptr (TtObject) object = tt_object_new ();
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, "make_holes", NULL);
  ThrCallData *data = backend->prepare (plan, G_OBJECT (object), NULL, 0, NULL, NULL, NULL, NULL);
  const GValueArray *values;
  guint n;

  g_assert_true (backend->invoke (data, NULL));
  values = g_value_get_boxed (&backend->results (data, &n)[0]);
  g_assert_cmpuint (values->n_values, ==, 2);
  g_assert_null (g_value_get_object (&values->values[0]));
  g_assert_true (g_value_get_object (&values->values[1]) == object);
  backend->free (data);

  plan = backend->find_method (TT_TYPE_OBJECT, "make_odd", NULL);
  data = backend->prepare (plan, G_OBJECT (object), NULL, 0, NULL, NULL, NULL, NULL);
  g_assert_true (backend->invoke (data, NULL));
  values = g_value_get_boxed (&backend->results (data, &n)[0]);
  g_assert_cmpuint (values->n_values, ==, 2);
  g_assert_cmpstr (g_value_get_string (&values->values[0]), ==, "a");
  g_assert_cmpstr (g_value_get_string (&values->values[1]), ==, "\377");
  backend->free (data);
}

/* A cancellable and what may be NULL can be left out, and be given. */
static void
test_places (void)
{
  GValue args[4] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  g_cancellable_cancel (cancelled);
  g_value_init (&args[0], G_TYPE_STRING);
  g_value_set_static_string (&args[0], "a");
  assert_call ("join", args, 1, "\"a--\"");
  g_value_init (&args[1], G_TYPE_STRING);
  g_value_set_static_string (&args[1], "b");
  assert_call ("join", args, 2, "\"a-b-\"");
  g_value_init (&args[2], G_TYPE_STRING);
  g_value_set_static_string (&args[2], "c");
  assert_call ("join", args, 3, "\"a-b-c\"");

  /* NULL is b, as long as there are no more values than words. */
  g_value_unset (&args[1]);
  g_value_init (&args[1], G_TYPE_POINTER);
  assert_call ("join", args, 3, "\"a--c\"");

  /* And the cancellable, once there are. */
  g_value_init (&args[3], G_TYPE_STRING);
  g_value_set_static_string (&args[3], "d");
  assert_call ("join", args, 4, "\"a-c-d\"");

  g_value_unset (&args[1]);
  g_value_init (&args[1], G_TYPE_CANCELLABLE);
  g_value_set_object (&args[1], cancelled);
  assert_call ("join", args, 4, "Operation was cancelled");
  assert_call ("join", args, 2, "Operation was cancelled");
  assert_call ("is_cancelled", &args[1], 1, "TRUE");
  assert_call ("is_cancelled", NULL, 0, "FALSE");
  for (guint i = 0; i < G_N_ELEMENTS (args); i++)
    g_value_unset (&args[i]);
}

static void
test_cancellable (void)
{
  g_autoptr (TtObject) object = tt_object_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, "is_cancelled", NULL);
  ThrCallData *data = backend->prepare (plan, G_OBJECT (object), NULL, 0, cancellable, NULL, NULL, NULL);
  guint n;

  g_cancellable_cancel (cancellable);
  g_assert_true (backend->invoke (data, NULL));
  g_assert_true (g_value_get_boolean (&backend->results (data, &n)[0]));
  backend->free (data);
}

static void
progress_cb (double   fraction,
             gpointer user_data)
{
  g_string_append_printf (user_data, "%d ", (int) (fraction * 100));
}

static void
test_progress (void)
{
  g_autoptr (TtObject) object = tt_object_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, "progress", NULL);
  ThrCallData *data = backend->prepare (plan, G_OBJECT (object), NULL, 0, NULL, progress_cb, text, NULL);

  g_assert_true (backend->invoke (data, NULL));
  g_assert_cmpstr (text->str, ==, "25 50 75 100 ");
  backend->free (data);

  data = backend->prepare (plan, G_OBJECT (object), NULL, 0, NULL, NULL, NULL, NULL);
  g_assert_true (backend->invoke (data, NULL));
  backend->free (data);
}

/* Private types, through their parents and interfaces; typelibs that nobody has
 * asked for, and functions of them. */
static void
test_find (void)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/");
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = NULL;
  const ThrPlan *plan = backend->find_method (G_OBJECT_TYPE (file), "query_info", &error);
  GValue args[2] = { G_VALUE_INIT, G_VALUE_INIT };
  ThrCallData *data;
  guint n;

  g_assert_no_error (error);
  g_assert_cmpstr (backend->get_name (plan), ==, "Gio.File.query_info");
  g_value_init (&args[0], G_TYPE_STRING);
  g_value_set_static_string (&args[0], "standard::*");
  g_value_init (&args[1], G_TYPE_INT);
  data = backend->prepare (plan, G_OBJECT (file), args, 2, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (backend->invoke (data, &error));
  g_assert_cmpint (g_file_info_get_file_type (g_value_get_object (&backend->results (data, &n)[0])), ==,
                   G_FILE_TYPE_DIRECTORY);
  backend->free (data);

  g_assert_true (plan == backend->find_method (G_OBJECT_TYPE (file), "query_info", NULL));
  names = backend->list_methods (G_OBJECT_TYPE (file), &error);
  g_assert_no_error (error);
  g_assert_true (g_strv_contains ((const char *const *) names, "load_contents"));
  g_assert_true (g_strv_contains ((const char *const *) names, "get_property"));
  g_assert_false (g_strv_contains ((const char *const *) names, "new_for_path"));

  plan = backend->find_function ("Gio.File.new_for_path", &error);
  g_assert_no_error (error);
  data = backend->prepare (plan, NULL, args, 1, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (backend->invoke (data, &error));
  g_assert_true (G_IS_FILE (g_value_get_object (&backend->results (data, &n)[0])));
  backend->free (data);

  g_assert_true (backend->require ("Tt", "1.0", &error));
  g_assert_no_error (error);
  g_value_unset (&args[0]);
  g_value_unset (&args[1]);
}

typedef struct
{
  ThrTestGate *gate;
  guint i;
} First;

static gpointer
first_thread (gpointer data)
{
  First *first = data;
  g_autoptr (TtObject) object = tt_object_new ();
  guint n = 0;

  thr_test_gate_wait (first->gate);
  for (const TtMethod *method = tt_methods; method->name != NULL; method++)
    if (n++ % 37 == 0)
      {
        g_auto (GValue) value = G_VALUE_INIT;

        if (method->nullable)
          g_value_init (&value, G_TYPE_POINTER);
        else
          method->make (&value);
        call (object, method, &value);
        g_free (g_strdup_printf ("%p", backend->find_method (G_TYPE_CANCELLABLE, "get_fd", NULL)));
      }

  return NULL;
}

/* The very first calls, many at once: this test runs first. */
static void
test_threads (void)
{
  ThrTestGate gate = { 0 };
  First first = { &gate, 0 };
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("first", first_thread, &first);
  thr_test_gate_open (&gate);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  thr_test_gate_clear (&gate);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  backend = tt_backend_load ();
  g_test_message ("%s", backend->name);

  g_test_add_func ("/backend/threads", test_threads);
  g_test_add_func ("/backend/types", test_types);
  g_test_add_func ("/backend/results", test_results);
  g_test_add_func ("/backend/allocated", test_allocated);
  g_test_add_data_func ("/backend/floating", "make_floating", test_floating);
  g_test_add_data_func ("/backend/floating-full", "make_floating_full", test_floating);
  g_test_add_func ("/backend/floating-variant", test_floating_variant);
  g_test_add_func ("/backend/odd", test_odd);
  g_test_add_func ("/backend/places", test_places);
  g_test_add_func ("/backend/cancellable", test_cancellable);
  g_test_add_func ("/backend/progress", test_progress);
  g_test_add_func ("/backend/find", test_find);

  return g_test_run ();
}
