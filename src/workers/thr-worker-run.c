/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-worker-private.h"

#include "base/thr-error.h"
#include "base/thr-fork-private.h"
#include "base/thr-i18n-private.h"
#include "workers/thr-channel-private.h"

#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

/* The life of a worker's thread, from start to end. */

/* ---- the run itself ---- */

ThrRun *
thr_run_ref (ThrRun *run)
{
  g_atomic_ref_count_inc (&run->ref_count);
  return run;
}

static void
free_value_cb (gpointer data)
{
  GValue *value = data;

  if (thr_gate_is_open ())
    g_value_unset (value);
  g_free (value);
}

void
thr_run_free_value (ThrRun *run,
                    GValue *value)
{
  if (!G_IS_VALUE (value))
    return;
  if (thr_dispatcher_is_home (run->home))
    g_value_unset (value);
  else
    thr_dispatcher_invoke (run->home, free_value_cb, g_memdup2 (value, sizeof (GValue)));
}

void
thr_run_unref (ThrRun *run)
{
  if (!g_atomic_ref_count_dec (&run->ref_count))
    return;

  g_assert (run->worker == NULL && run->context == NULL && run->source == NULL);
  thr_run_free_value (run, &run->result);
  g_clear_error (&run->error);
  g_clear_pointer (&run->home, thr_dispatcher_unref);
  g_free (run->name);
  g_free (run);
}

/* A context needs a descriptor, and GLib aborts where there is none left: so
 * that two are tried first, one for a context and one to spare. Others may take
 * them in between; a program that is so short of them has no better answer. */
static gboolean
probe_descriptors (GError **error)
{
  g_autoptr (GError) cause = NULL;
  int pair[2];

  if (g_unix_open_pipe (pair, FD_CLOEXEC, &cause))
    {
      close (pair[0]);
      close (pair[1]);
      return TRUE;
    }
  g_set_error (error, THR_ERROR, THR_ERROR_NO_RESOURCES,
               _("There are no file descriptors left for a worker: close some, or raise the "
                 "limit (%s)"),
               cause->message);
  return FALSE;
}

ThrRun *
thr_run_new (ThrWorker    *worker,
             GMainContext *context,
             GError      **error)
{
  ThrRun *run;

  if (context == NULL && !probe_descriptors (error))
    return NULL;

  run = g_new0 (ThrRun, 1);
  g_atomic_ref_count_init (&run->ref_count);
  run->worker = g_object_ref (worker);
  run->home = thr_dispatcher_ref (thr_worker_home (worker));
  run->own_context = context == NULL;
  run->context = context != NULL ? g_main_context_ref (context) : g_main_context_new ();
  run->tail = &run->head;
  g_queue_init (&run->laters);
  g_queue_init (&run->kept);
  return run;
}

/* What keeps the worker and the context goes; the outcome stays. */
void
thr_run_let_go (ThrRun *run)
{
  ThrWorker *worker = g_steal_pointer (&run->worker);

  g_clear_pointer (&run->context, g_main_context_unref);
  g_object_unref (worker);
}

gboolean
thr_run_accept (ThrRun *run)
{
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);
  ThrRun *before = NULL;
  gboolean free_to_run;

  g_mutex_lock (&priv->inbox_lock);
  free_to_run = priv->run == NULL;
  if (free_to_run)
    {
      priv->run = thr_run_ref (run);
      before = g_steal_pointer (&priv->latest);
      priv->latest = thr_run_ref (run);
      run->accepting = TRUE;
      atomic_store (&priv->state, THR_STATE_RUNNING);
    }
  g_mutex_unlock (&priv->inbox_lock);
  g_clear_pointer (&before, thr_run_unref);
  return free_to_run;
}

void
thr_run_open (ThrRun         *run,
              ThrWorkerFrame *frame)
{
  if (run->own_context)
    g_main_context_push_thread_default (run->context);
  else
    g_main_context_acquire (run->context);
  run->dispatcher = thr_dispatcher_for_context (run->context);
  thr_inbox_attach (run);
  thr_frame_push (frame, run);
  frame->owner_before = thr_local.owner;
  /* What is made here for a longer life than the context's is the maker's
   * maker's. */
  if (run->own_context)
    thr_dispatcher_set_current (run->home);
}

