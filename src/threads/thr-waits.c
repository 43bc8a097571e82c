/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-parking-private.h"

/* What the waits for a job and those for a manager share: the search for
 * circles of them, and the loop of those on an owner's thread. */

/* ---- who waits for whom ---- */

/* A thread that waits holds up the jobs on its stack and, where it gives
 * answers, those on the stacks of the jobs that asked. It waits for ever if what
 * it waits for is held up for ever: a job, or all jobs of a core, by one stack
 * that has them; a job that is queued, by as many threads as its core may have,
 * since the first of them to come back takes it.
 *
 * So, before a wait begins, all waits that it leads to are suspects. Those that
 * the suspects do not hold up will end, and are none; and then, those that only
 * these have held up. Where that does not reach the new one, it would never end.
 * Every wait is on the list before it sleeps: who closes a circle sees it. */

/* Guards these two, what ThrWait says, and ThrFrame.counted. A core may be locked
 * inside it, and never the other way round. */
static GMutex waits_lock;
static GQueue waits = G_QUEUE_INIT; /* ThrWait.link, the newest first */
static guint64 last_count;          /* numbers the searches, and the counts of stacks */

static gboolean
is_answering (void)
{
  for (ThrDelivery *delivery = thr_local.deliveries; delivery != NULL; delivery = delivery->below)
    {
      if (delivery->asked_by != NULL)
        return TRUE;
    }
  return FALSE;
}

/* Where the wait is for a queued job, that this thread will not run itself: how
 * many threads the core may have. */
static guint
get_n_threads (const ThrWait *wait)
{
  guint n = 0;
  ThrCore *core;

  if (wait->job == NULL || wait->runs ||
      (atomic_load (&wait->job->home.flags) & (THR_JOB_STARTED | THR_JOB_DONE)))
    return 0;

  core = wait->job->core;
  thr_core_lock (core);
  if (wait->job->item.kind == THR_JOB_FUNCTION && wait->job->item.place < THR_PLACE_ACTIVE)
    n = core->limit;
  g_mutex_unlock (&core->queue_lock);
  return n;
}

static gboolean
frame_holds_up (const ThrFrame *frame,
                const ThrWait  *wait)
{
  /* A thread of the core began with a function of it. */
  if (wait->n_threads > 0)
    return frame->below == NULL && frame->core == wait->job->core &&
           (frame->job == NULL || frame->job->item.kind == THR_JOB_FUNCTION);
  return wait->job != NULL ? frame->job == wait->job : frame->core == wait->core;
}

/* 1 where the stack holds up the wait, and was not met in this count: the
 * answers inside an answer are given for the same jobs. */
static guint
count_stack (ThrFrame      *top,
             const ThrWait *wait,
             guint64        count)
{
  ThrFrame *frame = top;

  while (frame != NULL && !frame_holds_up (frame, wait))
    frame = frame->below;
  if (frame == NULL || top->counted == count)
    return 0;
  top->counted = count;
  return 1;
}

/* By how many stacks the thread that waits for one thing holds up another wait. */
static guint
count_stacks (const ThrWait *holder,
              const ThrWait *wait,
              guint64        count)
{
  guint n = count_stack (holder->top, wait, count);

  for (ThrDelivery *delivery = holder->answering; delivery != NULL; delivery = delivery->below)
    n += count_stack (delivery->asked_by, wait, count);
  return n;
}

static gboolean
is_held_up (const ThrWait *wait,
            const GQueue  *suspects)
{
  guint n_wanted = MAX (wait->n_threads, 1), n = 0;
  guint64 count = ++last_count;

  for (GList *l = suspects->head; l != NULL && n < n_wanted; l = l->next)
    n += count_stacks (l->data, wait, count);
  return n >= n_wanted;
}

static void
add_suspect (GQueue  *suspects,
             ThrWait *wait,
             guint64  search)
{
  wait->search = search;
  wait->n_threads = get_n_threads (wait);
  wait->suspect = (GList) { .data = wait };
  g_queue_push_tail_link (suspects, &wait->suspect);
}

static gboolean
closes_circle (ThrWait *mine)
{
  GQueue suspects = G_QUEUE_INIT;
  guint64 search = ++last_count;
  guint n;

  add_suspect (&suspects, mine, search);
  for (GList *l = suspects.head; l != NULL; l = l->next)
    {
      for (GList *m = waits.head; m != NULL; m = m->next)
        {
          ThrWait *next = m->data;

          if (next->search != search && count_stacks (next, l->data, ++last_count) > 0)
            add_suspect (&suspects, next, search);
        }
    }

  /* The last ones first: those that came in for them are found after them. */
  do
    {
      GList *before;

      n = suspects.length;
      for (GList *l = suspects.tail; l != NULL; l = before)
        {
          before = l->prev;
          if (is_held_up (l->data, &suspects))
            continue;
          if (l->data == mine)
            return FALSE;
          g_queue_unlink (&suspects, l);
        }
    }
  while (suspects.length < n);
  return TRUE;
}

/* For a thread that is about to wait for what the caller has set. FALSE where
 * it would, in the end, wait for itself. */
gboolean
thr_wait_begin (ThrWait *wait)
{
  wait->top = thr_frame_top ();
  wait->answering = is_answering () ? thr_local.deliveries : NULL;
  if (wait->top == NULL && wait->answering == NULL)
    return TRUE;

  g_mutex_lock (&waits_lock);
  wait->listed = !closes_circle (wait);
  if (wait->listed)
    {
      wait->link.data = wait;
      g_queue_push_head_link (&waits, &wait->link);
    }
  g_mutex_unlock (&waits_lock);
  return wait->listed;
}

void
thr_wait_end (ThrWait *wait)
{
  if (!wait->listed)
    return;
  wait->listed = FALSE;
  g_mutex_lock (&waits_lock);
  g_queue_unlink (&waits, &wait->link);
  g_mutex_unlock (&waits_lock);
}

/* ---- at home ---- */

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
  /* What is waited for may be among what has come, behind more than the budget
   * of one dispatch. */
  if (!over)
    {
      thr_dispatcher_deliver_all (home);
      over = is_over (data);
    }
  return over;
}
