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

void thr_item_list_append  (ThrItemList *self,
                            ThrItem     *item);
void thr_item_list_prepend (ThrItemList *self,
                            ThrItem     *item);
void thr_item_list_remove  (ThrItemList *self,
                            ThrItem     *item);

typedef struct
{
  ThrItemList usual; /* of the default priority */
  GTree *others;     /* int priority → ThrItemList, none empty; NULL at first */
  guint length;
} ThrQueue;

void     thr_queue_clear   (ThrQueue *self);
void     thr_queue_push    (ThrQueue *self,
                            ThrItem  *item);
void     thr_queue_unpop   (ThrQueue *self,
                            ThrItem  *item);
void     thr_queue_remove  (ThrQueue *self,
                            ThrItem  *item);
ThrItem *thr_queue_peek    (ThrQueue *self);

typedef void (*ThrItemFunc) (ThrItem *item,
                             gpointer data);
void     thr_queue_foreach (ThrQueue   *self,
                            ThrItemFunc func,
                            gpointer    data);

G_END_DECLS
