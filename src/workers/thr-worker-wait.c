/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

#include <string.h>

/* The break points of a worker: what it waits for, and how events are matched
 * to that.
 *
 * All of it belongs to the run's thread. The waits on its stack form a list,
 * since a listener may wait too. An event is heard, and then matched to each of
 * them; once the innermost has what it wanted no further event is processed
 * before it has returned, so that a loop of waits gets each event once, in
 * order. Two cases would break that, and `kept` is for them:
 *
 * - while the worker is paused nothing is matched: what was heard is kept and
 *   matched, in order, when it goes on;
 * - a wait further out may have what it wanted, and not be able to return while
 *   one further in goes on. What comes meanwhile was not seen by that wait nor
 *   by its successor: it is kept for the latter. */

typedef enum
{
  BREAK_TIME,
  BREAK_EVENT,
  BREAK_UNTIL,
  BREAK_WORKER,
} BreakKind;

struct _ThrBreak
{
  ThrBreak *outer;
  guint index; /* how many are further out */
  BreakKind kind;
  const char *name;
  ThrWorker *target;
  ThrEventPredicate predicate;
  gpointer user_data;
  ThrWaiter *waiter;

  gint64 deadline;  /* -1 = none */
  gboolean no_wait; /* only what was there when it began … */
  guint64 until;    /* … which is so many events of the run */
  gboolean expired; /* that it is over has been said to the context */
  gboolean asking;  /* the predicate is on the stack */
  gboolean done;    /* it has what it wanted */
  gboolean exit;    /* a root was stopped meanwhile */
  ThrEvent *event;  /* what it wanted; a reference */
};

typedef enum
{
  VERDICT_WAIT,
  VERDICT_DONE,
  VERDICT_TIMED_OUT,
  VERDICT_EXIT,
} Verdict;

typedef struct
{
  ThrEvent *event; /* a reference */
  guint level;     /* for waits of this index at most, and new ones */
} Kept;

/* The level of what no wait has seen. */
#define UNMATCHED G_MAXUINT

/* In microseconds: how long events are processed before other sources of the
 * context have their turn, and how often these have it when each wait finds its
 * event at once. */
#define BUDGET 2000
#define ITERATE_INTERVAL 1000

/* In microseconds: events that take less are looked at in fours. */
#define SHORT 20

/* ---- kept events ---- */

static void
keep (ThrRun   *run,
      ThrEvent *event,
      guint     level)
{
  Kept *kept = g_new (Kept, 1);

  kept->event = thr_event_ref (event);
  kept->level = level;
  if (level == UNMATCHED)
    {
      run->n_kept_unmatched++;
      g_queue_push_tail (&run->kept, kept);
    }
  else
    {
      GList *next = run->n_kept_unmatched > 0 ? run->kept.head : NULL;

      /* What no wait has seen is all later than what one has. */
      while (next != NULL && ((Kept *) next->data)->level != UNMATCHED)
        next = next->next;
      g_queue_insert_before (&run->kept, next, kept);
    }
}

static void
kept_free (gpointer data)
{
  Kept *kept = data;

  thr_event_unref (kept->event);
  g_free (kept);
}

static void
drop_kept (ThrRun *run)
{
  run->n_kept_unmatched = 0;
  g_queue_clear_full (&run->kept, kept_free);
}

/* ---- matching ---- */

