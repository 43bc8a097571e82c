/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-schedule-private.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* As they are. */
#undef g_object_unref

/* Of the numbers below 256 that are drawn: how many sleep, and how many yield. */
#define N_SLEEP 2
#define N_YIELD 30
#define LONGEST_SLEEP 60 /* microseconds */

/* The seed in the upper half; below it, how many threads have asked for it. A
 * thread that finds another seed than its own begins anew. */
static guint64 shared;

static __thread guint64 own_seed;
static __thread guint64 state;

void
thr_schedule_set_seed (guint seed)
{
  __atomic_store_n (&shared, (guint64) seed << 32, __ATOMIC_RELAXED);
}

__attribute__ ((constructor)) static void
read_seed (void)
{
  const char *seed = getenv ("THR_SCHEDULE_SEED");

  if (seed != NULL)
    thr_schedule_set_seed ((guint) strtoul (seed, NULL, 10));
}

/* Xorshift: the next number of this thread. */
static guint64
draw (void)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

void
thr_schedule_yield (void)
{
  guint64 seed = __atomic_load_n (&shared, __ATOMIC_RELAXED) >> 32;
  int error = errno;
  guint64 number;

  if (seed == 0)
    return;
  if (seed != own_seed)
    {
      own_seed = seed;
      state = (__atomic_add_fetch (&shared, 1, __ATOMIC_RELAXED) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) | 1;
    }

  number = draw () >> 16;
  if (number % 256 < N_SLEEP)
    {
      struct timespec time = { 0, (long) (number >> 8) % (LONGEST_SLEEP * 1000) };

      nanosleep (&time, NULL);
    }
  else if (number % 256 < N_YIELD)
    {
      g_thread_yield ();
    }
  errno = error;
}

void
thr_schedule_unref_object (gpointer object)
{
  thr_schedule_yield ();
  g_object_unref (object);
}

void
thr_schedule_free_locker (GMutexLocker **locker)
{
  if (*locker != NULL)
    g_mutex_locker_free (*locker);
}
