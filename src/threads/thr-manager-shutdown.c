/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* The end of a manager, and the waits for it to be idle. */

/* In microseconds: how long an application that shuts down waits for its
 * cancelled jobs. */
#define APPLICATION_PATIENCE (2 * G_USEC_PER_SEC)

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
      atomic_fetch_or (&thr_item_get_job (item)->control, THR_CONTROL_STOPPED);
      thr_core_fail_item (self, item, thr_job_ending_error (thr_item_get_job (item)));
    }
}

static void
set_state (ThrCore     *self,
           ThrCoreState state)
{
  thr_core_finish_watch (self);
  thr_core_lock (self);
  self->state = state;
  thr_core_unlock (self);
}

static void
ask_all (ThrCore *self,
         guint8   control)
{
  g_autoptr (GPtrArray) jobs = thr_core_dup_jobs (self);

  g_ptr_array_set_free_func (jobs, (GDestroyNotify) thr_job_unref_at_home);
  for (guint i = 0; i < jobs->len; i++)
    thr_job_ask (jobs->pdata[i], control);
}

static void
begin_shutdown (ThrCore        *self,
                ThrShutdownMode mode)
{
  set_state (self, mode == THR_SHUTDOWN_MODE_DRAIN ? THR_CORE_DRAINING : THR_CORE_STOPPED);
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

  thr_core_lock (self);
  self->manager = NULL;
  self->tracked = FALSE;
  arrivals = g_steal_pointer (&self->arrivals);
  departures = g_steal_pointer (&self->departures);
  g_mutex_unlock (&self->queue_lock);

  /* A node that comes only after this may come when nobody iterates the context
   * any more, and keep it for ever. */
  while (atomic_load (&self->n_posting) > 0)
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
static GError *
timed_out_error (ThrCore *self)
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
static gboolean
is_inside (ThrCore *self)
{
  return thr_frame_is_inside_core (self) || thr_delivery_is_inside (self);
}

static gboolean
is_over (ThrCore *self,
         gboolean at_home)
{
  gboolean over;

  thr_core_lock (self);
  over = at_home ? thr_core_is_idle_locked (self) : thr_core_is_quiet_locked (self);
  g_mutex_unlock (&self->queue_lock);
  return over;
}

static void
poke_cb (GCancellable *cancellable,
         gpointer      user_data)
{
  thr_dispatcher_poke (user_data);
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
wait_at_home (ThrCore       *self,
              ThrDispatcher *home,
              gint64         deadline,
              GCancellable  *cancellable)
{
  gulong handler = 0;

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (poke_cb), home, NULL);
  for (;;)
    {
      thr_dispatcher_deliver (home);
      if (is_over (self, TRUE) || thr_deadline_is_over (deadline) ||
          g_cancellable_is_cancelled (cancellable))
        break;
      thr_dispatcher_sleep (home, deadline);
    }
  if (handler != 0)
    g_cancellable_disconnect (cancellable, handler);
  return is_over (self, TRUE);
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

/* On the owner's thread of another context, which jobs of this core may need:
 * it is not told when the last one has ended, so it looks now and then. */
static gboolean
wait_and_deliver (ThrCore       *self,
                  ThrDispatcher *here,
                  gint64         deadline,
                  GCancellable  *cancellable)
{
  const gint64 interval = 20 * 1000;
  gboolean over;

  for (;;)
    {
      thr_dispatcher_deliver (here);
      over = is_over (self, FALSE);
      if (over || thr_deadline_is_over (deadline) || g_cancellable_is_cancelled (cancellable))
        break;
      thr_dispatcher_sleep (here, g_get_monotonic_time () + interval);
    }
  thr_dispatcher_deliver (here);
  return over;
}

/* Waits until the core is idle, or elsewhere than at @home (NULL where the
 * manager is gone) until nothing of it runs or is to run. */
static gboolean
wait_until_over (ThrCore       *self,
                 ThrDispatcher *home,
                 gint64         deadline,
                 GCancellable  *cancellable,
                 GError       **error)
{
  ThrDispatcher *here;
  ThrWait wait;
  gboolean over;

  if (!thr_wait_begin (&wait, NULL, self))
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
      over = wait_at_home (self, home, deadline, cancellable);
      thr_dispatcher_leave (home);
    }
  else if (thr_dispatcher_enter (here))
    {
      over = wait_and_deliver (self, here, deadline, cancellable);
      thr_dispatcher_leave (here);
    }
  else
    over = wait_away (self, deadline, cancellable);
  thr_dispatcher_unref (here);
  thr_wait_end (&wait);

  if (!over && !g_cancellable_set_error_if_cancelled (cancellable, error))
    g_propagate_error (error, timed_out_error (self));
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

  if (withdraw_task (self, task))
    complete_task (task, timed_out_error (self));
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
static void
wait_until_idle (ThrCore      *self,
                 GTask        *task,
                 gint64        timeout,
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

/* ---- public ---- */

/**
 * thr_thread_manager_start:
 * @self: a manager
 *
 * Opens the manager for jobs, again or for the first time.
 *
 * The first job does this by itself; after a stop it takes this.
 *
 * Since: 1.0
 */
void
thr_thread_manager_start (ThrThreadManager *self)
{
  g_return_if_fail (THR_IS_THREAD_MANAGER (self));

  thr_core_start (thr_core_of (self));
}

/**
 * thr_thread_manager_stop:
 * @self: a manager
 *
 * Stops the manager: it takes no more jobs, those that are queued end with
 * %THR_ERROR_STOPPED, and those that are running go on.
 *
 * A job that is submitted from then on ends with %THR_ERROR_STOPPED, through
 * its on_fail like any failure.
 *
 * Since: 1.0
 */
void
thr_thread_manager_stop (ThrThreadManager *self)
{
  ThrCore *core;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));

  core = thr_core_of (self);
  set_state (core, THR_CORE_STOPPED);
  thr_core_end_queued (core, FALSE);
}

/**
 * thr_thread_manager_halt:
 * @self: a manager
 * @timeout: how long to wait for the running jobs, in microseconds; 0 not to
 *   wait, [const@Thr.FOREVER] for ever
 * @error: where to put an error
 *
 * Stops the manager, halts all of its jobs, and waits until none is running.
 *
 * On the thread of the manager's owner context this delivers the ends of the
 * jobs meanwhile. In a job's function, and in a callback or handler of one of
 * the manager's jobs, it asks all that and does not wait, so that two jobs may
 * halt each other's managers.
 *
 * The error is %THR_ERROR_TIMED_OUT, naming what still runs, or
 * %THR_ERROR_INVALID_ARGUMENT if @timeout is negative, in which case nothing
 * was done.
 *
 * Returns: %TRUE if no job is left running
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_halt (ThrThreadManager *self,
                         gint64            timeout,
                         GError          **error)
{
  ThrCore *core;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error))
    return FALSE;

  core = thr_core_of (self);
  begin_shutdown (core, THR_SHUTDOWN_MODE_HALT);
  if (thr_frame_top () == NULL && !is_inside (core))
    return wait_until_over (core, core->home, thr_deadline (timeout), NULL, error);
  if (is_over (core, FALSE))
    return TRUE;
  g_propagate_error (error, timed_out_error (core));
  return FALSE;
}

/**
 * thr_thread_manager_shutdown_async:
 * @self: a manager
 * @mode: what becomes of the jobs
 * @timeout: how long that may take, in microseconds; [const@Thr.FOREVER] for
 *   ever
 * @cancellable: (nullable): what ends the wait (not the shutdown), or %NULL
 * @callback: (nullable): called in the thread-default context of the calling
 *   thread when it is over
 * @user_data: data for @callback
 *
 * Shuts the manager down without blocking.
 *
 * It takes no more jobs from now on, and is over when all jobs are `CLOSED`.
 * Appended jobs that were not run end with %THR_ERROR_STOPPED in each mode. A
 * second shutdown joins the first, and may ask for more than that.
 *
 * Since: 1.0
 */
void
thr_thread_manager_shutdown_async (ThrThreadManager   *self,
                                   ThrShutdownMode     mode,
                                   gint64              timeout,
                                   GCancellable       *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer            user_data)
{
  GError *error = NULL;
  ThrCore *core;
  GTask *task;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));
  g_return_if_fail (mode >= THR_SHUTDOWN_MODE_DRAIN && mode <= THR_SHUTDOWN_MODE_HALT);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, thr_thread_manager_shutdown_async);
  g_task_set_name (task, "[thr-glib] shutdown");
  if (!thr_timeout_check (timeout, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  core = thr_core_of (self);
  thr_core_lock (core);
  /* A stopped manager has nothing to drain, and does not open again for it. */
  if (mode == THR_SHUTDOWN_MODE_DRAIN && core->state == THR_CORE_STOPPED)
    mode = -1;
  g_mutex_unlock (&core->queue_lock);
  if ((int) mode >= 0)
    begin_shutdown (core, mode);
  wait_until_idle (core, task, timeout, cancellable);
}

static gboolean
finish_wait (ThrThreadManager *self,
             GAsyncResult     *result,
             GError          **error)
{
  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * thr_thread_manager_shutdown_finish:
 * @self: a manager
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Ends [method@Thr.ThreadManager.shutdown_async].
 *
 * The error is %THR_ERROR_TIMED_OUT, naming what still runs,
 * %G_IO_ERROR_CANCELLED, or %THR_ERROR_INVALID_ARGUMENT if the time-out was
 * negative.
 *
 * Returns: %TRUE if all jobs are `CLOSED`
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_shutdown_finish (ThrThreadManager *self,
                                    GAsyncResult     *result,
                                    GError          **error)
{
  return finish_wait (self, result, error);
}

/**
 * thr_thread_manager_wait_idle:
 * @self: a manager
 * @timeout: how long to wait, in microseconds; 0 not to wait,
 *   [const@Thr.FOREVER] for ever
 * @cancellable: (nullable): what ends the wait, or %NULL
 * @error: where to put an error
 *
 * Waits until the manager has nothing to do; appended jobs that are not run do
 * not count.
 *
 * On the thread of the manager's owner context this delivers what this library
 * has for that context, and returns when all jobs are `CLOSED`. On any other
 * thread it returns when no job runs or is to be run.
 *
 * The error is %THR_ERROR_TIMED_OUT, %G_IO_ERROR_CANCELLED,
 * %THR_ERROR_INVALID_ARGUMENT if @timeout is negative, or
 * %THR_ERROR_WOULD_DEADLOCK in a job of the manager and in its callbacks.
 *
 * Returns: %TRUE if the manager is idle
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_wait_idle (ThrThreadManager *self,
                              gint64            timeout,
                              GCancellable     *cancellable,
                              GError          **error)
{
  ThrCore *core;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error))
    return FALSE;
  core = thr_core_of (self);
  if (is_inside (core))
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
                           _("To wait for the manager inside one of its jobs or their callbacks "
                             "would never end: use wait_idle_async"));
      return FALSE;
    }
  return wait_until_over (core, core->home, thr_deadline (timeout), cancellable, error);
}

/**
 * thr_thread_manager_wait_idle_async:
 * @self: a manager
 * @cancellable: (nullable): what ends the wait, or %NULL
 * @callback: (nullable): called in the thread-default context of the calling
 *   thread when the manager is idle
 * @user_data: data for @callback
 *
 * Waits without blocking until the manager has nothing to do and all jobs are
 * `CLOSED`; appended jobs that are not run do not count.
 *
 * Since: 1.0
 */
void
thr_thread_manager_wait_idle_async (ThrThreadManager   *self,
                                    GCancellable       *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer            user_data)
{
  GTask *task;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, thr_thread_manager_wait_idle_async);
  g_task_set_name (task, "[thr-glib] wait until idle");
  wait_until_idle (thr_core_of (self), task, THR_FOREVER, cancellable);
}

/**
 * thr_thread_manager_wait_idle_finish:
 * @self: a manager
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Ends [method@Thr.ThreadManager.wait_idle_async]; the error can only be
 * %G_IO_ERROR_CANCELLED.
 *
 * Returns: %TRUE if the manager was idle
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_wait_idle_finish (ThrThreadManager *self,
                                     GAsyncResult     *result,
                                     GError          **error)
{
  return finish_wait (self, result, error);
}

/* ---- an application ---- */

static void
application_shutdown_cb (GApplication *application,
                         gpointer      user_data)
{
  ThrThreadManager *self = user_data;
  ThrCore *core = thr_core_of (self);
  g_autoptr (GError) error = NULL;

  begin_shutdown (core, THR_SHUTDOWN_MODE_CANCEL);
  if (!is_inside (core) &&
      !wait_until_over (core, core->home, thr_deadline (APPLICATION_PATIENCE), NULL, &error))
    g_message ("The application does not wait any longer: %s", error->message);
}

/**
 * thr_thread_manager_attach_application:
 * @self: a manager whose owner context is the global default one
 * @application: an application
 *
 * Ties the manager to an application: it holds the application as long as it
 * is busy, and when the application shuts down it cancels its jobs, delivers
 * what ends within two seconds, and stops.
 *
 * It may be called only on the application's thread, and once for a manager.
 *
 * Since: 1.0
 */
void
thr_thread_manager_attach_application (ThrThreadManager *self,
                                       GApplication     *application)
{
  g_return_if_fail (THR_IS_THREAD_MANAGER (self));
  g_return_if_fail (G_IS_APPLICATION (application));
  g_return_if_fail (thr_dispatcher_is_home (thr_core_of (self)->home));
  g_return_if_fail (thr_thread_manager_set_application (self, application));

  g_signal_connect_object (application, "shutdown", G_CALLBACK (application_shutdown_cb), self, 0);
}

/* ---- the process ---- */

static GMutex registry_lock; /* guards registry */
static GPtrArray *registry;  /* of all cores; not references */

void
thr_registry_add (ThrCore *core)
{
  g_mutex_lock (&registry_lock);
  if (registry == NULL)
    registry = g_ptr_array_new ();
  g_ptr_array_add (registry, core);
  g_mutex_unlock (&registry_lock);
}

void
thr_registry_remove (ThrCore *core)
{
  g_mutex_lock (&registry_lock);
  g_ptr_array_remove_fast (registry, core);
  g_mutex_unlock (&registry_lock);
}

/* References to all cores that are not on their way out. */
static GPtrArray *
dup_registry (void)
{
  GPtrArray *cores = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_core_unref);

  g_mutex_lock (&registry_lock);
  for (guint i = 0; registry != NULL && i < registry->len; i++)
    {
      ThrCore *core = registry->pdata[i];
      int count = g_atomic_int_get (&core->ref_count);

      while (count > 0 &&
             !g_atomic_int_compare_and_exchange_full (&core->ref_count, count, count + 1, &count))
        ;
      if (count > 0)
        g_ptr_array_add (cores, core);
    }
  g_mutex_unlock (&registry_lock);
  return cores;
}

