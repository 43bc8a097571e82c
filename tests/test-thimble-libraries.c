/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include <gobject/gvaluecollector.h>
#include <glib/gstdio.h>
#include <string.h>

/* Libraries that others have written, called through thimbles, each call beside
 * the direct one or beside what is known to come out. */

typedef struct
{
  char *folder;
  GAsyncResult *result; /* of the last call, which what it gave belongs to */
  GPtrArray *thimbles;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  self->folder = g_dir_make_tmp ("thimble-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->thimbles = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
remove_folder (const char *path)
{
  GDir *folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_folder (child);
      else
        g_unlink (child);
    }
  g_clear_pointer (&folder, g_dir_close);
  g_rmdir (path);
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  g_clear_object (&self->result);
  g_ptr_array_unref (self->thimbles);
  thr_test_drain ();
  remove_folder (self->folder);
  g_free (self->folder);
}

static GFile *
file_in (Fixture    *self,
         const char *name)
{
  return g_file_new_build_filename (self->folder, name, NULL);
}

static ThrThimble *
thimble_of (Fixture *self,
            gpointer target)
{
  ThrThimble *thimble = thr_thimble_new (target, NULL, NULL);

  g_ptr_array_add (self->thimbles, thimble);
  return thimble;
}

static ThrThimble *
functions (Fixture *self)
{
  ThrThimble *thimble = thr_thimble_new_static (NULL, NULL);

  g_ptr_array_add (self->thimbles, thimble);
  return thimble;
}

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Fixture *self = user_data;

  self->result = g_object_ref (result);
}

/* The arguments are pairs of a type and a value, with G_TYPE_INVALID at the end. */
static gsize
collect (GValue  values[8],
         va_list list)
{
  gsize n_values = 0;
  GType type;

  while ((type = va_arg (list, GType)) != G_TYPE_INVALID)
    {
      g_autofree char *error = NULL;

      g_assert_cmpuint (n_values, <, 8);
      values[n_values] = (GValue) G_VALUE_INIT;
      G_VALUE_COLLECT_INIT (&values[n_values], type, list, 0, &error);
      g_assert_null (error);
      n_values++;
    }
  return n_values;
}

/* What came out: values, that are the fixture's until the next call. */
static const GValue *
ask (Fixture    *self,
     GError    **error,
     gsize      *n_results,
     ThrThimble *thimble,
     const char *method,
     ...)
{
  GValue values[8];
  gsize n_values, ignored;
  va_list list;

  va_start (list, method);
  n_values = collect (values, list);
  va_end (list);

  g_clear_object (&self->result);
  thr_thimble_call (thimble, method, values, n_values, NULL, result_cb, self);
  for (gsize i = 0; i < n_values; i++)
    g_value_unset (&values[i]);
  thr_test_run_until (self->result != NULL);
  return thr_thimble_call_finish_values (thimble, self->result,
                                         n_results != NULL ? n_results : &ignored, error);
}

#define END ((GType) G_TYPE_INVALID)

/* Where the library, or its introspection data, is not installed. */
static gboolean
lacks (const char *name,
       const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;

  if (thr_thimble_require (name, version, &error))
    return FALSE;
  g_assert_cmpint (error->code, !=, THR_ERROR_NO_BACKEND);
  message = g_strdup_printf ("%s %s: %s", name, version, error->message);
  thr_test_skip (message);
  return TRUE;
}

/* Memcheck and the sanitizers would tell of what these libraries do, not of what we do. */
static gboolean
leaks (void)
{
  if (!thr_test_is_watched ())
    return FALSE;
  g_test_skip ("leaks by itself");
  return TRUE;
}

static void
assert_bytes (const GValue *value,
              gconstpointer data,
              gsize         length)
{
  GBytes *bytes;

  g_assert_nonnull (value);
  g_assert_true (G_VALUE_HOLDS (value, G_TYPE_BYTES));
  bytes = g_value_get_boxed (value);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), data, length);
}

/* ---- Gio ---- */

