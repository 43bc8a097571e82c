/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The application: its command line, its one manager, and its windows. */

#include "jobs-application.h"

#include "jobs-window.h"

/* So many jobs that are over stay in the list. */
#define KEEP_FINISHED 1000

struct _JobsApplication
{
  GtkApplication parent_instance;

  ThrThreadManager *manager;

  /* From the command line. */
  GFile *folder;
  char *text;
  gboolean quit_when_done;
};

G_DEFINE_FINAL_TYPE (JobsApplication, jobs_application, GTK_TYPE_APPLICATION)

static const GOptionEntry options[] = {
  { "folder", 'f', 0, G_OPTION_ARG_FILENAME, NULL, "Begin with this folder", "DIR" },
  { "search", 's', 0, G_OPTION_ARG_STRING, NULL, "Search it for this text", "TEXT" },
  { "quit-when-done", 'q', 0, G_OPTION_ARG_NONE, NULL, "Quit when all of it is done", NULL },
  { NULL }
};

static int
jobs_application_handle_local_options (GApplication *application,
                                       GVariantDict *values)
{
  JobsApplication *self = JOBS_APPLICATION (application);
  g_autofree char *folder = NULL;

  if (g_variant_dict_lookup (values, "folder", "^ay", &folder))
    self->folder = g_file_new_for_commandline_arg (folder);
  g_variant_dict_lookup (values, "search", "s", &self->text);
  self->quit_when_done = g_variant_dict_contains (values, "quit-when-done");
  return -1;
}

static void
busy_changed_cb (ThrThreadManager *manager,
                 GParamSpec       *pspec,
                 GApplication     *application)
{
  if (!thr_thread_manager_get_busy (manager))
    g_application_quit (application);
}

static void
jobs_application_startup (GApplication *application)
{
  JobsApplication *self = JOBS_APPLICATION (application);

  G_APPLICATION_CLASS (jobs_application_parent_class)->startup (application);

  self->manager = thr_thread_manager_new ();
  thr_thread_manager_set_keep_finished (self->manager, KEEP_FINISHED);
  thr_thread_manager_attach_application (self->manager, application);
  if (self->quit_when_done)
    g_signal_connect_object (self->manager, "notify::busy", G_CALLBACK (busy_changed_cb), self, 0);
}

static void
jobs_application_activate (GApplication *application)
{
  JobsApplication *self = JOBS_APPLICATION (application);
  JobsWindow *window = jobs_window_new (GTK_APPLICATION (self), self->manager);

  if (self->text != NULL)
    jobs_window_search (window, self->text);
  if (self->folder != NULL)
    jobs_window_open (window, self->folder);
  gtk_window_present (GTK_WINDOW (window));
}

static void
jobs_application_finalize (GObject *object)
{
  JobsApplication *self = JOBS_APPLICATION (object);

  g_clear_object (&self->manager);
  g_clear_object (&self->folder);
  g_free (self->text);
  G_OBJECT_CLASS (jobs_application_parent_class)->finalize (object);
}

static void
jobs_application_class_init (JobsApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = jobs_application_finalize;
  application_class->handle_local_options = jobs_application_handle_local_options;
  application_class->startup = jobs_application_startup;
  application_class->activate = jobs_application_activate;
}

static void
jobs_application_init (JobsApplication *self)
{
  g_application_add_main_option_entries (G_APPLICATION (self), options);
}

JobsApplication *
jobs_application_new (void)
{
  return g_object_new (JOBS_TYPE_APPLICATION,
                       "application-id", "org.example.Jobs",
                       "flags", G_APPLICATION_NON_UNIQUE,
                       NULL);
}
