/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "checksum-live.h"

#include <stdio.h>
#include <sys/stat.h>

#include "checksum-walk.h"

#define CLEAR_LINE "\r\033[K"
#define COUNT "%" G_GUINT64_FORMAT
#define INTERVAL_MS 100
/* What opening a file costs, in bytes hashed. */
#define FILE_COST 16384

struct _Live
{
  char             *folder;
  ThrThreadManager *hashers;
  gboolean          shared;  /* the terminal is that of the output, too */
  gboolean          visible;
  guint             timer;
  gint64            begin;
  ThrThreadWrapper *count; /* the job */

  guint64           n_files; /* what is done */
  guint64           n_bytes;

  gboolean          counted;
  guint64           all_files;
  guint64           all_bytes;
};

/* Runs on a background thread. What it has counted so far is its status, what
 * it has counted in the end is its result. */
static gboolean
count_files (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Live *self = user_data;
  g_autoptr (Walk) walk = walk_new (self->folder, error);
  guint64 n_files = 0;
  guint64 n_bytes = 0;

  if (walk == NULL)
    return FALSE;

  while (thr_thread_wrapper_checkpoint (thread, error))
    {
      g_autofree char *path = NULL;
      struct stat info;

      if (walk_next (walk, &path, NULL))
        {
          n_files++;
          if (lstat (path, &info) == 0)
            n_bytes += info.st_size;
        }
      else if (path == NULL)
        {
          return thr_thread_wrapper_return_variant (
            thread, g_variant_new ("(tt)", n_files, n_bytes), error);
        }

      if (n_files % 1024 == 1)
        {
          g_auto (GValue) status = G_VALUE_INIT;

          g_value_init (&status, G_TYPE_UINT64);
          g_value_set_uint64 (&status, n_files);
          thr_thread_wrapper_set_status (thread, &status);
        }
    }

  return FALSE;
}

/* All the rest runs on the main thread. */

static void
count_succeeded (ThrThreadWrapper *thread,
                 const GValue     *result,
                 gpointer          user_data)
{
  Live *self = user_data;

  g_variant_get (g_value_get_variant (result), "(tt)", &self->all_files,
                 &self->all_bytes);
  self->counted = TRUE;
}

/* Without its result the line is poorer, and that is all: so a failure is taken
 * here, lest it be reported as one that nobody has seen. */
static void
count_failed (ThrThreadWrapper *thread,
              const GError     *failure,
              gpointer          user_data)
{
}

static char *
format_time (double seconds)
{
  guint64 whole = (guint64) (seconds + 0.5);

  if (whole >= 3600)
    return g_strdup_printf ("%u:%02u:%02u", (guint) (whole / 3600),
                            (guint) (whole / 60 % 60), (guint) (whole % 60));
  return g_strdup_printf ("%u:%02u", (guint) (whole / 60), (guint) (whole % 60));
}

static char *
format_speed (guint64 n_bytes,
              double  seconds)
{
  g_autofree char *size = g_format_size ((guint64) (n_bytes / MAX (seconds, 1e-6)));

  return g_strconcat (size, "/s", NULL);
}

/* What has been read of the files that are not done yet. */
static guint64
count_unfinished (Live *self)
{
  g_autoptr (GPtrArray) jobs = thr_thread_manager_dup_jobs (self->hashers);
  guint64 n_bytes = 0;

  for (guint i = 0; i < jobs->len; i++)
    {
      g_auto (GValue) status = G_VALUE_INIT;

      if (thr_thread_wrapper_get_status (jobs->pdata[i], &status))
        n_bytes += g_value_get_uint64 (&status);
    }

  return n_bytes;
}

static void
show (Live *self)
{
  guint64 n_bytes = self->n_bytes + count_unfinished (self);
  double seconds = (g_get_monotonic_time () - self->begin) / 1e6;
  g_autofree char *bytes = g_format_size (n_bytes);
  g_autofree char *speed = format_speed (n_bytes, seconds);

  self->visible = TRUE;
  if (self->counted)
    {
      double done = n_bytes + (double) self->n_files * FILE_COST;
      double all = self->all_bytes + (double) self->all_files * FILE_COST;
      double left = done > 0 ? MAX (all / done - 1, 0) * seconds : 0;
      g_autofree char *all_bytes = g_format_size (self->all_bytes);
      g_autofree char *time_left = format_time (left);

      fprintf (stderr, CLEAR_LINE COUNT " / " COUNT " files, %s / %s, %s, %s left",
               self->n_files, self->all_files, bytes, all_bytes, speed, time_left);
    }
  else
    {
      g_auto (GValue) status = G_VALUE_INIT;
      guint64 at_least = self->n_files;

      if (thr_thread_wrapper_get_status (self->count, &status))
        at_least = MAX (at_least, g_value_get_uint64 (&status));

      fprintf (stderr, CLEAR_LINE COUNT " / " COUNT "+ files, %s, %s",
               self->n_files, at_least, bytes, speed);
    }
}

static void
show_summary (Live *self)
{
  double seconds = (g_get_monotonic_time () - self->begin) / 1e6;
  g_autofree char *bytes = g_format_size (self->n_bytes);
  g_autofree char *speed = format_speed (self->n_bytes, seconds);
  g_autofree char *time = format_time (seconds);

  fprintf (stderr, CLEAR_LINE COUNT " files, %s, %s, in %s\n",
           self->n_files, bytes, speed, time);
}

static gboolean
timer_cb (gpointer user_data)
{
  show (user_data);
  return G_SOURCE_CONTINUE;
}

Live *
live_new (const char       *folder,
          ThrThreadManager *hashers,
          gboolean          shared)
{
  Live *self = g_new0 (Live, 1);

  self->folder = g_strdup (folder);
  self->hashers = g_object_ref (hashers);
  self->shared = shared;
  self->begin = g_get_monotonic_time ();
  self->timer = g_timeout_add (INTERVAL_MS, timer_cb, self);
  self->count = thr_thread_manager_do_async_full (
    thr_thread_manager_get_default (), "count files", count_files, NULL,
    count_succeeded, count_failed, NULL, self, NULL);

  return self;
}

void
live_add_file (Live    *self,
               guint64  n_bytes)
{
  if (self == NULL)
    return;

  self->n_files++;
  self->n_bytes += n_bytes;
}

void
live_hide (Live *self)
{
  if (self == NULL || !self->visible)
    return;

  fputs (CLEAR_LINE, stderr);
  self->visible = FALSE;
}

void
live_hide_for_output (Live *self)
{
  if (self != NULL && self->shared)
    live_hide (self);
}

void
live_finish (Live *self)
{
  if (self == NULL)
    return;

  /* Once joined, the job has been told and has told all: nothing uses us. */
  thr_thread_wrapper_cancel (self->count);
  thr_thread_wrapper_join (self->count, THR_FOREVER, NULL, NULL);

  show_summary (self);

  g_source_remove (self->timer);
  g_object_unref (self->count);
  g_object_unref (self->hashers);
  g_free (self->folder);
  g_free (self);
}