/**
 * thr_shutdown:
 * @mode: what becomes of the jobs
 * @timeout: how long to wait for them, in microseconds; [const@Thr.FOREVER] for
 *   ever
 * @error: where to put an error
 *
 * Shuts down all managers of the process; for the end of a program, and for
 * language bindings when their interpreter is about to go away.
 *
 * It waits until they are idle, delivering what this library has for the
 * calling thread meanwhile. From then on, whether they were or not, this
 * library calls no function of the user any more: no job is begun, nothing is
 * delivered, no destroy notify is called.
 *
 * The error is %THR_ERROR_TIMED_OUT, naming what still runs;
 * %THR_ERROR_INVALID_ARGUMENT if @timeout is negative, and
 * %THR_ERROR_WOULD_DEADLOCK inside a job or one of its callbacks: in these two
 * cases nothing was done.
 *
 * Returns: %TRUE if no job was left
 *
 * Since: 1.0
 */
gboolean
thr_shutdown (ThrShutdownMode mode,
              gint64          timeout,
              GError        **error)
{
  g_autoptr (GPtrArray) cores = NULL;
  gint64 deadline;
  gboolean ok = TRUE;

  g_return_val_if_fail (mode >= THR_SHUTDOWN_MODE_DRAIN && mode <= THR_SHUTDOWN_MODE_HALT, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error))
    return FALSE;
  cores = dup_registry ();
  for (guint i = 0; i < cores->len; i++)
    {
      if (thr_frame_top () == NULL && !is_inside (cores->pdata[i]))
        continue;
      g_set_error_literal (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
                           _("To shut all managers down inside a job or one of its callbacks would "
                             "never end"));
      return FALSE;
    }

  deadline = thr_deadline (timeout);
  for (guint i = 0; i < cores->len; i++)
    begin_shutdown (cores->pdata[i], mode);
  for (guint i = 0; i < cores->len; i++)
    {
      ThrCore *core = cores->pdata[i];
      g_autoptr (ThrThreadManager) manager = thr_core_dup_manager (core);

      ok &= wait_until_over (core, manager != NULL ? core->home : NULL, deadline, NULL,
                             ok ? error : NULL);
    }
  thr_gate_shut_for_ever ();
  return ok;
}
