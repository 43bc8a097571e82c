/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BENCH_MAX_SIDES 4
#define BENCH_MAX_FIGURES 4

/* One figure of a row of the table, as every side measures it. */
typedef struct
{
  const char *row;
  const char *unit;
  double      at_most;                    /* promise on our own figure, 0: none */
  double      at_least;                   /* the same */
  double      gates[BENCH_MAX_SIDES - 1]; /* largest ratio promised, by peer, 0: none */
} BenchFigure;

/* Who is measured. The first side is ours, the others are its peers. */
typedef struct
{
  const char     *name;
  void          (*measure) (gconstpointer what,
                            double       *figures);
  gconstpointer   what;
} BenchSide;

void         bench_init       (int                *argc,
                               char             ***argv);
gboolean     bench_wants      (const char         *row);
guint        bench_size       (guint               n);
void         bench_compare    (guint               n_rounds,
                               const BenchFigure  *figures,
                               guint               n_figures,
                               const BenchSide    *sides,
                               guint               n_sides);
void         bench_skip       (const char         *row,
                               const char         *reason);
int          bench_finish     (void);

/* Nanoseconds of a clock that never goes back. */
gint64       bench_now        (void);
double       bench_percentile (gint64             *samples,
                               guint               n_samples,
                               double              percentile);
const char  *bench_program    (void);
gboolean     bench_child      (const char * const *argv,
                               char              **output);

G_END_DECLS