/* Calls user code. */
static gboolean
asks_for (ThrRun   *run,
          ThrBreak *wait,
          ThrEvent *event)
{
  gboolean yes = FALSE;

  switch (wait->kind)
    {
    case BREAK_TIME:
      return FALSE;
    case BREAK_EVENT:
      return (wait->target == NULL || wait->target == event->target) &&
             strcmp (wait->name, event->name) == 0;
    case BREAK_WORKER:
      return atomic_load_explicit (&wait->waiter->released, memory_order_relaxed) &&
             event->target == wait->target &&
             strcmp (THR_EVENT_WAIT_THREAD_PENDING_DONE, event->name) == 0;
    case BREAK_UNTIL:
      if (!thr_gate_is_open ())
        return FALSE;
      wait->asking = TRUE;
      yes = wait->predicate (event, wait->user_data);
      wait->asking = FALSE;
      return yes;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
match_one (ThrRun   *run,
           ThrBreak *wait,
           ThrEvent *event)
{
  if (!asks_for (run, wait, event))
    return FALSE;
  wait->event = thr_event_ref (event);
  wait->done = TRUE;
  return TRUE;
}

/* To all waits on the stack. */
static gboolean
match (ThrRun   *run,
       ThrEvent *event)
{
  guint level = UNMATCHED;
  gboolean wanted = FALSE;

  for (ThrBreak *wait = run->innermost; wait != NULL; wait = wait->outer)
    {
      if (wait->done || wait->asking)
        level = wait->index;
      else if (match_one (run, wait, event))
        wanted = TRUE;
    }
  if (level != UNMATCHED)
    keep (run, event, level);
  return wanted;
}

/* The oldest that is to be matched now. */
static GList *
find_kept (ThrRun *run)
{
  for (GList *l = run->kept.head; l != NULL; l = l->next)
    {
      Kept *kept = l->data;

      if (kept->level == UNMATCHED || run->innermost->index <= kept->level)
        return l;
    }
  return NULL;
}

static void
match_kept (ThrRun *run)
{
  /* Searched from the start each time: a predicate may wait, and so match the
   * rest itself. */
  while (!run->paused && !run->innermost->done)
    {
      GList *link = find_kept (run);
      Kept *kept;

      if (link == NULL)
        return;
      kept = link->data;
      g_queue_delete_link (&run->kept, link);
      if (kept->level == UNMATCHED)
        {
          run->n_kept_unmatched--;
          match (run, kept->event);
        }
      else
        match_one (run, run->innermost, kept->event);
      kept_free (kept);
    }
}

/* ---- processing ---- */

static void
set_paused (ThrRun  *run,
            gboolean paused)
{
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);

  if (run->paused == paused)
    return;
  run->paused = paused;
  if (paused)
    atomic_fetch_or (&priv->state, THR_STATE_PAUSED);
  else
    atomic_fetch_and (&priv->state, ~THR_STATE_PAUSED);
  thr_worker_mark (run->worker, THR_WORKER_PAUSED);
  if (!paused)
    thr_laters_release (run);
}

/* What the worker itself does with an event, after its listeners. */
static void
obey (ThrRun   *run,
      ThrEvent *event)
{
  switch (event->known)
    {
    case THR_NAME_STOP:
      set_paused (run, FALSE);
      if (!run->is_root)
        run->stopped = TRUE;
      else
        {
          g_autoptr (GPtrArray) children = thr_tree_dup_children (run->worker);

          /* What waits for them would hold up the main loop. */
          thr_tree_stop_children (run, children, FALSE);
          for (ThrBreak *wait = run->innermost; wait != NULL; wait = wait->outer)
            wait->exit = TRUE;
        }
      break;
    case THR_NAME_PAUSE:
      if (!run->stopped)
        set_paused (run, TRUE);
      break;
    case THR_NAME_RESUME:
      set_paused (run, FALSE);
      break;
    default:
      break;
    }
}

/* A child's failure that was told to a parent which does not listen. */
static void
report_child (ThrEvent *event)
{
  ThrWorkerPrivate *priv;
  ThrRun *run;

  if (event->target == NULL)
    return;
  priv = thr_worker_priv (event->target);
  g_mutex_lock (&priv->inbox_lock);
  run = priv->latest != NULL && priv->latest->ended ? thr_run_ref (priv->latest) : NULL;
  g_mutex_unlock (&priv->inbox_lock);
  if (run != NULL)
    {
      thr_run_report (run);
      thr_run_unref (run);
    }
}

static gboolean
hear (ThrRun   *run,
      ThrEvent *event)
{
  ThrWorkerFrame frame;
  guint n_heard;

  thr_frame_push (&frame, run);
  n_heard = thr_listeners_hear (run->worker, event);
  thr_frame_pop (&frame);
  return n_heard > 0;
}

void
thr_run_process (ThrRun   *run,
                 ThrEvent *event)
{
  gboolean wanted = hear (run, event);

  obey (run, event);
  /* A stop ends all waits, and what a pause has kept from them. */
  if (run->innermost == NULL || run->stopped)
    drop_kept (run);
  else if (run->paused || run->n_kept_unmatched > 0)
    {
      wanted = TRUE;
      keep (run, event, UNMATCHED);
      match_kept (run);
    }
  else
    wanted |= match (run, event);

  if (event->known == THR_NAME_CHILD_ERROR && !wanted)
    report_child (event);
}

/* Whether a break point is on the thread, and has not what it wanted. A root
 * always hears, also where a main loop is nested in a wait that is about to
 * return: what comes then is kept. */
gboolean
thr_run_wants_events (ThrRun *run)
{
  if (run->is_root)
    return TRUE;
  return run->innermost != NULL && !run->stopped && (run->paused || !run->innermost->done);
}

void
thr_run_process_some (ThrRun *run)
{
  gint64 now = g_get_monotonic_time (), end = now + BUDGET;
  guint n_unseen = 0;

  while (thr_run_wants_events (run))
    {
      ThrBreak *innermost = run->innermost;
      ThrEnvelope *envelope;
      gint64 before;

      if (innermost != NULL && innermost->no_wait && !run->paused &&
          run->n_processed >= innermost->until)
        return;
      envelope = thr_inbox_next (run);
      if (envelope == NULL)
        return;
      thr_run_process (run, envelope->event);
      thr_envelope_free (envelope);

      /* One that is satisfied returns first; its time counts too. */
      innermost = run->innermost;
      if (innermost != NULL && innermost->done && !run->paused)
        return;

      /* To look at the clock costs as much as half of a short event. */
      if (n_unseen > 0)
        {
          n_unseen--;
          continue;
        }
      before = now;
      now = g_get_monotonic_time ();
      n_unseen = now - before < SHORT ? 3 : 0;
      if (now >= end || (innermost != NULL && innermost->deadline >= 0 && now >= innermost->deadline))
        return;
    }
}

/* At the end of a run: what is left is heard, and no more. */
void
thr_run_hear_rest (ThrRun *run)
{
  ThrEnvelope *envelope;

  drop_kept (run);
  while ((envelope = thr_inbox_next (run)) != NULL)
    {
      gboolean heard = hear (run, envelope->event);

      if (envelope->event->known == THR_NAME_CHILD_ERROR && !heard)
        report_child (envelope->event);
      thr_envelope_free (envelope);
    }
}

gint64
thr_run_next_deadline (ThrRun *run)
{
  ThrBreak *innermost = run->innermost;

  if (innermost == NULL || run->paused || innermost->expired)
    return -1;
  /* Said once: a main loop that is nested in the wait would else never sleep. */
  if (thr_deadline_is_over (innermost->deadline))
    innermost->expired = TRUE;
  return innermost->deadline;
}

gboolean
thr_run_is_at_ease (ThrRun *run)
{
  return !run->paused && !run->stopped && (run->is_root || run->innermost != NULL);
}

/* ---- a break point ---- */

static Verdict
judge (ThrRun   *run,
       ThrBreak *self)
{
  if (self->exit)
    return VERDICT_EXIT;
  /* What it got before the stop was processed it has. */
  if (run->stopped)
    return self->done ? VERDICT_DONE : VERDICT_EXIT;
  if (run->paused)
    return VERDICT_WAIT;
  if (self->done)
    return VERDICT_DONE;
  if (self->no_wait)
    return run->n_processed >= self->until ? VERDICT_TIMED_OUT : VERDICT_WAIT;
  return thr_deadline_is_over (self->deadline) ? VERDICT_TIMED_OUT : VERDICT_WAIT;
}

static gboolean
has_events (gpointer data)
{
  ThrRun *run = data;

  return atomic_load_explicit (&run->has_events, memory_order_relaxed);
}

/* A thread that has just processed an event looks on for an answer before it
 * sleeps; one in which nothing happens does not. Not where the context is
 * another's, to whom a loop that is busy is no good, nor where there is one
 * processor, on which nobody fires meanwhile. */
static gboolean
look_on (ThrRun   *run,
         ThrBreak *self)
{
  gint64 end;

  if (!run->own_context || run->paused || run->n_processed == run->n_looked_at ||
      g_get_num_processors () == 1)
    return FALSE;
  run->n_looked_at = run->n_processed;
  end = g_get_monotonic_time () + THR_LONGEST_LOOK;
  if (self->deadline >= 0)
    end = MIN (end, self->deadline);
  return thr_look_on (has_events, run, THR_BUSY_LOOK, end);
}

static Verdict
run_break (ThrRun   *run,
           ThrBreak *self)
{
  gboolean iterated = FALSE, looked = FALSE;

  thr_laters_release (run);
  for (;;)
    {
      Verdict verdict;

      match_kept (run);
      thr_run_process_some (run);
      verdict = judge (run, self);
      if (verdict == VERDICT_EXIT)
        return verdict;
      /* What else the context has gets its turn even where every wait finds
       * its event there already. */
      if (verdict == VERDICT_DONE &&
          (iterated || g_get_monotonic_time () - run->iterated_at < ITERATE_INTERVAL))
        return verdict;
      /* And what was due within the time is called before that is over. */
      if (verdict == VERDICT_TIMED_OUT && looked)
        return verdict;

      g_main_context_iteration (run->context, verdict == VERDICT_WAIT && !look_on (run, self));
      run->iterated_at = g_get_monotonic_time ();
      iterated = TRUE;
      looked = verdict == VERDICT_TIMED_OUT;
    }
}

static gboolean
exit_error (ThrWorker *worker,
            GError   **error)
{
  g_autofree char *name = thr_worker_dup_name (worker);

  g_set_error (error, THR_ERROR, THR_ERROR_WORKER_EXIT,
               _("The worker “%s” was stopped: its function is to clean up and to return"), name);
  return FALSE;
}

ThrRun *
thr_worker_check_here (ThrWorker *self,
                       GError   **error)
{
  ThrRun *run = thr_worker_run_here (self);
  g_autofree char *name = NULL;

  if (run != NULL)
    return run;
  name = thr_worker_dup_name (self);
  g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
               _("The worker “%s” can wait only on its own thread, and while it runs: this is not it"),
               name);
  return NULL;
}

