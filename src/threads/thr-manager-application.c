/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-parking-private.h"
#include "threads/thr-core-private.h"
#include "threads/thr-tie-private.h"

/* What ties a manager to an application. */

/* In microseconds: how long an application that ends waits for its cancelled
 * jobs. */
#define PATIENCE (2 * G_USEC_PER_SEC)

struct _ThrTie
{
  GApplication *application; /* a weak pointer */
  gboolean holds;            /* it, since the manager is busy … */
  gboolean marks;            /* … and marks it so */
  gboolean asking;           /* an answer is to come */
  gboolean waited;           /* for the cancelled jobs, as long as it may */
  GCancellable *quitting;    /* ends the wait for the jobs; NULL while there is none */
};

ThrTie *
thr_tie_new (GApplication *application)
{
  ThrTie *self = g_new0 (ThrTie, 1);

  g_set_weak_pointer (&self->application, application);
  return self;
}

void
thr_tie_free (ThrTie *self)
{
  thr_tie_hold (self, FALSE);
  g_clear_weak_pointer (&self->application);
  g_clear_object (&self->quitting);
  g_free (self);
}

/* Without a bus, g_application_mark_busy() is a critical warning, and before the
 * application is registered a crash: it is marked as soon as it can be. */
static void
mark (ThrTie  *self,
      gboolean busy)
{
  if (self->marks == busy || !g_application_get_is_registered (self->application) ||
      g_application_get_dbus_connection (self->application) == NULL)
    return;
  self->marks = busy;
  if (busy)
    g_application_mark_busy (self->application);
  else
    g_application_unmark_busy (self->application);
}

void
thr_tie_hold (ThrTie  *self,
              gboolean hold)
{
  if (self->application == NULL)
    return;
  if (self->holds != hold)
    {
      self->holds = hold;
      if (hold)
        g_application_hold (self->application);
      else
        g_application_release (self->application);
    }
  /* At the end: this is notified, and who hears it may run a main loop. */
  mark (self, hold);
}

static void
application_shutdown_cb (GApplication *application,
                         gpointer      user_data)
{
  ThrThreadManager *self = user_data;
  ThrTie *tie = thr_thread_manager_get_tie (self);
  ThrCore *core = thr_core_of (self);
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (tie->quitting);
  thr_core_begin_shutdown (core, THR_SHUTDOWN_MODE_CANCEL);
  if (!thr_core_is_inside (core) &&
      !thr_core_wait (core, core->home, thr_deadline (tie->waited ? 0 : PATIENCE), NULL, &error))
    g_message ("The application does not wait any longer: %s", error->message);
}

/**
 * thr_thread_manager_attach_application:
 * @self: a manager whose owner context is the global default one
 * @application: an application
 *
 * Ties the manager to an application: as long as the manager is busy, it holds
 * the application and marks it as busy; and when the application shuts down it
 * cancels its jobs, delivers what ends within two seconds, and stops.
 *
 * To ask before that, see [method@Thr.ThreadManager.request_quit].
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

  if (!thr_thread_manager_set_application (self, application))
    {
      g_critical ("%s: the manager belongs to an application already: make one manager for each",
                  G_STRFUNC);
      return;
    }
  g_signal_connect_object (application, "shutdown", G_CALLBACK (application_shutdown_cb), self, 0);
}

/* ---- quitting ---- */

/* At home: NULL, with a critical warning, where that is not to be. */
static ThrTie *
get_tie (ThrThreadManager *self,
         const char       *function)
{
  ThrTie *tie = thr_thread_manager_get_tie (self);

  if (tie == NULL)
    g_critical ("%s: the manager belongs to no application: call "
                "thr_thread_manager_attach_application() before",
                function);
  return tie;
}

static void
over_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  ThrThreadManager *self = THR_THREAD_MANAGER (object);
  ThrTie *tie = thr_thread_manager_get_tie (self);
  g_autoptr (GError) error = NULL;

  /* Another answer was given meanwhile. */
  if (!thr_thread_manager_shutdown_finish (self, result, &error) &&
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (tie == NULL || tie->application == NULL)
    return;
  tie->waited = error != NULL;
  g_application_quit (tie->application);
}

