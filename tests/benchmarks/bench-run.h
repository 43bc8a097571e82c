/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "bench-systems.h"

G_BEGIN_DECLS

/* Tasks that are submitted and completed in the main loop, so many of them
 * under way at a time. */
typedef struct
{
  const BenchSystem *system;
  guint              n_threads;
  guint              n_tasks;
  guint              window;    /* 0: all at once */

  gint64            *submits;   /* if not NULL, gets the ns of each submit */

  /* If not NULL, gets the ns from the end of each function to its callback; the
   * window is then 1. Cold: the function sleeps for a millisecond, so does the
   * main loop then, and a rest follows each. */
  gint64            *latencies;
  gboolean           cold;
} BenchRun;

double bench_run (const BenchRun *run);

G_END_DECLS
