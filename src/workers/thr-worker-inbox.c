/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

/* The queue of events of a run, and its place in the run's context.
 *
 * The lock is held for a few instructions on either side; the run's thread
 * takes all there is at once. The context is woken only on the edge: `asleep`
 * is set in prepare, where the thread is next to sleep and the inbox is empty,
 * and whoever pushes then takes it away. A worker that does not wait is not
 * asleep, and nothing is ever woken for it. */

/* GDK redraws at this priority: what floods a context that is not our own takes
 * turns with that. */
#define PRIORITY_AT_EASE G_PRIORITY_DEFAULT
#define PRIORITY_FLOODED (G_PRIORITY_HIGH_IDLE + 20)
/* In microseconds: how long a flood has to last for that. */
#define FLOOD 2000

typedef struct
{
  GSource source;
  ThrRun *run; /* NULL once it is shut; the run's thread's, as all of this */
} Source;

static gboolean
source_prepare (GSource *source,
                int     *timeout)
{
  ThrRun *run = ((Source *) source)->run;
  ThrWorkerPrivate *priv;
  gint64 deadline;
  gboolean ready;

  *timeout = -1;
  if (run == NULL)
    return FALSE;

  deadline = thr_run_next_deadline (run);
  if (deadline >= 0)
    {
      gint64 left = deadline - g_get_monotonic_time ();

      if (left <= 0)
        *timeout = 0;
      else
        *timeout = (int) MIN ((left + 999) / 1000, G_MAXINT);
    }

  if (!thr_run_wants_events (run))
    return FALSE;
  if (run->batch != NULL)
    return TRUE;
  priv = thr_worker_priv (run->worker);
  g_mutex_lock (&priv->inbox_lock);
  ready = run->head != NULL;
  run->asleep = !ready;
  g_mutex_unlock (&priv->inbox_lock);
  return ready;
}

static gboolean
source_check (GSource *source)
{
  ThrRun *run = ((Source *) source)->run;
  ThrWorkerPrivate *priv;
  gboolean ready;

  if (run == NULL || !thr_run_wants_events (run))
    return FALSE;
  if (run->batch != NULL)
    return TRUE;
  priv = thr_worker_priv (run->worker);
  g_mutex_lock (&priv->inbox_lock);
  ready = run->head != NULL;
  g_mutex_unlock (&priv->inbox_lock);
  return ready;
}

/* A worker's own context has nothing to draw. */
static void
yield_to_redraws (ThrRun *run,
                  gint64  now)
{
  gboolean flooded = FALSE;

  if (run->own_context)
    return;
  if (run->batch == NULL)
    run->busy_since = 0;
  else
    {
      if (run->busy_since == 0)
        run->busy_since = now;
      flooded = g_get_monotonic_time () - run->busy_since >= FLOOD;
    }
  if (flooded != run->flooded)
    {
      run->flooded = flooded;
      g_source_set_priority (run->source, flooded ? PRIORITY_FLOODED : PRIORITY_AT_EASE);
    }
}

static gboolean
source_dispatch (GSource    *source,
                 GSourceFunc callback,
                 gpointer    user_data)
{
  ThrRun *run = ((Source *) source)->run;

  if (run != NULL)
    {
      gint64 now = g_get_monotonic_time ();

      thr_run_ref (run);
      thr_run_process_some (run);
      if (run->source != NULL)
        yield_to_redraws (run, now);
      thr_run_unref (run);
    }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
  .prepare = source_prepare,
  .check = source_check,
  .dispatch = source_dispatch,
};

void
thr_inbox_attach (ThrRun *run)
{
  run->source = g_source_new (&source_funcs, sizeof (Source));
  ((Source *) run->source)->run = run;
  g_source_set_static_name (run->source, "[thr-glib] inbox");
  g_source_set_priority (run->source, PRIORITY_AT_EASE);
  g_source_set_can_recurse (run->source, TRUE);
  g_source_attach (run->source, run->context);
}