void
thr_run_shut (ThrRun         *run,
              ThrWorkerFrame *frame)
{
  if (run->own_context)
    thr_channels_leave (run->dispatcher);
  thr_dispatcher_set_current (frame->owner_before);
  thr_frame_pop (frame);
  thr_inbox_detach (run);
  /* Acquire pairs with the release of the last waker. */
  while (atomic_load_explicit (&run->wakers, memory_order_acquire) > 0)
    g_thread_yield ();

  /* What was still to come there is freed in the context of the worker's owner,
   * where each finds that its own is gone. */
  if (run->own_context)
    thr_dispatcher_close (run->dispatcher, run->home);
  g_clear_pointer (&run->dispatcher, thr_dispatcher_unref);
  if (run->own_context)
    g_main_context_pop_thread_default (run->context);
  else
    g_main_context_release (run->context);
}

void
thr_run_report (ThrRun *run)
{
  atomic_store (&run->reportable, TRUE);
  if (run->error == NULL || atomic_load (&run->takers) > 0 || atomic_exchange (&run->handled, TRUE))
    return;
  g_warning ("The worker “%s” failed, and nobody handled it: %s", run->name, run->error->message);
}

void
thr_run_enter_taker (ThrRun *run)
{
  atomic_fetch_add (&run->takers, 1);
}

void
thr_run_leave_taker (ThrRun *run)
{
  atomic_fetch_sub (&run->takers, 1);
  if (atomic_load (&run->reportable))
    thr_run_report (run);
}

static void
report_cb (gpointer data)
{
  thr_run_report (data);
  thr_run_unref (data);
}

/* The worker does not run any more, from here on: it may be started again. */
void
thr_run_release (ThrRun *run)
{
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);
  GList *waiters;
  ThrRun *held;

  g_mutex_lock (&priv->inbox_lock);
  held = g_steal_pointer (&priv->run);
  waiters = g_steal_pointer (&run->waiters);
  for (GList *l = waiters; l != NULL; l = l->next)
    {
      ThrWaiter *waiter = l->data;

      /* It may be gone once the lock is. */
      l->data = g_object_ref (waiter->worker);
      atomic_store_explicit (&waiter->released, TRUE, memory_order_relaxed);
    }
  atomic_store (&priv->state, 0);
  g_mutex_unlock (&priv->inbox_lock);

  for (GList *l = waiters; l != NULL; l = l->next)
    thr_worker_push_new (l->data, THR_EVENT_WAIT_THREAD_PENDING_DONE, NULL, run->worker,
                         THR_PUSH_SILENT);
  g_list_free_full (waiters, g_object_unref);
  thr_run_unref (held);
  thr_worker_mark (run->worker, THR_WORKER_RUNNING);
}

/* ---- its frames ---- */

void
thr_frame_push (ThrWorkerFrame *frame,
                ThrRun         *run)
{
  frame->below = thr_local.worker_frame;
  frame->worker = run->worker;
  frame->run = run;
  thr_local.worker_frame = frame;
}

void
thr_frame_pop (ThrWorkerFrame *frame)
{
  g_assert (thr_local.worker_frame == frame);
  thr_local.worker_frame = frame->below;
}

ThrRun *
thr_worker_run_here (ThrWorker *self)
{
  for (ThrWorkerFrame *frame = thr_local.worker_frame; frame != NULL; frame = frame->below)
    {
      if (frame->worker == self)
        return frame->run;
    }
  return thr_root_run_here (self);
}

/* ---- begin and end ---- */

/* How the function ended. */
static void
set_outcome (ThrRun  *run,
             gboolean ok,
             GError  *failure)
{
  ThrWorkerPrivate *priv = thr_worker_priv (run->worker);

  if (ok && failure != NULL)
    {
      g_warning ("The function of the worker “%s” returned TRUE, but set an error: %s", run->name,
                 failure->message);
      g_clear_error (&failure);
    }
  if (!ok && failure == NULL && !run->stopped)
    failure = g_error_new_literal (THR_ERROR, THR_ERROR_FAILED,
                                   _("The worker's function returned no result. One that is "
                                     "written in JavaScript cannot run on a worker's thread"));

  g_mutex_lock (&priv->inbox_lock);
  run->accepting = FALSE;
  run->was_stopped =
    !ok && (failure == NULL || g_error_matches (failure, THR_ERROR, THR_ERROR_WORKER_EXIT));
  run->succeeded = ok;
  if (run->was_stopped)
    g_clear_error (&failure);
  run->error = failure;
  g_mutex_unlock (&priv->inbox_lock);
  /* Every break point says so from now on: it is over. */
  run->stopped = TRUE;
}

