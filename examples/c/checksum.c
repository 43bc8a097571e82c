/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* checksum: the SHA-256 of every regular file below a folder, as sha256sum
 * prints it, sorted by path.
 *
 * Each file is one job of a ThrThreadManager. The jobs open, read and hash on
 * background threads; all else (callbacks, output, live line, Ctrl-C) happens on
 * the main thread, in its main loop. So there is no lock here and no thread to
 * be seen: a job has its file for itself while it runs, and the main thread has
 * it before and after.
 */

#include <thr-glib/thr-glib.h>

#include <errno.h>
#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checksum-hash.h"
#include "checksum-live.h"
#include "checksum-options.h"
#include "checksum-walk.h"

/* For each thread: how many files are looked up at a time, and how many are
 * kept submitted, so that no thread is ever without one. */
#define BATCH 64
#define WINDOW 256
/* How many files that are done may wait for a long one whose turn comes first. */
#define MAX_WAITING 16384

#define EXIT_USAGE 2
#define EXIT_INTERRUPTED 130

typedef struct
{
  GMainLoop        *loop;
  GCancellable     *cancellable; /* Ctrl-C: every job follows it */
  ThrThreadManager *hashers;
  guint             n_threads;
  Live             *live;        /* NULL if nobody watches */

  Walk             *walk;        /* the job "find files" has it while it runs */
  gboolean          walking;
  gboolean          walked;
  GQueue            files;       /* of File, in the order of their paths */
  guint             n_submitted; /* those of them whose jobs have not ended */

  gboolean          interrupted;
  guint64           n_done;
  guint64           n_unreadable;
  int               write_error; /* an errno */
} Checksum;

typedef struct
{
  Checksum *checksum;
  char     *path;
  guint64   size; /* as much as was read */
  char     *line; /* for the output, once known */
  gboolean  ended;
} File;

static void find_more (Checksum *self);

static File *
file_new (Checksum *checksum,
          char     *path)
{
  File *file = g_new0 (File, 1);

  file->checksum = checksum;
  file->path = path;
  return file;
}

static void
file_free (gpointer data)
{
  File *file = data;

  g_free (file->path);
  g_free (file->line);
  g_free (file);
}

/* sha256sum escapes what would break the line. NULL: there is nothing to escape,
 * as in nearly every name. */
static char *
escape_name (const char *path)
{
  GString *name;

  if (strpbrk (path, "\\\n\r") == NULL)
    return NULL;

  name = g_string_new (path);
  g_string_replace (name, "\\", "\\\\", 0);
  g_string_replace (name, "\n", "\\n", 0);
  g_string_replace (name, "\r", "\\r", 0);
  return g_string_free (name, FALSE);
}

/* The job of a file; on a background thread. */
static gboolean
hash_file (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  File *file = user_data;
  g_autofree char *digest = hash_path (thread, file->path, &file->size, error);

  return digest != NULL && thr_thread_wrapper_return_string (thread, digest, error);
}

/* What comes of it; on the main thread, as everything below. */

static void
report_unreadable (Checksum   *self,
                   const char *path,
                   const char *reason)
{
  g_autofree char *escaped = escape_name (path);

  live_hide (self->live);
  fprintf (stderr, "checksum: %s: %s\n", escaped ? escaped : path, reason);
  self->n_unreadable++;
}

static void
file_succeeded (ThrThreadWrapper *thread,
                const GValue     *result,
                gpointer          user_data)
{
  File *file = user_data;
  g_autofree char *escaped = escape_name (file->path);

  /* A line with an escaped name begins with a backslash. */
  file->line = g_strconcat (escaped ? "\\" : "", g_value_get_string (result), "  ",
                            escaped ? escaped : file->path, "\n", NULL);
  file->checksum->n_done++;
  live_add_file (file->checksum->live, file->size);
}

