/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gtk/gtk.h>
#include <thr-glib/thr-glib.h>

G_BEGIN_DECLS

#define JOBS_TYPE_WINDOW (jobs_window_get_type ())

G_DECLARE_FINAL_TYPE (JobsWindow, jobs_window, JOBS, WINDOW, GtkApplicationWindow)

JobsWindow *jobs_window_new    (GtkApplication   *application,
                                ThrThreadManager *manager);
void        jobs_window_open   (JobsWindow       *self,
                                GFile            *folder);
void        jobs_window_search (JobsWindow       *self,
                                const char       *text);

G_END_DECLS
