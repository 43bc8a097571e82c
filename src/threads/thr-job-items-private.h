/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "threads/thr-job-private.h"

G_BEGIN_DECLS

/* At home. */
void thr_job_items_deliver (ThrThreadWrapper *self);
void thr_job_items_free    (ThrJobExtra      *extra);

G_END_DECLS
