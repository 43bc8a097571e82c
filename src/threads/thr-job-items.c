/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-job-items-private.h"

#include "base/thr-parking-private.h"
#include "threads/thr-item-model-private.h"

struct _ThrJobItems
{
  ThrItemModel *model; /* a reference, constant; itself home's */

  GPtrArray *coming; /* references; guarded by the job's spot; NULL = none */

  /* Home's: a handler of a change may emit more, which waits until all have heard
   * of the present one. */
  gboolean delivering;
  gboolean again;
};

/* Made by whoever needs it first; the exchange publishes it. */
static ThrJobItems *
get_items (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_extra (self);
  ThrJobItems *items = atomic_load (&extra->items);
  ThrJobItems *made;

  if (G_LIKELY (items != NULL))
    return items;
  made = g_new0 (ThrJobItems, 1);
  made->model = thr_item_model_new (self->home.dispatcher, G_TYPE_OBJECT, g_object_unref);
  if (atomic_compare_exchange_strong (&extra->items, &items, made))
    return made;
  g_object_unref (made->model);
  g_free (made);
  return items;
}

static GPtrArray *
take_coming (ThrThreadWrapper *self,
             ThrJobItems      *items)
{
  ThrSpot *spot = thr_parking_spot (self);
  GPtrArray *come;

  g_mutex_lock (&spot->lock);
  come = g_steal_pointer (&items->coming);
  g_mutex_unlock (&spot->lock);
  return come;
}

/* At home: what has come is put into the list, and announced at once. */
void
thr_job_items_deliver (ThrThreadWrapper *self)
{
  ThrJobItems *items = get_items (self);
  GPtrArray *come;

  thr_assert_home (self->home.dispatcher);
  items->again = items->delivering;
  if (items->delivering)
    return;
  items->delivering = TRUE;
  do
    {
      items->again = FALSE;
      come = take_coming (self, items);
      if (come != NULL)
        thr_item_model_append (items->model, come);
    }
  while (items->again);
  items->delivering = FALSE;
}

void
thr_job_items_free (ThrJobExtra *extra)
{
  ThrJobItems *items = atomic_load (&extra->items);

  if (items == NULL)
    return;
  if (items->coming != NULL)
    {
      g_ptr_array_set_free_func (items->coming, g_object_unref);
      g_ptr_array_unref (items->coming);
    }
  g_object_unref (items->model);
  g_free (items);
}

/**
 * thr_thread_wrapper_emit_item:
 * @self: a job
 * @item: an object
 *
 * Adds something that the job has found to [property@Thr.ThreadWrapper:items],
 * so that a view which shows that list fills while the job goes on.
 *
 * This takes some tens of nanoseconds, on any thread: call it for each of
 * millions. The list grows in the owner context, by all that has come since the
 * last time, with one [signal@Gio.ListModel::items-changed], about 60 times a
 * second. The order is kept, and all that was emitted before the job's function
 * ended is in the list before that end is announced.
 *
 * ```c
 * while ((info = g_file_enumerator_next_file (files, cancellable, error)) != NULL)
 *   {
 *     thr_thread_wrapper_emit_item (thread, G_OBJECT (info));
 *     g_object_unref (info);
 *   }
 * ```
 *
 * From here on the item belongs to the owner context: make it, emit it, and
 * leave it alone.
 *
 * Since: 1.0
 */
void
thr_thread_wrapper_emit_item (ThrThreadWrapper *self,
                              GObject          *item)
{
  ThrJobItems *items;
  ThrSpot *spot;

  g_return_if_fail (THR_IS_THREAD_WRAPPER (self));
  g_return_if_fail (G_IS_OBJECT (item));

  items = get_items (self);
  spot = thr_parking_spot (self);
  g_object_ref (item);
  g_mutex_lock (&spot->lock);
  if (items->coming == NULL)
    items->coming = g_ptr_array_new ();
  g_ptr_array_add (items->coming, item);
  g_mutex_unlock (&spot->lock);
  if (!(atomic_load (&self->home.flags) & THR_JOB_ITEMS))
    thr_job_mark (self, THR_JOB_ITEMS);
}

/**
 * thr_thread_wrapper_get_items: (get-property items)
 * @self: a job
 *
 * What the job has found so far, as a list of [class@GObject.Object] that grows:
 * see [method@Thr.ThreadWrapper.emit_item].
 *
 * The list may be asked for on any thread, and at any time; it is to be read in
 * the job's owner context only.
 *
 * Returns: (transfer none): the list, empty at first
 *
 * Since: 1.0
 */
GListModel *
thr_thread_wrapper_get_items (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  return G_LIST_MODEL (get_items (self)->model);
}