static void
test_load_contents (Fixture      *self,
                    gconstpointer data)
{
  g_autoptr (GFile) file = file_in (self, "content");
  g_autoptr (GFile) nothing = file_in (self, "nothing");
  ThrThimble *thimble = thimble_of (self, file);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) direct_error = NULL;
  g_autofree char *content = NULL;
  g_autofree char *etag = NULL;
  char *lost = NULL;
  const GValue *results;
  gsize length, n_results;

  g_assert_true (g_file_set_contents (g_file_peek_path (file), "one\0two", 7, NULL));
  g_assert_true (g_file_load_contents (file, NULL, &content, &length, &etag, NULL));

  results = ask (self, &error, &n_results, thimble, "load_contents", END);
  g_assert_no_error (error);
  g_assert_cmpuint (n_results, ==, 2);
  assert_bytes (&results[0], content, length);
  g_assert_cmpstr (g_value_get_string (&results[1]), ==, etag);

  /* The error is the method's own. */
  g_assert_false (g_file_load_contents (nothing, NULL, &lost, NULL, NULL, &direct_error));
  g_assert_null (ask (self, &error, NULL, thimble_of (self, nothing), "load_contents", END));
  g_assert_error (error, direct_error->domain, direct_error->code);
  g_assert_cmpstr (error->message, ==, direct_error->message);
}

static void
test_query_info (Fixture      *self,
                 gconstpointer data)
{
  g_autoptr (GFile) file = file_in (self, "content");
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInfo) direct = NULL;
  g_auto (GStrv) names = NULL;
  const GValue *results;
  gsize n_results;
  GFileInfo *info;

  g_assert_true (g_file_set_contents (g_file_peek_path (file), "content", -1, NULL));
  direct = g_file_query_info (file, "standard::*,unix::*", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                              NULL, &error);
  g_assert_no_error (error);

  results = ask (self, &error, &n_results, thimble_of (self, file), "query_info", G_TYPE_STRING,
                 "standard::*,unix::*", G_TYPE_STRING, "nofollow-symlinks", END);
  g_assert_no_error (error);
  g_assert_cmpuint (n_results, ==, 1);
  info = g_value_get_object (results);
  names = g_file_info_list_attributes (direct, NULL);
  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *here = g_file_info_get_attribute_as_string (info, *name);
      g_autofree char *there = g_file_info_get_attribute_as_string (direct, *name);

      /* An icon is shown by its address. */
      if (g_file_info_get_attribute_type (direct, *name) != G_FILE_ATTRIBUTE_TYPE_OBJECT)
        g_assert_cmpstr (here, ==, there);
    }
}

static void
test_enumerate_children (Fixture      *self,
                         gconstpointer data)
{
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  ThrThimble *enumerator;
  const GValue *results;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("file %u", i);
      g_autoptr (GFile) file = file_in (self, name);

      g_assert_true (g_file_set_contents (g_file_peek_path (file), name, -1, NULL));
      g_hash_table_add (names, g_steal_pointer (&name));
    }

  results = ask (self, &error, NULL, thimble_of (self, folder), "enumerate_children",
                 G_TYPE_STRING, "standard::name", G_TYPE_INT, 0, END);
  g_assert_no_error (error);
  enumerator = thimble_of (self, g_value_get_object (results));
  for (;;)
    {
      results = ask (self, &error, NULL, enumerator, "next_file", END);
      g_assert_no_error (error);
      g_assert_nonnull (results);
      if (g_value_get_object (results) == NULL)
        break;
      g_assert_true (
        g_hash_table_remove (names, g_file_info_get_name (g_value_get_object (results))));
    }
  g_assert_cmpuint (g_hash_table_size (names), ==, 0);
  ask (self, &error, NULL, enumerator, "close", END);
  g_assert_no_error (error);
}

static void
progress_cb (GObject    *job,
             GParamSpec *pspec,
             gpointer    user_data)
{
  g_assert_true (g_thread_self () == user_data);
  g_object_set_data (job, "heard", user_data);
}

