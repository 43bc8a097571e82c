/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <thr-glib/thr-glib.h>

G_BEGIN_DECLS

/* The live line: files and bytes done, of how many, how fast, and how long it
 * will take. To know how many, it walks through the folder on its own, in a job
 * that runs beside the others; what is being hashed, it sees in the status of the
 * jobs. Every function but live_new() takes NULL, and
 * then does nothing: so a program whose output nobody watches has no live line. */
typedef struct _Live Live;

/* @shared: whether stdout is the terminal, as well as stderr. */
Live *live_new             (const char       *folder,
                            ThrThreadManager *hashers,
                            gboolean          shared);
/* For each file that is done. */
void  live_add_file        (Live             *self,
                            guint64           n_bytes);
/* Make room for a message or for output. The line comes back by itself. */
void  live_hide            (Live             *self);
void  live_hide_for_output (Live             *self);
/* Replaces the line by one that sums up, and frees it. */
void  live_finish          (Live             *self);

G_END_DECLS