/* VERDICT_EXIT has the error set, the others have not. */
static Verdict
wait (ThrWorker *worker,
      ThrBreak  *self,
      gint64     timeout,
      GError   **error)
{
  Verdict verdict = VERDICT_EXIT;
  ThrRun *run;

  if (!thr_timeout_check (timeout, error))
    return VERDICT_EXIT;
  run = thr_worker_check_here (worker, error);
  if (run == NULL)
    return VERDICT_EXIT;
  if (run->stopped)
    {
      exit_error (worker, error);
      return VERDICT_EXIT;
    }
  if (!g_main_context_acquire (run->context))
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                           _("The main context is run by another thread: wait there"));
      return VERDICT_EXIT;
    }

  self->outer = run->innermost;
  self->index = self->outer != NULL ? self->outer->index + 1 : 0;
  self->deadline = timeout > 0 ? thr_deadline (timeout) : -1;
  self->no_wait = timeout == 0;
  if (self->no_wait)
    self->until = thr_inbox_n_pushed (run);

  thr_run_ref (run);
  run->innermost = self;
  verdict = run_break (run, self);
  run->innermost = self->outer;
  g_main_context_release (run->context);
  thr_run_unref (run);

  if (verdict == VERDICT_EXIT)
    exit_error (worker, error);
  if (verdict != VERDICT_DONE)
    g_clear_pointer (&self->event, thr_event_unref);
  return verdict;
}

