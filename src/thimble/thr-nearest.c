/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-nearest-private.h"

#include <string.h>

/* How many letters are to be changed, left out or put in; more than @limit is
 * not told apart. Names longer than the row have no likeness here. */
static guint
distance (const char *a,
          const char *b,
          guint       limit)
{
  gsize n_a = strlen (a), n_b = strlen (b);
  guint row[64];

  if (n_b >= G_N_ELEMENTS (row) || MAX (n_a, n_b) - MIN (n_a, n_b) > limit)
    return limit + 1;

  for (gsize j = 0; j <= n_b; j++)
    row[j] = j;
  for (gsize i = 1; i <= n_a; i++)
    {
      guint diagonal = row[0];

      row[0] = i;
      for (gsize j = 1; j <= n_b; j++)
        {
          guint above = row[j];
          guint change = diagonal + (a[i - 1] != b[j - 1]);

          row[j] = MIN (change, MIN (above, row[j - 1]) + 1);
          diagonal = above;
        }
    }
  return row[n_b];
}

const char *
thr_nearest_name (const char         *name,
                  const char * const *names)
{
  guint best = strlen (name) / 3 + 1;
  const char *nearest = NULL;

  for (; *names != NULL; names++)
    {
      guint d = distance (name, *names, best);

      if (d < best || (d == best && nearest == NULL))
        {
          best = d;
          nearest = *names;
        }
    }
  return nearest;
}
