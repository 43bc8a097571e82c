/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tt-backend.h"

#include "thimble/thr-value-array-private.h"

#include "thr-glib.h"

#include "thr-test.h"

#include <math.h>

/* Arguments at random: whatever is given, a call is made or an error says why
 * not. THR_TEST_FUZZ is how many, --seed which. */

static const ThrBackend *backend;

/* Of objects, and functions; none has an effect outside, or wants of its
 * arguments what no metadata tells. */
static const char *const file_methods[] = {
  "dup",
  "equal",
  "enumerate_children",
  "get_basename",
  "get_parent",
  "get_parse_name",
  "get_path",
  "get_relative_path",
  "get_uri",
  "get_uri_scheme",
  "has_parent",
  "has_prefix",
  "has_uri_scheme",
  "hash",
  "is_native",
  "load_bytes",
  "load_contents",
  "peek_path",
  "query_exists",
  "query_file_type",
  "query_info",
  "query_settable_attributes",
  "query_filesystem_info",
  "resolve_relative_path",
};
static const char *const cancellable_methods[] = { "cancel", "is_cancelled", "reset" };
static const char *const store_methods[] = { "append", "get_item", "get_n_items", "get_item_type", "remove_all" };
static const char *const functions[] = {
  "GLib.ascii_strcasecmp",
  "GLib.ascii_strtod",
  "GLib.base64_decode",
  "GLib.base64_encode",
  "GLib.bit_nth_lsf",
  "GLib.bit_storage",
  "GLib.compute_checksum_for_bytes",
  "GLib.environ_getenv",
  "GLib.filename_from_uri",
  "GLib.get_environ",
  "GLib.get_language_names",
  "GLib.get_system_data_dirs",
  "GLib.hostname_is_ip_address",
  "GLib.hostname_to_ascii",
  "GLib.path_get_basename",
  "GLib.path_get_dirname",
  "GLib.path_is_absolute",
  "GLib.shell_parse_argv",
  "GLib.shell_quote",
  "GLib.shell_unquote",
  "GLib.str_has_prefix",
  "GLib.str_is_ascii",
  "GLib.str_match_string",
  "GLib.str_to_ascii",
  "GLib.strescape",
  "GLib.unichar_isalpha",
  "GLib.unichar_toupper",
  "GLib.unichar_type",
  "GLib.unichar_break_type",
  "GLib.uri_is_valid",
  "GLib.uri_list_extract_uris",
  "GLib.uri_parse_scheme",
  "GLib.uri_split",
  "GLib.utf8_collate",
  "GLib.uuid_string_is_valid",
  "GLib.variant_is_object_path",
  "GLib.variant_is_signature",
  "GLib.Bytes.new",
  "GLib.DateTime.new_from_iso8601",
  "GLib.DateTime.new_from_unix_utc",
  "GLib.Variant.new_int32",
  "GLib.Variant.new_boolean",
  "GLib.Variant.new_strv",
  "GLib.Variant.new_variant",
  "Gio.BytesIcon.new",
  "Gio.InetAddress.new_from_string",
  "Gio.MemoryInputStream.new_from_bytes",
  "Gio.NetworkAddress.parse",
  "Gio.NetworkAddress.parse_uri",
  "Gio.ThemedIcon.new",
  "Gio.content_type_guess",
  "Gio.content_type_is_a",
  "Gio.content_type_is_unknown",
  "Gio.dbus_is_guid",
  "Gio.dbus_is_name",
  "Gio.icon_new_for_string",
  "Gio.Cancellable.new",
  "Gio.File.new_for_commandline_arg",
  "Gio.File.new_for_path",
  "Gio.File.new_for_uri",
  "Gio.File.parse_name",
};

typedef struct
{
  const ThrPlan *plan;
  GObject *target;
  void (*make) (GValue *value); /* what it takes, if that is known */
  guint n_args;                 /* a number of arguments that it takes */
} Callee;

#define MAX_ARGS 7

static GArray *callees;
static GPtrArray *targets;

static void
add_callee (Callee callee)
{
  for (callee.n_args = 0; callee.n_args < MAX_ARGS; callee.n_args++)
    {
      GValue args[MAX_ARGS] = { G_VALUE_INIT };
      g_autoptr (GError) error = NULL;
      ThrCallData *data = backend->prepare (callee.plan, callee.target, args, callee.n_args, NULL, NULL, NULL, &error);

      backend->free (data);
      if (data != NULL || strstr (error->message, "arguments") == NULL)
        break;
    }
  g_array_append_val (callees, callee);
}

static void
add_methods (GObject           *target,
             const char *const *names,
             guint              n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;
      Callee callee = { .target = target };

      callee.plan = backend->find_method (G_OBJECT_TYPE (target), names[i], &error);
      g_assert_no_error (error);
      add_callee (callee);
    }
}

