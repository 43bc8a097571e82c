/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What all kinds of work have in common: they go through the files of a folder,
 * look now and then whether they are to pause or to end, and tell how far they
 * are. All of it runs in the threads of jobs, but for what makes the task. */

#include "jobs-work.h"

#define FILE_ATTRIBUTES "standard::name,standard::type,standard::size,standard::fast-content-type"
#define FOLDER_ATTRIBUTES "standard::name,standard::type,standard::is-hidden"

const JobsWork jobs_works[JOBS_N_WORKS] = {
  [JOBS_THUMBNAILS] = { "thumbnails", "Pictures in", jobs_make_thumbnails },
  [JOBS_CHECKSUMS] = { "checksums", "Checksums of", jobs_make_checksums },
  [JOBS_FOUND] = { "found", "Search in", jobs_search },
};

JobsTask *
jobs_task_new (GFile      *root,
               GFile      *folder,
               const char *text)
{
  JobsTask *self = g_new (JobsTask, 1);

  self->root = g_object_ref (root);
  self->folder = g_object_ref (folder);
  self->text = g_strdup (text);
  return self;
}

void
jobs_task_free (JobsTask *self)
{
  g_object_unref (self->root);
  g_object_unref (self->folder);
  g_free (self->text);
  g_free (self);
}

/* The name of the folder for people. */
char *
jobs_task_label (JobsTask *self)
{
  g_autofree char *path = g_file_get_relative_path (self->root, self->folder);

  return path != NULL ? g_filename_display_name (path) : g_file_get_basename (self->root);
}

/* ---- the files of a folder ---- */

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (g_file_info_get_name (*(GFileInfo **) a), g_file_info_get_name (*(GFileInfo **) b));
}

static GPtrArray *
list_files (GFile        *folder,
            gint64       *total,
            GCancellable *cancellable,
            GError      **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GFileEnumerator) entries = NULL;

  entries = g_file_enumerate_children (folder, FILE_ATTRIBUTES,
                                       G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, cancellable, error);
  if (entries == NULL)
    return NULL;

  while (TRUE)
    {
      GFileInfo *info;

      if (!g_file_enumerator_iterate (entries, &info, NULL, cancellable, error))
        return NULL;
      if (info == NULL)
        break;
      if (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
        continue;
      *total += g_file_info_get_size (info);
      g_ptr_array_add (files, g_object_ref (info));
    }

  g_ptr_array_sort (files, compare_names);
  return g_steal_pointer (&files);
}

/* A file that cannot be read is counted, and the others are worked on. */
gboolean
jobs_work_on_files (ThrThreadWrapper *thread,
                    JobsTask         *task,
                    JobsFileFunc      func,
                    GError          **error)
{
  JobsFile self = { .thread = thread, .task = task };
  g_autoptr (GPtrArray) files = NULL;
  g_autofree char *message = NULL;
  guint n_unreadable = 0;

  files = list_files (task->folder, &self.total, thr_thread_wrapper_get_cancellable (thread), error);
  if (files == NULL)
    return FALSE;

  for (guint i = 0; i < files->len; i++)
    {
      GFileInfo *info = files->pdata[i];
      g_autoptr (GFile) file = g_file_get_child (task->folder, g_file_info_get_name (info));
      g_autofree char *name = g_file_get_relative_path (task->root, file);
      g_autoptr (GError) failure = NULL;

      self.file = file;
      self.name = name;
      self.type = g_file_info_get_attribute_string (info, G_FILE_ATTRIBUTE_STANDARD_FAST_CONTENT_TYPE);
      thr_thread_wrapper_set_message (thread, g_file_info_get_name (info));

      if (!jobs_file_advance (&self, 0, error))
        return FALSE;
      if (!func (&self, &failure))
        {
          if (!thr_thread_wrapper_checkpoint (thread, error))
            return FALSE;
          n_unreadable++;
        }
      self.begun += g_file_info_get_size (info);
    }

  thr_thread_wrapper_set_progress (thread, 1);
  message = n_unreadable == 0 ? g_strdup_printf ("%u files", files->len)
                              : g_strdup_printf ("%u files, %u of them unreadable", files->len, n_unreadable);
  thr_thread_wrapper_set_message (thread, message);
  return TRUE;
}

/* So much of the file is done: tells it, and says whether to go on. */
gboolean
jobs_file_advance (JobsFile *self,
                   gint64    n_bytes,
                   GError  **error)
{
  if (self->total > 0)
    thr_thread_wrapper_set_progress (self->thread, MIN (1, (double) (self->begun + n_bytes) / self->total));
  return thr_thread_wrapper_checkpoint (self->thread, error);
}

/* Takes the result over. */
void
jobs_file_emit (JobsFile *self,
                GObject  *result)
{
  thr_thread_wrapper_emit_item (self->thread, result);
  g_object_unref (result);
}

/* ---- the folders ---- */

/* Its items are the folder itself and all below it, as GFiles. */
gboolean
jobs_find_folders (ThrThreadWrapper *thread,
                   gpointer          user_data,
                   GError          **error)
{
  JobsTask *task = user_data;
  GCancellable *cancellable = thr_thread_wrapper_get_cancellable (thread);
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *message = NULL;

  g_ptr_array_add (folders, g_object_ref (task->folder));
  for (guint i = 0; i < folders->len; i++)
    {
      g_autoptr (GFileEnumerator) entries = NULL;

      if (!thr_thread_wrapper_checkpoint (thread, error))
        return FALSE;

      entries = g_file_enumerate_children (folders->pdata[i], FOLDER_ATTRIBUTES,
                                           G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, cancellable, i == 0 ? error : NULL);
      if (entries == NULL && i == 0)
        return FALSE;
      thr_thread_wrapper_emit_item (thread, G_OBJECT (folders->pdata[i]));

      while (entries != NULL)
        {
          GFileInfo *info;
          GFile *child;

          if (!g_file_enumerator_iterate (entries, &info, &child, cancellable, NULL) || info == NULL)
            break;
          if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY && !g_file_info_get_is_hidden (info))
            g_ptr_array_add (folders, g_object_ref (child));
        }
    }

  thr_thread_wrapper_set_progress (thread, 1);
  message = g_strdup_printf ("%u folders", folders->len);
  thr_thread_wrapper_set_message (thread, message);
  return TRUE;
}
