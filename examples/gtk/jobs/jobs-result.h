/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define JOBS_TYPE_RESULT (jobs_result_get_type ())

G_DECLARE_FINAL_TYPE (JobsResult, jobs_result, JOBS, RESULT, GObject)

JobsResult *jobs_result_new      (const char   *name,
                                  const char   *text,
                                  GdkPaintable *picture);
const char *jobs_result_get_name (JobsResult   *self);
const char *jobs_result_get_text (JobsResult   *self);

G_END_DECLS