static void
test_copy (Fixture      *self,
           gconstpointer data)
{
  const gsize length = 3 * 1024 * 1024;
  g_autofree char *content = g_malloc (length);
  g_autofree char *copied = NULL;
  g_autoptr (GFile) from = file_in (self, "from");
  g_autoptr (GFile) to = file_in (self, "to");
  g_autoptr (GError) error = NULL;
  ThrThreadWrapper *job;
  GValue values[2] = { G_VALUE_INIT, G_VALUE_INIT };
  gsize n_copied;

  for (gsize i = 0; i < length; i++)
    content[i] = (char) (i * 7 + i / 256);
  g_assert_true (g_file_set_contents (g_file_peek_path (from), content, length, NULL));

  /* A path stands for a file where a file is declared. */
  g_value_set_string (g_value_init (&values[0], G_TYPE_STRING), g_file_peek_path (to));
  g_value_set_int (g_value_init (&values[1], G_TYPE_INT), G_FILE_COPY_NONE);
  job = thr_thimble_call_thread (thimble_of (self, from), "copy", values, 2, &error);
  g_assert_no_error (error);
  g_signal_connect (job, "notify::progress", G_CALLBACK (progress_cb), g_thread_self ());
  thr_test_run_until_closed (job);
  g_assert_null (thr_thread_wrapper_get_error (job));
  g_assert_cmpfloat (thr_thread_wrapper_get_progress (job), ==, 1);
  g_assert_nonnull (g_object_get_data (G_OBJECT (job), "heard"));
  thr_test_finalize_soon (job);
  g_value_unset (&values[0]);

  g_assert_true (g_file_get_contents (g_file_peek_path (to), &copied, &n_copied, NULL));
  g_assert_cmpmem (copied, n_copied, content, length);
}

static void
test_replace_and_delete (Fixture      *self,
                         gconstpointer data)
{
  g_autoptr (GFile) file = file_in (self, "content");
  ThrThimble *thimble = thimble_of (self, file);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("new content", 11);
  g_autofree char *content = NULL;
  g_autofree char *etag = NULL;
  g_autoptr (GError) error = NULL;
  const GValue *results;

  results = ask (self, &error, NULL, thimble, "replace_contents", G_TYPE_BYTES, bytes,
                 G_TYPE_STRING, NULL, G_TYPE_BOOLEAN, FALSE, G_TYPE_STRING, "none", END);
  g_assert_no_error (error);
  g_assert_true (g_file_load_contents (file, NULL, &content, NULL, &etag, NULL));
  g_assert_cmpstr (content, ==, "new content");
  g_assert_cmpstr (g_value_get_string (results), ==, etag);

  results = ask (self, &error, NULL, thimble, "query_exists", END);
  g_assert_true (g_value_get_boolean (results));
  ask (self, &error, NULL, thimble, "delete", END);
  g_assert_no_error (error);
  g_assert_false (g_file_query_exists (file, NULL));
  ask (self, &error, NULL, thimble, "delete", END);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_streams (Fixture      *self,
              gconstpointer data)
{
  g_autoptr (GFile) file = file_in (self, "content");
  ThrThimble *thimble = thimble_of (self, file), *stream;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("through the stream", 18);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  const GValue *results;

  results = ask (self, &error, NULL, thimble, "create", G_TYPE_INT, 0, END);
  g_assert_no_error (error);
  stream = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, stream, "write_bytes", G_TYPE_BYTES, bytes, END);
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int64 (results), ==, 18);
  ask (self, &error, NULL, stream, "flush", END);
  g_assert_no_error (error);
  ask (self, &error, NULL, stream, "close", END);
  g_assert_no_error (error);
  g_assert_true (g_file_load_contents (file, NULL, &content, NULL, NULL, NULL));
  g_assert_cmpstr (content, ==, "through the stream");

  results = ask (self, &error, NULL, thimble, "read", END);
  g_assert_no_error (error);
  stream = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, stream, "read_bytes", G_TYPE_INT, 7, END);
  g_assert_no_error (error);
  assert_bytes (results, "through", 7);
  results = ask (self, &error, NULL, stream, "skip", G_TYPE_INT, 5, END);
  g_assert_cmpint (g_value_get_int64 (results), ==, 5);
  results = ask (self, &error, NULL, stream, "read_bytes", G_TYPE_INT, 100, END);
  assert_bytes (results, "stream", 6);
  results = ask (self, &error, NULL, stream, "tell", END);
  g_assert_cmpint (g_value_get_int64 (results), ==, 18);
  ask (self, &error, NULL, stream, "close", END);
  g_assert_no_error (error);
}