/* TRUE if the application quits at once. */
static gboolean
answer_quit (ThrThreadManager *self,
             ThrTie           *tie,
             ThrQuitAnswer     answer)
{
  gboolean was_quitting = tie->quitting != NULL;

  tie->asking = FALSE;
  g_cancellable_cancel (tie->quitting);
  g_clear_object (&tie->quitting);

  if (answer == THR_QUIT_ANSWER_STAY)
    {
      if (was_quitting)
        thr_thread_manager_start (self);
      return FALSE;
    }
  if (!thr_thread_manager_get_busy (self))
    {
      if (tie->application != NULL)
        g_application_quit (tie->application);
      return TRUE;
    }

  tie->quitting = g_cancellable_new ();
  if (answer == THR_QUIT_ANSWER_DRAIN)
    thr_thread_manager_shutdown_async (self, THR_SHUTDOWN_MODE_DRAIN, THR_FOREVER, tie->quitting,
                                       over_cb, NULL);
  else
    thr_thread_manager_shutdown_async (self, THR_SHUTDOWN_MODE_CANCEL, PATIENCE, tie->quitting,
                                       over_cb, NULL);
  return FALSE;
}

/**
 * thr_thread_manager_request_quit:
 * @self: a manager that is attached to an application
 *
 * What an application calls where the user wants to quit it: in its `quit`
 * action, and when the last window is to be closed.
 *
 * If the manager has nothing to do, the application quits. If it is busy, the
 * signal [signal@Thr.ThreadManager::quit-requested] asks what to do; without a
 * handler, the jobs are cancelled. The application then stays, quits when the
 * jobs are over, or waits for the answer.
 *
 * ```c
 * static void
 * quit_activated (GSimpleAction *action,
 *                 GVariant      *parameter,
 *                 gpointer       user_data)
 * {
 *   thr_thread_manager_request_quit (manager);
 * }
 *
 * // The signal close-request of the last window: TRUE keeps it open.
 * static gboolean
 * close_requested (GtkWindow *window,
 *                  gpointer   user_data)
 * {
 *   return !thr_thread_manager_request_quit (manager);
 * }
 * ```
 *
 * A question that waits for its answer is not put again. It may be called only
 * in the owner context. Other managers that are attached to the application are
 * not asked: they end with it.
 *
 * Returns: `TRUE` if the application quits at once; `FALSE` if it stays, at
 *   least for a while
 *
 * Since: 1.0
 */
gboolean
thr_thread_manager_request_quit (ThrThreadManager *self)
{
  ThrQuitAnswer answer = THR_QUIT_ANSWER_CANCEL;
  guint signal_id;
  ThrTie *tie;
  gboolean quits = FALSE;

  g_return_val_if_fail (THR_IS_THREAD_MANAGER (self), FALSE);
  g_return_val_if_fail (thr_dispatcher_is_home (thr_core_of (self)->home), FALSE);
  tie = get_tie (self, G_STRFUNC);
  if (tie == NULL || tie->asking)
    return FALSE;
  signal_id = g_signal_lookup ("quit-requested", THR_TYPE_THREAD_MANAGER);
  g_object_ref (self);
  if (thr_thread_manager_get_busy (self) &&
      g_signal_has_handler_pending (self, signal_id, 0, FALSE))
    {
      tie->asking = TRUE;
      g_signal_emit (self, signal_id, 0, &answer);
    }
  /* Who answers later may have done so by now. */
  if (answer != THR_QUIT_ANSWER_LATER)
    quits = answer_quit (self, tie, answer);
  g_object_unref (self);
  return quits;
}

/**
 * thr_thread_manager_answer_quit:
 * @self: a manager that is attached to an application
 * @answer: any answer but `LATER`
 *
 * Says what to do about the wish to quit, when a handler of
 * [signal@Thr.ThreadManager::quit-requested] left it open, or another answer
 * than was given.
 *
 * So an application that waits for its jobs may still cancel them, or stay after
 * all: then the manager takes new jobs again. Without a question before, this
 * quits as if it had been asked. It may be called only in the owner context.
 *
 * Since: 1.0
 */
void
thr_thread_manager_answer_quit (ThrThreadManager *self,
                                ThrQuitAnswer     answer)
{
  ThrTie *tie;

  g_return_if_fail (THR_IS_THREAD_MANAGER (self));
  g_return_if_fail (thr_dispatcher_is_home (thr_core_of (self)->home));
  g_return_if_fail (answer == THR_QUIT_ANSWER_STAY || answer == THR_QUIT_ANSWER_DRAIN ||
                    answer == THR_QUIT_ANSWER_CANCEL);
  tie = get_tie (self, G_STRFUNC);
  if (tie != NULL)
    answer_quit (self, tie, answer);
}
