/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-queue-private.h"

static void
list_prepend (ThrItemList *self,
              ThrItem *item)
{
  item->prev = NULL;
  item->next = self->head;
  if (self->head != NULL)
    self->head->prev = item;
  else
    self->tail = item;
  self->head = item;
}

static int
compare_priorities (gconstpointer a,
                    gconstpointer b,
                    gpointer      user_data)
{
  int pa = GPOINTER_TO_INT (a), pb = GPOINTER_TO_INT (b);

  return (pa > pb) - (pa < pb);
}

static ThrItemList *
lane_of (ThrQueue *self,
         int       priority)
{
  ThrItemList *lane;

  if (priority == G_PRIORITY_DEFAULT)
    return &self->usual;
  if (self->others == NULL)
    self->others = g_tree_new_full (compare_priorities, NULL, NULL, g_free);
  lane = g_tree_lookup (self->others, GINT_TO_POINTER (priority));
  if (lane == NULL)
    {
      lane = g_new0 (ThrItemList, 1);
      g_tree_insert (self->others, GINT_TO_POINTER (priority), lane);
    }
  return lane;
}

void
thr_queue_clear (ThrQueue *self)
{
  g_clear_pointer (&self->others, g_tree_unref);
}

void
thr_queue_push_other (ThrQueue *self,
                      ThrItem  *item)
{
  thr_item_list_append (lane_of (self, item->priority), item);
  self->length++;
}

/* For an item whose turn had come already: it is the next of its priority. */
void
thr_queue_unpop (ThrQueue *self,
                 ThrItem  *item)
{
  list_prepend (lane_of (self, item->priority), item);
  self->length++;
}

void
thr_queue_remove_other (ThrQueue *self,
                        ThrItem  *item)
{
  ThrItemList *lane = lane_of (self, item->priority);

  thr_item_list_remove (lane, item);
  self->length--;
  if (lane->head == NULL)
    g_tree_remove (self->others, GINT_TO_POINTER (item->priority));
}

ThrItem *
thr_queue_peek_others (ThrQueue *self)
{
  ThrItem *item = self->usual.head;
  GTreeNode *first = g_tree_node_first (self->others);

  if (first != NULL &&
      (item == NULL || GPOINTER_TO_INT (g_tree_node_key (first)) < G_PRIORITY_DEFAULT))
    item = ((ThrItemList *) g_tree_node_value (first))->head;
  return item;
}

static void
list_foreach (ThrItemList *list,
              ThrItemFunc  func,
              gpointer     data)
{
  for (ThrItem *item = list->head; item != NULL; item = item->next)
    func (item, data);
}

/* In no particular order; @func leaves the queue as it is. */
void
thr_queue_foreach (ThrQueue   *self,
                   ThrItemFunc func,
                   gpointer    data)
{
  list_foreach (&self->usual, func, data);
  if (self->others == NULL)
    return;
  for (GTreeNode *node = g_tree_node_first (self->others); node != NULL;
       node = g_tree_node_next (node))
    list_foreach (g_tree_node_value (node), func, data);
}
