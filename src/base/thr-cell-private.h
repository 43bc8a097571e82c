/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/thr-local-private.h"

G_BEGIN_DECLS

/* Small things that one thread makes in runs and another one frees: they are
 * allocated by the block, about a page, which goes when all of its cells have.
 * The allocator of the system would have the two threads meet in each call. */

/* Of each kind, all cells have the same size, in bytes. */
#define THR_CELL_JOB_SIZE 80
#define THR_CELL_EVENT_SIZE 120

/* Not cleared. */
gpointer thr_cell_new  (ThrCellKind kind);
/* From any thread. */
void     thr_cell_free (gpointer    cell);

G_END_DECLS