static void
file_failed (ThrThreadWrapper *thread,
             const GError     *failure,
             gpointer          user_data)
{
  File *file = user_data;

  if (!g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    report_unreadable (file->checksum, file->path, failure->message);
}

static void
print_line (Checksum   *self,
            const char *line)
{
  if (self->write_error != 0)
    return;

  live_hide_for_output (self->live);
  if (fputs (line, stdout) == EOF)
    {
      self->write_error = errno;
      g_cancellable_cancel (self->cancellable);
    }
}

/* Jobs end in any order. What is printed is the head of the queue, as far as it
 * is complete, and nothing is kept of what was printed. */
static void
file_ended (ThrThreadWrapper *thread,
            gpointer          user_data)
{
  File *file = user_data;
  Checksum *self = file->checksum;

  file->ended = TRUE;
  self->n_submitted--;

  while ((file = g_queue_peek_head (&self->files)) != NULL && file->ended)
    {
      if (file->line != NULL)
        print_line (self, file->line);
      file_free (g_queue_pop_head (&self->files));
    }

  find_more (self);
}

static void
folder_failed (gpointer user_data)
{
  File *folder = user_data;

  report_unreadable (folder->checksum, folder->path, folder->line);
}

/* On a background thread, because a disk may be slow. Each time it looks up the
 * next few files; its result is an array of their paths. */
static gboolean
find_files (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Checksum *self = user_data;
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (&result, paths);

  while (paths->len < BATCH * self->n_threads)
    {
      g_autoptr (GError) failure = NULL;
      char *path;

      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;

      if (walk_next (self->walk, &path, &failure))
        {
          g_ptr_array_add (paths, path);
        }
      else if (path != NULL)
        {
          File *folder = file_new (self, path);

          folder->line = g_strdup (failure->message);
          /* Only the main thread prints and counts. */
          thr_invoke_owner (folder_failed, folder, file_free, NULL);
        }
      else
        {
          break;
        }
    }

  return thr_thread_wrapper_return_value (thread, &result, error);
}

static void
files_found (ThrThreadWrapper *thread,
             const GValue     *result,
             gpointer          user_data)
{
  Checksum *self = user_data;
  GPtrArray *paths = g_value_get_boxed (result);

  for (guint i = 0; i < paths->len; i++)
    {
      File *file = file_new (self, g_strdup (paths->pdata[i]));
      g_autoptr (ThrThreadWrapper) job = NULL;

      g_queue_push_tail (&self->files, file);
      self->n_submitted++;
      job = thr_thread_manager_do_async_full (self->hashers, file->path, hash_file,
                                              self->cancellable, file_succeeded,
                                              file_failed, file_ended, file, NULL);
    }

  self->walked = paths->len == 0;
}

static void
finding_failed (ThrThreadWrapper *thread,
                const GError     *failure,
                gpointer          user_data)
{
  Checksum *self = user_data;

  /* It fails in one way: it was cancelled. */
  self->walked = TRUE;
}

static void
finding_ended (ThrThreadWrapper *thread,
               gpointer          user_data)
{
  Checksum *self = user_data;

  self->walking = FALSE;
  find_more (self);
}

/* Goes on until all is done, with no more than a window of files at a time: so
 * a million files need no more memory than a thousand. */
static void
find_more (Checksum *self)
{
  g_autoptr (ThrThreadWrapper) job = NULL;

  if (self->walked && g_queue_is_empty (&self->files))
    g_main_loop_quit (self->loop);

  if (self->walked || self->walking ||
      self->n_submitted > (WINDOW - BATCH) * self->n_threads ||
      g_queue_get_length (&self->files) > MAX_WAITING)
    return;

  self->walking = TRUE;
  job = thr_thread_manager_do_async_full (thr_thread_manager_get_default (),
                                          "find files", find_files,
                                          self->cancellable, files_found,
                                          finding_failed, finding_ended, self, NULL);
}

static gboolean
interrupt_cb (gpointer user_data)
{
  Checksum *self = user_data;

  self->interrupted = TRUE;
  g_cancellable_cancel (self->cancellable);
  /* From now on Ctrl-C is what it was before us: if a disk does not answer any
   * more, a second one ends the program at once. */
  return G_SOURCE_REMOVE;
}

static void
run (Checksum *self)
{
  guint interrupt = g_unix_signal_add (SIGINT, interrupt_cb, self);

  find_more (self);
  g_main_loop_run (self->loop);

  live_finish (self->live);
  if (!self->interrupted)
    g_source_remove (interrupt);
  if (self->write_error == 0 && fflush (stdout) == EOF)
    self->write_error = errno;
}

static int
tell_outcome (Checksum *self)
{
  if (self->write_error != 0)
    fprintf (stderr, "checksum: cannot write the list: %s\n",
             g_strerror (self->write_error));
  if (self->n_unreadable > 0)
    fprintf (stderr, "checksum: could not read %" G_GUINT64_FORMAT " %s\n", self->n_unreadable,
             self->n_unreadable == 1 ? "file or folder" : "files or folders");
  if (!self->interrupted)
    return self->write_error != 0 || self->n_unreadable > 0;

  fprintf (stderr, "checksum: interrupted; %" G_GUINT64_FORMAT " files were done\n",
           self->n_done);
  return EXIT_INTERRUPTED;
}

int
main (int    argc,
      char **argv)
{
  Checksum self = { .n_done = 0 };
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  setlocale (LC_ALL, "");

  if (!parse_options (argc, argv, &folder, &self.n_threads, &error))
    {
      fprintf (stderr, "checksum: %s (see --help)\n", error->message);
      return EXIT_USAGE;
    }
  self.walk = walk_new (folder, &error);
  if (self.walk == NULL)
    {
      fprintf (stderr, "checksum: cannot read the folder “%s”: %s\n", folder,
               error->message);
      return EXIT_USAGE;
    }

  self.loop = g_main_loop_new (NULL, FALSE);
  self.cancellable = g_cancellable_new ();
  self.hashers = thr_thread_manager_new ();
  thr_thread_manager_set_thread_limit (self.hashers, self.n_threads, NULL);
  if (isatty (STDERR_FILENO))
    self.live = live_new (folder, self.hashers, isatty (STDOUT_FILENO));

  run (&self);
  status = tell_outcome (&self);

  walk_free (self.walk);
  g_object_unref (self.hashers);
  g_object_unref (self.cancellable);
  g_main_loop_unref (self.loop);
  return status;
}
