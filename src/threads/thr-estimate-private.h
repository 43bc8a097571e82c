/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How much longer something takes, as people want to be told: by the rate of
 * its progress in the near past, and without wild jumps. */
typedef struct
{
  double since;    /* when it was first told anything, in seconds of work since the start */
  double at;       /* when it was last told */
  double progress; /* what it was told then */
  double gained;   /* the progress of the near past … */
  double spent;    /* … and the seconds that it took */
  double shown;    /* what it said then; less than 0 while it does not know */
} ThrEstimate;

#define THR_ESTIMATE_INIT { .shown = -1.0 }

double thr_estimate_update (ThrEstimate *self,
                            double       now,
                            double       progress);

G_END_DECLS