static void
add_tt (TtObject *target)
{
  static const char *const others[] = { "succeed",        "fail",        "fail_silently",   "join",
                                        "progress",       "is_cancelled", "box_allocated",  "value_allocated",
                                        "value_in",       "value_return", "two_arrays",     "sum",
                                        "call_back_maybe", "consume",    "make_floating",   "make_floating_variant",
                                        "get_answer" };

  for (const TtMethod *method = tt_methods; method->name != NULL; method++)
    {
      Callee callee = { .target = G_OBJECT (target), .make = method->make };

      callee.plan = backend->find_method (TT_TYPE_OBJECT, method->name, NULL);
      add_callee (callee);
    }
  for (guint i = 0; i < 20; i++)
    add_methods (G_OBJECT (target), others, G_N_ELEMENTS (others));
}

static void
add_functions (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      g_autoptr (GError) error = NULL;
      Callee callee = { 0 };

      callee.plan = backend->find_function (functions[i], &error);
      if (callee.plan == NULL)
        {
          g_test_message ("%s", error->message);
          continue;
        }
      add_callee (callee);
    }
}

/* Where an input is given, it says instead of chance, until it is used up. */
static const guint8 *input;
static gsize n_input;

static guint
below (guint n)
{
  if (input != NULL)
    {
      guint drawn = n_input > 0 ? *input : 0;

      if (n > 256 && n_input > 1)
        drawn = drawn << 8 | input[1];
      input += MIN (n_input, n > 256 ? 2 : 1);
      n_input -= MIN (n_input, n > 256 ? 2 : 1);
      return drawn % n;
    }
  return (guint) g_test_rand_int_range (0, (gint32) n);
}

static const char *
random_text (void)
{
  static const char *const texts[] = {
    NULL,
    "",
    "a",
    "ä",
    "\377",
    "a\200b",
    "/",
    "/nonexistent/a",
    "file:///nonexistent",
    "http://",
    "x:y",
    "::",
    "7",
    "-1",
    "1e400",
    "red",
    "left|right",
    "TT_COLOUR_BLUE",
    "gint",
    "TtObject",
    "%s%n%p",
    "\n\t\"",
    "standard::*",
    "[::1]",
    "a=b",
    "\xf4\x90\x80\x80",
    "\xed\xa0\x80",
    "\xc0\x80",
    "()",
    "'",
    "2020-01-01T00:00:00Z",
  };
  static char *long_text;

  if (long_text == NULL)
    long_text = g_strnfill (10000, 'x');
  if (below (40) == 0)
    return long_text;

  return texts[below (G_N_ELEMENTS (texts))];
}

static gint64
random_integer (void)
{
  static const gint64 integers[] = { 0, 1, -1, 2, 3, 5, 7, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768,
                                     65535, 65536, G_MAXINT32, (gint64) G_MAXINT32 + 1, G_MININT32, G_MAXUINT32,
                                     (gint64) G_MAXUINT32 + 1, G_MAXINT64, G_MININT64, 0x10ffff, 0x110000, 0xd800 };

  if (below (4) == 0)
    return (gint32) (below (1 << 16) << 16 | below (1 << 16));
  return integers[below (G_N_ELEMENTS (integers))];
}

static double
random_real (void)
{
  static const double reals[] = { 0, -0.0, 1, 1.5, -1, 1e300, -1e300, 3e38, 4e38, 9007199254740993.0,
                                  9223372036854775808.0, 18446744073709551616.0, -9223372036854775808.0 };

  switch (below (8))
    {
    case 0:
      return (double) NAN;
    case 1:
      return (double) INFINITY;
    default:
      return reals[below (G_N_ELEMENTS (reals))];
    }
}

static GVariant *
random_variant (void)
{
  static const char *const texts[] = {
    "1",
    "byte 7",
    "-1",
    "'a'",
    "1.5",
    "true",
    "<1>",
    "<<'a'>>",
    "@as []",
    "['a', '']",
    "[1, 2, 3]",
    "[byte 1, 2, 3]",
    "@ay []",
    "[1.5]",
    "[true, false, true]",
    "{'a': 'b'}",
    "{'a': 1, 'b': 2}",
    "{1: 2}",
    "@a{sv} {}",
    "{'a': <1>}",
    "(1, 'a')",
    "()",
    "@mi nothing",
    "just 1",
    "[[1], [2]]",
    "[<1>, <'a'>]",
    "objectpath '/a'",
    "@ai []",
    "{'a': 'b', 'a': 'c'}",
    "handle 1",
    "[1, 0, 1]",
    "uint64 18446744073709551615",
  };

  return g_variant_parse (NULL, texts[below (G_N_ELEMENTS (texts))], NULL, NULL, NULL);
}

