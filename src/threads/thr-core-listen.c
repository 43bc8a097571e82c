/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"

/* The jobs that were appended, and wait for a run or a watch. */

static gboolean
check_listening_locked (ThrCore *self,
                        GError **error)
{
  if (self->state == THR_CORE_STOPPED || self->state == THR_CORE_DRAINING)
    {
      g_propagate_error (error, thr_core_stopped_error ());
      return FALSE;
    }
  if (self->watching)
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_MANAGER_ALREADY_RUNNING,
                           _("The manager is already watching its queue: call stop_listening "
                             "first"));
      return FALSE;
    }
  return TRUE;
}

static gboolean
run_locked (ThrCore *self,
            GError **error)
{
  guint busy = self->n_functions + self->ready.length;

  if (!check_listening_locked (self, error))
    return FALSE;
  if (self->n_of_run > 0)
    {
      g_set_error (error, THR_ERROR, THR_ERROR_THREADS_ALREADY_RUNNING,
                   thr_ngettext ("%u job of the last run has not returned: wait until it has, or "
                                 "watch the queue instead",
                                 "%u jobs of the last run have not returned: wait until they have, "
                                 "or watch the queue instead",
                                 self->n_of_run),
                   self->n_of_run);
      return FALSE;
    }
  if (self->held.length == 0)
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_NO_THREADS_FOUND,
                           _("Nothing is queued: append a job first"));
      return FALSE;
    }

  for (; busy < self->limit && self->held.length > 0; busy++)
    {
      ThrItem *item = thr_queue_peek (&self->held);

      thr_core_count_held_locked (self, item);
      thr_queue_remove (&self->held, item);
      item->place = THR_PLACE_READY;
      item->of_run = TRUE;
      self->n_of_run++;
      thr_queue_push (&self->ready, item);
    }
  if (self->held.length == 0)
    return TRUE;

  g_set_error (error, THR_ERROR, THR_ERROR_THREAD_LIMIT_REACHED,
               thr_ngettext ("The thread limit of %u was reached: %u job remains queued, until the "
                             "next run",
                             "The thread limit of %u was reached: %u jobs remain queued, until the "
                             "next run",
                             self->held.length),
               self->limit, self->held.length);
  return FALSE;
}

gboolean
thr_core_run (ThrCore *self,
              GError **error)
{
  gboolean ok;

  thr_core_lock (self);
  ok = run_locked (self, error);
  thr_core_unlock (self);
  return ok;
}

static void
count_held (ThrItem *item,
            gpointer data)
{
  thr_core_count_held_locked (data, item);
}

gboolean
thr_core_watch (ThrCore *self,
                GError **error)
{
  gboolean ok;

  thr_core_lock (self);
  ok = check_listening_locked (self, error);
  if (ok)
    {
      thr_queue_foreach (&self->held, count_held, self);
      self->watching = TRUE;
      if (self->state == THR_CORE_NEW)
        self->state = THR_CORE_STARTED;
    }
  thr_core_unlock (self);
  return ok;
}

/* Ends a watch, but what it would have started is still run. */
void
thr_core_finish_watch (ThrCore *self)
{
  ThrItem *item;

  thr_core_lock (self);
  while (self->watching && (item = thr_queue_peek (&self->held)) != NULL)
    {
      thr_queue_remove (&self->held, item);
      item->place = THR_PLACE_READY;
      thr_queue_push (&self->ready, item);
    }
  self->watching = FALSE;
  thr_core_unlock (self);
}

void
thr_core_stop_listening (ThrCore *self)
{
  thr_core_lock (self);
  self->watching = FALSE;
  thr_core_unlock (self);
}
