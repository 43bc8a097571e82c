/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* The end of a core, and the waits for it to be idle. */

/* In microseconds: how often the owner's thread of another context looks
 * whether the core is quiet. */
#define QUIET_INTERVAL (20 * 1000)

/* ---- ending what is queued ---- */

static void
end_queue_locked (ThrCore   *self,
                  ThrQueue  *queue,
                  GPtrArray *items)
{
  ThrItem *item;

  while ((item = thr_queue_peek (queue)) != NULL)
    {
      thr_core_withdraw_locked (self, item);
      g_ptr_array_add (items, item);
    }
}

/* Ends the jobs that were appended, and, unless @held_only, all others that
 * were not begun. The state was changed before, so that no more come. */
void
thr_core_end_queued (ThrCore *self,
                     gboolean held_only)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  ThrItem *item, *next;

  thr_core_lock (self);
  end_queue_locked (self, &self->held, items);
  if (!held_only)
    end_queue_locked (self, &self->ready, items);
  for (item = held_only ? NULL : self->parked.head; item != NULL; item = next)
    {
      next = item->next;
      thr_core_withdraw_locked (self, item);
      g_ptr_array_add (items, item);
    }
  thr_core_unlock (self);

  /* Nobody else ends these, so they are there until we do. */
  for (guint i = 0; i < items->len; i++)
    {
      item = items->pdata[i];
      if (item->kind == THR_JOB_LIGHT)
        {
          thr_light_job_drop_failure (item);
          thr_core_fail_item (self, item, thr_core_stopped_error ());
          continue;
        }
      atomic_fetch_or (&thr_item_get_job (item)->home.control, THR_CONTROL_STOPPED);
      thr_core_fail_item (self, item, thr_job_ending_error (thr_item_get_job (item)));
    }
}

void
thr_core_set_state (ThrCore     *self,
                    ThrCoreState state)
{
  thr_core_finish_watch (self);
  thr_core_lock (self);
  self->state = state;
  thr_core_unlock (self);
}

/* Asks all that were begun to end; the others have ended by now. */
static void
ask_all (ThrCore *self,
         guint8   control)
{
  g_autoptr (GPtrArray) jobs = g_ptr_array_new ();
  g_autoptr (GPtrArray) own = g_ptr_array_new_with_free_func (g_object_unref);

  thr_core_lock (self);
  for (ThrItem *item = self->live.head; item != NULL; item = item->next)
    {
      if (thr_job_hold_locked (thr_item_get_job (item)))
        g_ptr_array_add (jobs, thr_item_get_job (item));
    }
  g_mutex_unlock (&self->queue_lock);

  /* On the owner's thread, a reference is good enough; and who is told there
   * that a job is to end may well wait until another one is CLOSED. */
  for (guint i = 0; i < jobs->len; i++)
    {
      ThrThreadWrapper *job = jobs->pdata[i];

      if (!thr_dispatcher_is_home (job->home.dispatcher))
        continue;
      g_ptr_array_add (own, g_object_ref (job));
      thr_job_let_go (job);
      jobs->pdata[i] = NULL;
    }

  for (guint i = 0; i < own->len; i++)
    thr_job_ask (own->pdata[i], control);
  for (guint i = 0; i < jobs->len; i++)
    {
      if (jobs->pdata[i] == NULL)
        continue;
      thr_job_ask (jobs->pdata[i], control);
      thr_job_let_go (jobs->pdata[i]);
    }
}

void
thr_core_begin_shutdown (ThrCore        *self,
                         ThrShutdownMode mode)
{
  thr_core_set_state (self, mode == THR_SHUTDOWN_MODE_DRAIN ? THR_CORE_DRAINING : THR_CORE_STOPPED);
  thr_core_end_queued (self, mode == THR_SHUTDOWN_MODE_DRAIN);
  if (mode == THR_SHUTDOWN_MODE_CANCEL)
    ask_all (self, THR_CONTROL_CANCELLED);
  else if (mode == THR_SHUTDOWN_MODE_HALT)
    ask_all (self, THR_CONTROL_HALTED);
}

/* The manager object is about to go: its jobs go on without it. */
void
thr_core_drop_manager (ThrCore *self)
{
  g_autoptr (GPtrArray) arrivals = NULL;
  g_autoptr (GPtrArray) departures = NULL;
  g_autoptr (GPtrArray) closings = NULL;

  thr_core_lock (self);
  self->manager = NULL;
  self->tracked = FALSE;
  arrivals = g_steal_pointer (&self->arrivals);
  departures = g_steal_pointer (&self->departures);
  closings = g_steal_pointer (&self->closings);
  g_mutex_unlock (&self->queue_lock);

  /* A node that comes only after this may come when nobody iterates the context
   * any more, and keep it for ever. And who has found the manager has it still. */
  while (atomic_load (&self->n_posting) > 0 || atomic_load (&self->n_borrowing) > 0)
    g_thread_yield ();

  thr_core_finish_watch (self);
  thr_core_end_queued (self, TRUE);
  thr_core_set_paused (self, FALSE);
  thr_core_set_keep (self, 0);
}