static void
test_subprocess (Fixture      *self,
                 gconstpointer data)
{
  static const char *const cat[] = { "cat", NULL };
  static const char *const fail[] = { "false", NULL };
  g_autoptr (GSubprocess) process =
    g_subprocess_newv (cat, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
  g_autoptr (GSubprocess) failing = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("there and back", 14);
  g_autoptr (GError) error = NULL;
  ThrThimble *thimble;
  const GValue *results;
  gsize n_results;

  if (process == NULL)
    {
      thr_test_skip ("there is no cat");
      return;
    }
  thimble = thimble_of (self, process);
  results = ask (self, &error, &n_results, thimble, "communicate", G_TYPE_BYTES, bytes, END);
  g_assert_no_error (error);
  g_assert_cmpuint (n_results, ==, 2);
  assert_bytes (&results[0], "there and back", 14);
  g_assert_null (g_value_get_boxed (&results[1]));
  results = ask (self, &error, NULL, thimble, "get_exit_status", END);
  g_assert_cmpint (g_value_get_int (results), ==, 0);

  failing = g_subprocess_newv (fail, G_SUBPROCESS_FLAGS_NONE, &error);
  g_assert_no_error (error);
  ask (self, &error, NULL, thimble_of (self, failing), "wait_check", END);
  g_assert_error (error, G_SPAWN_EXIT_ERROR, 1);
}

static void
test_resolver (Fixture      *self,
               gconstpointer data)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) direct_error = NULL;
  g_autofree char *direct = NULL;
  const GValue *results;

  if (leaks ())
    return;
  direct = g_resolver_lookup_by_address (resolver, address, NULL, &direct_error);
  results = ask (self, &error, NULL, thimble_of (self, resolver), "lookup_by_address",
                 G_TYPE_INET_ADDRESS, address, END);
  if (direct_error != NULL)
    g_assert_error (error, direct_error->domain, direct_error->code);
  else
    {
      g_assert_no_error (error);
      g_assert_cmpstr (g_value_get_string (results), ==, direct);
    }
}

static void
test_dbus (Fixture      *self,
           gconstpointer data)
{
  g_autofree char *daemon = g_find_program_in_path ("dbus-daemon");
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GDBusProxy) proxy = NULL;
  g_autoptr (GVariant) direct = NULL;
  g_autoptr (GTestDBus) bus = NULL;
  g_autoptr (GError) error = NULL;
  const GValue *results;

  if (leaks ())
    return;
  if (daemon == NULL)
    {
      thr_test_skip ("there is no dbus-daemon");
      return;
    }
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  connection = g_dbus_connection_new_for_address_sync (
    g_test_dbus_get_bus_address (bus),
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, &error);
  g_assert_no_error (error);
  proxy = g_dbus_proxy_new_sync (connection, G_DBUS_PROXY_FLAGS_NONE, NULL,
                                 "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus", NULL, &error);
  g_assert_no_error (error);

  direct = g_dbus_proxy_call_sync (proxy, "ListNames", NULL, 0, -1, NULL, &error);
  g_assert_no_error (error);
  results = ask (self, &error, NULL, thimble_of (self, proxy), "call_sync", G_TYPE_STRING,
                 "ListNames", G_TYPE_VARIANT, NULL, G_TYPE_INT, 0, G_TYPE_INT, -1, END);
  g_assert_no_error (error);
  g_assert_cmpvariant (g_value_get_variant (results), direct);

  results = ask (self, &error, NULL, thimble_of (self, proxy), "call_sync", G_TYPE_STRING,
                 "GetNameOwner", G_TYPE_VARIANT, g_variant_new ("(s)", "org.freedesktop.DBus"),
                 G_TYPE_STRING, "none", G_TYPE_INT, -1, END);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (g_value_get_variant (results)), ==, "(s)");
  ask (self, &error, NULL, thimble_of (self, proxy), "call_sync", G_TYPE_STRING, "NoSuchMethod",
       G_TYPE_VARIANT, NULL, G_TYPE_INT, 0, G_TYPE_INT, -1, END);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);

  g_clear_object (&self->result);
  g_assert_true (g_dbus_connection_close_sync (connection, NULL, NULL));
  g_ptr_array_set_size (self->thimbles, 0);
  thr_test_finalize_soon (g_steal_pointer (&proxy));
  thr_test_finalize_soon (g_steal_pointer (&connection));
  g_test_dbus_down (bus);
}

