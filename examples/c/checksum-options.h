/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the user asks for: the folder, and how many files to hash at a time. */
gboolean parse_options (int      argc,
                        char   **argv,
                        char   **folder,
                        guint   *n_threads,
                        GError **error);

G_END_DECLS
