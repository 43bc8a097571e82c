/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "checksum-hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum-sha256.h"

#define PIECE_SIZE (256 * 1024)

static void
set_error_from_errno (GError **error,
                      int      code)
{
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code),
                       g_strerror (code));
}

/* The file may have become something else since it was found: then it is not
 * followed as a link, nor waited for as a pipe. */
static int
open_file (const char  *path,
           guint64     *size,
           GError     **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  struct stat info;

  if (fd < 0)
    {
      set_error_from_errno (error, errno);
      return -1;
    }

  if (fstat (fd, &info) < 0)
    set_error_from_errno (error, errno);
  else if (!S_ISREG (info.st_mode))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                         "No longer a regular file");
  else
    {
      *size = info.st_size;
      return fd;
    }

  close (fd);
  return -1;
}

/* Each thread keeps one buffer for all the files that it reads. */
static guchar *
get_buffer (void)
{
  static GPrivate buffer = G_PRIVATE_INIT (g_free);

  if (g_private_get (&buffer) == NULL)
    g_private_set (&buffer, g_malloc (PIECE_SIZE));
  return g_private_get (&buffer);
}

/* A small file, read in one piece, has no progress worth telling. */
static void
tell_progress (ThrThreadWrapper *thread,
               guint64           n_bytes,
               guint64           size)
{
  g_auto (GValue) status = G_VALUE_INIT;

  if (n_bytes >= size)
    return;

  g_value_init (&status, G_TYPE_UINT64);
  g_value_set_uint64 (&status, n_bytes);
  thr_thread_wrapper_set_status (thread, &status);
  thr_thread_wrapper_set_progress (thread, (double) n_bytes / size);
}

static char *
hash_open_file (ThrThreadWrapper  *thread,
                int                fd,
                guint64            size,
                guint64           *n_bytes,
                GError           **error)
{
  g_autoptr (Sha256) sha256 = sha256_new ();
  guchar *buffer = get_buffer ();
  gssize length = -1;

  while (length != 0)
    {
      /* A job that was cancelled ends here; a paused one waits here. */
      if (!thr_thread_wrapper_checkpoint (thread, error))
        return NULL;

      length = read (fd, buffer, PIECE_SIZE);
      if (length < 0)
        {
          if (errno == EINTR)
            continue;
          set_error_from_errno (error, errno);
          return NULL;
        }

      sha256_add (sha256, buffer, length);
      *n_bytes += length;
      tell_progress (thread, *n_bytes, size);
    }

  return sha256_dup_text (sha256);
}

char *
hash_path (ThrThreadWrapper  *thread,
           const char        *path,
           guint64           *n_bytes,
           GError           **error)
{
  guint64 size = 0;
  int fd = open_file (path, &size, error);
  char *digest;

  if (fd < 0)
    return NULL;

  digest = hash_open_file (thread, fd, size, n_bytes, error);
  close (fd);
  return digest;
}
