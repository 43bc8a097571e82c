/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job costs, from the submit to the callback. */

#include "bench-run.h"
#include "bench.h"

#include <glib-object.h>

#define ROUNDS 9

static void
measure_run (gconstpointer  what,
             double        *figures)
{
  figures[0] = bench_run (what);
}

static void
compare_runs (const BenchFigure *figure,
              const BenchRun    *runs,
              guint              n_runs)
{
  BenchSide sides[BENCH_MAX_SIDES];

  for (guint i = 0; i < n_runs; i++)
    sides[i] = (BenchSide) { runs[i].system->name, measure_run, &runs[i] };
  bench_compare (ROUNDS, figure, 1, sides, n_runs);
}

/* The same number of threads, tasks and tasks under way for each system. */
static void
compare_systems (const BenchFigure         *figure,
                 guint                      n_threads,
                 guint                      n_tasks,
                 guint                      window,
                 const BenchSystem * const *systems,
                 guint                      n_systems)
{
  BenchRun runs[BENCH_MAX_SIDES];

  for (guint i = 0; i < n_systems; i++)
    runs[i] = (BenchRun) {
      .system = systems[i],
      .n_threads = n_threads,
      .n_tasks = bench_size (n_tasks),
      .window = window,
    };
  compare_runs (figure, runs, n_systems);
}

static void
burst (void)
{
  const BenchSystem *systems[] = { &bench_thr, &bench_gtask, &bench_pool };
  const BenchFigure pool_of_2 = { "burst, pool of 2", "ns", .gates = { 0.45, 0.9 } };
  const BenchFigure pool_of_8 = { "burst, pool of 8", "ns", .gates = { 0.45, 0.9 } };

  compare_systems (&pool_of_2, 2, 100000, 0, systems, G_N_ELEMENTS (systems));
  compare_systems (&pool_of_8, 8, 100000, 0, systems, G_N_ELEMENTS (systems));
}

static void
window (void)
{
  const BenchSystem *systems[] = { &bench_thr, &bench_gtask, &bench_pool };
  const BenchFigure wide = { "window, 1000 under way", "ns", .gates = { 0.4 } };
  const BenchFigure narrow = { "window, 4 under way", "ns", .gates = { 0.2 } };

  compare_systems (&wide, 2, 100000, 1000, systems, G_N_ELEMENTS (systems));
  compare_systems (&narrow, 2, 100000, 4, systems, G_N_ELEMENTS (systems));
}

static void
light (void)
{
  const BenchSystem *systems[] = { &bench_thr_light, &bench_gtask, &bench_pool };
  const BenchFigure all = { "light, burst", "ns", .gates = { 0.12, 0.35 } };
  const BenchFigure wide = { "light, 1000 under way", "ns", .gates = { 0.12, 0.35 } };
  const BenchFigure narrow = { "light, 4 under way", "ns" };

  compare_systems (&all, 2, 100000, 0, systems, G_N_ELEMENTS (systems));
  compare_systems (&wide, 2, 100000, 1000, systems, G_N_ELEMENTS (systems));
  compare_systems (&narrow, 2, 100000, 4, systems, G_N_ELEMENTS (systems));
}

/* From the end of a function to its callback */

static void
measure_latency (gconstpointer  what,
                 double        *figures)
{
  BenchRun run = *(const BenchRun *) what;
  g_autofree gint64 *latencies = g_new (gint64, run.n_tasks);

  run.latencies = latencies;
  bench_run (&run);
  figures[0] = bench_percentile (latencies, run.n_tasks, 50) / 1000;
  figures[1] = bench_percentile (latencies, run.n_tasks, 99) / 1000;
}

static void
compare_latencies (const BenchFigure *figures,
                   guint              n_tasks,
                   gboolean           cold)
{
  const BenchSystem *systems[] = { &bench_thr, &bench_gtask, &bench_pool };
  BenchRun runs[G_N_ELEMENTS (systems)];
  BenchSide sides[G_N_ELEMENTS (systems)];

  for (guint i = 0; i < G_N_ELEMENTS (systems); i++)
    {
      runs[i] = (BenchRun) {
        .system = systems[i],
        .n_threads = 2,
        .n_tasks = bench_size (n_tasks),
        .window = 1,
        .cold = cold,
      };
      sides[i] = (BenchSide) { systems[i]->name, measure_latency, &runs[i] };
    }
  bench_compare (5, figures, 2, sides, G_N_ELEMENTS (sides));
}