static void
test_functions (Fixture      *self,
                gconstpointer data)
{
  g_autoptr (GFile) file = file_in (self, "content");
  ThrThimble *thimble = functions (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) direct_error = NULL;
  char *lost = NULL;
  const GValue *results;
  gsize n_results;

  g_assert_true (g_file_set_contents (g_file_peek_path (file), "content", -1, NULL));
  results = ask (self, &error, &n_results, thimble, "GLib.file_get_contents", G_TYPE_STRING,
                 g_file_peek_path (file), END);
  g_assert_no_error (error);
  g_assert_cmpuint (n_results, ==, 1);
  assert_bytes (results, "content", 7);

  g_assert_false (g_file_get_contents ("/no/such/file", &lost, NULL, &direct_error));
  ask (self, &error, NULL, thimble, "GLib.file_get_contents", G_TYPE_STRING, "/no/such/file", END);
  g_assert_error (error, direct_error->domain, direct_error->code);
  g_clear_error (&error);

  results = ask (self, &error, NULL, thimble, "Gio.File.new_for_path", G_TYPE_STRING, "/tmp", END);
  g_assert_no_error (error);
  g_assert_cmpstr (g_file_peek_path (g_value_get_object (results)), ==, "/tmp");

  ask (self, &error, NULL, thimble, "GLib.file_get_content", G_TYPE_STRING, "x", END);
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD);
  g_clear_error (&error);
  ask (self, &error, NULL, thimble, "NoSuchLibrary.call", END);
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_SUCH_METHOD);
}

/* ---- images ---- */

static void
test_gdkpixbuf (Fixture      *self,
                gconstpointer data)
{
  guint8 pixels[8 * 4 * 3];
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GFile) file = file_in (self, "image.png");
  ThrThimble *thimble = functions (self), *image;
  g_autoptr (GError) error = NULL;
  const GValue *results;
  int width, height;

  if (lacks ("GdkPixbuf", "2.0"))
    return;

  for (guint i = 0; i < sizeof pixels; i++)
    pixels[i] = i % 3 == 0 ? 200 : 10;
  bytes = g_bytes_new (pixels, sizeof pixels);
  results = ask (self, &error, NULL, thimble, "GdkPixbuf.Pixbuf.new_from_bytes", G_TYPE_BYTES, bytes,
                 G_TYPE_INT, 0, G_TYPE_BOOLEAN, FALSE, G_TYPE_INT, 8, G_TYPE_INT, 8, G_TYPE_INT, 4,
                 G_TYPE_INT, 24, END);
  g_assert_no_error (error);
  image = thimble_of (self, g_value_get_object (results));

  results = ask (self, &error, NULL, image, "save_to_bufferv", G_TYPE_STRING, "png", G_TYPE_STRV,
                 NULL, G_TYPE_STRV, NULL, END);
  g_assert_no_error (error);
  bytes = (g_bytes_unref (bytes), g_value_dup_boxed (results));
  g_assert_cmpuint (g_bytes_get_size (bytes), >, 8);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 8, "\x89PNG\r\n\x1a\n", 8);
  g_assert_true (g_file_set_contents (g_file_peek_path (file), g_bytes_get_data (bytes, NULL),
                                      g_bytes_get_size (bytes), NULL));

  results = ask (self, &error, NULL, thimble, "GdkPixbuf.Pixbuf.new_from_file", G_TYPE_STRING,
                 g_file_peek_path (file), END);
  g_assert_no_error (error);
  image = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, image, "scale_simple", G_TYPE_INT, 4, G_TYPE_INT, 2,
                 G_TYPE_STRING, "bilinear", END);
  g_assert_no_error (error);
  g_object_get (g_value_get_object (results), "width", &width, "height", &height, NULL);
  g_assert_cmpint (width, ==, 4);
  g_assert_cmpint (height, ==, 2);
  image = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, image, "read_pixel_bytes", END);
  g_assert_no_error (error);
  g_assert_cmpuint (((guint8 *) g_bytes_get_data (g_value_get_boxed (results), NULL))[0], ==, 200);
  g_assert_cmpuint (((guint8 *) g_bytes_get_data (g_value_get_boxed (results), NULL))[1], ==, 10);

  /* The error is the library's. */
  g_assert_true (g_file_set_contents (g_file_peek_path (file), "no image", -1, NULL));
  ask (self, &error, NULL, thimble, "GdkPixbuf.Pixbuf.new_from_file", G_TYPE_STRING,
       g_file_peek_path (file), END);
  g_assert_nonnull (error);
  g_assert_cmpstr (g_quark_to_string (error->domain), ==, "gdk-pixbuf-error-quark");
}

