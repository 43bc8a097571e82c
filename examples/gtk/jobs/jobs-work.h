/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <thr-glib/thr-glib.h>

G_BEGIN_DECLS

/* What a job works on: the files of one folder. */
typedef struct
{
  GFile *root;   /* what the user has opened */
  GFile *folder; /* the root, or a folder somewhere below it */
  char  *text;   /* what to search for */
} JobsTask;

/* A kind of work that is done on each folder: a job each. */
typedef struct
{
  const char   *tag;
  const char   *title; /* the name of the folder follows */
  ThrThreadFunc func;  /* with a JobsTask */
} JobsWork;

enum
{
  JOBS_THUMBNAILS,
  JOBS_CHECKSUMS,
  JOBS_FOUND,
  JOBS_N_WORKS
};

extern const JobsWork jobs_works[JOBS_N_WORKS];

JobsTask *jobs_task_new   (GFile            *root,
                           GFile            *folder,
                           const char       *text);
void      jobs_task_free  (JobsTask         *self);
char     *jobs_task_label (JobsTask         *self);

/* One of the files, in the thread of the job. */
typedef struct
{
  ThrThreadWrapper *thread;
  JobsTask         *task;
  GFile            *file;
  char             *name; /* relative to the root */
  const char       *type;
  gint64            begun; /* bytes of the files before */
  gint64            total;
} JobsFile;

typedef gboolean (*JobsFileFunc) (JobsFile *self,
                                  GError  **error);

gboolean  jobs_work_on_files (ThrThreadWrapper *thread,
                              JobsTask         *task,
                              JobsFileFunc      func,
                              GError          **error);
gboolean  jobs_file_advance  (JobsFile         *self,
                              gint64            n_bytes,
                              GError          **error);
void      jobs_file_emit     (JobsFile         *self,
                              GObject          *result);

/* The functions of jobs. */
gboolean  jobs_find_folders    (ThrThreadWrapper *thread,
                                gpointer          task,
                                GError          **error);
gboolean  jobs_make_checksums  (ThrThreadWrapper *thread,
                                gpointer          task,
                                GError          **error);
gboolean  jobs_make_thumbnails (ThrThreadWrapper *thread,
                                gpointer          task,
                                GError          **error);
gboolean  jobs_search          (ThrThreadWrapper *thread,
                                gpointer          task,
                                GError          **error);

G_END_DECLS