/* ---- waiting ---- */

static void
add_name (ThrItem *item,
          GString *names,
          guint   *n_names)
{
  if (item->place != THR_PLACE_ACTIVE)
    return;
  if (++*n_names <= 3)
    {
      g_autofree char *name = thr_thread_wrapper_dup_name (thr_item_get_job (item));

      g_string_append_printf (names, "%s“%s”", *n_names > 1 ? ", " : "", name);
    }
}

/* Names what still runs. */
GError *
thr_core_timed_out_error (ThrCore *self)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint n_names = 0, n_running;

  thr_core_lock (self);
  for (ThrItem *item = self->live.head; item != NULL; item = item->next)
    add_name (item, names, &n_names);
  n_running = self->n_running;
  g_mutex_unlock (&self->queue_lock);

  if (n_running == 0)
    return g_error_new_literal (THR_ERROR, THR_ERROR_TIMED_OUT,
                                _("No job is running any more, but in the time given not all that "
                                  "is queued or to be delivered was"));
  if (n_names < n_running && n_names <= 3)
    g_string_append_printf (names, "%s…", n_names > 0 ? ", " : "");
  else if (n_names > 3)
    g_string_append (names, ", …");
  return g_error_new (THR_ERROR, THR_ERROR_TIMED_OUT,
                      thr_ngettext ("%u job is still running: %s", "%u jobs are still running: %s",
                                    n_running),
                      n_running, names->str);
}

/* Whether the caller is what is waited for: a job of the manager, or one of
 * its deliveries. */
gboolean
thr_core_is_inside (ThrCore *self)
{
  return thr_frame_is_inside_core (self) || thr_delivery_is_inside (self);
}

gboolean
thr_core_is_over (ThrCore *self,
                  gboolean at_home)
{
  gboolean over;

  thr_core_lock (self);
  over = at_home ? thr_core_is_idle_locked (self) : thr_core_is_quiet_locked (self);
  g_mutex_unlock (&self->queue_lock);
  return over;
}

static void
wake_cb (GCancellable *cancellable,
         gpointer      user_data)
{
  ThrCore *self = user_data;

  thr_core_lock (self);
  g_cond_broadcast (&self->quiet);
  g_mutex_unlock (&self->queue_lock);
}

static gboolean
is_idle (gpointer core)
{
  return thr_core_is_over (core, TRUE);
}

static gboolean
is_quiet (gpointer core)
{
  return thr_core_is_over (core, FALSE);
}

static gboolean
wait_away (ThrCore      *self,
           gint64        deadline,
           GCancellable *cancellable)
{
  gulong handler = 0;
  gboolean in_time = TRUE, over;

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (wake_cb), self, NULL);
  thr_core_lock (self);
  self->n_quiet_waiters++;
  while (!thr_core_is_quiet_locked (self) && in_time && !g_cancellable_is_cancelled (cancellable))
    {
      if (deadline < 0)
        g_cond_wait (&self->quiet, &self->queue_lock);
      else
        in_time = g_cond_wait_until (&self->quiet, &self->queue_lock, deadline);
    }
  self->n_quiet_waiters--;
  over = thr_core_is_quiet_locked (self);
  g_mutex_unlock (&self->queue_lock);
  if (handler != 0)
    g_cancellable_disconnect (cancellable, handler);
  return over;
}

/* Whether a manual job is running that this thread is to end. */
static gboolean
has_manual_here (ThrCore *self)
{
  gboolean has = FALSE;

  thr_core_lock (self);
  for (ThrItem *item = self->live.head; item != NULL && !has; item = item->next)
    has = item->place == THR_PLACE_ACTIVE && item->kind == THR_JOB_MANUAL &&
          thr_dispatcher_is_home (thr_item_get_job (item)->home.dispatcher);
  g_mutex_unlock (&self->queue_lock);
  return has;
}

/* Waits until the core is idle, or elsewhere than at @home (NULL where the
 * manager is gone) until nothing of it runs or is to run. */
