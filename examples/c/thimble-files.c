/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes a folder of images, reads each of them, scales it and writes it again:
 * all of it by blocking methods of a library that this program does not even
 * link, called by name through thimbles, while the main loop goes on and shows
 * a live count. */

#include <glib-unix.h>
#include <stdio.h>
#include <thr-glib/thr-glib.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"
#define MAX_IMAGES 10000
#define MAX_JOBS 256
#define MAX_SIZE 4096

typedef struct
{
  GMainLoop *loop;
  GCancellable *cancellable;
  ThrThreadManager *manager; /* of all thimbles: one method a thread */
  ThrThimble *functions;
  char *originals;
  char *copies;

  int n_images;
  int size;
  gboolean visible; /* the live count */
  int n_made;
  int n_scaled;
  int n_left; /* steps under way */
  GError *error; /* the first one */
} Work;

/* One image on its way. */
typedef struct
{
  Work *work;
  char *name;
  gboolean is_copy; /* it is being scaled, and not made */
} Image;

static void scale_all (Work *work);

static Image *
image_new (Work       *work,
           const char *name,
           gboolean    is_copy)
{
  Image *self = g_new (Image, 1);

  self->work = work;
  self->name = g_strdup (name);
  self->is_copy = is_copy;
  work->n_left++;
  return self;
}

static void
show (Work *work)
{
  if (work->visible)
    fprintf (stderr, CLEAR_LINE "%d of %d images made, %d scaled", work->n_made, work->n_images,
             work->n_scaled);
}

/* The image is written, or there is an error. */
static void
image_end (Image  *self,
           GError *error)
{
  Work *work = self->work;

  if (error == NULL && self->is_copy)
    work->n_scaled++;
  else if (error == NULL)
    work->n_made++;
  else if (work->error == NULL)
    {
      work->error = g_error_copy (error);
      g_cancellable_cancel (work->cancellable);
    }
  show (work);

  g_free (self->name);
  g_free (self);
  if (--work->n_left > 0)
    return;
  if (work->error == NULL && work->n_scaled == 0)
    scale_all (work);
  else
    g_main_loop_quit (work->loop);
}

/* ---- one step after the other ---- */

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  thr_thimble_call_finish (THR_THIMBLE (source), result, &error);
  image_end (user_data, error);
}

static void
write_image (Image   *self,
             GObject *pixbuf)
{
  const char *folder = self->is_copy ? self->work->copies : self->work->originals;
  g_autoptr (ThrThimble) thimble = thr_thimble_new (pixbuf, self->work->manager, NULL);
  GValue arguments[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_value_init (&arguments[0], G_TYPE_STRING);
  g_value_take_string (&arguments[0], g_build_filename (folder, self->name, NULL));
  g_value_set_static_string (g_value_init (&arguments[1], G_TYPE_STRING), "png");
  thr_thimble_call (thimble, "savev", arguments, 2, self->work->cancellable, written_cb, self);
  g_value_unset (&arguments[0]);
}

static void
scaled_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  const GValue *value = thr_thimble_call_finish (THR_THIMBLE (source), result, &error);

  if (error != NULL)
    image_end (user_data, error);
  else
    write_image (user_data, g_value_get_object (value));
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Image *self = user_data;
  GValue arguments[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  g_autoptr (ThrThimble) thimble = NULL;
  g_autoptr (GError) error = NULL;
  const GValue *value = thr_thimble_call_finish (THR_THIMBLE (source), result, &error);

  if (error != NULL)
    {
      image_end (self, error);
      return;
    }
  thimble = thr_thimble_new (g_value_get_object (value), self->work->manager, NULL);
  g_value_set_int (g_value_init (&arguments[0], G_TYPE_INT), self->work->size);
  g_value_set_int (g_value_init (&arguments[1], G_TYPE_INT), self->work->size);
  g_value_set_static_string (g_value_init (&arguments[2], G_TYPE_STRING), "bilinear");
  thr_thimble_call (thimble, "scale_simple", arguments, 3, self->work->cancellable, scaled_cb,
                    self);
}

static void
scale_all (Work *work)
{
  GValue path = G_VALUE_INIT;

  g_value_init (&path, G_TYPE_STRING);
  for (int i = 0; i < work->n_images; i++)
    {
      g_autofree char *name = g_strdup_printf ("image-%04d.png", i);

      g_value_take_string (&path, g_build_filename (work->originals, name, NULL));
      thr_thimble_call (work->functions, "GdkPixbuf.Pixbuf.new_from_file", &path, 1,
                        work->cancellable, read_cb, image_new (work, name, TRUE));
    }
  g_value_unset (&path);
}

/* ---- what there is to read ---- */

/* A gradient, another one for each number, twice as large as its copy. */
static GBytes *
paint (int number,
       int size)
{
  guint8 *pixels = g_malloc ((gsize) size * size * 3), *pixel = pixels;

  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++)
      {
        *pixel++ = x * 255 / size;
        *pixel++ = y * 255 / size;
        *pixel++ = number * 37;
      }
  return g_bytes_new_take (pixels, (gsize) size * size * 3);
}

static void
painted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  const GValue *value = thr_thimble_call_finish (THR_THIMBLE (source), result, &error);

  if (error != NULL)
    image_end (user_data, error);
  else
    write_image (user_data, g_value_get_object (value));
}