static void random_value (GValue *value,
                          guint   depth);

static void
random_value_array (GValue *value,
                    guint   depth)
{
  GValueArray *values = thr_value_array_new (0);
  guint n = below (5);

  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) one = G_VALUE_INIT;

      random_value (&one, depth + 1);
      thr_value_array_append (values, G_IS_VALUE (&one) ? &one : NULL);
    }
  g_value_init (value, thr_value_array_type ());
  g_value_take_boxed (value, values);
}

static void
random_strings (GValue *value)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  guint n = below (5);

  for (guint i = 0; i < n; i++)
    {
      const char *text = random_text ();

      g_strv_builder_add (builder, text != NULL ? text : "");
    }
  g_value_init (value, G_TYPE_STRV);
  g_value_take_boxed (value, g_strv_builder_end (builder));
  g_strv_builder_unref (builder);
}

static void
random_object (GValue *value)
{
  g_value_init (value, G_TYPE_OBJECT);
  if (below (4) != 0)
    g_value_set_object (value, targets->pdata[below (targets->len)]);
}

static void
random_model (GValue *value)
{
  GListStore *store = g_list_store_new (G_TYPE_OBJECT);
  guint n = below (5);

  for (guint i = 0; i < n; i++)
    g_list_store_append (store, below (2) == 0 ? G_OBJECT (tt_sample_object (i % 3))
                                               : targets->pdata[below (targets->len)]);
  g_value_init (value, G_TYPE_LIST_MODEL);
  g_value_take_object (value, store);
}

static void
random_boxed (GValue *value)
{
  static const guint8 bytes[] = { 0, 1, 0xff, 0, 'a' };

  switch (below (7))
    {
    case 0:
      g_value_init (value, G_TYPE_BYTES);
      g_value_take_boxed (value, g_bytes_new (bytes, below (sizeof bytes + 1)));
      break;
    case 1:
      g_value_init (value, TT_TYPE_BOX);
      if (below (3) != 0)
        g_value_set_boxed (value, tt_sample_box (0));
      break;
    case 2:
      g_value_init (value, G_TYPE_ERROR);
      g_value_set_boxed (value, tt_sample_error (0));
      break;
    case 3:
      g_value_init (value, G_TYPE_DATE_TIME);
      g_value_set_boxed (value, tt_sample_date_time (0));
      break;
    case 4:
      g_value_init (value, G_TYPE_PTR_ARRAY);
      g_value_take_boxed (value, g_ptr_array_new ());
      break;
    case 5:
      g_value_init (value, G_TYPE_BYTE_ARRAY);
      g_value_take_boxed (value, g_byte_array_new ());
      break;
    default:
      g_value_init (value, G_TYPE_HASH_TABLE);
      g_value_take_boxed (value, g_hash_table_new (NULL, NULL));
      break;
    }
}

static void
random_value (GValue *value,
              guint   depth)
{
  /* Numbers, strings and objects are what is wanted most. */
  switch (below (3) == 0 ? 11 + 2 * below (3) : below (depth < 3 ? 20 : 17))
    {
    case 0:
      break; /* empty */
    case 1:
      g_value_init (value, G_TYPE_BOOLEAN);
      g_value_set_boolean (value, (gboolean) below (2));
      break;
    case 2:
      g_value_init (value, G_TYPE_INT);
      g_value_set_int (value, (int) random_integer ());
      break;
    case 3:
      g_value_init (value, G_TYPE_INT64);
      g_value_set_int64 (value, random_integer ());
      break;
    case 4:
      g_value_init (value, G_TYPE_UINT64);
      g_value_set_uint64 (value, (guint64) random_integer ());
      break;
    case 5:
      g_value_init (value, G_TYPE_UCHAR);
      g_value_set_uchar (value, (guchar) random_integer ());
      break;
    case 6:
      g_value_init (value, G_TYPE_DOUBLE);
      g_value_set_double (value, random_real ());
      break;
    case 7:
      g_value_init (value, TT_TYPE_COLOUR);
      g_value_set_enum (value, (int) random_integer ());
      break;
    case 8:
      g_value_init (value, TT_TYPE_SIDE);
      g_value_set_flags (value, (guint) random_integer ());
      break;
    case 9:
      g_value_init (value, G_TYPE_GTYPE);
      g_value_set_gtype (value, below (2) == 0 ? G_TYPE_INVALID : TT_TYPE_OBJECT);
      break;
    case 10:
      g_value_init (value, G_TYPE_POINTER);
      g_value_set_pointer (value, below (2) == 0 ? NULL : GINT_TO_POINTER (0x10));
      break;
    case 11:
      random_object (value);
      break;
    case 12:
      random_boxed (value);
      break;
    case 13:
      random_strings (value);
      break;
    case 14:
      g_value_init (value, G_TYPE_PARAM);
      if (below (2) == 0)
        g_value_set_param (value, tt_sample_param (0));
      break;
    case 15:
      g_value_init (value, G_TYPE_STRING);
      g_value_set_string (value, random_text ());
      break;
    case 16:
      {
        GVariant *variant = random_variant ();

        g_value_init (value, G_TYPE_VARIANT);
        if (variant != NULL)
          g_value_take_variant (value, variant);
      }
      break;
    case 17:
      random_value_array (value, depth);
      break;
    case 18:
      random_model (value);
      break;
    default:
      {
        g_auto (GValue) inner = G_VALUE_INIT;

        random_value (&inner, depth + 1);
        g_value_init (value, G_TYPE_VALUE);
        if (G_IS_VALUE (&inner))
          g_value_set_boxed (value, &inner);
      }
      break;
    }
}

