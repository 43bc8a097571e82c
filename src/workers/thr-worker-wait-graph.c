/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

#include "base/thr-parking-private.h"

/* Who waits for whose end, in the whole process. A wait holds up all runs that
 * are on its thread's stack, below it; those frames stand still as long as it
 * is in the list, and may so be read by others. */

static GMutex waits_lock; /* guards the next two, and `seen` of each wait */
static GQueue waits;      /* ThrRunWait */
static guint64 n_searches;

static gboolean
stack_has (ThrWorkerFrame *top,
           ThrRun         *run)
{
  for (ThrWorkerFrame *frame = top; frame != NULL; frame = frame->below)
    {
      if (frame->run == run)
        return TRUE;
    }
  return FALSE;
}

/* Whether the run cannot end before the waits on the stack @mine have. */
static gboolean
leads_back (ThrRun         *run,
            ThrWorkerFrame *mine)
{
  if (stack_has (mine, run))
    return TRUE;
  for (GList *l = waits.head; l != NULL; l = l->next)
    {
      ThrRunWait *next = l->data;

      if (next->seen == n_searches || !stack_has (next->top, run))
        continue;
      next->seen = n_searches;
      if (leads_back (next->run, mine))
        return TRUE;
    }
  return FALSE;
}

gboolean
thr_run_wait_begin (ThrRunWait    *wait,
                    ThrRun        *run,
                    ThrDispatcher *poked)
{
  gboolean ok;

  *wait = (ThrRunWait){ .top = thr_local.worker_frame, .run = run, .poked = poked };
  wait->link.data = wait;

  g_mutex_lock (&waits_lock);
  n_searches++;
  ok = wait->top == NULL || !leads_back (run, wait->top);
  if (ok)
    g_queue_push_tail_link (&waits, &wait->link);
  g_mutex_unlock (&waits_lock);
  return ok;
}

void
thr_run_wait_end (ThrRunWait *wait)
{
  g_mutex_lock (&waits_lock);
  g_queue_unlink (&waits, &wait->link);
  g_mutex_unlock (&waits_lock);
}

static gboolean
is_over (ThrRun *run)
{
  return atomic_load_explicit (&run->over, memory_order_acquire);
}

gboolean
thr_run_wait_over (ThrRunWait *wait,
                   gint64      deadline)
{
  ThrRun *run = wait->run;
  ThrSpot *spot = thr_parking_spot (run);

  if (wait->poked != NULL && thr_dispatcher_enter (wait->poked))
    {
      /* What was set before `over` is delivered before this returns. */
      for (;;)
        {
          gboolean over = is_over (run);

          thr_dispatcher_deliver (wait->poked);
          if (over || thr_deadline_is_over (deadline))
            break;
          if (!is_over (run))
            thr_dispatcher_sleep (wait->poked, deadline);
        }
      thr_dispatcher_leave (wait->poked);
      return is_over (run);
    }

  g_mutex_lock (&spot->lock);
  while (!is_over (run) && !thr_deadline_is_over (deadline))
    thr_spot_wait (spot, deadline);
  g_mutex_unlock (&spot->lock);
  return is_over (run);
}

void
thr_run_set_over (ThrRun *run)
{
  /* Release pairs with is_over(): who joins sees all that the run did. */
  atomic_store_explicit (&run->over, TRUE, memory_order_release);

  g_mutex_lock (&waits_lock);
  for (GList *l = waits.head; l != NULL; l = l->next)
    {
      ThrRunWait *wait = l->data;

      /* Takes the sleep lock of a dispatcher, which is held for no other one. */
      if (wait->run == run && wait->poked != NULL)
        thr_dispatcher_poke (wait->poked);
    }
  g_mutex_unlock (&waits_lock);
  thr_spot_wake (thr_parking_spot (run));
}
