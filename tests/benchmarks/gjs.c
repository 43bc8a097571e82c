/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a native call costs in JavaScript until its promise is there, and how many
 * frames are drawn while JavaScript computes. */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct
{
  const char *mode;
  const char *size;
  guint n_figures; /* of each side */
} Script;

/* Both sides are measured in one process, in turns. */
static double peer_figures[BENCH_MAX_FIGURES];

static void
measure_both (gconstpointer  what,
              double        *figures)
{
  const Script *script = what;
  const char *argv[] = { BENCH_GJS, "-m", BENCH_SCRIPT, script->mode, script->size, NULL };
  g_autofree char *output = NULL;
  double all[2 * BENCH_MAX_FIGURES];
  int at = 0, length;

  if (!bench_child (argv, &output))
    exit (2);
  for (guint i = 0; i < 2 * script->n_figures; i++, at += length)
    {
      if (sscanf (output + at, "%lf%n", &all[i], &length) != 1)
        exit (2);
    }
  for (guint i = 0; i < script->n_figures; i++)
    {
      figures[i] = all[i];
      peer_figures[i] = all[script->n_figures + i];
    }
}

/* After ours. */
static void
take_peer (gconstpointer  what,
           double        *figures)
{
  const Script *script = what;

  for (guint i = 0; i < script->n_figures; i++)
    figures[i] = peer_figures[i];
}

static void
compare (const Script      *script,
         const BenchFigure *figures,
         const char        *peer)
{
  const BenchSide sides[] = {
    { "thr", measure_both, script },
    { peer, take_peer, script },
  };

  bench_compare (3, figures, script->n_figures, sides, G_N_ELEMENTS (sides));
}

int
main (int    argc,
      char **argv)
{
  const BenchFigure many = { "gjs, 100 under way", "µs", .gates = { 1.3 } };
  const BenchFigure one = { "gjs, one at a time", "µs" };
  const BenchFigure frames[] = {
    { "gjs, frames while it computes", "a second", .at_least = 50 },
    { "gjs, longest wait for a frame", "ms" },
  };
  g_autofree char *n_many = NULL, *n_one = NULL;

  bench_init (&argc, &argv);
  n_many = g_strdup_printf ("%u", MAX (bench_size (1000), 100));
  n_one = g_strdup_printf ("%u", MAX (bench_size (300), 10));

  compare (&(Script) { "calls", n_many, 1 }, &many, "hand-made promise");
  compare (&(Script) { "call", n_one, 1 }, &one, "hand-made promise");
  compare (&(Script) { "frames", bench_size (200) < 200 ? "0.2" : "2", 2 }, frames, "idle function");
  return bench_finish ();
}
