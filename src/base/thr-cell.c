/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-cell-private.h"

#include <stdatomic.h>

#define BLOCK_SIZE 4000

typedef struct _ThrBlock Block;
struct _ThrBlock
{
  _Atomic guint n_left; /* cells that are not freed, or not allocated, yet */
  guint n_unused;       /* the allocating thread's */
  guint8 *unused;       /* likewise */
};

/* What stands before each cell. */
typedef struct
{
  Block *block;
} Header;

static const gsize sizes[] = {
  [THR_CELL_JOB] = sizeof (Header) + THR_CELL_JOB_SIZE,
  [THR_CELL_EVENT] = sizeof (Header) + THR_CELL_EVENT_SIZE,
};
G_STATIC_ASSERT (G_N_ELEMENTS (sizes) == THR_N_CELLS);

static void
block_release (Block *self,
               guint  n_cells)
{
  if (atomic_fetch_sub_explicit (&self->n_left, n_cells, memory_order_acq_rel) == n_cells)
    g_free (self);
}

/* The thread ends: nobody will have the rest of its blocks. */
static void
abandon_blocks (gpointer data)
{
  for (guint i = 0; i < THR_N_CELLS; i++)
    {
      Block *block = thr_local.blocks[i];

      thr_local.blocks[i] = NULL;
      if (block != NULL)
        block_release (block, block->n_unused);
    }
}

static Block *
block_new (ThrCellKind kind)
{
  static GPrivate at_end = G_PRIVATE_INIT (abandon_blocks);
  const guint n_cells = BLOCK_SIZE / sizes[kind];
  Block *self = g_malloc (sizeof (Block) + n_cells * sizes[kind]);

  g_private_set (&at_end, &thr_local);
  atomic_init (&self->n_left, n_cells);
  self->n_unused = n_cells;
  self->unused = (guint8 *) (self + 1);
  return self;
}

gpointer
thr_cell_new (ThrCellKind kind)
{
  Block *block = thr_local.blocks[kind];
  Header *header;

  if (block == NULL)
    block = thr_local.blocks[kind] = block_new (kind);

  header = (Header *) block->unused;
  header->block = block;
  block->unused += sizes[kind];
  if (--block->n_unused == 0)
    thr_local.blocks[kind] = NULL;
  return header + 1;
}

void
thr_cell_free (gpointer cell)
{
  block_release (((Header *) cell - 1)->block, 1);
}
