/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "threads/thr-job-private.h"

G_BEGIN_DECLS

/* Items in the order in which they are to run: by priority, and first in first
 * out inside one. Nothing takes longer than the logarithm of the number of
 * priorities in use. Who owns the queue locks it. */

typedef struct
{
  ThrItem *head, *tail;
} ThrItemList;

static inline void
thr_item_list_append (ThrItemList *self,
                      ThrItem     *item)
{
  item->prev = self->tail;
  item->next = NULL;
  if (self->tail != NULL)
    self->tail->next = item;
  else
    self->head = item;
  self->tail = item;
}

static inline void
thr_item_list_remove (ThrItemList *self,
                      ThrItem     *item)
{
  if (item->prev != NULL)
    item->prev->next = item->next;
  else
    self->head = item->next;
  if (item->next != NULL)
    item->next->prev = item->prev;
  else
    self->tail = item->prev;
  item->prev = item->next = NULL;
}

typedef struct
{
  ThrItemList usual; /* of the default priority */
  GTree *others;     /* int priority → ThrItemList, none empty; NULL at first */
  guint length;
} ThrQueue;

void     thr_queue_clear        (ThrQueue *self);
void     thr_queue_push_other   (ThrQueue *self,
                                 ThrItem  *item);
void     thr_queue_remove_other (ThrQueue *self,
                                 ThrItem  *item);
ThrItem *thr_queue_peek_others  (ThrQueue *self);
void     thr_queue_unpop        (ThrQueue *self,
                                 ThrItem  *item);

/* What nearly all jobs need of it is in line. */

static inline void
thr_queue_push (ThrQueue *self,
                ThrItem  *item)
{
  if (item->priority != G_PRIORITY_DEFAULT)
    {
      thr_queue_push_other (self, item);
      return;
    }
  thr_item_list_append (&self->usual, item);
  self->length++;
}

static inline void
thr_queue_remove (ThrQueue *self,
                  ThrItem  *item)
{
  if (item->priority != G_PRIORITY_DEFAULT)
    {
      thr_queue_remove_other (self, item);
      return;
    }
  thr_item_list_remove (&self->usual, item);
  self->length--;
}

/* The next to run. */
static inline ThrItem *
thr_queue_peek (ThrQueue *self)
{
  return self->others != NULL ? thr_queue_peek_others (self) : self->usual.head;
}

typedef void (*ThrItemFunc) (ThrItem *item,
                             gpointer data);
void     thr_queue_foreach (ThrQueue   *self,
                            ThrItemFunc func,
                            gpointer    data);

G_END_DECLS
