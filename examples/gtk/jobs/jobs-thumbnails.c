/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A small picture of each picture. */

#include "jobs-result.h"
#include "jobs-work.h"

#define SIZE 96

/* A texture never changes, so it may be made here and drawn there. */
static gboolean
make_thumbnail (JobsFile *file,
                GError  **error)
{
  GCancellable *cancellable = thr_thread_wrapper_get_cancellable (file->thread);
  g_autoptr (GFileInputStream) stream = NULL;
  g_autoptr (GdkPixbuf) pixbuf = NULL;
  g_autoptr (GdkPixbuf) upright = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  if (file->type == NULL || !g_str_has_prefix (file->type, "image/"))
    return TRUE;

  stream = g_file_read (file->file, cancellable, error);
  if (stream == NULL)
    return FALSE;
  pixbuf = gdk_pixbuf_new_from_stream_at_scale (G_INPUT_STREAM (stream), SIZE, SIZE, TRUE, cancellable, error);
  if (pixbuf == NULL)
    return FALSE;

  upright = gdk_pixbuf_apply_embedded_orientation (pixbuf);
  texture = gdk_texture_new_for_pixbuf (upright);
  jobs_file_emit (file, G_OBJECT (jobs_result_new (file->name, NULL, GDK_PAINTABLE (texture))));
  return TRUE;
}

gboolean
jobs_make_thumbnails (ThrThreadWrapper *thread,
                      gpointer          task,
                      GError          **error)
{
  return jobs_work_on_files (thread, task, make_thumbnail, error);
}
