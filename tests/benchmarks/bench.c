/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static gboolean gate = FALSE;
static gboolean markdown = FALSE;
static gboolean quick = FALSE;
static gboolean no_peers = FALSE;
static int rounds = 0;
static char **wanted = NULL;
static const char *program = NULL;
static gboolean missed = FALSE;

void
bench_init (int    *argc,
            char ***argv)
{
  const GOptionEntry entries[] = {
    { "gate", 0, 0, G_OPTION_ARG_NONE, &gate, "Exit with 1 when a gate is missed", NULL },
    { "markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "Print rows of a Markdown table", NULL },
    { "no-peers", 0, 0, G_OPTION_ARG_NONE, &no_peers, "Measure our own side only", NULL },
    { "quick", 0, 0, G_OPTION_ARG_NONE, &quick, "One small round, to see that all runs", NULL },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "How many rounds to take the median of", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted, NULL, "[ROW…]" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  program = (*argv)[0];
  setvbuf (stdout, NULL, _IOLBF, 0);

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      fprintf (stderr, "%s: %s\n", program, error->message);
      exit (2);
    }
}

/* Whether the row was named on the command line, or none was. */
gboolean
bench_wants (const char *row)
{
  return wanted == NULL || g_strv_contains ((const char * const *) wanted, row);
}

guint
bench_size (guint n)
{
  return quick ? MAX (n / 100, 10) : n;
}

gint64
bench_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static int
compare_samples (gconstpointer a,
                 gconstpointer b)
{
  gint64 left = *(const gint64 *) a;
  gint64 right = *(const gint64 *) b;

  return (left > right) - (left < right);
}

static int
compare_figures (gconstpointer a,
                 gconstpointer b)
{
  double left = *(const double *) a;
  double right = *(const double *) b;

  return (left > right) - (left < right);
}

/* Sorts @samples. The 100th percentile is the largest. */
double
bench_percentile (gint64 *samples,
                  guint   n_samples,
                  double  percentile)
{
  guint rank = (guint) (percentile / 100 * n_samples);

  qsort (samples, n_samples, sizeof *samples, compare_samples);
  return samples[MIN (rank, n_samples - 1)];
}

static double
median (double *figures,
        guint   n_figures)
{
  qsort (figures, n_figures, sizeof *figures, compare_figures);
  return (figures[(n_figures - 1) / 2] + figures[n_figures / 2]) / 2;
}

static char *
format_figure (double      figure,
               const char *unit)
{
  return g_strdup_printf ("%.*f %s", ABS (figure) < 100 ? 1 : 0, figure, unit);
}

static void
print_line (const char *row,
            const char *ours,
            const char *peer,
            const char *ratio,
            const char *promise,
            gboolean    kept)
{
  const char *verdict = kept ? "ok" : "MISSED";

  if (promise == NULL || quick)
    verdict = "";
  missed |= promise != NULL && !quick && !kept;
  if (markdown)
    printf ("| %s | %s | %s | %s | %s | %s |\n", row, ours, peer, ratio,
            promise != NULL ? promise : "", verdict);
  else
    {
      g_autofree char *shown = promise != NULL ? g_strdup_printf (" (gate %s) ", promise) : g_strdup ("");

      printf ("%s  thr %s  %s  %s%s%s\n", row, ours, peer, ratio, shown, verdict);
    }
}

static void
print_own_promise (const BenchFigure *figure,
                   double             ours,
                   const char        *ours_shown)
{
  gboolean kept = figure->at_most > 0 ? ours <= figure->at_most : ours >= figure->at_least;
  double bound = figure->at_most > 0 ? figure->at_most : figure->at_least;
  g_autofree char *promise = g_strdup_printf ("%s %g %s", figure->at_most > 0 ? "≤" : "≥",
                                              bound, figure->unit);

  print_line (figure->row, ours_shown, "", "", promise, kept);
}

static void
print_ratio (const BenchFigure *figure,
             double             ours,
             const char        *ours_shown,
             double             theirs,
             const char        *peer_name,
             double             largest)
{
  g_autofree char *theirs_shown = format_figure (theirs, figure->unit);
  g_autofree char *peer = g_strdup_printf ("%s %s", peer_name, theirs_shown);
  g_autofree char *promise = largest > 0 ? g_strdup_printf ("≤ %g ×", largest) : NULL;
  g_autofree char *ratio = theirs > 0 ? g_strdup_printf ("%.*f ×", ours / theirs < 0.1 ? 3 : 2, ours / theirs)
                                      : g_strdup ("–");

  print_line (figure->row, ours_shown, peer, ratio, promise, ours <= largest * theirs);
}

/* Lets the sides take turns, so that a machine that slows down or speeds up
 * does so for all of them, and prints the medians with their ratio. */
void
bench_compare (guint              n_rounds,
               const BenchFigure *figures,
               guint              n_figures,
               const BenchSide   *sides,
               guint              n_sides)
{
  g_autofree double *measured = NULL;

  g_assert (n_figures <= BENCH_MAX_FIGURES && n_sides <= BENCH_MAX_SIDES);

  if (quick)
    n_rounds = 1;
  else if (rounds > 0)
    n_rounds = rounds;
  if (no_peers)
    n_sides = 1;

  measured = g_new0 (double, (gsize) n_figures * n_sides * n_rounds);
  for (guint round = 0; round < n_rounds; round++)
    {
      for (guint side = 0; side < n_sides; side++)
        {
          double one[BENCH_MAX_FIGURES] = { 0 };

          sides[side].measure (sides[side].what, one);
          for (guint i = 0; i < n_figures; i++)
            measured[(i * n_sides + side) * n_rounds + round] = one[i];
        }
    }

  for (guint i = 0; i < n_figures; i++)
    {
      double ours = median (&measured[i * n_sides * n_rounds], n_rounds);
      g_autofree char *ours_shown = format_figure (ours, figures[i].unit);

      if (figures[i].at_most > 0 || figures[i].at_least > 0)
        print_own_promise (&figures[i], ours, ours_shown);
      else if (n_sides == 1)
        print_line (figures[i].row, ours_shown, "", "", NULL, TRUE);

      for (guint side = 1; side < n_sides; side++)
        print_ratio (&figures[i], ours, ours_shown,
                     median (&measured[(i * n_sides + side) * n_rounds], n_rounds),
                     sides[side].name, figures[i].gates[side - 1]);
    }
}

void
bench_skip (const char *row,
            const char *reason)
{
  if (markdown)
    printf ("| %s | %s | | | | |\n", row, reason);
  else
    printf ("%s  %s\n", row, reason);
}

/* What main() returns. */
int
bench_finish (void)
{
  g_clear_pointer (&wanted, g_strfreev);
  return gate && missed ? 1 : 0;
}

/* The path of the running program, for a row whose sides must not share a
 * process. */
const char *
bench_program (void)
{
  return program;
}

/* Runs a process to its end and gives what it wrote, to stdout and then to
 * stderr. */
gboolean
bench_child (const char * const *argv,
             char              **output)
{
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                     &out, &err, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    {
      fprintf (stderr, "%s: %s\n%s", argv[0], error->message, err != NULL ? err : "");
      return FALSE;
    }

  *output = g_strconcat (out, err, NULL);
  return TRUE;
}