/**
 * thr_worker_update:
 * @self: the worker of the calling thread
 * @error: where to put an error
 *
 * Processes the events that have come, and does not wait for more: a break point
 * for a worker that is busy.
 *
 * The error is `THR_ERROR_WORKER_EXIT` once the worker was stopped, and
 * `THR_ERROR_INVALID_STATE` on any other thread.
 *
 * Returns: `TRUE` if the worker is to go on
 *
 * Since: 1.0
 */
gboolean
thr_worker_update (ThrWorker *self,
                   GError   **error)
{
  return thr_worker_wait_timeout (self, 0, error);
}

/**
 * thr_worker_wait_timeout:
 * @self: the worker of the calling thread
 * @timeout: how long to wait, in microseconds
 * @error: where to put an error
 *
 * Waits, and processes events meanwhile. What comes due until then
 * ([method@Thr.Worker.later]) is called before it returns.
 *
 * While the worker is paused this does not return.
 *
 * The error is `THR_ERROR_WORKER_EXIT` once the worker was stopped,
 * `THR_ERROR_INVALID_STATE` on any other thread, and
 * `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative.
 *
 * Returns: `TRUE` when the time is over
 *
 * Since: 1.0
 */
gboolean
thr_worker_wait_timeout (ThrWorker *self,
                         gint64     timeout,
                         GError   **error)
{
  ThrBreak here = { .kind = BREAK_TIME };

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return wait (self, &here, timeout, error) != VERDICT_EXIT;
}

/**
 * thr_worker_wait_forever:
 * @self: the worker of the calling thread
 * @error: where to put an error
 *
 * Processes events until the worker is stopped.
 *
 * The error is `THR_ERROR_WORKER_EXIT` once it was, and
 * `THR_ERROR_INVALID_STATE` on any other thread.
 *
 * Returns: `FALSE`
 *
 * Since: 1.0
 */
