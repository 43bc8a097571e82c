/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define JOBS_TYPE_ROW (jobs_row_get_type ())

G_DECLARE_FINAL_TYPE (JobsRow, jobs_row, JOBS, ROW, GtkBox)

G_END_DECLS
