/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <thr-glib/thr-glib.h>

G_BEGIN_DECLS

/* Reads the file at @path, as the work of the job @thread, and returns its
 * SHA-256 in hexadecimal. The job's progress tells what part of the file has been
 * read, its status (a guint64) how many bytes; so does @n_bytes in the end. */
char *hash_path (ThrThreadWrapper  *thread,
                 const char        *path,
                 guint64           *n_bytes,
                 GError           **error);

G_END_DECLS
