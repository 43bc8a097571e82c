/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "threads/thr-job-private.h"

G_BEGIN_DECLS

/* The list of the jobs that a manager keeps when they are CLOSED; at home. */
typedef struct _ThrHistory ThrHistory;

ThrHistory *thr_history_new       (ThrDispatcher *home,
                                   GPtrArray     *jobs);
void        thr_history_free      (ThrHistory    *self);
GListModel *thr_history_get_model (ThrHistory    *self);
void        thr_history_update    (ThrHistory    *self,
                                   GPtrArray     *jobs,
                                   guint          n_forgotten);

G_END_DECLS
