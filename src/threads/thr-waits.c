/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-parking-private.h"

/* What the waits for a job and those for a manager share. */

static void
poke_cb (GCancellable *cancellable,
         gpointer      user_data)
{
  thr_dispatcher_poke (user_data);
}

/* On the thread that has entered @home: delivers until it is over, which is
 * looked at with each delivery and, where nothing comes, at each @interval
 * (in microseconds; -1 for never). */
gboolean
thr_wait_at_home (ThrDispatcher *home,
                  gboolean     (*is_over) (gpointer data),
                  gpointer       data,
                  gint64         interval,
                  gint64         deadline,
                  GCancellable  *cancellable)
{
  gulong handler = 0;
  gboolean over;

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (poke_cb), home, NULL);
  for (;;)
    {
      thr_dispatcher_deliver (home);
      over = is_over (data);
      if (over || thr_deadline_is_over (deadline) || g_cancellable_is_cancelled (cancellable))
        break;
      thr_dispatcher_sleep (home, thr_deadline_within (deadline, interval));
    }
  if (handler != 0)
    g_cancellable_disconnect (cancellable, handler);
  return over;
}
