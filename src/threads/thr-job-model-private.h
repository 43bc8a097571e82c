/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "threads/thr-job-private.h"

G_BEGIN_DECLS

/* The items of the manager's list model: jobs in the order of submission. All
 * of it is the owner context's. */
typedef struct _ThrJobModel ThrJobModel;

typedef void (*ThrItemsChangedFunc) (guint    position,
                                     guint    n_removed,
                                     guint    n_added,
                                     gpointer user_data);

ThrJobModel      *thr_job_model_new    (GPtrArray           *jobs);
void              thr_job_model_free   (ThrJobModel         *self);
guint             thr_job_model_length (ThrJobModel         *self);
ThrThreadWrapper *thr_job_model_get    (ThrJobModel         *self,
                                        guint                position);
void              thr_job_model_update (ThrJobModel         *self,
                                        GPtrArray           *arrivals,
                                        GPtrArray           *departures,
                                        ThrItemsChangedFunc  changed,
                                        gpointer             user_data);

G_END_DECLS
