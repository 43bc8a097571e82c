/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-parking-private.h"

#include "base/thr-enums.h"
#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-local-private.h"

#define N_SPOTS 64

static ThrSpot spots[N_SPOTS];

ThrSpot *
thr_parking_spot (gconstpointer object)
{
  guint64 address = (guintptr) object;

  /* Fibonacci hashing: the top bits of the product are well mixed. */
  return &spots[(address * G_GUINT64_CONSTANT (0x9E3779B97F4A7C15)) >> 58];
}

void
thr_spot_wake (ThrSpot *spot)
{
  g_mutex_lock (&spot->lock);
  g_cond_broadcast (&spot->changed);
  g_mutex_unlock (&spot->lock);
}

void
thr_parking_wake_all (void)
{
  for (guint i = 0; i < N_SPOTS; i++)
    thr_spot_wake (&spots[i]);
}

gboolean
thr_spot_wait (ThrSpot *spot,
               gint64   deadline)
{
  if (deadline < 0)
    {
      g_cond_wait (&spot->changed, &spot->lock);
      return TRUE;
    }
  return g_cond_wait_until (&spot->changed, &spot->lock, deadline);
}

gboolean
thr_look_on (gboolean (*is_there) (gpointer data),
             gpointer data,
             gint64   busy,
             gint64   end)
{
  gint64 busy_end = g_get_monotonic_time () + busy, now;

  do
    {
      for (int i = 0; i < 16; i++)
        {
          if (is_there (data))
            return TRUE;
          thr_relax ();
        }
      now = g_get_monotonic_time ();
      if (now >= busy_end)
        g_thread_yield ();
    }
  while (now < end);
  return FALSE;
}

gint64
thr_deadline (gint64 timeout)
{
  return timeout >= THR_FOREVER ? -1 : g_get_monotonic_time () + timeout;
}

gboolean
thr_deadline_is_over (gint64 deadline)
{
  return deadline >= 0 && g_get_monotonic_time () >= deadline;
}

gint64
thr_deadline_within (gint64 deadline,
                     gint64 interval)
{
  gint64 until = interval < 0 ? -1 : g_get_monotonic_time () + interval;

  if (deadline < 0 || until < 0)
    return MAX (deadline, until);
  return MIN (deadline, until);
}

gboolean
thr_timeout_check (gint64   timeout,
                   GError **error)
{
  if (timeout >= 0)
    return TRUE;

  g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
               _("A time-out of %lld µs is negative: give 0 not to wait at all, "
                 "or THR_FOREVER to wait without end"),
               (long long) timeout);
  return FALSE;
}

void
thr_task_return_cancelled (GTask *task)
{
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_error (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                    _("The wait was cancelled")));
}