static void
latency (void)
{
  const BenchFigure cold[] = {
    { "latency, cold, median", "µs", .gates = { 0.6 } },
    { "latency, cold, p99", "µs" },
  };
  const BenchFigure hot[] = {
    { "latency, hot, median", "µs", .gates = { 0.3 } },
    { "latency, hot, p99", "µs" },
  };

  compare_latencies (cold, 400, TRUE);
  compare_latencies (hot, 5000, FALSE);
}

/* The worst that a submit may cost */

static void
measure_submits (gconstpointer  what,
                 double        *figures)
{
  BenchRun run = *(const BenchRun *) what;
  g_autofree gint64 *submits = g_new (gint64, run.n_tasks);

  run.submits = submits;
  bench_run (&run);
  figures[0] = bench_percentile (submits, run.n_tasks, 50);
  figures[1] = bench_percentile (submits, run.n_tasks, 99.9) / 1000;
  figures[2] = bench_percentile (submits, run.n_tasks, 100) / 1000;
}

static void
submit_tail (void)
{
  const BenchFigure figures[] = {
    { "submit-tail, median", "ns" },
    { "submit-tail, p99.9", "µs", .gates = { 1 } },
    { "submit-tail, maximum", "µs", .gates = { 1 } },
  };
  const BenchRun thr = { .system = &bench_thr, .n_threads = 2, .n_tasks = bench_size (200000) };
  const BenchRun gtask = { .system = &bench_gtask, .n_threads = 2, .n_tasks = bench_size (200000) };
  const BenchSide sides[] = {
    { thr.system->name, measure_submits, &thr },
    { gtask.system->name, measure_submits, &gtask },
  };

  bench_compare (ROUNDS, figures, G_N_ELEMENTS (figures), sides, G_N_ELEMENTS (sides));
}

/* What a notify::execution-state handler adds to a job. The peer is what GObject
 * takes for the same: to connect a handler, to notify four times, to disconnect. */

#define N_STATES 4

static guint n_notified;

static void
measure_watched (gconstpointer  what,
                 double        *figures)
{
  BenchRun run = { .system = &bench_thr_watched, .n_threads = 2, .n_tasks = bench_size (100000) };
  double watched = bench_run (&run);

  run.system = &bench_thr;
  figures[0] = watched - bench_run (&run);
}

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    user_data)
{
  n_notified++;
}

static void
measure_bare_notifies (gconstpointer  what,
                       double        *figures)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_BINDING_GROUP, NULL);
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (object), "source");
  guint n = bench_size (100000);
  gint64 begun = bench_now ();

  for (guint i = 0; i < n; i++)
    {
      gulong handler = g_signal_connect (object, "notify::source", G_CALLBACK (notify_cb), NULL);

      for (guint step = 0; step < N_STATES; step++)
        g_object_notify_by_pspec (object, pspec);
      g_signal_handler_disconnect (object, handler);
    }
  figures[0] = (double) (bench_now () - begun) / n;
  g_assert_cmpuint (n_notified % (n * N_STATES), ==, 0);
}

static void
notify (void)
{
  const BenchFigure figure = { "notify, on top of a job", "ns", .gates = { 1.5 } };
  const BenchSide sides[] = {
    { "thr", measure_watched, NULL },
    { "four bare notifies", measure_bare_notifies, NULL },
  };

  bench_compare (ROUNDS, &figure, 1, sides, G_N_ELEMENTS (sides));
}

int
main (int    argc,
      char **argv)
{
  bench_init (&argc, &argv);

  if (bench_wants ("burst"))
    burst ();
  if (bench_wants ("window"))
    window ();
  if (bench_wants ("light"))
    light ();
  if (bench_wants ("latency"))
    latency ();
  if (bench_wants ("submit-tail"))
    submit_tail ();
  if (bench_wants ("notify"))
    notify ();

  return bench_finish ();
}