static void
tell_parent (ThrRun *run)
{
  g_autoptr (ThrWorker) parent = thr_worker_dup_parent (run->worker);
  const GValue *result = run->succeeded && G_IS_VALUE (&run->result) ? &run->result : NULL;
  GValue failure = G_VALUE_INIT;
  gboolean told = FALSE;

  if (run->error != NULL)
    {
      g_value_init (&failure, G_TYPE_ERROR);
      g_value_set_boxed (&failure, run->error);
      result = &failure;
    }
  if (parent != NULL)
    {
      const char *how = run->error != NULL ? THR_EVENT_CHILD_THREAD_ERROR
                        : run->was_stopped ? THR_EVENT_CHILD_THREAD_STOP
                                           : THR_EVENT_CHILD_THREAD_DONE;

      told = thr_worker_push_new (parent, how, result, run->worker, THR_PUSH_SILENT);
      thr_worker_push_new (parent, THR_EVENT_CHILD_THREAD_END, result, run->worker,
                           THR_PUSH_SILENT);
    }
  if (run->error != NULL)
    g_value_unset (&failure);

  /* A parent that hears of it reports it, should nobody listen there. Else it
   * is decided at home, in a delivery: what the owner's thread does before its
   * next dispatch is in time. */
  if (run->error != NULL && !told)
    thr_dispatcher_invoke (run->home, report_cb, thr_run_ref (run));
}

/* The end of a run, in the order that its users see it. */
static void
end (ThrRun         *run,
     ThrWorkerFrame *frame)
{
  ThrWorker *worker = run->worker;
  ThrWorkerPrivate *priv = thr_worker_priv (worker);
  g_autoptr (GPtrArray) children = NULL;

  if (atomic_fetch_and (&priv->state, ~THR_STATE_PAUSED) & THR_STATE_PAUSED)
    thr_worker_mark (worker, THR_WORKER_PAUSED);
  run->paused = FALSE;

  thr_run_hear_rest (run);
  thr_laters_clear (run);
  thr_listeners_drop_temporary (worker);

  g_mutex_lock (&priv->inbox_lock);
  run->ended = TRUE;
  g_mutex_unlock (&priv->inbox_lock);
  if (atomic_load (&priv->quiet))
    atomic_store (&run->handled, TRUE);
  tell_parent (run);

  /* Those that are there now: the next run may begin as soon as this one is
   * released, and have its own. Who waits is released first, so that a child
   * which waits for its parent is not waited for by it. */
  children = thr_tree_dup_children (worker);
  thr_run_release (run);
  thr_tree_stop_children (run, children, TRUE);
  thr_tree_leave (run);
  g_clear_pointer (&children, g_ptr_array_unref);

  thr_run_shut (run, frame);
  thr_workers_remove (run);
}

static void
execute (ThrRun *run)
{
  ThrWorkerFrame frame;
  ThrWorker *worker = run->worker;
  g_autoptr (ThrWorker) parent = NULL;
  GError *failure = NULL;
  gboolean ok = FALSE;

  thr_run_open (run, &frame);

  parent = thr_worker_dup_parent (worker);
  if (parent != NULL)
    thr_worker_push_new (parent, THR_EVENT_CHILD_THREAD_START, NULL, worker, THR_PUSH_SILENT);
  g_clear_object (&parent);

  if (thr_gate_is_open ())
    ok = THR_WORKER_GET_CLASS (worker)->run (worker, &failure);
  else
    run->stopped = TRUE;
  set_outcome (run, ok, failure);
  end (run, &frame);

  /* In this order: who joins may free the worker at once, and this thread has
   * nothing of it any more. */
  thr_run_let_go (run);
  thr_run_set_over (run);
}

static gpointer
thread_func (gpointer data)
{
  ThrRun *run = data;

  execute (run);
  thr_run_unref (run);
  return NULL;
}

static ThrRun *
prepare (ThrWorker    *self,
         GMainContext *context,
         GError      **error)
{
  ThrRun *run;

  if (thr_workers_are_closed () || !thr_gate_is_open ())
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_STOPPED,
                           _("No worker can be started any more: the program is ending"));
      return NULL;
    }
  if (thr_is_fork)
    {
      g_propagate_error (error, thr_fork_error ());
      return NULL;
    }
  thr_fork_watch ();
  run = thr_run_new (self, context, error);
  if (run != NULL)
    run->name = thr_worker_dup_name (self);
  return run;
}

static void
discard (ThrRun *run)
{
  thr_run_let_go (run);
  thr_run_unref (run);
}

/* The system names threads with at most 15 bytes. */
static char *
thread_name (const char *name)
{
  const char *end = name + MIN (strlen (name), 15);

  if (*end != '\0')
    end = g_utf8_find_prev_char (name, end + 1);
  return g_strndup (name, end - name);
}