/* All of a result is looked at. */
static void
look_at (const GValue *value)
{
  g_autofree char *text = NULL;

  g_assert_true (G_IS_VALUE (value));
  text = g_strdup_value_contents (value);
  g_assert_nonnull (text);
}

static gboolean
call_one (const Callee *callee)
{
  GValue args[MAX_ARGS] = { G_VALUE_INIT };
  guint n_args = below (16) == 0 ? below (MAX_ARGS) : MIN (callee->n_args + (below (4) == 0), MAX_ARGS);
  g_autoptr (GError) error = NULL;
  ThrCallData *data;
  gboolean called = FALSE;
  guint n;

  for (guint i = 0; i < n_args; i++)
    if (i == 0 && callee->make != NULL && below (2) == 0)
      callee->make (&args[0]);
    else
      random_value (&args[i], 0);

  data = backend->prepare (callee->plan, callee->target, args, n_args, NULL, NULL, NULL, &error);
  for (guint i = 0; i < n_args; i++)
    if (G_IS_VALUE (&args[i]))
      g_value_unset (&args[i]);
  if (data == NULL)
    {
      g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_true (g_str_has_prefix (error->message, backend->get_name (callee->plan)));
      return FALSE;
    }

  if (below (8) != 0)
    {
      called = TRUE;
      if (backend->invoke (data, &error))
        {
          const GValue *results = backend->results (data, &n);

          for (guint i = 0; i < n; i++)
            look_at (&results[i]);
        }
      else
        g_assert_nonnull (error);
    }
  backend->free (data);

  return called;
}

static GListStore *store;

static void
set_up (void)
{
  TtObject *object = tt_object_new ();

  backend = tt_backend_load ();
  store = g_list_store_new (G_TYPE_OBJECT);
  tt_set_lenient (TRUE);
  callees = g_array_new (FALSE, FALSE, sizeof (Callee));
  targets = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (targets, object);
  g_ptr_array_add (targets, g_file_new_for_path ("/nonexistent/folder"));
  g_ptr_array_add (targets, g_cancellable_new ());
  add_tt (object);
  for (guint i = 0; i < 20; i++)
    {
      add_methods (targets->pdata[1], file_methods, G_N_ELEMENTS (file_methods));
      add_methods (targets->pdata[2], cancellable_methods, G_N_ELEMENTS (cancellable_methods));
      add_methods (G_OBJECT (store), store_methods, G_N_ELEMENTS (store_methods));
      add_functions ();
    }
}

#ifdef THR_TEST_CORPUS
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  if (backend == NULL)
    set_up ();
  input = data;
  n_input = size;
  while (n_input > 0)
    call_one (&g_array_index (callees, Callee, below (callees->len)));
  g_list_store_remove_all (store);

  return 0;
}
#else
static void
test_fuzz (void)
{
  const char *wanted = g_getenv ("THR_TEST_FUZZ");
  guint n_calls = wanted != NULL ? (guint) g_ascii_strtoull (wanted, NULL, 10)
                  : g_getenv ("THR_TEST_QUICK") != NULL ? 20000
                                                        : 100000;
  guint n_called = 0;

  set_up ();
  for (guint i = 0; i < n_calls; i++)
    {
      if (call_one (&g_array_index (callees, Callee, below (callees->len))))
        n_called++;
      /* What was lent is kept as long as the object. */
      if (i % 1000 == 999)
        g_list_store_remove_all (store);
    }
  g_test_message ("%u argument lists, of which %u were taken and called with", n_calls, n_called);
  g_assert_cmpuint (n_called, >, n_calls / 10);

  g_object_unref (store);
  g_ptr_array_unref (targets);
  g_array_unref (callees);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/backend/fuzz", test_fuzz);

  return g_test_run ();
}
#endif
