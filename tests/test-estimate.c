/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

#include "threads/thr-estimate-private.h"

#include <math.h>

/* The estimate is fed curves of progress, four points a second, and must never
 * jump: whatever the curve. */

#define STEP 0.25

typedef double (*Curve) (double at);

typedef struct
{
  ThrEstimate estimate;
  double at;
  double shown;
} Feed;

#define FEED_INIT \
  { \
    .estimate = THR_ESTIMATE_INIT, .shown = -1.0 \
  }

static double
feed (Feed   *self,
      double  progress)
{
  double shown;

  self->at += STEP;
  shown = thr_estimate_update (&self->estimate, self->at, progress);
  g_assert_cmpfloat (shown, >=, -1.0);
  g_assert_true (isfinite (shown));
  if (self->shown >= 0.0 && shown >= 0.0 && progress < 1.0)
    {
      double coasting = MAX (self->shown - STEP, 0.0);
      double most = STEP * MAX (2.0, self->shown / 5.0) + 1e-6;

      if (fabs (shown - coasting) > most)
        g_error ("at %g s it jumps from %g to %g", self->at, self->shown, shown);
    }
  self->shown = shown;
  return shown;
}

static double
feed_until (Feed  *self,
            Curve  curve,
            double end)
{
  while (self->at < end)
    feed (self, curve (self->at + STEP));
  return self->shown;
}

static void
assert_about (double shown,
              double wanted,
              double part)
{
  if (shown < wanted * (1.0 - part) || shown > wanted * (1.0 + part))
    g_error ("%g is not about %g", shown, wanted);
}

static double
constant (double at)
{
  return at / 60.0;
}

static void
test_constant (void)
{
  Feed self = FEED_INIT;

  /* Unknown in the first second, and exact from then on. */
  g_assert_cmpfloat (feed_until (&self, constant, 0.75), <, 0.0);
  while (self.at < 59.5)
    {
      feed (&self, constant (self.at + STEP));
      assert_about (self.shown, 60.0 - self.at, 0.001);
    }
  g_assert_cmpfloat (feed (&self, 1.0), ==, 0.0);
}

/* Half a minute for the first tenth, then another half for the rest. */
static double
slow_start (double at)
{
  return at < 30.0 ? at / 300.0 : 0.1 + (at - 30.0) * 0.03;
}

static void
test_slow_start (void)
{
  Feed self = FEED_INIT;

  assert_about (feed_until (&self, slow_start, 30.0), 270.0, 0.05);
  g_assert_cmpfloat (feed_until (&self, slow_start, 45.0), <, 40.0);
  assert_about (feed_until (&self, slow_start, 55.0), 5.0, 0.5);
}

/* Stands still from 20 to 50 seconds. */
static double
stall (double at)
{
  return at < 20.0 ? at / 40.0 : at < 50.0 ? 0.5
                                           : 0.5 + (at - 50.0) / 40.0;
}

static void
test_stall (void)
{
  Feed self = FEED_INIT;
  double before, shown;

  before = feed_until (&self, stall, 20.0);
  assert_about (before, 20.0, 0.01);

  /* It grows as long as it lasts. */
  feed_until (&self, stall, 25.0);
  while (self.at < 50.0)
    {
      before = self.shown;
      shown = feed (&self, stall (self.at + STEP));
      g_assert_cmpfloat (shown, >=, before);
    }
  g_assert_cmpfloat (self.shown, <, 200.0);

  /* And comes back. */
  assert_about (feed_until (&self, stall, 65.0), 5.0, 1.0);
}

static void
test_stall_for_ever (void)
{
  Feed self = FEED_INIT;
  double most = 0.0;

  feed_until (&self, stall, 30.0);
  while (self.at < 24 * 3600.0 && self.shown >= 0.0)
    most = MAX (most, feed (&self, 0.5));
  g_assert_cmpfloat (self.shown, <, 0.0);
  g_assert_cmpfloat (most, <, 366.0 * 24 * 3600);

  /* That may be known again. */
  for (guint i = 0; i < 4 * 60; i++)
    feed (&self, 0.5 + i / 1000.0);
  g_assert_cmpfloat (self.shown, >, 0.0);
}

/* A twentieth every five seconds, nothing in between. */
static double
bursts (double at)
{
  return (int) (at / 5.0) * 0.05;
}

static void
test_bursts (void)
{
  Feed self = FEED_INIT;

  g_assert_cmpfloat (feed_until (&self, bursts, 4.5), <, 0.0);
  feed_until (&self, bursts, 20.0);
  while (self.at < 85.0)
    {
      feed (&self, bursts (self.at + STEP));
      g_assert_cmpfloat (fabs (self.shown - (100.0 - self.at)), <,
                         MAX (10.0, (100.0 - self.at) * 0.35));
    }
}

