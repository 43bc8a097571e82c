/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The lines that hold a text. */

#include "jobs-result.h"
#include "jobs-work.h"

#include <string.h>

#define LONGEST_LINE 200

static void
emit_line (JobsFile *file,
           guint     number,
           char     *line)
{
  g_autofree char *name = g_strdup_printf ("%s:%u", file->name, number);
  g_autofree char *text = g_utf8_make_valid (g_strstrip (line), -1);
  g_autofree char *beginning = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), LONGEST_LINE));

  jobs_file_emit (file, G_OBJECT (jobs_result_new (name, beginning, NULL)));
}

/* A file with a zero at its beginning is no text. */
static gboolean
is_text (GBufferedInputStream *stream)
{
  gsize n_bytes;
  const char *bytes = g_buffered_input_stream_peek_buffer (stream, &n_bytes);

  return memchr (bytes, '\0', n_bytes) == NULL;
}

static gboolean
search_file (JobsFile *file,
             GError  **error)
{
  GCancellable *cancellable = thr_thread_wrapper_get_cancellable (file->thread);
  g_autoptr (GFileInputStream) stream = g_file_read (file->file, cancellable, error);
  g_autoptr (GDataInputStream) lines = NULL;
  gint64 done = 0;

  if (stream == NULL)
    return FALSE;
  lines = g_data_input_stream_new (G_INPUT_STREAM (stream));
  if (g_buffered_input_stream_fill (G_BUFFERED_INPUT_STREAM (lines), -1, cancellable, error) < 0)
    return FALSE;
  if (!is_text (G_BUFFERED_INPUT_STREAM (lines)))
    return TRUE;

  for (guint number = 1;; number++)
    {
      g_autoptr (GError) failure = NULL;
      gsize length;
      g_autofree char *line = g_data_input_stream_read_line (lines, &length, cancellable, &failure);

      if (line == NULL)
        {
          if (failure == NULL)
            return TRUE;
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      if (strstr (line, file->task->text) != NULL)
        emit_line (file, number, line);
      if (!jobs_file_advance (file, done += length + 1, error))
        return FALSE;
    }
}

gboolean
jobs_search (ThrThreadWrapper *thread,
             gpointer          task,
             GError          **error)
{
  return jobs_work_on_files (thread, task, search_file, error);
}