gboolean
thr_worker_wait_forever (ThrWorker *self,
                         GError   **error)
{
  return thr_worker_wait_timeout (self, THR_FOREVER, error);
}

/**
 * thr_worker_wait_event:
 * @self: the worker of the calling thread
 * @name: the name of the event to wait for; not empty
 * @timeout: how long to wait, in microseconds; 0 for what has come already,
 *   [const@Thr.FOREVER] for ever
 * @target: (nullable): the worker that it has to come from, or `NULL` for any
 * @error: where to put an error
 *
 * Waits for an event, and processes others meanwhile.
 *
 * A loop of such waits gets each event of that name once, in the order fired.
 *
 * The error is `THR_ERROR_WORKER_EXIT` once the worker was stopped,
 * `THR_ERROR_INVALID_STATE` on any other thread, and
 * `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative or @name empty.
 *
 * Returns: (transfer full) (nullable): the event, or `NULL`, without an error,
 *   when the time is over
 *
 * Since: 1.0
 */
ThrEvent *
thr_worker_wait_event (ThrWorker  *self,
                       const char *name,
                       gint64      timeout,
                       ThrWorker  *target,
                       GError    **error)
{
  ThrBreak here = { .kind = BREAK_EVENT, .name = name, .target = target };

  g_return_val_if_fail (THR_IS_WORKER (self), NULL);
  g_return_val_if_fail (target == NULL || THR_IS_WORKER (target), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!thr_event_check_name (name, error))
    return NULL;
  wait (self, &here, timeout, error);
  return here.event;
}

/**
 * thr_worker_wait_until:
 * @self: the worker of the calling thread
 * @timeout: how long to wait, in microseconds; 0 for what has come already,
 *   [const@Thr.FOREVER] for ever
 * @predicate: (scope call) (closure user_data): asked, on this thread, for each
 *   event after its listeners
 * @user_data: data for @predicate
 * @error: where to put an error
 *
 * Waits for an event that @predicate says yes to, and processes others
 * meanwhile.
 *
 * The error is `THR_ERROR_WORKER_EXIT` once the worker was stopped,
 * `THR_ERROR_INVALID_STATE` on any other thread, and
 * `THR_ERROR_INVALID_ARGUMENT` if @timeout is negative.
 *
 * Returns: (transfer full) (nullable): the event, or `NULL`, without an error,
 *   when the time is over
 *
 * Since: 1.0
 */
ThrEvent *
thr_worker_wait_until (ThrWorker        *self,
                       gint64            timeout,
                       ThrEventPredicate predicate,
                       gpointer          user_data,
                       GError          **error)
{
  ThrBreak here = { .kind = BREAK_UNTIL, .predicate = predicate, .user_data = user_data };

  g_return_val_if_fail (THR_IS_WORKER (self), NULL);
  g_return_val_if_fail (predicate != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  wait (self, &here, timeout, error);
  return here.event;
}

/**
 * thr_worker_exit:
 * @self: the worker of the calling thread
 * @error: where to put an error
 *
 * Ends the worker from inside, as if it had been stopped: for
 * `return thr_worker_exit (worker, error);`. Each break point says so from now
 * on.
 *
 * The error is `THR_ERROR_WORKER_EXIT`, or `THR_ERROR_INVALID_STATE` on any
 * other thread and on the main worker, which cannot end.
 *
 * Returns: `FALSE`
 *
 * Since: 1.0
 */
gboolean
thr_worker_exit (ThrWorker *self,
                 GError   **error)
{
  ThrRun *run;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  run = thr_worker_check_here (self, error);
  if (run == NULL)
    return FALSE;
  if (run->is_root)
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                           _("Only a worker that was started can exit: this thread is not one's"));
      return FALSE;
    }
  run->stopped = TRUE;
  return exit_error (self, error);
}

/* The break point of wait_worker(). FALSE without an error when the time is
 * over. */
gboolean
thr_worker_wait_released (ThrWorker *self,
                          ThrWorker *other,
                          ThrWaiter *waiter,
                          gint64     timeout,
                          GError   **error)
{
  ThrBreak here = { .kind = BREAK_WORKER, .target = other, .waiter = waiter };
  Verdict verdict = wait (self, &here, timeout, error);

  g_clear_pointer (&here.event, thr_event_unref);
  return verdict == VERDICT_DONE;
}
