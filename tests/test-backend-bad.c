/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tt-backend.h"

#include "thr-glib.h"

#include "thr-test.h"

#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

/* What cannot be called, and what cannot be given: each is said in a sentence. */

static const ThrBackend *backend;

static void
assert_refused (const char *name,
                const char *argument,
                const char *type,
                const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *full = g_strdup_printf ("Tt.Object.%s", name);
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, name, &error);

  g_assert_null (plan);
  g_assert_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, full));
  g_assert_nonnull (strstr (error->message, argument));
  g_assert_nonnull (strstr (error->message, type));
  g_assert_nonnull (strstr (error->message, why));

  /* And the way out. */
  g_assert_true (strstr (error->message, " Call it ") != NULL || strstr (error->message, " Use ") != NULL);
}

static void
test_refused (void)
{
  g_autoptr (GError) error = NULL;

  assert_refused ("call_back", "“callback”", "GLib.Func", "callback");
  assert_refused ("work_async", "“callback”", "Gio.AsyncReadyCallback", "does not block");
  assert_refused ("point", "“pointer”", "gpointer", "bare pointer");
  assert_refused ("get_pointer", "its result", "gpointer", "bare pointer");
  assert_refused ("read", "“buffer”", "array of guint8", "the caller has to make");
  assert_refused ("plain", "“plain”", "Tt.Plain", "not a boxed type");
  assert_refused ("nested", "“lists”", "GLib.List", "holds other things");
  assert_refused ("int_keys", "“table”", "GLib.HashTable", "keys that are not strings");
  assert_refused ("closure", "“closure”", "GObject.Closure", "another thread");

  /* How long an object lives is not for calls to say. */
  g_assert_null (backend->find_method (TT_TYPE_OBJECT, "unref", &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  /* Of real libraries. */
  g_assert_null (backend->find_method (G_TYPE_INPUT_STREAM, "read_async", &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_null (backend->find_method (G_TYPE_INPUT_STREAM, "read", &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED);
  g_assert_cmpstr (error->message, ==,
                   "Gio.InputStream.read cannot be called by name: its argument “buffer”, of type array of guint8, "
                   "is a buffer that the caller has to make. Use a method that makes its results itself, or call it in "
                   "a function of your own, and run that in a thread with Thr.ThreadManager.do_async().");
}

/* All that introspection has of Gio: found or refused, and nothing else. */
static void
test_all_of_gio (void)
{
  const GType types[] = { G_TYPE_FILE, G_TYPE_APPLICATION, G_TYPE_DBUS_CONNECTION, G_TYPE_SOCKET, G_TYPE_RESOLVER,
                          G_TYPE_SUBPROCESS, G_TYPE_SETTINGS, G_TYPE_FILE_INFO, G_TYPE_DATA_INPUT_STREAM,
                          G_TYPE_VOLUME_MONITOR, G_TYPE_TLS_CONNECTION, G_TYPE_LIST_STORE, G_TYPE_SOCKET_CLIENT };
  guint n_found = 0;
  guint n_refused = 0;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) names = backend->list_methods (types[i], &error);

      g_assert_no_error (error);
      for (guint n = 0; names[n] != NULL; n++)
        {
          if (backend->find_method (types[i], names[n], &error) != NULL)
            n_found++;
          else
            {
              g_assert_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED);
              if (g_getenv ("THR_TEST_VERBOSE") != NULL)
                g_test_message ("%s", error->message);
              g_clear_error (&error);
              n_refused++;
            }
        }
    }
  g_test_message ("%u found, %u refused", n_found, n_refused);
  g_assert_cmpuint (n_found, >, 2 * n_refused);
}

static void
assert_unknown (GType       type,
                const char *name,
                const char *expected)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (backend->find_method (type, name, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD);
  g_assert_cmpstr (error->message, ==, expected);
}

static void
assert_no_function (const char *path,
                    const char *expected)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (backend->find_function (path, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD);
  g_assert_cmpstr (error->message, ==, expected);
}

/* Of which no typelib knows. */
typedef struct
{
  GObject parent_instance;
} Hermit;

typedef struct
{
  GObjectClass parent_class;
} HermitClass;

GType hermit_get_type (void);
G_DEFINE_TYPE (Hermit, hermit, G_TYPE_OBJECT)

static void
hermit_class_init (HermitClass *klass)
{
}

static void
hermit_init (Hermit *self)
{
}

static void
test_unknown (void)
{
  g_autoptr (GError) error = NULL;

  assert_unknown (TT_TYPE_OBJECT, "get_anser", "TtObject has no method “get_anser”. Is “get_answer” meant?");
  assert_unknown (TT_TYPE_OBJECT, "", "TtObject has no method “”. Thr.Thimble.list_methods() tells those that it has.");
  assert_unknown (TT_TYPE_OBJECT, "\377\376",
                  "TtObject has no method “��”. Thr.Thimble.list_methods() tells those that it has.");
  assert_unknown (G_TYPE_FILE, "new_for_path",
                  "GFile has no method “new_for_path”. Thr.Thimble.list_methods() tells those that it has.");
  assert_unknown (hermit_get_type (), "live",
                  "No installed typelib describes Hermit. Install its typelib, or name its folder in GI_TYPELIB_PATH.");

  assert_no_function ("GLib", "“GLib” is no function. Name it as “Namespace.function” or “Namespace.Type.function”.");
  assert_no_function ("..", "“..” is no function. Name it as “Namespace.function” or “Namespace.Type.function”.");
  assert_no_function ("Gio.File", "Gio.File is no function. A constructor is named as “Namespace.Type.new”.");
  assert_no_function ("Gio.File.nothing_like_it", "Gio.File has no function “nothing_like_it”.");
  assert_no_function ("Gio.File.new_for_pat", "Gio.File has no function “new_for_pat”. Is “new_for_path” meant?");
  assert_no_function ("Gio.not_here_at_all", "Gio 2.0 has no “not_here_at_all”.");
  assert_no_function ("GLib.file_get_content", "GLib 2.0 has no “file_get_content”. Is “file_get_contents” meant?");
  assert_no_function ("Gio.File.delete",
                      "Gio.File.delete is a method, and wants an object: call it through a thimble of one.");

  g_assert_null (backend->find_function ("Nowhere.at_all", &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD);
  g_assert_nonnull (strstr (error->message, "Nowhere"));
  g_clear_error (&error);
  g_assert_false (backend->require ("Nowhere", "1.0", &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD);
}

static void
assert_wrong (const char   *name,
              const GValue *args,
              guint         n_args,
              const char   *expected)
{
  g_autoptr (TtObject) object = tt_object_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *sentence = g_strdup_printf ("Tt.Object.%s: %s", name, expected);
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, name, &error);

  g_assert_no_error (error);
  g_assert_null (backend->prepare (plan, G_OBJECT (object), args, n_args, NULL, NULL, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==, sentence);
  g_assert_cmpuint (tt_object_get_n_calls (object), ==, 0);
}

#define assert_wrong_value(name, TYPE, setter, given, expected)  \
  G_STMT_START                                                   \
  {                                                              \
    g_auto (GValue) value = G_VALUE_INIT;                        \
    g_value_init (&value, TYPE);                                 \
    setter (&value, given);                                      \
    assert_wrong (name, &value, 1, "argument “v”: " expected);   \
  }                                                              \
  G_STMT_END

#define assert_wrong_int(name, given, expected) \
  assert_wrong_value (name, G_TYPE_INT64, g_value_set_int64, given, expected)
#define assert_wrong_text(name, given, expected) \
  assert_wrong_value (name, G_TYPE_STRING, g_value_set_string, given, expected)
#define assert_wrong_real(name, given, expected) \
  assert_wrong_value (name, G_TYPE_DOUBLE, g_value_set_double, given, expected)
#define assert_wrong_variant(name, given, expected) \
  assert_wrong_value (name, G_TYPE_VARIANT, g_value_set_variant, g_variant_new_parsed (given), expected)

static void
test_count (void)
{
  GValue args[5] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };

  for (guint i = 0; i < G_N_ELEMENTS (args); i++)
    g_value_init (&args[i], G_TYPE_STRING);
  g_value_set_string (&args[0], "a");
  assert_wrong ("int8_in_none", NULL, 0, "number of arguments wanted: 1 (v); given: 0");
  assert_wrong ("int8_in_none", args, 2, "number of arguments wanted: 1 (v); given: 2");
  assert_wrong ("int8_out_none", args, 1, "no arguments are wanted; given: 1");
  assert_wrong ("join", NULL, 0, "number of arguments wanted: 1 to 3 (first, second, third); given: 0");
  assert_wrong ("join", args, 5, "number of arguments wanted: 1 to 3 (first, second, third); given: 5");
  for (guint i = 0; i < G_N_ELEMENTS (args); i++)
    g_value_set_string (&args[i], "a");
  /* The first four are words, and none of them a cancellable. */
  assert_wrong ("join", args, 4, "number of arguments wanted: 1 to 3 (first, second, third); given: 4");
  for (guint i = 0; i < G_N_ELEMENTS (args); i++)
    g_value_unset (&args[i]);
}

static void
test_numbers (void)
{
  assert_wrong_int ("int8_in_none", 128, "gint8 is wanted, which is from -128 to 127, and 128 was given");
  assert_wrong_int ("int8_in_none", -129, "gint8 is wanted, which is from -128 to 127, and -129 was given");
  assert_wrong_int ("uint8_in_none", -1, "guint8 is wanted, which is from 0 to 255, and -1 was given");
  assert_wrong_int ("uint8_in_none", 256, "guint8 is wanted, which is from 0 to 255, and 256 was given");
  assert_wrong_int ("int16_in_none", 32768, "gint16 is wanted, which is from -32768 to 32767, and 32768 was given");
  assert_wrong_int ("uint32_in_none", G_GINT64_CONSTANT (4294967296),
                    "guint32 is wanted, which is from 0 to 4294967295, and 4294967296 was given");
  assert_wrong_int ("uint64_in_none", -1,
                    "guint64 is wanted, which is from 0 to 18446744073709551615, and -1 was given");
  assert_wrong_real ("int64_in_none", 9223372036854775808.0,
                     "gint64 is wanted, which is from -9223372036854775808 to 9223372036854775807, "
                     "and 9.2233720368547758e+18 was given");
  assert_wrong_real ("int32_in_none", 1.5, "gint32 is wanted, and 1.5 is no whole number");
  assert_wrong_real ("int32_in_none", (double) INFINITY, "gint32 is wanted, and inf is no whole number");
  assert_wrong_real ("uint64_in_none", 1e300,
                     "guint64 is wanted, which is from 0 to 18446744073709551615, "
                     "and 1.0000000000000001e+300 was given");
  assert_wrong_real ("float_in_none", 1e300, "gfloat is wanted, and 1.0000000000000001e+300 does not fit into it");
  assert_wrong_int ("double_in_none", G_MAXINT64,
                    "gdouble is wanted, and 9223372036854775807 does not fit into it");
  assert_wrong_int ("boolean_in_none", 2, "gboolean is wanted, which is from 0 to 1, and 2 was given");
  assert_wrong_text ("int32_in_none", "7", "gint32 is wanted, and gchararray was given");
  assert_wrong_text ("double_in_none", NULL, "gdouble is wanted, and it may not be NULL");
  assert_wrong_value ("int32_in_none", G_TYPE_BOOLEAN, g_value_set_boolean, TRUE,
                      "gint32 is wanted, and gboolean was given");
  assert_wrong ("int32_in_none", &(GValue) G_VALUE_INIT, 1,
                "argument “v”: gint32 is wanted, and an empty value was given");

  assert_wrong_int ("enum_in_none", 3, "Tt.Colour has no value “3”; it has: red, green, blue");
  assert_wrong_text ("enum_in_none", "pink", "Tt.Colour has no value “pink”; it has: red, green, blue");
  assert_wrong_int ("flags_in_none", 4, "Tt.Side has no value “0x4”; it has: left, right, top");
  assert_wrong_text ("flags_in_none", "left|bottom", "Tt.Side has no value “bottom”; it has: left, right, top");
  assert_wrong_int ("unichar_in_none", 0xd800, "gunichar is wanted, and U+D800 is no character");
  assert_wrong_text ("unichar_in_none", "ab", "gunichar is wanted, and the text is not one character long");
  assert_wrong_text ("gtype_in_none", "NoSuchType", "GType is wanted, and no type “NoSuchType” is registered");
  assert_wrong_value ("enum_in_none", G_TYPE_FILE_TYPE, g_value_set_enum, 0,
                      "Tt.Colour is wanted, and GFileType was given");
}

static void
test_pointers (void)
{
  g_autoptr (GCancellable) other = g_cancellable_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("a", 1);

  assert_wrong_text ("utf8_in_none", "a\377", "utf8 is wanted, and the text is not valid UTF-8 from byte 1 on");
  assert_wrong_text ("utf8_in_none", NULL, "utf8 is wanted, and it may not be NULL");
  assert_wrong_int ("utf8_in_none", 7, "utf8 is wanted, and gint64 was given");
  assert_wrong_text ("object_in_none", NULL, "Tt.Object is wanted, and it may not be NULL");
  assert_wrong_value ("object_in_none", G_TYPE_OBJECT, g_value_set_object, other,
                      "Tt.Object is wanted, and GCancellable was given");
  assert_wrong_value ("interface_in_full", G_TYPE_OBJECT, g_value_set_object, other,
                      "Tt.Thing is wanted, and GCancellable was given");
  assert_wrong_value ("boxed_in_none", G_TYPE_BYTES, g_value_set_boxed, bytes,
                      "Tt.Box is wanted, and GBytes was given");
  assert_wrong_int ("variant_in_full", 7, "GLib.Variant is wanted, and gint64 was given");
  assert_wrong_text ("param_in_none", "a", "GObject.ParamSpec is wanted, and gchararray was given");
}

static void
test_containers (void)
{
  const char *bad_words[] = { "a", "\377", NULL };

  assert_wrong_variant ("int32_fixed_in_none", "[1, 2]", "elements wanted: 3, given: 2");
  assert_wrong_variant ("int8_length_in_full", "[1, 2, 200]",
                        "element 2: gint8 is wanted, which is from -128 to 127, and 200 was given");
  assert_wrong_variant ("int32_zero_in_none", "[1, 0]", "element 1: a zero would end the array");
  assert_wrong_variant ("utf8_list_in_container", "[1]", "element 0: utf8 is wanted, and gint was given");
  assert_wrong_variant ("utf8_hash_in_container", "{'a': 1}", "element 1: utf8 is wanted, and gint was given");
  assert_wrong_variant ("utf8_hash_in_full", "['a']", "GLib.HashTable of utf8 is wanted, and GVariant was given");
  assert_wrong_variant ("object_ptrarray_in_full", "['a']", "element 0: Tt.Object is wanted, and gchararray was given");
  assert_wrong_value ("utf8_garray_in_full", G_TYPE_STRV, g_value_set_boxed, bad_words,
                      "element 1: utf8 is wanted, and the text is not valid UTF-8 from byte 0 on");
  assert_wrong_text ("int32_length_in_none", "a", "array of gint32 is wanted, and gchararray was given");
  assert_wrong_text ("uint8_bytearray_in_none", NULL, "GLib.ByteArray is wanted, and it may not be NULL");
  assert_wrong_value ("int32_list_in_none", G_TYPE_PTR_ARRAY, g_value_take_boxed, g_ptr_array_new (),
                      "GLib.List of gint32 is wanted, and GPtrArray was given");
}

/* Arrays that have one length in common. */
static void
test_lengths (void)
{
  GValue args[2] = { G_VALUE_INIT, G_VALUE_INIT };
  g_autofree guint8 *many = g_malloc0 (300);
  g_autoptr (GBytes) bytes = g_bytes_new (many, 300);
  const char *words[] = { "a", "bb", NULL };

  g_value_init (&args[0], G_TYPE_VARIANT);
  g_value_set_variant (&args[0], g_variant_new_parsed ("[1]"));
  g_value_init (&args[1], G_TYPE_STRV);
  g_value_set_boxed (&args[1], words);
  assert_wrong ("two_arrays", args, 2,
                "argument “names”: its number of elements, 2, differs from that of another argument, 1");

  g_value_unset (&args[0]);
  g_value_init (&args[0], G_TYPE_BYTES);
  g_value_set_boxed (&args[0], bytes);
  assert_wrong ("two_arrays", args, 2,
                "argument “numbers”: too many elements: guint8 is wanted, which is from 0 to 255, and 300 was given");
  g_value_unset (&args[0]);
  g_value_unset (&args[1]);
}

/* What holds so many elements that there is no memory for it is refused, where GLib
 * would abort. */
static void
test_memory (void)
{
  const char *const names[] = {
    "int64_length_in_none",
    "uint8_length_in_none",
    "int64_zero_in_none",
    "uint8_zero_in_none",
    "int64_garray_in_none",
    "uint8_garray_in_none",
    "uint8_bytearray_in_none",
    "int64_list_in_none",
    "int64_slist_in_none",
  };
  gsize n = 64 * 1024 * 1024;
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (n), n);
  g_autofree char *content = NULL;
  struct rlimit before, none;

  if (thr_test_is_watched ())
    {
      g_test_skip ("the limit would be that of memcheck or the sanitizer");
      return;
    }

  g_assert_cmpint (getrlimit (RLIMIT_AS, &before), ==, 0);
  none = before;
  g_assert_true (g_file_get_contents ("/proc/self/statm", &content, NULL, NULL));
  none.rlim_cur = g_ascii_strtoull (content, NULL, 10) * (rlim_t) getpagesize () + n / 2;
  g_assert_cmpint (setrlimit (RLIMIT_AS, &none), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_wrong_value (names[i], G_TYPE_BYTES, g_value_set_boxed, bytes,
                        "there is no memory for so many elements: 67108864");
  g_assert_cmpint (setrlimit (RLIMIT_AS, &before), ==, 0);
}

static void
test_target (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) other = g_cancellable_new ();
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, "consume", NULL);

  g_assert_null (backend->prepare (plan, G_OBJECT (other), NULL, 0, NULL, NULL, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==,
                   "Tt.Object.consume: this is a method of TtObject, and it was called on GCancellable");
  g_clear_error (&error);
  g_assert_null (backend->prepare (plan, NULL, NULL, 0, NULL, NULL, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
}

static void
assert_right (const char *name,
              GType       type,
              void      (*setter) (GValue *value, gconstpointer given),
              gconstpointer given)
{
  g_autoptr (TtObject) object = tt_object_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  const ThrPlan *plan = backend->find_method (TT_TYPE_OBJECT, name, &error);
  ThrCallData *data;

  g_assert_no_error (error);
  g_value_init (&value, type);
  setter (&value, given);
  data = backend->prepare (plan, G_OBJECT (object), &value, 1, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (backend->invoke (data, &error));
  backend->free (data);
}

static void
set_double (GValue       *value,
            gconstpointer given)
{
  g_value_set_double (value, *(const double *) given);
}

static void
set_string (GValue       *value,
            gconstpointer given)
{
  g_value_set_string (value, given);
}

static void
set_parsed (GValue       *value,
            gconstpointer given)
{
  g_value_take_variant (value, g_variant_parse (NULL, given, NULL, NULL, NULL));
}

/* What is not of the declared type, and is taken all the same. */
static void
test_taken (void)
{
  const double real = -128;

  assert_right ("int8_in_none", G_TYPE_DOUBLE, set_double, &real);
  assert_right ("enum_in_none", G_TYPE_STRING, set_string, "blue");
  assert_right ("enum_in_none", G_TYPE_STRING, set_string, "TT_COLOUR_BLUE");
  assert_right ("enum_in_none", G_TYPE_VARIANT, set_parsed, "-7");
  assert_right ("flags_in_none", G_TYPE_STRING, set_string, "left");
  assert_right ("unichar_in_none", G_TYPE_STRING, set_string, "a");
  assert_right ("gtype_in_none", G_TYPE_STRING, set_string, "gint");
  assert_right ("boolean_in_none", G_TYPE_VARIANT, set_parsed, "1");
  assert_right ("utf8_in_none", G_TYPE_VARIANT, set_parsed, "'ä'");
  assert_right ("bytes_in_none", G_TYPE_VARIANT, set_parsed, "[byte 0, 0x61]");
  assert_right ("uint8_bytearray_in_full", G_TYPE_VARIANT, set_parsed, "[255, 1, 127]");
  assert_right ("uint8_length_in_full", G_TYPE_VARIANT, set_parsed, "[byte 255, 1, 127]");
  assert_right ("utf8_list_in_container", G_TYPE_VARIANT, set_parsed, "['ä', '', 'three']");
  assert_right ("int8_hash_in_full", G_TYPE_VARIANT, set_parsed, "{'k0': <-128>, 'k1': <1>, 'k2': <int64 127>}");
  assert_right ("float_length_in_full", G_TYPE_VARIANT, set_parsed, "[<1.5>, <-2.25>, <1.0000000150474662e+30>]");
}

/* A file by its name, where a file is wanted. */
static void
test_file (void)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/");
  g_autoptr (GError) error = NULL;
  const ThrPlan *plan = backend->find_method (G_OBJECT_TYPE (file), "equal", &error);
  const char *const names[] = { "/", "file:///", "a/b", "" };
  guint n;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;
      ThrCallData *data;

      g_value_init (&value, G_TYPE_STRING);
      g_value_set_string (&value, names[i]);
      data = backend->prepare (plan, G_OBJECT (file), &value, 1, NULL, NULL, NULL, &error);
      if (i < 2)
        {
          g_assert_no_error (error);
          g_assert_true (backend->invoke (data, &error));
          g_assert_true (g_value_get_boolean (&backend->results (data, &n)[0]));
          backend->free (data);
        }
      else
        {
          g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
          g_assert_cmpstr (error->message, ==,
                           "Gio.File.equal: argument “file2”: Gio.File is wanted, and the text is neither a URI nor "
                           "an absolute path");
          g_clear_error (&error);
        }
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  backend = tt_backend_load ();

  g_test_add_func ("/backend/bad/refused", test_refused);
  g_test_add_func ("/backend/bad/all-of-gio", test_all_of_gio);
  g_test_add_func ("/backend/bad/unknown", test_unknown);
  g_test_add_func ("/backend/bad/count", test_count);
  g_test_add_func ("/backend/bad/numbers", test_numbers);
  g_test_add_func ("/backend/bad/pointers", test_pointers);
  g_test_add_func ("/backend/bad/containers", test_containers);
  g_test_add_func ("/backend/bad/lengths", test_lengths);
  g_test_add_func ("/backend/bad/memory", test_memory);
  g_test_add_func ("/backend/bad/target", test_target);
  g_test_add_func ("/backend/bad/taken", test_taken);
  g_test_add_func ("/backend/bad/file", test_file);

  return g_test_run ();
}