static void
make_all (Work *work)
{
  const int size = 2 * work->size;

  for (int i = 0; i < work->n_images; i++)
    {
      const int numbers[] = { 8, size, size, size * 3 }; /* bits, width, height, bytes a row */
      g_autofree char *name = g_strdup_printf ("image-%04d.png", i);
      GValue arguments[7] = { G_VALUE_INIT };

      g_value_init (&arguments[0], G_TYPE_BYTES);
      g_value_take_boxed (&arguments[0], paint (i, size));
      g_value_set_string (g_value_init (&arguments[1], G_TYPE_STRING), "rgb");
      g_value_set_boolean (g_value_init (&arguments[2], G_TYPE_BOOLEAN), FALSE);
      for (guint n = 0; n < G_N_ELEMENTS (numbers); n++)
        g_value_set_int (g_value_init (&arguments[3 + n], G_TYPE_INT), numbers[n]);
      thr_thimble_call (work->functions, "GdkPixbuf.Pixbuf.new_from_bytes", arguments, 7,
                        work->cancellable, painted_cb, image_new (work, name, FALSE));
      g_value_unset (&arguments[0]);
      g_value_unset (&arguments[1]);
    }
}

/* ---- the program ---- */

static gboolean
interrupted_cb (gpointer user_data)
{
  Work *work = user_data;

  g_cancellable_cancel (work->cancellable);
  return G_SOURCE_CONTINUE;
}

static gboolean
parse_options (int      argc,
               char   **argv,
               Work    *work,
               char   **folder,
               int     *n_jobs,
               GError **error)
{
  g_auto (GStrv) folders = NULL;
  GOptionEntry entries[] = {
    { "images", 'n', 0, G_OPTION_ARG_INT, &work->n_images, "Make so many images (default: 100)",
      "N" },
    { "size", 's', 0, G_OPTION_ARG_INT, &work->size,
      "Scale to so many pixels each way (default: 64)", "N" },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, n_jobs,
      "Run so many methods at a time (default: one for each processor)", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &folders, NULL, "DIR" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (
    context, "Makes a folder of images, DIR/originals, and a smaller copy of each in\n"
             "DIR/copies, by methods that block, called by name through thimbles.");
  g_option_context_set_description (
    context, "Exit status: 0 if all is well, 1 if something could not be read or written, 2\n"
             "if the arguments make no sense, 130 if interrupted with Ctrl-C.");
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (work->n_images < 1 || work->n_images > MAX_IMAGES || work->size < 1 ||
      work->size > MAX_SIZE || *n_jobs < 1 || *n_jobs > MAX_JOBS)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--images takes a number from 1 to %d, --size one to %d, --jobs one to %d",
                   MAX_IMAGES, MAX_SIZE, MAX_JOBS);
      return FALSE;
    }
  if (folders == NULL || folders[1] != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "one DIR, please");
      return FALSE;
    }
  *folder = g_strdup (folders[0]);
  return TRUE;
}

static gboolean
make_folder (const char *path,
             GError    **error)
{
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  g_autoptr (GError) failure = NULL;

  if (g_file_make_directory_with_parents (folder, NULL, &failure) ||
      g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_EXISTS))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

static int
finish (Work *work)
{
  if (work->visible)
    fputs (CLEAR_LINE, stderr);
  if (work->error == NULL)
    {
      printf ("%d images made in %s, %d scaled to %d × %d in %s\n", work->n_made, work->originals,
              work->n_scaled, work->size, work->size, work->copies);
      return fflush (stdout) == 0 ? 0 : 1;
    }
  if (g_error_matches (work->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return 130;
  fprintf (stderr, "thimble-files: %s\n", work->error->message);
  return 1;
}

int
main (int    argc,
      char **argv)
{
  Work work = { .n_images = 100, .size = 64 };
  int n_jobs = MIN (g_get_num_processors (), MAX_JOBS), status;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;

  if (!parse_options (argc, argv, &work, &folder, &n_jobs, &error))
    {
      fprintf (stderr, "thimble-files: %s; see --help\n", error->message);
      return 2;
    }
  work.originals = g_build_filename (folder, "originals", NULL);
  work.copies = g_build_filename (folder, "copies", NULL);
  work.visible = isatty (STDERR_FILENO);
  work.loop = g_main_loop_new (NULL, FALSE);
  work.cancellable = g_cancellable_new ();
  work.manager = thr_thread_manager_new ();
  thr_thread_manager_set_thread_limit (work.manager, n_jobs, NULL);
  work.functions = thr_thimble_new_static (work.manager, NULL);

  if (make_folder (work.originals, &work.error) && make_folder (work.copies, &work.error))
    {
      guint interrupted = g_unix_signal_add (SIGINT, interrupted_cb, &work);

      make_all (&work);
      g_main_loop_run (work.loop);
      g_source_remove (interrupted);
    }

  status = finish (&work);
  g_clear_error (&work.error);
  g_object_unref (work.functions);
  g_object_unref (work.manager);
  g_object_unref (work.cancellable);
  g_main_loop_unref (work.loop);
  g_free (work.originals);
  g_free (work.copies);
  return status;
}
