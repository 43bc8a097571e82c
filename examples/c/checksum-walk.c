/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "checksum-walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  GStringChunk *storage;
  GPtrArray    *names;       /* sorted; in storage */
  guint         next;        /* the index of the name to visit next */
  gsize         path_length; /* of the path of this folder, with its slash */
} Folder;

struct _Walk
{
  GString   *path;
  GPtrArray *folders; /* from the one given to the current one */
};

static void
folder_free (gpointer data)
{
  Folder *folder = data;

  g_ptr_array_unref (folder->names);
  g_string_chunk_free (folder->storage);
  g_free (folder);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The entry as the walk keeps it, or NULL if it is neither a file nor a folder.
 * A folder's name carries its slash: so strcmp() sorts "a-b/x", "a.b", "a/x"
 * as it would sort the whole paths. */
static char *
keep_entry (Folder              *folder,
            int                  fd,
            const struct dirent *entry)
{
  guchar type = entry->d_type;
  struct stat info;

  /* Some file systems do not tell the type with the name. */
  if (type == DT_UNKNOWN &&
      fstatat (fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
    type = IFTODT (info.st_mode);

  if (type == DT_REG)
    return g_string_chunk_insert (folder->storage, entry->d_name);

  if (type == DT_DIR &&
      strcmp (entry->d_name, ".") != 0 &&
      strcmp (entry->d_name, "..") != 0)
    {
      g_autofree char *name = g_strconcat (entry->d_name, "/", NULL);

      return g_string_chunk_insert (folder->storage, name);
    }

  return NULL;
}

static gboolean
enter_folder (Walk        *self,
              const char  *name,
              int          flags,
              GError     **error)
{
  Folder *folder;
  struct dirent *entry;
  int fd = open (name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);
  int code;

  if (dir == NULL)
    {
      code = errno;
      if (fd >= 0)
        close (fd);
      g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code),
                           g_strerror (code));
      return FALSE;
    }

  folder = g_new0 (Folder, 1);
  folder->storage = g_string_chunk_new (4096);
  folder->names = g_ptr_array_new ();
  folder->path_length = self->path->len;

  while (errno = 0, (entry = readdir (dir)) != NULL)
    {
      char *kept = keep_entry (folder, fd, entry);

      if (kept != NULL)
        g_ptr_array_add (folder->names, kept);
    }
  code = errno;
  closedir (dir);

  g_ptr_array_sort (folder->names, compare_names);
  /* What could be read of a folder is visited, also when the rest is lost. */
  g_ptr_array_add (self->folders, folder);

  if (code != 0)
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code),
                         g_strerror (code));
  return code == 0;
}

Walk *
walk_new (const char  *folder,
          GError     **error)
{
  g_autoptr (Walk) self = g_new0 (Walk, 1);

  self->path = g_string_new (folder);
  self->folders = g_ptr_array_new_with_free_func (folder_free);
  if (!g_str_has_suffix (folder, "/"))
    g_string_append_c (self->path, '/');

  /* The folder that the user names may be a symbolic link, none below it. */
  if (!enter_folder (self, folder, 0, error))
    return NULL;

  return g_steal_pointer (&self);
}

gboolean
walk_next (Walk    *self,
           char   **path,
           GError **error)
{
  *path = NULL;

  while (self->folders->len > 0)
    {
      guint last = self->folders->len - 1;
      Folder *folder = self->folders->pdata[last];

      g_string_truncate (self->path, folder->path_length);
      if (folder->next == folder->names->len)
        {
          g_ptr_array_remove_index (self->folders, last);
          continue;
        }
      g_string_append (self->path, folder->names->pdata[folder->next++]);

      if (!g_str_has_suffix (self->path->str, "/"))
        {
          *path = g_strndup (self->path->str, self->path->len);
          return TRUE;
        }

      {
        /* Without its slash, or else O_NOFOLLOW would not mean this name. */
        g_autofree char *name = g_strndup (self->path->str, self->path->len - 1);

        if (!enter_folder (self, name, O_NOFOLLOW, error))
          {
            *path = g_steal_pointer (&name);
            return FALSE;
          }
      }
    }

  return FALSE;
}

void
walk_free (Walk *self)
{
  g_ptr_array_unref (self->folders);
  g_string_free (self->path, TRUE);
  g_free (self);
}
