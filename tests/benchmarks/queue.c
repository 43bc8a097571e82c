/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What jobs cost that wait in a long queue. */

#include "bench-systems.h"
#include "bench.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* More than any of the systems has threads. */
#define N_BLOCKERS 16

static GMutex gate_mutex;
static GCond gate_cond;
static gboolean gate_opened;

/* Every task waits here: the first ones hold the threads, the others the queue. */
static gint64
gated_work (BenchTask *task)
{
  g_mutex_lock (&gate_mutex);
  while (!gate_opened)
    g_cond_wait (&gate_cond, &gate_mutex);
  g_mutex_unlock (&gate_mutex);
  return 1;
}

static void
set_gate (gboolean opened)
{
  g_mutex_lock (&gate_mutex);
  gate_opened = opened;
  g_cond_broadcast (&gate_cond);
  g_mutex_unlock (&gate_mutex);
}

static guint n_done;

static void
count_done (BenchTask *task)
{
  n_done++;
}

static void
block_threads (const BenchSystem *system,
               BenchTask         *task)
{
  for (guint i = 0; i < N_BLOCKERS; i++)
    system->submit (task);

  /* Until the threads stand; nothing tells. */
  g_usleep (G_USEC_PER_SEC / 5);
}

/* The bytes a queued task takes. What one side has freed would be used again by
 * the next: each side has a process of its own. */

static const BenchSystem *queued_systems[] = { &bench_thr, &bench_gtask, &bench_thr_light, &bench_pool };

static double
heap_bytes (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return (double) info.uordblks + (double) info.hblkhd;
}

static double
resident_bytes (void)
{
  g_autofree char *statm = NULL;
  unsigned long pages = 0;

  if (!g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL) ||
      sscanf (statm, "%*u %lu", &pages) != 1)
    g_error ("There is no /proc/self/statm to read");
  return (double) pages * sysconf (_SC_PAGESIZE);
}

static int
queued_child (guint nth,
              guint n_tasks)
{
  const BenchSystem *system = queued_systems[nth];
  BenchTask task = { gated_work, count_done, 0 };
  double heap, resident;

  system->open (2);
  block_threads (system, &task);

  heap = heap_bytes ();
  resident = resident_bytes ();
  for (guint i = 0; i < n_tasks; i++)
    system->submit (&task);
  heap = heap_bytes () - heap;
  resident = resident_bytes () - resident;

  printf ("%f %f\n", heap / n_tasks, resident / n_tasks);
  fflush (stdout);
  _exit (0);
}

static void
measure_queued (gconstpointer  what,
                double        *figures)
{
  g_autofree char *nth = g_strdup_printf ("%u", GPOINTER_TO_UINT (what));
  g_autofree char *n_tasks = g_strdup_printf ("%u", bench_size (1000000));
  const char *argv[] = { bench_program (), "--queued-child", nth, n_tasks, NULL };
  g_autofree char *output = NULL;

  if (!bench_child (argv, &output) || sscanf (output, "%lf %lf", &figures[0], &figures[1]) != 2)
    exit (2);
}

static void
queued (void)
{
  const BenchFigure job[] = {
    { "queued, heap", "bytes", .gates = { 1 } },
    { "queued, resident", "bytes", .gates = { 1 } },
  };
  const BenchFigure light[] = {
    { "queued, light, heap", "bytes" },
    { "queued, light, resident", "bytes" },
  };
  BenchSide sides[G_N_ELEMENTS (queued_systems)];

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    sides[i] = (BenchSide) { queued_systems[i]->name, measure_queued, GUINT_TO_POINTER (i) };

  bench_compare (3, job, 2, sides, 2);
  bench_compare (3, light, 2, sides + 2, 2);
}

/* A submit into a long queue, at three levels */

static void
measure_priorities (gconstpointer  what,
                    double        *figures)
{
  const BenchSystem *system = what;
  const guint n_queued = bench_size (40000);
  const guint n_timed = bench_size (1000);
  BenchTask blocker = { gated_work, count_done, -20 };
  BenchTask levels[] = {
    { gated_work, count_done, -10 },
    { gated_work, count_done, 0 },
    { gated_work, count_done, 10 },
  };
  gint64 begun;

  system->open (2);
  n_done = 0;
  set_gate (FALSE);
  block_threads (system, &blocker);

  for (guint i = 0; i < n_queued; i++)
    system->submit (&levels[i % G_N_ELEMENTS (levels)]);

  begun = bench_now ();
  for (guint i = 0; i < n_timed; i++)
    system->submit (&levels[i % G_N_ELEMENTS (levels)]);
  figures[0] = (double) (bench_now () - begun) / n_timed / 1000;

  set_gate (TRUE);
  while (n_done < N_BLOCKERS + n_queued + n_timed)
    g_main_context_iteration (NULL, TRUE);
  system->close ();
}

static void
priorities (void)
{
  const BenchFigure figure = { "priorities, a submit", "µs", .gates = { 0.01 } };
  const BenchSide sides[] = {
    { bench_thr_prepared.name, measure_priorities, &bench_thr_prepared },
    { bench_gtask.name, measure_priorities, &bench_gtask },
    { bench_pool_sorted.name, measure_priorities, &bench_pool_sorted },
  };

  bench_compare (3, &figure, 1, sides, G_N_ELEMENTS (sides));
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--queued-child"))
    return queued_child (atoi (argv[2]), atoi (argv[3]));

  bench_init (&argc, &argv);

  /* Else g_main_context_invoke () would call back in its own thread whenever
   * this one is not iterating. */
  g_main_context_acquire (NULL);

  if (bench_wants ("queued"))
    queued ();
  if (bench_wants ("priorities"))
    priorities ();

  g_main_context_release (NULL);
  return bench_finish ();
}