/* The run was accepted, but has no thread: what was fired at it goes back. */
static void
fail_to_start (ThrRun *run)
{
  ThrEnvelope *envelope;

  thr_inbox_close (run);
  while ((envelope = thr_inbox_next (run)) != NULL)
    {
      ThrEvent *event = thr_event_ref (envelope->event);

      thr_envelope_free (envelope);
      thr_worker_push (run->worker, event, THR_PUSH_REJECT);
      thr_event_unref (event);
    }
  g_mutex_lock (&thr_worker_priv (run->worker)->inbox_lock);
  run->ended = TRUE;
  g_mutex_unlock (&thr_worker_priv (run->worker)->inbox_lock);
  thr_laters_clear (run);
  thr_run_release (run);
  thr_tree_leave (run);
  thr_workers_remove (run);
  while (atomic_load_explicit (&run->wakers, memory_order_acquire) > 0)
    g_thread_yield ();
  thr_run_let_go (run);
  thr_run_set_over (run);
  thr_run_unref (run);
}

/**
 * thr_worker_start:
 * @self: a worker
 * @error: where to put an error
 *
 * Starts the worker's thread. One that has ended can be started again; one that
 * runs goes on, which is no error.
 *
 * From here on it takes events. The parent hears `CHILD_THREAD_START`.
 *
 * The error is `THR_ERROR_NO_RESOURCES` where the system has no more threads or
 * file descriptors, `THR_ERROR_STOPPED` after [func@Thr.shutdown], and
 * `THR_ERROR_INVALID_STATE` in a process that was forked from one with threads.
 *
 * Returns: `TRUE` if it runs
 *
 * Since: 1.0
 */
gboolean
thr_worker_start (ThrWorker *self,
                  GError   **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GError) cause = NULL;
  GThread *thread;
  ThrRun *run;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (thr_worker_is_running (self))
    return TRUE;
  run = prepare (self, NULL, error);
  if (run == NULL)
    return FALSE;
  if (!thr_run_accept (run))
    {
      discard (run);
      return TRUE;
    }

  thr_workers_add (run);
  thr_tree_enter (run);
  thr_worker_mark (self, THR_WORKER_RUNNING);
  name = thread_name (run->name);
  thread = g_thread_try_new (name, thread_func, thr_run_ref (run), &cause);
  if (thread == NULL)
    {
      thr_run_unref (run);
      g_set_error (error, THR_ERROR, THR_ERROR_NO_RESOURCES,
                   _("There is no thread left for the worker “%s”: end some (%s)"), run->name,
                   cause->message);
      fail_to_start (run);
      return FALSE;
    }
  g_thread_unref (thread);
  thr_run_unref (run);
  return TRUE;
}

/**
 * thr_worker_start_overlay:
 * @self: a worker
 * @error: where to put an error
 *
 * Runs the worker's function and its loop on the calling thread, and returns
 * when it has ended, all as it would on a thread of its own.
 *
 * It uses the calling thread's thread-default main context (in the main thread,
 * the global default one), so that what belongs to that context goes on while
 * the worker waits. On a thread that has none it makes one.
 *
 * Beside the worker's own failure, the error may be `THR_ERROR_INVALID_STATE` if
 * it runs already, `THR_ERROR_NO_RESOURCES`, and `THR_ERROR_STOPPED` after
 * [func@Thr.shutdown].
 *
 * Returns: `TRUE` if it succeeded, or was stopped
 *
 * Since: 1.0
 */
gboolean
thr_worker_start_overlay (ThrWorker *self,
                          GError   **error)
{
  GMainContext *context;
  gboolean acquired;
  gboolean ok;
  ThrRun *run;

  g_return_val_if_fail (THR_IS_WORKER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  context = g_main_context_get_thread_default ();
  if (context == NULL && thr_dispatcher_on_main_thread ())
    context = g_main_context_default ();
  acquired = context != NULL && g_main_context_acquire (context);
  run = prepare (self, acquired ? context : NULL, error);
  if (run != NULL && !thr_run_accept (run))
    {
      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                   _("The worker “%s” is running: wait for its end first"), run->name);
      discard (g_steal_pointer (&run));
    }
  if (run == NULL)
    {
      if (acquired)
        g_main_context_release (context);
      return FALSE;
    }

  if (error != NULL)
    atomic_store (&run->handled, TRUE);
  thr_workers_add (run);
  thr_tree_enter (run);
  thr_worker_mark (self, THR_WORKER_RUNNING);
  execute (run);
  if (acquired)
    g_main_context_release (context);

  ok = run->error == NULL;
  if (!ok)
    g_propagate_error (error, g_error_copy (run->error));
  thr_run_unref (run);
  return ok;
}
