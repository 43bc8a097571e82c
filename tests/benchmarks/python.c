/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job costs in Python. */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static void
measure (gconstpointer  what,
         double        *figures)
{
  g_autofree char *n_jobs = g_strdup_printf ("%u", bench_size (20000));
  const char *argv[] = { BENCH_PYTHON, BENCH_SCRIPT, what, n_jobs, NULL };
  g_autofree char *output = NULL;

  if (!bench_child (argv, &output) || sscanf (output, "%lf", &figures[0]) != 1)
    exit (2);
}

int
main (int    argc,
      char **argv)
{
  const BenchFigure figure = { "python", "µs", .gates = { 1.2, 0.7 } };
  const BenchSide sides[] = {
    { "thr", measure, "thr" },
    { "executor + idle_add", measure, "executor" },
    { "Gio.Task", measure, "gtask" },
  };

  bench_init (&argc, &argv);
  bench_compare (5, &figure, 1, sides, G_N_ELEMENTS (sides));
  return bench_finish ();
}
