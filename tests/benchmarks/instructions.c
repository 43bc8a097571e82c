/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The instructions a job takes, in all threads, from its creation to its end in
 * the main loop, counted by callgrind: no other load on the machine changes
 * them. What the process itself takes is left out by the difference of a run
 * with twice as many jobs to a run. */

#include "bench-run.h"
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_JOBS 20000

static const BenchSystem *systems[] = { &bench_thr, &bench_thr_light, &bench_gtask, &bench_pool };

static int
child (guint nth,
       guint n_tasks)
{
  const BenchRun run = {
    .system = systems[nth],
    .n_threads = 2,
    .n_tasks = n_tasks,
  };

  bench_run (&run);
  return 0;
}

static double
count (guint nth,
       guint n_tasks)
{
  g_autofree char *nth_arg = g_strdup_printf ("%u", nth);
  g_autofree char *n_tasks_arg = g_strdup_printf ("%u", n_tasks);
  const char *argv[] = {
    "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
    bench_program (), "--child", nth_arg, n_tasks_arg, NULL
  };
  g_autofree char *output = NULL;
  const char *collected;

  if (!bench_child (argv, &output))
    exit (2);
  collected = strstr (output, "Collected : ");
  if (collected == NULL)
    g_error ("callgrind gave no number");
  return g_ascii_strtod (collected + strlen ("Collected : "), NULL);
}

static void
measure (gconstpointer  what,
         double        *figures)
{
  guint nth = GPOINTER_TO_UINT (what);
  guint n_jobs = bench_size (N_JOBS);

  figures[0] = (count (nth, 2 * n_jobs) - count (nth, n_jobs)) / n_jobs;
}

static BenchSide
side (guint nth)
{
  return (BenchSide) { systems[nth]->name, measure, GUINT_TO_POINTER (nth) };
}

int
main (int    argc,
      char **argv)
{
  /* What was reached, and some room: how long a thread that has no job looks on
   * is up to chance. */
  const BenchFigure job = { "instructions", "a job", .at_most = 5100 };
  const BenchFigure light = { "instructions, light", "a job", .at_most = 700 };
  g_autofree char *valgrind = g_find_program_in_path ("valgrind");
  const BenchSide job_sides[] = { side (0), side (2), side (3) };
  const BenchSide light_sides[] = { side (1), side (2), side (3) };

  if (argc == 4 && g_str_equal (argv[1], "--child"))
    return child (atoi (argv[2]), atoi (argv[3]));

  bench_init (&argc, &argv);

  if (valgrind == NULL)
    {
      bench_skip ("instructions", "needs valgrind");
      return bench_finish ();
    }

  bench_compare (1, &job, 1, job_sides, G_N_ELEMENTS (job_sides));
  bench_compare (1, &light, 1, light_sides, G_N_ELEMENTS (light_sides));

  return bench_finish ();
}
