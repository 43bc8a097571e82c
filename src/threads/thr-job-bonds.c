/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-job-bonds-private.h"

#include "threads/thr-core-private.h"

/* What ties a job to an object that lives no longer than it is wanted.
 *
 * The object belongs to the owner context, and should be disposed there. But a
 * language may collect its garbage on any thread, so that neither end of a bond
 * can rely on the other being there. */
struct _ThrBond
{
  ThrBond *next;
  GWeakRef object;
  gpointer address; /* of the object, only to be compared */

  /* Two references: the object's and the job's. */
  gint ref_count;
  ThrThreadWrapper *job; /* guarded by bonds_lock; NULL once the job is over */
};

static GMutex bonds_lock;

static void
bond_unref (ThrBond *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_weak_ref_clear (&self->object);
  g_free (self);
}

/* The object is being disposed. */
static void
object_gone_cb (gpointer data,
                GObject *where_the_object_was)
{
  ThrBond *self = data;
  ThrThreadWrapper *job;
  gboolean at_home = FALSE;

  g_mutex_lock (&bonds_lock);
  job = self->job;
  if (job != NULL)
    {
      guint flags = atomic_fetch_or (&job->home.flags, THR_JOB_SILENT);

      at_home = thr_dispatcher_is_home (job->home.dispatcher);
      /* A binding is told, by a toggle reference, of the second reference that is
       * taken, which must not be under a lock. A job in flight has two already.
       * One that is not submitted ends when it is. */
      if (!at_home && (flags & THR_JOB_FLYING))
        g_object_ref (job);
      else if (!at_home)
        {
          atomic_fetch_or (&job->home.control, THR_CONTROL_CANCELLED);
          job = NULL;
        }
    }
  g_mutex_unlock (&bonds_lock);

  if (job != NULL)
    {
      if (at_home)
        g_object_ref (job); /* which could go only here */
      thr_thread_wrapper_cancel (job);
      thr_job_unref_at_home (job);
    }
  bond_unref (self);
}

void
thr_job_bonds_end (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);
  ThrBond *bond, *next;

  thr_assert_home (self->home.dispatcher);
  for (bond = extra != NULL ? g_steal_pointer (&extra->bonds) : NULL; bond != NULL; bond = next)
    {
      GObject *object = g_weak_ref_get (&bond->object);

      next = bond->next;
      g_mutex_lock (&bonds_lock);
      bond->job = NULL;
      g_mutex_unlock (&bonds_lock);
      /* Where it is going just now, it lets go of the bond itself. */
      if (object != NULL)
        {
          g_object_weak_unref (object, object_gone_cb, bond);
          bond_unref (bond);
          g_object_unref (object);
        }
      bond_unref (bond);
    }
}

/**
 * thr_thread_wrapper_bind_to:
 * @self: a job
 * @object: an object that belongs to the job's owner context, such as a window
 *
 * Ties the job to an object: once that is disposed, the job is cancelled and
 * silent, if it is not `CLOSED` by then.
 *
 * A silent job calls none of its callbacks (on_success, on_fail and on_end, even
 * those set later), and puts no question and runs nothing any more of what its
 * function sends to the owner context by [func@Thr.invoke_owner] and
 * [method@Thr.ThreadWrapper.invoke_sync], which fails. So all of these may use
 * the object without holding it; and should, since an object that is held by
 * what the job holds is not disposed. The destroy notifies are called as ever.
 *
 * Signals are emitted, and waits end: other parts of the program may look at the
 * job as well. Connect with `g_signal_connect_object()` what belongs to the
 * object. If a silent job fails with another error than that it was cancelled,
 * and nobody else takes it, that is reported like any failure
 * ([signal@Thr.ThreadManager::unhandled-error]).
 *
 * A job may be bound to several objects: the first of them to go ends it. It may
 * be called only in the owner context, or, before the job is submitted, by
 * whoever made it.
 *
 * ```c
 * job = thr_thread_manager_do_async (manager, "load", load, g_object_ref (file), g_object_unref);
 * thr_thread_wrapper_set_on_success (job, show, window, NULL);
 * thr_thread_wrapper_bind_to (job, G_OBJECT (window));
 * ```
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_bind_to (ThrThreadWrapper *self,
                            GObject          *object)
{
  ThrJobExtra *extra;
  ThrBond *bond;
  guint flags;

  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));
  g_return_if_fail (G_IS_OBJECT (object));
  g_return_if_fail (object != G_OBJECT (self));

  flags = atomic_load (&self->home.flags);
  if (flags & THR_JOB_CLOSED)
    return;
  if ((flags & THR_JOB_FLYING) && !thr_dispatcher_is_home (self->home.dispatcher))
    {
      g_critical ("%s: the job %s is submitted: from now on it can be bound only in its owner "
                  "context",
                  G_STRFUNC, thr_thread_wrapper_get_ident (self));
      return;
    }

  extra = thr_job_extra (self);
  for (bond = extra->bonds; bond != NULL; bond = bond->next)
    {
      if (bond->address == object)
        return;
    }

  bond = g_new0 (ThrBond, 1);
  bond->ref_count = 2;
  bond->job = self;
  bond->address = object;
  g_weak_ref_init (&bond->object, object);
  bond->next = extra->bonds;
  extra->bonds = bond;
  g_object_weak_ref (object, object_gone_cb, bond);
}