static void
test_rsvg (Fixture      *self,
           gconstpointer data)
{
  const char *svg = "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'>"
                    "<rect width='20' height='10' fill='#ff0000'/></svg>";
  g_autoptr (GBytes) bytes = g_bytes_new_static (svg, strlen (svg));
  ThrThimble *thimble = functions (self);
  g_autoptr (GError) error = NULL;
  const GValue *results;
  const guint8 *pixel;
  int width, height;

  if (lacks ("Rsvg", "2.0"))
    return;
  results =
    ask (self, &error, NULL, thimble, "Rsvg.Handle.new_from_data", G_TYPE_BYTES, bytes, END);
  g_assert_no_error (error);
  thimble = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, thimble, "get_pixbuf", END);
  g_assert_no_error (error);
  g_object_get (g_value_get_object (results), "width", &width, "height", &height, NULL);
  g_assert_cmpint (width, ==, 20);
  g_assert_cmpint (height, ==, 10);
  thimble = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, thimble, "read_pixel_bytes", END);
  g_assert_no_error (error);
  pixel = g_bytes_get_data (g_value_get_boxed (results), NULL);
  g_assert_cmpmem (pixel, 4, "\xff\x00\x00\xff", 4);

  bytes = (g_bytes_unref (bytes), g_bytes_new_static ("<nothing", 8));
  ask (self, &error, NULL, functions (self), "Rsvg.Handle.new_from_data", G_TYPE_BYTES, bytes, END);
  g_assert_nonnull (error);
  g_assert_true (error->domain != THR_ERROR);
}

/* ---- documents and data ---- */

static void
test_json (Fixture      *self,
           gconstpointer data)
{
  g_autoptr (GFile) file = file_in (self, "data.json");
  g_autoptr (GError) error = NULL;
  ThrThimble *thimble = functions (self), *parser;
  const GValue *results;

  if (lacks ("Json", "1.0"))
    return;
  g_assert_true (
    g_file_set_contents (g_file_peek_path (file), "{ \"numbers\" : [1,2, 3] }", -1, NULL));
  results = ask (self, &error, NULL, thimble, "Json.Parser.new", END);
  g_assert_no_error (error);
  parser = thimble_of (self, g_value_get_object (results));
  ask (self, &error, NULL, parser, "load_from_file", G_TYPE_STRING, g_file_peek_path (file), END);
  g_assert_no_error (error);
  results = ask (self, &error, NULL, parser, "get_root", END);
  g_assert_no_error (error);
  results = ask (self, &error, NULL, thimble, "Json.to_string", G_VALUE_TYPE (results),
                 g_value_get_boxed (results), G_TYPE_BOOLEAN, FALSE, END);
  g_assert_no_error (error);
  g_assert_cmpstr (g_value_get_string (results), ==, "{\"numbers\":[1,2,3]}");

  g_assert_true (g_file_set_contents (g_file_peek_path (file), "{ \"numbers\" : [1,2, 3 }", -1, NULL));
  ask (self, &error, NULL, parser, "load_from_file", G_TYPE_STRING, g_file_peek_path (file), END);
  g_assert_nonnull (error);
  g_assert_cmpstr (g_quark_to_string (error->domain), ==, "json-parser-error-quark");
}

/* A document of two pages, with a line of text on each. */
static char *
make_pdf (void)
{
  GString *pdf = g_string_new ("%PDF-1.4\n");
  gsize offsets[8], table;

  for (guint i = 1; i <= 7; i++)
    {
      g_autofree char *text = g_strdup_printf ("BT /F 24 Tf 20 50 Td (Page %u) Tj ET", i - 3);

      offsets[i] = pdf->len;
      g_string_append_printf (pdf, "%u 0 obj\n", i);
      if (i == 1)
        g_string_append (pdf, "<< /Type /Catalog /Pages 2 0 R >>");
      else if (i == 2)
        g_string_append (pdf, "<< /Type /Pages /Kids [6 0 R 7 0 R] /Count 2 >>");
      else if (i == 3)
        g_string_append (pdf, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
      else if (i <= 5)
        g_string_append_printf (pdf, "<< /Length %" G_GSIZE_FORMAT " >>\nstream\n%s\nendstream",
                                strlen (text), text);
      else
        g_string_append_printf (pdf,
                                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] "
                                "/Contents %u 0 R /Resources << /Font << /F 3 0 R >> >> >>",
                                i - 2);
      g_string_append (pdf, "\nendobj\n");
    }
  table = pdf->len;
  g_string_append (pdf, "xref\n0 8\n0000000000 65535 f \n");
  for (guint i = 1; i <= 7; i++)
    g_string_append_printf (pdf, "%010" G_GSIZE_FORMAT " 00000 n \n", offsets[i]);
  g_string_append_printf (pdf,
                          "trailer << /Size 8 /Root 1 0 R >>\nstartxref\n%" G_GSIZE_FORMAT
                          "\n%%%%EOF\n",
                          table);
  return g_string_free (pdf, FALSE);
}