/* Finds after 20 seconds that there is twice as much to do. */
static double
backwards (double at)
{
  return at < 20.0 ? at / 40.0 : at / 80.0;
}

static void
test_backwards (void)
{
  Feed self = FEED_INIT;

  assert_about (feed_until (&self, backwards, 19.75), 20.0, 0.02);
  g_assert_cmpfloat (feed_until (&self, backwards, 21.0), >, 18.0);
  while (self.at < 30.0)
    g_assert_cmpfloat (feed (&self, backwards (self.at + STEP)), >, 0.0);
  assert_about (feed_until (&self, backwards, 45.0), 35.0, 0.02);

  /* All the way back: nothing is known until it moves again. */
  g_assert_cmpfloat (feed (&self, 0.0), <, 0.0);
  g_assert_cmpfloat (feed (&self, 0.01), >, 0.0);
}

static void
test_jump_to_end (void)
{
  Feed self = FEED_INIT;

  feed_until (&self, constant, 10.0);
  g_assert_cmpfloat (self.shown, >, 49.0);
  g_assert_cmpfloat (feed (&self, 1.0), ==, 0.0);
}

/* From a tenth to nine tenths: it slides down to what is left. */
static void
test_jump_ahead (void)
{
  Feed self = FEED_INIT;

  feed_until (&self, constant, 6.0);
  while (self.at < 40.0)
    feed (&self, 0.9 + (self.at - 6.0) / 600.0);
  g_assert_cmpfloat (self.shown, <, 10.0);
}

/* Progress that begins late is counted from where it begins. */
static void
test_unknown_first (void)
{
  Feed self = FEED_INIT;

  while (self.at < 100.0)
    g_assert_cmpfloat (feed (&self, -1.0), <, 0.0);
  while (self.at < 120.0)
    feed (&self, (self.at - 100.0) / 60.0);
  assert_about (self.shown, 40.0, 0.03);
}

/* A copy of 13 files of very different sizes over a network, as it was. */
static const double copied[] = {
  0.000,
  0.004,
  0.009,
  0.009,
  0.010,
  0.010,
  0.010,
  0.011,
  0.063,
  0.121,
  0.176,
  0.180,
  0.180,
  0.181,
  0.181,
  0.182,
  0.182,
  0.182,
  0.183,
  0.240,
  0.301,
  0.352,
  0.352,
  0.352,
  0.352,
  0.353,
  0.353,
  0.354,
  0.412,
  0.468,
  0.470,
  0.471,
  0.471,
  0.471,
  0.472,
  0.531,
  0.590,
  0.643,
  0.702,
  0.702,
  0.702,
  0.703,
  0.703,
  0.704,
  0.704,
  0.764,
  0.822,
  0.881,
  0.940,
  0.940,
  0.941,
  0.942,
  0.943,
  0.971,
  0.999,
  1.000,
};

static void
test_files (void)
{
  Feed self = FEED_INIT;
  double last = G_N_ELEMENTS (copied) - 1;

  while (self.at < last - 1.0)
    {
      double at = self.at + STEP;
      guint i = (guint) at;

      feed (&self, copied[i] + (copied[i + 1] - copied[i]) * (at - i));
      if (self.at > last / 2.0 && self.at < last - 5.0)
        g_assert_cmpfloat (fabs (self.shown - (last - self.at)), <, 18.0);
    }
}

/* Anything at all, told at any time. */
static void
test_random (void)
{
  for (guint round = 0; round < thr_test_scale (500, 20); round++)
    {
      Feed self = FEED_INIT;
      double progress = 0.0;

      for (guint i = 0; i < 400; i++)
        {
          switch (g_test_rand_int_range (0, 8))
            {
            case 0:
              progress = g_test_rand_double_range (-0.1, 1.0);
              break;
            case 1:
            case 2:
              break;
            default:
              progress = MAX (progress, 0.0) + g_test_rand_double_range (0.0, 0.01);
              progress = MIN (progress, 1.0);
            }
          feed (&self, progress);
        }
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/estimate/constant", test_constant);
  g_test_add_func ("/estimate/slow-start", test_slow_start);
  g_test_add_func ("/estimate/stall", test_stall);
  g_test_add_func ("/estimate/stall-for-ever", test_stall_for_ever);
  g_test_add_func ("/estimate/bursts", test_bursts);
  g_test_add_func ("/estimate/backwards", test_backwards);
  g_test_add_func ("/estimate/jump-to-end", test_jump_to_end);
  g_test_add_func ("/estimate/jump-ahead", test_jump_ahead);
  g_test_add_func ("/estimate/unknown-first", test_unknown_first);
  g_test_add_func ("/estimate/files", test_files);
  g_test_add_func ("/estimate/random", test_random);

  return g_test_run ();
}
