/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-job-bonds-private.h"

#include "base/thr-quark-private.h"
#include "threads/thr-core-private.h"

/* What ties a job to an object that lives no longer than it is wanted.
 *
 * The object belongs to the owner context, and should be disposed there. But a
 * language may collect its garbage on any thread, so that neither end of a bond
 * can rely on the other being there: each finds it, or finds that it is gone,
 * under bonds_lock. */

/* All the bonds of an object. It comes with the first one and goes with the object:
 * a bond that ends leaves the object alone, which may be telling others just now
 * that it goes. */
typedef struct
{
  GQueue bonds;
} Hub;

/* It belongs to its job. */
struct _ThrBond
{
  ThrBond *next;
  ThrThreadWrapper *job;
  Hub *hub;   /* NULL once the object is gone */
  GList link; /* in the hub */
};

/* Guards the hubs, and what is in the bonds but for next and job. */
static GMutex bonds_lock;

static THR_DEFINE_QUARK (thr-job-bonds-hub, hub);

/* The object is being disposed. */
static void
object_gone_cb (gpointer data,
                GObject *object)
{
  Hub *hub = data;
  GList *link;

  do
    {
      ThrThreadWrapper *job = NULL;
      gboolean at_home = FALSE;

      g_mutex_lock (&bonds_lock);
      link = g_queue_pop_head_link (&hub->bonds);
      if (link == NULL)
        g_object_steal_qdata (object, hub_quark ());
      else
        {
          ThrBond *bond = link->data;
          guint flags = atomic_fetch_or (&bond->job->home.flags, THR_JOB_SILENT);

          bond->hub = NULL;
          at_home = thr_dispatcher_is_home (bond->job->home.dispatcher);
          /* A binding is told, by a toggle reference, of the second reference that is
           * taken, which must not be under a lock. A job in flight has two already.
           * One that is not submitted ends when it is: SILENT and FLYING are in one
           * word, so that one of the two threads sees what the other has set. */
          if (at_home)
            job = bond->job;
          else if (flags & THR_JOB_FLYING)
            job = g_object_ref (bond->job);
        }
      g_mutex_unlock (&bonds_lock);

      if (job != NULL)
        {
          if (at_home)
            g_object_ref (job); /* which could go only here */
          thr_thread_wrapper_cancel (job);
          thr_job_unref_at_home (job);
        }
    }
  while (link != NULL);
  g_free (hub);
}

void
thr_job_bonds_end (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);
  ThrBond *bond, *next;

  thr_assert_home (self->home.dispatcher);
  for (bond = extra != NULL ? g_steal_pointer (&extra->bonds) : NULL; bond != NULL; bond = next)
    {
      next = bond->next;
      g_mutex_lock (&bonds_lock);
      if (bond->hub != NULL)
        g_queue_unlink (&bond->hub->bonds, &bond->link);
      g_mutex_unlock (&bonds_lock);
      g_free (bond);
    }
}

static void
tie (ThrThreadWrapper *self,
     ThrJobExtra      *extra,
     GObject          *object)
{
  Hub *hub;
  ThrBond *bond;

  g_mutex_lock (&bonds_lock);
  hub = g_object_get_qdata (object, hub_quark ());
  if (hub == NULL)
    {
      hub = g_new0 (Hub, 1);
      g_object_set_qdata (object, hub_quark (), hub);
      g_object_weak_ref (object, object_gone_cb, hub);
    }
  for (bond = extra->bonds; bond != NULL && bond->hub != hub; bond = bond->next)
    ;
  if (bond == NULL)
    {
      bond = g_new0 (ThrBond, 1);
      bond->job = self;
      bond->hub = hub;
      bond->link.data = bond;
      g_queue_push_tail_link (&hub->bonds, &bond->link);
      bond->next = extra->bonds;
      extra->bonds = bond;
    }
  g_mutex_unlock (&bonds_lock);
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

  tie (self, thr_job_extra (self), object);
}