static void
test_poppler (Fixture      *self,
              gconstpointer data)
{
  g_autoptr (GFile) file = file_in (self, "document.pdf");
  g_autofree char *pdf = make_pdf ();
  g_autofree char *uri = g_file_get_uri (file);
  ThrThimble *document, *page;
  g_autoptr (GError) error = NULL;
  const GValue *results;

  if (lacks ("Poppler", "0.18"))
    return;
  g_assert_true (g_file_set_contents (g_file_peek_path (file), pdf, -1, NULL));
  results = ask (self, &error, NULL, functions (self), "Poppler.Document.new_from_file",
                 G_TYPE_STRING, uri, END);
  g_assert_no_error (error);
  document = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, document, "get_n_pages", END);
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (results), ==, 2);
  results = ask (self, &error, NULL, document, "get_page", G_TYPE_INT, 1, END);
  g_assert_no_error (error);
  page = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, page, "get_text", END);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (g_value_get_string (results), "Page 2"));
}

static void
test_gda (Fixture      *self,
          gconstpointer data)
{
  g_autofree char *where = g_strdup_printf ("DB_DIR=%s;DB_NAME=test", self->folder);
  ThrThimble *thimble = functions (self);
  g_autoptr (GError) error = NULL;
  const GValue *results;
  ThrThimble *connection, *model;

  if (leaks () || lacks ("Gda", "5.0"))
    return;
  results = ask (self, &error, NULL, thimble, "Gda.Connection.open_from_string", G_TYPE_STRING,
                 "SQLite", G_TYPE_STRING, where, G_TYPE_STRING, NULL, G_TYPE_INT, 0, END);
  if (error != NULL && error->domain != THR_ERROR)
    {
      thr_test_skip (error->message);
      return;
    }
  g_assert_no_error (error);
  connection = thimble_of (self, g_value_get_object (results));
  ask (self, &error, NULL, connection, "execute_non_select_command", G_TYPE_STRING,
       "CREATE TABLE notes (text string)", END);
  g_assert_no_error (error);
  ask (self, &error, NULL, connection, "execute_non_select_command", G_TYPE_STRING,
       "INSERT INTO notes VALUES ('kept')", END);
  g_assert_no_error (error);
  results = ask (self, &error, NULL, connection, "execute_select_command", G_TYPE_STRING,
                 "SELECT text FROM notes", END);
  g_assert_no_error (error);
  model = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, model, "get_n_rows", END);
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (results), ==, 1);
  results = ask (self, &error, NULL, model, "dump_as_string", END);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (g_value_get_string (results), "kept"));
  ask (self, &error, NULL, connection, "close", END);
  g_assert_no_error (error);
}

/* ---- the network ---- */

static gboolean
serve_cb (GThreadedSocketService *service,
          GSocketConnection      *connection,
          GObject                *source,
          gpointer                user_data)
{
  const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"
                       "from afar: 1";
  g_autoptr (GDataInputStream) in =
    g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  char *line;

  while ((line = g_data_input_stream_read_line (in, NULL, NULL, NULL)) != NULL)
    {
      gboolean over = *line == '\0' || *line == '\r';

      g_free (line);
      if (over)
        break;
    }
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), answer,
                             strlen (answer), NULL, NULL, NULL);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  return TRUE;
}

