/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-history-private.h"

#include "threads/thr-item-model-private.h"

struct _ThrHistory
{
  ThrItemModel *model; /* a reference */

  /* A handler of a change may run a main loop, and so bring more: that waits
   * until the present update is through. */
  gboolean updating;
  GPtrArray *coming; /* references */
  guint n_forgotten; /* of those in the model and these, the oldest */
};

/* Takes the array, and the references in it, as the next does. */
ThrHistory *
thr_history_new (ThrDispatcher *home,
                 GPtrArray     *jobs)
{
  ThrHistory *self = g_new0 (ThrHistory, 1);

  self->model = thr_item_model_new (home, THR_TYPE_THREAD_WRAPPER,
                                    (GDestroyNotify) thr_job_unref_at_home);
  self->coming = g_ptr_array_new ();
  thr_history_update (self, jobs, 0);
  return self;
}

void
thr_history_free (ThrHistory *self)
{
  g_object_unref (self->model);
  g_ptr_array_set_free_func (self->coming, (GDestroyNotify) thr_job_unref_at_home);
  g_ptr_array_unref (self->coming);
  g_free (self);
}

GListModel *
thr_history_get_model (ThrHistory *self)
{
  return G_LIST_MODEL (self->model);
}

void
thr_history_update (ThrHistory *self,
                    GPtrArray  *jobs,
                    guint       n_forgotten)
{
  g_ptr_array_extend_and_steal (self->coming, jobs);
  self->n_forgotten += n_forgotten;
  if (self->updating)
    return;

  self->updating = TRUE;
  while (self->coming->len > 0 || self->n_forgotten > 0)
    {
      guint n_listed = g_list_model_get_n_items (G_LIST_MODEL (self->model));
      guint n_dropped = MIN (self->n_forgotten, n_listed);
      guint n_missed = MIN (self->n_forgotten - n_dropped, self->coming->len);
      GPtrArray *coming = g_steal_pointer (&self->coming);

      self->coming = g_ptr_array_new ();
      self->n_forgotten = 0;
      for (guint i = 0; i < n_missed; i++)
        thr_job_unref_at_home (coming->pdata[i]);
      g_ptr_array_remove_range (coming, 0, n_missed);
      thr_item_model_drop (self->model, n_dropped);
      thr_item_model_append (self->model, coming);
    }
  self->updating = FALSE;
}
