/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-estimate-private.h"

/* In seconds: told more often, it does not look anew. */
#define SHORTEST_STEP 0.05

/* In seconds: nothing is said before. */
#define PATIENCE 1.0

/* How far the answer may move in a second, away from counting down: so many
 * seconds, or this part of itself. */
#define DRIFT 2.0
#define DRIFT_PART 0.2

/* What counts as the near past: so many seconds, or this part of all the time,
 * whichever is more. A job that comes in bursts is told evenly if some of them
 * are in it, and a long one may be longer in making up its mind. */
#define NEAR_PAST 20.0
#define NEAR_PART 3.0

/* In seconds: more than a year is as good as unknown. */
#define TOO_LONG (365.0 * 24 * 3600)

/* Without a past. Progress that begins late is counted from where it began. */
static void
forget (ThrEstimate *self,
        double       now)
{
  *self = (ThrEstimate) { .since = now, .at = now, .shown = -1.0 };
}

static void
remember (ThrEstimate *self,
          double       took,
          double       progress)
{
  double near_past = MAX (NEAR_PAST, (self->at + took) / NEAR_PART);
  double fading = near_past / (near_past + took);

  /* Backwards: there is more to do than was thought, so that what was done is
   * a smaller part of it. */
  if (progress < self->progress)
    self->gained *= progress / self->progress;
  else
    self->gained = self->gained * fading + progress - self->progress;
  self->spent = self->spent * fading + took;
  self->at += took;
  self->progress = progress;
}

/* @now is in seconds of work since the start, pauses not counted; @progress
 * from 0 to 1, or less while it is unknown. Returns how many seconds are left;
 * less than 0 while it does not know. */
double
thr_estimate_update (ThrEstimate *self,
                     double       now,
                     double       progress)
{
  double took = now - self->at;
  double wanted, coasting, drift;

  if (progress < 0.0)
    {
      forget (self, now);
      return -1.0;
    }
  if (took < SHORTEST_STEP && progress < 1.0)
    return self->shown;

  remember (self, took, progress);
  if (progress >= 1.0)
    {
      self->shown = 0.0;
      return 0.0;
    }
  if (now - self->since < PATIENCE)
    return -1.0;
  if (self->gained <= 0.0 || (1.0 - progress) * self->spent > self->gained * TOO_LONG)
    {
      self->shown = -1.0;
      return -1.0;
    }

  wanted = (1.0 - progress) * self->spent / self->gained;
  if (self->shown < 0.0)
    {
      self->shown = wanted;
      return wanted;
    }
  coasting = MAX (self->shown - took, 0.0);
  drift = took * MAX (DRIFT, self->shown * DRIFT_PART);
  self->shown = CLAMP (wanted, MAX (coasting - drift, 0.0), coasting + drift);
  return self->shown;
}
