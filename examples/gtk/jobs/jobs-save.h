/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gtk/gtk.h>
#include <thr-glib/thr-glib.h>

G_BEGIN_DECLS

ThrThreadWrapper *jobs_save_new (GtkWindow  *window,
                                 GFile      *folder,
                                 GListModel *checksums);

G_END_DECLS
