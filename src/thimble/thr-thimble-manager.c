/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

/* Whose manager it is. Who starts it has to stop it: a manager that the first
 * job of a thimble starts is stopped with the application; if the user has
 * started it, so must the user stop it. */

/* One's own runs one method at a time: most objects are not made for more. */
ThrThreadManager *
thr_thimble_make_manager (ThrThimble *self)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autofree char *name = g_strdup_printf ("thimble of %s", thr_thimble_get_type_name (self));

  thr_thread_manager_set_thread_limit (manager, 1, NULL);
  thr_thread_manager_set_name (manager, name);
  return manager;
}

/* On the application's thread; takes the reference. An application that the
 * manager is attached to stops it by itself, and where there is none
 * thr_shutdown() does. */
static void
stop_with_application (gpointer data)
{
  ThrThreadManager *manager = data;
  GApplication *application = g_application_get_default ();

  if (application != NULL)
    g_signal_connect_object (application, "shutdown", G_CALLBACK (thr_thread_manager_stop),
                             manager, G_CONNECT_SWAPPED);
  g_object_unref (manager);
}

/* Whether this is the first use, and finds the manager not started. */
static gboolean
is_first_use (ThrThimble *self)
{
  gboolean started;

  if (atomic_load (&self->manager_seen))
    return FALSE;
  /* Looked at before the exchange, so that no other call of this thimble can
   * have started it where this one comes first. */
  started = thr_thread_manager_get_started (self->manager);
  return !atomic_exchange (&self->manager_seen, TRUE) && !started;
}

/* After the first use: a manager that was stopped is not started by it. */
static void
look_after_manager (ThrThimble *self)
{
  ThrDispatcher *main = thr_dispatcher_for_context (NULL);

  if (!thr_thread_manager_get_started (self->manager))
    return;
  if (thr_dispatcher_is_home (main))
    stop_with_application (g_object_ref (self->manager));
  else
    thr_dispatcher_invoke (main, stop_with_application, g_object_ref (self->manager));
}

/* A stopped manager fails the job, through its callback; one that was never
 * started is started by it. */
void
thr_thimble_submit (ThrThimble       *self,
                    ThrThreadWrapper *job)
{
  gboolean is_first = is_first_use (self);

  thr_thread_manager_submit (self->manager, job, NULL);
  if (is_first)
    look_after_manager (self);
}

/* The same for a job without a function. */
ThrThreadWrapper *
thr_thimble_do_manual (ThrThimble *self,
                       const char *name)
{
  gboolean is_first = is_first_use (self);
  ThrThreadWrapper *job = thr_thread_manager_do_manual (self->manager, name);

  if (is_first)
    look_after_manager (self);
  return job;
}
