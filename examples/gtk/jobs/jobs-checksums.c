/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SHA-256 of each file. */

#include "jobs-result.h"
#include "jobs-work.h"

#define CHUNK (256 * 1024)

static gboolean
make_checksum (JobsFile *file,
               GError  **error)
{
  GCancellable *cancellable = thr_thread_wrapper_get_cancellable (file->thread);
  g_autoptr (GFileInputStream) stream = g_file_read (file->file, cancellable, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (CHUNK);
  gint64 done = 0;
  gssize n_read;

  if (stream == NULL)
    return FALSE;

  while ((n_read = g_input_stream_read (G_INPUT_STREAM (stream), buffer, CHUNK, cancellable, error)) > 0)
    {
      g_checksum_update (checksum, buffer, n_read);
      if (!jobs_file_advance (file, done += n_read, error))
        return FALSE;
    }
  if (n_read < 0)
    return FALSE;

  jobs_file_emit (file, G_OBJECT (jobs_result_new (file->name, g_checksum_get_string (checksum), NULL)));
  return TRUE;
}

gboolean
jobs_make_checksums (ThrThreadWrapper *thread,
                     gpointer          task,
                     GError          **error)
{
  return jobs_work_on_files (thread, task, make_checksum, error);
}
