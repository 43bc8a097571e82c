/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The regular files below a folder, one after the other, in the order that
 * `LC_ALL=C sort` would give to their paths. It holds the names of the folders
 * that lead to the current file and of what lies beside it, no more: the size
 * of the tree does not matter. Symbolic links are not followed. */
typedef struct _Walk Walk;

Walk     *walk_new  (const char  *folder,
                     GError     **error);
/* TRUE:  @path is the next file.
 * FALSE: @path is a folder that could not be read, and @error says why; the
 *        walk goes on. Or @path is NULL: that was all. */
gboolean  walk_next (Walk        *self,
                     char       **path,
                     GError     **error);
void      walk_free (Walk        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Walk, walk_free)

G_END_DECLS
