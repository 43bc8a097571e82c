/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-job-model-private.h"

struct _ThrJobModel
{
  GSequence *jobs;   /* references */
  GHashTable *iters; /* job → its GSequenceIter */

  /* A handler of a change may run a main loop, and so bring more: that waits
   * until the present update is through. */
  gboolean updating;
  GPtrArray *arrivals;
  GPtrArray *departures;
};

static void
append (ThrJobModel      *self,
        ThrThreadWrapper *job)
{
  g_hash_table_insert (self->iters, job, g_sequence_append (self->jobs, g_object_ref (job)));
}

ThrJobModel *
thr_job_model_new (GPtrArray *jobs)
{
  ThrJobModel *self = g_new (ThrJobModel, 1);

  self->jobs = g_sequence_new ((GDestroyNotify) thr_job_unref_at_home);
  self->iters = g_hash_table_new (NULL, NULL);
  self->updating = FALSE;
  self->arrivals = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_job_unref_at_home);
  self->departures = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_job_unref_at_home);
  for (guint i = 0; i < jobs->len; i++)
    append (self, jobs->pdata[i]);
  return self;
}

void
thr_job_model_free (ThrJobModel *self)
{
  g_ptr_array_unref (self->arrivals);
  g_ptr_array_unref (self->departures);
  g_hash_table_unref (self->iters);
  g_sequence_free (self->jobs);
  g_free (self);
}

guint
thr_job_model_length (ThrJobModel *self)
{
  return g_sequence_get_length (self->jobs);
}

/* Not a reference; NULL behind the end. */
ThrThreadWrapper *
thr_job_model_get (ThrJobModel *self,
                   guint        position)
{
  GSequenceIter *iter;

  if (position >= thr_job_model_length (self))
    return NULL;
  iter = g_sequence_get_iter_at_pos (self->jobs, position);
  return g_sequence_get (iter);
}

static int
compare_positions (gconstpointer a,
                   gconstpointer b)
{
  guint pa = *(const guint *) a, pb = *(const guint *) b;

  return (pa > pb) - (pa < pb);
}

/* Removes one after the other the runs of neighbours, from the back, so that
 * the positions in front stay true. */
static void
remove_runs (ThrJobModel        *self,
             GArray             *positions,
             ThrItemsChangedFunc changed,
             gpointer            user_data)
{
  guint end = positions->len;

  g_array_sort (positions, compare_positions);
  while (end > 0)
    {
      guint last = g_array_index (positions, guint, end - 1);
      guint first = last;
      GSequenceIter *iter, *behind;

      for (end--; end > 0 && g_array_index (positions, guint, end - 1) == first - 1; end--)
        first--;

      iter = g_sequence_get_iter_at_pos (self->jobs, first);
      behind = g_sequence_get_iter_at_pos (self->jobs, last + 1);
      for (GSequenceIter *i = iter; i != behind; i = g_sequence_iter_next (i))
        g_hash_table_remove (self->iters, g_sequence_get (i));
      g_sequence_remove_range (iter, behind);
      changed (first, last - first + 1, 0, user_data);
    }
}

/* A job may have arrived and departed since the last time: it is not shown. */
static void
update (ThrJobModel        *self,
        GPtrArray          *arrivals,
        GPtrArray          *departures,
        ThrItemsChangedFunc changed,
        gpointer            user_data)
{
  g_autoptr (GHashTable) gone = g_hash_table_new (NULL, NULL);
  g_autoptr (GArray) positions = g_array_new (FALSE, FALSE, sizeof (guint));
  guint length = thr_job_model_length (self), n_added = 0;

  for (guint i = 0; i < departures->len; i++)
    {
      GSequenceIter *iter = g_hash_table_lookup (self->iters, departures->pdata[i]);

      if (iter != NULL)
        {
          guint position = g_sequence_iter_get_position (iter);

          g_array_append_val (positions, position);
        }
      else
        g_hash_table_add (gone, departures->pdata[i]);
    }

  for (guint i = 0; i < arrivals->len; i++)
    {
      if (!g_hash_table_contains (gone, arrivals->pdata[i]))
        {
          append (self, arrivals->pdata[i]);
          n_added++;
        }
    }
  if (n_added > 0)
    changed (length, 0, n_added, user_data);
  remove_runs (self, positions, changed, user_data);
}

/* Takes over what is in the arrays. */
void
thr_job_model_update (ThrJobModel        *self,
                      GPtrArray          *arrivals,
                      GPtrArray          *departures,
                      ThrItemsChangedFunc changed,
                      gpointer            user_data)
{
  g_ptr_array_extend_and_steal (self->arrivals, g_ptr_array_ref (arrivals));
  g_ptr_array_extend_and_steal (self->departures, g_ptr_array_ref (departures));
  if (self->updating)
    return;

  self->updating = TRUE;
  while (self->arrivals->len > 0 || self->departures->len > 0)
    {
      GDestroyNotify unref = (GDestroyNotify) thr_job_unref_at_home;
      g_autoptr (GPtrArray) in = g_steal_pointer (&self->arrivals);
      g_autoptr (GPtrArray) out = g_steal_pointer (&self->departures);

      self->arrivals = g_ptr_array_new_with_free_func (unref);
      self->departures = g_ptr_array_new_with_free_func (unref);
      update (self, in, out, changed, user_data);
    }
  self->updating = FALSE;
}