static void
test_soup (Fixture      *self,
           gconstpointer data)
{
  g_autoptr (GSocketService) service = g_threaded_socket_service_new (2);
  ThrThimble *thimble = functions (self), *session;
  g_autoptr (GObject) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;
  const GValue *results;
  guint status;
  guint16 port;

  if (lacks ("Soup", "3.0"))
    return;
  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (service, "run", G_CALLBACK (serve_cb), NULL);
  g_socket_service_start (service);

  uri = g_strdup_printf ("http://127.0.0.1:%u/", port);
  results = ask (self, &error, NULL, thimble, "Soup.Message.new", G_TYPE_STRING, "GET",
                 G_TYPE_STRING, uri, END);
  g_assert_no_error (error);
  message = g_value_dup_object (results);
  results = ask (self, &error, NULL, thimble, "Soup.Session.new", END);
  g_assert_no_error (error);
  session = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, session, "send_and_read", G_TYPE_OBJECT, message, END);
  g_assert_no_error (error);
  assert_bytes (results, "from afar: 1", 12);
  g_object_get (message, "status-code", &status, NULL);
  g_assert_cmpuint (status, ==, 200);
  g_clear_object (&self->result);
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
}

/* ---- media ---- */

/* A second of silence. */
static void
write_wave (const char *path)
{
  gsize length = 44 + 8000;
  g_autofree guint8 *wave = g_malloc (length);
  const guint32 sizes[] = { GUINT32_TO_LE (length - 8), GUINT32_TO_LE (16),
                            GUINT32_TO_LE (8000), GUINT32_TO_LE (8000), GUINT32_TO_LE (8000) };

  memset (wave, 128, length);
  memcpy (wave, "RIFF....WAVEfmt ....\1\0\1\0........\1\0\10\0data....", 44);
  memcpy (wave + 4, &sizes[0], 4);
  memcpy (wave + 16, &sizes[1], 4);
  memcpy (wave + 24, &sizes[2], 4);
  memcpy (wave + 28, &sizes[3], 4);
  memcpy (wave + 40, &sizes[4], 4);
  g_assert_true (g_file_set_contents (path, (char *) wave, length, NULL));
}

static void
test_gst (Fixture      *self,
          gconstpointer data)
{
  g_autoptr (GFile) file = file_in (self, "silence.wav");
  g_autofree char *uri = g_file_get_uri (file);
  ThrThimble *thimble = functions (self);
  g_autoptr (GError) error = NULL;
  const GValue *results;

  if (leaks () || lacks ("GstPbutils", "1.0"))
    return;
  write_wave (g_file_peek_path (file));
  ask (self, &error, NULL, thimble, "Gst.init", G_TYPE_STRV, NULL, END);
  g_assert_no_error (error);
  results =
    ask (self, &error, NULL, thimble, "Gst.ElementFactory.find", G_TYPE_STRING, "wavparse", END);
  g_assert_no_error (error);
  if (g_value_get_object (results) == NULL)
    {
      thr_test_skip ("GStreamer cannot read WAV files here");
      return;
    }
  results = ask (self, &error, NULL, thimble, "GstPbutils.Discoverer.new", G_TYPE_UINT64,
                 (guint64) 20 * 1000 * 1000 * 1000, END);
  g_assert_no_error (error);
  thimble = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, thimble, "discover_uri", G_TYPE_STRING, uri, END);
  g_assert_no_error (error);
  thimble = thimble_of (self, g_value_get_object (results));
  results = ask (self, &error, NULL, thimble, "get_duration", END);
  g_assert_no_error (error);
  g_assert_cmpuint (g_value_get_uint64 (results), ==, 1000 * 1000 * 1000);
}

#define add(path, func)                                                                  \
  g_test_add ("/thimble/libraries/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("gio/load-contents", test_load_contents);
  add ("gio/query-info", test_query_info);
  add ("gio/enumerate-children", test_enumerate_children);
  add ("gio/copy", test_copy);
  add ("gio/replace-and-delete", test_replace_and_delete);
  add ("gio/streams", test_streams);
  add ("gio/process", test_subprocess);
  add ("gio/resolver", test_resolver);
  add ("gio/dbus", test_dbus);
  add ("glib/functions", test_functions);
  add ("gdkpixbuf", test_gdkpixbuf);
  add ("rsvg", test_rsvg);
  add ("json", test_json);
  add ("poppler", test_poppler);
  add ("gda", test_gda);
  add ("soup", test_soup);
  /* An older GStreamer breaks a rule that a newer GLib looks after. */
  if (g_getenv ("THR_TEST_OLDER_LIBRARIES") == NULL)
    add ("gst", test_gst);
  return g_test_run ();
}