void
thr_inbox_detach (ThrRun *run)
{
  GSource *source = g_steal_pointer (&run->source);

  ((Source *) source)->run = NULL;
  g_source_destroy (source);
  g_source_unref (source);
}

/* On the run's thread: the oldest envelope, or NULL. */
ThrEnvelope *
thr_inbox_next (ThrRun *run)
{
  ThrEnvelope *envelope;

  if (run->batch == NULL)
    {
      ThrWorkerPrivate *priv = thr_worker_priv (run->worker);

      g_mutex_lock (&priv->inbox_lock);
      run->batch = run->head;
      run->head = NULL;
      atomic_store_explicit (&run->has_events, FALSE, memory_order_relaxed);
      run->tail = &run->head;
      g_mutex_unlock (&priv->inbox_lock);
    }

  envelope = run->batch;
  if (envelope != NULL)
    {
      run->batch = envelope->next;
      run->n_processed++;
    }
  return envelope;
}

guint64
thr_inbox_n_pushed (ThrRun *run)
{
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);
  guint64 n_pushed;

  g_mutex_lock (&priv->inbox_lock);
  n_pushed = run->n_pushed;
  g_mutex_unlock (&priv->inbox_lock);
  return n_pushed;
}

void
thr_inbox_close (ThrRun *run)
{
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);

  g_mutex_lock (&priv->inbox_lock);
  run->accepting = FALSE;
  run->asleep = FALSE;
  g_mutex_unlock (&priv->inbox_lock);
}

/* ---- from any thread ---- */

/* Goes back to the one that it comes from, if that runs, and no further. */
static void
reject (ThrWorker *self,
        ThrEvent  *event)
{
  GValue value = G_VALUE_INIT;

  if (event->target == NULL || event->target == self || event->known == THR_NAME_EVENT_REJECT)
    return;
  g_value_init (&value, THR_TYPE_EVENT);
  g_value_set_boxed (&value, event);
  thr_worker_push_new (event->target, THR_EVENT_EVENT_REJECT, &value, self, THR_PUSH_SILENT);
  g_value_unset (&value);
}

/* Takes the event. */
static gboolean
push (ThrWorker *self,
      ThrEvent  *event,
      ThrPush    how)
{
  ThrWorkerPrivate *priv = thr_worker_priv (self);
  ThrEnvelope *envelope = thr_envelope_new (event);
  gboolean wake = FALSE;
  ThrRun *run;

  g_mutex_lock (&priv->inbox_lock);
  run = priv->run;
  if (run == NULL || !run->accepting)
    {
      g_mutex_unlock (&priv->inbox_lock);
      if (how == THR_PUSH_REJECT)
        reject (self, event);
      thr_envelope_free (envelope);
      return FALSE;
    }
  if (run->head == NULL)
    atomic_store_explicit (&run->has_events, TRUE, memory_order_relaxed);
  *run->tail = envelope;
  run->tail = &envelope->next;
  run->n_pushed++;
  if (run->asleep)
    {
      run->asleep = FALSE;
      wake = TRUE;
      atomic_fetch_add_explicit (&run->wakers, 1, memory_order_relaxed);
    }
  g_mutex_unlock (&priv->inbox_lock);

  if (wake)
    {
      /* Who owns the context is here, so it is not asleep. */
      if (!g_main_context_is_owner (run->context))
        g_main_context_wakeup (run->context);
      atomic_fetch_sub_explicit (&run->wakers, 1, memory_order_release);
    }
  return TRUE;
}

gboolean
thr_worker_push (ThrWorker *self,
                 ThrEvent  *event,
                 ThrPush    how)
{
  return push (self, thr_event_ref (event), how);
}

gboolean
thr_worker_push_new (ThrWorker    *self,
                     const char   *name,
                     const GValue *value,
                     ThrWorker    *target,
                     ThrPush       how)
{
  return push (self, thr_event_new_full (name, value, target, FALSE, FALSE), how);
}