gboolean
thr_core_wait (ThrCore       *self,
               ThrDispatcher *home,
               gint64 deadline,
               GCancellable *cancellable,
               GError **error)
{
  ThrWait wait = { .core = self };
  ThrDispatcher *here;
  gboolean over;

  if (deadline < 0 && has_manual_here (self))
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
                           _("To wait for the manager here would never end: it has a manual job, "
                             "and this is its owner's thread"));
      return FALSE;
    }
  if (!thr_wait_begin (&wait))
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
                           _("To wait for the manager here would never end: one of its jobs waits "
                             "for this one"));
      return FALSE;
    }
  thr_core_ref (self);
  here = thr_dispatcher_for_maker ();
  if (home != NULL && thr_dispatcher_enter (home))
    {
      over = thr_wait_at_home (home, is_idle, self, -1, deadline, cancellable);
      thr_dispatcher_leave (home);
    }
  else if (thr_dispatcher_enter (here))
    {
      /* Which jobs of this core may need; it is not told when they have ended. */
      over = thr_wait_at_home (here, is_quiet, self, QUIET_INTERVAL, deadline, cancellable);
      thr_dispatcher_deliver (here);
      thr_dispatcher_leave (here);
    }
  else
    over = wait_away (self, deadline, cancellable);
  thr_dispatcher_unref (here);
  thr_wait_end (&wait);

  if (!over && !g_cancellable_set_error_if_cancelled (cancellable, error))
    g_propagate_error (error, thr_core_timed_out_error (self));
  thr_core_unref (self);
  return over;
}

/* ---- asynchronous waits ---- */

typedef struct
{
  GSource *timer;     /* a reference, or NULL */
  GSource *cancelled; /* likewise */
} IdleWait;

static void
idle_wait_free (gpointer data)
{
  IdleWait *self = data;

  g_clear_pointer (&self->timer, g_source_unref);
  g_clear_pointer (&self->cancelled, g_source_unref);
  g_free (self);
}

static void
complete_task (GTask  *task,
               GError *error)
{
  IdleWait *wait = g_task_get_task_data (task);

  if (!thr_gate_is_open ())
    return;
  if (wait->timer != NULL)
    g_source_destroy (wait->timer);
  if (wait->cancelled != NULL)
    g_source_destroy (wait->cancelled);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

/* At home, with the tasks of a core that was idle. */
void
thr_core_complete_tasks (ThrCore *self,
                         GList   *tasks)
{
  for (; tasks != NULL; tasks = g_list_delete_link (tasks, tasks))
    complete_task (tasks->data, NULL);
}

/* Takes the task off the list; FALSE where it is complete. */
static gboolean
withdraw_task (ThrCore *self,
               GTask   *task)
{
  GList *link;

  thr_core_lock (self);
  link = g_list_find (self->idle_tasks, task);
  if (link != NULL)
    self->idle_tasks = g_list_delete_link (self->idle_tasks, link);
  g_mutex_unlock (&self->queue_lock);
  return link != NULL;
}

static gboolean
timed_out_cb (gpointer user_data)
{
  GTask *task = user_data;
  ThrCore *self = thr_core_of (g_task_get_source_object (task));

  /* That it was idle in time may still be on its way. */
  if (withdraw_task (self, task))
    complete_task (task, thr_core_is_over (self, TRUE) ? NULL : thr_core_timed_out_error (self));
  return G_SOURCE_REMOVE;
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (withdraw_task (thr_core_of (g_task_get_source_object (task)), task))
    {
      g_cancellable_set_error_if_cancelled (cancellable, &error);
      complete_task (task, error);
    }
  return G_SOURCE_REMOVE;
}

/* Takes the task, which ends when the core is idle. */
void
thr_core_wait_async (ThrCore      *self,
                     GTask *task,
                     gint64 timeout,
                     GCancellable *cancellable)
{
  IdleWait *wait = g_new0 (IdleWait, 1);
  gboolean post = FALSE;

  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, wait, idle_wait_free);
  if (timeout < THR_FOREVER)
    {
      wait->timer = g_timeout_source_new (MIN ((timeout + 999) / 1000, (gint64) G_MAXUINT));
      g_source_set_static_name (wait->timer, "[thr-glib] time-out of a shutdown");
    }
  if (cancellable != NULL)
    {
      wait->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_static_name (wait->cancelled, "[thr-glib] wait until idle");
    }

  /* All at once: neither can the task be complete before its sources are
   * attached, nor can one of them fire before the task is listed. */
  thr_core_lock (self);
  self->idle_tasks = g_list_append (self->idle_tasks, task);
  if (wait->timer != NULL)
    g_task_attach_source (task, wait->timer, timed_out_cb);
  if (wait->cancelled != NULL)
    g_task_attach_source (task, wait->cancelled, G_SOURCE_FUNC (cancelled_cb));
  thr_core_changed_locked (self, &post);
  g_mutex_unlock (&self->queue_lock);
  thr_core_post (self, post);
}
