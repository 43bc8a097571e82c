/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job, an awaited job and an event cost in Python. */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static guint n_times;

static void
measure (gconstpointer  what,
         double        *figures)
{
  g_autofree char *n = g_strdup_printf ("%u", n_times);
  const char *argv[] = { BENCH_PYTHON, BENCH_SCRIPT, what, n, NULL };
  g_autofree char *output = NULL;

  if (!bench_child (argv, &output) || sscanf (output, "%lf", &figures[0]) != 1)
    exit (2);
}

static void
compare (const char      *row,
         guint            n,
         const BenchSide *sides,
         guint            n_sides)
{
  const BenchFigure figure = { row, "µs" };

  n_times = MAX (bench_size (n), 100);
  bench_compare (5, &figure, 1, sides, n_sides);
}

int
main (int    argc,
      char **argv)
{
  const BenchFigure burst = { "python", "µs", .gates = { 1.2, 0.7 } };
  const BenchSide jobs[] = {
    { "thr", measure, "thr" },
    { "executor + idle_add", measure, "executor" },
    { "Gio.Task", measure, "gtask" },
  };
  const BenchSide one[] = {
    { "thr", measure, "await/1" },
    { "asyncio.to_thread", measure, "to_thread/1" },
  };
  const BenchSide many[] = {
    { "thr", measure, "await/100" },
    { "asyncio.to_thread", measure, "to_thread/100" },
  };
  const BenchSide events[] = {
    { "thr", measure, "worker" },
    { "queue.Queue", measure, "queue" },
  };

  bench_init (&argc, &argv);
  n_times = bench_size (20000);
  bench_compare (5, &burst, 1, jobs, G_N_ELEMENTS (jobs));
  compare ("python, awaited one at a time", 5000, one, G_N_ELEMENTS (one));
  compare ("python, awaited, 100 under way", 10000, many, G_N_ELEMENTS (many));
  compare ("python, events", 50000, events, G_N_ELEMENTS (events));
  return bench_finish ();
}
